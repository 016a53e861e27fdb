#include "aircall.h"

#include <stdio.h>
#include <string.h>

static const char api[] = "https://api.aircall.io";
static const char made_at[] = "2026-09-28T10:21:09.000Z";

static void set_number(json_t *object, const char *name, int64_t value)
{
	json_object_set_new(object, name, json_integer(value));
}

/* NULL becomes null. */
static void set_text(json_t *object, const char *name, const char *value)
{
	json_object_set_new(object, name, value ? json_string(value) : json_null());
}

static void set_time(json_t *object, const char *name, int64_t at)
{
	json_object_set_new(object, name, at == CALL_NEVER ? json_null() : json_integer(at));
}

static void set_nulls(json_t *object, const char *const *names)
{
	for (; *names; names++)
		json_object_set_new(object, *names, json_null());
}

static void set_empty(json_t *object, const char *const *names)
{
	for (; *names; names++)
		json_object_set_new(object, *names, json_array());
}

static void set_link(json_t *object, const char *kind, int64_t id)
{
	json_object_set_new(
		object, "direct_link", json_sprintf("%s/%s/%lld", api, kind, (long long)id));
}

static json_t *user_json(const struct user *user, const char *kind)
{
	json_t *json = json_object();

	set_number(json, "id", user->id);
	set_link(json, kind, user->id);
	set_text(json, "name", user->name);
	set_text(json, "email", user->email);
	/* These two tell of working hours, not of the live state. */
	json_object_set_new(json, "available", json_true());
	set_text(json, "availability_status", "available");
	set_text(json, "created_at", made_at);
	set_text(json, "time_zone", "Etc/UTC");
	set_text(json, "language", "en-US");
	set_text(json, "state", "always_opened");
	set_number(json, "wrap_up_time", 0);
	json_object_set_new(json, "extension", json_sprintf("%03d", (int)(user->id % 1000)));
	return json;
}

json_t *aircall_user_json(const struct user *user)
{
	return user_json(user, "v1/users");
}

json_t *aircall_user_v2_json(const struct user *user)
{
	json_t *json = user_json(user, "v2/users");

	set_text(json, "substatus", "always_opened");
	json_object_set_new(json, "default_number_id",
		user->default_number ? json_integer(user->default_number) : json_null());
	return json;
}

static json_t *messages(void)
{
	static const char *const names[] = {"welcome", "waiting", "ivr", "voicemail", "closed",
		"callback_later", "unanswered_call", "after_hours", "ringing_tone"};
	json_t *json = json_object();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		json_object_set_new(json, names[i],
			json_sprintf("https://media-web.aircall.io/example/%s.mp3", names[i]));
	return json;
}

json_t *aircall_number_json(const struct number *number)
{
	json_t *json = json_object();
	char formatted[TEXT_NUMBER];

	text_format_number(formatted, sizeof(formatted), number->digits);
	set_number(json, "id", number->id);
	set_link(json, "v1/numbers", number->id);
	set_text(json, "name", number->name);
	set_text(json, "digits", formatted);
	set_text(json, "country", text_country(number->digits));
	set_text(json, "time_zone", "America/Chicago");
	json_object_set_new(json, "open", json_true());
	set_text(json, "availability_status", number->active ? "open" : "closed");
	json_object_set_new(json, "is_ivr", json_false());
	json_object_set_new(json, "live_recording_activated", json_true());
	json_object_set_new(json, "priority", json_null());
	json_object_set_new(json, "messages", messages());
	set_text(json, "created_at", "2026-09-28T10:21:51.000Z");
	json_object_set_new(json, "flow_editor_enabled", json_true());
	return json;
}

void aircall_embed_release(struct aircall_embed *embed)
{
	json_decref(embed->user);
	json_decref(embed->number);
	*embed = (struct aircall_embed){0};
}

static json_t *embedded_user(struct sim *sim, struct aircall_embed *embed, int64_t id)
{
	const struct user *user;

	if (!embed->user || embed->user_id != id) {
		json_decref(embed->user);
		user = id ? directory_user(&sim->directory, id) : NULL;
		embed->user = user ? aircall_user_json(user) : json_null();
		embed->user_id = id;
	}
	return json_incref(embed->user);
}

static json_t *embedded_number(struct sim *sim, struct aircall_embed *embed, int64_t id)
{
	const struct number *number;

	if (!embed->number || embed->number_id != id) {
		json_decref(embed->number);
		number = id ? directory_number(&sim->directory, id) : NULL;
		embed->number = number ? aircall_number_json(number) : json_null();
		embed->number_id = id;
	}
	return json_incref(embed->number);
}

static void set_user(
	struct sim *sim, struct aircall_embed *embed, json_t *json, const struct call *call)
{
	if (strcmp(sim->settings.omit_user, "absent") == 0)
		return;
	if (strcmp(sim->settings.omit_user, "null") == 0)
		json_object_set_new(json, "user", json_null());
	else
		json_object_set_new(json, "user", embedded_user(sim, embed, call->user));
}

