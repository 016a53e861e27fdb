/*
 * Whether a file is still the one that was read, without reading it: device, inode, size, times of
 * contents and of inode, or that there is none.
 *
 * File systems tell times in steps, so a file that was changed twice within a step looks the same both
 * times. A stamp taken so soon after a change therefore never holds: the file is read again until it
 * has been left alone for a while.
 */
#ifndef BASE_STAMP_H
#define BASE_STAMP_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct stamp {
	bool taken, settled, there;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
};

/* Before the file is read: what changes it meanwhile makes the stamp wrong, not what was read. */
void stamp_take(struct stamp *s, const char *path);
/* False also for one that is all zero. */
bool stamp_holds(const struct stamp *s, const char *path);

#endif
