/*
 * All calls, oldest first, with everything that is kept of them: what exports, statistics and the
 * like go through. It takes short turns at the gate, so that nobody waits for it however many there
 * are; what is stored meanwhile is seen at its end, and nothing twice.
 */
#ifndef STORE_WALK_H
#define STORE_WALK_H

#include "call/call_record.h"
#include "store/keys.h"
#include "store/store.h"

struct call_walk {
	/* --- set by the caller --- */
	const char *user;       /* NULL: everybody's */
	int64_t from_ms, to_ms; /* start in [from, to); to 0: open */
	bool by_user;           /* in order of the users, each one's calls oldest first */
	bool trail;             /* with their trail */
	/* --- the walk's own; all 0 at the beginning --- */
	unsigned char key[KEY_USER_ENTRY]; /* of the last call that was given out */
	size_t key_len;
	bool ended; /* there are no more */
};

/* Appends some more to an empty list: none only at the end. Errors as in store.h; after one the
 * walk may be tried again, or goes on, where it stopped. */
enum err store_walk(struct store *s, struct call_walk *w, struct call_records *out) must_check;

#endif
