/*
 * Crashes inside the gate. Berkeley DB goes through null pointers where memory runs out at some places,
 * and through wild ones where its regions are damaged; a hole in a mapped file on a full disk is a
 * SIGBUS. A client need not pay for it: what is ending may still be said, and the one who says it knows
 * whether a provider was asked already.
 *
 * In a build under AddressSanitizer nothing is caught.
 */
#ifndef STORE_CRASH_H
#define STORE_CRASH_H

#include <signal.h>

#define CRASH_SIGNALS 4
#define CRASH_STACK   ((size_t)32 * 1024)

struct crash {
	/* --- set by the caller --- */
	/* Called by the signal's handler, on a stack of its own; does not return. */
	void (*ending)(void *arg, int signo);
	void *arg;
	/* --- its own --- */
	struct sigaction old[CRASH_SIGNALS];
	stack_t old_stack;
	unsigned char stack[CRASH_STACK];
};

/* From now on until crash_release; *c stays where it is meanwhile. */
void crash_catch(struct crash *c);
/* Ends the process as a crash does, if crashes are caught now; else does nothing. */
void crash_now(void);
/* All is as it was before. */
void crash_release(struct crash *c);

#endif
