#include "base/err.h"
#include "base/secret.h"
#include "base/text.h"
#include "unit/unit.h"
#include <stdlib.h>
#include <string.h>

struct utf8 {
	const char *s;
	bool good;
};

static const struct utf8 utf8[] = {
	{"", true},
	{"plain", true},
	{"\x7f", true},
	{"\xc2\x80", true},
	{"\xdf\xbf", true},
	{"\xe0\xa0\x80", true},
	{"\xed\x9f\xbf", true},
	{"\xee\x80\x80", true},
	{"\xef\xbf\xbf", true},
	{"\xf0\x90\x80\x80", true},
	{"\xf4\x8f\xbf\xbf", true},
	{"a\xc3\xa9z", true},
	{"\x80", false},
	{"\xbf", false},
	{"\xc0\x80", false},
	{"\xc1\xbf", false},
	{"\xc2", false},
	{"\xc2 ", false},
	{"\xc2\xc0", false},
	{"\xe0\x9f\xbf", false},
	{"\xe0\xa0", false},
	{"\xe2\x82\xe2", false},
	{"\xed\xa0\x80", false},
	{"\xed\xbf\xbf", false},
	{"\xf0\x8f\xbf\xbf", false},
	{"\xf0\x90\x80", false},
	{"\xf0\x90\x80z", false},
	{"\xf4\x90\x80\x80", false},
	{"\xf5\x80\x80\x80", false},
	{"\xf8\x88\x80\x80\x80", false},
	{"\xfe", false},
	{"\xff", false},
	{"good then \xff", false},
};

START_TEST(utf8_is_told_from_what_only_resembles_it)
{
	const struct utf8 *u = &utf8[_i];
	size_t len = strlen(u->s);
	/* Exactly as long as the text, so that reading beyond it shows. */
	char *copy = malloc(len + (len == 0));

	memcpy(copy, u->s, len);
	ck_assert_int_eq(text_is_utf8(copy, len), u->good);
	free(copy);
}
END_TEST

START_TEST(every_code_point_counts_once)
{
	long good = 0;
	char s[4];

	/* All strings of up to three bytes plus all four-byte ones with plausible lead bytes. */
	for (int a = 0; a < 256; a++) {
		s[0] = (char)a;
		good += text_utf8_char(s, 1) == 1;
		for (int b = 0; b < 256; b++) {
			s[1] = (char)b;
			good += text_utf8_char(s, 2) == 2;
			for (int c = 0; c < 256; c++) {
				s[2] = (char)c;
				good += text_utf8_char(s, 3) == 3;
				if (a < 0xf0)
					continue;
				for (int d = 0; d < 256; d++) {
					s[3] = (char)d;
					good += text_utf8_char(s, 4) == 4;
				}
			}
		}
	}
	ck_assert_int_eq(good, 0x110000 - 0x800);
}
END_TEST

START_TEST(control_bytes_are_found)
{
	ck_assert(!text_has_control("", 0));
	ck_assert(!text_has_control("abc \x80\xff", 6));
	ck_assert(text_has_control("a\nb", 3));
	ck_assert(text_has_control("\0", 1));
	ck_assert(text_has_control("a\x1f", 2));
	ck_assert(text_has_control("a\x7f", 2));
	ck_assert(text_is_control_char("\xc2\x85", 2));
	ck_assert(text_is_control_char("\xc2\x9f", 2));
	ck_assert(!text_is_control_char("\xc2\xa0", 2));
	ck_assert(!text_is_control_char("\xc3\x85", 2));
	ck_assert(text_is_control_char("\x1b", 1));
	ck_assert(!text_is_control_char(" ", 1));
}
END_TEST

struct number {
	const char *s;
	int64_t min, max;
	bool good;
	int64_t value;
};

