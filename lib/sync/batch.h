/* What a run decides about calls: gathered, and written many at a time. */
#ifndef SYNC_BATCH_H
#define SYNC_BATCH_H

#include "sync/run.h"

struct batch; /* one for each list of rows */

/* The rows are borrowed, and may be loaded anew while nothing is gathered. ERR_NOMEM. */
enum err batch_open(struct run *r, const struct call_list *rows, struct batch **out) must_check;
void batch_close(struct batch *b); /* what was not flushed is forgotten; NULL is fine */
/* Writes what was gathered; with --dry-run it is only worked out. */
enum err batch_flush(struct batch *b) must_check;

/* All of these take the index of a row, and may write. next_look_ms: -1, as the row says then. */

enum err batch_add(struct batch *b, size_t row, const struct statement *said, int64_t next_look_ms,
	enum trail_kind kind, const char *trail) must_check;
/* The provider shows the call so. */
enum err batch_seen(struct batch *b, size_t row, const struct provider_call *pc,
	int64_t next_look_ms) must_check;
/* Another leg of the call shows it so: the provider's id of the row stays what it is. */
enum err batch_seen_leg(struct batch *b, size_t row, const struct provider_call *leg) must_check;
/* Its time is over. */
enum err batch_expired(struct batch *b, size_t row) must_check;
/* Looked for and not found, and why: only the time of the next look changes; the end of the window is
 * looked at in any case. */
enum err batch_nothing(
	struct batch *b, size_t row, int64_t next_look_ms, const char *why) must_check;

#endif
