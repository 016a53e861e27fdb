#include "base/text.h"
#include "phone/phone.h"
#include "unit/unit.h"
#include <stdlib.h>
#include <string.h>

struct number {
	const char *code; /* NULL: no country code is configured */
	const char *text;
	const char *e164; /* NULL: refused */
};

static const struct number numbers[] = {
	/* with + */
	{NULL, "+15551234567", "+15551234567"},
	{NULL, "+1 555 123 4567", "+15551234567"},
	{NULL, "+1 (555) 123-4567", "+15551234567"},
	{NULL, "+1.555.123.4567", "+15551234567"},
	{NULL, "  +1 555 123 4567  ", "+15551234567"},
	{NULL, "+44 20 7946 0958", "+442079460958"},
	{NULL, "+ 44 20 7946 0958", "+442079460958"},
	{NULL, "(+44) 20 7946 0958", "+442079460958"},
	{NULL, "+(44) 20 7946 0958", "+442079460958"},
	{NULL, "+44-20-7946-0958-", "+442079460958"},
	{NULL, "+39 06 1234 5678", "+390612345678"},
	{NULL, "+225 07 07 12 34 56", "+2250707123456"},
	{"44", "+33 1 42 68 53 00", "+33142685300"},
	{"1", "+442079460958", "+442079460958"},
	/* 8 to 15 digits */
	{NULL, "+1234567", NULL},
	{NULL, "+12345678", "+12345678"},
	{NULL, "+123456789012345", "+123456789012345"},
	{NULL, "+1234567890123456", NULL},
	{NULL, "+12345678901234567890123456789012345678901234567890", NULL},
	{NULL, "+", NULL},
	{NULL, "+0", NULL},
	{NULL, "+02079460958", NULL},
	{NULL, "+00442079460958", NULL},
	/* + elsewhere */
	{NULL, "++442079460958", NULL},
	{NULL, "+44+2079460958", NULL},
	{NULL, "442079460958+", NULL},
	{"44", "44+2079460958", NULL},
	{"44", "-+442079460958", NULL},
	{"44", ".+442079460958", NULL},
	{"44", ")+442079460958", NULL},
	{"44", "00+442079460958", NULL},
	/* nothing */
	{NULL, "", NULL},
	{NULL, " ", NULL},
	{NULL, "tel:", NULL},
	{"44", "()", NULL},
	{"44", "-", NULL},
	/* what is no part of a number */
	{NULL, "+1 800 FLOWERS", NULL},
	{NULL, "+1555123456O", NULL},
	{NULL, "+15551234567x89", NULL},
	{NULL, "+15551234567 ext. 89", NULL},
	{NULL, "+15551234567,89", NULL},
	{NULL, "+15551234567p89", NULL},
	{NULL, "+15551234567#", NULL},
	{NULL, "*15551234567", NULL},
	{NULL, "+1/555/1234567", NULL},
	{NULL, "+1_5551234567", NULL},
	{NULL, "+1\t5551234567", NULL},
	{NULL, "+15551234567\n", NULL},
	{NULL, "\r\n+15551234567", NULL},
	{NULL,
		"+1\xc2\xa0"
		"5551234567",
		NULL},
	{NULL,
		"+1\xe2\x80\x91"
		"5551234567",
		NULL},
	{NULL,
		"\xef\xbc\x8b"
		"15551234567",
		NULL},
	{NULL, "+1555123456\xef\xbc\x97", NULL},
	{NULL, "+1555123456\xd9\xa7", NULL},
	{NULL, "+1555123456\xff", NULL},
	{NULL, "%2B15551234567", NULL},
	{NULL, "+1%20555%20123%204567", NULL},
	{NULL, "[+15551234567]", NULL},
	{NULL, "<+15551234567>", NULL},
	{NULL, "0x15551234567", NULL},
	{NULL, "+1.5e10", NULL},
	{NULL, "112;+15551234567", NULL},
	/* tel: */
	{NULL, "tel:+15551234567", "+15551234567"},
	{NULL, "TEL:+1-555-123-4567", "+15551234567"},
	{NULL, "Tel: +1 555 123 4567", "+15551234567"},
	{NULL, " tel:+15551234567 ", "+15551234567"},
	{"44", "tel:020-7946-0958", "+442079460958"},
	{NULL, "tel:tel:+15551234567", NULL},
	{NULL, "tel+15551234567", NULL},
	{NULL, "tel :+15551234567", NULL},
	{NULL, "tel://+15551234567", NULL},
	{NULL, "callto:+15551234567", NULL},
	{NULL, "sip:+15551234567@example.com", NULL},
	/* parameters */
	{NULL, "+15551234567;ext=89", "+15551234567"},
	{NULL, "tel:+15551234567;ext=89", "+15551234567"},
	{NULL, "+15551234567 ; ext=89 ", "+15551234567"},
	{NULL, "tel:+15551234567;isub=1234;ext=5", "+15551234567"},
	{NULL, "tel:+15551234567;isub=%20a%2f", "+15551234567"},
	{NULL, "tel:+15551234567;EXT=89;tsp=example.com", "+15551234567"},
	{NULL, "tel:+15551234567;npdi", "+15551234567"},
	{NULL, "tel:+15551234567;npdi;rn=+16505551234", "+15551234567"},
	{NULL, "+15551234567;", NULL},
	{NULL, "+15551234567;;ext=1", NULL},
	{NULL, "+15551234567;ext=", NULL},
	{NULL, "+15551234567;=1", NULL},
	{NULL, "+15551234567;ext=1;ext=2", NULL},
	{NULL, "+15551234567;ext=1;EXT=2", NULL},
	{NULL, "+15551234567;ext;ext=2", NULL},
	{NULL, "+15551234567;ext=1;exta=2", "+15551234567"},
	{NULL, "+15551234567;exta=1;ext=2", "+15551234567"},
	{NULL, "+15551234567;ext=%zz", NULL},
	{NULL, "+15551234567;ext=%2", NULL},
	{NULL, "+15551234567;ext=1 2", NULL},
	{NULL, "+15551234567;ext=1\r\nX: y", NULL},
	{NULL, "+15551234567;\xc3\xa9=1", NULL},
	{NULL, ";ext=5", NULL},
	{NULL, "tel:;phone-context=+44", NULL},
	/* phone-context */
	{NULL, "tel:2079460958;phone-context=+44", "+442079460958"},
	{NULL, "2079460958;PHONE-CONTEXT=+44", "+442079460958"},
	{NULL, "tel:7946-0958;ext=1;phone-context=+44-20", "+442079460958"},
	{"1", "tel:2079460958;phone-context=+44", "+442079460958"},
	{NULL, "tel:555-123-4567;phone-context=+1", "+15551234567"},
	{NULL, "tel:1234567;phone-context=+1-555", "+15551234567"},
	{NULL, "tel:863-1234;phone-context=+1-914-555", NULL},
	{NULL, "tel:7042;phone-context=example.com", NULL},
	{"44", "tel:02079460958;phone-context=example.com", NULL},
	{NULL, "tel:2079460958;phone-context=44", NULL},
	{NULL, "tel:2079460958;phone-context=", NULL},
	{NULL, "tel:2079460958;phone-context", NULL},
	{"44", "tel:02079460958;phone-context", NULL},
	{NULL, "tel:2079460958;phone-context=+", NULL},
	{NULL, "tel:2079460958;phone-context=+0", NULL},
	{NULL, "tel:2079460958;phone-context=+4x", NULL},
	{NULL, "tel:2079460958;phone-context=%2B44", NULL},
	{NULL, "tel:2079460958;phone-context=++44", NULL},
	{NULL, "tel:2079460958;phone-context=+44;phone-context=+49", NULL},
	{NULL, "tel:2079460958;phone-context=+44;phone-context=+44", NULL},
	{NULL, "tel:1;phone-context=+12345678901234567890", NULL},
	{NULL, "tel:12345678901234;phone-context=+44", NULL},
	{NULL, "tel:12345;phone-context=+44", NULL},
	{NULL, "tel:+442079460958;phone-context=+44", NULL},
	{NULL, "tel:+442079460958;phone-context=example.com", NULL},
	{NULL, "tel:020 7946 0958;phone-context=+44", NULL},
	{NULL, "tel:(0)20 7946 0958;phone-context=+44", NULL},
	{NULL, "tel:20 (0)7946 0958;phone-context=+44", NULL},
	{NULL, "tel:06 1234 5678;phone-context=+39", "+390612345678"},
	{NULL, "tel:0549 882345;phone-context=+378", "+3780549882345"},
	{NULL, "tel:(0)6 1234 5678;phone-context=+39", NULL},
	{"39", "tel:0039 06 1234;phone-context=+39", NULL},
	{NULL, "tel:1 555 123 4567;phone-context=+1", NULL},
	{NULL, "tel:155 123 4567;phone-context=+1", NULL},
	{NULL, "tel:8 495 123 45 67;phone-context=+7", NULL},
	{NULL, "tel:812 123 45 67;phone-context=+7", "+78121234567"},
	/* (0) */
	{NULL, "+44 (0)20 7946 0958", "+442079460958"},
	{NULL, "+44 (0) 20 7946 0958", "+442079460958"},
	{NULL, "+44(0)2079460958", "+442079460958"},
	{NULL, "+44-( 0 )-2079460958", "+442079460958"},
	{NULL, "(+44) (0)20 7946 0958", "+442079460958"},
	{NULL, "+49 (0)30 123456", "+4930123456"},
	{NULL, "+353 (0)1 234 5678", "+35312345678"},
	{NULL, "+1 (0)555 123 4567", "+15551234567"},
	{NULL, "+7 (0)495 123 45 67", "+74951234567"},
	{"44", "0044 (0)20 7946 0958", "+442079460958"},
	{"1", "011 44 (0)20 7946 0958", "+442079460958"},
	{"44", "(0)20 7946 0958", "+442079460958"},
	{"44", "(020) 7946 0958", "+442079460958"},
	{"39", "(0)6 1234 5678", "+390612345678"},
	{NULL, "+39 (0)6 1234 5678", NULL},
	{NULL, "+378 (0)549 882345", NULL},
	{"44", "0039 (0)6 1234 5678", NULL},
	{"1", "011 378 (0)549 882345", NULL},
	{NULL, "+4420 (0)7946 0958", NULL},
	{NULL, "+44 20 (0)7946 0958", NULL},
	{NULL, "+442 (0)79460958", NULL},
	{NULL, "+4 (0)42079460958", NULL},
	{NULL, "+35 (0)312345678", NULL},
	{NULL, "+1242 (0)5551234", NULL},
	{NULL, "+77 (0)495123456", NULL},
	{NULL, "+44 2079460958 (0)", NULL},
	{NULL, "+(0)442079460958", NULL},
	{NULL, "(0)+442079460958", NULL},
	{NULL, "+44 (0)(0)20 7946 0958", NULL},
	{NULL, "+44 (0)20 (0)7946 0958", NULL},
	{NULL, "+44 (0)020 7946 0958", NULL},
	{NULL, "+44 (0)12345", NULL},
	{"44", "44 (0)20 7946 0958", NULL},
	{"44", "(0)020 7946 0958", NULL},
	{"44", "0(0)44 20 7946 0958", NULL},
	{"44", "020 (0)7946 0958", NULL},
	{"1", "(0)555 123 4567", NULL},
	{"1", "1 (0)555 123 4567", NULL},
	{"7", "(0)495 123 45 67", NULL},
	/* without + and without a country code */
	{NULL, "15551234567", NULL},
	{NULL, "0044 20 7946 0958", NULL},
	{NULL, "011442079460958", NULL},
	{NULL, "02079460958", NULL},
	{NULL, "tel:5551234567;ext=1", NULL},
	/* national, trunk prefix 0 */
	{"44", "020 7946 0958", "+442079460958"},
	{"44", "20 7946 0958", "+442079460958"},
	{"44", "0044 20 7946 0958", "+442079460958"},
	{"44", "00 1 555 123 4567", "+15551234567"},
	{"44", "(0 0) 1 555 123 4567", "+15551234567"},
	{"44", "020 7946 0958;ext=7", "+442079460958"},
	{"44", "000442079460958", NULL},
	{"44", "00", NULL},
	{"44", "0", NULL},
	{"44", "00 0", NULL},
	{"44", "112", NULL},
	{"44", "999", NULL},
	{"44", "0 12345", NULL},
	{"44", "0 123456", "+44123456"},
	{"44", "0 1234567890123", "+441234567890123"},
	{"44", "0 12345678901234", NULL},
	{"353", "01 234 5678", "+35312345678"},
	/* 1: ten digits, the first of them 2-9, 011 */
	{"1", "(555) 123-4567", "+15551234567"},
	{"1", "555.123.4567", "+15551234567"},
	{"1", "1-555-123-4567", "+15551234567"},
	{"1", "15551234567", "+15551234567"},
	{"1", "011 44 20 7946 0958", "+442079460958"},
	{"1", "0114420794609", "+4420794609"},
	{"1", "555-1234", NULL},
	{"1", "911", NULL},
	{"1", "1911", NULL},
	{"1", "055 123 4567", NULL},
	{"1", "155 123 4567", NULL},
	{"1", "1155 123 4567", NULL},
	{"1", "1055 123 4567", NULL},
	{"1", "555 123 45678", NULL},
	{"1", "1 555 123 45678", NULL},
	{"1", "11 555 123 4567", NULL},
	{"1", "0044 20 7946 0958", NULL},
	{"1", "00442079460958", NULL},
	{"1", "011", NULL},
	{"1", "011 0 44 20 7946 0958", NULL},
	/* 7: trunk prefix 8; ten digits */
	{"7", "8 495 123 45 67", "+74951234567"},
	{"7", "495 123 45 67", "+74951234567"},
	{"7", "8 812 123 45 67", "+78121234567"},
	{"7", "812 123 45 67", NULL},
	{"7", "00 44 20 7946 0958", "+442079460958"},
	/* 39, 378: the zero stays */
	{"39", "06 1234 5678", "+390612345678"},
	{"39", "347 123 4567", "+393471234567"},
	{"39", "00 44 20 7946 0958", "+442079460958"},
	{"378", "0549 882345", "+3780549882345"},
};

