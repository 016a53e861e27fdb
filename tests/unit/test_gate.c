#include "base/sanitized.h"
#include "store/gate.h"
#include "unit/box.h"
#include "unit/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define REGION       "__db.001"
#define MARKER_BYTES 256

static struct box box;
static pid_t child; /* 0: none */

/* What children tell; shared with them. */
static struct told {
	volatile int inside, entered, most, done;
	volatile sig_atomic_t alarms;
} * told;

static void setup(void)
{
	box_make(&box);
	box_write(&box, REGION, "region", 6);
	child = 0;
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(told, MAP_FAILED);
}

static void teardown(void)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	munmap(told, sizeof(*told));
	box_remove(&box);
}

static struct gate gate_for(int wait_seconds, int work_seconds)
{
	return (struct gate){.dir = box.dir,
		.log = &box.log,
		.wait_seconds = wait_seconds,
		.work_seconds = work_seconds,
		.emergency_fd = -1};
}

/* Whether the next one would recover; leaves as it came in. */
static bool next_recovers(void)
{
	struct gate g = gate_for(5, 5);
	bool recover;

	ck_assert_int_eq(gate_enter(&g, &recover), 0);
	gate_leave(&g, !recover);
	return recover;
}

/* Somebody enters, recovers if need be, and leaves in good order. */
static uint64_t visit(void)
{
	struct gate g = gate_for(5, 5);
	bool recover;

	ck_assert_int_eq(gate_enter(&g, &recover), 0);
	gate_leave(&g, true);
	return g.generation;
}

static int64_t mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void nap(int ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	while (nanosleep(&t, &t) == -1 && errno == EINTR)
		;
}

static void wait_until(const volatile int *flag)
{
	while (*flag == 0)
		nap(1);
}

/* A child that is inside and stays there; returns when it is. */
static void start_owner(int work_seconds, int emergency_fd, const char *emergency)
{
	child = fork();
	ck_assert_int_ne(child, -1);
	if (child == 0) {
		struct gate g = gate_for(5, work_seconds);
		bool recover;

		g.emergency_fd = emergency_fd;
		g.emergency = emergency;
		g.emergency_len = strlen(emergency);
		if (gate_enter(&g, &recover) != 0)
			_exit(99);
		told->entered = 1;
		for (;;)
			pause();
	}
	wait_until(&told->entered);
}

static int end_of_child(void)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	child = 0;
	return status;
}

static void kill_owner(void)
{
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	end_of_child();
}

/* --- one at a time --- */

static void count_inside(int times)
{
	for (int i = 0; i < times; i++) {
		struct gate g = gate_for(30, 30);
		bool recover;

		if (gate_enter(&g, &recover) != 0)
			_exit(99);
		int now = ++told->inside;
		if (now > told->most)
			told->most = now;
		told->done++;
		if (i % 16 == 0)
			nap(1);
		told->inside--;
		gate_leave(&g, true);
	}
	_exit(0);
}

START_TEST(one_process_is_inside_at_a_time)
{
	pid_t pids[4];
	int status;

	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		ck_assert_int_ne(pids[i], -1);
		if (pids[i] == 0)
			count_inside(250);
	}
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_int_eq(told->most, 1);
	ck_assert_int_eq(told->done, 1000);
}
END_TEST

/* Whoever waits for a file that is not there any more comes in by the one that is. */
START_TEST(a_gate_removed_or_moved_meanwhile_is_not_entered_by)
{
	struct gate g = gate_for(5, 5);
	bool recover;
	char moved[UNIT_PATH_SIZE + 20];
	pid_t waiter;

	start_owner(30, -1, "");
	waiter = fork();
	ck_assert_int_ne(waiter, -1);
	if (waiter == 0)
		count_inside(1);
	nap(200);
	(void)snprintf(moved, sizeof(moved), "%s", box_file(&box, "moved"));
	ck_assert_int_eq(
		_i == 0 ? unlink(box_file(&box, "gate")) : rename(box_file(&box, "gate"), moved),
		0);
	ck_assert_int_eq(gate_enter(&g, &recover), 0);
	ck_assert(recover);
	/* The owner goes, which is what the waiter waited for: but we are inside. */
	kill_owner();
	nap(200);
	ck_assert_int_eq(told->done, 0);
	gate_leave(&g, true);
	ck_assert_int_eq(waitpid(waiter, NULL, 0), waiter);
	ck_assert_int_eq(told->done, 1);
}
END_TEST

