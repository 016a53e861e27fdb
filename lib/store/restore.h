/*
 * Putting a backup in the place of what is in a data directory. All of it is copied and verified
 * first, and takes effect in one moment (swap.h).
 */
#ifndef STORE_RESTORE_H
#define STORE_RESTORE_H

#include "store/backup.h"
#include "store/swap.h"

struct restore; /* a backup whose files are open */

/* Opens the backup in a directory, list and files, for whom may read them now: root may be given up
 * afterwards. ERR_NOT_FOUND, ERR_INVALID: it is no backup, or not a whole one; ERR_IO, ERR_NOMEM. */
enum err restore_open(const char *dir, struct restore **out, struct buf *why) must_check;
void restore_close(struct restore *r); /* NULL is fine */
/* What the backup says of itself. */
const struct manifest *restore_manifest(const struct restore *r);

struct restore_report {
	bool force; /* set by the caller: what is there goes aside, and faults of the backup stay */
	struct verify_report verify;
	bool had_data;
	char aside
		[SWAP_NAME_MAX]; /* where the old databases are, in the data directory; "" : none */
};

/* ERR_CONFLICT: there is data already, or what cannot be read (not with `force`); ERR_INVALID: the
 * files are not those of the list, or do not verify (told; not with `force`). Errors else as
 * copy_make; nothing was changed then. */
enum err store_restore(struct store *s, struct restore *r, struct restore_report *report,
	struct buf *why) must_check;

#endif
