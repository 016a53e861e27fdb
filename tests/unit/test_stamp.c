/* Whether a file is still the one that was read. */
#include "base/stamp.h"
#include "unit/unit.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[UNIT_PATH_SIZE];
static struct stamp stamp;

static void setup(void)
{
	unit_file(path, "one\n", 4);
	memset(&stamp, 0, sizeof(stamp));
}

static void teardown(void)
{
	unlink(path);
}

static void write_again(const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* As if it had been left alone for long. */
static void take_settled(void)
{
	stamp_take(&stamp, path);
	stamp.settled = true;
	ck_assert(stamp_holds(&stamp, path));
}

START_TEST(one_never_taken_does_not_hold)
{
	ck_assert(!stamp_holds(&stamp, path));
}
END_TEST

/* It could be changed again within the step of the file system's times. */
START_TEST(a_file_changed_just_now_is_not_trusted)
{
	stamp_take(&stamp, path);
	ck_assert(!stamp_holds(&stamp, path));
}
END_TEST

START_TEST(a_file_changed_long_ago_is)
{
	stamp_take(&stamp, "/etc/passwd");
	ck_assert(stamp_holds(&stamp, "/etc/passwd"));
	ck_assert(!stamp_holds(&stamp, "/etc/group"));
}
END_TEST

START_TEST(every_change_is_noticed)
{
	struct timespec times[2];
	struct stat st;
	char other[UNIT_PATH_SIZE];

	take_settled();
	write_again("another\n");
	ck_assert(!stamp_holds(&stamp, path));

	/* Of the same size, with the times set back to what they were. */
	take_settled();
	ck_assert_int_eq(stat(path, &st), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	usleep(20000);
	write_again("another!");
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
	ck_assert(!stamp_holds(&stamp, path));

	/* Put in its place. */
	take_settled();
	unit_file(other, "another?", 8);
	ck_assert_int_eq(rename(other, path), 0);
	ck_assert(!stamp_holds(&stamp, path));
}
END_TEST

START_TEST(a_file_that_comes_or_goes_is_noticed)
{
	take_settled();
	unlink(path);
	ck_assert(!stamp_holds(&stamp, path));
	/* That there is none is a stamp as good as any. */
	stamp_take(&stamp, path);
	ck_assert(stamp_holds(&stamp, path));
	write_again("one\n");
	ck_assert(!stamp_holds(&stamp, path));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stamp");
	TCase *t = tcase_create("stamp");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, one_never_taken_does_not_hold);
	tcase_add_test(t, a_file_changed_just_now_is_not_trusted);
	tcase_add_test(t, a_file_changed_long_ago_is);
	tcase_add_test(t, every_change_is_noticed);
	tcase_add_test(t, a_file_that_comes_or_goes_is_noticed);
	suite_add_tcase(s, t);
	return unit_run(s);
}
