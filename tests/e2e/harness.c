/* The test program: its directory, settings, fixture, and what is printed after a failure. */
#include "e2e/harness.h"
#include "e2e/internal.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <inttypes.h>
#include <pthread.h>
#include <pwd.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SETTINGS_MAX  32
#define VALUE_MAX     1024
#define LOG_SHOWN_MAX ((size_t)64 * 1024)

struct e2e e2e;
struct daemon server, sim;
const char *const e2e_secret = "end-to-end-secret-of-more-than-32-bytes";

const char *e2e_log_may_hold;

static int64_t clock_offset_ms;
static off_t log_begin; /* of this test in the server's log */

/* --- what lives until the test ends --- */

struct kept {
	void *what;
	void (*release)(void *);
};
static struct kept *kept;
static size_t kept_count, kept_room;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

void *keep(void *what, void (*release)(void *))
{
	pthread_mutex_lock(&kept_lock);
	if (kept_count == kept_room) {
		struct kept *more = realloc(kept, (kept_room * 2 + 1024) * sizeof(*kept));
		if (more == NULL)
			e2e_die("out of memory");
		kept = more;
		kept_room = kept_room * 2 + 1024;
	}
	if (what == NULL)
		e2e_die("out of memory");
	kept[kept_count++] = (struct kept){what, release};
	pthread_mutex_unlock(&kept_lock);
	return what;
}

size_t e2e_kept(void)
{
	return kept_count;
}

void e2e_release(size_t kept_before)
{
	while (kept_count > kept_before) {
		kept_count--;
		kept[kept_count].release(kept[kept_count].what);
	}
}

static void release_kept(void)
{
	e2e_release(0);
	free(kept);
	kept = NULL;
	kept_room = 0;
}

const char *e2e_text(const char *fmt, ...)
{
	va_list ap;
	char *text = NULL;
	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		e2e_die("out of memory");
	return keep(text, free);
}

const char *e2e_repeat(char c, size_t n)
{
	char *text = malloc(n + 1);
	if (text == NULL)
		e2e_die("out of memory");
	memset(text, c, n);
	text[n] = '\0';
	return keep(text, free);
}

void e2e_die(const char *fmt, ...)
{
	va_list ap;
	char text[1024];
	int saved = errno;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "harness: %s (%s)\n", text, strerror(saved));
	fflush(NULL);
	/* At once, from whatever thread: the test's own expectations would not explain it. */
	_exit(99);
}

/* --- files --- */

/* The user whom the server's programs run as, if that is another one. */
static const struct passwd *worker(void)
{
	if (geteuid() != 0)
		return NULL;
	const struct passwd *p = getpwnam("www-data");
	if (p == NULL)
		e2e_die("there is no user www-data");
	return p;
}

static void write_whole(const char *path, const void *bytes, size_t len)
{
	const struct passwd *w = worker();
	char fresh[E2E_PATH + 8];
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd == -1 || (w != NULL && fchown(fd, 0, w->pw_gid) == -1) ||
		write(fd, bytes, len) != (ssize_t)len || close(fd) == -1 ||
		rename(fresh, path) == -1)
		e2e_die("%s", path);
}

const char *e2e_file(const char *name, const void *bytes, size_t len)
{
	const char *path = e2e_text("%s/%s", e2e.dir, name);
	write_whole(path, bytes, len);
	return path;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	(void)remove(path);
	return 0;
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

char *read_whole(const char *path, off_t from, size_t *len)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1)
		e2e_die("%s", path);
	size_t size = st.st_size > from ? (size_t)(st.st_size - from) : 0;
	char *text = malloc(size + 1);
	ssize_t n = text != NULL ? pread(fd, text, size, from) : -1;
	if (n == -1)
		e2e_die("%s", path);
	close(fd);
	text[n] = '\0';
	if (len != NULL)
		*len = (size_t)n;
	return text;
}

const char *e2e_read(const char *path)
{
	return keep(read_whole(path, 0, NULL), free);
}

