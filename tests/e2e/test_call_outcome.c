/* POST /call: what each answer of the provider, or none, means for caller, history and phone. */
#include "e2e/calls.h"

#include <stdio.h>
#include <string.h>

#define BODY          "{\"phoneNumber\":\"" NUMBER "\"}"
#define BODY_NO_PHONE "{\"phoneNumber\":\"" NUMBER "\",\"fallback\":false}"

/* The call of an answer is what the history shows. */
static void expect_in_history(const struct answer *a)
{
	struct answer *h = get("alice", "/history");
	expect_int(h, "pagination.total", 1);
	ck_assert_msg(json_equal(json_at(a->json, "call"), json_at(h->json, "calls.0")),
		"%s\nis not in the history: %s", answer_text(a), answer_text(h));
}

static void expect_placed(const struct answer *a)
{
	expect_status(a, 200);
	expect_true(a, "success");
	expect_text(a, "message", "Call initiated successfully");
	expect_text(a, "notice.text", "Calling " NUMBER " via Aircall");
	expect_call(a, "call");
	expect_text(a, "call.provider", "aircall");
	expect_text(a, "call.status", "initiated");
	expect_absent(a, "call.reason");
	expect_absent(a, "fallback");
	expect_absent(a, "attempts");
	expect_in_history(a);
}

static void expect_handed_off(const struct answer *a, const char *reason)
{
	expect_status(a, 200);
	expect_true(a, "success");
	expect_text(a, "message", "Opening phone");
	expect_text(a, "notice.title", "Opening Phone");
	expect_text(a, "notice.text", "Calling " NUMBER "...");
	expect_call(a, "call");
	expect_text(a, "call.provider", "tel");
	expect_text(a, "call.status", "handed-off");
	expect_text(a, "call.reason", reason);
	expect_text(a, "fallback.uri", "tel:" NUMBER);
	expect_in_history(a);
}

static void expect_failed(const struct answer *a, const char *reason)
{
	expect_error(a, 502, reason, NULL);
	expect_call(a, "call");
	expect_text(a, "call.status", "failed");
	expect_text(a, "call.reason", reason);
	expect_absent(a, "fallback");
	expect_absent(a, "notice");
	expect_in_history(a);
}

static void expect_unclear(const struct answer *a)
{
	expect_error(a, 504, "provider_unconfirmed", NULL);
	expect_call(a, "call");
	expect_text(a, "call.provider", "aircall");
	expect_text(a, "call.status", "unconfirmed");
	expect_absent(a, "fallback");
	expect_absent(a, "notice");
	ck_assert_msg(strstr(text_at(a->json, "message"), "phone") != NULL, "%s", answer_text(a));
	expect_in_history(a);
}

/* `attempts` has exactly these pairs of provider and reason. */
static void expect_attempts(const struct answer *a, const char *path, const char *const *pairs)
{
	json_t *attempts = json_at(a->json, path);
	size_t n = 0;
	ck_assert_msg(json_is_array(attempts), "%s", answer_text(a));
	for (; pairs[2 * n] != NULL; n++) {
		json_t *one = json_array_get(attempts, n);
		ck_assert_msg(text_is(one, "provider", pairs[2 * n]) &&
				      text_is(one, "reason", pairs[2 * n + 1]),
			"attempt %zu: %s", n, answer_text(a));
		ck_assert_msg(json_object_size(one) == (json_at(one, "detail") != NULL ? 3 : 2),
			"attempt %zu: %s", n, answer_text(a));
	}
	ck_assert_msg(json_array_size(attempts) == n, "%s", answer_text(a));
}

#define PAIRS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* --- placed --- */

static const char *const acceptances[] = {
	"{\"outcome\":\"answered\"}",
	"{\"outcome\":\"answered\",\"status\":200,\"body\":{\"id\":1}}",
	"{\"outcome\":\"answered\",\"status\":201,\"body\":\"x\"}",
	"{\"outcome\":\"answered\",\"status\":202}",
	"{\"outcome\":\"answered\",\"status\":299}",
	"{\"outcome\":\"not_dialled\"}",
	"{\"outcome\":\"body_on_204\"}",
	"{\"outcome\":\"garbage_json\"}",
	"{\"outcome\":\"cut\"}",
	"{\"outcome\":\"oversized\",\"bytes\":8000000}",
	"{\"outcome\":\"slow_body\",\"interval_ms\":100}",
	"{\"outcome\":\"slow_head\",\"interval_ms\":100}",
};

