/* lib/sync/window: few spans cover all calls looked for. */
#include "sync/window.h"

#include <check.h>
#include <stdlib.h>

#define MIN INT64_C(60000)

START_TEST(touching_and_near_windows_are_joined)
{
	struct window w[] = {{20 * MIN, 22 * MIN, 0}, {0, 2 * MIN, 0}, {1 * MIN, 3 * MIN, 0},
		{12 * MIN, 14 * MIN, 0}, {40 * MIN, 42 * MIN, 0}};
	size_t n = window_join(w, 5);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(w[0].from_ms, 0);
	ck_assert_int_eq(w[0].to_ms, 22 * MIN);
	ck_assert_int_eq(w[1].from_ms, 40 * MIN);
}
END_TEST

START_TEST(a_window_inside_another_does_not_shorten_it)
{
	struct window w[] = {{0, 50 * MIN, 0}, {1 * MIN, 2 * MIN, 0}};
	ck_assert_uint_eq(window_join(w, 2), 1);
	ck_assert_int_eq(w[0].to_ms, 50 * MIN);
	ck_assert_uint_eq(window_join(w, 0), 0);
}
END_TEST

START_TEST(only_a_window_that_holds_all_of_a_span_is_found)
{
	struct window w[] = {{0, 2 * MIN, 0}, {30 * MIN, 40 * MIN, 0}};
	ck_assert_ptr_eq(window_holding(w, 2, 0, 2 * MIN), &w[0]);
	ck_assert_ptr_eq(window_holding(w, 2, 31 * MIN, 40 * MIN), &w[1]);
	ck_assert_ptr_null(window_holding(w, 2, 1 * MIN, 3 * MIN));
	ck_assert_ptr_null(window_holding(w, 2, 29 * MIN, 31 * MIN));
	ck_assert_ptr_null(window_holding(w, 2, 41 * MIN, 42 * MIN));
	ck_assert_ptr_null(window_holding(w, 0, 0, 0));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("window");
	TCase *tc = tcase_create("window");
	tcase_add_test(tc, touching_and_near_windows_are_joined);
	tcase_add_test(tc, a_window_inside_another_does_not_shorten_it);
	tcase_add_test(tc, only_a_window_that_holds_all_of_a_span_is_found);
	suite_add_tcase(s, tc);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
