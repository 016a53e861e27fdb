#include "sync/rows.h"

#include <stdlib.h>
#include <string.h>

#define LOAD_TURN 500 /* so many in one stay: nobody waits long */

static enum err add(struct call_list *l, size_t *room, struct call *c)
{
	if (l->count == *room) {
		size_t more = *room * 2 + LOAD_TURN;
		struct call *bigger = realloc(l->calls, more * sizeof(*bigger));
		if (bigger == NULL)
			return ERR_NOMEM;
		l->calls = bigger;
		*room = more;
	}
	enum err e = call_set_text(&c->notes, "");
	if (e != ERR_NONE)
		return e;
	l->calls[l->count++] = *c;
	call_init(c); /* what it owned has moved */
	return ERR_NONE;
}

static int compare(const void *a, const void *b)
{
	const struct call *x = a, *y = b;
	return memcmp(x->id.b, y->id.b, sizeof(x->id.b));
}

/* A row that moved among the due while they were walked was seen twice. */
static void tidy(struct call_list *l)
{
	size_t kept = 0;
	if (l->count == 0)
		return;
	qsort(l->calls, l->count, sizeof(*l->calls), compare);
	for (size_t i = 1; i < l->count; i++) {
		if (compare(&l->calls[i], &l->calls[kept]) == 0)
			call_release(&l->calls[i]);
		else
			l->calls[++kept] = l->calls[i];
	}
	l->count = kept + 1;
}

enum err rows_load(const struct run *r, bool (*wanted)(const struct call *c, void *arg), void *arg,
	struct call_list *out)
{
	struct due_walk walk = {.started = false};
	struct call_list part = {NULL, 0};
	size_t room = 0;
	enum err e;
	bool last = false;
	call_list_release(out);
	while (!last &&
		(e = store_due(r->o->store, INT64_MAX / 2, &walk, LOAD_TURN, &part)) == ERR_NONE) {
		last = part.count < LOAD_TURN;
		for (size_t i = 0; i < part.count && e == ERR_NONE; i++)
			if (wanted(&part.calls[i], arg))
				e = add(out, &room, &part.calls[i]);
		if (e != ERR_NONE)
			break;
	}
	call_list_release(&part);
	tidy(out);
	return e;
}

static bool is_of(const struct call *c, void *arg)
{
	return run_provider(c) == arg;
}

enum err rows_load_of(const struct run *r, const struct provider *p, struct call_list *out)
{
	return rows_load(r, is_of, (void *)(uintptr_t)p, out);
}

struct call *rows_find(const struct call_list *rows, const struct callid *id)
{
	struct call key = {.id = *id};
	return rows->count == 0 ? NULL
				: bsearch(&key, rows->calls, rows->count, sizeof(key), compare);
}