static void rules_for(struct phone_rules *rules, const char *code)
{
	memset(rules, 0, sizeof(*rules));
	if (code == NULL)
		return;
	memcpy(rules->country_code, code, strlen(code) + 1);
	memcpy(rules->trunk_prefix, phone_default_trunk(code),
		strlen(phone_default_trunk(code)) + 1);
}

START_TEST(number_is_read_or_refused)
{
	const struct number *n = &numbers[_i];
	size_t len = strlen(n->text);
	char *copy = malloc(len + (len == 0));
	char out[PHONE_SIZE] = "before";
	const char *why = NULL;
	struct phone_rules rules;
	bool good;

	rules_for(&rules, n->code);
	memcpy(copy, n->text, len);
	good = phone_normalise(&rules, copy, len, out, &why);
	free(copy);
	ck_assert_msg(good == (n->e164 != NULL), "%s: %s %s", n->text, out, why != NULL ? why : "");
	ck_assert_str_eq(out, good ? n->e164 : "");
	/* People read it as it is. */
	if (!good)
		ck_assert_msg(why[0] == '(' || (why[0] >= 'A' && why[0] <= 'Z'), "%s", why);
	if (!good)
		ck_assert_int_eq(why[strlen(why) - 1], '.');
	ck_assert_int_eq(phone_normalise(&rules, n->text, len, out, NULL), good);
}
END_TEST

