#include "json/json.h"
#include "json/jsonw.h"
#include "unit/unit.h"
#include <stdlib.h>
#include <string.h>

static struct buf out;
static struct jsonw w;

static void setup(void)
{
	buf_init(&out, 100000);
	jsonw_init(&w, &out);
}

static void teardown(void)
{
	buf_release(&out);
}

START_TEST(a_whole_document_is_written)
{
	jsonw_object(&w);
	jsonw_member_text(&w, "id", "6740");
	jsonw_member_int(&w, "duration", 300);
	jsonw_member_int_text(&w, "far", -4294967301);
	jsonw_member_bool(&w, "success", true);
	jsonw_member_bool(&w, "cut", false);
	jsonw_member_time(&w, "startTime", 1684154096789);
	jsonw_key(&w, "calls");
	jsonw_array(&w);
	jsonw_object(&w);
	jsonw_object_end(&w);
	jsonw_array(&w);
	jsonw_array_end(&w);
	jsonw_null(&w);
	jsonw_int(&w, INT64_MIN);
	jsonw_int(&w, INT64_MAX);
	jsonw_trusted(&w, "{\"x\":1}", 7);
	jsonw_array_end(&w);
	jsonw_key(&w, "");
	jsonw_string(&w, "abcdef", 3);
	ck_assert(!jsonw_ok(&w));
	jsonw_object_end(&w);
	ck_assert(jsonw_ok(&w));
	ck_assert_str_eq(out.s,
		"{\"id\":\"6740\",\"duration\":300,\"far\":\"-4294967301\",\"success\":true,"
		"\"cut\":false,"
		"\"startTime\":\"2023-05-15T12:34:56.789Z\",\"calls\":[{},[],null,"
		"-9223372036854775808,9223372036854775807,{\"x\":1}],\"\":\"abc\"}");
}
END_TEST

START_TEST(a_lone_value_is_a_document)
{
	jsonw_text(&w, "x");
	ck_assert(jsonw_ok(&w));
	ck_assert_str_eq(out.s, "\"x\"");
}
END_TEST

START_TEST(nothing_is_no_document)
{
	ck_assert(!jsonw_ok(&w));
}
END_TEST

START_TEST(every_byte_is_escaped_so_that_it_is_read_back)
{
	char text[255];
	struct json j;
	struct buf back;

	for (int i = 0; i < 127; i++)
		text[i] = (char)(i + 1);
	jsonw_string(&w, text, 127);
	ck_assert(jsonw_ok(&w));
	for (size_t i = 0; i < out.len; i++)
		ck_assert(out.s[i] >= 0x20 && out.s[i] < 0x7f);
	buf_init(&back, 1000);
	ck_assert_int_eq(json_parse(&j, out.s, out.len, 1000, NULL), ERR_NONE);
	ck_assert(json_text(&j, 0, &back));
	ck_assert_uint_eq(back.len, 127);
	ck_assert_mem_eq(back.s, text, 127);
	json_release(&j);
	buf_release(&back);
}
END_TEST

/* Texts are looked at in pieces. */
START_TEST(every_byte_is_escaped_wherever_it_stands)
{
	for (int c = 0; c < 256; c++) {
		const char alone = (char)c;
		char *as;

		jsonw_string(&w, &alone, 1);
		as = strndup(out.s + 1, out.len - 2);
		for (int at = 0; at < 20; at++) {
			char text[20], want[64];

			memset(text, 'a', sizeof(text));
			text[at] = alone;
			snprintf(want, sizeof(want), "\"%.*s%s%.*s\"", at, "aaaaaaaaaaaaaaaaaaaa",
				as, 19 - at, "aaaaaaaaaaaaaaaaaaaa");
			buf_reset(&out);
			jsonw_init(&w, &out);
			jsonw_string(&w, text, sizeof(text));
			ck_assert_str_eq(out.s, want);
		}
		free(as);
		buf_reset(&out);
		jsonw_init(&w, &out);
	}
}
END_TEST

START_TEST(names_are_escaped_too)
{
	jsonw_object(&w);
	jsonw_member_text(&w, "a\"b\n\xff", "</script>\\");
	jsonw_object_end(&w);
	ck_assert_str_eq(out.s, "{\"a\\\"b\\n\xef\xbf\xbd\":\"</script>\\\\\"}");
}
END_TEST

START_TEST(nul_and_malformed_utf8_still_make_good_json)
{
	jsonw_string(&w, "a\0b\xc3(\xed\xa0\x80\xf0\x9f\x98\x80", 12);
	ck_assert(jsonw_ok(&w));
	ck_assert_str_eq(out.s,
		"\"a\\u0000b\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80\"");
}
END_TEST

static void key_outside(void)
{
	jsonw_key(&w, "a");
}

