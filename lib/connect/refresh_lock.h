/*
 * One process at a time refreshes a user's tokens: two at once would use the same rotating refresh
 * token twice and log the user out. The lock is the kernel's, on a range of one file that stands
 * for the user; it ends with its process. It is taken before the gate of the store, never inside.
 */
#ifndef CONNECT_REFRESH_LOCK_H
#define CONNECT_REFRESH_LOCK_H

#include "base/err.h"
#include <stdint.h>

/* Waits until the deadline of the monotonic clock at most: ERR_BUSY. ERR_IO. *fd is given back to
 * refresh_unlock. */
enum err refresh_lock(const char *data_dir, const char *user, int64_t deadline, int *fd) must_check;
void refresh_unlock(int fd);

#endif
