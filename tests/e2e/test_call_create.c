/* POST /call: what is accepted, what is refused before anybody is asked, and what is asked. */
#include "e2e/calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- the request as it should be --- */

START_TEST(call_is_placed_and_asked_for_once)
{
	struct answer *a = place("alice", "{\"phoneNumber\":\"" NUMBER "\",\"clientId\":\"c 1\","
					  "\"contactId\":\"k-2\",\"dealId\":\"d\\u00e9\"}");
	expect_status(a, 200);
	expect_true(a, "success");
	expect_text(a, "message", "Call initiated successfully");
	expect_text(a, "notice.title", "Call Initiated");
	expect_text(a, "notice.text", "Calling " NUMBER " via Aircall");
	expect_absent(a, "fallback");
	expect_absent(a, "error");
	expect_call(a, "call");
	expect_text(a, "call.userId", "alice");
	expect_text(a, "call.provider", "aircall");
	expect_text(a, "call.direction", "outbound");
	expect_text(a, "call.phoneNumber", NUMBER);
	expect_text(a, "call.status", "initiated");
	expect_text(a, "call.clientId", "c 1");
	expect_text(a, "call.contactId", "k-2");
	expect_text(a, "call.dealId", "d\xc3\xa9");
	expect_absent(a, "call.reason");
	expect_absent(a, "call.notes");
	expect_absent(a, "call.externalCallId");
	ck_assert_int_eq(sim_calls(NUMBER), 1);

	json_t *requests = json_at(sim_get("/control/requests"), "requests");
	ck_assert_uint_eq(json_array_size(requests), 1);
	json_t *r = json_array_get(requests, 0);
	ck_assert_str_eq(text_at(r, "method"), "POST");
	ck_assert_str_eq(text_at(r, "path"), "/v1/users/1527216/calls");
	ck_assert_str_eq(text_at(r, "query"), "");
	ck_assert_str_eq(text_at(r, "authorization"), "ok");
	json_t *body = json_loads(text_at(r, "body"), 0, NULL);
	ck_assert_uint_eq(json_object_size(body), 2);
	ck_assert_int_eq(int_at(body, "number_id"), 967647);
	ck_assert_str_eq(text_at(body, "to"), NUMBER);
	json_decref(body);
}
END_TEST

START_TEST(call_is_in_the_history_at_once)
{
	struct answer *a = place_to("alice", NUMBER), *h = get("alice", "/history");
	expect_status(a, 200);
	expect_int(h, "pagination.total", 1);
	ck_assert_msg(json_equal(json_at(a->json, "call"), json_at(h->json, "calls.0")), "%s",
		answer_text(h));
}
END_TEST

START_TEST(call_starts_now)
{
	time_t before = time(NULL);
	struct answer *a = place_to("alice", NUMBER);
	struct tm t;
	memset(&t, 0, sizeof(t));
	ck_assert_ptr_nonnull(
		strptime(text_at(a->json, "call.startTime"), "%Y-%m-%dT%H:%M:%S", &t));
	ck_assert_int_ge(timegm(&t), before - 1);
	ck_assert_int_le(timegm(&t), time(NULL) + 1);
}
END_TEST

START_TEST(base_url_may_end_with_slash)
{
	e2e_set("AIRCALL_BASE_URL", e2e_text("%s/", sim.url));
	placed("alice", NUMBER);
	ck_assert_int_eq(sim_placings(NUMBER), 1);
}
END_TEST

START_TEST(unknown_members_are_ignored)
{
	struct answer *a = place("alice", "{\"phoneNumber\":\"" NUMBER "\",\"colour\":null,"
					  "\"_\":[{}],\"userId\":\"bob\"}");
	expect_status(a, 200);
	expect_text(a, "call.userId", "alice");
}
END_TEST

/* --- numbers --- */

