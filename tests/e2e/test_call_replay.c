/*
 * POST /call, second time: idempotency keys, double clicks, the brake, the policy, and many
 * requests at once.
 */
#include "e2e/calls.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define BODY   "{\"phoneNumber\":\"" NUMBER "\"}"
#define OTHER  "+15557654321"

#define SECOND INT64_C(1000)
#define HOUR   (3600 * SECOND)

static const char *id_of(const struct answer *a)
{
	const char *id = text_at(a->json, "call.id");
	ck_assert_msg(id != NULL, "%s", answer_text(a));
	return id;
}

static void expect_same_call(const struct answer *first, const struct answer *again)
{
	ck_assert_msg(strcmp(id_of(first), id_of(again)) == 0, "first %s\nagain %s",
		answer_text(first), answer_text(again));
}

static void expect_other_call(const struct answer *first, const struct answer *again)
{
	ck_assert_msg(strcmp(id_of(first), id_of(again)) != 0, "first %s\nagain %s",
		answer_text(first), answer_text(again));
}

static void refuse_all(void)
{
	sim_script("{\"outcome\":\"refuse\"}");
}

/* --- the key itself --- */

START_TEST(key_has_1_to_128_visible_characters)
{
	static const struct {
		size_t repeat;
		const char *key;
		bool good;
	} keys[] = {
		{128, "k", true},
		{0, "!#$%&'()*+,-./:;<=>?@[]^_`{|}~\"\\", true},
		{129, "k", false},
		{0, "", false},
		{0, "a b", false},
		{0, "a\tb", false},
		{0, "caf\xc3\xa9", false},
		{0, "a\x7f", false},
	};
	const char *key =
		keys[_i].repeat > 0 ? e2e_repeat(keys[_i].key[0], keys[_i].repeat) : keys[_i].key;
	/* libcurl sends a header without a value only if it ends with a semicolon. */
	const char *line =
		key[0] != '\0' ? e2e_text("Idempotency-Key: %s", key) : "Idempotency-Key;";
	struct answer *a =
		http(.path = "/call", .token = token("alice"), .body = BODY, .headers = {line});
	if (keys[_i].good) {
		expect_status(a, 200);
		expect_same_call(a, place_with_key("alice", key, BODY));
	} else {
		ck_assert_msg(
			a->status == 400 && text_is(a->json, "error.code", "invalid_parameter"),
			"%s", answer_text(a));
		ck_assert_int_eq(history_total("alice"), 0);
	}
	ck_assert_int_eq(sim_placings(NULL), keys[_i].good ? 1 : 0);
}
END_TEST

/* --- replay --- */

START_TEST(same_key_is_the_same_call)
{
	struct answer *first = place_with_key("alice", "k1", BODY);
	expect_status(first, 200);
	for (int i = 0; i < 3; i++) {
		struct answer *again = place_with_key("alice", "k1", BODY);
		expect_status(again, 200);
		expect_same_call(first, again);
		expect_text(again, "message", "Call initiated successfully");
		expect_text(again, "notice.text", "Calling " NUMBER " via Aircall");
		expect_call(again, "call");
	}
	ck_assert_int_eq(sim_placings(NULL), 1);
	ck_assert_int_eq(history_total("alice"), 1);
}
END_TEST

START_TEST(other_key_is_another_call)
{
	struct answer *first = place_with_key("alice", "k1", BODY);
	struct answer *again = place_with_key("alice", "k2", BODY);
	expect_status(again, 200);
	expect_other_call(first, again);
	ck_assert_int_eq(sim_placings(NULL), 2);
}
END_TEST

START_TEST(keys_of_users_are_apart)
{
	struct answer *first = place_with_key("alice", "k1", BODY);
	struct answer *again = place_with_key("bob", "k1", BODY);
	expect_status(again, 200);
	expect_other_call(first, again);
	expect_text(again, "call.userId", "bob");
	/* Neither may one user's id and key run together to another's. */
	again = place_with_key("alicek", "1", BODY);
	expect_other_call(first, again);
}
END_TEST

START_TEST(replay_shows_the_call_as_it_is_now)
{
	struct answer *first = place_with_key("alice", "k1", BODY);
	struct answer *n = http(.method = "PUT", .path = e2e_text("/call/%s/notes", id_of(first)),
		.token = token("alice"), .body = "{\"notes\":\"said hello\"}");
	expect_status(n, 200);
	struct answer *again = place_with_key("alice", "k1", BODY);
	expect_status(again, 200);
	expect_same_call(first, again);
	expect_text(again, "call.notes", "said hello");
}
END_TEST

