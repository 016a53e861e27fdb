/*
 * Programs that serve many requests: what they keep is up to date, nothing of a request shows in the next,
 * memory stays as it is, and they end in good order. All requests of a test go to one process.
 */
#include "e2e/dialpad.h"
#include "e2e/worker.h"

#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND    "+15557654321"
#define LONGEST_S 5.0

#define post_to(w, user, to_number, ...)                                                           \
	worker(w, .token = token(user), .body = "{\"phoneNumber\":\"" to_number "\"}", __VA_ARGS__)

static void expect_good_end(const struct worker *w)
{
	struct run r;

	ck_assert_msg(worker_is_alone(w), "it has ended, or it has children");
	r = worker_end(w);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.err);
}

/* --- memory --- */

struct kind {
	const char *program;
	int requests;
	/* The nth request, of as many kinds as there are. */
	void (*ask)(const struct worker *w, int n);
};

/* Of a call that is in the history. */
static char known_id[32];
static const char *alice, *bob, *admin;

/* Some get no answer: their client has left. */
static bool leaves(const struct worker *w, const struct http *q, int n)
{
	if (n % 11 != 10)
		return false;
	worker_leave(w, q, n % 2 == 0 ? SIZE_MAX : 60);
	return true;
}

static void ask(const struct worker *w, const struct http *q, int n, int want)
{
	struct answer *a;

	if (leaves(w, q, n))
		return;
	a = worker_ask(w, q);
	ck_assert_msg(a->status == want, "wanted %d, got %d %s", want, a->status, a->body);
}

static void ask_history(const struct worker *w, int n)
{
	static const struct {
		const char *path;
		int want;
	} ways[] = {{"", 200}, {"?limit=1&page=3", 200}, {"?status=lost", 200}, {"?page=0", 400},
		{"?phoneNumber=%2B15551234567", 200}, {"?format=csv", 200}};
	int way = n % 6;
	struct http q = {.path = ways[way].path, .token = n % 5 == 1 ? bob : alice};

	if (n % 7 == 3)
		q.token = "of.no.use";
	ask(w, &q, n, n % 7 == 3 ? 401 : ways[way].want);
}

static void ask_show(const struct worker *w, int n)
{
	struct http q = {
		.path = e2e_text("/%s", n % 3 == 1 ? "6740b1c2000000000000abcd" : known_id),
		.token = n % 3 == 2 ? admin : alice};

	ask(w, &q, n, n % 3 == 1 ? 404 : 200);
}

static void ask_notes(const struct worker *w, int n)
{
	struct http q = {.method = "PUT",
		.path = e2e_text("/%s", known_id),
		.token = alice,
		.body = e2e_text("{\"notes\":\"%s\"}", e2e_repeat('n', (size_t)(n % 50) * 100))};
	int want = 200;

	if (n % 5 == 3) {
		q.headers[0] = "If-Match: \"of another\"";
		want = 412;
	} else if (n % 5 == 4) {
		q.body = n % 2 == 0 ? "{\"notes\":" : e2e_repeat(' ', (size_t)70 * 1024);
		want = n % 2 == 0 ? 400 : 413;
	}
	ask(w, &q, n, want);
}

static void ask_create(const struct worker *w, int n)
{
	struct http q = {.token = alice,
		.body = e2e_text("{\"phoneNumber\":\"+1555%07d\",\"clientId\":\"%d\"%s}", n / 2, n,
			n % 8 != 0 ? ",\"placedBy\":\"tel\"" : ""),
		.headers = {n % 3 == 0 ? e2e_text("Idempotency-Key: key-%d", n) : NULL}};
	int want = 200;

	if (n % 7 == 5) {
		q.body = "{\"phoneNumber\":\"12\"}";
		want = 422;
	}
	ask(w, &q, n, want);
}

static const struct kind kinds[] = {{"call-history", 20000, ask_history},
	{"call-show", 5000, ask_show}, {"call-notes", 2000, ask_notes},
	{"call-create", 2000, ask_create}};
#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

static void ask_often(const struct worker *w, const struct kind *k, int from, int to)
{
	for (int i = from; i < to; i++) {
		size_t kept = e2e_kept();

		k->ask(w, i);
		e2e_release(kept);
	}
}