static const struct number numbers[] = {
	{"0", 0, 10, true, 0}, {"10", 0, 10, true, 10}, {"007", 0, 10, true, 7},
	{"11", 0, 10, false, 0}, {"4", 5, 10, false, 0},
	{"9223372036854775807", 0, INT64_MAX, true, INT64_MAX},
	{"9223372036854775808", 0, INT64_MAX, false, 0},
	{"92233720368547758070", 0, INT64_MAX, false, 0},
	{"18446744073709551617", 0, INT64_MAX, false, 0},
	{"99999999999999999999999999999999", 0, INT64_MAX, false, 0}, {"", 0, 10, false, 0},
	{" 1", 0, 10, false, 0}, {"1 ", 0, 10, false, 0}, {"+1", 0, 10, false, 0},
	{"-1", -5, 10, false, 0}, {"0x1", 0, 10, false, 0}, {"1e1", 0, 10, false, 0},
	{"1.0", 0, 10, false, 0}, {"\xef\xbc\x91", 0, 10, false, 0}, /* a full-width 1 */
};

START_TEST(whole_numbers_are_read_exactly)
{
	const struct number *n = &numbers[_i];
	int64_t v = -99;

	ck_assert_int_eq(text_int(n->s, strlen(n->s), n->min, n->max, &v), n->good);
	ck_assert_int_eq(v, n->good ? n->value : -99);
}
END_TEST

START_TEST(number_ends_at_the_given_length)
{
	int64_t v;

	ck_assert(text_int("123456", 3, 0, 1000, &v));
	ck_assert_int_eq(v, 123);
}
END_TEST

START_TEST(digits_are_picked_out)
{
	char out[5];

	ck_assert(text_digits("+1 (2) x3", 9, out, sizeof(out)));
	ck_assert_str_eq(out, "123");
	ck_assert(text_digits("1234", 4, out, sizeof(out)));
	ck_assert(!text_digits("12345", 5, out, sizeof(out)));
	ck_assert_str_eq(out, "");
	ck_assert(text_digits("", 0, out, sizeof(out)));
	ck_assert_str_eq(out, "");
	ck_assert(!text_digits("1", 1, out, 1));
	ck_assert(!text_digits("", 0, out, 0));
	ck_assert(text_is_digits("0123456789", 10));
	ck_assert(!text_is_digits("", 0));
	ck_assert(!text_is_digits("1a", 2));
	ck_assert(!text_is_digits("1\xff", 2));
}
END_TEST

START_TEST(foreign_text_becomes_clean)
{
	struct buf b;

	buf_init(&b, 100);
	ck_assert(text_add_clean(&b, "a\r\nb\x1b[0m\xc2\x9b\xff\xc3\xa9", 13, 100));
	ck_assert_str_eq(b.s, "ab[0m\xef\xbf\xbd\xc3\xa9");
	buf_reset(&b);
	ck_assert(text_add_clean(&b, "\xc3\xa9\xc3\xa9\xc3\xa9", 6, 2));
	ck_assert_str_eq(b.s, "\xc3\xa9\xc3\xa9");
	buf_reset(&b);
	ck_assert(text_add_clean(&b, "abc", 3, 0));
	ck_assert_str_eq(b.s, "");
	buf_release(&b);
}
END_TEST

START_TEST(what_an_address_could_take_for_its_own_is_encoded)
{
	struct buf b;
	char one[2] = "";
	size_t plain = 0;

	buf_init(&b, 64);
	ck_assert(text_add_encoded(&b, "calls:list & \xc3\xa9/%~-._"));
	ck_assert_str_eq(b.s, "calls%3Alist%20%26%20%C3%A9%2F%25~-._");
	for (int c = 1; c < 256; c++) {
		buf_reset(&b);
		one[0] = (char)c;
		ck_assert(text_add_encoded(&b, one));
		ck_assert(b.len == 1 || (b.len == 3 && b.s[0] == '%'));
		plain += b.len == 1;
	}
	ck_assert_uint_eq(plain, 26 + 26 + 10 + 4);
	buf_release(&b);
	buf_init(&b, 2);
	ck_assert(!text_add_encoded(&b, "/"));
	buf_release(&b);
}
END_TEST

START_TEST(case_is_ignored_for_ascii_letters_only)
{
	ck_assert(text_equal_nocase("Bearer", "bEARER"));
	ck_assert(text_equal_nocase("", ""));
	ck_assert(!text_equal_nocase("a", ""));
	ck_assert(!text_equal_nocase("", "a"));
	ck_assert(!text_equal_nocase("abc", "abcd"));
	ck_assert(!text_equal_nocase("[", "{"));
	ck_assert(!text_equal_nocase("@", "`"));
	ck_assert(!text_equal_nocase("\xc4", "\xe4"));
}
END_TEST

