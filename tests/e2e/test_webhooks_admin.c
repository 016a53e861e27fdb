/* dialer webhooks: the providers are told where to send events, once, and as often as one likes. */
#include "e2e/dialpad.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET   "dialpad-webhook-secret-0123456789"
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static void setup(void)
{
	dialpad_ready(0);
	e2e_set("DIALPAD_API_KEY", "sim-company-key");
	e2e_set("DIALPAD_WEBHOOK_SECRET", SECRET);
	sim_post("/control/settings", "{\"started_at_delay\":0,\"rate_limit\":0}");
	clocks(0);
}

/* --- what the providers have --- */

static json_t *aircall_hooks(void)
{
	return json_at(sim_get("/control/webhooks"), "webhooks");
}

static json_t *subscriptions(void)
{
	return json_at(sim_get("/control/webhooks"), "dialpad_subscriptions");
}

static struct answer *ask_aircall(const char *method, const char *path, const char *body)
{
	struct answer *a = http(.to = &sim, .method = method, .url = path, .body = body,
		.headers = {"Authorization: Basic c2ltLWlkOnNpbS10b2tlbg=="});
	ck_assert_msg(a->status / 100 == 2, "%s", answer_text(a));
	return a;
}

static struct answer *ask_dialpad(const char *method, const char *path, const char *body)
{
	struct answer *a = http(.to = &sim, .method = method, .url = path, .body = body,
		.headers = {"Authorization: Bearer sim-company-key"});
	ck_assert_msg(a->status / 100 == 2, "%s", answer_text(a));
	return a;
}

static json_t *dialpad_hooks(void)
{
	return json_at(ask_dialpad("GET", "/api/v2/webhooks", NULL)->json, "items");
}

#define address_of(p) e2e_text("%s/api/dialer/webhooks/%s", server.url, p)

static bool has_all(json_t *names, const char *const *wanted)
{
	size_t n = 0, i;
	json_t *name;
	for (; wanted[n] != NULL; n++) {
		bool found = false;
		json_array_foreach(names, i, name) found =
			found || strcmp(json_string_value(name), wanted[n]) == 0;
		if (!found)
			return false;
	}
	return json_array_size(names) == n;
}

/* One of each, as it must be. */
static void expect_all_right(void)
{
	static const char *const events[] = {
		"call.created", "call.answered", "call.hungup", "call.ended", NULL};
	static const char *const states[] = {"calling", "preanswer", "queued", "ringing",
		"connected", "hangup", "missed", "blocked", NULL};
	json_t *all = aircall_hooks(), *one = json_array_get(all, 0);
	ck_assert_uint_eq(json_array_size(all), 1);
	ck_assert_str_eq(text_at(one, "url"), address_of("aircall"));
	ck_assert(json_is_true(json_at(one, "active")));
	ck_assert(has_all(json_at(one, "events"), events));
	all = dialpad_hooks();
	ck_assert_uint_eq(json_array_size(all), 1);
	ck_assert_str_eq(text_at(json_array_get(all, 0), "hook_url"), address_of("dialpad"));
	ck_assert_str_eq(text_at(json_array_get(all, 0), "signature.secret"), SECRET);
	all = subscriptions();
	one = json_array_get(all, 0);
	ck_assert_uint_eq(json_array_size(all), 1);
	ck_assert(json_is_true(json_at(one, "enabled")));
	ck_assert(json_is_false(json_at(one, "group_calls_only")));
	ck_assert_ptr_null(json_at(one, "target_id"));
	ck_assert(has_all(json_at(one, "call_states"), states));
	ck_assert_str_eq(text_at(one, "webhook.hook_url"), address_of("dialpad"));
}

static const char *aircall_token(void)
{
	return text_at(json_array_get(aircall_hooks(), 0), "token");
}

/* --- set-up --- */

