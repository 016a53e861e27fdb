#include "aircall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* Events this simulator sends are among the first; it takes subscriptions to all. */
static const char *const event_names[] = {
	"call.created",
	"call.answered",
	"call.hungup",
	"call.ended",
	"call.ringing_on_agent",
	"call.agent_declined",
	"call.transferred",
	"call.external_transferred",
	"call.unsuccessful_transfer",
	"call.hold",
	"call.unhold",
	"call.ivr_option_selected",
	"call.comm_assets_generated",
	"call.voicemail_left",
	"call.assigned",
	"call.archived",
	"call.tagged",
	"call.untagged",
	"call.commented",
	"user.created.v2",
	"user.updated.v2",
	"user.deleted.v2",
	"user.opened",
	"user.closed",
	"user.connected",
	"user.disconnected",
	"contact.created",
	"contact.updated",
	"contact.deleted",
	"number.created",
	"number.opened",
	"number.closed",
	"number.deleted",
};

enum { EVENT_COUNT = sizeof(event_names) / sizeof(event_names[0]) };

static bool known_event(const char *name)
{
	for (size_t i = 0; name && i < EVENT_COUNT; i++) {
		if (strcmp(event_names[i], name) == 0)
			return true;
	}
	return false;
}

/* The names to subscribe to: those given, or all if there are none. NULL: an unknown one. */
static json_t *event_list(json_t *given)
{
	json_t *list = json_array();
	size_t i;
	json_t *name;

	if (json_array_size(given) == 0) {
		for (i = 0; i < EVENT_COUNT; i++)
			json_array_append_new(list, json_string(event_names[i]));
		return list;
	}
	json_array_foreach(given, i, name)
	{
		if (!known_event(json_string_value(name))) {
			json_decref(list);
			return NULL;
		}
		json_array_append(list, name);
	}
	return list;
}

/* The real service takes https only; plain http is for receivers on this machine. */
static bool acceptable_url(const char *url)
{
	return url && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://127.", 11) == 0 ||
			      strncmp(url, "http://localhost", 16) == 0);
}

struct hook *aircall_hook_add(struct sim *sim, const char *url, const char *name, json_t *events,
	const char *token, char *error, size_t size)
{
	struct webhooks *webhooks = &sim->webhooks;
	json_t *list;
	struct hook *hook;

	if (!acceptable_url(url)) {
		snprintf(error, size, "url is missing or not https");
		return NULL;
	}
	if (webhooks->hooks >= WEBHOOK_HOOKS_MAX) {
		snprintf(error, size, "Limit of %d webhooks reached", WEBHOOK_HOOKS_MAX);
		return NULL;
	}
	list = event_list(events);
	if (!list) {
		snprintf(error, size, "Unknown event");
		return NULL;
	}
	webhooks->hook = mem_grow(
		webhooks->hook, &webhooks->hook_cap, webhooks->hooks + 1, sizeof(*webhooks->hook));
	hook = &webhooks->hook[webhooks->hooks++];
	*hook = (struct hook){
		.id = webhooks->next_hook++,
		.name = mem_text(name ? name : "Webhook"),
		.url = mem_text(url),
		.events = list,
		.active = true,
		.created_ms = clock_now_ms(&sim->clock),
	};
	text_random_uuid(hook->uuid);
	if (token)
		snprintf(hook->token, sizeof(hook->token), "%s", token);
	else
		text_random_hex(hook->token, 20);
	return hook;
}

json_t *aircall_hook_json(const struct hook *hook)
{
	char created[TEXT_TIME];

	text_iso_time(created, hook->created_ms);
	return json_pack("{ss so ss ss sb sO ss ss}", "webhook_id", hook->uuid, "direct_link",
		json_sprintf("https://api.aircall.io/v1/webhooks/%s", hook->uuid), "created_at",
		created, "url", hook->url, "active", (int)hook->active, "events", hook->events,
		"token", hook->token, "custom_name", hook->name);
}

static void answer_hook(struct answer *answer, int status, const struct hook *hook)
{
	answer_json(answer, status, json_pack("{so}", "webhook", aircall_hook_json(hook)));
}

static struct hook *named_hook(struct sim *sim, const char *id, struct answer *answer)
{
	struct hook *hook = webhooks_find(&sim->webhooks, id);

	if (!hook)
		aircall_refuse(answer, 404, "Webhook not found");
	return hook;
}

void aircall_hooks_list(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	struct aircall_page page;
	json_t *list;
	json_t *meta;

	(void)id;
	if (!aircall_page_read(request, answer, &page))
		return;
	meta = aircall_page_meta(sim, request, &page, sim->webhooks.hooks, false);
	list = json_array();
	for (size_t i = page.first; i < page.end; i++) {
		json_t *json = aircall_hook_json(&sim->webhooks.hook[i]);

		json_object_set_new(json, "id", json_integer(sim->webhooks.hook[i].id));
		json_array_append_new(list, json);
	}
	answer_json(answer, 200, json_pack("{so so}", "webhooks", list, "meta", meta));
}

void aircall_hook_create(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	json_t *body = aircall_body(request, answer);
	char error[80];
	const struct hook *hook;

	(void)id;
	if (!body)
		return;
	hook = aircall_hook_add(sim, json_string_value(json_object_get(body, "url")),
		json_string_value(json_object_get(body, "custom_name")),
		json_object_get(body, "events"), NULL, error, sizeof(error));
	if (hook)
		answer_hook(answer, 201, hook);
	else
		aircall_refuse(answer, 400, error);
	json_decref(body);
}