START_TEST(waiting_ends_in_time)
{
	struct gate g = gate_for(1, 5);
	bool recover;
	int64_t begin;

	start_owner(60, -1, "");
	begin = mono_ms();
	ck_assert_int_eq(gate_enter(&g, &recover), EAGAIN);
	ck_assert_int_ge(mono_ms() - begin, 990);
	ck_assert_int_lt(mono_ms() - begin, 5000);
	kill_owner();
}
END_TEST

static void ignore(int signo)
{
	(void)signo;
}

START_TEST(other_signals_do_not_shorten_the_wait)
{
	struct gate g = gate_for(1, 5);
	struct sigaction sa = {.sa_handler = ignore};
	bool recover;
	pid_t parent = getpid();
	int64_t begin;

	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	start_owner(60, -1, "");
	pid_t sender = fork();
	ck_assert_int_ne(sender, -1);
	if (sender == 0) {
		for (int i = 0; i < 20; i++) {
			nap(20);
			kill(parent, i % 2 == 0 ? SIGALRM : SIGUSR1);
		}
		_exit(0);
	}
	begin = mono_ms();
	ck_assert_int_eq(gate_enter(&g, &recover), EAGAIN);
	ck_assert_int_ge(mono_ms() - begin, 990);
	waitpid(sender, NULL, 0);
	kill_owner();
}
END_TEST

/* --- stuck --- */

START_TEST(a_stuck_owner_says_so_and_ends_itself)
{
	char got[64] = "";
	int fds[2];

	visit();
	ck_assert_int_eq(pipe(fds), 0);
	start_owner(1, fds[1], "Status: 503\r\n\r\n");
	int status = end_of_child();
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), GATE_STUCK_STATUS);
	ck_assert_int_gt(read(fds[0], got, sizeof(got) - 1), 0);
	ck_assert_str_eq(got, "Status: 503\r\n\r\n");
	ck_assert(box_logged(&box, "E3013"));
	ck_assert(next_recovers());
}
END_TEST

/* The end of a pipe that takes no more. */
static int full_pipe(void)
{
	char full[65536];
	int fds[2], flags;

	ck_assert_int_eq(pipe(fds), 0);
	flags = fcntl(fds[1], F_GETFL);
	fcntl(fds[1], F_SETFL, flags | O_NONBLOCK);
	memset(full, 'x', sizeof(full));
	while (write(fds[1], full, sizeof(full)) > 0)
		;
	fcntl(fds[1], F_SETFL, flags);
	return fds[1];
}

START_TEST(a_stuck_owner_ends_even_if_nobody_reads)
{
	visit();
	start_owner(1, full_pipe(), "Status: 503\r\n\r\n");
	int status = end_of_child();
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), GATE_STUCK_STATUS);
}
END_TEST

START_TEST(a_stuck_owner_ends_even_if_nobody_reads_its_log)
{
	visit();
	box.log.fd = full_pipe();
	start_owner(1, -1, "");
	int status = end_of_child();
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), GATE_STUCK_STATUS);
}
END_TEST

/* While a process is stopped nobody can take the gate from it, but nobody waits for ever. */
START_TEST(a_stopped_owner_is_waited_for_in_vain_and_ends_when_it_goes_on)
{
	struct gate g = gate_for(1, 5);
	bool recover;

	visit();
	start_owner(1, -1, "");
	kill(child, SIGSTOP);
	nap(1200);
	ck_assert_int_eq(gate_enter(&g, &recover), EAGAIN);
	kill(child, SIGCONT);
	int status = end_of_child();
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), GATE_STUCK_STATUS);
	ck_assert(next_recovers());
}
END_TEST

START_TEST(recovery_has_more_time_than_work)
{
	child = fork();
	if (child == 0) {
		struct gate g = gate_for(1, 1);
		bool recover;

		if (gate_enter(&g, &recover) != 0 || !recover)
			_exit(99);
		nap(1300);
		gate_leave(&g, true);
		_exit(0);
	}
	ck_assert_int_eq(end_of_child(), 0);
	ck_assert(!next_recovers());
}
END_TEST

