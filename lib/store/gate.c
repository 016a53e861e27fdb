#include "store/gate.h"

#include "base/clock.h"
#include "base/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define GATE_FILE  "gate"
#define MARKER_LEN (GATE_MARKER_SIZE - 1) /* always so long, so that it is overwritten in place */

/* The environment's shared memory: 1 general and locks, 2 log, 3 cache. */
#define REGION_FILE(n) "__db.00" #n

/* The marker's first byte; entering overwrites just this one. */
#define MARKER_CLEAN 'c'
#define MARKER_DIRTY 'd'

/* In the middle of an answer its end must look cut off, which only the server can bring about. */
static void hold(const struct gate *g)
{
	sigset_t all;
	sigemptyset(&all);
	(void)signal(SIGALRM, SIG_IGN);
	(void)signal(SIGTERM, SIG_DFL);
	close(g->fd);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (;;)
		pause();
}

/* The last words of a process that will not leave by itself. */
static void end(struct gate *g)
{
	size_t done = 0;
	if (g->hold)
		hold(g);
	while (done < g->emergency_len) {
		ssize_t n = write(g->emergency_fd, g->emergency + done, g->emergency_len - done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	_exit(GATE_STUCK_STATUS);
}

static int timer_arm(struct gate *g, int seconds)
{
	/* It repeats, so that a signal that came just before the wait began is not lost. */
	struct itimerspec t = {{1, 0}, {seconds, 0}};
	return timer_settime(g->timer, 0, &t, NULL) == -1 ? errno : 0;
}

static void on_alarm(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	/* A SIGALRM from elsewhere carries no gate and means nothing. */
	if (info->si_code != SI_TIMER || info->si_value.sival_ptr == NULL)
		return;
	struct gate *g = info->si_value.sival_ptr;
	if (!g->inside) {
		g->expired = 1;
		return;
	}
	/* The next alarm finds us here if nobody reads what we write, be it the log. */
	if (g->ending && g->hold)
		hold(g);
	if (g->ending)
		_exit(GATE_STUCK_STATUS);
	g->ending = 1;
	log_write(g->log, LOG_OUTSIDE, "E3013",
		"storage in %s: this process was inside for too long and ends itself; the next one "
		"recovers. Is the disk slow, or was the process stopped?",
		g->dir);
	end(g);
}

static void on_crash(void *arg, int signo)
{
	struct gate *g = arg;
	/* Whoever does not read what we write does not keep us. */
	g->ending = 1;
	(void)!timer_arm(g, 1);
	log_write(g->log, LOG_OUTSIDE, "E3014",
		"storage in %s: Berkeley DB ended with signal %d; the next process recovers. Is "
		"the "
		"disk full, is memory short, were files of the directory changed?",
		g->dir, signo);
	end(g);
}

static int timer_start(struct gate *g)
{
	struct sigaction sa;
	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = on_alarm;
	/* No SA_RESTART: flock must return. NODEFER: the handler itself must not get stuck. */
	sa.sa_flags = SA_SIGINFO | SA_NODEFER;
	sigemptyset(&sa.sa_mask);
	if (sigaction(SIGALRM, &sa, &g->old_alarm) == -1)
		return errno;
	struct sigevent ev;
	memset(&ev, 0, sizeof(ev));
	ev.sigev_notify = SIGEV_SIGNAL;
	ev.sigev_signo = SIGALRM;
	ev.sigev_value.sival_ptr = g;
	if (timer_create(CLOCK_MONOTONIC, &ev, &g->timer) == -1) {
		int e = errno;
		sigaction(SIGALRM, &g->old_alarm, NULL);
		return e;
	}
	g->has_timer = true;
	sigset_t alarm;
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarm, &g->old_mask);
	return 0;
}

/* All signals are as they were before. */
static void timer_end(struct gate *g)
{
	if (!g->has_timer)
		return;
	timer_delete(g->timer);
	g->has_timer = false;
	sigaction(SIGALRM, &g->old_alarm, NULL);
	sigprocmask(SIG_SETMASK, &g->old_mask, NULL);
}

/* The boot id, so that regions of an earlier boot are never trusted. Without /proc it stays empty
 * and every entry recovers: slow but right. */
static void read_boot_id(char out[GATE_BOOT_SIZE])
{
	out[0] = '\0';
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return;
	ssize_t n = read(fd, out, 36);
	out[n == 36 ? 36 : 0] = '\0';
	close(fd);
}

/* Which file this is, for the marker: "-" if there is none. The birth time is in it because file
 * systems reuse inode numbers. False if there is none. */
static bool file_identity(const char *dir, const char *name, char *out, size_t size)
{
	char path[4096];
	struct statx st;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path) ||
		statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &st) == -1) {
		snprintf(out, size, " -");
		return false;
	}
	snprintf(out, size, " %" PRIu64 " %" PRId64 ".%09u", (uint64_t)st.stx_ino,
		(int64_t)st.stx_btime.tv_sec, (unsigned)st.stx_btime.tv_nsec);
	return true;
}

