/* Both sides of a span: every call is counted once, for what it is, and the sums balance. */
#include "sync/compare.h"
#include "unit/box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW    BOX_NOW
#define SECOND INT64_C(1000)
#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define MOST   64
#define ALL    128 /* of both sides */

static struct call rows[MOST];
static struct provider_call calls[MOST];
static struct recognised found[MOST];
static bool claimed[MOST];
static struct call_list row_list;
static struct lister listed;
static struct comparison k;
static struct compare_tally tally;
static struct compared told[ALL];
static size_t told_count;

static void setup(void)
{
	memset(found, 0, sizeof(found));
	memset(claimed, 0, sizeof(claimed));
	row_list = (struct call_list){rows, 0};
	listed = (struct lister){.provider = &provider_aircall, .calls = calls};
	k = (struct comparison){.provider = &provider_aircall,
		.rows = &row_list,
		.listed = &listed,
		.found = found,
		.claimed = claimed,
		.from_ms = NOW - DAY,
		.to_ms = NOW,
		.now_ms = NOW + DAY};
}

static void teardown(void)
{
	for (size_t i = 0; i < row_list.count; i++)
		call_release(&rows[i]);
}

/* Rows come in order of their ids, which begin with the second of their start. */
static struct call *row(int64_t start_ms, int64_t external_id, enum call_status status)
{
	struct call *c = &rows[row_list.count++];

	call_init(c);
	for (int i = 0; i < 4; i++)
		c->id.b[i] = (unsigned char)(start_ms / 1000 >> (24 - 8 * i));
	c->id.b[CALLID_BYTES - 1] = (unsigned char)row_list.count;
	ck_assert_int_eq(call_set_text(&c->user, "alice"), ERR_NONE);
	c->provider = PROVIDER_AIRCALL;
	c->provider_user_id = 456;
	c->provider_number_id = 1234;
	(void)snprintf(c->phone, sizeof(c->phone), "+15551234567");
	c->start_ms = c->asked_ms = start_ms;
	c->external_id = external_id;
	c->status = status;
	if (call_status_final(status) && status != CALL_LOST) {
		c->final_ms = c->figures_ms = start_ms + MINUTE;
		c->answer_ms = start_ms + 3 * SECOND;
		c->end_ms = start_ms + 20 * SECOND;
		c->duration_s = 20;
		c->talk_s = 17;
	}
	return c;
}

static struct provider_call *call(int64_t start_ms, int64_t id)
{
	struct provider_call *pc = &calls[listed.count++];

	*pc = (struct provider_call){.id = id,
		.outbound = true,
		.user_id = 456,
		.number_id = 1234,
		.digits = "15551234567",
		.word = "done",
		.has_status = true,
		.status = CALL_COMPLETED,
		.start_ms = start_ms,
		.answer_ms = start_ms + 3 * SECOND,
		.end_ms = start_ms + 20 * SECOND,
		.duration_s = 20,
		.talk_s = 17};
	return pc;
}

static void tell(void *arg, const struct compared *one)
{
	ck_assert_ptr_eq(arg, &told_count);
	ck_assert_uint_lt(told_count, ALL);
	told[told_count++] = *one;
}

static void compare(void)
{
	told_count = 0;
	lister_tidy(&listed);
	recognise_by_id(&row_list, &listed, found);
	recognise_by_our_id(&row_list, &listed, found);
	ck_assert_int_eq(compare_all(&k, &tally, tell, &told_count), ERR_NONE);
	int64_t sum = 0;
	for (int i = 0; i < COMPARE__MAX; i++)
		sum += tally.verdicts[i];
	ck_assert_int_eq(sum, (int64_t)told_count);
	ck_assert(compare_balances(&tally));
}

/* How many of each, in the order of the verdicts. */
static void assert_counts(int agree, int differ, int theirs, int legs, int ours, int not_comparable)
{
	const int want[COMPARE__MAX] = {[COMPARE_AGREES] = agree,
		[COMPARE_DIFFERS] = differ,
		[COMPARE_ONLY_THEIRS] = theirs,
		[COMPARE_LEG] = legs,
		[COMPARE_ONLY_OURS] = ours,
		[COMPARE_NOT_COMPARABLE] = not_comparable};

	for (int i = 0; i < COMPARE__MAX; i++)
		ck_assert_msg(tally.verdicts[i] == want[i], "%s: wanted %d, got %lld",
			compare_word((enum compare_verdict)i), want[i],
			(long long)tally.verdicts[i]);
}

/* --- pairs --- */

