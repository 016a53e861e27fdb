/* Webhooks of both providers: what they tell makes the history true at once, nobody else can. */
#include "e2e/dialpad.h"
#include "e2e/listener.h"
#include "e2e/syncing.h"

#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOKEN    "aircall-webhook-token-0123456789"
#define SECRET   "dialpad-webhook-secret-0123456789"
#define JWT_HEAD "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define AIRCALL  "/webhooks/aircall"
#define DIALPAD  "/webhooks/dialpad"
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

#define AIRCALL_EVENTS                                                                             \
	"\"events\":[\"call.created\",\"call.answered\",\"call.hungup\",\"call.ended\"]"

static void setup(void)
{
	dialpad_ready(0);
	e2e_set("AIRCALL_WEBHOOK_TOKEN", TOKEN);
	e2e_set("DIALPAD_WEBHOOK_SECRET", SECRET);
	sim_post("/control/settings", "{\"started_at_delay\":0,\"rate_limit\":0}");
	clocks(0);
}

/* The simulated providers tell this server from now on. */
static void subscribe(const char *to)
{
	sim_post("/control/webhooks", e2e_text("{\"url\":\"%s/api/dialer" AIRCALL "\","
					       "\"token\":\"" TOKEN "\"," AIRCALL_EVENTS "}",
					      to));
	sim_post("/control/webhooks",
		e2e_text("{\"provider\":\"dialpad\",\"url\":\"%s/api/dialer" DIALPAD
			 "\",\"secret\":\"" SECRET "\"}",
			to));
}

/* As text that lives until the test ends. */
static const char *dumped(json_t *j)
{
	char *text = json_dumps(j, 0);
	const char *kept = e2e_text("%s", text != NULL ? text : "nothing");
	free(text);
	return kept;
}

/* Waits until all events whose time has come were delivered; returns how many. */
static int all_told(void)
{
	for (int tries = 0; tries < 600; tries++) {
		json_t *list = json_at(sim_get("/control/webhooks"), "deliveries"), *one;
		size_t i, delivered = 0;
		json_array_foreach(list, i, one) delivered += text_is(one, "state", "delivered");
		if (delivered == json_array_size(list))
			return (int)delivered;
		e2e_sleep_ms(20);
	}
	ck_abort_msg("events are not taken: %s",
		dumped(json_at(sim_get("/control/webhooks"), "deliveries")));
	return 0;
}

static void sync_well(void)
{
	struct run r = run_sync(NULL);
	ck_assert_msg(r.status == 0, "status %d\n%s%s", r.status, r.out, r.err);
}

/* Everything that there is to see of a call, its whole life included. */
static const char *all_about(const char *id)
{
	struct run r = dialer("explain", id, "--json");
	expect_exit(r, 0);
	return r.out;
}

static struct answer *tell_aircall(const char *body)
{
	return http(.path = AIRCALL, .body = body);
}

static struct answer *tell_dialpad(const char *payload)
{
	return http(.path = DIALPAD, .body = token_by(JWT_HEAD, payload, SECRET, 0),
		.type = "application/jwt");
}

/* --- bodies of our own --- */

static const char *aircall_event(const char *secret, const char *event, long long started_at)
{
	return e2e_text(
		"{\"resource\":\"call\",\"event\":\"%s\",\"timestamp\":%lld,\"token\":\"%s\","
		"\"data\":{\"id\":4300000001,\"direction\":\"outbound\",\"status\":\"done\","
		"\"started_at\":%lld,\"answered_at\":%lld,\"ended_at\":%lld,\"duration\":9,"
		"\"raw_digits\":\"+1 555-123-4567\",\"user\":{\"id\":1527216},"
		"\"number\":{\"id\":967647}}}",
		event, started_at + 11, secret, started_at, started_at + 2, started_at + 9);
}

static const char *dialpad_event(const char *id, const char *state)
{
	long long now = (long long)e2e_now_ms();
	return e2e_text("{\"call_id\":5712345678901248,\"state\":\"%s\",\"direction\":\"outbound\","
			"\"external_number\":\"" NUMBER "\",\"date_started\":%lld,"
			"\"date_connected\":%lld,\"date_ended\":%lld,\"event_timestamp\":%lld,"
			"\"duration\":7000,\"total_duration\":9000,\"custom_data\":\"%s\"}",
		state, now, now + 2000, now + 9000, now + 9010, id);
}