static const struct {
	const char *code, *trunk, *text, *want; /* want NULL: refused */
} numbers[] = {
	{"", "", "+1 (555) 123-4567", "+15551234567"},
	{"", "", "+44.20.7946.0000", "+442079460000"},
	{"", "", " +1-555-123-4567 ", "+15551234567"},
	{"", "", "tel:+15551234567", "+15551234567"},
	{"", "", "tel:+1-555-123-4567;ext=89", "+15551234567"},
	{"", "", "tel:2079460000;phone-context=+44", "+442079460000"},
	{"", "", "+44 (0)20 7946 0000", "+442079460000"},
	{"", "", "+12345678", "+12345678"},
	{"", "", "+123456789012345", "+123456789012345"},
	{"", "", "+1234567", NULL},
	{"", "", "+1234567890123456", NULL},
	{"", "", "+05551234567", NULL},
	{"", "", "5551234567", NULL},
	{"", "", "0015551234567", NULL},
	{"", "", "", NULL},
	{"", "", "+", NULL},
	{"", "", "++15551234567", NULL},
	{"", "", "+1555CALLNOW", NULL},
	{"", "", "+1555123456\\u0667", NULL},
	{"", "", "+15551234567 ext 8", NULL},
	{"", "", "+15551234567,,8", NULL},
	{"", "", "sip:+15551234567", NULL},
	{"", "", "tel:5551234567;phone-context=example.com", NULL},
	{"", "", "+39 (0)6 1234 5678", NULL},
	{"", "", "+378 (0)549 123456", NULL},
	{"1", "", "(555) 123-4567", "+15551234567"},
	{"+1", "", "1 555 123 4567", "+15551234567"},
	{"1", "", "011 44 20 7946 0000", "+442079460000"},
	{"1", "", "+442079460000", "+442079460000"},
	{"1", "", "123-4567", NULL},
	{"1", "", "155 123 4567", NULL},
	{"1", "", "055 512 3456", NULL},
	{"1", "", "555 123 45678", NULL},
	{"44", "", "020 7946 0000", "+442079460000"},
	{"44", "", "0049 30 123456", "+4930123456"},
	{"7", "", "8 912 345-67-89", "+79123456789"},
	{"39", "", "06 1234 5678", "+390612345678"},
	{"36", "06", "06 1 234 5678", "+3612345678"},
};

START_TEST(numbers_are_dialled_as_e164_or_not_at_all)
{
	const char *want = numbers[_i].want;
	e2e_set("DIALER_DEFAULT_COUNTRY_CODE", numbers[_i].code);
	e2e_set("DIALER_TRUNK_PREFIX", numbers[_i].trunk);
	struct answer *a = place_to("alice", numbers[_i].text);
	if (want != NULL) {
		expect_status(a, 200);
		expect_text(a, "call.phoneNumber", want);
		ck_assert_int_eq(sim_placings(want), 1);
	} else {
		expect_error(a, 422, "invalid_phone_number", "phoneNumber");
		ck_assert_int_eq(sim_placings(NULL), 0);
		ck_assert_int_eq(history_total("alice"), 0);
	}
}
END_TEST

/* --- what is refused --- */

#define WITH(members) "{\"phoneNumber\":\"" NUMBER "\"," members "}"

