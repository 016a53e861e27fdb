/*
 * Putting other databases in the place of those in a data directory, all at once: killed at any
 * moment, what is found there afterwards is either the old or the new ones.
 *
 * The new ones are made in restoring/in of the data directory, FORMAT under another name. They count
 * from the moment at which that has got its name and the FORMAT of the directory is gone: whoever
 * enters the gate next finishes what was begun. The old files go to restoring/out, which becomes
 * `replaced-TIME`; then the new ones come, FORMAT last. Functions return 0 or an errno.
 */
#ifndef STORE_SWAP_H
#define STORE_SWAP_H

#include <stddef.h>

#define SWAP_NAME_MAX 48
#define SWAP_FORMAT   "FORMAT.ready" /* what FORMAT is called in restoring/in at first */

/* Makes restoring/in, empty, and its path; what was begun and did not take effect is removed. Only
 * for whom holds the lock of logs.h, outside the gate. ENOTEMPTY: one took effect and could not be
 * finished. */
int swap_prepare(const char *dir, char *in, size_t size);
/* Instead of swap_commit. */
void swap_give_up(const char *dir);

/* Inside the gate, with nothing open. `aside` is where the old files are now, in the data directory;
 * "" if there were none. */
int swap_commit(const char *dir, char aside[SWAP_NAME_MAX]);
/* Inside the gate where there is no FORMAT: finishes what was begun, if anything was. */
int swap_finish(const char *dir, char aside[SWAP_NAME_MAX]);

#endif
