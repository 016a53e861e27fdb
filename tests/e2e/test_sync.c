/* dialer-sync against the simulator: the history becomes true, whatever happens on the way. */
#include "e2e/syncing.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static int64_t offset;

/* Moves the clocks of product and simulator alike. */
static void pass(int64_t ms)
{
	offset += ms;
	e2e_clock(offset);
	sim_post("/control/clock", e2e_text("{\"advance\":%" PRId64 "}", ms / SECOND));
}

static void setup(void)
{
	offset = 0;
}

/* The simulator's n-th call, in order of their start. */
static json_t *truth(int n)
{
	json_t *j = sim_get("/control/calls");
	return json_at(j, e2e_text("calls.%d", n));
}

/* Rows as an import brings them: of alice, in order of time, a second apart, every so many after a
 * pause that no window spans. */
static const char *rows_of(int count, int64_t first_s, int pause_every)
{
	char *text = malloc((size_t)count * 400 + 1), *at = text;
	ck_assert_ptr_nonnull(text);
	int64_t start = first_s;
	for (int i = 0; i < count; i++) {
		char when[32];
		time_t t = (time_t)start;
		struct tm tm;
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S.000Z", gmtime_r(&t, &tm));
		at += snprintf(at, 400,
			"{\"id\":\"%08" PRIx64 "%016d\",\"userId\":\"alice\",\"provider\":"
			"\"aircall\",\"direction\":\"outbound\",\"phoneNumber\":\"+1555%07d\","
			"\"status\":\"initiated\",\"startTime\":\"%s\",\"internal\":{"
			"\"providerUserId\":\"1527216\",\"providerNumberId\":\"967647\","
			"\"nextLook\":"
			"\"%s\"}}\n",
			(uint64_t)start, i, i, when, when);
		start += (i + 1) % pause_every == 0 ? 1800 : 1;
	}
	const char *kept = e2e_text("%s", text);
	free(text);
	return kept;
}

/* --- what becomes of a call --- */

START_TEST(answered_call_becomes_completed_with_times_and_durations)
{
	sim_post("/control/settings", "{\"started_at_delay\":1}");
	const char *id = placed("alice", NUMBER);
	expect_call_status("alice", id, "initiated");
	pass(60 * SECOND);
	sync_quietly();
	json_t *c = call_of("alice", id), *t = truth(0);
	ck_assert_str_eq(text_at(c, "status"), "completed");
	ck_assert_str_eq(
		text_at(c, "externalCallId"), e2e_text("%" JSON_INTEGER_FORMAT, int_at(t, "id")));
	/* As the provider says it so early: one second too long. */
	ck_assert_int_eq(
		int_at(c, "duration"), int_at(t, "ended_at") - int_at(t, "started_at") + 1);
	ck_assert_int_eq(int_at(c, "talkTime"), int_at(t, "ended_at") - int_at(t, "answered_at"));
	ck_assert_ptr_nonnull(text_at(c, "answerTime"));
	ck_assert_ptr_nonnull(text_at(c, "endTime"));
	ck_assert_str_gt(text_at(c, "endTime"), text_at(c, "answerTime"));
	ck_assert_ptr_null(text_at(c, "reason"));
}
END_TEST

START_TEST(call_is_followed_while_it_rings_and_runs)
{
	sim_script("{\"to\":\"*\",\"outcome\":\"answered\",\"started_at_delay\":0,\"answer_after\":"
		   "20,\"hangup_after\":7200}");
	const char *id = placed("alice", NUMBER);
	pass(5 * SECOND);
	sync_quietly();
	expect_call_status("alice", id, "ringing");
	pass(30 * SECOND);
	sync_quietly();
	expect_call_status("alice", id, "in-progress");
	ck_assert_ptr_nonnull(text_at(call_of("alice", id), "answerTime"));
	ck_assert_ptr_null(text_at(call_of("alice", id), "endTime"));
	/* Found calls are looked at in every run, however long they last. */
	pass(HOUR);
	ck_assert_int_eq(summary("requests.aircall"), 1);
	pass(HOUR);
	sync_quietly();
	expect_call_status("alice", id, "completed");
}
END_TEST