static void key_in_array(void)
{
	jsonw_array(&w);
	jsonw_key(&w, "a");
}

static void value_without_key(void)
{
	jsonw_object(&w);
	jsonw_int(&w, 1);
}

static void second_value_without_key(void)
{
	jsonw_object(&w);
	jsonw_member_int(&w, "a", 1);
	jsonw_int(&w, 1);
}

static void container_without_key(void)
{
	jsonw_object(&w);
	jsonw_array(&w);
}

static void key_after_key(void)
{
	jsonw_object(&w);
	jsonw_key(&w, "a");
	jsonw_key(&w, "b");
}

static void end_after_key(void)
{
	jsonw_object(&w);
	jsonw_key(&w, "a");
	jsonw_object_end(&w);
}

static void second_document(void)
{
	jsonw_int(&w, 1);
	jsonw_int(&w, 2);
}

static void second_object(void)
{
	jsonw_object(&w);
	jsonw_object_end(&w);
	jsonw_object(&w);
}

static void array_ends_object(void)
{
	jsonw_object(&w);
	jsonw_array_end(&w);
}

static void object_ends_array(void)
{
	jsonw_array(&w);
	jsonw_int(&w, 1);
	jsonw_object_end(&w);
}

static void end_of_nothing(void)
{
	jsonw_array_end(&w);
}

static void end_twice(void)
{
	jsonw_array(&w);
	jsonw_array_end(&w);
	jsonw_array_end(&w);
}

static void empty_trusted(void)
{
	jsonw_array(&w);
	jsonw_trusted(&w, "", 0);
}

static void (*const misplaced[])(void) = {key_outside, key_in_array, value_without_key,
	second_value_without_key, container_without_key, key_after_key, end_after_key,
	second_document, second_object, array_ends_object, object_ends_array, end_of_nothing,
	end_twice, empty_trusted};

START_TEST(misplaced_call_writes_nothing_and_fails_for_good)
{
	size_t len;

	misplaced[_i]();
	ck_assert(w.failed);
	len = out.len;
	jsonw_array(&w);
	jsonw_object(&w);
	jsonw_key(&w, "a");
	jsonw_int(&w, 1);
	jsonw_text(&w, "x");
	jsonw_object_end(&w);
	jsonw_array_end(&w);
	ck_assert_uint_eq(out.len, len);
	ck_assert(!jsonw_ok(&w));
	ck_assert_ptr_null(strstr(out.s, ",]"));
}
END_TEST

START_TEST(nothing_of_the_misplaced_call_is_in_the_text)
{
	jsonw_object(&w);
	jsonw_member_int(&w, "a", 1);
	jsonw_int(&w, 2);
	ck_assert_str_eq(out.s, "{\"a\":1");
}
END_TEST

START_TEST(nesting_ends_at_the_limit)
{
	for (int i = 0; i < JSONW_DEPTH_MAX; i++)
		jsonw_array(&w);
	ck_assert(!w.failed);
	jsonw_int(&w, 1);
	for (int i = 0; i < JSONW_DEPTH_MAX; i++)
		jsonw_array_end(&w);
	ck_assert(jsonw_ok(&w));
	jsonw_init(&w, &out);
	buf_reset(&out);
	for (int i = 0; i < JSONW_DEPTH_MAX + 1; i++)
		jsonw_array(&w);
	ck_assert(w.failed);
	ck_assert_uint_eq(out.len, JSONW_DEPTH_MAX);
}
END_TEST

START_TEST(full_buffer_is_no_document)
{
	struct buf small;

	for (size_t max = 0; max < 12; max++) {
		buf_init(&small, max);
		jsonw_init(&w, &small);
		jsonw_object(&w);
		jsonw_member_text(&w, "a", "b\n");
		jsonw_object_end(&w);
		ck_assert_int_eq(jsonw_ok(&w), max >= 11);
		buf_release(&small);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("jsonw");
	TCase *t = tcase_create("jsonw");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_whole_document_is_written);
	tcase_add_test(t, a_lone_value_is_a_document);
	tcase_add_test(t, nothing_is_no_document);
	tcase_add_test(t, every_byte_is_escaped_so_that_it_is_read_back);
	tcase_add_test(t, every_byte_is_escaped_wherever_it_stands);
	tcase_add_test(t, names_are_escaped_too);
	tcase_add_test(t, nul_and_malformed_utf8_still_make_good_json);
	tcase_add_loop_test(t, misplaced_call_writes_nothing_and_fails_for_good, 0,
		(int)(sizeof(misplaced) / sizeof(misplaced[0])));
	tcase_add_test(t, nothing_of_the_misplaced_call_is_in_the_text);
	tcase_add_test(t, nesting_ends_at_the_limit);
	tcase_add_test(t, full_buffer_is_no_document);
	suite_add_tcase(s, t);
	return unit_run(s);
}