START_TEST(set_up_makes_what_is_needed_and_the_next_run_nothing)
{
	struct run r = dialer("webhooks", "set-up");
	expect_exit(r, 0);
	expect_all_right();
	expect_says(r.out, e2e_text("\nAIRCALL_WEBHOOK_TOKEN=%s\n", aircall_token()));
	expect_says(r.out, e2e.config);
	expect_silent_about(r.out, SECRET);
	ck_assert_str_eq(r.err, "");
	/* Every other line is a comment: all of it may be added to the settings as it is. */
	for (const char *at = r.out; *at != '\0'; at = strchr(at, '\n') + 1)
		ck_assert_msg(*at == '#' || strncmp(at, "AIRCALL_", 8) == 0, "%s", r.out);
	e2e_set("AIRCALL_WEBHOOK_TOKEN", aircall_token());
	sim_delete("/control/requests");
	r = dialer("webhooks", "set-up");
	expect_exit(r, 0);
	expect_silent_about(r.out, aircall_token());
	ck_assert_uint_eq(
		json_array_size(json_at(sim_get("/control/requests?method=POST"), "requests")), 0);
	ck_assert_int_eq(sim_requests("/v1/webhooks"), 1);
	ck_assert_int_eq(sim_requests("/api/v2/"), 2);
	expect_all_right();
}
END_TEST

/* From the command to the history, with nothing that tests have arranged. */
START_TEST(what_is_set_up_makes_the_history_true)
{
	connected("bob");
	expect_exit(dialer("webhooks", "set-up"), 0);
	e2e_set("AIRCALL_WEBHOOK_TOKEN", aircall_token());
	const char *a = placed("alice", NUMBER), *b = placed("bob", NUMBER);
	clocks(60);
	for (int i = 0; i < 500; i++) {
		if (text_is(get("alice", e2e_text("/call/%s", a))->json, "call.status",
			    "completed") &&
			text_is(get("bob", e2e_text("/call/%s", b))->json, "call.status",
				"completed"))
			return;
		e2e_sleep_ms(20);
	}
	ck_abort_msg("%s", answer_text(get("bob", e2e_text("/call/%s", b))));
}
END_TEST

START_TEST(another_token_in_the_settings_is_told)
{
	e2e_set("AIRCALL_WEBHOOK_TOKEN", "of-another-webhook");
	struct run r = dialer("webhooks", "set-up", "--provider", "aircall");
	expect_exit(r, 0);
	expect_says(r.out, "another one is set");
	expect_says(r.out, e2e_text("\nAIRCALL_WEBHOOK_TOKEN=%s\n", aircall_token()));
	expect_silent_about(r.out, "of-another-webhook");
	ck_assert_int_eq(sim_requests("/api/v2/"), 0);
}
END_TEST

static const struct {
	const char *path, *body; /* of a PUT to Aircall's webhook */
} broken_aircall[] = {
	{"", "{\"active\":false,\"events\":[\"call.created\",\"call.answered\",\"call.hungup\","
	     "\"call.ended\"]}"},
	{"", "{\"events\":[\"call.created\"]}"},
	{"", "{}"}, /* all events there are */
	{"", "{\"active\":false}"},
};

START_TEST(a_disabled_or_wrong_webhook_of_aircall_is_mended)
{
	expect_exit(dialer("webhooks", "set-up"), 0);
	const char *token = aircall_token();
	const char *id = text_at(json_array_get(aircall_hooks(), 0), "webhook_id");
	ask_aircall("PUT", e2e_text("/v1/webhooks/%s", id), broken_aircall[_i].body);
	struct run r = dialer("webhooks", "set-up");
	expect_exit(r, 0);
	expect_says(r.out, "is mended");
	expect_all_right();
	ck_assert_str_eq(aircall_token(), token);
}
END_TEST

static const struct {
	bool hook;
	const char *body; /* of a PATCH to the webhook or the subscription */
} broken_dialpad[] = {
	{true, "{\"secret\":\"another\"}"},
	{true, "{\"secret\":\"\"}"},
	{false, "{\"enabled\":false}"},
	{false, "{\"call_states\":[\"hangup\"]}"},
	{false, "{\"call_states\":[]}"},
	{false, "{\"call_states\":[\"all\"]}"},
	{false, "{\"group_calls_only\":true}"},
	{false, "{\"target_type\":\"user\",\"target_id\":5835806903417907}"},
};

