/* What dialer-sync shows: summary, metrics, and the bar for somebody who watches. */
#include "e2e/calls.h"
#include "e2e/exposition.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND INT64_C(1000)

static int64_t offset;
static const char *file; /* of the metrics */

static void setup(void)
{
	char dir[E2E_PATH + 32];
	offset = 0;
	/* Root's own, as that of the node exporter is: nobody else may write there. */
	(void)snprintf(dir, sizeof(dir), "%s/metrics", e2e.dir);
	ck_assert(mkdir(dir, 0755) == 0 || errno == EEXIST);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	file = e2e_text("%s/dialer.prom", dir);
	(void)unlink(file);
	(void)unlink(e2e_text("%s.new", file));
}

static void pass(int64_t seconds)
{
	offset += seconds * SECOND;
	e2e_clock(offset);
	sim_post("/control/clock", e2e_text("{\"advance\":%" PRId64 "}", seconds));
}

static struct run sync_with(const char *a, const char *b, const char *c)
{
	const char *const args[] = {a, b, c, NULL};
	return run_sync(args);
}

static void expect_run(struct run r, int status)
{
	ck_assert_msg(r.status == status, "status %d\n%s%s", r.status, r.out, r.err);
}

/* The metrics of a run that ends so; they must be well-formed. */
static const char *metrics_of(int status)
{
	struct run r = sync_with("--metrics", file, NULL);
	expect_run(r, status);
	ck_assert_msg(status != 0 || (r.out[0] == '\0' && r.err[0] == '\0'), "%s%s", r.out, r.err);
	const char *text = e2e_read(file);
	const char *fault = exposition_fault(text);
	ck_assert_msg(fault == NULL, "%s in\n%s", fault, text);
	return text;
}

/* --- the summary --- */

START_TEST(json_summary_has_exactly_the_promised_members)
{
	placed("alice", NUMBER);
	pass(60);
	struct run r = sync_with("--json", NULL, NULL);
	expect_run(r, 0);
	ck_assert_str_eq(r.err, "");
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_msg(j != NULL, "%s", r.out);
	ck_assert_uint_eq(json_object_size(j), 6);
	ck_assert_int_eq(int_at(j, "open"), 1);
	ck_assert_int_eq(int_at(j, "updated"), 1);
	ck_assert_int_eq(int_at(j, "completed"), 1);
	ck_assert_int_eq(int_at(j, "lost"), 0);
	ck_assert_uint_eq(json_object_size(json_at(j, "requests")), 2);
	ck_assert_int_eq(int_at(j, "requests.aircall"), 1);
	ck_assert_int_eq(int_at(j, "requests.dialpad"), 0);
	ck_assert(json_is_real(json_at(j, "seconds")));
	ck_assert(json_real_value(json_at(j, "seconds")) >= 0);
	json_decref(j);
}
END_TEST

START_TEST(summary_that_nobody_can_read_is_no_success)
{
	const char *const argv[] = {"/bin/sh", "-c",
		e2e_text(
			"%s/cron/dialer-sync --config %s --json >/dev/full", e2e.build, e2e.config),
		NULL};
	placed("alice", NUMBER);
	expect_run(e2e_run(argv, NULL), 3);
}
END_TEST

/* --- metrics --- */