START_TEST(any_2xx_is_placed)
{
	e2e_set("DIALER_PROVIDER_TIMEOUT", "1");
	sim_script(acceptances[_i]);
	expect_placed(place("alice", BODY));
	ck_assert_int_eq(sim_placings(NULL), 1);
}
END_TEST

/* --- unclear --- */

static const char *const unclear[] = {
	"{\"outcome\":\"hang\"}",
	"{\"outcome\":\"answered\",\"sleep_ms\":20000}",
	"{\"outcome\":\"close\"}",
	"{\"outcome\":\"reset\"}",
	"{\"outcome\":\"garbage\"}",
	"{\"outcome\":\"fail\"}",
	"{\"outcome\":\"fail\",\"status\":502}",
	"{\"outcome\":\"refuse\",\"status\":503}",
	"{\"outcome\":\"refuse\",\"status\":504,\"body\":\"\"}",
	"{\"outcome\":\"refuse\",\"status\":408}",
	"{\"outcome\":\"refuse\",\"status\":300}",
	"{\"outcome\":\"refuse\",\"status\":304}",
	"{\"outcome\":\"refuse\",\"status\":599}",
};

START_TEST(unclear_outcome_dials_nothing_else)
{
	e2e_set("DIALER_PROVIDER_TIMEOUT", "1");
	/* Nobody after it is asked, and the device is not offered, wanted or not. */
	e2e_set("DIALER_PROVIDERS", "aircall,dialpad");
	sim_script(unclear[_i]);
	expect_unclear(place("alice", _i % 2 == 0 ? BODY : BODY_NO_PHONE));
	ck_assert_int_eq(sim_placings(NULL), 1);
}
END_TEST

START_TEST(redirect_is_unclear_and_never_followed)
{
	static const int statuses[] = {301, 302, 303, 307, 308};
	sim_script(e2e_text("{\"outcome\":\"redirect\",\"status\":%d,\"location\":"
			    "\"%s/v1/users/456/calls\"}",
		statuses[_i], sim.url));
	expect_unclear(place("alice", BODY));
	json_t *requests = json_at(sim_get("/control/requests"), "requests");
	ck_assert_uint_eq(json_array_size(requests), 1);
}
END_TEST

START_TEST(time_out_ends_the_request)
{
	e2e_set("DIALER_PROVIDER_TIMEOUT", "2");
	sim_script("{\"outcome\":\"answered\",\"sleep_ms\":20000}");
	struct answer *a = place("alice", BODY);
	expect_unclear(a);
	ck_assert_msg(a->seconds > 1.5 && a->seconds < 10, "%f s", a->seconds);
	/* The very case for which nothing else may be dialled. */
	ck_assert_int_eq(sim_calls(NUMBER), 1);
}
END_TEST

START_TEST(slow_answer_within_the_time_out_is_placed)
{
	sim_script("{\"outcome\":\"answered\",\"sleep_ms\":1500}");
	expect_placed(place("alice", BODY));
}
END_TEST

/* A connection that the provider gave up while it was idle makes libraries repeat a request. */
START_TEST(closed_connection_never_repeats_the_request)
{
	sim_script("{\"outcome\":\"close\"}");
	expect_unclear(place("alice", BODY));
	ck_assert_int_eq(sim_placings(NULL), 1);
	sim_post("/control/reset", "{}");
	sim_delete("/control/requests");
	sim_script("{\"outcome\":\"close\",\"reused_only\":true}");
	placed("bob", "+15550000001");
	placed("bob", "+15550000002");
	ck_assert_int_eq(sim_placings(NULL), 2);
	json_t *requests = json_at(sim_get("/control/requests"), "requests");
	for (size_t i = 0; i < json_array_size(requests); i++)
		ck_assert_int_eq(int_at(json_array_get(requests, i), "nth_on_connection"), 1);
}
END_TEST

/* --- refused --- */

static const struct {
	int status;
	const char *reason;
} refusals[] = {
	{400, "aircall_rejected"},
	{401, "aircall_unauthorized"},
	{402, "aircall_rejected"},
	{403, "aircall_unauthorized"},
	{404, "aircall_rejected"},
	{405, "aircall_user_unavailable"},
	{409, "aircall_rejected"},
	{422, "aircall_rejected"},
	{429, "aircall_rate_limited"},
	{499, "aircall_rejected"},
};

