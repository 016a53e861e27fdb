/*
 * The simulator's Dialpad side seen from outside: what other tests take for granted of it.
 */
#include "e2e/harness.h"
#include "e2e/internal.h"
#include "e2e/listener.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define AGENT  "5835806903417907"
#define DANA   "9007199254740993"
#define MOBILE "5123456789012345"
#define ADMIN  "6012345678901234"
#define KEY    "sim-company-key"
#define FIRST  "9007199254741001" /* call */
#define BACK   "http%3A%2F%2F127.0.0.1%3A9%2Fback%3Fa%3D1"
#define ASK                                                                                        \
	"/oauth2/"                                                                                 \
	"authorize?client_id=sim-client&response_type=code&state=s%20%26&redirect_uri=" BACK
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define S256                                                                                       \
	"&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define FORM  "application/x-www-form-urlencoded"
#define T0    1790603050
#define T0_MS (T0 * INT64_C(1000))

/* --- requests --- */

static struct answer *api(const char *method, const char *path, const char *token, const char *body)
{
	return http(.to = &sim, .method = method, .url = path, .token = token, .body = body);
}

static struct answer *get(const char *path, const char *token)
{
	return api("GET", path, token, NULL);
}

static void settings(const char *json)
{
	sim_post("/control/settings", json);
}

static void freeze(void)
{
	sim_post("/control/clock", e2e_text("{\"now\":%d,\"freeze\":true}", T0));
}

static void advance(double seconds)
{
	sim_post("/control/clock", e2e_text("{\"advance\":%.3f}", seconds));
}

/* A user's access token, without the pages. */
static const char *issue(const char *user, const char *scope)
{
	struct answer *a = http(.to = &sim, .url = "/control/tokens",
		.body = e2e_text("{\"issue\":true,\"user\":\"%s\",\"scope\":\"%s\"}", user, scope));
	expect_status(a, 200);
	return text_at(a->json, "access_token");
}

static const char *agent(void)
{
	return issue(AGENT, "offline_access");
}

static struct answer *place(const char *token, const char *body)
{
	return api("POST", "/api/v2/call", token, body);
}

#define WISH "{\"user_id\":" AGENT ",\"phone_number\":\"+14155550123\",\"custom_data\":\"deal_1\"}"

static const char *place_good(void)
{
	struct answer *a = place(KEY, WISH);
	expect_status(a, 200);
	return text_at(a->json, "call_id");
}

/* The last entry of the log of requests with this path. */
static json_t *logged(const char *path)
{
	json_t *all = json_at(sim_get(e2e_text("/control/requests?path=%s", path)), "requests");
	ck_assert_uint_gt(json_array_size(all), 0);
	return json_array_get(all, json_array_size(all) - 1);
}

/* --- the consent page --- */

/* A parameter of the address that the browser is sent back to, as it stands there. */
static const char *sent_back(struct answer *a, const char *name)
{
	expect_status(a, 302);
	const char *location = header(a, "Location");
	ck_assert_ptr_nonnull(location);
	ck_assert_msg(strncmp(location, "http://127.0.0.1:9/back?a=1&", 28) == 0, "%s", location);
	const char *at = strstr(location, e2e_text("&%s=", name));
	if (at == NULL)
		return NULL;
	at += strlen(name) + 2;
	return e2e_text("%.*s", (int)strcspn(at, "&"), at);
}

static const char *code_of(const char *more)
{
	struct answer *a = http(.to = &sim, .url = e2e_text("%s%s", ASK, more), .type = FORM,
		.body = "user=" AGENT "&decision=allow");
	const char *code = sent_back(a, "code");
	ck_assert_ptr_nonnull(code);
	return code;
}

START_TEST(consent_page_is_a_form_that_needs_no_script)
{
	struct answer *a = get(ASK "&scope=offline_access%20calls%3Alist" S256, NULL);
	expect_status(a, 200);
	expect_header(a, "Content-Type", "text/html; charset=utf-8");
	static const char *const parts[] = {"<form method=\"post\" action=\"/oauth2/authorize?",
		"<strong id=\"client\">sim-client</strong>", "<li>offline_access</li>",
		"<li>calls:list</li>", "<select id=\"user\" name=\"user\">",
		"<option value=\"" AGENT "\" selected>", "<option value=\"" DANA "\">",
		"<option value=\"" MOBILE "\">",
		"<button id=\"allow\" name=\"decision\" value=\"allow\"",
		"<button id=\"cancel\" name=\"decision\" value=\"cancel\"", "Sample Agent"};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		ck_assert_msg(strstr(a->body, parts[i]) != NULL, "no %s in %s", parts[i], a->body);
	ck_assert_ptr_null(strstr(a->body, "<script"));
	settings("{\"dialpad_consent_user\":\"" DANA "\"}");
	a = get(ASK, NULL);
	ck_assert_ptr_nonnull(strstr(a->body, "<option value=\"" DANA "\" selected>"));
}
END_TEST

START_TEST(consent_page_escapes_what_it_shows)
{
	sim_post("/control/users", "{\"provider\":\"dialpad\",\"id\":7,\"name\":\"<b>'\\\"&\"}");
	struct answer *a = get(ASK "&x=%22%3E%3Cscript%3E", NULL);
	expect_status(a, 200);
	ck_assert_ptr_nonnull(strstr(a->body, "&lt;b&gt;&#39;&quot;&amp;"));
	ck_assert_ptr_null(strstr(a->body, "<b>"));
	ck_assert_ptr_null(strstr(a->body, "\"><script"));
}
END_TEST

START_TEST(consent_sends_back_a_code_and_refusal_an_error)
{
	struct answer *a = http(.to = &sim, .url = ASK "&scope=offline_access", .type = FORM,
		.body = "user=" DANA "&decision=allow");
	ck_assert_str_eq(sent_back(a, "state"), "s%20%26");
	ck_assert_uint_ge(strlen(sent_back(a, "code")), 20);
	a = http(.to = &sim, .url = ASK, .type = FORM, .body = "user=" DANA "&decision=cancel");
	ck_assert_str_eq(sent_back(a, "error"), "access_denied");
	ck_assert_str_eq(sent_back(a, "state"), "s%20%26");
	ck_assert_ptr_null(sent_back(a, "code"));
	a = http(.to = &sim, .url = ASK, .type = FORM, .body = "user=1&decision=allow");
	expect_status(a, 400);
	ck_assert_ptr_null(header(a, "Location"));
}
END_TEST

START_TEST(consent_can_be_left_out)
{
	settings("{\"dialpad_auto_consent\":\"allow\",\"dialpad_consent_user\":\"" DANA "\"}");
	const char *code = sent_back(get(ASK "&scope=offline_access", NULL), "code");
	ck_assert_ptr_nonnull(code);
	struct answer *a = http(.to = &sim, .url = "/oauth2/token", .type = FORM,
		.headers = {"Authorization: Basic c2ltLWNsaWVudDpzaW0tc2VjcmV0"},
		.body = e2e_text("grant_type=authorization_code&code=%s", code));
	expect_status(a, 200);
	a = get("/api/v2/users/me", text_at(a->json, "access_token"));
	expect_text(a, "id", DANA);
	settings("{\"dialpad_auto_consent\":\"cancel\"}");
	ck_assert_str_eq(sent_back(get(ASK, NULL), "error"), "access_denied");
}
END_TEST

/* The browser must never be sent to these. */
START_TEST(unknown_applications_and_addresses_are_told_by_a_page)
{
	static const char *const queries[] = {"", ("client_id=other&redirect_uri=" BACK),
		("redirect_uri=" BACK), "client_id=sim-client",
		"client_id=sim-client&redirect_uri=http%3A%2F%2Fexample.com%2F",
		"client_id=sim-client&redirect_uri=http%3A%2F%2F127.0.0.1.example.com%2F",
		"client_id=sim-client&redirect_uri=http%3A%2F%2F127.0.0.1%40example.com%2F",
		"client_id=sim-client&redirect_uri=http%3A%2F%2F127.0.0.1%3A80%40example.com%2F",
		"client_id=sim-client&redirect_uri=http%3A%2F%2Flocalhost.example.com%2F",
		"client_id=sim-client&redirect_uri=javascript%3Aalert(1)",
		"client_id=sim-client&redirect_uri=http%3A%2F%2F127.0.0.1%2F%23fragment",
		"client_id=sim-client&redirect_uri=http%3A%2F%2F127.0.0.1%2F%0D%0AX%3A1"};
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		const char *url = e2e_text("/oauth2/authorize?%s", queries[i]);
		struct answer *a = get(url, NULL);
		expect_status(a, 400);
		ck_assert_ptr_nonnull(strstr(a->body, "id=\"error\""));
		ck_assert_ptr_null(header(a, "Location"));
		a = http(.to = &sim, .url = url, .type = FORM,
			.body = "user=" AGENT "&decision=allow");
		expect_status(a, 400);
		ck_assert_ptr_null(header(a, "Location"));
	}
}
END_TEST

START_TEST(only_registered_addresses_are_taken_when_some_are_named)
{
	settings("{\"dialpad_redirect_uris\":\"https://dialer.example/cb?a=1 http://x.example/\"}");
	expect_status(get(ASK, NULL), 400);
	expect_status(get("/oauth2/authorize?client_id=sim-client&redirect_uri="
			  "https%3A%2F%2Fdialer.example%2Fcb%3Fa%3D1",
			      NULL),
		200);
	expect_status(get("/oauth2/authorize?client_id=sim-client&redirect_uri="
			  "https%3A%2F%2Fdialer.example%2Fcb",
			      NULL),
		400);
}
END_TEST

START_TEST(wrong_parameters_are_told_to_the_application)
{
	static const char *const wrong[][2] = {
		{"&scope=offline_access%20calls.write", "invalid_scope"},
		{"&code_challenge=x&code_challenge_method=S512", "invalid_request"},
		{"&code_challenge_method=S256", "invalid_request"},
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct answer *a = get(e2e_text("%s%s", ASK, wrong[i][0]), NULL);
		ck_assert_str_eq(sent_back(a, "error"), wrong[i][1]);
		ck_assert_str_eq(sent_back(a, "state"), "s%20%26");
	}
	struct answer *a =
		get("/oauth2/authorize?client_id=sim-client&response_type=token&redirect_uri=" BACK,
			NULL);
	ck_assert_str_eq(sent_back(a, "error"), "unsupported_response_type");
	settings("{\"dialpad_unknown_scope\":\"ignore\"}");
	expect_status(get(ASK "&scope=offline_access%20calls.write", NULL), 200);
}
END_TEST

/* --- tokens --- */

#define CLIENT "&client_id=sim-client&client_secret=sim-secret"

static struct answer *token_request(const char *form)
{
	return http(.to = &sim, .url = "/oauth2/token", .type = FORM, .body = form);
}

static struct answer *exchange(const char *code, const char *more)
{
	return token_request(
		e2e_text("grant_type=authorization_code&code=%s%s" CLIENT, code, more));
}

static struct answer *refresh(const char *with)
{
	return token_request(e2e_text("grant_type=refresh_token&refresh_token=%s" CLIENT, with));
}

static const char *access_of(struct answer *a)
{
	expect_status(a, 200);
	const char *access = text_at(a->json, "access_token");
	ck_assert_ptr_nonnull(access);
	return access;
}

