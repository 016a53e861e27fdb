#include "store/connections.h"

#include "base/random.h"
#include "base/secret.h"
#include "base/text.h"
#include "store/fields.h"
#include "store/rows.h"

#include <stdlib.h>
#include <string.h>

void connection_init(struct connection *c)
{
	memset(c, 0, sizeof(*c));
	buf_init(&c->sealed, CONNECTION_SEALED_MAX);
}

void connection_release(struct connection *c)
{
	buf_release(&c->sealed);
}

void connection_state_init(struct connection_state *c)
{
	memset(c, 0, sizeof(*c));
	buf_init(&c->sealed, CONNECTION_SEALED_MAX);
}

void connection_state_release(struct connection_state *c)
{
	buf_release(&c->sealed);
}

/* --- records --- */

enum connection_field { C_DIALPAD_USER = 1, C_EXPIRES, C_RECONNECT, C_SCOPES, C_SEALED, C_VERSION };

static void encode(struct buf *out, const struct connection *c, int64_t version)
{
	field_begin(out);
	field_int(out, C_DIALPAD_USER, c->dialpad_user_id);
	field_int(out, C_EXPIRES, c->expires_ms);
	field_int(out, C_RECONNECT, c->needs_reconnect);
	field_text(out, C_SCOPES, c->scopes);
	field_bytes(out, C_SEALED, c->sealed.s, c->sealed.len);
	field_int(out, C_VERSION, version);
}

enum err connection_read(const void *bytes, size_t len, struct connection *c)
{
	struct field_reader r = field_read_begin(bytes, len);
	struct field f;
	buf_reset(&c->sealed);
	c->scopes[0] = '\0';
	while (field_read(&r, &f)) {
		if (f.number == C_DIALPAD_USER && !f.is_text)
			c->dialpad_user_id = f.i;
		else if (f.number == C_EXPIRES && !f.is_text)
			c->expires_ms = f.i;
		else if (f.number == C_RECONNECT && !f.is_text)
			c->needs_reconnect = f.i != 0;
		else if (f.number == C_VERSION && !f.is_text)
			c->version = f.i;
		else if (f.number == C_SCOPES && f.is_text)
			r.bad = field_fixed(c->scopes, sizeof(c->scopes), &f) != ERR_NONE;
		else if (f.number == C_SEALED && f.is_text)
			buf_add(&c->sealed, f.s, f.len);
		else
			return ERR_STORAGE;
	}
	return c->sealed.failed ? ERR_NOMEM : r.bad ? ERR_STORAGE : ERR_NONE;
}

enum state_field { S_USER = 1, S_COOKIE, S_RETURN, S_MADE, S_SEALED };

static void encode_state(struct buf *out, const struct connection_state *c)
{
	field_begin(out);
	field_text(out, S_USER, c->user);
	field_bytes(out, S_COOKIE, c->cookie_hash, STATE_HASH_LEN);
	field_text(out, S_RETURN, c->return_to);
	field_int(out, S_MADE, c->made_ms);
	field_bytes(out, S_SEALED, c->sealed.s, c->sealed.len);
}

enum err connection_state_read(const void *bytes, size_t len, struct connection_state *c)
{
	struct field_reader r = field_read_begin(bytes, len);
	struct field f;
	buf_reset(&c->sealed);
	while (field_read(&r, &f)) {
		if (f.number == S_USER && f.is_text)
			r.bad = field_fixed(c->user, sizeof(c->user), &f) != ERR_NONE;
		else if (f.number == S_RETURN && f.is_text)
			r.bad = field_fixed(c->return_to, sizeof(c->return_to), &f) != ERR_NONE;
		else if (f.number == S_COOKIE && f.is_text && f.len == STATE_HASH_LEN)
			memcpy(c->cookie_hash, f.s, STATE_HASH_LEN);
		else if (f.number == S_MADE && !f.is_text)
			c->made_ms = f.i;
		else if (f.number == S_SEALED && f.is_text)
			buf_add(&c->sealed, f.s, f.len);
		else
			return ERR_STORAGE;
	}
	return c->sealed.failed ? ERR_NOMEM : r.bad ? ERR_STORAGE : ERR_NONE;
}

