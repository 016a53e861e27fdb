#include "sync/lister.h"

#include <stdlib.h>
#include <string.h>

/* Of the second in which a page ends there may be more on the next, and a provider may move the
 * start of a call by a second meanwhile. */
#define SECOND INT64_C(1000)

void lister_release(struct lister *l)
{
	free(l->calls);
	free(l->cursor);
	l->calls = NULL;
	l->cursor = NULL;
	l->count = l->room = 0;
}

enum limit lister_limit(const struct provider *p)
{
	return p->id == PROVIDER_AIRCALL ? LIMIT_AIRCALL : LIMIT_DIALPAD_LIST;
}

/* --- the walk, in either direction --- */

static bool backwards(const struct lister *l)
{
	return l->provider->lists_ended_latest_first;
}

/* Windows in the order of the walk. */
static struct window *window_at(const struct lister *l, size_t at)
{
	return &l->windows[backwards(l) ? l->window_count - 1 - at : at];
}

/* Whether the time comes before the other one in the order of the walk. */
static bool precedes(const struct lister *l, int64_t a, int64_t b)
{
	return backwards(l) ? a > b : a < b;
}

static int64_t first_of(const struct lister *l, const struct window *w)
{
	return backwards(l) ? w->to_ms : w->from_ms;
}

static int64_t last_of(const struct lister *l, const struct window *w)
{
	return backwards(l) ? w->from_ms : w->to_ms;
}

static int64_t later(const struct lister *l, int64_t ms, int64_t by)
{
	return backwards(l) ? ms - by : ms + by;
}

/* From there on to the end of the last window. */
static void query_from(struct lister *l, int64_t ms)
{
	const struct window *last = window_at(l, l->window_count - 1);
	l->query = (struct list_query){.page = 1};
	l->query.from_ms = backwards(l) ? last->from_ms : ms;
	l->query.to_ms = backwards(l) ? ms : last->to_ms;
	l->last_ms = ms;
	free(l->cursor);
	l->cursor = NULL;
}

static int64_t query_begin(const struct lister *l)
{
	return backwards(l) ? l->query.to_ms : l->query.from_ms;
}

/* Whether some part of the window was listed before this walk. */
static bool begun_before(const struct lister *l, const struct window *w)
{
	return l->position_ms != 0 && precedes(l, first_of(l, w), l->position_ms);
}

/* The first window that has something behind the position. */
static size_t first_window(const struct lister *l)
{
	size_t at = 0;
	while (at < l->window_count && l->position_ms != 0 &&
		precedes(l, last_of(l, window_at(l, at)), l->position_ms))
		at++;
	return at;
}

bool lister_has_more(const struct lister *l)
{
	return first_window(l) < l->window_count;
}

void lister_rewind(struct lister *l)
{
	l->position_ms = 0;
}

static void begin(struct lister *l)
{
	l->begun = true;
	l->at = first_window(l);
	l->ended = l->at == l->window_count;
	if (l->ended)
		return;
	const struct window *w = window_at(l, l->at);
	query_from(l, begun_before(l, w) ? l->position_ms : first_of(l, w));
}

/* Of the window everything from where the walk came in up to this time was listed. */
static void mark(const struct lister *l, struct window *w, int64_t begin_ms, int64_t reached_ms)
{
	int64_t first = precedes(l, first_of(l, w), begin_ms) ? begin_ms : first_of(l, w);
	int64_t last = precedes(l, last_of(l, w), reached_ms) ? last_of(l, w) : reached_ms;
	if (precedes(l, last, first))
		return;
	if (w->listed_to_ms == 0) {
		w->listed_from_ms = first < last ? first : last;
		w->listed_to_ms = first < last ? last : first;
	} else if (backwards(l)) {
		w->listed_from_ms = last < w->listed_from_ms ? last : w->listed_from_ms;
	} else {
		w->listed_to_ms = last > w->listed_to_ms ? last : w->listed_to_ms;
	}
}