static const char *by_cti(const char *user)
{
	struct answer *a = place(user, "{\"phoneNumber\":\"" NUMBER "\",\"placedBy\":\"cti\"}");
	expect_status(a, 200);
	expect_text(a, "call.status", "initiated");
	return text_at(a->json, "call.id");
}

/* --- what is not taken --- */

START_TEST(without_token_and_secret_nothing_is_taken)
{
	e2e_set("AIRCALL_WEBHOOK_TOKEN", NULL);
	e2e_set("DIALPAD_WEBHOOK_SECRET", NULL);
	expect_error(tell_aircall(aircall_event("", "call.ended", 1)), 503, "not_configured", NULL);
	expect_error(tell_dialpad("{}"), 503, "not_configured", NULL);
	expect_error(http(.path = DIALPAD, .body = "{}"), 503, "not_configured", NULL);
}
END_TEST

START_TEST(forged_events_change_nothing_and_look_alike)
{
	const char *id = placed("alice", NUMBER), *cti = by_cti("bob");
	const char *before = e2e_text("%s%s", all_about(id), all_about(cti));
	long long now = (long long)e2e_now_ms() / 1000;
	const char *good = aircall_event(TOKEN, "call.ended", now);
	const char *event = dialpad_event(cti, "hangup");
	const char *const to_aircall[] = {aircall_event("wrong", "call.ended", now),
		aircall_event("", "call.ended", now), aircall_event(TOKEN "x", "call.ended", now),
		e2e_text("%sx", good), e2e_text("%.200s", good), "", "{}", "[]", "null",
		token_by(JWT_HEAD, good, SECRET, 0), ("token=" TOKEN)};
	const char *const to_dialpad[] = {event, "", "{}", good, "..", "a.b.c",
		token_by(JWT_HEAD, event, "another secret", 0),
		token_by("{\"alg\":\"none\"}", event, SECRET, 0),
		token_by("{\"alg\":\"HS384\"}", event, SECRET, 0),
		token_by("{\"alg\":\"RS256\"}", event, SECRET, 0),
		e2e_text("%s\n", token_by(JWT_HEAD, event, SECRET, 0)),
		e2e_text("Bearer %s", token_by(JWT_HEAD, event, SECRET, 0)), token("alice")};
	const char *seen = NULL;
	for (int i = 0; i < COUNT(to_aircall) + COUNT(to_dialpad); i++) {
		int d = i - COUNT(to_aircall);
		struct answer *a = http(.method = "POST", .path = d < 0 ? AIRCALL : DIALPAD,
			.body = d < 0 ? to_aircall[i] : to_dialpad[d]);
		expect_error(a, 401, "unauthorized", NULL);
		ck_assert_msg(seen == NULL || strcmp(seen, a->body) == 0, "%s", answer_text(a));
		seen = a->body;
	}
	ck_assert_str_eq(before, e2e_text("%s%s", all_about(id), all_about(cti)));
	const char *log = server_log();
	static const char *const never[] = {TOKEN, SECRET, "another secret", "5551234567", "eyJ"};
	for (int i = 0; i < COUNT(never); i++)
		ck_assert_msg(strstr(log, never[i]) == NULL, "%s in %s", never[i], log);
}
END_TEST

START_TEST(bodies_beyond_the_limit_are_refused)
{
	const char *big = aircall_event(e2e_repeat('x', 70000), "call.ended", 1);
	expect_error(tell_aircall(big), 413, "too_large", NULL);
	expect_error(http(.path = DIALPAD, .body = big, .chunked = true), 413, "too_large", NULL);
}
END_TEST

/* They are for servers: no page of whatever origin has business there. */
START_TEST(no_origin_is_granted)
{
	e2e_set("DIALER_CORS_ORIGINS", "https://crm.example.com");
	const char *const paths[] = {AIRCALL, DIALPAD};
	for (int i = 0; i < 2; i++) {
		struct answer *a = http(.method = "OPTIONS", .path = paths[i],
			.headers = {"Origin: https://crm.example.com",
				"Access-Control-Request-Method: POST"});
		expect_error(a, 405, "method_not_allowed", NULL);
		ck_assert_ptr_null(header(a, "Access-Control-Allow-Origin"));
		a = http(.path = paths[i], .body = "{}",
			.headers = {"Origin: https://crm.example.com"});
		expect_error(a, 401, "unauthorized", NULL);
		ck_assert_ptr_null(header(a, "Access-Control-Allow-Origin"));
	}
}
END_TEST

