/* dialer-sync and Dialpad with the company's key: calls are found in the company's list, which
 * shows what has ended, and recognised by our own id. */
#include "e2e/dialpad.h"
#include "e2e/syncing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60
#define HOUR   3600
#define PAGE   25

static void setup(void)
{
	dialpad_ready(0);
	connected("alice");
	e2e_set("DIALPAD_API_KEY", "sim-company-key");
}

static const char *through_dialpad(const char *number)
{
	struct answer *a = place_to("alice", number);
	expect_dialpad(a);
	return text_at(a->json, "call.id");
}

static int lists_asked(void)
{
	return told("GET /api/v2/call ");
}

static int singles_asked(void)
{
	return told("GET /api/v2/call/");
}

/* A call at Dialpad that carries this text; returns its id there. */
static const char *call_to(const char *to, const char *custom_data, const char *more)
{
	struct answer *a = http(.to = &sim, .url = "/control/calls", .method = "POST",
		.body = e2e_text("{\"provider\":\"dialpad\",\"user\":%s,\"to\":\"%s\","
				 "\"custom_data\":\"%s\"%s}",
			AGENT, to, custom_data, more));
	expect_status(a, 200);
	const char *id = text_at(a->json, "ids.0");
	ck_assert_msg(id != NULL, "%s", answer_text(a));
	return id;
}
#define call_at_dialpad(custom_data, more) call_to(NUMBER, custom_data, more)

static void assert_completed(const char *id)
{
	json_t *c = call_of("alice", id);
	ck_assert_str_eq(text_at(c, "status"), "completed");
	ck_assert_ptr_nonnull(text_at(c, "answerTime"));
	ck_assert_ptr_nonnull(text_at(c, "endTime"));
	ck_assert_int_gt(int_at(c, "duration"), 0);
	ck_assert_int_gt(int_at(c, "talkTime"), 0);
	ck_assert_ptr_nonnull(text_at(c, "externalCallId"));
}

/* --- what is recognised --- */

START_TEST(call_with_a_known_id_becomes_completed)
{
	const char *id = through_dialpad(NUMBER);
	clocks(MINUTE);
	json_t *j = sync_json();
	ck_assert_int_eq(int_at(j, "completed"), 1);
	ck_assert_int_eq(int_at(j, "requests.dialpad"), 1);
	json_decref(j);
	assert_completed(id);
	ck_assert_int_eq(singles_asked(), 0);
	ck_assert_int_eq(summary("requests.dialpad"), 0);
}
END_TEST

START_TEST(unanswered_call_becomes_no_answer)
{
	sim_script("{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"unanswered\"}");
	const char *id = through_dialpad(NUMBER);
	clocks(2 * MINUTE);
	sync_quietly();
	expect_call_status("alice", id, "no-answer");
	ck_assert_int_eq(int_at(call_of("alice", id), "talkTime"), -1);
}
END_TEST

START_TEST(call_that_was_busy_or_canceled_is_so)
{
	static const char *const words[] = {"busy", "canceled"};
	sim_script(e2e_text("{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"answered\","
			    "\"answer_after\":null,\"hangup_after\":5,\"end_state\":\"%s\"}",
		words[_i]));
	const char *id = through_dialpad(NUMBER);
	clocks(MINUTE);
	sync_quietly();
	expect_call_status("alice", id, words[_i]);
	ck_assert_ptr_nonnull(text_at(call_of("alice", id), "endTime"));
	ck_assert_int_eq(int_at(call_of("alice", id), "duration"), 5);
	ck_assert_int_eq(int_at(call_of("alice", id), "talkTime"), -1);
}
END_TEST

START_TEST(call_of_the_users_app_is_found_by_our_id)
{
	e2e_set("DIALPAD_CALL_API", "initiate_call");
	const char *id = through_dialpad(NUMBER);
	ck_assert_str_eq(external_id_of("alice", id), "");
	clocks(MINUTE);
	sync_quietly();
	assert_completed(id);
}
END_TEST

START_TEST(call_of_the_older_form_is_found_by_our_id)
{
	sim_post("/control/settings", "{\"legacy_calls\":true}");
	e2e_set("DIALPAD_CALL_API", "calls");
	sim_script("{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"answered\",\"body\":{}}");
	const char *id = through_dialpad(NUMBER);
	ck_assert_str_eq(external_id_of("alice", id), "");
	clocks(MINUTE);
	sync_quietly();
	assert_completed(id);
}
END_TEST

