/* dialer-sync when providers hang and when it is killed: nobody waits for the other, and the next run
 * finishes the work. */
#include "e2e/dialpad.h"
#include "e2e/syncing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60
#define HOUR   3600

static const char *at_dialpad, *at_aircall; /* a call of alice and one of bob */

static void setup(void)
{
	dialpad_ready(0);
	connected("alice");
}

/* Whether calls are followed by the company's list; else one by one. */
static void place_both(bool company)
{
	if (company)
		e2e_set("DIALPAD_API_KEY", "sim-company-key");
	struct answer *a = place_to("alice", NUMBER);
	expect_dialpad(a);
	at_dialpad = text_at(a->json, "call.id");
	a = place_to("bob", NUMBER);
	expect_aircall(a);
	at_aircall = text_at(a->json, "call.id");
	clocks(2 * MINUTE);
}

static void expect_both_completed(void)
{
	expect_call_status("alice", at_dialpad, "completed");
	expect_call_status("bob", at_aircall, "completed");
}

/* --- providers that hang --- */

static const char *const silences[] = {"{\"path\":\"%s\",\"outcome\":\"hang\"}",
	"{\"path\":\"%s\",\"outcome\":\"slow_body\"}",
	"{\"path\":\"%s\",\"outcome\":\"slow_head\"}"};
#define SILENCES (int)(sizeof(silences) / sizeof(silences[0]))

static void silence(int which, const char *path)
{
	const char *rule = silences[which], *hole = strstr(rule, "%s");
	sim_post("/control/faults", e2e_text("%.*s%s%s", (int)(hole - rule), rule, path, hole + 2));
}

/* It has its calls while the other's request is still under way; then the run is killed. */
static void expect_final_meanwhile(const char *user, const char *id)
{
	struct begun b = sync_begin();
	await_call_status(user, id, "completed");
	ck_assert(e2e_is_running(&b));
	/* It has not given the silent one up yet. */
	ck_assert_str_eq(sync_kill(&b).err, "");
	sim_delete("/control/faults");
	/* A minute later. */
	clocks(3 * MINUTE + 5);
	sync_quietly();
	expect_both_completed();
}

START_TEST(aircall_that_is_silent_keeps_dialpad_waiting_for_nothing)
{
	place_both(_i % 2 == 0);
	silence(_i % SILENCES, "/v1/calls");
	expect_final_meanwhile("alice", at_dialpad);
}
END_TEST

START_TEST(dialpad_that_is_silent_keeps_aircall_waiting_for_nothing)
{
	place_both(_i % 2 == 0);
	silence(_i % SILENCES, "/api/v2/call");
	expect_final_meanwhile("bob", at_aircall);
}
END_TEST

START_TEST(one_that_refuses_does_not_keep_the_other_from_its_calls)
{
	place_both(_i % 2 == 0);
	sim_post("/control/faults",
		_i < 2 ? "{\"path\":\"/v1/calls\",\"outcome\":\"refuse\",\"status\":503}"
		       : "{\"path\":\"/api/v2/call\",\"outcome\":\"reset\"}");
	ck_assert_int_eq(run_sync(NULL).status, 1);
	if (_i < 2)
		expect_call_status("alice", at_dialpad, "completed");
	else
		expect_call_status("bob", at_aircall, "completed");
	sim_delete("/control/faults");
	sync_quietly();
	expect_both_completed();
}
END_TEST

/* The whole patience for both at once, and not twice of it. */
START_TEST(a_run_ends_in_time_whatever_providers_do)
{
	if (!e2e_long())
		return;
	static const char *const json[] = {"--json", NULL};
	place_both(_i % 2 == 0);
	silence(_i % SILENCES, "/");
	struct run r = run_sync(json);
	ck_assert_int_eq(r.status, 1);
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_msg(j != NULL, "%s", r.out);
	ck_assert_double_lt(json_real_value(json_at(j, "seconds")), 55);
	json_decref(j);
	sim_delete("/control/faults");
	clocks(4 * MINUTE);
	sync_quietly();
	expect_both_completed();
}
END_TEST

/* A list of many slow pages: the run ends in time, and that is no failure. */
START_TEST(want_of_time_is_no_failure)
{
	if (!e2e_long())
		return;
	place_both(true);
	sim_post("/control/calls", "{\"count\":200,\"spacing\":0,\"vary_to\":true,\"to\":"
				   "\"+15550000000\"}");
	sim_post("/control/faults",
		"{\"path\":\"/v1/calls\",\"outcome\":\"pass\",\"sleep_ms\":13000}");
	sync_quietly();
	expect_call_status("alice", at_dialpad, "completed");
	sim_delete("/control/faults");
	clocks(4 * MINUTE);
	sync_quietly();
	expect_both_completed();
}
END_TEST

/* --- a run that is killed --- */

static const char *const points[] = {"sync-after-load", "sync-before-ask", "sync-after-answer",
	"sync-before-apply", "sync-after-apply", "sync-before-cycle", "sync-before-refresh",
	"refresh-before-ask", "refresh-after-store", "sync-before-housekeep"};
#define POINTS (int)(sizeof(points) / sizeof(points[0]))

static int kill_at(const char *point)
{
	const char *env[] = {e2e_text("DIALER_TEST_FAULT=%s:kill", point), NULL};
	const char *argv[] = {
		e2e_text("%s/cron/dialer-sync", e2e.build), "--config", e2e.config, NULL};
	return e2e_run(argv, env).status;
}

START_TEST(killed_run_is_finished_by_the_next)
{
	bool company = _i >= POINTS;
	/* Bob's token ends meanwhile, and is refreshed. */
	dialpad_ready(300);
	connected_as("carol", OTHER_AGENT);
	dialpad_ready(0);
	connected("alice");
	place_both(company);
	clocks(4 * MINUTE);
	ck_assert_int_eq(kill_at(points[_i % POINTS]), 128 + 9);
	clocks(6 * MINUTE);
	sync_quietly();
	expect_both_completed();
	ck_assert_str_ne(external_id_of("alice", at_dialpad), external_id_of("bob", at_aircall));
	ck_assert_int_eq(told("refresh 200"), 1);
	expect_connected("carol");
	json_t *j = sync_json();
	ck_assert_int_eq(int_at(j, "open"), 0);
	ck_assert_int_eq(int_at(j, "updated"), 0);
	json_decref(j);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("sync-trouble");
	TCase *t = tcase_create("trouble");
	e2e_case(t, e2e_long() ? 120 : 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(
		t, aircall_that_is_silent_keeps_dialpad_waiting_for_nothing, 0, SILENCES);
	tcase_add_loop_test(
		t, dialpad_that_is_silent_keeps_aircall_waiting_for_nothing, 0, SILENCES);
	tcase_add_loop_test(t, one_that_refuses_does_not_keep_the_other_from_its_calls, 0, 4);
	tcase_add_loop_test(t, a_run_ends_in_time_whatever_providers_do, 0, 2 * SILENCES);
	tcase_add_test(t, want_of_time_is_no_failure);
	tcase_add_loop_test(t, killed_run_is_finished_by_the_next, 0, 2 * POINTS);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
