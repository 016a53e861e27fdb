/* bin/dialer-serve: who may start it, on which port, with what settings, and what is left of it. */
#include "e2e/calls.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK "E2E_SERVE_MARK"

/* --- starting --- */

static const char *my_mark(void)
{
	return e2e_text(MARK "=%ld", (long)getpid());
}

/* Everything dialer-serve started carries the mark, but for the server's programs. */
static struct daemon start(const char *config, const char *port, const char *setting)
{
	const char *const argv[] = {"bin/dialer-serve", "--config", config, "--port", port, NULL};
	const char *const env[] = {my_mark(), setting, NULL};
	const struct daemon_options o = {.argv = argv, .env = env, .log = "own.log"};
	struct daemon d;
	int status;
	if (!daemon_start(&d, &o, &status))
		ck_abort_msg("did not start (status %d): %s", status, e2e_read(d.log));
	return d;
}

/* Expects that it does not start; returns its exit status. */
static int start_in_vain(const char *const *argv, const char **said)
{
	const char *const env[] = {my_mark(), NULL};
	const struct daemon_options o = {.argv = argv, .env = env, .log = "vain.log"};
	struct daemon d;
	int status;
	bool started = daemon_start(&d, &o, &status);
	*said = e2e_read(d.log);
	if (started)
		daemon_stop(&d);
	ck_assert_msg(!started, "it started");
	ck_assert_msg(WIFEXITED(status), "status %d: %s", status, *said);
	return WEXITSTATUS(status);
}

/* --- what is left --- */

static bool environ_has(const char *pid, const char *text)
{
	char path[64], environ_of[16384];
	snprintf(path, sizeof(path), "/proc/%.20s/environ", pid);
	FILE *f = fopen(path, "re");
	size_t n = f != NULL ? fread(environ_of, 1, sizeof(environ_of), f) : 0;
	if (f != NULL)
		(void)fclose(f);
	return memmem(environ_of, n, text, strlen(text)) != NULL;
}

/* Processes with the text in their environment. */
static int processes_with(const char *text)
{
	int count = 0;
	DIR *d = opendir("/proc");
	const struct dirent *e;
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] >= '0' && e->d_name[0] <= '9' && environ_has(e->d_name, text))
			count++;
	closedir(d);
	return count;
}

static void expect_nothing_left(int seconds)
{
	const char *mark = my_mark();
	for (int i = 0; i < seconds * 20; i++) {
		if (processes_with(mark) == 0)
			return;
		e2e_sleep_ms(50);
	}
	ck_abort_msg("%d processes are left", processes_with(mark));
}

static int files_in(const char *dir)
{
	int count = 0;
	DIR *d = opendir(dir);
	const struct dirent *e;
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			count++;
	closedir(d);
	return count;
}

static bool somebody_listens(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
	close(fd);
	return yes;
}

static void expect_works(const struct daemon *d)
{
	struct answer *a = http(.to = d, .path = "/health");
	expect_status(a, 200);
	ck_assert_str_eq(a->body, "{\"success\":true}");
}

/* --- the page --- */

START_TEST(root_leads_to_the_page)
{
	struct answer *a = http(.url = "/");
	expect_status(a, 302);
	expect_header(a, "Location", e2e_text("%s/dialer/", server.url));
	a = http(.url = "/dialer/");
	expect_status(a, 200);
	ck_assert_ptr_nonnull(strstr(header(a, "Content-Type"), "text/html"));
	ck_assert_ptr_nonnull(strstr(a->body, "<html"));
	expect_header(a, "X-Content-Type-Options", "nosniff");
	ck_assert_ptr_nonnull(header(a, "Content-Security-Policy"));
}
END_TEST

START_TEST(nothing_else_is_served)
{
	static const char *const urls[] = {"/dialer/../dialer.conf", "/dialer/..%2fdialer.conf",
		"/etc/passwd", "/icons/", "/cgi-bin/", "/server-status", "/dialer/nothing.html",
		"/dialer/errors/"};
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct answer *a = http(.url = urls[i]);
		ck_assert_msg(
			a->status == 404 || a->status == 403, "%s: %s", urls[i], answer_text(a));
	}
}
END_TEST

