/*
 * The calls a provider has in some spans of time, page by page: a state machine that says what to
 * ask next and takes the answers, in few requests.
 *
 * One walk goes over all windows, from the earliest call to the latest or the other way, as the
 * provider lists them. It pages on as long as pages bring something of a window, and jumps where one
 * ended between two. A fuller span than the provider pages through is cut.
 *
 *   lister_next, send, lister_feed, … until lister_next returns ERR_NOT_FOUND; lister_tidy
 */
#ifndef SYNC_LISTER_H
#define SYNC_LISTER_H

#include "limit/limit.h"
#include "provider/provider.h"
#include "sync/window.h"

/* Older calls are not served (Aircall: six months). */
#define LISTER_HORIZON_MS (INT64_C(180) * 86400000)

struct lister {
	/* --- given; the rest is zero --- */
	const struct config *config;
	const struct provider *provider; /* whose calls are listed with these settings */
	struct window *windows;          /* as window_join left them; borrowed, marked as listed */
	size_t window_count;
	/* Where an earlier walk stopped: what comes before it in the provider's order is left out;
	 * 0: it is the first. Here it stands how far this one has come, too. */
	int64_t position_ms;
	/* --- found --- */
	struct provider_call *calls; /* owned; after lister_tidy in order of their ids, each once */
	size_t count, room;
	int64_t skipped; /* elements that made no sense */
	/* --- where it stands --- */
	bool begun, ended;
	size_t at; /* the first window that is not listed to its end */
	struct list_query query;
	int64_t last_ms; /* start of the last call seen of it */
	char *cursor;    /* owned */
};

void lister_release(struct lister *l);

/* Which limit its requests are of. */
enum limit lister_limit(const struct provider *p);

/* Whether there is something behind the position at all. */
bool lister_has_more(const struct lister *l);
/* Forgets the position: the walk begins at its beginning. Before lister_next only. */
void lister_rewind(struct lister *l);

/* Builds the next request. ERR_NOT_FOUND: all is listed. ERR_NOMEM. */
enum err lister_next(struct lister *l, struct http_request *r) must_check;
/* Takes the answer to it. ERR_INVALID, ERR_IO … : it makes no sense, and nothing has changed.
 * ERR_NOMEM. */
enum err lister_feed(struct lister *l, const struct http_answer *a) must_check;

/* Puts what was found in order. */
void lister_tidy(struct lister *l);
/* The call of that id; NULL. After lister_tidy. */
const struct provider_call *lister_find(const struct lister *l, int64_t id);

/* How much was listed of how much, for people who wait: milliseconds of calls. */
void lister_progress(const struct lister *l, int64_t *done, int64_t *total);

#endif
