#include "control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aircall.h"
#include "control_calls.h"
#include "control_tokens.h"
#include "dialpad.h"
#include "mem.h"
#include "server.h"
#include "sim.h"

/* body is an object or an array for POST, NULL otherwise. */
typedef void control_endpoint(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer);

/* Takes one object; false with the reason in error. */
typedef bool control_put(struct sim *sim, json_t *spec, char *error, size_t size);

enum { ERROR_MAX = 256 };

static void done(struct answer *answer)
{
	answer_json(answer, 200, json_pack("{sb}", "ok", 1));
}

static void wrong(struct answer *answer, int status, const char *why)
{
	answer_json(answer, status, json_pack("{ss}", "error", why));
}

/* Each element of an array, or the one object. */
static void put_all(struct sim *sim, json_t *body, control_put *put, struct answer *answer)
{
	char error[ERROR_MAX] = "";
	json_t *spec = body;
	size_t i;

	if (!json_is_array(body)) {
		if (!put(sim, spec, error, sizeof(error)))
			wrong(answer, 400, error);
		else
			done(answer);
		return;
	}
	json_array_foreach(body, i, spec)
	{
		if (!json_is_object(spec) || !put(sim, spec, error, sizeof(error))) {
			wrong(answer, 400, *error ? error : "not an object");
			return;
		}
	}
	done(answer);
}

static void get_health(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	(void)body;
	answer_json(answer, 200,
		json_pack(
			"{ss si ss}", "status", "ok", "pid", (int)getpid(), "origin", sim->origin));
}

static void post_reset(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	(void)body;
	sim_reset(sim);
	done(answer);
}

static void get_clock(struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	int64_t now = clock_now_ms(&sim->clock);

	(void)request;
	(void)body;
	answer_json(answer, 200,
		json_pack("{sI sI sI sb}", "now", (json_int_t)(now / 1000), "now_ms",
			(json_int_t)now, "offset", (json_int_t)((now - clock_real_ms()) / 1000),
			"frozen", (int)sim->clock.frozen));
}

static void post_clock(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	json_t *now = json_object_get(body, "now");
	json_t *advance = json_object_get(body, "advance");
	json_t *freeze = json_object_get(body, "freeze");
	int64_t ms = clock_now_ms(&sim->clock);
	bool frozen = freeze ? json_is_true(freeze) : sim->clock.frozen;

	if (json_is_true(json_object_get(body, "real"))) {
		clock_reset(&sim->clock);
	} else if (json_is_number(now) || json_is_number(advance) || json_is_boolean(freeze)) {
		if (json_is_number(now))
			ms = (int64_t)(json_number_value(now) * 1000);
		if (json_is_number(advance))
			ms += (int64_t)(json_number_value(advance) * 1000);
		clock_set(&sim->clock, ms, frozen);
	} else {
		wrong(answer, 400, "now, advance, freeze or real is needed");
		return;
	}
	pthread_cond_broadcast(&sim->wake);
	get_clock(sim, request, body, answer);
}

static bool put_script(struct sim *sim, json_t *spec, char *error, size_t size)
{
	return rules_add_script(&sim->scripts, spec, error, size);
}

static bool put_fault(struct sim *sim, json_t *spec, char *error, size_t size)
{
	return rules_add_fault(&sim->faults, spec, error, size);
}

static void post_script(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	put_all(sim, body, put_script, answer);
}

static void post_faults(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	put_all(sim, body, put_fault, answer);
}

static void get_script(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	(void)body;
	answer_json(answer, 200, json_pack("{so}", "scripts", rules_json(&sim->scripts)));
}

static void get_faults(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	(void)body;
	answer_json(answer, 200, json_pack("{so}", "faults", rules_json(&sim->faults)));
}

static void delete_script(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	(void)body;
	rules_release(&sim->scripts);
	rules_init(&sim->scripts);
	done(answer);
}

static void delete_faults(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	(void)body;
	rules_release(&sim->faults);
	rules_init(&sim->faults);
	done(answer);
}

static void get_requests(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	const char *since = request_query(request, "since");
	int64_t after = 0;

	(void)body;
	if (since && !text_int64(since, &after)) {
		wrong(answer, 400, "since is not a number");
		return;
	}
	answer_json(answer, 200,
		json_pack("{so sI}", "requests",
			journal_json(&sim->journal, after, request_query(request, "path"),
				request_query(request, "method")),
			"last", (json_int_t)(sim->journal.next - 1)));
}

static void delete_requests(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	(void)body;
	journal_clear(&sim->journal);
	done(answer);
}

static int64_t count_hand_dialled(const struct call_store *store)
{
	int64_t count = 0;

	for (size_t i = 0; i < store->count; i++)
		count += store->by_id[i]->hand_dialled;
	return count;
}