START_TEST(the_time_spent_waiting_does_not_count_as_work)
{
	visit();
	start_owner(60, -1, "");
	pid_t waiter = fork();
	ck_assert_int_ne(waiter, -1);
	if (waiter == 0) {
		struct gate g = gate_for(2, 3);
		bool recover;

		if (gate_enter(&g, &recover) != 0)
			_exit(99);
		/* The marker is dirty, but the allowance is what is looked at: until it leaves. */
		nap(1500);
		gate_leave(&g, true);
		_exit(0);
	}
	nap(1000);
	kill_owner();
	child = waiter;
	ck_assert_int_eq(end_of_child(), 0);
}
END_TEST

/* --- crashed --- */

static void write_where_nothing_is(void)
{
	volatile char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*page = 1;
}

/* More than the stack there is.  NOLINTNEXTLINE(misc-no-recursion) */
static int without_end(const volatile char *before)
{
	volatile char here[4096] = {before[0]};

	return here[0] != 0 ? 0 : without_end(here) + here[1];
}

static void crash(int how)
{
	static const int signals[] = {SIGBUS, SIGFPE, SIGABRT, SIGSEGV};
	const char first = 0;

	if (how == 0)
		write_where_nothing_is();
	else if (how == 1)
		(void)without_end(&first);
	else if (how == 2)
		abort();
	else
		(void)raise(signals[how - 3]);
}

START_TEST(an_owner_that_crashes_says_so_and_lets_the_next_one_recover)
{
	char got[64] = "";
	int fds[2];

	if (SANITIZED)
		return;
	visit();
	ck_assert_int_eq(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		struct gate g = gate_for(5, 60);
		bool recover;

		g.emergency_fd = fds[1];
		g.emergency = "Status: 503\r\n\r\n";
		g.emergency_len = strlen(g.emergency);
		if (gate_enter(&g, &recover) != 0)
			_exit(99);
		crash(_i);
		_exit(98);
	}
	int status = end_of_child();
	ck_assert_msg(WIFEXITED(status), "%x", status);
	ck_assert_int_eq(WEXITSTATUS(status), GATE_STUCK_STATUS);
	ck_assert_int_gt(read(fds[0], got, sizeof(got) - 1), 0);
	ck_assert_str_eq(got, "Status: 503\r\n\r\n");
	ck_assert(box_logged(&box, "E3014"));
	ck_assert(next_recovers());
}
END_TEST

START_TEST(outside_a_crash_is_nobody_elses_business)
{
	visit();
	child = fork();
	if (child == 0) {
		struct gate g = gate_for(5, 60);
		bool recover;

		(void)signal(SIGBUS, SIG_DFL);
		if (gate_enter(&g, &recover) != 0)
			_exit(99);
		gate_leave(&g, true);
		(void)raise(SIGBUS);
		_exit(98);
	}
	int status = end_of_child();
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGBUS);
	ck_assert(!box_logged(&box, "E3014"));
}
END_TEST

/* --- signals --- */

START_TEST(a_signal_to_end_waits_until_the_process_has_left)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

	visit();
	child = fork();
	if (child == 0) {
		struct gate g = gate_for(1, 5);
		bool recover;

		/* The test runner has handlers of its own. */
		(void)signal(signals[_i], SIG_DFL);
		if (gate_enter(&g, &recover) != 0 || recover)
			_exit(99);
		kill(getpid(), signals[_i]);
		told->done = 1;
		gate_leave(&g, true);
		told->done = 2;
		_exit(0);
	}
	int status = end_of_child();
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), signals[_i]);
	ck_assert_int_eq(told->done, 1);
	ck_assert(!next_recovers());
}
END_TEST

