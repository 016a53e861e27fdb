/* The calls that are still followed: which are due, what was said about them, whose a provider's
 * call is. */
#include "store/codec.h"
#include "store/kept.h"
#include "store/keys.h"
#include "store/range.h"
#include "store/rows.h"

#include "base/clock.h"
#include "base/fault.h"
#include "call/decision.h"
#include "call/follow.h"

#include <stdlib.h>
#include <string.h>

/* --- what is due --- */

struct due {
	int64_t now_ms;
	struct due_walk *walk, next;
	size_t limit;
	struct call_list *out;
};

static int due_take(struct turn *t, struct due *d, const unsigned char *key)
{
	int64_t ms;
	struct callid id;
	key_time_id_read(key, &ms, &id);
	struct call *c = &d->out->calls[d->out->count];
	call_init(c);
	int e = row_get(t, &id, c);
	if (e != 0) {
		call_release(c);
		return e == DB_NOTFOUND ? TURN_DAMAGED : e;
	}
	d->out->count++;
	memcpy(d->next.key, key, KEY_TIME_ID);
	d->next.started = true;
	return 0;
}

static int due_fn(struct turn *t, void *arg)
{
	struct due *d = arg;
	DB *db;
	DBC *cursor;
	unsigned char from[KEY_TIME_ID] = {0}, end[KEY_TIME_BYTES];
	call_list_release(d->out);
	d->next = *d->walk;
	if (d->walk->started)
		memcpy(from, d->walk->key, KEY_TIME_ID);
	key_time(d->now_ms < INT64_MAX ? d->now_ms + 1 : INT64_MAX, end);
	int e = turn_db(t, DB_DUE, &db);
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	if ((d->out->calls = calloc(d->limit, sizeof(*d->out->calls))) == NULL)
		e = TURN_NOMEM;
	DBT k = {.data = from, .size = sizeof(from)}, v = {.data = NULL};
	if (e == 0)
		e = cursor->get(cursor, &k, &v, DB_SET_RANGE);
	for (; e == 0 && d->out->count < d->limit; e = cursor->get(cursor, &k, &v, DB_NEXT)) {
		if (k.size != KEY_TIME_ID || memcmp(k.data, end, KEY_TIME_BYTES) >= 0)
			break;
		if (d->walk->started && memcmp(k.data, d->walk->key, KEY_TIME_ID) == 0)
			continue;
		if ((e = due_take(t, d, k.data)) != 0)
			break;
	}
	int closed = cursor->close(cursor);
	return e != 0 && e != DB_NOTFOUND ? e : closed;
}