START_TEST(unanswered_call_becomes_no_answer)
{
	sim_script("{\"to\":\"*\",\"outcome\":\"unanswered\"}");
	const char *id = placed("alice", NUMBER);
	pass(2 * MINUTE);
	sync_quietly();
	json_t *c = call_of("alice", id);
	ck_assert_str_eq(text_at(c, "status"), "no-answer");
	ck_assert_ptr_null(text_at(c, "answerTime"));
	ck_assert_int_eq(int_at(c, "talkTime"), -1);
	ck_assert_ptr_nonnull(text_at(c, "endTime"));
}
END_TEST

START_TEST(unclear_call_that_did_ring_is_found)
{
	sim_script("{\"to\":\"*\",\"outcome\":\"fail\"}");
	struct answer *a = place_to("alice", NUMBER);
	expect_status(a, 504);
	const char *id = text_at(a->json, "call.id");
	pass(MINUTE);
	sync_quietly();
	expect_call_status("alice", id, "completed");
}
END_TEST

START_TEST(call_never_shown_is_lost_at_the_end_of_the_window_only)
{
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	sim_script("{\"to\":\"*\",\"outcome\":\"not_dialled\"}");
	const char *id = placed("alice", NUMBER);
	pass(59 * MINUTE);
	sync_quietly();
	expect_call_status("alice", id, "initiated");
	pass(2 * MINUTE);
	json_t *j = sync_json();
	ck_assert_int_eq(int_at(j, "lost"), 1);
	ck_assert_int_eq(int_at(j, "completed"), 0);
	json_decref(j);
	expect_call_status("alice", id, "lost");
	ck_assert_int_eq(summary("open"), 0);
}
END_TEST

START_TEST(call_whose_end_never_shows_is_lost)
{
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	sim_script("{\"to\":\"*\",\"outcome\":\"answered\",\"hangup_after\":null}");
	const char *id = placed("alice", NUMBER);
	pass(MINUTE);
	sync_quietly();
	expect_call_status("alice", id, "in-progress");
	pass(HOUR);
	sync_quietly();
	expect_call_status("alice", id, "lost");
}
END_TEST

/* An outage over the end of the window must not make calls lost that nobody could look for. */
START_TEST(nothing_is_lost_while_the_provider_cannot_be_asked)
{
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	sim_script("{\"to\":\"*\",\"outcome\":\"answered\"}");
	const char *id = placed("alice", NUMBER);
	pass(2 * HOUR);
	sim_post("/control/faults",
		"{\"path\":\"/v1/calls\",\"outcome\":\"refuse\",\"status\":503,\"times\":1}");
	struct run r = run_sync(NULL);
	ck_assert_int_eq(r.status, 1);
	ck_assert_ptr_nonnull(strstr(r.err, "503"));
	expect_call_status("alice", id, "initiated");
	sync_quietly();
	expect_call_status("alice", id, "completed");
}
END_TEST

/* Not in the list any more, and alone it cannot be read: that is said, but not for ever. */
START_TEST(broken_call_is_given_up)
{
	static const char *const ends[] = {"completed", "lost"};
	if (_i == 1)
		sim_script("{\"to\":\"*\",\"outcome\":\"answered\",\"hangup_after\":null}");
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	const char *id = placed("alice", NUMBER);
	pass(MINUTE);
	sync_quietly();
	const char *call = e2e_text("/%s", external_id_of("alice", id));
	sim_delete(e2e_text("/control/calls%s", call));
	sim_post("/control/faults",
		e2e_text("{\"path\":\"/v1/calls%s\",\"outcome\":\"refuse\",\"status\":500}", call));
	const char *before = text_at(call_of("alice", id), "status");
	pass(30 * MINUTE);
	ck_assert_int_eq(run_sync(NULL).status, 1);
	pass(HOUR);
	ck_assert_int_eq(run_sync(NULL).status, 1);
	expect_call_status("alice", id, before);
	pass(24 * HOUR);
	ck_assert_int_eq(run_sync(NULL).status, _i);
	sync_quietly();
	expect_call_status("alice", id, ends[_i]);
}
END_TEST