START_TEST(copies_are_terminated)
{
	char *copy = text_dup("abcdef", 3);

	ck_assert_str_eq(copy, "abc");
	free(copy);
	copy = text_dup(NULL, 0);
	ck_assert_str_eq(copy, "");
	free(copy);
	ck_assert_ptr_null(text_dup("", SIZE_MAX));
}
END_TEST

START_TEST(secrets_are_masked_wherever_they_stand)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"", ""},
		{"no such thing", "no such thing"},
		{"0123456789abcdef", "***"},
		{"a 0123456789abcdef and 0123456789abcdef.", "a *** and ***."},
		{"0123456789abcdef0123456789abcdef", "******"},
		/* Cut, or gone on otherwise. */
		{"see 0123456789abc", "see ***"},
		{"see 0123456789abX", "see ***X"},
		/* Too little of it to be it. */
		{"see 0123456789a", "see 0123456789a"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char s[64];

		(void)snprintf(s, sizeof(s), "%s", rows[i].text);
		text_mask(s, "0123456789abcdef");
		ck_assert_str_eq(s, rows[i].want);
		(void)snprintf(s, sizeof(s), "%s", rows[i].text);
		text_mask(s, "");
		text_mask(s, "12345");
		ck_assert_str_eq(s, rows[i].text);
	}
	char s[] = "a short6 one";
	text_mask(s, "short6");
	ck_assert_str_eq(s, "a *** one");
}
END_TEST

START_TEST(secrets_compare_whole)
{
	ck_assert(secret_equal("", 0, "", 0));
	ck_assert(secret_equal("abc", 3, "abc", 3));
	ck_assert(!secret_equal("abc", 3, "abd", 3));
	ck_assert(!secret_equal("xbc", 3, "abc", 3));
	ck_assert(!secret_equal("abc", 3, "abcd", 4));
	ck_assert(!secret_equal("abc", 3, "", 0));
	ck_assert(!secret_equal("a\0b", 3, "a\0c", 3));
}
END_TEST

START_TEST(wiped_memory_is_zero)
{
	char s[] = "secret";

	secret_wipe(s, sizeof(s));
	for (size_t i = 0; i < sizeof(s); i++)
		ck_assert_int_eq(s[i], 0);
	secret_wipe(NULL, 0);
}
END_TEST

START_TEST(every_error_has_its_own_word)
{
	for (int a = ERR_NONE; a <= ERR_IO; a++) {
		ck_assert_str_ne(err_word((enum err)a), "unknown");
		for (int b = ERR_NONE; b < a; b++)
			ck_assert_str_ne(err_word((enum err)a), err_word((enum err)b));
	}
	ck_assert_str_eq(err_word((enum err)1000), "unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("text");
	TCase *t = tcase_create("text");

	tcase_add_loop_test(t, utf8_is_told_from_what_only_resembles_it, 0,
		(int)(sizeof(utf8) / sizeof(utf8[0])));
	tcase_add_test(t, every_code_point_counts_once);
	tcase_add_test(t, control_bytes_are_found);
	tcase_add_loop_test(
		t, whole_numbers_are_read_exactly, 0, (int)(sizeof(numbers) / sizeof(numbers[0])));
	tcase_add_test(t, number_ends_at_the_given_length);
	tcase_add_test(t, digits_are_picked_out);
	tcase_add_test(t, foreign_text_becomes_clean);
	tcase_add_test(t, what_an_address_could_take_for_its_own_is_encoded);
	tcase_add_test(t, case_is_ignored_for_ascii_letters_only);
	tcase_add_test(t, copies_are_terminated);
	tcase_add_test(t, secrets_are_masked_wherever_they_stand);
	tcase_add_test(t, secrets_compare_whole);
	tcase_add_test(t, wiped_memory_is_zero);
	tcase_add_test(t, every_error_has_its_own_word);
	suite_add_tcase(s, t);
	return unit_run(s);
}
