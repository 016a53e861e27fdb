#include "plan.h"

#include <stdio.h>
#include <string.h>

#include "aircall.h"
#include "dialpad.h"
#include "mem.h"
#include "sim.h"

enum { RINGS_FOR = 30 }; /* seconds until an unanswered call is given up */

/* Units of the service's times in a second. */
static int64_t second(enum provider provider)
{
	return provider == PROVIDER_DIALPAD ? 1000 : 1;
}

static int64_t now_of(struct sim *sim, enum provider provider)
{
	return clock_now_ms(&sim->clock) / (1000 / second(provider));
}

const char *call_plan_end_state(const char *word)
{
	static const char *const states[] = {
		"hangup", "missed", "blocked", "voicemail", "busy", "canceled", "failed"};

	for (size_t i = 0; word && i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(word, states[i]) == 0)
			return states[i];
	}
	return NULL;
}

static int64_t delay(struct sim *sim, const struct call_plan *plan)
{
	if (plan->started_at_delay >= 0)
		return plan->started_at_delay;
	if (sim->settings.started_at_delay >= 0)
		return sim->settings.started_at_delay;
	/* Aircall's own start of a call is up to two seconds after the request. */
	return plan->provider == PROVIDER_AIRCALL ? sim->calls.next_ordinal % 3 : 0;
}

static int64_t after(const struct call *call, const json_t *value, int64_t otherwise)
{
	int64_t unit = second(call->provider);

	if (json_is_null(value) || (!value && otherwise == CALL_NEVER))
		return CALL_NEVER;
	if (!value)
		return call->started_at + otherwise * unit;
	return call->started_at + (int64_t)(json_number_value(value) * (double)unit + 0.5);
}

static void events_schedule(struct sim *sim, const struct call *call)
{
	if (call->provider == PROVIDER_DIALPAD)
		dialpad_events_schedule(sim, call);
	else
		aircall_events_schedule(sim, call);
}

/* What happens only before something else that happens earlier does not happen at all. */
static void put_in_order(struct call *call)
{
	if (call->ended_at != CALL_NEVER && call->answered_at >= call->ended_at)
		call->answered_at = CALL_NEVER;
	if ((call->ended_at != CALL_NEVER && call->rang_at >= call->ended_at) ||
		(call->answered_at != CALL_NEVER && call->rang_at >= call->answered_at))
		call->rang_at = CALL_NEVER;
}

struct call *call_plan_start(struct sim *sim, const struct call_plan *plan)
{
	struct call *call = mem_new(sizeof(*call));
	int64_t answer = plan->never_answered ? CALL_NEVER : sim->settings.answer_after;
	int64_t hangup = plan->never_answered ? RINGS_FOR : sim->settings.hangup_after;
	int64_t unit = second(plan->provider);

	call->provider = plan->provider;
	call->id = plan->id;
	call->user = plan->user;
	call->number = plan->number;
	call->inbound = plan->inbound;
	call->hand_dialled = plan->hand_dialled;
	call->created_at = plan->created_ms / (1000 / unit);
	call->started_at = call->created_at + delay(sim, plan) * unit;
	call->rang_at = after(call, plan->ring_after, sim->settings.dialpad_ring_after);
	call->answered_at = after(call, plan->answer_after, answer);
	call->ended_at = after(call, plan->hangup_after, hangup);
	put_in_order(call);
	call->listed_from =
		call->created_at +
		(plan->list_after >= 0 ? plan->list_after : sim->settings.list_after) * unit;
	call->custom_data = mem_text(plan->custom_data);
	call->mark = mem_text(plan->mark);
	call->end_state = plan->end_state ? plan->end_state : "hangup";
	text_digits(call->digits, sizeof(call->digits), plan->to);
	if (plan->raw_digits)
		snprintf(call->raw, sizeof(call->raw), "%s", plan->raw_digits);
	else
		text_format_number(call->raw, sizeof(call->raw), call->digits);
	if (!call_store_add(sim_calls(sim, plan->provider), call)) {
		call_free(call);
		return NULL;
	}
	events_schedule(sim, call);
	return call;
}

/* The moment at which something can happen to a call now; CALL_NEVER: it is over. */
static int64_t moment(struct sim *sim, const struct call *call)
{
	int64_t now = now_of(sim, call->provider);

	if (call->ended_at != CALL_NEVER && call->ended_at <= now)
		return CALL_NEVER;
	return now < call->started_at ? call->started_at : now;
}

static void events_again(struct sim *sim, const struct call *call)
{
	webhooks_cancel(sim, call->provider, call->id);
	events_schedule(sim, call);
}

bool call_pick_up(struct sim *sim, struct call *call)
{
	int64_t now = moment(sim, call);

	if (now == CALL_NEVER)
		return false;
	call->answered_at = now;
	call->ended_at = CALL_NEVER;
	put_in_order(call);
	events_again(sim, call);
	return true;
}

bool call_hang_up(struct sim *sim, struct call *call)
{
	int64_t now = moment(sim, call);

	if (now == CALL_NEVER)
		return false;
	call->ended_at = now;
	put_in_order(call);
	events_again(sim, call);
	return true;
}
