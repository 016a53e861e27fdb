#include "dial/ask.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/text.h"
#include "connect/connect.h"

#include <stdio.h>
#include <string.h>

void asker_release(struct asker *k)
{
	retained_release(&k->own);
	vault_close(k->vault);
	limits_close(k->limits);
	k->http = NULL;
	k->vault = NULL;
	k->limits = NULL;
}

static void trail_note(struct asker *k, enum provider_id p, const struct place_outcome *o,
	const struct http_answer *a)
{
	static const char *const words[] = {[PLACE_ACCEPTED] = "accepted",
		[PLACE_REFUSED] = "refused",
		[PLACE_UNCLEAR] = "unclear"};
	if (k->trail_count == TRAIL_ROOM)
		return;
	struct trail_entry *t = &k->trail[k->trail_count++];
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
		log_write(k->log, LOG_OUTSIDE, "E4001", "%s", t->text);
}

/* A provider may repeat what it was sent, and its words are shown, logged and kept. */
static void hide_secrets(
	const struct config *c, const struct http_request *sent, struct place_outcome *o)
{
	static const char name[] = "Authorization: ";
	for (int i = 0; i < sent->header_count; i++) {
		const char *line = sent->headers[i].s;
		if (strncmp(line, name, sizeof(name) - 1) == 0)
			text_mask(o->detail, strrchr(line, ' ') + 1);
	}
	text_mask(o->detail, c->aircall_api_token);
}

static enum limit limit_of(enum provider_id p)
{
	return p == PROVIDER_DIALPAD ? LIMIT_DIALPAD_PLACE : LIMIT_AIRCALL;
}

/* Counted, but never held back. */
static void send(struct asker *k, enum limit what, const struct http_request *request, int64_t left,
	struct http_answer *answer)
{
	limits_count(k->limits, what);
	http_client_perform(k->http, request, left, answer);
	limits_answered(k->limits, what, answer);
}

/* One request, and what came of it. */
static void ask_once(struct asker *k, const struct chain_link *l, const char *token,
	struct http_answer *answer, struct place_outcome *o)
{
	const struct provider *p = provider_find(l->provider);
	struct place_order order = {.call = k->call->id,
		.user_id = l->user_id,
		.number_id = l->number_id,
		.token = token};
	snprintf(order.phone, sizeof(order.phone), "%s", k->call->phone);
	struct http_request request;
	http_request_init(&request, "POST");
	http_answer_release(answer);
	http_answer_init(answer);
	answer->fault = HTTP_NOT_SENT;
	enum err e = p->place_request(k->config, &order, &request);
	int64_t left = k->deadline - clock_mono_ms();
	/* Before it is sent it can be given up without harm: the next one must have time. */
	request.connect_ms = k->another ? left / 2 : 0;
	FAULT_POINT("place-before-ask");
	if (e == ERR_NONE && left > 0)
		send(k, limit_of(l->provider), &request, left, answer);
	else
		snprintf(answer->error, sizeof(answer->error), "%s",
			e != ERR_NONE ? err_word(e) : "no time was left");
	FAULT_POINT("place-after-ask");
	p->place_outcome(answer, o);
	hide_secrets(k->config, &request, o);
	trail_note(k, l->provider, o, answer);
	http_request_release(&request);
}

static void refuse_unasked(struct asker *k, enum provider_id p, const char *reason, const char *why,
	struct place_outcome *o)
{
	struct http_answer none;
	http_answer_init(&none);
	none.fault = HTTP_NOT_SENT;
	snprintf(none.error, sizeof(none.error), "%s", why);
	*o = (struct place_outcome){.result = PLACE_REFUSED, .reason = reason};
	trail_note(k, p, o, &none);
	http_answer_release(&none);
}

