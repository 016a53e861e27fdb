#include "aircall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mem.h"

static const struct route routes[] = {
	{"GET", "/v1/ping", aircall_ping},
	{"GET", "/v1/company", aircall_company},
	{"GET", "/v1/users", aircall_users_v1_list},
	{"GET", "/v1/users/availabilities", aircall_availabilities},
	{"GET", "/v1/users/:id", aircall_users_v1_get},
	{"GET", "/v1/users/:id/availability", aircall_availability},
	{"POST", "/v1/users/:id/calls", aircall_place},
	{"POST", "/v1/users/:id/dial", aircall_dial},
	{"GET", "/v2/users", aircall_users_v2_list},
	{"GET", "/v2/users/:id", aircall_users_v2_get},
	{"GET", "/v2/users/:id/numbers", aircall_user_numbers},
	{"GET", "/v1/numbers", aircall_numbers_list},
	{"GET", "/v1/numbers/:id", aircall_number_get},
	{"GET", "/v1/calls", aircall_calls_list},
	{"GET", "/v1/calls/search", aircall_calls_search},
	{"GET", "/v1/calls/:id", aircall_call_get},
	{"GET", "/v1/webhooks", aircall_hooks_list},
	{"POST", "/v1/webhooks", aircall_hook_create},
	{"GET", "/v1/webhooks/:id", aircall_hook_get},
	{"PUT", "/v1/webhooks/:id", aircall_hook_put},
	{"DELETE", "/v1/webhooks/:id", aircall_hook_delete},
};

static const char *title(int status)
{
	switch (status) {
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 422:
		return "Unprocessable Entity";
	case 429:
		return "Too Many Requests";
	case 502:
		return "Bad Gateway";
	case 503:
		return "Service Unavailable";
	case 504:
		return "Gateway Timeout";
	default:
		return status >= 500 ? "Internal Server Error" : "Error";
	}
}

void aircall_refuse(struct answer *answer, int status, const char *hint)
{
	answer_json(
		answer, status, json_pack("{ss ss}", "error", title(status), "troubleshoot", hint));
}

void aircall_edge(struct answer *answer, int status)
{
	char id[17];

	answer_json(answer, status, json_pack("{ss}", "message", title(status)));
	text_random_hex(id, 16);
	answer_header(answer, "apigw-requestid", id);
	answer_header(answer, "via", "1.1 simulator.cloudfront.net (CloudFront)");
	answer_header(answer, "x-cache", "Error from cloudfront");
}

static void number_header(struct answer *answer, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	answer_header(answer, name, text);
}

static void refuse_rate(struct sim *sim, int64_t until, struct answer *answer)
{
	aircall_refuse(answer, 429, "You have exceeded the number of allowed requests");
	if (sim->settings.headers_on_429) {
		number_header(answer, "X-AircallApi-Limit", sim->settings.rate_limit);
		number_header(answer, "X-AircallApi-Remaining", 0);
		number_header(answer, "X-AircallApi-Reset", until);
	}
	if (sim->settings.retry_after_on_429)
		number_header(answer, "Retry-After", until - clock_now(&sim->clock));
}

/* False: over the limit, and answered. */
static bool admit(struct sim *sim, struct answer *answer)
{
	struct limiter *limiter = &sim->limiter;
	int64_t now = clock_now(&sim->clock);

	if (sim->settings.rate_limit == 0)
		return true;
	if (now < limiter->blocked_until &&
		now >= limiter->blocked_until - sim->settings.rate_block_seconds) {
		refuse_rate(sim, limiter->blocked_until, answer);
		return false;
	}
	if (limiter->blocked_until || now >= limiter->window_start + 60 ||
		now < limiter->window_start)
		*limiter = (struct limiter){.window_start = now};
	if (++limiter->count <= sim->settings.rate_limit)
		return true;
	limiter->blocked_until = now + sim->settings.rate_block_seconds;
	refuse_rate(sim, limiter->blocked_until, answer);
	return false;
}

static bool same_credential(const char *header, const char *key)
{
	char *expected = text_base64(key);
	const char *given = header + strlen("Basic ");
	bool same = strncasecmp(header, "Basic ", strlen("Basic ")) == 0 &&
		    strcmp(given + strspn(given, " "), expected) == 0;

	free(expected);
	return same;
}

/* False: refused by the edge. */
static bool authorize(struct sim *sim, struct request *request, struct answer *answer)
{
	const char *header = request_header(request, "Authorization");

	if (!header) {
		request->authorization = "missing";
		aircall_edge(answer, 401);
		return false;
	}
	if (!same_credential(header, sim->settings.api_key)) {
		request->authorization = "wrong";
		aircall_edge(answer, 403);
		return false;
	}
	request->authorization = "ok";
	return true;
}

void aircall_handle(struct sim *sim, struct request *request, struct answer *answer)
{
	char id[ROUTE_ID_MAX] = "";
	const struct route *route =
		route_find(routes, sizeof(routes) / sizeof(routes[0]), request, id);

	if (!route) {
		aircall_edge(answer, 404);
		return;
	}
	request->route = route->path;
	if (authorize(sim, request, answer) && admit(sim, answer))
		route->endpoint(sim, request, id, answer);
}

void aircall_usual_answer(struct sim *sim, json_t *rule, struct answer *answer)
{
	struct answer usual = {0};

	if (answer->status == 429)
		refuse_rate(sim, clock_now(&sim->clock) + sim->settings.rate_block_seconds, &usual);
	else if (answer->status == 401 || answer->status == 403 || answer->status == 503)
		aircall_edge(&usual, answer->status);
	else if (answer->status == 405)
		aircall_refuse(&usual, 405, "User not available");
	else if (answer->status >= 400)
		aircall_refuse(&usual, answer->status, "The request could not be processed");
	(void)rule;
	answer->body = usual.body;
	answer->body_len = usual.body_len;
	usual.body = NULL;
	for (size_t i = 0; i < usual.headers; i++)
		answer_header(answer, usual.header[i].name, usual.header[i].value);
	answer_release(&usual);
}

static bool is_json(const char *type)
{
	static const char json[] = "application/json";
	size_t n = sizeof(json) - 1;

	return type && strncasecmp(type, json, n) == 0 && (!type[n] || strchr("; \t", type[n]));
}

json_t *aircall_body(struct request *request, struct answer *answer)
{
	json_t *body;

	if (!is_json(request_header(request, "Content-Type"))) {
		aircall_refuse(answer, 400, "Content-Type must be application/json");
		return NULL;
	}
	body = request_json(request);
	if (json_is_object(body))
		return body;
	json_decref(body);
	aircall_refuse(answer, 400, "The body must be a JSON object");
	return NULL;
}