/* Aircall serves six months. */
START_TEST(call_older_than_the_provider_serves_is_given_up_unasked)
{
	int64_t start = e2e_now_ms() / 1000 - (int64_t)200 * 24 * 3600;
	const char *row = rows_of(1, start, 1);
	const char *import[] = {"import", e2e_file("rows.jsonl", row, strlen(row)), NULL};
	ck_assert_int_eq(run_dialer(import).status, 0);
	json_t *j = sync_json();
	ck_assert_int_eq(int_at(j, "requests.aircall"), 0);
	ck_assert_int_eq(int_at(j, "lost"), 1);
	json_decref(j);
}
END_TEST

START_TEST(corrected_figures_are_fetched_once_after_twenty_minutes)
{
	sim_post("/control/settings", "{\"started_at_delay\":1}");
	const char *id = placed("alice", NUMBER);
	pass(MINUTE);
	sync_quietly();
	json_int_t early = int_at(call_of("alice", id), "duration");
	ck_assert_int_eq(summary("requests.aircall"), 0);
	pass(25 * MINUTE);
	ck_assert_int_eq(summary("requests.aircall"), 1);
	json_t *t = truth(0);
	ck_assert_int_eq(int_at(call_of("alice", id), "duration"), early - 1);
	ck_assert_int_eq(int_at(call_of("alice", id), "duration"), int_at(t, "duration_now"));
	pass(25 * MINUTE);
	ck_assert_int_eq(summary("requests.aircall"), 0);
}
END_TEST

START_TEST(call_not_found_is_looked_for_at_doubling_intervals)
{
	sim_script("{\"to\":\"*\",\"outcome\":\"not_dialled\"}");
	placed("alice", NUMBER);
	pass(9 * MINUTE);
	ck_assert_int_eq(summary("requests.aircall"), 1);
	ck_assert_int_eq(summary("requests.aircall"), 1);
	pass(2 * MINUTE); /* 11: the look at 10 is due */
	ck_assert_int_eq(summary("requests.aircall"), 1);
	ck_assert_int_eq(summary("requests.aircall"), 0);
	pass(8 * MINUTE); /* 19 */
	ck_assert_int_eq(summary("requests.aircall"), 0);
	pass(2 * MINUTE); /* 21 */
	ck_assert_int_eq(summary("requests.aircall"), 1);
	pass(18 * MINUTE); /* 39 */
	ck_assert_int_eq(summary("requests.aircall"), 0);
	pass(2 * MINUTE); /* 41 */
	ck_assert_int_eq(summary("requests.aircall"), 1);
}
END_TEST

/* --- which call is which --- */

START_TEST(identical_calls_keep_their_order)
{
	const char *ids[3];
	for (int i = 0; i < 3; i++) {
		ids[i] = placed("alice", NUMBER);
		pass(6 * SECOND);
	}
	pass(2 * MINUTE);
	sync_quietly();
	for (int i = 0; i < 3; i++) {
		expect_call_status("alice", ids[i], "completed");
		ck_assert_str_eq(external_id_of("alice", ids[i]),
			e2e_text("%" JSON_INTEGER_FORMAT, int_at(truth(i), "id")));
	}
}
END_TEST

START_TEST(a_call_never_dialled_does_not_take_the_next_one)
{
	sim_script("{\"to\":\"*\",\"outcome\":\"not_dialled\",\"times\":1}");
	const char *first = placed("alice", NUMBER);
	pass(40 * SECOND);
	const char *second = placed("alice", NUMBER);
	pass(5 * MINUTE);
	sync_quietly();
	expect_call_status("alice", first, "initiated");
	expect_call_status("alice", second, "completed");
}
END_TEST

