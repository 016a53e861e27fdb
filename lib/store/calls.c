/* Reading one call, its notes and its trail. */
#include "store/codec.h"
#include "store/keys.h"
#include "store/rows.h"

#include <string.h>

/* --- one call --- */

struct getting {
	const struct callid *id;
	struct call *c;
};

static int get_fn(struct turn *t, void *arg)
{
	struct getting *g = arg;
	return row_get(t, g->id, g->c);
}

enum err store_call_get(struct store *s, const struct callid *id, struct call *c)
{
	struct getting g = {id, c};
	return turn_run(s, TURN_READ, get_fn, &g);
}

/* --- notes --- */

struct noting {
	const struct callid *id;
	const char *user, *notes;
	int64_t version, now_ms;
	struct call *c;
	bool stale;
};

static int notes_fn(struct turn *t, void *arg)
{
	struct noting *n = arg;
	struct call *c = n->c;
	n->stale = false;
	int e = row_get(t, n->id, c);
	if (e != 0)
		return e;
	if (strcmp(c->user, n->user) != 0)
		return DB_NOTFOUND;
	if (n->version >= 0 && n->version != c->notes_version) {
		n->stale = true;
		return 0;
	}
	if (strcmp(c->notes, n->notes) == 0)
		return 0;
	if (call_set_text(&c->notes, n->notes) != ERR_NONE)
		return TURN_NOMEM;
	c->notes_version++;
	if ((e = row_update(t, c, c->look_ms)) != 0)
		return e;
	return *n->notes == '\0' ? trail_addf(t, n->id, n->now_ms, TRAIL_NOTES, "cleared")
				 : trail_addf(t, n->id, n->now_ms, TRAIL_NOTES, "%zu bytes",
					   strlen(n->notes));
}

enum err store_notes_set(struct store *s, const struct callid *id, const char *user,
	const char *notes, int64_t version, int64_t now_ms, struct call *c)
{
	struct noting n = {id, user, notes, version, now_ms, c, false};
	enum err e = turn_run(s, TURN_WRITE, notes_fn, &n);
	return e == ERR_NONE && n.stale ? ERR_CONFLICT : e;
}

/* --- the trail --- */

struct trailing {
	const struct callid *id;
	struct trail_entry *out;
	size_t count;
};

static int trail_fn(struct turn *t, void *arg)
{
	struct trailing *g = arg;
	DB *db;
	DBC *cursor;
	g->count = 0;
	int e = turn_db(t, DB_TRAIL, &db);
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	unsigned char key[KEY_TRAIL];
	key_trail(g->id, 0, key);
	DBT k = {.data = key, .size = sizeof(key)}, v = {.data = NULL};
	for (e = cursor->get(cursor, &k, &v, DB_SET_RANGE); e == 0;
		e = cursor->get(cursor, &k, &v, DB_NEXT)) {
		if (k.size != KEY_TRAIL || memcmp(k.data, g->id->b, CALLID_BYTES) != 0 ||
			g->count == TRAIL_MAX)
			break;
		if ((e = turn_error(codec_trail_read(v.data, v.size, &g->out[g->count]))) != 0)
			break;
		g->out[g->count++].number = key_trail_number(k.data);
	}
	int closed = cursor->close(cursor);
	return e != 0 && e != DB_NOTFOUND ? e : closed;
}

enum err store_trail(
	struct store *s, const struct callid *id, struct trail_entry out[TRAIL_MAX], size_t *count)
{
	struct trailing g = {id, out, 0};
	enum err e = turn_run(s, TURN_READ, trail_fn, &g);
	*count = g.count;
	return e == ERR_NOT_FOUND ? ERR_NONE : e;
}
