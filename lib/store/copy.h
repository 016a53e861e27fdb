/*
 * A copy of the databases while they are in use, by Berkeley DB's procedure for hot backups: first
 * the files of the databases, then all log files written since that began; then recovery from these
 * files makes the pages, which are of different times, databases of one time: that of the last log
 * file, with everything in them that was durable before the copy began.
 *
 * Others are kept out only while a slice is read, never while it is written; log files that are
 * needed are not removed meanwhile (logs.h).
 */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "base/buf.h"
#include "store/store.h"

struct copy_report {
	/* Told now and then; `of` 0: not known. NULL: nobody. */
	void (*progress)(void *arg, const char *what, int64_t done, int64_t of);
	void *arg;
	/* --- found --- */
	int64_t bytes;
	int64_t stays, longest_stay_ms; /* at the gate */
};

/* Makes it in an empty directory of ours on any file system: databases, the end of the log, FORMAT.
 * ERR_BUSY: the gate, or another copy is being made; ERR_STORAGE; ERR_IO (the target), ERR_NOMEM.
 * *why then says more, if there is more to say than the log has. */
enum err copy_make(
	struct store *s, const char *to, struct copy_report *r, struct buf *why) must_check;

#endif
