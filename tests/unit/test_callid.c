#include "base/callid.h"
#include "base/random.h"
#include "unit/unit.h"
#include <string.h>

START_TEST(id_begins_with_seconds_and_milliseconds)
{
	struct callid id;
	char text[CALLID_SIZE];

	ck_assert_int_eq(callid_make(INT64_C(1684154096789), &id), ERR_NONE);
	callid_format(&id, text);
	ck_assert_uint_eq(strlen(text), 24);
	ck_assert_mem_eq(text, "646226f00315", 12);
	ck_assert_uint_eq(strspn(text, "0123456789abcdef"), 24);
}
END_TEST

START_TEST(later_ids_sort_behind_earlier_ones)
{
	char before[CALLID_SIZE] = "", text[CALLID_SIZE];
	struct callid id;

	for (int64_t ms = 1684154096789; ms < 1684154096789 + 5000; ms++) {
		ck_assert_int_eq(callid_make(ms, &id), ERR_NONE);
		callid_format(&id, text);
		ck_assert_str_lt(before, text);
		memcpy(before, text, sizeof(text));
	}
}
END_TEST

START_TEST(ids_of_the_same_millisecond_differ)
{
	struct callid a, b;

	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(callid_make(1, &a), ERR_NONE);
		ck_assert_int_eq(callid_make(1, &b), ERR_NONE);
		ck_assert(!callid_equal(&a, &b));
	}
}
END_TEST

START_TEST(times_that_do_not_fit_are_refused)
{
	struct callid id;

	ck_assert_int_eq(callid_make(-1, &id), ERR_INVALID);
	ck_assert_int_eq(callid_make(INT64_MIN, &id), ERR_INVALID);
	ck_assert_int_eq(callid_make(INT64_C(4294967295999), &id), ERR_NONE);
	ck_assert_int_eq(callid_make(INT64_C(4294967296000), &id), ERR_INVALID);
}
END_TEST

START_TEST(written_ids_are_read_back)
{
	struct callid a, b;
	char text[CALLID_SIZE];

	ck_assert_int_eq(callid_make(INT64_C(1684154096789), &a), ERR_NONE);
	callid_format(&a, text);
	ck_assert(callid_parse(text, 24, &b));
	ck_assert(callid_equal(&a, &b));
}
END_TEST

static const char *const bad[] = {
	"",
	"646226f00315000000000000a",
	"646226f0031500000000000",
	"646226F00315000000000000",
	"646226f0031500000000000g",
	"646226f0031500000000000 ",
	" 46226f00315000000000000",
	"0x6226f00315000000000000",
	"646226f003150000000000\r\n",
	"646226f003150000000000%0",
	"../../../../../etc/passw",
	"\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11",
};

START_TEST(what_is_no_id_is_refused)
{
	struct callid id, before;

	memset(&id, 0x5a, sizeof(id));
	before = id;
	ck_assert(!callid_parse(bad[_i], strlen(bad[_i]), &id));
	ck_assert(callid_equal(&id, &before));
}
END_TEST

START_TEST(nul_inside_an_id_is_refused)
{
	struct callid id;

	ck_assert(!callid_parse("646226f0031500\0000000000000", 24, &id));
}
END_TEST

START_TEST(random_bytes_fill_all_and_nothing_more)
{
	unsigned char a[1001], b[1000];

	memset(a, 0, sizeof(a));
	ck_assert_int_eq(random_bytes(a, 1000), ERR_NONE);
	ck_assert_int_eq(random_bytes(b, sizeof(b)), ERR_NONE);
	ck_assert_mem_ne(a, b, 1000);
	ck_assert_int_eq(a[1000], 0);
	ck_assert_mem_ne(a + 984, (unsigned char[16]){0}, 16);
	ck_assert_int_eq(random_bytes(a, 0), ERR_NONE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("callid");
	TCase *t = tcase_create("callid");

	tcase_add_test(t, id_begins_with_seconds_and_milliseconds);
	tcase_add_test(t, later_ids_sort_behind_earlier_ones);
	tcase_add_test(t, ids_of_the_same_millisecond_differ);
	tcase_add_test(t, times_that_do_not_fit_are_refused);
	tcase_add_test(t, written_ids_are_read_back);
	tcase_add_loop_test(t, what_is_no_id_is_refused, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, nul_inside_an_id_is_refused);
	tcase_add_test(t, random_bytes_fill_all_and_nothing_more);
	suite_add_tcase(s, t);
	return unit_run(s);
}
