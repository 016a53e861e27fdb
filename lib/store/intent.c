/* Placing a call, as storage sees it: the intent, the provider about to be asked, the outcome. */
#include "store/codec.h"
#include "store/kept.h"
#include "store/keys.h"
#include "store/range.h"
#include "store/rows.h"

#include "call/decision.h"
#include "call/follow.h"

#include <stdio.h>
#include <string.h>

/* What guard and brake look at. A call nobody knows about may still ring that long. */
#define MINUTE_MS       INT64_C(60000)
#define DAY_MS          INT64_C(86400000)
#define GUARD_RECENT_MS INT64_C(5000) /* two clicks within it are one wish */

/* --- the key --- */

static bool settled(const struct call *c)
{
	return c->status != CALL_QUEUED && c->status != CALL_UNCONFIRMED;
}

static bool same_text(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
}

/* What an earlier request with this key means for this one. */
static int find_replay(
	struct turn *t, struct intent *i, const struct key_record *k, const struct buf *fingerprint)
{
	if (!same_text(&k->given, i->given) && !same_text(&k->fingerprint, fingerprint)) {
		i->result = INTENT_KEY_CONFLICT;
		return 0;
	}
	int e = row_get(t, &k->call, &i->found);
	if (e != 0)
		/* Without its row nobody knows what the key did: do not dial again. */
		return e == DB_NOTFOUND ? TURN_DAMAGED : e;
	buf_reset(&i->attempts_found);
	if (!buf_add(&i->attempts_found, k->attempts.s, k->attempts.len))
		return TURN_NOMEM;
	i->http_status = k->http_status;
	i->result = INTENT_REPLAY;
	if (k->http_status != 0)
		return 0;
	/* No answer was ever given: the first process is still at it, or died. One that began in
	 * the future began before the clock was set back. */
	int64_t age = i->now_ms - k->made_ms;
	if (age <= i->dead_after_ms && age >= -i->dead_after_ms) {
		i->result = INTENT_IN_PROGRESS;
	} else if (settled(&i->found)) {
		i->http_status = 200;
	} else {
		i->result = INTENT_ORPHANED;
	}
	return 0;
}

/* For people only: nobody waits until it is on the disk, and nothing fails because of it but where
 * the transaction cannot go on anyway. */
static int note_repeat(
	struct turn *t, const struct intent *i, const struct callid *id, const char *what)
{
	t->may_be_lost = true;
	return trail_addf(t, id, i->now_ms, TRAIL_REPEAT, "%s", what);
}

static int replay(
	struct turn *t, struct intent *i, const struct key_record *k, const struct buf *fingerprint)
{
	int e = find_replay(t, i, k, fingerprint);
	if (e != 0)
		return e;
	switch (i->result) {
	case INTENT_KEY_CONFLICT:
		return note_repeat(
			t, i, &k->call, "its idempotency key came with another request: refused");
	case INTENT_IN_PROGRESS:
		return note_repeat(
			t, i, &k->call, "asked for again with its key while it is under way");
	case INTENT_ORPHANED:
		return note_repeat(t, i, &k->call,
			"asked for again with its key: the first process has died unsettled");
	default:
		return note_repeat(
			t, i, &k->call, "asked for again with its key: answered as the first time");
	}
}

/* *used tells whether the key decided the request. */
static int check_key(struct turn *t, struct intent *i, const struct buf *fingerprint, bool *used)
{
	unsigned char key[KEY_IDEM_MAX];
	*used = false;
	size_t len = key_idempotency(i->call->user, i->key, key);
	struct buf b;
	buf_init(&b, CODEC_RECORD_MAX);
	struct key_record k;
	key_record_init(&k);
	int e = len == 0 ? DB_NOTFOUND : turn_get(t, DB_KEYS, key, len, &b);
	if (e == 0)
		e = turn_error(codec_key_read(b.s, b.len, &k));
	if (e == 0 && i->now_ms - k.made_ms < STORE_KEY_HOURS * INT64_C(3600000)) {
		e = replay(t, i, &k, fingerprint);
		*used = e == 0;
	}
	key_record_release(&k);
	buf_release(&b);
	return e == DB_NOTFOUND ? 0 : e;
}

static int write_key(struct turn *t, const char *user, const char *key, const struct key_record *k)
{
	unsigned char bytes[KEY_IDEM_MAX];
	size_t len = key_idempotency(user, key, bytes);
	struct buf b;
	buf_init(&b, CODEC_RECORD_MAX);
	codec_key(&b, k);
	int e = b.failed || len == 0 ? TURN_NOMEM : turn_put(t, DB_KEYS, bytes, len, b.s, b.len);
	buf_release(&b);
	return e;
}