/* --- settings --- */

static struct {
	char key[64], value[VALUE_MAX];
} settings[SETTINGS_MAX];

static void settings_write(void)
{
	char text[SETTINGS_MAX * 256];
	size_t len = 0;
	for (int i = 0; i < SETTINGS_MAX; i++) {
		if (settings[i].key[0] == '\0')
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s=%s\n", settings[i].key,
			settings[i].value);
		if (len >= sizeof(text))
			e2e_die("too many settings");
	}
	write_whole(e2e.config, text, len);
}

static void put(const char *key, const char *value)
{
	int at = -1;
	for (int i = SETTINGS_MAX - 1; i >= 0; i--)
		if (settings[i].key[0] == '\0')
			at = i;
	for (int i = 0; i < SETTINGS_MAX; i++)
		if (strcmp(settings[i].key, key) == 0)
			at = i;
	if (at < 0 || (value != NULL && strlen(value) >= VALUE_MAX))
		e2e_die("no room for the setting %s", key);
	memset(&settings[at], 0, sizeof(settings[at]));
	if (value == NULL)
		return;
	snprintf(settings[at].key, sizeof(settings[at].key), "%s", key);
	snprintf(settings[at].value, sizeof(settings[at].value), "%s", value);
}

void e2e_set(const char *key, const char *value)
{
	put(key, value);
	settings_write();
}

static void put_in_dir(const char *key, const char *name)
{
	char path[E2E_PATH + 64];
	snprintf(path, sizeof(path), "%s/%s", e2e.dir, name);
	put(key, path);
}

static void settings_default(void)
{
	memset(settings, 0, sizeof(settings));
	put("DIALER_DATA_DIR", e2e.data);
	put_in_dir("DIALER_JWT_SECRET_FILE", "jwt.key");
	put_in_dir("DIALER_TOKEN_KEY_FILE", "token.key");
	put("AIRCALL_API_KEY", "sim-id:sim-token");
	if (sim.pid != 0)
		put("AIRCALL_BASE_URL", sim.url);
	/* Tests place more calls than an agent; the brake has tests of its own. */
	put("DIALER_CALLS_PER_MINUTE", "0");
	settings_write();
}

/* --- clock --- */

int64_t e2e_real_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void e2e_clock(int64_t offset_ms)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%" PRId64 "\n", offset_ms);
	write_whole(e2e.clock, text, (size_t)len);
	clock_offset_ms = offset_ms;
}

int64_t e2e_now_ms(void)
{
	return e2e_real_ms() + clock_offset_ms;
}

void e2e_sleep_ms(int ms)
{
	usleep((useconds_t)ms * 1000);
}

/* --- the fixture --- */

static void make_data_dir(void)
{
	static int number;
	const struct passwd *w = worker();
	snprintf(e2e.data, sizeof(e2e.data), "%.*s/data-%ld-%d", (int)sizeof(e2e.data) - 40,
		e2e.dir, (long)getpid(), ++number);
	if (mkdir(e2e.data, 0700) == -1 ||
		(w != NULL && chown(e2e.data, w->pw_uid, w->pw_gid) == -1))
		e2e_die("%s", e2e.data);
}

/* In the log, so that what belongs to a failed test can be found. */
static void mark_log(void)
{
	int fd = open(server.log, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd == -1)
		e2e_die("%s", server.log);
	dprintf(fd, "=== %s\n", tcase_name());
	log_begin = lseek(fd, 0, SEEK_END);
	close(fd);
}

static void setup(void)
{
	make_data_dir();
	settings_default();
	e2e_clock(0);
	sim_post("/control/reset", "{}");
	sim_delete("/control/requests");
	if (server.pid != 0)
		mark_log();
}

static void teardown(void)
{
	release_kept();
	remove_tree(e2e.data);
}

void e2e_case(TCase *t, double seconds)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, seconds);
}

bool e2e_long(void)
{
	const char *v = getenv("DIALER_TEST_LONG");
	return v != NULL && strcmp(v, "1") == 0;
}

