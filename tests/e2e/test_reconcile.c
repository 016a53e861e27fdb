/* dialer reconcile: what the providers list against what the history has. */
#include "base/rfc3339.h"
#include "e2e/dialpad.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HAND_DIALLED "+15557654321"

static const char *from; /* before anything of this test */

static void setup(void)
{
	dialpad_ready(3600);
	e2e_set("AIRCALL_REQUESTS_PER_MINUTE", "1000");
	sim_post("/control/settings",
		"{\"started_at_delay\":0,\"busy_users\":false,\"rate_limit\":0,"
		"\"shift_started_at\":false}");
	clocks(0);
	char text[RFC3339_SIZE];
	rfc3339_format(e2e_now_ms() - 60000, text);
	from = e2e_text("%s", text);
}

static void sync_well(void)
{
	struct run r = run_sync(NULL);
	ck_assert_msg(r.status == 0, "status %d\n%s%s", r.status, r.out, r.err);
}

/* The report as JSON, from this test's beginning on; it must end so. */
static json_t *report_with(int status, const char *option, const char *value)
{
	struct run r = option != NULL ? dialer("reconcile", "--from", from, "--format", "json",
						option, value)
				      : dialer("reconcile", "--from", from, "--format", "json");
	expect_exit(r, status);
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_msg(j != NULL, "%s", r.out);
	ck_assert_msg(json_is_true(json_at(j, "balances")), "%s", r.out);
	return j;
}

static json_t *report(void)
{
	return report_with(0, NULL, NULL);
}

/* The sums of a provider, "theirs 3 = 1 agree 0 differ …". */
static void expect_sums(json_t *j, int i, const char *want)
{
	static const char *const names[] = {"theirs", "ours", "agree", "differ", "onlyProvider",
		"onlyOurs", "notComparable", "inbound", "legs"};
	const char *text = "";
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		json_int_t v = int_at(j, e2e_text("providers.%d.%s", i, names[n]));
		if (v > 0)
			text = e2e_text("%s%s%s %" JSON_INTEGER_FORMAT, text,
				*text != '\0' ? ", " : "", names[n], v);
	}
	ck_assert_str_eq(text, want);
}

/* --- Aircall --- */

START_TEST(every_call_of_both_sides_is_counted_for_what_it_is)
{
	const char *agrees = placed("alice", NUMBER);
	const char *differs = placed("alice", "+15550000002");
	sim_script("{\"to\":\"+15550000003\",\"outcome\":\"not_dialled\"}");
	const char *only_ours = placed("alice", "+15550000003");
	sim_script("{\"to\":\"+15550000004\",\"outcome\":\"refuse\"}");
	place("alice", "{\"phoneNumber\":\"+15550000004\",\"fallback\":false}");
	place("alice", "{\"phoneNumber\":\"+15550000005\",\"placedBy\":\"tel\"}");
	sim_post("/control/calls", "[{\"to\":\"" HAND_DIALLED "\"},"
				   "{\"to\":\"+15550000009\",\"direction\":\"inbound\"}]");
	clocks(60);
	sync_well();
	/* The provider corrects a figure that we do not look at any more. */
	clocks(1500);
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	sync_well();
	json_t *t = sim_get("/control/calls?to=15550000002");
	sim_delete(e2e_text("/control/calls/%" JSON_INTEGER_FORMAT, int_at(t, "calls.0.id")));
	sim_post("/control/calls",
		e2e_text("{\"to\":\"+15550000002\",\"id\":%" JSON_INTEGER_FORMAT
			 ",\"started_at\":%" JSON_INTEGER_FORMAT
			 ",\"answer_after\":3,\"hangup_after\":90}",
			int_at(t, "calls.0.id"), int_at(t, "calls.0.started_at")));
	clocks(2 * 3600);
	sync_well();
	json_t *j = report();
	expect_sums(j, 0,
		"theirs 3, ours 4, agree 1, differ 1, onlyProvider 1, onlyOurs 1, "
		"notComparable 1, inbound 1");
	ck_assert_int_eq(int_at(j, "withoutProvider"), 1);
	json_t *calls = json_at(j, "calls"), *c;
	size_t i;
	ck_assert_uint_eq(json_array_size(calls), 5);
	json_array_foreach(calls, i, c)
	{
		const char *id = text_at(c, "id"), *verdict = text_at(c, "verdict");
		if (id != NULL && strcmp(id, differs) == 0) {
			ck_assert_str_eq(verdict, "differs");
			ck_assert_str_eq(text_at(c, "why"), "ended duration talk");
			ck_assert_int_eq(int_at(c, "ours.duration"), 20);
			ck_assert_int_eq(int_at(c, "theirs.duration"), 90);
		} else if (id != NULL && strcmp(id, only_ours) == 0) {
			ck_assert_str_eq(verdict, "only-ours");
			ck_assert_str_eq(text_at(c, "ours.status"), "lost");
			ck_assert(is_absent(c, "theirs"));
		} else if (id == NULL) {
			ck_assert_str_eq(verdict, "only-provider");
			ck_assert_str_eq(text_at(c, "phoneNumber"), HAND_DIALLED);
			ck_assert(is_absent(c, "ours"));
		} else {
			ck_assert_str_eq(verdict, "not-comparable");
		}
		ck_assert(id == NULL || strcmp(id, agrees) != 0);
	}
	json_decref(j);
	struct run r = dialer("reconcile", "--from", from);
	expect_exit(r, 0);
	expect_says(r.out, "  there  3 outbound = 1 agree + 1 differ + 1 only there\n");
	expect_says(
		r.out, "  here   4 calls = 1 agree + 1 differ + 1 only here + 1 not comparable\n");
	expect_says(r.out, "  here   5 calls = 4 Aircall + 0 Dialpad + 1 without a provider\n");
	expect_says(r.out, "\nAircall: both sides have it, and differ\nSTART (UTC) ");
	expect_says(r.out, e2e_text("%s  completed  20 ", differs));
	expect_says(r.out, "  ended duration talk\n");
	expect_silent_about(r.out, agrees);
	ck_assert_str_eq(r.err, "");
}
END_TEST

