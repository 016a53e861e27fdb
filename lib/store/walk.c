#include "store/walk.h"

#include "base/clock.h"
#include "store/codec.h"
#include "store/rows.h"

#include <string.h>

#define WALK_TURN 500 /* calls given out at once */

/* --- where in the index --- */

static bool is_by_user(const struct call_walk *w)
{
	return w->by_user || w->user != NULL;
}

/* The key to begin with: the last one given out, or the lowest that can be wanted. */
static size_t first_key(const struct call_walk *w, unsigned char key[KEY_USER_ENTRY])
{
	size_t prefix = w->user != NULL ? key_user(w->user, key) : 0;
	if (w->key_len > 0) {
		memcpy(key, w->key, w->key_len);
		return w->key_len;
	}
	if (is_by_user(w) && w->user == NULL)
		return 0;
	key_time(w->from_ms, key + prefix);
	return prefix + KEY_TIME_BYTES;
}

enum place { PLACE_WANTED, PLACE_PASSED_OVER, PLACE_BEYOND };

/* Whether an entry of the index is one of those wanted, from its key alone. */
static enum place place_of(
	const struct call_walk *w, const unsigned char *key, size_t len, struct callid *id)
{
	size_t prefix = len - KEY_TIME_ID;
	int64_t ms;
	key_time_id_read(key + prefix, &ms, id);
	if (w->user != NULL && (prefix != strlen(w->user) + 1 || memcmp(key, w->user, prefix) != 0))
		return PLACE_BEYOND;
	if (w->to_ms > 0 && ms >= w->to_ms)
		return is_by_user(w) && w->user == NULL ? PLACE_PASSED_OVER : PLACE_BEYOND;
	return ms >= w->from_ms ? PLACE_WANTED : PLACE_PASSED_OVER;
}

/* --- one call --- */

static int read_trail(DBC *cursor, struct call_record *r)
{
	unsigned char key[KEY_TRAIL];
	key_trail(&r->call.id, 0, key);
	DBT k = {.data = key, .size = sizeof(key)}, v = {.data = NULL};
	int e = cursor->get(cursor, &k, &v, DB_SET_RANGE);
	for (; e == 0; e = cursor->get(cursor, &k, &v, DB_NEXT)) {
		struct trail_entry entry;
		if (k.size != KEY_TRAIL || memcmp(k.data, r->call.id.b, CALLID_BYTES) != 0 ||
			r->trail_count == TRAIL_MAX)
			return 0;
		if ((e = turn_error(codec_trail_read(v.data, v.size, &entry))) != 0)
			return e;
		entry.number = key_trail_number(k.data);
		if (call_record_add(r, &entry) != ERR_NONE)
			return TURN_NOMEM;
	}
	return e == DB_NOTFOUND ? 0 : e;
}

struct walking {
	struct call_walk *w, next; /* `next` becomes the walk's position when the turn succeeds */
	struct call_records *out;
	DBC *trail; /* NULL: none is wanted, or there is none */
};

static int take(struct turn *t, struct walking *g, const struct callid *id)
{
	struct call_record *r = call_records_add(g->out);
	int e = r == NULL ? TURN_NOMEM : row_get(t, id, &r->call);
	if (e == 0 && g->trail != NULL)
		e = read_trail(g->trail, r);
	return e == DB_NOTFOUND ? TURN_DAMAGED : e;
}

/* --- a turn --- */

static int walk_index(struct turn *t, struct walking *g, DBC *cursor)
{
	struct call_walk *w = &g->next;
	unsigned char from[KEY_USER_ENTRY];
	size_t from_len = first_key(w, from);
	int64_t end = clock_mono_ms() + STAY_MS;
	DBT k = {.data = from, .size = (uint32_t)from_len}, v = {.data = NULL};
	int e = cursor->get(cursor, &k, &v, from_len > 0 ? DB_SET_RANGE : DB_FIRST);
	for (; e == 0; e = cursor->get(cursor, &k, &v, DB_NEXT)) {
		struct callid id;
		if (k.size < KEY_TIME_ID || k.size > sizeof(w->key))
			return TURN_DAMAGED;
		if (k.size == w->key_len && memcmp(k.data, w->key, k.size) == 0)
			continue;
		enum place place = place_of(w, k.data, k.size, &id);
		if (place == PLACE_BEYOND)
			break;
		memcpy(w->key, k.data, k.size);
		w->key_len = k.size;
		if (place == PLACE_WANTED && (e = take(t, g, &id)) != 0)
			return e;
		if (g->out->count == WALK_TURN || clock_mono_ms() >= end)
			return 0;
	}
	w->ended = e == 0 || e == DB_NOTFOUND;
	return w->ended ? 0 : e;
}

static int open_trail(struct turn *t, struct walking *g)
{
	DB *db;
	if (!g->w->trail)
		return 0;
	int e = turn_db(t, DB_TRAIL, &db);
	if (e == 0)
		e = db->cursor(db, t->txn, &g->trail, 0);
	return e == DB_NOTFOUND ? 0 : e;
}

static int walk_fn(struct turn *t, void *arg)
{
	struct walking *g = arg;
	DB *db;
	DBC *cursor;
	/* It may run again: what an earlier try took is dropped. */
	call_records_release(g->out);
	g->next = *g->w;
	g->trail = NULL;
	int e = turn_db(t, is_by_user(g->w) ? DB_BY_USER : DB_BY_TIME, &db);
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	e = open_trail(t, g);
	if (e == 0)
		e = walk_index(t, g, cursor);
	int closed = cursor->close(cursor);
	if (g->trail != NULL && g->trail->close(g->trail) != 0 && closed == 0)
		closed = EIO;
	return e != 0 ? e : closed;
}

enum err store_walk(struct store *s, struct call_walk *w, struct call_records *out)
{
	enum err e = ERR_NONE;
	if (w->user != NULL && strlen(w->user) > AUTH_USER_MAX)
		w->ended = true;
	while (e == ERR_NONE && !w->ended && out->count == 0) {
		struct walking g = {.w = w, .out = out};
		e = turn_run(s, TURN_READ, walk_fn, &g);
		if (e == ERR_NOT_FOUND) { /* nothing was ever stored */
			w->ended = true;
			e = ERR_NONE;
		} else if (e == ERR_NONE) {
			*w = g.next;
		}
	}
	if (e != ERR_NONE)
		call_records_release(out);
	return e;
}
