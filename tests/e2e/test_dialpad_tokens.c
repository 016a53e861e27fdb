/* The tokens behind calls: refreshed in time, once, by one process; never lost unsaid or shown. */
#include "e2e/dialpad.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define LIFE         3600 /* seconds, of an access token */
#define SECOND       "+15550000002"
#define THIRD        "+15550000003"

static void setup(void)
{
	dialpad_ready(LIFE);
}

static void refused_by_aircall(void)
{
	script_for("aircall", "\"outcome\":\"refuse\",\"status\":422");
}

/* How often the simulator was shown a refresh token that was no longer good. */
static int spent_tokens_shown(void)
{
	return (int)int_at(sim_get("/control/tokens"), "users.0.refused_refreshes");
}

/* --- when --- */

START_TEST(token_is_refreshed_shortly_before_its_end)
{
	connected("alice");
	clocks(LIFE - 75);
	expect_dialpad(place_to("alice", NUMBER));
	expect_story("dialpad 200");
	const char *expires = text_at(dialpad_status("alice")->json, "expiresAt");
	clocks(LIFE - 45);
	expect_dialpad(place_to("alice", SECOND));
	expect_story("dialpad 200, refresh 200, dialpad 200");
	expect_connected("alice");
	ck_assert_str_ne(text_at(dialpad_status("alice")->json, "expiresAt"), expires);
	clocks(2 * LIFE - 200);
	expect_dialpad(place_to("alice", THIRD));
	expect_story("dialpad 200, refresh 200, dialpad 200, dialpad 200");
}
END_TEST

START_TEST(token_that_has_ended_is_refreshed_first)
{
	if (_i == 1)
		e2e_set("DIALPAD_TOKEN_ENCODING", "json");
	if (_i == 2)
		sim_post("/control/settings", "{\"dialpad_expires_in_form\":\"text\"}");
	connected("alice");
	clocks(90 * 86400);
	expect_dialpad(place_to("alice", NUMBER));
	expect_story("refresh 200, dialpad 200");
	expect_dialpad(place_to("alice", SECOND));
	expect_story("refresh 200, dialpad 200, dialpad 200");
}
END_TEST

START_TEST(token_without_end_is_never_refreshed)
{
	dialpad_ready(0);
	connected("alice");
	expect_absent(dialpad_status("alice"), "expiresAt");
	clocks(365 * 86400);
	expect_dialpad(place_to("alice", NUMBER));
	expect_story("dialpad 200");
	sim_post("/control/tokens", "{\"expire\":true}");
	expect_dialpad(place_to("alice", SECOND));
	expect_story("dialpad 200, dialpad 401, refresh 200, dialpad 200");
}
END_TEST

START_TEST(token_without_refresh_token_ends_for_good)
{
	sim_post("/control/faults",
		"{\"path\":\"/api/v2/users/me\",\"outcome\":\"refuse\",\"status\":200,"
		"\"body\":{\"id\":\"" AGENT "\"}}");
	token_fault("refuse", ",\"status\":200,\"times\":1,\"body\":"
			      "{\"access_token\":\"abc\",\"expires_in\":100}");
	connected("alice");
	/* Good for some seconds yet: there is nothing better. */
	clocks(70);
	expect_aircall(place_to("alice", NUMBER));
	expect_story("dialpad 401, aircall 204");
	expect_needs_reconnect("alice");
}
END_TEST

START_TEST(refresh_may_keep_the_refresh_token)
{
	connected("alice");
	clocks(LIFE + 60);
	token_fault("refuse", ",\"status\":200,\"times\":1,\"body\":"
			      "{\"access_token\":\"sim-company-key\",\"expires_in\":\"100\"}");
	expect_dialpad(place_to("alice", NUMBER));
	clocks(LIFE + 200);
	expect_dialpad(place_to("alice", SECOND));
	expect_story("refresh 200, dialpad 200, refresh 200, dialpad 200");
	ck_assert_int_eq(spent_tokens_shown(), 0);
}
END_TEST

/* --- one at a time --- */

enum { MANY = 20 };

static void all_at_once(const char *user)
{
	struct http q[MANY];
	struct answer *answers[MANY];
	e2e_set("DIALER_PROVIDER_TIMEOUT", "60");
	for (int i = 0; i < MANY; i++)
		q[i] = (struct http){.path = "/call",
			.token = token(user),
			.patience = 60,
			.body = e2e_text("{\"phoneNumber\":\"+15550001%03d\"}", i)};
	http_all(q, MANY, answers);
	for (int i = 0; i < MANY; i++)
		expect_dialpad(answers[i]);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(sim_calls(e2e_text("+15550001%03d", i)), 1);
	ck_assert_int_eq(told("refresh"), 1);
	ck_assert_int_eq(told("dialpad 200"), MANY);
	ck_assert_int_eq(told("aircall"), 0);
	ck_assert_int_eq(history_total(user), MANY);
	expect_connected(user);
}

