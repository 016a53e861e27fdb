#include "control_calls.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialpad.h"
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
static json_t *aircall_truth(struct sim *sim, const struct call *call)
{
	struct call_view view = call_view_at(call, clock_now(&sim->clock), &sim->settings);

	return json_pack("{ss sI ss ss ss sI sI ss sb sI sI so so sI sI ss?}", "provider",
		"aircall", "id", (json_int_t)call->id, "to", call->digits, "raw_digits", call->raw,
		"status", call_status_name(view.status), "user", (json_int_t)call->user, "number",
		(json_int_t)call->number, "direction", call->inbound ? "inbound" : "outbound",
		"hand_dialled", (int)call->hand_dialled, "created_at", (json_int_t)call->created_at,
		"started_at", (json_int_t)call->started_at, "answered_at",
		time_json(call->answered_at), "ended_at", time_json(call->ended_at), "listed_from",
		(json_int_t)call->listed_from, "duration_now", (json_int_t)view.duration, "mark",
		call->mark);
}

static json_t *dialpad_truth(struct sim *sim, const struct call *call)
{
	int64_t now_ms = clock_now_ms(&sim->clock);

	return json_pack("{ss so ss ss ss so ss? ss sb sI sI so so so sI ss?}", "provider",
		"dialpad", "id", dialpad_id(call->id), "to", call->digits, "raw_digits", call->raw,
		"state", dialpad_call_state(sim, call, now_ms), "user", dialpad_id(call->user),
		"custom_data", call->custom_data, "direction",
		call->inbound ? "inbound" : "outbound", "hand_dialled", (int)call->hand_dialled,
		"created_ms", (json_int_t)call->created_at, "started_ms",
		(json_int_t)call->started_at, "rang_ms", time_json(call->rang_at), "connected_ms",
		time_json(call->answered_at), "ended_ms", time_json(call->ended_at),
		"listed_from_ms", (json_int_t)call->listed_from, "mark", call->mark);
}

static json_t *truth(struct sim *sim, const struct call *call)
{
	return call->provider == PROVIDER_DIALPAD ? dialpad_truth(sim, call)
						  : aircall_truth(sim, call);
}

static void add_calls(struct sim *sim, enum provider provider, const char *to, json_t *list)
{
	const struct call_store *store = sim_calls(sim, provider);
	char digits[TEXT_DIGITS];

	text_digits(digits, sizeof(digits), to);
	for (size_t i = 0; i < store->count; i++) {
		if (!to || strcmp(digits, store->by_id[i]->digits) == 0)
			json_array_append_new(list, truth(sim, store->by_id[i]));
	}
}

static void get_calls(struct sim *sim, struct request *request, struct answer *answer)
{
	const char *to = request_query(request, "to");
	const char *only = request_query(request, "provider");
	json_t *list = json_array();
	enum provider provider;

	if (provider_parse(only, &provider)) {
		add_calls(sim, provider, to, list);
	} else if (!only) {
		add_calls(sim, PROVIDER_AIRCALL, to, list);
		add_calls(sim, PROVIDER_DIALPAD, to, list);
	}
	answer_json(answer, 200,
		json_pack("{so sI}", "calls", list, "now", (json_int_t)clock_now(&sim->clock)));
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
	       (json_is_number(value) && json_number_value(value) >= 0);
}

/* Numbers that a text of digits may stand for, as ids are beyond what some tools can write. */
static bool id_of(const json_t *json, int64_t otherwise, int64_t *id)
{
	*id = otherwise;
	return !json || dialpad_int64(json, id);
}

static int64_t usual_user(struct sim *sim, enum provider provider)
{
	if (provider == PROVIDER_AIRCALL)
		return 1527216;
	return sim->people.count ? sim->people.person[0].id : 0;
}

/* A time in seconds, also with a fraction. */
static int64_t started_ms(struct sim *sim, const json_t *given)
{
	if (json_is_integer(given))
		return json_integer_value(given) * 1000;
	return json_is_real(given) ? (int64_t)(json_real_value(given) * 1000 + 0.5)
				   : clock_now_ms(&sim->clock);
}

static bool read_insertion(
	struct sim *sim, json_t *spec, struct insertion *insertion, char *error, size_t size)
{
	const char *service = "aircall";
	enum provider provider = PROVIDER_AIRCALL;
	json_t *id = NULL;
	json_t *user = NULL;
	json_int_t number = 967647;
	json_t *started_at = NULL;
	json_int_t list_after = 0;
	json_int_t count = 1;
	json_int_t spacing = 1;
	const char *to = "+12125550134";
	const char *direction = "outbound";
	const char *raw_digits = NULL;
	const char *custom_data = NULL;
	const char *end_state = "hangup";
	json_t *ring_after = NULL;
	json_t *answer_after = NULL;
	json_t *hangup_after = NULL;
	int hand_dialled = 1;
	int vary_to = 0;
	json_error_t why;