/* Why no token could be had, as the outcome of asking. */
static void refuse_token(struct asker *k, enum token_result t, struct place_outcome *o)
{
	switch (t) {
	case TOKEN_NOT_CONNECTED:
		refuse_unasked(
			k, PROVIDER_DIALPAD, "not_connected", "the user has disconnected", o);
		break;
	case TOKEN_RECONNECT:
		refuse_unasked(k, PROVIDER_DIALPAD, "dialpad_unauthorized",
			"the user has to connect again", o);
		break;
	default:
		refuse_unasked(
			k, PROVIDER_DIALPAD, "dialpad_unreachable", "no token could be had", o);
		break;
	}
}

static enum err open_vault(struct asker *k)
{
	struct buf why;
	buf_init(&why, 1024);
	vault_close(k->vault);
	enum err e = vault_open(k->config->token_key_file, &k->vault, &why);
	if (e != ERR_NONE)
		log_write(k->log, LOG_OUTSIDE, "E4003", "%s", why.s);
	k->no_token_key = e != ERR_NONE && e != ERR_NOMEM;
	buf_release(&why);
	return e;
}

/* Takes half of the time that is left at most: an outage of the tokens' place must not keep the
 * next provider from being asked. */
static enum token_result try_token(
	struct asker *k, const char *refused, struct buf *token, int64_t *user_id)
{
	int64_t now = clock_mono_ms();
	struct connect_context x = {.config = k->config,
		.store = k->store,
		.vault = k->vault,
		.log = k->log,
		.http = k->http,
		.limits = k->limits,
		.deadline = now + (k->deadline - now) / 2};
	return connect_token(&x, k->call->user, refused, clock_now_ms(), token, user_id);
}

/* The key may have been changed since its file was read: that is looked at once more. */
static enum token_result get_token(
	struct asker *k, const char *refused, struct buf *token, int64_t *user_id)
{
	enum token_result t = try_token(k, refused, token, user_id);
	if (t == TOKEN_NO_KEY && open_vault(k) == ERR_NONE)
		t = try_token(k, refused, token, user_id);
	k->no_token_key = t == TOKEN_NO_KEY;
	return t;
}

/* With the user's own token; once more after a 401 whose token could be refreshed. */
static void ask_dialpad(struct asker *k, const struct chain_link *l, struct http_answer *answer,
	struct place_outcome *o)
{
	struct buf token, fresh;
	struct chain_link own = *l;
	buf_init_secret(&token, OAUTH_TOKEN_MAX);
	buf_init_secret(&fresh, OAUTH_TOKEN_MAX);
	enum token_result t = get_token(k, NULL, &token, &own.user_id);
	if (t != TOKEN_READY) {
		refuse_token(k, t, o);
		goto out;
	}
	ask_once(k, &own, token.s, answer, o);
	if (answer->fault != HTTP_ANSWERED || answer->status != 401)
		goto out;
	t = get_token(k, token.s, &fresh, &own.user_id);
	if (t == TOKEN_READY)
		ask_once(k, &own, fresh.s, answer, o);
out:
	buf_release(&token);
	buf_release(&fresh);
}

void asker_ask(struct asker *k, const struct chain_link *l, bool another, struct place_outcome *o)
{
	struct http_answer answer;
	k->another = another;
	http_answer_init(&answer);
	*o = (struct place_outcome){.result = PLACE_REFUSED};
	enum err e = http_client_retained(
		k->config, k->clients != NULL ? k->clients : &k->own, &k->http);
	if (e == ERR_NONE && k->limits == NULL)
		e = limits_open(k->config, k->log, &k->limits);
	if (e == ERR_NONE && l->provider == PROVIDER_DIALPAD && k->vault == NULL)
		e = open_vault(k);
	if (e != ERR_NONE)
		refuse_unasked(k, l->provider,
			l->provider == PROVIDER_DIALPAD ? "dialpad_unreachable"
							: "aircall_unreachable",
			err_word(e), o);
	else if (l->provider == PROVIDER_DIALPAD)
		ask_dialpad(k, l, &answer, o);
	else
		ask_once(k, l, NULL, &answer, o);
	http_answer_release(&answer);
}
