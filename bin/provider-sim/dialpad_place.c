/*
 * Placing a call in three ways: ringing a user's devices, driving his app, and the form of
 * POST /api/v2/calls.
 */
#include "dialpad.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "plan.h"

/* What a request to place a call says. */
struct wish {
	int64_t user;
	char to[TEXT_NUMBER];
	char *custom_data;
	char device[64]; /* the type of the one that is used; empty: all of them */
	bool consult;
};

/* Makes the usual good answer. */
typedef void good_answer(
	struct sim *sim, const struct wish *wish, int64_t call, struct answer *answer);

static void wish_release(struct wish *wish)
{
	free(wish->custom_data);
}

static bool refuse(struct answer *answer, int status, const char *why)
{
	dialpad_refuse(answer, status, why);
	return false;
}

static bool read_number(json_t *body, const char *name, struct wish *wish, struct answer *answer)
{
	const char *text = json_string_value(json_object_get(body, name));

	if (!text || !text_is_e164(text))
		return refuse(answer, 400, "The number to call is missing or not in E.164 format");
	snprintf(wish->to, sizeof(wish->to), "%s", text);
	return true;
}

static bool read_custom_data(
	json_t *body, const char *name, struct wish *wish, struct answer *answer)
{
	json_t *given = json_object_get(body, name);

	if (!given || json_is_null(given))
		return true;
	if (!json_is_string(given))
		return refuse(answer, 400, "custom_data is not a string");
	wish->custom_data = mem_text(json_string_value(given));
	return true;
}