/* What a clean marker must say now; false, and "", if there is nothing to trust. `boot` is read where it
 * is "". */
static bool marker_wanted(
	const char *dir, char boot[GATE_BOOT_SIZE], uint64_t generation, char out[GATE_MARKER_SIZE])
{
	char text[MARKER_LEN], files[3][60];
	out[0] = '\0';
	if (boot[0] == '\0')
		read_boot_id(boot);
	if (boot[0] == '\0' || !file_identity(dir, REGION_FILE(1), files[0], sizeof(files[0])))
		return false;
	/* Berkeley DB takes a missing one of the others for an empty one, and crashes in it. */
	file_identity(dir, REGION_FILE(2), files[1], sizeof(files[1]));
	file_identity(dir, REGION_FILE(3), files[2], sizeof(files[2]));
	snprintf(text, sizeof(text), "%c %020" PRIu64 " %s%s%s%s", MARKER_CLEAN, generation, boot,
		files[0], files[1], files[2]);
	snprintf(out, GATE_MARKER_SIZE, "%-*s\n", MARKER_LEN - 1, text);
	return true;
}

static bool marker_make(struct gate *g)
{
	char boot[GATE_BOOT_SIZE] = "";
	return marker_wanted(g->dir, g->boot != NULL ? g->boot : boot, g->generation, g->marker);
}

static uint64_t marker_generation(const char *marker, size_t len)
{
	uint64_t g = 0;
	for (size_t i = 2; i < 22 && i < len && marker[i] >= '0' && marker[i] <= '9'; i++)
		g = g * 10 + (uint64_t)(marker[i] - '0');
	return g;
}

/* Reads the marker and makes it dirty. */
static int marker_enter(struct gate *g, bool *recover)
{
	char have[GATE_MARKER_SIZE] = "";
	ssize_t n = pread(g->fd, have, sizeof(have) - 1, 0);
	if (n == -1)
		return errno;
	g->generation = marker_generation(have, (size_t)n);
	*recover = !marker_make(g) || strcmp(have, g->marker) != 0;
	if (*recover) {
		g->generation++;
		g->marker[0] = '\0';
	}
	const char dirty = MARKER_DIRTY;
	if (pwrite(g->fd, &dirty, 1, 0) != 1)
		return errno != 0 ? errno : EIO;
	return 0;
}

static void marker_leave(struct gate *g)
{
	/* Files that were exchanged since it was sealed are found out by the next one. */
	if (!gate_seal(g))
		return;
	/* Should this fail the marker stays dirty: the next one recovers, and nothing is lost. */
	ssize_t n = pwrite(g->fd, g->marker, MARKER_LEN, 0);
	(void)n;
}

/* Waits until the timer says that it was long enough; other signals do not shorten the wait. */
static int lock_wait(struct gate *g)
{
	while (flock(g->fd, LOCK_EX) == -1) {
		if (errno != EINTR)
			return errno;
		if (g->expired)
			return EAGAIN;
	}
	return 0;
}

/* Removed or replaced while we waited for it, a file keeps nobody out any more. */
static bool is_current(const struct gate *g, const char *path)
{
	struct stat mine, named;
	return fstat(g->fd, &mine) == 0 && lstat(path, &named) == 0 &&
	       mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
}

