#include "json/json.h"

#include "base/text.h"
#include "unit/oracle.h"
#include "unit/unit.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX ((size_t)1 << 24)

/* A copy that is exactly as long as the text, so that reading behind it shows. */
static char *exact(const char *s, size_t len)
{
	char *copy = malloc(len + (len == 0));

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, s, len);
	return copy;
}

static enum err parse(struct json *j, const char *s)
{
	return json_parse(j, s, strlen(s), MAX, NULL);
}

static void must_parse(struct json *j, const char *s)
{
	ck_assert_msg(parse(j, s) == ERR_NONE, "%s", s);
}

/*
 * Grammar.
 */
static const char *const good[] = {
	"{}",
	"[]",
	" \t\r\n{ } \t\r\n",
	"[ ]",
	"null",
	"true",
	"false",
	" false ",
	"0",
	"-0",
	"42",
	" 42\n",
	"-1.5e+10",
	"\"\"",
	"\"lone\"",
	" \"lone\" ",
	"[1]",
	"[1,2]",
	"[ 1 , 2 ]",
	"[[],{},[[]]]",
	"[null,true,false]",
	"{\"a\":1}",
	"{ \"a\" : 1 , \"b\" : [ 2 ] }",
	"{\"\":0}",
	"{\"a\":{\"a\":{\"a\":[]}}}",
	"{\"a\":{},\"b\":{},\"c\":[{}]}",
	"[0,-0,0.0,-0.0,0e0,0E+0,1e-9,10.01e5]",
	"[123456789012345678901234567890]",
	"[1.7976931348623157e308]",
	"[0.00000000000000000000000000000000000000000000001]",
	"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
	"[\"\\u0041\\u00e9\\u20AC\\uD834\\uDD1E\"]",
	"[\"\\u0001\\u001f\\u007f\"]",
	"[\"\\ud7ff\\ue000\\uffff\"]",
	"[\"\x7f\"]",
	"[\"\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e\xf4\x8f\xbf\xbf\"]",
	"[\"\xe2\x80\xa8\xe2\x80\xa9\"]",
	"[\"a/b\"]",
	"[\"[{,:}]\"]",
	"{\"[\":\"{\",\"]\":\"}\",\",\":\":\"}",
	"{\"a\":1,\"A\":2,\"a \":3,\"\":4}",
	"[{\"a\":1},{\"a\":1}]",
	"{\"\\u0061\":1,\"ab\":2,\"a\\u0062c\":3}",
	"{\"a\":{\"a\":1},\"b\":{\"a\":1}}",
	"[\"\\u0022\",\"\\\\u0000\"]",
};

