/*
 * Dialpad's objects. Its REST interface writes int64 as text and leaves out what is unset; its
 * webhooks write numbers and null.
 */
#include "dialpad.h"

#include <inttypes.h>
#include <string.h>

#include "mem.h"

static const char made_at[] = "2026-09-28T10:21:09.210000";
static const int64_t company_id = 4508591728425653;
static const int64_t office_id = 6422934115149452;

json_t *dialpad_id(int64_t id)
{
	return json_sprintf("%" PRId64, id);
}

static void set_text(json_t *object, const char *name, const char *value)
{
	json_object_set_new(object, name, json_string(value));
}

static void set_flag(json_t *object, const char *name, bool value)
{
	json_object_set_new(object, name, json_boolean(value));
}

json_t *dialpad_user_json(struct sim *sim, const struct person *person)
{
	const char *space = strchr(person->name, ' ');
	size_t first = space ? (size_t)(space - person->name) : strlen(person->name);
	bool busy =
		call_store_user_busy(&sim->dialpad_calls, person->id, clock_now_ms(&sim->clock));
	json_t *json = json_object();

	json_object_set_new(json, "id", dialpad_id(person->id));
	json_object_set_new(json, "company_id", dialpad_id(company_id));
	json_object_set_new(json, "office_id", dialpad_id(office_id));
	set_text(json, "display_name", person->name);
	json_object_set_new(json, "first_name", json_stringn(person->name, first));
	set_text(json, "last_name", space ? space + 1 : "");
	json_object_set_new(json, "emails", json_pack("[s]", person->email));
	json_object_set_new(json, "phone_numbers", json_pack("[s]", person->phone));
	set_text(json, "state", person->state);
	set_flag(json, "is_admin", person->admin);
	set_flag(json, "is_super_admin", person->admin);
	set_flag(json, "is_available", !busy);
	set_flag(json, "is_online", person_online(person));
	set_flag(json, "is_on_duty", false);
	set_flag(json, "do_not_disturb", person->do_not_disturb);
	set_flag(json, "international_dialing_enabled", true);
	set_flag(json, "muted", false);
	set_text(json, "license", "talk");
	set_text(json, "country", "us");
	set_text(json, "language", "en");
	set_text(json, "timezone", "US/Pacific");
	set_text(json, "date_added", made_at);
	set_text(json, "date_active", made_at);
	set_text(json, "date_first_login", "2026-09-28T10:21:09");
	json_object_set_new(json, "group_details",
		json_pack("[{sb so ss ss}]", "do_not_disturb", 0, "group_id", dialpad_id(office_id),
			"group_type", "office", "role", person->admin ? "admin" : "operator"));
	json_object_set_new(json, "admin_office_ids",
		person->admin ? json_pack("[o]", dialpad_id(office_id)) : json_array());
	return json;
}

json_t *dialpad_device_json(const struct person *person, const char *type)
{
	/* Mobile devices do not register. */
	bool mobile = strcmp(type, "iphone") == 0 || strcmp(type, "ipad") == 0 ||
		      strcmp(type, "android") == 0;

	return json_pack("{ss ss ss ss so ss so}", "date_created", made_at, "date_registered",
		mobile ? "" : made_at, "date_updated", made_at, "display_name", type, "id",
		json_sprintf("%s-user-%" PRId64 "-client-%s", person->phone, person->id, type),
		"type", type, "user_id", dialpad_id(person->id));
}

/* --- calls --- */

static bool reached(int64_t at, int64_t now_ms)
{
	return at != CALL_NEVER && at <= now_ms;
}

/* The later call for which this one waits, if it still lasts. */
static bool held(struct sim *sim, const struct call *call, int64_t now_ms)
{
	const struct call *other =
		call->consult ? call_store_find(&sim->dialpad_calls, call->consult) : NULL;

	return other && reached(other->started_at, now_ms) && !reached(other->ended_at, now_ms);
}

const char *dialpad_call_state(struct sim *sim, const struct call *call, int64_t now_ms)
{
	if (reached(call->ended_at, now_ms))
		return call->end_state;
	if (reached(call->answered_at, now_ms))
		return held(sim, call, now_ms) ? "hold" : "connected";
	return reached(call->rang_at, now_ms) ? "ringing" : "calling";
}

/* The moment of the last change of state. */
static int64_t event_time(const struct call *call, int64_t now_ms)
{
	const int64_t times[] = {call->ended_at, call->answered_at, call->rang_at};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (reached(times[i], now_ms))
			return times[i];
	}
	return call->started_at;
}

static json_t *int_json(int64_t value, bool numbers)
{
	return numbers ? json_integer(value) : dialpad_id(value);
}

