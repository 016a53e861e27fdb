/* What the limits count, second by second, without a file. */
#include "limit/record.h"
#include "unit/unit.h"
#include <stdlib.h>
#include <string.h>

#define T0       INT64_C(7200500) /* milliseconds since the start of the machine */
#define TAKEN_AT 200000
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct record record;

static void setup(void)
{
	record_init(&record, T0);
}

static int64_t take_at(int64_t now_ms, enum limit what, int64_t per_minute)
{
	int64_t wait;

	record_advance(&record, now_ms);
	wait = record_wait(&record, what, per_minute);
	if (wait == 0)
		record_count(&record, what);
	return wait;
}

START_TEST(limit_is_exact_at_once)
{
	for (int i = 0; i < 7; i++)
		ck_assert_int_eq(take_at(T0, LIMIT_AIRCALL, 7), 0);
	ck_assert_int_gt(take_at(T0, LIMIT_AIRCALL, 7), 0);
	ck_assert_int_eq(record_sent(&record, LIMIT_AIRCALL), 7);
	/* Raised and lowered settings. */
	ck_assert_int_eq(take_at(T0, LIMIT_AIRCALL, 8), 0);
	ck_assert_int_gt(take_at(T0, LIMIT_AIRCALL, 1), 0);
	ck_assert_int_eq(take_at(T0, LIMIT_AIRCALL, 0), 0);
}
END_TEST

START_TEST(wait_is_the_time_until_the_oldest_is_forgotten)
{
	int64_t wait;

	ck_assert_int_eq(take_at(T0, LIMIT_AIRCALL, 2), 0);
	ck_assert_int_eq(take_at(T0 + 10000, LIMIT_AIRCALL, 2), 0);
	wait = take_at(T0 + 20000, LIMIT_AIRCALL, 2);
	ck_assert_int_eq(wait, RECORD_MINUTE - 20000 - T0 % 1000);
	ck_assert_int_eq(take_at(T0 + 20000 + wait - 1, LIMIT_AIRCALL, 2), 1);
	ck_assert_int_eq(take_at(T0 + 20000 + wait, LIMIT_AIRCALL, 2), 0);
	/* With two more than are allowed, two must be forgotten. */
	record_count(&record, LIMIT_AIRCALL);
	ck_assert_int_eq(record_wait(&record, LIMIT_AIRCALL, 2), RECORD_MINUTE);
	ck_assert_int_eq(record_wait(&record, LIMIT_AIRCALL, 1), RECORD_MINUTE);
	ck_assert_int_eq(record_wait(&record, LIMIT_AIRCALL, 3), 10000);
}
END_TEST

START_TEST(limits_do_not_touch_each_other)
{
	while (take_at(T0, LIMIT_DIALPAD_CALL, 10) == 0)
		;
	ck_assert_int_eq(record_sent(&record, LIMIT_DIALPAD_CALL), 10);
	ck_assert_int_eq(take_at(T0, LIMIT_DIALPAD_LIST, 1200), 0);
	ck_assert_int_eq(take_at(T0, LIMIT_AIRCALL, 1), 0);
	record_block(&record, LIMIT_DIALPAD_LIST, 5000);
	ck_assert_int_eq(take_at(T0, LIMIT_DIALPAD_WEBHOOKS, 100), 0);
	ck_assert_int_eq(take_at(T0, LIMIT_DIALPAD_LIST, 1200), 5000);
}
END_TEST

START_TEST(all_of_dialpad_counts_by_the_second)
{
	static const enum limit kinds[] = {LIMIT_DIALPAD_PLACE, LIMIT_DIALPAD_CALL,
		LIMIT_DIALPAD_LIST, LIMIT_DIALPAD_WEBHOOKS, LIMIT_DIALPAD_OTHER};

	for (int i = 0; i < RECORD_BURST; i++)
		ck_assert_int_eq(take_at(T0 + i, kinds[i % COUNT(kinds)], 0), 0);
	for (int i = 0; i < COUNT(kinds); i++)
		ck_assert_int_eq(take_at(T0 + 100, kinds[i], 0), RECORD_BURST_MS - 100);
	ck_assert_int_eq(take_at(T0 + 100, LIMIT_AIRCALL, 0), 0);
	ck_assert_int_eq(take_at(T0 + RECORD_BURST_MS, LIMIT_DIALPAD_LIST, 0), 0);
	ck_assert_int_eq(take_at(T0 + RECORD_BURST_MS, LIMIT_DIALPAD_LIST, 0), 1);
	/* A click goes in any case, and the next one waits for it, too. */
	record_count(&record, LIMIT_DIALPAD_PLACE);
	ck_assert_int_eq(take_at(T0 + RECORD_BURST_MS, LIMIT_DIALPAD_LIST, 0), 2);
}
END_TEST