START_TEST(only_loopback_is_listened_on)
{
	const char *const argv[] = {"/bin/cat", "/proc/net/tcp", NULL};
	const char *wanted = e2e_text("0100007F:%04X", (unsigned int)server.port);
	const char *port = e2e_text(":%04X 00000000:0000 0A", (unsigned int)server.port);
	struct run r = e2e_run(argv, NULL);
	const char *line = strstr(r.out, port);
	ck_assert_ptr_nonnull(line);
	ck_assert_int_eq(strncmp(line - 8, wanted, strlen(wanted)), 0);
	ck_assert_ptr_null(strstr(line + 1, port));
}
END_TEST

/* --- ports --- */

START_TEST(port_is_the_one_asked_for)
{
	int port = e2e_free_port();
	struct daemon d = start(e2e.config, e2e_text("%d", port), NULL);
	ck_assert_int_eq(d.port, port);
	expect_works(&d);
	/* On standard output stands the line `ready` alone. */
	kill(d.pid, SIGTERM);
	char more[16];
	ck_assert_int_eq(read(d.out, more, sizeof(more)), 0);
	ck_assert_int_eq(daemon_wait(&d), 0);
}
END_TEST

START_TEST(taken_port_is_an_error)
{
	const char *said;
	const char *const argv[] = {"bin/dialer-serve", "--config", e2e.config, "--port",
		e2e_text("%d", server.port), NULL};
	ck_assert_int_eq(start_in_vain(argv, &said), 1);
	ck_assert_msg(
		strstr(said, e2e_text("%d", server.port)) != NULL && strstr(said, "in use") != NULL,
		"%s", said);
	expect_nothing_left(5);
	expect_works(&server);
}
END_TEST

START_TEST(many_can_run_side_by_side)
{
	struct daemon a = start(e2e.config, "0", NULL), b = start(e2e.config, "0", NULL);
	ck_assert_int_ne(a.port, b.port);
	expect_works(&a);
	expect_works(&b);
	ck_assert_int_eq(daemon_stop(&a), 0);
	expect_works(&b);
	ck_assert_int_eq(daemon_stop(&b), 0);
}
END_TEST

/* --- what it is asked wrongly --- */

START_TEST(wrong_usage_is_status_2)
{
	const char *const args[][4] = {
		{"--port", "0"},
		{"--config"},
		{"--config", e2e.config, "--port"},
		{"--config", e2e.config, "--port=x"},
		{"--config", e2e.config, "--port=65536"},
		{"--config", e2e.config, "--port=-1"},
		{"--config", e2e.config, "--nonsense"},
		{"--config", e2e.config, "more"},
	};
	const char *argv[8] = {"bin/dialer-serve"}, *said;
	for (size_t i = 0; i < 4; i++)
		argv[i + 1] = args[_i][i];
	ck_assert_int_eq(start_in_vain(argv, &said), 2);
	ck_assert_msg(strstr(said, "usage") != NULL, "%s", said);
}
END_TEST

START_TEST(missing_file_is_named)
{
	const char *said;
	const char *const argv[] = {
		"bin/dialer-serve", "--config", e2e_text("%s/nowhere.env", e2e.dir), NULL};
	ck_assert_int_eq(start_in_vain(argv, &said), 1);
	ck_assert_msg(strstr(said, "nowhere.env") != NULL, "%s", said);
}
END_TEST

START_TEST(broken_settings_are_named)
{
	const char *said;
	const char *const argv[] = {"bin/dialer-serve", "--config", e2e.config, NULL};
	e2e_set("DIALER_TYPO", "1");
	ck_assert_int_eq(start_in_vain(argv, &said), 1);
	ck_assert_msg(strstr(said, "DIALER_TYPO") != NULL && strstr(said, "dialer.env:") != NULL,
		"%s", said);
}
END_TEST

