/* dialer-sync and Dialpad: calls are followed by their id, with their users' own tokens. */
#include "e2e/dialpad.h"
#include "e2e/syncing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60
#define HOUR   3600

static void setup(void)
{
	dialpad_ready(0);
	connected("alice");
}

/* Placed through Dialpad; returns its id. */
static const char *through_dialpad(const char *user, const char *number)
{
	struct answer *a = place_to(user, number);
	expect_dialpad(a);
	return text_at(a->json, "call.id");
}

START_TEST(call_becomes_completed)
{
	const char *id = through_dialpad("alice", NUMBER);
	clocks(MINUTE);
	sync_quietly();
	json_t *c = call_of("alice", id);
	ck_assert_str_eq(text_at(c, "status"), "completed");
	ck_assert_ptr_nonnull(text_at(c, "answerTime"));
	ck_assert_ptr_nonnull(text_at(c, "endTime"));
	ck_assert_int_gt(int_at(c, "duration"), 0);
	ck_assert_int_gt(int_at(c, "talkTime"), 0);
	ck_assert_int_ge(int_at(c, "duration"), int_at(c, "talkTime"));
	ck_assert_ptr_nonnull(text_at(c, "externalCallId"));
	/* It is over: nobody is asked any more. */
	ck_assert_int_eq(summary("requests.dialpad"), 0);
}
END_TEST

START_TEST(unanswered_call_becomes_no_answer)
{
	sim_script("{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"unanswered\"}");
	const char *id = through_dialpad("alice", NUMBER);
	clocks(2 * MINUTE);
	sync_quietly();
	ck_assert_str_eq(status_of("alice", id), "no-answer");
	ck_assert_int_eq(int_at(call_of("alice", id), "talkTime"), -1);
}
END_TEST

/* Whether the address shows calls in progress is not documented: both ways end well. */
START_TEST(call_in_progress_is_no_failure)
{
	sim_script("{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"answered\",\"answer_"
		   "after\":5,"
		   "\"hangup_after\":600}");
	sim_post("/control/settings",
		_i == 0 ? "{\"dialpad_live_calls\":true}" : "{\"dialpad_live_calls\":false}");
	const char *id = through_dialpad("alice", NUMBER);
	clocks(MINUTE);
	sync_quietly();
	ck_assert_str_eq(status_of("alice", id), _i == 0 ? "in-progress" : "initiated");
	clocks(15 * MINUTE);
	sync_quietly();
	ck_assert_str_eq(status_of("alice", id), "completed");
}
END_TEST

START_TEST(call_whose_user_has_gone_is_lost_in_the_end)
{
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	const char *id = through_dialpad("alice", NUMBER);
	struct answer *a = http(.method = "DELETE", .path = "/dialpad", .token = token("alice"));
	expect_status(a, 200);
	clocks(50 * MINUTE);
	sync_quietly();
	ck_assert_str_eq(status_of("alice", id), "initiated");
	clocks(HOUR + 5 * MINUTE);
	sync_quietly();
	ck_assert_str_eq(status_of("alice", id), "lost");
}
END_TEST

START_TEST(outage_is_said_and_loses_nothing)
{
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	const char *id = through_dialpad("alice", NUMBER);
	clocks(2 * HOUR);
	sim_post("/control/faults",
		"{\"path\":\"/api/v2/call/\",\"outcome\":\"refuse\",\"status\":500,\"times\":1}");
	struct run r = run_sync(NULL);
	ck_assert_int_eq(r.status, 1);
	ck_assert_str_ne(r.err, "");
	ck_assert_str_eq(status_of("alice", id), "initiated");
	sync_quietly();
	ck_assert_str_eq(status_of("alice", id), "completed");
}
END_TEST

/* --- ten times a minute --- */

static void place_calls(int first, int count)
{
	e2e_set("DIALER_CALLS_PER_MINUTE", "0");
	for (int i = first; i < first + count; i++)
		through_dialpad("alice", e2e_text("+155510000%02d", i));
}

START_TEST(ten_are_asked_about_in_a_minute_and_the_next_goes_on)
{
	enum { N = 14 };
	place_calls(0, N);
	clocks(2 * MINUTE);
	ck_assert_int_eq(summary("requests.dialpad"), 10);
	/* However many runs there are in it. */
	ck_assert_int_eq(summary("requests.dialpad"), 0);
	clocks(3 * MINUTE + 5);
	ck_assert_int_eq(summary("completed"), N - 10);
	struct answer *a = get("alice", "/history?status=completed&limit=1");
	expect_int(a, "pagination.total", N);
}
END_TEST