START_TEST(call_whose_id_did_not_come_back_is_found_by_our_id)
{
	sim_script(
		"{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"answered\",\"body\":{\"call_"
		"id\":null}}");
	const char *id = through_dialpad(NUMBER);
	ck_assert_str_eq(external_id_of("alice", id), "");
	clocks(MINUTE);
	sync_quietly();
	assert_completed(id);
}
END_TEST

START_TEST(unclear_call_that_did_ring_is_found)
{
	sim_script("{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"fail\"}");
	struct answer *a = place_to("alice", NUMBER);
	expect_status(a, 504);
	const char *id = text_at(a->json, "call.id");
	clocks(MINUTE);
	sync_quietly();
	assert_completed(id);
}
END_TEST

static const char *by_cti(void)
{
	struct answer *a = place("alice", "{\"phoneNumber\":\"" NUMBER "\",\"placedBy\":\"cti\"}");
	expect_status(a, 200);
	expect_text(a, "call.status", "initiated");
	return text_at(a->json, "call.id");
}

START_TEST(call_of_the_cti_becomes_true)
{
	const char *id = by_cti(), *theirs = call_at_dialpad(id, "");
	clocks(MINUTE);
	sync_quietly();
	assert_completed(id);
	ck_assert_str_eq(text_at(call_of("alice", id), "provider"), "cti");
	ck_assert_str_eq(external_id_of("alice", id), theirs);
}
END_TEST

/* The company's key alone is enough for it. */
START_TEST(call_of_the_cti_needs_no_oauth)
{
	e2e_set("DIALPAD_CLIENT_ID", NULL);
	e2e_set("DIALPAD_CLIENT_SECRET", NULL);
	const char *id = by_cti();
	call_at_dialpad(id, "");
	clocks(MINUTE);
	sync_quietly();
	assert_completed(id);
}
END_TEST

START_TEST(calls_dialled_by_hand_are_left_alone)
{
	const char *id = by_cti();
	call_at_dialpad("", "");
	call_at_dialpad("deal_123", "");
	call_at_dialpad("000000000000000000000000", "");
	clocks(5 * MINUTE);
	sync_quietly();
	expect_call_status("alice", id, "initiated");
	ck_assert_int_eq(history_total("alice"), 1);
}
END_TEST

/* --- legs --- */

START_TEST(another_leg_does_not_take_the_row)
{
	const char *id = through_dialpad(NUMBER), *own = external_id_of("alice", id);
	call_at_dialpad(id, ",\"hangup_after\":1");
	call_at_dialpad(id, ",\"hangup_after\":500");
	clocks(15 * MINUTE);
	sync_quietly();
	assert_completed(id);
	ck_assert_str_eq(external_id_of("alice", id), own);
	ck_assert_int_lt(int_at(call_of("alice", id), "duration"), 60);
}
END_TEST

START_TEST(of_several_legs_the_first_to_the_number_is_the_call)
{
	const char *id = by_cti();
	int64_t now = e2e_now_ms() / 1000;
	call_to("+15559999999", id, e2e_text(",\"started_at\":%" PRId64, now));
	const char *first = call_at_dialpad(id, e2e_text(",\"started_at\":%" PRId64, now + 1));
	call_at_dialpad(id, e2e_text(",\"started_at\":%" PRId64, now + 2));
	clocks(2 * MINUTE);
	sync_quietly();
	ck_assert_str_eq(external_id_of("alice", id), first);
	assert_completed(id);
}
END_TEST

/* The id that came back never shows, but a leg of the call does: better than lost. */
START_TEST(leg_speaks_for_a_call_that_would_be_lost)
{
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	sim_script("{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"not_dialled\"}");
	const char *id = through_dialpad(NUMBER), *own = external_id_of("alice", id);
	call_at_dialpad(id, "");
	clocks(10 * MINUTE);
	sync_quietly();
	expect_call_status("alice", id, "initiated");
	clocks(HOUR + MINUTE);
	sync_quietly();
	assert_completed(id);
	ck_assert_str_eq(external_id_of("alice", id), own);
}
END_TEST

/* --- until it ends --- */