START_TEST(many_calls_refresh_once)
{
	sim_post("/control/settings", "{\"dialpad_reuse_revokes\":true}");
	connected("alice");
	clocks(LIFE + 60);
	all_at_once("alice");
	ck_assert_int_eq(told("dialpad 401"), 0);
}
END_TEST

START_TEST(many_calls_refused_refresh_once)
{
	sim_post("/control/settings", "{\"dialpad_reuse_revokes\":true}");
	connected("alice");
	sim_post("/control/tokens", "{\"expire\":true}");
	all_at_once("alice");
	ck_assert_int_ge(told("dialpad 401"), 1);
}
END_TEST

START_TEST(refresh_of_one_user_holds_up_no_other)
{
	connected_as("bob", OTHER_AGENT);
	connected("alice");
	clocks(LIFE + 60);
	token_fault("pass", ",\"times\":1,\"sleep_ms\":1000");
	struct http q = {.path = "/call",
		.token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\"}"};
	struct later *l = http_later(&q);
	await_told("refresh");
	expect_dialpad(place_to("bob", SECOND));
	ck_assert_str_eq(story(), "refresh ?, refresh 200, dialpad 200");
	expect_dialpad(http_wait(l));
	expect_story("refresh 200, refresh 200, dialpad 200, dialpad 200");
}
END_TEST

START_TEST(call_waits_for_the_refresh_under_way)
{
	connected("alice");
	clocks(LIFE + 60);
	token_fault("pass", ",\"times\":1,\"sleep_ms\":600");
	struct http q = {.path = "/call",
		.token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\"}"};
	struct later *l = http_later(&q);
	await_told("refresh");
	expect_dialpad(place_to("alice", SECOND));
	expect_dialpad(http_wait(l));
	expect_story("refresh 200, dialpad 200, dialpad 200");
}
END_TEST

/* The one who waits has a token that is good for some seconds yet. */
START_TEST(endless_refresh_of_another_process_is_not_waited_for)
{
	connected("alice");
	clocks(LIFE - 30);
	token_fault("pass", ",\"times\":1,\"sleep_ms\":2000");
	struct http q = {.path = "/call",
		.token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\"}"};
	struct later *l = http_later(&q);
	await_told("refresh");
	e2e_set("DIALER_PROVIDER_TIMEOUT", "1");
	expect_dialpad(place_to("alice", SECOND));
	ck_assert_str_eq(story(), "refresh ?, dialpad 200");
	expect_dialpad(http_wait(l));
	expect_story("refresh 200, dialpad 200, dialpad 200");
}
END_TEST

/* --- an outage is no refusal --- */

#define SENT(body) "refuse", ",\"status\":200,\"body\":" body, "200"

/* The first are those that matter while the old token is good yet. */
static const struct {
	const char *outcome, *more, *answered;
} outages[] = {
	{"hang", "", "hang"},
	{"refuse", ",\"status\":500", "500"},
	{"close", "", "close"},
	{SENT("{\"access_token\":\"\",\"refresh_token\":\"b\"}")},
	{"refuse", ",\"status\":503,\"body\":{\"error\":\"invalid_grant\"}", "503"},
	{"refuse", ",\"status\":404,\"body\":\"<html>\"", "404"},
	{"refuse", ",\"status\":429,\"body\":{\"error\":\"invalid_grant\"}", "429"},
	{"redirect", ",\"status\":307,\"location\":\"/oauth2/token\"", "307"},
	{"reset", "", "reset"},
	{"slow_body", ",\"interval_ms\":50", NULL},
	{"cut", ",\"body\":\"{\\\"access_token\\\":\\\"a\\\",\\\"refresh_token\\\":\\\"b\\\"}\"",
		NULL},
	{"oversized", ",\"bytes\":5000000", NULL},
	/* The settings are to blame, not the user's token. */
	{"refuse", ",\"status\":400,\"body\":{\"error\":\"unauthorized_client\"}", "400"},
	/* Said to be good, but of no use. */
	{SENT("{\"access_token\":\"a\\r\\nX-Evil: 1\",\"refresh_token\":\"b\"}")},
	{SENT("\"{\\\"access_token\\\":\\\"a\\\\u0000b\\\",\\\"refresh_token\\\":\\\"b\\\"}\"")},
	{SENT("{\"access_token\":\"a\",\"refresh_token\":\"b\\u0001\"}")},
	{SENT("{\"access_token\":\"OVERSIZED\",\"refresh_token\":\"b\"}")},
	{SENT("{\"access_token\":\"a\",\"refresh_token\":\"OVERSIZED\"}")},
};