START_TEST(hand_dialled_calls_are_left_alone)
{
	const char *id = placed("alice", NUMBER);
	int64_t now = e2e_now_ms() / 1000;
	/* The same number later than any window, another number, another line. */
	sim_post("/control/calls",
		e2e_text("[{\"to\":\"" NUMBER "\",\"started_at\":%" PRId64 "},"
			 "{\"to\":\"+15557654321\",\"started_at\":%" PRId64 "},"
			 "{\"to\":\"" NUMBER "\",\"number\":1234,\"started_at\":%" PRId64 "}]",
			now + 130, now + 1, now));
	pass(5 * MINUTE);
	sync_quietly();
	expect_call_status("alice", id, "completed");
	ck_assert_int_eq(history_total("alice"), 1);
	json_t *calls = json_at(sim_get(e2e_text("/control/calls?to=15551234567")), "calls");
	size_t i;
	json_t *c;
	json_array_foreach(calls, i, c)
	{
		if (!json_is_true(json_object_get(c, "hand_dialled")))
			ck_assert_str_eq(external_id_of("alice", id),
				e2e_text("%" JSON_INTEGER_FORMAT, int_at(c, "id")));
	}
}
END_TEST

START_TEST(own_users_and_lines_are_told_apart)
{
	static const char *const set[] = {
		"user", "set", "alice", "--aircall-user", "456", "--aircall-number", "1234", NULL};
	ck_assert_int_eq(run_dialer(set).status, 0);
	const char *hers = placed("alice", NUMBER);
	const char *his = placed("bob", NUMBER);
	pass(2 * MINUTE);
	sync_quietly();
	expect_call_status("alice", hers, "completed");
	struct answer *a = get("bob", e2e_text("/call/%s", his));
	expect_text(a, "call.status", "completed");
	ck_assert_str_ne(external_id_of("alice", hers), text_at(a->json, "call.externalCallId"));
	json_t *first = truth(0);
	ck_assert_str_eq(int_at(first, "user") == 456 ? external_id_of("alice", hers)
						      : text_at(a->json, "call.externalCallId"),
		e2e_text("%" JSON_INTEGER_FORMAT, int_at(first, "id")));
}
END_TEST

/* A list that leaves out a call it had shown: it is asked about by its id. */
START_TEST(call_missing_in_the_list_is_asked_about_by_its_id)
{
	sim_script("{\"to\":\"*\",\"outcome\":\"answered\",\"answer_after\":300,\"hangup_after\":"
		   "600}");
	const char *id = placed("alice", NUMBER);
	pass(10 * SECOND);
	sync_quietly();
	expect_call_status("alice", id, "ringing");
	/* Lists of this simulator can leave out what rings. */
	sim_post("/control/settings", "{\"list_ringing\":false}");
	pass(MINUTE);
	ck_assert_int_eq(summary("requests.aircall"), 2);
	pass(15 * MINUTE);
	ck_assert_int_eq(summary("requests.aircall"), 1);
	expect_call_status("alice", id, "completed");
}
END_TEST

START_TEST(call_that_vanished_is_lost_in_the_end)
{
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	sim_script("{\"to\":\"*\",\"outcome\":\"answered\",\"hangup_after\":null}");
	const char *id = placed("alice", NUMBER);
	pass(MINUTE);
	sync_quietly();
	expect_call_status("alice", id, "in-progress");
	sim_delete(e2e_text("/control/calls/%s", external_id_of("alice", id)));
	pass(MINUTE);
	ck_assert_int_eq(summary("requests.aircall"), 2);
	expect_call_status("alice", id, "in-progress");
	pass(HOUR);
	sync_quietly();
	expect_call_status("alice", id, "lost");
}
END_TEST

/* A few in each run, each in its turn. */
START_TEST(many_missing_calls_are_asked_about_in_turns)
{
	enum { N = 8, IN_A_RUN = 5 };
	const char *ids[N];
	e2e_set("DIALER_CALLS_PER_MINUTE", "0");
	sim_script("{\"to\":\"*\",\"outcome\":\"answered\",\"hangup_after\":null}");
	for (int i = 0; i < N; i++)
		ids[i] = placed("alice", e2e_text("+1555100000%d", i));
	pass(MINUTE);
	sync_quietly();
	for (int i = 0; i < N; i++)
		sim_delete(e2e_text("/control/calls/%s", external_id_of("alice", ids[i])));
	pass(MINUTE);
	ck_assert_int_eq(summary("requests.aircall"), 1 + IN_A_RUN);
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	pass(HOUR);
	ck_assert_int_eq(summary("lost"), IN_A_RUN);
	pass(MINUTE);
	ck_assert_int_eq(summary("lost"), N - IN_A_RUN);
}
END_TEST

