/* The limits in their file: shared by processes that may be killed or stopped at any moment. */
#include "limit/limit.h"
#include "base/clock.h"
#include "limit/record.h"
#include "unit/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static char dir[UNIT_PATH_SIZE], path[UNIT_PATH_SIZE + 8], clock_path[UNIT_PATH_SIZE],
	log_path[UNIT_PATH_SIZE];
static struct config config;
static struct log own_log;

/* Moves the clocks of this process and its children. */
static void move_clock(int64_t offset_ms)
{
	FILE *f = fopen(clock_path, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "%lld", (long long)offset_ms);
	ck_assert_int_eq(fclose(f), 0);
}

static void setup(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof(dir), "%s/dialer-limit-XXXXXX", tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/limits", dir);
	unit_file(clock_path, "", 0);
	unit_file(log_path, "", 0);
	setenv("DIALER_TEST_CLOCK", clock_path, 1);
	unsetenv("DIALER_TEST_FAULT");
	log_init(&own_log, "test");
	own_log.fd = open(log_path, O_WRONLY | O_APPEND | O_CLOEXEC);
	ck_assert_int_ge(own_log.fd, 0);
	config = (struct config){.data_dir = dir, .aircall_requests_per_minute = 5};
}

static void teardown(void)
{
	close(own_log.fd);
	unlink(path);
	rmdir(path);
	ck_assert_int_eq(rmdir(dir), 0);
	unlink(clock_path);
	unlink(log_path);
}

static struct limits *open_limits(void)
{
	struct limits *l;

	ck_assert_int_eq(limits_open(&config, &own_log, &l), ERR_NONE);
	return l;
}

static int logged(const char *code)
{
	char text[8192];
	int fd = open(log_path, O_RDONLY | O_CLOEXEC), count = 0;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	ck_assert_int_ge(n, 0);
	close(fd);
	text[n] = '\0';
	for (const char *at = text; (at = strstr(at, code)) != NULL; at++)
		count++;
	return count;
}

