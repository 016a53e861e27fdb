/* dialer explain: the whole life of a call can be read, and no secret with it. */
#include "e2e/dialpad.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BODY "{\"phoneNumber\":\"" NUMBER "\"}"

static void setup(void)
{
	dialpad_ready(3600);
	sim_post("/control/settings", "{\"started_at_delay\":0}");
	clocks(0);
}

static json_t *story_of(const char *id)
{
	struct run r = dialer("explain", id, "--json");
	expect_exit(r, 0);
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_msg(j != NULL, "%s", r.out);
	return j;
}

/* The kinds of all entries, "request ask answer". */
static const char *kinds(json_t *story)
{
	const char *text = "";
	size_t i;
	json_t *entry;
	json_array_foreach(json_at(story, "trail"), i, entry) text =
		e2e_text("%s%s%s", text, i > 0 ? " " : "", text_at(entry, "kind"));
	return text;
}

#define expect_kinds(story, want) ck_assert_str_eq(kinds(story), want)
#define expect_entry(story, i, want)                                                               \
	do {                                                                                       \
		const char *text_ = text_at(json_at(story, e2e_text("trail.%d", i)), "text");      \
		ck_assert_msg(text_ != NULL && strstr(text_, want) != NULL,                        \
			"wanted \"%s\", got \"%s\"", want, text_ != NULL ? text_ : "nothing");     \
	} while (0)

static void sync_well(void)
{
	struct run r = run_sync(NULL);
	ck_assert_msg(r.status == 0, "status %d\n%s%s", r.status, r.out, r.err);
}

/* --- the life of a call --- */

START_TEST(a_call_is_told_from_the_click_to_its_corrected_figures)
{
	const char *id = placed("alice", NUMBER);
	clocks(60);
	sync_well();
	clocks(25 * 60);
	sync_well();
	json_t *s = story_of(id);
	expect_kinds(s, "request ask answer match poll");
	expect_entry(s, 0, "alice calls " NUMBER "; call-create ");
	expect_entry(s, 0, "; dialpad (not_connected), then aircall");
	expect_entry(s, 1, "aircall, user 1527216, number 967647");
	expect_entry(s, 2, "aircall accepted, HTTP 204; queued -> initiated");
	expect_entry(s, 3, "aircall ");
	expect_entry(s, 3, " done; initiated -> completed, the provider's id is ");
	expect_entry(s, 3, "duration 21 s, talk 17 s");
	expect_entry(s, 4, "duration 21 -> 20 s");
	ck_assert_str_eq(text_at(s, "call.id"), id);
	ck_assert_str_eq(text_at(s, "call.status"), "completed");
	ck_assert_str_eq(text_at(s, "providerUserId"), "1527216");
	ck_assert_ptr_nonnull(text_at(s, "figuresOf"));
	ck_assert_ptr_null(text_at(s, "nextLook"));
	ck_assert_ptr_null(text_at(s, "lostAt"));
	ck_assert_int_eq(int_at(s, "trail.0.offsetMs"), 0);
	ck_assert_int_ge(int_at(s, "trail.3.offsetMs"), 60000);
	ck_assert_int_lt(int_at(s, "trail.3.offsetMs"), 120000);
	json_decref(s);
}
END_TEST

START_TEST(text_has_times_in_utc_and_the_offset_from_the_click)
{
	struct answer *a = place("alice", "{\"phoneNumber\":\"" NUMBER "\",\"dealId\":\"d-1\"}");
	const char *id = text_at(a->json, "call.id"), *start = text_at(a->json, "call.startTime");
	clocks(3700);
	sync_well();
	struct run r = dialer("explain", id);
	expect_exit(r, 0);
	expect_says(r.out, e2e_text("id            %s\n", id));
	expect_says(r.out, "user          alice\n");
	expect_says(r.out, "provider      aircall, user 1527216, number 967647\n");
	expect_says(r.out, "deal          d-1\n");
	expect_says(r.out, e2e_text("\n%s         +0.000  request  alice calls ", start));
	expect_says(r.out, " +1:01:4");
	expect_says(r.out, "  match    aircall ");
	expect_says(r.out, "\nstatus        completed\n");
	expect_says(r.out, "\nnext look     never again\n");
	ck_assert_ptr_null(strstr(r.out, "client"));
}
END_TEST

START_TEST(an_open_call_says_when_it_is_looked_at_and_given_up)
{
	sim_script("{\"to\":\"*\",\"outcome\":\"not_dialled\"}");
	const char *id = placed("alice", NUMBER);
	struct run r = dialer("explain", id);
	expect_exit(r, 0);
	expect_says(r.out, "\nstatus        initiated\n");
	expect_says(r.out, "\nnext look     in the next run\n");
	expect_says(r.out, "\nlost at       2");
	clocks(11 * 60);
	sync_well();
	r = dialer("explain", id);
	expect_says(r.out, "\nnext look     2");
	expect_says(r.out, "  poll     looked for in the list, and not there\n");
	clocks(30 * 60);
	sync_well();
	r = dialer("explain", id);
	expect_says(r.out, "  poll     looked for in the list, and not there (2 times, last at 2");
	clocks(25 * 3600);
	sync_well();
	json_t *s = story_of(id);
	const char *all = kinds(s);
	ck_assert_ptr_nonnull(strstr(all, " expiry"));
	ck_assert_str_eq(text_at(s, "statusBeforeLost"), "initiated");
	expect_entry(s, (int)json_array_size(json_at(s, "trail")) - 1,
		"not shown within the reconcile window; initiated -> lost");
	json_decref(s);
}
END_TEST

