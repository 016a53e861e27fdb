#include "store/rows.h"

#include "store/codec.h"
#include "store/keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int row_put(struct turn *t, const struct call *c, bool fresh)
{
	struct buf b;
	buf_init(&b, CODEC_RECORD_MAX);
	codec_call(&b, c);
	int e = TURN_NOMEM;
	if (!b.failed)
		e = fresh ? turn_insert(t, DB_CALLS, c->id.b, CALLID_BYTES, b.s, b.len)
			  : turn_put(t, DB_CALLS, c->id.b, CALLID_BYTES, b.s, b.len);
	buf_release(&b);
	return e;
}

static int due_put(struct turn *t, const struct call *c)
{
	unsigned char key[KEY_TIME_ID];
	key_time_id(c->look_ms, &c->id, key);
	return turn_put(t, DB_DUE, key, sizeof(key), "", 0);
}

int row_insert(struct turn *t, struct call *c)
{
	unsigned char by_user[KEY_USER_ENTRY], by_time[KEY_TIME_ID];
	size_t len = key_user_entry(c->user, c->start_ms, &c->id, by_user);
	if (len == 0)
		return TURN_INVALID;
	key_time_id(c->start_ms, &c->id, by_time);
	int e = row_put(t, c, true);
	if (e == 0)
		e = turn_insert(t, DB_BY_USER, by_user, len, "", 0);
	if (e == 0)
		e = turn_insert(t, DB_BY_TIME, by_time, sizeof(by_time), "", 0);
	if (e == 0 && c->look_ms != 0)
		e = due_put(t, c);
	return e;
}

int row_get(struct turn *t, const struct callid *id, struct call *c)
{
	struct buf b;
	buf_init(&b, CODEC_RECORD_MAX);
	int e = turn_get(t, DB_CALLS, id->b, CALLID_BYTES, &b);
	if (e == 0) {
		call_release(c);
		call_init(c);
		e = turn_error(codec_call_read(b.s, b.len, id, c));
	}
	buf_release(&b);
	return e;
}

int row_update(struct turn *t, const struct call *c, int64_t old_look_ms)
{
	int e = row_put(t, c, false);
	if (e != 0 || c->look_ms == old_look_ms)
		return e;
	if (old_look_ms != 0) {
		unsigned char key[KEY_TIME_ID];
		key_time_id(old_look_ms, &c->id, key);
		if ((e = turn_delete(t, DB_DUE, key, sizeof(key))) != 0 && e != DB_NOTFOUND)
			return e;
	}
	return c->look_ms != 0 ? due_put(t, c) : 0;
}

int row_delete(struct turn *t, const struct call *c)
{
	unsigned char key[KEY_USER_ENTRY];
	size_t len = key_user_entry(c->user, c->start_ms, &c->id, key);
	int e = len == 0 ? TURN_DAMAGED : turn_delete(t, DB_BY_USER, key, len);
	key_time_id(c->start_ms, &c->id, key);
	if (e == 0)
		e = turn_delete(t, DB_BY_TIME, key, KEY_TIME_ID);
	key_time_id(c->look_ms, &c->id, key);
	if (e == 0 && c->look_ms != 0)
		e = turn_delete(t, DB_DUE, key, KEY_TIME_ID);
	if (e == 0)
		e = turn_delete(t, DB_CALLS, c->id.b, CALLID_BYTES);
	/* An index that has not what the row calls for. */
	return e == DB_NOTFOUND ? TURN_DAMAGED : e;
}

int row_claimed_by_other(struct turn *t, const struct callid *id, enum provider_id p,
	int64_t external_id, bool *other)
{
	unsigned char key[KEY_CLAIM];
	struct buf owner;
	key_claim(p, external_id, key);
	buf_init(&owner, CODEC_RECORD_MAX);
	int e = turn_get(t, DB_CLAIMS, key, sizeof(key), &owner);
	*other = e == 0 && (owner.len != CALLID_BYTES || memcmp(owner.s, id->b, CALLID_BYTES) != 0);
	buf_release(&owner);
	return e == DB_NOTFOUND ? 0 : e;
}

