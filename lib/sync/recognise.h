/*
 * Which of the listed calls is which of ours: by the provider's id where the row knows it; by our
 * own id where that travelled along; else by what was dialled, by whom and when (match.h).
 */
#ifndef SYNC_RECOGNISE_H
#define SYNC_RECOGNISE_H

#include "store/store.h"
#include "sync/lister.h"

/* One for each row. */
struct recognised {
	const struct provider_call *call; /* NULL: not among those listed */
	const struct provider_call *leg;  /* another leg of it, if that was listed; else NULL */
	bool waiting;                     /* not decided yet: look again */
};

/* Rows with an id of the provider. */
void recognise_by_id(
	const struct call_list *rows, const struct lister *l, struct recognised *found);

/* Calls that carry our id. Several of them are legs of one call: the row with an id of the provider
 * is the leg of that id and no other; else the row becomes the one that fits best: to the same
 * number, outbound, begun first. */
void recognise_by_our_id(
	const struct call_list *rows, const struct lister *l, struct recognised *found);

/* Which of the listed calls any row has claimed, also one that is not among `rows`; one for each listed
 * call. Errors of the store. */
enum err recognise_claimed(struct store *s, const struct lister *l, bool *claimed) must_check;

/* Rows of which `may` (one for each row) says so, among calls that nobody has claimed. Errors of the
 * store; ERR_NOMEM. */
enum err recognise_by_match(struct store *s, const struct call_list *rows, const struct lister *l,
	const bool *may, int64_t now_ms, struct recognised *found) must_check;

#endif
