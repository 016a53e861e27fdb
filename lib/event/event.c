#include "event/event.h"

#include "auth/signed.h"
#include "base/fault.h"
#include "base/secret.h"
#include "event/recognise.h"
#include "http/request.h"
#include "provider/event.h"

#include <stdio.h>
#include <string.h>

/* A provider's clock is this far ahead at most; what is of a later time is of a wrong one, and
 * would outlive everything said afterwards. */
#define AHEAD_MS INT64_C(300000)

/* --- what it is about --- */

static void fill(
	struct store_event *to, const struct provider_event *e, enum provider_id p, int64_t now_ms)
{
	const struct provider_call *pc = &e->call;
	int64_t at_ms = e->at_ms > 0 && e->at_ms <= now_ms + AHEAD_MS ? e->at_ms : now_ms;
	*to = (struct store_event){.provider = p,
		.received_ms = now_ms,
		.has_call = pc->has_call,
		.call = pc->call,
		.outbound = pc->outbound,
		.user_id = pc->user_id,
		.number_id = pc->number_id,
		.start_ms = pc->start_ms};
	provider_call_statement(pc, at_ms, &to->said);
	snprintf(to->reason, sizeof(to->reason), "%s", pc->reason != NULL ? pc->reason : "");
	to->said.reason = NULL;
	snprintf(to->what, sizeof(to->what), "%s", e->what[0] != '\0' ? e->what : "event");
	if (strcmp(to->what, pc->word) != 0)
		snprintf(to->state, sizeof(to->state), "%s", pc->word);
	snprintf(to->digits, sizeof(to->digits), "%s", pc->digits);
}

/* Whether it may be about a call of ours that no row has yet. */
static bool may_be_ours(const struct event_context *x, const struct store_event *e)
{
	int64_t window_ms = x->config->reconcile_hours * INT64_C(3600000);
	int64_t start_ms = e->start_ms != 0 ? e->start_ms : e->said.at_ms;
	return e->outbound && start_ms > x->now_ms - window_ms;
}

/* --- into the store --- */

static enum event_result result_of(enum err e)
{
	if (e == ERR_NONE)
		return EVENT_TAKEN;
	return e == ERR_NOMEM ? EVENT_NO_MEMORY : EVENT_NOT_STORED;
}

static enum event_result store(
	const struct event_context *x, const struct provider_event *e, enum provider_id p)
{
	struct store_event event;
	fill(&event, e, p, x->now_ms);
	struct event_taking t = {.event = &event,
		.keep = may_be_ours(x, &event),
		.kept_max = EVENT_KEPT_MAX,
		.recognise = p == PROVIDER_AIRCALL ? event_recognise : NULL};
	FAULT_POINT("event-before-store");
	enum err err = store_event_take(x->store, &t);
	FAULT_POINT("event-after-store");
	return result_of(err);
}

/* Genuine, but no event about a call. */
static enum event_result senseless(const struct event_context *x, enum provider_id p)
{
	log_write(x->log, LOG_OUTSIDE, "E7003", "%s: an event makes no sense", provider_word(p));
	return result_of(store_event_count_senseless(x->store, p));
}

static enum event_result not_genuine(
	const struct event_context *x, enum provider_id p, const char *why)
{
	log_write(x->log, LOG_CLIENT, "E7001", "%s: event refused: %s", provider_word(p), why);
	return EVENT_NOT_GENUINE;
}

/* --- the providers --- */

static bool has_token(const struct event_context *x, const struct json *j)
{
	const char *want = x->config->aircall_webhook_token;
	struct buf got;
	buf_init_secret(&got, REQUEST_BODY_MAX);
	bool same = aircall_event_token(j, &got) && !got.failed &&
		    secret_equal(got.s, got.len, want, strlen(want));
	buf_release(&got);
	return same;
}

enum event_result event_from_aircall(const struct event_context *x, const struct buf *body)
{
	struct provider_event e;
	struct json j;
	if (x->config->aircall_webhook_token[0] == '\0')
		return EVENT_NOT_CONFIGURED;
	enum err err = json_parse_lenient(&j, body->s, body->len, REQUEST_BODY_MAX, NULL);
	if (err == ERR_NOMEM)
		return EVENT_NO_MEMORY;
	if (err != ERR_NONE)
		return not_genuine(x, PROVIDER_AIRCALL, "it is not JSON");
	enum event_result r;
	if (!has_token(x, &j))
		r = not_genuine(x, PROVIDER_AIRCALL, "its token is not the one of the settings");
	else if (aircall_event_read(&j, &e) != ERR_NONE)
		r = senseless(x, PROVIDER_AIRCALL);
	else
		r = store(x, &e, PROVIDER_AIRCALL);
	json_release(&j);
	return r;
}

static enum event_result from_payload(const struct event_context *x, const struct buf *payload)
{
	struct provider_event e;
	struct json j;
	enum err err = json_parse_lenient(&j, payload->s, payload->len, REQUEST_BODY_MAX, NULL);
	if (err == ERR_NOMEM)
		return EVENT_NO_MEMORY;
	if (err != ERR_NONE)
		return senseless(x, PROVIDER_DIALPAD);
	enum event_result r = dialpad_event_read(&j, &e) == ERR_NONE
				      ? store(x, &e, PROVIDER_DIALPAD)
				      : senseless(x, PROVIDER_DIALPAD);
	json_release(&j);
	return r;
}

enum event_result event_from_dialpad(const struct event_context *x, const struct buf *body)
{
	const char *why = "", *secret = x->config->dialpad_webhook_secret;
	struct buf payload;
	if (secret[0] == '\0')
		return EVENT_NOT_CONFIGURED;
	buf_init(&payload, REQUEST_BODY_MAX);
	enum err err = signed_body(secret, body->s, body->len, &payload, &why);
	enum event_result r = err == ERR_NONE    ? from_payload(x, &payload)
			      : err == ERR_NOMEM ? EVENT_NO_MEMORY
						 : not_genuine(x, PROVIDER_DIALPAD, why);
	buf_release(&payload);
	return r;
}
