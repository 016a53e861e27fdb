/* lib/sync/turns: whose turn it is. */
#include "sync/turns.h"

#include <check.h>
#include <stdlib.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define NOW    INT64_C(1790603050000)
#define MANY   200

static struct call calls[MANY];
static size_t order[MANY];

/* Of that age, asked about so long ago. */
static void call_at(size_t i, int64_t age, int64_t waited)
{
	call_init(&calls[i]);
	calls[i].start_ms = NOW - age;
	calls[i].look_ms = NOW - waited;
}

static void sort(size_t count)
{
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	turns_sort(calls, order, count, NOW);
}

START_TEST(fresh_calls_come_first)
{
	call_at(0, HOUR, MINUTE);
	call_at(1, MINUTE, MINUTE);
	call_at(2, 20 * MINUTE, MINUTE);
	sort(3);
	ck_assert_uint_eq(order[0], 1);
	ck_assert_uint_eq(order[1], 2);
	ck_assert_uint_eq(order[2], 0);
}
END_TEST

START_TEST(of_two_that_waited_alike_the_later_one_comes_first)
{
	call_at(0, 5 * MINUTE, MINUTE);
	call_at(1, 2 * MINUTE, MINUTE);
	sort(2);
	ck_assert_uint_eq(order[0], 1);
}
END_TEST

START_TEST(who_waited_long_for_his_age_goes_before_fresh_ones)
{
	call_at(0, MINUTE, MINUTE);
	call_at(1, HOUR, 21 * MINUTE);
	sort(2);
	ck_assert_uint_eq(order[0], 1);
}
END_TEST

START_TEST(hostile_times_do_no_harm)
{
	call_at(0, -HOUR, -HOUR); /* of the future */
	call_at(1, NOW, NOW);     /* of 1970 */
	call_at(2, MINUTE, MINUTE);
	sort(3);
	ck_assert_uint_eq(order[0], 1);
	ck_assert_uint_eq(order[2], 0);
	sort(0);
	sort(1);
}
END_TEST

/* Ten turns a minute, of which new calls need six, and many long ones: every call has its turn again and
 * again, and a new one within two minutes. */
START_TEST(long_calls_starve_neither_fresh_ones_nor_each_other)
{
	enum { LONG = 100, MINUTES = 240, TURNS = 10, FRESH = 3, LIFE = 2 };
	int64_t last[MANY], longest = 0;
	for (size_t i = 0; i < LONG; i++) {
		call_at(i, HOUR, MINUTE);
		last[i] = NOW;
	}
	size_t count = LONG;
	for (int64_t now = NOW; now < NOW + MINUTES * MINUTE; now += MINUTE) {
		/* Short ones end when they have been looked at twice. */
		size_t kept = LONG;
		for (size_t i = LONG; i < count; i++) {
			ck_assert_int_ge(calls[i].look_ms, now - 3 * MINUTE);
			if (calls[i].duration_s < LIFE)
				calls[kept++] = calls[i];
		}
		count = kept;
		for (int i = 0; i < FRESH && count < MANY; i++) {
			call_init(&calls[count]);
			calls[count].start_ms = calls[count].look_ms = now - 30 * SECOND;
			calls[count++].duration_s = 0;
		}
		for (size_t i = 0; i < count; i++)
			order[i] = i;
		turns_sort(calls, order, count, now);
		for (size_t i = 0; i < TURNS && i < count; i++) {
			struct call *c = &calls[order[i]];
			c->look_ms = now;
			c->duration_s++;
			if (order[i] < LONG) {
				int64_t waited = now - last[order[i]];
				longest = waited > longest ? waited : longest;
				last[order[i]] = now;
			}
		}
	}
	for (size_t i = 0; i < LONG; i++)
		ck_assert_int_gt(last[i], NOW + (MINUTES - 180) * MINUTE);
	ck_assert_int_lt(longest, 180 * MINUTE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("turns");
	TCase *tc = tcase_create("turns");
	tcase_add_test(tc, fresh_calls_come_first);
	tcase_add_test(tc, of_two_that_waited_alike_the_later_one_comes_first);
	tcase_add_test(tc, who_waited_long_for_his_age_goes_before_fresh_ones);
	tcase_add_test(tc, hostile_times_do_no_harm);
	tcase_add_test(tc, long_calls_starve_neither_fresh_ones_nor_each_other);
	suite_add_tcase(s, tc);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