/* --- connections --- */

struct connecting {
	const char *user;
	struct connection *out;
	const struct connection *in;
	int64_t version;
};

int connection_row_get(struct turn *t, const char *user, struct connection *c)
{
	struct buf b;
	buf_init(&b, CONNECTION_SEALED_MAX + 4096);
	int e = turn_get(t, DB_CONNECTIONS, user, strlen(user), &b);
	if (e == 0)
		e = turn_error(connection_read(b.s, b.len, c));
	buf_release(&b);
	return e;
}

static int get_fn(struct turn *t, void *arg)
{
	struct connecting *g = arg;
	return connection_row_get(t, g->user, g->out);
}

enum err store_connection_get(struct store *s, const char *user, struct connection *c)
{
	struct connecting g = {.user = user, .out = c};
	return turn_run(s, TURN_READ, get_fn, &g);
}

static int put_fn(struct turn *t, void *arg)
{
	struct connecting *g = arg;
	struct connection now;
	connection_init(&now);
	int e = connection_row_get(t, g->user, &now);
	if (e == DB_NOTFOUND)
		e = 0;
	if (e == 0 && g->version >= 0 && now.version != g->version)
		e = DB_KEYEXIST;
	/* Random: one dropped and made again is another one. */
	int64_t version = 0;
	if (e == 0 && random_bytes(&version, sizeof(version)) != ERR_NONE)
		e = EIO;
	struct buf b;
	buf_init(&b, CONNECTION_SEALED_MAX + 4096);
	if (e == 0) {
		encode(&b, g->in, (version & INT64_MAX) | 1);
		e = b.failed ? TURN_NOMEM
			     : turn_put(t, DB_CONNECTIONS, g->user, strlen(g->user), b.s, b.len);
	}
	buf_release(&b);
	connection_release(&now);
	return e;
}

enum err store_connection_put(
	struct store *s, const char *user, const struct connection *c, int64_t version)
{
	struct connecting g = {.user = user, .in = c, .version = version};
	return turn_run(s, TURN_WRITE, put_fn, &g);
}

static int drop_fn(struct turn *t, void *arg)
{
	struct connecting *g = arg;
	return turn_delete(t, DB_CONNECTIONS, g->user, strlen(g->user));
}

enum err store_connection_drop(struct store *s, const char *user)
{
	struct connecting g = {.user = user};
	return turn_run(s, TURN_WRITE, drop_fn, &g);
}

/* The next one after a user; walked one by one, as there are few and `each` may be slow. */
struct stepping {
	char after[129], user[129];
	struct connection *c;
};

static int step_fn(struct turn *t, void *arg)
{
	struct stepping *g = arg;
	DB *db;
	DBC *cursor;
	size_t len = strlen(g->after);
	int e = turn_db(t, DB_CONNECTIONS, &db);
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	DBT k = {.data = g->after, .size = (uint32_t)len}, v = {.data = NULL};
	e = cursor->get(cursor, &k, &v, len > 0 ? DB_SET_RANGE : DB_FIRST);
	if (e == 0 && len > 0 && k.size == len && memcmp(k.data, g->after, len) == 0)
		e = cursor->get(cursor, &k, &v, DB_NEXT);
	if (e == 0 && k.size >= sizeof(g->user))
		e = TURN_DAMAGED;
	if (e == 0) {
		memcpy(g->user, k.data, k.size);
		g->user[k.size] = '\0';
		e = turn_error(connection_read(v.data, v.size, g->c));
	}
	int closed = cursor->close(cursor);
	return e != 0 ? e : closed;
}

