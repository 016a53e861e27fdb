#include "sync/sync.h"

#include "base/clock.h"
#include "base/fault.h"
#include "sync/by_id.h"
#include "sync/rows.h"

#include <string.h>

#define ORPHAN_MARGIN_MS INT64_C(5000)
#define CLOCK_STEP_MS    INT64_C(60000)

/* The ways to ask, each provider's one after the other. */
struct ways {
	struct listing aircall, dialpad;
	struct by_id aircall_by_id, dialpad_by_id;
	struct tokens *tokens;
};

static bool any(const bool of[PROVIDER__MAX])
{
	for (int p = 0; p < PROVIDER__MAX; p++)
		if (of[p])
			return true;
	return false;
}

bool sync_any_failed(const struct sync_summary *s)
{
	return any(s->failed);
}

bool sync_any_limited(const struct sync_summary *s)
{
	return any(s->limited);
}

/* --- calls that nobody can be asked about --- */

static bool is_orphan(const struct run *r, const struct call *c)
{
	int64_t age = r->now_ms - c->start_ms;
	/* One of the future was stored before the clock was set back. */
	return c->status == CALL_QUEUED &&
	       (age > r->o->config->provider_timeout * 1000 + ORPHAN_MARGIN_MS ||
		       age < -CLOCK_STEP_MS);
}

/* Orphans, and those who are followed by nobody; counts the open ones on the way. */
static bool is_ours_to_settle(const struct call *c, void *arg)
{
	const struct run *r = arg;
	r->s->open += call_status_final(c->status) ? 0 : 1;
	return is_orphan(r, c) || !run_can_follow(r, c);
}

/* A row whose process died before it could say what came out: it may be ringing. */
static enum err settle_orphan(const struct run *r, struct batch *b, struct call *c, size_t row)
{
	struct statement said;
	statement_init(&said, SAID_BY_US, r->now_ms);
	said.has_status = true;
	said.status = CALL_UNCONFIRMED;
	said.reason = "orphaned";
	r->s->orphans++;
	return batch_add(
		b, row, &said, c->look_ms, TRAIL_EXPIRY, "the process that asked has died");
}

static enum err settle(struct run *r, struct call_list *rows, struct batch *b)
{
	enum err e = ERR_NONE;
	for (size_t i = 0; i < rows->count && e == ERR_NONE; i++) {
		struct call *c = &rows->calls[i];
		if (is_orphan(r, c))
			e = settle_orphan(r, b, c, i);
		else if (c->status == CALL_QUEUED || !run_is_due(r, c))
			continue;
		else
			e = run_is_expired(r, c)
				    ? batch_expired(b, i)
				    : batch_nothing(b, i, -1, "nobody can be asked about it");
	}
	return e == ERR_NONE ? batch_flush(b) : e;
}

static enum err settle_by_ourselves(struct run *r)
{
	struct call_list rows = {NULL, 0};
	struct batch *b = NULL;
	enum err e = rows_load(r, is_ours_to_settle, r, &rows);
	if (e == ERR_NONE && rows.count > 0)
		e = batch_open(r, &rows, &b);
	if (e == ERR_NONE && rows.count > 0)
		e = settle(r, &rows, b);
	batch_close(b);
	call_list_release(&rows);
	return e;
}

/* --- calls that providers are asked about --- */

static void on_progress(void *arg)
{
	const struct ways *w = arg;
	const struct track *const tracks[] = {&w->aircall.track, &w->aircall_by_id.track,
		&w->dialpad.track, &w->dialpad_by_id.track};
	const struct sync_options *o = w->aircall.run->o;
	const int64_t whole = 1000;
	int64_t done = 0, total = 0;
	for (size_t i = 0; i < sizeof(tracks) / sizeof(tracks[0]); i++) {
		const struct track *t = tracks[i];
		if (t->total <= 0)
			continue;
		total += whole;
		done += t->end != TRACK_GOING ? whole : t->done * whole / t->total;
	}
	o->progress(o->progress_arg, done, total);
}

static enum err ways_open(struct ways *w, struct run *r)
{
	listing_init(&w->aircall, r, &provider_aircall);
	listing_init(&w->dialpad, r, &provider_dialpad);
	enum err e = tokens_open(r, &w->tokens);
	by_id_init(&w->aircall_by_id, &w->aircall, w->tokens);
	by_id_init(&w->dialpad_by_id, &w->dialpad, w->tokens);
	w->aircall.track.then = &w->aircall_by_id.track;
	w->dialpad.track.then = &w->dialpad_by_id.track;
	if (r->o->progress != NULL) {
		r->driver.progress = on_progress;
		r->driver.arg = w;
	}
	return e;
}

static void ways_close(struct ways *w, struct run *r)
{
	r->driver.progress = NULL;
	r->driver.arg = NULL;
	listing_release(&w->aircall);
	listing_release(&w->dialpad);
	by_id_release(&w->aircall_by_id);
	by_id_release(&w->dialpad_by_id);
	tokens_close(w->tokens);
}

/* Refreshes tokens, and asks about the calls that waited for them. */
static enum err refresh(struct run *r, struct ways *w, int64_t deadline)
{
	bool woken;
	if (r->o->dry_run || !provider_dialpad.configured(r->o->config))
		return ERR_NONE;
	enum err e = tokens_refresh(w->tokens, deadline, &woken);
	if (e != ERR_NONE || !woken || !by_id_with_users_tokens(&w->dialpad_by_id))
		return e;
	struct track *again[] = {&w->dialpad_by_id.track};
	by_id_again(&w->dialpad_by_id);
	r->driver.deadline = deadline;
	return tracks_run(&r->driver, again, 1);
}

static enum err ask(struct run *r, int64_t begin)
{
	struct ways w = {.tokens = NULL};
	struct track *tracks[] = {&w.aircall.track, &w.dialpad.track};
	enum err e = ways_open(&w, r);
	r->driver.deadline = begin + SYNC_TRACKS_MS;
	if (e == ERR_NONE)
		e = tracks_run(&r->driver, tracks, sizeof(tracks) / sizeof(tracks[0]));
	if (e == ERR_NONE)
		e = refresh(r, &w, begin + SYNC_ASKING_MS);
	ways_close(&w, r);
	return e;
}

static enum err open_and_ask(struct run *r, int64_t begin)
{
	const struct sync_options *o = r->o;
	enum err e = http_client_open(o->config, &r->driver.http);
	if (e == ERR_NONE)
		e = limits_open(o->config, o->log, &r->driver.limits);
	if (e == ERR_NONE)
		e = ask(r, begin);
	limits_close(r->driver.limits);
	http_client_close(r->driver.http);
	return e;
}

enum err sync_run(const struct sync_options *o, struct sync_summary *s)
{
	int64_t begin = clock_mono_ms();
	struct run r = {.o = o, .s = s, .now_ms = clock_now_ms()};
	memset(s, 0, sizeof(*s));
	s->now_ms = r.now_ms;
	enum err e = settle_by_ourselves(&r);
	if (e == ERR_NONE)
		e = open_and_ask(&r, begin);
	FAULT_POINT("sync-before-housekeep");
	if (e == ERR_NONE && !o->dry_run)
		e = store_housekeep(o->store, r.now_ms);
	s->ms = clock_mono_ms() - begin;
	return e;
}
