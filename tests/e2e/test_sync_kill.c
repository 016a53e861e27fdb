/*
 * dialer-sync killed at any moment: one clean run later the history is what the providers know, and
 * nothing is in it twice.
 */
#include "e2e/dialpad.h"
#include "e2e/rows.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MINUTE    60
#define ROUND_S   20 /* simulated, from one death to the next */
#define CORRECTED (25 * MINUTE)
#define CALLS_MAX 5000
#define PLACES    3 /* Dialpad, an own telephone at Aircall, the shared one */

static int now_s, clicks;

static void pass(int seconds)
{
	now_s += seconds;
	sim_post("/control/clock", e2e_text("{\"advance\":%d}", seconds));
	e2e_clock((int64_t)now_s * 1000);
}

static const char *user_name(int u)
{
	static const char *const names[PLACES] = {"dana", "olga", "sue"};
	return names[u];
}

static void setup(void)
{
	now_s = clicks = 0;
	/* Who dies while tokens are rotated loses the connection, which other tests show. */
	dialpad_ready(0);
	e2e_set("DIALPAD_API_KEY", "sim-company-key");
	connected(user_name(0));
	const char *const set[] = {"user", "set", user_name(1), "--aircall-user", "456",
		"--aircall-number", "1234", NULL};
	ck_assert_int_eq(run_dialer(set).status, 0);
	sim_post("/control/settings", "{\"rate_limit\":120,\"dialpad_requests_per_minute\":1200,"
				      "\"dialpad_requests_per_second\":20}");
}

/* --- calls --- */

/* The n-th click of this test: some are answered, some are not, some last. */
static void click(void)
{
	static const char *const lives[] = {"\"answer_after\":2,\"hangup_after\":9",
		"\"answer_after\":null,\"hangup_after\":12",
		"\"answer_after\":4,\"hangup_after\":200", "\"answer_after\":1,\"hangup_after\":3"};
	const char *number = e2e_text("+1555%07d", clicks % 40);
	sim_script(
		e2e_text("{\"to\":\"%s\",\"outcome\":\"answered\",\"mark\":\"c%d\",\"times\":1,%s}",
			number, clicks, lives[clicks / PLACES % 4]));
	struct answer *a = place(user_name(clicks % PLACES),
		e2e_text("{\"phoneNumber\":\"%s\",\"clientId\":\"c%d\"}", number, clicks));
	expect_status(a, 200);
	expect_text(a, "call.status", "initiated");
	clicks++;
}

static json_t *call_of(json_t *calls, const char *mark)
{
	for (size_t i = 0; i < json_array_size(calls); i++)
		if (text_is(json_array_get(calls, i), "mark", mark))
			return json_array_get(calls, i);
	ck_abort_msg("no call of %s", mark);
}

/* All have ended, and their figures are corrected. */
static void expect_truth(void)
{
	struct rows r = rows_read();
	json_t *calls = json_at(sim_get("/control/calls"), "calls");
	ck_assert_uint_eq(r.count, (size_t)clicks);
	ck_assert_uint_eq(json_array_size(calls), (size_t)clicks);
	for (size_t i = 0; i < r.count; i++) {
		const char *fault = row_fault(&r.rows[i], call_of(calls, r.rows[i].client));
		ck_assert_msg(fault == NULL, "%s %s of %s to %s: %s", r.rows[i].client,
			r.rows[i].status, r.rows[i].user, r.rows[i].number, fault);
	}
	qsort(r.rows, r.count, sizeof(struct row), order_by_external);
	for (size_t i = 1; i < r.count; i++)
		ck_assert_int_ne(order_by_external(&r.rows[i - 1], &r.rows[i]), 0);
	rows_expect_totals(&r, PLACES, user_name);
	rows_release(&r);
	expect_exit(dialer("verify"), 0);
}

static void expect_no_refusal(void)
{
	json_t *requests = json_at(sim_get("/control/requests?method=GET"), "requests");
	for (size_t i = 0; i < json_array_size(requests); i++)
		ck_assert_msg(int_at(json_array_get(requests, i), "status") != 429,
			"request %zu was one too many", i);
}

/* --- runs --- */

static struct begun start(const char *fault)
{
	const char *const argv[] = {
		e2e_text("%s/cron/dialer-sync", e2e.build), "--config", e2e.config, "--json", NULL};
	const char *const env[] = {
		fault != NULL ? e2e_text("DIALER_TEST_FAULT=%s:kill", fault) : NULL, NULL};
	return e2e_begin(argv, env);
}