/* --- many calls --- */

START_TEST(all_pages_of_a_window_are_read)
{
	sim_post("/control/calls", e2e_text("{\"count\":120,\"spacing\":0,\"vary_to\":true,\"to\":"
					    "\"+15550000000\",\"started_at\":%" PRId64 "}",
					   e2e_now_ms() / 1000 - 2));
	const char *id = placed("alice", NUMBER);
	pass(2 * MINUTE);
	ck_assert_int_eq(summary("requests.aircall"), 3);
	expect_call_status("alice", id, "completed");
}
END_TEST

/* A window the provider cannot page through is cut: all calls are read, none is lost in between. */
START_TEST(window_fuller_than_the_provider_pages_is_cut)
{
	e2e_set("AIRCALL_REQUESTS_PER_MINUTE", "1000");
	const char *id = placed("alice", NUMBER);
	sim_post("/control/calls", e2e_text("{\"count\":10200,\"spacing\":0,\"vary_to\":true,"
					    "\"to\":\"+15550000000\",\"started_at\":%" PRId64 "}",
					   e2e_now_ms() / 1000 - 4));
	sim_post("/control/calls", e2e_text("{\"count\":300,\"spacing\":0,\"vary_to\":true,\"to\":"
					    "\"+15560000000\",\"started_at\":%" PRId64 "}",
					   e2e_now_ms() / 1000 - 3));
	pass(2 * MINUTE);
	sync_quietly();
	expect_call_status("alice", id, "completed");
}
END_TEST

START_TEST(runs_keep_to_their_requests_a_minute_and_end_well)
{
	e2e_set("AIRCALL_REQUESTS_PER_MINUTE", "2");
	sim_post("/control/calls", e2e_text("{\"count\":120,\"spacing\":0,\"vary_to\":true,\"to\":"
					    "\"+15550000000\",\"started_at\":%" PRId64 "}",
					   e2e_now_ms() / 1000 - 2));
	placed("alice", NUMBER);
	pass(2 * MINUTE);
	ck_assert_int_eq(summary("requests.aircall"), 2);
	/* However many runs there are in a minute. */
	ck_assert_int_eq(summary("requests.aircall"), 0);
	pass(MINUTE);
	ck_assert_int_gt(summary("requests.aircall"), 0);
}
END_TEST

static void place_many(int first, int count)
{
	struct http q[100];
	struct answer *answers[100];
	for (int i = 0; i < count; i++)
		q[i] = (struct http){.path = "/call",
			.token = token("alice"),
			.body = e2e_text("{\"phoneNumber\":\"+1555200%04d\"}", first + i)};
	http_all(q, count, answers);
	for (int i = 0; i < count; i++)
		expect_status(answers[i], 200);
}

/* More calls within one window than a run may ask for: the next goes on where it stopped. */
START_TEST(a_run_that_stopped_at_a_limit_is_continued_by_the_next)
{
	e2e_set("DIALER_CALLS_PER_MINUTE", "0");
	e2e_set("AIRCALL_REQUESTS_PER_MINUTE", "1");
	for (int i = 0; i < 4; i++) {
		place_many(i * 40, 40);
		pass(6 * SECOND);
	}
	pass(MINUTE);
	json_int_t open = 160;
	for (int i = 0; i < 5 && open > 0; i++) {
		json_t *j = sync_json();
		ck_assert_int_eq(int_at(j, "open"), open);
		ck_assert_int_eq(int_at(j, "requests.aircall"), 1);
		ck_assert_msg(int_at(j, "completed") > 0, "run %d finds nothing new", i);
		open -= int_at(j, "completed");
		json_decref(j);
		pass(MINUTE);
	}
	ck_assert_int_eq(open, 0);
	struct answer *a = get("alice", "/history?status=completed&limit=1");
	expect_int(a, "pagination.total", 160);
}
END_TEST