START_TEST(calls_of_both_sides_agree_or_differ)
{
	row(NOW - 5 * HOUR, 1, CALL_COMPLETED);
	row(NOW - 4 * HOUR, 2, CALL_COMPLETED);
	call(NOW - 5 * HOUR, 1);
	call(NOW - 4 * HOUR, 2)->duration_s = 21;
	compare();
	assert_counts(1, 1, 0, 0, 0, 0);
	ck_assert_int_eq(tally.theirs, 2);
	ck_assert_int_eq(tally.ours, 2);
	ck_assert_uint_eq(told[1].differences, COMPARE_DURATION);
}
END_TEST

START_TEST(each_difference_is_named)
{
	struct buf b;
	struct call *c = row(NOW - HOUR, 0, CALL_LOST);
	struct provider_call *pc = call(NOW - HOUR, 7);

	pc->has_call = true;
	pc->call = c->id;
	compare();
	assert_counts(0, 1, 0, 0, 0, 0);
	buf_init(&b, 100);
	compare_differences(told[0].differences, &b);
	ck_assert_str_eq(b.s, "id status answered ended duration talk");
	buf_release(&b);
}
END_TEST

START_TEST(a_second_more_or_less_is_no_difference_in_time)
{
	struct call *c = row(NOW - HOUR, 1, CALL_COMPLETED);
	struct provider_call *pc = call(NOW - HOUR, 1);

	pc->answer_ms -= SECOND;
	pc->end_ms += SECOND;
	compare();
	assert_counts(1, 0, 0, 0, 0, 0);
	pc->end_ms++;
	compare();
	ck_assert_uint_eq(told[0].differences, COMPARE_ENDED);
	pc->end_ms--;
	c->answer_ms = 0;
	compare();
	ck_assert_uint_eq(told[0].differences, COMPARE_ANSWERED);
}
END_TEST

START_TEST(a_call_that_still_runs_has_no_figures_to_differ)
{
	struct provider_call *pc = call(NOW - HOUR, 1);

	row(NOW - HOUR, 1, CALL_IN_PROGRESS);
	pc->status = CALL_IN_PROGRESS;
	pc->end_ms = 0;
	compare();
	assert_counts(1, 0, 0, 0, 0, 0);
	pc->status = CALL_RINGING;
	compare();
	ck_assert_uint_eq(told[0].differences, COMPARE_STATUS);
	pc->has_status = false;
	compare();
	assert_counts(1, 0, 0, 0, 0, 0);
}
END_TEST

/* Also where it should not be: it was refused, and the provider has it all the same. */
START_TEST(a_row_whose_call_is_listed_is_compared_whatever_it_says)
{
	struct call *c = row(NOW - HOUR, 0, CALL_FAILED);
	struct provider_call *pc = call(NOW - HOUR, 1);

	c->final_ms = 0;
	k.provider = &provider_dialpad;
	pc->has_call = true;
	pc->call = c->id;
	compare();
	ck_assert_int_eq(tally.verdicts[COMPARE_DIFFERS], 1);
	ck_assert((told[0].differences & COMPARE_STATUS) != 0);
}
END_TEST

START_TEST(further_legs_are_not_taken_for_calls)
{
	struct call *c = row(NOW - HOUR, 1, CALL_COMPLETED);
	struct provider_call *leg = call(NOW - HOUR, 2);

	call(NOW - HOUR, 1);
	leg->has_call = true;
	leg->call = c->id;
	compare();
	assert_counts(1, 0, 0, 1, 0, 0);
	ck_assert_int_eq(tally.theirs, 2);
	ck_assert_int_eq(tally.ours, 1);
}
END_TEST

START_TEST(one_call_is_never_two_of_ours)
{
	struct call *second;
	struct provider_call *pc = call(NOW - HOUR, 1);

	row(NOW - HOUR, 1, CALL_COMPLETED);
	second = row(NOW - HOUR + SECOND, 0, CALL_LOST);
	pc->has_call = true;
	pc->call = second->id;
	compare();
	assert_counts(1, 0, 0, 0, 1, 0);
}
END_TEST

/* --- one side alone --- */

START_TEST(calls_of_one_side_are_told_apart)
{
	row(NOW - 2 * HOUR, 1, CALL_COMPLETED);
	row(NOW - HOUR, 0, CALL_LOST);
	call(NOW - HOUR, 2);
	call(NOW - HOUR, 3)->outbound = false;
	compare();
	assert_counts(0, 0, 1, 0, 2, 0);
	ck_assert_int_eq(tally.inbound, 1);
	ck_assert_int_eq(tally.outbound, 1);
	ck_assert_ptr_null(told[2].ours);
	ck_assert_int_eq(told[2].theirs->id, 2);
}
END_TEST