static void nothing_logged(void)
{
	struct stat st;

	ck_assert_int_eq(stat(log_path, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
}

/* Takes until it is told to wait; how many it got. */
static int take_all(struct limits *l, enum limit what)
{
	int got = 0;

	while (limits_take(l, what) == 0)
		got++;
	return got;
}

static int64_t sent(struct limits *l, enum limit what)
{
	struct limit_state state;

	limits_look(l, what, &state);
	return state.sent;
}

static int64_t blocked(struct limits *l, enum limit what)
{
	struct limit_state state;

	limits_look(l, what, &state);
	return state.blocked_ms;
}

/* --- one after the other --- */

START_TEST(processes_share_what_may_be_sent)
{
	struct limits *one = open_limits(), *other = open_limits();
	int64_t wait;

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(limits_take(i % 2 == 0 ? one : other, LIMIT_AIRCALL), 0);
	wait = limits_take(one, LIMIT_AIRCALL);
	ck_assert_int_gt(wait, 0);
	ck_assert_int_le(wait, RECORD_MINUTE);
	ck_assert_int_gt(limits_take(other, LIMIT_AIRCALL), 0);
	limits_close(one);
	one = open_limits();
	ck_assert_int_gt(limits_take(one, LIMIT_AIRCALL), 0);
	move_clock(wait);
	ck_assert_int_eq(limits_take(other, LIMIT_AIRCALL), 0);
	nothing_logged();
	limits_close(one);
	limits_close(other);
}
END_TEST

START_TEST(each_limit_has_its_size)
{
	static const int sizes[] = {[LIMIT_AIRCALL] = 5,
		[LIMIT_DIALPAD_CALL] = 10,
		[LIMIT_DIALPAD_LIST] = 1200,
		[LIMIT_DIALPAD_WEBHOOKS] = 100,
		[LIMIT__MAX] = 0};
	struct limit_state state;
	struct limits *l = open_limits();

	for (int what = 0; what < LIMIT__MAX; what++) {
		limits_look(l, (enum limit)what, &state);
		ck_assert_int_eq(state.per_minute, sizes[what]);
		ck_assert_int_eq(state.sent, 0);
		ck_assert_int_eq(state.blocked_ms, 0);
		ck_assert_str_ne(limit_word((enum limit)what), "");
	}
	ck_assert_int_eq(take_all(l, LIMIT_AIRCALL), 5);
	ck_assert_int_eq(take_all(l, LIMIT_DIALPAD_CALL), 10);
	config.aircall_requests_per_minute = 1000;
	ck_assert_int_eq(take_all(l, LIMIT_AIRCALL), 995);
	limits_close(l);
}
END_TEST

START_TEST(clicks_are_counted_and_never_held_back)
{
	struct limits *l = open_limits(), *click = open_limits();

	for (int i = 0; i < 8; i++)
		limits_count(click, LIMIT_AIRCALL);
	ck_assert_int_eq(sent(l, LIMIT_AIRCALL), 8);
	ck_assert_int_gt(limits_take(l, LIMIT_AIRCALL), 0);
	for (int i = 0; i < 20; i++)
		limits_count(click, LIMIT_DIALPAD_PLACE);
	ck_assert_int_gt(limits_take(l, LIMIT_DIALPAD_LIST), 0);
	limits_close(l);
	limits_close(click);
}
END_TEST

START_TEST(without_limits_nothing_is_limited)
{
	struct http_answer a;

	http_answer_init(&a);
	limits_count(NULL, LIMIT_AIRCALL);
	limits_answered(NULL, LIMIT_AIRCALL, &a);
	ck_assert_int_eq(limits_take(NULL, LIMIT_AIRCALL), 0);
	limits_close(NULL);
}
END_TEST

START_TEST(restart_of_the_machine_neither_forgets_nor_blocks_for_long)
{
	struct limits *l = open_limits();
	int64_t wait;

	move_clock(INT64_C(100000000));
	ck_assert_int_eq(take_all(l, LIMIT_AIRCALL), 5);
	limits_close(l);
	/* It runs for ten seconds, and then for a minute. */
	move_clock(0);
	move_clock(10000 - clock_boot_ms());
	l = open_limits();
	wait = limits_take(l, LIMIT_AIRCALL);
	ck_assert_int_gt(wait, 0);
	ck_assert_int_le(wait, RECORD_MINUTE - 10000);
	move_clock(0);
	move_clock(RECORD_MINUTE - clock_boot_ms());
	ck_assert_int_eq(take_all(l, LIMIT_AIRCALL), 5);
	nothing_logged();
	limits_close(l);
}
END_TEST

/* --- 429 --- */

#define NO  (-1)
#define NOW INT64_MIN /* and seconds after it */

static const struct {
	enum limit what;
	int status;
	int64_t reset_s, retry_after_s;
	int64_t blocked_ms;
} refusals[] = {
	{LIMIT_AIRCALL, 429, NO, NO, 60000},
	{LIMIT_AIRCALL, 429, 200, NO, 200000},
	{LIMIT_AIRCALL, 429, 200, 100, 200000},
	{LIMIT_AIRCALL, 429, -5, 100, 100000},  /* it has been */
	{LIMIT_AIRCALL, 429, 400, 100, 100000}, /* not within five minutes */
	{LIMIT_AIRCALL, 429, 400, NO, 60000},
	{LIMIT_AIRCALL, 429, NO, 999999999, RECORD_BLOCK_MAX_MS},
	{LIMIT_AIRCALL, 429, NO, 0, 1000},
	{LIMIT_DIALPAD_LIST, 429, NO, NO, 60000},
	{LIMIT_DIALPAD_LIST, 429, 200, NO, 60000}, /* it is Aircall's */
	{LIMIT_DIALPAD_CALL, 429, NO, 120, 120000},
	{LIMIT_DIALPAD_OTHER, 429, NO, NO, 60000},
	{LIMIT_DIALPAD_PLACE, 429, NO, 120, 0},
	{LIMIT_AIRCALL, 503, 200, 100, 0},
	{LIMIT_AIRCALL, 200, 200, 100, 0},
	{LIMIT_AIRCALL, 0, 200, 100, 0},
};

static struct http_answer refusal(int status, int64_t reset_s, bool in_ms, int64_t retry_after_s)
{
	struct http_answer a;

	http_answer_init(&a);
	a.fault = status != 0 ? HTTP_ANSWERED : HTTP_UNCLEAR;
	a.status = status != 0 ? status : 429;
	a.retry_after_s = retry_after_s;
	if (reset_s != NO) {
		a.limit_reset = clock_now_ms() + reset_s * 1000;
		a.limit_reset = in_ms ? a.limit_reset : a.limit_reset / 1000;
	}
	return a;
}

START_TEST(too_many_requests_block_until_the_time_that_is_named)
{
	enum limit what = refusals[_i].what;
	int64_t ms;

	for (int in_ms = 0; in_ms < 2; in_ms++) {
		struct limits *l = open_limits(), *other = open_limits();
		struct http_answer a = refusal(refusals[_i].status, refusals[_i].reset_s,
			in_ms == 1, refusals[_i].retry_after_s);

		limits_answered(l, what, &a);
		ms = blocked(other, what);
		ck_assert_int_le(ms, refusals[_i].blocked_ms);
		/* Some of it has passed. */
		ck_assert_int_ge(ms, refusals[_i].blocked_ms - 20000);
		if (refusals[_i].blocked_ms == 0)
			ck_assert_int_eq(limits_take(other, what), 0);
		else if (refusals[_i].blocked_ms > 20000)
			ck_assert_int_gt(limits_take(other, what), 0);
		for (int i = 0; i < LIMIT__MAX; i++)
			ck_assert(i == (int)what || blocked(other, (enum limit)i) == 0);
		limits_close(l);
		limits_close(other);
		unlink(path);
		http_answer_release(&a);
	}
}
END_TEST

START_TEST(block_ends_and_is_not_shortened)
{
	struct limits *l = open_limits();
	struct http_answer long_one = refusal(429, 200, false, NO),
			   short_one = refusal(429, NO, false, 30);

	limits_answered(l, LIMIT_AIRCALL, &long_one);
	limits_answered(l, LIMIT_AIRCALL, &short_one);
	ck_assert_int_gt(blocked(l, LIMIT_AIRCALL), 100000);
	/* A click goes all the same, and is counted. */
	limits_count(l, LIMIT_AIRCALL);
	ck_assert_int_eq(sent(l, LIMIT_AIRCALL), 1);
	move_clock(200000);
	ck_assert_int_eq(limits_take(l, LIMIT_AIRCALL), 0);
	limits_close(l);
	http_answer_release(&long_one);
	http_answer_release(&short_one);
}
END_TEST

/* --- side by side --- */

#define CHILDREN 12

/* Memory shared with children. */
static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);
	return p;
}