/* More than a token may have. */
static const char *filled(const char *text)
{
	const char *at = strstr(text, "OVERSIZED");
	return at == NULL ? text
			  : e2e_text("%.*s%s%s", (int)(at - text), text, e2e_repeat('a', 8193),
				    at + strlen("OVERSIZED"));
}

static void begin_outage(int i)
{
	if (strcmp(outages[i].outcome, "hang") == 0 || strcmp(outages[i].outcome, "slow_body") == 0)
		e2e_set("DIALER_PROVIDER_TIMEOUT", "1");
	token_fault(outages[i].outcome, filled(outages[i].more));
}

START_TEST(outage_goes_on_to_aircall_and_keeps_the_connection)
{
	connected("alice");
	const char *before = dialpad_status("alice")->body;
	clocks(LIFE + 60);
	begin_outage(_i);
	if (_i % 4 == 1)
		refused_by_aircall();
	struct answer *a = place_to("alice", NUMBER);
	if (_i % 4 == 1)
		expect_attempts(a, "dialpad", "dialpad_unreachable", "aircall", "aircall_rejected");
	else
		expect_aircall(a);
	if (outages[_i].answered != NULL)
		expect_story(e2e_text(
			"refresh %s, aircall %d", outages[_i].answered, _i % 4 == 1 ? 422 : 204));
	ck_assert_int_eq(told("refresh"), 1);
	ck_assert_str_eq(dialpad_status("alice")->body, before);
	/* What there was is good again. */
	sim_delete("/control/faults");
	sim_delete("/control/requests");
	expect_dialpad(place_to("alice", THIRD));
	expect_story("refresh 200, dialpad 200");
}
END_TEST

START_TEST(outage_does_not_matter_while_the_token_is_good)
{
	connected("alice");
	clocks(LIFE - 30);
	begin_outage(_i);
	expect_dialpad(place_to("alice", NUMBER));
	ck_assert_int_eq(told("refresh"), 1);
	ck_assert_int_eq(told("dialpad 200"), 1);
	expect_connected("alice");
}
END_TEST

static const char *const unusable[] = {
	"{\"access_token\":\"\",\"refresh_token\":\"Bad-t0ken\"}",
	"{\"access_token\":\"Bad-t0ken\\r\\nX: 1\",\"refresh_token\":\"Bad-t0ken\"}",
	"{\"access_token\":\"Bad-t0ken\",\"refresh_token\":\"Bad-t0ken\\u0001\"}",
	"{\"access_token\":\"Bad-t0kenOVERSIZED\",\"refresh_token\":\"Bad-t0ken\"}",
	"{\"access_token\":\"Bad-t0ken\",\"refresh_token\":\"Bad-t0kenOVERSIZED\"}",
};

START_TEST(unusable_tokens_make_no_connection)
{
	connected("alice");
	const char *before = dialpad_status("alice")->body;
	token_fault("refuse", e2e_text(",\"status\":200,\"body\":%s", filled(unusable[_i])));
	static const char *const users[] = {"alice", "bob"};
	for (int i = 0; i < COUNT(users); i++) {
		struct flow f = flow_begin(users[i], NULL);
		expect_location(flow_return(flow_consent(&f), f.cookie),
			"/?dialpad=error&reason=exchange_failed");
	}
	expect_never_connected("bob");
	ck_assert_str_eq(dialpad_status("alice")->body, before);
	expect_dialpad(place_to("alice", NUMBER));
	ck_assert_ptr_null(found_in_data((const char *const[]){"Bad-t0ken", NULL}));
	ck_assert_ptr_null(strstr(server_log(), "Bad-t0ken"));
}
END_TEST

START_TEST(nobody_at_the_place_of_tokens)
{
	connected("alice");
	clocks(LIFE + 60);
	e2e_set("DIALPAD_BASE_URL", "http://127.0.0.1:1");
	expect_aircall(place_to("alice", NUMBER));
	e2e_set("DIALPAD_BASE_URL", sim.url);
	expect_dialpad(place_to("alice", SECOND));
	expect_story("aircall 204, refresh 200, dialpad 200");
}
END_TEST

START_TEST(wrong_client_secret_costs_no_connection)
{
	connected("alice");
	clocks(LIFE + 60);
	e2e_set("DIALPAD_CLIENT_SECRET", "another-secret-0815");
	expect_aircall(place_to("alice", NUMBER));
	expect_connected("alice");
	e2e_set("DIALPAD_CLIENT_SECRET", "sim-secret");
	expect_dialpad(place_to("alice", SECOND));
	expect_story("refresh 401, aircall 204, refresh 200, dialpad 200");
	ck_assert_ptr_null(strstr(server_log(), "0815"));
}
END_TEST