	if (json_unpack_ex(spec, &why, JSON_STRICT,
		    "{s?s s?o s?o s?I s?o s?I s?I s?I s?s s?s s?s s?s s?s s?o s?o s?o s?b s?b}",
		    "provider", &service, "id", &id, "user", &user, "number", &number, "started_at",
		    &started_at, "list_after", &list_after, "count", &count, "spacing", &spacing,
		    "to", &to, "direction", &direction, "raw_digits", &raw_digits, "custom_data",
		    &custom_data, "end_state", &end_state, "ring_after", &ring_after,
		    "answer_after", &answer_after, "hangup_after", &hangup_after, "hand_dialled",
		    &hand_dialled, "vary_to", &vary_to) != 0) {
		snprintf(error, size, "call: %s", why.text);
		return false;
	}
	if (!provider_parse(service, &provider) || !call_plan_end_state(end_state)) {
		snprintf(error, size, "call: unknown provider or end_state");
		return false;
	}
	*insertion = (struct insertion){
		.plan = {.provider = provider,
			.to = to,
			.number = number,
			.created_ms = started_ms(sim, started_at),
			.list_after = list_after,
			.inbound = strcmp(direction, "inbound") == 0,
			.hand_dialled = hand_dialled != 0,
			.ring_after = ring_after,
			.answer_after = answer_after,
			.hangup_after = hangup_after,
			.raw_digits = raw_digits,
			.custom_data = custom_data,
			.end_state = call_plan_end_state(end_state)},
		.count = count,
		.spacing = spacing,
		.vary_to = vary_to != 0,
	};
	if (!id_of(id, 0, &insertion->plan.id) ||
		!id_of(user, usual_user(sim, provider), &insertion->plan.user) ||
		(started_at && !json_is_number(started_at)) || count < 1 || count > 1000000 ||
		spacing < 0 || list_after < 0 || !seconds_or_null(ring_after) ||
		!seconds_or_null(answer_after) || !seconds_or_null(hangup_after)) {
		snprintf(error, size, "call: a number is wrong or out of range");
		return false;
	}
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

		plan.created_ms = insertion->plan.created_ms + i * insertion->spacing * 1000;
		if (insertion->vary_to) {
			count_up(varied, sizeof(varied), insertion->plan.to, i);
			plan.to = varied;
		}
		call = call_plan_start(sim, &plan);
		if (!call)
			return false;
		json_array_append_new(ids, call->provider == PROVIDER_DIALPAD
						   ? dialpad_id(call->id)
						   : json_integer(call->id));
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

/* Somebody picks up or hangs up now. */
static void post_call(struct sim *sim, struct call *call, json_t *body, struct answer *answer)
{
	bool pick_up = rule_flag(body, "answer", false);
	bool hang_up = rule_flag(body, "hangup", false);

	if (pick_up == hang_up)
		wrong(answer, 400, "either answer or hangup must be true");
	else if (!(pick_up ? call_pick_up(sim, call) : call_hang_up(sim, call)))
		wrong(answer, 409, "the call is over");
	else
		answer_json(answer, 200, truth(sim, call));
}

static struct call *find_call(struct sim *sim, const char *text)
{
	struct call *call;
	int64_t id;

	if (!text_int64(text, &id))
		return NULL;
	call = call_store_find(&sim->calls, id);
	return call ? call : call_store_find(&sim->dialpad_calls, id);
}

static void one_call(struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	struct call *call = find_call(sim, request->path + sizeof(base));

	if (!call) {
		wrong(answer, 404, "no such call");
	} else if (strcmp(request->method, "POST") == 0) {
		post_call(sim, call, body, answer);
	} else if (strcmp(request->method, "DELETE") == 0) {
		call_store_remove(sim_calls(sim, call->provider), call->id);
		answer_json(answer, 200, json_pack("{sb}", "ok", 1));
	} else {
		answer_json(answer, 200, truth(sim, call));
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
	if (strcmp(request->method, "POST") == 0) {
		post_calls(sim, body, answer);
	} else if (strcmp(request->method, "DELETE") == 0) {
		sim_calls_clear(sim);
		answer_json(answer, 200, json_pack("{sb}", "ok", 1));
	} else {
		get_calls(sim, request, answer);
	}
	return true;
}
