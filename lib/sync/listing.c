#include "sync/listing.h"

#include "base/fault.h"
#include "sync/match.h"
#include "sync/rows.h"

#include <stdlib.h>

/* A provider may move the start of a call by a second after the call was recognised. */
#define MOVED_MS INT64_C(2000)
/* Where the call carries our id, its time need not prove anything: clocks may differ more. */
#define OURS_BEFORE_MS INT64_C(60000)
#define OURS_AFTER_MS  INT64_C(300000)

static const struct track_ops ops;

void listing_init(struct listing *l, struct run *r, const struct provider *p)
{
	*l = (struct listing){.run = r, .provider = p};
	l->track = (struct track){.ops = &ops, .self = l, .name = provider_title(p->id)};
}

void listing_release(struct listing *l)
{
	call_list_release(&l->rows);
	lister_release(&l->lister);
	free(l->windows);
	free(l->found);
	free(l->missing);
	l->windows = NULL;
	l->found = NULL;
	l->missing = NULL;
}

/* --- what is to be listed --- */

static bool is_followed(const struct call *c)
{
	return c->status != CALL_QUEUED;
}

/* Whether the provider's calls carry our id. */
static bool carries_our_id(const struct listing *l)
{
	return l->provider->id == PROVIDER_DIALPAD;
}

static int64_t span_from(const struct listing *l, const struct call *c)
{
	int64_t before = carries_our_id(l) ? OURS_BEFORE_MS : MATCH_BEFORE_MS + MOVED_MS;
	return call_asked_ms(c) / 1000 * 1000 - before;
}

/* It may reach beyond now: the provider's clock may be ahead of ours. */
static int64_t span_to(const struct listing *l, const struct call *c)
{
	int64_t after = carries_our_id(l) ? OURS_AFTER_MS : MATCH_AFTER_MS + MOVED_MS;
	return call_asked_ms(c) + after;
}

static bool is_served(const struct listing *l, const struct call *c)
{
	return span_from(l, c) > l->run->now_ms - LISTER_HORIZON_MS && span_from(l, c) > 0;
}

static enum err make_windows(struct listing *l)
{
	size_t count = 0;
	l->windows = calloc(l->rows.count + 1, sizeof(*l->windows));
	if (l->windows == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < l->rows.count; i++) {
		const struct call *c = &l->rows.calls[i];
		if (is_followed(c) && run_is_due(l->run, c) && is_served(l, c))
			l->windows[count++] =
				(struct window){.from_ms = span_from(l, c), .to_ms = span_to(l, c)};
	}
	l->lister = (struct lister){.config = l->run->o->config,
		.provider = l->provider,
		.windows = l->windows,
		.window_count = window_join(l->windows, count)};
	return ERR_NONE;
}

static enum err begin(struct listing *l)
{
	const struct run *r = l->run;
	l->begun = true;
	if (!l->provider->listed(r->o->config))
		return ERR_NONE;
	enum err e = rows_load_of(r, l->provider, &l->rows);
	if (e == ERR_NONE)
		e = make_windows(l);
	if (e != ERR_NONE)
		return e;
	FAULT_POINT("sync-after-load");
	cycle_read(&l->cycle, r->o->lock_fd, l->provider->id, r->now_ms);
	l->lister.position_ms = l->cycle.position_ms;
	if (!lister_has_more(&l->lister)) {
		/* Nothing is left of the cycle: the next begins. */
		l->cycle = (struct cycle){r->now_ms, 0};
		lister_rewind(&l->lister);
	}
	return ERR_NONE;
}

/* --- asking --- */

static enum err next(struct track *t, struct http_request *r, enum limit *limit)
{
	struct listing *l = t->self;
	enum err e = l->begun ? ERR_NONE : begin(l);
	if (e != ERR_NONE)
		return e;
	*limit = lister_limit(l->provider);
	return lister_next(&l->lister, r);
}

static enum err feed(struct track *t, const struct http_answer *a)
{
	struct listing *l = t->self;
	enum err e = lister_feed(&l->lister, a);
	lister_progress(&l->lister, &t->done, &t->total);
	if (e == ERR_NONE || e == ERR_NOMEM)
		return e;
	l->refused = a->fault == HTTP_ANSWERED && (a->status == 401 || a->status == 403);
	if (l->refused && l->provider->id == PROVIDER_DIALPAD)
		track_fail(t,
			"DIALPAD_API_KEY may not list calls; it must be a company admin's key with "
			"the scope calls:list",
			a);
	else
		track_fail(t, "the list cannot be read", a);
	return ERR_NONE;
}

/* --- deciding --- */

/* Whether the call was listed from its beginning: in this run, or, where running calls are listed
 * too, in an earlier one of the cycle, which would have recognised it there. */
static bool beginning_was_listed(const struct listing *l, const struct call *c)
{
	if (l->provider->lists_ended_latest_first)
		return true;
	return span_from(l, c) >= l->cycle.position_ms || call_asked_ms(c) < l->cycle.begun_ms;
}

