#include "sync/sync.h"

#include "base/clock.h"
#include "base/text.h"
#include "sync/by_id.h"
#include "sync/cycle.h"
#include "sync/lister.h"
#include "sync/match.h"
#include "sync/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LOAD_TURN        500
#define ORPHAN_MARGIN_MS INT64_C(5000)
#define CLOCK_STEP_MS    INT64_C(60000)
/* A provider may move the start of a call by a second after the call was recognised. */
#define MOVED_MS INT64_C(2000)

/* What was found out about the calls of one provider. */
struct findings {
	const struct provider_call **seen; /* by the index of the call; NULL: not seen */
	bool *waiting;
	struct window *windows;
	size_t window_count;
	struct cycle cycle; /* as it was when the run began */
};

enum err sync_lock(const struct config *c, int *fd)
{
	char path[4096];
	*fd = -1;
	if ((size_t)snprintf(path, sizeof(path), "%s/sync.lock", c->data_dir) >= sizeof(path))
		return ERR_STORAGE;
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd == -1)
		return ERR_STORAGE;
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return ERR_NONE;
	enum err e = errno == EWOULDBLOCK ? ERR_BUSY : ERR_STORAGE;
	close(*fd);
	*fd = -1;
	return e;
}

/* --- what there is to do --- */

/* A call asked for now has its place in time where its provider was asked. */
static int64_t asked(const struct call *c)
{
	return c->asked_ms != 0 ? c->asked_ms : c->start_ms;
}

/* All followed calls as they are now, also those not due: they claim what is theirs. */
static enum err load(struct run *r)
{
	struct due_walk walk = {.started = false};
	call_list_release(&r->calls);
	struct call_list part = {NULL, 0};
	enum err e;
	while ((e = store_due(r->o->store, INT64_MAX / 2, &walk, LOAD_TURN, &part)) == ERR_NONE &&
		part.count > 0) {
		struct call *bigger =
			realloc(r->calls.calls, (r->calls.count + part.count) * sizeof(*bigger));
		if (bigger == NULL) {
			e = ERR_NOMEM;
			break;
		}
		r->calls.calls = bigger;
		memcpy(bigger + r->calls.count, part.calls, part.count * sizeof(*bigger));
		r->calls.count += part.count;
		bool last = part.count < LOAD_TURN;
		part.count = 0; /* what they own has moved */
		call_list_release(&part);
		if (last)
			break;
	}
	call_list_release(&part);
	return e;
}

static int64_t count_open(const struct run *r)
{
	int64_t open = 0;
	for (size_t i = 0; i < r->calls.count; i++)
		open += call_status_final(r->calls.calls[i].status) ? 0 : 1;
	return open;
}

static bool is_orphan(const struct run *r, const struct call *c)
{
	int64_t age = r->now_ms - c->start_ms;
	/* One of the future was stored before the clock was set back. */
	return c->status == CALL_QUEUED &&
	       (age > r->o->config->provider_timeout * 1000 + ORPHAN_MARGIN_MS ||
		       age < -CLOCK_STEP_MS);
}

/* A row whose process died before it could say what came out: it may be ringing. */
static enum err settle_orphans(struct batch *b)
{
	struct run *r = b->run;
	enum err e = ERR_NONE;
	for (size_t i = 0; i < r->calls.count && e == ERR_NONE; i++) {
		struct call *c = &r->calls.calls[i];
		if (!is_orphan(r, c))
			continue;
		struct statement said;
		statement_init(&said, SAID_BY_US, r->now_ms);
		said.has_status = true;
		said.status = CALL_UNCONFIRMED;
		said.reason = "orphaned";
		e = batch_add(
			b, i, &said, c->look_ms, TRAIL_EXPIRY, "the process that asked has died");
	}
	if (e == ERR_NONE)
		e = batch_flush(b);
	for (size_t i = 0; i < r->calls.count && e == ERR_NONE; i++)
		if (is_orphan(r, &r->calls.calls[i]))
			r->calls.calls[i].status = CALL_UNCONFIRMED;
	return e;
}

/* --- one provider --- */

static bool is_followed(const struct call *c, const struct provider *p)
{
	return c->provider == p->id && c->status != CALL_QUEUED;
}

static int64_t span_from(const struct call *c)
{
	return asked(c) / 1000 * 1000 - MATCH_BEFORE_MS - MOVED_MS;
}

/* It may reach beyond now: the provider's clock may be ahead of ours. */
static int64_t span_to(const struct call *c)
{
	return asked(c) + MATCH_AFTER_MS + MOVED_MS;
}

static enum err make_windows(const struct run *r, const struct provider *p, struct findings *f)
{
	f->windows = calloc(r->calls.count + 1, sizeof(*f->windows));
	if (f->windows == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < r->calls.count; i++) {
		const struct call *c = &r->calls.calls[i];
		if (is_followed(c, p) && run_is_due(r, c))
			f->windows[f->window_count++] =
				(struct window){span_from(c), span_to(c), 0};
	}
	f->window_count = window_join(f->windows, f->window_count);
	return ERR_NONE;
}