static int remember_key(
	struct turn *t, const struct intent *i, struct buf *fingerprint, int http_status)
{
	struct key_record k;
	key_record_init(&k);
	k.call = i->call->id;
	k.made_ms = i->now_ms;
	k.http_status = http_status;
	buf_add(&k.given, i->given->s, i->given->len);
	buf_add(&k.fingerprint, fingerprint->s, fingerprint->len);
	buf_add(&k.attempts, i->attempts->s, i->attempts->len);
	int e = k.given.failed || k.fingerprint.failed || k.attempts.failed
			? TURN_NOMEM
			: write_key(t, i->call->user, i->key, &k);
	key_record_release(&k);
	return e;
}

/* --- guard and brake --- */

struct guard {
	struct turn *turn;
	struct intent *i;
	size_t prefix;
	bool hit;
};

static int guard_each(void *arg, const unsigned char *key, size_t len)
{
	struct guard *g = arg;
	if (len != g->prefix + KEY_TIME_ID)
		return TURN_DAMAGED;
	int64_t ms;
	struct callid id;
	key_time_id_read(key + g->prefix, &ms, &id);
	struct call *c = &g->i->found;
	int e = row_get(g->turn, &id, c);
	if (e != 0)
		return e == DB_NOTFOUND ? TURN_DAMAGED : e;
	if (strcmp(c->phone, g->i->call->phone) != 0)
		return 0;
	int64_t age = g->i->now_ms - c->start_ms;
	bool recent = age < GUARD_RECENT_MS && age > -GUARD_RECENT_MS;
	g->hit = !settled(c) || (c->status != CALL_FAILED && recent);
	return g->hit ? RANGE_STOP : 0;
}

/* The user's calls of the last minute or day, as a range of his index. Those of the coming minute
 * count, too: the clock may have been set back a little. Of what lies farther ahead nobody knows how
 * long ago it was, and it must not lock the user out until then. */
static int latest_calls(
	struct turn *t, const char *user, int64_t now_ms, int64_t span_ms, struct range *r)
{
	unsigned char low[KEY_USER_ENTRY], high[KEY_USER_ENTRY];
	size_t len = key_user(user, low);
	if (len == 0)
		return TURN_INVALID;
	memcpy(high, low, len);
	key_time(now_ms - span_ms + 1, low + len);
	key_time(now_ms + MINUTE_MS, high + len);
	len += KEY_TIME_BYTES;
	return range_find(t, DB_BY_USER, low, len, high, len, r);
}

static int check_guard(struct turn *t, struct intent *i, bool *hit)
{
	struct range r;
	unsigned char prefix[KEY_USER_MAX];
	int e = latest_calls(t, i->call->user, i->now_ms, MINUTE_MS, &r);
	if (e != 0)
		return e;
	struct guard g = {t, i, key_user(i->call->user, prefix), false};
	e = range_walk_down(
		t, DB_BY_USER, (uint32_t)(r.first + r.count - 1), r.count, guard_each, &g);
	*hit = g.hit;
	return e;
}

struct oldest {
	size_t prefix;
	int64_t ms;
};

static int oldest_each(void *arg, const unsigned char *key, size_t len)
{
	struct oldest *o = arg;
	if (len != o->prefix + KEY_TIME_ID)
		return TURN_DAMAGED;
	struct callid id;
	key_time_id_read(key + o->prefix, &o->ms, &id);
	return RANGE_STOP;
}

/* At most `limit` calls within any span of that length. */
static int check_span(struct turn *t, struct intent *i, int64_t limit, int64_t span_ms, bool *hit)
{
	if (limit <= 0)
		return 0;
	struct range r;
	int e = latest_calls(t, i->call->user, i->now_ms, span_ms, &r);
	if (e != 0 || r.count < limit)
		return e;
	*hit = true;
	/* The next call is free when the oldest of the last so many is as old as the span. */
	unsigned char prefix[KEY_USER_MAX];
	struct oldest o = {key_user(i->call->user, prefix), i->now_ms};
	e = range_walk_down(
		t, DB_BY_USER, (uint32_t)(r.first + r.count - limit), 1, oldest_each, &o);
	int64_t wait = (o.ms + span_ms - i->now_ms + 999) / 1000;
	wait = wait < 1 ? 1 : wait > span_ms / 1000 ? span_ms / 1000 : wait;
	if (wait > i->retry_after_s)
		i->retry_after_s = wait;
	return e;
}