/* --- refused --- */

static const char *const refusals[] = {
	",\"status\":400,\"body\":{\"error\":\"invalid_grant\"}",
	",\"status\":400,\"body\":\"\"",
	",\"status\":401,\"body\":{\"error\":{\"code\":401,\"message\":\"no\"}}",
	",\"status\":403",
};

START_TEST(refused_refresh_asks_for_a_new_connection)
{
	connected("alice");
	connected_as("bob", OTHER_AGENT);
	clocks(_i % 2 == 0 ? LIFE + 60 : LIFE - 30);
	token_fault("refuse", e2e_text(",\"times\":1%s", refusals[_i]));
	refused_by_aircall();
	expect_attempts(place_to("alice", NUMBER), "dialpad", "dialpad_unauthorized", "aircall",
		"aircall_rejected");
	ck_assert_int_eq(told("refresh 4"), 1);
	ck_assert_int_eq(told("dialpad"), 0);
	expect_needs_reconnect("alice");
	/* Nobody is asked in vain. */
	expect_attempts(place_to("alice", SECOND), "dialpad", "not_connected", "aircall",
		"aircall_rejected");
	ck_assert_int_eq(told("refresh"), 1);
	/* It is no matter of others, and the user himself can mend it. */
	expect_dialpad(place_to("bob", NUMBER));
	connected("alice");
	expect_connected("alice");
	expect_dialpad(place_to("alice", THIRD));
	expect_story("dialpad 200");
}
END_TEST

START_TEST(spent_pair_leaves_nothing_but_the_news)
{
	connected("alice");
	clocks(LIFE + 60);
	sim_post("/control/tokens", "{\"revoke\":true}");
	expect_aircall(place_to("alice", NUMBER));
	expect_needs_reconnect("alice");
	struct answer *a = http(.method = "DELETE", .path = "/dialpad", .token = token("alice"));
	expect_status(a, 200);
	expect_text(a, "message", "Dialpad disconnected");
	expect_never_connected("alice");
	expect_story("refresh 400, aircall 204");
}
END_TEST

/* The pair was rotated there, and the new one got lost on its way: that can only be said. */
START_TEST(answer_lost_on_its_way_is_said)
{
	static const char *const ways[] = {"close", "reset", "cut"};
	connected("alice");
	clocks(LIFE + 60);
	token_fault(ways[_i], ",\"times\":1,\"handle\":true");
	expect_aircall(place_to("alice", NUMBER));
	expect_connected("alice");
	expect_aircall(place_to("alice", SECOND));
	expect_needs_reconnect("alice");
	ck_assert_int_eq(told("refresh 400"), 1);
	ck_assert_int_eq(told("dialpad"), 0);
	connected("alice");
	expect_dialpad(place_to("alice", THIRD));
}
END_TEST

/* --- death at every step --- */

static const struct {
	const char *fault, *story, *status, *next;
} deaths[] = {
	{"place-before-intent", "", NULL, "refresh 200, dialpad 200"},
	{"place-after-intent", "", "queued", "refresh 200, dialpad 200"},
	{"refresh-before-ask", "", "queued", "refresh 200, dialpad 200"},
	/* The pair is lost with the process: the next one has to say so. */
	{"refresh-after-ask", "refresh 200", "queued", "refresh 400, aircall 204"},
	{"refresh-after-store", "refresh 200", "queued", "dialpad 200"},
	{"place-before-ask", "refresh 200", "queued", "dialpad 200"},
	{"place-after-ask", "refresh 200, dialpad 200", "queued", "dialpad 200"},
	{"place-after-outcome", "refresh 200, dialpad 200", "initiated", "dialpad 200"},
};

static void expect_after_death(int i)
{
	const char *status = deaths[i].status;
	expect_story(deaths[i].story);
	struct answer *h = get("alice", "/history");
	expect_int(h, "pagination.total", status != NULL ? 1 : 0);
	if (status != NULL) {
		expect_text(h, "calls.0.status", status);
		expect_text(h, "calls.0.provider", "dialpad");
		/* Nobody knows whether it rings: it is not dialled again at once. */
		expect_error(place_to("alice", NUMBER), 409, "duplicate_call", NULL);
	}
	expect_connected("alice");
	expect_story(deaths[i].story);
	sim_delete("/control/requests");
	expect_status(place_to("alice", SECOND), 200);
	expect_story(deaths[i].next);
	if (strstr(deaths[i].next, "400") != NULL)
		expect_needs_reconnect("alice");
	else
		expect_connected("alice");
}

START_TEST(death_loses_no_pair_unsaid_and_dials_nothing_twice)
{
	connected("alice");
	clocks(LIFE + 60);
	struct run r = dialer_faulty(
		e2e_text("%s:kill", deaths[_i].fault), "call", NUMBER, "--user", "alice");
	expect_exit(r, 128 + 9);
	expect_after_death(_i);
}
END_TEST

