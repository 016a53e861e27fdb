#include "store/figures.h"
#include "unit/box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define NOW    BOX_NOW
#define MINUTE INT64_C(60000)

static struct box box;

static void setup(void)
{
	box_make(&box);
}

static void teardown(void)
{
	box_remove(&box);
}

static struct store_figures figures(int64_t now_ms)
{
	struct store_figures f;

	ck_assert_int_eq(store_figures(box.s, now_ms, &f), ERR_NONE);
	return f;
}

START_TEST(an_empty_directory_has_no_rows)
{
	struct store_figures f = figures(NOW);

	ck_assert_int_eq(f.calls, 0);
	ck_assert_int_eq(f.followed, 0);
	ck_assert_int_eq(f.due, 0);
	ck_assert_int_gt(f.free_bytes, 0);
}
END_TEST

START_TEST(rows_are_counted_by_what_is_done_with_them)
{
	struct callid later = box_call(box.s, "a", NOW), over = box_call(box.s, "b", NOW);

	box_call(box.s, "c", NOW);
	struct store_update u = box_update(&later, CALL_INITIATED, NOW, 0);
	u.next_look_ms = NOW + 10 * MINUTE;
	ck_assert_int_eq(store_apply(box.s, &u, 1, NOW), ERR_NONE);
	u = box_update(&over, CALL_LOST, NOW, 0);
	u.said.source = SAID_BY_EXPIRY;
	ck_assert_int_eq(store_apply(box.s, &u, 1, NOW), ERR_NONE);
	struct store_figures f = figures(NOW + MINUTE);
	ck_assert_int_eq(f.calls, 3);
	ck_assert_int_eq(f.followed, 2);
	ck_assert_int_eq(f.due, 1);
	ck_assert_int_eq(figures(NOW + 10 * MINUTE - 1).due, 1);
	ck_assert_int_eq(figures(NOW + 10 * MINUTE).due, 2);
	ck_assert_int_eq(figures(NOW - 1).due, 0);
}
END_TEST

START_TEST(a_checkpoint_is_found_with_what_came_after_it)
{
	const int64_t before = (int64_t)time(NULL) * 1000;

	box_call(box.s, "a", NOW);
	struct store_figures few = figures(NOW);
	ck_assert_int_ge(few.checkpoint_ms, before);
	ck_assert_int_le(few.checkpoint_ms, (int64_t)time(NULL) * 1000);
	ck_assert_int_gt(few.unwritten_bytes, 0);
	for (int i = 0; i < 20; i++)
		box_call(box.s, "a", NOW + i);
	struct store_figures more = figures(NOW);
	ck_assert_int_gt(more.unwritten_bytes, few.unwritten_bytes + 20 * 200);
	ck_assert_int_eq(more.checkpoint_ms, few.checkpoint_ms);
}
END_TEST

START_TEST(files_are_told_apart)
{
	struct stat st;
	char byte = 0;

	box_call(box.s, "a", NOW);
	struct store_figures before = figures(NOW);
	ck_assert_int_eq(stat(box_file(&box, "calls.db"), &st), 0);
	ck_assert_int_ge(before.database_bytes, st.st_size);
	ck_assert_int_ge(before.log_bytes, 1);
	box_write(&box, "other", "12345", 5);
	box_write(&box, "log.9999999999", "1234567", 7);
	box_write(&box, "x.db", &byte, 1);
	struct store_figures f = figures(NOW);
	ck_assert_int_eq(f.log_bytes, before.log_bytes + 7);
	ck_assert_int_eq(f.database_bytes, before.database_bytes + 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("figures");
	TCase *t = tcase_create("figures");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_empty_directory_has_no_rows);
	tcase_add_test(t, rows_are_counted_by_what_is_done_with_them);
	tcase_add_test(t, a_checkpoint_is_found_with_what_came_after_it);
	tcase_add_test(t, files_are_told_apart);
	suite_add_tcase(s, t);
	return unit_run(s);
}