START_TEST(refusals_are_told_in_the_providers_words)
{
	connected("alice");
	script_for("dialpad", "\"outcome\":\"refuse\",\"status\":403,\"body\":{\"error\":{"
			      "\"code\":403,\"message\":\"No such scope\"}}");
	script_for("aircall", "\"outcome\":\"refuse\",\"status\":405");
	struct answer *a = place("alice", BODY);
	expect_text(a, "call.status", "handed-off");
	json_t *s = story_of(text_at(a->json, "call.id"));
	expect_kinds(s, "request ask answer ask answer");
	expect_entry(s, 0, "; dialpad, then aircall");
	expect_entry(s, 1, "dialpad, user " AGENT);
	expect_entry(s, 2, "dialpad refused, HTTP 403, dialpad_forbidden: No such scope");
	expect_entry(s, 4, "aircall refused, HTTP 405, aircall_user_unavailable");
	expect_entry(s, 4, "; queued -> handed-off (aircall_user_unavailable)");
	json_decref(s);
}
END_TEST

START_TEST(what_was_asked_for_is_told)
{
	struct answer *a = place("alice",
		"{\"phoneNumber\":\"" NUMBER "\",\"provider\":\"aircall\",\"fallback\":false,"
		"\"aircallUserId\":456,\"aircallNumberId\":1234}");
	json_t *s = story_of(text_at(a->json, "call.id"));
	expect_entry(s, 0,
		"; only aircall, else nobody, with Aircall user 456, with Aircall number 1234");
	json_decref(s);
	a = place("alice", "{\"phoneNumber\":\"+15550000002\",\"placedBy\":\"tel\"}");
	s = story_of(text_at(a->json, "call.id"));
	expect_kinds(s, "request");
	expect_entry(s, 0, "; the device has dialled");
	json_decref(s);
}
END_TEST

#define EVENT_TOKEN "aircall-webhook-token-0123456789"

/* Aircall tells this event about the call of the test. */
static void told_by_aircall(
	const char *event, const char *status, int64_t started, const char *more)
{
	expect_status(
		http(.path = "/webhooks/aircall",
			.body = e2e_text(
				"{\"resource\":\"call\",\"event\":\"%s\",\"timestamp\":%" PRId64
				",\"token\":\"" EVENT_TOKEN "\",\"data\":{\"id\":4294967399,"
				"\"direction\":\"outbound\",\"status\":\"%s\","
				"\"started_at\":%" PRId64 ",\"raw_digits\":\"+1 555-123-4567\","
				"\"user\":{\"id\":1527216},\"number\":{\"id\":967647}%s}}",
				event, started + 4, status, started, more)),
		200);
}

START_TEST(events_are_told_with_what_they_changed_or_why_not)
{
	e2e_set("AIRCALL_WEBHOOK_TOKEN", EVENT_TOKEN);
	sim_script("{\"to\":\"*\",\"outcome\":\"not_dialled\"}");
	const char *id = placed("alice", NUMBER);
	int64_t now = e2e_now_ms() / 1000;
	const char *answered = e2e_text(",\"answered_at\":%" PRId64, now + 3);
	told_by_aircall("call.answered", "answered", now, answered);
	told_by_aircall("call.answered", "answered", now, answered);
	told_by_aircall("call.created", "initial", now, "");
	told_by_aircall("call.tagged", "answered", now, answered);
	json_t *s = story_of(id);
	const char *all = kinds(s);
	ck_assert_msg(strncmp(all, "request ask answer match event event", 36) == 0, "%s", all);
	struct run r = dialer("explain", id);
	expect_says(r.out, "  match    aircall 4294967399, by its event call.answered\n");
	expect_says(r.out, "call.answered");
	expect_says(
		r.out, "; initiated -> in-progress, the provider's id is 4294967399, answered 2");
	expect_says(r.out, "call.created");
	expect_says(r.out, "nothing changed: it is in-progress");
	expect_says(r.out, "call.tagged");
	ck_assert_ptr_null(strstr(r.out, EVENT_TOKEN));
	json_decref(s);
}
END_TEST

/* --- what came again --- */