START_TEST(many_long_calls_keep_no_fresh_one_waiting)
{
	sim_script("{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"answered\","
		   "\"hangup_after\":72000}");
	place_calls(0, 12);
	clocks(HOUR);
	sync_quietly();
	sim_script("{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"answered\","
		   "\"hangup_after\":30}");
	sim_post("/control/settings", "{\"busy_users\":false}");
	const char *id = through_dialpad("alice", NUMBER);
	clocks(HOUR + 2 * MINUTE);
	ck_assert_int_eq(summary("requests.dialpad"), 10);
	ck_assert_str_eq(status_of("alice", id), "completed");
	/* All of the long ones had their turn. */
	struct answer *a = get("alice", "/history?status=in-progress&limit=1");
	expect_int(a, "pagination.total", 12);
}
END_TEST

START_TEST(too_many_requests_is_no_failure_and_waited_out)
{
	const char *id = through_dialpad("alice", NUMBER);
	clocks(MINUTE);
	if (_i == 1)
		sim_post("/control/settings", "{\"retry_after_on_429\":true}");
	sim_post("/control/faults",
		"{\"path\":\"/api/v2/call/\",\"outcome\":\"rate_limited\",\"times\":1}");
	sync_quietly();
	ck_assert_str_eq(status_of("alice", id), "initiated");
	ck_assert_int_eq(summary("requests.dialpad"), 0);
	clocks(3 * MINUTE);
	sync_quietly();
	ck_assert_str_eq(status_of("alice", id), "completed");
}
END_TEST

/* One call that cannot be read must not stand before all others for ever. */
START_TEST(a_call_that_is_broken_at_dialpad_does_not_hold_up_the_others)
{
	const char *broken = through_dialpad("alice", "+15550000001");
	sim_post("/control/faults",
		e2e_text("{\"path\":\"/api/v2/call/%s\",\"outcome\":\"refuse\",\"status\":500}",
			external_id_of("alice", broken)));
	const char *good = through_dialpad("alice", "+15550000002");
	clocks(2 * MINUTE);
	ck_assert_int_eq(run_sync(NULL).status, 1);
	ck_assert_str_eq(status_of("alice", good), "completed");
	ck_assert_str_eq(status_of("alice", broken), "initiated");
}
END_TEST

/* --- tokens --- */

START_TEST(token_that_has_ended_is_refreshed_for_it)
{
	dialpad_ready(300);
	connected("alice");
	const char *id = through_dialpad("alice", NUMBER);
	clocks(10 * MINUTE);
	sync_quietly();
	ck_assert_str_eq(status_of("alice", id), "completed");
	ck_assert_int_eq(told("refresh 200"), 1);
}
END_TEST

START_TEST(token_that_is_refused_is_refreshed_for_it)
{
	dialpad_ready(3600);
	connected("alice");
	place_calls(0, 3);
	sim_post("/control/tokens", "{\"expire\":true}");
	clocks(10 * MINUTE);
	ck_assert_int_eq(summary("completed"), 3);
	ck_assert_int_eq(told("refresh 200"), 1);
	/* Once is enough to know. */
	ck_assert_int_eq(told(" 401"), 1);
}
END_TEST

START_TEST(token_that_ends_soon_is_refreshed_before)
{
	static const char *const dry[] = {"--dry-run", NULL};
	dialpad_ready(3600);
	connected("alice");
	clocks(HOUR - 5 * MINUTE);
	sync_quietly();
	ck_assert_int_eq(told("refresh"), 0);
	clocks(HOUR - 90);
	ck_assert_int_eq(run_sync(dry).status, 0);
	ck_assert_int_eq(told("refresh"), 0);
	ck_assert_int_eq(summary("requests.dialpad"), 1);
	ck_assert_int_eq(told("refresh 200"), 1);
	ck_assert_int_eq(summary("requests.dialpad"), 0);
	/* Good for another hour: a call needs none. */
	clocks(HOUR + 10 * MINUTE);
	through_dialpad("alice", NUMBER);
	ck_assert_int_eq(told("refresh"), 1);
}
END_TEST

START_TEST(outage_of_the_tokens_is_said_and_loses_nothing)
{
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	dialpad_ready(300);
	connected("alice");
	connected_as("bob", OTHER_AGENT);
	connected_as("carol", OTHER_AGENT);
	const char *id = through_dialpad("alice", NUMBER);
	clocks(2 * HOUR);
	token_fault("refuse", ",\"status\":503");
	struct run r = run_sync(NULL);
	ck_assert_int_eq(r.status, 1);
	ck_assert_ptr_nonnull(strstr(r.err, "503"));
	/* For one whose call waits, and for one of the others. */
	ck_assert_int_eq(told("refresh 503"), 2);
	ck_assert_str_eq(status_of("alice", id), "initiated");
	sim_delete("/control/faults");
	clocks(2 * HOUR + 2 * MINUTE);
	sync_quietly();
	ck_assert_int_eq(told("refresh 200"), 3);
	ck_assert_str_eq(status_of("alice", id), "completed");
}
END_TEST

static void use_key(const char *name, char fill)
{
	const char *key = e2e_repeat(fill, 40);
	e2e_set("DIALER_TOKEN_KEY_FILE", e2e_file(name, key, strlen(key)));
}