/* To refuse what is genuine would only bring it back. */
START_TEST(whatever_is_genuine_is_taken)
{
	static const char *const payloads[] = {"garbage", "{}", "[]", "null", "\xff\xfe",
		"{\"call_id\":0}", "{\"call_id\":\"x\",\"state\":7}",
		"{\"call_id\":1,\"state\":\"hangup\",\"direction\":\"inbound\"}",
		"{\"call_id\":2,\"state\":\"never heard of\",\"direction\":\"outbound\"}"};
	static const char *const types[] = {"", "application/jwt", "text/plain", "application/json",
		"application/x-www-form-urlencoded", "nonsense"};
	for (int i = 0; i < COUNT(payloads); i++) {
		struct answer *a = tell_dialpad(payloads[i]);
		expect_status(a, 200);
		expect_true(a, "success");
	}
	for (int i = 0; i < COUNT(types); i++) {
		expect_status(http(.path = AIRCALL, .body = "{\"token\":\"" TOKEN "\"}",
				      .type = types[i], .chunked = i % 2 == 1),
			200);
		expect_status(http(.path = DIALPAD, .body = token_by(JWT_HEAD, "{}", SECRET, 0),
				      .type = types[i], .chunked = i % 2 == 1),
			200);
	}
}
END_TEST

/* Waits until the program has stopped itself; false: it has ended, which is still to be waited for. */
static bool has_stopped(pid_t pid)
{
	siginfo_t i;
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &i, WSTOPPED | WEXITED | WNOWAIT), 0);
	if (i.si_code != CLD_STOPPED)
		return false;
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &i, WSTOPPED), 0);
	return true;
}

/* The list shows the leg of the device first, the event the one to the number: whoever comes second has
 * not got the call, and nobody is to be told. */
START_TEST(an_event_between_a_list_and_its_writing_is_no_trouble)
{
	static const char *const env[] = {"DIALER_TEST_FAULT=sync-before-apply:stop", NULL};
	e2e_set("DIALPAD_API_KEY", "sim-company-key");
	const char *id = by_cti("alice");
	sim_post("/control/calls",
		e2e_text("{\"provider\":\"dialpad\",\"user\":" AGENT ",\"to\":\"" NUMBER
			 "\",\"custom_data\":\"%s\",\"hangup_after\":5}",
			id));
	clocks(30);
	const char *argv[] = {
		e2e_text("%s/cron/dialer-sync", e2e.build), "--config", e2e.config, NULL};
	struct begun b = e2e_begin(argv, env);
	ck_assert(has_stopped(b.pid));
	expect_status(tell_dialpad(dialpad_event(id, "ringing")), 200);
	do
		ck_assert_int_eq(kill(b.pid, SIGCONT), 0);
	while (has_stopped(b.pid));
	struct run r = e2e_end(&b);
	ck_assert_msg(r.status == 0 && r.err[0] == '\0', "status %d\n%s", r.status, r.err);
	ck_assert_str_eq(text_at(call_of("alice", id), "externalCallId"), "5712345678901248");
	ck_assert_ptr_nonnull(strstr(all_about(id), "that is another call of the provider"));
}
END_TEST

/* --- what the simulated providers tell --- */

/* Numbers and how the calls to them go, with both providers alike. */
static const struct {
	const char *number, *script, *status;
} ways[] = {
	{"+15550000001", "\"outcome\":\"answered\",\"answer_after\":3,\"hangup_after\":20",
		"completed"},
	{"+15550000002", "\"outcome\":\"answered\",\"answer_after\":0,\"hangup_after\":1",
		"completed"},
	{"+15550000003", "\"outcome\":\"unanswered\"", "no-answer"},
};
#define WAYS COUNT(ways)

/* The truth about a call, by the provider's id. */
static json_t *truth(const char *external_id)
{
	json_t *list = json_at(sim_get("/control/calls"), "calls"), *one;
	size_t i;
	json_array_foreach(list, i, one)
	{
		json_t *id = json_at(one, "id");
		const char *text = json_is_string(id) ? json_string_value(id)
						      : e2e_text("%" JSON_INTEGER_FORMAT,
								json_integer_value(id));
		if (strcmp(text, external_id) == 0)
			return one;
	}
	ck_abort_msg("no call %s", external_id);
	return NULL;
}