static json_t *contact_json(const struct call *call)
{
	json_int_t id = 500000 + call->id % 100000;

	return json_pack("{sI so ss ss sn sn sb s[{sI ss ss}] s[]}", "id", id, "direct_link",
		json_sprintf("%s/v1/contacts/%lld", api, (long long)id), "first_name", "Example",
		"last_name", "Contact", "company_name", "information", "is_shared", 1,
		"phone_numbers", "id", id + 1, "label", "Work", "value", call->raw, "emails");
}

/* What the telephone company's side of the call left behind. */
static void set_assets(
	json_t *json, const struct call *call, const struct call_view *view, unsigned flags)
{
	bool recorded = view->status == CALL_DONE && view->answered_at != CALL_NEVER;
	bool short_url = recorded && (flags & AIRCALL_SHORT_URLS);

	set_text(json, "recording", recorded ? "https://storage.example/recording.mp3" : NULL);
	set_text(json, "voicemail", NULL);
	json_object_set_new(json, "asset",
		recorded ? json_sprintf("https://assets.aircall.io/calls/%lld/recording",
				   (long long)call->id)
			 : json_null());
	if (flags & AIRCALL_WEBHOOK)
		return;
	set_text(json, "recording_short_url", short_url ? "https://short.example/recording" : NULL);
	set_text(json, "voicemail_short_url", NULL);
}

static void set_webhook_only(struct sim *sim, json_t *json, const struct call *call)
{
	const struct number *number = directory_number(&sim->directory, call->number);
	const struct user *user = directory_user(&sim->directory, call->user);
	json_t *participants = json_array();
	json_t *shown;

	json_object_set_new(
		json, "call_uuid", json_sprintf("CA%032llx", (unsigned long long)call->id));
	json_object_set_new(json, "hangup_cause", json_null());
	json_array_append_new(
		participants, json_pack("{so ss}", "phone_number",
				      json_sprintf("+%s", call->digits), "type", "external"));
	if (user)
		json_array_append_new(
			participants, json_pack("{sI ss ss}", "id", (json_int_t)user->id, "name",
					      user->name, "type", "user"));
	json_object_set_new(json, "participants", participants);
	shown = number ? aircall_number_json(number) : json_null();
	if (number)
		json_object_set_new(shown, "e164_digits", json_sprintf("+%s", number->digits));
	json_object_set_new(json, "number", shown);
}

static void set_rest_only(struct sim *sim, struct aircall_embed *embed, json_t *json,
	const struct call *call, unsigned flags)
{
	static const char *const nulls[] = {
		"assigned_to", "transferred_by", "transferred_to", NULL};

	json_object_set_new(json, "sid", json_sprintf("CA%032llx", (unsigned long long)call->id));
	json_object_set_new(
		json, "contact", flags & AIRCALL_CONTACT ? contact_json(call) : json_null());
	set_nulls(json, nulls);
	json_object_set_new(json, "number", embedded_number(sim, embed, call->number));
	if (flags & AIRCALL_TIMELINE)
		json_object_set_new(json, "ivr_options_selected", json_array());
	if (flags & AIRCALL_AI)
		json_object_set_new(json, "ai_voice_agents", json_array());
}

json_t *aircall_call_json(struct sim *sim, struct aircall_embed *embed, const struct call *call,
	int64_t now, unsigned flags)
{
	static const char *const empty[] = {"teams", "comments", "tags", NULL};
	struct call_view view = call_view_at(call, now, &sim->settings);
	bool missed = call->inbound && view.status == CALL_DONE && view.answered_at == CALL_NEVER;
	bool charged = view.final && view.answered_at != CALL_NEVER;
	json_t *json = json_object();

	set_number(json, "id", call->id);
	set_link(json, "v1/calls", call->id);
	set_text(json, "direction", call->inbound ? "inbound" : "outbound");
	set_text(json, "status", call_status_name(view.status));
	set_text(json, "missed_call_reason", missed ? "agents_did_not_answer" : NULL);
	set_number(json, "started_at", view.started_at);
	set_time(json, "answered_at", view.answered_at);
	set_time(json, "ended_at", view.ended_at);
	set_number(json, "duration", view.duration);
	json_object_set_new(json, "archived", json_false());
	set_text(json, "cost", charged ? "3.0" : "0.0");
	set_text(json, "pricing_type", charged ? "in_bundle" : NULL);
	set_text(json, "country_code_a2", text_country(call->digits));
	set_text(json, "raw_digits", call->raw);
	set_assets(json, call, &view, flags);
	set_empty(json, empty);
	set_user(sim, embed, json, call);
	if (flags & AIRCALL_WEBHOOK)
		set_webhook_only(sim, json, call);
	else
		set_rest_only(sim, embed, json, call, flags);
	return json;
}
