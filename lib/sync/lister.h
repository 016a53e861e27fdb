/*
 * Fetching the calls a provider has in some spans of time, page by page, within limits of
 * requests and time.
 */
#ifndef SYNC_LISTER_H
#define SYNC_LISTER_H

#include "config/config.h"
#include "provider/http_client.h"
#include "provider/provider.h"
#include "sync/window.h"

struct lister {
	const struct config *config;
	const struct provider *provider;
	struct http_client *http; /* borrowed */
	int64_t requests_left;    /* in this run */
	int64_t deadline;         /* of the monotonic clock */
	/* Calls started before it were listed by earlier runs; after a limit: by this one, too. */
	int64_t listed_ms;
	/* --- found --- */
	struct provider_call *calls; /* in order of their ids, each once; owned */
	size_t count, room;
	int64_t requests;
	bool failed;   /* the provider could not be asked, or made no sense */
	bool limited;  /* a limit, a 429 or the deadline ended it */
	char why[400]; /* for the log, if failed or limited */
};

void lister_release(struct lister *l);

/* Lists each window (in order of time) from listed_ms on, and notes how far. Stops at the first
 * failure or limit. ERR_NOMEM. */
enum err lister_fetch(struct lister *l, struct window *windows, size_t count) must_check;

/* The fetched call of that id; NULL. */
const struct provider_call *lister_find(const struct lister *l, int64_t id);

#endif
