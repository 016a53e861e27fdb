/* How much is done in one stay at the gate. */
#include "store/pace.h"
#include "unit/unit.h"

static void turn_of_ms(struct pace *p, int64_t ms)
{
	pace_begin(p);
	p->begin_ms -= ms;
	pace_end(p);
}

START_TEST(long_turns_become_shorter_and_short_ones_longer)
{
	struct pace p = pace_of(1000);

	turn_of_ms(&p, 0);
	ck_assert_uint_eq(p.rows, 1000);
	turn_of_ms(&p, PACE_MS + 50);
	ck_assert_uint_eq(p.rows, 500);
	turn_of_ms(&p, PACE_MS / 2);
	ck_assert_uint_eq(p.rows, 500);
	for (int i = 0; i < 20; i++)
		turn_of_ms(&p, 5000);
	ck_assert_uint_eq(p.rows, 10);
	for (int i = 0; i < 20; i++)
		turn_of_ms(&p, 0);
	ck_assert_uint_eq(p.rows, 1000);
}
END_TEST

START_TEST(the_work_of_a_turn_has_an_end)
{
	struct pace p = pace_of(10);

	pace_begin(&p);
	ck_assert(!pace_is_over(&p));
	p.begin_ms -= PACE_MS;
	ck_assert(pace_is_over(&p));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pace");
	TCase *t = tcase_create("pace");

	tcase_add_test(t, long_turns_become_shorter_and_short_ones_longer);
	tcase_add_test(t, the_work_of_a_turn_has_an_end);
	suite_add_tcase(s, t);
	return unit_run(s);
}