static const struct {
	enum call_status status;
	bool by_us;
	int64_t age_ms;
	bool ended_only;
	const char *why;
} reasons[] = {
	{CALL_HANDED_OFF, true, 2 * DAY, false, "handed-off"},
	{CALL_FAILED, true, 2 * DAY, false, "refused"},
	{CALL_FAILED, false, 2 * DAY, false, NULL},
	{CALL_QUEUED, false, 2 * DAY, false, "being-placed"},
	{CALL_COMPLETED, false, 181 * DAY, false, "too-old"},
	{CALL_COMPLETED, false, 179 * DAY, false, NULL},
	{CALL_LOST, false, 2 * DAY, false, NULL},
	{CALL_UNCONFIRMED, false, 2 * DAY, false, NULL},
	{CALL_IN_PROGRESS, false, 2 * DAY, true, "not-ended"},
	{CALL_IN_PROGRESS, false, 139 * SECOND, false, "too-young"},
	{CALL_IN_PROGRESS, false, 140 * SECOND, false, NULL},
	{CALL_COMPLETED, false, MINUTE, false, NULL},
};

START_TEST(what_cannot_be_listed_is_not_missed)
{
	struct call *c = row(NOW - reasons[_i].age_ms, 0, reasons[_i].status);

	if (reasons[_i].by_us)
		c->final_ms = 0;
	k.from_ms = 1;
	k.to_ms = k.now_ms = NOW;
	k.provider = reasons[_i].ended_only ? &provider_dialpad : &provider_aircall;
	compare();
	ck_assert_int_eq(tally.ours, 1);
	if (reasons[_i].why == NULL) {
		ck_assert_int_eq(told[0].verdict, COMPARE_ONLY_OURS);
		ck_assert_ptr_null(told[0].why);
	} else {
		ck_assert_int_eq(told[0].verdict, COMPARE_NOT_COMPARABLE);
		ck_assert_str_eq(told[0].why, reasons[_i].why);
	}
}
END_TEST

/* --- the borders of the span --- */

START_TEST(the_span_is_half_open_and_a_pair_is_where_its_row_is)
{
	row(k.from_ms - 1, 1, CALL_COMPLETED); /* its call began within */
	row(k.from_ms, 2, CALL_COMPLETED);
	row(k.to_ms - 1, 3, CALL_COMPLETED); /* its call began behind */
	row(k.to_ms, 4, CALL_COMPLETED);
	call(k.from_ms + 5, 1)->answer_ms = 0;
	call(k.from_ms, 2);
	call(k.to_ms + SECOND, 3);
	call(k.to_ms, 4);
	call(k.from_ms - 1, 5);
	call(k.from_ms, 6);
	call(k.to_ms - 1, 7);
	call(k.to_ms, 8);
	for (size_t i = 0; i < listed.count; i++)
		calls[i].end_ms = calls[i].start_ms + 20 * SECOND;
	compare();
	ck_assert_int_eq(tally.ours, 2);
	ck_assert_int_eq(tally.theirs, 4);
	ck_assert_int_eq(tally.verdicts[COMPARE_ONLY_THEIRS], 2);
	ck_assert_int_eq(tally.verdicts[COMPARE_AGREES] + tally.verdicts[COMPARE_DIFFERS], 2);
	ck_assert_int_eq(tally.outside, 4);
}
END_TEST

START_TEST(what_another_row_claimed_is_of_no_interest)
{
	call(NOW - HOUR, 1);
	call(NOW - HOUR, 2);
	claimed[1] = true;
	compare();
	assert_counts(0, 0, 1, 0, 0, 0);
	ck_assert_int_eq(told[0].theirs->id, 1);
	ck_assert_int_eq(tally.outside, 1);
}
END_TEST

START_TEST(one_users_calls_are_his_on_both_sides)
{
	struct call *other = row(NOW - 2 * HOUR, 1, CALL_COMPLETED);

	ck_assert_int_eq(call_set_text(&other->user, "bob"), ERR_NONE);
	row(NOW - HOUR, 2, CALL_COMPLETED);
	call(NOW - 2 * HOUR, 1);
	call(NOW - HOUR, 2);
	call(NOW - HOUR, 3);
	call(NOW - HOUR, 4)->user_id = 457;
	k.user = "alice";
	k.provider_user_id = 456;
	compare();
	assert_counts(1, 0, 1, 0, 0, 0);
	ck_assert_int_eq(told[1].theirs->id, 3);
	k.provider_user_id = 0;
	compare();
	assert_counts(1, 0, 0, 0, 0, 0);
}
END_TEST

