#include "store/purge.h"

#include "base/fault.h"
#include "base/text.h"
#include "store/keys.h"
#include "store/logs.h"
#include "store/pace.h"
#include "store/rows.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_TURN  500
#define OPEN_TURN  500
#define TURNS_TIDY 8 /* log files are removed so often */

/* A call that is not over. */
struct open_call {
	char *user;
	int64_t start_ms;
};

struct purging {
	struct purge *p;
	struct open_call *open; /* in order of user and start */
	size_t open_count;
	/* --- the position, and what this turn has found --- */
	struct pace pace;
	unsigned char key[KEY_TIME_ID];
	bool started, ended;
	struct purging_turn {
		unsigned char key[KEY_TIME_ID];
		bool started, ended;
		int64_t removed, open, beside;
	} turn;
};

/* --- what is not over --- */

static int by_user_and_start(const void *a, const void *b)
{
	const struct open_call *x = a, *y = b;
	int order = strcmp(x->user, y->user);
	return order != 0 ? order : (x->start_ms > y->start_ms) - (x->start_ms < y->start_ms);
}

static enum err note_open(struct purging *g, const struct call_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct call *c = &l->calls[i];
		if (call_status_final(c->status) ||
			c->start_ms >= g->p->before_ms + PURGE_AROUND_MS)
			continue;
		struct open_call *bigger = realloc(g->open, (g->open_count + 1) * sizeof(*bigger));
		if (bigger == NULL)
			return ERR_NOMEM;
		g->open = bigger;
		bigger[g->open_count].start_ms = c->start_ms;
		bigger[g->open_count].user = text_dup(c->user, strlen(c->user));
		if (bigger[g->open_count].user == NULL)
			return ERR_NOMEM;
		g->open_count++;
	}
	return ERR_NONE;
}

static enum err find_open(struct store *s, struct purging *g)
{
	struct due_walk walk = {.started = false};
	enum err e = ERR_NONE;
	for (bool more = true; more && e == ERR_NONE;) {
		struct call_list l = {NULL, 0};
		e = store_due(s, INT64_MAX / 2, &walk, OPEN_TURN, &l);
		if (e == ERR_NONE)
			e = note_open(g, &l);
		more = l.count == OPEN_TURN;
		call_list_release(&l);
	}
	if (g->open_count > 0)
		qsort(g->open, g->open_count, sizeof(*g->open), by_user_and_start);
	return e;
}