START_TEST(death_of_the_program_behind_apache)
{
	static const int which[] = {3, 4, 6};
	struct daemon mortal;
	connected("alice");
	clocks(LIFE + 60);
	server_start(&mortal, "mortal.log",
		(const char *const[]){
			e2e_text("DIALER_TEST_FAULT=%s:kill", deaths[which[_i]].fault), NULL});
	struct answer *a = http(.to = &mortal, .path = "/call", .token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\"}");
	daemon_stop(&mortal);
	expect_error(a, 500, "internal", NULL);
	expect_after_death(which[_i]);
}
END_TEST

START_TEST(death_between_the_providers_is_settled_by_the_sync)
{
	connected("alice");
	script_for("dialpad", "\"outcome\":\"refuse\",\"status\":403");
	script_for("aircall", "\"outcome\":\"hang\"");
	e2e_set("DIALER_PROVIDER_TIMEOUT", "2");
	const char *const argv[] = {
		e2e_text("%s/cron/dialer-sync", e2e.build), "--config", e2e.config, NULL};
	expect_exit(dialer_faulty("place-after-ask:kill", "call", NUMBER, "--user", "alice"), 137);
	expect_story("dialpad 403");
	expect_text(get("alice", "/history"), "calls.0.status", "queued");
	clocks(30);
	expect_exit(e2e_run(argv, NULL), 0);
	struct answer *h = get("alice", "/history");
	expect_int(h, "pagination.total", 1);
	expect_text(h, "calls.0.status", "unconfirmed");
	expect_text(h, "calls.0.provider", "dialpad");
	ck_assert_int_eq(told("aircall"), 0);
}
END_TEST

START_TEST(death_after_an_exchange_keeps_the_old_connection)
{
	struct daemon mortal;
	connected("alice");
	struct flow f = flow_begin("alice", NULL);
	const char *callback = flow_consent(&f);
	server_start(&mortal, "mortal.log",
		(const char *const[]){"DIALER_TEST_FAULT=connect-after-exchange:kill", NULL});
	struct answer *a = http(.to = &mortal, .url = callback,
		.headers = {e2e_text("Cookie: dialer_oauth=%s", f.cookie)});
	daemon_stop(&mortal);
	expect_error(a, 500, "internal", NULL);
	expect_connected("alice");
	clocks(LIFE + 60);
	sim_delete("/control/requests");
	expect_dialpad(place_to("alice", NUMBER));
	expect_story("refresh 200, dialpad 200");
}
END_TEST

START_TEST(storm_of_deaths)
{
	static const char faults[] = "DIALER_TEST_FAULT=refresh-before-ask:kill:8,"
				     "refresh-after-ask:kill:4,refresh-after-store:kill:8,"
				     "place-after-intent:kill:4,place-before-ask:kill:6,"
				     "place-after-ask:kill:6,place-after-outcome:kill:4";
	enum { WAVES = 6, WAVE = 8 };
	int waves = e2e_long() ? 20 * WAVES : WAVES, reconnected = 0;
	struct daemon mortal;
	struct http q[WAVE];
	struct answer *answers[WAVE];
	dialpad_ready(61); /* each wave refreshes */
	connected("alice");
	server_start(&mortal, "mortal.log", (const char *const[]){faults, NULL});
	for (int w = 0; w < waves; w++) {
		clocks((w + 1) * 10);
		for (int i = 0; i < WAVE; i++)
			q[i] = (struct http){.to = &mortal,
				.path = "/call",
				.token = token("alice"),
				.patience = 60,
				.body = e2e_text("{\"phoneNumber\":\"+1555%04d%03d\"}", w, i)};
		http_all(q, WAVE, answers);
		for (int i = 0; i < WAVE; i++)
			ck_assert_int_le(sim_calls(e2e_text("+1555%04d%03d", w, i)), 1);
		if (!json_is_true(json_at(dialpad_status("alice")->json, "connected"))) {
			expect_needs_reconnect("alice");
			connect_user("alice");
			reconnected++;
		}
	}
	daemon_stop(&mortal);
	/* Not one of them is called without a row that says so. */
	int rows = history_total("alice"), calls = waves * WAVE;
	ck_assert_int_le(sim_calls(NULL), rows);
	ck_assert_int_le(rows, calls);
	ck_assert_int_ge(rows, calls / 2);
	/* A spent token is shown once, which is how its loss is found out. */
	ck_assert_int_le(spent_tokens_shown(), reconnected);
	expect_dialpad(place_to("alice", NUMBER));
}
END_TEST

/* --- what must not cost the pair that was just granted --- */

