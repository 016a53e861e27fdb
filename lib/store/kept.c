#include "store/kept.h"

#include "base/rfc3339.h"
#include "store/codec.h"
#include "store/keys.h"
#include "store/range.h"
#include "store/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Groups: a letter, then a claim's key or an id. */
#define OF_CALL 'c'
#define OF_ROW  'r'

struct kept_group kept_of_call(enum provider_id p, int64_t external_id)
{
	struct kept_group g = {.len = 1 + KEY_CLAIM};
	g.key[0] = OF_CALL;
	key_claim(p, external_id, g.key + 1);
	return g;
}

struct kept_group kept_of_row(const struct callid *id)
{
	struct kept_group g = {.len = 1 + CALLID_BYTES};
	g.key[0] = OF_ROW;
	memcpy(g.key + 1, id->b, CALLID_BYTES);
	return g;
}

bool kept_key_valid(const void *key, size_t len)
{
	if (len == 0)
		return false;
	char kind = *(const char *)key;
	return (kind == OF_CALL && len == 1 + KEY_CLAIM + 2) ||
	       (kind == OF_ROW && len == 1 + CALLID_BYTES + 2);
}

static bool in_group(const struct kept_group *g, const DBT *key)
{
	return key->size == g->len + 2 && memcmp(key->data, g->key, g->len) == 0;
}

static size_t key_event(
	const struct kept_group *g, unsigned number, unsigned char out[KEPT_KEY_MAX])
{
	memcpy(out, g->key, g->len);
	out[g->len] = (unsigned char)(number >> 8);
	out[g->len + 1] = (unsigned char)number;
	return g->len + 2;
}

size_t kept_time_key(int64_t received_ms, const void *event_key, size_t len,
	unsigned char out[KEPT_TIME_KEY_MAX])
{
	key_time(received_ms, out);
	memcpy(out + KEY_TIME_BYTES, event_key, len);
	return KEY_TIME_BYTES + len;
}

/* --- one group --- */