START_TEST(replay_of_a_hand_off_is_one)
{
	refuse_all();
	struct answer *first = place_with_key("alice", "k1", BODY);
	expect_text(first, "fallback.uri", "tel:" NUMBER);
	sim_delete("/control/script");
	struct answer *again = place_with_key("alice", "k1", BODY);
	expect_status(again, 200);
	ck_assert_msg(json_equal(first->json, again->json), "first %s\nagain %s",
		answer_text(first), answer_text(again));
	ck_assert_int_eq(sim_placings(NULL), 1);
}
END_TEST

START_TEST(replay_of_a_failure_is_one)
{
	const char *body = "{\"phoneNumber\":\"" NUMBER "\",\"fallback\":false}";
	refuse_all();
	struct answer *first = place_with_key("alice", "k1", body);
	expect_error(first, 502, "aircall_rejected", NULL);
	sim_delete("/control/script");
	struct answer *again = place_with_key("alice", "k1", body);
	expect_status(again, 502);
	ck_assert_msg(json_equal(first->json, again->json), "first %s\nagain %s",
		answer_text(first), answer_text(again));
	ck_assert_int_eq(sim_placings(NULL), 1);
}
END_TEST

START_TEST(replay_of_an_unclear_outcome_is_one)
{
	sim_script("{\"outcome\":\"fail\"}");
	struct answer *first = place_with_key("alice", "k1", BODY);
	expect_error(first, 504, "provider_unconfirmed", NULL);
	sim_delete("/control/script");
	struct answer *again = place_with_key("alice", "k1", BODY);
	expect_error(again, 504, "provider_unconfirmed", NULL);
	expect_same_call(first, again);
	ck_assert_int_eq(sim_placings(NULL), 1);
}
END_TEST

START_TEST(replay_of_what_the_page_dials_is_one)
{
	static const char *const bodies[] = {
		"{\"phoneNumber\":\"" NUMBER "\",\"placedBy\":\"tel\"}",
		"{\"phoneNumber\":\"" NUMBER "\",\"placedBy\":\"cti\"}",
	};
	struct answer *first = place_with_key("alice", "k1", bodies[_i]);
	expect_status(first, 200);
	struct answer *again = place_with_key("alice", "k1", bodies[_i]);
	expect_status(again, 200);
	expect_same_call(first, again);
	ck_assert_int_eq(history_total("alice"), 1);
}
END_TEST

START_TEST(key_is_remembered_for_24_hours)
{
	struct answer *first = place_with_key("alice", "k1", BODY);
	e2e_clock(24 * HOUR - 60 * SECOND);
	struct answer *again = place_with_key("alice", "k1", BODY);
	expect_status(again, 200);
	expect_same_call(first, again);
	e2e_clock(24 * HOUR + SECOND);
	again = place_with_key("alice", "k1", BODY);
	expect_status(again, 200);
	expect_other_call(first, again);
	ck_assert_int_eq(sim_placings(NULL), 2);
}
END_TEST

/* --- what counts as the same request --- */

#define WITH(members) "{\"phoneNumber\":\"" NUMBER "\"," members "}"

static const char *const alike[] = {
	"{\"phoneNumber\":\"+1 (555) 123-4567\"}",
	"{\"phoneNumber\":\"tel:" NUMBER "\"}",
	WITH("\"fallback\":true"),
	WITH("\"clientId\":\"\""),
	WITH("\"unknown\":7"),
	WITH("\"aircallUserId\":1527216"),
	WITH("\"aircallUserId\":\"1527216\",\"aircallNumberId\":967647"),
};

START_TEST(request_that_means_the_same_is_a_replay)
{
	struct answer *first = place_with_key("alice", "k1", BODY);
	struct answer *again = place_with_key("alice", "k1", alike[_i]);
	expect_status(again, 200);
	expect_same_call(first, again);
}
END_TEST

static const char *const unlike[] = {
	"{\"phoneNumber\":\"" OTHER "\"}",
	WITH("\"fallback\":false"),
	WITH("\"clientId\":\"c\""),
	WITH("\"contactId\":\"c\""),
	WITH("\"dealId\":\"c\""),
	WITH("\"provider\":\"dialpad\""),
	WITH("\"aircallUserId\":456"),
	WITH("\"aircallNumberId\":1234"),
	WITH("\"placedBy\":\"tel\""),
	WITH("\"placedBy\":\"cti\""),
};

START_TEST(other_request_with_the_key_is_a_conflict)
{
	place_with_key("alice", "k1", BODY);
	struct answer *a = place_with_key("alice", "k1", unlike[_i]);
	ck_assert_msg(a->status == 409 && text_is(a->json, "error.code", "idempotency_conflict"),
		"%s", answer_text(a));
	ck_assert_int_eq(sim_placings(NULL), 1);
	ck_assert_int_eq(history_total("alice"), 1);
}
END_TEST

