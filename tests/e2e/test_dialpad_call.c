/* POST /call through Dialpad: who is asked, how often, and what each answer means for the caller. */
#include "e2e/dialpad.h"
#include "e2e/tiny_server.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNT(table)  ((int)(sizeof(table) / sizeof((table)[0])))
#define BODY          "{\"phoneNumber\":\"" NUMBER "\"}"
#define BODY_NO_PHONE "{\"phoneNumber\":\"" NUMBER "\",\"fallback\":false}"
#define BODY_ONLY(p)  "{\"phoneNumber\":\"" NUMBER "\",\"provider\":\"" p "\"}"

static void setup(void)
{
	dialpad_ready(3600);
}

static struct answer *unclear_call(const char *user, const char *body)
{
	struct answer *a = place(user, body);
	expect_error(a, 504, "provider_unconfirmed", NULL);
	expect_call(a, "call");
	expect_text(a, "call.provider", "dialpad");
	expect_text(a, "call.status", "unconfirmed");
	expect_absent(a, "fallback");
	expect_absent(a, "attempts");
	expect_absent(a, "call.externalCallId");
	expect_newest(user, a);
	return a;
}

/* --- the request --- */

static const struct {
	const char *setting, *path, *body;
	bool tells_id;
} forms[] = {
	{NULL, "/api/v2/call",
		"{\"phone_number\":\"" NUMBER "\",\"user_id\":%s,\"custom_data\":\"%s\"}", true},
	{"call", "/api/v2/call",
		"{\"phone_number\":\"" NUMBER "\",\"user_id\":%s,\"custom_data\":\"%s\"}", true},
	{"initiate_call", "/api/v2/users/%s/initiate_call",
		"{\"phone_number\":\"" NUMBER "\",\"custom_data\":\"%s\"}", false},
	{"calls", "/api/v2/calls", "{\"to_number\":\"" NUMBER "\",\"external_id\":\"%s\"}", true},
};

/* The text with each %s replaced: all but the last by `first`, the last by `last`. */
static const char *filled(const char *form, const char *first, const char *last)
{
	const char *text = "", *at;
	for (; (at = strstr(form, "%s")) != NULL; form = at + 2)
		text = e2e_text("%s%.*s%s", text, (int)(at - form), form,
			strstr(at + 2, "%s") != NULL ? first : last);
	return e2e_text("%s%s", text, form);
}

static void expect_form(int i, const char *agent)
{
	struct answer *a = place("alice", BODY);
	const char *id = text_at(a->json, "call.id");
	expect_dialpad(a);
	expect_newest("alice", a);
	json_t *r = last_asked("dialpad"), *call = json_at(sim_get("/control/calls"), "calls.0");
	ck_assert_str_eq(text_at(r, "path"), filled(forms[i].path, agent, agent));
	ck_assert_str_eq(text_at(r, "body"), filled(forms[i].body, agent, id));
	ck_assert_str_eq(text_at(r, "query"), "");
	ck_assert_str_eq(text_at(r, "authorization"), "ok");
	ck_assert_str_eq(text_at(r, "actor"), agent);
	ck_assert_str_eq(text_at(call, "custom_data"), id);
	if (forms[i].tells_id)
		ck_assert_str_eq(text_at(a->json, "call.externalCallId"), text_at(call, "id"));
	else
		expect_absent(a, "call.externalCallId");
}

START_TEST(call_is_placed_in_the_form_of_the_setting)
{
	sim_post("/control/settings", "{\"legacy_calls\":true}");
	e2e_set("DIALPAD_CALL_API", forms[_i].setting);
	connected("alice");
	expect_form(_i, AGENT);
	expect_story(_i == 3 ? "dialpad 201" : "dialpad 200");
}
END_TEST

START_TEST(ids_beyond_a_double_are_exact)
{
	sim_post("/control/settings", "{\"legacy_calls\":true}");
	e2e_set("DIALPAD_CALL_API", forms[_i].setting);
	connected_as("alice", OTHER_AGENT);
	expect_form(_i, OTHER_AGENT);
}
END_TEST

START_TEST(what_the_page_says_stands_in_the_row)
{
	connected("alice");
	struct answer *a = place("alice", "{\"phoneNumber\":\"" NUMBER "\",\"clientId\":\"c-1\","
					  "\"contactId\":\"k\\u00f6-2\",\"dealId\":\"d-3\"}");
	expect_dialpad(a);
	ck_assert_str_eq(text_at(a->json, "notice.text"), "Calling " NUMBER " via Dialpad");
	ck_assert_str_eq(text_at(a->json, "notice.title"), "Call Initiated");
	expect_text(a, "call.clientId", "c-1");
	expect_text(a, "call.contactId", "k\u00f6-2");
	expect_text(a, "call.dealId", "d-3");
	expect_newest("alice", a);
	struct answer *s = get("alice", e2e_text("/call/%s", text_at(a->json, "call.id")));
	ck_assert(json_equal(json_at(s->json, "call"), json_at(a->json, "call")));
	/* It is nobody else's business, Dialpad's neither. */
	ck_assert_ptr_null(strstr(text_at(last_asked("dialpad"), "body"), "-1"));
	expect_int(get("alice", "/history?dealId=d-3&provider=dialpad"), "pagination.total", 1);
	expect_int(get("alice", "/history?dealId=d-3&provider=aircall"), "pagination.total", 0);
}
END_TEST