/* Members that change nothing here, but have a type. */
static bool options_valid(json_t *body, struct answer *answer)
{
	static const char *const kinds[] = {"callcenter", "department", "office"};
	json_t *caller = json_object_get(body, "outbound_caller_id");
	json_t *group = json_object_get(body, "group_id");
	json_t *kind = json_object_get(body, "group_type");
	const char *shown = json_string_value(caller);
	bool known = !kind || json_is_null(kind);
	int64_t id;

	for (size_t i = 0; json_is_string(kind) && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		known = known || strcmp(kinds[i], json_string_value(kind)) == 0;
	if (!known)
		return refuse(answer, 400, "group_type is not known");
	if (group && !json_is_null(group) && !dialpad_int64(group, &id))
		return refuse(answer, 400, "group_id is not an integer");
	if (caller && !json_is_null(caller) &&
		!(shown && (strcmp(shown, "blocked") == 0 || text_is_e164(shown))))
		return refuse(answer, 400, "outbound_caller_id is not in E.164 format");
	return true;
}

/* The device named, which must be the user's. */
static bool read_device(
	json_t *body, const struct person *person, struct wish *wish, struct answer *answer)
{
	json_t *given = json_object_get(body, "device_id");

	if (!given || json_is_null(given))
		return true;
	for (size_t i = 0; json_is_string(given) && i < person->device_count; i++) {
		json_t *device = dialpad_device_json(person, person->devices[i]);
		bool same = json_equal(given, json_object_get(device, "id"));

		json_decref(device);
		if (!same)
			continue;
		snprintf(wish->device, sizeof(wish->device), "%s", person->devices[i]);
		return true;
	}
	return refuse(answer, 400, "device_id is not a device of this user");
}

static struct person *acting_user(
	struct sim *sim, struct request *request, int64_t id, struct answer *answer)
{
	struct person *person;

	if (!dialpad_may(sim, request, sim->settings.dialpad_call_scope) ||
		!dialpad_may_act_for(sim, request, id)) {
		refuse(answer, 403, "Not allowed to place calls for this user");
		return NULL;
	}
	person = people_find(&sim->people, id);
	if (!person || strcmp(person->state, "active") != 0) {
		refuse(answer, 404, "User not found");
		return NULL;
	}
	return person;
}

/* False: in a call that need not make room, or asking too often; answered. */
static bool ready(struct sim *sim, const struct wish *wish, struct answer *answer)
{
	static const char placing[] = "placing a call";

	if (sim->settings.busy_users && !wish->consult &&
		call_store_user_busy(&sim->dialpad_calls, wish->user, clock_now_ms(&sim->clock)))
		return refuse(answer, 400, "User is currently on a call");
	return dialpad_admit(
		sim, placing, wish->user, sim->settings.dialpad_calls_per_minute, answer);
}

/* A script may say to wait before the call comes into being; others go on meanwhile. */
static void wait_before(struct sim *sim, json_t *script)
{
	int64_t ms = rule_number(script, "before_ms", 0);

	if (ms <= 0)
		return;
	sim_unlock(sim);
	/* No socket: the call comes into being even if the client has given up. */
	sim_sleep_real(sim, -1, ms);
	sim_lock(sim);
}

static int64_t start_call(struct sim *sim, const struct wish *wish, json_t *script)
{
	const struct outcome *outcome = rule_outcome(script);
	struct call *before =
		call_store_user_call(&sim->dialpad_calls, wish->user, clock_now_ms(&sim->clock));
	int64_t held = wish->consult && before ? before->id : 0;
	struct call_plan plan = {
		.provider = PROVIDER_DIALPAD,
		.to = wish->to,
		.user = wish->user,
		.created_ms = clock_now_ms(&sim->clock),
		.started_at_delay = rule_number(script, "started_at_delay", -1),
		.list_after = rule_number(script, "list_after", -1),
		.never_answered = outcome && outcome->never_answered,
		.ring_after = json_object_get(script, "ring_after"),
		.answer_after = json_object_get(script, "answer_after"),
		.hangup_after = json_object_get(script, "hangup_after"),
		.raw_digits = rule_text(script, "raw_digits"),
		.mark = rule_text(script, "mark"),
		.end_state = call_plan_end_state(rule_text(script, "end_state")),
		.custom_data =
			rule_flag(script, "no_custom_data", false) ? NULL : wish->custom_data,
	};
	struct call *call;

	if (rule_flag(script, "no_user", false))
		plan.user = 0;
	call = call_plan_start(sim, &plan);
	before = held ? call_store_find(&sim->dialpad_calls, held) : NULL;
	if (before) {
		before->consult = call->id;
		dialpad_event_hold(sim, before);
	}
	return call->id;
}

/* An outcome that means success gets this service's own kind of success. */
static void apply_script(struct sim *sim, struct request *request, json_t *script,
	struct answer *good, struct answer *answer)
{
	const struct outcome *outcome = rule_outcome(script);
	bool usual = outcome->kind == ANSWER_PLAIN && outcome->status == 204;
	bool own = rule_answer(script, answer);

	if (usual && !json_object_get(script, "status"))
		answer->status = good->status;
	if (usual && !own) {
		answer->body = good->body;
		answer->body_len = good->body_len;
		good->body = NULL;
		answer_header(answer, "Content-Type", "application/json; charset=utf-8");
	} else if (!own) {
		dialpad_usual_answer(sim, request, answer);
	}
}

static void place(struct sim *sim, struct request *request, const struct wish *wish,
	good_answer *good, struct answer *answer)
{
	char digits[TEXT_DIGITS];
	struct answer made = {0};
	json_t *script;
	int64_t call;

	text_digits(digits, sizeof(digits), wish->to);
	script = rules_take_script(
		&sim->scripts, PROVIDER_DIALPAD, digits, wish->user, request->nth);
	if (script)
		request->rule = "script";
	wait_before(sim, script);
	if (!script || rule_flag(script, "start", rule_outcome(script)->starts))
		call = start_call(sim, wish, script);
	else
		call = sim->dialpad_calls.next_id++;
	good(sim, wish, call, &made);
	if (script)
		apply_script(sim, request, script, &made, answer);
	else
		*answer = made;
	if (script)
		answer_release(&made);
	json_decref(script);
}

/* --- POST /api/v2/call --- */

static void good_call(struct sim *sim, const struct wish *wish, int64_t call, struct answer *answer)
{
	bool number = strcmp(sim->settings.dialpad_rest_form, "number") == 0;

	(void)wish;
	answer_json(answer, 200,
		json_pack("{so}", "call_id", number ? json_integer(call) : dialpad_id(call)));
}

static bool understand_call(struct sim *sim, struct request *request, json_t *body,
	struct wish *wish, struct answer *answer)
{
	json_t *consult = json_object_get(body, "is_consult");
	const struct person *person;

	if (!dialpad_int64(json_object_get(body, "user_id"), &wish->user))
		return refuse(answer, 400, "user_id is missing or not an integer");
	if (consult && !json_is_boolean(consult) && !json_is_null(consult))
		return refuse(answer, 400, "is_consult is not a boolean");
	wish->consult = json_is_true(consult);
	if (!read_number(body, "phone_number", wish, answer) ||
		!read_custom_data(body, "custom_data", wish, answer) ||
		!options_valid(body, answer))
		return false;
	person = acting_user(sim, request, wish->user, answer);
	if (!person || !read_device(body, person, wish, answer))
		return false;
	if (!person_online(person))
		return refuse(answer, 400, "User has no active device");
	return ready(sim, wish, answer);
}

void dialpad_call_place(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	json_t *body = dialpad_body(request, answer);
	struct wish wish = {0};

	(void)id;
	if (!body)
		return;
	if (understand_call(sim, request, body, &wish, answer))
		place(sim, request, &wish, good_call, answer);
	json_decref(body);
	wish_release(&wish);
}

/* --- POST /api/v2/users/:id/initiate_call --- */

static void good_initiated(
	struct sim *sim, const struct wish *wish, int64_t call, struct answer *answer)
{
	const struct person *person = people_find(&sim->people, wish->user);

	/* No id of the call. */
	(void)call;
	answer_json(answer, 200,
		json_pack("{so}", "device",
			person ? dialpad_device_json(person, wish->device) : json_null()));
}

static bool understand_initiate(struct sim *sim, struct request *request, const char *id,
	json_t *body, struct wish *wish, struct answer *answer)
{
	const struct person *person;

	if (strcmp(id, "me") == 0)
		wish->user = dialpad_actor(request);
	else if (!text_int64(id, &wish->user))
		return refuse(answer, 404, "User not found");
	if (wish->user == 0)
		return refuse(answer, 400, "me needs the token of a user");
	if (!read_number(body, "phone_number", wish, answer) ||
		!read_custom_data(body, "custom_data", wish, answer) ||
		!options_valid(body, answer))
		return false;
	person = acting_user(sim, request, wish->user, answer);
	if (!person)
		return false;
	for (size_t i = 0; i < person->device_count && !*wish->device; i++) {
		if (device_autocallable(person->devices[i]))
			snprintf(wish->device, sizeof(wish->device), "%s", person->devices[i]);
	}
	if (!*wish->device)
		return refuse(answer, 400, "User has no active autocallable device");
	return ready(sim, wish, answer);
}

void dialpad_call_initiate(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	json_t *body = dialpad_body(request, answer);
	struct wish wish = {0};

	if (!body)
		return;
	if (understand_initiate(sim, request, id, body, &wish, answer))
		place(sim, request, &wish, good_initiated, answer);
	json_decref(body);
	wish_release(&wish);
}

/* --- POST /api/v2/calls: not a path of the service, served only by a setting --- */

static void good_legacy(
	struct sim *sim, const struct wish *wish, int64_t call, struct answer *answer)
{
	char now[TEXT_TIME];

	text_iso_time(now, clock_now_ms(&sim->clock));
	answer_json(answer, (int)sim->settings.legacy_status,
		json_pack("{so ss ss ss}", "id", dialpad_id(call), "to_number", wish->to, "status",
			"initiated", "created_at", now));
}

static bool understand_legacy(struct sim *sim, struct request *request, json_t *body,
	struct wish *wish, struct answer *answer)
{
	wish->user = dialpad_actor(request);
	if (wish->user == 0)
		return refuse(answer, 403, "A user's token is needed");
	return read_number(body, "to_number", wish, answer) &&
	       read_custom_data(body, "external_id", wish, answer) &&
	       acting_user(sim, request, wish->user, answer) && ready(sim, wish, answer);
}

void dialpad_call_legacy(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	json_t *body = dialpad_body(request, answer);
	struct wish wish = {0};

	(void)id;
	if (!body)
		return;
	if (understand_legacy(sim, request, body, &wish, answer))
		place(sim, request, &wish, good_legacy, answer);
	json_decref(body);
	wish_release(&wish);
}