/* A time of the truth as the API writes it. */
static const char *as_time(json_t *t, const char *seconds, const char *milliseconds)
{
	char text[32];
	json_int_t ms = int_at(t, milliseconds);
	if (ms == -1)
		ms = int_at(t, seconds) * 1000;
	time_t s = ms / 1000;
	struct tm tm;
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", gmtime_r(&s, &tm));
	return e2e_text("%s.%03dZ", text, (int)(ms % 1000));
}

static void expect_true_row(const char *user, const char *id, int way)
{
	json_t *c = call_of(user, id);
	const char *text = dumped(c);
	ck_assert_msg(text_is(c, "status", ways[way].status), "%s", text);
	json_t *t = truth(text_at(c, "externalCallId"));
	ck_assert_msg(text_is(t, "to", ways[way].number + 1) || text_is(t, "to", ways[way].number),
		"%s", dumped(t));
	ck_assert_str_eq(text_at(c, "endTime"), as_time(t, "ended_at", "ended_ms"));
	if (strcmp(ways[way].status, "completed") == 0)
		ck_assert_str_eq(
			text_at(c, "answerTime"), as_time(t, "answered_at", "connected_ms"));
	else
		ck_assert_msg(text_at(c, "answerTime") == NULL && int_at(c, "talkTime") == -1, "%s",
			text);
}

/* One call of each way by each of the users; ids[u * WAYS + w]. */
static void place_all(const char *const *users, int count, const char **ids)
{
	for (int w = 0; w < WAYS; w++) {
		sim_script(e2e_text("{\"to\":\"%s\",%s}", ways[w].number, ways[w].script));
		for (int u = 0; u < count; u++)
			ids[u * WAYS + w] = placed(users[u], ways[w].number);
	}
}

/* Everything but ids and times, which two runs of one story never share. */
static const char *figures(const char *user, const char *id)
{
	json_t *c = call_of(user, id);
	return e2e_text("%s %d %d", text_at(c, "status"), (int)int_at(c, "duration"),
		(int)int_at(c, "talkTime"));
}

#define expect_nothing_to_do(after)                                                                \
	do {                                                                                       \
		static const char *const args_[] = {"--json", NULL};                               \
		struct run run_ = run_sync(args_);                                                 \
		ck_assert_int_eq(run_.status, 0);                                                  \
		ck_assert_msg(                                                                     \
			strstr(run_.out, "\"updated\":0") != NULL, "%s: %s", after, run_.out);     \
	} while (0)

/* alice calls through Aircall, bob through Dialpad, with events duplicated and out of order. */
START_TEST(events_alone_make_the_history_true)
{
	static const char *const users[] = {"alice", "bob"};
	const char *ids[2 * WAYS];
	connected("bob");
	subscribe(server.url);
	sim_post("/control/settings",
		"{\"webhook_duplicates\":true,\"webhook_swap\":true,\"busy_users\":false,\"shift_"
		"started_at\":false,"
		"\"dialpad_ring_after\":1,\"dialpad_post_states\":\"recording transcription\"}");
	sim_post("/control/calls", "{\"to\":\"+15559990001\",\"direction\":\"inbound\"}");
	place_all(users, 2, ids);
	for (int at = 2; at <= 64; at += at < 8 ? 2 : 14)
		clocks(at);
	/* Four of each call of Aircall, five and six of those of Dialpad, and the inbound one; twice. */
	ck_assert_int_ge(all_told(), 60);
	for (int i = 0; i < 2 * WAYS; i++)
		expect_true_row(users[i / WAYS], ids[i], i % WAYS);
	ck_assert_int_eq(history_total("alice"), WAYS);
	ck_assert_int_eq(history_total("bob"), WAYS);
	expect_nothing_to_do("after the events");
	/* Aircall corrects its figures later; the sync sees to that, as always. */
	clocks(30 * 60);
	sync_well();
	for (int i = 0; i < 2 * WAYS; i++)
		expect_true_row(users[i / WAYS], ids[i], i % WAYS);
	/* The same story without a single event. */
	const char *with_events[2 * WAYS];
	for (int i = 0; i < 2 * WAYS; i++)
		with_events[i] = figures(users[i / WAYS], ids[i]);
	sim_post("/control/settings", "{\"webhook_lose_every\":1}");
	place_all(users, 2, ids);
	clocks(31 * 60 + 10);
	sync_well();
	clocks(61 * 60 + 10);
	sync_well();
	for (int i = 0; i < 2 * WAYS; i++)
		ck_assert_str_eq(figures(users[i / WAYS], ids[i]), with_events[i]);
}
END_TEST

