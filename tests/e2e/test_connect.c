/* Connecting to Dialpad step by step: what must work, and what must change nothing. */
#include "e2e/calls.h"
#include "e2e/connection.h"
#include "e2e/internal.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CALLBACK "/api/dialer/dialpad/callback"
#define REFUSED  "/?dialpad=error&reason=invalid_state"

/* --- begin --- */

START_TEST(authorize_url_asks_for_what_is_needed_and_no_more)
{
	static const char *const names[] = {"client_id", "redirect_uri", "response_type", "scope",
		"state", "code_challenge", "code_challenge_method"};
	e2e_set("DIALPAD_SCOPES", "offline_access calls:list");
	struct answer *a = flow_request("alice", NULL);
	expect_status(a, 200);
	const char *url = text_at(a->json, "authorizeUrl");
	const char *begin = e2e_text("%s/oauth2/authorize?", sim.url);
	ck_assert_msg(strncmp(url, begin, strlen(begin)) == 0, "%s", url);
	ck_assert_str_eq(url_param(url, "client_id"), "sim-client");
	ck_assert_str_eq(url_param(url, "redirect_uri"), e2e_text("%s" CALLBACK, server.url));
	ck_assert_str_eq(url_param(url, "response_type"), "code");
	ck_assert_str_eq(url_param(url, "scope"), "offline_access calls:list");
	ck_assert_str_eq(url_param(url, "code_challenge_method"), "S256");
	ck_assert_uint_eq(strlen(url_param(url, "code_challenge")), 43);
	ck_assert_uint_ge(strlen(url_param(url, "state")), 22);
	size_t params = 1;
	for (const char *c = strchr(url, '?'); *c != '\0'; c++)
		params += *c == '&';
	ck_assert_uint_eq(params, sizeof(names) / sizeof(names[0]));
	/* Unencoded, a blank or a quote would break the address. */
	ck_assert_uint_eq(strspn(url, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-._~%&=?/:"),
		strlen(url));
	ck_assert_ptr_null(strstr(a->body, "secret"));
	ck_assert_int_eq(sim_requests("/"), 0);
}
END_TEST

START_TEST(cookie_is_for_this_browser_alone)
{
	struct answer *a = flow_request("alice", NULL);
	const char *cookie = header(a, "Set-Cookie");
	ck_assert_int_eq(header_count(a, "Set-Cookie"), 1);
	ck_assert_msg(strstr(cookie, "; HttpOnly") != NULL, "%s", cookie);
	ck_assert_msg(strstr(cookie, "; SameSite=Lax") != NULL, "%s", cookie);
	ck_assert_msg(strstr(cookie, "; Max-Age=600;") != NULL, "%s", cookie);
	ck_assert_msg(strstr(cookie, "Domain") == NULL, "%s", cookie);
	/* The server is asked by http, where a browser would drop a cookie that is Secure. */
	ck_assert_msg(strstr(cookie, "Secure") == NULL, "%s", cookie);
	e2e_set("DIALER_PUBLIC_URL", "https://dash.example.org");
	a = flow_request("alice", NULL);
	cookie = header(a, "Set-Cookie");
	ck_assert_msg(strstr(cookie, "; Secure") != NULL, "%s", cookie);
	ck_assert_str_eq(url_param(text_at(a->json, "authorizeUrl"), "redirect_uri"),
		"https://dash.example.org" CALLBACK);
}
END_TEST

START_TEST(nothing_secret_is_used_twice)
{
	struct flow a = flow_begin("alice", NULL), b = flow_begin("alice", NULL);
	ck_assert_str_ne(a.state, b.state);
	ck_assert_str_ne(a.cookie, b.cookie);
	ck_assert_str_ne(url_param(a.url, "code_challenge"), url_param(b.url, "code_challenge"));
	ck_assert_str_ne(a.state, a.cookie);
	ck_assert_ptr_null(strstr(a.url, a.cookie));
}
END_TEST

static const struct {
	const char *path, *location;
} good_returns[] = {
	{"/", "/?dialpad=connected"},
	{"/dialer/", "/dialer/?dialpad=connected"},
	{"/crm/contact.php?id=7", "/crm/contact.php?id=7&dialpad=connected"},
	{"/crm#top", "/crm?dialpad=connected#top"},
	{"/crm?a=1#b?c", "/crm?a=1&dialpad=connected#b?c"},
	{"/a%20b", "/a%20b?dialpad=connected"},
	{"/http://elsewhere.example", "/http://elsewhere.example?dialpad=connected"},
};

START_TEST(browser_returns_to_the_page_it_came_from)
{
	struct flow f =
		flow_begin("alice", e2e_text("{\"returnTo\":\"%s\"}", good_returns[_i].path));
	expect_location(flow_return(flow_consent(&f), f.cookie), good_returns[_i].location);
	expect_connected("alice");
}
END_TEST

static const char *const bad_returns[] = {
	"\"https://elsewhere.example/\"",
	"\"//elsewhere.example\"",
	"\"///elsewhere.example\"",
	"\"/\\\\elsewhere.example\"",
	"\"\\\\\\\\elsewhere.example\"",
	"\"/a\\\\b\"",
	"\"/\\telsewhere.example\"",
	"\"/\\t/elsewhere.example\"",
	"\"/\\n/elsewhere.example\"",
	"\"/\\r\\nSet-Cookie: a=b\"",
	"\"/a b\"",
	"\"/\\u007f\"",
	"\"/\\u00e9\"",
	"\"/\\u2028\"",
	"\" /\"",
	"\"elsewhere.example\"",
	"\"javascript:alert(1)\"",
	"\"\"",
	"\"?a=b\"",
	"\"#a\"",
	"7",
	"true",
	"null",
	"[\"/\"]",
	"{}",
};

START_TEST(nobody_is_sent_elsewhere)
{
	struct answer *a = flow_request("alice", e2e_text("{\"returnTo\":%s}", bad_returns[_i]));
	expect_error(a, 400, "invalid_parameter", "returnTo");
	ck_assert_int_eq(header_count(a, "Set-Cookie"), 0);
}
END_TEST

START_TEST(length_of_the_way_back_is_limited)
{
	const char *most = e2e_text("/%s", e2e_repeat('a', 1023));
	struct flow f = flow_begin("alice", e2e_text("{\"returnTo\":\"%s\"}", most));
	expect_location(
		flow_return(flow_consent(&f), f.cookie), e2e_text("%s?dialpad=connected", most));
	expect_error(flow_request("alice", e2e_text("{\"returnTo\":\"%sa\"}", most)), 400,
		"invalid_parameter", "returnTo");
}
END_TEST

START_TEST(body_is_optional_and_must_be_an_object)
{
	expect_status(flow_request("alice", "{}"), 200);
	expect_status(flow_request("alice", "{\"other\":1}"), 200);
	expect_error(flow_request("alice", "[]"), 400, "invalid_json", NULL);
	expect_error(flow_request("alice", "{\"returnTo\":\"/\",\"returnTo\":\"/\"}"), 400,
		"invalid_json", NULL);
	expect_error(http(.path = "/dialpad/connect", .token = token("alice"), .body = "{}",
			     .type = "text/plain"),
		415, "unsupported_media_type", NULL);
}
END_TEST

/* --- the whole way --- */

static json_t *only_request(const char *path)
{
	json_t *requests =
		json_at(sim_get(e2e_text("/control/requests?path=%s", path)), "requests");
	ck_assert_uint_eq(json_array_size(requests), 1);
	return json_array_get(requests, 0);
}

START_TEST(connection_is_made)
{
	expect_never_connected("alice");
	int64_t before = e2e_now_ms();
	struct flow f = flow_begin("alice", "{\"returnTo\":\"/dialer/\"}");
	/* A begun connection is none. */
	expect_never_connected("alice");
	struct answer *a = flow_return(flow_consent(&f), f.cookie);
	expect_location(a, "/dialer/?dialpad=connected");
	expect_header(a, "Cache-Control", "no-store");
	ck_assert_str_eq(header(a, "Set-Cookie"),
		"dialer_oauth=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
	a = dialpad_status("alice");
	expect_true(a, "connected");
	ck_assert_uint_eq(json_array_size(json_at(a->json, "scopes")), 1);
	expect_text(a, "scopes.0", "offline_access");
	expect_absent(a, "cti");
	char hour[32];
	time_t end = (time_t)(before / 1000) + 3600;
	(void)strftime(hour, sizeof(hour), "%Y-%m-%dT%H:", gmtime_r(&end, &(struct tm){0}));
	ck_assert_msg(strncmp(text_at(a->json, "expiresAt"), hour, strlen(hour)) == 0 ||
			      end % 3600 > 3500,
		"%s is not near %s", answer_text(a), hour);
	expect_never_connected("bob");
	ck_assert_str_eq(text_at(only_request("/oauth2/token"), "method"), "POST");
	ck_assert_str_eq(text_at(only_request("/oauth2/token"), "authorization"), "ok");
	ck_assert_str_eq(text_at(only_request("/api/v2/users/me"), "authorization"), "ok");
}
END_TEST

START_TEST(consent_page_leads_back)
{
	sim_post("/control/settings", "{\"dialpad_auto_consent\":\"no\"}");
	struct flow f = flow_begin("alice", NULL);
	const char *page = f.url + strlen(sim.url);
	struct answer *a = http(.to = &sim, .url = page);
	expect_status(a, 200);
	const char *user = strstr(a->body, "<option value=\"");
	ck_assert_msg(user != NULL, "%s", a->body);
	user = e2e_text("%.*s", (int)strspn(user + 15, "0123456789"), user + 15);
	a = http(.to = &sim, .url = page, .type = "application/x-www-form-urlencoded",
		.body = e2e_text("user=%s&decision=allow", user));
	expect_status(a, 302);
	expect_location(flow_return(header(a, "Location") + strlen(server.url), f.cookie),
		"/?dialpad=connected");
	expect_connected("alice");
}
END_TEST

START_TEST(tokens_may_be_asked_for_in_json)
{
	e2e_set("DIALPAD_TOKEN_ENCODING", "json");
	sim_post("/control/settings", "{\"dialpad_token_body\":\"json\"}");
	connect_user("alice");
	e2e_set("DIALPAD_TOKEN_ENCODING", NULL);
	sim_post("/control/settings", "{\"dialpad_token_body\":\"form\"}");
	connect_user("bob");
}
END_TEST

START_TEST(each_user_has_a_connection_of_his_own)
{
	connect_user("alice");
	expect_connected("alice");
	expect_never_connected("bob");
	expect_never_connected("alice2");
	connect_user("bob");
	expect_status(http(.method = "DELETE", .path = "/dialpad", .token = token("alice")), 200);
	expect_never_connected("alice");
	expect_connected("bob");
}
END_TEST

START_TEST(token_without_end_has_no_expiry)
{
	sim_post("/control/settings", "{\"dialpad_expires_in_form\":\"absent\"}");
	connect_user("alice");
	struct answer *a = dialpad_status("alice");
	expect_true(a, "connected");
	expect_absent(a, "expiresAt");
}
END_TEST

START_TEST(status_names_the_cti)
{
	e2e_set("DIALPAD_CTI_CLIENT_ID", "cti-client");
	struct answer *a = dialpad_status("alice");
	expect_text(a, "cti.clientId", "cti-client");
	expect_text(a, "cti.origin", sim.url);
	/* Browsers compare origins by the letter. */
	e2e_set("DIALPAD_BASE_URL", "HTTPS://Dialpad.Example:443/sandbox/");
	expect_text(dialpad_status("alice"), "cti.origin", "https://dialpad.example");
	e2e_set("DIALPAD_BASE_URL", "https://dialpad.example:8443/sandbox");
	expect_text(dialpad_status("alice"), "cti.origin", "https://dialpad.example:8443");
}
END_TEST

/* --- what changes nothing --- */

/* What the user sees before and after must be the same. */
static const char *state_of(const char *user)
{
	return dialpad_status(user)->body;
}

START_TEST(state_is_good_once)
{
	struct flow f = flow_begin("alice", NULL);
	const char *callback = flow_consent(&f);
	expect_location(flow_return(callback, f.cookie), "/?dialpad=connected");
	const char *before = state_of("alice");
	expect_location(flow_return(callback, f.cookie), REFUSED);
	ck_assert_str_eq(state_of("alice"), before);
	/* Not even asked: a code that comes twice may cost the tokens of the first time. */
	ck_assert_int_eq(sim_requests("/oauth2/token"), 1);
}
END_TEST

START_TEST(state_is_good_once_for_many_at_a_time)
{
	enum { MANY = 8 };
	struct flow f = flow_begin("alice", NULL);
	const char *callback = flow_consent(&f);
	struct http q[MANY];
	struct answer *answers[MANY];
	int good = 0;
	for (int i = 0; i < MANY; i++)
		q[i] = (struct http){.url = callback,
			.headers = {e2e_text("Cookie: dialer_oauth=%s", f.cookie)}};
	http_all(q, MANY, answers);
	for (int i = 0; i < MANY; i++) {
		expect_status(answers[i], 303);
		if (header_is(answers[i], "Location", "/?dialpad=connected"))
			good++;
		else
			expect_location(answers[i], REFUSED);
	}
	ck_assert_int_eq(good, 1);
	ck_assert_int_eq(sim_requests("/oauth2/token"), 1);
	expect_connected("alice");
}
END_TEST

/* STATE stands for the good one. */
static const char *const forged[] = {
	"code=x&state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	"code=x&state=a",
	"code=x&state=",
	"code=x",
	"",
	"state=STATEA&code=x",
	"state=STATE&state=STATE&code=x",
	"state=STATE&code=x&code=y",
	"state=STATE%00&code=x",
	"state=STATE&code=%0d%0aSet-Cookie:%20a=b",
	"state=STATE&code=%ff",
	"error=access_denied",
	"error=access_denied&state=a",
};

static const char *with_state(const char *query, const char *state)
{
	for (const char *at; (at = strstr(query, "STATE")) != NULL;)
		query = e2e_text("%.*s%s%s", (int)(at - query), query, state, at + strlen("STATE"));
	return query;
}

START_TEST(forged_callback_changes_nothing)
{
	connect_user("alice");
	const char *before = state_of("alice");
	sim_delete("/control/requests");
	struct flow f = flow_begin("alice", NULL);
	struct answer *a =
		flow_return(e2e_text(CALLBACK "?%s", with_state(forged[_i], f.state)), f.cookie);
	expect_location(a, REFUSED);
	ck_assert_int_eq(header_count(a, "Set-Cookie"), 0);
	ck_assert_str_eq(state_of("alice"), before);
	ck_assert_int_eq(sim_requests("/"), 0);
	/* The real one still works. */
	expect_location(flow_return(flow_consent(&f), f.cookie), "/?dialpad=connected");
}
END_TEST

START_TEST(state_lives_for_ten_minutes)
{
	struct flow early = flow_begin("alice", NULL), late = flow_begin("bob", NULL);
	const char *callback = flow_consent(&early);
	e2e_clock(9 * 60000 + 50000);
	expect_location(flow_return(callback, early.cookie), "/?dialpad=connected");
	callback = flow_consent(&late);
	e2e_clock(10 * 60000 + 1000);
	expect_location(flow_return(callback, late.cookie), REFUSED);
	expect_never_connected("bob");
	/* Gone for good, whatever the clock says then. */
	e2e_clock(0);
	ck_assert_int_eq(sim_requests("/oauth2/token"), 1);
}
END_TEST

START_TEST(state_of_the_future_is_refused)
{
	e2e_clock(3600000);
	struct flow f = flow_begin("alice", NULL);
	e2e_clock(0);
	struct answer *a = flow_return(flow_consent(&f), f.cookie);
	expect_status(a, 303);
	/* A clock set back by an hour may cost the attempt, never more. */
	if (header_is(a, "Location", REFUSED))
		expect_never_connected("alice");
	else
		expect_connected("alice");
}
END_TEST

START_TEST(without_its_cookie_a_callback_uses_nothing_up)
{
	struct flow f = flow_begin("alice", NULL), other = flow_begin("alice", NULL);
	const char *callback = flow_consent(&f);
	const char *const cookies[] = {NULL, "", "x", other.cookie, f.state,
		e2e_text("%sA", f.cookie), e2e_text("%s; dialer_oauth=%s", f.cookie, f.cookie),
		e2e_text("%s; dialer_oauth=x", f.cookie), e2e_repeat('A', 43)};
	for (size_t i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++)
		expect_location(flow_return(callback, cookies[i]), REFUSED);
	expect_never_connected("alice");
	ck_assert_int_eq(sim_requests("/oauth2/token"), 0);
	expect_location(http(.url = callback, .headers = {e2e_text("Cookie: a=b; dialer_oauth=%s; "
								   "dialer_oauth2=c",
						      f.cookie)}),
		"/?dialpad=connected");
	expect_connected("alice");
}
END_TEST

/* Somebody has his own connection end in another's browser: that browser is not his. */
START_TEST(another_browser_cannot_finish)
{
	struct flow mallory = flow_begin("mallory", NULL), alice = flow_begin("alice", NULL);
	const char *trap = flow_consent(&mallory);
	expect_location(flow_return(trap, alice.cookie), REFUSED);
	expect_never_connected("alice");
	expect_never_connected("mallory");
	expect_location(flow_return(flow_consent(&alice), alice.cookie), "/?dialpad=connected");
	expect_connected("alice");
	expect_never_connected("mallory");
}
END_TEST

START_TEST(cancelling_keeps_what_there_was)
{
	if (_i == 1)
		connect_user("alice");
	const char *before = state_of("alice");
	sim_post("/control/settings", "{\"dialpad_auto_consent\":\"cancel\"}");
	sim_delete("/control/requests");
	struct flow f = flow_begin("alice", "{\"returnTo\":\"/dialer/?x=1\"}");
	const char *callback = flow_consent(&f);
	/* Cancelling for somebody else is not possible. */
	expect_location(flow_return(callback, NULL), REFUSED);
	struct answer *a = flow_return(callback, f.cookie);
	expect_location(a, "/dialer/?x=1&dialpad=error&reason=access_denied");
	ck_assert_str_eq(state_of("alice"), before);
	ck_assert_int_eq(sim_requests("/oauth2/token"), 0);
	expect_location(flow_return(callback, f.cookie), REFUSED);
	expect_location(
		flow_return(e2e_text(CALLBACK "?code=x&state=%s", f.state), f.cookie), REFUSED);
}
END_TEST

START_TEST(missing_scope_is_named)
{
	if (_i == 1)
		connect_user("alice");
	const char *before = state_of("alice");
	e2e_set("DIALPAD_SCOPES", "offline_access calls:list screen_pop");
	e2e_set("DIALPAD_REQUIRED_SCOPES", "offline_access calls:list");
	sim_post("/control/settings",
		"{\"dialpad_name_scope\":true,\"dialpad_granted_scopes\":\"offline_access\"}");
	struct flow f = flow_begin("alice", NULL);
	expect_location(flow_return(flow_consent(&f), f.cookie),
		"/?dialpad=error&reason=missing_scope&scope=calls%3Alist");
	ck_assert_str_eq(state_of("alice"), before);
	sim_post("/control/settings", "{\"dialpad_granted_scopes\":\"calls:list offline_access\"}");
	connect_user("alice");
	struct answer *a = dialpad_status("alice");
	ck_assert_uint_eq(json_array_size(json_at(a->json, "scopes")), 2);
	expect_text(a, "scopes.0", "calls:list");
}
END_TEST

START_TEST(scopes_that_are_not_named_are_not_missed)
{
	e2e_set("DIALPAD_SCOPES", "offline_access calls:list");
	e2e_set("DIALPAD_REQUIRED_SCOPES", "calls:list");
	connect_user("alice");
	struct answer *a = dialpad_status("alice");
	ck_assert_uint_eq(json_array_size(json_at(a->json, "scopes")), 2);
	expect_text(a, "scopes.1", "calls:list");
}
END_TEST

static const struct {
	const char *fault; /* NULL: none */
	const char *query; /* instead of the code; NULL: the good one */
	const char *reason;
} failures[] = {
	{NULL, "code=wrong&", "exchange_failed"},
	{NULL, "", "exchange_failed"},
	{"{\"path\":\"/oauth2/token\",\"method\":\"POST\",\"outcome\":\"refuse\",\"status\":401,"
	 "\"body\":{\"error\":\"invalid_client\"}}",
		NULL, "exchange_failed"},
	{"{\"path\":\"/oauth2/token\",\"method\":\"POST\",\"outcome\":\"refuse\",\"status\":403,"
	 "\"body\":\"<html>\"}",
		NULL, "exchange_failed"},
	{"{\"path\":\"/oauth2/token\",\"method\":\"POST\",\"outcome\":\"refuse\",\"status\":200,"
	 "\"body\":\"{}\"}",
		NULL, "exchange_failed"},
	{"{\"path\":\"/oauth2/token\",\"method\":\"POST\",\"outcome\":\"garbage_json\"}", NULL,
		"exchange_failed"},
	{"{\"path\":\"/oauth2/token\",\"method\":\"POST\",\"outcome\":\"redirect\","
	 "\"location\":\"http://127.0.0.1:1/\"}",
		NULL, "exchange_failed"},
	{"{\"path\":\"/oauth2/token\",\"method\":\"POST\",\"outcome\":\"refuse\",\"status\":500}",
		NULL, "unreachable"},
	{"{\"path\":\"/oauth2/token\",\"method\":\"POST\",\"outcome\":\"refuse\",\"status\":503}",
		NULL, "unreachable"},
	{"{\"path\":\"/oauth2/token\",\"method\":\"POST\",\"outcome\":\"refuse\",\"status\":429}",
		NULL, "unreachable"},
	{"{\"path\":\"/oauth2/token\",\"method\":\"POST\",\"outcome\":\"close\"}", NULL,
		"unreachable"},
	{"{\"path\":\"/oauth2/token\",\"method\":\"POST\",\"outcome\":\"hang\"}", NULL,
		"unreachable"},
	{"{\"path\":\"/api/v2/users/me\",\"outcome\":\"refuse\",\"status\":500}", NULL,
		"unreachable"},
	{"{\"path\":\"/api/v2/users/me\",\"outcome\":\"reset\"}", NULL, "unreachable"},
	{"{\"path\":\"/api/v2/users/me\",\"outcome\":\"refuse\",\"status\":403}", NULL,
		"exchange_failed"},
	{"{\"path\":\"/api/v2/users/me\",\"outcome\":\"refuse\",\"status\":200,\"body\":{}}", NULL,
		"exchange_failed"},
	{"{\"path\":\"/api/v2/users/me\",\"outcome\":\"refuse\",\"status\":200,"
	 "\"body\":{\"id\":\"me\"}}",
		NULL, "exchange_failed"},
};

START_TEST(failure_at_dialpad_changes_nothing)
{
	e2e_set("DIALER_PROVIDER_TIMEOUT", "2");
	connect_user("alice");
	const char *alice = state_of("alice");
	if (failures[_i].fault != NULL)
		sim_post("/control/faults", failures[_i].fault);
	const char *const users[] = {"alice", "bob"};
	for (int i = 0; i < 2; i++) {
		struct flow f = flow_begin(users[i], NULL);
		const char *callback = flow_consent(&f);
		if (failures[_i].query != NULL)
			callback = e2e_text(CALLBACK "?%sstate=%s", failures[_i].query, f.state);
		expect_location(flow_return(callback, f.cookie),
			e2e_text("/?dialpad=error&reason=%s", failures[_i].reason));
		expect_location(flow_return(callback, f.cookie), REFUSED);
	}
	ck_assert_str_eq(state_of("alice"), alice);
	expect_never_connected("bob");
}
END_TEST

START_TEST(wrong_client_secret_says_so)
{
	e2e_set("DIALPAD_CLIENT_SECRET", "wrong-secret-4711");
	struct flow f = flow_begin("alice", NULL);
	expect_location(
		flow_return(flow_consent(&f), f.cookie), "/?dialpad=error&reason=exchange_failed");
	expect_never_connected("alice");
	ck_assert_ptr_nonnull(strstr(server_log(), "E6101"));
	ck_assert_ptr_null(strstr(server_log(), "4711"));
}
END_TEST

START_TEST(nobody_at_the_token_endpoint)
{
	struct flow f = flow_begin("alice", NULL);
	const char *callback = flow_consent(&f);
	e2e_set("DIALPAD_BASE_URL", "http://127.0.0.1:1");
	expect_location(flow_return(callback, f.cookie), "/?dialpad=error&reason=unreachable");
	expect_never_connected("alice");
}
END_TEST

/* --- storage --- */

static void close_data_dir(bool closed)
{
	if (chown(e2e.data, closed ? 0 : (uid_t)-1, (gid_t)-1) == -1 ||
		chmod(e2e.data, closed ? 0 : 0700) == -1)
		ck_abort_msg("%s", e2e.data);
}

static struct stat data_dir_before;

static void lock_storage(void)
{
	ck_assert_int_eq(stat(e2e.data, &data_dir_before), 0);
	close_data_dir(true);
}

static void unlock_storage(void)
{
	close_data_dir(false);
	ck_assert_int_eq(chown(e2e.data, data_dir_before.st_uid, data_dir_before.st_gid), 0);
}

START_TEST(storage_out_of_order_is_said)
{
	struct flow f = flow_begin("alice", NULL);
	const char *callback = flow_consent(&f);
	lock_storage();
	expect_location(flow_return(callback, f.cookie), "/?dialpad=error&reason=storage");
	expect_error(flow_request("alice", NULL), 503, "storage_unavailable", NULL);
	expect_error(http(.path = "/dialpad/status", .token = token("alice")), 503,
		"storage_unavailable", NULL);
	expect_error(http(.method = "DELETE", .path = "/dialpad", .token = token("alice")), 503,
		"storage_unavailable", NULL);
	ck_assert_int_eq(sim_requests("/oauth2/token"), 0);
	unlock_storage();
	expect_never_connected("alice");
	/* The state was not used up. */
	expect_location(flow_return(callback, f.cookie), "/?dialpad=connected");
}
END_TEST

START_TEST(tokens_that_cannot_be_stored_are_not_connected)
{
	sim_post("/control/faults", "{\"path\":\"/api/v2/users/me\",\"outcome\":\"pass\","
				    "\"sleep_ms\":2500}");
	struct flow f = flow_begin("alice", "{\"returnTo\":\"/dialer/\"}");
	struct later *l = http_later(&(struct http){.url = flow_consent(&f),
		.headers = {e2e_text("Cookie: dialer_oauth=%s", f.cookie)}});
	for (int i = 0; i < 1000 && sim_requests("/api/v2/users/me") == 0; i++)
		e2e_sleep_ms(5);
	lock_storage();
	expect_location(http_wait(l), "/dialer/?dialpad=error&reason=storage");
	unlock_storage();
	expect_never_connected("alice");
}
END_TEST

START_TEST(death_after_the_exchange_leaves_nothing)
{
	static const char *const env[] = {"DIALER_TEST_FAULT=connect-after-exchange:kill", NULL};
	struct daemon mortal;
	connect_user("alice");
	const char *before = state_of("alice");
	struct flow f = flow_begin("alice", NULL);
	const char *callback = flow_consent(&f);
	server_start(&mortal, "mortal.log", env);
	struct answer *a = http(.to = &mortal, .url = callback,
		.headers = {e2e_text("Cookie: dialer_oauth=%s", f.cookie)});
	expect_error(a, 500, "internal", NULL);
	daemon_stop(&mortal);
	ck_assert_str_eq(state_of("alice"), before);
	expect_location(flow_return(callback, f.cookie), REFUSED);
}
END_TEST

/* --- end --- */

static struct answer *disconnect(const char *user)
{
	return http(.method = "DELETE", .path = "/dialpad", .token = token(user));
}

START_TEST(disconnecting_deauthorizes_and_forgets)
{
	connect_user("alice");
	struct answer *a = disconnect("alice");
	expect_status(a, 200);
	expect_true(a, "success");
	expect_text(a, "message", "Dialpad disconnected");
	json_t *r = only_request("/oauth2/deauthorize");
	ck_assert_str_eq(text_at(r, "method"), "POST");
	ck_assert_str_eq(text_at(r, "authorization"), "ok");
	expect_never_connected("alice");
	/* Once more, and for somebody who never was: nothing to do. */
	expect_status(disconnect("alice"), 200);
	expect_status(disconnect("bob"), 200);
	ck_assert_int_eq(sim_requests("/oauth2/deauthorize"), 1);
	connect_user("alice");
}
END_TEST

static void expect_forgotten_here_only(const char *user, const char *why)
{
	struct answer *a = disconnect(user);
	expect_status(a, 200);
	expect_true(a, "success");
	const char *message = text_at(a->json, "message");
	ck_assert_msg(strncmp(message, "Dialpad disconnected here; ", 27) == 0, "%s", message);
	ck_assert_msg(strstr(message, why) != NULL, "%s", message);
	ck_assert_msg(strstr(message, "revoke") != NULL, "%s", message);
	expect_never_connected(user);
}

static const struct {
	const char *outcome, *says;
} deaf[] = {
	{"\"refuse\",\"status\":500", "could not be reached"},
	{"\"close\"", "could not be reached"},
	{"\"hang\"", "could not be reached"},
	{"\"refuse\",\"status\":429", "could not be reached"},
	{"\"refuse\",\"status\":401", "Dialpad refused"},
	{"\"refuse\",\"status\":403", "Dialpad refused"},
};

START_TEST(disconnecting_works_without_dialpad)
{
	e2e_set("DIALER_PROVIDER_TIMEOUT", "1");
	connect_user("alice");
	sim_post("/control/faults",
		e2e_text("{\"path\":\"/oauth2/deauthorize\",\"method\":\"POST\",\"outcome\":%s}",
			deaf[_i].outcome));
	expect_forgotten_here_only("alice", deaf[_i].says);
}
END_TEST

START_TEST(disconnecting_works_without_network_key_or_client)
{
	connect_user("alice");
	connect_user("bob");
	connect_user("carol");
	e2e_set("DIALPAD_BASE_URL", "http://127.0.0.1:1");
	expect_forgotten_here_only("alice", "could not be reached");
	e2e_set("DIALER_TOKEN_KEY_FILE", "/nowhere/token.key");
	expect_forgotten_here_only("bob", "could not be read");
	e2e_set("DIALPAD_CLIENT_ID", NULL);
	expect_forgotten_here_only("carol", "could not be read");
}
END_TEST

/* --- not set up; who may ask --- */

static const char *const needed[] = {
	"DIALPAD_CLIENT_ID", "DIALER_PUBLIC_URL", "DIALER_TOKEN_KEY_FILE"};

START_TEST(connecting_needs_settings)
{
	e2e_set(needed[_i], _i == 2 ? "/nowhere/token.key" : NULL);
	struct answer *a = flow_request("alice", NULL);
	expect_error(a, 503, "not_configured", NULL);
	ck_assert_int_eq(header_count(a, "Set-Cookie"), 0);
	expect_never_connected("alice");
	expect_status(disconnect("alice"), 200);
	expect_status(flow_return(CALLBACK "?code=x&state=y", "z"), 303);
}
END_TEST

START_TEST(redirect_uri_may_be_set_by_itself)
{
	e2e_set("DIALER_PUBLIC_URL", NULL);
	const char *uri = e2e_text("%s" CALLBACK, server.url);
	e2e_set("DIALPAD_REDIRECT_URI", uri);
	connect_user("alice");
	e2e_set("DIALPAD_REDIRECT_URI", e2e_text("%s?crm=a%%20b", uri));
	connect_user("bob");
}
END_TEST

static const struct {
	const char *method, *path, *allow;
} addresses[] = {
	{"POST", "/dialpad/connect", "POST"},
	{"GET", "/dialpad/status", "GET, HEAD"},
	{"DELETE", "/dialpad", "DELETE"},
};

START_TEST(connection_is_the_users_own)
{
	struct answer *a = http(.method = addresses[_i].method, .path = addresses[_i].path);
	expect_error(a, 401, "unauthorized", NULL);
	expect_header(a, "WWW-Authenticate", "Bearer");
	a = http(.method = addresses[_i].method, .path = addresses[_i].path,
		.headers = {"Authorization: Basic YWxpY2U6ZGVtbw=="});
	expect_error(a, 401, "unauthorized", NULL);
	a = http(.method = "PUT", .path = addresses[_i].path, .token = token("alice"));
	expect_error(a, 405, "method_not_allowed", NULL);
	expect_header(a, "Allow", addresses[_i].allow);
}
END_TEST

START_TEST(callback_takes_get_only)
{
	struct flow f = flow_begin("alice", NULL);
	const char *callback = flow_consent(&f);
	struct answer *a = http(.method = "POST", .url = callback, .body = "{}",
		.headers = {e2e_text("Cookie: dialer_oauth=%s", f.cookie)});
	expect_error(a, 405, "method_not_allowed", NULL);
	/* A token is neither needed nor looked at. */
	a = http(.url = callback, .token = "nonsense",
		.headers = {e2e_text("Cookie: dialer_oauth=%s", f.cookie)});
	expect_location(a, "/?dialpad=connected");
	expect_error(
		http(.path = "/dialpad/nowhere", .token = token("alice")), 404, "not_found", NULL);
}
END_TEST

/* --- what is kept --- */

/* What is looked for in files: nftw passes no argument on. */
static struct {
	const char *text;
	char where[E2E_PATH]; /* empty: nowhere */
	int files;
} search;

static int search_file(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)at;
	if (kind != FTW_F)
		return 0;
	size_t len;
	char *bytes = read_whole(path, 0, &len);
	bool found = memmem(bytes, len, search.text, strlen(search.text)) != NULL;
	free(bytes);
	search.files++;
	if (found)
		snprintf(search.where, sizeof(search.where), "%s", path);
	return found ? 1 : 0;
}

/* The file of the data directory that holds the text, or "". */
static const char *search_data(const char *text)
{
	memset(&search, 0, sizeof(search));
	search.text = text;
	ck_assert_int_ne(nftw(e2e.data, search_file, 8, FTW_PHYS), -1);
	return search.where;
}

static void expect_kept_nowhere(const char *text)
{
	const char *where = search_data(text);
	ck_assert_msg(*where == '\0', "%s is in %s", text, where);
	ck_assert_int_gt(search.files, 2);
	ck_assert_msg(strstr(server_log(), text) == NULL, "%s is in the log", text);
}

START_TEST(no_token_is_readable_anywhere)
{
	/* Every code and token of the simulator begins so. */
	static const char *const secrets[] = {
		"sim-access", "sim-refresh", "sim-code", "sim-secret"};
	struct flow f = flow_begin("alice", NULL);
	const char *callback = flow_consent(&f);
	ck_assert_ptr_nonnull(strstr(callback, "sim-code"));
	expect_location(flow_return(callback, f.cookie), "/?dialpad=connected");
	expect_location(flow_return(callback, f.cookie), REFUSED);
	struct flow unused = flow_begin("bob", NULL);
	/* Past the expiry: refreshed, whatever comes of the call. */
	e2e_clock(2 * INT64_C(3600000));
	place_to("alice", NUMBER);
	ck_assert_int_eq(sim_requests("/oauth2/token"), 2);
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		expect_kept_nowhere(secrets[i]);
	expect_kept_nowhere(f.state);
	expect_kept_nowhere(f.cookie);
	expect_kept_nowhere(unused.state);
	expect_kept_nowhere(unused.cookie);
	disconnect("alice");
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		expect_kept_nowhere(secrets[i]);
	/* The search does find what is there. */
	ck_assert_str_ne(search_data("alice"), "");
}
END_TEST

/* --- the suite --- */

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static TCase *add_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 60);
	tcase_add_checked_fixture(t, dialpad_setup, NULL);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("connect");
	TCase *t = add_case(s, "begin");
	tcase_add_test(t, authorize_url_asks_for_what_is_needed_and_no_more);
	tcase_add_test(t, cookie_is_for_this_browser_alone);
	tcase_add_test(t, nothing_secret_is_used_twice);
	tcase_add_loop_test(t, browser_returns_to_the_page_it_came_from, 0, COUNT(good_returns));
	tcase_add_loop_test(t, nobody_is_sent_elsewhere, 0, COUNT(bad_returns));
	tcase_add_test(t, length_of_the_way_back_is_limited);
	tcase_add_test(t, body_is_optional_and_must_be_an_object);

	t = add_case(s, "whole");
	tcase_add_test(t, connection_is_made);
	tcase_add_test(t, consent_page_leads_back);
	tcase_add_test(t, tokens_may_be_asked_for_in_json);
	tcase_add_test(t, each_user_has_a_connection_of_his_own);
	tcase_add_test(t, token_without_end_has_no_expiry);
	tcase_add_test(t, status_names_the_cti);

	t = add_case(s, "attacks");
	tcase_add_test(t, state_is_good_once);
	tcase_add_test(t, state_is_good_once_for_many_at_a_time);
	tcase_add_loop_test(t, forged_callback_changes_nothing, 0, COUNT(forged));
	tcase_add_test(t, state_lives_for_ten_minutes);
	tcase_add_test(t, state_of_the_future_is_refused);
	tcase_add_test(t, without_its_cookie_a_callback_uses_nothing_up);
	tcase_add_test(t, another_browser_cannot_finish);

	t = add_case(s, "failures");
	tcase_add_loop_test(t, cancelling_keeps_what_there_was, 0, 2);
	tcase_add_loop_test(t, missing_scope_is_named, 0, 2);
	tcase_add_test(t, scopes_that_are_not_named_are_not_missed);
	tcase_add_loop_test(t, failure_at_dialpad_changes_nothing, 0, COUNT(failures));
	tcase_add_test(t, wrong_client_secret_says_so);
	tcase_add_test(t, nobody_at_the_token_endpoint);
	tcase_add_test(t, storage_out_of_order_is_said);
	tcase_add_test(t, tokens_that_cannot_be_stored_are_not_connected);
	tcase_add_test(t, death_after_the_exchange_leaves_nothing);

	t = add_case(s, "end");
	tcase_add_test(t, disconnecting_deauthorizes_and_forgets);
	tcase_add_loop_test(t, disconnecting_works_without_dialpad, 0, COUNT(deaf));
	tcase_add_test(t, disconnecting_works_without_network_key_or_client);

	t = add_case(s, "access");
	tcase_add_loop_test(t, connecting_needs_settings, 0, COUNT(needed));
	tcase_add_test(t, redirect_uri_may_be_set_by_itself);
	tcase_add_loop_test(t, connection_is_the_users_own, 0, COUNT(addresses));
	tcase_add_test(t, callback_takes_get_only);
	tcase_add_test(t, no_token_is_readable_anywhere);
	return s;
}

int main(void)
{
	e2e_log_may_hold = " outside E(3011|610[123]|6201): ";
	return e2e_main(suite());
}