START_TEST(fresh_call_shows_its_state_where_it_can_be_read)
{
	sim_script(
		"{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"answered\",\"answer_after\":"
		"20,\"hangup_after\":300}");
	if (_i == 1)
		sim_post("/control/settings", "{\"dialpad_live_calls\":false}");
	const char *id = through_dialpad(NUMBER);
	clocks(10);
	sync_quietly();
	expect_call_status("alice", id, _i == 0 ? "ringing" : "initiated");
	clocks(MINUTE);
	sync_quietly();
	expect_call_status("alice", id, _i == 0 ? "in-progress" : "initiated");
	/* Once it is answered only its end is of interest, which the list shows. */
	int asked = singles_asked();
	clocks(2 * MINUTE);
	sync_quietly();
	ck_assert_int_eq(singles_asked(), _i == 0 ? asked : asked + 1);
	clocks(6 * MINUTE);
	sync_quietly();
	assert_completed(id);
}
END_TEST

/* Whoever may list need not be allowed to read single calls. */
START_TEST(states_that_may_not_be_read_are_no_failure)
{
	sim_script(
		"{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"answered\",\"hangup_after\":"
		"120}");
	const char *id = through_dialpad(NUMBER);
	sim_post("/control/faults",
		"{\"path\":\"/api/v2/call/\",\"outcome\":\"refuse\",\"status\":403}");
	clocks(MINUTE);
	sync_quietly();
	expect_call_status("alice", id, "initiated");
	clocks(3 * MINUTE);
	sync_quietly();
	assert_completed(id);
}
END_TEST

START_TEST(call_of_hours_is_found_when_it_ends)
{
	sim_script(
		"{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"answered\",\"hangup_after\":"
		"10800}");
	if (_i == 1)
		e2e_set("DIALPAD_CALL_API", "initiate_call");
	const char *id = through_dialpad(NUMBER);
	for (int passed = 20 * MINUTE; passed < 3 * HOUR; passed += 40 * MINUTE) {
		clocks(passed);
		sync_quietly();
		ck_assert_str_ne(status_of("alice", id), "lost");
		ck_assert_ptr_null(text_at(call_of("alice", id), "endTime"));
	}
	clocks(3 * HOUR + MINUTE);
	sync_quietly();
	assert_completed(id);
	ck_assert_int_ge(int_at(call_of("alice", id), "duration"), 10800);
}
END_TEST

START_TEST(call_never_shown_is_lost_at_the_end_of_the_window_only)
{
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	sim_script("{\"provider\":\"dialpad\",\"to\":\"*\",\"outcome\":\"not_dialled\"}");
	if (_i == 1)
		e2e_set("DIALPAD_CALL_API", "initiate_call");
	const char *id = through_dialpad(NUMBER);
	clocks(59 * MINUTE);
	sync_quietly();
	expect_call_status("alice", id, "initiated");
	clocks(61 * MINUTE);
	sync_quietly();
	expect_call_status("alice", id, "lost");
}
END_TEST

/* --- many calls --- */

/* So many that others dialled by hand, from now on. */
static void calls_of_others(int count, int spacing)
{
	sim_post("/control/calls", e2e_text("{\"provider\":\"dialpad\",\"user\":%s,\"to\":\"+"
					    "15550000000\",\"count\":%d,"
					    "\"spacing\":%d}",
					   AGENT, count, spacing));
}

START_TEST(all_pages_are_read)
{
	enum { OURS = 8, OTHERS = 70 };
	const char *ids[OURS];
	e2e_set("DIALER_CALLS_PER_MINUTE", "0");
	for (int i = 0; i < OURS; i++)
		ids[i] = through_dialpad(e2e_text("+1555100000%d", i));
	calls_of_others(OTHERS, 1);
	clocks(10 * MINUTE);
	ck_assert_int_eq(summary("requests.dialpad"), (OURS + OTHERS + PAGE - 1) / PAGE);
	for (int i = 0; i < OURS; i++)
		assert_completed(ids[i]);
}
END_TEST

/* Dialpad takes 20 a second: the run waits for its turn, and none is refused. */
START_TEST(more_pages_than_a_second_allows_are_read)
{
	enum { PAGES = 24 };
	const char *id = through_dialpad(NUMBER);
	calls_of_others(PAGES * PAGE - 1, 0);
	clocks(HOUR);
	sim_post("/control/settings",
		"{\"dialpad_requests_per_second\":20,\"dialpad_requests_per_minute\":1200}");
	ck_assert_int_eq(summary("requests.dialpad"), PAGES);
	ck_assert_int_eq(told("GET /api/v2/call 200"), PAGES);
	assert_completed(id);
}
END_TEST