static struct http call_of_alice(void)
{
	return (struct http){.path = "/call",
		.token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\"}"};
}

/* Others are inside longer than the call may take. */
START_TEST(busy_storage_costs_no_pair)
{
	struct http q = call_of_alice();
	e2e_set("DIALER_PROVIDER_TIMEOUT", "3");
	connected("alice");
	clocks(LIFE + 60);
	token_fault("pass", ",\"times\":1,\"sleep_ms\":400");
	struct later *l = http_later(&q);
	await_told("refresh");
	int gate = open(e2e_text("%s/gate", e2e.data), O_RDWR | O_CLOEXEC);
	ck_assert_int_ne(gate, -1);
	ck_assert_int_eq(flock(gate, LOCK_EX), 0);
	e2e_sleep_ms(7000);
	close(gate);
	(void)http_wait(l);
	expect_connected("alice");
	sim_delete("/control/requests");
	expect_dialpad(place_to("alice", SECOND));
	expect_story("dialpad 200");
}
END_TEST

START_TEST(signal_costs_no_pair)
{
	static const char *const signals[] = {"TERM", "HUP"};
	const char *script = e2e_text("DIALER_TEST_FAULT=refresh-after-ask:stop "
				      "%s/bin/dialer --config %s call %s --user alice & p=$!; "
				      "until grep -q '^State:.T' /proc/$p/status; do sleep 0.05; "
				      "done; kill -%s $p; kill -CONT $p; wait $p",
		e2e.build, e2e.config, NUMBER, signals[_i]);
	connected("alice");
	clocks(LIFE + 60);
	struct run r = e2e_run((const char *const[]){"/bin/sh", "-c", script, NULL}, NULL);
	expect_exit(r, 128 + (_i == 0 ? SIGTERM : SIGHUP));
	expect_story("refresh 200");
	expect_connected("alice");
	expect_dialpad(place_to("alice", SECOND));
	expect_story("refresh 200, dialpad 200");
}
END_TEST

/* --- disconnecting leaves no token alive --- */

static struct answer *disconnect(const char *user)
{
	return http(.method = "DELETE", .path = "/dialpad", .token = token(user));
}

static int live_tokens(void)
{
	return (int)int_at(sim_get("/control/tokens"), "users.0.live");
}

#define expect_revoked(a)                                                                          \
	do {                                                                                       \
		const struct answer *a_ = (a);                                                     \
		expect_status(a_, 200);                                                            \
		expect_text(a_, "message", "Dialpad disconnected");                                \
	} while (0)

START_TEST(token_that_has_ended_revokes_the_others)
{
	connected("alice");
	clocks(LIFE + 60);
	expect_revoked(disconnect("alice"));
	expect_story("refresh 200, deauthorize 204");
	ck_assert_int_eq(live_tokens(), 0);
	expect_never_connected("alice");
}
END_TEST

START_TEST(token_that_was_ended_revokes_the_others)
{
	connected("alice");
	sim_post("/control/tokens", "{\"expire\":true}");
	expect_revoked(disconnect("alice"));
	expect_story("deauthorize 401, refresh 200, deauthorize 204");
	ck_assert_int_eq(live_tokens(), 0);
}
END_TEST

START_TEST(pair_that_is_refused_is_said)
{
	connected("alice");
	sim_post("/control/tokens", "{\"revoke\":true}");
	struct answer *a = disconnect("alice");
	expect_status(a, 200);
	ck_assert_msg(strstr(text_at(a->json, "message"), "refused") != NULL, "%s", answer_text(a));
	expect_story("deauthorize 401, refresh 400");
	expect_never_connected("alice");
}
END_TEST

START_TEST(endless_refresh_does_not_keep_a_user_connected)
{
	struct http q = call_of_alice();
	e2e_set("DIALER_PROVIDER_TIMEOUT", "60");
	connected("alice");
	clocks(LIFE - 30);
	token_fault("pass", ",\"times\":1,\"sleep_ms\":3000");
	struct later *l = http_later(&q);
	await_told("refresh");
	e2e_set("DIALER_PROVIDER_TIMEOUT", "2");
	expect_revoked(disconnect("alice"));
	expect_never_connected("alice");
	expect_aircall(http_wait(l));
	expect_never_connected("alice");
}
END_TEST

/* --- while somebody connects or disconnects --- */

static struct later *refreshing_call(void)
{
	struct http q = call_of_alice();
	token_fault("pass", ",\"times\":1,\"sleep_ms\":700");
	struct later *l = http_later(&q);
	await_told("refresh");
	return l;
}