START_TEST(clicks_go_beyond_and_count)
{
	for (int i = 0; i < 30; i++)
		record_count(&record, LIMIT_AIRCALL);
	ck_assert_int_eq(record_sent(&record, LIMIT_AIRCALL), 30);
	ck_assert_int_gt(take_at(T0, LIMIT_AIRCALL, 10), 0);
	ck_assert_int_eq(take_at(T0, LIMIT_AIRCALL, 31), 0);
}
END_TEST

START_TEST(block_ends_and_is_bounded)
{
	record_block(&record, LIMIT_AIRCALL, 60000);
	record_block(&record, LIMIT_AIRCALL, 20000); /* what ends sooner takes nothing back */
	ck_assert_int_eq(take_at(T0, LIMIT_AIRCALL, 5), 60000);
	ck_assert_int_eq(take_at(T0 + 59999, LIMIT_AIRCALL, 5), 1);
	ck_assert_int_eq(take_at(T0 + 60000, LIMIT_AIRCALL, 5), 0);
	record_block(&record, LIMIT_AIRCALL, INT64_MAX);
	ck_assert_int_eq(take_at(T0 + 60000, LIMIT_AIRCALL, 5), RECORD_BLOCK_MAX_MS);
	ck_assert_int_eq(take_at(T0 + 60000 + RECORD_BLOCK_MAX_MS, LIMIT_AIRCALL, 5), 0);
}
END_TEST

START_TEST(unknown_past_lasts_a_minute)
{
	record_init_unknown(&record, T0);
	for (int what = 0; what < LIMIT__MAX; what++)
		ck_assert_int_eq(take_at(T0, (enum limit)what, 0), RECORD_MINUTE);
	for (int what = 0; what < LIMIT__MAX; what++)
		ck_assert_int_eq(take_at(T0 + RECORD_MINUTE, (enum limit)what, 0), 0);
}
END_TEST

/* The machine was started anew: it runs for less long than it did then. */
START_TEST(restart_forgets_nothing_too_early_and_blocks_no_longer)
{
	ck_assert_int_eq(take_at(T0, LIMIT_AIRCALL, 1), 0);
	record_block(&record, LIMIT_DIALPAD_LIST, 100000);
	ck_assert_int_eq(take_at(3000, LIMIT_AIRCALL, 1), RECORD_MINUTE - 3000);
	ck_assert_int_eq(take_at(3000, LIMIT_DIALPAD_LIST, 0), 97000);
	ck_assert_int_eq(take_at(RECORD_MINUTE - 1, LIMIT_AIRCALL, 1), 1);
	ck_assert_int_eq(take_at(RECORD_MINUTE, LIMIT_AIRCALL, 1), 0);
	ck_assert_int_eq(take_at(100000, LIMIT_DIALPAD_LIST, 0), 0);
}
END_TEST

START_TEST(long_pause_forgets_all)
{
	for (int i = 0; i < 100; i++)
		record_count(&record, LIMIT_DIALPAD_LIST);
	record_block(&record, LIMIT_DIALPAD_LIST, RECORD_BLOCK_MAX_MS);
	record_advance(&record, INT64_C(1) << 60);
	ck_assert_int_eq(record_sent(&record, LIMIT_DIALPAD_LIST), 0);
	ck_assert_int_eq(record_wait(&record, LIMIT_DIALPAD_LIST, 1), 0);
}
END_TEST