/* All that jsmn lets through is here, too. */
static const char *const bad[] = {
	"",
	" ",
	"\t\n",
	"{\"a\"}",
	"{,}",
	"[1,]",
	"[,1]",
	"[1,,2]",
	"[,]",
	"[1 2]",
	"[01]",
	"[-01]",
	"[00]",
	"[truex]",
	"{\"a\":1}{\"b\":2}",
	"{\"a\":1} x",
	"[] []",
	"1 2",
	"42x",
	"nul",
	"nulll",
	"True",
	"NULL",
	"[nan]",
	"[NaN]",
	"[Infinity]",
	"[-Infinity]",
	"[+1]",
	"[.5]",
	"[5.]",
	"[5.e1]",
	"[-]",
	"[-.5]",
	"[1e]",
	"[1e+]",
	"[1E-]",
	"[1e1.5]",
	"[1.2.3]",
	"[0x10]",
	"[1_000]",
	"[1a]",
	"[--1]",
	"[1-]",
	"{\"a\":1,}",
	"{\"a\":1,,\"b\":2}",
	"{\"a\" 1}",
	"{\"a\"::1}",
	"{\"a\":}",
	"{:1}",
	"{a:1}",
	"{'a':1}",
	"{1:1}",
	"{null:1}",
	"{[]:1}",
	"{{}:1}",
	"{\"a\":1 \"b\":2}",
	"{\"a\":1;\"b\":2}",
	"{\"a\":1,\"b\"}",
	"{\"a\",\"b\":1}",
	"{\"a\":1:2}",
	"{\"a\":\"b\":\"c\"}",
	"[\"a\":1]",
	"[1:2]",
	"[}",
	"{]",
	"[1}",
	"{\"a\":1]",
	"[",
	"{",
	"]",
	"}",
	"[[]",
	"[]]",
	"{\"a\":[}",
	"{\"a\":{}",
	"[\"a",
	"\"",
	"\"a",
	"\"\\",
	"[\"\\\"]",
	"[\"\\x41\"]",
	"[\"\\a\"]",
	"[\"\\'\"]",
	"[\"\\0\"]",
	"[\"\\u\"]",
	"[\"\\u12\"]",
	"[\"\\u12g4\"]",
	"[\"\\u 123\"]",
	"[\"\\U0041\"]",
	"[\"\\u-123\"]",
	"[\"\\u0000\"]",
	"{\"a\\u0000b\":1}",
	"[\"\\ud800\"]",
	"[\"\\udc00\"]",
	"[\"\\ud800x\"]",
	"[\"\\ud800\\n\"]",
	"[\"\\ud800\\u0041\"]",
	"[\"\\ud800\\ud800\"]",
	"[\"\\udc00\\ud800\"]",
	"[\"\\ud800\\udc0\"]",
	"[\"\\ud800\\",
	"[\"\\ud800\\u",
	"{\"\\udfff\":1}",
	"[\"a\nb\"]",
	"[\"a\tb\"]",
	"[\"\x01\"]",
	"[\"\x1f\"]",
	"[\"\xff\"]",
	"[\"\xc0\x80\"]",
	"[\"\xed\xa0\x80\"]",
	"[\"\xed\xa0\xb4\xed\xb4\x9e\"]",
	"[\"\xf4\x90\x80\x80\"]",
	"[\"\xe2\x82\"]",
	"[\"\xe2\x82",
	"[\"\x80\"]",
	"{\"\xff\":1}",
	"\xef\xbb\xbf{}",
	"[\xc2\xa0]",
	"[\xff]",
	"\xff",
	"[\x0c]",
	"[\v1]",
	"// a\n[]",
	"[/* a */]",
	"[#1]",
	"[1] // a",
	"<a>",
	"a=b",
	"\\u0022a\"",
	"{\"a\":1,\"a\":2}",
	"{\"a\":1,\"b\":2,\"a\":1}",
	"{\"\":1,\"\":2}",
	"{\"a\":1,\"\\u0061\":2}",
	"{\"\\n\":1,\"\\u000a\":2}",
	"{\"\xc3\xa9\":1,\"\\u00e9\":2}",
	"{\"\\u00E9\":1,\"\\u00e9\":2}",
	"{\"\\uD834\\uDD1E\":1,\"\xf0\x9d\x84\x9e\":2}",
	"{\"\\/\":1,\"/\":2}",
	"[{\"x\":{\"a\":1,\"b\":{},\"a\":2}}]",
};

START_TEST(good_document_is_accepted)
{
	size_t len = strlen(good[_i]);
	char *copy = exact(good[_i], len);
	struct json j;

	ck_assert_int_eq(json_parse(&j, copy, len, MAX, NULL), ERR_NONE);
	ck_assert_int_ge(json_root(&j), 0);
	json_release(&j);
	ck_assert_int_eq(json_root(&j), JSON_NONE);
	free(copy);
}
END_TEST

START_TEST(bad_document_is_refused_with_a_reason)
{
	size_t len = strlen(bad[_i]);
	char *copy = exact(bad[_i], len);
	const char *why = NULL;
	struct json j;

	ck_assert_msg(json_parse(&j, copy, len, MAX, &why) == ERR_INVALID, "%s", bad[_i]);
	ck_assert_ptr_nonnull(why);
	ck_assert_uint_gt(strlen(why), 0);
	ck_assert_int_eq(json_root(&j), JSON_NONE);
	ck_assert_int_eq(json_type(&j, 0), JSON_ABSENT);
	json_release(&j);
	free(copy);
}
END_TEST

START_TEST(every_cut_of_a_document_is_refused)
{
	static const char full[] =
		"{\"a\":[1.5e+3,true,null,{\"b\":\"\\u00e9\\ud834\\udd1e\xe2\x82\xac\"}]}";
	struct json j;

	for (size_t n = 0; n < sizeof(full) - 1; n++) {
		char *copy = exact(full, n);

		ck_assert_msg(json_parse(&j, copy, n, MAX, NULL) == ERR_INVALID, "%zu", n);
		free(copy);
	}
	must_parse(&j, full);
	json_release(&j);
}
END_TEST

START_TEST(nul_byte_is_refused_everywhere)
{
	static const char full[] = "{ \"a\" : [ 1 , true , \"x\" ] }";
	char text[sizeof(full) + 1];
	struct json j;

	for (size_t at = 0; at < sizeof(full); at++) {
		memcpy(text, full, at);
		text[at] = '\0';
		memcpy(text + at + 1, full + at, sizeof(full) - 1 - at);
		ck_assert_int_eq(json_parse(&j, text, sizeof(full), MAX, NULL), ERR_INVALID);
	}
}
END_TEST

/*
 * Limits.
 */
