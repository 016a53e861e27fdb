/* Webhooks: what the simulated providers tell of the calls, and clients of calls that are not ours. */
#include "e2e/storm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TOKEN        "aircall-webhook-token-0123456789"
#define SECRET       "dialpad-webhook-secret-0123456789"
#define FIRST_CALL   INT64_C(6000000000000000)
#define AWAIT_TRIES  3000
#define AWAIT_MS     20
#define ADVANCE_EACH 50 /* tries; then the time of those comes that are to be told again */

void storm_subscribe(void)
{
	e2e_set("AIRCALL_WEBHOOK_TOKEN", TOKEN);
	e2e_set("DIALPAD_WEBHOOK_SECRET", SECRET);
	sim_post("/control/webhooks",
		e2e_text("[{\"url\":\"%s/api/dialer/webhooks/aircall\",\"token\":\"" TOKEN
			 "\",\"events\":[\"call.answered\",\"call.ended\"]},"
			 "{\"provider\":\"dialpad\",\"url\":\"%s/api/dialer/webhooks/dialpad\","
			 "\"secret\":\"" SECRET "\",\"events\":[\"connected\",\"hangup\"]}]",
			server.url, server.url));
}

/* --- of their own --- */

/* Somebody else's, some of which might yet turn out to be ours: dialled by people on other lines. */
static struct answer *tell_aircall(struct storm_client *c, int64_t call, bool outbound)
{
	char body[600];
	int64_t now = e2e_now_ms() / 1000;
	snprintf(body, sizeof(body),
		"{\"resource\":\"call\",\"event\":\"call.ended\",\"timestamp\":%" PRId64
		",\"token\":\"" TOKEN "\",\"data\":{\"id\":%" PRId64 ",\"direction\":\"%s\","
		"\"status\":\"done\",\"started_at\":%" PRId64 ",\"answered_at\":%" PRId64
		",\"ended_at\":%" PRId64 ",\"duration\":9,\"raw_digits\":\"+1 556-%03d-%04d\","
		"\"user\":{\"id\":2078847},\"number\":{\"id\":1389850}}}",
		now, call, outbound ? "outbound" : "inbound", now - 9, now - 7, now, c->number,
		c->events % 10000);
	const struct http q = {.path = "/webhooks/aircall", .body = body};
	return storm_ask(c, STORM_AIRCALL_EVENT, &q);
}

static struct answer *tell_dialpad(struct storm_client *c, int64_t call, bool outbound)
{
	char payload[500];
	int64_t now = e2e_now_ms();
	snprintf(payload, sizeof(payload),
		"{\"call_id\":%" PRId64 ",\"state\":\"hangup\",\"direction\":\"%s\","
		"\"external_number\":\"+1556%03d%04d\",\"date_started\":%" PRId64
		",\"date_connected\":%" PRId64 ",\"date_ended\":%" PRId64
		",\"event_timestamp\":%" PRId64 ",\"duration\":7000,\"total_duration\":9000}",
		call, outbound ? "outbound" : "inbound", c->number, c->events % 10000, now - 9000,
		now - 7000, now, now);
	const struct http q = {.path = "/webhooks/dialpad",
		.body = token_by("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", payload, SECRET, 0),
		.type = "application/jwt"};
	return storm_ask(c, STORM_DIALPAD_EVENT, &q);
}

void storm_tell_event(struct storm *s, struct storm_client *c)
{
	int64_t call = FIRST_CALL + c->number * INT64_C(1000000) + c->events++;
	bool outbound = storm_roll(&c->dice, 4) == 0;
	storm_judge(s, c,
		storm_roll(&c->dice, 2) == 0 ? tell_aircall(c, call, outbound)
					     : tell_dialpad(c, call, outbound),
		false);
}

/* --- of the simulator --- */

static void count_deliveries(struct storm *s, json_t *all)
{
	json_t *forgotten = json_at(all, "forgotten"), *list = json_at(all, "deliveries");
	s->deliveries = int_at(forgotten, "deliveries") + (int64_t)json_array_size(list);
	s->delivered = int_at(forgotten, "delivered");
	s->attempts = int_at(forgotten, "attempts");
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *d = json_array_get(list, i);
		s->delivered += text_is(d, "state", "delivered");
		s->attempts += int_at(d, "attempts");
	}
}

void storm_await_events(struct storm *s)
{
	size_t waiting = 0;
	for (int tries = 0; tries < AWAIT_TRIES; tries++) {
		size_t kept = e2e_kept();
		json_t *all = sim_get("/control/webhooks"), *list = json_at(all, "deliveries");
		waiting = 0;
		for (size_t i = 0; i < json_array_size(list); i++)
			waiting += text_is(json_array_get(list, i), "state", "waiting");
		if (waiting == 0) {
			count_deliveries(s, all);
			return;
		}
		e2e_release(kept);
		e2e_sleep_ms(AWAIT_MS);
		if (tries % ADVANCE_EACH == ADVANCE_EACH - 1)
			storm_advance(10);
	}
	ck_abort_msg("%zu events are not told", waiting);
}