static int check_brake(struct turn *t, struct intent *i, bool *hit)
{
	*hit = false;
	i->retry_after_s = 0;
	int e = check_span(t, i, i->calls_per_minute, MINUTE_MS, hit);
	return e != 0 ? e : check_span(t, i, i->calls_per_day, DAY_MS, hit);
}

/* --- the intent --- */

/* Whether Dialpad can be asked for the user. */
static int read_connection(struct turn *t, const char *user, struct user_settings *u)
{
	struct connection c;
	connection_init(&c);
	int e = connection_row_get(t, user, &c);
	u->dialpad_connected = e == 0 && !c.needs_reconnect;
	u->dialpad_user_id = c.dialpad_user_id;
	connection_release(&c);
	if (e == TURN_DAMAGED) {
		log_write(t->store->log, LOG_INTERNAL, "E3031",
			"the Dialpad connection of a user cannot be read");
		e = DB_NOTFOUND; /* Aircall can be asked all the same */
	}
	return e == DB_NOTFOUND ? 0 : e;
}

static void set_reason(struct call *c, const char *reason)
{
	snprintf(c->reason, sizeof(c->reason), "%s", reason);
}

/* Policy, guard and brake, in this order. *go: the call is to be stored. */
static int check_allowed(struct turn *t, struct intent *i, bool *go)
{
	bool hit = false;
	*go = false;
	i->result = INTENT_FORBIDDEN;
	if (i->forbidden && i->refuse)
		return 0;
	i->result = INTENT_NOT_ALLOWED;
	if (i->policy != NULL) {
		if (i->refuse)
			return 0;
		set_reason(i->call, i->policy);
	}
	i->result = INTENT_DUPLICATE;
	int e = i->guard ? check_guard(t, i, &hit) : 0;
	if (e == 0 && hit)
		e = note_repeat(t, i, &i->found.id, "asked for again: refused as a double click");
	if (e != 0 || hit)
		return e;
	i->result = INTENT_RATE_LIMITED;
	if ((e = check_brake(t, i, &hit)) != 0)
		return e;
	if (hit) {
		if (i->refuse)
			return 0;
		if (i->call->reason[0] == '\0')
			set_reason(i->call, "rate_limited");
	}
	*go = true;
	return 0;
}

/* Whom the provider is asked to let dial, and on which line, where it knows such. */
static int note_ask(struct turn *t, const struct callid *id, int64_t now_ms, const struct call *c)
{
	if (c->provider_number_id != 0)
		return trail_addf(t, id, now_ms, TRAIL_ASK, "%s, user %lld, number %lld",
			provider_word(c->provider), (long long)c->provider_user_id,
			(long long)c->provider_number_id);
	return trail_addf(t, id, now_ms, TRAIL_ASK, "%s, user %lld", provider_word(c->provider),
		(long long)c->provider_user_id);
}

static int store_it(struct turn *t, struct intent *i, struct buf *fingerprint, int http_status)
{
	struct call *c = i->call;
	i->result = INTENT_STORED;
	i->http_status = http_status;
	c->look_ms = follow_next_look(c, i->now_ms);
	int e = row_insert(t, c);
	if (e == 0)
		e = trail_addf(t, &c->id, i->now_ms, TRAIL_REQUEST, "%s calls %s%s%s%s", c->user,
			c->phone, i->key != NULL ? ", with an idempotency key" : "",
			i->note != NULL ? "; " : "", i->note != NULL ? i->note : "");
	if (e == 0 && http_status == 0)
		e = note_ask(t, &c->id, i->now_ms, c);
	if (e == 0 && i->key != NULL)
		e = remember_key(t, i, fingerprint, http_status);
	return e;
}

static int intent_fn(struct turn *t, void *arg)
{
	struct intent *i = arg;
	struct user_settings u;
	int e = user_settings_get(t, i->call->user, &u);
	if (e == 0)
		e = read_connection(t, i->call->user, &u);
	if (e != 0)
		return e;
	struct buf fingerprint;
	buf_init(&fingerprint, CODEC_RECORD_MAX);
	int http_status = i->resolve(i->arg, &u, i->call, &fingerprint);
	bool decided = false, go = false;
	e = fingerprint.failed ? TURN_NOMEM : 0;
	if (e == 0 && i->key != NULL)
		e = check_key(t, i, &fingerprint, &decided);
	if (e == 0 && !decided)
		e = check_allowed(t, i, &go);
	if (e == 0 && go)
		e = store_it(t, i, &fingerprint, http_status);
	buf_release(&fingerprint);
	return e;
}