static void get_stats(struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	int64_t hand_dialled =
		count_hand_dialled(&sim->calls) + count_hand_dialled(&sim->dialpad_calls);
	int64_t calls = (int64_t)(sim->calls.count + sim->dialpad_calls.count);

	(void)request;
	(void)body;
	answer_json(answer, 200,
		json_pack("{sI sI sO sI sI sI s{sI sI} sI sI}", "requests",
			(json_int_t)sim->journal.total, "connections",
			(json_int_t)atomic_load(&sim->connections), "routes", sim->journal.routes,
			"calls", (json_int_t)calls, "calls_by_api",
			(json_int_t)(calls - hand_dialled), "calls_hand_dialled",
			(json_int_t)hand_dialled, "calls_by_provider", "aircall",
			(json_int_t)sim->calls.count, "dialpad",
			(json_int_t)sim->dialpad_calls.count, "dials", (json_int_t)sim->dials,
			"tokens_issued", (json_int_t)sim->tokens.count));
}

static void get_settings(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	(void)body;
	answer_json(answer, 200, settings_json(&sim->settings));
}

static bool put_settings(struct sim *sim, json_t *spec, char *error, size_t size)
{
	if (!settings_apply(&sim->settings, spec, error, size))
		return false;
	/* A changed limit counts from now. */
	if (json_object_get(spec, "rate_limit"))
		sim->limiter = (struct limiter){0};
	return true;
}

static void post_settings(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	put_all(sim, body, put_settings, answer);
}

static bool put_user(struct sim *sim, json_t *spec, char *error, size_t size)
{
	const char *service = rule_text(spec, "provider");
	enum provider provider = PROVIDER_AIRCALL;

	if (service && !provider_parse(service, &provider)) {
		snprintf(error, size, "user: unknown provider");
		return false;
	}
	if (provider == PROVIDER_DIALPAD)
		return people_put(&sim->people, spec, error, size);
	json_object_del(spec, "provider");
	return directory_put_user(&sim->directory, spec, error, size);
}

static bool put_users(struct sim *sim, json_t *spec, char *error, size_t size)
{
	json_int_t count = json_integer_value(json_object_get(spec, "count"));
	int64_t first = rule_number(spec, "first_id", 0);
	json_t *one;
	bool good = true;

	if (!json_object_get(spec, "count"))
		return put_user(sim, spec, error, size);
	for (json_int_t i = 0; good && i < count; i++) {
		one = json_copy(spec);
		json_object_del(one, "count");
		json_object_del(one, "first_id");
		json_object_set_new(one, "id", json_integer(first + i));
		good = put_user(sim, one, error, size);
		json_decref(one);
	}
	return good;
}

static void post_users(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	put_all(sim, body, put_users, answer);
}

static bool asked_for(struct request *request, enum provider provider)
{
	const char *only = request_query(request, "provider");

	return !only || strcmp(only, provider_name(provider)) == 0;
}

static void get_users(struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	json_t *list = json_array();

	(void)body;
	for (size_t i = 0; asked_for(request, PROVIDER_AIRCALL) && i < sim->directory.users; i++) {
		const struct user *user = &sim->directory.user[i];
		json_t *json = directory_user_json(user);

		json_object_set_new(json, "provider", json_string("aircall"));
		json_object_set_new(json, "live_state", json_string(aircall_user_state(sim, user)));
		json_array_append_new(list, json);
	}
	for (size_t i = 0; asked_for(request, PROVIDER_DIALPAD) && i < sim->people.count; i++)
		json_array_append_new(list, person_control_json(&sim->people.person[i]));
	answer_json(answer, 200, json_pack("{so}", "users", list));
}

static bool put_number(struct sim *sim, json_t *spec, char *error, size_t size)
{
	return directory_put_number(&sim->directory, spec, error, size);
}

static void post_numbers(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	put_all(sim, body, put_number, answer);
}

static void get_numbers(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	json_t *list = json_array();

	(void)request;
	(void)body;
	for (size_t i = 0; i < sim->directory.numbers; i++)
		json_array_append_new(list, directory_number_json(&sim->directory.number[i]));
	answer_json(answer, 200, json_pack("{so}", "numbers", list));
}

