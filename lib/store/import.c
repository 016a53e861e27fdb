#include "store/import.h"

#include "auth/auth.h"
#include "call/decision.h"
#include "call/follow.h"
#include "store/codec.h"
#include "store/kept.h"
#include "store/keys.h"
#include "store/logs.h"
#include "store/rows.h"

#include <string.h>

#define MANY 100

struct importing {
	struct call_records *l;
	int64_t now_ms;
	enum import_result *results;
	size_t from, next;
	struct pace *pace;
	int64_t kept; /* events that wait for a row */
};

/* As the row was looked at where it comes from, if that is how such a row is looked at. */
static int64_t next_look(const struct call *c, int64_t now_ms)
{
	if (call_status_final(c->status))
		return follow_next_look(c, 0) != 0 ? c->look_ms : 0;
	return c->look_ms != 0 ? c->look_ms : follow_next_look(c, now_ms);
}

/* The call is new, so its trail is, too: no need to look for its end. */
static int put_trail(struct turn *t, const struct call_record *r)
{
	struct buf b;
	buf_init(&b, CODEC_RECORD_MAX);
	int e = 0;
	for (size_t i = 0; i < r->trail_count && e == 0; i++) {
		unsigned char key[KEY_TRAIL];
		buf_reset(&b);
		codec_trail(&b, &r->trail[i]);
		key_trail(&r->call.id, r->trail[i].number, key);
		e = b.failed ? TURN_NOMEM : turn_put(t, DB_TRAIL, key, sizeof(key), b.s, b.len);
	}
	buf_release(&b);
	return e;
}

/* A provider may have told of its end already. */
static int fold_kept(struct turn *t, struct call *c, int64_t now_ms)
{
	const struct call before = *c; /* a view: only its numbers are looked at */
	int e = kept_fold(t, c, now_ms);
	if (e != 0 || (!decision_shows(&before, c) && c->figures_ms == before.figures_ms &&
			      c->final_ms == before.final_ms))
		return e;
	c->look_ms = follow_next_look(c, now_ms);
	return row_update(t, c, before.look_ms);
}

static int put_row(struct turn *t, struct importing *g, struct call_record *r)
{
	struct call *c = &r->call;
	c->look_ms = next_look(c, g->now_ms);
	int e = row_insert(t, c);
	if (e == 0 && c->external_id != 0)
		e = row_claim(t, &c->id, c->provider, c->external_id);
	if (e == 0)
		e = put_trail(t, r);
	return e == 0 && g->kept > 0 ? fold_kept(t, c, g->now_ms) : e;
}

static int is_known(struct turn *t, const struct callid *id, bool *known)
{
	DB *db;
	int e = turn_db(t, DB_CALLS, &db);
	if (e != 0)
		return e;
	DBT k = {.data = (void *)(uintptr_t)id->b, .size = CALLID_BYTES};
	e = db->exists(db, t->txn, &k, 0);
	*known = e == 0;
	return e == DB_NOTFOUND ? 0 : e;
}

static int import_one(struct turn *t, struct importing *g, size_t i)
{
	struct call_record *r = &g->l->records[i];
	const struct call *c = &r->call;
	bool known, claimed = false;
	g->results[i] = IMPORT_USER;
	if (!auth_user_valid(c->user, strlen(c->user)))
		return 0;
	int e = is_known(t, &c->id, &known);
	g->results[i] = IMPORT_KNOWN;
	if (e != 0 || known)
		return e;
	if (c->external_id != 0)
		e = row_claimed_by_other(t, &c->id, c->provider, c->external_id, &claimed);
	g->results[i] = claimed ? IMPORT_CLAIMED : IMPORT_ADDED;
	return e != 0 || claimed ? e : put_row(t, g, r);
}

static int import_fn(struct turn *t, void *arg)
{
	struct importing *g = arg;
	pace_begin(g->pace);
	int e = kept_count(t, &g->kept);
	g->next = g->from;
	while (e == 0 && g->next < g->l->count && g->next - g->from < g->pace->rows &&
		!pace_is_over(g->pace))
		e = import_one(t, g, g->next++);
	return e;
}

enum err store_import(struct store *s, struct call_records *l, int64_t now_ms, struct pace *pace,
	enum import_result *results, size_t *looked)
{
	struct importing g = {.l = l, .now_ms = now_ms, .pace = pace};
	g.results = results;
	enum err e = ERR_NONE;
	*looked = 0;
	while (e == ERR_NONE && g.from < l->count) {
		e = turn_run(s, TURN_WRITE, import_fn, &g);
		pace_end(pace);
		if (e == ERR_NONE)
			*looked = g.from = g.next;
	}
	/* Many calls fill many log files, and the sync comes once a minute, if at all. */
	if (e == ERR_NONE && l->count >= MANY)
		e = logs_tidy(s);
	return e == ERR_NOT_FOUND || e == ERR_CONFLICT ? ERR_STORAGE : e;
}