bool e2e_fastcgi(void)
{
	const char *v = getenv("E2E_FASTCGI");
	return v != NULL && strcmp(v, "1") == 0;
}

const char *server_log(void)
{
	/* The log comes through two pipes, of which each keeps the order: when both show this
	 * request, all that was before it has arrived. */
	struct answer *a = http(.path = "/health");
	const char *id = header(a, "X-Request-Id");
	char *text = NULL;
	for (int tries = 0; id != NULL && tries < 500; tries++) {
		free(text);
		text = read_whole(server.log, log_begin, NULL);
		const char *first = strstr(text, id);
		if (first != NULL && strstr(first + 1, id) != NULL)
			return keep(text, free);
		usleep(10000);
	}
	e2e_die("the log does not show the request %s", id != NULL ? id : "without id");
}

/* --- the program --- */

/* The directories above B/tests/e2e/test_x. */
static void find_build(void)
{
	ssize_t n = readlink("/proc/self/exe", e2e.build, sizeof(e2e.build) - 1);
	if (n <= 0)
		e2e_die("/proc/self/exe");
	e2e.build[n] = '\0';
	for (int i = 0; i < 3; i++) {
		char *slash = strrchr(e2e.build, '/');
		if (slash == NULL)
			e2e_die("%s is not below a build directory", e2e.build);
		*slash = '\0';
	}
	if (access("bin/dialer-serve", X_OK) == -1)
		e2e_die("bin/dialer-serve: tests run from the top of the tree");
}

static void make_dir(void)
{
	const char *base = getenv("TMPDIR");
	snprintf(e2e.dir, sizeof(e2e.dir), "%s/e2e.XXXXXX", base != NULL ? base : "/tmp");
	if (mkdtemp(e2e.dir) == NULL || (geteuid() == 0 && chmod(e2e.dir, 0755) == -1))
		e2e_die("%s", e2e.dir);
	snprintf(e2e.config, sizeof(e2e.config), "%.*s/dialer.env", E2E_PATH - 20, e2e.dir);
	snprintf(e2e.clock, sizeof(e2e.clock), "%.*s/clock", E2E_PATH - 20, e2e.dir);
	char path[E2E_PATH + 16], secret[128];
	snprintf(path, sizeof(path), "%s/jwt.key", e2e.dir);
	int len = snprintf(secret, sizeof(secret), "%s\n", e2e_secret);
	write_whole(path, secret, (size_t)len);
}

static void sim_start(void)
{
	const char *program = e2e_text("%s/bin/provider-sim", e2e.build);
	const char *const argv[] = {
		program, "--port", "0", "--set", "rate_limit=0", "--set", "busy_users=false", NULL};
	const struct daemon_options o = {.argv = argv, .log = "sim.log"};
	int status;
	if (!daemon_start(&sim, &o, &status))
		e2e_die("the simulator did not start (status %d)", status);
}

/* What may stand in the server's log: lines of the programs that are not about a fault of theirs, of
 * the server about each request, and its words on what clients did wrong. */
#define LINE_HEAD "^[0-9TZ:.-]+ [a-z-]+\\[[0-9]+\\] [0-9a-f]{32} "

static const char *const good_lines[] = {
	"^=== ",
	"^(JWT secret|token key|data directory) /[^ ]*: (made|is there already)$",
	" AH00(489|094|491): ", /* started, with this command line, ended */
	/* A worker of Apache 2.4.71 that falls over its own threads while the server ends, seen twice in
	 * a hundred ends on a busy machine; the programs are no children of its parent. */
	" AH00052: child pid [0-9]+ exit signal Segmentation fault [(]11[)]$",
	(LINE_HEAD "(note|client) [NE][0-9]{4}: "),
	/* Settings and directories that tests broke, and what a provider said. */
	(LINE_HEAD "outside E(1001|1002|1011|1012|300[123]|4001): "),
	"^[0-9T:+-]+ apache [^ ]+ [^ ]+ .+ [0-9]{3}$",
	" AH10244: invalid URI path ",
	" AH01270: Error reading request entity data$",
	" mod_fcgid: can't get data from http client$",
	" mod_fcgid: HTTP request length [0-9]+ \\(so far\\) exceeds MaxRequestLen ",
	/* The end of a process, which mod_fcgid asked for. */
	" mod_fcgid: cleanup zombie process [0-9]+$",
};
#define GOOD_LINES (sizeof(good_lines) / sizeof(good_lines[0]))