START_TEST(what_was_read_is_read_again_as_the_same)
{
	const struct number *n = &numbers[_i];
	struct phone_rules rules;
	char out[PHONE_SIZE];

	if (n->e164 == NULL)
		return;
	rules_for(&rules, n->code);
	ck_assert(phone_normalise(&rules, n->e164, strlen(n->e164), out, NULL));
	ck_assert_str_eq(out, n->e164);
}
END_TEST

START_TEST(nul_inside_a_number_is_refused)
{
	const struct phone_rules rules = {"44", "0"};
	char out[PHONE_SIZE];

	ck_assert(!phone_normalise(&rules, "+44207946\0000958", 14, out, NULL));
	ck_assert(!phone_normalise(&rules, "+442079460958\0", 14, out, NULL));
	ck_assert(!phone_normalise(&rules, "+442079460958;a=\0", 17, out, NULL));
	ck_assert(phone_normalise(&rules, "+4420794609581234", 13, out, NULL));
	ck_assert_str_eq(out, "+442079460958");
}
END_TEST

START_TEST(configured_trunk_prefix_replaces_the_default)
{
	const struct phone_rules hungary = {"36", "06"};
	const struct phone_rules none = {"225", ""};
	char out[PHONE_SIZE];

	ck_assert(phone_normalise(&hungary, "06 1 234 5678", 13, out, NULL));
	ck_assert_str_eq(out, "+3612345678");
	ck_assert(phone_normalise(&hungary, "(06) 1 234 5678", 15, out, NULL));
	ck_assert_str_eq(out, "+3612345678");
	ck_assert(phone_normalise(&none, "07 07 12 34 56", 14, out, NULL));
	ck_assert_str_eq(out, "+2250707123456");
	ck_assert(!phone_normalise(&none, "(0)7 07 12 34 56", 16, out, NULL));
}
END_TEST