/* Many open calls cost hardly more requests than pages. */
START_TEST(open_calls_by_the_thousand_become_true_in_one_run)
{
	int count = e2e_long() ? 10000 : 1000, groups = 4, each = count / groups;
	int64_t first = e2e_now_ms() / 1000 - 6 * HOUR / SECOND;
	const char *rows = rows_of(count, first, each);
	const char *import[] = {"import", e2e_file("rows.jsonl", rows, strlen(rows)), NULL};
	struct rusage before, after;
	e2e_set("AIRCALL_REQUESTS_PER_MINUTE", "1000");
	sim_post("/control/settings", "{\"rate_limit\":0}");
	ck_assert_int_eq(run_dialer(import).status, 0);
	for (int i = 0; i < groups; i++)
		sim_post("/control/calls",
			e2e_text("{\"count\":%d,\"vary_to\":true,\"to\":\"+1555%07d\","
				 "\"started_at\":%" PRId64 "}",
				each, i * each, first + (int64_t)i * (each - 1 + 1800)));
	getrusage(RUSAGE_CHILDREN, &before);
	json_t *j = sync_json();
	getrusage(RUSAGE_CHILDREN, &after);
	ck_assert_int_eq(int_at(j, "open"), count);
	ck_assert_int_eq(int_at(j, "completed"), count);
	ck_assert_int_le(int_at(j, "requests.aircall"), (json_int_t)(count + 49) / 50 + 2);
	if (e2e_long())
		printf("%d calls: %d requests, %.2f s CPU, %ld MiB\n", count,
			(int)int_at(j, "requests.aircall"),
			(double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec +
				 after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
				(double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec +
					 after.ru_stime.tv_usec - before.ru_stime.tv_usec) /
					1e6,
			after.ru_maxrss / 1024);
	json_decref(j);
	struct answer *a = get("alice", "/history?status=completed&limit=1");
	expect_int(a, "pagination.total", count);
}
END_TEST

/* --- trouble --- */

START_TEST(failing_provider_is_said_and_tried_again)
{
	static const char *const faults[] = {
		"{\"path\":\"/v1/calls\",\"outcome\":\"refuse\",\"status\":500,\"times\":1}",
		"{\"path\":\"/v1/calls\",\"outcome\":\"garbage_json\",\"times\":1}",
		"{\"path\":\"/v1/calls\",\"outcome\":\"cut\",\"times\":1}",
		"{\"path\":\"/v1/calls\",\"outcome\":\"reset\",\"times\":1}",
		("{\"path\":\"/v1/calls\",\"outcome\":\"redirect\",\"location\":\"http://"
		 "127.0.0.1:1/\",\"times\":1}"),
		"{\"path\":\"/v1/calls\",\"outcome\":\"refuse\",\"status\":403,\"times\":1}",
	};
	const char *id = placed("alice", NUMBER);
	pass(MINUTE);
	sim_post("/control/faults", faults[_i]);
	struct run r = run_sync(NULL);
	ck_assert_msg(r.status == 1 && r.out[0] == '\0' && r.err[0] != '\0', "%d\n%s%s", r.status,
		r.out, r.err);
	ck_assert_msg(strstr(r.err, "sim-token") == NULL, "%s", r.err);
	expect_call_status("alice", id, "initiated");
	sync_quietly();
	expect_call_status("alice", id, "completed");
}
END_TEST

static const struct {
	const char *settings;
	int64_t blocked; /* for so long */
} blocks[] = {
	{"{\"headers_on_429\":false}", 60 * SECOND},
	{"{\"headers_on_429\":true,\"rate_block_seconds\":150}", 150 * SECOND},
	{"{\"headers_on_429\":false,\"retry_after_on_429\":true,\"rate_block_seconds\":100}",
		100 * SECOND},
};

START_TEST(too_many_requests_is_no_failure_and_waited_out)
{
	const char *id = placed("alice", NUMBER);
	pass(MINUTE);
	sim_post("/control/settings", blocks[_i].settings);
	sim_post("/control/faults",
		"{\"path\":\"/v1/calls\",\"outcome\":\"rate_limited\",\"times\":1}");
	sync_quietly();
	expect_call_status("alice", id, "initiated");
	pass(blocks[_i].blocked - 30 * SECOND);
	ck_assert_int_eq(summary("requests.aircall"), 0);
	expect_call_status("alice", id, "initiated");
	pass(35 * SECOND);
	ck_assert_int_eq(summary("requests.aircall"), 1);
	expect_call_status("alice", id, "completed");
}
END_TEST

START_TEST(provider_out_of_reach_is_status_1)
{
	const char *id = placed("alice", NUMBER);
	pass(MINUTE);
	e2e_set("AIRCALL_BASE_URL", "http://127.0.0.1:1");
	ck_assert_int_eq(run_sync(NULL).status, 1);
	expect_call_status("alice", id, "initiated");
}
END_TEST

START_TEST(a_second_run_at_once_ends_without_a_word)
{
	placed("alice", NUMBER);
	pass(MINUTE);
	sync_quietly();
	int fd = open(e2e_text("%s/sync.lock", e2e.data), O_RDWR | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	static const char *const args[] = {"--json", "--verbose", NULL};
	struct run r = run_sync(args);
	ck_assert_int_eq(r.status, 0);
	ck_assert_str_eq(r.out, "");
	ck_assert_str_eq(r.err, "");
	close(fd);
	ck_assert_int_eq(summary("open"), 0);
}
END_TEST

START_TEST(wrong_use_and_configuration_are_status_2)
{
	static const char *const unknown[] = {"--unknown", NULL}, *const extra[] = {
									  "something", NULL};
	ck_assert_int_eq(run_sync(unknown).status, 2);
	ck_assert_int_eq(run_sync(extra).status, 2);
	e2e_set("AIRCALL_USER_ID", "nobody");
	struct run r = run_sync(NULL);
	ck_assert_int_eq(r.status, 2);
	ck_assert_ptr_nonnull(strstr(r.err, "AIRCALL_USER_ID"));
}
END_TEST

START_TEST(missing_data_directory_is_status_3)
{
	e2e_set("DIALER_DATA_DIR", "/nonexistent/dialer");
	struct run r = run_sync(NULL);
	ck_assert_int_eq(r.status, 3);
	ck_assert_str_ne(r.err, "");
}
END_TEST

START_TEST(dry_run_changes_nothing)
{
	static const char *const args[] = {"--dry-run", "--verbose", NULL};
	const char *id = placed("alice", NUMBER);
	pass(MINUTE);
	struct run r = run_sync(args);
	ck_assert_int_eq(r.status, 0);
	ck_assert_msg(strstr(r.out, id) != NULL && strstr(r.out, "initiated -> completed") != NULL,
		"%s", r.out);
	ck_assert_ptr_nonnull(strstr(r.out, "nothing was changed"));
	expect_call_status("alice", id, "initiated");
	sync_quietly();
	expect_call_status("alice", id, "completed");
}
END_TEST

START_TEST(notes_are_never_touched)
{
	const char *id = placed("alice", NUMBER);
	struct answer *a = http(.method = "PUT", .path = e2e_text("/call/%s/notes", id),
		.token = token("alice"), .body = "{\"notes\":\"Call back on Monday\"}");
	expect_status(a, 200);
	pass(MINUTE);
	sync_quietly();
	json_t *c = call_of("alice", id);
	ck_assert_str_eq(text_at(c, "status"), "completed");
	ck_assert_str_eq(text_at(c, "notes"), "Call back on Monday");
}
END_TEST

/* --- deaths --- */

/* The process that placed the call dies: before it asked, or after the telephone rang. */
static const struct {
	const char *fault;
	const char *becomes;
} deaths[] = {{"place-after-intent:kill", "unconfirmed"}, {"place-before-ask:kill", "unconfirmed"},
	{"place-after-ask:kill", "completed"}};

START_TEST(orphaned_call_is_settled)
{
	struct daemon mortal;
	const char *env[] = {e2e_text("DIALER_TEST_FAULT=%s", deaths[_i].fault), NULL};
	server_start(&mortal, "mortal.log", env);
	struct answer *a = http(.path = "/call", .token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\"}", .to = &mortal);
	ck_assert_int_ne(a->status, 200);
	daemon_stop(&mortal);
	a = get("alice", "/history");
	expect_int(a, "pagination.total", 1);
	expect_text(a, "calls.0.status", "queued");
	const char *id = text_at(a->json, "calls.0.id");
	/* It might still be at it. */
	pass(5 * SECOND);
	sync_quietly();
	expect_call_status("alice", id, "queued");
	pass(MINUTE);
	sync_quietly();
	expect_call_status("alice", id, deaths[_i].becomes);
	ck_assert_int_eq(sim_placings(NULL), strcmp(deaths[_i].becomes, "completed") == 0 ? 1 : 0);
}
END_TEST

static const char *const kills[] = {"sync-before-apply:kill", "sync-after-apply:kill"};

START_TEST(killed_run_is_finished_by_the_next)
{
	const char *first = placed("alice", NUMBER), *second = placed("alice", "+15557654321");
	pass(MINUTE);
	const char *env[] = {e2e_text("DIALER_TEST_FAULT=%s", kills[_i]), NULL};
	const char *argv[] = {
		e2e_text("%s/cron/dialer-sync", e2e.build), "--config", e2e.config, NULL};
	ck_assert_int_eq(e2e_run(argv, env).status, 128 + 9);
	sync_quietly();
	expect_call_status("alice", first, "completed");
	expect_call_status("alice", second, "completed");
	ck_assert_str_ne(external_id_of("alice", first), external_id_of("alice", second));
	ck_assert_int_eq(summary("open"), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("sync");
	TCase *t = tcase_create("sync");
	e2e_case(t, 30);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, answered_call_becomes_completed_with_times_and_durations);
	tcase_add_test(t, call_is_followed_while_it_rings_and_runs);
	tcase_add_test(t, unanswered_call_becomes_no_answer);
	tcase_add_test(t, unclear_call_that_did_ring_is_found);
	tcase_add_test(t, call_never_shown_is_lost_at_the_end_of_the_window_only);
	tcase_add_test(t, call_whose_end_never_shows_is_lost);
	tcase_add_test(t, nothing_is_lost_while_the_provider_cannot_be_asked);
	tcase_add_test(t, call_older_than_the_provider_serves_is_given_up_unasked);
	tcase_add_test(t, corrected_figures_are_fetched_once_after_twenty_minutes);
	tcase_add_test(t, call_not_found_is_looked_for_at_doubling_intervals);
	tcase_add_test(t, identical_calls_keep_their_order);
	tcase_add_test(t, a_call_never_dialled_does_not_take_the_next_one);
	tcase_add_test(t, hand_dialled_calls_are_left_alone);
	tcase_add_test(t, own_users_and_lines_are_told_apart);
	tcase_add_test(t, all_pages_of_a_window_are_read);
	tcase_add_test(t, window_fuller_than_the_provider_pages_is_cut);
	tcase_add_test(t, runs_keep_to_their_requests_a_minute_and_end_well);
	tcase_add_test(t, a_run_that_stopped_at_a_limit_is_continued_by_the_next);
	tcase_add_test(t, open_calls_by_the_thousand_become_true_in_one_run);
	tcase_add_test(t, call_missing_in_the_list_is_asked_about_by_its_id);
	tcase_add_test(t, call_that_vanished_is_lost_in_the_end);
	tcase_add_loop_test(t, broken_call_is_given_up, 0, 2);
	tcase_add_test(t, many_missing_calls_are_asked_about_in_turns);
	tcase_add_loop_test(t, too_many_requests_is_no_failure_and_waited_out, 0, 3);
	tcase_add_test(t, provider_out_of_reach_is_status_1);
	tcase_add_test(t, a_second_run_at_once_ends_without_a_word);
	tcase_add_test(t, wrong_use_and_configuration_are_status_2);
	tcase_add_test(t, missing_data_directory_is_status_3);
	tcase_add_test(t, dry_run_changes_nothing);
	tcase_add_test(t, notes_are_never_touched);
	tcase_add_loop_test(t, failing_provider_is_said_and_tried_again, 0, 6);
	tcase_add_loop_test(t, orphaned_call_is_settled, 0, 3);
	tcase_add_loop_test(t, killed_run_is_finished_by_the_next, 0, 2);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