static bool line_is_good(const regex_t *good, size_t count, const char *line)
{
	for (size_t i = 0; i < count; i++)
		if (regexec(&good[i], line, 0, NULL, 0) == 0)
			return true;
	return false;
}

static int print_unexpected(char *log)
{
	regex_t good[GOOD_LINES + 1];
	size_t patterns = GOOD_LINES + (e2e_log_may_hold != NULL ? 1 : 0);
	int count = 0;
	for (size_t i = 0; i < patterns; i++)
		if (regcomp(&good[i], i < GOOD_LINES ? good_lines[i] : e2e_log_may_hold,
			    REG_EXTENDED | REG_NOSUB) != 0)
			e2e_die("a pattern for lines of the log");
	for (char *end, *at = log; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		*end = '\0';
		if (!line_is_good(good, patterns, at) && count++ < 20)
			printf("unexpected in the server's log: %s\n", at);
	}
	for (size_t i = 0; i < patterns; i++)
		regfree(&good[i]);
	return count;
}

static bool log_is_clean(void)
{
	char *log = read_whole(server.log, 0, NULL);
	int unexpected = print_unexpected(log);
	free(log);
	return unexpected == 0;
}

/* The part of the log that belongs to a test case. */
static void print_log_of(const char *log, const char *tcase)
{
	char mark[128];
	int mark_len = snprintf(mark, sizeof(mark), "=== %s\n", tcase);
	size_t shown = 0;
	bool inside = false;
	for (const char *at = log; *at != '\0';) {
		size_t len = strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n' ? 1 : 0);
		if (strncmp(at, "=== ", 4) == 0)
			inside = strncmp(at, mark, (size_t)mark_len) == 0;
		if (inside && shown < LOG_SHOWN_MAX) {
			printf("%.*s", (int)len, at);
			shown += len;
		}
		at += len;
	}
	if (shown >= LOG_SHOWN_MAX)
		printf("(cut)\n");
}

static void print_failures(SRunner *r)
{
	int count = srunner_ntests_failed(r);
	TestResult **failures = srunner_failures(r);
	const char *before = "";
	char *log = server.log[0] != '\0' ? read_whole(server.log, 0, NULL) : NULL;
	for (int i = 0; i < count && log != NULL; i++) {
		if (strcmp(before, tr_tcname(failures[i])) != 0)
			print_log_of(log, tr_tcname(failures[i]));
		before = tr_tcname(failures[i]);
	}
	free(log);
	free(failures);
}

static int run(Suite *s, bool with_server)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	setenv("CK_DEFAULT_TIMEOUT", "60", 0);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		e2e_die("libcurl");
	find_build();
	make_dir();
	sim_start();
	make_data_dir();
	settings_default();
	e2e_clock(0);
	if (with_server)
		server_start(&server, "server.log", NULL);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bool good = srunner_ntests_failed(r) == 0 && srunner_ntests_run(r) > 0;
	if (with_server && daemon_stop(&server) != 0) {
		printf("dialer-serve did not end well\n");
		good = false;
	}
	daemon_stop(&sim);
	if (with_server && !log_is_clean())
		good = false;
	if (!good)
		print_failures(r);
	srunner_free(r);
	release_kept();
	remove_tree(e2e.dir);
	curl_global_cleanup();
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int e2e_main(Suite *s)
{
	return run(s, true);
}

int e2e_main_without_server(Suite *s)
{
	return run(s, false);
}
