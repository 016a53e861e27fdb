#include "dialpad.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "form.h"
#include "mem.h"

static const struct route routes[] = {
	{"GET", "/oauth2/authorize", dialpad_authorize_page},
	{"POST", "/oauth2/authorize", dialpad_authorize_decision},
	{"POST", "/oauth2/token", dialpad_token},
	{"POST", "/oauth2/deauthorize", dialpad_deauthorize},
	{"POST", "/api/v2/call", dialpad_call_place},
	{"GET", "/api/v2/call", dialpad_call_list},
	{"GET", "/api/v2/call/:id", dialpad_call_get},
	{"PUT", "/api/v2/call/:id/actions/hangup", dialpad_call_hangup},
	{"POST", "/api/v2/calls", dialpad_call_legacy},
	{"GET", "/api/v2/users", dialpad_users_list},
	{"GET", "/api/v2/users/:id", dialpad_user_get},
	{"POST", "/api/v2/users/:id/initiate_call", dialpad_call_initiate},
	{"GET", "/api/v2/userdevices", dialpad_devices_list},
	{"GET", "/api/v2/userdevices/:id", dialpad_device_get},
	{"GET", "/api/v2/webhooks", dialpad_hooks_list},
	{"POST", "/api/v2/webhooks", dialpad_hook_create},
	{"GET", "/api/v2/webhooks/:id", dialpad_hook_get},
	{"PATCH", "/api/v2/webhooks/:id", dialpad_hook_patch},
	{"DELETE", "/api/v2/webhooks/:id", dialpad_hook_delete},
	{"GET", "/api/v2/subscriptions/call", dialpad_subscriptions_list},
	{"POST", "/api/v2/subscriptions/call", dialpad_subscription_create},
	{"GET", "/api/v2/subscriptions/call/:id", dialpad_subscription_get},
	{"PATCH", "/api/v2/subscriptions/call/:id", dialpad_subscription_patch},
	{"DELETE", "/api/v2/subscriptions/call/:id", dialpad_subscription_delete},
};

bool dialpad_owns(const char *path)
{
	return strncmp(path, "/api/v2/", 8) == 0 || strncmp(path, "/oauth2/", 8) == 0;
}

void dialpad_refuse(struct answer *answer, int status, const char *message)
{
	answer_json(answer, status,
		json_pack("{s{si ss}}", "error", "code", status, "message", message));
}

void dialpad_oauth_refuse(
	struct answer *answer, int status, const char *word, const char *description)
{
	answer_json(answer, status,
		json_pack("{ss ss}", "error", word, "error_description", description));
	answer_header(answer, "Cache-Control", "no-store");
	if (status == 401)
		answer_header(answer, "WWW-Authenticate", "Basic realm=\"oauth2\"");
}

static void retry_after(struct sim *sim, struct answer *answer, int64_t wait_ms)
{
	char text[24];

	if (!sim->settings.retry_after_on_429)
		return;
	snprintf(text, sizeof(text), "%lld", (long long)((wait_ms + 999) / 1000));
	answer_header(answer, "Retry-After", text);
}

static void refuse_rate(struct sim *sim, struct answer *answer, int64_t wait_ms)
{
	dialpad_refuse(answer, 429, "Rate limit exceeded");
	retry_after(sim, answer, wait_ms);
}

bool dialpad_admit(
	struct sim *sim, const char *what, int64_t who, int64_t per_minute, struct answer *answer)
{
	int64_t wait_ms;

	if (limits_take(&sim->limits, what, who, per_minute, 60000, clock_now_ms(&sim->clock),
		    &wait_ms))
		return true;
	refuse_rate(sim, answer, wait_ms);
	return false;
}

/* The limits of everything. A clock that stands still must not stop all traffic for good. */
static bool admit(struct sim *sim, const struct route *route, struct answer *answer)
{
	static const char everything[] = "everything";
	int64_t now_ms = sim->clock.frozen ? clock_real_ms() : clock_now_ms(&sim->clock);
	int64_t wait_ms;

	if (!limits_take(&sim->limits, everything, 0, sim->settings.dialpad_requests_per_second,
		    1000, now_ms, &wait_ms)) {
		refuse_rate(sim, answer, wait_ms);
		return false;
	}
	return dialpad_admit(
		sim, route->path, 0, sim->settings.dialpad_requests_per_minute, answer);
}

int64_t dialpad_actor(const struct request *request)
{
	int64_t id = 0;

	return text_int64(request->actor, &id) ? id : 0;
}

static void set_actor(struct request *request, int64_t user)
{
	snprintf(request->actor, sizeof(request->actor), "%lld", (long long)user);
}

