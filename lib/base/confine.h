/*
 * What a program gives up for good before it reads a byte from outside: the chance to become something
 * else. No program of this service ever runs another one, traces one, or mounts anything; most of them
 * talk to nobody. A seccomp filter says so to the kernel: such a call fails with EPERM, so that code
 * an attacker got in cannot start a shell.
 *
 * It is a second line: where the kernel has no seccomp the program runs without. Under sanitizers there
 * is no filter, since their reports trace the process and run a symbolizer.
 */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <stdbool.h>

enum confine_network {
	CONFINE_NO_SOCKETS, /* no socket can be made either */
	CONFINE_SOCKETS
};

/* For the calling thread and all that come of it; also sets no_new_privs, and lets nobody of the same
 * user read the process's memory. False: the kernel would not, or there is no filter in this build. */
bool confine(enum confine_network network);

#endif