/* What initiate_call and the CTI do not tell: whose call it is. */
START_TEST(events_bring_the_ids_that_dialpad_did_not_tell)
{
	connected("bob");
	subscribe(server.url);
	sim_post("/control/settings", "{\"busy_users\":false,\"webhook_duplicates\":true}");
	e2e_set("DIALPAD_CALL_API", "initiate_call");
	sim_script(e2e_text("{\"to\":\"%s\",%s}", ways[0].number, ways[0].script));
	const char *id = placed("bob", ways[0].number), *cti = by_cti("bob");
	sim_post("/control/calls",
		e2e_text("{\"provider\":\"dialpad\",\"to\":\"" NUMBER "\",\"custom_data\":\"%s\"}",
			cti));
	clocks(60);
	all_told();
	expect_true_row("bob", id, 0);
	json_t *c = call_of("bob", cti);
	ck_assert_str_eq(text_at(c, "status"), "completed");
	ck_assert_str_eq(text_at(c, "provider"), "cti");
	ck_assert_ptr_nonnull(text_at(c, "externalCallId"));
	expect_nothing_to_do("after the events");
}
END_TEST

/* The provider is faster with its event than with its answer. */
START_TEST(an_event_may_come_before_the_answer)
{
	connected("bob");
	subscribe(server.url);
	sim_script("{\"to\":\"*\",\"provider\":\"dialpad\",\"outcome\":\"answered\",\"ring_after\":"
		   "0.1,"
		   "\"answer_after\":0.3,\"hangup_after\":null,\"sleep_ms\":2000}");
	const char *id = text_at(place_to("bob", NUMBER)->json, "call.id");
	ck_assert_ptr_nonnull(id);
	all_told();
	expect_call_status("bob", id, "in-progress");
	const char *life = all_about(id);
	ck_assert_msg(strstr(life, "kept since") != NULL, "%s", life);
}
END_TEST

/* A call that began long after the click might be another: its events wait for the sync. */
START_TEST(events_wait_for_the_sync_where_it_must_decide)
{
	subscribe(server.url);
	sim_script(
		"{\"to\":\"*\",\"outcome\":\"answered\",\"started_at_delay\":15,\"answer_after\":3,"
		"\"hangup_after\":20,\"list_after\":0}");
	const char *id = placed("alice", NUMBER);
	clocks(80);
	ck_assert_int_eq(all_told(), 4);
	expect_call_status("alice", id, "initiated");
	sync_well();
	expect_call_status("alice", id, "completed");
	const char *life = all_about(id);
	int folded = 0;
	for (const char *at = life; (at = strstr(at, "kept since")) != NULL; at++)
		folded++;
	ck_assert_msg(folded == 4, "%s", life);
}
END_TEST

/* Dialled by hand before, after, and at the same time on another line. */
START_TEST(calls_dialled_by_hand_stay_out_of_the_history)
{
	subscribe(server.url);
	sim_post("/control/settings", "{\"busy_users\":false,\"webhook_duplicates\":true}");
	sim_post("/control/calls", "[{\"to\":\"" NUMBER "\",\"hangup_after\":4}]");
	clocks(10);
	sim_post("/control/calls", "{\"to\":\"" NUMBER "\",\"user\":456,\"number\":967647}");
	const char *id = placed("alice", NUMBER);
	clocks(140);
	sim_post("/control/calls", "{\"to\":\"" NUMBER "\"}");
	clocks(240);
	ck_assert_int_eq(all_told(), 32); /* four of four calls, twice */
	json_t *c = call_of("alice", id);
	ck_assert_str_eq(text_at(c, "status"), "completed");
	json_t *t = truth(text_at(c, "externalCallId"));
	ck_assert(!json_is_true(json_at(t, "hand_dialled")));
	ck_assert_int_eq(history_total("alice"), 1);
	sync_well();
	ck_assert_str_eq(
		text_at(call_of("alice", id), "externalCallId"), text_at(c, "externalCallId"));
}
END_TEST

/* --- again and again --- */

