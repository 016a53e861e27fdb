/* Daemons that say when they are ready, and programs that run to their end. */
#include "e2e/harness.h"
#include "e2e/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READY_MS 60000
#define STOP_MS  15000

static int64_t mono_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- in the child --- */

/* Settings of whoever runs the tests are none of ours. */
static void clear_settings(void)
{
	static const char *const ours[] = {"DIALER_", "AIRCALL_", "DIALPAD_"};
	for (char **e = environ; *e != NULL;) {
		char name[256];
		bool drop = false;
		for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			drop = drop || strncmp(*e, ours[i], strlen(ours[i])) == 0;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(*e, "="), *e);
		if (drop)
			unsetenv(name);
		else
			e++;
	}
}

static void set_environment(const char *const *more)
{
	clear_settings();
	setenv("DIALER_BUILD", e2e.build, 1);
	setenv("DIALER_TEST_CLOCK", e2e.clock, 1);
	for (; more != NULL && *more != NULL; more++) {
		char name[256];
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(*more, "="), *more);
		setenv(name, *more + strlen(name) + 1, 1);
	}
}

static bool become(uid_t uid)
{
	if (uid == 0)
		return true;
	const struct passwd *p = getpwuid(uid);
	return p != NULL && setgroups(0, NULL) == 0 && setgid(p->pw_gid) == 0 && setuid(uid) == 0;
}

/* Only what is async-signal-safe or ours alone: the parent has one thread when it starts things. */
static _Noreturn void child(const struct begin_options *o, const int stdio[3], pid_t parent)
{
	const char *const *argv = o->argv;
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	set_environment(o->env);
	/* The other user may not get to where the program is. */
	int program = open(argv[0], O_PATH | O_CLOEXEC);
	if (!become(o->uid) || dup2(stdio[0], 0) == -1 || dup2(stdio[1], 1) == -1 ||
		dup2(stdio[2], 2) == -1)
		_exit(127);
	/* After the change of user, which clears it. */
	if (!o->outlives) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(127);
	}
	execv(argv[0], (char *const *)(uintptr_t)argv);
	int why = errno;
	if (why == EACCES)
		fexecve(program, (char *const *)(uintptr_t)argv, environ);
	dprintf(2, "%s: %s\n", argv[0], strerror(why));
	_exit(127);
}

static int open_null(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		e2e_die("/dev/null");
	return fd;
}

/* --- daemons --- */

/* True: a line `ready URL` came. */
static bool read_ready(struct daemon *d)
{
	char line[256];
	size_t len = 0;
	int64_t end = mono_ms() + READY_MS;
	while (len < sizeof(line) - 1 && mono_ms() < end) {
		struct pollfd p = {.fd = d->out, .events = POLLIN};
		if (poll(&p, 1, 100) <= 0)
			continue;
		if (read(d->out, line + len, 1) <= 0)
			return false;
		if (line[len++] != '\n')
			continue;
		line[len] = '\0';
		if (sscanf(line, "ready %63[a-z0-9:/.]", d->url) != 1)
			e2e_die("instead of ready came: %s", line);
		/* The last one ends the address of the page. */
		d->url[strlen(d->url) - 1] = '\0';
		d->port = (int)strtol(strrchr(d->url, ':') + 1, NULL, 10);
		return true;
	}
	return false;
}

/* Waits for it; -1: it did not end in time. */
static int reap(pid_t pid, int ms)
{
	int status;
	int64_t end = mono_ms() + ms;
	do {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		usleep(5000);
	} while (mono_ms() < end);
	return -1;
}

bool daemon_start(struct daemon *d, const struct daemon_options *o, int *status)
{
	int ends[2];
	memset(d, 0, sizeof(*d));
	snprintf(d->log, sizeof(d->log), "%.*s/%s", E2E_PATH - 64, e2e.dir, o->log);
	int err = open(d->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), null = open_null();
	if (err == -1 || pipe2(ends, O_CLOEXEC) == -1)
		e2e_die("%s", d->log);
	pid_t parent = getpid();
	d->pid = fork();
	if (d->pid == -1)
		e2e_die("fork");
	if (d->pid == 0) {
		setpgid(0, 0);
		child(&(struct begin_options){.argv = o->argv, .env = o->env, .uid = o->uid},
			(const int[3]){null, ends[1], err}, parent);
	}
	setpgid(d->pid, d->pid);
	close(null);
	close(err);
	close(ends[1]);
	d->out = ends[0];
	*status = 0;
	if (read_ready(d))
		return true;
	*status = reap(d->pid, 5000);
	if (*status == -1)
		*status = daemon_stop(d);
	else
		close(d->out);
	d->pid = 0;
	return false;
}

