/* The history: pages, exact totals, and walks over all of it in short turns. */
#include "store/keys.h"
#include "store/range.h"
#include "store/rows.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

/* Rows looked at in one stay inside the gate while counting. */
#define SCAN_TURN 500

void history_filter_init(struct history_filter *f)
{
	memset(f, 0, sizeof(*f));
	f->status = CALL_STATUS__MAX;
	f->provider = PROVIDER_NONE;
}

void call_list_release(struct call_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		call_release(&l->calls[i]);
	free(l->calls);
	l->calls = NULL;
	l->count = 0;
}

/* No user has so long an id. */
static bool nothing_matches(const struct history_filter *f)
{
	return f->user != NULL && strlen(f->user) > AUTH_USER_MAX;
}

/* --- the index of a filter: one user's, or everybody's --- */

struct scope {
	enum db_name index;
	unsigned char low[KEY_USER_ENTRY], high[KEY_USER_ENTRY];
	size_t prefix, low_len, high_len;
};

static void scope_of(const struct history_filter *f, struct scope *s)
{
	s->index = f->user != NULL ? DB_BY_USER : DB_BY_TIME;
	s->prefix = f->user != NULL ? key_user(f->user, s->low) : 0;
	memcpy(s->high, s->low, s->prefix);
	key_time(f->from_ms, s->low + s->prefix);
	s->low_len = s->prefix + KEY_TIME_BYTES;
	if (f->to_ms > 0) {
		key_time(f->to_ms, s->high + s->prefix);
		s->high_len = s->prefix + KEY_TIME_BYTES;
	} else if (s->prefix > 0) {
		s->high[s->prefix - 1] = 1; /* after the NUL that ends the user id */
		s->high_len = s->prefix;
	} else {
		s->high_len = 0;
	}
}

static bool only_index(const struct history_filter *f)
{
	return f->status == CALL_STATUS__MAX && f->provider == PROVIDER_NONE && f->phone == NULL &&
	       f->client_id == NULL && f->contact_id == NULL && f->deal_id == NULL;
}

static bool matches(const struct history_filter *f, const struct call *c)
{
	return (f->status == CALL_STATUS__MAX || c->status == f->status) &&
	       (f->provider == PROVIDER_NONE || c->provider == f->provider) &&
	       (f->phone == NULL || strcmp(c->phone, f->phone) == 0) &&
	       (f->client_id == NULL || strcmp(c->client_id, f->client_id) == 0) &&
	       (f->contact_id == NULL || strcmp(c->contact_id, f->contact_id) == 0) &&
	       (f->deal_id == NULL || strcmp(c->deal_id, f->deal_id) == 0);
}

/* --- collecting --- */

struct collect {
	struct turn *turn;
	const struct history_filter *f;
	const struct scope *scope;
	struct call_list *out;
	size_t room;  /* of out->calls */
	int64_t skip; /* matching rows to pass over first */
	int64_t seen; /* matching rows */
	int64_t want; /* rows to take; then the walk goes on only if counting */
	bool counting;
	unsigned char *last; /* KEY_TIME_ID bytes: the last row looked at */
	int64_t looked;      /* at rows */
	int64_t end_ms;      /* of the monotonic clock: then the turn is over; 0: never */
};

static int take(struct collect *g, struct call *c)
{
	struct call_list *l = g->out;
	if (l->count == g->room) {
		size_t room = g->room == 0 ? 32 : g->room * 2;
		struct call *bigger = realloc(l->calls, room * sizeof(*bigger));
		if (bigger == NULL)
			return TURN_NOMEM;
		l->calls = bigger;
		g->room = room;
	}
	l->calls[l->count++] = *c; /* what it owns moves along */
	call_init(c);
	return 0;
}

static int collect_each(void *arg, const unsigned char *key, size_t len)
{
	struct collect *g = arg;
	if (len != g->scope->prefix + KEY_TIME_ID)
		return TURN_DAMAGED;
	memcpy(g->last, key + g->scope->prefix, KEY_TIME_ID);
	g->looked++;
	int64_t ms;
	struct callid id;
	key_time_id_read(g->last, &ms, &id);
	struct call c;
	call_init(&c);
	int e = row_get(g->turn, &id, &c);
	if (e == DB_NOTFOUND)
		e = TURN_DAMAGED;
	if (e == 0 && matches(g->f, &c)) {
		if (g->seen >= g->skip && (int64_t)g->out->count < g->want)
			e = take(g, &c);
		g->seen++;
	}
	call_release(&c);
	if (e == 0 && ((!g->counting && (int64_t)g->out->count >= g->want) ||
			      (g->end_ms != 0 && clock_mono_ms() >= g->end_ms)))
		e = RANGE_STOP;
	return e;
}

/* --- a page straight from the index --- */

struct paging {
	const struct history_filter *f;
	int64_t page, limit;
	struct call_list *out;
	int64_t total;
};