int row_claim(struct turn *t, const struct callid *id, enum provider_id p, int64_t external_id)
{
	unsigned char key[KEY_CLAIM];
	key_claim(p, external_id, key);
	return turn_put(t, DB_CLAIMS, key, sizeof(key), id->b, CALLID_BYTES);
}

int user_settings_get(struct turn *t, const char *user, struct user_settings *u)
{
	struct buf b;
	memset(u, 0, sizeof(*u));
	buf_init(&b, CODEC_RECORD_MAX);
	int e = turn_get(t, DB_USERS, user, strlen(user), &b);
	if (e == 0)
		e = turn_error(codec_user_read(b.s, b.len, u));
	buf_release(&b);
	return e == DB_NOTFOUND ? 0 : e;
}

/* The latest entry of a call's trail, with its number in it. DB_NOTFOUND: there is none. */
static int trail_latest(struct turn *t, const struct callid *id, struct trail_entry *latest)
{
	DB *db;
	DBC *cursor;
	unsigned char key[KEY_TRAIL];
	int e = turn_db(t, DB_TRAIL, &db);
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	key_trail(id, TRAIL_NUMBER_MAX, key);
	DBT k = {.data = key, .size = sizeof(key)}, v = {.data = NULL};
	e = cursor->get(cursor, &k, &v, DB_SET_RANGE);
	if (e == DB_NOTFOUND)
		e = cursor->get(cursor, &k, &v, DB_LAST);
	else if (e == 0 && (k.size != KEY_TRAIL || memcmp(k.data, key, KEY_TRAIL) != 0))
		e = cursor->get(cursor, &k, &v, DB_PREV);
	if (e == 0 && (k.size != KEY_TRAIL || memcmp(k.data, id->b, CALLID_BYTES) != 0))
		e = DB_NOTFOUND;
	if (e == 0) {
		/* One that cannot be read must not keep the call from being followed. */
		if (codec_trail_read(v.data, v.size, latest) != ERR_NONE)
			memset(latest, 0, sizeof(*latest));
		latest->number = key_trail_number(k.data);
	}
	int closed = cursor->close(cursor);
	return e != 0 ? e : closed;
}

static int trail_put(struct turn *t, const struct callid *id, const struct trail_entry *entry)
{
	unsigned char key[KEY_TRAIL];
	struct buf b;
	buf_init(&b, CODEC_RECORD_MAX);
	codec_trail(&b, entry);
	key_trail(id, entry->number, key);
	int e = b.failed ? TURN_NOMEM : turn_put(t, DB_TRAIL, key, sizeof(key), b.s, b.len);
	buf_release(&b);
	return e;
}

/* One from the middle, so that an entry of this number is not too many. */
static int trail_make_room(struct turn *t, const struct callid *id, unsigned number)
{
	unsigned char key[KEY_TRAIL];
	if (number < TRAIL_MAX)
		return 0;
	key_trail(id, number - TRAIL_MAX + TRAIL_FIRST, key);
	int e = turn_delete(t, DB_TRAIL, key, sizeof(key));
	return e == DB_NOTFOUND ? 0 : e;
}

int trail_add(struct turn *t, const struct callid *id, const struct trail_entry *entry)
{
	struct trail_entry latest, own = *entry;
	int e = trail_latest(t, id, &latest);
	if (e != 0 && e != DB_NOTFOUND)
		return e;
	if (e == 0 && trail_says_the_same(&latest, entry)) {
		latest.times = latest.times > 1 ? latest.times + 1 : 2;
		latest.last_ms = entry->at_ms;
		return trail_put(t, id, &latest);
	}
	/* Beyond the last number that there is the latest takes the place of the one before. */
	own.number =
		e == DB_NOTFOUND ? 0 : latest.number + (latest.number < TRAIL_NUMBER_MAX ? 1 : 0);
	own.times = 0;
	e = trail_make_room(t, id, own.number);
	return e == 0 ? trail_put(t, id, &own) : e;
}

int trail_addf(struct turn *t, const struct callid *id, int64_t at_ms, enum trail_kind kind,
	const char *fmt, ...)
{
	struct trail_entry entry = {.at_ms = at_ms, .kind = kind};
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(entry.text, sizeof(entry.text), fmt, ap);
	va_end(ap);
	return trail_add(t, id, &entry);
}
