#include "base/file.h"
#include "unit/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[UNIT_PATH_SIZE];
static struct buf b;

static void teardown(void)
{
	if (path[0] != '\0')
		unlink(path);
	buf_release(&b);
}

START_TEST(whole_file_is_appended)
{
	static char big[50000];

	memset(big, 'x', sizeof(big));
	big[17] = '\0';
	unit_file(path, big, sizeof(big));
	buf_init(&b, 100000);
	ck_assert(buf_adds(&b, "before"));
	ck_assert_int_eq(file_read(path, &b), ERR_NONE);
	ck_assert_uint_eq(b.len, 6 + sizeof(big));
	ck_assert_mem_eq(b.s, "before", 6);
	ck_assert_mem_eq(b.s + 6, big, sizeof(big));
}
END_TEST

START_TEST(empty_file_is_read)
{
	unit_file(path, "", 0);
	buf_init(&b, 0);
	ck_assert_int_eq(file_read(path, &b), ERR_NONE);
	ck_assert_uint_eq(b.len, 0);
}
END_TEST

START_TEST(maximum_is_exact_and_leaves_the_buffer_as_it_was)
{
	unit_file(path, "0123456789", 10);
	buf_init(&b, 12);
	ck_assert(buf_adds(&b, "ab"));
	ck_assert_int_eq(file_read(path, &b), ERR_NONE);
	ck_assert_str_eq(b.s, "ab0123456789");
	buf_release(&b);
	buf_init(&b, 11);
	ck_assert(buf_adds(&b, "ab"));
	ck_assert_int_eq(file_read(path, &b), ERR_TOO_LARGE);
	ck_assert_str_eq(b.s, "ab");
	ck_assert(!b.failed);
}
END_TEST

START_TEST(files_without_a_size_are_read_to_their_end_and_limited)
{
	buf_init(&b, 100000);
	ck_assert_int_eq(file_read("/proc/self/status", &b), ERR_NONE);
	ck_assert_uint_gt(b.len, 100);
	ck_assert_int_eq(strncmp(b.s, "Name:", 5), 0);
	buf_release(&b);
	buf_init(&b, 10);
	ck_assert_int_eq(file_read("/proc/self/status", &b), ERR_TOO_LARGE);
	ck_assert_uint_eq(b.len, 0);
}
END_TEST

START_TEST(missing_file_is_told_from_an_unreadable_one)
{
	buf_init(&b, 100);
	ck_assert_int_eq(file_read("/nonexistent/file", &b), ERR_NOT_FOUND);
	ck_assert_int_eq(file_read("", &b), ERR_NOT_FOUND);
	ck_assert_int_eq(file_read("/etc/passwd/x", &b), ERR_IO);
	ck_assert_int_eq(errno, ENOTDIR);
	ck_assert_int_eq(file_read("/tmp", &b), ERR_IO);
	ck_assert_int_eq(errno, EISDIR);
	ck_assert_int_eq(file_read("/dev/null", &b), ERR_IO);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(fifo_does_not_hang)
{
	unit_file(path, "", 0);
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	buf_init(&b, 100);
	ck_assert_int_eq(file_read(path, &b), ERR_IO);
}
END_TEST

START_TEST(no_descriptor_stays_open)
{
	int before = dup(0);

	close(before);
	buf_init(&b, 5);
	unit_file(path, "0123456789", 10);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(file_read(path, &b), ERR_TOO_LARGE);
		ck_assert_int_eq(file_read("/tmp", &b), ERR_IO);
	}
	ck_assert_int_eq(dup(0), before);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("file");
	TCase *t = tcase_create("file");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, whole_file_is_appended);
	tcase_add_test(t, empty_file_is_read);
	tcase_add_test(t, maximum_is_exact_and_leaves_the_buffer_as_it_was);
	tcase_add_test(t, files_without_a_size_are_read_to_their_end_and_limited);
	tcase_add_test(t, missing_file_is_told_from_an_unreadable_one);
	tcase_add_test(t, fifo_does_not_hang);
	tcase_add_test(t, no_descriptor_stays_open);
	suite_add_tcase(s, t);
	return unit_run(s);
}