START_TEST(refusal_hands_off)
{
	const char *reason = refusals[_i].reason;
	sim_script(e2e_text("{\"outcome\":\"refuse\",\"status\":%d}", refusals[_i].status));
	struct answer *a = place("alice", BODY);
	expect_handed_off(a, reason);
	expect_attempts(
		a, "fallback.attempts", PAIRS("dialpad", "not_configured", "aircall", reason));
	ck_assert_int_eq(sim_placings(NULL), 1);
	ck_assert_int_eq(sim_calls(NULL), 0);
}
END_TEST

START_TEST(refusal_without_fallback_fails)
{
	const char *reason = refusals[_i].reason;
	sim_script(e2e_text("{\"outcome\":\"refuse\",\"status\":%d}", refusals[_i].status));
	struct answer *a = place("alice", BODY_NO_PHONE);
	expect_failed(a, reason);
	expect_text(a, "call.provider", "aircall");
	expect_attempts(a, "attempts", PAIRS("dialpad", "not_configured", "aircall", reason));
	ck_assert_int_eq(sim_placings(NULL), 1);
}
END_TEST

START_TEST(fallback_is_wanted_where_nothing_is_said)
{
	sim_script("{\"outcome\":\"refuse\"}");
	expect_handed_off(place("alice", BODY), "aircall_rejected");
	struct answer *a = place("bob", "{\"phoneNumber\":\"" NUMBER "\",\"fallback\":true}");
	expect_text(a, "fallback.uri", "tel:" NUMBER);
}
END_TEST

START_TEST(provider_of_its_own_accord_refuses)
{
	static const struct {
		int user, number;
		const char *reason;
	} cases[] = {
		{457, 1234, "aircall_user_unavailable"}, /* offline */
		{458, 1234, "aircall_user_unavailable"}, /* do not disturb */
		{99, 1234, "aircall_rejected"},          /* no such user */
		{456, 1389850, "aircall_rejected"},      /* not his number */
		{456, 1235, "aircall_rejected"},         /* not active */
	};
	struct answer *a =
		place("alice", e2e_text("{\"phoneNumber\":\"" NUMBER "\",\"aircallUserId\":%d,"
					"\"aircallNumberId\":%d}",
				       cases[_i].user, cases[_i].number));
	expect_handed_off(a, cases[_i].reason);
	expect_attempts(a, "fallback.attempts",
		PAIRS("dialpad", "not_configured", "aircall", cases[_i].reason));
	const char *detail = text_at(a->json, "fallback.attempts.1.detail");
	ck_assert_msg(detail != NULL && strlen(detail) > 3, "%s", answer_text(a));
}
END_TEST

START_TEST(wrong_key_is_unauthorized_and_not_shown)
{
	e2e_set("AIRCALL_API_KEY", "sim-id:wrong-token-4711");
	struct answer *a = place("alice", BODY);
	expect_handed_off(a, "aircall_unauthorized");
	ck_assert_ptr_null(strstr(a->body, "4711"));
	ck_assert_ptr_null(strstr(a->body, "127.0.0.1"));
	ck_assert_ptr_null(strstr(server_log(), "4711"));
}
END_TEST

static size_t characters(const char *utf8)
{
	size_t n = 0;
	for (; *utf8 != '\0'; utf8++)
		if (((unsigned char)*utf8 & 0xc0) != 0x80)
			n++;
	return n;
}

START_TEST(detail_is_short_and_clean)
{
	static const struct {
		const char *before, *after;
	} bodies[] = {
		{"\"", "\""},
		{"{\"error\":\"", "\"}"},
		{"{\"message\":\"", "\"}"},
		{"{\"error\":\"Bad Request\",\"troubleshoot\":\"", "\"}"},
	};
	const char *text = "a\\u0007b\\u001b[31mc\\r\\nd\\u007fe\\u0085f ";
	const char *many = "";
	for (int i = 0; i < 30; i++)
		many = e2e_text("%s%s\\u00e9\\u20ac", many, text);
	sim_script(e2e_text("{\"outcome\":\"refuse\",\"body\":%s%s%s}", bodies[_i].before, many,
		bodies[_i].after));
	struct answer *a = place("alice", BODY);
	expect_handed_off(a, "aircall_rejected");
	const char *detail = text_at(a->json, "fallback.attempts.1.detail");
	ck_assert_msg(detail != NULL, "%s", answer_text(a));
	ck_assert_uint_le(characters(detail), 200);
	ck_assert_uint_gt(characters(detail), 100);
	for (const char *c = detail; *c != '\0'; c++) {
		ck_assert_msg((unsigned char)*c >= ' ' && *c != 0x7f, "%s", answer_text(a));
		ck_assert_msg(strncmp(c, "\xc2\x85", 2) != 0, "%s", answer_text(a));
	}
}
END_TEST

