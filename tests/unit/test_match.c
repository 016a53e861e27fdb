/* lib/sync/match: which of the provider's calls is which of ours. */
#include "sync/match.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T0    INT64_C(1790603050000)
#define LATER (T0 + INT64_C(3600000))

static struct match_row row(size_t tag, int64_t second)
{
	struct match_row r = {
		.tag = tag, .user_id = 456, .number_id = 1234, .asked_ms = T0 + second * 1000};
	snprintf(r.digits, sizeof(r.digits), "15551234567");
	return r;
}

static struct provider_call call(int64_t id, int64_t second)
{
	struct provider_call c = {.id = id,
		.outbound = true,
		.user_id = 456,
		.number_id = 1234,
		.start_ms = T0 + second * 1000};
	snprintf(c.digits, sizeof(c.digits), "15551234567");
	return c;
}

/* The id each row got, by tag; 0: none, -1: waiting. */
static void run(struct match_row *rows, size_t row_count, const struct provider_call *calls,
	size_t call_count, int64_t now_ms, int64_t *ids)
{
	const struct provider_call *p[64];
	for (size_t i = 0; i < call_count; i++)
		p[i] = &calls[i];
	ck_assert_int_eq(match(rows, row_count, p, call_count, now_ms), ERR_NONE);
	for (size_t i = 0; i < row_count; i++)
		ids[rows[i].tag] = rows[i].waiting        ? -1
				   : rows[i].call != NULL ? rows[i].call->id
							  : 0;
}

START_TEST(one_call_is_its_rows)
{
	struct match_row rows[] = {row(0, 0)};
	struct provider_call calls[] = {call(7, 1)};
	int64_t ids[1];
	run(rows, 1, calls, 1, T0 + 2000, ids);
	ck_assert_int_eq(ids[0], 7);
}
END_TEST

/* second, whether it fits */
static const struct {
	int64_t second;
	bool fits;
} edges[] = {{-6, false}, {-5, true}, {0, true}, {120, true}, {121, false}};

START_TEST(window_edges_are_included)
{
	struct match_row rows[] = {row(0, 0)};
	struct provider_call calls[] = {call(7, edges[_i].second)};
	int64_t ids[1];
	run(rows, 1, calls, 1, LATER, ids);
	ck_assert_int_eq(ids[0], edges[_i].fits ? 7 : 0);
}
END_TEST

/* Providers cut times to seconds: five seconds before 49.9 is 44, not 44.9. */
START_TEST(lower_edge_is_of_whole_seconds)
{
	struct match_row rows[] = {row(0, 0)};
	rows[0].asked_ms += 999;
	struct provider_call calls[] = {call(7, -5)};
	int64_t ids[1];
	run(rows, 1, calls, 1, LATER, ids);
	ck_assert_int_eq(ids[0], 7);
}
END_TEST

START_TEST(another_user_number_line_or_direction_is_another_call)
{
	struct provider_call calls[4] = {call(1, 1), call(2, 1), call(3, 1), call(4, 1)};
	calls[0].user_id = 457;
	calls[1].number_id = 0;
	snprintf(calls[2].digits, sizeof(calls[2].digits), "15551234568");
	calls[3].outbound = false;
	struct match_row rows[] = {row(0, 0)};
	int64_t ids[1];
	run(rows, 1, calls, 4, LATER, ids);
	ck_assert_int_eq(ids[0], 0);
}
END_TEST

START_TEST(identical_calls_keep_the_order_of_placing)
{
	struct match_row rows[] = {row(2, 20), row(0, 0), row(1, 10)};
	struct provider_call calls[] = {call(9, 21), call(8, 11), call(7, 2)};
	int64_t ids[3];
	run(rows, 3, calls, 3, LATER, ids);
	ck_assert_int_eq(ids[0], 7);
	ck_assert_int_eq(ids[1], 8);
	ck_assert_int_eq(ids[2], 9);
}
END_TEST

/* Clocks differ by less than 5 s: what seems to come before the second row was asked is still in order. */
START_TEST(most_matches_come_before_least_delay)
{
	struct match_row rows[] = {row(0, 0), row(1, 10)};
	struct provider_call calls[] = {call(7, 9), call(8, 125)};
	int64_t ids[2];
	run(rows, 2, calls, 2, LATER, ids);
	ck_assert_int_eq(ids[0], 7);
	ck_assert_int_eq(ids[1], 8);
}
END_TEST

START_TEST(a_call_never_dialled_does_not_take_the_next_ones)
{
	struct match_row rows[] = {row(0, 0), row(1, 65)};
	struct provider_call calls[] = {call(7, 66)};
	int64_t ids[2];
	run(rows, 2, calls, 1, LATER, ids);
	ck_assert_int_eq(ids[0], 0);
	ck_assert_int_eq(ids[1], 7);
}
END_TEST

/* Within what clocks may differ by, the order of placing decides. */
START_TEST(small_difference_goes_to_the_earlier_row)
{
	struct match_row rows[] = {row(0, 0), row(1, 2)};
	struct provider_call calls[] = {call(7, 4)};
	int64_t ids[2];
	run(rows, 2, calls, 1, LATER, ids);
	ck_assert_int_eq(ids[0], 7);
	ck_assert_int_eq(ids[1], 0);
}
END_TEST

