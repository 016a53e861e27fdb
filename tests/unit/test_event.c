/* Events from a webhook's body to the row: reading, recognising, taking in. */
#include "event/event.h"
#include "event/recognise.h"
#include "provider/event.h"
#include "unit/box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW      BOX_NOW /* 1795000000 s */
#define SECOND   INT64_C(1000)
#define HOUR     INT64_C(3600000)
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* --- reading --- */

static enum err read_as(enum provider_id p, const char *text, struct provider_event *e)
{
	struct json j;
	enum err err;

	ck_assert_int_eq(json_parse_lenient(&j, text, strlen(text), 65536, NULL), ERR_NONE);
	err = p == PROVIDER_AIRCALL ? aircall_event_read(&j, e) : dialpad_event_read(&j, e);
	json_release(&j);
	return err;
}

#define AIRCALL_CALL                                                                               \
	"{\"id\":4294967301,\"call_uuid\":\"CA1\",\"direction\":\"outbound\",\"status\":\"done\"," \
	"\"started_at\":1795000001,\"answered_at\":1795000005,\"ended_at\":1795000020,"            \
	"\"duration\":20,\"raw_digits\":\"+1 555-123-4567\",\"user\":{\"id\":456},"                \
	"\"number\":{\"id\":1234},\"participants\":[{}]}"
#define AIRCALL_EVENT(token, call)                                                                 \
	"{\"resource\":\"call\",\"event\":\"call.hungup\",\"timestamp\":1795000021,"               \
	"\"token\":\"" token "\",\"data\":" call "}"

START_TEST(an_event_of_aircall_is_read)
{
	struct provider_event e;

	ck_assert_int_eq(read_as(PROVIDER_AIRCALL, AIRCALL_EVENT("t", AIRCALL_CALL), &e), ERR_NONE);
	ck_assert_str_eq(e.what, "call.hungup");
	ck_assert_int_eq(e.at_ms, INT64_C(1795000021000));
	ck_assert_int_eq(e.call.id, INT64_C(4294967301));
	ck_assert(e.call.outbound);
	ck_assert_int_eq(e.call.user_id, 456);
	ck_assert_int_eq(e.call.number_id, 1234);
	ck_assert_str_eq(e.call.digits, "15551234567");
	ck_assert_int_eq(e.call.status, CALL_COMPLETED);
	ck_assert_int_eq(e.call.start_ms, INT64_C(1795000001000));
	ck_assert_int_eq(e.call.duration_s, 20);
	ck_assert_int_eq(e.call.talk_s, 15);
}
END_TEST

static const char *const no_aircall_events[] = {
	"{}",
	"[]",
	"null",
	"7",
	"{\"resource\":\"user\",\"event\":\"user.opened\",\"timestamp\":1,\"data\":" AIRCALL_CALL
	"}",
	"{\"event\":\"call.created\",\"timestamp\":1,\"data\":" AIRCALL_CALL "}",
	"{\"resource\":\"call\",\"event\":\"call.created\",\"timestamp\":1}",
	"{\"resource\":\"call\",\"event\":\"call.created\",\"timestamp\":1,\"data\":null}",
	"{\"resource\":\"call\",\"event\":\"call.created\",\"timestamp\":1,\"data\":[]}",
	"{\"resource\":\"call\",\"data\":{\"id\":0,\"started_at\":1795000001}}",
	"{\"resource\":\"call\",\"data\":{\"id\":1.5,\"started_at\":1795000001}}",
	"{\"resource\":\"call\",\"data\":{\"id\":1}}",
};

START_TEST(what_is_no_event_of_aircall_is_told_so)
{
	struct provider_event e;

	ck_assert_int_eq(read_as(PROVIDER_AIRCALL, no_aircall_events[_i], &e), ERR_INVALID);
}
END_TEST