START_TEST(members_do_not_run_together)
{
	place_with_key("alice", "k1", WITH("\"clientId\":\"ab\",\"contactId\":\"c\""));
	struct answer *a =
		place_with_key("alice", "k1", WITH("\"clientId\":\"a\",\"contactId\":\"bc\""));
	ck_assert_msg(a->status == 409, "%s", answer_text(a));
}
END_TEST

/* --- what does not use a key up --- */

START_TEST(refused_request_leaves_its_key)
{
	expect_status(place_with_key("alice", "k1", "{\"phoneNumber\":\"5\"}"), 422);
	expect_status(place_with_key("alice", "k1", "{}"), 400);
	e2e_set("DIALER_BLOCKED_PREFIXES", "+1");
	expect_status(place_with_key("alice", "k1", BODY), 403);
	e2e_set("DIALER_BLOCKED_PREFIXES", NULL);
	e2e_set("DIALER_CALLS_PER_MINUTE", "1");
	placed("alice", OTHER);
	expect_status(place_with_key("alice", "k1", BODY), 429);
	e2e_set("DIALER_CALLS_PER_MINUTE", "0");
	struct answer *a = place_with_key("alice", "k1", WITH("\"clientId\":\"c\""));
	expect_status(a, 200);
	ck_assert_int_eq(sim_placings(NULL), 2);
}
END_TEST

START_TEST(replay_comes_before_policy_guard_and_brake)
{
	struct answer *first = place_with_key("alice", "k1", BODY);
	e2e_set("DIALER_BLOCKED_PREFIXES", "+1");
	e2e_set("DIALER_CALLS_PER_MINUTE", "1");
	struct answer *again = place_with_key("alice", "k1", BODY);
	expect_status(again, 200);
	expect_same_call(first, again);
	again = place_with_key("alice", "k1", "{\"phoneNumber\":\"" OTHER "\"}");
	ck_assert_msg(text_is(again->json, "error.code", "idempotency_conflict"), "%s",
		answer_text(again));
}
END_TEST

/* --- the first request is still under way --- */

START_TEST(request_under_way_is_told)
{
	sim_script("{\"outcome\":\"answered\",\"sleep_ms\":1500}");
	struct http q = {.path = "/call",
		.token = token("alice"),
		.body = BODY,
		.headers = {"Idempotency-Key: k1"}};
	struct later *l = http_later(&q);
	while (sim_placings(NULL) == 0)
		e2e_sleep_ms(20);
	struct answer *again = place_with_key("alice", "k1", BODY);
	expect_error(again, 409, "request_in_progress", NULL);
	expect_header(again, "Retry-After", "1");
	expect_call(again, "call");
	expect_text(again, "call.status", "queued");
	struct answer *other = place_with_key("alice", "k1", "{\"phoneNumber\":\"" OTHER "\"}");
	ck_assert_msg(text_is(other->json, "error.code", "idempotency_conflict"), "%s",
		answer_text(other));
	struct answer *first = http_wait(l);
	expect_status(first, 200);
	expect_same_call(first, again);
	again = place_with_key("alice", "k1", BODY);
	expect_status(again, 200);
	expect_same_call(first, again);
	ck_assert_int_eq(sim_placings(NULL), 1);
}
END_TEST

/* --- the first request's process died --- */

/* Places a call whose process is killed there. */
static void place_and_die(const char *point)
{
	struct daemon own;
	const char *const env[] = {e2e_text("DIALER_TEST_FAULT=%s:kill", point), NULL};
	server_start(&own, "fault.log", env);
	struct answer *a = http(.to = &own, .path = "/call", .token = token("alice"), .body = BODY,
		.headers = {"Idempotency-Key: k1"});
	expect_status(a, 500);
	ck_assert_int_eq(daemon_stop(&own), 0);
}

/* Both clocks: the provider's goes along. */
static void advance(int64_t ms)
{
	e2e_clock(e2e_now_ms() - e2e_real_ms() + ms);
	sim_post("/control/clock", e2e_text("{\"advance\":%lld}", (long long)(ms / 1000)));
}

static void sync_once(void)
{
	struct run r = run_sync(NULL);
	ck_assert_msg(r.status == 0 && r.err[0] == '\0', "dialer-sync %d: %s", r.status, r.err);
}

