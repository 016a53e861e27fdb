/*
 * Call events: an event for each state, sent as plain JSON or, where the webhook has a secret, as
 * a signed JWT.
 */
#include "dialpad.h"

#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "mem.h"

enum { POST_STATES_MAX = 8, EVENTS_MAX = 4 + POST_STATES_MAX };

/* One of the known states as a constant, from a text that need not last. */
static const char *constant(const char *text, size_t len)
{
	static const char *const states[] = {"recording", "admin_recording", "transcription",
		"call_transcription", "voicemail_uploaded", "csat", "pcsat", "dispositions",
		"postcall", "recap_action_items", "recap_outcome", "recap_purposes",
		"recap_summary", "ai_playbook", "admin", "connected", "ringing"};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strlen(states[i]) == len && strncmp(states[i], text, len) == 0)
			return states[i];
	}
	return NULL;
}

struct schedule {
	struct webhooks_event events[EVENTS_MAX];
	size_t count;
};

static void add(struct schedule *schedule, const struct call *call, const char *name, int64_t at_ms)
{
	/* What was told once is not told again after somebody has hung up. */
	if (name && at_ms != CALL_NEVER && at_ms > call->told_ms && schedule->count < EVENTS_MAX)
		schedule->events[schedule->count++] =
			(struct webhooks_event){.name = name, .at_ms = at_ms};
}

void dialpad_events_schedule(struct sim *sim, const struct call *call)
{
	const char *states = sim->settings.dialpad_post_states;
	struct schedule schedule = {.count = 0};
	int64_t at_ms = call->ended_at;

	add(&schedule, call, "calling", call->started_at);
	add(&schedule, call, "ringing", call->rang_at);
	add(&schedule, call, "connected", call->answered_at);
	add(&schedule, call, call->end_state, call->ended_at);
	while (call->ended_at != CALL_NEVER && *states) {
		size_t n = strcspn(states, " ");

		at_ms += 1000;
		add(&schedule, call, constant(states, n), at_ms);
		states += n + strspn(states + n, " ");
	}
	webhooks_plan(sim, PROVIDER_DIALPAD, call->id, schedule.events, schedule.count);
}

void dialpad_event_hold(struct sim *sim, const struct call *call)
{
	const struct webhooks_event event = {.name = "hold", .at_ms = clock_now_ms(&sim->clock)};

	if (call->answered_at != CALL_NEVER && call->answered_at <= event.at_ms)
		webhooks_plan(sim, PROVIDER_DIALPAD, call->id, &event, 1);
}

static char *payload(struct sim *sim, const struct pending *event, const struct call *call)
{
	json_t *json = dialpad_call_json(sim, call, event->built_ms, true, event->event);
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	return text ? text : mem_text("");
}

static void fire(struct sim *sim, const struct pending *event)
{
	struct call *call = call_store_find(&sim->dialpad_calls, event->call);

	if (!call)
		return;
	if (event->built_ms > call->told_ms)
		call->told_ms = event->built_ms;
	for (size_t i = 0; i < sim->subscriptions.count; i++) {
		const struct subscription *subscription = &sim->subscriptions.subscription[i];
		const struct webhook *webhook =
			subscriptions_webhook(&sim->subscriptions, subscription->webhook);
		const char *type = "application/json";
		char *body;

		if (!webhook || !subscription_wants(subscription, event->event, call->user))
			continue;
		body = payload(sim, event, call);
		if (webhook->secret) {
			char *token = crypto_jwt(webhook->secret, body);

			free(body);
			body = token;
			type = sim->settings.dialpad_jwt_type;
		}
		webhooks_deliver(sim, &dialpad_courier, webhook->id, event, type, body);
	}
}

static const char *address(struct sim *sim, int64_t id)
{
	const struct webhook *webhook = subscriptions_webhook(&sim->subscriptions, id);

	return webhook ? webhook->url : NULL;
}

/*
 * After a 5xx three more attempts, after 2, 4 and 8 seconds; without an answer two more at once;
 * nothing after any other answer.
 */
static int64_t again_ms(struct sim *sim, const struct delivery *delivery)
{
	(void)sim;
	if (delivery->status >= 500)
		return delivery->attempts <= 3 ? INT64_C(1000) << delivery->attempts : -1;
	return delivery->status == -1 && delivery->attempts <= 2 ? 0 : -1;
}

const struct courier dialpad_courier = {
	.provider = PROVIDER_DIALPAD,
	.fire = fire,
	.address = address,
	.again_ms = again_ms,
	.headers = "User-Agent: Dialpad\r\n",
};