START_TEST(nesting_ends_at_the_limit)
{
	char text[2 * JSON_DEPTH_MAX + 3];
	const char *why;
	struct json j;

	for (int depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		ck_assert_int_eq(json_parse(&j, text, 2 * (size_t)depth, MAX, &why),
			depth <= JSON_DEPTH_MAX ? ERR_NONE : ERR_INVALID);
		json_release(&j);
	}
	ck_assert_str_eq(why, "nested too deeply");
	must_parse(&j, "[[[]],[[]],{\"a\":{}}]");
	json_release(&j);
}
END_TEST

START_TEST(a_million_open_brackets_end_at_once)
{
	static char text[1000000];
	struct json j;

	memset(text, '[', sizeof(text));
	ck_assert_int_eq(json_parse(&j, text, sizeof(text), MAX, NULL), ERR_INVALID);
	for (size_t i = 0; i + 5 <= sizeof(text); i += 5)
		memcpy(text + i, "{\"\":[", 5);
	ck_assert_int_eq(json_parse(&j, text, sizeof(text), MAX, NULL), ERR_INVALID);
}
END_TEST

START_TEST(size_limit_is_exact)
{
	const char *why;
	struct json j;

	ck_assert_int_eq(json_parse(&j, "[1,2]", 5, 5, NULL), ERR_NONE);
	json_release(&j);
	ck_assert_int_eq(json_parse(&j, "[1,2]", 5, 4, &why), ERR_TOO_LARGE);
	ck_assert_int_eq(json_root(&j), JSON_NONE);
	ck_assert_int_eq(json_parse(&j, "x", (size_t)INT32_MAX + 1, SIZE_MAX, &why), ERR_TOO_LARGE);
}
END_TEST

START_TEST(number_of_values_is_limited)
{
	size_t len = 2 * JSON_TOKENS_MAX - 1;
	char *text = malloc(len + 2);
	struct json j;

	ck_assert_ptr_nonnull(text);
	text[0] = '[';
	for (size_t i = 1; i < len; i += 2)
		memcpy(text + i, "0,", 2);
	text[len - 1] = ']';
	ck_assert_int_eq(json_parse(&j, text, len, MAX, NULL), ERR_NONE);
	ck_assert_int_eq(json_size(&j, 0), JSON_TOKENS_MAX - 1);
	json_release(&j);
	memcpy(text + len - 1, ",0]", 3);
	ck_assert_int_eq(json_parse(&j, text, len + 2, MAX, NULL), ERR_TOO_LARGE);
	free(text);
}
END_TEST

/* Quadratic work would take minutes here, and the test's time limit ends it. */
START_TEST(many_names_and_values_cost_no_square)
{
	struct buf b;
	struct json j;
	int64_t v;

	buf_init(&b, MAX);
	buf_addc(&b, '{');
	for (int i = 0; i < 300000; i++)
		buf_addf(&b, "%s\"name %06d\":%d", i > 0 ? "," : "", 299999 - i, i);
	buf_addc(&b, '}');
	ck_assert(!b.failed);
	ck_assert_int_eq(json_parse(&j, b.s, b.len, MAX, NULL), ERR_NONE);
	ck_assert_int_eq(json_size(&j, 0), 300000);
	ck_assert(json_int(&j, json_member(&j, 0, "name 000000"), &v));
	ck_assert_int_eq(v, 299999);
	json_release(&j);
	b.len--;
	buf_adds(&b, ",\"name 150000\":0}");
	ck_assert_int_eq(json_parse(&j, b.s, b.len, MAX, NULL), ERR_INVALID);

	buf_reset(&b);
	buf_addc(&b, '[');
	for (int i = 0; i < 100000; i++)
		buf_adds(&b, "{\"a\":[{\"b\":{}}]},");
	buf_adds(&b, "0]");
	ck_assert_int_eq(json_parse(&j, b.s, b.len, MAX, NULL), ERR_NONE);
	v = 0;
	for (json_node n = json_first(&j, 0); n != JSON_NONE; n = json_next(&j, 0, n))
		v++;
	ck_assert_int_eq(v, 100001);
	json_release(&j);
	buf_release(&b);
}
END_TEST

/*
 * Values.
 */
START_TEST(types_are_told_apart)
{
	static const enum json_type types[] = {JSON_NULL, JSON_BOOL, JSON_BOOL, JSON_NUMBER,
		JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT};
	struct json j;
	json_node n;
	int i = 0;

	must_parse(&j, "[null,true,false,0,-1,\"null\",[],{}]");
	for (n = json_first(&j, 0); n != JSON_NONE; n = json_next(&j, 0, n))
		ck_assert_int_eq(json_type(&j, n), types[i++]);
	ck_assert_int_eq(i, 8);
	ck_assert_int_eq(json_type(&j, JSON_NONE), JSON_ABSENT);
	ck_assert_int_eq(json_type(&j, 9), JSON_ABSENT);
	ck_assert_int_eq(json_type(&j, INT32_MAX), JSON_ABSENT);
	ck_assert_int_eq(json_type(&j, INT32_MIN), JSON_ABSENT);
	json_release(&j);
}
END_TEST