/* The fetched calls nobody has claimed. *free_calls has room for all. */
static enum err find_unclaimed(const struct run *r, const struct lister *l,
	const struct provider_call **free_calls, size_t *count)
{
	*count = 0;
	int64_t *ids = calloc(l->count + 1, sizeof(*ids));
	struct callid *owners = calloc(l->count + 1, sizeof(*owners));
	bool *claimed = calloc(l->count + 1, sizeof(*claimed));
	enum err e = ids == NULL || owners == NULL || claimed == NULL ? ERR_NOMEM : ERR_NONE;
	for (size_t i = 0; i < l->count && e == ERR_NONE; i++)
		ids[i] = l->calls[i].id;
	/* In short turns: nobody waits long. */
	for (size_t i = 0; i < l->count && e == ERR_NONE; i += LOAD_TURN) {
		size_t n = l->count - i < LOAD_TURN ? l->count - i : LOAD_TURN;
		e = store_claims(r->o->store, l->provider->id, ids + i, n, owners + i, claimed + i);
	}
	for (size_t i = 0; i < l->count && e == ERR_NONE; i++)
		if (!claimed[i])
			free_calls[(*count)++] = &l->calls[i];
	free(ids);
	free(owners);
	free(claimed);
	return e;
}

/* Whether what was listed speaks for the call: all of it in this run, or its beginning in an
 * earlier run of the cycle, which would have recognised it there. */
static bool listed_for(const struct findings *f, const struct call *c)
{
	return span_from(c) >= f->cycle.listed_ms || asked(c) < f->cycle.begun_ms;
}

static size_t make_rows(const struct run *r, const struct lister *l, const struct findings *f,
	struct match_row *rows)
{
	size_t count = 0;
	for (size_t i = 0; i < r->calls.count; i++) {
		const struct call *c = &r->calls.calls[i];
		/* Also those still being placed: what is theirs must not go to another row. */
		if (c->provider != l->provider->id || c->external_id != 0 ||
			call_status_final(c->status) || !listed_for(f, c))
			continue;
		struct match_row *m = &rows[count++];
		*m = (struct match_row){.tag = i,
			.user_id = c->provider_user_id,
			.number_id = c->provider_number_id,
			.asked_ms = asked(c)};
		text_digits(c->phone, strlen(c->phone), m->digits, sizeof(m->digits));
	}
	return count;
}

/* Those known by their id are just looked up; the others are recognised among what nobody has
 * claimed. */
static enum err recognise(const struct run *r, const struct lister *l, struct findings *f)
{
	struct match_row *rows = calloc(r->calls.count + 1, sizeof(*rows));
	const struct provider_call **free_calls = calloc(l->count + 1, sizeof(*free_calls));
	size_t free_count;
	f->seen = calloc(r->calls.count + 1, sizeof(*f->seen));
	f->waiting = calloc(r->calls.count + 1, sizeof(*f->waiting));
	enum err e = rows == NULL || free_calls == NULL || f->seen == NULL || f->waiting == NULL
			     ? ERR_NOMEM
			     : ERR_NONE;
	for (size_t i = 0; i < r->calls.count && e == ERR_NONE; i++) {
		const struct call *c = &r->calls.calls[i];
		if (is_followed(c, l->provider) && c->external_id != 0)
			f->seen[i] = lister_find(l, c->external_id);
	}
	if (e == ERR_NONE)
		e = find_unclaimed(r, l, free_calls, &free_count);
	if (e == ERR_NONE) {
		size_t count = make_rows(r, l, f, rows);
		e = match(rows, count, free_calls, free_count, r->now_ms);
		for (size_t i = 0; i < count && e == ERR_NONE; i++) {
			f->seen[rows[i].tag] = rows[i].call;
			f->waiting[rows[i].tag] = rows[i].waiting;
		}
	}
	free(rows);
	free(free_calls);
	return e;
}

static enum err decide(struct batch *b, const struct provider *p, const struct findings *f)
{
	struct run *r = b->run;
	enum err e = ERR_NONE;
	for (size_t i = 0; i < r->calls.count && e == ERR_NONE; i++) {
		const struct call *c = &r->calls.calls[i];
		if (!is_followed(c, p))
			continue;
		if (f->seen[i] != NULL)
			e = batch_seen(b, i, f->seen[i]);
		if (f->waiting[i] || !run_is_due(r, c) || e != ERR_NONE)
			continue;
		/* Only a list that was read to its end proves that a call is not in it. */
		const struct window *w =
			window_holding(f->windows, f->window_count, span_from(c), span_to(c));
		if (w == NULL || w->listed_to_ms < span_to(c) || !listed_for(f, c))
			continue;
		bool ended = f->seen[i] != NULL && f->seen[i]->has_status &&
			     call_status_final(f->seen[i]->status);
		if (run_is_expired(r, c) && !ended)
			e = batch_expired(b, i);
		else if (f->seen[i] == NULL)
			e = batch_nothing(b, i);
	}
	return e == ERR_NONE ? batch_flush(b) : e;
}

