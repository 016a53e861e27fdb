#include "dial/dial.h"

#include "base/clock.h"
#include "base/fault.h"
#include "connect/connect.h"
#include "dial/chain.h"
#include "provider/http_client.h"
#include "provider/provider.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ATTEMPTS_MAX ((size_t)8 * 1024)
#define TRAIL_ROOM   4
#define DEAD_MARGIN_MS                                                                             \
	INT64_C(5000) /* beyond the time-out of the chain a process is known to be dead */
#define UNREACHABLE "unreachable"
#define TOKEN_HEAD  12 /* characters of a token that tell it from other words */

/* One call being placed. */
struct dialling {
	const struct dial_context *x;
	const struct dial_request *q;
	struct dial_result *r;
	struct chain chain;
	struct call call;
	const char *last_reason; /* static or in `reason` */
	char reason[CALL_REASON_MAX];
	struct trail_entry trail[TRAIL_ROOM];
	size_t trail_count;
	struct http_client *http;
	struct vault *vault;
	int64_t deadline; /* of the monotonic clock */
	bool another;     /* somebody can be asked after the present one */
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

bool dial_number_allowed(const struct config *c, const char *phone)
{
	if (phone_has_prefix(phone, c->blocked_prefixes))
		return false;
	return c->allowed_prefixes[0] == '\0' || phone_has_prefix(phone, c->allowed_prefixes);
}

/* --- attempts: what each provider of the chain said --- */

struct attempt {
	enum provider_id provider;
	const char *reason, *detail;
};

/* The array is built anew from what was there, so that it is good JSON at every moment. */
static bool attempts_add(struct buf *attempts, const struct attempt *a)
{
	struct buf one;
	struct jsonw w;
	buf_init(&one, ATTEMPTS_MAX);
	jsonw_init(&w, &one);
	jsonw_object(&w);
	jsonw_member_text(&w, "provider", provider_word(a->provider));
	jsonw_member_text(&w, "reason", a->reason);
	if (a->detail[0] != '\0')
		jsonw_member_text(&w, "detail", a->detail);
	jsonw_object_end(&w);
	bool ok = jsonw_ok(&w);
	if (ok && attempts->len > 1) {
		attempts->s[attempts->len - 1] = ',';
		ok = buf_add(attempts, one.s, one.len) && buf_addc(attempts, ']');
	} else if (ok) {
		buf_reset(attempts);
		ok = buf_addc(attempts, '[') && buf_add(attempts, one.s, one.len) &&
		     buf_addc(attempts, ']');
	}
	buf_release(&one);
	return ok;
}

static bool note_refusal(
	struct dialling *d, enum provider_id p, const char *reason, const char *detail)
{
	snprintf(d->reason, sizeof(d->reason), "%s", reason);
	d->last_reason = d->reason;
	struct attempt a = {p, reason, detail};
	return attempts_add(&d->r->attempts, &a);
}

/* Those that cannot be asked, from link `from` up to but not including `to`. */
static bool note_unaskable(struct dialling *d, int from, int to)
{
	bool ok = true;
	for (int i = from; i < to && ok; i++) {
		struct attempt a = {d->chain.links[i].provider, d->chain.links[i].why_not, ""};
		ok = attempts_add(&d->r->attempts, &a);
		/* The reason of one that was asked outweighs it. */
		if (d->reason[0] == '\0')
			d->last_reason = a.reason;
	}
	return ok;
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
	set_reason(call, d->last_reason);
	return d->q->fallback ? 200 : 502;
}

static int resolve(
	void *arg, const struct user_settings *u, struct call *call, struct buf *fingerprint)
{
	struct dialling *d = arg;
	const struct dial_request *q = d->q;
	filled_fingerprint(d, u, fingerprint);
	buf_reset(&d->r->attempts);
	d->reason[0] = '\0';
	d->last_reason = "";
	set_reason(call, "");
	if (q->placed_by != PROVIDER_NONE)
		return resolve_page(d->x->config, q->placed_by, call);
	chain_make(&d->chain, d->x->config, u, q->only, q->aircall_user_id, q->aircall_number_id);
	int first = chain_next(&d->chain, 0);
	note_unaskable(d, 0, first < 0 ? d->chain.count : first);
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
		r->answer = DIAL_NOT_ALLOWED;
		return ERR_NONE;
	case INTENT_RATE_LIMITED:
		r->answer = DIAL_RATE_LIMITED;
		r->retry_after_s = i->retry_after_s;
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

/* --- asking --- */

static void trail_note(struct dialling *d, enum provider_id p, const struct place_outcome *o,
	const struct http_answer *a)
{
	static const char *const words[] = {[PLACE_ACCEPTED] = "accepted",
		[PLACE_REFUSED] = "refused",
		[PLACE_UNCLEAR] = "unclear"};
	if (d->trail_count == TRAIL_ROOM)
		return;
	struct trail_entry *t = &d->trail[d->trail_count++];
	t->at_ms = clock_now_ms();
	t->kind = TRAIL_ANSWER;
	struct buf text;
	buf_init(&text, TRAIL_TEXT_MAX);
	buf_addf(&text, "%s %s", provider_word(p), words[o->result]);
	if (a->fault == HTTP_ANSWERED)
		buf_addf(&text, ", HTTP %d", a->status);
	if (o->reason[0] != '\0')
		buf_addf(&text, ", %s", o->reason);
	size_t room = sizeof(t->text) - 1 - text.len - 2;
	if (o->detail[0] != '\0' && strlen(o->detail) < room)
		buf_addf(&text, ": %s", o->detail);
	else if (a->fault != HTTP_ANSWERED && strlen(a->error) < room)
		buf_addf(&text, ": %s", a->error);
	snprintf(t->text, sizeof(t->text), "%s", text.s);
	buf_release(&text);
	if (o->result != PLACE_ACCEPTED)
		log_write(d->x->log, LOG_OUTSIDE, "E4001", "%s", t->text);
}

/* A provider may repeat what it was sent. */
static void hide_token(const char *token, struct place_outcome *o)
{
	char head[TOKEN_HEAD + 1];
	snprintf(head, sizeof(head), "%s", token);
	if (strstr(o->detail, head) != NULL)
		o->detail[0] = '\0';
}

/* One request, and what came of it. */
static void ask_once(struct dialling *d, const struct chain_link *l, const char *token,
	struct http_answer *answer, struct place_outcome *o)
{
	const struct provider *p = provider_find(l->provider);
	struct place_order order = {.call = d->call.id,
		.user_id = l->user_id,
		.number_id = l->number_id,
		.token = token};
	snprintf(order.phone, sizeof(order.phone), "%s", d->call.phone);
	struct http_request request;
	http_request_init(&request, "POST");
	http_answer_release(answer);
	http_answer_init(answer);
	answer->fault = HTTP_NOT_SENT;
	enum err e = p->place_request(d->x->config, &order, &request);
	int64_t left = d->deadline - clock_mono_ms();
	/* Before it is sent it can be given up without harm: for the next one there must be time. */
	request.connect_ms = d->another ? left / 2 : 0;
	FAULT_POINT("place-before-ask");
	if (e == ERR_NONE && left > 0)
		http_client_perform(d->http, &request, left, answer);
	else
		snprintf(answer->error, sizeof(answer->error), "%s",
			e != ERR_NONE ? err_word(e) : "no time was left");
	FAULT_POINT("place-after-ask");
	p->place_outcome(answer, o);
	if (token != NULL)
		hide_token(token, o);
	trail_note(d, l->provider, o, answer);
	http_request_release(&request);
}

static void refuse_unasked(struct dialling *d, enum provider_id p, const char *reason,
	const char *why, struct place_outcome *o)
{
	struct http_answer none;
	http_answer_init(&none);
	none.fault = HTTP_NOT_SENT;
	snprintf(none.error, sizeof(none.error), "%s", why);
	*o = (struct place_outcome){.result = PLACE_REFUSED, .reason = reason};
	trail_note(d, p, o, &none);
	http_answer_release(&none);
}

/* Why no token could be had, as the outcome of asking. */
static void refuse_token(struct dialling *d, enum token_result t, struct place_outcome *o)
{
	switch (t) {
	case TOKEN_NOT_CONNECTED:
		refuse_unasked(
			d, PROVIDER_DIALPAD, "not_connected", "the user has disconnected", o);
		break;
	case TOKEN_RECONNECT:
		refuse_unasked(d, PROVIDER_DIALPAD, "dialpad_unauthorized",
			"the user has to connect again", o);
		break;
	default:
		refuse_unasked(
			d, PROVIDER_DIALPAD, "dialpad_unreachable", "no token could be had", o);
		break;
	}
}

static enum err open_vault(struct dialling *d)
{
	struct buf why;
	buf_init(&why, 1024);
	vault_close(d->vault);
	enum err e = vault_open(d->x->config->token_key_file, &d->vault, &why);
	if (e != ERR_NONE)
		log_write(d->x->log, LOG_OUTSIDE, "E4003", "%s", why.s);
	d->r->no_token_key = e != ERR_NONE && e != ERR_NOMEM;
	buf_release(&why);
	return e;
}

/* Takes half of the time that is left at most: an outage of the tokens' place must not keep the next
 * provider from being asked. */
static enum token_result try_token(
	struct dialling *d, const char *refused, struct buf *token, int64_t *user_id)
{
	int64_t now = clock_mono_ms();
	struct connect_context x = {.config = d->x->config,
		.store = d->x->store,
		.vault = d->vault,
		.log = d->x->log,
		.http = d->http,
		.deadline = now + (d->deadline - now) / 2};
	return connect_token(&x, d->q->user, refused, clock_now_ms(), token, user_id);
}

/* The key may have been changed since its file was read: that is looked at once more. */
static enum token_result get_token(
	struct dialling *d, const char *refused, struct buf *token, int64_t *user_id)
{
	enum token_result t = try_token(d, refused, token, user_id);
	if (t == TOKEN_NO_KEY && open_vault(d) == ERR_NONE)
		t = try_token(d, refused, token, user_id);
	d->r->no_token_key = t == TOKEN_NO_KEY;
	return t;
}

/* With the user's own token; once more after a 401 whose token could be refreshed. */
static void ask_dialpad(struct dialling *d, const struct chain_link *l, struct http_answer *answer,
	struct place_outcome *o)
{
	struct buf token, fresh;
	struct chain_link own = *l;
	buf_init_secret(&token, OAUTH_TOKEN_MAX);
	buf_init_secret(&fresh, OAUTH_TOKEN_MAX);
	enum token_result t = get_token(d, NULL, &token, &own.user_id);
	if (t != TOKEN_READY) {
		refuse_token(d, t, o);
		goto out;
	}
	ask_once(d, &own, token.s, answer, o);
	if (answer->fault != HTTP_ANSWERED || answer->status != 401)
		goto out;
	t = get_token(d, token.s, &fresh, &own.user_id);
	if (t == TOKEN_READY)
		ask_once(d, &own, fresh.s, answer, o);
out:
	buf_release(&token);
	buf_release(&fresh);
}

static void ask(struct dialling *d, const struct chain_link *l, struct place_outcome *o)
{
	struct http_answer answer;
	http_answer_init(&answer);
	*o = (struct place_outcome){.result = PLACE_REFUSED};
	enum err e = d->http != NULL ? ERR_NONE : http_client_open(d->x->config, &d->http);
	if (e == ERR_NONE && l->provider == PROVIDER_DIALPAD && d->vault == NULL)
		e = open_vault(d);
	if (e != ERR_NONE)
		refuse_unasked(d, l->provider,
			l->provider == PROVIDER_DIALPAD ? "dialpad_unreachable"
							: "aircall_unreachable",
			err_word(e), o);
	else if (l->provider == PROVIDER_DIALPAD)
		ask_dialpad(d, l, &answer, o);
	else
		ask_once(d, l, NULL, &answer, o);
	http_answer_release(&answer);
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
		.trail = d->trail,
		.trail_count = d->trail_count};
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
	st.reason = d->last_reason;
	d->r->answer = hand_off ? DIAL_HANDED_OFF : DIAL_FAILED;
	return settle(d, hand_off ? PROVIDER_TEL : PROVIDER_NONE, &st, hand_off ? 200 : 502);
}

static enum err name_next(struct dialling *d, const struct chain_link *l)
{
	d->call.provider = l->provider;
	return store_name_provider(
		d->x->store, &d->call.id, l->provider, l->user_id, l->number_id, clock_now_ms());
}

/* The row is durable and names the first provider that can be asked. */
static enum err ask_in_order(struct dialling *d)
{
	int i = chain_next(&d->chain, 0);
	while (i >= 0) {
		struct place_outcome o;
		memset(&o, 0, sizeof(o));
		int next = chain_next(&d->chain, i + 1);
		d->another = next >= 0;
		ask(d, &d->chain.links[i], &o);
		store_set_emergency(d->x->store, d->x->unclear_answer, d->x->unclear_answer_len);
		if (o.result != PLACE_REFUSED)
			return end_asked(d, &o);
		if (!note_refusal(d, d->chain.links[i].provider, o.reason, o.detail) ||
			!note_unaskable(d, i + 1, next < 0 ? d->chain.count : next))
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
		.forbidden = (q->aircall_user_id != 0 || q->aircall_number_id != 0) &&
			     !c->aircall_allow_override,
		.number_allowed = dial_number_allowed(c, q->phone),
		.guard = q->key == NULL && q->placed_by != PROVIDER_TEL,
		.refuse = q->placed_by != PROVIDER_TEL,
		.calls_per_minute = c->calls_per_minute,
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

enum err dial_call(
	const struct dial_context *x, const struct dial_request *q, struct dial_result *r)
{
	struct dialling d;
	memset(&d, 0, sizeof(d));
	d.x = x;
	d.q = q;
	d.r = r;
	d.last_reason = "";
	d.deadline = clock_mono_ms() + x->config->provider_timeout * 1000;
	call_init(&d.call);
	enum err e = place(&d);
	http_client_close(d.http);
	vault_close(d.vault);
	call_release(&d.call);
	return e;
}