START_TEST(waits_where_a_call_may_still_be_missing)
{
	struct match_row rows[] = {row(0, 0), row(1, 10)};
	struct provider_call calls[] = {call(8, 11)};
	int64_t ids[2];
	run(rows, 2, calls, 1, T0 + 12000, ids);
	ck_assert_int_eq(ids[0], -1);
	ck_assert_int_eq(ids[1], -1);
	/* The first one's call turns up. */
	struct provider_call both[] = {call(8, 11), call(7, 1)};
	run(rows, 2, both, 2, T0 + 12000, ids);
	ck_assert_int_eq(ids[0], 7);
	ck_assert_int_eq(ids[1], 8);
}
END_TEST

START_TEST(does_not_wait_where_nothing_is_ambiguous)
{
	struct match_row rows[] = {row(0, 0), row(1, 123)};
	struct provider_call calls[] = {call(7, 1)};
	int64_t ids[2];
	run(rows, 2, calls, 1, T0 + 124000, ids);
	ck_assert_int_eq(ids[0], 7);
	ck_assert_int_eq(ids[1], 0);
}
END_TEST

/* Ours follows the click closely; what the agent dials himself a while later is left alone. */
START_TEST(hand_dialled_call_is_left_alone)
{
	struct match_row rows[] = {row(0, 0)};
	struct provider_call calls[] = {call(9, 50), call(7, 1), call(10, 200)};
	int64_t ids[1];
	run(rows, 1, calls, 3, LATER, ids);
	ck_assert_int_eq(ids[0], 7);
}
END_TEST

/* Whatever comes: no call twice, none outside its window, order kept. */
START_TEST(random_sets_are_matched_one_to_one)
{
	unsigned seed = 20261120u + (unsigned)_i;
	for (int round = 0; round < 500; round++) {
		struct match_row rows[12];
		struct provider_call calls[12];
		size_t row_count = 1 + (size_t)rand_r(&seed) % 12,
		       call_count = (size_t)rand_r(&seed) % 13;
		for (size_t i = 0; i < row_count; i++) {
			rows[i] = row(i, rand_r(&seed) % 400);
			rows[i].user_id = 456 + rand_r(&seed) % 2;
		}
		for (size_t i = 0; i < call_count; i++) {
			calls[i] = call((int64_t)i + 1, rand_r(&seed) % 400);
			calls[i].user_id = 456 + rand_r(&seed) % 2;
		}
		int64_t ids[12];
		run(rows, row_count, calls, call_count, LATER, ids);
		for (size_t i = 0; i < row_count; i++) {
			const struct provider_call *c = rows[i].call;
			if (c == NULL)
				continue;
			ck_assert_int_ge(c->start_ms, rows[i].asked_ms - MATCH_BEFORE_MS);
			ck_assert_int_le(c->start_ms, rows[i].asked_ms + MATCH_AFTER_MS);
			ck_assert_int_eq(c->user_id, rows[i].user_id);
			for (size_t k = 0; k < row_count; k++) {
				if (k == i || rows[k].call == NULL)
					continue;
				ck_assert_ptr_ne(rows[k].call, c);
				if (rows[k].user_id == rows[i].user_id &&
					rows[k].asked_ms < rows[i].asked_ms)
					ck_assert_int_le(rows[k].call->start_ms, c->start_ms);
			}
		}
	}
}
END_TEST

/* The size at which trying all ways is left: still one-to-one and in order. */
START_TEST(ten_thousand_identical_calls_are_matched_in_order)
{
	enum { N = 10000 };
	struct match_row *rows = calloc(N, sizeof(*rows));
	struct provider_call *calls = calloc(N, sizeof(*calls));
	const struct provider_call **p = calloc(N, sizeof(*p));
	for (size_t i = 0; i < N; i++) {
		rows[i] = row(i, (int64_t)i * 10);
		calls[i] = call((int64_t)i + 1, (int64_t)i * 10 + 2);
		p[i] = &calls[i];
	}
	ck_assert_int_eq(match(rows, N, p, N, LATER * 2), ERR_NONE);
	for (size_t i = 0; i < N; i++)
		ck_assert_int_eq(rows[i].call->id, (int64_t)rows[i].tag + 1);
	free(rows);
	free(calls);
	free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("match");
	TCase *tc = tcase_create("match");
	tcase_add_test(tc, one_call_is_its_rows);
	tcase_add_loop_test(
		tc, window_edges_are_included, 0, (int)(sizeof(edges) / sizeof(edges[0])));
	tcase_add_test(tc, lower_edge_is_of_whole_seconds);
	tcase_add_test(tc, another_user_number_line_or_direction_is_another_call);
	tcase_add_test(tc, identical_calls_keep_the_order_of_placing);
	tcase_add_test(tc, most_matches_come_before_least_delay);
	tcase_add_test(tc, a_call_never_dialled_does_not_take_the_next_ones);
	tcase_add_test(tc, small_difference_goes_to_the_earlier_row);
	tcase_add_test(tc, waits_where_a_call_may_still_be_missing);
	tcase_add_test(tc, does_not_wait_where_nothing_is_ambiguous);
	tcase_add_test(tc, hand_dialled_call_is_left_alone);
	tcase_add_loop_test(tc, random_sets_are_matched_one_to_one, 0, 4);
	tcase_add_test(tc, ten_thousand_identical_calls_are_matched_in_order);
	suite_add_tcase(s, tc);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