enum err store_intent(struct store *s, struct intent *i)
{
	enum err e = turn_run(s, TURN_WRITE, intent_fn, i);
	/* Neither is an answer here: a row behind a key is missing, or 48 random bits met. */
	return e == ERR_NOT_FOUND || e == ERR_CONFLICT ? ERR_STORAGE : e;
}

/* --- the next provider --- */

static int name_fn(struct turn *t, void *arg)
{
	const struct next_provider *n = *(const struct next_provider **)arg;
	struct call c;
	call_init(&c);
	int e = row_get(t, &n->id, &c);
	if (e == 0) {
		c.provider = n->provider;
		c.provider_user_id = n->user_id;
		c.provider_number_id = n->number_id;
		c.asked_ms = n->now_ms;
		e = row_update(t, &c, c.look_ms);
	}
	for (size_t i = 0; e == 0 && i < n->trail_count; i++)
		e = trail_add(t, &n->id, &n->trail[i]);
	if (e == 0)
		e = note_ask(t, &n->id, n->now_ms, &c);
	call_release(&c);
	return e;
}

enum err store_name_provider(struct store *s, const struct next_provider *n)
{
	return turn_run(s, TURN_WRITE, name_fn, &n);
}

/* --- the outcome --- */

struct settling {
	const struct settlement *s;
	struct call *out;
};

static int settle_key(struct turn *t, const struct settlement *s, const char *user)
{
	unsigned char key[KEY_IDEM_MAX];
	size_t len = key_idempotency(user, s->key, key);
	struct buf b;
	buf_init(&b, CODEC_RECORD_MAX);
	struct key_record k;
	key_record_init(&k);
	int e = len == 0 ? DB_NOTFOUND : turn_get(t, DB_KEYS, key, len, &b);
	if (e == 0)
		e = turn_error(codec_key_read(b.s, b.len, &k));
	if (e == 0 && memcmp(k.call.b, s->id.b, CALLID_BYTES) == 0) {
		k.http_status = s->http_status;
		buf_reset(&k.attempts);
		if (s->attempts != NULL && !buf_adds(&k.attempts, s->attempts))
			e = TURN_NOMEM;
		if (e == 0)
			e = write_key(t, user, s->key, &k);
	}
	key_record_release(&k);
	buf_release(&b);
	/* A key that was dropped meanwhile has nothing to remember. */
	return e == DB_NOTFOUND ? 0 : e;
}

/* What was answered, the last with what it made of the row. */
static int note_outcome(struct turn *t, const struct settlement *s, const struct call *before,
	const struct call *after)
{
	int e = 0;
	for (size_t i = 0; e == 0 && i < s->trail_count; i++) {
		struct trail_entry entry = s->trail[i];
		if (i + 1 == s->trail_count) {
			char decision[DECISION_MAX];
			size_t len = strlen(entry.text);
			decision_text(before, after, &s->outcome, decision);
			snprintf(entry.text + len, sizeof(entry.text) - len, "; %s", decision);
		}
		e = trail_add(t, &s->id, &entry);
	}
	return e;
}

/* Whether a key belongs to the call is known to the settlement alone; the row is merged, never
 * overwritten: the sync or an event may have been faster. */
static int settle_fn(struct turn *t, void *arg)
{
	struct settling *g = arg;
	const struct settlement *s = g->s;
	struct call *c = g->out;
	int e = row_get(t, &s->id, c);
	if (e != 0)
		return e;
	const struct call before = *c; /* a view: only its numbers are looked at */
	struct statement outcome = s->outcome;
	bool taken = false;
	if (outcome.external_id != 0)
		e = row_claimed_by_other(t, &s->id, c->provider, outcome.external_id, &taken);
	if (e != 0)
		return e;
	/* A provider's call belongs to one row: the one that had it first keeps it. */
	if (taken)
		outcome.external_id = 0;
	/* Handed to somebody else only if it is so: an event may have shown the call meanwhile. */
	if (merge(c, &outcome) && s->provider != PROVIDER_NONE)
		c->provider = s->provider;
	if (c->external_id != before.external_id)
		e = row_claim(t, &s->id, c->provider, c->external_id);
	if (e == 0)
		e = note_outcome(t, s, &before, c);
	/* Events may have been faster than the answer. */
	if (e == 0)
		e = kept_fold(t, c, s->now_ms);
	c->look_ms = follow_next_look(c, s->now_ms);
	if (e == 0)
		e = row_update(t, c, before.look_ms);
	if (e == 0 && s->key != NULL)
		e = settle_key(t, s, c->user);
	return e;
}

enum err store_settle(struct store *s, const struct settlement *t, struct call *out)
{
	struct settling g = {t, out};
	return turn_run(s, TURN_WRITE, settle_fn, &g);
}