START_TEST(no_detail_where_the_provider_said_nothing)
{
	sim_script("{\"outcome\":\"refuse\",\"body\":\"\"}");
	struct answer *a = place("alice", BODY);
	expect_handed_off(a, "aircall_rejected");
	expect_absent(a, "fallback.attempts.1.detail");
	expect_absent(a, "fallback.attempts.0.detail");
}
END_TEST

START_TEST(detail_of_a_broken_body_is_harmless)
{
	sim_script("{\"outcome\":\"refuse\",\"body\":\"<html>\\u0001{\\\"error\\\":\"}");
	struct answer *a = place("alice", BODY_NO_PHONE);
	expect_failed(a, "aircall_rejected");
	ck_assert_ptr_nonnull(json_at(a->json, "attempts.1"));
}
END_TEST

/* --- not reached --- */

START_TEST(nobody_listening_is_unreachable)
{
	e2e_set("AIRCALL_BASE_URL", "http://127.0.0.1:1");
	struct answer *a = place("alice", _i == 0 ? BODY : BODY_NO_PHONE);
	if (_i == 0)
		expect_handed_off(a, "aircall_unreachable");
	else
		expect_failed(a, "aircall_unreachable");
	expect_attempts(a, _i == 0 ? "fallback.attempts" : "attempts",
		PAIRS("dialpad", "not_configured", "aircall", "aircall_unreachable"));
}
END_TEST

START_TEST(unknown_host_is_unreachable)
{
	e2e_set("AIRCALL_BASE_URL", "https://aircall.invalid");
	expect_handed_off(place("alice", BODY), "aircall_unreachable");
}
END_TEST

START_TEST(no_tls_there_is_a_tls_error)
{
	e2e_set("AIRCALL_BASE_URL", e2e_text("https://127.0.0.1:%d", sim.port));
	expect_handed_off(place("alice", BODY), "aircall_tls_error");
	ck_assert_int_eq(sim_placings(NULL), 0);
}
END_TEST