/* What Aircall tells about alice's call, word for word; returns the call's id. */
static const char *capture(char *bodies[4])
{
	char url[80];
	int listener = listener_open(url);
	sim_post("/control/webhooks",
		e2e_text("{\"url\":\"%s\",\"token\":\"" TOKEN "\"," AIRCALL_EVENTS "}", url));
	const char *id = placed("alice", NUMBER);
	clocks(60);
	for (int i = 0; i < 4; i++)
		bodies[i] = listener_receive(listener, "200 OK", 0, NULL);
	close(listener);
	return id;
}

START_TEST(captured_events_change_nothing_when_they_are_sent_again)
{
	char *bodies[4];
	unsigned order = 20261120;
	const char *id = capture(bodies);
	/* In any order, and all of them before the last is new. */
	for (int i = 0; i < 12; i++) {
		order = order * 1103515245 + 12345;
		expect_status(tell_aircall(bodies[(order >> 16) % 4]), 200);
	}
	for (int i = 3; i >= 0; i--)
		expect_status(tell_aircall(bodies[i]), 200);
	expect_call_status("alice", id, "completed");
	const char *life = all_about(id);
	clocks(3600);
	for (int i = 0; i < 8; i++)
		expect_status(tell_aircall(bodies[i % 4]), 200);
	ck_assert_str_eq(all_about(id), life);
	for (int i = 0; i < 4; i++)
		free(bodies[i]);
}
END_TEST

/* --- killed, busy --- */

static const struct {
	const char *fault, *status;
} deaths[] = {
	{"event-before-store", "initiated"},
	{"event-amid-take", "initiated"},
	{"event-after-store", "completed"},
};

/* Whatever the provider hears, it sends the event again, and that is all it takes. */
START_TEST(a_killed_program_loses_no_event)
{
	struct daemon own;
	const char *const env[] = {e2e_text("DIALER_TEST_FAULT=%s:kill", deaths[_i].fault), NULL};
	const char *id = by_cti("bob"), *event = dialpad_event(id, "hangup");
	server_start(&own, "killed.log", env);
	struct answer *a = http(.to = &own, .path = DIALPAD,
		.body = token_by(JWT_HEAD, event, SECRET, 0), .type = "application/jwt");
	expect_error(a, 500, "internal", NULL);
	ck_assert_int_eq(daemon_stop(&own), 0);
	expect_call_status("bob", id, deaths[_i].status);
	expect_status(tell_dialpad(event), 200);
	expect_call_status("bob", id, "completed");
	ck_assert_int_eq(int_at(call_of("bob", id), "duration"), 9);
}
END_TEST

#define STORM_ROWS 6

/* The n-th event of a call of the CTI: states in their order, one second apart. */
static const char *storm_event(const char *id, int call, int n, long long begin)
{
	static const char *const states[] = {
		"calling", "ringing", "connected", "hangup", "recording"};
	const char *answered = n >= 2 ? e2e_text("\"date_connected\":%lld,", begin + 2000) : "";
	const char *ended = n >= 3 ? e2e_text("\"date_ended\":%lld,\"total_duration\":3000,"
					      "\"duration\":1000,",
					     begin + 3000)
				   : "";
	return e2e_text("{\"call_id\":%lld,\"state\":\"%s\",\"direction\":\"outbound\",%s%s"
			"\"date_started\":%lld,\"event_timestamp\":%lld,\"custom_data\":\"%s\"}",
		5712345678901248LL + call, states[n], answered, ended, begin, begin + n * 1000LL,
		id);
}

/* All at once, each twice, a fifth of the programs killed before or after they have stored it: what is
 * not taken comes again, until all is. */
