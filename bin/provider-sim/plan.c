#include "plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "aircall.h"
#include "mem.h"
#include "sim.h"

enum { RINGS_FOR = 30 }; /* until an unanswered call is given up */

static int64_t delay(struct sim *sim, const struct call_plan *plan)
{
	if (plan->started_at_delay >= 0)
		return plan->started_at_delay;
	if (sim->settings.started_at_delay >= 0)
		return sim->settings.started_at_delay;
	/* The service's own start of a call is up to two seconds after the request. */
	return sim->calls.next_ordinal % 3;
}

static int64_t after(const json_t *value, int64_t started_at, int64_t otherwise)
{
	int64_t seconds = json_is_integer(value) ? json_integer_value(value)
			  : json_is_null(value)  ? CALL_NEVER
						 : otherwise;

	return seconds == CALL_NEVER ? CALL_NEVER : started_at + seconds;
}

struct call *call_plan_start(struct sim *sim, const struct call_plan *plan)
{
	struct call *call = mem_new(sizeof(*call));
	int64_t answer = plan->never_answered ? CALL_NEVER : sim->settings.answer_after;
	int64_t hangup = plan->never_answered ? RINGS_FOR : sim->settings.hangup_after;

	call->id = plan->id;
	call->user = plan->user;
	call->number = plan->number;
	call->inbound = plan->inbound;
	call->hand_dialled = plan->hand_dialled;
	call->created_at = plan->created_at;
	call->started_at = plan->created_at + delay(sim, plan);
	call->answered_at = after(plan->answer_after, call->started_at, answer);
	call->ended_at = after(plan->hangup_after, call->started_at, hangup);
	if (call->ended_at != CALL_NEVER && call->answered_at >= call->ended_at)
		call->answered_at = CALL_NEVER;
	call->listed_from = call->created_at +
			    (plan->list_after >= 0 ? plan->list_after : sim->settings.list_after);
	text_digits(call->digits, sizeof(call->digits), plan->to);
	if (plan->raw_digits)
		snprintf(call->raw, sizeof(call->raw), "%s", plan->raw_digits);
	else
		text_format_number(call->raw, sizeof(call->raw), call->digits);
	if (!call_store_add(&sim->calls, call)) {
		free(call);
		return NULL;
	}
	aircall_events_schedule(sim, call);
	return call;
}
