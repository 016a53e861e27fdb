/* A backup: a copy of the databases that was made while they are in use, verified, with a list of
 * what it consists of (manifest.h). */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/copy.h"
#include "store/manifest.h"
#include "store/verify.h"

struct backup_report {
	struct copy_report copy;
	struct verify_report verify;
	struct manifest manifest;
};

/* Makes it in an empty directory of ours. It holds everything that was stored before it began. What
 * is wrong with the databases is told (`verify`), and the backup made all the same. Errors as
 * copy_make; after one the directory is no backup. */
enum err store_backup(
	struct store *s, const char *dir, struct backup_report *r, struct buf *why) must_check;

#endif