START_TEST(an_event_may_lack_almost_everything)
{
	struct provider_event e;

	ck_assert_int_eq(read_as(PROVIDER_AIRCALL,
				 "{\"resource\":\"call\",\"event\":\"call.\\u0007x\\ud800\","
				 "\"timestamp\":\"soon\","
				 "\"data\":{\"id\":5,\"started_at\":6,\"status\":\"merging\","
				 "\"user\":null}}",
				 &e),
		ERR_NONE);
	ck_assert_str_eq(e.what, "call.x\xef\xbf\xbd");
	ck_assert_int_eq(e.at_ms, 0);
	ck_assert(!e.call.outbound && !e.call.has_status);
	ck_assert_int_eq(e.call.user_id, 0);
	ck_assert_int_eq(
		read_as(PROVIDER_AIRCALL,
			"{\"resource\":\"call\",\"data\":{\"id\":5,\"started_at\":6}}", &e),
		ERR_NONE);
	ck_assert_str_eq(e.what, "");
	ck_assert_int_eq(read_as(PROVIDER_DIALPAD, "{\"call_id\":\"5\"}", &e), ERR_NONE);
	ck_assert_str_eq(e.what, "");
	ck_assert_int_eq(e.at_ms, 0);
}
END_TEST

START_TEST(an_event_of_dialpad_is_read)
{
	struct provider_event e;

	ck_assert_int_eq(
		read_as(PROVIDER_DIALPAD,
			"{\"call_id\":5712345678901248,\"state\":\"hangup\",\"direction\":"
			"\"outbound\","
			"\"external_number\":\"+15551234567\",\"date_started\":1795000000000,"
			"\"date_connected\":1795000009500,\"date_ended\":1795000131250,"
			"\"event_timestamp\":1795000131290,\"duration\":121750.0,"
			"\"total_duration\":131250.0,\"target\":{\"id\":5835806903417907,"
			"\"type\":\"user\"},\"custom_data\":\"6740b1c20000000000000001\"}",
			&e),
		ERR_NONE);
	ck_assert_str_eq(e.what, "hangup");
	ck_assert_int_eq(e.at_ms, INT64_C(1795000131290));
	ck_assert_int_eq(e.call.id, INT64_C(5712345678901248));
	ck_assert(e.call.has_call);
	ck_assert_int_eq(e.call.status, CALL_COMPLETED);
	ck_assert_int_eq(e.call.duration_s, 131);
	ck_assert_int_eq(e.call.talk_s, 122);
	ck_assert_int_eq(
		read_as(PROVIDER_DIALPAD, "{\"call_id\":7,\"state\":\"recording\"}", &e), ERR_NONE);
	ck_assert(!e.call.has_status);
	ck_assert_int_eq(read_as(PROVIDER_DIALPAD, "{\"state\":\"hangup\"}", &e), ERR_INVALID);
	ck_assert_int_eq(read_as(PROVIDER_DIALPAD, "[]", &e), ERR_INVALID);
	ck_assert_int_eq(read_as(PROVIDER_DIALPAD, "\"x\"", &e), ERR_INVALID);
}
END_TEST

/* --- recognising --- */

static struct call row(int64_t asked_second, enum call_status status)
{
	struct call c;

	call_init(&c);
	c.provider = PROVIDER_AIRCALL;
	c.provider_user_id = 456;
	c.provider_number_id = 1234;
	c.status = status;
	c.start_ms = NOW + asked_second * SECOND - 300;
	c.asked_ms = NOW + asked_second * SECOND + 700;
	snprintf(c.phone, sizeof(c.phone), "+15551234567");
	return c;
}

static struct store_event waiting(int64_t id, int64_t start_second)
{
	struct store_event e = {.provider = PROVIDER_AIRCALL,
		.outbound = true,
		.user_id = 456,
		.number_id = 1234,
		.start_ms = NOW + start_second * SECOND,
		.received_ms = NOW + (start_second + 2) * SECOND};

	e.said.external_id = id;
	snprintf(e.digits, sizeof(e.digits), "15551234567");
	return e;
}

static int recognised(int64_t start_second, const struct call *rows, size_t n)
{
	struct store_event e = waiting(7, start_second);

	return event_recognise(&e, rows, n, NULL, 0);
}

START_TEST(a_call_right_after_the_click_is_recognised)
{
	struct call rows[] = {
		row(0, CALL_INITIATED), row(0, CALL_UNCONFIRMED), row(0, CALL_QUEUED)};

	for (int second = 0; second <= 5; second++) {
		ck_assert_int_eq(recognised(second, rows, 1), 0);
		ck_assert_int_eq(recognised(second, rows + 1, 1), 0);
		/* Its provider may still say no. */
		ck_assert_int_eq(recognised(second, rows + 2, 1), -1);
	}
}
END_TEST