START_TEST(text_without_end_is_refused)
{
	const struct phone_rules rules = {"44", "0"};
	static char text[1 << 20];
	char out[PHONE_SIZE];

	memset(text, ' ', sizeof(text));
	memcpy(text, "+442079460958", 13);
	ck_assert(phone_normalise(&rules, text, 256, out, NULL));
	ck_assert(!phone_normalise(&rules, text, 257, out, NULL));
	ck_assert(!phone_normalise(&rules, text, sizeof(text), out, NULL));
	memset(text, '1', sizeof(text));
	ck_assert(!phone_normalise(&rules, text, 256, out, NULL));
	memset(text, ';', sizeof(text));
	ck_assert(!phone_normalise(&rules, text, 256, out, NULL));
}
END_TEST

START_TEST(no_bytes_at_all_yield_more_than_e164)
{
	static const char letters[] = "0123456789+-.() ;=telTEL:phone-contextexisub%44,\xff";
	static const char *const codes[] = {NULL, "1", "7", "39", "44", "353", "378"};
	struct phone_rules rules;
	char text[24], out[PHONE_SIZE];
	uint32_t state = 20261120;
	int read = 0;

	for (int i = 0; i < 300000; i++) {
		size_t len = unit_random(&state, sizeof(text));

		for (size_t k = 0; k < len; k++)
			text[k] = letters[unit_random(
				&state, unit_random(&state, 4) != 0 ? 16 : sizeof(letters))];
		rules_for(&rules, codes[unit_random(&state, 7)]);
		if (!phone_normalise(&rules, text, len, out, NULL))
			continue;
		read++;
		ck_assert(out[0] == '+' && out[1] >= '1' && out[1] <= '9');
		ck_assert(strlen(out) >= 9 && strlen(out) <= 16);
		ck_assert(text_is_digits(out + 1, strlen(out + 1)));
	}
	ck_assert_int_gt(read, 1000);
}
END_TEST