START_TEST(repetitions_and_double_clicks_are_told_with_the_first_call)
{
	struct answer *a = place_with_key("alice", "secret-key-1", BODY);
	const char *id = text_at(a->json, "call.id");
	place_with_key("alice", "secret-key-1", BODY);
	place_with_key("alice", "secret-key-1", BODY);
	place_with_key("alice", "secret-key-1", "{\"phoneNumber\":\"+15550000002\"}");
	expect_status(place("alice", BODY), 409);
	json_t *s = story_of(id);
	expect_kinds(s, "request ask answer repeat repeat repeat");
	expect_entry(s, 0, "with an idempotency key");
	expect_entry(s, 3, "answered as the first time");
	ck_assert_int_eq(int_at(s, "trail.3.times"), 2);
	ck_assert_ptr_nonnull(text_at(s, "trail.3.lastAt"));
	expect_entry(s, 4, "came with another request: refused");
	expect_entry(s, 5, "refused as a double click");
	json_decref(s);
	struct run r = dialer("explain", id);
	expect_says(r.out, " (2 times, last at 2");
	ck_assert_ptr_null(strstr(r.out, "secret-key"));
}
END_TEST

START_TEST(edited_notes_are_told_without_what_they_say)
{
	const char *id = placed("alice", NUMBER);
	expect_status(http(.method = "PUT", .path = e2e_text("/call/%s/notes", id),
			      .token = token("alice"), .body = "{\"notes\":\"Very private\"}"),
		200);
	json_t *s = story_of(id);
	expect_kinds(s, "request ask answer notes");
	expect_entry(s, 3, "12 bytes");
	ck_assert(is_absent(s, "call.notes"));
	json_decref(s);
	struct run r = dialer("explain", id);
	ck_assert_ptr_null(strstr(r.out, "private"));
}
END_TEST

/* --- bounds --- */

START_TEST(what_was_dropped_from_the_middle_is_counted)
{
	const char *id = placed("alice", NUMBER);
	for (int i = 0; i < 60; i++)
		expect_status(http(.method = "PUT", .path = e2e_text("/call/%s/notes", id),
				      .token = token("alice"),
				      .body = e2e_text("{\"notes\":\"%s\"}",
					      e2e_repeat('n', (size_t)i + 1))),
			200);
	json_t *s = story_of(id);
	json_t *trail = json_at(s, "trail");
	ck_assert_uint_eq(json_array_size(trail), 48);
	ck_assert_int_eq(int_at(s, "trail.16.droppedBefore"), 63 - 48);
	expect_entry(s, 47, "60 bytes");
	json_decref(s);
	struct run r = dialer("explain", id);
	expect_says(r.out, " ... 15 more\n");
}
END_TEST

/* --- secrets --- */

START_TEST(credentials_that_a_provider_repeats_are_masked_everywhere)
{
	/* As in "Authorization: Basic …" of sim-id:sim-token, and the token alone. */
	static const char *const secrets[] = {"c2ltLWlkOnNpbS10b2tlbg", "sim-token", NULL};
	script_for("aircall", "\"outcome\":\"refuse\",\"status\":422,\"body\":{\"error\":"
			      "\"bad key Basic c2ltLWlkOnNpbS10b2tlbg== (sim-token) given\"}");
	struct answer *a = place("alice", BODY);
	struct run r = dialer("explain", text_at(a->json, "call.id"));
	expect_exit(r, 0);
	expect_says(r.out, "bad key Basic *** (***) given");
	const char *log = server_log();
	expect_says(log, "bad key Basic *** (***) given");
	for (int i = 0; secrets[i] != NULL; i++) {
		ck_assert_msg(strstr(r.out, secrets[i]) == NULL, "%s", r.out);
		ck_assert_msg(strstr(log, secrets[i]) == NULL, "%s", log);
		ck_assert_msg(strstr(a->body, secrets[i]) == NULL, "%s", a->body);
	}
	ck_assert_ptr_null(found_in_data(secrets));
}
END_TEST

/* --- wrong use --- */

START_TEST(unknown_calls_and_wrong_ids_are_said)
{
	placed("alice", NUMBER);
	struct run r = dialer("explain", "6740b1c20000000000000000");
	expect_exit(r, 1);
	ck_assert_str_eq(r.err, "dialer: there is no call 6740b1c20000000000000000\n");
	ck_assert_str_eq(r.out, "");
	r = dialer("explain", "xyz");
	expect_exit(r, 2);
	expect_says(r.err, "24 lowercase hexadecimal digits");
	r = dialer("explain");
	expect_exit(r, 2);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("explain");
	TCase *t = tcase_create("explain");
	e2e_case(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_call_is_told_from_the_click_to_its_corrected_figures);
	tcase_add_test(t, text_has_times_in_utc_and_the_offset_from_the_click);
	tcase_add_test(t, an_open_call_says_when_it_is_looked_at_and_given_up);
	tcase_add_test(t, refusals_are_told_in_the_providers_words);
	tcase_add_test(t, what_was_asked_for_is_told);
	tcase_add_test(t, events_are_told_with_what_they_changed_or_why_not);
	tcase_add_test(t, repetitions_and_double_clicks_are_told_with_the_first_call);
	tcase_add_test(t, edited_notes_are_told_without_what_they_say);
	tcase_add_test(t, what_was_dropped_from_the_middle_is_counted);
	tcase_add_test(t, credentials_that_a_provider_repeats_are_masked_everywhere);
	tcase_add_test(t, unknown_calls_and_wrong_ids_are_said);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