/* --- recognising --- */

START_TEST(lost_calls_are_recognised_by_what_was_dialled)
{
	struct box box;
	struct call *refused;

	box_make(&box);
	row(NOW - 3 * HOUR, 0, CALL_LOST);
	refused = row(NOW - 2 * HOUR, 0, CALL_FAILED);
	refused->final_ms = 0;
	row(NOW - HOUR, 0, CALL_UNCONFIRMED);
	call(NOW - 3 * HOUR + SECOND, 1);
	call(NOW - 2 * HOUR + SECOND, 2); /* dialled by hand after the refusal */
	call(NOW - HOUR + 200 * SECOND, 3);
	ck_assert_int_eq(compare_pair(box.s, &k), ERR_NONE);
	ck_assert_ptr_eq(found[0].call, &calls[0]);
	ck_assert_ptr_null(found[1].call);
	ck_assert_ptr_null(found[2].call);
	told_count = 0;
	ck_assert_int_eq(compare_all(&k, &tally, tell, &told_count), ERR_NONE);
	assert_counts(0, 1, 2, 0, 1, 1);
	ck_assert(compare_balances(&tally));
	box_remove(&box);
}
END_TEST

START_TEST(sums_that_do_not_balance_are_noticed)
{
	row(NOW - HOUR, 1, CALL_COMPLETED);
	call(NOW - HOUR, 1);
	compare();
	tally.ours++;
	ck_assert(!compare_balances(&tally));
	tally.ours--;
	tally.theirs--;
	ck_assert(!compare_balances(&tally));
	tally.theirs++;
	tally.outbound++;
	ck_assert(!compare_balances(&tally));
}
END_TEST

/* Whatever stands on both sides, each call is counted once. */
START_TEST(sums_balance_for_any_two_sides)
{
	struct dice dice = {(uint64_t)_i + 1};

	for (size_t i = 0; i < 40; i++) {
		int64_t start = NOW - DAY - HOUR + (int64_t)i * 40 * MINUTE;
		uint64_t kind = dice_below(&dice, 6);

		if (kind != 0) {
			struct call *c = row(start, kind < 4 ? (int64_t)i + 1 : 0,
				(enum call_status)dice_below(&dice, CALL_STATUS__MAX));

			if (dice_below(&dice, 4) == 0)
				c->final_ms = 0;
		}
		if (dice_below(&dice, 4) != 0) {
			struct provider_call *pc = call(
				start + (int64_t)dice_below(&dice, 100) * SECOND, (int64_t)i + 1);

			pc->outbound = dice_below(&dice, 5) != 0;
			pc->has_call = row_list.count > 0 && dice_below(&dice, 3) == 0;
			if (pc->has_call)
				pc->call = rows[dice_below(&dice, row_list.count)].id;
			claimed[listed.count - 1] = dice_below(&dice, 8) == 0;
		}
	}
	k.user = dice_below(&dice, 2) != 0 ? "alice" : NULL;
	compare();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("compare");
	TCase *t = tcase_create("compare");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, calls_of_both_sides_agree_or_differ);
	tcase_add_test(t, each_difference_is_named);
	tcase_add_test(t, a_second_more_or_less_is_no_difference_in_time);
	tcase_add_test(t, a_call_that_still_runs_has_no_figures_to_differ);
	tcase_add_test(t, a_row_whose_call_is_listed_is_compared_whatever_it_says);
	tcase_add_test(t, further_legs_are_not_taken_for_calls);
	tcase_add_test(t, one_call_is_never_two_of_ours);
	tcase_add_test(t, calls_of_one_side_are_told_apart);
	tcase_add_loop_test(t, what_cannot_be_listed_is_not_missed, 0,
		(int)(sizeof(reasons) / sizeof(reasons[0])));
	tcase_add_test(t, the_span_is_half_open_and_a_pair_is_where_its_row_is);
	tcase_add_test(t, what_another_row_claimed_is_of_no_interest);
	tcase_add_test(t, one_users_calls_are_his_on_both_sides);
	tcase_add_test(t, lost_calls_are_recognised_by_what_was_dialled);
	tcase_add_test(t, sums_that_do_not_balance_are_noticed);
	tcase_add_loop_test(t, sums_balance_for_any_two_sides, 0, 100);
	suite_add_tcase(s, t);
	return unit_run(s);
}
