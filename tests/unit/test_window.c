/* lib/sync/window: few spans cover all calls looked for. */
#include "sync/window.h"

#include <check.h>
#include <stdlib.h>

#define MIN INT64_C(60000)

START_TEST(touching_windows_are_joined)
{
	struct window w[] = {{.from_ms = 20 * MIN, .to_ms = 22 * MIN}, {.to_ms = 2 * MIN},
		{.from_ms = 1 * MIN, .to_ms = 3 * MIN}, {.from_ms = 3 * MIN, .to_ms = 14 * MIN},
		{.from_ms = 14 * MIN + 1, .to_ms = 15 * MIN}};
	size_t n = window_join(w, 5);
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(w[0].from_ms, 0);
	ck_assert_int_eq(w[0].to_ms, 14 * MIN);
	ck_assert_int_eq(w[1].from_ms, 14 * MIN + 1);
	ck_assert_int_eq(w[2].from_ms, 20 * MIN);
}
END_TEST

START_TEST(a_window_inside_another_does_not_shorten_it)
{
	struct window w[] = {{.to_ms = 50 * MIN}, {.from_ms = 1 * MIN, .to_ms = 2 * MIN}};
	ck_assert_uint_eq(window_join(w, 2), 1);
	ck_assert_int_eq(w[0].to_ms, 50 * MIN);
	ck_assert_uint_eq(window_join(w, 0), 0);
}
END_TEST

START_TEST(only_a_window_that_holds_all_of_a_span_is_found)
{
	struct window w[] = {{.to_ms = 2 * MIN}, {.from_ms = 30 * MIN, .to_ms = 40 * MIN}};
	ck_assert_ptr_eq(window_holding(w, 2, 0, 2 * MIN), &w[0]);
	ck_assert_ptr_eq(window_holding(w, 2, 31 * MIN, 40 * MIN), &w[1]);
	ck_assert_ptr_null(window_holding(w, 2, 1 * MIN, 3 * MIN));
	ck_assert_ptr_null(window_holding(w, 2, 29 * MIN, 31 * MIN));
	ck_assert_ptr_null(window_holding(w, 2, 41 * MIN, 42 * MIN));
	ck_assert_ptr_null(window_holding(w, 0, 0, 0));
}
END_TEST

START_TEST(only_what_was_listed_counts)
{
	struct window w = {.from_ms = 10 * MIN, .to_ms = 20 * MIN};
	ck_assert(!window_listed(&w, 11 * MIN, 12 * MIN));
	w.listed_from_ms = 12 * MIN;
	w.listed_to_ms = 15 * MIN;
	ck_assert(window_listed(&w, 12 * MIN, 15 * MIN));
	ck_assert(!window_listed(&w, 12 * MIN - 1, 15 * MIN));
	ck_assert(!window_listed(&w, 12 * MIN, 15 * MIN + 1));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("window");
	TCase *tc = tcase_create("window");
	tcase_add_test(tc, touching_windows_are_joined);
	tcase_add_test(tc, a_window_inside_another_does_not_shorten_it);
	tcase_add_test(tc, only_a_window_that_holds_all_of_a_span_is_found);
	tcase_add_test(tc, only_what_was_listed_counts);
	suite_add_tcase(s, tc);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
