/*
 * Removing old calls for good, with everything that is kept about them.
 *
 * Only calls that are over go. One that is not, and those of the same user from around its time,
 * stay: what a provider says of them is told apart by whose calls are claimed already. Nothing
 * younger than PURGE_YOUNGEST_MS goes: idempotency keys answer for their calls.
 */
#ifndef STORE_PURGE_H
#define STORE_PURGE_H

#include "store/store.h"

#define PURGE_YOUNGEST_MS (INT64_C(48) * 3600 * 1000)
#define PURGE_AROUND_MS   (INT64_C(15) * 60 * 1000)

struct purge {
	/* --- set by the caller --- */
	int64_t before_ms; /* calls requested before */
	const char *user;  /* NULL: everybody's */
	bool dry_run;      /* count, and change nothing */
	void (*progress)(void *arg, const char *what, int64_t done, int64_t of); /* NULL: nobody */
	void *arg;
	/* --- found --- */
	int64_t removed; /* or that would be */
	int64_t open;    /* not over: they stay */
	int64_t beside;  /* near one that is not over: they stay */
};

/* In short turns; killed at any moment it is as far as it got, and can be run again. ERR_INVALID:
 * `before_ms` is too young. Errors else as in store.h; what was removed until then is gone. */
enum err store_purge(struct store *s, struct purge *p, int64_t now_ms) must_check;

#endif