int daemon_wait(struct daemon *d)
{
	int status = reap(d->pid, STOP_MS);
	if (status == -1) {
		kill(-d->pid, SIGKILL);
		waitpid(d->pid, NULL, 0);
	}
	close(d->out);
	d->pid = 0;
	return status;
}

int daemon_stop(struct daemon *d)
{
	kill(d->pid, SIGTERM);
	return daemon_wait(d);
}

void server_start(struct daemon *d, const char *log, const char *const *env)
{
	const char *const argv[] = {"bin/dialer-serve", "--config", e2e.config, "--port", "0",
		e2e_fastcgi() ? "--fastcgi" : NULL, NULL};
	const struct daemon_options o = {.argv = argv, .env = env, .log = log};
	int status;
	if (!daemon_start(d, &o, &status)) {
		char *text = read_whole(d->log, 0, NULL);
		e2e_die("dialer-serve did not start (status %d):\n%s", status, text);
	}
}

int e2e_free_port(void)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
		getsockname(fd, (struct sockaddr *)&at, &len) == -1)
		e2e_die("a free port");
	close(fd);
	return ntohs(at.sin_port);
}

/* --- programs that end --- */

/* A file without a name, for output of any length. */
static int open_output(void)
{
	int fd = open(e2e.dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char path[E2E_PATH + 16];
	if (fd != -1)
		return fd;
	snprintf(path, sizeof(path), "%s/out.XXXXXX", e2e.dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd == -1)
		e2e_die("%s", path);
	unlink(path);
	return fd;
}

static char *read_output(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = malloc((size_t)size + 1);
	if (text == NULL || pread(fd, text, (size_t)size, 0) != size)
		e2e_die("the output of a program");
	text[size] = '\0';
	close(fd);
	return keep(text, free);
}

static int open_input(const char *text)
{
	if (text == NULL)
		return open_null();
	int fd = open_output();
	size_t len = strlen(text);
	if (write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) != 0)
		e2e_die("the input of a program");
	return fd;
}

struct begun e2e_begin_with(const struct begin_options *o)
{
	struct begun b = {.out = open_output(), .err = open_output()};
	pid_t parent = getpid();
	int in = o->input_fd != 0 ? fcntl(o->input_fd, F_DUPFD_CLOEXEC, 3) : open_input(o->input);
	b.pid = fork();
	if (b.pid == -1)
		e2e_die("fork");
	if (b.pid == 0)
		child(o, (const int[3]){in, b.out, b.err}, parent);
	close(in);
	return b;
}

struct begun e2e_begin(const char *const *argv, const char *const *env)
{
	return e2e_begin_with(&(struct begin_options){.argv = argv, .env = env});
}

bool e2e_is_running(const struct begun *b)
{
	siginfo_t info = {.si_pid = 0};
	if (waitid(P_PID, (id_t)b->pid, &info, WEXITED | WNOHANG | WNOWAIT) == -1)
		e2e_die("waitid");
	return info.si_pid == 0;
}

struct run e2e_end(const struct begun *b)
{
	struct rusage use;
	int status;
	while (wait4(b->pid, &status, 0, &use) == -1)
		if (errno != EINTR)
			e2e_die("wait4");
	return (struct run){
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		.cpu_ms = (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000 +
			  (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000,
		.peak_kb = use.ru_maxrss,
		.out = read_output(b->out),
		.err = read_output(b->err)};
}

struct run e2e_run(const char *const *argv, const char *const *env)
{
	struct begun b = e2e_begin(argv, env);
	return e2e_end(&b);
}

/* program --config FILE args… */
static struct run run_configured(const char *program, const char *const *args)
{
	const char *argv[64] = {program, "--config", e2e.config};
	size_t n = 3;
	for (; args != NULL && *args != NULL; args++) {
		if (n == sizeof(argv) / sizeof(argv[0]) - 1)
			e2e_die("too many arguments");
		argv[n++] = *args;
	}
	return e2e_run(argv, NULL);
}

struct run run_sync(const char *const *args)
{
	return run_configured(e2e_text("%s/cron/dialer-sync", e2e.build), args);
}

struct run run_dialer(const char *const *args)
{
	return run_configured(e2e_text("%s/bin/dialer", e2e.build), args);
}
