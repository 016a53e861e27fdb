#include "control_calls.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aircall.h"
#include "mem.h"
#include "plan.h"
#include "server.h"
#include "sim.h"

static const char base[] = "/control/calls";

static void wrong(struct answer *answer, int status, const char *why)
{
	answer_json(answer, status, json_pack("{ss}", "error", why));
}

static json_t *time_json(int64_t at)
{
	return at == CALL_NEVER ? json_null() : json_integer(at);
}

/* What will be true of the call, not only what a reader sees by now. */
static json_t *truth(struct sim *sim, const struct call *call, int64_t now)
{
	struct call_view view = call_view_at(call, now, &sim->settings);

	return json_pack("{sI ss ss ss sI sI ss sb sI sI so so sI sI}", "id", (json_int_t)call->id,
		"to", call->digits, "raw_digits", call->raw, "status",
		call_status_name(view.status), "user", (json_int_t)call->user, "number",
		(json_int_t)call->number, "direction", call->inbound ? "inbound" : "outbound",
		"hand_dialled", (int)call->hand_dialled, "created_at", (json_int_t)call->created_at,
		"started_at", (json_int_t)call->started_at, "answered_at",
		time_json(call->answered_at), "ended_at", time_json(call->ended_at), "listed_from",
		(json_int_t)call->listed_from, "duration_now", (json_int_t)view.duration);
}

static void get_calls(struct sim *sim, struct request *request, struct answer *answer)
{
	const char *to = request_query(request, "to");
	int64_t now = clock_now(&sim->clock);
	char digits[TEXT_DIGITS];
	json_t *list = json_array();

	text_digits(digits, sizeof(digits), to);
	for (size_t i = 0; i < sim->calls.count; i++) {
		if (!to || strcmp(digits, sim->calls.by_id[i]->digits) == 0)
			json_array_append_new(list, truth(sim, sim->calls.by_id[i], now));
	}
	answer_json(answer, 200, json_pack("{so sI}", "calls", list, "now", (json_int_t)now));
}

/* One or many calls of a kind. */
struct insertion {
	struct call_plan plan;
	int64_t count;
	int64_t spacing; /* seconds between their starts */
	bool vary_to;    /* each to a number of its own, counting up from the first */
};

static bool seconds_or_null(const json_t *value)
{
	return !value || json_is_null(value) ||
	       (json_is_integer(value) && json_integer_value(value) >= 0);
}

static bool read_insertion(
	struct sim *sim, json_t *spec, struct insertion *insertion, char *error, size_t size)
{
	json_int_t id = 0;
	json_int_t user = 1527216;
	json_int_t number = 967647;
	json_int_t started_at = clock_now(&sim->clock);
	json_int_t list_after = 0;
	json_int_t count = 1;
	json_int_t spacing = 1;
	const char *to = "+12125550134";
	const char *direction = "outbound";
	const char *raw_digits = NULL;
	json_t *answer_after = NULL;
	json_t *hangup_after = NULL;
	int hand_dialled = 1;
	int vary_to = 0;
	json_error_t why;

	if (json_unpack_ex(spec, &why, JSON_STRICT,
		    "{s?I s?I s?I s?I s?I s?I s?I s?s s?s s?s s?o s?o s?b s?b}", "id", &id, "user",
		    &user, "number", &number, "started_at", &started_at, "list_after", &list_after,
		    "count", &count, "spacing", &spacing, "to", &to, "direction", &direction,
		    "raw_digits", &raw_digits, "answer_after", &answer_after, "hangup_after",
		    &hangup_after, "hand_dialled", &hand_dialled, "vary_to", &vary_to) != 0) {
		snprintf(error, size, "call: %s", why.text);
		return false;
	}
	if (count < 1 || count > 1000000 || spacing < 0 || list_after < 0 ||
		!seconds_or_null(answer_after) || !seconds_or_null(hangup_after)) {
		snprintf(error, size, "call: a number is out of range");
		return false;
	}
	*insertion = (struct insertion){
		.plan = {.id = id,
			.to = to,
			.user = user,
			.number = number,
			.created_at = started_at,
			.list_after = list_after,
			.inbound = strcmp(direction, "inbound") == 0,
			.hand_dialled = hand_dialled != 0,
			.answer_after = answer_after,
			.hangup_after = hangup_after,
			.raw_digits = raw_digits},
		.count = count,
		.spacing = spacing,
		.vary_to = vary_to != 0,
	};
	return true;
}