START_TEST(what_is_wrong_at_dialpad_is_mended)
{
	expect_exit(dialer("webhooks", "set-up"), 0);
	json_t *one =
		json_array_get(broken_dialpad[_i].hook ? dialpad_hooks() : subscriptions(), 0);
	ask_dialpad("PATCH",
		e2e_text("/api/v2/%s/%s",
			broken_dialpad[_i].hook ? "webhooks" : "subscriptions/call",
			text_at(one, "id")),
		broken_dialpad[_i].body);
	struct run r = dialer("webhooks", "set-up");
	expect_exit(r, 0);
	expect_all_right();
	expect_silent_about(r.out, SECRET);
	expect_silent_about(r.out, "another");
}
END_TEST

/* As when two were run at once. */
START_TEST(what_is_there_twice_is_there_once_afterwards)
{
	e2e_set("AIRCALL_WEBHOOK_TOKEN", "the-second");
	for (int i = 0; i < 2; i++) {
		sim_post("/control/webhooks",
			e2e_text("{\"url\":\"%s\",\"token\":\"%s\",\"events\":[\"call.ended\"]}",
				address_of("aircall"), i == 0 ? "the-first" : "the-second"));
		sim_post("/control/webhooks",
			e2e_text("{\"provider\":\"dialpad\",\"url\":\"%s\",\"secret\":\"" SECRET
				 "\"}",
				address_of("dialpad")));
	}
	struct run r = dialer("webhooks", "set-up");
	expect_exit(r, 0);
	expect_all_right();
	/* The one that the settings know is the one that stays. */
	ck_assert_str_eq(aircall_token(), "the-second");
	expect_silent_about(r.out, "AIRCALL_WEBHOOK_TOKEN");
}
END_TEST

/* On a later page, among those of others. */
START_TEST(what_exists_is_found_among_many)
{
	const char *others = "[";
	for (int i = 0; i < 55; i++) {
		others = e2e_text(
			"%s%s{\"url\":\"http://127.0.0.1:9/%d\"}", others, i > 0 ? "," : "", i);
		ask_dialpad("POST", "/api/v2/webhooks",
			e2e_text("{\"hook_url\":\"http://127.0.0.1:9/%d\"}", i));
	}
	sim_post("/control/webhooks", e2e_text("%s]", others));
	expect_exit(dialer("webhooks", "set-up"), 0);
	sim_delete("/control/requests");
	expect_exit(dialer("webhooks", "set-up"), 0);
	ck_assert_uint_eq(
		json_array_size(json_at(sim_get("/control/requests?method=POST"), "requests")), 0);
	ck_assert_int_eq(sim_requests("/v1/webhooks"), 2);
	ck_assert_int_eq(sim_requests("/api/v2/webhooks"), 3);
	ck_assert_uint_eq(json_array_size(aircall_hooks()), 56);
	expect_exit(dialer("webhooks", "remove"), 0);
	ck_assert_uint_eq(json_array_size(aircall_hooks()), 55);
	ck_assert_uint_eq(json_array_size(subscriptions()), 0);
}
END_TEST

START_TEST(without_a_secret_one_is_suggested)
{
	e2e_set("DIALPAD_WEBHOOK_SECRET", NULL);
	struct run r = dialer("webhooks", "set-up", "--provider", "dialpad");
	expect_exit(r, 1);
	expect_says(r.err, "DIALPAD_WEBHOOK_SECRET is not set");
	const char *line = strstr(r.out, "\nDIALPAD_WEBHOOK_SECRET=");
	ck_assert_msg(line != NULL, "%s", r.out);
	const char *secret = e2e_text("%.64s", strchr(line, '=') + 1);
	ck_assert_uint_eq(strspn(secret, "0123456789abcdef"), 64);
	ck_assert_uint_eq(json_array_size(dialpad_hooks()), 0);
	e2e_set("DIALPAD_WEBHOOK_SECRET", secret);
	expect_exit(dialer("webhooks", "set-up", "--provider", "dialpad"), 0);
	ck_assert_str_eq(text_at(json_array_get(dialpad_hooks(), 0), "signature.secret"), secret);
	ck_assert_uint_eq(json_array_size(aircall_hooks()), 0);
}
END_TEST