START_TEST(disconnecting_during_a_refresh_is_final)
{
	connected("alice");
	clocks(_i == 0 ? LIFE - 30 : LIFE + 60);
	struct later *l = refreshing_call();
	/* The refresh is waited for: its pair would else live on, known to nobody. */
	expect_revoked(disconnect("alice"));
	expect_status(http_wait(l), 200);
	expect_never_connected("alice");
	ck_assert_int_eq(live_tokens(), 0);
	expect_aircall(place_to("alice", SECOND));
	expect_never_connected("alice");
}
END_TEST

START_TEST(connecting_during_a_refresh_wins)
{
	connected("alice");
	clocks(LIFE + 60);
	struct later *l = refreshing_call();
	struct flow f = flow_begin("alice", NULL);
	const char *callback = flow_consent(&f);
	expect_location(flow_return(callback, f.cookie), "/?dialpad=connected");
	const char *status = dialpad_status("alice")->body;
	expect_dialpad(http_wait(l));
	/* The pair of the refresh did not replace the newer one. */
	ck_assert_str_eq(dialpad_status("alice")->body, status);
	ck_assert_int_eq(told("dialpad 200"), 1);
	clocks(2 * LIFE + 200);
	expect_dialpad(place_to("alice", SECOND));
	ck_assert_int_eq(spent_tokens_shown(), 0);
}
END_TEST

START_TEST(refused_refresh_does_not_undo_a_new_connection)
{
	connected("alice");
	clocks(LIFE + 60);
	struct http q = call_of_alice();
	token_fault("refuse", ",\"status\":400,\"times\":1,\"sleep_ms\":700");
	struct later *l = http_later(&q);
	await_told("refresh");
	struct flow f = flow_begin("alice", NULL);
	expect_location(flow_return(flow_consent(&f), f.cookie), "/?dialpad=connected");
	/* Also for the call itself. */
	expect_dialpad(http_wait(l));
	expect_connected("alice");
	sim_delete("/control/requests");
	expect_dialpad(place_to("alice", SECOND));
	expect_story("dialpad 200");
}
END_TEST

/* --- kept to themselves --- */

/* How every token, code and secret of the simulator begins. */
static const char *const secrets[] = {
	"sim-access-", "sim-refresh-", "sim-code-", "sim-secret", "sim-company-key", NULL};

static void expect_no_secret(const char *where, const char *text)
{
	for (int i = 0; secrets[i] != NULL; i++)
		ck_assert_msg(strstr(text, secrets[i]) == NULL, "%s shows %s: %s", where,
			secrets[i], text);
}

START_TEST(tokens_are_nowhere_in_the_clear)
{
	e2e_set("DIALPAD_API_KEY", "sim-company-key");
	connected("alice");
	connected_as("bob", OTHER_AGENT);
	expect_dialpad(place_to("alice", NUMBER));
	clocks(LIFE + 60);
	expect_dialpad(place_to("alice", SECOND));
	sim_post("/control/tokens", "{\"expire\":true}");
	expect_dialpad(place_to("alice", THIRD));
	/* Refused, unreachable, given up: each has words of its own for the log. */
	sim_post("/control/tokens", "{\"expire\":true}");
	token_fault("refuse", ",\"times\":1,\"status\":500");
	expect_aircall(place_to("alice", "+15550000004"));
	token_fault("cut", ",\"times\":1,\"handle\":true");
	expect_aircall(place_to("alice", "+15550000005"));
	expect_aircall(place_to("alice", "+15550000006"));
	expect_needs_reconnect("alice");
	connect_user("alice");
	script_for("dialpad", "\"outcome\":\"fail\"");
	expect_status(place_to("bob", NUMBER), 504);
	ck_assert_int_ge(told("refresh"), 3);
	const char *found = found_in_data(secrets);
	ck_assert_msg(found == NULL, "%s", found);
	expect_no_secret("the log", server_log());
	struct run r = dialer("dialpad", "list");
	expect_no_secret("dialpad list", e2e_text("%s%s", r.out, r.err));
	r = dialer("dialpad", "list", "--json");
	expect_no_secret("dialpad list --json", e2e_text("%s%s", r.out, r.err));
	r = dialer("dialpad", "show", "alice");
	expect_no_secret("dialpad show", e2e_text("%s%s", r.out, r.err));
	r = dialer("dialpad", "show", "alice", "--json");
	expect_no_secret("dialpad show --json", e2e_text("%s%s", r.out, r.err));
	expect_no_secret("the history", get("alice", "/history")->body);
	expect_no_secret("the CSV", get("alice", "/history?format=csv")->body);
	expect_no_secret("the status", dialpad_status("alice")->body);
}
END_TEST