/* Adds i to the digits of a number. */
static void count_up(char *out, size_t size, const char *to, int64_t i)
{
	char digits[TEXT_DIGITS];
	int64_t value;

	text_digits(digits, sizeof(digits), to);
	if (text_int64(digits, &value))
		snprintf(out, size, "+%" PRId64, value + i);
	else
		snprintf(out, size, "%s", to);
}

static bool insert(struct sim *sim, const struct insertion *insertion, json_t *ids)
{
	struct call_plan plan = insertion->plan;
	char varied[TEXT_NUMBER];

	for (int64_t i = 0; i < insertion->count; i++) {
		const struct call *call;

		plan.created_at = insertion->plan.created_at + i * insertion->spacing;
		if (insertion->vary_to) {
			count_up(varied, sizeof(varied), insertion->plan.to, i);
			plan.to = varied;
		}
		call = call_plan_start(sim, &plan);
		if (!call)
			return false;
		json_array_append_new(ids, json_integer(call->id));
	}
	return true;
}

static void post_calls(struct sim *sim, json_t *body, struct answer *answer)
{
	json_t *list = json_is_array(body) ? json_incref(body) : json_pack("[O]", body);
	json_t *ids = json_array();
	char error[256] = "";
	size_t i;
	json_t *spec;

	json_array_foreach(list, i, spec)
	{
		struct insertion insertion;

		if (!read_insertion(sim, spec, &insertion, error, sizeof(error)))
			break;
		if (!insert(sim, &insertion, ids)) {
			snprintf(error, sizeof(error), "call: the id is taken");
			break;
		}
	}
	json_decref(list);
	if (*error) {
		json_decref(ids);
		wrong(answer, 400, error);
	} else {
		answer_json(answer, 200, json_pack("{so}", "ids", ids));
	}
}

static void delete_calls(struct sim *sim, struct answer *answer)
{
	int64_t next = sim->calls.next_id;

	call_store_release(&sim->calls);
	call_store_init(&sim->calls);
	sim->calls.next_id = next;
	answer_json(answer, 200, json_pack("{sb}", "ok", 1));
}

/* Somebody picks up or hangs up now. */
static void post_call(struct sim *sim, struct call *call, json_t *body, struct answer *answer)
{
	int64_t now = clock_now(&sim->clock);
	bool pick_up = rule_flag(body, "answer", false);
	bool hang_up = rule_flag(body, "hangup", false);

	if (pick_up == hang_up) {
		wrong(answer, 400, "either answer or hangup must be true");
		return;
	}
	if (call->ended_at != CALL_NEVER && call->ended_at <= now) {
		wrong(answer, 409, "the call is over");
		return;
	}
	if (now < call->started_at)
		now = call->started_at;
	if (pick_up) {
		call->answered_at = now;
		call->ended_at = CALL_NEVER;
	} else {
		if (call->answered_at >= now)
			call->answered_at = CALL_NEVER;
		call->ended_at = now;
	}
	aircall_events_cancel(sim, call->id);
	aircall_events_schedule(sim, call);
	answer_json(answer, 200, truth(sim, call, clock_now(&sim->clock)));
}

static void one_call(struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	struct call *call;
	int64_t id;

	call = text_int64(request->path + sizeof(base), &id) ? call_store_find(&sim->calls, id)
							     : NULL;
	if (!call) {
		wrong(answer, 404, "no such call");
	} else if (strcmp(request->method, "POST") == 0) {
		post_call(sim, call, body, answer);
	} else if (strcmp(request->method, "DELETE") == 0) {
		call_store_remove(&sim->calls, id);
		answer_json(answer, 200, json_pack("{sb}", "ok", 1));
	} else {
		answer_json(answer, 200, truth(sim, call, clock_now(&sim->clock)));
	}
}

bool control_calls_handle(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	if (strncmp(request->path, base, sizeof(base) - 1) != 0)
		return false;
	if (request->path[sizeof(base) - 1] == '/') {
		one_call(sim, request, body, answer);
		return true;
	}
	if (request->path[sizeof(base) - 1])
		return false;
	if (strcmp(request->method, "POST") == 0)
		post_calls(sim, body, answer);
	else if (strcmp(request->method, "DELETE") == 0)
		delete_calls(sim, answer);
	else
		get_calls(sim, request, answer);
	return true;
}