/* A leak of 16 bytes a request would be seen. */
#define GROWTH_KB 128L

START_TEST(memory_stays_as_it_is)
{
	const struct kind *k = &kinds[_i];
	int requests = e2e_long() ? k->requests * 50 : UNDER_SANITIZERS ? 500 : k->requests;
	struct worker w;
	long before, after;

	alice = token("alice");
	bob = token("bob");
	admin = admin_token("carol");
	snprintf(known_id, sizeof(known_id), "%s", placed("alice", NUMBER));
	worker_start(&w, k->program, NULL);
	ask_often(&w, k, 0, requests / 5);
	before = worker_memory(&w);
	ask_often(&w, k, requests / 5, requests);
	after = worker_memory(&w);
	printf("%s: %d requests, %ld kB, %ld kB before\n", k->program, requests, after, before);
	/* A sanitizer keeps what is freed. */
	if (!UNDER_SANITIZERS)
		ck_assert_msg(after <= before + GROWTH_KB * (e2e_long() ? 2 : 1),
			"%ld kB after %d requests, %ld kB after a fifth of them", after, requests,
			before);
	expect_good_end(&w);
}
END_TEST

/* --- nothing is left --- */

START_TEST(nobody_gets_what_was_another_users)
{
	struct worker w;
	const char *theirs;
	struct answer *a;

	placed("alice", NUMBER);
	worker_start(&w, "call-history", NULL);
	expect_int(worker(&w, .token = token("alice")), "pagination.total", 1);
	a = worker(&w, .token = token("bob"));
	expect_int(a, "pagination.total", 0);
	ck_assert_ptr_null(strstr(a->body, NUMBER));
	expect_int(worker(&w, .path = "?userId=*", .token = admin_token("carol")),
		"pagination.total", 1);
	expect_status(worker(&w, .path = "?userId=*", .token = token("bob")), 403);
	expect_status(worker(&w, .path = ""), 401);
	theirs = e2e_text("%s", worker(&w, .token = "a.b.c")->body);
	expect_silent_about(theirs, "alice");
	expect_int(worker(&w, .token = token("alice")), "pagination.total", 1);
	/* As it is known, too, when it was not checked lately. */
	expect_status(worker(&w, .token = e2e_text("%sA", token("alice"))), 401);
	expect_good_end(&w);
}
END_TEST

START_TEST(keys_and_members_are_those_of_their_request)
{
	struct worker w;
	struct answer *first, *a;

	worker_start(&w, "call-create", NULL);
	first = worker(&w, .token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\",\"clientId\":\"C-17\"}",
		.headers = {"Idempotency-Key: k"});
	expect_status(first, 200);
	expect_text(first, "call.clientId", "C-17");
	/* Of another user, and not only without the member. */
	a = post_to(&w, "bob", NUMBER, .headers = {"Idempotency-Key: k"});
	expect_status(a, 200);
	expect_absent(a, "call.clientId");
	expect_text(a, "call.userId", "bob");
	ck_assert_str_ne(text_at(a->json, "call.id"), text_at(first->json, "call.id"));
	/* Without a key, whatever there was before. */
	expect_error(post_to(&w, "alice", NUMBER, 0), 409, "duplicate_call", NULL);
	a = post_to(&w, "alice", SECOND, 0);
	expect_status(a, 200);
	expect_absent(a, "call.clientId");
	a = worker(&w, .token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\",\"clientId\":\"C-17\"}",
		.headers = {"Idempotency-Key: k"});
	expect_status(a, 200);
	expect_text(a, "call.id", text_at(first->json, "call.id"));
	ck_assert_int_eq(sim_calls(NULL), 3);
	expect_good_end(&w);
}
END_TEST