static const struct {
	const char *body, *code, *field;
} bad_bodies[] = {
	{"{}", "invalid_parameter", "phoneNumber"},
	{"{\"phonenumber\":\"" NUMBER "\"}", "invalid_parameter", "phoneNumber"},
	{"{\"phoneNumber\":null}", "invalid_parameter", "phoneNumber"},
	{"{\"phoneNumber\":15551234567}", "invalid_parameter", "phoneNumber"},
	{"{\"phoneNumber\":[\"" NUMBER "\"]}", "invalid_parameter", "phoneNumber"},
	{WITH("\"clientId\":5"), "invalid_parameter", "clientId"},
	{WITH("\"clientId\":null"), "invalid_parameter", "clientId"},
	{WITH("\"contactId\":{}"), "invalid_parameter", "contactId"},
	{WITH("\"dealId\":true"), "invalid_parameter", "dealId"},
	{WITH("\"provider\":\"cti\""), "invalid_parameter", "provider"},
	{WITH("\"provider\":\"Aircall\""), "invalid_parameter", "provider"},
	{WITH("\"provider\":\"\""), "invalid_parameter", "provider"},
	{WITH("\"provider\":null"), "invalid_parameter", "provider"},
	{WITH("\"provider\":[\"aircall\"]"), "invalid_parameter", "provider"},
	{WITH("\"aircallUserId\":0"), "invalid_parameter", "aircallUserId"},
	{WITH("\"aircallUserId\":-1"), "invalid_parameter", "aircallUserId"},
	{WITH("\"aircallUserId\":1.5"), "invalid_parameter", "aircallUserId"},
	{WITH("\"aircallUserId\":\"\""), "invalid_parameter", "aircallUserId"},
	{WITH("\"aircallUserId\":\"12x\""), "invalid_parameter", "aircallUserId"},
	{WITH("\"aircallUserId\":\"-12\""), "invalid_parameter", "aircallUserId"},
	{WITH("\"aircallUserId\":null"), "invalid_parameter", "aircallUserId"},
	{WITH("\"aircallUserId\":true"), "invalid_parameter", "aircallUserId"},
	{WITH("\"aircallNumberId\":9223372036854775808"), "invalid_parameter", "aircallNumberId"},
	{WITH("\"aircallNumberId\":\"9223372036854775808\""), "invalid_parameter",
		"aircallNumberId"},
	{WITH("\"fallback\":\"false\""), "invalid_parameter", "fallback"},
	{WITH("\"fallback\":0"), "invalid_parameter", "fallback"},
	{WITH("\"fallback\":null"), "invalid_parameter", "fallback"},
	{WITH("\"placedBy\":\"aircall\""), "invalid_parameter", "placedBy"},
	{WITH("\"placedBy\":null"), "invalid_parameter", "placedBy"},
	{WITH("\"placedBy\":1"), "invalid_parameter", "placedBy"},
	{"", "invalid_json", NULL},
	{" ", "invalid_json", NULL},
	{"null", "invalid_json", NULL},
	{"[]", "invalid_json", NULL},
	{"\"" NUMBER "\"", "invalid_json", NULL},
	{"{\"phoneNumber\":\"" NUMBER "\"", "invalid_json", NULL},
	{"{\"phoneNumber\":\"" NUMBER "\"}{}", "invalid_json", NULL},
	{"{\"phoneNumber\":\"" NUMBER "\",}", "invalid_json", NULL},
	{"{'phoneNumber':'" NUMBER "'}", "invalid_json", NULL},
	{"{\"phoneNumber\" \"" NUMBER "\"}", "invalid_json", NULL},
	{WITH("\"phoneNumber\":\"" NUMBER "\""), "invalid_json", NULL},
	{WITH("\"x\":1,\"x\":1"), "invalid_json", NULL},
	{WITH("\"x\":\"\\ud800\""), "invalid_json", NULL},
	{WITH("\"x\":\"\\u0000\""), "invalid_json", NULL},
	{WITH("\"x\":\"a\nb\""), "invalid_json", NULL},
	{WITH("\"x\":\"\xff\""), "invalid_json", NULL},
	{WITH("\"x\":\"\xc0\xaf\""), "invalid_json", NULL},
	{WITH("\"x\":01"), "invalid_json", NULL},
	{WITH("\"x\":nan"), "invalid_json", NULL},
	{"\xef\xbb\xbf{\"phoneNumber\":\"" NUMBER "\"}", "invalid_json", NULL},
};

START_TEST(bad_bodies_are_refused)
{
	struct answer *a = place("alice", bad_bodies[_i].body);
	expect_error(a, 400, bad_bodies[_i].code, bad_bodies[_i].field);
	ck_assert_int_eq(sim_placings(NULL), 0);
	ck_assert_int_eq(history_total("alice"), 0);
}
END_TEST

START_TEST(nesting_beyond_reason_is_refused)
{
	const char *open = e2e_repeat('[', 5000), *close = e2e_repeat(']', 5000);
	struct answer *a = place("alice", e2e_text(WITH("\"x\":%s%s"), open, close));
	expect_error(a, 400, "invalid_json", NULL);
	ck_assert_int_eq(sim_placings(NULL), 0);
}
END_TEST

START_TEST(nul_byte_in_body_is_refused)
{
	static const char body[] = "{\"phoneNumber\":\"" NUMBER "\"}\0";
	struct answer *a = http(.path = "/call", .token = token("alice"), .body = body,
		.len = sizeof(body) - 1);
	expect_error(a, 400, "invalid_json", NULL);
}
END_TEST