START_TEST(a_storm_of_events_with_kills_ends_in_the_truth)
{
	enum { EVENTS = STORM_ROWS * 5 * 2 };
	struct daemon own;
	const char *const env[] = {"DIALER_TEST_FAULT=event-before-store:kill:10,"
				   "event-after-store:kill:10",
		NULL};
	const char *ids[STORM_ROWS], *bodies[EVENTS];
	int open = EVENTS;
	unsigned order = 20261120;
	long long begin = (long long)e2e_now_ms();
	for (int i = 0; i < STORM_ROWS; i++)
		ids[i] = by_cti(e2e_text("user%d", i));
	for (int i = 0; i < EVENTS; i++)
		bodies[i] = token_by(JWT_HEAD,
			storm_event(ids[i % STORM_ROWS], i % STORM_ROWS, i / STORM_ROWS % 5, begin),
			SECRET, 0);
	server_start(&own, "storm.log", env);
	while (open > 0) {
		struct http q[8];
		struct answer *a[8];
		int n = open < 8 ? open : 8;
		for (int i = 0; i < n; i++) {
			order = order * 1103515245 + 12345;
			int j = i + (int)((order >> 16) % (unsigned)(open - i));
			const char *was = bodies[j];
			bodies[j] = bodies[i];
			bodies[i] = was;
			q[i] = (struct http){.to = &own, .path = DIALPAD, .body = bodies[i]};
		}
		http_all(q, n, a);
		for (int i = n - 1; i >= 0; i--) {
			if (a[i]->status == 200)
				bodies[i] = bodies[--open];
			else
				ck_assert_msg(a[i]->status == 500, "%s", answer_text(a[i]));
		}
	}
	ck_assert_int_eq(daemon_stop(&own), 0);
	for (int i = 0; i < STORM_ROWS; i++) {
		json_t *c = call_of(e2e_text("user%d", i), ids[i]);
		ck_assert_msg(text_is(c, "status", "completed"), "%s", dumped(c));
		ck_assert_int_eq(int_at(c, "duration"), 3);
		ck_assert_int_eq(int_at(c, "talkTime"), 1);
		ck_assert_str_eq(
			text_at(c, "externalCallId"), e2e_text("%lld", 5712345678901248LL + i));
	}
}
END_TEST

START_TEST(an_event_that_finds_storage_busy_comes_again)
{
	const char *id = by_cti("bob");
	subscribe(server.url);
	int gate = open(e2e_text("%s/gate", e2e.data), O_RDWR | O_CLOEXEC);
	ck_assert(gate != -1 && flock(gate, LOCK_EX) == 0);
	struct http q = {.path = DIALPAD,
		.body = token_by(JWT_HEAD, dialpad_event(id, "connected"), SECRET, 0)};
	struct later *ours = http_later(&q);
	sim_post("/control/settings", "{\"webhook_timeout_ms\":20000,\"dialpad_ring_after\":-1}");
	sim_post("/control/calls",
		e2e_text("{\"provider\":\"dialpad\",\"to\":\"" NUMBER "\",\"custom_data\":\"%s\","
			 "\"answer_after\":null,\"hangup_after\":null}",
			id));
	struct answer *a = http_wait(ours);
	expect_error(a, 503, "storage_unavailable", NULL);
	ck_assert_ptr_nonnull(header(a, "Retry-After"));
	for (int i = 0; i < 500; i++) {
		if (int_at(sim_get("/control/webhooks"), "deliveries.0.attempts") > 0)
			break;
		e2e_sleep_ms(20);
	}
	ck_assert_int_eq(int_at(sim_get("/control/webhooks"), "deliveries.0.status"), 503);
	close(gate);
	clocks(3);
	ck_assert_int_eq(all_told(), 1);
	ck_assert_ptr_nonnull(text_at(call_of("bob", id), "externalCallId"));
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
	Suite *s = suite_create("webhooks");
	TCase *t = new_case(s, "refusals");
	tcase_add_test(t, without_token_and_secret_nothing_is_taken);
	tcase_add_test(t, forged_events_change_nothing_and_look_alike);
	tcase_add_test(t, bodies_beyond_the_limit_are_refused);
	tcase_add_test(t, no_origin_is_granted);
	tcase_add_test(t, whatever_is_genuine_is_taken);
	t = new_case(s, "events");
	tcase_add_test(t, events_alone_make_the_history_true);
	tcase_add_test(t, events_bring_the_ids_that_dialpad_did_not_tell);
	tcase_add_test(t, an_event_may_come_before_the_answer);
	tcase_add_test(t, events_wait_for_the_sync_where_it_must_decide);
	tcase_add_test(t, calls_dialled_by_hand_stay_out_of_the_history);
	tcase_add_test(t, an_event_between_a_list_and_its_writing_is_no_trouble);
	t = new_case(s, "repetition");
	tcase_add_test(t, captured_events_change_nothing_when_they_are_sent_again);
	t = new_case(s, "failures");
	tcase_add_loop_test(t, a_killed_program_loses_no_event, 0, COUNT(deaths));
	tcase_add_test(t, a_storm_of_events_with_kills_ends_in_the_truth);
	tcase_add_test(t, an_event_that_finds_storage_busy_comes_again);
	return s;
}

int main(void)
{
	/* Events that make no sense, and a storage held busy. */
	e2e_log_may_hold = " outside E(7003|3008): ";
	return e2e_main(suite());
}
