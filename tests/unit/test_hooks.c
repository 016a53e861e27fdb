/* Clock and fault points, of which the test build has more than the product. */
#include "base/clock.h"
#include "base/fault.h"
#include "unit/unit.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

START_TEST(clock_is_the_system_clock)
{
	int64_t before = (int64_t)time(NULL) * 1000;

	unsetenv("DIALER_TEST_CLOCK");
	ck_assert_int_ge(clock_now_ms(), before);
	ck_assert_int_lt(clock_now_ms(), before + 60000);
}
END_TEST

START_TEST(steady_clock_moves_on)
{
	int64_t before = clock_mono_ms();

	usleep(20000);
	ck_assert_int_ge(clock_mono_ms(), before + 20);
}
END_TEST

#ifdef DIALER_TEST_HOOKS

static int64_t moved_by(const char *text)
{
	char path[UNIT_PATH_SIZE];
	int64_t before = (int64_t)time(NULL) * 1000;
	int64_t now;

	unit_file(path, text, strlen(text));
	setenv("DIALER_TEST_CLOCK", path, 1);
	now = clock_now_ms();
	unlink(path);
	return now - before;
}

START_TEST(clock_is_moved_by_the_file)
{
	int64_t hour = INT64_C(3600000);

	ck_assert_int_ge(moved_by("3600000"), hour);
	ck_assert_int_lt(moved_by("3600000\n"), hour + 60000);
	ck_assert_int_ge(moved_by("-3600000\n"), -hour);
	ck_assert_int_lt(moved_by("-3600000"), -hour + 60000);
	ck_assert_int_lt(moved_by(""), 60000);
	ck_assert_int_lt(moved_by("0"), 60000);
}
END_TEST

START_TEST(clock_file_may_be_absent)
{
	setenv("DIALER_TEST_CLOCK", "/nonexistent/clock", 1);
	ck_assert_int_lt(clock_now_ms(), ((int64_t)time(NULL) + 60) * 1000);
}
END_TEST

START_TEST(nonsense_in_the_clock_file_ends_the_test)
{
	setenv("DIALER_TEST_CLOCK", "/proc/self/status", 1);
	(void)clock_now_ms();
}
END_TEST

/* The wait status of a process that passes the point `name`. */
static int status_with(const char *setting, const char *name)
{
	pid_t pid = fork();
	int status = 0;

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		setenv("DIALER_TEST_FAULT", setting, 1);
		(void)signal(SIGABRT, SIG_DFL);
		FAULT_POINT(name);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	if (WIFSTOPPED(status)) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return status;
}

START_TEST(fault_happens_at_its_point_only)
{
	int status = status_with("here:kill", "here");

	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_int_eq(status_with("here:kill", "there"), 0);
	ck_assert_int_eq(status_with("here:kill", "her"), 0);
	ck_assert_int_eq(status_with("here:kill", "heree"), 0);
	ck_assert_int_eq(status_with("", "here"), 0);
	status = status_with("here:exit", "here");
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 70);
	status = status_with("here:stop", "here");
	ck_assert(WIFSTOPPED(status));
}
END_TEST

START_TEST(one_of_several_faults_happens)
{
	int status = status_with("a:exit,b:kill,c:stop", "b");

	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_int_eq(status_with("a:exit,b:kill", "c"), 0);
}
END_TEST

START_TEST(faults_in_a_file_come_and_go)
{
	char path[] = "/tmp/test_hooks.XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(status_with(path, "here"), 0);
	ck_assert_int_eq(pwrite(fd, "a:kill,here:exit", 16, 0), 16);
	ck_assert_int_ne(status_with(path, "here"), 0);
	ck_assert_int_eq(status_with(path, "there"), 0);
	close(fd);
	unlink(path);
	ck_assert_int_eq(status_with(path, "here"), 0);
}
END_TEST

START_TEST(what_happens_is_recorded_before_it_does)
{
	char path[] = "/tmp/test_hooks.XXXXXX", text[64] = "";
	int fd = mkstemp(path);

	ck_assert_int_ne(fd, -1);
	setenv("DIALER_TEST_RECORD", path, 1);
	ck_assert_int_ne(status_with("here:kill", "here"), 0);
	ck_assert_int_eq(status_with("here:kill", "there"), 0);
	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
	ck_assert_str_eq(text, "death here\n");
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(percentage_is_a_chance)
{
	int hit = 0;

	for (int i = 0; i < 200; i++)
		hit += status_with("a:exit:50", "a") != 0;
	ck_assert_int_gt(hit, 50);
	ck_assert_int_lt(hit, 150);
	ck_assert_int_eq(status_with("a:exit:0", "a"), 0);
	ck_assert_int_ne(status_with("a:exit:100", "a"), 0);
}
END_TEST

START_TEST(mistyped_fault_is_noticed)
{
	static const char *const bad[] = {
		"a", ":kill", "a:", "a:explode", "a:kill:", "a:kill:101", "a:kill:x", "a:kill:-1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int status = status_with(bad[i], "a");

		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s", bad[i]);
	}
}
END_TEST

#else

START_TEST(product_has_no_hooks)
{
	setenv("DIALER_TEST_CLOCK", "/etc/hostname", 1);
	setenv("DIALER_TEST_FAULT", "here:kill", 1);
	FAULT_POINT("here");
	ck_assert_int_lt(clock_now_ms(), ((int64_t)time(NULL) + 60) * 1000);
}
END_TEST

#endif

int main(void)
{
	Suite *s = suite_create("hooks");
	TCase *t = tcase_create("hooks");

	tcase_add_test(t, clock_is_the_system_clock);
	tcase_add_test(t, steady_clock_moves_on);
#ifdef DIALER_TEST_HOOKS
	tcase_add_test(t, clock_is_moved_by_the_file);
	tcase_add_test(t, clock_file_may_be_absent);
	tcase_add_test_raise_signal(t, nonsense_in_the_clock_file_ends_the_test, SIGABRT);
	tcase_add_test(t, fault_happens_at_its_point_only);
	tcase_add_test(t, one_of_several_faults_happens);
	tcase_add_test(t, faults_in_a_file_come_and_go);
	tcase_add_test(t, what_happens_is_recorded_before_it_does);
	tcase_add_test(t, percentage_is_a_chance);
	tcase_add_test(t, mistyped_fault_is_noticed);
#else
	tcase_add_test(t, product_has_no_hooks);
#endif
	suite_add_tcase(s, t);
	return unit_run(s);
}