static const struct {
	const char *script, *id;
} acceptances[] = {
	{"\"outcome\":\"answered\",\"status\":201,\"body\":{\"call_id\":\"5712345678901248\"}",
		"5712345678901248"},
	{"\"outcome\":\"answered\",\"status\":200,\"body\":{\"call_id\":9007199254740993}",
		"9007199254740993"},
	{"\"outcome\":\"answered\",\"status\":200,\"body\":{\"call_id\":\"9223372036854775807\"}",
		"9223372036854775807"},
	{"\"outcome\":\"answered\",\"status\":200,\"body\":"
	 "{\"call_id\":\"9223372036854775808\"}",
		NULL},
	{"\"outcome\":\"answered\",\"status\":200,\"body\":{\"call_id\":null}", NULL},
	{"\"outcome\":\"answered\",\"status\":200,\"body\":{\"call_id\":0}", NULL},
	{"\"outcome\":\"answered\",\"status\":200,\"body\":\"\"", NULL},
	{"\"outcome\":\"answered\",\"status\":202,\"body\":\"<html>\"", NULL},
	{"\"outcome\":\"answered\",\"status\":299,\"body\":{\"error\":{\"message\":\"no\"}}", NULL},
	{"\"outcome\":\"answered\",\"status\":204,\"body\":\"\"", NULL},
	{"\"outcome\":\"body_on_204\"", NULL},
	{"\"outcome\":\"garbage_json\"", NULL},
	{"\"outcome\":\"cut\"", NULL},
	{"\"outcome\":\"oversized\",\"bytes\":8000000", NULL},
	{"\"outcome\":\"slow_body\",\"interval_ms\":100", NULL},
};

START_TEST(any_2xx_is_placed_with_or_without_an_id)
{
	if (strstr(acceptances[_i].script, "slow") != NULL)
		e2e_set("DIALER_PROVIDER_TIMEOUT", "1");
	connected("alice");
	script_for("dialpad", acceptances[_i].script);
	struct answer *a = place("alice", BODY);
	expect_dialpad(a);
	if (acceptances[_i].id != NULL)
		expect_text(a, "call.externalCallId", acceptances[_i].id);
	else
		expect_absent(a, "call.externalCallId");
	expect_newest("alice", a);
	ck_assert_int_eq(told("dialpad"), 1);
	ck_assert_int_eq(told("aircall"), 0);
}
END_TEST

/* --- unclear: it may be ringing --- */

static const struct {
	const char *script, *answered;
} unclear[] = {
	{"\"outcome\":\"hang\"", "hang"},
	{"\"outcome\":\"answered\",\"sleep_ms\":20000", "200"},
	{"\"outcome\":\"close\"", "close"},
	{"\"outcome\":\"reset\"", "reset"},
	{"\"outcome\":\"garbage\"", "garbage"},
	{"\"outcome\":\"fail\"", "500"},
	{"\"outcome\":\"fail\",\"status\":502,\"body\":\"<html>\"", "502"},
	{"\"outcome\":\"refuse\",\"status\":504,\"body\":\"\"", "504"},
	{"\"outcome\":\"refuse\",\"status\":599", "599"},
	{"\"outcome\":\"refuse\",\"status\":408", "408"},
	{"\"outcome\":\"refuse\",\"status\":300", "300"},
	{"\"outcome\":\"redirect\",\"status\":307,\"location\":\"/api/v2/call\"", "307"},
	{"\"outcome\":\"redirect\",\"status\":308,\"location\":\"/v1/users/456/calls\"", "308"},
};

START_TEST(unclear_outcome_ends_the_chain)
{
	e2e_set("DIALER_PROVIDER_TIMEOUT", "1");
	connected("alice");
	script_for("dialpad", unclear[_i].script);
	unclear_call("alice", _i % 2 == 0 ? BODY : BODY_NO_PHONE);
	if (unclear[_i].answered != NULL)
		expect_story(e2e_text("dialpad %s", unclear[_i].answered));
	ck_assert_int_eq(told("dialpad"), 1);
	ck_assert_int_eq(told(", "), 0);
	/* The phone may be ringing: the same number is not dialled again at once. */
	expect_error(place("alice", BODY), 409, "duplicate_call", NULL);
	ck_assert_int_eq(told(", "), 0);
}
END_TEST

/* --- refused: on to the next --- */

#define BUSY_400 "\"outcome\":\"refuse\",\"status\":400,\"body\":"
#define BUSY_409 "\"outcome\":\"refuse\",\"status\":409,\"body\":"