START_TEST(faults_are_over_with_their_request)
{
	struct http q = {.token = token("alice"), .body = e2e_repeat('x', (size_t)300 * 1024)};
	struct worker w;

	worker_start(&w, "call-create", NULL);
	expect_error(worker_ask(&w, &q), 413, "too_large", NULL);
	expect_status(post_to(&w, "alice", "+15550000001", 0), 200);
	expect_error(worker(&w, .token = token("alice"), .body = "{"), 400, "invalid_json", NULL);
	expect_status(post_to(&w, "alice", "+15550000002", 0), 200);
	expect_error(worker(&w, .method = "DELETE", .token = token("alice")), 405,
		"method_not_allowed", NULL);
	expect_status(
		worker(&w, .token = token("alice"), .body = "a=b", .type = "text/plain"), 415);
	expect_status(post_to(&w, "alice", "+15550000003", 0), 200);
	/* Clients that leave: amid the request, and without waiting for the answer. */
	q.body = "{\"phoneNumber\":\"+15550000004\"}";
	for (size_t bytes = 1; bytes < 400; bytes += 40)
		worker_leave(&w, &q, bytes);
	expect_status(post_to(&w, "alice", "+15550000005", 0), 200);
	worker_leave(&w, &q, SIZE_MAX);
	expect_status(post_to(&w, "alice", "+15550000006", 0), 200);
	expect_error(worker_ask(&w, &q), 409, "duplicate_call", NULL);
	sim_script("{\"to\":\"*\",\"outcome\":\"refuse\",\"status\":403}");
	expect_text(post_to(&w, "alice", "+15550000007", 0), "call.status", "handed-off");
	sim_script("{\"to\":\"*\",\"outcome\":\"answered\"}");
	expect_text(post_to(&w, "alice", "+15550000008", 0), "call.status", "initiated");
	expect_good_end(&w);
}
END_TEST

START_TEST(notes_are_those_of_their_request)
{
	struct worker w;
	const char *path = e2e_text("/%s", placed("alice", NUMBER));
	struct http long_one = {.method = "PUT",
		.path = path,
		.token = token("alice"),
		.body = e2e_text("{\"notes\":\"%s\"}", e2e_repeat('n', 9000))};
	struct http short_one = {.method = "PUT",
		.path = path,
		.token = token("alice"),
		.body = "{\"notes\":\"short\"}"};

	worker_start(&w, "call-notes", NULL);
	expect_status(worker_ask(&w, &long_one), 200);
	long_one.headers[0] = "If-Match: \"no\"";
	expect_status(worker_ask(&w, &long_one), 412);
	expect_status(worker_ask(&w, &short_one), 200);
	expect_text(get("alice", e2e_text("/call%s", path)), "call.notes", "short");
	expect_good_end(&w);
}
END_TEST

/* --- what is kept is up to date --- */

#define LOCAL "{\"phoneNumber\":\"0171 2345678\",\"placedBy\":\"tel\"}"

static struct answer *local(const struct worker *w)
{
	return worker(w, .token = token("alice"), .body = LOCAL);
}

START_TEST(settings_are_read_when_they_have_changed)
{
	struct worker w;

	worker_start(&w, "call-create", NULL);
	expect_status(local(&w), 422);
	e2e_set("DIALER_DEFAULT_COUNTRY_CODE", "49");
	expect_text(local(&w), "call.phoneNumber", "+491712345678");
	/* Of the same length, within the step of the file system's times. */
	e2e_set("DIALER_DEFAULT_COUNTRY_CODE", "43");
	expect_text(local(&w), "call.phoneNumber", "+431712345678");
	e2e_set("DIALER_DEFAULT_COUNTRY_CODE", "of no use");
	ck_assert_int_ge(local(&w)->status, 500);
	ck_assert_int_ge(local(&w)->status, 500);
	e2e_set("DIALER_DEFAULT_COUNTRY_CODE", "44");
	expect_text(local(&w), "call.phoneNumber", "+441712345678");
	unlink(e2e.config);
	ck_assert_int_ne(local(&w)->status, 200);
	e2e_set("DIALER_DEFAULT_COUNTRY_CODE", "41");
	expect_text(local(&w), "call.phoneNumber", "+411712345678");
	expect_good_end(&w);
}
END_TEST

/* Read once, and then left alone for longer than file systems' times are coarse. */
START_TEST(settings_are_read_again_after_a_while)
{
	struct worker w;

	e2e_set("DIALER_DEFAULT_COUNTRY_CODE", "49");
	worker_start(&w, "call-create", NULL);
	e2e_sleep_ms(4500);
	for (int i = 0; i < 3; i++)
		expect_text(local(&w), "call.phoneNumber", "+491712345678");
	e2e_set("DIALER_DEFAULT_COUNTRY_CODE", "43");
	expect_text(local(&w), "call.phoneNumber", "+431712345678");
	expect_good_end(&w);
}
END_TEST