START_TEST(dead_process_is_unconfirmed_until_its_call_is_found)
{
	place_and_die("place-after-ask");
	struct answer *a = place_with_key("alice", "k1", BODY);
	expect_error(a, 409, "request_in_progress", NULL);
	expect_text(a, "call.status", "queued");
	/* Ten seconds of time-out and five more. */
	advance(13 * SECOND);
	expect_status(place_with_key("alice", "k1", BODY), 409);
	advance(3 * SECOND);
	struct answer *dead = place_with_key("alice", "k1", BODY);
	expect_error(dead, 504, "provider_unconfirmed", NULL);
	expect_same_call(a, dead);
	sync_once();
	advance(60 * SECOND);
	sync_once();
	struct answer *found = place_with_key("alice", "k1", BODY);
	expect_status(found, 200);
	expect_true(found, "success");
	expect_same_call(a, found);
	expect_text(found, "call.status", "completed");
	ck_assert_int_eq(sim_placings(NULL), 1);
	ck_assert_int_eq(history_total("alice"), 1);
}
END_TEST

START_TEST(dead_process_that_never_asked_is_unconfirmed_then_lost)
{
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	place_and_die("place-after-intent");
	ck_assert_int_eq(sim_placings(NULL), 0);
	advance(16 * SECOND);
	expect_error(place_with_key("alice", "k1", BODY), 504, "provider_unconfirmed", NULL);
	sync_once();
	struct answer *a = place_with_key("alice", "k1", BODY);
	expect_error(a, 504, "provider_unconfirmed", NULL);
	expect_text(a, "call.status", "unconfirmed");
	for (int i = 0; i < 4; i++) {
		advance(HOUR / 2);
		sync_once();
	}
	a = place_with_key("alice", "k1", BODY);
	expect_status(a, 200);
	expect_text(a, "call.status", "lost");
	ck_assert_int_eq(sim_placings(NULL), 0);
}
END_TEST

START_TEST(time_out_says_when_a_process_is_known_to_be_dead)
{
	e2e_set("DIALER_PROVIDER_TIMEOUT", "30");
	place_and_die("place-before-ask");
	advance(33 * SECOND);
	expect_status(place_with_key("alice", "k1", BODY), 409);
	advance(3 * SECOND);
	expect_status(place_with_key("alice", "k1", BODY), 504);
}
END_TEST

/* --- two clicks are one wish --- */

START_TEST(second_click_is_a_duplicate)
{
	const char *id = placed("alice", NUMBER);
	struct answer *a = place_to("alice", "+1 555 123-4567");
	expect_error(a, 409, "duplicate_call", NULL);
	expect_text(a, "call.id", id);
	expect_call(a, "call");
	ck_assert_int_eq(sim_placings(NULL), 1);
	ck_assert_int_eq(history_total("alice"), 1);
}
END_TEST

START_TEST(other_number_and_other_user_are_no_duplicates)
{
	placed("alice", NUMBER);
	placed("alice", OTHER);
	placed("bob", NUMBER);
	expect_status(place_to("alice", NUMBER), 409);
	ck_assert_int_eq(sim_placings(NULL), 3);
}
END_TEST

START_TEST(same_number_again_after_5_seconds)
{
	placed("alice", NUMBER);
	e2e_clock(4 * SECOND);
	expect_error(place_to("alice", NUMBER), 409, "duplicate_call", NULL);
	e2e_clock(5 * SECOND);
	placed("alice", NUMBER);
	ck_assert_int_eq(sim_placings(NULL), 2);
}
END_TEST

START_TEST(unconfirmed_call_guards_for_60_seconds)
{
	sim_script("{\"outcome\":\"fail\",\"times\":1}");
	struct answer *first = place_to("alice", NUMBER);
	expect_status(first, 504);
	e2e_clock(57 * SECOND);
	struct answer *a = place_to("alice", NUMBER);
	expect_error(a, 409, "duplicate_call", NULL);
	expect_same_call(first, a);
	e2e_clock(60 * SECOND);
	placed("alice", NUMBER);
}
END_TEST

START_TEST(queued_call_guards_for_60_seconds)
{
	place_and_die("place-after-intent");
	e2e_clock(55 * SECOND);
	expect_error(place_to("alice", NUMBER), 409, "duplicate_call", NULL);
	e2e_clock(60 * SECOND);
	placed("alice", NUMBER);
}
END_TEST

START_TEST(failed_call_may_be_tried_again_at_once)
{
	refuse_all();
	expect_status(place("alice", WITH("\"fallback\":false")), 502);
	sim_delete("/control/script");
	placed("alice", NUMBER);
}
END_TEST

START_TEST(handed_off_call_guards_for_5_seconds)
{
	refuse_all();
	expect_status(place_to("alice", NUMBER), 200);
	expect_error(place_to("alice", NUMBER), 409, "duplicate_call", NULL);
	e2e_clock(5 * SECOND);
	expect_status(place_to("alice", NUMBER), 200);
}
END_TEST

