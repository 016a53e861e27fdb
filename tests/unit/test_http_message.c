#include "provider/http_message.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(request_without_address_is_not_ready)
{
	struct http_request r;

	http_request_init(&r, "GET");
	ck_assert(!http_request_ok(&r));
	buf_adds(&r.url, "https://example.org/");
	ck_assert(http_request_ok(&r));
	http_request_release(&r);
}
END_TEST

START_TEST(headers_are_whole_lines)
{
	struct http_request r;

	http_request_init(&r, "GET");
	buf_adds(&r.url, "https://example.org/");
	ck_assert(http_request_header(&r, "Accept", "application/json"));
	ck_assert(http_request_header(&r, "Authorization", "Basic eDp5"));
	ck_assert_int_eq(r.header_count, 2);
	ck_assert_str_eq(r.headers[0].s, "Accept: application/json");
	ck_assert_str_eq(r.headers[1].s, "Authorization: Basic eDp5");
	ck_assert(http_request_ok(&r));
	http_request_release(&r);
}
END_TEST

START_TEST(header_with_control_bytes_spoils_the_request)
{
	static const char *const values[] = {"a\r\nX: b", "a\nb", "\x01", "a\x7f"};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct http_request r;

		http_request_init(&r, "GET");
		buf_adds(&r.url, "https://example.org/");
		ck_assert(!http_request_header(&r, "Accept", values[i]));
		ck_assert(!http_request_ok(&r));
		http_request_release(&r);
	}
}
END_TEST

START_TEST(too_many_headers_spoil_the_request)
{
	struct http_request r;

	http_request_init(&r, "GET");
	buf_adds(&r.url, "https://example.org/");
	for (int i = 0; i < HTTP_HEADERS_MAX; i++)
		ck_assert(http_request_header(&r, "X", "y"));
	ck_assert(!http_request_header(&r, "X", "y"));
	ck_assert(!http_request_ok(&r));
	http_request_release(&r);
}
END_TEST

START_TEST(failed_body_spoils_the_request)
{
	static const char block[1024];
	struct http_request r;

	http_request_init(&r, "POST");
	buf_adds(&r.url, "https://example.org/");
	while (buf_add(&r.body, block, sizeof(block)))
		ck_assert(http_request_ok(&r));
	ck_assert(!http_request_ok(&r));
	http_request_release(&r);
}
END_TEST

START_TEST(everything_that_may_be_secret_is_wiped)
{
	struct http_request r;

	http_request_init(&r, "POST");
	ck_assert(r.url.secret && r.body.secret);
	for (int i = 0; i < HTTP_HEADERS_MAX; i++)
		ck_assert(r.headers[i].secret);
	http_request_release(&r);
}
END_TEST

START_TEST(new_answer_claims_nothing)
{
	struct http_answer a;

	http_answer_init(&a);
	ck_assert_int_eq(a.fault, HTTP_NOT_SENT);
	ck_assert_int_eq(a.status, 0);
	ck_assert(!a.body_complete);
	ck_assert_int_eq(a.retry_after_s, -1);
	ck_assert_int_eq(a.limit_reset, -1);
	ck_assert_str_eq(a.error, "");
	http_answer_release(&a);
}
END_TEST

/* 1994-11-06T08:49:37Z */
#define DATE_MS INT64_C(784111777000)

static const struct {
	const char *value;
	int64_t now_ms;
	int64_t seconds;
} retries[] = {
	{"0", DATE_MS, 0},
	{"120", DATE_MS, 120},
	{" 120\t", DATE_MS, 120},
	{"999999999", DATE_MS, 999999999},
	{"1000000000", DATE_MS, 999999999},
	{"99999999999999999999999999", DATE_MS, 999999999},
	{"Sun, 06 Nov 1994 08:49:37 GMT", DATE_MS - 60000, 60},
	{"Sun, 06 Nov 1994 08:49:37 GMT", DATE_MS - 1, 1},
	{"Sun, 06 Nov 1994 08:49:37 GMT", DATE_MS, 0},
	{"Sun, 06 Nov 1994 08:49:37 GMT", DATE_MS + 5000, 0},
	{"Sunday, 06-Nov-94 08:49:37 GMT", DATE_MS - 30000, 30},
	{"Sun Nov  6 08:49:37 1994", DATE_MS - 30000, 30},
	{"Fri, 31 Dec 9999 23:59:59 GMT", DATE_MS, 999999999},
	{"", DATE_MS, -1},
	{"   ", DATE_MS, -1},
	{"-5", DATE_MS, -1},
	{"+5", DATE_MS, -1},
	{"1.5", DATE_MS, -1},
	{"5s", DATE_MS, -1},
	{"soon", DATE_MS, -1},
	{"Sun, 06 Nov 1994 08:49:37", DATE_MS, -1},
	{"Sun, 06 Nov 1994 08:49:37 CET", DATE_MS, -1},
	{"Sun, 06 Nov 1994 08:49:37 GMT and more of it, up to no end in sight whatsoever", DATE_MS,
		-1},
	{"1994-11-06T08:49:37Z", DATE_MS, -1},
};

START_TEST(retry_after_is_read_in_all_its_forms)
{
	ck_assert_int_eq(
		http_retry_after(retries[_i].value, retries[_i].now_ms), retries[_i].seconds);
}
END_TEST

START_TEST(date_is_read_in_all_its_forms)
{
	ck_assert_int_eq(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
	ck_assert_int_eq(http_date("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
	ck_assert_int_eq(http_date("Sun Nov  6 08:49:37 1994"), 784111777);
	ck_assert_int_eq(http_date("Sun, 06 Nov 1994 08:49:37 CET"), -1);
	ck_assert_int_eq(http_date("Sun, 06 Nov 1904 08:49:37 GMT"), -1);
	ck_assert_int_eq(http_date(""), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_message");
	TCase *t = tcase_create("http_message");
	SRunner *r;
	int failed;

	tcase_add_test(t, request_without_address_is_not_ready);
	tcase_add_test(t, headers_are_whole_lines);
	tcase_add_test(t, header_with_control_bytes_spoils_the_request);
	tcase_add_test(t, too_many_headers_spoil_the_request);
	tcase_add_test(t, failed_body_spoils_the_request);
	tcase_add_test(t, everything_that_may_be_secret_is_wiped);
	tcase_add_test(t, new_answer_claims_nothing);
	tcase_add_loop_test(t, retry_after_is_read_in_all_its_forms, 0,
		(int)(sizeof(retries) / sizeof(retries[0])));
	tcase_add_test(t, date_is_read_in_all_its_forms);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