static const struct {
	const char *script, *answered, *reason;
} refusals[] = {
	{"\"outcome\":\"refuse\",\"status\":400", "400", "dialpad_rejected"},
	{"\"outcome\":\"refuse\",\"status\":403", "403", "dialpad_forbidden"},
	{"\"outcome\":\"refuse\",\"status\":404", "404", "dialpad_rejected"},
	{"\"outcome\":\"refuse\",\"status\":409", "409", "dialpad_rejected"},
	{"\"outcome\":\"refuse\",\"status\":499", "499", "dialpad_rejected"},
	{"\"outcome\":\"rate_limited\"", "429", "dialpad_rate_limited"},
	{"\"outcome\":\"refuse\",\"status\":429,\"body\":\"\"", "429", "dialpad_rate_limited"},
	{BUSY_400 "{\"error\":{\"code\":400,\"message\":\"User is currently on a call\"}}", "400",
		"dialpad_user_busy"},
	{BUSY_409 "{\"error\":{\"message\":\"USER IS CURRENTLY ON A CALL.\"}}", "409",
		"dialpad_user_busy"},
	{BUSY_400 "{\"error\":\"He is on a call\"}", "400", "dialpad_user_busy"},
	{BUSY_409 "{\"message\":\"already on a call\"}", "409", "dialpad_user_busy"},
	{BUSY_400 "\"User is currently on a call\"", "400", "dialpad_user_busy"},
	/* Elsewhere these words mean something else. */
	{"\"outcome\":\"refuse\",\"status\":403,\"body\":"
	 "{\"error\":{\"message\":\"User is currently on a call\"}}",
		"403", "dialpad_forbidden"},
	{BUSY_400 "{\"error\":{\"message\":\"phone_number is not valid\"}}", "400",
		"dialpad_rejected"},
};

START_TEST(refusal_goes_on_to_aircall)
{
	const char *reason = refusals[_i].reason;
	connected("alice");
	script_for("dialpad", refusals[_i].script);
	struct answer *a = place("alice", _i % 2 == 0 ? BODY : BODY_NO_PHONE);
	expect_aircall(a);
	expect_newest("alice", a);
	expect_absent(a, "call.externalCallId");
	const char *asked = e2e_text("dialpad %s, aircall", refusals[_i].answered);
	expect_story(e2e_text("%s 204", asked));
	script_for("aircall", "\"outcome\":\"refuse\",\"status\":405");
	a = place("alice", "{\"phoneNumber\":\"+15550000002\",\"fallback\":false}");
	expect_failed(a, "dialpad", reason, "aircall", "aircall_user_unavailable");
	expect_text(a, "call.provider", "aircall");
	expect_absent(a, "fallback");
	expect_absent(a, "notice");
	expect_story(e2e_text("%s 204, %s 405", asked, asked));
}
END_TEST

START_TEST(both_refuse)
{
	connected("alice");
	script_for("dialpad", "\"outcome\":\"refuse\",\"status\":403");
	script_for("aircall", "\"outcome\":\"refuse\",\"status\":405");
	struct answer *a = place("alice", BODY);
	expect_attempts(a, "dialpad", "dialpad_forbidden", "aircall", "aircall_user_unavailable");
	expect_text(a, "call.provider", "tel");
	expect_text(a, "fallback.uri", "tel:" NUMBER);
	expect_text(a, "message", "Opening phone");
	expect_text(a, "notice.text", "Calling " NUMBER "...");
	expect_story("dialpad 403, aircall 405");
}
END_TEST

START_TEST(only_dialpad_is_asked_where_wanted)
{
	connected("alice");
	script_for("dialpad", "\"outcome\":\"refuse\",\"status\":403");
	struct answer *a = place("alice", BODY_ONLY("dialpad"));
	expect_attempts(a, "dialpad", "dialpad_forbidden");
	expect_text(a, "call.provider", "tel");
	a = place("alice", "{\"phoneNumber\":\"+15550000002\",\"fallback\":false,"
			   "\"provider\":\"dialpad\"}");
	expect_failed(a, "dialpad", "dialpad_forbidden");
	expect_text(a, "call.provider", "dialpad");
	expect_story("dialpad 403, dialpad 403");
}
END_TEST

START_TEST(detail_is_dialpads_text_short_and_clean)
{
	const char *many = "";
	for (int i = 0; i < 60; i++)
		many = e2e_text("%sab\\u0007c\\u001b[1m\\u00e9\\r\\n", many);
	connected("alice");
	script_for("dialpad",
		e2e_text("\"outcome\":\"refuse\",\"status\":400,\"body\":{\"error\":{\"code\":400,"
			 "\"message\":\"%s\"}}",
			many));
	struct answer *a = place("alice", BODY_ONLY("dialpad"));
	expect_attempts(a, "dialpad", "dialpad_rejected");
	const char *detail = text_at(a->json, "fallback.attempts.0.detail");
	size_t n = 0;
	ck_assert_msg(strncmp(detail, "abc[1m\u00e9", 8) == 0, "%s", detail);
	for (const char *c = detail; *c != '\0'; c++) {
		ck_assert_msg((unsigned char)*c >= ' ' && *c != 0x7f, "%s", detail);
		n += ((unsigned char)*c & 0xc0) != 0x80;
	}
	ck_assert_uint_gt(n, 100);
	ck_assert_uint_le(n, 200);
}
END_TEST