START_TEST(a_run_that_stopped_at_a_429_is_continued_when_it_is_over)
{
	enum { OTHERS = 70 };
	const char *id = through_dialpad(NUMBER);
	/* Ours is the earliest: on the last page. */
	calls_of_others(OTHERS, 1);
	clocks(10 * MINUTE);
	sim_post("/control/faults",
		"[{\"path\":\"/api/v2/call\",\"outcome\":\"pass\",\"times\":2},"
		"{\"path\":\"/api/v2/call\",\"outcome\":\"rate_limited\",\"times\":1}]");
	sync_quietly();
	ck_assert_int_eq(lists_asked(), 3);
	expect_call_status("alice", id, "initiated");
	sync_quietly();
	ck_assert_int_eq(lists_asked(), 3);
	clocks(11 * MINUTE + 5);
	sync_quietly();
	/* Not from the beginning. */
	ck_assert_int_eq(lists_asked(), 4);
	assert_completed(id);
}
END_TEST

/* --- trouble --- */

static const struct {
	const char *scopes, *key;
	int status;
} refusals[] = {{"", "sim-company-key", 403}, {"calls:list", "another-company-key", 401}};

/* The key may not list: said clearly, and calls are followed with their users' own tokens. */
START_TEST(key_that_may_not_list_is_said_and_users_are_asked_for)
{
	sim_post("/control/settings",
		e2e_text("{\"dialpad_api_key_scopes\":\"%s\"}", refusals[_i].scopes));
	e2e_set("DIALPAD_API_KEY", refusals[_i].key);
	const char *id = through_dialpad(NUMBER);
	clocks(MINUTE);
	struct run r = run_sync(NULL);
	ck_assert_int_eq(r.status, 1);
	ck_assert_msg(strstr(r.err, "DIALPAD_API_KEY") != NULL &&
			      strstr(r.err, "calls:list") != NULL &&
			      strstr(r.err, e2e_text("%d", refusals[_i].status)) != NULL &&
			      strstr(r.err, refusals[_i].key) == NULL,
		"%s", r.err);
	assert_completed(id);
}
END_TEST

START_TEST(outage_is_said_and_loses_nothing)
{
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	const char *id = by_cti();
	call_at_dialpad(id, "");
	clocks(2 * HOUR);
	sim_post("/control/faults",
		"{\"path\":\"/api/v2/call\",\"outcome\":\"refuse\",\"status\":500,\"times\":1}");
	struct run r = run_sync(NULL);
	ck_assert_int_eq(r.status, 1);
	ck_assert_ptr_nonnull(strstr(r.err, "500"));
	expect_call_status("alice", id, "initiated");
	sync_quietly();
	assert_completed(id);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("sync-company");
	TCase *t = tcase_create("company");
	e2e_case(t, 30);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, call_with_a_known_id_becomes_completed);
	tcase_add_test(t, unanswered_call_becomes_no_answer);
	tcase_add_loop_test(t, call_that_was_busy_or_canceled_is_so, 0, 2);
	tcase_add_test(t, call_of_the_users_app_is_found_by_our_id);
	tcase_add_test(t, call_of_the_older_form_is_found_by_our_id);
	tcase_add_test(t, call_whose_id_did_not_come_back_is_found_by_our_id);
	tcase_add_test(t, unclear_call_that_did_ring_is_found);
	tcase_add_test(t, call_of_the_cti_becomes_true);
	tcase_add_test(t, call_of_the_cti_needs_no_oauth);
	tcase_add_test(t, calls_dialled_by_hand_are_left_alone);
	tcase_add_test(t, another_leg_does_not_take_the_row);
	tcase_add_test(t, of_several_legs_the_first_to_the_number_is_the_call);
	tcase_add_test(t, leg_speaks_for_a_call_that_would_be_lost);
	tcase_add_loop_test(t, fresh_call_shows_its_state_where_it_can_be_read, 0, 2);
	tcase_add_test(t, states_that_may_not_be_read_are_no_failure);
	tcase_add_loop_test(t, call_of_hours_is_found_when_it_ends, 0, 2);
	tcase_add_loop_test(t, call_never_shown_is_lost_at_the_end_of_the_window_only, 0, 2);
	tcase_add_test(t, all_pages_are_read);
	tcase_add_test(t, more_pages_than_a_second_allows_are_read);
	tcase_add_test(t, a_run_that_stopped_at_a_429_is_continued_when_it_is_over);
	tcase_add_loop_test(t, key_that_may_not_list_is_said_and_users_are_asked_for, 0, 2);
	tcase_add_test(t, outage_is_said_and_loses_nothing);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