/* Walks the group with a cursor; `each` returns 0 to go on. */
static int walk_group(struct turn *t, const struct kept_group *g,
	int (*each)(struct turn *t, DBC *cursor, const DBT *key, const DBT *value, void *arg),
	void *arg)
{
	DB *db;
	DBC *cursor;
	unsigned char from[KEPT_KEY_MAX];
	int e = turn_db(t, DB_EVENTS, &db);
	if (e != 0)
		return e == DB_NOTFOUND ? 0 : e;
	if ((e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	DBT k = {.data = from, .size = (uint32_t)key_event(g, 0, from)}, v = {.data = NULL};
	for (e = cursor->get(cursor, &k, &v, DB_SET_RANGE); e == 0 && in_group(g, &k);
		e = cursor->get(cursor, &k, &v, DB_NEXT))
		if ((e = each(t, cursor, &k, &v, arg)) != 0)
			break;
	int closed = cursor->close(cursor);
	return e != 0 && e != DB_NOTFOUND ? e : closed;
}

struct adding {
	const struct store_event *event;
	unsigned next, count;
	bool there;
};

static int look_for_same(struct turn *t, DBC *cursor, const DBT *key, const DBT *value, void *arg)
{
	struct adding *a = arg;
	struct store_event other;
	const unsigned char *number = (const unsigned char *)key->data + key->size - 2;
	(void)t;
	(void)cursor;
	a->next = ((unsigned)number[0] << 8 | number[1]) + 1;
	a->count++;
	if (event_record_read(value->data, value->size, &other) == ERR_NONE)
		a->there = a->there || event_same(a->event, &other);
	return 0;
}

int kept_add(struct turn *t, const struct kept_group *g, const struct store_event *e, bool *added)
{
	struct adding a = {.event = e};
	unsigned char key[KEPT_KEY_MAX], time_key[KEPT_TIME_KEY_MAX];
	struct buf b;
	int failed = walk_group(t, g, look_for_same, &a);
	*added = failed == 0 && !a.there && a.count < EVENT_CALL_MAX;
	if (!*added)
		return failed;
	size_t len = key_event(g, a.next, key);
	buf_init(&b, CODEC_RECORD_MAX);
	event_record(&b, e);
	failed = b.failed ? TURN_NOMEM : turn_put(t, DB_EVENTS, key, len, b.s, b.len);
	buf_release(&b);
	len = kept_time_key(e->received_ms, key, len, time_key);
	return failed != 0 ? failed : turn_put(t, DB_EVENT_TIMES, time_key, len, "", 0);
}

struct taking {
	kept_each *each;
	void *arg;
};

static int take_one(struct turn *t, DBC *cursor, const DBT *key, const DBT *value, void *arg)
{
	const struct taking *g = arg;
	struct store_event event;
	unsigned char time_key[KEPT_TIME_KEY_MAX];
	if (event_record_read(value->data, value->size, &event) != ERR_NONE) {
		/* It must not keep a row from its call; its time ends it. */
		log_write(t->store->log, LOG_INTERNAL, "E3041", "a kept event cannot be read");
		return 0;
	}
	size_t len = kept_time_key(event.received_ms, key->data, key->size, time_key);
	int e = g->each(t, &event, g->arg);
	if (e == 0)
		e = turn_delete(t, DB_EVENT_TIMES, time_key, len);
	if (e == 0 || e == DB_NOTFOUND)
		e = cursor->del(cursor, 0);
	return e;
}

int kept_take(struct turn *t, const struct kept_group *g, kept_each *each, void *arg)
{
	struct taking taking = {each, arg};
	return walk_group(t, g, take_one, &taking);
}

/* --- in order of their coming --- */

struct showing {
	struct turn *turn;
	int64_t since_ms;
	kept_each *each;
	void *arg;
	bool reached; /* the first of those that came before */
};

static int event_get(struct turn *t, const void *key, size_t len, struct store_event *event)
{
	struct buf b;
	buf_init(&b, CODEC_RECORD_MAX);
	int e = turn_get(t, DB_EVENTS, key, len, &b);
	if (e == 0 && event_record_read(b.s, b.len, event) != ERR_NONE)
		e = DB_NOTFOUND;
	buf_release(&b);
	return e;
}

static int show_one(void *arg, const unsigned char *key, size_t len)
{
	struct showing *s = arg;
	unsigned char since[KEY_TIME_BYTES];
	struct store_event event;
	key_time(s->since_ms, since);
	s->reached = len <= KEY_TIME_BYTES || memcmp(key, since, KEY_TIME_BYTES) < 0;
	if (s->reached)
		return RANGE_STOP;
	int e = event_get(s->turn, key + KEY_TIME_BYTES, len - KEY_TIME_BYTES, &event);
	if (e != 0)
		return e == DB_NOTFOUND ? 0 : e;
	return s->each(s->turn, &event, s->arg);
}

int kept_show(
	struct turn *t, int64_t since_ms, int64_t limit, kept_each *each, void *arg, bool *all)
{
	struct showing s = {t, since_ms, each, arg, false};
	struct range r;
	int e = range_find(t, DB_EVENT_TIMES, NULL, 0, NULL, 0, &r);
	if (e == 0 && r.count > 0)
		e = range_walk_down(
			t, DB_EVENT_TIMES, (uint32_t)(r.first + r.count - 1), limit, show_one, &s);
	*all = r.count <= limit || s.reached;
	return e;
}

int kept_count(struct turn *t, int64_t *count)
{
	struct range r;
	int e = range_find(t, DB_EVENT_TIMES, NULL, 0, NULL, 0, &r);
	*count = r.count;
	return e;
}

/* Drops the event the cursor over the times stands on, and counts it. */
static int drop(struct turn *t, DBC *cursor, const DBT *time_key, enum event_count as)
{
	const unsigned char *key = (const unsigned char *)time_key->data + KEY_TIME_BYTES;
	struct store_event event;
	if (time_key->size <= KEY_TIME_BYTES)
		return cursor->del(cursor, 0);
	size_t len = time_key->size - KEY_TIME_BYTES;
	int e = event_get(t, key, len, &event);
	if (e == 0)
		e = event_count_add(t, event.provider, as, 1);
	if (e == 0 || e == DB_NOTFOUND)
		e = turn_delete(t, DB_EVENTS, key, len);
	if (e == 0 || e == DB_NOTFOUND)
		e = cursor->del(cursor, 0);
	return e;
}

/* Drops from the oldest on: at most `limit`, and only those that came before. */
static int drop_oldest(
	struct turn *t, int64_t before_ms, int64_t limit, enum event_count as, int64_t *dropped)
{
	DB *db;
	DBC *cursor;
	unsigned char end[KEY_TIME_BYTES];
	*dropped = 0;
	key_time(before_ms, end);
	int e = turn_db(t, DB_EVENT_TIMES, &db);
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	DBT k = {.data = NULL}, v = {.data = NULL};
	while (*dropped < limit && (e = cursor->get(cursor, &k, &v, DB_NEXT)) == 0) {
		if (k.size >= KEY_TIME_BYTES && memcmp(k.data, end, KEY_TIME_BYTES) >= 0)
			break;
		if ((e = drop(t, cursor, &k, as)) != 0)
			break;
		++*dropped;
	}
	int closed = cursor->close(cursor);
	return e != 0 && e != DB_NOTFOUND ? e : closed;
}

int kept_crowd(struct turn *t, int64_t most)
{
	int64_t count, dropped;
	int e = kept_count(t, &count);
	return e != 0 || count <= most
		       ? e
		       : drop_oldest(t, INT64_MAX, count - most, EVENT_COUNT_CROWDED, &dropped);
}

int kept_expire(struct turn *t, int64_t before_ms, int64_t limit, bool *more)
{
	int64_t dropped;
	int e = drop_oldest(t, before_ms, limit, EVENT_COUNT_EXPIRED, &dropped);
	*more = e == 0 && dropped == limit;
	return e;
}

/* --- its row has come --- */

struct folding {
	struct call *c;
	int64_t now_ms;
};

static int fold_one(struct turn *t, const struct store_event *event, void *arg)
{
	const struct folding *f = arg;
	struct call *c = f->c;
	char since[RFC3339_SIZE], more[64];
	bool other = c->external_id != 0 && c->external_id != event->said.external_id, changed;
	int e = 0;
	if (!other && c->external_id == 0)
		e = row_claimed_by_other(
			t, &c->id, event->provider, event->said.external_id, &other);
	if (e != 0)
		return e;
	rfc3339_format(event->received_ms, since);
	snprintf(more, sizeof(more), "kept since %s; ", since);
	e = event_count_add(t, event->provider, EVENT_COUNT_FOLDED, 1);
	if (e == 0 && other)
		return event_note(t, &c->id, event, f->now_ms,
			"nothing changed: another leg of the conversation");
	return e == 0 ? event_merge(t, c, event, f->now_ms, more, &changed) : e;
}

int kept_fold(struct turn *t, struct call *c, int64_t now_ms)
{
	struct folding f = {c, now_ms};
	struct kept_group g = kept_of_row(&c->id);
	int e = provider_owning(c->provider) == PROVIDER_DIALPAD ? kept_take(t, &g, fold_one, &f)
								 : 0;
	if (e != 0 || c->external_id == 0)
		return e;
	g = kept_of_call(c->provider, c->external_id);
	return kept_take(t, &g, fold_one, &f);
}