START_TEST(references_may_have_128_bytes)
{
	static const char *const names[] = {"clientId", "contactId", "dealId"};
	const char *fits = e2e_repeat('x', 128), *many = e2e_repeat('x', 129);
	struct answer *a = place("alice", e2e_text(WITH("\"%s\":\"%s\""), names[_i], many));
	expect_error(a, 400, "invalid_parameter", names[_i]);
	/* 65 characters of two bytes are too many, too. */
	const char *wide = "";
	for (int i = 0; i < 65; i++)
		wide = e2e_text("%s\xc3\xa9", wide);
	a = place("alice", e2e_text(WITH("\"%s\":\"%s\""), names[_i], wide));
	expect_error(a, 400, "invalid_parameter", names[_i]);
	a = place("alice", e2e_text(WITH("\"%s\":\"%s\""), names[_i], fits));
	expect_status(a, 200);
	expect_text(a, e2e_text("call.%s", names[_i]), fits);
}
END_TEST

static const struct {
	const char *type;
	bool good;
} types[] = {
	{"application/json", true},
	{"Application/JSON", true},
	{"application/json; charset=utf-8", true},
	{"application/json;charset=\"UTF-8\"", true},
	{"", false},
	{"text/plain", false},
	{"application/x-www-form-urlencoded", false},
	{"multipart/form-data; boundary=x", false},
	{"application/problem+json", false},
	{"application/jsonx", false},
	{"application/json; charset=iso-8859-1", false},
	{"application/json, text/plain", false},
};

START_TEST(only_json_is_taken)
{
	struct answer *a = http(.path = "/call", .token = token("alice"), .type = types[_i].type,
		.body = "{\"phoneNumber\":\"" NUMBER "\"}");
	if (types[_i].good)
		expect_status(a, 200);
	else
		expect_error(a, 415, "unsupported_media_type", NULL);
	ck_assert_int_eq(sim_placings(NULL), types[_i].good ? 1 : 0);
}
END_TEST

/* A good request with blanks behind it, `size` bytes in all. */
static const char *padded(size_t size)
{
	const char *body = "{\"phoneNumber\":\"" NUMBER "\"}";
	return e2e_text("%s%s", body, e2e_repeat(' ', size - strlen(body)));
}

static const struct {
	size_t size;
	bool chunked;
	int status;
} sizes[] = {
	{65536, false, 200},
	{65536, true, 200},
	{65537, false, 413},
	{65537, true, 413},
	{900000, false, 413},
	{900000, true, 413},
	{3000000, false, 413},
	{3000000, true, 413},
};

START_TEST(body_may_have_64_kib)
{
	struct answer *a = http(.path = "/call", .token = token("alice"),
		.body = padded(sizes[_i].size), .chunked = sizes[_i].chunked);
	if (sizes[_i].status == 200)
		expect_status(a, 200);
	else
		expect_error(a, 413, "too_large", NULL);
	ck_assert_int_eq(sim_placings(NULL), sizes[_i].status == 200 ? 1 : 0);
}
END_TEST

START_TEST(chunked_body_is_read)
{
	struct answer *a = http(.path = "/call", .token = token("alice"), .chunked = true,
		.body = "{\"phoneNumber\":\"" NUMBER "\"}");
	expect_status(a, 200);
	expect_text(a, "call.phoneNumber", NUMBER);
}
END_TEST

START_TEST(body_shorter_than_announced_places_nothing)
{
	const char *body = "{\"phoneNumber\":\"" NUMBER "\"}";
	const char *text = e2e_text("POST /api/dialer/call HTTP/1.1\r\nHost: x\r\n"
				    "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
				    "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
		token("alice"), strlen(body) + 5, body);
	raw_send_and_leave(text, strlen(text));
	/* The server finds out when the connection ends. */
	server_log();
	ck_assert_int_eq(sim_placings(NULL), 0);
	ck_assert_int_eq(history_total("alice"), 0);
}
END_TEST

/* --- which Aircall user and number --- */

static void expect_asked(const char *path, json_int_t number)
{
	json_t *r = json_at(sim_get("/control/requests?method=POST"), "requests.0");
	ck_assert_str_eq(text_at(r, "path"), path);
	json_t *body = json_loads(text_at(r, "body"), 0, NULL);
	ck_assert_int_eq(int_at(body, "number_id"), number);
	json_decref(body);
}

START_TEST(request_overrides_user_and_number)
{
	expect_status(place("alice", WITH("\"aircallUserId\":456,\"aircallNumberId\":1234")), 200);
	expect_asked("/v1/users/456/calls", 1234);
}
END_TEST