START_TEST(members_are_found_by_their_whole_name)
{
	struct json j;
	int64_t v = 0;

	must_parse(&j, "{\"user\":{\"id\":1,\"x\":{\"id\":2}},\"use\":3,\"users\":4,"
		       "\"a.b\":5,\"\\u0069d\":6,\"list\":[{\"id\":7}],\"\":8}");
	ck_assert(json_int(&j, json_path(&j, 0, "user.id"), &v) && v == 1);
	ck_assert(json_int(&j, json_path(&j, 0, "user.x.id"), &v) && v == 2);
	ck_assert(json_int(&j, json_member(&j, 0, "use"), &v) && v == 3);
	ck_assert(json_int(&j, json_member(&j, 0, "users"), &v) && v == 4);
	ck_assert(json_int(&j, json_member(&j, 0, "a.b"), &v) && v == 5);
	ck_assert(json_int(&j, json_member(&j, 0, "id"), &v) && v == 6);
	ck_assert(json_int(&j, json_member(&j, 0, ""), &v) && v == 8);
	ck_assert_int_eq(json_member(&j, 0, "us"), JSON_NONE);
	ck_assert_int_eq(json_member(&j, 0, "userss"), JSON_NONE);
	ck_assert_int_eq(json_member(&j, 0, "User"), JSON_NONE);
	ck_assert_int_eq(json_member(&j, 0, "x"), JSON_NONE);
	ck_assert_int_eq(json_member(&j, 0, "\\u0069d"), JSON_NONE);
	ck_assert_int_eq(json_member(&j, json_member(&j, 0, "use"), "id"), JSON_NONE);
	ck_assert_int_eq(json_member(&j, json_member(&j, 0, "list"), "id"), JSON_NONE);
	ck_assert_int_eq(json_member(&j, JSON_NONE, "id"), JSON_NONE);
	ck_assert_int_eq(json_path(&j, 0, "user.id.x"), JSON_NONE);
	ck_assert_int_eq(json_path(&j, 0, "user."), JSON_NONE);
	ck_assert_int_eq(json_path(&j, 0, ".id"), JSON_NONE);
	ck_assert_int_eq(json_path(&j, 0, "none.id"), JSON_NONE);
	json_release(&j);
}
END_TEST

START_TEST(values_are_never_taken_for_names)
{
	struct json j;
	int64_t v = 0;

	must_parse(&j, "{\"a\":\"b\",\"c\":[\"b\"],\"d\":{\"b\":1},\"b\":2}");
	ck_assert(json_int(&j, json_member(&j, 0, "b"), &v) && v == 2);
	json_release(&j);
	must_parse(&j, "{\"a\":\"b\",\"c\":[\"b\",1],\"d\":{\"b\":1}}");
	ck_assert_int_eq(json_member(&j, 0, "b"), JSON_NONE);
	json_release(&j);
}
END_TEST

START_TEST(arrays_are_walked_element_by_element)
{
	struct json j;
	json_node list, n;
	int count = 0;

	must_parse(
		&j, "{\"before\":1,\"list\":[[1,[2]],{\"a\":{\"b\":[]}},\"x\",[],{}],\"after\":2}");
	list = json_member(&j, 0, "list");
	ck_assert_int_eq(json_size(&j, list), 5);
	ck_assert_int_eq(json_size(&j, 0), 3);
	for (n = json_first(&j, list); n != JSON_NONE; n = json_next(&j, list, n))
		count++;
	ck_assert_int_eq(count, 5);
	ck_assert_int_eq(json_first(&j, 0), JSON_NONE);
	ck_assert_int_eq(json_first(&j, JSON_NONE), JSON_NONE);
	ck_assert_int_eq(json_next(&j, list, JSON_NONE), JSON_NONE);
	ck_assert_int_eq(json_next(&j, list, json_member(&j, 0, "after")), JSON_NONE);
	ck_assert_int_eq(json_next(&j, 0, list), JSON_NONE);
	ck_assert_int_eq(json_size(&j, json_member(&j, 0, "before")), 0);
	ck_assert_int_eq(json_size(&j, JSON_NONE), 0);
	json_release(&j);
	must_parse(&j, "[]");
	ck_assert_int_eq(json_first(&j, 0), JSON_NONE);
	json_release(&j);
}
END_TEST

struct integer {
	const char *text;
	bool strict, lenient;
	int64_t value;
};