/* It fits by the rules of the sync, but another could fit better. */
START_TEST(a_call_some_time_after_the_click_waits_for_the_sync)
{
	struct call r = row(0, CALL_INITIATED);
	static const int64_t seconds[] = {-100, -6, -5, -1, 6, 20, 119, 121, 1000};

	for (int i = 0; i < COUNT(seconds); i++)
		ck_assert_int_eq(recognised(seconds[i], &r, 1), -1);
}
END_TEST

START_TEST(a_call_that_may_be_of_two_rows_waits_for_the_sync)
{
	struct call rows[] = {row(0, CALL_INITIATED), row(-60, CALL_INITIATED)};

	ck_assert_int_eq(recognised(1, rows, 2), -1);
	rows[1].asked_ms = NOW - 130 * SECOND;
	ck_assert_int_eq(recognised(1, rows, 2), 0);
	rows[1] = row(-60, CALL_INITIATED);
	snprintf(rows[1].phone, sizeof(rows[1].phone), "+15559999999");
	ck_assert_int_eq(recognised(1, rows, 2), 0);
	/* Also where the other is only being placed. */
	rows[1] = row(3, CALL_QUEUED);
	ck_assert_int_eq(recognised(1, rows, 2), -1);
	struct call swapped[] = {row(200, CALL_INITIATED), row(0, CALL_INITIATED)};
	ck_assert_int_eq(recognised(1, swapped, 2), 1);
}
END_TEST

START_TEST(of_two_calls_that_may_be_the_rows_none_is_taken)
{
	struct call r = row(0, CALL_INITIATED);
	struct store_event e = waiting(7, 1), other = waiting(8, 100);

	ck_assert_int_eq(event_recognise(&e, &r, 1, &other, 1), -1);
	other.start_ms = NOW + 121 * SECOND;
	ck_assert_int_eq(event_recognise(&e, &r, 1, &other, 1), 0);
	other = waiting(8, 1);
	snprintf(other.digits, sizeof(other.digits), "15559999999");
	ck_assert_int_eq(event_recognise(&e, &r, 1, &other, 1), 0);
}
END_TEST

START_TEST(another_number_line_user_or_direction_is_another_call)
{
	struct call r = row(0, CALL_INITIATED);

	for (int i = 0; i < 5; i++) {
		struct store_event e = waiting(7, 1);

		if (i == 1)
			e.user_id = 0;
		else if (i == 2)
			e.number_id = 1;
		else if (i == 3)
			e.outbound = false;
		else if (i == 4)
			snprintf(e.digits, sizeof(e.digits), "1555123456");
		ck_assert_int_eq(event_recognise(&e, &r, 1, NULL, 0), i == 0 ? 0 : -1);
	}
}
END_TEST

/* --- taking in --- */

static struct box box;
static struct config config;
static struct event_context x;

static void setup(void)
{
	static char token[] = "the-token", secret[] = "test_secret";

	box_make(&box);
	config = (struct config){.aircall_webhook_token = token,
		.dialpad_webhook_secret = secret,
		.reconcile_hours = 24};
	x = (struct event_context){&config, box.s, &box.log, NOW + 30 * SECOND};
}

static void teardown(void)
{
	box_assert_sound(&box);
	ck_assert(!box_logged(&box, "the-token"));
	ck_assert(!box_logged(&box, "test_secret"));
	ck_assert(!box_logged(&box, "1234567"));
	box_remove(&box);
}

static enum event_result take(enum provider_id p, const char *body)
{
	struct buf b;
	enum event_result r;

	buf_init(&b, 70000);
	buf_adds(&b, body);
	r = p == PROVIDER_AIRCALL ? event_from_aircall(&x, &b) : event_from_dialpad(&x, &b);
	buf_release(&b);
	return r;
}

static int64_t received(enum provider_id p)
{
	struct event_counts c;

	ck_assert_int_eq(store_event_counts(box.s, &c), ERR_NONE);
	return c.of[p][EVENT_COUNT_RECEIVED];
}

static int64_t kept(void)
{
	struct event_counts c;

	ck_assert_int_eq(store_event_counts(box.s, &c), ERR_NONE);
	return c.waiting;
}

/* alice's call of NOW through Aircall, accepted. */
static struct callid placed(void)
{
	struct callid id = box_call(box.s, "alice", NOW);
	struct settlement t = {.id = id, .now_ms = NOW + SECOND, .http_status = 200};
	struct call c;