enum err store_connection_list(struct store *s,
	bool (*each)(void *arg, const char *user, const struct connection *c), void *arg)
{
	struct connection c;
	connection_init(&c);
	struct stepping g = {.c = &c};
	enum err e;
	while ((e = turn_run(s, TURN_READ, step_fn, &g)) == ERR_NONE && each(arg, g.user, &c))
		memcpy(g.after, g.user, sizeof(g.after));
	connection_release(&c);
	return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* --- states --- */

#define STATES_LOOKED_AT 100

struct stating {
	const unsigned char *hash, *cookie_hash;
	const struct connection_state *in;
	struct connection_state *out;
	int64_t now_ms, lifetime_ms;
};

int state_drop_old(DBC *cursor, const DBT *value, int64_t before_ms)
{
	struct connection_state c;
	connection_state_init(&c);
	int e = turn_error(connection_state_read(value->data, value->size, &c));
	/* One that cannot be read is of no use to anybody. */
	if (e == TURN_DAMAGED || (e == 0 && c.made_ms < before_ms))
		e = cursor->del(cursor, 0);
	connection_state_release(&c);
	return e;
}

/* Some of them: whoever connects waits for this, and so do all others. */
static int drop_some_states(struct turn *t, int64_t before_ms)
{
	DB *db;
	DBC *cursor;
	int e = turn_db(t, DB_STATES, &db);
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	DBT k = {.data = NULL}, v = {.data = NULL};
	for (int n = 0; n < STATES_LOOKED_AT && e == 0; n++)
		if ((e = cursor->get(cursor, &k, &v, DB_NEXT)) == 0)
			e = state_drop_old(cursor, &v, before_ms);
	int closed = cursor->close(cursor);
	return e != 0 && e != DB_NOTFOUND ? e : closed;
}

static int state_put_fn(struct turn *t, void *arg)
{
	struct stating *g = arg;
	int e = drop_some_states(t, g->in->made_ms - g->lifetime_ms);
	struct buf b;
	buf_init(&b, CONNECTION_SEALED_MAX + 4096);
	encode_state(&b, g->in);
	if (e == 0)
		e = b.failed ? TURN_NOMEM
			     : turn_insert(t, DB_STATES, g->hash, STATE_HASH_LEN, b.s, b.len);
	buf_release(&b);
	return e;
}

enum err store_state_put(struct store *s, const unsigned char hash[STATE_HASH_LEN],
	const struct connection_state *c, int64_t lifetime_ms)
{
	struct stating g = {.hash = hash, .in = c, .lifetime_ms = lifetime_ms};
	return turn_run(s, TURN_WRITE, state_put_fn, &g);
}

static int state_take_fn(struct turn *t, void *arg)
{
	struct stating *g = arg;
	struct buf b;
	buf_init(&b, CONNECTION_SEALED_MAX + 4096);
	int e = turn_get(t, DB_STATES, g->hash, STATE_HASH_LEN, &b);
	if (e == 0)
		e = turn_error(connection_state_read(b.s, b.len, g->out));
	buf_release(&b);
	if (e != 0)
		return e;
	if (!secret_equal(g->out->cookie_hash, STATE_HASH_LEN, g->cookie_hash, STATE_HASH_LEN) ||
		g->now_ms - g->out->made_ms > g->lifetime_ms ||
		g->now_ms < g->out->made_ms - g->lifetime_ms)
		return DB_NOTFOUND;
	return turn_delete(t, DB_STATES, g->hash, STATE_HASH_LEN);
}

enum err store_state_take(struct store *s, const unsigned char hash[STATE_HASH_LEN],
	const unsigned char cookie_hash[STATE_HASH_LEN], int64_t now_ms, int64_t lifetime_ms,
	struct connection_state *c)
{
	struct stating g = {.hash = hash,
		.cookie_hash = cookie_hash,
		.out = c,
		.now_ms = now_ms,
		.lifetime_ms = lifetime_ms};
	return turn_run(s, TURN_WRITE, state_take_fn, &g);
}