/* Nobody could get in while it is stopped. */
START_TEST(a_signal_to_stop_waits_until_the_process_has_left)
{
	static const int signals[] = {SIGTSTP, SIGTTIN, SIGTTOU};
	struct gate g = gate_for(1, 5);
	sigset_t waiting;
	bool recover;

	(void)signal(signals[_i], SIG_DFL);
	ck_assert_int_eq(gate_enter(&g, &recover), 0);
	kill(getpid(), signals[_i]);
	ck_assert_int_eq(sigpending(&waiting), 0);
	ck_assert(sigismember(&waiting, signals[_i]));
	/* Does away with what waits. */
	(void)signal(signals[_i], SIG_IGN);
	gate_leave(&g, true);
}
END_TEST

START_TEST(an_alarm_from_outside_does_nothing_inside)
{
	visit();
	child = fork();
	if (child == 0) {
		struct gate g = gate_for(1, 5);
		bool recover;

		if (gate_enter(&g, &recover) != 0)
			_exit(99);
		for (int i = 0; i < 5; i++) {
			union sigval v = {.sival_ptr = &g};

			kill(getpid(), SIGALRM);
			sigqueue(getpid(), SIGALRM, v);
		}
		gate_leave(&g, true);
		_exit(0);
	}
	ck_assert_int_eq(end_of_child(), 0);
}
END_TEST

static void count_alarm(int signo)
{
	(void)signo;
	told->alarms++;
}

/* Handler, mask and timers are as before; `blocked`: the caller had blocked SIGALRM. */
static void assert_nothing_left(bool blocked)
{
	struct sigaction sa;
	sigset_t now;

	sigaction(SIGALRM, NULL, &sa);
	ck_assert(sa.sa_handler == count_alarm);
	ck_assert_int_eq(sa.sa_flags & SA_RESTART, SA_RESTART);
	sigprocmask(SIG_SETMASK, NULL, &now);
	ck_assert_int_eq(sigismember(&now, SIGALRM), blocked);
	ck_assert_int_eq(sigismember(&now, SIGUSR2), 1);
	ck_assert_int_eq(sigismember(&now, SIGTERM), 0);
	ck_assert_int_eq(sigismember(&now, SIGINT), 0);
	ck_assert_int_eq(sigismember(&now, SIGHUP), 0);
	FILE *f = fopen("/proc/self/timers", "re");
	if (f != NULL) {
		ck_assert_int_eq(fgetc(f), EOF);
		(void)fclose(f);
	} else {
		nap(1300);
	}
	sigpending(&now);
	ck_assert_int_eq(sigismember(&now, SIGALRM), 0);
	ck_assert_int_eq(told->alarms, 0);
}