/* --- list, remove --- */

START_TEST(list_shows_all_and_no_secret)
{
	struct run r = dialer("webhooks", "list");
	expect_exit(r, 0);
	ck_assert_str_eq(r.out, "No webhooks\n");
	expect_exit(dialer("webhooks", "set-up"), 0);
	sim_post("/control/webhooks", "{\"url\":\"https://user:pass@other.example/"
				      "hook?key=hidden\",\"token\":\"t-o-k-e-n\","
				      "\"events\":[\"call.tagged\"]}");
	r = dialer("webhooks", "list");
	expect_exit(r, 0);
	expect_says(r.out, "leads here");
	expect_says(r.out, "leads elsewhere");
	expect_says(r.out, "https://other.example/hook?...\n  call.tagged\n");
	const char *const never[] = {
		"hidden", "pass", "t-o-k-e-n", SECRET, aircall_token(), "sim-company-key"};
	struct run j = dialer("webhooks", "list", "--json");
	expect_exit(j, 0);
	for (int i = 0; i < COUNT(never); i++) {
		expect_silent_about(r.out, never[i]);
		expect_silent_about(j.out, never[i]);
	}
	json_t *all = json_loads(j.out, 0, NULL);
	ck_assert_uint_eq(json_array_size(all), 3);
	int ours = 0;
	for (int i = 0; i < 3; i++)
		ours += json_is_true(json_at(json_array_get(all, (size_t)i), "ours"));
	ck_assert_int_eq(ours, 2);
	json_decref(all);
	/* Where this server is reached need not be said for that. */
	e2e_set("DIALER_PUBLIC_URL", NULL);
	r = dialer("webhooks", "list", "--provider", "aircall");
	expect_exit(r, 0);
	expect_silent_about(r.out, "leads here");
}
END_TEST

START_TEST(remove_takes_ours_and_no_others)
{
	expect_exit(dialer("webhooks", "set-up"), 0);
	sim_post("/control/webhooks", "{\"url\":\"https://other.example/hook\"}");
	sim_post("/control/webhooks",
		"{\"provider\":\"dialpad\",\"url\":\"https://other.example/hook\"}");
	struct run r = dialer("webhooks", "remove");
	expect_exit(r, 0);
	expect_says(r.out, "is removed");
	ck_assert_uint_eq(json_array_size(aircall_hooks()), 1);
	ck_assert_uint_eq(json_array_size(dialpad_hooks()), 1);
	ck_assert_uint_eq(json_array_size(subscriptions()), 1);
	r = dialer("webhooks", "remove");
	expect_exit(r, 0);
	expect_says(r.out, "no webhook leads to");
}
END_TEST

/* --- what goes wrong --- */

START_TEST(where_no_provider_could_reach_us_nothing_is_set_up)
{
	static const char *const urls[] = {NULL, "http://dialer.example.com"};
	e2e_set("DIALER_PUBLIC_URL", urls[_i]);
	for (int i = 0; i < 2; i++) {
		struct run r = dialer("webhooks", i == 0 ? "set-up" : "remove");
		expect_exit(r, 1);
		expect_says(r.err, "DIALER_PUBLIC_URL");
	}
	ck_assert_int_eq(sim_requests("/v1/"), 0);
	ck_assert_int_eq(sim_requests("/api/v2/"), 0);
}
END_TEST