static const char *refresh_of(struct answer *a)
{
	expect_status(a, 200);
	return text_at(a->json, "refresh_token");
}

static struct answer *connect_agent(void)
{
	return exchange(code_of("&scope=offline_access"), "");
}

static void expect_refused(struct answer *a, int status, const char *word)
{
	expect_status(a, status);
	expect_text(a, "error", word);
	ck_assert_ptr_nonnull(text_at(a->json, "error_description"));
}

START_TEST(code_is_exchanged_in_both_encodings_with_both_kinds_of_credentials)
{
	static const char basic[] = "Authorization: Basic c2ltLWNsaWVudDpzaW0tc2VjcmV0";
	for (int i = 0; i < 4; i++) {
		const char *code = code_of("&scope=offline_access" S256);
		const char *json = i & 2 ? ""
					 : ",\"client_id\":\"sim-client\",\"client_secret\":"
					   "\"sim-secret\"";
		const char *body =
			i & 1 ? e2e_text("{\"grant_type\":\"authorization_code\",\"code\":\"%s\","
					 "\"code_verifier\":\"" VERIFIER "\"%s}",
					code, json)
			      : e2e_text("grant_type=authorization_code&code=%s&code_"
					 "verifier=" VERIFIER "%s",
					code, i & 2 ? "" : CLIENT);
		struct answer *a = http(.to = &sim, .url = "/oauth2/token",
			.type = i & 1 ? "application/json" : FORM, .body = body,
			.headers = {i & 2 ? basic : NULL});
		expect_status(a, 200);
		expect_text(a, "token_type", "bearer");
		expect_int(a, "expires_in", 3600);
		ck_assert(json_is_null(json_at(a->json, "id_token")));
		ck_assert_ptr_nonnull(refresh_of(a));
		expect_absent(a, "scope");
		expect_text(get("/api/v2/users/me", access_of(a)), "id", AGENT);
		ck_assert_str_eq(text_at(logged("/oauth2/token"), "authorization"), "ok");
		ck_assert_str_eq(text_at(logged("/oauth2/token"), "actor"), AGENT);
	}
}
END_TEST

START_TEST(only_the_encoding_that_is_set_is_taken)
{
	settings("{\"dialpad_token_body\":\"json\"}");
	expect_refused(connect_agent(), 400, "invalid_request");
	settings("{\"dialpad_token_body\":\"form\"}");
	expect_status(connect_agent(), 200);
	struct answer *a = http(.to = &sim, .url = "/oauth2/token",
		.body = "{\"grant_type\":\"refresh_token\"}");
	expect_refused(a, 400, "invalid_request");
	a = http(.to = &sim, .url = "/oauth2/token", .type = "text/plain", .body = "a=b");
	expect_refused(a, 400, "invalid_request");
}
END_TEST

START_TEST(unknown_clients_get_no_tokens)
{
	const char *code = code_of("");
	const char *grant = e2e_text("grant_type=authorization_code&code=%s", code);
	expect_refused(token_request(grant), 401, "invalid_client");
	ck_assert_str_eq(text_at(logged("/oauth2/token"), "authorization"), "missing");
	expect_refused(
		token_request(e2e_text("%s&client_id=sim-client&client_secret=sim-secre", grant)),
		401, "invalid_client");
	ck_assert_str_eq(text_at(logged("/oauth2/token"), "authorization"), "wrong");
	struct answer *a = http(.to = &sim, .url = "/oauth2/token", .type = FORM, .body = grant,
		.headers = {"Authorization: Basic c2ltLWNsaWVudDp3cm9uZw=="});
	expect_refused(a, 401, "invalid_client");
	/* None of these has used the code up. */
	expect_status(exchange(code, ""), 200);
}
END_TEST

START_TEST(code_is_good_once_for_ten_minutes_and_for_its_address)
{
	freeze();
	const char *code = code_of("");
	expect_refused(exchange(code, "&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2F"), 400,
		"invalid_grant");
	expect_status(exchange(code, "&redirect_uri=" BACK), 200);
	expect_refused(exchange(code, ""), 400, "invalid_grant");
	expect_refused(exchange("sim-code-0", ""), 400, "invalid_grant");
	code = code_of("");
	advance(599);
	expect_status(exchange(code, ""), 200);
	code = code_of("");
	advance(600);
	expect_refused(exchange(code, ""), 400, "invalid_grant");
	expect_refused(
		token_request("grant_type=authorization_code" CLIENT), 400, "invalid_request");
	expect_refused(token_request("code=x" CLIENT), 400, "invalid_request");
	expect_refused(token_request("grant_type=password" CLIENT), 400, "unsupported_grant_type");
}
END_TEST

