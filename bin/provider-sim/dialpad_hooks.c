/*
 * Webhooks, and subscriptions to call events.
 */
#include "dialpad.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* Subscriptions of one kind for the company itself, and for all its targets. */
enum { COMPANY_MAX = 10, TARGETS_MAX = 100 };

/* The real service takes https only; plain http is for receivers on this machine. */
static bool acceptable_url(const char *url)
{
	return url && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://127.", 11) == 0 ||
			      strncmp(url, "http://localhost", 16) == 0);
}

json_t *dialpad_webhook_json(const struct webhook *webhook)
{
	json_t *json =
		json_pack("{so ss}", "id", dialpad_id(webhook->id), "hook_url", webhook->url);

	if (webhook->secret)
		json_object_set_new(json, "signature",
			json_pack("{ss ss ss}", "algo", "HS256", "type", "jwt", "secret",
				webhook->secret));
	return json;
}

json_t *dialpad_subscription_json(struct sim *sim, const struct subscription *subscription)
{
	const struct webhook *webhook =
		subscriptions_webhook(&sim->subscriptions, subscription->webhook);
	json_t *json = json_pack("{so sO sb sb so}", "id", dialpad_id(subscription->id),
		"call_states", subscription->states, "enabled", (int)subscription->enabled,
		"group_calls_only", (int)subscription->group_calls_only, "webhook",
		webhook ? dialpad_webhook_json(webhook) : json_null());

	if (subscription->target_type) {
		json_object_set_new(json, "target_type", json_string(subscription->target_type));
		json_object_set_new(json, "target_id", dialpad_id(subscription->target));
	}
	return json;
}

/* --- webhooks --- */

const char *dialpad_webhook_put(struct sim *sim, json_t *spec, struct webhook **webhook)
{
	json_t *url = json_object_get(spec, "hook_url");
	json_t *secret = json_object_get(spec, "secret");
	const char *text = json_string_value(secret);

	if ((url || !*webhook) && !acceptable_url(json_string_value(url)))
		return "hook_url is missing or not https";
	if (secret && !json_is_null(secret) && !json_is_string(secret))
		return "secret is not a string";
	if (!*webhook)
		*webhook = subscriptions_new_webhook(&sim->subscriptions);
	if (url) {
		free((*webhook)->url);
		(*webhook)->url = mem_text(json_string_value(url));
	}
	if (secret) {
		free((*webhook)->secret);
		(*webhook)->secret = text && *text ? mem_text(text) : NULL;
	}
	return NULL;
}

static struct webhook *named_webhook(struct sim *sim, const char *id, struct answer *answer)
{
	int64_t value;
	struct webhook *webhook =
		text_int64(id, &value) ? subscriptions_webhook(&sim->subscriptions, value) : NULL;

	if (!webhook)
		dialpad_refuse(answer, 404, "Webhook not found");
	return webhook;
}

/* Subscribing is for the company: its key, or an admin. False: answered. */
static bool for_company(struct sim *sim, struct request *request, struct answer *answer)
{
	if (dialpad_may_act_for(sim, request, 0))
		return true;
	dialpad_refuse(answer, 403, "A company admin's key is needed");
	return false;
}

/* Makes or changes one. */
static void put_webhook(
	struct sim *sim, struct request *request, struct webhook *webhook, struct answer *answer)
{
	json_t *body = dialpad_body(request, answer);
	const char *wrong;

	if (!body)
		return;
	wrong = dialpad_webhook_put(sim, body, &webhook);
	if (wrong)
		dialpad_refuse(answer, 400, wrong);
	else
		answer_json(answer, 200, dialpad_webhook_json(webhook));
	json_decref(body);
}

void dialpad_hooks_list(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	size_t total = sim->subscriptions.webhooks;
	struct dialpad_page page;
	json_t *items;

	(void)id;
	if (!for_company(sim, request, answer) ||
		!dialpad_page_read(sim, request, total, &page, answer))
		return;
	items = json_array();
	for (size_t i = page.first; i < page.end; i++)
		json_array_append_new(items, dialpad_webhook_json(&sim->subscriptions.webhook[i]));
	dialpad_page_answer(answer, &page, total, items);
}

void dialpad_hook_create(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	static const char creating[] = "creating webhooks";

	(void)id;
	if (for_company(sim, request, answer) &&
		dialpad_admit(sim, creating, 0, sim->settings.dialpad_webhooks_per_minute, answer))
		put_webhook(sim, request, NULL, answer);
}

void dialpad_hook_get(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	const struct webhook *webhook =
		for_company(sim, request, answer) ? named_webhook(sim, id, answer) : NULL;

	if (webhook)
		answer_json(answer, 200, dialpad_webhook_json(webhook));
}

void dialpad_hook_patch(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	struct webhook *webhook =
		for_company(sim, request, answer) ? named_webhook(sim, id, answer) : NULL;

	if (webhook)
		put_webhook(sim, request, webhook, answer);
}

void dialpad_hook_delete(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	struct webhook *webhook =
		for_company(sim, request, answer) ? named_webhook(sim, id, answer) : NULL;

	if (!webhook)
		return;
	answer_json(answer, 200, dialpad_webhook_json(webhook));
	subscriptions_remove_webhook(&sim->subscriptions, webhook);
}

/* --- subscriptions --- */