/* All was listed up to this time: goes on to the window that is not finished yet. */
static void reach(struct lister *l, int64_t reached_ms)
{
	if (l->position_ms == 0 || precedes(l, l->position_ms, reached_ms))
		l->position_ms = reached_ms;
	for (;;) {
		struct window *w = window_at(l, l->at);
		mark(l, w, query_begin(l), reached_ms);
		if (precedes(l, reached_ms, last_of(l, w)))
			return;
		if (++l->at == l->window_count) {
			l->ended = true;
			return;
		}
	}
}

/* --- pages --- */

/* The next page; or a new query, where the pages have left the window or must not go on. */
static void turn_page(struct lister *l, struct list_page *p)
{
	const struct provider *provider = l->provider;
	int64_t first = first_of(l, window_at(l, l->at));
	bool counts = p->cursor == NULL;
	bool full = counts &&
		    (int64_t)(l->query.page + 1) * provider->list_page_size > provider->list_cap;
	if (precedes(l, l->last_ms, first)) {
		query_from(l, first);
	} else if (full) {
		int64_t begin_ms = query_begin(l);
		query_from(l, precedes(l, begin_ms, l->last_ms) ? l->last_ms
								: later(l, begin_ms, SECOND));
	} else {
		l->query.page++;
		free(l->cursor);
		l->cursor = p->cursor;
		p->cursor = NULL;
	}
}

static enum err keep(struct lister *l, const struct list_page *p)
{
	if (p->count > l->room - l->count) {
		size_t room = l->room * 2 > l->count + p->count ? l->room * 2 : l->count + p->count;
		struct provider_call *bigger = realloc(l->calls, room * sizeof(*bigger));
		if (bigger == NULL)
			return ERR_NOMEM;
		l->calls = bigger;
		l->room = room;
	}
	if (p->count > 0)
		memcpy(l->calls + l->count, p->calls, p->count * sizeof(*p->calls));
	l->count += p->count;
	return ERR_NONE;
}

enum err lister_next(struct lister *l, struct http_request *r)
{
	if (!l->begun)
		begin(l);
	if (l->ended)
		return ERR_NOT_FOUND;
	l->query.cursor = l->cursor;
	return l->provider->list_request(l->config, &l->query, r);
}

enum err lister_feed(struct lister *l, const struct http_answer *a)
{
	struct list_page p = {.calls = NULL};
	int skipped = 0;
	enum err e = l->provider->list_read(a, &l->query, &p, &skipped);
	if (e == ERR_NONE)
		e = keep(l, &p);
	if (e == ERR_NONE) {
		l->skipped += skipped;
		if (p.count > 0)
			l->last_ms = p.calls[p.count - 1].start_ms;
		reach(l, p.more ? later(l, l->last_ms, -SECOND)
				: last_of(l, window_at(l, l->window_count - 1)));
		if (!l->ended)
			turn_page(l, &p);
	}
	list_page_release(&p);
	return e;
}

/* --- what was found --- */

static int compare(const void *a, const void *b)
{
	const struct provider_call *x = a, *y = b;
	return x->id < y->id ? -1 : x->id > y->id;
}

void lister_tidy(struct lister *l)
{
	size_t kept = 0;
	if (l->count == 0)
		return;
	qsort(l->calls, l->count, sizeof(*l->calls), compare);
	for (size_t i = 1; i < l->count; i++)
		if (l->calls[i].id != l->calls[kept].id)
			l->calls[++kept] = l->calls[i];
	l->count = kept + 1;
}

const struct provider_call *lister_find(const struct lister *l, int64_t id)
{
	struct provider_call key = {.id = id};
	return l->count == 0 ? NULL : bsearch(&key, l->calls, l->count, sizeof(*l->calls), compare);
}

void lister_progress(const struct lister *l, int64_t *done, int64_t *total)
{
	*done = *total = 0;
	for (size_t i = 0; i < l->window_count; i++) {
		const struct window *w = window_at(l, i);
		int64_t span = w->to_ms - w->from_ms;
		*total += span;
		*done += l->begun && i < l->at ? span : w->listed_to_ms - w->listed_from_ms;
	}
}