/* Sealed with a key that is gone: it is said, and no other user's calls wait for it. */
START_TEST(tokens_that_cannot_be_read_keep_no_other_user_waiting)
{
	use_key("first.key", 'a');
	dialpad_ready(300);
	connected("alice");
	const char *hers = through_dialpad("alice", NUMBER);
	use_key("second.key", 'b');
	connected_as("bob", OTHER_AGENT);
	struct answer *a = place_to("bob", NUMBER);
	expect_dialpad(a);
	const char *his = text_at(a->json, "call.id");
	clocks(10 * MINUTE);
	struct run r = run_sync(NULL);
	ck_assert_int_eq(r.status, 1);
	ck_assert_ptr_nonnull(strstr(r.err, "E6001"));
	ck_assert_str_eq(status_of("bob", his), "completed");
	ck_assert_str_eq(status_of("alice", hers), "initiated");
	e2e_set("DIALER_TOKEN_KEY_FILE", "/nowhere/token.key");
	clocks(12 * MINUTE);
	r = run_sync(NULL);
	ck_assert_int_eq(r.status, 1);
	ck_assert_ptr_nonnull(strstr(r.err, "/nowhere/token.key"));
}
END_TEST

/* Asking about calls never waits for OAuth. */
START_TEST(token_that_hangs_keeps_no_other_user_waiting)
{
	dialpad_ready(300);
	connected("alice");
	const char *hers = through_dialpad("alice", NUMBER);
	dialpad_ready(0);
	connected_as("bob", OTHER_AGENT);
	struct answer *a = place_to("bob", NUMBER);
	expect_dialpad(a);
	const char *his = text_at(a->json, "call.id");
	clocks(10 * MINUTE);
	token_fault("hang", "");
	struct begun b = sync_begin();
	await_call_status("bob", his, "completed");
	ck_assert(e2e_is_running(&b));
	ck_assert_str_eq(sync_kill(&b).err, "");
	sim_delete("/control/faults");
	clocks(12 * MINUTE);
	sync_quietly();
	ck_assert_str_eq(status_of("alice", hers), "completed");
}
END_TEST

START_TEST(refresh_that_is_refused_ends_the_connection)
{
	dialpad_ready(300);
	connected("alice");
	const char *id = through_dialpad("alice", NUMBER);
	sim_post("/control/tokens", "{\"revoke\":true}");
	clocks(10 * MINUTE);
	struct run r = run_sync(NULL);
	ck_assert_int_eq(r.status, 0);
	ck_assert_ptr_nonnull(strstr(r.err, "has to connect again"));
	struct answer *a = dialpad_status("alice");
	expect_true(a, "needsReconnect");
	ck_assert_str_eq(status_of("alice", id), "initiated");
	/* Once. */
	sync_quietly();
}
END_TEST

/* One provider's outage never delays the other. */
START_TEST(aircall_out_of_reach_does_not_keep_dialpad_waiting)
{
	const char *id = through_dialpad("alice", NUMBER);
	struct answer *a = place_to("bob", NUMBER);
	expect_aircall(a);
	clocks(MINUTE);
	sim_post("/control/faults",
		"{\"path\":\"/v1/calls\",\"outcome\":\"refuse\",\"status\":503,\"times\":1}");
	ck_assert_int_eq(run_sync(NULL).status, 1);
	ck_assert_str_eq(status_of("alice", id), "completed");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("sync-dialpad");
	TCase *t = tcase_create("follow");
	e2e_case(t, 30);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, call_becomes_completed);
	tcase_add_test(t, unanswered_call_becomes_no_answer);
	tcase_add_loop_test(t, call_in_progress_is_no_failure, 0, 2);
	tcase_add_test(t, call_whose_user_has_gone_is_lost_in_the_end);
	tcase_add_test(t, outage_is_said_and_loses_nothing);
	tcase_add_test(t, ten_are_asked_about_in_a_minute_and_the_next_goes_on);
	tcase_add_test(t, many_long_calls_keep_no_fresh_one_waiting);
	tcase_add_loop_test(t, too_many_requests_is_no_failure_and_waited_out, 0, 2);
	tcase_add_test(t, a_call_that_is_broken_at_dialpad_does_not_hold_up_the_others);
	tcase_add_test(t, token_that_has_ended_is_refreshed_for_it);
	tcase_add_test(t, token_that_is_refused_is_refreshed_for_it);
	tcase_add_test(t, token_that_ends_soon_is_refreshed_before);
	tcase_add_test(t, outage_of_the_tokens_is_said_and_loses_nothing);
	tcase_add_test(t, tokens_that_cannot_be_read_keep_no_other_user_waiting);
	tcase_add_test(t, token_that_hangs_keeps_no_other_user_waiting);
	tcase_add_test(t, refresh_that_is_refused_ends_the_connection);
	tcase_add_test(t, aircall_out_of_reach_does_not_keep_dialpad_waiting);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