START_TEST(csv_has_every_call_and_no_formulas)
{
	const char *id = placed("=alice", NUMBER);
	clocks(60);
	sync_well();
	clocks(1500);
	sync_well();
	struct run r = dialer("reconcile", "--from", from, "--format", "csv");
	expect_exit(r, 0);
	expect_says(r.out, "verdict,why,provider,externalCallId,id,userId,phoneNumber,startTime,");
	expect_says(r.out, "\r\nagrees,,aircall,");
	expect_says(r.out, e2e_text(",%s,'=alice,+15551234567,2", id));
	expect_says(r.out, ",completed,completed,20,20,17,17,2");
	/* As many cells in each line. */
	int cells = 0;
	for (const char *s = r.out; *s != '\0'; s++) {
		cells += *s == ',';
		if (*s == '\n') {
			ck_assert_int_eq(cells, 17);
			cells = 0;
		}
	}
}
END_TEST

START_TEST(calls_that_were_given_up_are_recognised)
{
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	sim_script("{\"to\":\"*\",\"outcome\":\"answered\",\"list_after\":7200}");
	const char *id = placed("alice", NUMBER);
	clocks(3700);
	sync_well();
	clocks(8000);
	json_t *j = report();
	expect_sums(j, 0, "theirs 1, ours 1, differ 1");
	ck_assert_str_eq(text_at(j, "calls.0.id"), id);
	ck_assert_str_eq(text_at(j, "calls.0.why"), "id status answered ended duration talk");
	ck_assert_str_eq(text_at(j, "calls.0.ours.status"), "lost");
	ck_assert_str_eq(text_at(j, "calls.0.theirs.status"), "completed");
	json_decref(j);
	/* It changes nothing. */
	struct answer *a = get("alice", e2e_text("/call/%s", id));
	expect_text(a, "call.status", "lost");
}
END_TEST

START_TEST(the_span_is_half_open)
{
	const char *id = placed("alice", NUMBER);
	struct answer *a = get("alice", e2e_text("/call/%s", id));
	const char *start = text_at(a->json, "call.startTime");
	clocks(60);
	sync_well();
	struct run r = dialer("reconcile", "--from", start, "--format", "csv");
	expect_says(r.out, id);
	r = dialer("reconcile", "--from", "2020-01-01", "--to", start, "--format", "json");
	expect_exit(r, 0);
	expect_silent_about(r.out, id);
	json_t *j = json_loads(r.out, 0, NULL);
	expect_sums(j, 0, "");
	json_decref(j);
}
END_TEST

START_TEST(many_pages_are_read_within_the_limits)
{
	sim_post("/control/settings", "{\"rate_limit\":120,\"rewrite_delay\":0}");
	e2e_set("AIRCALL_REQUESTS_PER_MINUTE", "60");
	sim_post("/control/calls",
		"{\"to\":\"" HAND_DIALLED "\",\"count\":1200,\"spacing\":0,\"hangup_after\":1}");
	sim_delete("/control/requests");
	json_t *j = report();
	expect_sums(j, 0, "theirs 1200, onlyProvider 1200");
	ck_assert_int_le(sim_requests("/v1/calls"), 25);
	json_decref(j);
	e2e_set("AIRCALL_REQUESTS_PER_MINUTE", "1000");
	struct run r = dialer("reconcile", "--from", from);
	expect_says(r.out, "... and 200 more: --format csv has them all\n");
}
END_TEST

START_TEST(one_users_calls_are_compared_alone)
{
	expect_exit(
		dialer("user", "set", "alice", "--aircall-user", "456", "--aircall-number", "1234"),
		0);
	placed("alice", NUMBER);
	placed("bob", "+15550000002");
	sim_post("/control/calls", "[{\"to\":\"" HAND_DIALLED "\",\"user\":456,\"number\":1234},"
				   "{\"to\":\"+15550000003\"}]");
	clocks(60);
	sync_well();
	json_t *j = report_with(0, "--user", "alice");
	expect_sums(j, 0, "theirs 2, ours 1, agree 1, onlyProvider 1");
	ck_assert_str_eq(text_at(j, "userId"), "alice");
	ck_assert_str_eq(text_at(j, "calls.0.phoneNumber"), HAND_DIALLED);
	json_decref(j);
	j = report_with(0, "--user", "bob");
	expect_sums(j, 0, "theirs 2, ours 1, agree 1, onlyProvider 1");
	json_decref(j);
}
END_TEST

