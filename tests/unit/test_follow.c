#include "call/follow.h"
#include <check.h>
#include <stdlib.h>

#define START   INT64_C(1790603050123)
#define MINUTES (INT64_C(60) * 1000)

static struct call row(enum call_status status)
{
	struct call c;

	call_init(&c);
	c.start_ms = START;
	c.status = status;
	c.provider = PROVIDER_AIRCALL;
	return c;
}

static struct call ended(enum call_status status)
{
	struct call c = row(status);

	c.external_id = 7;
	c.end_ms = START + 5 * MINUTES;
	c.final_ms = c.end_ms + 30000;
	c.figures_ms = c.final_ms;
	return c;
}

START_TEST(new_call_is_looked_at_in_every_run_for_ten_minutes)
{
	for (int s = CALL_QUEUED; s < CALL_COMPLETED; s++) {
		struct call c = row((enum call_status)s);

		ck_assert_int_le(follow_next_look(&c, START), START);
		ck_assert_int_ne(follow_next_look(&c, START), 0);
		ck_assert_int_le(follow_next_look(&c, START + 10 * MINUTES - 1), START);
	}
}
END_TEST

START_TEST(call_not_found_is_looked_at_at_doubling_intervals)
{
	static const struct {
		int64_t now, next;
	} looks[] = {
		{10 * MINUTES, 20 * MINUTES},
		{20 * MINUTES - 1, 20 * MINUTES},
		{20 * MINUTES, 40 * MINUTES},
		{40 * MINUTES, 80 * MINUTES},
		{INT64_C(24) * 60 * MINUTES, 2560 * MINUTES},
	};
	struct call c = row(CALL_UNCONFIRMED);

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		ck_assert_int_eq(follow_next_look(&c, START + looks[i].now), START + looks[i].next);
}
END_TEST

START_TEST(call_that_would_not_be_listed_while_it_lasts_is_looked_for_longer)
{
	static const enum provider_id providers[] = {PROVIDER_DIALPAD, PROVIDER_CTI};
	struct call c = row(CALL_INITIATED);

	c.provider = providers[_i];
	ck_assert_int_le(follow_next_look(&c, START + 4 * 60 * MINUTES - 1), START);
	ck_assert_int_eq(follow_next_look(&c, START + 4 * 60 * MINUTES), START + 5 * 64 * MINUTES);
}
END_TEST

START_TEST(found_call_is_looked_at_in_every_run_however_old)
{
	struct call c = row(CALL_IN_PROGRESS);

	c.external_id = INT64_C(4294967301);
	ck_assert_int_le(follow_next_look(&c, START + INT64_C(24) * 60 * MINUTES),
		START + INT64_C(24) * 60 * MINUTES);
	ck_assert_int_ne(follow_next_look(&c, START + INT64_C(24) * 60 * MINUTES), 0);
}
END_TEST

START_TEST(absurd_times_end)
{
	struct call c = row(CALL_UNCONFIRMED);

	ck_assert_int_eq(follow_next_look(&c, INT64_MAX), 0);
	c.start_ms = 0;
	ck_assert_int_eq(follow_next_look(&c, INT64_MAX), 0);
}
END_TEST

START_TEST(ended_aircall_call_is_read_once_more_for_corrections)
{
	static const enum call_status finals[] = {CALL_COMPLETED, CALL_NO_ANSWER};

	for (size_t i = 0; i < sizeof(finals) / sizeof(finals[0]); i++) {
		struct call c = ended(finals[i]);
		int64_t due = c.end_ms + 20 * MINUTES;

		ck_assert_int_eq(follow_next_look(&c, c.final_ms), due);
		ck_assert_int_eq(follow_next_look(&c, due), due);
		ck_assert_int_eq(follow_next_look(&c, c.end_ms + 60 * MINUTES), due);
		c.figures_ms = due;
		ck_assert_int_eq(follow_next_look(&c, due), 0);
	}
}
END_TEST

START_TEST(figures_of_just_before_are_read_again)
{
	struct call c = ended(CALL_COMPLETED);

	c.figures_ms = c.end_ms + 20 * MINUTES - 1;
	ck_assert_int_eq(follow_next_look(&c, c.figures_ms), c.end_ms + 20 * MINUTES);
}
END_TEST

START_TEST(corrections_are_given_up_after_an_hour)
{
	struct call c = ended(CALL_COMPLETED);

	ck_assert_int_eq(follow_next_look(&c, c.end_ms + 60 * MINUTES + 1), 0);
}
END_TEST

START_TEST(without_an_end_corrections_count_from_the_statement)
{
	struct call c = ended(CALL_COMPLETED);

	c.end_ms = 0;
	c.figures_ms = 0;
	ck_assert_int_eq(follow_next_look(&c, c.final_ms), c.final_ms + 20 * MINUTES);
}
END_TEST

START_TEST(other_ended_calls_are_never_looked_at)
{
	struct call dialpad = ended(CALL_COMPLETED), lost = row(CALL_LOST);
	struct call refused = row(CALL_FAILED), handed = row(CALL_HANDED_OFF);

	dialpad.provider = PROVIDER_DIALPAD;
	lost.final_ms = 0;
	ck_assert_int_eq(follow_next_look(&dialpad, dialpad.final_ms), 0);
	ck_assert_int_eq(follow_next_look(&lost, START + MINUTES), 0);
	ck_assert_int_eq(follow_next_look(&refused, START + MINUTES), 0);
	ck_assert_int_eq(follow_next_look(&handed, START + MINUTES), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("follow");
	TCase *t = tcase_create("follow");
	SRunner *r;
	int failed;

	tcase_add_test(t, new_call_is_looked_at_in_every_run_for_ten_minutes);
	tcase_add_test(t, call_not_found_is_looked_at_at_doubling_intervals);
	tcase_add_loop_test(
		t, call_that_would_not_be_listed_while_it_lasts_is_looked_for_longer, 0, 2);
	tcase_add_test(t, found_call_is_looked_at_in_every_run_however_old);
	tcase_add_test(t, absurd_times_end);
	tcase_add_test(t, ended_aircall_call_is_read_once_more_for_corrections);
	tcase_add_test(t, figures_of_just_before_are_read_again);
	tcase_add_test(t, corrections_are_given_up_after_an_hour);
	tcase_add_test(t, without_an_end_corrections_count_from_the_statement);
	tcase_add_test(t, other_ended_calls_are_never_looked_at);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