START_TEST(the_list_of_numbers_not_to_be_called_is_read)
{
	struct worker w;

	worker_start(&w, "call-create", NULL);
	e2e_set("DIALER_BLOCKED_PREFIXES_FILE", e2e_file("blocked", "+1900\n", 6));
	expect_status(post_to(&w, "alice", "+15550000001", 0), 200);
	expect_status(post_to(&w, "alice", "+19005550001", 0), 403);
	e2e_file("blocked", "+1555\n", 6);
	expect_status(post_to(&w, "alice", "+15550000002", 0), 403);
	expect_status(post_to(&w, "alice", "+19005550002", 0), 200);
	expect_good_end(&w);
}
END_TEST

START_TEST(the_key_of_tokens_is_read_when_it_has_changed)
{
	static const char other[] = "another secret that is long enough 0123456789\n";
	const char *path = e2e_text("%s/jwt.key", e2e.dir), *before = e2e_read(path);
	const char *header = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	const char *payload =
		e2e_text("{\"sub\":\"alice\",\"exp\":%" PRId64 "}", e2e_now_ms() / 1000 + 600);
	struct worker w;
	const char *fresh = token_by(header, payload, other, strlen(other) - 1);

	worker_start(&w, "call-history", NULL);
	for (int i = 0; i < 3; i++)
		expect_status(worker(&w, .token = token("alice")), 200);
	expect_status(worker(&w, .token = fresh), 401);
	e2e_file("jwt.key", other, strlen(other));
	expect_status(worker(&w, .token = fresh), 200);
	expect_status(worker(&w, .token = token("alice")), 401);
	e2e_file("jwt.key", "short\n", 6);
	ck_assert_int_ge(worker(&w, .token = fresh)->status, 500);
	e2e_file("jwt.key", before, strlen(before));
	expect_status(worker(&w, .token = fresh), 401);
	expect_status(worker(&w, .token = token("alice")), 200);
	expect_good_end(&w);
}
END_TEST

START_TEST(calls_of_other_processes_are_there_at_once)
{
	struct worker history, create;

	worker_start(&history, "call-history", NULL);
	worker_start(&create, "call-create", NULL);
	for (int i = 0; i < 20; i++) {
		expect_int(worker(&history, .token = token("alice")), "pagination.total", i);
		expect_status(worker(&create, .token = token("alice"),
				      .body = e2e_text("{\"phoneNumber\":\"+1555%07d\"}", i)),
			200);
	}
	expect_good_end(&history);
	expect_good_end(&create);
}
END_TEST

/* Whoever recovers makes the environment anew, and what others hold of the old one is worthless. */
START_TEST(a_recovery_by_others_is_noticed)
{
	struct worker w;
	struct run r;

	worker_start(&w, "call-history", NULL);
	placed("alice", NUMBER);
	expect_int(worker(&w, .token = token("alice")), "pagination.total", 1);
	/* The one before died inside: the next one recovers. */
	expect_exit(dialer_faulty("turn-before-commit:kill", "call", SECOND, "--user", "alice"),
		128 + SIGKILL);
	expect_exit(dialer("call", SECOND, "--user", "alice"), 0);
	expect_int(worker(&w, .token = token("alice")), "pagination.total", 2);
	/* A fresh one shall serve the next request: this one ends by itself. */
	r = e2e_end(&w.process);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.err);
	expect_status(worker(&w, .token = token("alice")), 0);
	expect_exit(dialer("verify"), 0);
}
END_TEST

START_TEST(death_inside_storage_keeps_nobody_out)
{
	struct worker w, mortal;
	struct answer *a;
	int64_t begin;

	worker_start(&w, "call-create", NULL);
	expect_status(post_to(&w, "alice", "+15550000001", 0), 200);
	for (int i = 0; i < 3; i++) {
		worker_start(&mortal, "call-create",
			(const char *const[]){"DIALER_TEST_FAULT=turn-before-commit:kill", NULL});
		expect_status(post_to(&mortal, "alice", SECOND, 0), 0);
		ck_assert_int_eq(e2e_end(&mortal.process).status, 128 + SIGKILL);
	}
	begin = e2e_real_ms();
	a = post_to(&w, "alice", "+15550000002", 0);
	expect_status(a, 200);
	ck_assert_msg(e2e_real_ms() - begin < LONGEST_S * 1000, "it took too long");
	expect_int(get("alice", "/history"), "pagination.total", 2);
	ck_assert_int_eq(sim_placings(SECOND), 0);
	(void)worker_end(&w);
	expect_exit(dialer("verify"), 0);
}
END_TEST