void aircall_hook_get(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	const struct hook *hook = named_hook(sim, id, answer);

	(void)request;
	if (hook)
		answer_hook(answer, 200, hook);
}

/* What events a hook has after a change: those given, or those it has plus or minus them. */
static json_t *changed_events(const struct hook *hook, json_t *given, const char *action)
{
	json_t *list;
	size_t i;
	json_t *name;

	if (!action || json_array_size(given) == 0)
		return event_list(given);
	list = json_array();
	json_array_foreach(hook->events, i, name)
	{
		size_t j;
		json_t *other;
		bool listed = false;

		json_array_foreach(given, j, other) listed = listed || json_equal(name, other);
		if (!listed)
			json_array_append(list, name);
	}
	if (strcmp(action, "add") == 0)
		json_array_extend(list, given);
	return list;
}

void aircall_hook_put(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	struct hook *hook = named_hook(sim, id, answer);
	json_t *body = hook ? aircall_body(request, answer) : NULL;
	const char *url = json_string_value(json_object_get(body, "url"));
	const char *name = json_string_value(json_object_get(body, "custom_name"));
	json_t *active = json_object_get(body, "active");
	json_t *given = json_object_get(body, "events");
	json_t *known;
	json_t *events;

	if (!body)
		return;
	known = event_list(given);
	if (!known || (url && !acceptable_url(url))) {
		aircall_refuse(answer, 400, known ? "url is not https" : "Unknown event");
		json_decref(known);
		json_decref(body);
		return;
	}
	json_decref(known);
	events = changed_events(hook, given, request_query(request, "events_action"));
	json_decref(hook->events);
	hook->events = events;
	if (url) {
		free(hook->url);
		hook->url = mem_text(url);
	}
	if (name) {
		free(hook->name);
		hook->name = mem_text(name);
	}
	if (json_is_boolean(active))
		hook->active = json_is_true(active);
	answer_hook(answer, 200, hook);
	json_decref(body);
}

void aircall_hook_delete(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	struct hook *hook = named_hook(sim, id, answer);

	(void)request;
	if (!hook)
		return;
	webhooks_remove(&sim->webhooks, hook);
	answer_empty(answer, 204);
}

/* --- events --- */

enum { CREATED_AFTER = 2, ENDED_AFTER = 30, GIVE_UP_MS = 43200000 /* 12 hours */ };

void aircall_events_schedule(struct sim *sim, const struct call *call)
{
	struct webhooks_event events[4];
	size_t count = 0;

	events[count].name = "call.created";
	events[count++].at_ms = (call->started_at + CREATED_AFTER) * 1000;
	if (call->answered_at != CALL_NEVER) {
		events[count].name = "call.answered";
		events[count++].at_ms = call->answered_at * 1000;
	}
	if (call->ended_at != CALL_NEVER) {
		events[count].name = "call.hungup";
		events[count++].at_ms = call->ended_at * 1000;
		events[count].name = "call.ended";
		events[count++].at_ms = (call->ended_at + ENDED_AFTER) * 1000;
	}
	webhooks_plan(sim, PROVIDER_AIRCALL, call->id, events, count);
}

static char *payload(struct sim *sim, const struct hook *hook, const struct pending *event,
	const struct call *call)
{
	struct aircall_embed embed = {0};
	json_t *json = json_pack("{ss ss sI ss so}", "resource", "call", "event", event->event,
		"timestamp", (json_int_t)(event->built_ms / 1000), "token", hook->token, "data",
		aircall_call_json(sim, &embed, call, event->built_ms / 1000, AIRCALL_WEBHOOK));
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	aircall_embed_release(&embed);
	return text ? text : mem_text("");
}

static void fire(struct sim *sim, const struct pending *event)
{
	const struct call *call = call_store_find(&sim->calls, event->call);

	for (size_t i = 0; call && i < sim->webhooks.hooks; i++) {
		const struct hook *hook = &sim->webhooks.hook[i];

		if (hook->active && webhooks_subscribed(hook, event->event))
			webhooks_deliver(sim, &aircall_courier, hook->id, event, "application/json",
				payload(sim, hook, event, call));
	}
}

static const char *address(struct sim *sim, int64_t id)
{
	const struct hook *hook = webhooks_find_number(&sim->webhooks, id);

	return hook ? hook->url : NULL;
}

static int64_t again_ms(struct sim *sim, const struct delivery *delivery)
{
	struct hook *hook = webhooks_find_number(&sim->webhooks, delivery->hook);

	if (hook && delivery->delivered)
		hook->active = true;
	else if (hook && delivery->attempts >= sim->settings.webhook_attempts)
		hook->active = false;
	if (clock_now_ms(&sim->clock) >= delivery->first_ms + GIVE_UP_MS)
		return -1;
	return sim->settings.webhook_retry_seconds * 1000;
}

const struct courier aircall_courier = {
	.provider = PROVIDER_AIRCALL,
	.fire = fire,
	.address = address,
	.again_ms = again_ms,
	.headers = "User-Agent: axios/1.7.9\r\nAircall-Origin: webhooks\r\n",
};