/* It goes to the caller, into the log and into the trail of the call. */
START_TEST(token_repeated_by_dialpad_is_not_shown)
{
	static const char *const texts[] = {"\"Bad token company-key-4711!\"",
		"{\"error\":{\"message\":\"Bearer company-key-4711 may not\"}}",
		"{\"error\":{\"message\":\"Bearer company\\u002dkey-4711 may not\"}}"};
	sim_post("/control/settings", "{\"dialpad_api_key\":\"company-key-4711\"}");
	token_fault("refuse", ",\"status\":200,\"times\":1,\"body\":"
			      "{\"access_token\":\"company-key-4711\"}");
	sim_post("/control/faults", "{\"path\":\"/api/v2/users/me\",\"outcome\":\"refuse\","
				    "\"status\":200,\"body\":{\"id\":\"" AGENT "\"}}");
	connected("alice");
	script_for("dialpad",
		e2e_text("\"outcome\":\"refuse\",\"status\":403,\"body\":%s", texts[_i]));
	struct answer *a = place("alice", BODY_ONLY("dialpad"));
	expect_attempts(a, "dialpad", "dialpad_forbidden");
	expect_story("dialpad 403");
	ck_assert_msg(strstr(a->body, "4711") == NULL, "%s", a->body);
	ck_assert_ptr_null(strstr(server_log(), "4711"));
	ck_assert_ptr_null(found_in_data((const char *const[]){"4711", NULL}));
}
END_TEST

/* --- of its own accord --- */

START_TEST(user_in_a_call_is_busy)
{
	connected("alice");
	sim_post("/control/settings", "{\"busy_users\":true}");
	expect_dialpad(place_to("alice", "+15550000001"));
	script_for("aircall", "\"outcome\":\"refuse\",\"status\":422");
	struct answer *a = place("alice", BODY);
	expect_attempts(a, "dialpad", "dialpad_user_busy", "aircall", "aircall_rejected");
	expect_text(a, "fallback.attempts.0.detail", "User is currently on a call");
	expect_story("dialpad 200, dialpad 400, aircall 422");
}
END_TEST

START_TEST(limit_of_calls_goes_on_to_aircall)
{
	connected("alice");
	sim_post("/control/settings", "{\"dialpad_calls_per_minute\":1}");
	expect_dialpad(place_to("alice", "+15550000001"));
	expect_aircall(place_to("alice", "+15550000002"));
	expect_story("dialpad 200, dialpad 429, aircall 204");
}
END_TEST

START_TEST(scope_that_is_missing_is_forbidden)
{
	connected("alice");
	sim_post("/control/settings", "{\"dialpad_call_scope\":\"calls:list\"}");
	expect_attempts(place("alice", BODY_ONLY("dialpad")), "dialpad", "dialpad_forbidden");
	expect_story("dialpad 403");
	expect_connected("alice");
}
END_TEST

START_TEST(form_that_dialpad_does_not_know_goes_on_to_aircall)
{
	e2e_set("DIALPAD_CALL_API", "calls");
	connected("alice");
	expect_aircall(place("alice", BODY));
	expect_story("dialpad 404, aircall 204");
}
END_TEST

START_TEST(app_that_cannot_be_driven_goes_on_to_aircall)
{
	e2e_set("DIALPAD_CALL_API", "initiate_call");
	connected_as("alice", "5123456789012345");
	expect_aircall(place("alice", BODY));
	expect_story("dialpad 400, aircall 204");
}
END_TEST

/* --- not reached --- */

START_TEST(nobody_listening_goes_on_to_aircall)
{
	connected("alice");
	connected("bob");
	e2e_set("DIALPAD_BASE_URL", "http://127.0.0.1:1");
	expect_aircall(place("alice", BODY));
	expect_story("aircall 204");
	script_for("aircall", "\"outcome\":\"refuse\",\"status\":403");
	expect_failed(place("bob", BODY_NO_PHONE), "dialpad", "dialpad_unreachable", "aircall",
		"aircall_unauthorized");
}
END_TEST

START_TEST(no_tls_there_goes_on_to_aircall)
{
	connected("alice");
	e2e_set("DIALPAD_BASE_URL", e2e_text("https://127.0.0.1:%d", sim.port));
	expect_attempts(place("alice", BODY_ONLY("dialpad")), "dialpad", "dialpad_tls_error");
	expect_aircall(place_to("alice", "+15550000002"));
	expect_story("aircall 204");
}
END_TEST