/* Returns how many calls became final. */
static int clean_run(void)
{
	struct begun b = start(NULL);
	struct run r = e2e_end(&b);
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_msg(r.status == 0 && r.err[0] == '\0' && j != NULL, "status %d\n%s%s", r.status,
		r.out, r.err);
	int completed = (int)int_at(j, "completed");
	json_decref(j);
	return completed;
}

static int64_t real_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- death at every step --- */

#define POINTS_MAX 32
static char points[POINTS_MAX][48];

/* The named steps of the sync, of which there is one at least. */
static int find_points(void)
{
	const char *const argv[] = {
		"/bin/grep", "-rhoE", "FAULT_POINT\\(\"(sync|limit)-[a-z-]+\"", "lib", NULL};
	struct run r = e2e_run(argv, NULL);
	int n = 0;
	for (const char *at = r.out; (at = strchr(at, '"')) != NULL; at = strchr(at, '\n')) {
		ck_assert_int_lt(n, POINTS_MAX);
		snprintf(
			points[n++], sizeof(points[0]), "%.*s", (int)strcspn(at + 1, "\""), at + 1);
	}
	ck_assert_int_gt(n, 0);
	return n;
}

START_TEST(death_at_a_step_is_made_good_by_the_next_run)
{
	int count = find_points();
	/* Tokens that end so soon that each run refreshes them. */
	sim_post("/control/settings", "{\"dialpad_expires_in\":200}");
	connected(user_name(0));
	for (int i = 0; i < count; i++) {
		for (int n = 0; n < 2 * PLACES; n++)
			click();
		pass(MINUTE);
		struct begun b = start(points[i]);
		ck_assert_msg(e2e_end(&b).status == 128 + 9, "nobody died at %s", points[i]);
		clean_run();
	}
	pass(CORRECTED);
	clean_run();
	expect_truth();
	expect_no_refusal();
}
END_TEST

/* --- death at any moment --- */

static struct {
	uint64_t dice;
	int64_t run_us; /* how long a run takes that is not killed */
	int killed, ended, completed;
} deaths;

static int64_t roll(int64_t below)
{
	deaths.dice = deaths.dice * 6364136223846793005U + 1442695040888963407U;
	return (int64_t)((deaths.dice >> 33) % (uint64_t)below);
}

/* A run with work to do, in full. */
static void measure(void)
{
	click();
	click();
	pass(ROUND_S);
	int64_t begin = real_us();
	deaths.completed += clean_run();
	deaths.run_us = real_us() - begin;
}

/* It may have come to its end before. */
static void run_and_die(void)
{
	struct begun b = start(NULL);
	usleep((useconds_t)roll(deaths.run_us * 11 / 10 + 1));
	kill(b.pid, SIGKILL);
	struct run r = e2e_end(&b);
	ck_assert_msg(
		r.status == 0 || r.status == 128 + 9, "status %d\n%s%s", r.status, r.out, r.err);
	if (r.status != 0) {
		deaths.killed++;
		return;
	}
	deaths.ended++;
	json_t *j = json_loads(r.out, 0, NULL);
	deaths.completed += (int)int_at(j, "completed");
	json_decref(j);
}

START_TEST(death_at_any_moment_is_made_good_by_the_next_run)
{
	int wanted = e2e_long() ? 1000 : 100;
	const char *seed = getenv("DIALER_TEST_SEED");
	memset(&deaths, 0, sizeof(deaths));
	deaths.dice = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	printf("seed %" PRIu64 "\n", deaths.dice);
	while (deaths.killed < wanted) {
		/* What a run costs changes with how much there is. */
		if ((deaths.killed + deaths.ended) % 20 == 0)
			measure();
		click();
		pass(ROUND_S);
		run_and_die();
	}
	pass(CORRECTED);
	deaths.completed += clean_run();
	expect_truth();
	expect_no_refusal();
	/* What a killed run did nobody counts again. */
	ck_assert_int_le(deaths.completed, clicks);
	printf("%d runs killed, %d ended before, %d calls; a run takes %.1f ms\n", deaths.killed,
		deaths.ended, clicks, (double)deaths.run_us / 1000);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("sync-kill");
	TCase *t = tcase_create("kill");
	e2e_case(t, e2e_long() ? 1800 : 200);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, death_at_a_step_is_made_good_by_the_next_run);
	tcase_add_test(t, death_at_any_moment_is_made_good_by_the_next_run);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