START_TEST(country_codes_are_told_from_parts_of_numbers)
{
	static const char *const yes[] = {"1", "7", "20", "27", "30", "31", "32", "33", "34", "36",
		"39", "40", "41", "43", "44", "49", "51", "58", "60", "66", "81", "82", "84", "86",
		"90", "95", "98", "212", "225", "299", "350", "353", "358", "370", "378", "380",
		"420", "423", "500", "590", "670", "800", "850", "880", "960", "971", "998"};
	static const char *const no[] = {"", "0", "2", "3", "4", "8", "9", "10", "11", "21", "35",
		"37", "38", "42", "50", "59", "67", "80", "83", "85", "87", "88", "89", "96", "97",
		"99", "71", "123", "200", "270", "334", "442", "491", "819", "980", "2125", "4420",
		"+44", "4a", " 44"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ck_assert_msg(phone_is_country_code(yes[i], strlen(yes[i])), "%s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ck_assert_msg(!phone_is_country_code(no[i], strlen(no[i])), "%s", no[i]);
}
END_TEST

START_TEST(no_country_code_begins_another)
{
	char code[8];

	for (int n = 0; n < 1000; n++) {
		int found = 0;

		ck_assert_int_eq(snprintf(code, sizeof(code), "%03d", n), 3);
		for (size_t len = 1; len <= 3; len++)
			found += phone_is_country_code(code, len);
		ck_assert_int_eq(found, n >= 100);
	}
}
END_TEST

START_TEST(trunk_prefix_follows_the_country_code)
{
	ck_assert_str_eq(phone_default_trunk("1"), "1");
	ck_assert_str_eq(phone_default_trunk("7"), "8");
	ck_assert_str_eq(phone_default_trunk("39"), "");
	ck_assert_str_eq(phone_default_trunk("378"), "");
	ck_assert_str_eq(phone_default_trunk("44"), "0");
	ck_assert_str_eq(phone_default_trunk("390"), "0");
	ck_assert_str_eq(phone_default_trunk(""), "0");
}
END_TEST

START_TEST(prefixes_match_from_the_beginning)
{
	ck_assert(phone_has_prefix("+442079460958", "+44"));
	ck_assert(phone_has_prefix("+442079460958", "+1, +44"));
	ck_assert(phone_has_prefix("+442079460958", " +44 ,+1"));
	ck_assert(phone_has_prefix("+442079460958", "+442079460958"));
	ck_assert(phone_has_prefix("+442079460958", "+4"));
	ck_assert(!phone_has_prefix("+442079460958", ""));
	ck_assert(!phone_has_prefix("+442079460958", "+1,+49"));
	ck_assert(!phone_has_prefix("+442079460958", "44"));
	ck_assert(!phone_has_prefix("+442079460958", "+20"));
	ck_assert(!phone_has_prefix("+442079460958", "+4420794609581"));
	ck_assert(!phone_has_prefix("+442079460958", "+,,"));
	ck_assert(!phone_has_prefix("+442079460958", ","));
}
END_TEST

START_TEST(malformed_prefix_lists_are_found)
{
	static const char *const good[] = {"", "+1", "+1,+44", " +1 , +44 ", "+123456789012345"};
	static const char *const bad[] = {" ", ",", "+1,", ",+1", "+1,,+44", "1", "+", "+0", "+4 4",
		"+44x", "+1;+44", "+1 +44", "++1", "+1234567890123456"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_msg(phone_prefixes_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!phone_prefixes_valid(bad[i]), "%s", bad[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("phone");
	TCase *t = tcase_create("phone");
	int count = (int)(sizeof(numbers) / sizeof(numbers[0]));

	tcase_add_loop_test(t, number_is_read_or_refused, 0, count);
	tcase_add_loop_test(t, what_was_read_is_read_again_as_the_same, 0, count);
	tcase_add_test(t, nul_inside_a_number_is_refused);
	tcase_add_test(t, configured_trunk_prefix_replaces_the_default);
	tcase_add_test(t, text_without_end_is_refused);
	tcase_add_test(t, no_bytes_at_all_yield_more_than_e164);
	tcase_add_test(t, country_codes_are_told_from_parts_of_numbers);
	tcase_add_test(t, no_country_code_begins_another);
	tcase_add_test(t, trunk_prefix_follows_the_country_code);
	tcase_add_test(t, prefixes_match_from_the_beginning);
	tcase_add_test(t, malformed_prefix_lists_are_found);
	suite_add_tcase(s, t);
	return unit_run(s);
}