enum err store_due(
	struct store *s, int64_t now_ms, struct due_walk *walk, size_t limit, struct call_list *out)
{
	struct due d = {.now_ms = now_ms, .walk = walk, .limit = limit, .out = out};
	enum err e = turn_run(s, TURN_READ, due_fn, &d);
	if (e == ERR_NONE)
		*walk = d.next;
	else
		call_list_release(out);
	return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

static int count_fn(struct turn *t, void *arg)
{
	struct range r;
	int e = range_find(t, DB_DUE, NULL, 0, NULL, 0, &r);
	*(int64_t *)arg = r.count;
	return e;
}

enum err store_open_count(struct store *s, int64_t *count)
{
	*count = 0;
	enum err e = turn_run(s, TURN_READ, count_fn, count);
	return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* --- what was said --- */

struct applying {
	struct store_update *updates;
	size_t count, from, next;
	int64_t now_ms;
};

/* A row that has become final meanwhile, of which the one who asks did not know, is looked at as
 * final rows are. */
static int64_t next_look(const struct store_update *u, const struct call *c, int64_t now_ms)
{
	return u->next_look_ms >= 0 && !call_status_final(c->status) ? u->next_look_ms
								     : follow_next_look(c, now_ms);
}

static bool says_nothing(const struct statement *s)
{
	return !s->has_status && !s->has_figures && s->external_id == 0;
}

/* Whether people want to read of it: a poll that finds what is known comes every minute. */
static bool is_worth_a_line(
	const struct store_update *u, const struct call *before, const struct call *after)
{
	if (u->trail == NULL || *u->trail == '\0')
		return false;
	if (u->changed || u->trail_kind == TRAIL_EVENT)
		return true;
	return says_nothing(&u->said) ? after->look_ms != before->look_ms
				      : decision_overruled(after, &u->said);
}

static int note_decision(struct turn *t, const struct store_update *u, int64_t now_ms,
	const struct call *before, const struct call *after)
{
	char decision[DECISION_MAX];
	if (!is_worth_a_line(u, before, after))
		return 0;
	if (says_nothing(&u->said) && u->trail_kind != TRAIL_EVENT)
		return trail_addf(t, &u->id, now_ms, u->trail_kind, "%s", u->trail);
	decision_text(before, after, &u->said, decision);
	return trail_addf(t, &u->id, now_ms, u->trail_kind, "%s; %s", u->trail, decision);
}

/* What was said, then the events that came before it. */
static int merge_all(struct turn *t, struct store_update *u, int64_t now_ms, struct call *c)
{
	const struct call before = *c; /* a view: only its numbers are looked at */
	bool merged = merge(c, &u->said);
	/* Only what the row has taken is claimed: a row that is decided takes nothing. */
	bool claims = c->external_id != before.external_id;
	bool placed = before.status == CALL_QUEUED && c->status != CALL_QUEUED;
	int e = claims ? row_claim(t, &u->id, c->provider, c->external_id) : 0;
	c->look_ms = next_look(u, c, now_ms);
	u->changed = decision_shows(&before, c);
	if (e == 0)
		e = note_decision(t, u, now_ms, &before, c);
	if (e == 0 && (claims || placed)) {
		e = kept_fold(t, c, now_ms);
		c->look_ms = next_look(u, c, now_ms);
		u->changed = decision_shows(&before, c);
	}
	if (e != 0 || (!merged && c->look_ms == before.look_ms))
		return e;
	return row_update(t, c, before.look_ms);
}

static int apply_to_row(struct turn *t, struct store_update *u, int64_t now_ms, struct call *c)
{
	bool was_final = call_status_final(c->status);
	int e = merge_all(t, u, now_ms, c);
	u->status = c->status;
	u->became_final = !was_final && call_status_final(c->status);
	return e;
}

/* What was said is about a call that cannot be this row's. */
static int note_conflict(
	struct turn *t, const struct store_update *u, int64_t now_ms, const struct call *c)
{
	if (u->trail == NULL || *u->trail == '\0')
		return 0;
	if (provider_owning(u->provider) != provider_owning(c->provider))
		return trail_addf(t, &u->id, now_ms, u->trail_kind,
			"%s; nothing changed: the call was placed by %s", u->trail,
			c->provider != PROVIDER_NONE ? provider_word(c->provider) : "nobody");
	return trail_addf(t, &u->id, now_ms, u->trail_kind,
		c->external_id != 0 && c->external_id != u->said.external_id
			? "%s; nothing changed: that is another call of the provider"
			: "%s; nothing changed: that call belongs to another row",
		u->trail);
}

/* Whether what was said is about this row's call at all. */
static int check_owner(struct turn *t, struct store_update *u, const struct call *c)
{
	int64_t theirs = u->said.external_id;
	u->conflict =
		theirs != 0 && (provider_owning(u->provider) != provider_owning(c->provider) ||
				       (c->external_id != 0 && c->external_id != theirs));
	if (theirs == 0 || u->conflict)
		return 0;
	return row_claimed_by_other(t, &u->id, u->provider, theirs, &u->conflict);
}

static int apply_one(struct turn *t, struct store_update *u, int64_t now_ms)
{
	u->changed = u->became_final = u->conflict = false;
	struct call c;
	call_init(&c);
	int e = row_get(t, &u->id, &c);
	if (e == DB_NOTFOUND) {
		u->conflict = true;
		e = 0;
	} else if (e == 0) {
		u->status = c.status;
		e = check_owner(t, u, &c);
		if (e == 0)
			e = u->conflict ? note_conflict(t, u, now_ms, &c)
					: apply_to_row(t, u, now_ms, &c);
	}
	call_release(&c);
	return e;
}

/* As many as fit into a short stay: others wait, and on a slow disk all of them take long. */
static int apply_fn(struct turn *t, void *arg)
{
	struct applying *a = arg;
	int64_t end = clock_mono_ms() + STAY_MS;
	int e = 0;
	a->next = a->from;
	do {
		e = apply_one(t, &a->updates[a->next++], a->now_ms);
		FAULT_POINT("sync-amid-apply");
	} while (e == 0 && a->next < a->count && clock_mono_ms() < end);
	return e;
}

enum err store_apply(struct store *s, struct store_update *updates, size_t count, int64_t now_ms)
{
	struct applying a = {.updates = updates, .count = count, .now_ms = now_ms};
	enum err e = ERR_NONE;
	while (e == ERR_NONE && a.from < count) {
		e = turn_run(s, TURN_WRITE, apply_fn, &a);
		a.from = a.next;
	}
	return e == ERR_NOT_FOUND || e == ERR_CONFLICT ? ERR_STORAGE : e;
}

/* --- whose it is --- */

struct claims {
	enum provider_id provider;
	const int64_t *ids;
	size_t count;
	struct callid *calls;
	bool *claimed;
};

static int claims_fn(struct turn *t, void *arg)
{
	struct claims *g = arg;
	struct buf b;
	buf_init(&b, CODEC_RECORD_MAX);
	int e = 0;
	for (size_t i = 0; i < g->count && e == 0; i++) {
		unsigned char key[KEY_CLAIM];
		key_claim(g->provider, g->ids[i], key);
		e = turn_get(t, DB_CLAIMS, key, sizeof(key), &b);
		g->claimed[i] = e == 0 && b.len == CALLID_BYTES;
		if (g->claimed[i])
			memcpy(g->calls[i].b, b.s, CALLID_BYTES);
		if (e == DB_NOTFOUND)
			e = 0;
	}
	buf_release(&b);
	return e;
}

enum err store_claims(struct store *s, enum provider_id p, const int64_t *ids, size_t count,
	struct callid *calls, bool *claimed)
{
	struct claims g = {p, ids, count, calls, claimed};
	for (size_t i = 0; i < count; i++)
		claimed[i] = false;
	if (count == 0)
		return ERR_NONE;
	return turn_run(s, TURN_READ, claims_fn, &g);
}