/* At Dialpad: a webhook, and a subscription of it to the states of calls. */
static bool put_dialpad_hook(struct sim *sim, json_t *spec, char *error, size_t size)
{
	struct webhook *webhook = NULL;
	struct subscription *subscription = NULL;
	json_t *hook = json_object();
	json_t *events = json_object();
	const char *wrong_about;

	json_object_set(hook, "hook_url", json_object_get(spec, "url"));
	if (json_object_get(spec, "secret"))
		json_object_set(hook, "secret", json_object_get(spec, "secret"));
	if (json_object_get(spec, "events"))
		json_object_set(events, "call_states", json_object_get(spec, "events"));
	wrong_about = dialpad_webhook_put(sim, hook, &webhook);
	if (!wrong_about) {
		json_object_set_new(events, "endpoint_id", json_integer(webhook->id));
		wrong_about = dialpad_subscription_put(sim, events, &subscription);
		if (wrong_about)
			subscriptions_remove_webhook(&sim->subscriptions, webhook);
	}
	if (wrong_about)
		snprintf(error, size, "%s", wrong_about);
	json_decref(hook);
	json_decref(events);
	return !wrong_about;
}

static bool put_hook(struct sim *sim, json_t *spec, char *error, size_t size)
{
	const char *service = rule_text(spec, "provider");
	enum provider provider = PROVIDER_AIRCALL;

	if (service && !provider_parse(service, &provider)) {
		snprintf(error, size, "unknown provider");
		return false;
	}
	if (provider == PROVIDER_DIALPAD)
		return put_dialpad_hook(sim, spec, error, size);
	return aircall_hook_add(sim, rule_text(spec, "url"), rule_text(spec, "custom_name"),
		       json_object_get(spec, "events"), rule_text(spec, "token"), error,
		       size) != NULL;
}

static void post_webhooks(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	(void)request;
	put_all(sim, body, put_hook, answer);
}

static void get_webhooks(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer)
{
	json_t *list = json_array();
	json_t *dialpad = json_array();

	(void)request;
	(void)body;
	for (size_t i = 0; i < sim->webhooks.hooks; i++) {
		json_t *json = aircall_hook_json(&sim->webhooks.hook[i]);

		json_object_set_new(json, "id", json_integer(sim->webhooks.hook[i].id));
		json_array_append_new(list, json);
	}
	for (size_t i = 0; i < sim->subscriptions.count; i++)
		json_array_append_new(dialpad,
			dialpad_subscription_json(sim, &sim->subscriptions.subscription[i]));
	answer_json(answer, 200,
		json_pack("{so so so s{sI sI sI} sI}", "webhooks", list, "dialpad_subscriptions",
			dialpad, "deliveries", webhooks_deliveries_json(&sim->webhooks),
			"forgotten", "deliveries", (json_int_t)sim->webhooks.forgotten.deliveries,
			"delivered", (json_int_t)sim->webhooks.forgotten.delivered, "attempts",
			(json_int_t)sim->webhooks.forgotten.attempts, "events_to_come",
			(json_int_t)sim->webhooks.pendings));
}

static const struct control_route {
	const char *method;
	const char *path;
	control_endpoint *endpoint;
} routes[] = {
	{"GET", "/control/health", get_health},
	{"POST", "/control/reset", post_reset},
	{"GET", "/control/clock", get_clock},
	{"POST", "/control/clock", post_clock},
	{"GET", "/control/script", get_script},
	{"POST", "/control/script", post_script},
	{"DELETE", "/control/script", delete_script},
	{"GET", "/control/faults", get_faults},
	{"POST", "/control/faults", post_faults},
	{"DELETE", "/control/faults", delete_faults},
	{"GET", "/control/requests", get_requests},
	{"DELETE", "/control/requests", delete_requests},
	{"GET", "/control/stats", get_stats},
	{"GET", "/control/settings", get_settings},
	{"POST", "/control/settings", post_settings},
	{"GET", "/control/users", get_users},
	{"POST", "/control/users", post_users},
	{"GET", "/control/numbers", get_numbers},
	{"POST", "/control/numbers", post_numbers},
	{"GET", "/control/tokens", control_tokens_get},
	{"POST", "/control/tokens", control_tokens_post},
	{"GET", "/control/webhooks", get_webhooks},
	{"POST", "/control/webhooks", post_webhooks},
};

bool control_owns(const char *path)
{
	return strncmp(path, "/control/", strlen("/control/")) == 0;
}

static control_endpoint *find(const struct request *request)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(routes[i].method, request->method) == 0 &&
			strcmp(routes[i].path, request->path) == 0)
			return routes[i].endpoint;
	}
	return NULL;
}

void control_handle(struct sim *sim, struct request *request, struct answer *answer)
{
	control_endpoint *endpoint = find(request);
	json_t *body = NULL;

	if (strcmp(request->method, "POST") == 0) {
		body = request->body_len ? request_json(request) : json_object();
		if (request->too_large || !(json_is_object(body) || json_is_array(body))) {
			wrong(answer, 400, "the body is not a JSON object or array");
			json_decref(body);
			return;
		}
	}
	if (endpoint)
		endpoint(sim, request, body, answer);
	else if (!control_calls_handle(sim, request, body, answer))
		wrong(answer, 404, "no such control endpoint");
	json_decref(body);
}
