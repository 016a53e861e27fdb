/* One run of the sync, as its parts share it. Internal to lib/sync. */
#ifndef SYNC_RUN_H
#define SYNC_RUN_H

#include "provider/provider.h"
#include "sync/sync.h"
#include "sync/track.h"

struct run {
	const struct sync_options *o;
	struct sync_summary *s;
	int64_t now_ms; /* of the wall clock, when it began */
	struct track_driver driver;
};

/* One line for people, if they want any. */
void run_tell(const struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The end of the call's reconcile window. */
int64_t run_window_end(const struct run *r, const struct call *c);
bool run_is_due(const struct run *r, const struct call *c);
/* Not final, and its reconcile window is over. */
bool run_is_expired(const struct run *r, const struct call *c);

/* Whose calls the row is one of; NULL: nobody's who can be asked. */
const struct provider *run_provider(const struct call *c);
/* Whether the provider can be asked about the call in this installation. */
bool run_can_follow(const struct run *r, const struct call *c);

/* Writes down and tells how a track ended. */
void run_report(struct run *r, const struct track *t, enum provider_id p);

#endif