START_TEST(verifier_is_checked)
{
	const char *code = code_of(S256);
	expect_refused(exchange(code, ""), 400, "invalid_grant");
	expect_refused(exchange(code, "&code_verifier=" VERIFIER "x"), 400, "invalid_grant");
	expect_refused(exchange(code, "&code_verifier=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
		400, "invalid_grant");
	expect_status(exchange(code, "&code_verifier=" VERIFIER), 200);
	code = code_of("&code_challenge=plain-text-of-the-verifier");
	expect_refused(exchange(code, "&code_verifier=other"), 400, "invalid_grant");
	expect_status(exchange(code, "&code_verifier=plain-text-of-the-verifier"), 200);
	code = code_of("&code_challenge_method=plain&code_challenge=plain-text");
	expect_status(exchange(code, "&code_verifier=plain-text"), 200);
}
END_TEST

START_TEST(without_offline_access_the_token_is_static)
{
	freeze();
	struct answer *a = exchange(code_of("&scope=calls%3Alist"), "");
	expect_status(a, 200);
	expect_absent(a, "refresh_token");
	expect_absent(a, "expires_in");
	advance(10 * 86400);
	expect_status(get("/api/v2/users/me", access_of(a)), 200);
}
END_TEST

START_TEST(refresh_rotates)
{
	struct answer *first = connect_agent();
	struct answer *second = refresh(refresh_of(first));
	ck_assert_str_ne(refresh_of(second), refresh_of(first));
	ck_assert_str_ne(access_of(second), access_of(first));
	expect_int(second, "expires_in", 3600);
	/* The first pair: no refresh any more, but its access token lives until its time is over. */
	expect_refused(refresh(refresh_of(first)), 400, "invalid_grant");
	expect_status(get("/api/v2/users/me", access_of(first)), 200);
	expect_status(get("/api/v2/users/me", access_of(second)), 200);
	expect_status(refresh(refresh_of(second)), 200);
	expect_refused(refresh("sim-refresh-0"), 400, "invalid_grant");
	expect_refused(refresh(access_of(second)), 400, "invalid_grant");
	json_t *tokens = sim_get("/control/tokens");
	ck_assert_str_eq(text_at(tokens, "users.0.user"), AGENT);
	ck_assert_int_eq(int_at(tokens, "users.0.issued"), 3);
	ck_assert_int_eq(int_at(tokens, "users.0.refreshes"), 2);
	ck_assert_int_eq(int_at(tokens, "users.0.refused_refreshes"), 1);
	ck_assert_int_eq(int_at(tokens, "users.0.live"), 3);
	ck_assert_int_eq(int_at(tokens, "users.1.issued"), 0);
}
END_TEST

START_TEST(of_many_refreshes_at_once_one_wins)
{
	enum { MANY = 16 };
	const char *body = e2e_text(
		"grant_type=refresh_token&refresh_token=%s" CLIENT, refresh_of(connect_agent()));
	struct http q[MANY];
	struct answer *a[MANY];
	int won = 0;
	for (int i = 0; i < MANY; i++)
		q[i] = (struct http){
			.to = &sim, .url = "/oauth2/token", .type = FORM, .body = body};
	http_all(q, MANY, a);
	for (int i = 0; i < MANY; i++) {
		ck_assert(a[i]->status == 200 || a[i]->status == 400);
		won += a[i]->status == 200;
	}
	ck_assert_int_eq(won, 1);
}
END_TEST

START_TEST(reuse_of_a_refresh_token_can_end_everything)
{
	struct answer *first = connect_agent();
	settings("{\"dialpad_reuse_revokes\":true}");
	struct answer *second = refresh(refresh_of(first));
	expect_status(second, 200);
	expect_refused(refresh(refresh_of(first)), 400, "invalid_grant");
	expect_status(get("/api/v2/users/me", access_of(second)), 401);
	expect_refused(refresh(refresh_of(second)), 400, "invalid_grant");
}
END_TEST

START_TEST(access_tokens_expire)
{
	freeze();
	settings("{\"dialpad_expires_in\":60}");
	struct answer *a = connect_agent();
	expect_int(a, "expires_in", 60);
	advance(59);
	expect_status(get("/api/v2/users/me", access_of(a)), 200);
	advance(1);
	expect_status(get("/api/v2/users/me", access_of(a)), 401);
	ck_assert_str_eq(text_at(logged("/api/v2/users/me"), "authorization"), "expired");
	ck_assert_str_eq(text_at(logged("/api/v2/users/me"), "actor"), AGENT);
	expect_status(refresh(refresh_of(a)), 200);
	settings("{\"dialpad_expires_in_form\":\"text\"}");
	expect_text(connect_agent(), "expires_in", "60");
	settings("{\"dialpad_expires_in_form\":\"absent\"}");
	a = connect_agent();
	expect_absent(a, "expires_in");
	advance(60);
	expect_status(get("/api/v2/users/me", access_of(a)), 401);
	settings("{\"dialpad_expires_in\":0,\"dialpad_expires_in_form\":\"number\"}");
	a = connect_agent();
	expect_absent(a, "expires_in");
	ck_assert_ptr_nonnull(refresh_of(a));
	advance(1e9);
	expect_status(get("/api/v2/users/me", access_of(a)), 200);
}
END_TEST

START_TEST(granted_scopes_can_be_named_and_be_others_than_asked_for)
{
	settings("{\"dialpad_name_scope\":true}");
	expect_text(exchange(code_of("&scope=offline_access%20calls%3Alist"), ""), "scope",
		"offline_access calls:list");
	settings("{\"dialpad_granted_scopes\":\"screen_pop\"}");
	struct answer *a = exchange(code_of("&scope=offline_access"), "");
	expect_text(a, "scope", "screen_pop");
	expect_absent(a, "refresh_token");
}
END_TEST

/* Whether the pair was rotated is what a client cannot know after each of these. */
static const struct {
	const char *fault;
	int status;
	bool rotated;
} token_faults[] = {
	{"\"outcome\":\"refuse\",\"status\":500", 500, false},
	{"\"outcome\":\"refuse\",\"status\":500,\"handle\":true", 500, true},
	{"\"outcome\":\"rate_limited\"", 429, false},
	{"\"outcome\":\"hang\"", 0, false},
	{"\"outcome\":\"hang\",\"handle\":true", 0, true},
	{"\"outcome\":\"pass\",\"sleep_ms\":30000", 0, true},
	{"\"outcome\":\"close\"", 0, false},
	{"\"outcome\":\"close\",\"handle\":true", 0, true},
	{"\"outcome\":\"reset\",\"handle\":true", 0, true},
	{"\"outcome\":\"garbage\",\"handle\":true", 0, true},
	{"\"outcome\":\"garbage_json\",\"handle\":true", 200, true},
	{"\"outcome\":\"cut\",\"handle\":true", 0, true},
	{"\"outcome\":\"slow_body\",\"interval_ms\":100,\"handle\":true", 0, true},
};

START_TEST(refresh_fails_before_or_after_the_rotation)
{
	const char *old = refresh_of(connect_agent());
	sim_post("/control/faults",
		e2e_text("{\"path\":\"/oauth2/token\",\"method\":\"POST\",\"times\":1,%s}",
			token_faults[_i].fault));
	struct answer *a = http(.to = &sim, .url = "/oauth2/token", .type = FORM, .patience = 1,
		.body = e2e_text("grant_type=refresh_token&refresh_token=%s" CLIENT, old));
	expect_status(a, token_faults[_i].status);
	expect_status(refresh(old), token_faults[_i].rotated ? 400 : 200);
}
END_TEST

START_TEST(a_cut_answer_holds_the_beginning_of_the_real_one)
{
	const char *old = refresh_of(connect_agent());
	sim_post("/control/faults", "{\"path\":\"/oauth2/token\",\"method\":\"POST\",\"times\":1,"
				    "\"outcome\":\"cut\",\"handle\":true}");
	struct answer *a = refresh(old);
	expect_status(a, 0);
	ck_assert_msg(strncmp(a->body, "{\"access_token\":\"sim-", 20) == 0, "%s", a->body);
	ck_assert_ptr_null(a->json);
}
END_TEST

START_TEST(deauthorize_revokes_what_the_user_was_given)
{
	struct answer *first = connect_agent();
	struct answer *second = refresh(refresh_of(first));
	const char *other = issue(DANA, "offline_access");
	struct answer *a = api("POST", "/oauth2/deauthorize", access_of(second), NULL);
	expect_status(a, 204);
	ck_assert_uint_eq(a->len, 0);
	expect_status(get("/api/v2/users/me", access_of(first)), 401);
	expect_status(get("/api/v2/users/me", access_of(second)), 401);
	ck_assert_str_eq(text_at(logged("/api/v2/users/me"), "authorization"), "revoked");
	expect_refused(refresh(refresh_of(second)), 400, "invalid_grant");
	expect_status(get("/api/v2/users/me", other), 200);
	expect_status(api("POST", "/oauth2/deauthorize", access_of(second), NULL), 401);
	expect_status(api("POST", "/oauth2/deauthorize", NULL, NULL), 401);
	expect_status(api("POST", "/oauth2/deauthorize", KEY, NULL), 403);
}
END_TEST

START_TEST(tokens_can_be_ended_by_the_test)
{
	struct answer *a = connect_agent();
	const char *other = issue(DANA, "offline_access");
	sim_post("/control/tokens", "{\"expire\":true,\"user\":\"" AGENT "\"}");
	expect_status(get("/api/v2/users/me", access_of(a)), 401);
	expect_status(get("/api/v2/users/me", other), 200);
	a = refresh(refresh_of(a));
	expect_status(a, 200);
	sim_post("/control/tokens", "{\"revoke_refresh\":true}");
	expect_status(get("/api/v2/users/me", access_of(a)), 200);
	expect_refused(refresh(refresh_of(a)), 400, "invalid_grant");
	sim_post("/control/tokens", "{\"revoke\":true}");
	expect_status(get("/api/v2/users/me", other), 401);
	static const char *const wrong[] = {"{}", "{\"expire\":true,\"revoke\":true}",
		"{\"expire\":true,\"user\":\"1\"}", "{\"issue\":true}", "{\"expire\":1}"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_status(http(.to = &sim, .url = "/control/tokens", .body = wrong[i]), 400);
}
END_TEST

START_TEST(nothing_secret_is_in_the_log)
{
	const char *code = code_of(S256);
	struct answer *a = exchange(code, "&code_verifier=" VERIFIER);
	const char *access = access_of(a);
	const char *old = refresh_of(connect_agent());
	http(.to = &sim, .url = "/oauth2/token",
		.body = e2e_text("{\"grant_type\":\"refresh_token\",\"refresh_token\":\"%s\","
				 "\"client_id\":\"sim-client\",\"client_secret\":\"sim-secret\"}",
			old));
	get("/api/v2/users/me", access);
	get("/api/v2/users/me", KEY);
	get(e2e_text("/api/v2/users/me?apikey=%s", access), NULL);
	api("POST", "/api/v2/webhooks", KEY,
		"{\"hook_url\":\"https://x.example/\",\"secret\":\"hook-secret\"}");
	char *text = json_dumps(sim_get("/control/requests"), 0);
	const char *const secrets[] = {code, VERIFIER, access, old, "sim-secret", "sim-access",
		"sim-refresh", KEY, "hook-secret", "Bearer"};
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		ck_assert_msg(strstr(text, secrets[i]) == NULL, "%s in %s", secrets[i], text);
	ck_assert_ptr_nonnull(strstr(text, "grant_type=authorization_code&code=***"));
	free(text);
}
END_TEST

/* --- who may what --- */

START_TEST(requests_need_a_bearer_token)
{
	static const char *const paths[] = {"/api/v2/users/me", "/api/v2/users", "/api/v2/call",
		"/api/v2/call/1", "/api/v2/userdevices", "/api/v2/webhooks",
		"/api/v2/subscriptions/call"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct answer *a = get(paths[i], NULL);
		expect_status(a, 401);
		expect_int(a, "error.code", 401);
		expect_status(get(paths[i], "sim-access-0"), 401);
		ck_assert_str_eq(text_at(logged(paths[i]), "authorization"), "wrong");
	}
	expect_status(place(NULL, WISH), 401);
	struct answer *a = http(.to = &sim, .url = "/api/v2/users",
		.headers = {"Authorization: Basic c2ltLWlkOnNpbS10b2tlbg=="});
	expect_status(a, 401);
	a = http(.to = &sim, .url = "/api/v2/users", .headers = {"Authorization: bearer " KEY});
	expect_status(a, 200);
	ck_assert_str_eq(text_at(logged("/api/v2/users"), "actor"), "company");
	expect_status(get("/api/v2/nothing", KEY), 404);
	expect_status(get("/api/v2/", KEY), 404);
	ck_assert_int_eq(sim_calls(NULL), 0);
}
END_TEST

START_TEST(users_are_looked_up)
{
	struct answer *a = get("/api/v2/users/me", issue(DANA, ""));
	expect_status(a, 200);
	expect_text(a, "id", DANA);
	expect_text(a, "display_name", "Dana Demo");
	expect_text(a, "emails.0", "dana@example.com");
	expect_text(a, "state", "active");
	expect_true(a, "is_online");
	expect_true(a, "is_available");
	ck_assert(json_is_false(json_at(a->json, "is_admin")));
	ck_assert_ptr_null(strchr(text_at(a->json, "date_added"), 'Z'));
	expect_text(get("/api/v2/users/" AGENT, KEY), "phone_numbers.0", "+14155550101");
	expect_status(get("/api/v2/users/me", KEY), 400);
	expect_status(get("/api/v2/users/1", KEY), 404);
	expect_status(get("/api/v2/users/x", KEY), 404);
	place_good();
	ck_assert(json_is_false(json_at(get("/api/v2/users/" AGENT, KEY)->json, "is_available")));
}
END_TEST

static size_t count_items(const char *path)
{
	struct answer *a = get(path, KEY);
	expect_status(a, 200);
	return json_array_size(json_at(a->json, "items"));
}

START_TEST(users_are_listed_by_pages)
{
	settings("{\"dialpad_requests_per_second\":0,\"dialpad_page\":3}");
	sim_post("/control/users",
		"{\"provider\":\"dialpad\",\"count\":3,\"first_id\":\"9007199254750001\"}");
	struct answer *a = get("/api/v2/users", KEY);
	ck_assert_uint_eq(json_array_size(json_at(a->json, "items")), 3);
	a = get(e2e_text("/api/v2/users?cursor=%s", text_at(a->json, "cursor")), KEY);
	expect_text(a, "items.1.id", "9007199254750001");
	a = get(e2e_text("/api/v2/users?cursor=%s", text_at(a->json, "cursor")), KEY);
	ck_assert_uint_eq(json_array_size(json_at(a->json, "items")), 1);
	ck_assert(json_is_null(json_at(a->json, "cursor")));
	expect_status(get("/api/v2/users?cursor=made-up", KEY), 400);
	sim_post("/control/users",
		"{\"provider\":\"dialpad\",\"id\":\"" DANA "\",\"state\":\"suspended\"}");
	settings("{\"dialpad_page\":100}");
	ck_assert_uint_eq(count_items("/api/v2/users"), 6);
	ck_assert_uint_eq(count_items("/api/v2/users?state=all"), 7);
	ck_assert_uint_eq(count_items("/api/v2/users?state=suspended"), 1);
	ck_assert_uint_eq(count_items("/api/v2/users?email=agent%40example.com"), 1);
	ck_assert_uint_eq(count_items("/api/v2/users?number=%2B14155550104"), 1);
	ck_assert_uint_eq(count_items("/api/v2/users?company_admin=true"), 1);
	/* Larger pages than there are get a refusal every fifth time. */
	int refused = 0;
	for (int i = 0; i < 10; i++)
		refused += get("/api/v2/users?limit=101", KEY)->status == 400;
	ck_assert_int_eq(refused, 2);
	expect_status(get("/api/v2/users?limit=100", KEY), 200);
}
END_TEST

START_TEST(devices_are_listed)
{
	ck_assert_uint_eq(count_items("/api/v2/userdevices?user_id=" AGENT), 2);
	ck_assert_uint_eq(count_items("/api/v2/userdevices?user_id=1"), 0);
	ck_assert_uint_eq(count_items("/api/v2/userdevices"), 6);
	struct answer *a = get("/api/v2/userdevices?user_id=" MOBILE, KEY);
	expect_text(a, "items.0.type", "iphone");
	expect_text(a, "items.0.user_id", MOBILE);
	expect_text(a, "items.0.date_registered", "");
	a = get("/api/v2/userdevices/%2B14155550101-user-" AGENT "-client-native", KEY);
	expect_status(a, 200);
	expect_text(a, "type", "native");
	expect_status(get("/api/v2/userdevices/x", KEY), 404);
}
END_TEST

/* --- placing --- */

static const struct {
	const char *body;
	int status;
} refusals[] = {
	{"", 400},
	{"null", 400},
	{"[]", 400},
	{"not json", 400},
	{"{\"phone_number\":\"+14155550123\"}", 400},
	{"{\"user_id\":" AGENT "}", 400},
	{"{\"user_id\":\"x\",\"phone_number\":\"+14155550123\"}", 400},
	{"{\"user_id\":1.5,\"phone_number\":\"+14155550123\"}", 400},
	{"{\"user_id\":null,\"phone_number\":\"+14155550123\"}", 400},
	{"{\"user_id\":" AGENT ",\"phone_number\":14155550123}", 400},
	{"{\"user_id\":" AGENT ",\"phone_number\":\"14155550123\"}", 400},
	{"{\"user_id\":" AGENT ",\"phone_number\":\"+1 415 555 0123\"}", 400},
	{"{\"user_id\":" AGENT ",\"phone_number\":\"+0155550123\"}", 400},
	{"{\"user_id\":" AGENT ",\"phone_number\":\"+1234567890123456\"}", 400},
	{"{\"user_id\":" AGENT ",\"phone_number\":\"+14155550123\",\"custom_data\":{}}", 400},
	{"{\"user_id\":" AGENT ",\"phone_number\":\"+14155550123\",\"custom_data\":1}", 400},
	{"{\"user_id\":" AGENT ",\"phone_number\":\"+14155550123\",\"is_consult\":1}", 400},
	{"{\"user_id\":" AGENT ",\"phone_number\":\"+14155550123\",\"group_type\":\"x\"}", 400},
	{"{\"user_id\":" AGENT ",\"phone_number\":\"+14155550123\",\"device_id\":\"x\"}", 400},
	{"{\"user_id\":" AGENT ",\"phone_number\":\"+14155550123\",\"outbound_caller_id\":\"1\"}",
		400},
	{"{\"to_number\":\"+14155550123\",\"external_id\":\"x\"}", 400},
	{"{\"user_id\":1,\"phone_number\":\"+14155550123\"}", 404},
};

START_TEST(placing_refuses_what_the_service_refuses)
{
	struct answer *a = http(.to = &sim, .method = "POST", .url = "/api/v2/call", .token = KEY,
		.type = "application/json", .body = refusals[_i].body);
	expect_status(a, refusals[_i].status);
	expect_int(a, "error.code", refusals[_i].status);
	ck_assert_ptr_nonnull(text_at(a->json, "error.message"));
	ck_assert_int_eq(sim_calls(NULL), 0);
}
END_TEST

START_TEST(placing_needs_a_json_content_type)
{
	static const char *const types[] = {"", "text/plain", FORM, "application/jsonp"};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		expect_status(http(.to = &sim, .url = "/api/v2/call", .token = KEY,
				      .type = types[i], .body = WISH),
			400);
	expect_status(http(.to = &sim, .url = "/api/v2/call", .token = KEY,
			      .type = "application/json; charset=utf-8", .body = WISH),
		200);
}
END_TEST

START_TEST(placing_answers_an_id_beyond_what_a_double_holds)
{
	struct answer *a = place(KEY, WISH);
	expect_status(a, 200);
	ck_assert_str_eq(a->body, "{\"call_id\":\"" FIRST "\"}");
	ck_assert_uint_eq(strlen(text_at(a->json, "call_id")), 16);
	ck_assert_int_ne((int64_t)(double)INT64_C(9007199254741001), INT64_C(9007199254741001));
	/* The user as a text, one of his devices, null for what is not needed. */
	a = place(KEY, "{\"user_id\":\"" AGENT "\",\"phone_number\":\"+14155550123\","
		       "\"device_id\":\"+14155550101-user-" AGENT "-client-native\","
		       "\"custom_data\":null,\"group_id\":null,\"group_type\":null,"
		       "\"is_consult\":null,\"outbound_caller_id\":\"blocked\"}");
	expect_text(a, "call_id", "9007199254741002");
	settings("{\"dialpad_rest_form\":\"number\"}");
	a = place(KEY, WISH);
	expect_int(a, "call_id", INT64_C(9007199254741003));
}
END_TEST

START_TEST(users_place_calls_for_themselves_only)
{
	const char *dana = issue(DANA, "offline_access");
	struct answer *a = place(dana, WISH);
	expect_status(a, 403);
	expect_int(a, "error.code", 403);
	expect_status(place(agent(), WISH), 200);
	expect_status(place(issue(ADMIN, ""), WISH), 200);
	expect_status(get("/api/v2/call/" FIRST, dana), 404);
	expect_status(get("/api/v2/call/" FIRST, agent()), 200);
	settings("{\"dialpad_call_scope\":\"calls.write\"}");
	expect_status(place(agent(), WISH), 403);
	expect_status(place(issue(AGENT, "offline_access calls.write"), WISH), 200);
	settings("{\"dialpad_call_scope\":\"\"}");
	sim_post(
		"/control/users", "{\"provider\":\"dialpad\",\"id\":\"" AGENT "\",\"devices\":[]}");
	expect_status(place(KEY, WISH), 400);
	sim_post("/control/users", "{\"provider\":\"dialpad\",\"id\":\"" AGENT "\","
				   "\"devices\":[\"obi\"],\"state\":\"suspended\"}");
	expect_status(place(KEY, WISH), 404);
	ck_assert_int_eq(sim_calls(NULL), 3);
}
END_TEST

START_TEST(user_in_a_call_cannot_place_another_unless_the_first_is_held)
{
	freeze();
	settings("{\"busy_users\":true}");
	place_good();
	struct answer *a = place(KEY, WISH);
	expect_status(a, 400);
	expect_text(a, "error.message", "User is currently on a call");
	a = api("POST", "/api/v2/users/me/initiate_call", agent(),
		"{\"phone_number\":\"+14155550123\"}");
	expect_status(a, 400);
	advance(5);
	a = place(KEY, "{\"user_id\":" AGENT ",\"phone_number\":\"+14155550199\","
		       "\"is_consult\":true}");
	expect_status(a, 200);
	expect_text(get("/api/v2/call/" FIRST, KEY), "state", "hold");
	sim_post("/control/calls/9007199254741002", "{\"hangup\":true}");
	expect_text(get("/api/v2/call/" FIRST, KEY), "state", "connected");
	advance(30);
	expect_status(place(KEY, WISH), 200);
}
END_TEST

START_TEST(sixth_call_of_a_user_within_a_minute_is_too_many)
{
	freeze();
	for (int i = 0; i < 5; i++) {
		place_good();
		advance(1);
	}
	struct answer *a = place(KEY, WISH);
	expect_status(a, 429);
	expect_int(a, "error.code", 429);
	ck_assert_ptr_null(header(a, "Retry-After"));
	settings("{\"retry_after_on_429\":true}");
	expect_header(place(KEY, WISH), "Retry-After", "55");
	/* Both ways of placing share the limit; another user has his own. */
	expect_status(api("POST", "/api/v2/users/" AGENT "/initiate_call", KEY,
			      "{\"phone_number\":\"+14155550123\"}"),
		429);
	expect_status(place(KEY, "{\"user_id\":" DANA ",\"phone_number\":\"+14155550123\"}"), 200);
	advance(54);
	expect_status(place(KEY, WISH), 429);
	advance(1);
	place_good();
	expect_status(place(KEY, WISH), 429);
	settings("{\"dialpad_calls_per_minute\":0}");
	place_good();
	ck_assert_int_eq(sim_calls(NULL), 8);
}
END_TEST

#define INITIATE "{\"phone_number\":\"+14155550123\",\"custom_data\":\"deal_2\"}"

START_TEST(initiating_needs_an_autocallable_device_and_gives_no_id)
{
	struct answer *a = api("POST", "/api/v2/users/me/initiate_call", agent(), INITIATE);
	expect_status(a, 200);
	expect_text(a, "device.type", "native");
	expect_text(a, "device.user_id", AGENT);
	expect_text(a, "device.id", "+14155550101-user-" AGENT "-client-native");
	ck_assert_ptr_null(strstr(a->body, FIRST));
	expect_text(get("/api/v2/call/" FIRST, KEY), "custom_data", "deal_2");
	a = api("POST", "/api/v2/users/" ADMIN "/initiate_call", KEY, INITIATE);
	expect_text(a, "device.type", "web");
	expect_status(api("POST", "/api/v2/users/" MOBILE "/initiate_call", KEY, INITIATE), 400);
	expect_status(
		place(KEY, "{\"user_id\":" MOBILE ",\"phone_number\":\"+14155550123\"}"), 200);
	expect_status(api("POST", "/api/v2/users/me/initiate_call", KEY, INITIATE), 400);
	expect_status(api("POST", "/api/v2/users/1/initiate_call", KEY, INITIATE), 404);
	expect_status(api("POST", "/api/v2/users/" DANA "/initiate_call", agent(), INITIATE), 403);
	expect_status(api("POST", "/api/v2/users/me/initiate_call", agent(), "{}"), 400);
	ck_assert_int_eq(sim_calls(NULL), 3);
}
END_TEST

#define LEGACY "{\"to_number\":\"+14155550123\",\"external_id\":\"deal_3\"}"

START_TEST(the_plural_path_is_not_there_unless_switched_on)
{
	struct answer *a = api("POST", "/api/v2/calls", agent(), LEGACY);
	expect_status(a, 404);
	/* Not even for those who send no token. */
	expect_status(api("POST", "/api/v2/calls", NULL, LEGACY), 404);
	settings("{\"legacy_calls\":true}");
	expect_status(api("POST", "/api/v2/calls", NULL, LEGACY), 401);
	a = api("POST", "/api/v2/calls", agent(), LEGACY);
	expect_status(a, 201);
	expect_text(a, "id", FIRST);
	expect_text(a, "to_number", "+14155550123");
	expect_text(a, "status", "initiated");
	ck_assert_int_eq(text_at(a->json, "created_at")[23], 'Z');
	expect_text(get("/api/v2/call/" FIRST, agent()), "custom_data", "deal_3");
	settings("{\"legacy_status\":200}");
	expect_status(api("POST", "/api/v2/calls", agent(), LEGACY), 200);
	expect_status(api("POST", "/api/v2/calls", KEY, LEGACY), 403);
	expect_status(api("POST", "/api/v2/calls", agent(), WISH), 400);
	ck_assert_int_eq(sim_calls(NULL), 2);
}
END_TEST

/* --- scripts --- */

static const struct script {
	const char *json;
	int status; /* 0: no whole answer */
	int calls;
} scripts[] = {
	{"{\"outcome\":\"answered\"}", 200, 1},
	{"{\"outcome\":\"unanswered\"}", 200, 1},
	{"{\"outcome\":\"not_dialled\"}", 200, 0},
	{"{\"outcome\":\"answered\",\"status\":202}", 202, 1},
	{"{\"outcome\":\"answered\",\"body\":{\"call_id\":null}}", 200, 1},
	{"{\"outcome\":\"answered\",\"body\":\"<html>\"}", 200, 1},
	{"{\"outcome\":\"fail\"}", 500, 1},
	{"{\"outcome\":\"fail\",\"status\":502,\"body\":\"<h1>\"}", 502, 1},
	{"{\"outcome\":\"refuse\",\"status\":400}", 400, 0},
	{"{\"outcome\":\"refuse\",\"status\":401}", 401, 0},
	{"{\"outcome\":\"refuse\",\"status\":403}", 403, 0},
	{"{\"outcome\":\"refuse\",\"status\":404}", 404, 0},
	{"{\"outcome\":\"refuse\",\"status\":408}", 408, 0},
	{"{\"outcome\":\"refuse\",\"status\":409,\"body\":{\"error\":{\"message\":"
	 "\"User is currently on a call\"}}}",
		409, 0},
	{"{\"outcome\":\"refuse\"}", 422, 0},
	{"{\"outcome\":\"refuse\",\"status\":503}", 503, 0},
	{"{\"outcome\":\"rate_limited\"}", 429, 0},
	{"{\"outcome\":\"redirect\",\"location\":\"http://127.0.0.1:9/\"}", 302, 0},
	{"{\"outcome\":\"garbage_json\"}", 200, 0},
	{"{\"outcome\":\"garbage_json\",\"start\":true}", 200, 1},
	{"{\"outcome\":\"close\"}", 0, 0},
	{"{\"outcome\":\"close\",\"start\":true}", 0, 1},
	{"{\"outcome\":\"reset\"}", 0, 0},
	{"{\"outcome\":\"reset\",\"start\":true}", 0, 1},
	{"{\"outcome\":\"garbage\"}", 0, 0},
	{"{\"outcome\":\"cut\",\"start\":true}", 0, 1},
	{"{\"outcome\":\"oversized\",\"bytes\":3000000}", 200, 0},
	{"{\"outcome\":\"slow_body\",\"interval_ms\":20}", 0, 0},
	{"{\"outcome\":\"slow_head\",\"interval_ms\":20}", 0, 0},
	{"{\"outcome\":\"body_on_204\"}", 204, 1},
	{"{\"outcome\":\"hang\"}", 0, 0},
	{"{\"outcome\":\"hang\",\"start\":true}", 0, 1},
	{"{\"outcome\":\"answered\",\"sleep_ms\":30000}", 0, 1},
	{"{\"outcome\":\"answered\",\"before_ms\":100}", 200, 1},
};

START_TEST(script_decides_answer_and_whether_the_call_starts)
{
	const struct script *script = &scripts[_i];
	sim_script(script->json);
	struct answer *a =
		http(.to = &sim, .url = "/api/v2/call", .token = KEY, .body = WISH, .patience = 1);
	expect_status(a, script->status);
	ck_assert_int_eq(sim_calls(NULL), script->calls);
}
END_TEST

START_TEST(scripts_give_the_answer_of_the_path_that_was_asked)
{
	settings("{\"legacy_calls\":true,\"dialpad_calls_per_minute\":0}");
	sim_script("{\"outcome\":\"unanswered\"}");
	ck_assert_ptr_nonnull(text_at(place(KEY, WISH)->json, "call_id"));
	struct answer *a = api("POST", "/api/v2/users/me/initiate_call", agent(), INITIATE);
	ck_assert_ptr_nonnull(text_at(a->json, "device.id"));
	a = api("POST", "/api/v2/calls", agent(), LEGACY);
	expect_status(a, 201);
	ck_assert_ptr_nonnull(text_at(a->json, "id"));
	/* An id of nothing. */
	sim_script("{\"outcome\":\"not_dialled\"}");
	const char *id = text_at(place(KEY, WISH)->json, "call_id");
	expect_status(get(e2e_text("/api/v2/call/%s", id), KEY), 404);
	ck_assert_str_ne(place_good(), id);
}
END_TEST

START_TEST(scripts_can_be_for_one_provider_and_one_user)
{
	settings("{\"dialpad_calls_per_minute\":0}");
	sim_script("[{\"outcome\":\"refuse\",\"status\":503},"
		   "{\"provider\":\"dialpad\",\"outcome\":\"refuse\",\"status\":409},"
		   "{\"provider\":\"aircall\",\"outcome\":\"refuse\",\"status\":400}]");
	expect_status(place(KEY, WISH), 409);
	struct answer *a = http(.to = &sim, .url = "/v1/users/1527216/calls",
		.headers = {"Authorization: Basic c2ltLWlkOnNpbS10b2tlbg=="},
		.body = "{\"number_id\":967647,\"to\":\"+14155550123\"}");
	expect_status(a, 400);
	/* Always-scripts replace one another, but only of the same provider. */
	sim_script("{\"provider\":\"dialpad\",\"outcome\":\"refuse\",\"status\":418}");
	expect_status(place(KEY, WISH), 418);
	ck_assert_uint_eq(json_array_size(json_at(sim_get("/control/script"), "scripts")), 3);
	sim_script("{\"user\":\"" AGENT "\",\"outcome\":\"answered\"}");
	expect_status(place(KEY, WISH), 200);
	expect_status(place(KEY, "{\"user_id\":" DANA ",\"phone_number\":\"+14155550123\"}"), 418);
	static const char *const wrong[] = {"{\"provider\":\"skype\",\"outcome\":\"answered\"}",
		"{\"outcome\":\"answered\",\"end_state\":\"exploded\"}",
		"{\"outcome\":\"answered\",\"answer_after\":3.5,\"hangup_after\":3.25}",
		"{\"outcome\":\"answered\",\"user\":\"x\"}"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_status(http(.to = &sim, .url = "/control/script", .body = wrong[i]), 400);
}
END_TEST

/* --- life of a call --- */

static struct answer *call_now(const char *state)
{
	struct answer *a = get("/api/v2/call/" FIRST, KEY);
	expect_status(a, 200);
	expect_text(a, "state", state);
	expect_text(a, "call_id", FIRST);
	return a;
}

static void expect_ms(struct answer *a, const char *path, int64_t offset_ms)
{
	expect_text(a, path, e2e_text("%lld", (long long)(T0_MS + offset_ms)));
}

START_TEST(call_rings_connects_and_ends)
{
	freeze();
	place_good();
	struct answer *a = call_now("calling");
	expect_text(a, "direction", "outbound");
	expect_text(a, "external_number", "+14155550123");
	expect_text(a, "internal_number", "+14155550101");
	expect_text(a, "contact.phone", "+14155550123");
	expect_text(a, "target.id", AGENT);
	expect_text(a, "target.type", "user");
	expect_text(a, "custom_data", "deal_1");
	expect_ms(a, "date_started", 0);
	expect_ms(a, "event_timestamp", 0);
	expect_absent(a, "date_connected");
	expect_absent(a, "date_ended");
	expect_absent(a, "total_duration");
	expect_absent(a, "date_first_rang");
	advance(1);
	a = call_now("ringing");
	expect_ms(a, "event_timestamp", 1000);
	expect_absent(a, "date_rang");
	advance(2);
	a = call_now("connected");
	expect_ms(a, "date_connected", 3000);
	expect_absent(a, "duration");
	advance(17);
	a = call_now("hangup");
	expect_ms(a, "date_started", 0);
	expect_ms(a, "date_connected", 3000);
	expect_ms(a, "date_ended", 20000);
	expect_ms(a, "event_timestamp", 20000);
	ck_assert(json_is_real(json_at(a->json, "duration")));
	ck_assert(json_real_value(json_at(a->json, "duration")) == 17000.0);
	ck_assert(json_real_value(json_at(a->json, "total_duration")) == 20000.25);
	expect_status(get("/api/v2/call/9007199254741002", KEY), 404);
	expect_status(get("/api/v2/call/x", KEY), 404);
}
END_TEST

START_TEST(unanswered_call_ends_without_having_been_connected)
{
	freeze();
	sim_script("{\"outcome\":\"unanswered\"}");
	place_good();
	advance(29);
	call_now("ringing");
	advance(1);
	struct answer *a = call_now("hangup");
	expect_absent(a, "date_connected");
	expect_int(a, "duration", 0);
	ck_assert(json_real_value(json_at(a->json, "total_duration")) == 30000.25);
}
END_TEST

START_TEST(life_is_as_scripted)
{
	freeze();
	sim_script("{\"outcome\":\"answered\",\"ring_after\":0.25,\"answer_after\":1.5,"
		   "\"hangup_after\":2.125,\"end_state\":\"voicemail\",\"no_custom_data\":true,"
		   "\"started_at_delay\":1}");
	place_good();
	advance(3.124);
	call_now("connected");
	advance(0.001);
	struct answer *a = call_now("voicemail");
	expect_ms(a, "date_started", 1000);
	expect_ms(a, "date_connected", 2500);
	expect_ms(a, "date_ended", 3125);
	expect_absent(a, "custom_data");
	json_t *truth = sim_get("/control/calls");
	ck_assert_int_eq(int_at(truth, "calls.0.rang_ms"), T0_MS + 1250);
	ck_assert_str_eq(text_at(truth, "calls.0.provider"), "dialpad");
	ck_assert_str_eq(text_at(truth, "calls.0.id"), FIRST);
	ck_assert_str_eq(text_at(truth, "calls.0.user"), AGENT);
}
END_TEST

START_TEST(calls_are_hung_up)
{
	freeze();
	place_good();
	advance(5);
	struct answer *a = api("PUT", "/api/v2/call/" FIRST "/actions/hangup", agent(), NULL);
	expect_status(a, 200);
	ck_assert_uint_eq(a->len, 0);
	expect_ms(call_now("hangup"), "date_ended", 5000);
	expect_status(api("PUT", "/api/v2/call/" FIRST "/actions/hangup", agent(), NULL), 409);
	expect_status(api("PUT", "/api/v2/call/1/actions/hangup", agent(), NULL), 404);
	settings("{\"dialpad_hangup_status\":204}");
	const char *id = place_good();
	const char *path = e2e_text("/api/v2/call/%s/actions/hangup", id);
	expect_status(api("PUT", path, issue(DANA, ""), NULL), 404);
	expect_status(api("PUT", path, KEY, NULL), 204);
	expect_absent(get(e2e_text("/api/v2/call/%s", id), KEY), "date_connected");
}
END_TEST

START_TEST(somebody_picks_up_and_hangs_up)
{
	freeze();
	sim_script("{\"outcome\":\"answered\",\"answer_after\":null,\"hangup_after\":null}");
	place_good();
	advance(100000);
	call_now("ringing");
	sim_post("/control/calls/" FIRST, "{\"answer\":true}");
	call_now("connected");
	advance(10);
	sim_post("/control/calls/" FIRST, "{\"hangup\":true}");
	expect_ms(call_now("hangup"), "date_ended", 100010000);
	expect_status(
		http(.to = &sim, .url = "/control/calls/" FIRST, .body = "{\"hangup\":true}"), 409);
	sim_delete("/control/calls/" FIRST);
	expect_status(get("/api/v2/call/" FIRST, KEY), 404);
}
END_TEST

START_TEST(single_reads_are_ten_a_minute_and_can_be_of_ended_calls_only)
{
	freeze();
	settings("{\"dialpad_live_calls\":false}");
	place_good();
	expect_status(get("/api/v2/call/" FIRST, KEY), 404);
	advance(20);
	for (int i = 0; i < 9; i++)
		call_now("hangup");
	expect_status(get("/api/v2/call/" FIRST, KEY), 429);
	expect_status(get("/api/v2/call/" FIRST, agent()), 200);
	advance(40);
	expect_status(get("/api/v2/call/" FIRST, KEY), 200);
	expect_status(get("/api/v2/call/" FIRST, KEY), 429);
	settings("{\"dialpad_reads_per_minute\":0}");
	expect_status(get("/api/v2/call/" FIRST, KEY), 200);
}
END_TEST

/* What a test scripted it can recognise, also what it meddled with. */
START_TEST(calls_keep_the_mark_of_their_script)
{
	sim_script("[{\"provider\":\"dialpad\",\"outcome\":\"answered\",\"mark\":\"a\","
		   "\"times\":1},{\"provider\":\"aircall\",\"outcome\":\"fail\",\"mark\":"
		   "\"b\"}]");
	place_good();
	ck_assert_str_eq(text_at(logged("/api/v2/call"), "rule"), "script");
	struct answer *a = get("/api/v2/call/" FIRST, KEY);
	ck_assert_msg(strstr(a->body, "mark") == NULL, "%s", a->body);
	ck_assert(json_is_null(json_at(logged("/api/v2/call/" FIRST), "rule")));
	json_t *truth = sim_get("/control/calls/" FIRST);
	ck_assert_str_eq(text_at(truth, "mark"), "a");
	a = http(.to = &sim, .url = "/v1/users/1527216/calls",
		.headers = {"Authorization: Basic c2ltLWlkOnNpbS10b2tlbg=="},
		.body = "{\"number_id\":967647,\"to\":\"+14155550123\"}");
	expect_status(a, 500);
	truth = sim_get("/control/calls?provider=aircall");
	ck_assert_str_eq(text_at(truth, "calls.0.mark"), "b");
	sim_post("/control/faults", "{\"outcome\":\"rate_limited\"}");
	expect_status(get("/api/v2/call/" FIRST, KEY), 429);
	ck_assert_str_eq(text_at(logged("/api/v2/call/" FIRST), "rule"), "fault");
}
END_TEST

START_TEST(credentials_can_share_the_limit_of_single_reads)
{
	freeze();
	settings("{\"dialpad_reads_of\":\"company\",\"dialpad_reads_per_minute\":2}");
	place_good();
	expect_status(get("/api/v2/call/" FIRST, KEY), 200);
	expect_status(get("/api/v2/call/" FIRST, agent()), 200);
	expect_status(get("/api/v2/call/" FIRST, KEY), 429);
	expect_status(get("/api/v2/call/" FIRST, agent()), 429);
}
END_TEST

START_TEST(calls_can_be_shown_as_events_are)
{
	freeze();
	settings("{\"dialpad_rest_form\":\"number\"}");
	place_good();
	advance(20);
	struct answer *a = get("/api/v2/call/" FIRST, KEY);
	expect_int(a, "call_id", INT64_C(9007199254741001));
	expect_int(a, "date_started", T0_MS);
	expect_int(a, "date_first_rang", T0_MS + 1000);
	expect_int(a, "talk_time", 17000);
	expect_int(a, "target.id", INT64_C(5835806903417907));
	ck_assert(json_is_null(json_at(a->json, "date_rang")));
	ck_assert(json_is_null(json_at(a->json, "group_id")));
	a = get("/api/v2/call", KEY);
	expect_int(a, "items.0.call_id", INT64_C(9007199254741001));
}
END_TEST

/* --- the list --- */

static void insert(const char *more)
{
	sim_post("/control/calls", e2e_text("{\"provider\":\"dialpad\"%s}", more));
}

START_TEST(list_shows_ended_calls_newest_first_by_pages)
{
	freeze();
	insert(",\"started_at\":1790600000,\"count\":60,\"spacing\":10,\"custom_data\":\"x\"");
	place_good();
	struct answer *a = get("/api/v2/call?start_after=1&limit=100", KEY);
	int seen = 0;
	int64_t last = INT64_MAX;
	while (true) {
		json_t *items = json_at(a->json, "items");
		for (size_t i = 0; i < json_array_size(items); i++) {
			const char *started = text_at(items, e2e_text("%zu.date_started", i));
			int64_t at = strtoll(started, NULL, 10);
			ck_assert_int_lt(at, last);
			ck_assert_str_eq(text_at(items, e2e_text("%zu.state", i)), "hangup");
			last = at;
			seen++;
		}
		if (text_at(a->json, "cursor") == NULL)
			break;
		ck_assert_uint_eq(json_array_size(items), 25);
		/* A call that ends meanwhile moves nothing. */
		advance(30);
		a = get(e2e_text("/api/v2/call?cursor=%s", text_at(a->json, "cursor")), KEY);
		expect_status(a, 200);
	}
	expect_absent(a, "cursor");
	ck_assert_int_eq(seen, 60);
	ck_assert_int_eq(last, INT64_C(1790600000000));
	expect_text(get("/api/v2/call", KEY), "items.0.call_id", "9007199254741061");
	expect_status(get("/api/v2/call?cursor=1", KEY), 400);
}
END_TEST

START_TEST(list_bounds_are_exclusive_and_targets_narrow)
{
	freeze();
	insert(",\"started_at\":1790600000,\"count\":3,\"spacing\":1");
	insert(",\"started_at\":1790600100.5,\"user\":\"" DANA "\"");
	ck_assert_uint_eq(count_items("/api/v2/call"), 4);
	ck_assert_uint_eq(count_items("/api/v2/call?started_after=1790600000000"), 3);
	ck_assert_uint_eq(count_items("/api/v2/call?started_before=1790600002000"), 2);
	ck_assert_uint_eq(count_items("/api/v2/call?started_after=1790600100499"), 1);
	ck_assert_uint_eq(count_items("/api/v2/call?started_after=1790600100500"), 0);
	ck_assert_uint_eq(count_items("/api/v2/call?target_type=user&target_id=" DANA), 1);
	ck_assert_uint_eq(count_items("/api/v2/call?target_id=" AGENT), 3);
	ck_assert_uint_eq(count_items("/api/v2/call?target_type=office&target_id=1"), 0);
	expect_status(get("/api/v2/call?started_after=yesterday", KEY), 400);
}
END_TEST

START_TEST(list_is_for_admins_with_the_scope)
{
	struct answer *a = get("/api/v2/call", issue(AGENT, "offline_access calls:list"));
	expect_status(a, 403);
	expect_int(a, "error.code", 403);
	expect_status(get("/api/v2/call", issue(ADMIN, "offline_access")), 403);
	expect_status(get("/api/v2/call", issue(ADMIN, "calls:list")), 200);
	settings("{\"dialpad_api_key_scopes\":\"recordings_export\"}");
	expect_status(get("/api/v2/call", KEY), 403);
	settings("{\"dialpad_api_key\":\"other\"}");
	expect_status(get("/api/v2/call", KEY), 401);
}
END_TEST

START_TEST(list_can_lag)
{
	freeze();
	settings("{\"dialpad_list_delay\":60,\"list_after\":100}");
	place_good();
	expect_status(get("/api/v2/call/" FIRST, KEY), 404);
	advance(99);
	ck_assert_uint_eq(count_items("/api/v2/call"), 0);
	advance(1);
	ck_assert_uint_eq(count_items("/api/v2/call"), 1);
	settings("{\"dialpad_list_delay\":81}");
	ck_assert_uint_eq(count_items("/api/v2/call"), 0);
	advance(1);
	ck_assert_uint_eq(count_items("/api/v2/call"), 1);
}
END_TEST

/* --- limits --- */

START_TEST(company_has_a_limit_within_a_second)
{
	settings("{\"dialpad_requests_per_second\":3,\"retry_after_on_429\":true}");
	int refused = 0;
	for (int i = 0; i < 20; i++) {
		struct answer *a = get("/api/v2/users/" AGENT, KEY);
		refused += a->status == 429;
		if (a->status == 429)
			expect_header(a, "Retry-After", "1");
	}
	ck_assert_int_gt(refused, 0);
	settings("{\"dialpad_requests_per_second\":0}");
	for (int i = 0; i < 30; i++)
		expect_status(get("/api/v2/users/" AGENT, KEY), 200);
	/* The service for tokens has none. */
	for (int i = 0; i < 30; i++)
		expect_status(get(ASK, NULL), 200);
}
END_TEST

START_TEST(seconds_of_a_clock_that_was_moved_count)
{
	settings("{\"dialpad_requests_per_second\":3}");
	for (int i = 0; i < 12; i++) {
		expect_status(get("/api/v2/users/" AGENT, KEY), 200);
		if (i % 3 == 2)
			advance(1);
	}
}
END_TEST

START_TEST(routes_have_a_limit_within_a_minute)
{
	freeze();
	settings("{\"dialpad_requests_per_second\":0,\"dialpad_requests_per_minute\":4}");
	for (int i = 0; i < 4; i++)
		expect_status(get("/api/v2/users/" AGENT, KEY), 200);
	expect_status(get("/api/v2/users/" DANA, KEY), 429);
	expect_status(get("/api/v2/users", KEY), 200);
	advance(60);
	expect_status(get("/api/v2/users/" DANA, KEY), 200);
}
END_TEST

START_TEST(webhooks_are_made_a_hundred_a_minute)
{
	freeze();
	settings("{\"dialpad_requests_per_second\":0}");
	for (int i = 0; i < 101; i++)
		expect_status(api("POST", "/api/v2/webhooks", KEY,
				      "{\"hook_url\":\"https://x.example/\"}"),
			i < 100 ? 200 : 429);
}
END_TEST

/* --- events --- */

static unsigned char *decode(const char *text, size_t len)
{
	size_t padded = (len + 3) / 4 * 4;
	char *copy = calloc(1, padded + 1);
	unsigned char *out = calloc(1, padded + 1);
	ck_assert(copy != NULL && out != NULL);
	memset(copy, '=', padded);
	for (size_t i = 0; i < len; i++)
		copy[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	ck_assert_int_ge(EVP_DecodeBlock(out, (unsigned char *)copy, (int)padded), 0);
	free(copy);
	return out;
}

/* The payload of a JWT that is signed with this secret. */
static json_t *verified(const char *jwt, const char *secret)
{
	const char *first = strchr(jwt, '.');
	ck_assert_ptr_nonnull(first);
	const char *second = strchr(first + 1, '.');
	ck_assert_ptr_nonnull(second);
	ck_assert_ptr_null(strchr(jwt, '='));
	unsigned char *head = decode(jwt, (size_t)(first - jwt));
	unsigned char *payload = decode(first + 1, (size_t)(second - first - 1));
	ck_assert_str_eq((char *)head, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
	ck_assert_str_eq(jwt, token_by((char *)head, (char *)payload, secret, strlen(secret)));
	json_t *json = json_loads((char *)payload, 0, NULL);
	ck_assert_ptr_nonnull(json);
	free(head);
	free(payload);
	return json;
}

static json_t *receive(int listener, const char *status)
{
	char *body = listener_receive(listener, status, 0, NULL);
	json_t *json = body[0] == '{' ? json_loads(body, 0, NULL) : verified(body, "test_secret");
	ck_assert_ptr_nonnull(json);
	free(body);
	return json;
}

static void expect_event(int listener, const char *state, int64_t after_ms)
{
	json_t *json = receive(listener, "200 OK");
	ck_assert_str_eq(text_at(json, "state"), state);
	ck_assert_int_eq(int_at(json, "event_timestamp"), T0_MS + after_ms);
	json_decref(json);
}

static int subscribe(const char *more)
{
	char url[80];
	int listener = listener_open(url);
	freeze();
	sim_post("/control/webhooks",
		e2e_text("{\"provider\":\"dialpad\",\"url\":\"%s\"%s}", url, more));
	return listener;
}

START_TEST(events_are_signed_and_come_in_their_time)
{
	int listener = subscribe(",\"secret\":\"test_secret\"");
	char head[LISTENER_HEAD];
	place_good();
	char *body = listener_receive(listener, "200 OK", 0, head);
	ck_assert_ptr_nonnull(strstr(head, "Content-Type: application/jwt\r\n"));
	ck_assert_int_eq(strncmp(head, "POST /hook ", 11), 0);
	json_t *json = verified(body, "test_secret");
	free(body);
	ck_assert_str_eq(text_at(json, "state"), "calling");
	ck_assert_int_eq(int_at(json, "call_id"), INT64_C(9007199254741001));
	ck_assert_int_eq(int_at(json, "date_started"), T0_MS);
	ck_assert(json_is_null(json_at(json, "date_connected")));
	ck_assert(json_is_null(json_at(json, "duration")));
	ck_assert_str_eq(text_at(json, "custom_data"), "deal_1");
	ck_assert_int_eq(int_at(json, "target.id"), INT64_C(5835806903417907));
	json_decref(json);
	ck_assert(!listener_arrives(listener, 200));
	advance(1);
	expect_event(listener, "ringing", 1000);
	/* A jump over both: each tells of its own moment. */
	advance(100);
	expect_event(listener, "connected", 3000);
	json = receive(listener, "200 OK");
	ck_assert_str_eq(text_at(json, "state"), "hangup");
	ck_assert_int_eq(int_at(json, "date_connected"), T0_MS + 3000);
	ck_assert_int_eq(int_at(json, "date_ended"), T0_MS + 20000);
	ck_assert_int_eq(int_at(json, "date_first_rang"), T0_MS + 1000);
	ck_assert(json_real_value(json_at(json, "duration")) == 17000.0);
	json_decref(json);
	close(listener);
}
END_TEST

START_TEST(events_are_plain_without_a_secret_and_of_chosen_states)
{
	int listener = subscribe(",\"events\":[\"hangup\",\"recording\"]");
	char head[LISTENER_HEAD];
	settings("{\"dialpad_post_states\":\"transcription recording\"}");
	sim_script("{\"outcome\":\"unanswered\"}");
	place_good();
	advance(30);
	char *body = listener_receive(listener, "200 OK", 0, head);
	ck_assert_ptr_nonnull(strstr(head, "Content-Type: application/json\r\n"));
	ck_assert_int_eq(body[0], '{');
	free(body);
	/* What comes after the end has a later time. */
	advance(2);
	expect_event(listener, "recording", 32000);
	ck_assert(!listener_arrives(listener, 200));
	close(listener);
}
END_TEST

START_TEST(hanging_up_tells_nothing_twice)
{
	int listener = subscribe("");
	place_good();
	expect_event(listener, "calling", 0);
	advance(4);
	expect_event(listener, "ringing", 1000);
	expect_event(listener, "connected", 3000);
	expect_status(api("PUT", "/api/v2/call/" FIRST "/actions/hangup", KEY, NULL), 200);
	expect_event(listener, "hangup", 4000);
	advance(100);
	ck_assert(!listener_arrives(listener, 200));
	close(listener);
}
END_TEST

START_TEST(holding_is_told)
{
	int listener = subscribe(",\"events\":[\"hold\"]");
	place_good();
	advance(5);
	expect_status(place(KEY, "{\"user_id\":" AGENT ",\"phone_number\":\"+14155550199\","
				 "\"is_consult\":true}"),
		200);
	json_t *json = receive(listener, "200 OK");
	ck_assert_int_eq(int_at(json, "call_id"), INT64_C(9007199254741001));
	json_decref(json);
	close(listener);
}
END_TEST

START_TEST(events_can_be_doubled_swapped_and_lost)
{
	int listener = subscribe("");
	settings("{\"webhook_swap\":true,\"webhook_duplicates\":true}");
	place_good();
	advance(100);
	static const struct {
		const char *state;
		int64_t ms;
	} order[] = {{"ringing", 1000}, {"calling", 0}, {"hangup", 20000}, {"connected", 3000}};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		expect_event(listener, order[i].state, order[i].ms);
		expect_event(listener, order[i].state, order[i].ms);
	}
	settings("{\"webhook_swap\":false,\"webhook_duplicates\":false,\"webhook_lose_every\":2}");
	place_good();
	advance(100);
	expect_event(listener, "calling", 100000);
	expect_event(listener, "connected", 103000);
	ck_assert(!listener_arrives(listener, 200));
	settings("{\"webhook_lose_every\":1}");
	place_good();
	advance(100);
	ck_assert(!listener_arrives(listener, 200));
	close(listener);
}
END_TEST

/* Waits until the first delivery has had so many attempts. */
static void expect_attempts(int attempts, const char *state)
{
	json_t *all = NULL;
	for (int i = 0; i < 200; i++) {
		all = sim_get("/control/webhooks");
		if (int_at(all, "deliveries.0.attempts") == attempts)
			break;
		e2e_sleep_ms(20);
	}
	ck_assert_int_eq(int_at(all, "deliveries.0.attempts"), attempts);
	ck_assert_str_eq(text_at(all, "deliveries.0.state"), state);
	ck_assert_str_eq(text_at(all, "deliveries.0.call"), FIRST);
}

START_TEST(server_errors_are_tried_three_times_more)
{
	int listener = subscribe(",\"events\":[\"calling\"]");
	place_good();
	json_decref(receive(listener, "503 No"));
	for (int wait = 2; wait <= 8; wait *= 2) {
		expect_attempts(wait / 2 == 4 ? 3 : wait / 2, "waiting");
		advance(wait - 1);
		ck_assert(!listener_arrives(listener, 150));
		advance(1);
		json_decref(receive(listener, "500 No"));
	}
	expect_attempts(4, "given_up");
	advance(1000);
	ck_assert(!listener_arrives(listener, 150));
	close(listener);
}
END_TEST

START_TEST(client_errors_lose_the_event)
{
	int listener = subscribe(",\"events\":[\"calling\"]");
	place_good();
	json_decref(receive(listener, "429 No"));
	expect_attempts(1, "given_up");
	advance(1000);
	ck_assert(!listener_arrives(listener, 150));
	close(listener);
}
END_TEST

START_TEST(late_answers_are_tried_twice_more_at_once)
{
	int listener = subscribe(",\"events\":[\"calling\"]");
	settings("{\"webhook_timeout_ms\":100}");
	place_good();
	for (int i = 0; i < 3; i++)
		free(listener_receive(listener, "200 OK", 300, NULL));
	expect_attempts(3, "given_up");
	ck_assert(!listener_arrives(listener, 150));
	close(listener);
}
END_TEST

START_TEST(webhooks_and_subscriptions_are_managed)
{
	settings("{\"dialpad_requests_per_second\":0}");
	struct answer *a = api("POST", "/api/v2/webhooks", KEY,
		"{\"hook_url\":\"https://dialer.example/hook\",\"secret\":\"s\"}");
	expect_status(a, 200);
	expect_text(a, "hook_url", "https://dialer.example/hook");
	expect_text(a, "signature.algo", "HS256");
	expect_text(a, "signature.type", "jwt");
	expect_text(a, "signature.secret", "s");
	const char *hook = text_at(a->json, "id");
	const char *path = e2e_text("/api/v2/webhooks/%s", hook);
	expect_text(api("PATCH", path, KEY, "{\"secret\":\"t\"}"), "signature.secret", "t");
	expect_text(get(path, KEY), "hook_url", "https://dialer.example/hook");
	expect_text(get("/api/v2/webhooks", KEY), "items.0.id", hook);
	expect_absent(api("PATCH", path, KEY, "{\"secret\":\"\"}"), "signature");
	a = api("POST", "/api/v2/subscriptions/call", KEY,
		e2e_text("{\"endpoint_id\":%s,\"call_states\":[\"hangup\",\"all\"]}", hook));
	expect_status(a, 200);
	expect_text(a, "webhook.id", hook);
	expect_true(a, "enabled");
	expect_text(a, "call_states.0", "hangup");
	const char *one = e2e_text("/api/v2/subscriptions/call/%s", text_at(a->json, "id"));
	expect_text(get("/api/v2/subscriptions/call", KEY), "items.0.id", text_at(a->json, "id"));
	a = api("PATCH", one, KEY, "{\"enabled\":false,\"call_states\":[\"missed\"]}");
	ck_assert(json_is_false(json_at(a->json, "enabled")));
	expect_text(get(one, KEY), "call_states.0", "missed");
	/* The other name of the member, the id as a text, one target. */
	a = api("POST", "/api/v2/subscriptions/call", KEY,
		e2e_text("{\"webhook_id\":\"%s\",\"target_type\":\"user\",\"target_id\":" AGENT "}",
			hook));
	expect_text(a, "target_id", AGENT);
	ck_assert_uint_eq(count_items("/api/v2/subscriptions/call?target_type=user"), 1);
	expect_status(api("DELETE", one, KEY, NULL), 200);
	expect_status(get(one, KEY), 404);
	expect_status(api("DELETE", path, KEY, NULL), 200);
	expect_status(get(path, KEY), 404);
	ck_assert_uint_eq(count_items("/api/v2/subscriptions/call"), 0);
	expect_status(get("/api/v2/webhooks", agent()), 403);
	expect_status(get("/api/v2/webhooks", issue(ADMIN, "")), 200);
}
END_TEST

START_TEST(wrong_webhooks_and_subscriptions_are_refused)
{
	static const char *const hooks[] = {"{}", "{\"hook_url\":\"http://dialer.example/\"}",
		"{\"hook_url\":1}", "{\"hook_url\":\"https://x.example/\",\"secret\":1}"};
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		expect_status(api("POST", "/api/v2/webhooks", KEY, hooks[i]), 400);
	settings("{\"dialpad_requests_per_second\":0}");
	struct answer *a =
		api("POST", "/api/v2/webhooks", KEY, "{\"hook_url\":\"https://x.example/\"}");
	const char *id = text_at(a->json, "id");
	static const char *const subscriptions[] = {"\"call_states\":[\"exploded\"]",
		"\"call_states\":\"all\"", "\"target_type\":\"user\""};
	for (size_t i = 0; i < sizeof(subscriptions) / sizeof(subscriptions[0]); i++)
		expect_status(api("POST", "/api/v2/subscriptions/call", KEY,
				      e2e_text("{\"endpoint_id\":%s,%s}", id, subscriptions[i])),
			400);
	expect_status(api("POST", "/api/v2/subscriptions/call", KEY, "{\"endpoint_id\":1}"), 400);
	expect_status(api("POST", "/api/v2/subscriptions/call", KEY, "{}"), 400);
	for (int i = 0; i < 11; i++)
		expect_status(api("POST", "/api/v2/subscriptions/call", KEY,
				      e2e_text("{\"endpoint_id\":%s}", id)),
			i < 10 ? 200 : 400);
}
END_TEST

/* --- control and program --- */

START_TEST(truth_and_counts_are_of_both_providers)
{
	freeze();
	place_good();
	insert(",\"to\":\"+13035550100\",\"id\":\"9007199254750000\",\"direction\":\"inbound\"");
	sim_post("/control/calls", "{\"to\":\"+13035550100\"}");
	ck_assert_int_eq(sim_calls(NULL), 3);
	ck_assert_int_eq(sim_calls("+13035550100"), 2);
	json_t *calls = sim_get("/control/calls?provider=dialpad");
	ck_assert_uint_eq(json_array_size(json_at(calls, "calls")), 2);
	ck_assert_str_eq(text_at(calls, "calls.1.id"), "9007199254750000");
	ck_assert(json_is_true(json_at(calls, "calls.1.hand_dialled")));
	json_t *stats = sim_get("/control/stats");
	ck_assert_int_eq(int_at(stats, "calls"), 3);
	ck_assert_int_eq(int_at(stats, "calls_by_api"), 1);
	ck_assert_int_eq(int_at(stats, "calls_by_provider.dialpad"), 2);
	ck_assert_int_eq(int_at(stats, "calls_by_provider.aircall"), 1);
	ck_assert_int_eq(int_at(stats, "routes.POST /api/v2/call.200"), 1);
	advance(30);
	expect_text(get("/api/v2/call/9007199254750000", KEY), "direction", "inbound");
	expect_status(http(.to = &sim, .url = "/control/calls",
			      .body = "{\"provider\":\"dialpad\",\"id\":\"" FIRST "\"}"),
		400);
	json_t *users = sim_get("/control/users?provider=dialpad");
	ck_assert_uint_eq(json_array_size(json_at(users, "users")), 4);
	ck_assert_str_eq(text_at(users, "users.2.devices.0"), "iphone");
	sim_delete("/control/calls");
	ck_assert_int_eq(sim_calls(NULL), 0);
	/* No id is given a second time. */
	ck_assert_str_eq(place_good(), "9007199254750001");
}
END_TEST

START_TEST(users_can_be_made_changed_and_removed)
{
	sim_post("/control/users",
		"{\"provider\":\"dialpad\",\"id\":\"7\",\"name\":\"Seven Of\",\"email\":"
		"\"seven@example.com\",\"phone\":\"+14155550107\",\"admin\":true,"
		"\"do_not_disturb\":true,\"devices\":[\"iframe_salesforce\"]}");
	struct answer *a = get("/api/v2/users/7", KEY);
	expect_text(a, "last_name", "Of");
	expect_true(a, "is_admin");
	expect_true(a, "do_not_disturb");
	expect_status(api("POST", "/api/v2/users/7/initiate_call", KEY, INITIATE), 200);
	sim_post("/control/users", "{\"provider\":\"dialpad\",\"id\":7,\"remove\":true}");
	expect_status(get("/api/v2/users/7", KEY), 404);
	static const char *const wrong[] = {"{\"provider\":\"dialpad\"}",
		"{\"provider\":\"dialpad\",\"id\":\"x\"}",
		"{\"provider\":\"dialpad\",\"id\":7,\"devices\":[\"teapot\"]}",
		"{\"provider\":\"dialpad\",\"id\":7,\"devices\":[1]}",
		"{\"provider\":\"dialpad\",\"id\":7,\"state\":\"asleep\"}",
		"{\"provider\":\"dialpad\",\"id\":7,\"phone\":\"7\"}",
		"{\"provider\":\"skype\",\"id\":7}"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_status(http(.to = &sim, .url = "/control/users", .body = wrong[i]), 400);
	/* A token of somebody who is gone is good for nothing. */
	const char *dana = issue(DANA, "");
	sim_post(
		"/control/users", "{\"provider\":\"dialpad\",\"id\":\"" DANA "\",\"remove\":true}");
	expect_status(get("/api/v2/users/me", dana), 401);
}
END_TEST

START_TEST(reset_forgets_everything)
{
	const char *old = agent();
	place_good();
	sim_post("/control/users", "{\"provider\":\"dialpad\",\"id\":7}");
	sim_post("/control/webhooks",
		"{\"provider\":\"dialpad\",\"url\":\"https://dialer.example/hook\"}");
	settings("{\"dialpad_api_key\":\"other\"}");
	sim_post("/control/reset", "");
	expect_status(get("/api/v2/users/me", old), 401);
	expect_status(get("/api/v2/users/7", KEY), 404);
	ck_assert_uint_eq(count_items("/api/v2/subscriptions/call"), 0);
	ck_assert_int_eq(sim_calls(NULL), 0);
	ck_assert_str_eq(place_good(), FIRST);
	ck_assert_int_eq(int_at(sim_get("/control/stats"), "tokens_issued"), 0);
}
END_TEST

START_TEST(wrong_settings_are_refused)
{
	static const char *const wrong[] = {"{\"dialpad_unknown_scope\":\"maybe\"}",
		"{\"dialpad_auto_consent\":true}", "{\"dialpad_auto_consent\":\"no allow\"}",
		"{\"dialpad_auto_consent\":\"\"}", "{\"dialpad_page\":0}",
		"{\"dialpad_ring_after\":-2}", "{\"legacy_calls\":\"true\"}",
		"{\"omit_user\":\"perhaps\"}"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_status(http(.to = &sim, .url = "/control/settings", .body = wrong[i]), 400);
}
END_TEST

START_TEST(options_set_the_state_to_begin_with)
{
	const char *program = e2e_text("%s/bin/provider-sim", e2e.build);
	const char *const argv[] = {program, "--port", "0", "--client-id", "me", "--client-secret",
		"mine", "--company-key", "ours", "--dialpad-user", "7:web,obi:suspended", NULL};
	const struct daemon_options options = {.argv = argv, .log = "own-sim.log"};
	struct daemon own;
	int status;
	ck_assert(daemon_start(&own, &options, &status));
	struct answer *a = http(.to = &own, .url = "/api/v2/users/7", .token = "ours");
	expect_text(a, "state", "suspended");
	a = http(.to = &own, .url = "/oauth2/authorize?client_id=me&redirect_uri=" BACK);
	expect_status(a, 200);
	a = http(.to = &own, .url = "/oauth2/token", .type = FORM,
		.body = "grant_type=refresh_token&refresh_token=x&client_id=me&client_secret=mine");
	expect_refused(a, 400, "invalid_grant");
	ck_assert_int_eq(daemon_stop(&own), 0);
	static const char *const wrong[] = {"--dialpad-user=x", "--dialpad-user=7:teapot",
		"--dialpad-user=7:web:asleep", "--dialpad-user="};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *const bad[] = {program, "--port", "0", wrong[i], NULL};
		ck_assert_int_eq(e2e_run(bad, NULL).status, 2);
	}
}
END_TEST

static void setup(void)
{
	/* Tests ask faster than a company may. */
	settings("{\"dialpad_requests_per_second\":1000}");
}

static void add_oauth(TCase *t)
{
	tcase_add_test(t, consent_page_is_a_form_that_needs_no_script);
	tcase_add_test(t, consent_page_escapes_what_it_shows);
	tcase_add_test(t, consent_sends_back_a_code_and_refusal_an_error);
	tcase_add_test(t, consent_can_be_left_out);
	tcase_add_test(t, unknown_applications_and_addresses_are_told_by_a_page);
	tcase_add_test(t, only_registered_addresses_are_taken_when_some_are_named);
	tcase_add_test(t, wrong_parameters_are_told_to_the_application);
	tcase_add_test(t, code_is_exchanged_in_both_encodings_with_both_kinds_of_credentials);
	tcase_add_test(t, only_the_encoding_that_is_set_is_taken);
	tcase_add_test(t, unknown_clients_get_no_tokens);
	tcase_add_test(t, code_is_good_once_for_ten_minutes_and_for_its_address);
	tcase_add_test(t, verifier_is_checked);
	tcase_add_test(t, without_offline_access_the_token_is_static);
	tcase_add_test(t, refresh_rotates);
	tcase_add_test(t, of_many_refreshes_at_once_one_wins);
	tcase_add_test(t, reuse_of_a_refresh_token_can_end_everything);
	tcase_add_test(t, access_tokens_expire);
	tcase_add_test(t, granted_scopes_can_be_named_and_be_others_than_asked_for);
	tcase_add_loop_test(t, refresh_fails_before_or_after_the_rotation, 0,
		(int)(sizeof(token_faults) / sizeof(token_faults[0])));
	tcase_add_test(t, a_cut_answer_holds_the_beginning_of_the_real_one);
	tcase_add_test(t, deauthorize_revokes_what_the_user_was_given);
	tcase_add_test(t, tokens_can_be_ended_by_the_test);
	tcase_add_test(t, nothing_secret_is_in_the_log);
}

static void add_calls(TCase *t)
{
	tcase_add_test(t, requests_need_a_bearer_token);
	tcase_add_test(t, users_are_looked_up);
	tcase_add_test(t, users_are_listed_by_pages);
	tcase_add_test(t, devices_are_listed);
	tcase_add_loop_test(t, placing_refuses_what_the_service_refuses, 0,
		(int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(t, placing_needs_a_json_content_type);
	tcase_add_test(t, placing_answers_an_id_beyond_what_a_double_holds);
	tcase_add_test(t, users_place_calls_for_themselves_only);
	tcase_add_test(t, user_in_a_call_cannot_place_another_unless_the_first_is_held);
	tcase_add_test(t, sixth_call_of_a_user_within_a_minute_is_too_many);
	tcase_add_test(t, initiating_needs_an_autocallable_device_and_gives_no_id);
	tcase_add_test(t, the_plural_path_is_not_there_unless_switched_on);
	tcase_add_loop_test(t, script_decides_answer_and_whether_the_call_starts, 0,
		(int)(sizeof(scripts) / sizeof(scripts[0])));
	tcase_add_test(t, scripts_give_the_answer_of_the_path_that_was_asked);
	tcase_add_test(t, scripts_can_be_for_one_provider_and_one_user);
	tcase_add_test(t, call_rings_connects_and_ends);
	tcase_add_test(t, unanswered_call_ends_without_having_been_connected);
	tcase_add_test(t, life_is_as_scripted);
	tcase_add_test(t, calls_are_hung_up);
	tcase_add_test(t, somebody_picks_up_and_hangs_up);
	tcase_add_test(t, single_reads_are_ten_a_minute_and_can_be_of_ended_calls_only);
	tcase_add_test(t, credentials_can_share_the_limit_of_single_reads);
	tcase_add_test(t, calls_keep_the_mark_of_their_script);
	tcase_add_test(t, calls_can_be_shown_as_events_are);
	tcase_add_test(t, list_shows_ended_calls_newest_first_by_pages);
	tcase_add_test(t, list_bounds_are_exclusive_and_targets_narrow);
	tcase_add_test(t, list_is_for_admins_with_the_scope);
	tcase_add_test(t, list_can_lag);
	tcase_add_test(t, company_has_a_limit_within_a_second);
	tcase_add_test(t, seconds_of_a_clock_that_was_moved_count);
	tcase_add_test(t, routes_have_a_limit_within_a_minute);
}

static void add_events(TCase *t)
{
	tcase_add_test(t, webhooks_are_made_a_hundred_a_minute);
	tcase_add_test(t, events_are_signed_and_come_in_their_time);
	tcase_add_test(t, events_are_plain_without_a_secret_and_of_chosen_states);
	tcase_add_test(t, hanging_up_tells_nothing_twice);
	tcase_add_test(t, holding_is_told);
	tcase_add_test(t, events_can_be_doubled_swapped_and_lost);
	tcase_add_test(t, server_errors_are_tried_three_times_more);
	tcase_add_test(t, client_errors_lose_the_event);
	tcase_add_test(t, late_answers_are_tried_twice_more_at_once);
	tcase_add_test(t, webhooks_and_subscriptions_are_managed);
	tcase_add_test(t, wrong_webhooks_and_subscriptions_are_refused);
}

static void add_control(TCase *t)
{
	tcase_add_test(t, truth_and_counts_are_of_both_providers);
	tcase_add_test(t, users_can_be_made_changed_and_removed);
	tcase_add_test(t, reset_forgets_everything);
	tcase_add_test(t, wrong_settings_are_refused);
	tcase_add_test(t, options_set_the_state_to_begin_with);
}

static Suite *suite(void)
{
	static const struct {
		const char *name;
		void (*add)(TCase *t);
	} cases[] = {{"oauth", add_oauth}, {"calls", add_calls}, {"events", add_events},
		{"control", add_control}};
	Suite *s = suite_create("provider_sim_dialpad");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		TCase *t = tcase_create(cases[i].name);
		e2e_case(t, 60);
		tcase_add_checked_fixture(t, setup, NULL);
		cases[i].add(t);
		suite_add_tcase(s, t);
	}
	return s;
}

int main(void)
{
	return e2e_main_without_server(suite());
}