/* Whether one of the user's calls from around the time is not over. */
static bool is_beside_open(const struct purging *g, const struct call *c)
{
	const struct open_call wanted = {c->user, c->start_ms - PURGE_AROUND_MS};
	size_t low = 0, high = g->open_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_user_and_start(&g->open[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < g->open_count && strcmp(g->open[low].user, c->user) == 0 &&
	       g->open[low].start_ms <= c->start_ms + PURGE_AROUND_MS;
}

/* --- one call --- */

static int drop_trail(struct turn *t, const struct callid *id)
{
	DB *db;
	DBC *cursor;
	unsigned char key[KEY_TRAIL];
	int e = turn_db(t, DB_TRAIL, &db);
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	key_trail(id, 0, key);
	DBT k = {.data = key, .size = sizeof(key)}, v = {.data = NULL};
	for (e = cursor->get(cursor, &k, &v, DB_SET_RANGE);
		e == 0 && k.size == KEY_TRAIL && memcmp(k.data, id->b, CALLID_BYTES) == 0;
		e = cursor->get(cursor, &k, &v, DB_NEXT))
		if ((e = cursor->del(cursor, 0)) != 0)
			break;
	int closed = cursor->close(cursor);
	return e != 0 && e != DB_NOTFOUND ? e : closed;
}

/* Only its own. */
static int drop_claim(struct turn *t, const struct call *c)
{
	unsigned char key[KEY_CLAIM];
	bool other;
	if (c->external_id == 0)
		return 0;
	int e = row_claimed_by_other(t, &c->id, c->provider, c->external_id, &other);
	if (e != 0 || other)
		return e;
	key_claim(c->provider, c->external_id, key);
	e = turn_delete(t, DB_CLAIMS, key, sizeof(key));
	return e == DB_NOTFOUND ? 0 : e;
}

static int drop_call(struct turn *t, const struct call *c)
{
	int e = drop_trail(t, &c->id);
	if (e == 0)
		e = drop_claim(t, c);
	return e == 0 ? row_delete(t, c) : e;
}

/* --- a turn --- */

static int purge_one(struct turn *t, struct purging *g, const struct callid *id)
{
	struct call c;
	call_init(&c);
	int e = row_get(t, id, &c);
	if (e == DB_NOTFOUND)
		e = TURN_DAMAGED;
	else if (e != 0 || (g->p->user != NULL && strcmp(c.user, g->p->user) != 0))
		;
	else if (!call_status_final(c.status))
		g->turn.open++;
	else if (is_beside_open(g, &c))
		g->turn.beside++;
	else {
		g->turn.removed++;
		e = g->p->dry_run ? 0 : drop_call(t, &c);
	}
	call_release(&c);
	return e;
}

/* The entries of the next calls. The index itself changes with them, so they are taken first. */
static int next_entries(struct turn *t, struct purging *g,
	unsigned char keys[ROWS_TURN][KEY_TIME_ID], size_t *count)
{
	DB *db;
	DBC *cursor;
	unsigned char from[KEY_TIME_ID] = {0}, end[KEY_TIME_BYTES];
	*count = 0;
	int e = turn_db(t, DB_BY_TIME, &db);
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	if (g->started)
		memcpy(from, g->key, sizeof(from));
	key_time(g->p->before_ms, end);
	DBT k = {.data = from, .size = sizeof(from)}, v = {.data = NULL};
	for (e = cursor->get(cursor, &k, &v, DB_SET_RANGE); e == 0 && *count < g->pace.rows;
		e = cursor->get(cursor, &k, &v, DB_NEXT)) {
		if (k.size != KEY_TIME_ID) {
			e = TURN_DAMAGED;
			break;
		}
		if (memcmp(k.data, end, KEY_TIME_BYTES) >= 0) {
			e = DB_NOTFOUND;
			break;
		}
		if (!g->started || memcmp(k.data, g->key, KEY_TIME_ID) != 0)
			memcpy(keys[(*count)++], k.data, KEY_TIME_ID);
	}
	g->turn.ended = e == DB_NOTFOUND;
	int closed = cursor->close(cursor);
	return e != 0 && e != DB_NOTFOUND ? e : closed;
}

static int purge_fn(struct turn *t, void *arg)
{
	struct purging *g = arg;
	unsigned char keys[ROWS_TURN][KEY_TIME_ID];
	size_t count;
	pace_begin(&g->pace);
	g->turn = (struct purging_turn){.started = g->started};
	memcpy(g->turn.key, g->key, sizeof(g->key));
	int e = next_entries(t, g, keys, &count);
	for (size_t i = 0; i < count && e == 0; i++) {
		int64_t ms;
		struct callid id;
		key_time_id_read(keys[i], &ms, &id);
		e = purge_one(t, g, &id);
		memcpy(g->turn.key, keys[i], KEY_TIME_ID);
		g->turn.started = true;
		if (i + 1 < count && pace_is_over(&g->pace)) {
			g->turn.ended = false;
			break;
		}
	}
	return e;
}

static void take_turn(struct purging *g)
{
	struct purge *p = g->p;
	memcpy(g->key, g->turn.key, sizeof(g->key));
	g->started = g->turn.started;
	g->ended = g->turn.ended;
	p->removed += g->turn.removed;
	p->open += g->turn.open;
	p->beside += g->turn.beside;
	if (p->progress != NULL)
		p->progress(p->arg, "calls:", p->removed, 0);
}

static enum err purge_all(struct store *s, struct purging *g)
{
	enum turn_kind kind = g->p->dry_run ? TURN_READ : TURN_WRITE;
	enum err e = ERR_NONE;
	for (int turns = 1; e == ERR_NONE && !g->ended; turns++) {
		e = turn_run(s, kind, purge_fn, g);
		pace_end(&g->pace);
		if (e == ERR_NOT_FOUND) /* nothing was ever stored */
			return ERR_NONE;
		if (e == ERR_NONE)
			take_turn(g);
		FAULT_POINT("purge-turn");
		if (e == ERR_NONE && !g->p->dry_run && turns % TURNS_TIDY == 0)
			e = logs_tidy(s);
	}
	return e;
}

enum err store_purge(struct store *s, struct purge *p, int64_t now_ms)
{
	struct purging g = {.p = p, .pace = pace_of(ROWS_TURN)};
	p->removed = p->open = p->beside = 0;
	if (p->before_ms > now_ms - PURGE_YOUNGEST_MS)
		return ERR_INVALID;
	/* Keys of calls that are so old are over, but somebody must have dropped them. */
	enum err e = p->dry_run ? ERR_NONE : store_housekeep(s, now_ms);
	if (e == ERR_NONE)
		e = find_open(s, &g);
	if (e == ERR_NONE)
		e = purge_all(s, &g);
	if (e == ERR_NONE && !p->dry_run)
		e = logs_tidy(s);
	for (size_t i = 0; i < g.open_count; i++)
		free(g.open[i].user);
	free(g.open);
	return e;
}