static const struct integer integers[] = {
	{"0", true, true, 0},
	{"-0", true, true, 0},
	{"5712345678901248", true, true, 5712345678901248},
	{"-17", true, true, -17},
	{"9223372036854775807", true, true, INT64_MAX},
	{"-9223372036854775808", true, true, INT64_MIN},
	{"-9223372036854775807", true, true, -INT64_MAX},
	{"9223372036854775808", false, false, 0},
	{"-9223372036854775809", false, false, 0},
	{"18446744073709551617", false, false, 0},
	{"1.0", false, false, 0},
	{"1e3", false, false, 0},
	{"\"42\"", false, true, 42},
	{"\"9223372036854775807\"", false, true, INT64_MAX},
	{"\"\\u0034\\u0032\"", false, true, 42},
	{"\"9223372036854775808\"", false, false, 0},
	{"\"00000000000000000000000000000042\"", false, false, 0},
	{"\"-42\"", false, false, 0},
	{"\"+42\"", false, false, 0},
	{"\" 42\"", false, false, 0},
	{"\"42x\"", false, false, 0},
	{"\"4.2\"", false, false, 0},
	{"\"\"", false, false, 0},
	{"null", false, false, 0},
	{"true", false, false, 0},
	{"[]", false, false, 0},
	{"{}", false, false, 0},
};

START_TEST(integers_are_exact_or_nothing)
{
	const struct integer *n = &integers[_i];
	int64_t v = -99;
	struct json j;

	must_parse(&j, n->text);
	ck_assert_int_eq(json_int(&j, 0, &v), n->strict);
	ck_assert_int_eq(v, n->strict ? n->value : -99);
	v = -99;
	ck_assert_int_eq(json_int_lenient(&j, 0, &v), n->lenient);
	ck_assert_int_eq(v, n->lenient ? n->value : -99);
	json_release(&j);
}
END_TEST

START_TEST(getters_refuse_other_types)
{
	struct json j;
	struct buf b;
	char fixed[8];
	int64_t i;
	double d;
	bool t;

	buf_init(&b, 10);
	must_parse(&j, "[null,\"true\",1,[1],{\"a\":true}]");
	for (json_node n = JSON_NONE; n <= 10; n++) {
		enum json_type type = json_type(&j, n);

		if (type == JSON_BOOL)
			continue;
		ck_assert(!json_bool(&j, n, &t));
		ck_assert_int_eq(json_int(&j, n, &i), type == JSON_NUMBER);
		ck_assert_int_eq(json_double(&j, n, &d), type == JSON_NUMBER);
		ck_assert_int_eq(json_text(&j, n, &b), type == JSON_STRING);
		ck_assert_int_eq(
			json_string_fixed(&j, n, fixed, sizeof(fixed)), type == JSON_STRING);
		ck_assert(!json_string_is(&j, n, "null"));
		ck_assert(!json_string_is(&j, n, "1"));
		buf_reset(&b);
	}
	json_release(&j);
	must_parse(&j, "[true,false]");
	ck_assert(json_bool(&j, 1, &t) && t);
	ck_assert(json_bool(&j, 2, &t) && !t);
	json_release(&j);
	buf_release(&b);
}
END_TEST

START_TEST(doubles_are_read_and_infinities_refused)
{
	struct json j;
	double d = 0;

	must_parse(&j, "[1.5,-2,1e3,1e999,-1e999,1e-999]");
	ck_assert(json_double(&j, 1, &d) && d == 1.5);
	ck_assert(json_double(&j, 2, &d) && d == -2);
	ck_assert(json_double(&j, 3, &d) && d == 1000);
	ck_assert(!json_double(&j, 4, &d));
	ck_assert(!json_double(&j, 5, &d));
	ck_assert(json_double(&j, 6, &d) && d == 0);
	json_release(&j);
}
END_TEST

START_TEST(strings_are_decoded)
{
	static const char text[] =
		"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"a\\u00e9\xc3\xa9\\u20acz\",\"\\ud834\\udd1e\","
		"\"\\uD7FF\\uE000\\uFFFF\\u07ff\\u0800\\u0080\\u007f\",\"plain\",\"\"]";
	static const char *const decoded[] = {"\"\\/\b\f\n\r\t", "a\xc3\xa9\xc3\xa9\xe2\x82\xacz",
		"\xf0\x9d\x84\x9e",
		"\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xdf\xbf\xe0\xa0\x80\xc2\x80\x7f", "plain",
		""};
	struct json j;
	struct buf b;

	buf_init(&b, 100);
	must_parse(&j, text);
	for (int i = 0; i < 6; i++) {
		char fixed[32];
		size_t len = strlen(decoded[i]);

		buf_reset(&b);
		ck_assert(json_text(&j, i + 1, &b));
		ck_assert_str_eq(b.s, decoded[i]);
		ck_assert_uint_eq(b.len, len);
		ck_assert(json_string_is(&j, i + 1, decoded[i]));
		ck_assert(!json_string_is(&j, i + 1, "other"));
		ck_assert(json_string_fixed(&j, i + 1, fixed, len + 1));
		ck_assert_str_eq(fixed, decoded[i]);
		ck_assert(!json_string_fixed(&j, i + 1, fixed, len));
	}
	ck_assert(!json_string_is(&j, 5, "plai"));
	ck_assert(!json_string_is(&j, 5, "plainx"));
	ck_assert(!json_string_is(&j, 2, "a\xc3\xa9"));
	json_release(&j);
	buf_release(&b);
}
END_TEST