/* An older call to the number does not hide behind younger ones to others. */
START_TEST(guard_looks_beyond_the_latest_call)
{
	sim_script("{\"outcome\":\"fail\",\"times\":1}");
	expect_status(place_to("alice", NUMBER), 504);
	for (int i = 0; i < 5; i++)
		placed("alice", e2e_text("+1555000000%d", i));
	expect_error(place_to("alice", NUMBER), 409, "duplicate_call", NULL);
}
END_TEST

START_TEST(key_goes_without_guard)
{
	placed("alice", NUMBER);
	struct answer *a = place_with_key("alice", "k1", BODY);
	expect_status(a, 200);
	ck_assert_int_eq(sim_placings(NULL), 2);
}
END_TEST

START_TEST(what_the_device_dialled_goes_without_guard)
{
	placed("alice", NUMBER);
	expect_status(place("alice", WITH("\"placedBy\":\"tel\"")), 200);
	expect_status(place("alice", WITH("\"placedBy\":\"tel\"")), 200);
	ck_assert_int_eq(history_total("alice"), 3);
	expect_error(place("alice", WITH("\"placedBy\":\"cti\"")), 409, "duplicate_call", NULL);
}
END_TEST

/* --- the brake --- */

static const char *nth_number(int n)
{
	return e2e_text("+1555%07d", n);
}

START_TEST(brake_stops_more_calls_in_a_minute)
{
	e2e_set("DIALER_CALLS_PER_MINUTE", "3");
	for (int i = 0; i < 3; i++)
		placed("alice", nth_number(i));
	struct answer *a = place_to("alice", nth_number(3));
	expect_error(a, 429, "rate_limited", NULL);
	long wait = header_number(a, "Retry-After");
	ck_assert_msg(wait >= 50 && wait <= 60, "Retry-After %ld", wait);
	ck_assert_int_eq(sim_placings(NULL), 3);
	ck_assert_int_eq(history_total("alice"), 3);
	placed("bob", nth_number(3));
	/* What it says is true. */
	e2e_clock((wait - 3) * SECOND);
	expect_status(place_to("alice", nth_number(3)), 429);
	e2e_clock(wait * SECOND);
	placed("alice", nth_number(3));
}
END_TEST

START_TEST(refused_requests_do_not_feed_the_brake)
{
	e2e_set("DIALER_CALLS_PER_MINUTE", "2");
	placed("alice", nth_number(1));
	for (int i = 0; i < 3; i++)
		expect_status(place_to("alice", nth_number(1)), 409);
	expect_status(place_to("alice", "5"), 422);
	placed("alice", nth_number(2));
	for (int i = 0; i < 3; i++)
		expect_status(place_to("alice", nth_number(3)), 429);
	e2e_clock(60 * SECOND);
	placed("alice", nth_number(3));
}
END_TEST

START_TEST(brake_is_20_by_default_and_none_at_0)
{
	e2e_set("DIALER_CALLS_PER_MINUTE", "0");
	for (int i = 0; i < 20; i++)
		placed("alice", nth_number(i));
	placed("alice", nth_number(20));
	e2e_set("DIALER_CALLS_PER_MINUTE", NULL);
	expect_status(place_to("alice", nth_number(21)), 429);
	e2e_clock(61 * SECOND);
	for (int i = 0; i < 20; i++)
		placed("alice", nth_number(i));
	expect_status(place_to("alice", nth_number(20)), 429);
}
END_TEST

START_TEST(brake_counts_every_stored_call)
{
	e2e_set("DIALER_CALLS_PER_MINUTE", "3");
	expect_status(
		place("alice", "{\"phoneNumber\":\"+15550000001\",\"placedBy\":\"tel\"}"), 200);
	refuse_all();
	expect_status(place("alice", "{\"phoneNumber\":\"+15550000002\",\"fallback\":false}"), 502);
	expect_status(place_to("alice", "+15550000003"), 200);
	expect_status(place_to("alice", "+15550000004"), 429);
	struct answer *a =
		place("alice", "{\"phoneNumber\":\"+15550000004\",\"placedBy\":\"cti\"}");
	expect_status(a, 429);
	/* It has been dialled already: refusing would only hide it. */
	a = place("alice", "{\"phoneNumber\":\"+15550000004\",\"placedBy\":\"tel\"}");
	expect_status(a, 200);
	expect_text(a, "call.reason", "rate_limited");
	expect_text(a, "call.status", "handed-off");
}
END_TEST

/* --- prefixes --- */

START_TEST(only_allowed_numbers_are_dialled)
{
	e2e_set("DIALER_ALLOWED_PREFIXES", "+1,+44");
	e2e_set("DIALER_BLOCKED_PREFIXES", "+1900,+4470");
	placed("alice", "+15551234567");
	placed("alice", "+442079460000");
	static const char *const refused[] = {
		"+4930123456", "+19005551234", "+447012345678", "+33123456789"};
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		expect_error(
			place_to("alice", refused[i]), 403, "number_not_allowed", "phoneNumber");
	ck_assert_int_eq(sim_placings(NULL), 2);
	ck_assert_int_eq(history_total("alice"), 2);
}
END_TEST