/* What is wrong with the members of a subscription; NULL: nothing. */
static const char *examine(struct sim *sim, json_t *spec, bool is_new)
{
	json_t *endpoint = json_object_get(spec, "endpoint_id");
	json_t *states = json_object_get(spec, "call_states");
	json_t *type = json_object_get(spec, "target_type");
	json_t *target = json_object_get(spec, "target_id");
	int64_t id = 0;
	size_t i;
	json_t *state;

	if (!endpoint)
		endpoint = json_object_get(spec, "webhook_id");
	if ((endpoint || is_new) &&
		(!dialpad_int64(endpoint, &id) || !subscriptions_webhook(&sim->subscriptions, id)))
		return "endpoint_id is missing or not that of a webhook";
	if (states && !json_is_array(states) && !json_is_null(states))
		return "call_states is not an array";
	json_array_foreach(states, i, state)
	{
		if (!subscriptions_state_known(json_string_value(state)))
			return "Unknown call state";
	}
	if (type && !json_is_null(type) && !(json_is_string(type) && dialpad_int64(target, &id)))
		return "target_type needs target_id";
	return NULL;
}

static void set_flag(json_t *spec, const char *name, bool *flag)
{
	json_t *value = json_object_get(spec, name);

	if (json_is_boolean(value))
		*flag = json_is_true(value);
}

static void set_states(json_t *states, struct subscription *subscription)
{
	if (subscription->states && !states)
		return;
	json_decref(subscription->states);
	subscription->states = json_is_array(states) ? json_copy(states) : json_array();
}

static bool room_for_more(const struct subscriptions *all, bool company)
{
	size_t of_company = 0;

	for (size_t i = 0; i < all->count; i++)
		of_company += all->subscription[i].target == 0;
	return company ? of_company < COMPANY_MAX : all->count - of_company < TARGETS_MAX;
}

const char *dialpad_subscription_put(
	struct sim *sim, json_t *spec, struct subscription **subscription)
{
	const char *type = json_string_value(json_object_get(spec, "target_type"));
	const char *wrong = examine(sim, spec, !*subscription);
	int64_t id;

	if (wrong)
		return wrong;
	if (!*subscription && !room_for_more(&sim->subscriptions, !type))
		return "Limit of subscriptions reached";
	if (!*subscription)
		*subscription = subscriptions_new(&sim->subscriptions);
	if (dialpad_int64(json_object_get(spec, "endpoint_id"), &id) ||
		dialpad_int64(json_object_get(spec, "webhook_id"), &id))
		(*subscription)->webhook = id;
	set_states(json_object_get(spec, "call_states"), *subscription);
	set_flag(spec, "enabled", &(*subscription)->enabled);
	set_flag(spec, "group_calls_only", &(*subscription)->group_calls_only);
	if (type && dialpad_int64(json_object_get(spec, "target_id"), &id)) {
		free((*subscription)->target_type);
		(*subscription)->target_type = mem_text(type);
		(*subscription)->target = id;
	}
	return NULL;
}

static void put_subscription(struct sim *sim, struct request *request,
	struct subscription *subscription, struct answer *answer)
{
	json_t *body = dialpad_body(request, answer);
	const char *wrong;

	if (!body)
		return;
	wrong = dialpad_subscription_put(sim, body, &subscription);
	if (wrong)
		dialpad_refuse(answer, 400, wrong);
	else
		answer_json(answer, 200, dialpad_subscription_json(sim, subscription));
	json_decref(body);
}

static struct subscription *named_subscription(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	struct subscription *subscription;
	int64_t value;

	if (!for_company(sim, request, answer))
		return NULL;
	subscription =
		text_int64(id, &value) ? subscriptions_find(&sim->subscriptions, value) : NULL;
	if (!subscription)
		dialpad_refuse(answer, 404, "Subscription not found");
	return subscription;
}

static bool listed(struct request *request, const struct subscription *subscription)
{
	const char *type = request_query(request, "target_type");
	const char *target = request_query(request, "target_id");
	int64_t id;

	if (type && (!subscription->target_type || strcmp(type, subscription->target_type) != 0))
		return false;
	return !target || (text_int64(target, &id) && id == subscription->target);
}

void dialpad_subscriptions_list(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	const struct subscriptions *all = &sim->subscriptions;
	json_t *found = json_array();
	struct dialpad_page page;

	(void)id;
	for (size_t i = 0; i < all->count; i++) {
		if (listed(request, &all->subscription[i]))
			json_array_append_new(
				found, dialpad_subscription_json(sim, &all->subscription[i]));
	}
	if (for_company(sim, request, answer) &&
		dialpad_page_read(sim, request, json_array_size(found), &page, answer)) {
		json_t *items = json_array();

		for (size_t i = page.first; i < page.end; i++)
			json_array_append(items, json_array_get(found, i));
		dialpad_page_answer(answer, &page, json_array_size(found), items);
	}
	json_decref(found);
}

void dialpad_subscription_create(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	(void)id;
	if (for_company(sim, request, answer))
		put_subscription(sim, request, NULL, answer);
}

void dialpad_subscription_get(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	const struct subscription *subscription = named_subscription(sim, request, id, answer);

	if (subscription)
		answer_json(answer, 200, dialpad_subscription_json(sim, subscription));
}

void dialpad_subscription_patch(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	struct subscription *subscription = named_subscription(sim, request, id, answer);

	if (subscription)
		put_subscription(sim, request, subscription, answer);
}

void dialpad_subscription_delete(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	struct subscription *subscription = named_subscription(sim, request, id, answer);

	if (!subscription)
		return;
	answer_json(answer, 200, dialpad_subscription_json(sim, subscription));
	subscriptions_remove(&sim->subscriptions, subscription);
}