START_TEST(one_provider_s_failure_is_not_the_other_s)
{
	sim_post("/control/faults",
		"{\"path\":\"/api/v2/\",\"method\":\"*\",\"outcome\":\"refuse\",\"status\":503}");
	struct run r = dialer("webhooks", "set-up");
	expect_exit(r, 1);
	expect_says(r.err, "Dialpad: a webhook could not be read: HTTP 503");
	ck_assert_uint_eq(json_array_size(aircall_hooks()), 1);
	sim_delete("/control/faults");
	sim_post("/control/faults", "{\"path\":\"/api/v2/subscriptions/"
				    "call\",\"method\":\"POST\",\"outcome\":\"close\"}");
	expect_exit(dialer("webhooks", "set-up"), 1);
	ck_assert_uint_eq(json_array_size(subscriptions()), 0);
	sim_delete("/control/faults");
	/* What was half made is finished. */
	expect_exit(dialer("webhooks", "set-up"), 0);
	expect_all_right();
}
END_TEST

START_TEST(a_wrong_key_is_named)
{
	e2e_set("DIALPAD_API_KEY", "wrong");
	e2e_set("AIRCALL_API_KEY", "sim-id:wrong");
	struct run r = dialer("webhooks", "list");
	expect_exit(r, 1);
	expect_says(r.err, "AIRCALL_API_KEY");
	expect_says(r.err, "DIALPAD_API_KEY");
	e2e_set("DIALPAD_API_KEY", NULL);
	e2e_set("AIRCALL_API_KEY", NULL);
	r = dialer("webhooks", "set-up");
	expect_exit(r, 1);
	expect_says(r.err, "neither");
	r = dialer("webhooks", "set-up", "--provider", "dialpad");
	expect_exit(r, 1);
	expect_says(r.err, "DIALPAD_API_KEY");
	expect_exit(dialer("webhooks", "set-up", "--provider", "cti"), 2);
	expect_exit(dialer("webhooks", "set-up", "now"), 2);
	expect_exit(dialer("webhooks"), 2);
}
END_TEST

START_TEST(answers_that_make_no_sense_are_told)
{
	static const char *const bodies[] = {"\"garbage\"", "{}", "[]", "{\\\"webhooks\\\":7}"};
	sim_post("/control/faults",
		e2e_text("{\"path\":\"/v1/"
			 "webhooks\",\"outcome\":\"refuse\",\"status\":200,\"body\":\"%s\"}",
			_i == 0 ? "garbage" : bodies[_i]));
	struct run r = dialer("webhooks", "set-up", "--provider", "aircall");
	expect_exit(r, 1);
	expect_says(r.err, "makes no sense");
	ck_assert_uint_eq(json_array_size(aircall_hooks()), 0);
}
END_TEST

/* --- the suite --- */

static TCase *new_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("webhooks_admin");
	TCase *t = new_case(s, "set-up");
	tcase_add_test(t, set_up_makes_what_is_needed_and_the_next_run_nothing);
	tcase_add_test(t, what_is_set_up_makes_the_history_true);
	tcase_add_test(t, another_token_in_the_settings_is_told);
	tcase_add_loop_test(
		t, a_disabled_or_wrong_webhook_of_aircall_is_mended, 0, COUNT(broken_aircall));
	tcase_add_loop_test(t, what_is_wrong_at_dialpad_is_mended, 0, COUNT(broken_dialpad));
	tcase_add_test(t, what_is_there_twice_is_there_once_afterwards);
	tcase_add_test(t, what_exists_is_found_among_many);
	tcase_add_test(t, without_a_secret_one_is_suggested);
	t = new_case(s, "list and remove");
	tcase_add_test(t, list_shows_all_and_no_secret);
	tcase_add_test(t, remove_takes_ours_and_no_others);
	t = new_case(s, "failures");
	tcase_add_loop_test(t, where_no_provider_could_reach_us_nothing_is_set_up, 0, 2);
	tcase_add_test(t, one_provider_s_failure_is_not_the_other_s);
	tcase_add_test(t, a_wrong_key_is_named);
	tcase_add_loop_test(t, answers_that_make_no_sense_are_told, 0, 4);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