static void prepare_signals(bool blocked)
{
	struct sigaction sa = {.sa_handler = count_alarm, .sa_flags = SA_RESTART};
	sigset_t mask;

	sigaction(SIGALRM, &sa, NULL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	if (blocked)
		sigaddset(&mask, SIGALRM);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

START_TEST(leaving_leaves_no_timer_handler_or_mask_behind)
{
	struct gate g = gate_for(1, 1);
	bool recover;

	visit();
	prepare_signals(_i == 1);
	ck_assert_int_eq(gate_enter(&g, &recover), 0);
	gate_leave(&g, true);
	assert_nothing_left(_i == 1);
}
END_TEST

START_TEST(giving_up_leaves_no_timer_handler_or_mask_behind)
{
	struct gate g = gate_for(1, 1);
	bool recover;

	start_owner(60, -1, "");
	prepare_signals(_i == 1);
	ck_assert_int_eq(gate_enter(&g, &recover), EAGAIN);
	assert_nothing_left(_i == 1);
	kill_owner();
}
END_TEST

/* --- the marker --- */

START_TEST(the_first_one_recovers_and_the_next_does_not)
{
	ck_assert(next_recovers());
	ck_assert(next_recovers());
	visit();
	ck_assert(!next_recovers());
	visit();
	ck_assert(!next_recovers());
}
END_TEST

START_TEST(after_leaving_in_disorder_the_next_recovers)
{
	struct gate g = gate_for(1, 5);
	bool recover;

	visit();
	ck_assert_int_eq(gate_enter(&g, &recover), 0);
	gate_leave(&g, false);
	ck_assert(next_recovers());
}
END_TEST

START_TEST(after_a_kill_inside_the_next_recovers)
{
	visit();
	start_owner(60, -1, "");
	kill_owner();
	ck_assert(next_recovers());
	visit();
	ck_assert(!next_recovers());
}
END_TEST

START_TEST(a_removed_region_file_means_recovery)
{
	visit();
	unlink(box_file(&box, REGION));
	ck_assert(next_recovers());
	visit();
	/* There still is none, so there is nothing to trust. */
	ck_assert(next_recovers());
}
END_TEST

START_TEST(a_second_region_file_removed_or_replaced_means_recovery)
{
	static const char *const names[] = {"__db.002", "__db.003"};

	for (size_t i = 0; i < 2; i++) {
		box_write(&box, names[i], "region", 6);
		visit();
		ck_assert(!next_recovers());
		unlink(box_file(&box, names[i]));
		ck_assert(next_recovers());
		nap(30);
		box_write(&box, names[i], "region", 6);
		ck_assert(next_recovers());
	}
}
END_TEST

START_TEST(a_replaced_region_file_means_recovery)
{
	char other[2 * UNIT_PATH_SIZE];

	visit();
	/* With the old one kept the new one cannot get its inode; */
	(void)snprintf(other, sizeof(other), "%s", box_file(&box, "other"));
	ck_assert_int_eq(rename(box_file(&box, REGION), other), 0);
	box_write(&box, REGION, "region", 6);
	ck_assert(next_recovers());
	visit();
	/* and here it usually does. The birth time is as fine as the kernel's clock ticks. */
	nap(30);
	unlink(box_file(&box, REGION));
	box_write(&box, REGION, "region", 6);
	ck_assert(next_recovers());
}
END_TEST

static size_t read_marker(char marker[MARKER_BYTES + 1])
{
	int fd = open(box_file(&box, "gate"), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	ck_assert_int_ne(fd, -1);
	n = read(fd, marker, MARKER_BYTES);
	ck_assert_int_ge(n, 0);
	close(fd);
	marker[n] = '\0';
	return (size_t)n;
}

START_TEST(another_boot_means_recovery)
{
	char marker[MARKER_BYTES + 1], boot[37] = "";
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	visit();
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(boot, sizeof(boot), f));
	(void)fclose(f);
	ck_assert_uint_eq(read_marker(marker), MARKER_BYTES);
	char *at = strstr(marker, boot);
	ck_assert_ptr_nonnull(at);
	*at = *at == '0' ? '1' : '0';
	box_write(&box, "gate", marker, MARKER_BYTES);
	ck_assert(next_recovers());
}
END_TEST

START_TEST(any_changed_byte_of_the_marker_means_recovery)
{
	char marker[MARKER_BYTES + 1];

	visit();
	ck_assert_uint_eq(read_marker(marker), MARKER_BYTES);
	for (size_t i = 0; i < MARKER_BYTES; i++) {
		/* Another generation is as good as any; it does not say whether all is well. */
		if (i >= 2 && i < 22)
			continue;
		char was = marker[i];
		marker[i] = '#';
		box_write(&box, "gate", marker, MARKER_BYTES);
		ck_assert_msg(next_recovers(), "byte %zu", i);
		marker[i] = was;
	}
	box_write(&box, "gate", marker, MARKER_BYTES);
	ck_assert(!next_recovers());
}
END_TEST

START_TEST(a_spoilt_gate_file_means_recovery_and_is_mended)
{
	static char huge[1 << 20];
	static const struct {
		const char *bytes;
		size_t len;
	} files[] = {{"", 0}, {"c", 1}, {"c\n", 2}, {"\0\0\0\0", 4},
		{"c 99999999999999999999999999999999999999 x", 42}, {huge, sizeof(huge)}};

	memset(huge, 'c', sizeof(huge));
	visit();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		box_write(&box, "gate", files[i].bytes, files[i].len);
		ck_assert_msg(next_recovers(), "%zu", i);
		visit();
		ck_assert_msg(!next_recovers(), "%zu", i);
	}
}
END_TEST

START_TEST(the_generation_grows_with_every_recovery_only)
{
	uint64_t first = visit(), second;

	ck_assert_uint_eq(visit(), first);
	start_owner(60, -1, "");
	kill_owner();
	second = visit();
	ck_assert_uint_gt(second, first);
	ck_assert_uint_eq(visit(), second);
}
END_TEST

/* --- what cannot be entered --- */

static void assert_cannot(int want)
{
	struct gate g = gate_for(1, 1);
	bool recover;

	ck_assert_int_eq(gate_enter(&g, &recover), want);
	ck_assert_int_eq(g.fd, -1);
}

START_TEST(what_is_no_gate_file_is_not_entered)
{
	struct gate g = gate_for(1, 1);
	bool recover;
	char dir[5000];

	ck_assert_int_eq(symlink("elsewhere", box_file(&box, "gate")), 0);
	assert_cannot(ELOOP);
	unlink(box_file(&box, "gate"));
	ck_assert_int_eq(mkdir(box_file(&box, "gate"), 0700), 0);
	assert_cannot(EISDIR);
	rmdir(box_file(&box, "gate"));
	ck_assert_int_eq(mkfifo(box_file(&box, "gate"), 0600), 0);
	assert_cannot(ESPIPE);
	g.dir = "/nonexistent";
	ck_assert_int_eq(gate_enter(&g, &recover), ENOENT);
	memset(dir, 'd', sizeof(dir) - 1);
	dir[sizeof(dir) - 1] = '\0';
	g.dir = dir;
	ck_assert_int_eq(gate_enter(&g, &recover), ENAMETOOLONG);
}
END_TEST

/* A child that is started by a library meanwhile must not hold the gate. */
START_TEST(the_gate_is_not_inherited)
{
	struct gate g = gate_for(1, 5);
	bool recover;

	ck_assert_int_eq(gate_enter(&g, &recover), 0);
	ck_assert_int_eq(fcntl(g.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	gate_leave(&g, true);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gate");
	TCase *t = tcase_create("gate");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, one_process_is_inside_at_a_time);
	tcase_add_loop_test(t, a_gate_removed_or_moved_meanwhile_is_not_entered_by, 0, 2);
	tcase_add_test(t, waiting_ends_in_time);
	tcase_add_test(t, other_signals_do_not_shorten_the_wait);
	tcase_add_test(t, a_stuck_owner_says_so_and_ends_itself);
	tcase_add_test(t, a_stuck_owner_ends_even_if_nobody_reads);
	tcase_add_test(t, a_stuck_owner_ends_even_if_nobody_reads_its_log);
	tcase_add_test(t, a_stopped_owner_is_waited_for_in_vain_and_ends_when_it_goes_on);
	tcase_add_test(t, recovery_has_more_time_than_work);
	tcase_add_test(t, the_time_spent_waiting_does_not_count_as_work);
	tcase_add_loop_test(t, an_owner_that_crashes_says_so_and_lets_the_next_one_recover, 0, 7);
	tcase_add_test(t, outside_a_crash_is_nobody_elses_business);
	tcase_add_loop_test(t, a_signal_to_end_waits_until_the_process_has_left, 0, 6);
	tcase_add_loop_test(t, a_signal_to_stop_waits_until_the_process_has_left, 0, 3);
	tcase_add_test(t, an_alarm_from_outside_does_nothing_inside);
	tcase_add_loop_test(t, leaving_leaves_no_timer_handler_or_mask_behind, 0, 2);
	tcase_add_loop_test(t, giving_up_leaves_no_timer_handler_or_mask_behind, 0, 2);
	tcase_add_test(t, the_first_one_recovers_and_the_next_does_not);
	tcase_add_test(t, after_leaving_in_disorder_the_next_recovers);
	tcase_add_test(t, after_a_kill_inside_the_next_recovers);
	tcase_add_test(t, a_removed_region_file_means_recovery);
	tcase_add_test(t, a_second_region_file_removed_or_replaced_means_recovery);
	tcase_add_test(t, a_replaced_region_file_means_recovery);
	tcase_add_test(t, another_boot_means_recovery);
	tcase_add_test(t, any_changed_byte_of_the_marker_means_recovery);
	tcase_add_test(t, a_spoilt_gate_file_means_recovery_and_is_mended);
	tcase_add_test(t, the_generation_grows_with_every_recovery_only);
	tcase_add_test(t, what_is_no_gate_file_is_not_entered);
	tcase_add_test(t, the_gate_is_not_inherited);
	suite_add_tcase(s, t);
	return unit_run(s);
}
