/*
 * Asking about calls one by one, by the provider's id. A track, after the one that lists:
 *
 *   - Aircall: calls that the list should have held and did not, a few in each run.
 *   - Dialpad, listed with the company's key: the state of fresh calls, since only ended ones are
 *     listed.
 *   - Dialpad otherwise: all calls whose id is known, with each user's own token.
 *
 * A call that alone cannot be read makes a run fail until it is given up: one that has ended, an hour
 * after its end; another, a day after the end of its window.
 */
#ifndef SYNC_BY_ID_H
#define SYNC_BY_ID_H

#include "sync/listing.h"
#include "sync/tokens.h"

enum by_id_whom { BY_ID_NOBODY, BY_ID_MISSING, BY_ID_LIVE, BY_ID_EVERYBODY };

struct by_id {
	struct track track;
	struct run *run;
	const struct listing *after; /* what was listed before */
	struct tokens *tokens;
	/* --- at work --- */
	enum by_id_whom whom;
	bool begun;
	struct call_list rows;
	struct batch *batch;
	size_t *turns; /* indexes of rows in order of their turns; owned */
	size_t count, at;
	struct buf token; /* the one of the request under way */
	int failures;
};

void by_id_init(struct by_id *b, const struct listing *after, struct tokens *tokens);
void by_id_release(struct by_id *b);
/* Begins anew, with those who were left out. */
void by_id_again(struct by_id *b);
/* Whether users' own tokens are what it asks with. */
bool by_id_with_users_tokens(const struct by_id *b);

#endif
