/*
 * One run of the sync, shared by its parts: what is followed, and how what was found is written.
 * Internal to lib/sync.
 */
#ifndef SYNC_RUN_H
#define SYNC_RUN_H

#include "provider/http_client.h"
#include "provider/provider.h"
#include "sync/sync.h"

struct run {
	const struct sync_options *o;
	struct sync_summary *s;
	int64_t now_ms, deadline; /* of the wall, of the monotonic clock */
	struct call_list calls;   /* all that are followed, as they were loaded */
	struct http_client *http;
};

/* One line for people, if they want any. */
void run_tell(const struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The client, opened on first use. */
enum err run_http(struct run *r) must_check;
bool run_is_due(const struct run *r, const struct call *c);
/* Not final, and its reconcile window is over. */
bool run_is_expired(const struct run *r, const struct call *c);

/* Updates are gathered and written many at a time. */
struct batch {
	struct run *run;
	struct store_update updates[STORE_UPDATES_MAX];
	char trails[STORE_UPDATES_MAX][160];
	size_t index[STORE_UPDATES_MAX]; /* of the call in run->calls */
	size_t count;
};

/* next_look_ms: -1, as the row says then. */
enum err batch_add(struct batch *b, size_t index, const struct statement *said,
	int64_t next_look_ms, enum trail_kind kind, const char *trail) must_check;
/* Writes what was gathered; with --dry-run it is only worked out. */
enum err batch_flush(struct batch *b) must_check;

/* The provider shows the call so. */
enum err batch_seen(struct batch *b, size_t index, const struct provider_call *pc) must_check;
/* Its time is over. */
enum err batch_expired(struct batch *b, size_t index) must_check;
/* Looked for and not found: only the time of the next look changes; the end of the window is looked
 * at in any case. */
enum err batch_nothing(struct batch *b, size_t index) must_check;

#endif
