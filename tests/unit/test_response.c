#include "http/mediatype.h"
#include "http/response.h"
#include "unit/unit.h"
#include <string.h>

static struct response r;

static void setup(void)
{
	response_init(&r);
}

static void teardown(void)
{
	response_release(&r);
}

START_TEST(error_has_the_promised_form)
{
	response_error(&r, 400, "invalid_parameter", "page", "No \"page\".");
	response_settle(&r);
	ck_assert_int_eq(r.status, 400);
	ck_assert_str_eq(r.body.s,
		"{\"success\":false,\"message\":\"No \\\"page\\\".\","
		"\"error\":{\"code\":\"invalid_parameter\",\"field\":\"page\"}}");
	ck_assert_str_eq(r.content_type, "application/json; charset=utf-8");
}
END_TEST

START_TEST(error_without_field_has_no_such_member)
{
	response_not_found(&r);
	ck_assert_ptr_null(strstr(r.body.s, "field"));
	ck_assert_ptr_nonnull(strstr(r.body.s, "\"code\":\"not_found\""));
	ck_assert_int_eq(r.status, 404);
}
END_TEST

START_TEST(open_error_takes_more_members)
{
	struct jsonw w;

	response_error_open(&r, &w, 409, "duplicate_call", NULL, "It runs");
	jsonw_member_int(&w, "call", 1);
	response_json_end(&r, &w);
	response_settle(&r);
	ck_assert_int_eq(r.status, 409);
	ck_assert_str_eq(r.body.s, "{\"success\":false,\"message\":\"It runs\","
				   "\"error\":{\"code\":\"duplicate_call\"},\"call\":1}");
}
END_TEST

START_TEST(late_error_replaces_the_body_and_keeps_headers)
{
	struct jsonw w;

	response_header(&r, "ETag", "\"1\"");
	response_json(&r, &w, 200, true);
	jsonw_member_text(&w, "half", "done");
	response_storage_unavailable(&r);
	response_settle(&r);
	ck_assert_int_eq(r.status, 503);
	ck_assert_ptr_null(strstr(r.body.s, "half"));
	ck_assert_str_eq(r.headers.s, "ETag: \"1\"\nRetry-After: 1\n");
}
END_TEST

static const char *const forged[] = {"a\nSet-Cookie: x", "a\r", "\n", "a\tb", "\x7f", "\x01"};

START_TEST(header_that_could_forge_another_becomes_an_internal_error)
{
	response_header(&r, "X-Good", "kept out");
	response_header(&r, "Location", forged[_i]);
	ck_assert(r.broken);
	response_settle(&r);
	ck_assert_int_eq(r.status, 500);
	ck_assert(!r.broken);
	ck_assert_str_eq(r.headers.s, "");
	ck_assert_ptr_nonnull(strstr(r.body.s, "\"code\":\"internal\""));
}
END_TEST

START_TEST(too_many_headers_become_an_internal_error)
{
	for (int i = 0; i < 2000; i++)
		response_header(&r, "X-Many", "0123456789");
	response_settle(&r);
	ck_assert_int_eq(r.status, 500);
}
END_TEST

START_TEST(unfinished_json_becomes_an_internal_error)
{
	struct jsonw w;

	response_json(&r, &w, 200, true);
	jsonw_key(&w, "call");
	response_json_end(&r, &w);
	response_settle(&r);
	ck_assert_int_eq(r.status, 500);
}
END_TEST

/* What cannot be put together says so all the same. */
START_TEST(without_memory_there_is_still_an_answer)
{
	struct response usual;
	size_t len;

	response_init(&usual);
	response_internal(&usual);
	buf_release(&r.body);
	buf_init(&r.body, 8); /* all that there is */
	response_header(&r, "X-Good", "kept out");
	response_internal(&r);
	response_settle(&r);
	ck_assert_int_eq(r.status, 500);
	ck_assert_str_eq(r.content_type, RESPONSE_JSON_TYPE);
	ck_assert_str_eq(r.headers.s, "");
	ck_assert_str_eq(response_body(&r, &len), response_body(&usual, &len));
	ck_assert_uint_eq(len, usual.body.len);
	response_release(&usual);
}
END_TEST

