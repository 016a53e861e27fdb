#include "base/buf.h"
#include "unit/unit.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

START_TEST(empty_buffer_is_a_readable_string)
{
	struct buf b;

	buf_init(&b, 10);
	ck_assert_str_eq(b.s, "");
	ck_assert_uint_eq(b.len, 0);
	buf_release(&b);
	ck_assert_str_eq(b.s, "");
}
END_TEST

START_TEST(additions_follow_each_other)
{
	struct buf b;

	buf_init(&b, 1000);
	ck_assert(buf_add(&b, "a\0b", 3));
	ck_assert(buf_adds(&b, "cd"));
	ck_assert(buf_addc(&b, 'e'));
	ck_assert(buf_addf(&b, "%d-%s", 42, "x"));
	ck_assert(buf_add(&b, NULL, 0));
	ck_assert_uint_eq(b.len, 10);
	ck_assert_mem_eq(b.s, "a\0bcde42-x", 11);
	buf_release(&b);
}
END_TEST

START_TEST(contents_survive_growth)
{
	struct buf b;

	buf_init(&b, 100000);
	for (int i = 0; i < 20000; i++)
		ck_assert(buf_addf(&b, "%05d", i % 100000));
	ck_assert_uint_eq(b.len, 100000);
	for (size_t i = 0; i < 20000; i++) {
		char five[6] = "";

		memcpy(five, b.s + 5 * i, 5);
		ck_assert_int_eq(strtol(five, NULL, 10), (long)i);
	}
	ck_assert_int_eq(b.s[b.len], '\0');
	buf_release(&b);
}
END_TEST

START_TEST(maximum_is_reached_and_never_passed)
{
	struct buf b;

	for (size_t max = 0; max < 200; max++) {
		buf_init(&b, max);
		for (size_t i = 0; i < max; i++)
			ck_assert(buf_addc(&b, 'x'));
		ck_assert_uint_eq(b.len, max);
		ck_assert(!buf_addc(&b, 'x'));
		ck_assert(b.failed);
		buf_release(&b);
	}
}
END_TEST

START_TEST(failure_frees_the_contents_and_stays)
{
	struct buf b;

	buf_init(&b, 5);
	ck_assert(buf_adds(&b, "abc"));
	ck_assert(!buf_adds(&b, "def"));
	ck_assert_str_eq(b.s, "");
	ck_assert_uint_eq(b.cap, 0);
	ck_assert(!buf_addc(&b, 'x'));
	ck_assert(!buf_addf(&b, "y"));
	ck_assert_ptr_null(buf_reserve(&b, 0));
	buf_commit(&b, 1);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_ptr_null(buf_detach(&b, NULL));
	buf_release(&b);
}
END_TEST

START_TEST(reset_and_release_make_it_usable_again)
{
	struct buf b;

	buf_init(&b, 5);
	ck_assert(!buf_adds(&b, "too long"));
	buf_reset(&b);
	ck_assert(buf_adds(&b, "short"));
	buf_reset(&b);
	ck_assert_str_eq(b.s, "");
	ck_assert(!buf_adds(&b, "too long"));
	buf_release(&b);
	ck_assert(!b.failed);
	ck_assert(buf_adds(&b, "again"));
	ck_assert_str_eq(b.s, "again");
	ck_assert_uint_eq(b.max, 5);
	buf_release(&b);
}
END_TEST

START_TEST(sizes_do_not_wrap_round)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	ck_assert(buf_addc(&b, 'x'));
	ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX));
	ck_assert(b.failed);
	buf_reset(&b);
	ck_assert(buf_addc(&b, 'x'));
	ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX - 1));
	ck_assert(b.failed);
	buf_release(&b);
}
END_TEST

START_TEST(reserved_room_counts_only_when_committed)
{
	struct buf b;
	char *to;

	buf_init(&b, 100);
	ck_assert(buf_adds(&b, "ab"));
	to = buf_reserve(&b, 50);
	ck_assert_ptr_nonnull(to);
	memset(to, 'z', 50);
	ck_assert_uint_eq(b.len, 2);
	buf_commit(&b, 3);
	ck_assert_str_eq(b.s, "abzzz");
	buf_commit(&b, SIZE_MAX);
	ck_assert_uint_eq(b.len, 5);
	buf_release(&b);
	buf_commit(&b, 1);
	ck_assert_uint_eq(b.len, 0);
}
END_TEST

START_TEST(detached_contents_belong_to_the_caller)
{
	struct buf b;
	size_t len;
	char *s;

	buf_init(&b, 100);
	ck_assert(buf_adds(&b, "mine"));
	s = buf_detach(&b, &len);
	ck_assert_str_eq(s, "mine");
	ck_assert_uint_eq(len, 4);
	free(s);
	ck_assert_str_eq(b.s, "");
	s = buf_detach(&b, NULL);
	ck_assert_str_eq(s, "");
	free(s);
	buf_release(&b);
}
END_TEST

START_TEST(formatted_text_longer_than_the_maximum_fails_whole)
{
	struct buf b;

	buf_init(&b, 10);
	ck_assert(buf_addf(&b, "%010d", 1));
	buf_reset(&b);
	ck_assert(!buf_addf(&b, "%011d", 1));
	ck_assert(b.failed);
	buf_release(&b);
}
END_TEST

START_TEST(secret_memory_is_wiped_when_emptied)
{
	struct buf b;

	buf_init_secret(&b, 1000);
	ck_assert(buf_adds(&b, "the key"));
	buf_reset(&b);
	for (size_t i = 0; i < b.cap; i++)
		ck_assert_int_eq(b.s[i], 0);
	buf_release(&b);
	ck_assert(b.secret);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("buf");
	TCase *t = tcase_create("buf");

	tcase_add_test(t, empty_buffer_is_a_readable_string);
	tcase_add_test(t, additions_follow_each_other);
	tcase_add_test(t, contents_survive_growth);
	tcase_add_test(t, maximum_is_reached_and_never_passed);
	tcase_add_test(t, failure_frees_the_contents_and_stays);
	tcase_add_test(t, reset_and_release_make_it_usable_again);
	tcase_add_test(t, sizes_do_not_wrap_round);
	tcase_add_test(t, reserved_room_counts_only_when_committed);
	tcase_add_test(t, detached_contents_belong_to_the_caller);
	tcase_add_test(t, formatted_text_longer_than_the_maximum_fails_whole);
	tcase_add_test(t, secret_memory_is_wiped_when_emptied);
	suite_add_tcase(s, t);
	return unit_run(s);
}
