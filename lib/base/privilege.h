/* Giving up root: what belongs to the service is touched as its owner, never as root. */
#ifndef BASE_PRIVILEGE_H
#define BASE_PRIVILEGE_H

#include "base/buf.h"
#include "base/err.h"
#include <sys/types.h>

/* A process of root takes on the owner of the directory with his groups, for good; one of anybody
 * else, or a directory of root, stays as it is. Open what only root may read before. ERR_NOT_FOUND:
 * there is no such directory; ERR_INVALID: it is none; ERR_IO: the system refuses, and the process
 * must not go on, as its rights may be halfway. *why then says what is wrong, for people. */
enum err privilege_become_owner(const char *directory, struct buf *why) must_check;

/* The same for a user by his numbers; `uid` is not 0. Without an account of that uid the groups are
 * `gid` alone. ERR_IO. */
enum err privilege_become(uid_t uid, gid_t gid, struct buf *why) must_check;

#endif
