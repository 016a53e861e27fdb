#include "dial/dial.h"

#include "base/clock.h"
#include "base/fault.h"
#include "dial/ask.h"
#include "dial/attempts.h"
#include "dial/chain.h"
#include "dial/note.h"
#include "policy/policy.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define DEAD_MARGIN_MS                                                                             \
	INT64_C(5000) /* so long after its time is over a process is known to be dead */

/* One call being placed. */
struct dialling {
	const struct dial_context *x;
	const struct dial_request *q;
	struct dial_result *r;
	struct chain chain;
	struct call call;
	struct attempts attempts;
	struct asker asker;
	char note[NOTE_MAX];
	enum policy_verdict verdict;
};

void dial_result_init(struct dial_result *r)
{
	memset(r, 0, sizeof(*r));
	call_init(&r->call);
	buf_init(&r->attempts, ATTEMPTS_MAX);
}

void dial_result_release(struct dial_result *r)
{
	call_release(&r->call);
	buf_release(&r->attempts);
}

bool dial_key_valid(const char *key)
{
	size_t len = strlen(key);
	if (len < 1 || len > DIAL_KEY_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (key[i] < 0x21 || key[i] > 0x7e)
			return false;
	return true;
}

/* --- before anybody is asked --- */

/* The length first: no text can then look like two. */
static void fingerprint_text(struct buf *f, const char *s)
{
	buf_addf(f, "%zu:%s,", strlen(s), s);
}

static void fingerprint_of(const struct dial_request *q, int64_t aircall_user_id,
	int64_t aircall_number_id, struct buf *f)
{
	fingerprint_text(f, q->phone);
	fingerprint_text(f, q->client_id);
	fingerprint_text(f, q->contact_id);
	fingerprint_text(f, q->deal_id);
	buf_addf(f, "%d,%d,%d,%" PRId64 ",%" PRId64, (int)q->only, (int)q->placed_by,
		q->fallback ? 1 : 0, aircall_user_id, aircall_number_id);
}

/* With the defaults of now filled in. */
static void filled_fingerprint(
	const struct dialling *d, const struct user_settings *u, struct buf *f)
{
	struct chain all;
	chain_make(&all, d->x->config, u, PROVIDER_AIRCALL, d->q->aircall_user_id,
		d->q->aircall_number_id);
	fingerprint_of(d->q, all.links[0].user_id, all.links[0].number_id, f);
}

static void set_reason(struct call *c, const char *reason)
{
	snprintf(c->reason, sizeof(c->reason), "%s", reason != NULL ? reason : "");
}

/* The page dials by itself. Where nobody can tell us more the call is over for us at once. */
static int resolve_page(const struct config *c, enum provider_id placed_by, struct call *call)
{
	bool followed = placed_by == PROVIDER_CTI &&
			(c->dialpad_api_key[0] != '\0' || c->dialpad_webhook_secret[0] != '\0');
	call->provider = placed_by;
	call->status = followed ? CALL_INITIATED : CALL_HANDED_OFF;
	return 200;
}

/* Nobody can be asked. */
static int resolve_nobody(struct dialling *d, struct call *call)
{
	call->provider = d->q->fallback ? PROVIDER_TEL : PROVIDER_NONE;
	call->status = d->q->fallback ? CALL_HANDED_OFF : CALL_FAILED;
	set_reason(call, d->attempts.reason);
	return d->q->fallback ? 200 : 502;
}

static int resolve(
	void *arg, const struct user_settings *u, struct call *call, struct buf *fingerprint)
{
	struct dialling *d = arg;
	const struct dial_request *q = d->q;
	filled_fingerprint(d, u, fingerprint);
	attempts_begin(&d->attempts, &d->r->attempts);
	set_reason(call, "");
	memset(&d->chain, 0, sizeof(d->chain));
	if (q->placed_by == PROVIDER_NONE)
		chain_make(&d->chain, d->x->config, u, q->only, q->aircall_user_id,
			q->aircall_number_id);
	note_request(d->x, q, &d->chain, d->note);
	if (q->placed_by != PROVIDER_NONE)
		return resolve_page(d->x->config, q->placed_by, call);
	int first = chain_next(&d->chain, 0);
	attempts_unaskable(&d->attempts, &d->chain, 0, first < 0 ? d->chain.count : first);
	if (first < 0)
		return resolve_nobody(d, call);
	call->provider = d->chain.links[first].provider;
	call->provider_user_id = d->chain.links[first].user_id;
	call->provider_number_id = d->chain.links[first].number_id;
	call->asked_ms = q->now_ms;
	return 0;
}

static enum err fill_call(struct dialling *d)
{
	const struct dial_request *q = d->q;
	struct call *c = &d->call;
	enum err e = callid_make(q->now_ms, &c->id);
	if (e == ERR_NONE)
		e = call_set_text(&c->user, q->user);
	if (e == ERR_NONE)
		e = call_set_text(&c->client_id, q->client_id);
	if (e == ERR_NONE)
		e = call_set_text(&c->contact_id, q->contact_id);
	if (e == ERR_NONE)
		e = call_set_text(&c->deal_id, q->deal_id);
	snprintf(c->phone, sizeof(c->phone), "%s", q->phone);
	c->status = CALL_QUEUED;
	c->start_ms = q->now_ms;
	return e;
}

/* --- answers without asking anybody --- */

/* What a final or settled status means for the one who asked, by the HTTP status of the first
 * answer. */
static enum dial_answer answer_of(const struct dial_request *q, int http_status)
{
	if (http_status == 502)
		return DIAL_FAILED;
	if (http_status == 504)
		return DIAL_UNCONFIRMED;
	return q->placed_by == PROVIDER_TEL ? DIAL_LOGGED : DIAL_PLACED;
}

static enum err answer_stored(struct dialling *d, const struct intent *i)
{
	enum dial_answer a = answer_of(d->q, i->http_status);
	if (a == DIAL_PLACED && d->q->placed_by == PROVIDER_NONE)
		a = DIAL_HANDED_OFF;
	d->r->answer = a;
	return call_copy(&d->r->call, &d->call);
}

static enum err answer_replay(struct dialling *d, struct intent *i)
{
	struct dial_result *r = d->r;
	enum dial_answer a = answer_of(d->q, i->http_status);
	if (a == DIAL_PLACED && i->found.provider == PROVIDER_TEL)
		a = DIAL_HANDED_OFF;
	r->answer = a;
	buf_reset(&r->attempts);
	buf_add(&r->attempts, i->attempts_found.s, i->attempts_found.len);
	return r->attempts.failed ? ERR_NOMEM : call_copy(&r->call, &i->found);
}

/* Whoever looks for fraud finds each attempt. */
static void log_refusal(const struct dialling *d, const char *reason)
{
	log_write(d->x->log, LOG_CLIENT, "N4001", "call of %s to %s refused: %s", d->q->user,
		d->q->phone, reason);
}

static enum dial_answer answer_of_policy(enum policy_verdict v)
{
	if (v == POLICY_UNREADABLE)
		return DIAL_NO_POLICY;
	return v == POLICY_QUIET ? DIAL_QUIET : DIAL_NOT_ALLOWED;
}

static enum err answer_without(struct dialling *d, struct intent *i)
{
	struct dial_result *r = d->r;
	switch (i->result) {
	case INTENT_STORED:
		return answer_stored(d, i);
	case INTENT_REPLAY:
		return answer_replay(d, i);
	case INTENT_KEY_CONFLICT:
		r->answer = DIAL_KEY_CONFLICT;
		return ERR_NONE;
	case INTENT_FORBIDDEN:
		r->answer = DIAL_FORBIDDEN;
		return ERR_NONE;
	case INTENT_NOT_ALLOWED:
		r->answer = answer_of_policy(d->verdict);
		log_refusal(d, policy_reason(d->verdict));
		return ERR_NONE;
	case INTENT_RATE_LIMITED:
		r->answer = DIAL_RATE_LIMITED;
		r->retry_after_s = i->retry_after_s;
		log_refusal(d, "rate_limited");
		return ERR_NONE;
	case INTENT_IN_PROGRESS:
		r->answer = DIAL_IN_PROGRESS;
		break;
	case INTENT_ORPHANED:
		r->answer = DIAL_UNCONFIRMED;
		break;
	case INTENT_DUPLICATE:
		r->answer = DIAL_DUPLICATE;
		break;
	}
	return call_copy(&r->call, &i->found);
}

/* --- the end --- */

static enum err settle(
	struct dialling *d, enum provider_id provider, const struct statement *st, int http_status)
{
	struct settlement s = {.id = d->call.id,
		.now_ms = clock_now_ms(),
		.provider = provider,
		.outcome = *st,
		.key = d->q->key,
		.http_status = http_status,
		.attempts = d->r->attempts.len > 0 ? d->r->attempts.s : NULL,
		.trail = d->asker.trail,
		.trail_count = d->asker.trail_count};
	enum err e = store_settle(d->x->store, &s, &d->r->call);
	if (e == ERR_BUSY)
		e = store_settle(d->x->store, &s, &d->r->call);
	return e;
}

/* A provider was asked and did not clearly refuse. That is said even if it cannot be stored: the
 * row is durable, and the sync will settle it. */
static enum err end_asked(struct dialling *d, const struct place_outcome *o)
{
	bool accepted = o->result == PLACE_ACCEPTED;
	struct statement st;
	statement_init(&st, accepted ? SAID_BY_PROVIDER : SAID_BY_US, clock_now_ms());
	st.has_status = true;
	st.status = accepted ? CALL_INITIATED : CALL_UNCONFIRMED;
	st.external_id = o->external_id;
	d->r->answer = accepted ? DIAL_PLACED : DIAL_UNCONFIRMED;
	enum err e = settle(d, PROVIDER_NONE, &st, accepted ? 200 : 504);
	if (e == ERR_NONE)
		return ERR_NONE;
	log_write(d->x->log, LOG_OUTSIDE, "E4002", "the outcome of a call could not be stored: %s",
		err_word(e));
	d->r->answer = DIAL_UNCONFIRMED;
	/* Moved, not copied: this must not fail. */
	call_release(&d->r->call);
	d->r->call = d->call;
	d->r->call.status = CALL_UNCONFIRMED;
	call_init(&d->call);
	return ERR_NONE;
}

/* Nobody took it. */
static enum err end_refused(struct dialling *d)
{
	bool hand_off = d->q->fallback;
	struct statement st;
	statement_init(&st, SAID_BY_US, clock_now_ms());
	st.has_status = true;
	st.status = hand_off ? CALL_HANDED_OFF : CALL_FAILED;
	st.reason = d->attempts.reason;
	d->r->answer = hand_off ? DIAL_HANDED_OFF : DIAL_FAILED;
	return settle(d, hand_off ? PROVIDER_TEL : PROVIDER_NONE, &st, hand_off ? 200 : 502);
}

static enum err name_next(struct dialling *d, const struct chain_link *l)
{
	const struct next_provider n = {.id = d->call.id,
		.now_ms = clock_now_ms(),
		.provider = l->provider,
		.user_id = l->user_id,
		.number_id = l->number_id,
		.trail = d->asker.trail,
		.trail_count = d->asker.trail_count};
	d->call.provider = l->provider;
	enum err e = store_name_provider(d->x->store, &n);
	if (e == ERR_NONE)
		d->asker.trail_count = 0;
	return e;
}

/* The row is durable and names the first provider that can be asked. */
static enum err ask_in_order(struct dialling *d)
{
	int i = chain_next(&d->chain, 0);
	while (i >= 0) {
		struct place_outcome o;
		memset(&o, 0, sizeof(o));
		int next = chain_next(&d->chain, i + 1);
		asker_ask(&d->asker, &d->chain.links[i], next >= 0, &o);
		store_set_emergency(d->x->store, d->x->unclear_answer, d->x->unclear_answer_len);
		if (o.result != PLACE_REFUSED)
			return end_asked(d, &o);
		if (!attempts_refused(
			    &d->attempts, d->chain.links[i].provider, o.reason, o.detail) ||
			!attempts_unaskable(
				&d->attempts, &d->chain, i + 1, next < 0 ? d->chain.count : next))
			return ERR_NOMEM;
		enum err e = next < 0 ? ERR_NONE : name_next(d, &d->chain.links[next]);
		if (e != ERR_NONE)
			return e;
		i = next;
	}
	return end_refused(d);
}

static enum err place(struct dialling *d)
{
	const struct dial_request *q = d->q;
	const struct config *c = d->x->config;
	enum err e = fill_call(d);
	if (e != ERR_NONE)
		return e;
	struct buf given;
	buf_init(&given, ATTEMPTS_MAX);
	fingerprint_of(q, q->aircall_user_id, q->aircall_number_id, &given);
	struct intent i = {.call = &d->call,
		.now_ms = q->now_ms,
		.resolve = resolve,
		.arg = d,
		.key = q->key,
		.given = &given,
		.attempts = &d->r->attempts,
		.note = d->note,
		.forbidden = (q->aircall_user_id != 0 || q->aircall_number_id != 0) &&
			     !c->aircall_allow_override,
		.policy = policy_reason(d->verdict),
		.guard = q->key == NULL && q->placed_by != PROVIDER_TEL,
		.refuse = q->placed_by != PROVIDER_TEL,
		.calls_per_minute = c->calls_per_minute,
		.calls_per_day = c->calls_per_day,
		.dead_after_ms = c->provider_timeout * 1000 + DEAD_MARGIN_MS};
	call_init(&i.found);
	buf_init(&i.attempts_found, ATTEMPTS_MAX);
	FAULT_POINT("place-before-intent");
	e = given.failed ? ERR_NOMEM : store_intent(d->x->store, &i);
	FAULT_POINT("place-after-intent");
	if (e == ERR_NONE && i.result == INTENT_STORED && i.http_status == 0)
		e = ask_in_order(d);
	else if (e == ERR_NONE)
		e = answer_without(d, &i);
	FAULT_POINT("place-after-outcome");
	call_release(&i.found);
	buf_release(&i.attempts_found);
	buf_release(&given);
	return e;
}

/* A policy nobody can read is a verdict like the others: a repeated request comes before it, since the
 * call it asks for may be ringing already. */
static enum err judge(struct dialling *d)
{
	struct policy p;
	struct buf why;
	buf_init(&why, (size_t)2 * PATH_MAX);
	enum err e = policy_load(&p, d->x->config, &why);
	if (e == ERR_NONE)
		d->verdict = policy_check(&p, d->q->phone, d->q->now_ms, NULL);
	if (e == ERR_INVALID) {
		log_write(d->x->log, LOG_OUTSIDE, "E4004", "%s", why.s);
		d->verdict = POLICY_UNREADABLE;
		e = ERR_NONE;
	}
	policy_release(&p);
	buf_release(&why);
	return e;
}

enum err dial_call(
	const struct dial_context *x, const struct dial_request *q, struct dial_result *r)
{
	struct dialling d;
	memset(&d, 0, sizeof(d));
	d.x = x;
	d.q = q;
	d.r = r;
	d.asker = (struct asker){.config = x->config,
		.store = x->store,
		.log = x->log,
		.call = &d.call,
		.clients = x->clients,
		.deadline = clock_mono_ms() + x->config->provider_timeout * 1000};
	attempts_begin(&d.attempts, &r->attempts);
	call_init(&d.call);
	enum err e = judge(&d);
	if (e == ERR_NONE)
		e = place(&d);
	r->no_token_key = d.asker.no_token_key;
	asker_release(&d.asker);
	call_release(&d.call);
	return e;
}