START_TEST(policy_comes_before_guard_and_guard_before_brake)
{
	placed("alice", NUMBER);
	e2e_set("DIALER_CALLS_PER_MINUTE", "1");
	expect_status(place_to("alice", NUMBER), 409);
	expect_status(place_to("alice", OTHER), 429);
	e2e_set("DIALER_BLOCKED_PREFIXES", "+1555");
	expect_status(place_to("alice", NUMBER), 403);
}
END_TEST

START_TEST(what_the_device_dialled_is_stored_with_the_reason)
{
	e2e_set("DIALER_BLOCKED_PREFIXES", "+1555");
	struct answer *a = place("alice", WITH("\"placedBy\":\"tel\""));
	expect_status(a, 200);
	expect_text(a, "call.reason", "number_not_allowed");
	expect_text(a, "call.status", "handed-off");
	ck_assert_int_eq(history_total("alice"), 1);
	expect_status(place("alice", WITH("\"placedBy\":\"cti\"")), 403);
}
END_TEST

/* --- prefixes in a file, hours, days --- */

START_TEST(a_prefix_of_the_list_is_refused_and_logged)
{
	e2e_set("DIALER_BLOCKED_PREFIXES_FILE", e2e_file("blocked", "+1900 # premium\n", 16));
	expect_error(place_to("alice", "+19005551234"), 403, "number_not_allowed", "phoneNumber");
	ck_assert_ptr_nonnull(strstr(server_log(),
		"N4001: call of alice to +19005551234 refused: number_not_allowed\n"));
	placed("alice", NUMBER);
}
END_TEST

START_TEST(a_list_nobody_can_read_stops_all_calls)
{
	e2e_set("DIALER_BLOCKED_PREFIXES_FILE", e2e_file("blocked", "+1900\npremium\n", 14));
	expect_error(place_to("alice", NUMBER), 503, "not_configured", NULL);
	ck_assert_ptr_nonnull(strstr(server_log(), "/blocked:2: "));
	ck_assert_int_eq(sim_placings(NULL), 0);
	ck_assert_int_eq(history_total("alice"), 0);
}
END_TEST

/* Else the page would dial by itself what is ringing already. */
START_TEST(a_list_nobody_can_read_does_not_hide_a_call)
{
	struct answer *first = place_with_key("alice", "k1", BODY);
	expect_status(first, 200);
	e2e_set("DIALER_BLOCKED_PREFIXES_FILE", e2e_file("blocked", "+1900\npremium\n", 14));
	struct answer *again = place_with_key("alice", "k1", BODY);
	expect_status(again, 200);
	expect_same_call(first, again);
	expect_error(place_with_key("alice", "k2", BODY), 503, "not_configured", NULL);
	struct answer *a = place("alice", WITH("\"placedBy\":\"tel\""));
	expect_status(a, 200);
	expect_text(a, "call.reason", "policy_unreadable");
	ck_assert_int_eq(sim_placings(NULL), 1);
	ck_assert_int_eq(history_total("alice"), 2);
}
END_TEST

/* The hour of now, whenever the test runs. */
static void make_quiet(const char *zone)
{
	time_t now = (time_t)(e2e_now_ms() / 1000);
	struct tm tm;
	gmtime_r(&now, &tm);
	int from = (tm.tm_hour + 23) % 24, to = (tm.tm_hour + 2) % 24;
	e2e_set("DIALER_QUIET_HOURS", e2e_text("%02d:00-%02d:00", from, to));
	e2e_set("DIALER_QUIET_HOURS_ZONE", zone);
}

START_TEST(nobody_is_called_in_quiet_hours)
{
	make_quiet("UTC");
	expect_error(place_to("alice", NUMBER), 403, "forbidden", NULL);
	ck_assert_ptr_nonnull(strstr(server_log(), "refused: quiet_hours\n"));
	ck_assert_int_eq(sim_placings(NULL), 0);
	struct answer *a = place("alice", WITH("\"placedBy\":\"tel\""));
	expect_status(a, 200);
	expect_text(a, "call.reason", "quiet_hours");
	/* Nine hours ahead it is another hour. */
	make_quiet("Asia/Tokyo");
	placed("alice", OTHER);
}
END_TEST

