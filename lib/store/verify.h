/*
 * Whether everything that must be true of the databases is: their pages hang together; each row is
 * found in all its indexes, and each entry of an index leads to its row; a provider's call belongs
 * to one row; what is kept about calls belongs to calls; every record can be read and makes sense.
 */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include "base/buf.h"
#include "store/store.h"

#define VERIFY_DATABASES_MAX 24

struct verify_report {
	/* Told for each thing that is wrong, in one line: what, and where. NULL: nobody. */
	void (*found)(void *arg, const char *line);
	/* Told now and then how far it is; `of` 0: not known. NULL: nobody. */
	void (*progress)(void *arg, const char *what, int64_t done, int64_t of);
	void *arg;
	/* --- found --- */
	int64_t problems;
	struct verify_count {
		char name[24]; /* of the database, "calls" */
		int64_t entries;
	} counts[VERIFY_DATABASES_MAX]; /* the calls first */
	size_t count;                   /* 0: the records were not looked at */
	int64_t bytes;                  /* of the databases' files */
};

/* Looks at the databases in a directory that nobody else uses, as a backup is. Nothing is changed
 * there. ERR_STORAGE, ERR_NOMEM: it could not be done, *why says it; problems are no error. */
enum err verify_directory(const char *dir, struct verify_report *r, struct buf *why) must_check;

/* Looks at the databases that are in use, without keeping others from it: at a copy (copy.h) in
 * `verify.tmp` below `work_dir` (NULL: below the data directory), which is removed afterwards; what a
 * killed process left there, too. ERR_BUSY: somebody else does that; other errors as copy_make. */
struct copy_report;
enum err store_verify(struct store *s, const char *work_dir, struct verify_report *r,
	struct copy_report *c, struct buf *why) must_check;

#endif
