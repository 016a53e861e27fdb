/* lib/sync/cycle: where a run stopped. */
#include "sync/cycle.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW INT64_C(1790603050000)

static int fd;

static void setup(void)
{
	char path[] = "/tmp/test-cycle-XXXXXX";
	fd = mkstemp(path);
	ck_assert_int_ne(fd, -1);
	unlink(path);
}

static void teardown(void)
{
	close(fd);
}

static void expect_of(enum provider_id p, int64_t begun_ms, int64_t position_ms)
{
	struct cycle c;
	cycle_read(&c, fd, p, NOW);
	ck_assert_int_eq(c.begun_ms, begun_ms);
	ck_assert_int_eq(c.position_ms, position_ms);
}
#define expect(begun_ms, position_ms) expect_of(PROVIDER_AIRCALL, begun_ms, position_ms)

START_TEST(what_was_left_is_found_until_all_was_listed)
{
	expect(NOW, 0);
	const struct cycle long_one = {NOW - 120000, NOW - 600000}, c = {NOW - 60000, 5};
	const struct cycle done = {NOW - 60000, 0};
	cycle_write(&long_one, fd, PROVIDER_AIRCALL);
	expect(NOW - 120000, NOW - 600000);
	cycle_write(&c, fd, PROVIDER_AIRCALL);
	expect(NOW - 60000, 5);
	cycle_write(&done, fd, PROVIDER_AIRCALL);
	expect(NOW, 0);
}
END_TEST

START_TEST(providers_have_cycles_of_their_own)
{
	const struct cycle a = {NOW - 1, 5}, b = {NOW - 2, 6}, done = {NOW, 0};
	cycle_write(&a, fd, PROVIDER_AIRCALL);
	cycle_write(&b, fd, PROVIDER_DIALPAD);
	expect_of(PROVIDER_AIRCALL, NOW - 1, 5);
	expect_of(PROVIDER_DIALPAD, NOW - 2, 6);
	cycle_write(&done, fd, PROVIDER_DIALPAD);
	expect_of(PROVIDER_AIRCALL, NOW - 1, 5);
	expect_of(PROVIDER_DIALPAD, NOW, 0);
}
END_TEST

static const char *const nonsense[] = {"", "aircall", "aircall 5", "aircall 5 ", "aircall  5",
	" 5 5", "5 5", "nobody 1790603040000 5", "aircall a b", "aircall 1790603040000 x",
	"aircall 1790603040000 -1", "aircall 1790603040000 0", "aircall -1 5",
	"aircall 99999999999999999999 5", "aircall 1790603050001 5" /* of the future */,
	"aircall 1790516650000 5" /* a day old */, "aircall 1790603040000  5"};

START_TEST(what_makes_no_sense_is_a_new_cycle)
{
	ck_assert_int_eq(
		pwrite(fd, nonsense[_i], strlen(nonsense[_i]), 0), (ssize_t)strlen(nonsense[_i]));
	expect(NOW, 0);
}
END_TEST

START_TEST(a_broken_file_is_mended)
{
	char garbage[4096];
	const struct cycle c = {NOW - 1, 5};
	memset(garbage, 'x', sizeof(garbage));
	ck_assert_int_eq(pwrite(fd, garbage, sizeof(garbage), 0), (ssize_t)sizeof(garbage));
	expect(NOW, 0);
	cycle_write(&c, fd, PROVIDER_AIRCALL);
	expect(NOW - 1, 5);
}
END_TEST

START_TEST(without_a_file_every_run_is_a_cycle)
{
	const struct cycle some = {NOW - 1, 5};
	struct cycle c;
	cycle_write(&some, -1, PROVIDER_AIRCALL);
	cycle_read(&c, -1, PROVIDER_AIRCALL, NOW);
	ck_assert_int_eq(c.begun_ms, NOW);
	ck_assert_int_eq(c.position_ms, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cycle");
	TCase *tc = tcase_create("cycle");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_was_left_is_found_until_all_was_listed);
	tcase_add_loop_test(tc, what_makes_no_sense_is_a_new_cycle, 0,
		(int)(sizeof(nonsense) / sizeof(nonsense[0])));
	tcase_add_test(tc, providers_have_cycles_of_their_own);
	tcase_add_test(tc, a_broken_file_is_mended);
	tcase_add_test(tc, without_a_file_every_run_is_a_cycle);
	suite_add_tcase(s, tc);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