/* --- Dialpad --- */

START_TEST(dialpad_is_compared_with_the_company_key)
{
	e2e_set("DIALPAD_API_KEY", "sim-company-key");
	connected("alice");
	expect_dialpad(place_to("alice", NUMBER));
	sim_post("/control/calls", "[{\"provider\":\"dialpad\",\"to\":\"" HAND_DIALLED "\"}]");
	clocks(60);
	sync_well();
	expect_dialpad(place_to("alice", "+15550000002"));
	json_t *j = report();
	/* The second one runs, and the list has only calls that ended. */
	expect_sums(j, 1, "theirs 2, ours 2, agree 1, onlyProvider 1, notComparable 1");
	ck_assert_str_eq(text_at(j, "calls.0.why"), "not-ended");
	json_decref(j);
	j = report_with(0, "--provider", "dialpad");
	ck_assert_uint_eq(json_array_size(json_at(j, "providers")), 1);
	expect_sums(j, 0, "theirs 2, ours 2, agree 1, onlyProvider 1, notComparable 1");
	json_decref(j);
}
END_TEST

START_TEST(provider_that_cannot_be_listed_is_said)
{
	connected("alice");
	expect_dialpad(place_to("alice", NUMBER));
	struct run r = dialer("reconcile", "--from", from);
	expect_exit(r, 0);
	expect_says(r.out, "\nDialpad was not listed: DIALPAD_API_KEY is not set\n"
			   "  1 calls here are not compared\n");
	r = dialer("reconcile", "--from", from, "--format", "csv");
	expect_says(r.out, "\r\nnot-comparable,not-listed,dialpad,");
	e2e_set("DIALPAD_API_KEY", "wrong-key");
	r = dialer("reconcile", "--from", from);
	expect_exit(r, 1);
	expect_says(r.out, "\nDialpad was not listed: the key of the settings may not list calls");
	expect_says(r.err, "dialer: Dialpad could not be listed: ");
	/* The other one is compared all the same. */
	expect_says(r.out, "\nAircall\n  there  0 outbound");
}
END_TEST

/* --- what goes wrong --- */

START_TEST(pages_are_asked_for_again)
{
	placed("alice", NUMBER);
	clocks(60);
	sync_well();
	sim_post("/control/faults",
		"{\"path\":\"/v1/calls\",\"outcome\":\"refuse\",\"status\":503,\"times\":2}");
	json_t *j = report();
	expect_sums(j, 0, "theirs 1, ours 1, agree 1");
	json_decref(j);
	sim_post("/control/faults",
		"{\"path\":\"/v1/calls\",\"outcome\":\"refuse\",\"status\":503}");
	j = report_with(1, NULL, NULL);
	ck_assert_str_eq(text_at(j, "providers.0.why"), "it answers HTTP 503");
	json_decref(j);
}
END_TEST

static const char *const misuses[][7] = {
	{"reconcile"},
	{"reconcile", "--from", "yesterday"},
	{"reconcile", "--from", "2026-01-02", "--to", "2026-01-01"},
	{"reconcile", "--from", "2026-01-02", "--to", "2026-01-02"},
	{"reconcile", "--from", "2026-01-02", "--provider", "tel"},
	{"reconcile", "--from", "2026-01-02", "--format", "xml"},
	{"reconcile", "--from", "2999-01-01"},
	{"reconcile", "--from", "2026-01-02", "--user", "\n"},
};

START_TEST(wrong_command_lines_ask_nobody)
{
	struct run r = run_dialer(misuses[_i]);
	expect_exit(r, 2);
	ck_assert_int_eq(strncmp(r.err, "dialer: ", 8), 0);
	ck_assert_int_eq(sim_requests("/"), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("reconcile");
	TCase *t = tcase_create("reconcile");
	e2e_case(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, every_call_of_both_sides_is_counted_for_what_it_is);
	tcase_add_test(t, csv_has_every_call_and_no_formulas);
	tcase_add_test(t, calls_that_were_given_up_are_recognised);
	tcase_add_test(t, the_span_is_half_open);
	tcase_add_test(t, many_pages_are_read_within_the_limits);
	tcase_add_test(t, one_users_calls_are_compared_alone);
	tcase_add_test(t, dialpad_is_compared_with_the_company_key);
	tcase_add_test(t, provider_that_cannot_be_listed_is_said);
	tcase_add_test(t, pages_are_asked_for_again);
	tcase_add_loop_test(
		t, wrong_command_lines_ask_nobody, 0, (int)(sizeof(misuses) / sizeof(misuses[0])));
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