START_TEST(the_brake_of_a_day_says_when_to_come_back)
{
	e2e_set("DIALER_CALLS_PER_DAY", "1");
	placed("alice", NUMBER);
	struct answer *a = place_to("alice", OTHER);
	expect_error(a, 429, "rate_limited", NULL);
	ck_assert_int_gt(header_number(a, "Retry-After"), 86000);
	placed("bob", NUMBER);
	e2e_clock(INT64_C(86400000));
	placed("alice", NUMBER);
}
END_TEST

START_TEST(the_policy_can_be_asked_about_a_number)
{
	e2e_set("DIALER_BLOCKED_PREFIXES_FILE", e2e_file("blocked", "+1900\n", 6));
	e2e_set("DIALER_QUIET_HOURS", "22:00-06:00");
	e2e_set("DIALER_QUIET_HOURS_ZONE", "Europe/Berlin");
	const char *day = "--at=2026-11-20T12:00:00Z", *night = "--at=2026-11-20T21:30:00Z";
	struct run r = run_dialer(
		(const char *const[]){"policy", "test", "tel:+1 (555) 123-4567", day, NULL});
	ck_assert_int_eq(r.status, 0);
	ck_assert_str_eq(r.out, "+15551234567 may be called.\n");
	r = run_dialer((const char *const[]){"policy", "test", NUMBER, night, NULL});
	ck_assert_int_eq(r.status, 1);
	ck_assert_str_eq(r.out,
		"+15551234567 may not be called: the hour is within DIALER_QUIET_HOURS "
		"(22:00-06:00, Europe/Berlin).\n");
	r = run_dialer((const char *const[]){"policy", "test", "+19005551234", night, NULL});
	ck_assert_int_eq(r.status, 1);
	ck_assert_ptr_nonnull(strstr(r.out, "may not be called: +1900 is in /"));
	r = run_dialer(
		(const char *const[]){"policy", "test", "+19005551234", "--json", day, NULL});
	ck_assert_int_eq(r.status, 1);
	ck_assert_ptr_nonnull(strstr(r.out, "\"allowed\":false,\"reason\":\"number_not_allowed\""));
	r = run_dialer((const char *const[]){"policy", "test", "1234", NULL});
	ck_assert_int_eq(r.status, 1);
	r = run_dialer((const char *const[]){"policy", "test", NUMBER, "--at=noon", NULL});
	ck_assert_int_eq(r.status, 2);
	e2e_set("DIALER_BLOCKED_PREFIXES_FILE", "/nonexistent/list");
	r = run_dialer((const char *const[]){"policy", "test", NUMBER, NULL});
	ck_assert_int_eq(r.status, 1);
	ck_assert_ptr_nonnull(strstr(r.err, "/nonexistent/list: "));
}
END_TEST

/* --- many at once --- */

#define MANY 50

START_TEST(many_requests_with_one_key_are_one_call)
{
	struct http q[MANY];
	struct answer *answers[MANY];
	const char *id = NULL;
	int placed_now = 0;
	for (int i = 0; i < MANY; i++)
		q[i] = (struct http){.path = "/call",
			.token = token("alice"),
			.body = BODY,
			.headers = {"Idempotency-Key: k1"}};
	http_all(q, MANY, answers);
	for (int i = 0; i < MANY; i++) {
		struct answer *a = answers[i];
		if (id == NULL)
			id = id_of(a);
		ck_assert_msg(strcmp(id_of(a), id) == 0, "%s is not %s", id_of(a), id);
		if (a->status == 200)
			placed_now++;
		else
			expect_error(a, 409, "request_in_progress", NULL);
		ck_assert_msg(a->seconds < 5, "waited %f s", a->seconds);
	}
	ck_assert_int_ge(placed_now, 1);
	http_all(q, MANY, answers);
	for (int i = 0; i < MANY; i++) {
		expect_status(answers[i], 200);
		ck_assert_str_eq(id_of(answers[i]), id);
	}
	ck_assert_int_eq(sim_placings(NULL), 1);
	ck_assert_int_eq(history_total("alice"), 1);
}
END_TEST

START_TEST(many_clicks_on_one_number_are_one_call)
{
	struct http q[20];
	struct answer *answers[20];
	int placed_now = 0;
	for (int i = 0; i < 20; i++)
		q[i] = (struct http){.path = "/call", .token = token("alice"), .body = BODY};
	http_all(q, 20, answers);
	for (int i = 0; i < 20; i++) {
		if (answers[i]->status == 200)
			placed_now++;
		else
			expect_error(answers[i], 409, "duplicate_call", NULL);
		ck_assert_str_eq(id_of(answers[i]), id_of(answers[0]));
	}
	ck_assert_int_eq(placed_now, 1);
	ck_assert_int_eq(sim_placings(NULL), 1);
	ck_assert_int_eq(history_total("alice"), 1);
}
END_TEST

