/*
 * Databases in a directory that nobody else uses: a copy, a backup. There is no gate, and what
 * Berkeley DB needs stays in the memory of the process. Functions return 0, or a Berkeley DB or
 * errno value.
 */
#ifndef STORE_OFFLINE_H
#define STORE_OFFLINE_H

#include "store/turn.h"

/* What Berkeley DB has to say when something fails. May be NULL. */
struct offline_listener {
	void (*said)(void *arg, const char *message);
	void *arg;
};

/* Makes a copy whose pages are of different times into databases of one time, that of the end of
 * its log files: all of them are read (catastrophic recovery). Afterwards everything stands in the
 * files of the databases, on the disk, and of the log only the end is left. */
int offline_recover(const char *dir, const struct offline_listener *l) must_check;

/* Opens them for reading: turn_db, turn_get and what is made of these work then. *t is the caller's
 * until offline_close, which is due even if this fails. */
int offline_open(struct turn *t, const char *dir, const struct offline_listener *l) must_check;
void offline_close(struct turn *t);

/* Looks at each page of the file and at how they hang together. DB_VERIFY_BAD: the listener was told
 * what is wrong. */
int offline_check_pages(
	const char *dir, enum db_name n, const struct offline_listener *l) must_check;

#endif