/* Nothing was sent, and there must be time left for the next provider. */
START_TEST(connecting_without_end_goes_on_to_aircall)
{
	int fds[TINY_BLACKHOLE_FDS];
	connected("alice");
	e2e_set("DIALPAD_BASE_URL", e2e_text("http://127.0.0.1:%d", tiny_blackhole_port(fds)));
	e2e_set("DIALER_PROVIDER_TIMEOUT", "2");
	struct answer *a = place("alice", BODY);
	for (int i = 0; i < TINY_BLACKHOLE_FDS; i++)
		close(fds[i]);
	expect_aircall(a);
	expect_story("aircall 204");
}
END_TEST

START_TEST(key_file_out_of_order_goes_on_to_aircall)
{
	static const char *const texts[] = {"", "too short\n"};
	connected("alice");
	e2e_set("DIALER_TOKEN_KEY_FILE",
		_i == 2 ? "/nowhere/token.key" : e2e_file("bad.key", texts[_i], strlen(texts[_i])));
	expect_attempts(place("alice", BODY_ONLY("dialpad")), "dialpad", "dialpad_unreachable");
	expect_aircall(place_to("alice", "+15550000002"));
	/* Calls without Dialpad need no key. */
	expect_aircall(place_to("bob", "+15550000003"));
	expect_connected("alice");
}
END_TEST

/* --- who is in the chain --- */

START_TEST(users_who_did_not_connect_are_passed_over)
{
	connected("alice");
	expect_aircall(place("bob", BODY));
	script_for("aircall", "\"outcome\":\"refuse\",\"status\":422");
	expect_attempts(
		place("carol", BODY), "dialpad", "not_connected", "aircall", "aircall_rejected");
	expect_failed(place("dave", BODY_NO_PHONE), "dialpad", "not_connected", "aircall",
		"aircall_rejected");
	expect_attempts(place("eve", BODY_ONLY("dialpad")), "dialpad", "not_connected");
	expect_story("aircall 204, aircall 422, aircall 422");
}
END_TEST

START_TEST(disconnected_users_are_passed_over)
{
	connected("alice");
	expect_dialpad(place_to("alice", "+15550000001"));
	expect_status(http(.method = "DELETE", .path = "/dialpad", .token = token("alice")), 200);
	expect_attempts(place("alice", BODY_ONLY("dialpad")), "dialpad", "not_connected");
	expect_aircall(place_to("alice", "+15550000002"));
	expect_story("dialpad 200, deauthorize 204, aircall 204");
}
END_TEST

START_TEST(without_a_client_dialpad_is_not_configured)
{
	connected("alice");
	e2e_set("DIALPAD_CLIENT_ID", NULL);
	expect_aircall(place("alice", BODY));
	e2e_set("AIRCALL_API_KEY", NULL);
	expect_attempts(place_to("alice", "+15550000002"), "dialpad", "not_configured", "aircall",
		"not_configured");
	expect_attempts(place("bob", BODY_ONLY("dialpad")), "dialpad", "not_configured");
	expect_story("aircall 204");
}
END_TEST

START_TEST(nobody_behind_dialpad)
{
	e2e_set("AIRCALL_API_KEY", NULL);
	connected("alice");
	expect_dialpad(place_to("alice", "+15550000001"));
	script_for("dialpad", "\"outcome\":\"refuse\",\"status\":403");
	/* Why Dialpad refused weighs more than that Aircall is not set up. */
	expect_attempts(
		place("alice", BODY), "dialpad", "dialpad_forbidden", "aircall", "not_configured");
	expect_failed(place("alice", "{\"phoneNumber\":\"+15550000003\",\"fallback\":false}"),
		"dialpad", "dialpad_forbidden", "aircall", "not_configured");
}
END_TEST

START_TEST(order_of_the_setting)
{
	connected("alice");
	e2e_set("DIALER_PROVIDERS", "aircall,dialpad");
	expect_aircall(place_to("alice", "+15550000001"));
	script_for("aircall", "\"outcome\":\"refuse\",\"status\":405");
	struct answer *a = place("alice", BODY);
	expect_dialpad(a);
	expect_newest("alice", a);
	ck_assert_str_eq(text_at(last_asked("dialpad"), "body"),
		e2e_text("{\"phone_number\":\"" NUMBER "\",\"user_id\":" AGENT
			 ",\"custom_data\":\"%s\"}",
			text_at(a->json, "call.id")));
	expect_story("aircall 204, aircall 405, dialpad 200");
	script_for("dialpad", "\"outcome\":\"refuse\",\"status\":429");
	expect_attempts(place_to("alice", "+15550000003"), "aircall", "aircall_user_unavailable",
		"dialpad", "dialpad_rate_limited");
}
END_TEST