START_TEST(brake_holds_against_many_at_once)
{
	struct http q[20];
	struct answer *answers[20];
	int placed_now = 0;
	e2e_set("DIALER_CALLS_PER_MINUTE", "5");
	for (int i = 0; i < 20; i++)
		q[i] = (struct http){.path = "/call",
			.token = token("alice"),
			.body = e2e_text("{\"phoneNumber\":\"%s\"}", nth_number(i))};
	http_all(q, 20, answers);
	for (int i = 0; i < 20; i++) {
		if (answers[i]->status == 200)
			placed_now++;
		else
			expect_error(answers[i], 429, "rate_limited", NULL);
	}
	ck_assert_int_eq(placed_now, 5);
	ck_assert_int_eq(sim_placings(NULL), 5);
	ck_assert_int_eq(history_total("alice"), 5);
}
END_TEST

/* --- the suite --- */

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static TCase *new_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 60);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("call-replay");
	TCase *t = new_case(s, "key");
	tcase_add_loop_test(t, key_has_1_to_128_visible_characters, 0, 8);
	tcase_add_test(t, same_key_is_the_same_call);
	tcase_add_test(t, other_key_is_another_call);
	tcase_add_test(t, keys_of_users_are_apart);
	tcase_add_test(t, replay_shows_the_call_as_it_is_now);
	tcase_add_test(t, replay_of_a_hand_off_is_one);
	tcase_add_test(t, replay_of_a_failure_is_one);
	tcase_add_test(t, replay_of_an_unclear_outcome_is_one);
	tcase_add_loop_test(t, replay_of_what_the_page_dials_is_one, 0, 2);
	tcase_add_test(t, key_is_remembered_for_24_hours);

	t = new_case(s, "sameness");
	tcase_add_loop_test(t, request_that_means_the_same_is_a_replay, 0, COUNT(alike));
	tcase_add_loop_test(t, other_request_with_the_key_is_a_conflict, 0, COUNT(unlike));
	tcase_add_test(t, members_do_not_run_together);
	tcase_add_test(t, refused_request_leaves_its_key);
	tcase_add_test(t, replay_comes_before_policy_guard_and_brake);

	t = new_case(s, "under-way");
	tcase_add_test(t, request_under_way_is_told);
	tcase_add_test(t, dead_process_is_unconfirmed_until_its_call_is_found);
	tcase_add_test(t, dead_process_that_never_asked_is_unconfirmed_then_lost);
	tcase_add_test(t, time_out_says_when_a_process_is_known_to_be_dead);

	t = new_case(s, "guard");
	tcase_add_test(t, second_click_is_a_duplicate);
	tcase_add_test(t, other_number_and_other_user_are_no_duplicates);
	tcase_add_test(t, same_number_again_after_5_seconds);
	tcase_add_test(t, unconfirmed_call_guards_for_60_seconds);
	tcase_add_test(t, queued_call_guards_for_60_seconds);
	tcase_add_test(t, failed_call_may_be_tried_again_at_once);
	tcase_add_test(t, handed_off_call_guards_for_5_seconds);
	tcase_add_test(t, guard_looks_beyond_the_latest_call);
	tcase_add_test(t, key_goes_without_guard);
	tcase_add_test(t, what_the_device_dialled_goes_without_guard);

	t = new_case(s, "brake");
	tcase_add_test(t, brake_stops_more_calls_in_a_minute);
	tcase_add_test(t, refused_requests_do_not_feed_the_brake);
	tcase_add_test(t, brake_is_20_by_default_and_none_at_0);
	tcase_add_test(t, brake_counts_every_stored_call);

	t = new_case(s, "prefixes");
	tcase_add_test(t, only_allowed_numbers_are_dialled);
	tcase_add_test(t, policy_comes_before_guard_and_guard_before_brake);
	tcase_add_test(t, what_the_device_dialled_is_stored_with_the_reason);

	t = new_case(s, "policy");
	tcase_add_test(t, a_prefix_of_the_list_is_refused_and_logged);
	tcase_add_test(t, a_list_nobody_can_read_stops_all_calls);
	tcase_add_test(t, a_list_nobody_can_read_does_not_hide_a_call);
	tcase_add_test(t, nobody_is_called_in_quiet_hours);
	tcase_add_test(t, the_brake_of_a_day_says_when_to_come_back);
	tcase_add_test(t, the_policy_can_be_asked_about_a_number);

	t = new_case(s, "many");
	tcase_add_test(t, many_requests_with_one_key_are_one_call);
	tcase_add_test(t, many_clicks_on_one_number_are_one_call);
	tcase_add_test(t, brake_holds_against_many_at_once);
	return s;
}

int main(void)
{
	e2e_log_may_hold = " outside E4004: ";
	return e2e_main(suite());
}