START_TEST(a_fixed_answer_is_replaced_by_another)
{
	size_t len;

	response_fixed(&r, 504, RESPONSE_FIXED("unclear", "Nobody knows."));
	ck_assert(response_built(&r));
	ck_assert_str_eq(response_body(&r, &len),
		"{\"success\":false,\"message\":\"Nobody knows.\","
		"\"error\":{\"code\":\"unclear\"}}");
	response_not_found(&r);
	ck_assert_int_eq(r.status, 404);
	ck_assert_ptr_nonnull(strstr(response_body(&r, &len), "not_found"));
}
END_TEST

static int ended;

static void count_end(void *arg)
{
	ck_assert_ptr_eq(arg, &ended);
	ended++;
}

static int never_next(void *arg, struct buf *piece)
{
	(void)arg;
	(void)piece;
	ck_abort_msg("asked for a piece");
	return -1;
}

START_TEST(stream_that_is_not_sent_is_ended_once)
{
	r.stream = (struct body_stream){never_next, count_end, &ended};
	response_internal(&r);
	ck_assert_int_eq(ended, 1);
	ck_assert_ptr_null(r.stream.next);

	r.stream = (struct body_stream){never_next, count_end, &ended};
	response_release(&r);
	response_init(&r);
	ck_assert_int_eq(ended, 2);
}
END_TEST

START_TEST(every_status_of_the_interface_has_its_words)
{
	static const int all[] = {200, 204, 303, 400, 401, 403, 404, 405, 409, 412, 413, 415, 422,
		429, 500, 502, 503, 504};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		ck_assert_str_ne(response_reason(all[i]), "Status");
	ck_assert_str_eq(response_reason(299), "Status");
}
END_TEST

static const char *const json_types[] = {
	"application/json",
	"Application/JSON",
	" application/json\t",
	"application/json;charset=utf-8",
	"application/json; charset=UTF-8",
	"application/json ; charset=\"utf-8\"",
	"application/json;",
	"application/json;;",
	"application/json; version=1",
	"application/json; a=\"x;charset=latin1\\\"\"; charset=utf-8",
};

START_TEST(json_media_type_is_known_in_all_spellings)
{
	ck_assert_msg(mediatype_is_json(json_types[_i]), "%s", json_types[_i]);
}
END_TEST

static const char *const other_types[] = {
	"",
	"text/plain",
	"application/jsonp",
	"application/json5",
	"application/x-json",
	"application",
	"application/",
	"json",
	"application/json+x",
	"application /json",
	"application/json charset=utf-8",
	"application/json; charset=latin1",
	"application/json; charset=utf-16",
	"application/json; charset=utf-8x",
	"application/json; charset=\"utf-8",
	"application/json; charset=",
	"application/json; charset",
	"application/json; =utf-8",
	"application/json, text/plain",
	"application/json; charset=\"utf-8\\",
	"application/json; a=b; charset=iso-8859-1",
};

START_TEST(other_media_types_are_not_taken_for_json)
{
	ck_assert_msg(!mediatype_is_json(other_types[_i]), "%s", other_types[_i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("response");
	TCase *t = tcase_create("response");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, error_has_the_promised_form);
	tcase_add_test(t, error_without_field_has_no_such_member);
	tcase_add_test(t, open_error_takes_more_members);
	tcase_add_test(t, late_error_replaces_the_body_and_keeps_headers);
	tcase_add_loop_test(t, header_that_could_forge_another_becomes_an_internal_error, 0,
		sizeof(forged) / sizeof(forged[0]));
	tcase_add_test(t, too_many_headers_become_an_internal_error);
	tcase_add_test(t, unfinished_json_becomes_an_internal_error);
	tcase_add_test(t, without_memory_there_is_still_an_answer);
	tcase_add_test(t, a_fixed_answer_is_replaced_by_another);
	tcase_add_test(t, stream_that_is_not_sent_is_ended_once);
	tcase_add_test(t, every_status_of_the_interface_has_its_words);
	tcase_add_loop_test(t, json_media_type_is_known_in_all_spellings, 0,
		sizeof(json_types) / sizeof(json_types[0]));
	tcase_add_loop_test(t, other_media_types_are_not_taken_for_json, 0,
		sizeof(other_types) / sizeof(other_types[0]));
	suite_add_tcase(s, t);
	return unit_run(s);
}
