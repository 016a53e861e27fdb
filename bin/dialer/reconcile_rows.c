/* dialer reconcile: our side, the rows of the span and of its margins. */
#include "reconcile.h"

#include "store/walk.h"

#include <stdlib.h>
#include <string.h>

#define TRIES 3

/* What the row owns moves along, but for texts that nobody looks at. */
static enum err keep(struct rows *rows, struct call *c)
{
	struct call_list *l = &rows->list;
	if (l->count == rows->room) {
		size_t more = rows->room > 0 ? rows->room * 2 : 256;
		struct call *bigger = realloc(l->calls, more * sizeof(*bigger));
		if (bigger == NULL)
			return ERR_NOMEM;
		l->calls = bigger;
		rows->room = more;
	}
	char **const unused[] = {&c->notes, &c->client_id, &c->contact_id, &c->deal_id};
	for (size_t i = 0; i < sizeof(unused) / sizeof(unused[0]); i++)
		if (call_set_text(unused[i], "") != ERR_NONE)
			return ERR_NOMEM;
	l->calls[l->count++] = *c;
	call_init(c);
	return ERR_NONE;
}

static enum err sort_out(struct reconciliation *r, struct call *c)
{
	for (size_t i = 0; i < r->side_count; i++) {
		struct side *s = &r->sides[i];
		if (provider_owning(c->provider) == s->provider->id)
			return keep(&s->rows, c);
	}
	return r->wish.provider == PROVIDER_NONE && reconcile_wants(&r->wish, c) ? keep(&r->rest, c)
										 : ERR_NONE;
}

static enum err load_part(struct app *a, struct reconciliation *r, struct call_walk *walk)
{
	struct call_records part = {.records = NULL};
	enum err e = ERR_BUSY;
	/* It is one of many turns: that somebody else was inside is no reason to give up. */
	for (int i = 0; i < TRIES && e == ERR_BUSY; i++)
		e = store_walk(a->store, walk, &part);
	for (size_t i = 0; i < part.count && e == ERR_NONE; i++)
		e = sort_out(r, &part.records[i].call);
	call_records_release(&part);
	return e;
}

static enum err load_all(struct app *a, struct reconciliation *r)
{
	const struct reconcile_wish *w = &r->wish;
	struct call_walk walk = {
		.from_ms = w->from_ms > COMPARE_MARGIN_MS ? w->from_ms - COMPARE_MARGIN_MS : 0,
		.to_ms = w->to_ms + COMPARE_MARGIN_MS};
	enum err e = ERR_NONE;
	while (e == ERR_NONE && !walk.ended) {
		e = load_part(a, r, &walk);
		progress_show(&r->progress, "our calls", (int64_t)r->sides[0].rows.list.count, 0);
	}
	return e;
}

static int by_id(const void *a, const void *b)
{
	const struct call *x = a, *y = b;
	return memcmp(x->id.b, y->id.b, sizeof(x->id.b));
}

static enum err count_stored(struct app *a, struct reconciliation *r)
{
	struct history_filter f;
	struct call_list one = {NULL, 0};
	history_filter_init(&f);
	f.from_ms = r->wish.from_ms;
	f.to_ms = r->wish.to_ms;
	f.user = r->wish.user;
	r->stored = -1;
	if (r->wish.provider != PROVIDER_NONE)
		return ERR_NONE;
	enum err e = store_history_page(a->store, &f, 1, 1, &one, &r->stored);
	call_list_release(&one);
	return e;
}

int reconcile_load(struct app *a, struct reconciliation *r)
{
	enum err e = load_all(a, r);
	for (size_t i = 0; i < r->side_count; i++) {
		const struct call_list *l = &r->sides[i].rows.list;
		if (l->count > 0)
			qsort(l->calls, l->count, sizeof(*l->calls), by_id);
	}
	if (e == ERR_NONE)
		e = count_stored(a, r);
	progress_end(&r->progress);
	return e == ERR_NONE ? STATUS_OK : app_store_failed(e);
}