/* --- settings --- */

START_TEST(environment_goes_before_the_file)
{
	struct daemon d = start(e2e.config, "0", "AIRCALL_ALLOW_OVERRIDE=no");
	struct answer *a = http(.to = &d, .path = "/call", .token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\",\"aircallUserId\":456}");
	expect_error(a, 403, "forbidden", "aircallUserId");
	ck_assert_int_eq(daemon_stop(&d), 0);
}
END_TEST

START_TEST(file_may_lie_anywhere)
{
	const char *dir = e2e_text("%s/with blanks & (more)", e2e.dir);
	ck_assert_int_eq(mkdir(dir, 0755), 0);
	const char *text = e2e_read(e2e.config);
	const char *path = e2e_file("with blanks & (more)/my settings", text, strlen(text));
	struct daemon d = start(path, "0", NULL);
	expect_works(&d);
	ck_assert_int_eq(daemon_stop(&d), 0);
}
END_TEST

/* The path of a file below e2e.dir and what `stat` says of it. */
static struct stat stat_of(const char *name)
{
	struct stat st;
	const char *path = e2e_text("%s/%s", e2e.dir, name);
	ck_assert_msg(stat(path, &st) == 0, "%s is missing", path);
	return st;
}

START_TEST(what_is_missing_is_made)
{
	e2e_set("DIALER_DATA_DIR", e2e_text("%s/made", e2e.dir));
	e2e_set("DIALER_JWT_SECRET_FILE", e2e_text("%s/made.jwt", e2e.dir));
	e2e_set("DIALER_TOKEN_KEY_FILE", e2e_text("%s/made.key", e2e.dir));
	struct daemon d = start(e2e.config, "0", NULL);
	expect_works(&d);
	struct stat data = stat_of("made"), jwt = stat_of("made.jwt"), key = stat_of("made.key");
	ck_assert(S_ISDIR(data.st_mode) && (data.st_mode & 077) == 0);
	ck_assert_int_ge(jwt.st_size, 32);
	ck_assert_int_ge(key.st_size, 32);
	if (geteuid() == 0) {
		const struct passwd *w = getpwnam("www-data");
		ck_assert_uint_eq(data.st_uid, w->pw_uid);
		ck_assert_uint_eq(jwt.st_uid, 0);
		ck_assert_uint_eq(jwt.st_gid, w->pw_gid);
		ck_assert_uint_eq(jwt.st_mode & 0777, 0640);
		ck_assert_uint_eq(key.st_gid, w->pw_gid);
		ck_assert_uint_eq(key.st_mode & 0777, 0640);
	} else {
		ck_assert_uint_eq(jwt.st_mode & 077, 0);
	}
	/* The token it was made for is taken. */
	const char *const args[] = {"token", "alice", NULL};
	struct run r = run_dialer(args);
	ck_assert_msg(r.status == 0, "%s", r.err);
	const char *t = e2e_text("%.*s", (int)strcspn(r.out, "\n"), r.out);
	struct answer *a = http(.to = &d, .path = "/call", .token = t,
		.body = "{\"phoneNumber\":\"" NUMBER "\"}");
	expect_status(a, 200);
	ck_assert_int_eq(daemon_stop(&d), 0);
	/* A second start keeps it all. */
	const char *before = e2e_read(e2e_text("%s/made.jwt", e2e.dir));
	d = start(e2e.config, "0", NULL);
	ck_assert_str_eq(e2e_read(e2e_text("%s/made.jwt", e2e.dir)), before);
	a = http(.to = &d, .path = "/history", .token = t);
	expect_int(a, "pagination.total", 1);
	ck_assert_int_eq(daemon_stop(&d), 0);
}
END_TEST

/* --- as whom --- */

static void must_run(const char *const *argv)
{
	struct run r = e2e_run(argv, NULL);
	ck_assert_msg(r.status == 0, "%s: %s", argv[0], r.err);
}