START_TEST(unclear_aircall_ends_the_chain_before_dialpad)
{
	connected("alice");
	e2e_set("DIALER_PROVIDERS", "aircall,dialpad");
	script_for("aircall", "\"outcome\":\"fail\"");
	struct answer *a = place("alice", BODY);
	expect_error(a, 504, "provider_unconfirmed", NULL);
	expect_text(a, "call.provider", "aircall");
	expect_story("aircall 500");
}
END_TEST

START_TEST(only_the_listed_are_asked)
{
	connected("alice");
	e2e_set("DIALER_PROVIDERS", "dialpad");
	script_for("dialpad", "\"outcome\":\"refuse\",\"status\":403");
	expect_attempts(place("alice", BODY), "dialpad", "dialpad_forbidden");
	expect_attempts(place_to("bob", NUMBER), "dialpad", "not_connected");
	e2e_set("DIALER_PROVIDERS", "aircall");
	expect_aircall(place_to("alice", "+15550000002"));
	expect_attempts(
		place("alice", "{\"phoneNumber\":\"+15550000003\",\"provider\":\"dialpad\"}"),
		"dialpad", "not_configured");
	expect_story("dialpad 403, aircall 204");
}
END_TEST

START_TEST(request_may_name_the_only_provider)
{
	connected("alice");
	expect_aircall(place("alice", BODY_ONLY("aircall")));
	expect_dialpad(
		place("alice", "{\"phoneNumber\":\"+15550000002\",\"provider\":\"dialpad\"}"));
	expect_story("aircall 204, dialpad 200");
}
END_TEST

START_TEST(override_of_the_aircall_user_does_not_concern_dialpad)
{
	const char *more = "\"aircallUserId\":456,\"aircallNumberId\":1234}";
	connected("alice");
	expect_dialpad(place("alice", e2e_text("{\"phoneNumber\":\"" NUMBER "\",%s", more)));
	script_for("dialpad", "\"outcome\":\"refuse\",\"status\":403");
	expect_aircall(place("alice", e2e_text("{\"phoneNumber\":\"+15550000002\",%s", more)));
	ck_assert_str_eq(text_at(last_asked("aircall"), "path"), "/v1/users/456/calls");
}
END_TEST

/* --- stored before asked --- */

static void expect_row_while_asked(const char *word, const char *want)
{
	e2e_set("DIALER_PROVIDER_TIMEOUT", "1");
	struct http q = {.path = "/call", .token = token("alice"), .body = BODY};
	struct later *l = http_later(&q);
	await_told(word);
	struct answer *h = get("alice", "/history");
	expect_int(h, "pagination.total", 1);
	expect_text(h, "calls.0.status", "queued");
	expect_text(h, "calls.0.provider", word);
	struct answer *a = http_wait(l);
	expect_error(a, 504, "provider_unconfirmed", NULL);
	expect_text(a, "call.provider", word);
	ck_assert_str_eq(text_at(a->json, "call.id"), text_at(h->json, "calls.0.id"));
	expect_story(want);
}

START_TEST(row_names_dialpad_before_it_is_asked)
{
	connected("alice");
	script_for("dialpad", "\"outcome\":\"hang\"");
	expect_row_while_asked("dialpad", "dialpad hang");
}
END_TEST

START_TEST(row_names_the_next_before_it_is_asked)
{
	connected("alice");
	script_for("dialpad", "\"outcome\":\"refuse\",\"status\":403");
	script_for("aircall", "\"outcome\":\"hang\"");
	expect_row_while_asked("aircall", "dialpad 403, aircall hang");
}
END_TEST

START_TEST(key_is_answered_without_asking_again)
{
	connected("alice");
	struct answer *a = place_with_key("alice", "k1", BODY);
	expect_dialpad(a);
	struct answer *b = place_with_key("alice", "k1", BODY);
	expect_dialpad(b);
	ck_assert_str_eq(text_at(a->json, "call.id"), text_at(b->json, "call.id"));
	script_for("dialpad", "\"outcome\":\"refuse\",\"status\":403");
	script_for("aircall", "\"outcome\":\"refuse\",\"status\":422");
	const char *other = "{\"phoneNumber\":\"+15550000002\"}";
	a = place_with_key("alice", "k2", other);
	b = place_with_key("alice", "k2", other);
	expect_attempts(a, "dialpad", "dialpad_forbidden", "aircall", "aircall_rejected");
	expect_attempts(b, "dialpad", "dialpad_forbidden", "aircall", "aircall_rejected");
	ck_assert(json_equal(a->json, b->json));
	expect_story("dialpad 200, dialpad 403, aircall 422");
}
END_TEST

/* --- 401 --- */

/* Dialpad's clock is ahead: it refuses a token which the product takes for good. */
static void expire_at_dialpad(void)
{
	sim_post("/control/tokens", "{\"expire\":true}");
}