static pid_t child(void (*work)(atomic_int *got), atomic_int *got)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		work(got);
		_exit(0);
	}
	return pid;
}

static int reap(pid_t pid)
{
	int status = 0;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static void take_and_count(atomic_int *got)
{
	struct limits *l = open_limits();

	while (limits_take(l, LIMIT_AIRCALL) == 0)
		atomic_fetch_add(got, 1);
	limits_close(l);
}

START_TEST(many_at_once_never_take_more_than_there_is)
{
	atomic_int *got = shared(sizeof(*got));
	pid_t pids[CHILDREN];
	struct limits *l;

	config.aircall_requests_per_minute = 3000;
	for (int i = 0; i < CHILDREN; i++)
		pids[i] = child(take_and_count, got);
	for (int i = 0; i < CHILDREN; i++)
		ck_assert_int_eq(reap(pids[i]), 0);
	ck_assert_int_eq(atomic_load(got), 3000);
	l = open_limits();
	ck_assert_int_eq(sent(l, LIMIT_AIRCALL), 3000);
	nothing_logged();
	limits_close(l);
	munmap(got, sizeof(*got));
}
END_TEST

static void count_only(atomic_int *got)
{
	for (int i = 0; i < 200; i++) {
		struct limits *l = open_limits();

		limits_count(l, LIMIT_DIALPAD_PLACE);
		limits_close(l);
		atomic_fetch_add(got, 1);
	}
}

START_TEST(no_click_is_forgotten)
{
	atomic_int *got = shared(sizeof(*got));
	pid_t pids[4];
	struct limits *l;

	for (int i = 0; i < 4; i++)
		pids[i] = child(count_only, got);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(reap(pids[i]), 0);
	l = open_limits();
	/* Where none had to wait for longer than a click does. */
	ck_assert(logged("E8001") > 0 || sent(l, LIMIT_DIALPAD_PLACE) == 800);
	limits_close(l);
	munmap(got, sizeof(*got));
}
END_TEST

static const char *const faults[] = {
	"limit-locked:kill:20", "limit-before-write:kill:20", "limit-after-write:kill:20"};

/* Killed at a moment by a fault, or by its parent. */
START_TEST(killed_at_any_moment_the_file_stays_whole)
{
	atomic_int *got = shared(sizeof(*got));
	uint32_t state = 20261120;
	struct limits *l;
	int64_t counted;

	config.aircall_requests_per_minute = 400;
	if (_i < COUNT(faults))
		setenv("DIALER_TEST_FAULT", faults[_i], 1);
	for (int round = 0; round < 40; round++) {
		pid_t pids[4];

		for (int i = 0; i < 4; i++)
			pids[i] = child(take_and_count, got);
		if (_i == COUNT(faults))
			usleep((useconds_t)unit_random(&state, 3000));
		for (int i = 0; i < 4; i++) {
			if (_i == COUNT(faults))
				kill(pids[i], SIGKILL);
			reap(pids[i]);
		}
	}
	unsetenv("DIALER_TEST_FAULT");
	l = open_limits();
	counted = sent(l, LIMIT_AIRCALL);
	/* One that was killed after it was counted did not come to say so. */
	ck_assert_int_le(atomic_load(got), counted);
	ck_assert_int_le(counted, 400);
	ck_assert_int_gt(counted, 0);
	ck_assert_int_eq(take_all(l, LIMIT_AIRCALL), 400 - (int)counted);
	nothing_logged();
	limits_close(l);
	munmap(got, sizeof(*got));
}
END_TEST

START_TEST(stopped_process_stops_nobody)
{
	atomic_int *got = shared(sizeof(*got));
	struct limits *click = open_limits(), *run = open_limits();
	pid_t pid;
	int status;

	setenv("DIALER_TEST_FAULT", "limit-locked:stop", 1);
	pid = child(take_and_count, got);
	unsetenv("DIALER_TEST_FAULT");
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(WIFSTOPPED(status));
	limits_count(click, LIMIT_AIRCALL);
	ck_assert_int_eq(logged("E8001"), 1);
	limits_count(click, LIMIT_AIRCALL);
	ck_assert_int_eq(logged("E8001"), 1);
	/* Alone it keeps within the limit, too. */
	ck_assert_int_eq(take_all(run, LIMIT_AIRCALL), 5);
	ck_assert_int_eq(logged("E8001"), 2);
	kill(pid, SIGKILL);
	reap(pid);
	limits_close(run);
	run = open_limits();
	ck_assert_int_eq(take_all(run, LIMIT_AIRCALL), 5);
	ck_assert_int_eq(logged("E8001"), 2);
	limits_close(run);
	limits_close(click);
	munmap(got, sizeof(*got));
}
END_TEST

/* --- files that are not ours --- */

static void write_file(const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

/* Lengths of a good record that was cut, of zeros, of a text. */
static const struct {
	int good, zeros;
	const char *text;
} foreign[] = {
	{1, 0, ""},
	{8, 0, ""},
	{(int)sizeof(struct record) - 1, 0, ""},
	{(int)sizeof(struct record) - 8, 8, ""},
	{0, 1, ""},
	{0, (int)sizeof(struct record), ""},
	{0, 100000, ""},
	{0, 0, "AIRCALL 60\n"},
};

START_TEST(file_that_is_not_ours_costs_a_minute)
{
	static char bytes[200000];
	struct record good;
	struct limits *l = open_limits(), *other = open_limits();
	size_t len = strlen(foreign[_i].text);
	int64_t wait;

	record_init(&good, clock_boot_ms());
	record_seal(&good);
	memcpy(bytes, &good, sizeof(good));
	memcpy(bytes + foreign[_i].good, foreign[_i].text, len);
	memset(bytes + foreign[_i].good + len, 0, (size_t)foreign[_i].zeros);
	write_file(bytes, (size_t)foreign[_i].good + len + (size_t)foreign[_i].zeros);
	wait = limits_take(l, LIMIT_AIRCALL);
	ck_assert_int_gt(wait, 0);
	ck_assert_int_le(wait, RECORD_MINUTE);
	ck_assert_int_gt(limits_take(other, LIMIT_DIALPAD_CALL), 0);
	limits_count(other, LIMIT_AIRCALL);
	ck_assert_int_eq(sent(l, LIMIT_AIRCALL), 1);
	ck_assert_int_eq(logged("E8002"), 1);
	move_clock(wait);
	/* The click may be forgotten by now. */
	ck_assert_int_ge(take_all(l, LIMIT_AIRCALL), 4);
	ck_assert_int_eq(take_all(other, LIMIT_DIALPAD_CALL), 10);
	ck_assert_int_eq(logged("E8001"), 0);
	limits_close(l);
	limits_close(other);
}
END_TEST

START_TEST(empty_file_is_a_new_one)
{
	struct limits *l = open_limits();

	write_file("", 0);
	ck_assert_int_eq(take_all(l, LIMIT_AIRCALL), 5);
	nothing_logged();
	limits_close(l);
}
END_TEST

START_TEST(file_that_was_removed_is_made_anew)
{
	struct limits *l = open_limits(), *other = open_limits();

	ck_assert_int_eq(take_all(l, LIMIT_AIRCALL), 5);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(limits_take(other, LIMIT_AIRCALL), 0);
	ck_assert_int_eq(take_all(l, LIMIT_AIRCALL), 4);
	limits_close(l);
	limits_close(other);
}
END_TEST

static void make_directory(void)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void make_link(void)
{
	ck_assert_int_eq(symlink(log_path, path), 0);
}

static void make_fifo(void)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void lose_directory(void)
{
	static char none[] = "/nonexistent/dialer";

	config.data_dir = none;
}

static void (*const obstacles[])(void) = {make_directory, make_link, make_fifo, lose_directory};

/* Counts alone, and says so once. */
static void works_alone(void)
{
	struct limits *l = open_limits();
	struct http_answer a = refusal(429, NO, false, NO);

	limits_count(l, LIMIT_AIRCALL);
	ck_assert_int_eq(take_all(l, LIMIT_AIRCALL), 4);
	limits_answered(l, LIMIT_DIALPAD_CALL, &a);
	ck_assert_int_gt(limits_take(l, LIMIT_DIALPAD_CALL), 0);
	ck_assert_int_eq(sent(l, LIMIT_AIRCALL), 5);
	ck_assert_int_eq(logged("E8001"), 1);
	limits_close(l);
	http_answer_release(&a);
}

START_TEST(what_cannot_be_used_leaves_it_counting_alone)
{
	obstacles[_i]();
	works_alone();
}
END_TEST

START_TEST(directory_that_cannot_be_written_leaves_it_counting_alone)
{
	pid_t pid;

	ck_assert_int_eq(chmod(dir, 0555), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		/* Root may write anywhere. */
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(3);
		setenv("DIALER_TEST_CLOCK", "", 1);
		struct limits *l = open_limits();
		limits_count(l, LIMIT_AIRCALL);
		int got = take_all(l, LIMIT_AIRCALL);
		limits_close(l);
		_exit(got == 4 ? 0 : 4);
	}
	ck_assert_int_eq(reap(pid), 0);
	ck_assert_int_eq(logged("E8001"), 1);
	ck_assert_int_eq(chmod(dir, 0700), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("limit");
	TCase *t = tcase_create("limit");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, processes_share_what_may_be_sent);
	tcase_add_test(t, each_limit_has_its_size);
	tcase_add_test(t, clicks_are_counted_and_never_held_back);
	tcase_add_test(t, without_limits_nothing_is_limited);
	tcase_add_test(t, restart_of_the_machine_neither_forgets_nor_blocks_for_long);
	tcase_add_loop_test(
		t, too_many_requests_block_until_the_time_that_is_named, 0, COUNT(refusals));
	tcase_add_test(t, block_ends_and_is_not_shortened);
	tcase_add_test(t, many_at_once_never_take_more_than_there_is);
	tcase_add_test(t, no_click_is_forgotten);
	tcase_add_loop_test(t, killed_at_any_moment_the_file_stays_whole, 0, COUNT(faults) + 1);
	tcase_add_test(t, stopped_process_stops_nobody);
	tcase_add_loop_test(t, file_that_is_not_ours_costs_a_minute, 0, COUNT(foreign));
	tcase_add_test(t, empty_file_is_a_new_one);
	tcase_add_test(t, file_that_was_removed_is_made_anew);
	tcase_add_loop_test(t, what_cannot_be_used_leaves_it_counting_alone, 0, COUNT(obstacles));
	tcase_add_test(t, directory_that_cannot_be_written_leaves_it_counting_alone);
	suite_add_tcase(s, t);
	return unit_run(s);
}