/* All of the tree that dialer-serve needs, owned by the user. */
static const char *tree_for(uid_t uid, gid_t gid)
{
	const char *home = e2e_text("%s/home", e2e.dir);
	const char *const make[] = {"/bin/mkdir", "-p", e2e_text("%s/tree/bin", home),
		e2e_text("%s/tree/build/bin", home), NULL};
	const char *const serve[] = {
		"/bin/cp", "bin/dialer-serve", e2e_text("%s/tree/bin/", home), NULL};
	const char *const apache[] = {"/bin/cp", "-R", "apache", e2e_text("%s/tree/", home), NULL};
	const char *const programs[] = {"/bin/cp", "-R", e2e_text("%s/cgi-bin", e2e.build),
		e2e_text("%s/tree/build/", home), NULL};
	const char *const dialer[] = {"/bin/cp", e2e_text("%s/bin/dialer", e2e.build),
		e2e_text("%s/tree/build/bin/", home), NULL};
	const char *const own[] = {"/bin/chown", "-R", e2e_text("%u:%u", uid, gid), home, NULL};
	must_run(make);
	must_run(serve);
	must_run(apache);
	must_run(programs);
	must_run(dialer);
	must_run(own);
	return home;
}

static const char *settings_in(const char *home)
{
	return e2e_text("DIALER_DATA_DIR=%s/data\nDIALER_JWT_SECRET_FILE=%s/jwt.key\n"
			"DIALER_TOKEN_KEY_FILE=%s/token.key\nAIRCALL_API_KEY=sim-id:sim-token\n"
			"AIRCALL_BASE_URL=%s\n",
		home, home, home, sim.url);
}

START_TEST(ordinary_user_can_serve)
{
	const struct passwd *p = geteuid() == 0 ? getpwnam("nobody") : getpwuid(geteuid());
	ck_assert_ptr_nonnull(p);
	/* The next look-up overwrites it. */
	const uid_t uid = p->pw_uid;
	const gid_t gid = p->pw_gid;
	const char *home = tree_for(uid, gid), *text = settings_in(home);
	const char *config = e2e_file("home/dialer.env", text, strlen(text));
	ck_assert_int_eq(chown(config, uid, gid), 0);
	const char *const argv[] = {e2e_text("%s/tree/bin/dialer-serve", home), "--config", config,
		"--port", "0", NULL};
	const char *const env[] = {e2e_text("DIALER_BUILD=%s/tree/build", home), my_mark(), NULL};
	const struct daemon_options o = {
		.argv = argv, .env = env, .log = "user.log", .uid = geteuid() == 0 ? uid : 0};
	struct daemon d;
	int status;
	if (!daemon_start(&d, &o, &status))
		ck_abort_msg("did not start (status %d): %s", status, e2e_read(d.log));
	expect_works(&d);
	const char *secret = e2e_read(e2e_text("%s/jwt.key", home));
	const char *t = token_by("{\"alg\":\"HS256\"}",
		e2e_text("{\"sub\":\"alice\",\"exp\":%lld}", (long long)e2e_now_ms() / 1000 + 600),
		secret, strcspn(secret, "\n"));
	struct answer *a = http(.to = &d, .path = "/call", .token = t,
		.body = "{\"phoneNumber\":\"" NUMBER "\"}");
	expect_status(a, 200);
	expect_text(a, "call.status", "initiated");
	a = http(.to = &d, .path = "/history", .token = t);
	expect_int(a, "pagination.total", 1);
	struct stat data = stat_of("home/data");
	ck_assert_uint_eq(data.st_uid, uid);
	ck_assert_int_eq(daemon_stop(&d), 0);
	expect_nothing_left(5);
}
END_TEST

/* Root's own file, which the server's user could not read. */
START_TEST(file_of_root_alone_can_be_served)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(e2e.config, 0600), 0);
	struct daemon d = start(e2e.config, "0", NULL);
	expect_works(&d);
	struct answer *a = http(.to = &d, .path = "/history", .token = token("alice"));
	expect_status(a, 200);
	ck_assert_int_eq(daemon_stop(&d), 0);
}
END_TEST