START_TEST(string_beyond_the_buffer_fails)
{
	struct json j;
	struct buf b;

	buf_init(&b, 3);
	must_parse(&j, "[\"abcd\",\"ab\\n\"]");
	ck_assert(!json_text(&j, 1, &b));
	ck_assert(b.failed);
	buf_reset(&b);
	ck_assert(json_text(&j, 2, &b));
	ck_assert(!json_text(&j, 2, &b));
	json_release(&j);
	buf_release(&b);
}
END_TEST

/*
 * A second opinion: jansson must accept the same documents and see the same values in them.
 */
struct object {
	const struct json *j;
	json_node n;
};

static void same_value(const struct json *j, json_node n, const struct oracle *v);

static void same_member(void *context, const char *name, const struct oracle *value)
{
	const struct object *o = context;

	same_value(o->j, json_member(o->j, o->n, name), value);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the reader lets documents be */
static void same_elements(const struct json *j, json_node n, const struct oracle *v)
{
	size_t i = 0;

	for (json_node at = json_first(j, n); at != JSON_NONE; at = json_next(j, n, at)) {
		ck_assert_uint_lt(i, oracle_size(v));
		same_value(j, at, oracle_element(v, i++));
	}
	ck_assert_uint_eq(i, oracle_size(v));
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void same_value(const struct json *j, json_node n, const struct oracle *v)
{
	struct object o = {j, n};
	int64_t i;
	double d;
	bool t;

	switch (oracle_kind(v)) {
	case 'o':
		ck_assert_int_eq(json_type(j, n), JSON_OBJECT);
		ck_assert_int_eq(json_size(j, n), (int)oracle_size(v));
		oracle_members(v, same_member, &o);
		break;
	case 'a':
		ck_assert_int_eq(json_type(j, n), JSON_ARRAY);
		ck_assert_int_eq(json_size(j, n), (int)oracle_size(v));
		same_elements(j, n, v);
		break;
	case 's':
		ck_assert(json_string_is(j, n, oracle_text(v)));
		break;
	case 'i':
		ck_assert(json_int(j, n, &i));
		ck_assert_int_eq(i, oracle_integer(v));
		break;
	case 'r':
		ck_assert(json_double(j, n, &d));
		ck_assert_mem_eq(&d, &(double){oracle_real(v)}, sizeof(d));
		break;
	case 'b':
		ck_assert(json_bool(j, n, &t));
		ck_assert_int_eq(t, oracle_is_true(v));
		break;
	default:
		ck_assert_int_eq(json_type(j, n), JSON_NULL);
		break;
	}
}

/* Returns whether both accepted it. */
static bool same_opinion(const char *text, size_t len)
{
	struct json j;
	bool limit;
	const char *why = "";
	struct oracle *v = oracle_load(text, len, &limit);
	enum err e = json_parse(&j, text, len, MAX, &why);
	bool both = v != NULL && e == ERR_NONE;

	if (both)
		same_value(&j, json_root(&j), v);
	else if (!limit && (e == ERR_NONE || strcmp(why, "nested too deeply") != 0))
		ck_assert_msg((v != NULL) == (e == ERR_NONE), "%.*s: %s", (int)len, text, why);
	json_release(&j);
	oracle_free(v);
	return both;
}

START_TEST(jansson_agrees_on_every_good_document)
{
	same_opinion(good[_i], strlen(good[_i]));
}
END_TEST

START_TEST(jansson_agrees_on_every_bad_document)
{
	ck_assert(!same_opinion(bad[_i], strlen(bad[_i])));
}
END_TEST

static size_t mutate(uint32_t *state, char *text, size_t len, size_t size)
{
	static const char pieces[] = "{}[]\",: \n019-+.eE\\untrfalsbud8c\t\xc3\xa9\xed\xa0/";
	size_t at = unit_random(state, len + 1);

	switch (unit_random(state, 4)) {
	case 0: /* another byte */
		if (at < len)
			text[at] = pieces[unit_random(state, sizeof(pieces) - 1)];
		return len;
	case 1: /* a byte more */
		if (len == size)
			return len;
		memmove(text + at + 1, text + at, len - at);
		text[at] = pieces[unit_random(state, sizeof(pieces) - 1)];
		return len + 1;
	case 2: /* a byte less */
		if (at == len)
			return len;
		memmove(text + at, text + at + 1, len - at - 1);
		return len - 1;
	default: /* two change places */
		if (len > 1) {
			char c = text[at % len];

			text[at % len] = text[(at + 1) % len];
			text[(at + 1) % len] = c;
		}
		return len;
	}
}

/* Nothing that is good is refused, and nothing that is accepted holds what no text may hold. */
static void lenient_is_sound(const char *text, size_t len)
{
	struct json j;
	bool good_one = json_parse(&j, text, len, MAX, NULL) == ERR_NONE;

	json_release(&j);
	if (json_parse_lenient(&j, text, len, MAX, NULL) == ERR_NONE)
		ck_assert(text_is_utf8(j.text, j.len));
	else
		ck_assert(!good_one);
	json_release(&j);
}

START_TEST(jansson_agrees_on_mutations)
{
	const size_t seeds = sizeof(good) / sizeof(good[0]);
	uint32_t state = 20261120 + (uint32_t)_i;
	char text[256];
	int accepted = 0;

	for (int round = 0; round < 20000; round++) {
		const char *seed = good[unit_random(&state, seeds)];
		size_t len = strlen(seed);
		char *copy;

		ck_assert_uint_lt(len, sizeof(text));
		memcpy(text, seed, len);
		for (size_t n = unit_random(&state, 4) + 1; n > 0; n--)
			len = mutate(&state, text, len, sizeof(text));
		copy = exact(text, len);
		accepted += same_opinion(copy, len);
		lenient_is_sound(copy, len);
		free(copy);
	}
	ck_assert_int_gt(accepted, 1000);
	ck_assert_int_lt(accepted, 19000);
}
END_TEST

/*
 * Lenient reading.
 */
static const struct {
	const char *text, *decoded; /* the member "s" */
} mended[] = {
	{"{\"s\":\"a\\ud83d\"}", "a\xef\xbf\xbd"},
	{"{\"s\":\"\\ud83db\"}", "\xef\xbf\xbd"
				 "b"},
	{"{\"s\":\"\\udcdeb\"}", "\xef\xbf\xbd"
				 "b"},
	{"{\"s\":\"\\ud83d\\ud83d\\udcde\"}", "\xef\xbf\xbd\xf0\x9f\x93\x9e"},
	{"{\"s\":\"\\ud83d\\u0041\"}", "\xef\xbf\xbd"
				       "A"},
	{"{\"s\":\"\\ud83d\\n\"}", "\xef\xbf\xbd\n"},
	{"{\"s\":\"\\ud83d\\\\\"}", "\xef\xbf\xbd\\"},
	{"{\"s\":\"a\\u0000b\"}", "a\xef\xbf\xbd"
				  "b"},
	{"{\"s\":\"a\nb\tc\"}", "a?b?c"},
	{"{\"s\":\"a\xff"
	 "b\"}",
		"a?b"},
	{"{\"s\":\"\xc3\"}", "?"},
	{"{\"s\":\"\xed\xa0\xbd\"}", "???"},
	{"{\"s\":\"\\x41\"}", "?x41"},
	{"{\"s\":\"it\\'s\"}", "it?'s"},
	{"{\"s\":\"\\u12\"}", "?u12"},
	{"{\"s\":\"\\u12g4\\\"\"}", "?u12g4\""},
	{"{\"\\ud83d\":1,\"s\":\"good \\ud83d\\udcde\"}", "good \xf0\x9f\x93\x9e"},
	{"{\"x\":{\"a\":1,\"a\":2},\"s\":\"y\"}", "y"},
	/* What is good stays as it is, also beside what is not. */
	{"{\"s\":\"\\u00e9\\uD834\\uDD1E\\\\ud83d\\/\",\"x\":\"\\ud83d\"}",
		"\xc3\xa9\xf0\x9d\x84\x9e\\ud83d/"},
};

START_TEST(lenient_reading_mends_strings)
{
	size_t len = strlen(mended[_i].text);
	char *copy = exact(mended[_i].text, len);
	char out[64];
	struct json j;

	ck_assert_int_eq(json_parse(&j, copy, len, MAX, NULL), ERR_INVALID);
	ck_assert_int_eq(json_parse_lenient(&j, copy, len, MAX, NULL), ERR_NONE);
	ck_assert_mem_eq(copy, mended[_i].text, len);
	free(copy); /* what was mended is a copy of its own */
	ck_assert(json_string_fixed(&j, json_member(&j, 0, "s"), out, sizeof(out)));
	ck_assert_str_eq(out, mended[_i].decoded);
	ck_assert(text_is_utf8(out, strlen(out)));
	json_release(&j);
}
END_TEST

START_TEST(object_with_a_name_twice_is_no_value_when_read_leniently)
{
	static const char text[] = "{\"list\":[{\"id\":1},{\"id\":2,\"id\":3,\"in\":[4,{\"a\":5}]},"
				   "{\"id\":6}],\"n\":7}";
	int64_t id = 0;
	struct json j;
	json_node list, n;

	ck_assert_int_eq(json_parse_lenient(&j, text, strlen(text), MAX, NULL), ERR_NONE);
	list = json_member(&j, json_root(&j), "list");
	ck_assert_int_eq(json_size(&j, list), 3);
	n = json_next(&j, list, json_first(&j, list));
	ck_assert_int_eq(json_type(&j, n), JSON_ABSENT);
	ck_assert_int_eq(json_member(&j, n, "id"), JSON_NONE);
	ck_assert_int_eq(json_member(&j, n, "in"), JSON_NONE);
	n = json_next(&j, list, n);
	ck_assert(json_int(&j, json_member(&j, n, "id"), &id));
	ck_assert_int_eq(id, 6);
	ck_assert_int_eq(json_next(&j, list, n), JSON_NONE);
	ck_assert(json_int(&j, json_member(&j, json_root(&j), "n"), &id));
	ck_assert_int_eq(id, 7);
	json_release(&j);
	ck_assert_int_eq(json_parse_lenient(&j, "{\"a\":1,\"a\":2}", 13, MAX, NULL), ERR_NONE);
	ck_assert_int_eq(json_type(&j, json_root(&j)), JSON_ABSENT);
	json_release(&j);
}
END_TEST

/* What is wrong in these lies between the strings. */
static const char *const beyond_mending[] = {"", "{", "\"", "\"\\", "\"\\\"", "\"\\u",
	"\"\\ud83d\\u", "[1,]", "[1]x", "{\"a\"}", "[\xff]", "[\n\f]", "\xff\"\"", "[\"a]",
	"[\"\\ud83d]", "nul"};

START_TEST(lenient_reading_refuses_broken_grammar)
{
	size_t len = strlen(beyond_mending[_i]);
	char *copy = exact(beyond_mending[_i], len);
	const char *why = NULL;
	struct json j;

	ck_assert_int_eq(json_parse_lenient(&j, copy, len, MAX, &why), ERR_INVALID);
	ck_assert_ptr_nonnull(why);
	ck_assert_int_eq(json_root(&j), JSON_NONE);
	ck_assert_int_eq(json_parse_lenient(&j, copy, len, len - 1, &why),
		len == 0 ? ERR_INVALID : ERR_TOO_LARGE);
	free(copy);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	Suite *s = suite_create("json");
	TCase *grammar = tcase_create("grammar");
	TCase *limits = tcase_create("limits");
	TCase *values = tcase_create("values");
	TCase *lenient = tcase_create("lenient");
	TCase *second = tcase_create("second opinion");

	tcase_add_loop_test(grammar, good_document_is_accepted, 0, COUNT(good));
	tcase_add_loop_test(grammar, bad_document_is_refused_with_a_reason, 0, COUNT(bad));
	tcase_add_test(grammar, every_cut_of_a_document_is_refused);
	tcase_add_test(grammar, nul_byte_is_refused_everywhere);
	suite_add_tcase(s, grammar);

	tcase_set_timeout(limits, 60);
	tcase_add_test(limits, nesting_ends_at_the_limit);
	tcase_add_test(limits, a_million_open_brackets_end_at_once);
	tcase_add_test(limits, size_limit_is_exact);
	tcase_add_test(limits, number_of_values_is_limited);
	tcase_add_test(limits, many_names_and_values_cost_no_square);
	suite_add_tcase(s, limits);

	tcase_add_test(values, types_are_told_apart);
	tcase_add_test(values, members_are_found_by_their_whole_name);
	tcase_add_test(values, values_are_never_taken_for_names);
	tcase_add_test(values, arrays_are_walked_element_by_element);
	tcase_add_loop_test(values, integers_are_exact_or_nothing, 0, COUNT(integers));
	tcase_add_test(values, getters_refuse_other_types);
	tcase_add_test(values, doubles_are_read_and_infinities_refused);
	tcase_add_test(values, strings_are_decoded);
	tcase_add_test(values, string_beyond_the_buffer_fails);
	suite_add_tcase(s, values);

	tcase_add_loop_test(lenient, lenient_reading_mends_strings, 0, COUNT(mended));
	tcase_add_test(lenient, object_with_a_name_twice_is_no_value_when_read_leniently);
	tcase_add_loop_test(
		lenient, lenient_reading_refuses_broken_grammar, 0, COUNT(beyond_mending));
	suite_add_tcase(s, lenient);

	tcase_set_timeout(second, 60);
	tcase_add_loop_test(second, jansson_agrees_on_every_good_document, 0, COUNT(good));
	tcase_add_loop_test(second, jansson_agrees_on_every_bad_document, 0, COUNT(bad));
	tcase_add_loop_test(second, jansson_agrees_on_mutations, 0, 5);
	suite_add_tcase(s, second);
	return unit_run(s);
}
