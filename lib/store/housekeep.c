/* What the sync does for storage: old idempotency keys, states and events, checkpoint, log files. */
#include "store/codec.h"
#include "store/kept.h"
#include "store/keys.h"
#include "store/logs.h"
#include "store/rows.h"
#include "store/turn.h"

#include <string.h>

#define ROWS_TURN 500 /* rows looked at in one stay inside the gate */

struct dropping {
	enum db_name db;
	int (*drop_old)(DBC *cursor, const DBT *value, int64_t before_ms);
	int64_t before_ms;
	unsigned char from[KEY_IDEM_MAX], next[KEY_IDEM_MAX];
	size_t from_len, next_len; /* 0: from the beginning; nothing is left */
};

static int drop_old_key(DBC *cursor, const DBT *value, int64_t before_ms)
{
	struct key_record k;
	key_record_init(&k);
	int e = turn_error(codec_key_read(value->data, value->size, &k));
	if (e == TURN_DAMAGED)
		e = 0; /* of a newer program, perhaps; it must not keep the rest from being done */
	else if (e == 0 && k.made_ms <= before_ms)
		e = cursor->del(cursor, 0);
	key_record_release(&k);
	return e;
}

static int drop_fn(struct turn *t, void *arg)
{
	struct dropping *d = arg;
	DB *db;
	DBC *cursor;
	d->next_len = 0;
	int e = turn_db(t, d->db, &db);
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	DBT k = {.data = d->from, .size = (uint32_t)d->from_len}, v = {.data = NULL};
	e = cursor->get(cursor, &k, &v, d->from_len > 0 ? DB_SET_RANGE : DB_FIRST);
	for (int n = 0; e == 0; e = cursor->get(cursor, &k, &v, DB_NEXT)) {
		if (n++ == ROWS_TURN && k.size <= KEY_IDEM_MAX) {
			memcpy(d->next, k.data, k.size);
			d->next_len = k.size;
			break;
		}
		if ((e = d->drop_old(cursor, &v, d->before_ms)) != 0)
			break;
	}
	int closed = cursor->close(cursor);
	if (e == DB_NOTFOUND)
		e = 0;
	return e != 0 ? e : closed;
}

struct expiring {
	int64_t before_ms;
	bool more;
};

static int expire_fn(struct turn *t, void *arg)
{
	struct expiring *x = arg;
	return kept_expire(t, x->before_ms, ROWS_TURN, &x->more);
}

static enum err expire_events(struct store *s, int64_t now_ms)
{
	struct expiring x = {.before_ms = now_ms - EVENT_KEPT_MS, .more = true};
	enum err e = ERR_NONE;
	while (e == ERR_NONE && x.more)
		e = turn_run(s, TURN_WRITE, expire_fn, &x);
	return e;
}

static enum err drop_all(struct store *s, struct dropping *d)
{
	enum err e;
	while ((e = turn_run(s, TURN_WRITE, drop_fn, d)) == ERR_NONE && d->next_len > 0) {
		memcpy(d->from, d->next, d->next_len);
		d->from_len = d->next_len;
	}
	return e;
}

enum err store_housekeep(struct store *s, int64_t now_ms)
{
	struct dropping keys = {.db = DB_KEYS,
		.drop_old = drop_old_key,
		.before_ms = now_ms - STORE_KEY_HOURS * INT64_C(3600000)};
	struct dropping states = {
		.db = DB_STATES, .drop_old = state_drop_old, .before_ms = now_ms - STATE_KEPT_MS};
	enum err e = drop_all(s, &keys);
	if (e == ERR_NONE)
		e = drop_all(s, &states);
	if (e == ERR_NONE)
		e = expire_events(s, now_ms);
	return e == ERR_NONE ? logs_tidy(s) : e;
}