START_TEST(overrides_may_be_digits_in_a_string)
{
	expect_status(
		place("alice", WITH("\"aircallUserId\":\"456\",\"aircallNumberId\":\"1234\"")),
		200);
	expect_asked("/v1/users/456/calls", 1234);
}
END_TEST

START_TEST(override_of_the_number_alone_keeps_the_user)
{
	e2e_set("AIRCALL_USER_ID", "456");
	expect_status(place("alice", WITH("\"aircallNumberId\":1234")), 200);
	expect_asked("/v1/users/456/calls", 1234);
}
END_TEST

START_TEST(settings_give_the_default_user_and_number)
{
	e2e_set("AIRCALL_USER_ID", "456");
	e2e_set("AIRCALL_NUMBER_ID", "1234");
	placed("alice", NUMBER);
	expect_asked("/v1/users/456/calls", 1234);
}
END_TEST

START_TEST(user_has_settings_of_his_own)
{
	const char *const set[] = {
		"user", "set", "alice", "--aircall-user", "456", "--aircall-number", "1234", NULL};
	struct run r = run_dialer(set);
	ck_assert_msg(r.status == 0, "%d: %s%s", r.status, r.out, r.err);
	placed("alice", NUMBER);
	expect_asked("/v1/users/456/calls", 1234);
	sim_delete("/control/requests");
	placed("bob", NUMBER);
	expect_asked("/v1/users/1527216/calls", 967647);
	sim_delete("/control/requests");
	expect_status(place("alice", "{\"phoneNumber\":\"+15557654321\",\"aircallUserId\":2078847,"
				     "\"aircallNumberId\":1389850}"),
		200);
	expect_asked("/v1/users/2078847/calls", 1389850);
}
END_TEST

START_TEST(overrides_can_be_forbidden)
{
	e2e_set("AIRCALL_ALLOW_OVERRIDE", "no");
	expect_error(
		place("alice", WITH("\"aircallUserId\":456")), 403, "forbidden", "aircallUserId");
	expect_error(place("alice", WITH("\"aircallNumberId\":\"1234\"")), 403, "forbidden",
		"aircallNumberId");
	ck_assert_int_eq(sim_placings(NULL), 0);
	ck_assert_int_eq(history_total("alice"), 0);
	placed("alice", NUMBER);
}
END_TEST

/* --- the suite --- */

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static Suite *suite(void)
{
	Suite *s = suite_create("call-create");
	TCase *t = tcase_create("request");
	e2e_case(t, 30);
	tcase_add_test(t, call_is_placed_and_asked_for_once);
	tcase_add_test(t, call_is_in_the_history_at_once);
	tcase_add_test(t, call_starts_now);
	tcase_add_test(t, base_url_may_end_with_slash);
	tcase_add_test(t, unknown_members_are_ignored);
	suite_add_tcase(s, t);

	t = tcase_create("numbers");
	e2e_case(t, 30);
	tcase_add_loop_test(t, numbers_are_dialled_as_e164_or_not_at_all, 0, COUNT(numbers));
	suite_add_tcase(s, t);

	t = tcase_create("refusals");
	e2e_case(t, 30);
	tcase_add_loop_test(t, bad_bodies_are_refused, 0, COUNT(bad_bodies));
	tcase_add_test(t, nesting_beyond_reason_is_refused);
	tcase_add_test(t, nul_byte_in_body_is_refused);
	tcase_add_loop_test(t, references_may_have_128_bytes, 0, 3);
	tcase_add_loop_test(t, only_json_is_taken, 0, COUNT(types));
	tcase_add_loop_test(t, body_may_have_64_kib, 0, COUNT(sizes));
	tcase_add_test(t, chunked_body_is_read);
	tcase_add_test(t, body_shorter_than_announced_places_nothing);
	suite_add_tcase(s, t);

	t = tcase_create("overrides");
	e2e_case(t, 30);
	tcase_add_test(t, request_overrides_user_and_number);
	tcase_add_test(t, overrides_may_be_digits_in_a_string);
	tcase_add_test(t, override_of_the_number_alone_keeps_the_user);
	tcase_add_test(t, settings_give_the_default_user_and_number);
	tcase_add_test(t, user_has_settings_of_his_own);
	tcase_add_test(t, overrides_can_be_forbidden);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