/* --- the end --- */

START_TEST(a_call_is_placed_to_its_end)
{
	struct http q = {.token = token("alice"), .body = "{\"phoneNumber\":\"" NUMBER "\"}"};
	struct worker w;
	struct run r;
	int fd, next;

	sim_script("{\"to\":\"*\",\"outcome\":\"answered\",\"sleep_ms\":1500}");
	worker_start(&w, "call-create", NULL);
	fd = worker_begin(&w, &q);
	while (sim_placings(NULL) == 0)
		e2e_sleep_ms(20);
	ck_assert_int_eq(kill(w.process.pid, SIGTERM), 0);
	/* It is busy, and one that waits already is served. */
	q.body = "{\"phoneNumber\":\"" SECOND "\"}";
	next = worker_begin(&w, &q);
	expect_status(worker_answer(fd), 200);
	expect_status(worker_answer(next), 200);
	r = e2e_end(&w.process);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.err);
	ck_assert_int_eq(worker_begin(&w, &q), -1);
	ck_assert_int_eq(sim_calls(NULL), 2);
}
END_TEST

START_TEST(an_idle_one_ends_at_once)
{
	struct worker w;

	worker_start(&w, "health", NULL);
	expect_status(worker(&w, .path = ""), 200);
	expect_good_end(&w);
	ck_assert_int_eq(worker_begin(&w, &(struct http){.path = ""}), -1);
}
END_TEST

/* One that has ended has no file, whether or not somebody has waited for it. */
static bool runs(pid_t pid)
{
	char file[64];

	return readlink(e2e_text("/proc/%ld/exe", (long)pid), file, sizeof(file)) > 0;
}

START_TEST(one_whose_server_was_killed_ends)
{
	int fd[2];
	pid_t parent, left = 0;

	ck_assert_int_eq(pipe(fd), 0);
	parent = fork();
	if (parent == 0) {
		struct worker w;

		worker_leave_behind(&w, "health");
		expect_status(worker(&w, .path = ""), 200);
		if (write(fd[1], &w.process.pid, sizeof(pid_t)) == sizeof(pid_t))
			raise(SIGKILL);
		_exit(1);
	}
	ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
	ck_assert_int_eq(read(fd[0], &left, sizeof(left)), sizeof(left));
	ck_assert(runs(left));
	for (int i = 0; i < 300 && runs(left); i++)
		e2e_sleep_ms(100);
	ck_assert_msg(!runs(left), "%ld still runs", (long)left);
	close(fd[0]);
	close(fd[1]);
}
END_TEST

START_TEST(one_that_stays_is_confined)
{
	struct worker w;
	const char *status;

	worker_start(&w, "call-history", NULL);
	expect_status(worker(&w, .token = token("alice")), 200);
	status = worker_status(&w);
	/* Under sanitizers there is no filter. */
	if (!UNDER_SANITIZERS) {
		expect_says(status, "\nSeccomp:\t2\n");
		expect_says(status, "\nNoNewPrivs:\t1\n");
	}
	expect_good_end(&w);
}
END_TEST

/* --- connections to the providers --- */

static void come_back(const struct worker *w)
{
	struct flow f = flow_begin("alice", NULL);
	const char *back = flow_consent(&f);

	expect_location(worker(w, .path = strchr(back, '?'),
				.headers = {e2e_text("Cookie: dialer_oauth=%s", f.cookie)}),
		"/?dialpad=connected");
}

START_TEST(connections_stay_open_but_for_calls)
{
	struct worker w;

	dialpad_ready(0);
	worker_start(&w, "dialpad-callback", NULL);
	ck_assert_int_eq(worker_connections(&w), 0);
	for (int i = 0; i < 3; i++) {
		come_back(&w);
		ck_assert_int_eq(worker_connections(&w), 1);
	}
	/* What was made of other settings is not used any more. */
	e2e_set("DIALER_PROVIDER_TIMEOUT", "9");
	expect_status(worker(&w, .path = ""), 303);
	ck_assert_int_eq(worker_connections(&w), 0);
	expect_good_end(&w);

	worker_start(&w, "call-create", NULL);
	expect_dialpad(post_to(&w, "alice", NUMBER, 0));
	ck_assert_int_eq(worker_connections(&w), 0);
	expect_good_end(&w);
}
END_TEST