static void make_certificate(const char *cert, const char *key)
{
	const char *const argv[] = {"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
		"-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert, NULL};
	struct run r = e2e_run(argv, NULL);
	ck_assert_msg(r.status == 0, "openssl: %s", r.err);
}

START_TEST(only_a_trusted_certificate_gets_the_request)
{
	const char *cert = e2e_file("tls.pem", "", 0), *key = e2e_file("tls.key", "", 0);
	make_certificate(cert, key);
	const char *const argv[] = {e2e_text("%s/bin/provider-sim", e2e.build), "--port", "0",
		"--tls-cert", cert, "--tls-key", key, NULL};
	const struct daemon_options o = {.argv = argv, .log = "tls-sim.log"};
	struct daemon tls;
	int status;
	ck_assert(daemon_start(&tls, &o, &status));
	e2e_set("AIRCALL_BASE_URL", tls.url);
	struct answer *a = place("alice", BODY);
	expect_handed_off(a, "aircall_tls_error");
	e2e_set("DIALER_CA_FILE", cert);
	a = place("bob", BODY);
	expect_status(a, 200);
	expect_text(a, "call.status", "initiated");
	daemon_stop(&tls);
}
END_TEST

/* --- nobody to ask --- */

START_TEST(nothing_configured_hands_off)
{
	e2e_set("AIRCALL_API_KEY", NULL);
	struct answer *a = place("alice", BODY);
	expect_handed_off(a, "not_configured");
	expect_attempts(a, "fallback.attempts",
		PAIRS("dialpad", "not_configured", "aircall", "not_configured"));
	ck_assert_int_eq(sim_placings(NULL), 0);
}
END_TEST

START_TEST(nothing_configured_without_fallback_fails)
{
	e2e_set("AIRCALL_API_KEY", NULL);
	struct answer *a = place("alice", BODY_NO_PHONE);
	expect_failed(a, "not_configured");
	expect_absent(a, "call.provider");
	expect_attempts(
		a, "attempts", PAIRS("dialpad", "not_configured", "aircall", "not_configured"));
}
END_TEST

START_TEST(dialpad_without_connection_is_passed_over)
{
	e2e_set("DIALPAD_CLIENT_ID", "client");
	sim_script("{\"outcome\":\"refuse\"}");
	struct answer *a = place("alice", BODY);
	expect_handed_off(a, "aircall_rejected");
	expect_attempts(a, "fallback.attempts",
		PAIRS("dialpad", "not_connected", "aircall", "aircall_rejected"));
}
END_TEST

START_TEST(attempts_stand_in_the_order_of_the_setting)
{
	e2e_set("DIALPAD_CLIENT_ID", "client");
	e2e_set("DIALER_PROVIDERS", "aircall,dialpad");
	sim_script("{\"outcome\":\"refuse\"}");
	struct answer *a = place("alice", BODY);
	/* The reason is that of the last one asked. */
	expect_handed_off(a, "aircall_rejected");
	expect_attempts(a, "fallback.attempts",
		PAIRS("aircall", "aircall_rejected", "dialpad", "not_connected"));
}
END_TEST

START_TEST(reason_is_of_the_last_in_the_chain_if_none_was_asked)
{
	e2e_set("DIALPAD_CLIENT_ID", "client");
	e2e_set("DIALER_PROVIDERS", "aircall,dialpad");
	e2e_set("AIRCALL_API_KEY", NULL);
	struct answer *a = place("alice", BODY);
	expect_handed_off(a, "not_connected");
	expect_attempts(a, "fallback.attempts",
		PAIRS("aircall", "not_configured", "dialpad", "not_connected"));
}
END_TEST

START_TEST(only_the_listed_providers_are_in_the_chain)
{
	e2e_set("DIALER_PROVIDERS", "aircall");
	sim_script("{\"outcome\":\"refuse\"}");
	struct answer *a = place("alice", BODY);
	expect_attempts(a, "fallback.attempts", PAIRS("aircall", "aircall_rejected"));
	e2e_set("DIALER_PROVIDERS", "dialpad");
	a = place("bob", BODY);
	expect_attempts(a, "fallback.attempts", PAIRS("dialpad", "not_configured"));
	ck_assert_int_eq(sim_placings(NULL), 1);
}
END_TEST

START_TEST(request_may_name_the_only_provider)
{
	struct answer *a =
		place("alice", "{\"phoneNumber\":\"" NUMBER "\",\"provider\":\"dialpad\"}");
	expect_handed_off(a, "not_configured");
	expect_attempts(a, "fallback.attempts", PAIRS("dialpad", "not_configured"));
	ck_assert_int_eq(sim_placings(NULL), 0);
	sim_script("{\"outcome\":\"refuse\"}");
	a = place("bob", "{\"phoneNumber\":\"" NUMBER "\",\"provider\":\"aircall\"}");
	expect_attempts(a, "fallback.attempts", PAIRS("aircall", "aircall_rejected"));
}
END_TEST

/* --- the page dials by itself --- */

START_TEST(call_placed_by_the_device_is_only_stored)
{
	struct answer *a = place("alice", "{\"phoneNumber\":\"" NUMBER "\",\"placedBy\":\"tel\"}");
	expect_status(a, 200);
	expect_true(a, "success");
	expect_call(a, "call");
	expect_text(a, "call.provider", "tel");
	expect_text(a, "call.status", "handed-off");
	expect_in_history(a);
	ck_assert_int_eq(sim_placings(NULL), 0);
}
END_TEST

START_TEST(call_placed_by_the_cti_is_handed_off_where_nobody_reports)
{
	struct answer *a = place("alice", "{\"phoneNumber\":\"" NUMBER "\",\"placedBy\":\"cti\"}");
	expect_status(a, 200);
	expect_true(a, "success");
	expect_call(a, "call");
	expect_text(a, "call.provider", "cti");
	expect_text(a, "call.status", "handed-off");
	expect_in_history(a);
	ck_assert_int_eq(sim_placings(NULL), 0);
}
END_TEST

START_TEST(call_placed_by_the_cti_is_followed_where_dialpad_reports)
{
	static const char *const keys[] = {"DIALPAD_API_KEY", "DIALPAD_WEBHOOK_SECRET"};
	e2e_set(keys[_i], "some-secret-of-dialpad-0123456789");
	struct answer *a = place("alice", "{\"phoneNumber\":\"" NUMBER "\",\"placedBy\":\"cti\"}");
	expect_status(a, 200);
	expect_text(a, "call.provider", "cti");
	expect_text(a, "call.status", "initiated");
	ck_assert_int_eq(sim_placings(NULL), 0);
}
END_TEST

/* --- stored before asked --- */

START_TEST(row_names_the_provider_before_he_is_asked)
{
	e2e_set("DIALER_PROVIDER_TIMEOUT", "3");
	sim_script("{\"outcome\":\"hang\"}");
	struct http q = {.path = "/call", .token = token("alice"), .body = BODY};
	struct later *l = http_later(&q);
	while (sim_placings(NULL) == 0)
		e2e_sleep_ms(20);
	struct answer *h = get("alice", "/history");
	expect_int(h, "pagination.total", 1);
	expect_call(h, "calls.0");
	expect_text(h, "calls.0.status", "queued");
	expect_text(h, "calls.0.provider", "aircall");
	struct answer *a = http_wait(l);
	expect_unclear(a);
	ck_assert_str_eq(text_at(a->json, "call.id"), text_at(h->json, "calls.0.id"));
	ck_assert_str_eq(text_at(a->json, "call.startTime"), text_at(h->json, "calls.0.startTime"));
}
END_TEST

/* A click is never lost to a page that was closed too early. */
START_TEST(call_is_placed_although_the_client_leaves)
{
	sim_script("{\"outcome\":\"answered\",\"sleep_ms\":500}");
	const char *text = e2e_text("POST /api/dialer/call HTTP/1.1\r\nHost: x\r\n"
				    "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
				    "Content-Length: %zu\r\n\r\n" BODY,
		token("alice"), strlen(BODY));
	raw_send_and_leave(text, strlen(text));
	struct answer *h = get("alice", "/history");
	for (int i = 0; i < 300; i++) {
		h = get("alice", "/history");
		if (text_is(h->json, "calls.0.status", "initiated"))
			break;
		e2e_sleep_ms(20);
	}
	expect_text(h, "calls.0.status", "initiated");
	ck_assert_int_eq(sim_calls(NUMBER), 1);
}
END_TEST

/* --- the suite --- */

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static TCase *new_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 60);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("call-outcome");
	TCase *t = new_case(s, "placed");
	tcase_add_loop_test(t, any_2xx_is_placed, 0, COUNT(acceptances));
	tcase_add_test(t, slow_answer_within_the_time_out_is_placed);

	t = new_case(s, "unclear");
	tcase_add_loop_test(t, unclear_outcome_dials_nothing_else, 0, COUNT(unclear));
	tcase_add_loop_test(t, redirect_is_unclear_and_never_followed, 0, 5);
	tcase_add_test(t, time_out_ends_the_request);
	tcase_add_test(t, closed_connection_never_repeats_the_request);

	t = new_case(s, "refused");
	tcase_add_loop_test(t, refusal_hands_off, 0, COUNT(refusals));
	tcase_add_loop_test(t, refusal_without_fallback_fails, 0, COUNT(refusals));
	tcase_add_test(t, fallback_is_wanted_where_nothing_is_said);
	tcase_add_loop_test(t, provider_of_its_own_accord_refuses, 0, 5);
	tcase_add_test(t, wrong_key_is_unauthorized_and_not_shown);
	tcase_add_loop_test(t, detail_is_short_and_clean, 0, 4);
	tcase_add_test(t, no_detail_where_the_provider_said_nothing);
	tcase_add_test(t, detail_of_a_broken_body_is_harmless);

	t = new_case(s, "unreached");
	tcase_add_loop_test(t, nobody_listening_is_unreachable, 0, 2);
	tcase_add_test(t, unknown_host_is_unreachable);
	tcase_add_test(t, no_tls_there_is_a_tls_error);
	tcase_add_test(t, only_a_trusted_certificate_gets_the_request);

	t = new_case(s, "nobody");
	tcase_add_test(t, nothing_configured_hands_off);
	tcase_add_test(t, nothing_configured_without_fallback_fails);
	tcase_add_test(t, dialpad_without_connection_is_passed_over);
	tcase_add_test(t, attempts_stand_in_the_order_of_the_setting);
	tcase_add_test(t, reason_is_of_the_last_in_the_chain_if_none_was_asked);
	tcase_add_test(t, only_the_listed_providers_are_in_the_chain);
	tcase_add_test(t, request_may_name_the_only_provider);

	t = new_case(s, "page");
	tcase_add_test(t, call_placed_by_the_device_is_only_stored);
	tcase_add_test(t, call_placed_by_the_cti_is_handed_off_where_nobody_reports);
	tcase_add_loop_test(t, call_placed_by_the_cti_is_followed_where_dialpad_reports, 0, 2);

	t = new_case(s, "stored");
	tcase_add_test(t, row_names_the_provider_before_he_is_asked);
	tcase_add_test(t, call_is_placed_although_the_client_leaves);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