START_TEST(any_changed_byte_is_noticed)
{
	struct record changed;

	record_count(&record, LIMIT_DIALPAD_CALL);
	record_seal(&record);
	ck_assert(record_valid(&record));
	for (size_t i = 0; i < sizeof(record); i++) {
		changed = record;
		((unsigned char *)&changed)[i] ^= 0x10;
		ck_assert_msg(!record_valid(&changed), "byte %zu", i);
	}
	memset(&changed, 0, sizeof(changed));
	ck_assert(!record_valid(&changed));
	/* Rightly summed, but never written so. */
	changed = record;
	changed.blocked_ms[LIMIT_AIRCALL] = RECORD_BLOCK_MAX_MS + 1;
	record_seal(&changed);
	ck_assert(!record_valid(&changed));
	changed = record;
	changed.at_ms = -1;
	record_seal(&changed);
	ck_assert(!record_valid(&changed));
}
END_TEST

static const struct {
	enum limit what;
	int64_t per_minute;
	size_t gap_ms; /* between two tries, up to */
	int clicks;    /* of a hundred tries */
} loads[] = {
	{LIMIT_AIRCALL, 1, 30000, 0},
	{LIMIT_AIRCALL, 10, 2000, 0},
	{LIMIT_AIRCALL, 60, 100, 0},
	{LIMIT_AIRCALL, 60, 1500, 20},
	{LIMIT_AIRCALL, 997, 40, 1},
	{LIMIT_DIALPAD_CALL, 10, 5000, 0},
	{LIMIT_DIALPAD_LIST, 1200, 20, 0},
	{LIMIT_DIALPAD_LIST, 1200, 90, 5},
};

/* How many of those at these times lie within `ms` before and with the last one. */
static int64_t within(const int64_t *at, size_t count, int64_t ms)
{
	size_t first = count;

	while (first > 0 && at[first - 1] > at[count - 1] - ms)
		first--;
	return (int64_t)(count - first);
}

/* Tries at random times. None is let through that is one too many in any 60 s (or second, of Dialpad);
 * what is let wait is let through after that time, unless a click came in between. */
START_TEST(limit_holds_in_any_minute)
{
	static int64_t at[TAKEN_AT];
	const int64_t n = loads[_i].per_minute;
	uint32_t state = 20261120 + (uint32_t)_i;
	int64_t now = T0, promised = 0;
	size_t count = 0;
	int waited = 0;

	for (int i = 0; i < 20000; i++) {
		int64_t wait;

		now += (int64_t)unit_random(&state, loads[_i].gap_ms + 1);
		if ((int)unit_random(&state, 100) < loads[_i].clicks) {
			record_advance(&record, now);
			record_count(&record, loads[_i].what);
			at[count++] = now;
			promised = 0;
			continue;
		}
		if (promised != 0 && unit_random(&state, 4) == 0 && now < promised)
			now = promised;
		wait = take_at(now, loads[_i].what, n);
		ck_assert_int_ge(wait, 0);
		ck_assert_int_le(wait, RECORD_MINUTE);
		if (wait > 0) {
			ck_assert(promised == 0 || now < promised);
			ck_assert(promised == 0 || now + wait <= promised);
			promised = now + wait;
			waited++;
			continue;
		}
		promised = 0;
		at[count++] = now;
		ck_assert_int_le(within(at, count, 60000), n);
		if (loads[_i].what != LIMIT_AIRCALL)
			ck_assert_int_le(within(at, count, 1000), RECORD_BURST);
	}
	ck_assert_int_gt(waited, 0);
	/* And it is used up: not much less than could be is let through. */
	if (loads[_i].clicks == 0)
		ck_assert_int_ge((int64_t)count * RECORD_MINUTE, (now - T0) * n * 8 / 10);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("limit_record");
	TCase *t = tcase_create("limit_record");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, limit_is_exact_at_once);
	tcase_add_test(t, wait_is_the_time_until_the_oldest_is_forgotten);
	tcase_add_test(t, limits_do_not_touch_each_other);
	tcase_add_test(t, all_of_dialpad_counts_by_the_second);
	tcase_add_test(t, clicks_go_beyond_and_count);
	tcase_add_test(t, block_ends_and_is_bounded);
	tcase_add_test(t, unknown_past_lasts_a_minute);
	tcase_add_test(t, restart_forgets_nothing_too_early_and_blocks_no_longer);
	tcase_add_test(t, long_pause_forgets_all);
	tcase_add_test(t, any_changed_byte_is_noticed);
	tcase_add_loop_test(t, limit_holds_in_any_minute, 0, COUNT(loads));
	suite_add_tcase(s, t);
	return unit_run(s);
}