/* Unset is null in webhooks, and absent otherwise. */
static void set_time(json_t *json, const char *name, int64_t at, int64_t now_ms, bool numbers)
{
	if (reached(at, now_ms))
		json_object_set_new(json, name, int_json(at, numbers));
	else if (numbers)
		json_object_set_new(json, name, json_null());
}

static json_t *contact_json(const struct call *call, bool numbers)
{
	int64_t id = INT64_C(6051533200000000) + call->id % 1000000;

	return json_pack("{so ss ss so ss}", "id", int_json(id, numbers), "type", "local", "name",
		call->raw, "phone", json_sprintf("+%s", call->digits), "email", "");
}

static json_t *target_json(const struct call *call, const struct person *person, bool numbers)
{
	json_t *json;

	if (call->user == 0)
		return json_object();
	json = json_pack("{so ss ss ss ss}", "id", int_json(call->user, numbers), "type", "user",
		"name", person ? person->name : "", "phone", person ? person->phone : "", "email",
		person ? person->email : "");
	if (numbers)
		json_object_set_new(json, "office_id", json_integer(office_id));
	return json;
}

static void set_durations(json_t *json, const struct call *call, int64_t now_ms, bool numbers)
{
	bool answered = call->answered_at != CALL_NEVER;
	int64_t talk = answered ? call->ended_at - call->answered_at : 0;

	if (!reached(call->ended_at, now_ms)) {
		if (numbers) {
			json_object_set_new(json, "duration", json_null());
			json_object_set_new(json, "total_duration", json_null());
		}
		return;
	}
	json_object_set_new(json, "duration", answered ? json_real((double)talk) : json_integer(0));
	/* Fractions of a millisecond occur. */
	json_object_set_new(json, "total_duration",
		json_real((double)(call->ended_at - call->started_at) + 0.25));
	if (numbers) {
		json_object_set_new(json, "talk_time", json_integer(talk));
		json_object_set_new(json, "hold_time", json_integer(0));
	}
}

/* Members that only webhooks have, as far as they say nothing of this call. */
static void set_webhook_only(json_t *json)
{
	static const char *const nulls[] = {"selected_caller_id", "date_queued",
		"callback_requested", "entry_point_call_id", "operator_call_id", "master_call_id",
		"group_id", "csat_score", "voicemail_link", "voicemail_recording_id",
		"transcription_text"};

	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		json_object_set_new(json, nulls[i], json_null());
	set_text(json, "target_availability_status", "open");
	set_flag(json, "is_internal", false);
	json_object_set_new(json, "transferred_from", json_object());
	json_object_set_new(json, "call_recording_ids", json_array());
	json_object_set_new(json, "integrations", json_object());
}

json_t *dialpad_call_json(
	struct sim *sim, const struct call *call, int64_t now_ms, bool numbers, const char *state)
{
	const struct person *person = people_find(&sim->people, call->user);
	bool over = reached(call->ended_at, now_ms);
	json_t *json = json_object();

	json_object_set_new(json, "call_id", int_json(call->id, numbers));
	set_text(json, "state", state ? state : dialpad_call_state(sim, call, now_ms));
	set_text(json, "direction", call->inbound ? "inbound" : "outbound");
	set_time(json, "date_started", call->started_at, now_ms, numbers);
	set_time(json, "date_rang", call->inbound ? call->rang_at : CALL_NEVER, now_ms, numbers);
	if (numbers)
		set_time(json, "date_first_rang", call->rang_at, now_ms, numbers);
	set_time(json, "date_connected", call->answered_at, now_ms, numbers);
	set_time(json, "date_ended", call->ended_at, now_ms, numbers);
	/* A state of its own is told of at its own time. */
	json_object_set_new(json, "event_timestamp",
		int_json(state ? now_ms : event_time(call, now_ms), numbers));
	set_durations(json, call, now_ms, numbers);
	json_object_set_new(json, "external_number", json_sprintf("+%s", call->digits));
	set_text(json, "internal_number", person ? person->phone : "");
	json_object_set_new(json, "contact", contact_json(call, numbers));
	json_object_set_new(json, "target", target_json(call, person, numbers));
	json_object_set_new(json, "proxy_target", json_object());
	json_object_set_new(json, "entry_point_target", json_object());
	set_flag(json, "is_transferred", false);
	set_flag(json, "was_recorded", false);
	if (over && !numbers && call->answered_at != CALL_NEVER)
		json_object_set_new(json, "mos_score", json_real(4.3));
	else if (numbers)
		json_object_set_new(json, "mos_score", json_null());
	if (over || numbers) {
		json_object_set_new(json, "labels", json_array());
		json_object_set_new(json, "recording_details", json_array());
		json_object_set_new(json, "routing_breadcrumbs", json_array());
	}
	if (numbers)
		set_webhook_only(json);
	if (call->custom_data)
		set_text(json, "custom_data", call->custom_data);
	else if (numbers)
		json_object_set_new(json, "custom_data", json_null());
	return json;
}