/* Dialpad, or somebody on the way, may say again what it was told. */
START_TEST(refusal_that_repeats_tokens_is_not_logged)
{
	token_fault("refuse", ",\"times\":1,\"status\":200,\"body\":{\"access_token\":"
			      "\"Acc3ss-of-alice-0001\",\"refresh_token\":"
			      "\"R3fresh-of-alice-0002\",\"expires_in\":30}");
	sim_post("/control/faults",
		"{\"path\":\"/api/v2/users/me\",\"outcome\":\"refuse\",\"status\":200,"
		"\"body\":{\"id\":\"" AGENT "\"}}");
	connected("alice");
	token_fault("refuse",
		",\"status\":400,\"body\":{\"error\":\"invalid_grant\",\"error_description\":"
		"\"R3fresh-of-alice-0002 was used by Acc3ss-of-alice-0001, sim-secret\"}");
	expect_aircall(place_to("alice", NUMBER));
	expect_needs_reconnect("alice");
	const char *log = server_log();
	static const char *const bad[] = {
		"Acc3ss-of-alice", "R3fresh-of-alice", "-0001", "-0002", NULL};
	ck_assert_msg(strstr(log, "invalid_grant") != NULL, "%s", log);
	for (int i = 0; bad[i] != NULL; i++)
		ck_assert_msg(strstr(log, bad[i]) == NULL, "%s in %s", bad[i], log);
	const char *found = found_in_data(bad);
	ck_assert_msg(found == NULL, "%s", found);
}
END_TEST

/* --- the suite --- */

static TCase *new_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 120);
	tcase_add_checked_fixture(t, setup, NULL);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("dialpad-tokens");
	TCase *t = new_case(s, "when");
	tcase_add_test(t, token_is_refreshed_shortly_before_its_end);
	tcase_add_loop_test(t, token_that_has_ended_is_refreshed_first, 0, 3);
	tcase_add_test(t, token_without_end_is_never_refreshed);
	tcase_add_test(t, token_without_refresh_token_ends_for_good);
	tcase_add_test(t, refresh_may_keep_the_refresh_token);

	t = new_case(s, "once");
	tcase_add_test(t, many_calls_refresh_once);
	tcase_add_test(t, many_calls_refused_refresh_once);
	tcase_add_test(t, refresh_of_one_user_holds_up_no_other);
	tcase_add_test(t, call_waits_for_the_refresh_under_way);
	tcase_add_test(t, endless_refresh_of_another_process_is_not_waited_for);

	t = new_case(s, "outage");
	tcase_add_loop_test(
		t, outage_goes_on_to_aircall_and_keeps_the_connection, 0, COUNT(outages));
	tcase_add_loop_test(t, outage_does_not_matter_while_the_token_is_good, 0, 4);
	tcase_add_loop_test(t, unusable_tokens_make_no_connection, 0, COUNT(unusable));
	tcase_add_test(t, nobody_at_the_place_of_tokens);
	tcase_add_test(t, wrong_client_secret_costs_no_connection);

	t = new_case(s, "refused");
	tcase_add_loop_test(t, refused_refresh_asks_for_a_new_connection, 0, COUNT(refusals));
	tcase_add_test(t, spent_pair_leaves_nothing_but_the_news);
	tcase_add_loop_test(t, answer_lost_on_its_way_is_said, 0, 3);

	t = new_case(s, "death");
	tcase_add_loop_test(
		t, death_loses_no_pair_unsaid_and_dials_nothing_twice, 0, COUNT(deaths));
	tcase_add_loop_test(t, death_of_the_program_behind_apache, 0, 3);
	tcase_add_test(t, death_between_the_providers_is_settled_by_the_sync);
	tcase_add_test(t, death_after_an_exchange_keeps_the_old_connection);
	tcase_add_test(t, storm_of_deaths);

	t = new_case(s, "granted");
	tcase_add_test(t, busy_storage_costs_no_pair);
	tcase_add_loop_test(t, signal_costs_no_pair, 0, 2);

	t = new_case(s, "disconnect");
	tcase_add_test(t, token_that_has_ended_revokes_the_others);
	tcase_add_test(t, token_that_was_ended_revokes_the_others);
	tcase_add_test(t, pair_that_is_refused_is_said);
	tcase_add_test(t, endless_refresh_does_not_keep_a_user_connected);

	t = new_case(s, "meanwhile");
	tcase_add_loop_test(t, disconnecting_during_a_refresh_is_final, 0, 2);
	tcase_add_test(t, connecting_during_a_refresh_wins);
	tcase_add_test(t, refused_refresh_does_not_undo_a_new_connection);

	t = new_case(s, "secret");
	tcase_add_test(t, tokens_are_nowhere_in_the_clear);
	tcase_add_test(t, refusal_that_repeats_tokens_is_not_logged);
	return s;
}

int main(void)
{
	e2e_log_may_hold = " outside E(3008|600[24]|610[13]): ";
	return e2e_main(suite());
}