	ck_assert_int_eq(box_name_provider(box.s, &id, PROVIDER_AIRCALL, 456, 1234, NOW), ERR_NONE);
	statement_init(&t.outcome, SAID_BY_PROVIDER, NOW + SECOND);
	t.outcome.has_status = true;
	t.outcome.status = CALL_INITIATED;
	call_init(&c);
	ck_assert_int_eq(store_settle(box.s, &t, &c), ERR_NONE);
	call_release(&c);
	return id;
}

static enum call_status status_of(const struct callid *id)
{
	struct call c;
	enum call_status s;

	call_init(&c);
	ck_assert_int_eq(store_call_get(box.s, id, &c), ERR_NONE);
	s = c.status;
	call_release(&c);
	return s;
}

START_TEST(a_genuine_event_changes_its_row)
{
	struct callid id = placed();

	ck_assert_int_eq(
		take(PROVIDER_AIRCALL, AIRCALL_EVENT("the-token", AIRCALL_CALL)), EVENT_TAKEN);
	ck_assert_int_eq(status_of(&id), CALL_COMPLETED);
	ck_assert_int_eq(received(PROVIDER_AIRCALL), 1);
}
END_TEST

static const char *const forged[] = {
	AIRCALL_EVENT("", AIRCALL_CALL),
	AIRCALL_EVENT("the-toke", AIRCALL_CALL),
	AIRCALL_EVENT("the-token ", AIRCALL_CALL),
	AIRCALL_EVENT("the-tokenx", AIRCALL_CALL),
	AIRCALL_EVENT("The-token", AIRCALL_CALL),
	"{\"resource\":\"call\",\"event\":\"call.hungup\",\"timestamp\":1,\"data\":" AIRCALL_CALL
	"}",
	"{\"resource\":\"call\",\"token\":null,\"data\":" AIRCALL_CALL "}",
	"{\"resource\":\"call\",\"token\":[\"the-token\"],\"data\":" AIRCALL_CALL "}",
	"{\"resource\":\"call\",\"token\":true,\"data\":" AIRCALL_CALL "}",
	"{\"resource\":\"call\",\"data\":{\"token\":\"the-token\"}}",
	"{\"token\":\"x\",\"token\":\"the-token\"}",
	"[{\"token\":\"the-token\"}]",
	"\"the-token\"",
	"the-token",
	"token=the-token",
	"{\"token\":\"the-token\"",
	"",
};

START_TEST(a_forged_event_changes_nothing)
{
	struct callid id = placed();

	ck_assert_int_eq(take(PROVIDER_AIRCALL, forged[_i]), EVENT_NOT_GENUINE);
	ck_assert_int_eq(take(PROVIDER_DIALPAD, forged[_i]), EVENT_NOT_GENUINE);
	ck_assert_int_eq(status_of(&id), CALL_INITIATED);
	ck_assert_int_eq(received(PROVIDER_AIRCALL), 0);
	ck_assert_int_eq(received(PROVIDER_DIALPAD), 0);
	ck_assert(box_logged(&box, "E7001"));
}
END_TEST

START_TEST(without_token_or_secret_nothing_is_taken)
{
	static char none[] = "";

	config.aircall_webhook_token = config.dialpad_webhook_secret = none;
	ck_assert_int_eq(
		take(PROVIDER_AIRCALL, AIRCALL_EVENT("", AIRCALL_CALL)), EVENT_NOT_CONFIGURED);
	ck_assert_int_eq(take(PROVIDER_DIALPAD, "{}"), EVENT_NOT_CONFIGURED);
}
END_TEST

/* Signed with test_secret: payload "garbage", {"call_id":0}. */
static const char *const signed_nonsense[] = {
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.Z2FyYmFnZQ.DdJfannERyHdCc7U28hrxtNu7moxB9yS"
	"eu6q5CROxOM",
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJjYWxsX2lkIjowfQ.XqV5pD2XK6PRmHE-L_d30XWy"
	"ZQiDuW4Psq0L-aSX7y0",
};

START_TEST(a_genuine_event_without_sense_is_counted)
{
	ck_assert_int_eq(take(PROVIDER_AIRCALL, "{\"token\":\"the-token\"}"), EVENT_TAKEN);
	ck_assert_int_eq(take(PROVIDER_AIRCALL,
				 "{\"token\":\"the-token\",\"resource\":\"user\",\"data\":{}}"),
		EVENT_TAKEN);
	ck_assert_int_eq(received(PROVIDER_AIRCALL), 2);
	for (int i = 0; i < COUNT(signed_nonsense); i++)
		ck_assert_int_eq(take(PROVIDER_DIALPAD, signed_nonsense[i]), EVENT_TAKEN);
	ck_assert_int_eq(received(PROVIDER_DIALPAD), COUNT(signed_nonsense));
	ck_assert_int_eq(kept(), 0);
	ck_assert(box_logged(&box, "E7003"));
}
END_TEST