/* --- under Apache --- */

/* The processes of a program that serve these tests, as text. */
static const char *processes_of(const char *program)
{
	const char *found = "", *name = e2e_text("/cgi-bin/%s.cgi", program);
	DIR *d = opendir("/proc");
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char exe[E2E_PATH], environment[8192];
		ssize_t n = readlink(e2e_text("/proc/%.20s/exe", e->d_name), exe, sizeof(exe) - 1);
		size_t got;
		FILE *f;

		exe[n > 0 ? n : 0] = '\0';
		if (strstr(exe, name) == NULL ||
			(f = fopen(e2e_text("/proc/%.20s/environ", e->d_name), "re")) == NULL)
			continue;
		got = fread(environment, 1, sizeof(environment), f);
		(void)fclose(f);
		if (memmem(environment, got, e2e.dir, strlen(e2e.dir)) != NULL)
			found = e2e_text("%s %s", found, e->d_name);
	}
	if (d != NULL)
		closedir(d);
	return found;
}

START_TEST(one_process_serves_them_all)
{
	const char *const argv[] = {
		"bin/dialer-serve", "--config", e2e.config, "--port", "0", "--fastcgi", NULL};
	const struct daemon_options o = {.argv = argv, .log = "fastcgi.log"};
	const char *before;
	struct daemon d;
	int status;

	ck_assert(daemon_start(&d, &o, &status));
	expect_status(http(.to = &d, .path = "/history", .token = token("alice")), 200);
	before = processes_of("call-history");
	ck_assert_str_ne(before, "");
	ck_assert_ptr_null(strchr(before + 1, ' '));
	for (int i = 0; i < 50; i++)
		expect_status(http(.to = &d, .path = "/history", .token = token("alice")), 200);
	ck_assert_str_eq(processes_of("call-history"), before);
	ck_assert_int_eq(daemon_stop(&d), 0);
	ck_assert_str_eq(processes_of("call-history"), "");
}
END_TEST

/* --- the suite --- */

static Suite *suite(void)
{
	Suite *s = suite_create("programs that stay");
	TCase *t = tcase_create("memory");

	e2e_case(t, e2e_long() ? 1800 : 120);
	tcase_add_loop_test(t, memory_stays_as_it_is, 0, KINDS);
	suite_add_tcase(s, t);

	t = tcase_create("requests");
	e2e_case(t, 60);
	tcase_add_test(t, nobody_gets_what_was_another_users);
	tcase_add_test(t, keys_and_members_are_those_of_their_request);
	tcase_add_test(t, faults_are_over_with_their_request);
	tcase_add_test(t, notes_are_those_of_their_request);
	suite_add_tcase(s, t);

	t = tcase_create("changes");
	e2e_case(t, 60);
	tcase_add_test(t, settings_are_read_when_they_have_changed);
	tcase_add_test(t, settings_are_read_again_after_a_while);
	tcase_add_test(t, the_list_of_numbers_not_to_be_called_is_read);
	tcase_add_test(t, the_key_of_tokens_is_read_when_it_has_changed);
	tcase_add_test(t, calls_of_other_processes_are_there_at_once);
	tcase_add_test(t, a_recovery_by_others_is_noticed);
	tcase_add_test(t, death_inside_storage_keeps_nobody_out);
	tcase_add_test(t, connections_stay_open_but_for_calls);
	suite_add_tcase(s, t);

	t = tcase_create("end");
	e2e_case(t, 60);
	tcase_add_test(t, a_call_is_placed_to_its_end);
	tcase_add_test(t, an_idle_one_ends_at_once);
	tcase_add_test(t, one_whose_server_was_killed_ends);
	tcase_add_test(t, one_that_stays_is_confined);
	/* mod_fcgid cuts settings of more than 127 bytes, as those of sanitizers are. */
	if (!UNDER_SANITIZERS)
		tcase_add_test(t, one_process_serves_them_all);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