/* "ok", or what is wrong with it. */
static const char *judge(struct sim *sim, struct request *request, const char *bearer)
{
	const struct token *token;

	if (strcmp(bearer, sim->settings.dialpad_api_key) == 0) {
		snprintf(request->actor, sizeof(request->actor), "company");
		return "ok";
	}
	token = tokens_find_access(&sim->tokens, bearer);
	if (!token)
		return "wrong";
	set_actor(request, token->user);
	request->scope = token->scope;
	if (token->revoked || !people_find(&sim->people, token->user))
		return "revoked";
	if (token->expires_ms != TOKENS_NEVER && token->expires_ms <= clock_now_ms(&sim->clock))
		return "expired";
	return "ok";
}

/* False: answered 401. */
static bool authorize(struct sim *sim, struct request *request, struct answer *answer)
{
	const char *header = request_header(request, "Authorization");

	if (!header) {
		request->authorization = "missing";
	} else if (strncasecmp(header, "Bearer ", 7) != 0) {
		request->authorization = "wrong";
	} else {
		header += 7;
		request->authorization = judge(sim, request, header + strspn(header, " "));
	}
	if (strcmp(request->authorization, "ok") == 0)
		return true;
	dialpad_refuse(answer, 401, "Invalid or missing credentials");
	return false;
}

bool dialpad_may(struct sim *sim, const struct request *request, const char *scope)
{
	if (!*scope)
		return true;
	if (strcmp(request->actor, "company") == 0)
		return tokens_scope_has(sim->settings.dialpad_api_key_scopes, scope);
	return request->scope && tokens_scope_has(request->scope, scope);
}

bool dialpad_may_act_for(struct sim *sim, const struct request *request, int64_t user)
{
	int64_t actor = dialpad_actor(request);
	const struct person *person = people_find(&sim->people, actor);

	return actor == 0 || actor == user || (person && person->admin);
}

void dialpad_handle(struct sim *sim, struct request *request, struct answer *answer)
{
	char id[ROUTE_ID_MAX] = "";
	const struct route *route =
		route_find(routes, sizeof(routes) / sizeof(routes[0]), request, id);
	bool oauth = strncmp(request->path, "/oauth2/", 8) == 0;

	if (!route) {
		dialpad_refuse(answer, 404, "Not found");
		return;
	}
	request->route = route->path;
	if (oauth && route->endpoint != dialpad_deauthorize) {
		route->endpoint(sim, request, id, answer);
		return;
	}
	/* Not served unless switched on: nothing tells it from a path that never was. */
	if (route->endpoint == dialpad_call_legacy && !sim->settings.legacy_calls) {
		dialpad_refuse(answer, 404, "Not found");
		return;
	}
	if (authorize(sim, request, answer) && (oauth || admit(sim, route, answer)))
		route->endpoint(sim, request, id, answer);
}

void dialpad_usual_answer(struct sim *sim, struct request *request, struct answer *answer)
{
	struct answer usual = {0};

	if (answer->status == 429)
		refuse_rate(sim, &usual, 60000);
	else if (answer->status >= 400 && strncmp(request->path, "/oauth2/", 8) == 0)
		dialpad_oauth_refuse(&usual, answer->status,
			answer->status >= 500 ? "server_error" : "invalid_grant",
			"The request could not be processed");
	else if (answer->status >= 400)
		dialpad_refuse(&usual, answer->status, "The request could not be processed");
	answer->body = usual.body;
	answer->body_len = usual.body_len;
	usual.body = NULL;
	for (size_t i = 0; i < usual.headers; i++)
		answer_header(answer, usual.header[i].name, usual.header[i].value);
	answer_release(&usual);
}

static const char *const secrets[] = {"client_secret", "code", "code_verifier", "refresh_token",
	"access_token", "apikey", "secret", NULL};

char *dialpad_masked_body(const struct request *request)
{
	json_t *json;
	char *text;

	if (!request->body_len || (strncmp(request->path, "/oauth2/", 8) != 0 &&
					  strncmp(request->path, "/api/v2/webhooks", 16) != 0))
		return NULL;
	json = request_json(request);
	if (!json_is_object(json)) {
		json_decref(json);
		return form_mask(request->body, secrets);
	}
	for (size_t i = 0; secrets[i]; i++) {
		if (json_object_get(json, secrets[i]))
			json_object_set_new(json, secrets[i], json_string("***"));
	}
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

char *dialpad_masked_query(const struct request *request)
{
	return form_mask(request->query, secrets);
}

json_t *dialpad_body(struct request *request, struct answer *answer)
{
	static const char type[] = "application/json";
	const char *given = request_header(request, "Content-Type");
	size_t n = sizeof(type) - 1;
	json_t *body;

	if (!given || strncasecmp(given, type, n) != 0 || (given[n] && !strchr("; \t", given[n]))) {
		dialpad_refuse(answer, 400, "Content-Type must be application/json");
		return NULL;
	}
	body = request_json(request);
	if (json_is_object(body))
		return body;
	json_decref(body);
	dialpad_refuse(answer, 400, "The body must be a JSON object");
	return NULL;
}

bool dialpad_int64(const json_t *json, int64_t *out)
{
	if (json_is_integer(json)) {
		*out = json_integer_value(json);
		return true;
	}
	return json_is_string(json) && text_int64(json_string_value(json), out);
}