START_TEST(after_a_401_the_call_is_repeated_once_with_a_fresh_token)
{
	connected("alice");
	expire_at_dialpad();
	struct answer *a = place("alice", BODY);
	expect_dialpad(a);
	expect_newest("alice", a);
	expect_story("dialpad 401, refresh 200, dialpad 200");
	ck_assert_int_eq(sim_calls(NUMBER), 1);
	/* The fresh one is kept. */
	expect_dialpad(place_to("alice", "+15550000002"));
	expect_story("dialpad 401, refresh 200, dialpad 200, dialpad 200");
}
END_TEST

START_TEST(second_401_goes_on_to_aircall)
{
	connected("alice");
	connected("bob");
	script_for("dialpad", "\"outcome\":\"refuse\",\"status\":401");
	expect_aircall(place("alice", BODY));
	expect_story("dialpad 401, refresh 200, dialpad 401, aircall 204");
	sim_delete("/control/requests");
	script_for("aircall", "\"outcome\":\"refuse\",\"status\":422");
	expect_attempts(place("bob", BODY), "dialpad", "dialpad_unauthorized", "aircall",
		"aircall_rejected");
	expect_story("dialpad 401, refresh 200, dialpad 401, aircall 422");
	/* The refresh worked: why it is refused all the same is not known. */
	expect_connected("alice");
}
END_TEST

/* What the repeated request comes to counts like any other outcome. */
static const struct {
	const char *script, *story;
	int status;
} repeated[] = {
	{"\"outcome\":\"fail\"", "dialpad 500", 504},
	{"\"outcome\":\"hang\"", "dialpad hang", 504},
	{"\"outcome\":\"reset\"", "dialpad reset", 504},
	{"\"outcome\":\"refuse\",\"status\":302", "dialpad 302", 504},
	{"\"outcome\":\"refuse\",\"status\":403", "dialpad 403, aircall 204", 200},
	{"\"outcome\":\"refuse\",\"status\":429", "dialpad 429, aircall 204", 200},
};

START_TEST(outcome_of_the_repeated_request_counts)
{
	if (strstr(repeated[_i].script, "hang") != NULL)
		e2e_set("DIALER_PROVIDER_TIMEOUT", "1");
	connected("alice");
	expire_at_dialpad();
	script_for("dialpad", repeated[_i].script);
	struct answer *a = place("alice", BODY);
	expect_status(a, repeated[_i].status);
	expect_text(a, "call.provider", repeated[_i].status == 504 ? "dialpad" : "aircall");
	expect_story(e2e_text("dialpad 401, refresh 200, %s", repeated[_i].story));
}
END_TEST

START_TEST(without_a_refresh_token_a_401_asks_for_a_new_connection)
{
	e2e_set("DIALPAD_SCOPES", "calls:list");
	connected("alice");
	expect_dialpad(place_to("alice", "+15550000001"));
	sim_post("/control/tokens", "{\"revoke\":true}");
	expect_attempts(place("alice", BODY_ONLY("dialpad")), "dialpad", "dialpad_unauthorized");
	expect_needs_reconnect("alice");
	/* Nothing is left to ask with. */
	expect_aircall(place_to("alice", "+15550000002"));
	expect_story("dialpad 200, dialpad 401, aircall 204");
}
END_TEST

START_TEST(refused_refresh_after_a_401_asks_for_a_new_connection)
{
	connected("alice");
	connected("bob");
	sim_post("/control/tokens", "{\"revoke\":true}");
	expect_aircall(place("alice", BODY));
	expect_story("dialpad 401, refresh 400, aircall 204");
	expect_needs_reconnect("alice");
	script_for("aircall", "\"outcome\":\"refuse\",\"status\":422");
	expect_failed(place("bob", BODY_NO_PHONE), "dialpad", "dialpad_unauthorized", "aircall",
		"aircall_rejected");
}
END_TEST

START_TEST(outage_of_the_refresh_after_a_401_goes_on_to_aircall)
{
	connected("alice");
	expire_at_dialpad();
	token_fault("refuse", ",\"status\":500");
	expect_aircall(place("alice", BODY));
	expect_story("dialpad 401, refresh 500, aircall 204");
	expect_connected("alice");
	sim_delete("/control/faults");
	expect_dialpad(place_to("alice", "+15550000002"));
}
END_TEST

/* --- the page dials --- */

static const struct {
	const char *key, *value, *status;
} reporters[] = {
	{NULL, NULL, "handed-off"},
	{"DIALPAD_API_KEY", "company-key-0123456789", "initiated"},
	{"DIALPAD_WEBHOOK_SECRET", "webhook-secret-0123456789-0123456789", "initiated"},
};

START_TEST(cti_is_followed_where_dialpad_reports)
{
	connected("alice");
	if (reporters[_i].key != NULL)
		e2e_set(reporters[_i].key, reporters[_i].value);
	struct answer *a = place("alice", "{\"phoneNumber\":\"" NUMBER "\",\"placedBy\":\"cti\","
					  "\"contactId\":\"k1\",\"dealId\":\"d1\"}");
	expect_status(a, 200);
	expect_true(a, "success");
	expect_call(a, "call");
	expect_text(a, "call.provider", "cti");
	expect_text(a, "call.status", reporters[_i].status);
	expect_text(a, "call.contactId", "k1");
	expect_text(a, "call.dealId", "d1");
	expect_absent(a, "fallback");
	expect_newest("alice", a);
	expect_story("");
}
END_TEST