/* --- the end --- */

START_TEST(signal_ends_everything)
{
	static const int signals[] = {SIGTERM, SIGINT};
	const char *tmp = e2e_text("%s/tmp-%d", e2e.dir, _i);
	ck_assert_int_eq(mkdir(tmp, 0777), 0);
	ck_assert_int_eq(chmod(tmp, 0777), 0);
	struct daemon d = start(e2e.config, "0", e2e_text("TMPDIR=%s", tmp));
	expect_works(&d);
	ck_assert_int_gt(processes_with(my_mark()), 3);
	ck_assert_int_gt(files_in(tmp), 0);
	kill(d.pid, signals[_i]);
	int status = daemon_wait(&d);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
	ck_assert(!somebody_listens(d.port));
	expect_nothing_left(3);
	ck_assert_int_eq(files_in(tmp), 0);
}
END_TEST

/* A call that is being placed is not torn: its program runs on to its end. */
START_TEST(call_being_placed_is_finished)
{
	struct daemon d = start(e2e.config, "0", NULL);
	sim_script("{\"outcome\":\"answered\",\"sleep_ms\":1500}");
	const struct http q = {.to = &d,
		.path = "/call",
		.token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\"}"};
	struct later *l = http_later(&q);
	while (sim_placings(NULL) == 0)
		e2e_sleep_ms(20);
	ck_assert_int_eq(daemon_stop(&d), 0);
	http_wait(l);
	struct answer *a = NULL;
	for (int i = 0; i < 100; i++) {
		a = get("alice", "/history");
		if (text_is(a->json, "calls.0.status", "initiated"))
			break;
		e2e_sleep_ms(50);
	}
	expect_text(a, "calls.0.status", "initiated");
	expect_nothing_left(5);
}
END_TEST

START_TEST(killed_script_takes_the_server_along)
{
	/* Its own directory stays behind. */
	const char *tmp = e2e_text("%s/tmp-killed", e2e.dir);
	ck_assert_int_eq(mkdir(tmp, 0777), 0);
	ck_assert_int_eq(chmod(tmp, 0777), 0);
	struct daemon d = start(e2e.config, "0", e2e_text("TMPDIR=%s", tmp));
	expect_works(&d);
	kill(d.pid, SIGKILL);
	daemon_wait(&d);
	expect_nothing_left(10);
	ck_assert(!somebody_listens(d.port));
}
END_TEST

/* --- the suite --- */

static TCase *new_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 60);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("serve");
	TCase *t = new_case(s, "page");
	tcase_add_test(t, root_leads_to_the_page);
	tcase_add_test(t, nothing_else_is_served);
	tcase_add_test(t, only_loopback_is_listened_on);

	t = new_case(s, "port");
	tcase_add_test(t, port_is_the_one_asked_for);
	tcase_add_test(t, taken_port_is_an_error);
	tcase_add_test(t, many_can_run_side_by_side);

	t = new_case(s, "usage");
	tcase_add_loop_test(t, wrong_usage_is_status_2, 0, 8);
	tcase_add_test(t, missing_file_is_named);
	tcase_add_test(t, broken_settings_are_named);

	t = new_case(s, "settings");
	tcase_add_test(t, environment_goes_before_the_file);
	tcase_add_test(t, file_may_lie_anywhere);
	tcase_add_test(t, what_is_missing_is_made);

	t = new_case(s, "user");
	tcase_add_test(t, ordinary_user_can_serve);
	tcase_add_test(t, file_of_root_alone_can_be_served);

	t = new_case(s, "end");
	tcase_add_loop_test(t, signal_ends_everything, 0, 2);
	tcase_add_test(t, call_being_placed_is_finished);
	tcase_add_test(t, killed_script_takes_the_server_along);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