static void report(struct run *r, const struct lister *l)
{
	r->s->requests[l->provider->id] += l->requests;
	r->s->provider_failed = r->s->provider_failed || l->failed;
	r->s->limit_met = r->s->limit_met || l->limited;
	if (l->failed)
		log_write(r->o->log, LOG_OUTSIDE, "E5002", "%s", l->why);
	if (l->failed || l->limited)
		run_tell(r, "%s", l->why);
}

/* A limit leaves the rest to the next run; after a failure that begins where this one did. */
static void leave_cycle(const struct run *r, const struct lister *l, const struct findings *f)
{
	const struct cycle next = {f->cycle.begun_ms, l->listed_ms};
	if (r->o->dry_run || l->failed)
		return;
	if (l->limited && l->listed_ms > 0)
		cycle_write(&next, r->o->lock_fd);
	else if (!l->limited)
		cycle_end(r->o->lock_fd);
}

static enum err reconcile(struct batch *b, const struct provider *p, int64_t requests_per_minute)
{
	struct run *r = b->run;
	struct findings f = {.windows = NULL};
	struct lister l = {.config = r->o->config,
		.provider = p,
		.requests_left = requests_per_minute,
		.deadline = r->deadline};
	enum err e = make_windows(r, p, &f);
	if (e == ERR_NONE && f.window_count > 0)
		e = run_http(r);
	cycle_read(&f.cycle, r->o->lock_fd, r->now_ms);
	/* Nothing is left of it: the next begins. */
	if (f.window_count > 0 && f.windows[f.window_count - 1].to_ms < f.cycle.listed_ms)
		f.cycle = (struct cycle){r->now_ms, 0};
	l.listed_ms = f.cycle.listed_ms;
	l.http = r->http;
	if (e == ERR_NONE && f.window_count > 0)
		e = lister_fetch(&l, f.windows, f.window_count);
	if (e == ERR_NONE) {
		report(r, &l);
		/* Rows stored meanwhile may own what was listed meanwhile. */
		e = load(r);
	}
	if (e == ERR_NONE)
		e = recognise(r, &l, &f);
	if (e == ERR_NONE)
		e = decide(b, p, &f);
	if (e == ERR_NONE)
		leave_cycle(r, &l, &f);
	free(f.seen);
	free(f.waiting);
	free(f.windows);
	lister_release(&l);
	return e;
}

/* Calls no provider can be asked about: they are given up when their time is over. */
static enum err give_up_unfollowed(struct batch *b)
{
	struct run *r = b->run;
	enum err e = ERR_NONE;
	for (size_t i = 0; i < r->calls.count && e == ERR_NONE; i++) {
		const struct call *c = &r->calls.calls[i];
		const struct provider *p = provider_find(c->provider);
		/* Listed, or asked about by its id. */
		if (p != NULL && p->configured(r->o->config) &&
			(p == &provider_aircall || c->external_id != 0))
			continue;
		if (!run_is_due(r, c) || c->status == CALL_QUEUED)
			continue;
		e = run_is_expired(r, c) ? batch_expired(b, i) : batch_nothing(b, i);
	}
	return e == ERR_NONE ? batch_flush(b) : e;
}

static enum err work(struct run *r)
{
	struct batch *b = calloc(1, sizeof(*b));
	if (b == NULL)
		return ERR_NOMEM;
	b->run = r;
	enum err e = load(r);
	r->s->open = count_open(r);
	if (e == ERR_NONE)
		e = settle_orphans(b);
	if (e == ERR_NONE && provider_aircall.configured(r->o->config))
		e = reconcile(b, &provider_aircall, r->o->config->aircall_requests_per_minute);
	if (e == ERR_NONE && provider_dialpad.configured(r->o->config))
		e = by_id_follow(b, &provider_dialpad);
	if (e == ERR_NONE)
		e = give_up_unfollowed(b);
	if (e == ERR_NONE && !r->o->dry_run)
		e = store_housekeep(r->o->store, r->now_ms);
	free(b);
	return e;
}

enum err sync_run(const struct sync_options *o, struct sync_summary *s)
{
	int64_t begin = clock_mono_ms();
	struct run r = {.o = o, .s = s, .now_ms = clock_now_ms(), .deadline = begin + SYNC_RUN_MS};
	memset(s, 0, sizeof(*s));
	enum err e = work(&r);
	http_client_close(r.http);
	call_list_release(&r.calls);
	s->ms = clock_mono_ms() - begin;
	return e;
}