/* A check that finds nothing wrong anywhere would be none. */
START_TEST(faults_of_the_format_are_found)
{
	static const char *const bad[] = {"", "# EOF\n", "x 1\n", "# TYPE x gauge\nx 1\n",
		"# HELP x y\n# TYPE x gauge\nx 1", "# HELP x y\n# TYPE x gauge\nx 1\nx 2\n",
		"# HELP x y\n# TYPE x gauge\nx one\n", "# HELP x y\n# TYPE x gauge\nx{a=1} 1\n",
		"# HELP x y\n# TYPE x gauge\nx{a=\"\\t\"} 1\n",
		"# HELP x y\n# TYPE x gauge\nx{a=\"1\",} 1\n", "# HELP x y\n# TYPE x gauge\ny 1\n",
		"# HELP x y\n# TYPE x thing\nx 1\n", "# HELP x y\n# TYPE x counter\nx 1\n",
		"# HELP x_total y\n# TYPE x_total counter\nx_total -1\n",
		"# HELP x y\n# TYPE x gauge\nx 1\n# HELP x y\n# TYPE x gauge\n",
		"# HELP 1x y\n# TYPE 1x gauge\n1x 1\n", "# HELP x y\n# TYPE x gauge\nx  1\n"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(exposition_fault(bad[i]) != NULL, "%s", bad[i]);
	ck_assert_ptr_null(exposition_fault("# HELP x_total y\n# TYPE x_total counter\n"
					    "x_total{a=\"1\",b=\"\\\\\\n\\\"\"} 1.5e3\n"));
}
END_TEST

START_TEST(metrics_tell_what_the_run_did)
{
	placed("alice", NUMBER);
	placed("alice", "+15550000002");
	sim_script("{\"to\":\"+15550000003\",\"outcome\":\"not_dialled\"}");
	placed("alice", "+15550000003");
	pass(60);
	const char *m = metrics_of(0);
	double now = (double)e2e_now_ms() / 1000, ran;
	ran = metric(m, "dialer_sync_last_run_timestamp_seconds");
	ck_assert_msg(ran <= now && ran > now - 60, "%s", m);
	ck_assert(metric(m, "dialer_sync_last_success_timestamp_seconds") == ran);
	ck_assert(metric(m, "dialer_sync_last_exit_status") == 0);
	ck_assert(metric(m, "dialer_sync_last_duration_seconds") >= 0);
	ck_assert(metric(m, "dialer_sync_open_calls") == 3);
	ck_assert(metric(m, "dialer_sync_calls_updated_total") == 2);
	ck_assert(metric(m, "dialer_sync_calls_completed_total") == 2);
	ck_assert(metric(m, "dialer_sync_calls_lost_total") == 0);
	ck_assert(metric(m, "dialer_sync_requests_total{provider=\"aircall\"}") == 1);
	ck_assert(metric(m, "dialer_sync_requests_total{provider=\"dialpad\"}") == 0);
	ck_assert(metric(m, "dialer_sync_runs_total{result=\"done\"}") == 1);
	ck_assert(metric(m, "dialer_sync_limited_runs_total{provider=\"aircall\"}") == 0);
	ck_assert(metric(m, "dialer_calls") == 3);
	/* Two wait for corrected figures. */
	ck_assert(metric(m, "dialer_calls_followed") == 3);
	ck_assert(metric(m, "dialer_calls_due") == 1);
	ck_assert(metric(m, "dialer_database_bytes") > 0);
	ck_assert(metric(m, "dialer_log_bytes") > 0);
	ck_assert(metric(m, "dialer_free_bytes") > 0);
	ck_assert(metric(m, "dialer_events_total{provider=\"aircall\",fate=\"received\"}") == 0);
	ck_assert(metric(m, "dialer_events_waiting") == 0);
	/* The clicks and the list. */
	ck_assert(metric(m, "dialer_limit_requests_last_minute{limit=\"aircall\"}") == 4);
	ck_assert(metric(m, "dialer_limit_requests_per_minute{limit=\"aircall\"}") == 60);
	ck_assert(metric(m, "dialer_limit_blocked_seconds{limit=\"aircall\"}") == 0);
	ck_assert(metric(m, "dialer_limit_requests_per_minute{limit=\"dialpad_call\"}") == 10);
	ck_assert_str_eq(m + strlen(m) - 7, "\n# EOF\n");
}
END_TEST

START_TEST(events_are_counted_by_what_became_of_them)
{
	static const char secret[] = "aircall-webhook-token-0123456789";
	e2e_set("AIRCALL_WEBHOOK_TOKEN", secret);
	const char *body =
		e2e_text("{\"resource\":\"call\",\"event\":\"call.created\",\"timestamp\":%" PRId64
			 ",\"token\":\"%s\",\"data\":{\"id\":7,\"direction\":\"outbound\","
			 "\"status\":\"initial\",\"started_at\":%" PRId64
			 ",\"raw_digits\":\"+1 555-765-4321\",\"user\":{\"id\":456},"
			 "\"number\":{\"id\":1234}}}",
			e2e_now_ms() / 1000, secret, e2e_now_ms() / 1000);
	expect_status(http(.path = "/webhooks/aircall", .body = body), 200);
	const char *m = metrics_of(0);
	ck_assert(metric(m, "dialer_events_total{provider=\"aircall\",fate=\"received\"}") == 1);
	ck_assert(metric(m, "dialer_events_total{provider=\"aircall\",fate=\"kept\"}") == 1);
	ck_assert(metric(m, "dialer_events_total{provider=\"dialpad\",fate=\"received\"}") == 0);
	ck_assert(metric(m, "dialer_events_waiting") == 1);
	/* After an hour nobody waits for its row any more. */
	pass(3700);
	m = metrics_of(0);
	ck_assert(metric(m, "dialer_events_total{provider=\"aircall\",fate=\"expired\"}") == 1);
	ck_assert(metric(m, "dialer_events_waiting") == 0);
}
END_TEST

START_TEST(counters_go_on_over_runs)
{
	placed("alice", NUMBER);
	pass(60);
	metrics_of(0);
	placed("alice", "+15550000002");
	pass(60);
	const char *m = metrics_of(0);
	ck_assert(metric(m, "dialer_sync_calls_completed_total") == 2);
	ck_assert(metric(m, "dialer_sync_requests_total{provider=\"aircall\"}") == 2);
	ck_assert(metric(m, "dialer_sync_runs_total{result=\"done\"}") == 2);
	/* Totals that make no sense begin anew. */
	FILE *f = fopen(e2e_text("%s/sync.totals", e2e.data), "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs("runs_done many\nlost -1\nbogus 7\ncompleted 5\n", f), 0);
	ck_assert_int_eq(fclose(f), 0);
	m = metrics_of(0);
	ck_assert(metric(m, "dialer_sync_runs_total{result=\"done\"}") == 1);
	ck_assert(metric(m, "dialer_sync_calls_completed_total") == 5);
	ck_assert(metric(m, "dialer_sync_calls_lost_total") == 0);
}
END_TEST

START_TEST(failing_provider_shows_and_the_last_success_stays)
{
	const char *m = metrics_of(0);
	double success = metric(m, "dialer_sync_last_success_timestamp_seconds");
	placed("alice", NUMBER);
	pass(60);
	sim_post("/control/faults",
		"{\"path\":\"/v1/calls\",\"outcome\":\"refuse\",\"status\":503}");
	m = metrics_of(1);
	ck_assert(metric(m, "dialer_sync_last_exit_status") == 1);
	ck_assert(metric(m, "dialer_sync_last_success_timestamp_seconds") == success);
	ck_assert(metric(m, "dialer_sync_last_run_timestamp_seconds") > success + 50);
	ck_assert(metric(m, "dialer_sync_runs_total{result=\"provider_failed\"}") == 1);
	ck_assert(metric(m, "dialer_sync_failed_runs_total{provider=\"aircall\"}") == 1);
	ck_assert(metric(m, "dialer_sync_failed_runs_total{provider=\"dialpad\"}") == 0);
	ck_assert(metric(m, "dialer_sync_runs_total{result=\"done\"}") == 1);
}
END_TEST

START_TEST(failing_storage_shows_too)
{
	struct stat st;
	metrics_of(0);
	ck_assert_int_eq(stat(e2e.data, &st), 0);
	const char *bad = e2e_text("%s/DB_CONFIG", e2e.data);
	int fd = open(bad, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	const char *m = metrics_of(3);
	ck_assert(metric(m, "dialer_sync_last_exit_status") == 3);
	ck_assert(metric(m, "dialer_sync_runs_total{result=\"storage_failed\"}") == 1);
	ck_assert(metric(m, "dialer_sync_last_success_timestamp_seconds") > 0);
	ck_assert(!has_metric(m, "dialer_calls"));
	ck_assert_int_eq(unlink(bad), 0);
	/* Not even a data directory: only the run itself can be told of. */
	e2e_set("DIALER_DATA_DIR", e2e_text("%s/nowhere", e2e.dir));
	m = metrics_of(3);
	ck_assert(metric(m, "dialer_sync_last_exit_status") == 3);
	ck_assert(!has_metric(m, "dialer_sync_runs_total{result=\"done\"}"));
}
END_TEST

START_TEST(file_is_replaced_as_a_whole_and_readable_for_all)
{
	struct stat first, second;
	mode_t old = umask(077);
	metrics_of(0);
	umask(old);
	ck_assert_int_eq(stat(file, &first), 0);
	ck_assert_uint_eq(first.st_mode & 07777, 0644);
	ck_assert_uint_eq(first.st_uid, geteuid());
	/* Whoever has it open reads the old one to its end. */
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	const char *before = e2e_read(file);
	pass(10);
	metrics_of(0);
	ck_assert_int_eq(stat(file, &second), 0);
	ck_assert_uint_ne(first.st_ino, second.st_ino);
	char text[8192];
	ssize_t n = pread(fd, text, sizeof(text), 0);
	close(fd);
	ck_assert_int_eq(n, (ssize_t)strlen(before));
	ck_assert_int_eq(memcmp(text, before, (size_t)n), 0);
	ck_assert_int_eq(access(e2e_text("%s.new", file), F_OK), -1);
}
END_TEST

/* Others may write to the directory: what they put in the way is never written through. */
START_TEST(links_in_the_way_are_not_followed)
{
	const char *victim = e2e_file("victim", "precious", 8);
	ck_assert_int_eq(symlink(victim, file), 0);
	ck_assert_int_eq(symlink(victim, e2e_text("%s.new", file)), 0);
	metrics_of(0);
	struct stat st;
	ck_assert_int_eq(lstat(file, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_str_eq(e2e_read(victim), "precious");
}
END_TEST

START_TEST(a_name_without_directory_is_in_the_present_one)
{
	struct run r = sync_with("--metrics", "", NULL);
	expect_run(r, 2);
	const char *const argv[] = {"/bin/sh", "-c",
		e2e_text("p=$(realpath %s/cron/dialer-sync); cd %s/metrics && exec $p --config %s "
			 "--metrics dialer.prom",
			e2e.build, e2e.dir, e2e.config),
		NULL};
	expect_run(e2e_run(argv, NULL), 0);
	ck_assert_ptr_null(exposition_fault(e2e_read(file)));
}
END_TEST

START_TEST(what_cannot_be_a_file_is_said_before_anything_is_asked)
{
	static const char *const bad[] = {"/nonexistent/dialer.prom", "/", "/etc/", ".", ".."};
	placed("alice", NUMBER);
	pass(60);
	struct run r = sync_with("--metrics", bad[_i], NULL);
	expect_run(r, 2);
	ck_assert_msg(strncmp(r.err, "dialer-sync: --metrics: ", 24) == 0, "%s", r.err);
	ck_assert_ptr_null(strstr(r.err + 24, "dialer-sync: "));
	expect_run(sync_with("--metrics", file, "--dry-run"), 2);
	r = sync_with("--json", NULL, NULL);
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_int_eq(int_at(j, "completed"), 1);
	json_decref(j);
}
END_TEST

START_TEST(file_that_cannot_be_replaced_is_status_3)
{
	ck_assert_int_eq(mkdir(file, 0755), 0);
	placed("alice", NUMBER);
	pass(60);
	struct run r = sync_with("--metrics", file, NULL);
	expect_run(r, 3);
	ck_assert_msg(strstr(r.err, "E5105") != NULL, "%s", r.err);
	ck_assert_int_eq(access(e2e_text("%s.new", file), F_OK), -1);
	ck_assert_int_eq(rmdir(file), 0);
	/* The run itself was done. */
	ck_assert(metric(metrics_of(0), "dialer_sync_calls_completed_total") == 1);
}
END_TEST

START_TEST(a_second_run_at_once_leaves_the_file_alone)
{
	metrics_of(0);
	struct stat before, after;
	ck_assert_int_eq(stat(file, &before), 0);
	int fd = open(e2e_text("%s/sync.lock", e2e.data), O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	expect_run(sync_with("--metrics", file, NULL), 0);
	close(fd);
	e2e_set("DIALER_BOGUS", "1");
	expect_run(sync_with("--metrics", file, NULL), 2);
	ck_assert_int_eq(stat(file, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

/* --- the bar --- */

#define SCREEN_MAX 65536

/* Everything a run with these arguments writes to a terminal of so many columns; it must end with
 * this status. */
static const char *screen_of(unsigned short columns, const char *args, int want)
{
	struct winsize size = {.ws_row = 24, .ws_col = columns};
	static char text[SCREEN_MAX];
	size_t len = 0;
	int terminal, status;
	pid_t pid = forkpty(&terminal, NULL, NULL, &size);
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		setenv("DIALER_TEST_CLOCK", e2e.clock, 1);
		execl("/bin/sh", "sh", "-c",
			e2e_text("exec %s/cron/dialer-sync --config %s %s", e2e.build, e2e.config,
				args),
			(char *)NULL);
		_exit(127);
	}
	for (;;) {
		ssize_t n = read(terminal, text + len, sizeof(text) - 1 - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* EIO: the other side has gone */
		len += (size_t)n;
	}
	text[len] = '\0';
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(terminal);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == want, "%s", text);
	return e2e_text("%s", text);
}

/* What stands in the last line when all is done: as much of a terminal as is needed. */
static const char *left_on(const char *screen)
{
	char line[SCREEN_MAX] = "";
	size_t at = 0, end = 0;
	for (const char *s = screen; *s != '\0'; s++) {
		if (*s == '\r') {
			at = 0;
		} else if (*s == '\n') {
			at = end = 0;
		} else if (strncmp(s, "\033[K", 3) == 0) {
			end = at;
			s += 2;
		} else {
			line[at++] = *s;
			if (at > end)
				end = at;
		}
	}
	return e2e_text("%.*s", (int)end, line);
}

/* The longest text between two returns of the cursor. */
static size_t widest(const char *screen)
{
	size_t most = 0;
	while (*screen != '\0') {
		size_t len = strcspn(screen, "\r\033");
		most = len > most ? len : most;
		screen += len;
		if (strncmp(screen, "\033[K", 3) == 0)
			screen += 3;
		else if (*screen != '\0')
			screen++;
	}
	return most;
}

/* Two pages of calls to read, so that there is a way to go. */
static void much_to_do(void)
{
	sim_post("/control/settings", "{\"busy_users\":false,\"rate_limit\":0}");
	sim_post("/control/calls", "{\"to\":\"+15559990000\",\"count\":120,\"spacing\":0}");
	placed("alice", NUMBER);
	pass(60);
}

START_TEST(a_terminal_shows_a_bar_that_is_wiped_away)
{
	much_to_do();
	const char *screen = screen_of(100, "", 0);
	ck_assert_msg(strstr(screen, "dialer-sync [") != NULL, "%s", screen);
	ck_assert_msg(strstr(screen, "%") != NULL, "%s", screen);
	ck_assert_str_eq(left_on(screen), "");
	ck_assert_uint_le(widest(screen), 60);
}
END_TEST

START_TEST(the_bar_fits_any_terminal)
{
	static const unsigned short widths[] = {1, 10, 29, 30, 40, 80, 1000, 0};
	much_to_do();
	const char *screen = screen_of(widths[_i], "", 0);
	ck_assert_msg(strchr(screen, '%') != NULL, "%s", screen);
	ck_assert_msg((strchr(screen, '[') != NULL && strchr(screen, ']') != NULL) ==
			      (widths[_i] == 0 || widths[_i] >= 30),
		"%s", screen);
	if (widths[_i] >= 10)
		ck_assert_uint_lt(widest(screen), widths[_i]);
	ck_assert_str_eq(left_on(screen), "");
}
END_TEST

START_TEST(no_bar_where_it_would_disturb)
{
	static const char *const args[] = {"--verbose", "--json", "2>/dev/null", "2>&1 | cat"};
	much_to_do();
	const char *screen = screen_of(80, args[_i], 0);
	ck_assert_msg(strstr(screen, "dialer-sync [") == NULL, "%s", screen);
	ck_assert_msg(strchr(screen, '\033') == NULL, "%s", screen);
	if (_i >= 2)
		ck_assert_str_eq(screen, "");
}
END_TEST

/* What is logged while the bar stands goes over it, and nothing of the bar is left. */
START_TEST(a_log_line_covers_the_bar)
{
	much_to_do();
	sim_post("/control/faults", "{\"path\":\"/v1/calls\",\"outcome\":\"pass\",\"times\":1}");
	sim_post("/control/faults",
		"{\"path\":\"/v1/calls\",\"outcome\":\"refuse\",\"status\":503}");
	const char *screen = screen_of(200, "", 1);
	ck_assert_msg(strstr(screen, "dialer-sync [") != NULL, "%s", screen);
	for (const char *line = screen; (line = strstr(line, "E5")) != NULL; line++)
		ck_assert_msg(strcspn(line, "]") > strcspn(line, "\n"), "%s", screen);
	ck_assert_str_eq(left_on(screen), "");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("sync-output");
	TCase *t = tcase_create("summary");
	e2e_case(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, json_summary_has_exactly_the_promised_members);
	tcase_add_test(t, summary_that_nobody_can_read_is_no_success);
	suite_add_tcase(s, t);
	t = tcase_create("metrics");
	e2e_case(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, faults_of_the_format_are_found);
	tcase_add_test(t, metrics_tell_what_the_run_did);
	tcase_add_test(t, events_are_counted_by_what_became_of_them);
	tcase_add_test(t, counters_go_on_over_runs);
	tcase_add_test(t, failing_provider_shows_and_the_last_success_stays);
	tcase_add_test(t, failing_storage_shows_too);
	tcase_add_test(t, file_is_replaced_as_a_whole_and_readable_for_all);
	tcase_add_test(t, links_in_the_way_are_not_followed);
	tcase_add_test(t, a_name_without_directory_is_in_the_present_one);
	tcase_add_loop_test(t, what_cannot_be_a_file_is_said_before_anything_is_asked, 0, 5);
	tcase_add_test(t, file_that_cannot_be_replaced_is_status_3);
	tcase_add_test(t, a_second_run_at_once_leaves_the_file_alone);
	suite_add_tcase(s, t);
	t = tcase_create("bar");
	e2e_case(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_terminal_shows_a_bar_that_is_wiped_away);
	tcase_add_loop_test(t, the_bar_fits_any_terminal, 0, 8);
	tcase_add_loop_test(t, no_bar_where_it_would_disturb, 0, 4);
	tcase_add_test(t, a_log_line_covers_the_bar);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