/* Whether what was listed proves that the call is not in the list. */
static bool was_listed(const struct listing *l, const struct call *c)
{
	int64_t from = span_from(l, c), to = span_to(l, c);
	const struct window *w = window_holding(l->windows, l->lister.window_count, from, to);
	if (w == NULL)
		return false;
	if (l->provider->lists_ended_latest_first)
		return window_listed(w, from, to);
	return w->listed_to_ms >= to && beginning_was_listed(l, c);
}

static enum err recognise(struct listing *l)
{
	bool *may = calloc(l->rows.count + 1, sizeof(*may));
	l->found = calloc(l->rows.count + 1, sizeof(*l->found));
	l->missing = calloc(l->rows.count + 1, sizeof(*l->missing));
	enum err e = may == NULL || l->found == NULL || l->missing == NULL ? ERR_NOMEM : ERR_NONE;
	if (e == ERR_NONE) {
		recognise_by_id(&l->rows, &l->lister, l->found);
		recognise_by_our_id(&l->rows, &l->lister, l->found);
	}
	/* Also rows still being placed: what is theirs must not go to another. */
	for (size_t i = 0; i < l->rows.count && e == ERR_NONE; i++)
		may[i] = l->rows.calls[i].external_id == 0 &&
			 !call_status_final(l->rows.calls[i].status) &&
			 beginning_was_listed(l, &l->rows.calls[i]);
	if (e == ERR_NONE && !carries_our_id(l))
		e = recognise_by_match(
			l->run->o->store, &l->rows, &l->lister, may, l->run->now_ms, l->found);
	free(may);
	return e;
}

static const char not_there[] = "looked for in the list, and not there";

/* Looked for where it would have to be, and not there, or not at its end. */
static enum err decide_not_ended(struct listing *l, struct batch *b, size_t i)
{
	const struct call *c = &l->rows.calls[i];
	const struct recognised *f = &l->found[i];
	if (f->call == NULL && c->external_id != 0 && !l->provider->lists_ended_latest_first) {
		l->missing[l->missing_count++] = c->id;
		return ERR_NONE;
	}
	if (run_is_expired(l->run, c))
		return f->leg != NULL ? batch_seen_leg(b, i, f->leg) : batch_expired(b, i);
	return f->call == NULL ? batch_nothing(b, i, -1, not_there) : ERR_NONE;
}

static enum err decide(struct listing *l, struct batch *b, size_t i)
{
	const struct run *r = l->run;
	const struct call *c = &l->rows.calls[i];
	const struct recognised *f = &l->found[i];
	bool due = run_is_due(r, c);
	if (!due && call_status_final(c->status))
		return ERR_NONE;
	enum err e = f->call != NULL ? batch_seen(b, i, f->call, -1) : ERR_NONE;
	if (e != ERR_NONE || f->waiting || !due)
		return e;
	if (f->call != NULL && f->call->has_status && call_status_final(f->call->status))
		return ERR_NONE;
	if (is_served(l, c))
		return was_listed(l, c) ? decide_not_ended(l, b, i) : ERR_NONE;
	return run_is_expired(r, c) ? batch_expired(b, i) : batch_nothing(b, i, -1, not_there);
}

static enum err decide_all(struct listing *l)
{
	struct batch *b;
	enum err e = batch_open(l->run, &l->rows, &b);
	for (size_t i = 0; i < l->rows.count && e == ERR_NONE; i++)
		if (is_followed(&l->rows.calls[i]))
			e = decide(l, b, i);
	if (e == ERR_NONE)
		e = batch_flush(b);
	batch_close(b);
	return e;
}

/* A limit leaves the rest to the next run; after a failure that begins where this one did. */
static void leave_cycle(const struct listing *l)
{
	struct cycle next = {l->cycle.begun_ms, 0};
	if (l->run->o->dry_run || l->track.end == TRACK_FAILED)
		return;
	if (l->track.end == TRACK_LIMITED)
		next.position_ms = l->lister.position_ms;
	FAULT_POINT("sync-before-cycle");
	cycle_write(&next, l->run->o->lock_fd, l->provider->id);
}

static enum err ended(struct track *t)
{
	struct listing *l = t->self;
	run_report(l->run, t, l->provider->id);
	if (l->windows == NULL)
		return ERR_NONE;
	lister_tidy(&l->lister);
	/* Rows stored meanwhile may own what was listed meanwhile. */
	enum err e = rows_load_of(l->run, l->provider, &l->rows);
	if (e == ERR_NONE)
		e = recognise(l);
	FAULT_POINT("sync-after-match");
	if (e == ERR_NONE)
		e = decide_all(l);
	if (e == ERR_NONE)
		leave_cycle(l);
	return e;
}

static const struct track_ops ops = {next, feed, ended};