static int open_locked(struct gate *g, const char *path)
{
	for (;;) {
		g->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (g->fd == -1)
			return errno;
		int e = lock_wait(g);
		if (e != 0 || is_current(g, path))
			return e;
		close(g->fd);
		g->fd = -1;
		if (g->expired)
			return EAGAIN;
	}
}

/* --- what a test is told --- */

#ifdef DIALER_TEST_HOOKS
static const char *request_of(const struct gate *g)
{
	return g->log->request_id[0] != '\0' ? g->log->request_id : "-";
}

static void tell_entered(struct gate *g)
{
	g->entered_ms = clock_mono_ms();
}

static void tell_busy(const struct gate *g)
{
	RECORD("busy %s %s %lld\n", request_of(g), g->log->program,
		(long long)(clock_mono_ms() - g->came_ms));
}

static void tell_left(const struct gate *g)
{
	RECORD("stay %s %s %lld %lld\n", request_of(g), g->log->program,
		(long long)(g->entered_ms - g->came_ms),
		(long long)(clock_mono_ms() - g->entered_ms));
}

static void tell_came(struct gate *g)
{
	g->came_ms = clock_mono_ms();
}
#else
#define tell_came(g)    ((void)0)
#define tell_entered(g) ((void)0)
#define tell_busy(g)    ((void)0)
#define tell_left(g)    ((void)0)
#endif

/* --- in and out --- */

/* Not SIGALRM, by which it ends itself, nor what tells of its own faults. */
static void hold_signals(void)
{
	static const int held[] = {
		SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++)
		sigaddset(&set, held[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int gate_enter(struct gate *g, bool *recover)
{
	char path[4096];
	if ((size_t)snprintf(path, sizeof(path), "%s/" GATE_FILE, g->dir) >= sizeof(path))
		return ENAMETOOLONG;
	g->inside = 0;
	g->expired = 0;
	g->ending = 0;
	g->has_timer = false;
	g->fd = -1;
	tell_came(g);
	int e = timer_start(g);
	if (e == 0)
		e = timer_arm(g, g->wait_seconds);
	if (e != 0)
		goto out;
	if ((e = open_locked(g, path)) != 0)
		goto out;
	hold_signals();
	e = marker_enter(g, recover);
	if (e == 0)
		/* A recovery that is killed leaves the next one to do it all again: it gets more
		 * time. */
		e = timer_arm(g, *recover ? GATE_RECOVERY_SECONDS : g->work_seconds);
	if (e != 0)
		goto out;
	g->inside = 1;
	tell_entered(g);
	g->crash.ending = on_crash;
	g->crash.arg = g;
	crash_catch(&g->crash);
	return 0;
out:
	if (e == EAGAIN)
		tell_busy(g);
	if (g->fd != -1)
		close(g->fd);
	g->fd = -1;
	timer_end(g);
	return e;
}

int gate_distrust(struct gate *g)
{
	g->generation++;
	g->marker[0] = '\0';
	return timer_arm(g, GATE_RECOVERY_SECONDS);
}

bool gate_seal(struct gate *g)
{
	return g->marker[0] != '\0' || marker_make(g);
}

bool gate_unchanged(const char *dir, const char marker[GATE_MARKER_SIZE])
{
	char path[4096], have[GATE_MARKER_SIZE] = "", want[GATE_MARKER_SIZE];
	char boot[GATE_BOOT_SIZE] = "";
	if ((size_t)snprintf(path, sizeof(path), "%s/" GATE_FILE, dir) >= sizeof(path))
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return false;
	ssize_t n = pread(fd, have, sizeof(have) - 1, 0);
	close(fd);
	/* The first byte only says that somebody is inside. */
	return n == MARKER_LEN && strcmp(have + 1, marker + 1) == 0 &&
	       marker_wanted(dir, boot, marker_generation(have, (size_t)n), want) &&
	       strcmp(want, marker) == 0;
}

void gate_leave(struct gate *g, bool clean)
{
	if (clean)
		marker_leave(g);
	crash_release(&g->crash);
	g->inside = 0;
	/* First the gate, then the signals: one that waited may end the process. */
	close(g->fd);
	g->fd = -1;
	tell_left(g);
	timer_end(g);
}