START_TEST(call_of_the_device_is_stored_only)
{
	connected("alice");
	if (reporters[_i].key != NULL)
		e2e_set(reporters[_i].key, reporters[_i].value);
	struct answer *a =
		place("alice", "{\"phoneNumber\":\"" NUMBER "\",\"placedBy\":\"tel\","
			       "\"provider\":\"dialpad\",\"contactId\":\"k1\",\"dealId\":\"d1\"}");
	expect_status(a, 200);
	expect_text(a, "call.provider", "tel");
	expect_text(a, "call.status", "handed-off");
	expect_text(a, "call.contactId", "k1");
	expect_text(a, "call.dealId", "d1");
	expect_newest("alice", a);
	expect_story("");
}
END_TEST

/* --- the suite --- */

static TCase *new_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("dialpad-call");
	TCase *t = new_case(s, "placed");
	tcase_add_loop_test(t, call_is_placed_in_the_form_of_the_setting, 0, COUNT(forms));
	tcase_add_loop_test(t, ids_beyond_a_double_are_exact, 1, COUNT(forms));
	tcase_add_test(t, what_the_page_says_stands_in_the_row);
	tcase_add_loop_test(t, any_2xx_is_placed_with_or_without_an_id, 0, COUNT(acceptances));

	t = new_case(s, "unclear");
	tcase_add_loop_test(t, unclear_outcome_ends_the_chain, 0, COUNT(unclear));

	t = new_case(s, "refused");
	tcase_add_loop_test(t, refusal_goes_on_to_aircall, 0, COUNT(refusals));
	tcase_add_test(t, both_refuse);
	tcase_add_test(t, only_dialpad_is_asked_where_wanted);
	tcase_add_test(t, detail_is_dialpads_text_short_and_clean);
	tcase_add_loop_test(t, token_repeated_by_dialpad_is_not_shown, 0, 3);
	tcase_add_test(t, user_in_a_call_is_busy);
	tcase_add_test(t, limit_of_calls_goes_on_to_aircall);
	tcase_add_test(t, scope_that_is_missing_is_forbidden);
	tcase_add_test(t, form_that_dialpad_does_not_know_goes_on_to_aircall);
	tcase_add_test(t, app_that_cannot_be_driven_goes_on_to_aircall);

	t = new_case(s, "unreached");
	tcase_add_test(t, nobody_listening_goes_on_to_aircall);
	tcase_add_test(t, no_tls_there_goes_on_to_aircall);
	tcase_add_test(t, connecting_without_end_goes_on_to_aircall);
	tcase_add_loop_test(t, key_file_out_of_order_goes_on_to_aircall, 0, 3);

	t = new_case(s, "chain");
	tcase_add_test(t, users_who_did_not_connect_are_passed_over);
	tcase_add_test(t, disconnected_users_are_passed_over);
	tcase_add_test(t, without_a_client_dialpad_is_not_configured);
	tcase_add_test(t, nobody_behind_dialpad);
	tcase_add_test(t, order_of_the_setting);
	tcase_add_test(t, unclear_aircall_ends_the_chain_before_dialpad);
	tcase_add_test(t, only_the_listed_are_asked);
	tcase_add_test(t, request_may_name_the_only_provider);
	tcase_add_test(t, override_of_the_aircall_user_does_not_concern_dialpad);

	t = new_case(s, "stored");
	tcase_add_test(t, row_names_dialpad_before_it_is_asked);
	tcase_add_test(t, row_names_the_next_before_it_is_asked);
	tcase_add_test(t, key_is_answered_without_asking_again);

	t = new_case(s, "unauthorized");
	tcase_add_test(t, after_a_401_the_call_is_repeated_once_with_a_fresh_token);
	tcase_add_test(t, second_401_goes_on_to_aircall);
	tcase_add_loop_test(t, outcome_of_the_repeated_request_counts, 0, COUNT(repeated));
	tcase_add_test(t, without_a_refresh_token_a_401_asks_for_a_new_connection);
	tcase_add_test(t, refused_refresh_after_a_401_asks_for_a_new_connection);
	tcase_add_test(t, outage_of_the_refresh_after_a_401_goes_on_to_aircall);

	t = new_case(s, "page");
	tcase_add_loop_test(t, cti_is_followed_where_dialpad_reports, 0, COUNT(reporters));
	tcase_add_loop_test(t, call_of_the_device_is_stored_only, 0, COUNT(reporters));
	return s;
}

int main(void)
{
	e2e_log_may_hold = " outside E(4003|600[24]): ";
	return e2e_main(suite());
}