START_TEST(only_what_may_become_ours_is_kept)
{
	ck_assert_int_eq(
		take(PROVIDER_AIRCALL, AIRCALL_EVENT("the-token", AIRCALL_CALL)), EVENT_TAKEN);
	ck_assert_int_eq(kept(), 1);
	ck_assert_int_eq(
		take(PROVIDER_AIRCALL,
			AIRCALL_EVENT("the-token",
				"{\"id\":7,\"direction\":\"inbound\",\"started_at\":1795000001}")),
		EVENT_TAKEN);
	/* Of a time of which no row is followed any more. */
	ck_assert_int_eq(
		take(PROVIDER_AIRCALL,
			AIRCALL_EVENT("the-token",
				"{\"id\":8,\"direction\":\"outbound\",\"started_at\":1794900000}")),
		EVENT_TAKEN);
	ck_assert_int_eq(kept(), 1);
	ck_assert_int_eq(received(PROVIDER_AIRCALL), 3);
}
END_TEST

/* A wrong clock must not make one statement outlive all that come later. */
START_TEST(an_event_of_the_future_counts_as_of_now)
{
	struct callid id = placed();
	struct call c;

	ck_assert_int_eq(take(PROVIDER_AIRCALL, "{\"resource\":\"call\",\"event\":\"call.hungup\","
						"\"timestamp\":1895000021,\"token\":\"the-token\","
						"\"data\":" AIRCALL_CALL "}"),
		EVENT_TAKEN);
	call_init(&c);
	ck_assert_int_eq(store_call_get(box.s, &id, &c), ERR_NONE);
	ck_assert_int_eq(c.status, CALL_COMPLETED);
	ck_assert_int_eq(c.figures_ms, x.now_ms);
	call_release(&c);
}
END_TEST

START_TEST(an_event_that_cannot_be_stored_is_told_so)
{
	const struct store_options o = {.data_dir = "/nonexistent", .log = &box.log};

	ck_assert_int_eq(store_open(&x.store, &o), ERR_NONE);
	ck_assert_int_eq(
		take(PROVIDER_AIRCALL, AIRCALL_EVENT("the-token", AIRCALL_CALL)), EVENT_NOT_STORED);
	ck_assert_int_eq(take(PROVIDER_AIRCALL, "{\"token\":\"the-token\"}"), EVENT_NOT_STORED);
	store_close(x.store);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("event");
	TCase *t = tcase_create("reading");

	tcase_add_test(t, an_event_of_aircall_is_read);
	tcase_add_loop_test(t, what_is_no_event_of_aircall_is_told_so, 0, COUNT(no_aircall_events));
	tcase_add_test(t, an_event_may_lack_almost_everything);
	tcase_add_test(t, an_event_of_dialpad_is_read);
	suite_add_tcase(s, t);
	t = tcase_create("recognising");
	tcase_add_test(t, a_call_right_after_the_click_is_recognised);
	tcase_add_test(t, a_call_some_time_after_the_click_waits_for_the_sync);
	tcase_add_test(t, a_call_that_may_be_of_two_rows_waits_for_the_sync);
	tcase_add_test(t, of_two_calls_that_may_be_the_rows_none_is_taken);
	tcase_add_test(t, another_number_line_user_or_direction_is_another_call);
	suite_add_tcase(s, t);
	t = tcase_create("taking in");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_genuine_event_changes_its_row);
	tcase_add_loop_test(t, a_forged_event_changes_nothing, 0, COUNT(forged));
	tcase_add_test(t, without_token_or_secret_nothing_is_taken);
	tcase_add_test(t, a_genuine_event_without_sense_is_counted);
	tcase_add_test(t, only_what_may_become_ours_is_kept);
	tcase_add_test(t, an_event_of_the_future_counts_as_of_now);
	tcase_add_test(t, an_event_that_cannot_be_stored_is_told_so);
	suite_add_tcase(s, t);
	return unit_run(s);
}