static int page_fn(struct turn *t, void *arg)
{
	struct paging *p = arg;
	struct scope s;
	struct range r;
	call_list_release(p->out);
	scope_of(p->f, &s);
	int e = range_find(t, s.index, s.low, s.low_len, s.high, s.high_len, &r);
	if (e != 0)
		return e;
	p->total = r.count;
	if (r.count == 0 || p->page - 1 > (r.count - 1) / p->limit)
		return 0;
	int64_t before = (p->page - 1) * p->limit;
	int64_t here = r.count - before < p->limit ? r.count - before : p->limit;
	unsigned char last[KEY_TIME_ID];
	struct collect g = {
		.turn = t, .f = p->f, .scope = &s, .out = p->out, .want = here, .last = last};
	return range_walk_down(
		t, s.index, (uint32_t)(r.first + r.count - 1 - before), here, collect_each, &g);
}

/* --- a walk in turns --- */

struct walking {
	const struct history_filter *f;
	struct history_walk *walk;
	struct history_walk next; /* becomes the walk's position when the turn succeeds */
	struct call_list *out;
	int64_t skip, want, seen;
	bool counting;
};

static int walk_fn(struct turn *t, void *arg)
{
	struct walking *w = arg;
	struct scope s;
	struct range r;
	/* It may run again: what an earlier try of this turn took is dropped. */
	call_list_release(w->out);
	w->next = *w->walk;
	w->seen = 0;
	scope_of(w->f, &s);
	if (w->walk->started) {
		memcpy(s.high + s.prefix, w->walk->key, KEY_TIME_ID);
		if (s.prefix > 0)
			s.high[s.prefix - 1] = '\0';
		s.high_len = s.prefix + KEY_TIME_ID;
	}
	int e = range_find(t, s.index, s.low, s.low_len, s.high, s.high_len, &r);
	if (e != 0)
		return e;
	struct collect g = {.turn = t,
		.f = w->f,
		.scope = &s,
		.out = w->out,
		.skip = w->skip,
		.want = w->want,
		.counting = w->counting,
		.last = w->next.key,
		.end_ms = clock_mono_ms() + STAY_MS};
	int64_t rows = r.count < SCAN_TURN ? r.count : SCAN_TURN;
	uint32_t start = (uint32_t)(r.first + r.count - 1);
	e = range_walk_down(t, s.index, start, rows, collect_each, &g);
	w->seen = g.seen;
	w->next.started = w->walk->started || g.looked > 0;
	w->next.ended = g.looked == r.count;
	return e;
}

static enum err walk_turn(struct store *s, struct walking *w)
{
	enum err e = turn_run(s, TURN_READ, walk_fn, w);
	if (e == ERR_NOT_FOUND) { /* nothing was ever stored */
		w->next.ended = true;
		e = ERR_NONE;
	}
	if (e == ERR_NONE)
		*w->walk = w->next;
	return e;
}

static enum err list_append(struct call_list *to, struct call_list *from)
{
	if (from->count == 0)
		return ERR_NONE;
	struct call *bigger = realloc(to->calls, (to->count + from->count) * sizeof(*bigger));
	if (bigger == NULL)
		return ERR_NOMEM;
	to->calls = bigger;
	memcpy(to->calls + to->count, from->calls, from->count * sizeof(*bigger));
	to->count += from->count;
	free(from->calls);
	from->calls = NULL;
	from->count = 0;
	return ERR_NONE;
}

enum err store_history_walk(struct store *s, const struct history_filter *f,
	struct history_walk *walk, size_t rows, struct call_list *out)
{
	enum err e = ERR_NONE;
	walk->ended = walk->ended || nothing_matches(f);
	while (e == ERR_NONE && !walk->ended && out->count < rows) {
		struct call_list part = {NULL, 0};
		struct walking w = {
			.f = f, .walk = walk, .out = &part, .want = (int64_t)(rows - out->count)};
		e = walk_turn(s, &w);
		if (e == ERR_NONE)
			e = list_append(out, &part);
		call_list_release(&part);
	}
	return e;
}

/* Counts every matching row, taking those of the page on the way. */
static enum err page_by_walk(struct store *s, struct paging *p)
{
	struct history_walk walk;
	memset(&walk, 0, sizeof(walk));
	int64_t skip = p->page - 1 > INT64_MAX / p->limit ? INT64_MAX : (p->page - 1) * p->limit;
	p->total = 0;
	enum err e = ERR_NONE;
	while (e == ERR_NONE && !walk.ended) {
		struct call_list part = {NULL, 0};
		struct walking w = {.f = p->f,
			.walk = &walk,
			.out = &part,
			.skip = skip > p->total ? skip - p->total : 0,
			.want = p->limit - (int64_t)p->out->count,
			.counting = true};
		e = walk_turn(s, &w);
		if (e == ERR_NONE) {
			p->total += w.seen;
			e = list_append(p->out, &part);
		}
		call_list_release(&part);
	}
	return e;
}

enum err store_history_page(struct store *s, const struct history_filter *f, int64_t page,
	int64_t limit, struct call_list *out, int64_t *total)
{
	struct paging p = {f, page, limit, out, 0};
	*total = 0;
	if (page < 1 || limit < 1 || nothing_matches(f))
		return ERR_NONE;
	enum err e = only_index(f) ? turn_run(s, TURN_READ, page_fn, &p) : page_by_walk(s, &p);
	*total = p.total;
	if (e != ERR_NONE)
		call_list_release(out);
	return e == ERR_NOT_FOUND ? ERR_NONE : e;
}
