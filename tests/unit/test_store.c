/* The store's operations, one process at a time; what kills do to them is in test_store_crash.c. */
#include "auth/auth.h"
#include "call/follow.h"
#include "store/codec.h"
#include "store/keys.h"
#include "store/rows.h"
#include "unit/box.h"
#include "unit/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW    BOX_NOW
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static struct box box;
static struct placing p;

static void setup(void)
{
	box_make(&box);
	placing_init(&p);
}

static void teardown(void)
{
	placing_release(&p);
	box_remove(&box);
}

static struct call get(const struct callid *id)
{
	struct call c;

	call_init(&c);
	ck_assert_int_eq(store_call_get(box.s, id, &c), ERR_NONE);
	return c;
}

static size_t trail(const struct callid *id, struct trail_entry out[TRAIL_MAX])
{
	size_t n;

	ck_assert_int_eq(store_trail(box.s, id, out, &n), ERR_NONE);
	return n;
}

static int64_t total(const char *user)
{
	struct history_filter f;
	struct call_list l = {NULL, 0};
	int64_t n;

	history_filter_init(&f);
	f.user = user;
	ck_assert_int_eq(store_history_page(box.s, &f, 1, 1, &l, &n), ERR_NONE);
	call_list_release(&l);
	return n;
}

static struct settlement settlement(const struct callid *id, enum call_status status)
{
	struct settlement t = {.id = *id, .now_ms = NOW + SECOND, .http_status = 200};

	statement_init(
		&t.outcome, status == CALL_INITIATED ? SAID_BY_PROVIDER : SAID_BY_US, NOW + SECOND);
	t.outcome.has_status = true;
	t.outcome.status = status;
	return t;
}

static struct call settle(const struct settlement *t)
{
	struct call c;

	call_init(&c);
	ck_assert_int_eq(store_settle(box.s, t, &c), ERR_NONE);
	return c;
}

static void apply(struct store_update *u, size_t n, int64_t now_ms)
{
	ck_assert_int_eq(store_apply(box.s, u, n, now_ms), ERR_NONE);
}

/* --- the intent --- */

START_TEST(a_stored_intent_is_a_row_with_a_trail)
{
	struct trail_entry e[TRAIL_MAX];

	p.client_id = "c\xc3\xa4";
	p.contact_id = "k";
	p.deal_id = "d";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	ck_assert_int_eq(p.intent.http_status, 0);
	struct call c = get(&p.id);
	ck_assert_str_eq(c.user, "alice");
	ck_assert_str_eq(c.phone, "+15551234567");
	ck_assert_str_eq(c.client_id, "c\xc3\xa4");
	ck_assert_str_eq(c.contact_id, "k");
	ck_assert_str_eq(c.deal_id, "d");
	ck_assert_int_eq(c.status, CALL_QUEUED);
	ck_assert_int_eq(c.provider, PROVIDER_AIRCALL);
	ck_assert_int_eq(c.start_ms, NOW);
	ck_assert_int_eq(c.look_ms, NOW);
	call_release(&c);
	ck_assert_uint_eq(trail(&p.id, e), 2);
	ck_assert_int_eq(e[0].kind, TRAIL_REQUEST);
	ck_assert_int_eq(e[1].kind, TRAIL_ASK);
	ck_assert_ptr_null(strstr(e[0].text, "idempotency"));
	box_assert_sound(&box);
}
END_TEST

START_TEST(an_intent_that_is_decided_asks_nobody)
{
	struct trail_entry e[TRAIL_MAX];

	p.decided = 200;
	p.status = CALL_HANDED_OFF;
	p.provider = PROVIDER_TEL;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	ck_assert_int_eq(p.intent.http_status, 200);
	struct call c = get(&p.id);
	ck_assert_int_eq(c.status, CALL_HANDED_OFF);
	ck_assert_int_eq(c.look_ms, 0);
	call_release(&c);
	ck_assert_uint_eq(trail(&p.id, e), 1);
	box_assert_sound(&box);
}
END_TEST

/* The clicker's settings are what `resolve` sees. */
static int resolve_settings(
	void *arg, const struct user_settings *u, struct call *call, struct buf *fingerprint)
{
	(void)fingerprint;
	*(struct user_settings *)arg = *u;
	call->provider = PROVIDER_AIRCALL;
	return 0;
}

START_TEST(resolve_sees_the_users_settings)
{
	struct user_settings alice = {.aircall_user_id = 11, .aircall_number_id = 12},
			     seen = {.aircall_user_id = 0, .aircall_number_id = 0};

	ck_assert_int_eq(store_user_set(box.s, "alice", &alice), ERR_NONE);
	placing_do(&p, box.s);
	p.now_ms += MINUTE;
	placing_do(&p, box.s);
	struct intent i = p.intent;
	ck_assert_int_eq(callid_make(NOW + HOUR, &i.call->id), ERR_NONE);
	i.now_ms = i.call->start_ms = NOW + HOUR;
	i.resolve = resolve_settings;
	i.arg = &seen;
	ck_assert_int_eq(store_intent(box.s, &i), ERR_NONE);
	ck_assert_int_eq(seen.aircall_user_id, 11);
	ck_assert_int_eq(seen.aircall_number_id, 12);
	p.intent.found = i.found;
	p.intent.attempts_found = i.attempts_found;
}
END_TEST

START_TEST(an_id_that_is_taken_is_refused)
{
	placing_do(&p, box.s);
	struct intent i = p.intent;
	i.guard = false;
	ck_assert_int_eq(store_intent(box.s, &i), ERR_STORAGE);
	ck_assert_int_eq(total("alice"), 1);
	ck_assert_int_eq(box_marker(&box), 'c');
	box_assert_sound(&box);
}
END_TEST

START_TEST(too_long_a_user_is_refused)
{
	char user[AUTH_USER_MAX + 2];

	memset(user, 'u', sizeof(user));
	user[AUTH_USER_MAX + 1] = '\0';
	p.user = user;
	ck_assert_int_eq(placing_try(&p, box.s), ERR_INVALID);
	p.guard = false;
	p.key = "k";
	ck_assert_int_eq(placing_try(&p, box.s), ERR_INVALID);
	user[AUTH_USER_MAX] = '\0';
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	ck_assert_int_eq(total(user), 1);
	user[AUTH_USER_MAX] = 'u';
	ck_assert_int_eq(total(user), 0);
	ck_assert_int_eq(box_marker(&box), 'c');
}
END_TEST

/* --- keys --- */

static struct callid placed_with_key(int http_status, enum call_status status)
{
	p.key = "key-1";
	p.attempts = "[\"given\"]";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	struct callid id = p.id;
	if (http_status != 0) {
		struct settlement t = settlement(&id, status);

		t.key = "key-1";
		t.http_status = http_status;
		t.attempts = "[\"settled\"]";
		struct call c = settle(&t);
		call_release(&c);
	}
	return id;
}

static void assert_found(const struct callid *id, enum intent_result want)
{
	ck_assert_int_eq(placing_do(&p, box.s), want);
	ck_assert(callid_equal(&p.intent.found.id, id));
	ck_assert_int_eq(total("alice"), 1);
}

START_TEST(a_settled_key_is_replayed_with_its_status_and_the_call_as_it_is)
{
	static const struct {
		int http_status;
		enum call_status status;
	} rows[] = {{200, CALL_INITIATED}, {200, CALL_HANDED_OFF}, {502, CALL_FAILED},
		{504, CALL_UNCONFIRMED}};
	struct callid id = placed_with_key(rows[_i].http_status, rows[_i].status);

	p.now_ms += HOUR;
	assert_found(&id, INTENT_REPLAY);
	ck_assert_int_eq(p.intent.http_status, rows[_i].http_status);
	ck_assert_int_eq(p.intent.found.status, rows[_i].status);
	ck_assert_str_eq(p.intent.attempts_found.s, "[\"settled\"]");
	struct store_update u = box_update(&id, CALL_COMPLETED, NOW + MINUTE, 5);
	apply(&u, 1, NOW + MINUTE);
	assert_found(&id, INTENT_REPLAY);
	ck_assert_int_eq(p.intent.http_status, rows[_i].http_status);
	box_assert_sound(&box);
}
END_TEST

START_TEST(a_key_decided_at_once_is_replayed)
{
	p.key = "key-1";
	p.decided = 502;
	p.status = CALL_FAILED;
	p.attempts = "[\"none\"]";
	placing_do(&p, box.s);
	struct callid id = p.id;
	assert_found(&id, INTENT_REPLAY);
	ck_assert_int_eq(p.intent.http_status, 502);
	ck_assert_str_eq(p.intent.attempts_found.s, "[\"none\"]");
}
END_TEST

START_TEST(a_key_used_for_something_else_conflicts)
{
	placed_with_key(_i, CALL_INITIATED);
	p.fingerprint = "g";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_KEY_CONFLICT);
	p.fingerprint = "ff";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_KEY_CONFLICT);
	p.fingerprint = "";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_KEY_CONFLICT);
	ck_assert_int_eq(total("alice"), 1);
}
END_TEST

/* The administrator may set another default between a request and its repetition. */
START_TEST(the_same_request_is_a_repetition_whatever_the_defaults)
{
	p.given = "as written";
	struct callid id = placed_with_key(200, CALL_INITIATED);
	p.fingerprint = "filled in otherwise";
	assert_found(&id, INTENT_REPLAY);
	p.given = "the default written out";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_KEY_CONFLICT);
	p.fingerprint = "f";
	assert_found(&id, INTENT_REPLAY);
}
END_TEST

START_TEST(what_is_forbidden_is_refused_but_for_a_repetition)
{
	p.forbidden = true;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_FORBIDDEN);
	ck_assert_int_eq(total("alice"), 0);
	p.forbidden = false;
	struct callid id = placed_with_key(200, CALL_INITIATED);
	p.forbidden = true;
	assert_found(&id, INTENT_REPLAY);
	/* What has been dialled already is stored in any case. */
	p.key = NULL;
	p.guard = p.refuse = false;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	box_assert_sound(&box);
}
END_TEST

START_TEST(a_key_is_in_progress_until_its_process_is_known_to_be_dead)
{
	struct callid id = placed_with_key(0, CALL_QUEUED);

	assert_found(&id, INTENT_IN_PROGRESS);
	p.now_ms = NOW + p.dead_after_ms;
	assert_found(&id, INTENT_IN_PROGRESS);
	p.now_ms = NOW + p.dead_after_ms + 1;
	assert_found(&id, INTENT_ORPHANED);
	ck_assert_int_eq(p.intent.found.status, CALL_QUEUED);
	/* The sync sees it: still nobody knows. */
	struct settlement t = settlement(&id, CALL_UNCONFIRMED);
	struct call c = settle(&t);
	call_release(&c);
	assert_found(&id, INTENT_ORPHANED);
	struct store_update u = box_update(&id, CALL_RINGING, NOW + MINUTE, 5);
	apply(&u, 1, NOW + MINUTE);
	assert_found(&id, INTENT_REPLAY);
	ck_assert_int_eq(p.intent.http_status, 200);
	box_assert_sound(&box);
}
END_TEST

START_TEST(a_clock_set_back_does_not_keep_a_key_in_progress)
{
	struct callid id = placed_with_key(0, CALL_QUEUED);

	p.now_ms = NOW - p.dead_after_ms;
	assert_found(&id, INTENT_IN_PROGRESS);
	p.now_ms = NOW - HOUR;
	assert_found(&id, INTENT_ORPHANED);
}
END_TEST

START_TEST(a_key_is_remembered_for_24_hours)
{
	struct callid id = placed_with_key(200, CALL_INITIATED);

	p.now_ms = NOW + 24 * HOUR - 1;
	assert_found(&id, INTENT_REPLAY);
	p.now_ms = NOW + 24 * HOUR;
	p.fingerprint = "another";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	id = p.id;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_IN_PROGRESS);
	ck_assert(callid_equal(&p.intent.found.id, &id));
	box_assert_sound(&box);
}
END_TEST

START_TEST(a_key_is_the_users_own)
{
	placed_with_key(200, CALL_INITIATED);
	p.guard = false;
	p.user = "alic";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	p.user = "bob";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	p.user = "alice";
	p.key = "key-";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	p.key = "KEY-1";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
}
END_TEST

START_TEST(the_longest_key_and_user_work)
{
	char key[129], user[AUTH_USER_MAX + 1];

	memset(key, '~', sizeof(key));
	memset(user, 'u', sizeof(user));
	key[128] = user[AUTH_USER_MAX] = '\0';
	p.key = key;
	p.user = user;
	p.guard = false;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_IN_PROGRESS);
	ck_assert_int_eq(store_housekeep(box.s, NOW), ERR_NONE);
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_IN_PROGRESS);
	key[127] = '\0';
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	box_assert_sound(&box);
}
END_TEST

START_TEST(a_replay_comes_before_policy_guard_and_brake)
{
	struct callid id = placed_with_key(200, CALL_INITIATED);

	p.allowed = false;
	p.calls_per_minute = 1;
	assert_found(&id, INTENT_REPLAY);
}
END_TEST

START_TEST(a_refused_request_does_not_use_its_key_up)
{
	p.key = "key-1";
	p.allowed = false;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_NOT_ALLOWED);
	p.allowed = true;
	p.fingerprint = "another";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	box_assert_sound(&box);
}
END_TEST

static int delete_row(struct turn *t, void *arg)
{
	const struct callid *id = arg;

	return turn_delete(t, DB_CALLS, id->b, CALLID_BYTES);
}

/* To take the key for unused would be to dial again. */
START_TEST(a_key_whose_row_is_gone_is_damage)
{
	struct callid id = placed_with_key(200, CALL_INITIATED);

	ck_assert_int_eq(turn_run(box.s, TURN_WRITE, delete_row, &id), ERR_NONE);
	ck_assert_int_eq(placing_try(&p, box.s), ERR_STORAGE);
	ck_assert(box_logged(&box, "E3010"));
}
END_TEST

/* --- policy, guard, brake --- */

START_TEST(a_number_that_is_not_allowed_is_refused)
{
	p.allowed = false;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_NOT_ALLOWED);
	ck_assert_int_eq(total(NULL), 0);
}
END_TEST

START_TEST(what_was_dialled_already_is_stored_with_a_reason)
{
	p.refuse = p.guard = p.allowed = false;
	p.decided = 200;
	p.status = CALL_HANDED_OFF;
	p.provider = PROVIDER_TEL;
	p.calls_per_minute = 1;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	ck_assert_str_eq(p.call.reason, "number_not_allowed");
	p.allowed = true;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	struct call c = get(&p.id);
	ck_assert_str_eq(c.reason, "rate_limited");
	call_release(&c);
	p.allowed = false;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	ck_assert_str_eq(p.call.reason, "number_not_allowed");
	p.allowed = true;
	p.now_ms += MINUTE;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	ck_assert_str_eq(p.call.reason, "");
	ck_assert_int_eq(total("alice"), 4);
}
END_TEST

/* A call of alice at NOW which came to this status. */
static struct callid earlier(enum call_status status)
{
	p.guard = false;
	placing_do(&p, box.s);
	p.guard = true;
	struct callid id = p.id;
	if (status == CALL_QUEUED)
		return id;
	struct settlement t = settlement(&id, status);
	struct call c = settle(&t);
	ck_assert_int_eq(c.status, status);
	call_release(&c);
	return id;
}

START_TEST(the_guard_holds_for_a_minute_while_nobody_knows_and_for_5_seconds_after)
{
	static const struct {
		enum call_status status;
		int64_t after_ms;
		bool refused;
	} rows[] = {
		{CALL_QUEUED, 0, true},
		{CALL_QUEUED, 59999, true},
		{CALL_QUEUED, 60000, false},
		{CALL_UNCONFIRMED, 5000, true},
		{CALL_UNCONFIRMED, 59999, true},
		{CALL_UNCONFIRMED, 60000, false},
		{CALL_INITIATED, 0, true},
		{CALL_INITIATED, 4999, true},
		{CALL_INITIATED, 5000, false},
		{CALL_HANDED_OFF, 4999, true},
		{CALL_HANDED_OFF, 5000, false},
		{CALL_FAILED, 0, false},
		/* The clock was set back since. */
		{CALL_QUEUED, -59999, true},
		{CALL_QUEUED, -HOUR, false},
		{CALL_INITIATED, -4999, true},
		{CALL_INITIATED, -5000, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char user[16];

		(void)snprintf(user, sizeof(user), "user%zu", i);
		p.user = user;
		p.now_ms = NOW;
		struct callid id = earlier(rows[i].status);
		p.now_ms = NOW + rows[i].after_ms;
		enum intent_result r = placing_do(&p, box.s);
		ck_assert_msg(r == (rows[i].refused ? INTENT_DUPLICATE : INTENT_STORED),
			"row %zu: %d", i, (int)r);
		if (rows[i].refused)
			ck_assert(callid_equal(&p.intent.found.id, &id));
	}
	box_assert_sound(&box);
}
END_TEST

START_TEST(the_guard_looks_past_other_numbers_to_the_latest_call)
{
	struct callid id = earlier(CALL_INITIATED);

	p.phone = "+15551234568";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_DUPLICATE);
	p.phone = "+1555123456";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	p.phone = "+15551234567";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_DUPLICATE);
	ck_assert(callid_equal(&p.intent.found.id, &id));
}
END_TEST

START_TEST(the_guard_is_the_users_own)
{
	earlier(CALL_QUEUED);
	p.user = "alic";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	p.user = "alice ";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	p.user = "bob";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
}
END_TEST

START_TEST(without_guard_the_same_call_is_stored_again)
{
	earlier(CALL_QUEUED);
	p.guard = false;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
}
END_TEST

START_TEST(the_brake_says_when_the_next_call_is_free)
{
	p.guard = false;
	p.calls_per_minute = 3;
	for (int i = 0; i < 3; i++) {
		p.now_ms = NOW + 10 * SECOND * i;
		ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	}
	p.now_ms = NOW + 30 * SECOND;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_RATE_LIMITED);
	ck_assert_int_eq(p.intent.retry_after_s, 30);
	p.now_ms = NOW + 30 * SECOND - 1;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_RATE_LIMITED);
	ck_assert_int_eq(p.intent.retry_after_s, 31);
	p.now_ms = NOW + 60 * SECOND - 1;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_RATE_LIMITED);
	ck_assert_int_eq(p.intent.retry_after_s, 1);
	p.now_ms = NOW + 60 * SECOND;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_RATE_LIMITED);
	ck_assert_int_eq(p.intent.retry_after_s, 10);
	/* Fewer a minute than are stored: that of the last so many counts. */
	p.calls_per_minute = 1;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_RATE_LIMITED);
	ck_assert_int_eq(p.intent.retry_after_s, 60);
	p.calls_per_minute = 0;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	p.calls_per_minute = 3;
	p.user = "bob";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
}
END_TEST

START_TEST(the_brake_of_a_day_counts_beside_that_of_a_minute)
{
	p.guard = false;
	p.calls_per_minute = 2;
	p.calls_per_day = 3;
	for (int i = 0; i < 3; i++) {
		p.now_ms = NOW + i * HOUR;
		ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	}
	p.now_ms = NOW + 23 * HOUR;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_RATE_LIMITED);
	ck_assert_int_eq(p.intent.retry_after_s, 3600);
	p.calls_per_day = 0;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	/* Both brakes hold: the longer wait is said. */
	p.calls_per_day = 3;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_RATE_LIMITED);
	ck_assert_int_gt(p.intent.retry_after_s, 60);
	p.calls_per_day = 100;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_RATE_LIMITED);
	ck_assert_int_eq(p.intent.retry_after_s, 60);
}
END_TEST

START_TEST(a_clock_set_back_does_not_lock_the_user_out)
{
	p.guard = false;
	p.calls_per_minute = 1;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	p.now_ms = NOW - 10 * SECOND;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_RATE_LIMITED);
	ck_assert_int_eq(p.intent.retry_after_s, 60);
	p.now_ms = NOW - HOUR;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
}
END_TEST

START_TEST(the_brake_counts_what_was_refused_nowhere)
{
	p.calls_per_minute = 2;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(placing_do(&p, box.s), INTENT_DUPLICATE);
	p.phone = "+15551234568";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	p.phone = "+15551234569";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_RATE_LIMITED);
}
END_TEST

/* --- naming and settling --- */

START_TEST(the_next_provider_is_named_in_the_row_and_its_trail)
{
	struct trail_entry e[TRAIL_MAX];

	placing_do(&p, box.s);
	ck_assert_int_eq(
		box_name_provider(box.s, &p.id, PROVIDER_DIALPAD, 21, 22, NOW + 5), ERR_NONE);
	struct call c = get(&p.id);
	ck_assert_int_eq(c.provider, PROVIDER_DIALPAD);
	ck_assert_int_eq(c.provider_user_id, 21);
	ck_assert_int_eq(c.provider_number_id, 22);
	ck_assert_int_eq(c.asked_ms, NOW + 5);
	ck_assert_int_eq(c.status, CALL_QUEUED);
	call_release(&c);
	ck_assert_uint_eq(trail(&p.id, e), 3);
	ck_assert_int_eq(e[2].kind, TRAIL_ASK);
	ck_assert_ptr_nonnull(strstr(e[2].text, "dialpad"));
	struct callid other = {{9}};
	ck_assert_int_eq(
		box_name_provider(box.s, &other, PROVIDER_DIALPAD, 21, 22, NOW), ERR_NOT_FOUND);
	ck_assert_int_eq(box_marker(&box), 'c');
	box_assert_sound(&box);
}
END_TEST

START_TEST(the_outcome_is_merged_into_what_the_sync_found_first)
{
	struct trail_entry notes[2] = {{.at_ms = NOW, .kind = TRAIL_ANSWER, .text = "one"},
		{.at_ms = NOW, .kind = TRAIL_ANSWER, .text = "two"}};
	struct trail_entry e[TRAIL_MAX];

	placing_do(&p, box.s);
	struct store_update u = box_update(&p.id, CALL_COMPLETED, NOW + MINUTE, 77);
	u.said.has_figures = true;
	u.said.end_ms = NOW + 30 * SECOND;
	u.said.duration_s = 30;
	apply(&u, 1, NOW + MINUTE);
	struct settlement t = settlement(&p.id, CALL_INITIATED);
	t.trail = notes;
	t.trail_count = 2;
	struct call c = settle(&t);
	ck_assert_int_eq(c.status, CALL_COMPLETED);
	ck_assert_int_eq(c.duration_s, 30);
	ck_assert_int_eq(c.external_id, 77);
	call_release(&c);
	c = get(&p.id);
	ck_assert_int_eq(c.status, CALL_COMPLETED);
	call_release(&c);
	ck_assert_uint_eq(trail(&p.id, e), 5);
	ck_assert_str_eq(e[4].text, "two; nothing changed: it is completed");
	box_assert_sound(&box);
}
END_TEST

START_TEST(a_row_handed_to_the_device_is_followed_no_more)
{
	placing_do(&p, box.s);
	struct settlement t = settlement(&p.id, CALL_HANDED_OFF);
	t.provider = PROVIDER_TEL;
	t.outcome.reason = "aircall_rejected";
	struct call c = settle(&t);
	ck_assert_int_eq(c.provider, PROVIDER_TEL);
	ck_assert_int_eq(c.status, CALL_HANDED_OFF);
	ck_assert_str_eq(c.reason, "aircall_rejected");
	ck_assert_int_eq(c.look_ms, 0);
	call_release(&c);
	int64_t open;
	ck_assert_int_eq(store_open_count(box.s, &open), ERR_NONE);
	ck_assert_int_eq(open, 0);
	/* Said again, as after an answer that got lost. */
	c = settle(&t);
	ck_assert_int_eq(c.provider, PROVIDER_TEL);
	call_release(&c);
	box_assert_sound(&box);
}
END_TEST

START_TEST(a_row_shown_by_its_provider_is_not_handed_to_the_device)
{
	placing_do(&p, box.s);
	struct store_update u = box_update(&p.id, CALL_RINGING, NOW + SECOND, 77);
	apply(&u, 1, NOW + SECOND);
	struct settlement t = settlement(&p.id, CALL_HANDED_OFF);
	t.provider = PROVIDER_TEL;
	struct call c = settle(&t);
	ck_assert_int_eq(c.provider, PROVIDER_AIRCALL);
	ck_assert_int_eq(c.status, CALL_RINGING);
	call_release(&c);
	box_assert_sound(&box);
}
END_TEST

START_TEST(an_id_answered_by_the_provider_is_claimed_once)
{
	placing_do(&p, box.s);
	struct callid first = p.id;
	struct settlement t = settlement(&first, CALL_INITIATED);
	t.outcome.external_id = 88;
	struct call c = settle(&t);
	ck_assert_int_eq(c.external_id, 88);
	call_release(&c);
	p.guard = false;
	placing_do(&p, box.s);
	t = settlement(&p.id, CALL_INITIATED);
	t.outcome.external_id = 88;
	c = settle(&t);
	ck_assert_int_eq(c.external_id, 0);
	ck_assert_int_eq(c.status, CALL_INITIATED);
	call_release(&c);
	box_assert_sound(&box);
}
END_TEST

START_TEST(what_is_settled_must_be_there)
{
	struct callid other = {{9}};
	struct settlement t = settlement(&other, CALL_INITIATED);
	struct call c;

	call_init(&c);
	ck_assert_int_eq(store_settle(box.s, &t, &c), ERR_NOT_FOUND);
	call_release(&c);
	ck_assert_int_eq(box_marker(&box), 'c');
}
END_TEST

START_TEST(a_key_that_now_belongs_to_another_call_is_left_alone)
{
	struct callid first = placed_with_key(0, CALL_QUEUED);

	p.now_ms = NOW + 25 * HOUR;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	struct settlement t = settlement(&first, CALL_INITIATED);
	t.key = "key-1";
	struct call c = settle(&t);
	call_release(&c);
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_IN_PROGRESS);
	t.key = "never-used";
	c = settle(&t);
	call_release(&c);
	box_assert_sound(&box);
}
END_TEST

/* --- notes --- */

static enum err set_notes(const struct callid *id, const char *user, const char *notes,
	int64_t version, struct call *c)
{
	return store_notes_set(box.s, id, user, notes, version, NOW, c);
}

START_TEST(notes_are_stored_as_given_and_cleared)
{
	char longest[CALL_NOTES_MAX + 1];
	struct call c;

	call_init(&c);
	memset(longest, 'n', sizeof(longest));
	longest[CALL_NOTES_MAX] = '\0';
	placing_do(&p, box.s);
	ck_assert_int_eq(set_notes(&p.id, "alice", longest, -1, &c), ERR_NONE);
	ck_assert_int_eq(c.notes_version, 1);
	call_release(&c);
	c = get(&p.id);
	ck_assert_str_eq(c.notes, longest);
	ck_assert_int_eq(set_notes(&p.id, "alice", " \t\r\n\xf0\x9f\x98\x80 ", -1, &c), ERR_NONE);
	call_release(&c);
	c = get(&p.id);
	ck_assert_str_eq(c.notes, " \t\r\n\xf0\x9f\x98\x80 ");
	ck_assert_int_eq(set_notes(&p.id, "alice", "", -1, &c), ERR_NONE);
	ck_assert_int_eq(c.notes_version, 3);
	ck_assert_str_eq(c.notes, "");
	call_release(&c);
	box_assert_sound(&box);
}
END_TEST

START_TEST(stale_notes_change_nothing_and_show_the_call_as_it_is)
{
	struct call c;

	call_init(&c);
	placing_do(&p, box.s);
	ck_assert_int_eq(set_notes(&p.id, "alice", "one", 0, &c), ERR_NONE);
	ck_assert_int_eq(set_notes(&p.id, "alice", "two", 0, &c), ERR_CONFLICT);
	ck_assert_str_eq(c.notes, "one");
	ck_assert_int_eq(c.notes_version, 1);
	ck_assert_int_eq(set_notes(&p.id, "alice", "two", 2, &c), ERR_CONFLICT);
	ck_assert_int_eq(set_notes(&p.id, "alice", "two", 1, &c), ERR_NONE);
	ck_assert_int_eq(c.notes_version, 2);
	/* The same once more is no change: nobody's version becomes stale by it. */
	ck_assert_int_eq(set_notes(&p.id, "alice", "two", -1, &c), ERR_NONE);
	ck_assert_int_eq(c.notes_version, 2);
	call_release(&c);
}
END_TEST

START_TEST(notes_of_others_are_not_there)
{
	static const char *const others[] = {"bob", "alic", "alicea", ""};
	struct callid other = {{9}};
	struct call c;

	call_init(&c);
	placing_do(&p, box.s);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_int_eq(set_notes(&p.id, others[i], "x", -1, &c), ERR_NOT_FOUND);
	ck_assert_int_eq(set_notes(&other, "alice", "x", -1, &c), ERR_NOT_FOUND);
	call_release(&c);
	c = get(&p.id);
	ck_assert_str_eq(c.notes, "");
	call_release(&c);
	ck_assert_int_eq(box_marker(&box), 'c');
}
END_TEST

START_TEST(the_sync_never_touches_notes)
{
	struct call c;

	call_init(&c);
	placing_do(&p, box.s);
	ck_assert_int_eq(set_notes(&p.id, "alice", "mine", -1, &c), ERR_NONE);
	call_release(&c);
	struct store_update u = box_update(&p.id, CALL_COMPLETED, NOW + MINUTE, 5);
	apply(&u, 1, NOW + MINUTE);
	c = get(&p.id);
	ck_assert_str_eq(c.notes, "mine");
	ck_assert_int_eq(c.notes_version, 1);
	call_release(&c);
}
END_TEST

/* --- history, against a plain model --- */

#define MODEL_ROWS 400

static const char *const model_users[] = {"a", "ab", "a b", "a\xc3\xa4", "\xc3\xa4", "b", "A"};
static const char *const model_phones[] = {"+15551234567", "+4930123456"};
static const char *const model_refs[] = {"", "c1", "c2"};
#define PICK(d, list) (list)[dice_below((d), sizeof(list) / sizeof((list)[0]))]

static struct call *model; /* newest first */
static size_t model_count;

static int newest_first(const void *a, const void *b)
{
	const struct call *x = a, *y = b;

	if (x->start_ms != y->start_ms)
		return x->start_ms < y->start_ms ? 1 : -1;
	return memcmp(y->id.b, x->id.b, CALLID_BYTES);
}

static int insert_model(struct turn *t, void *arg)
{
	int e = 0;

	(void)arg;
	for (size_t i = 0; i < model_count && e == 0; i++)
		e = row_insert(t, &model[i]);
	return e;
}

/* Rows of several users, many at equal times; times within NOW … NOW + `spread` - 1. */
static void make_model(size_t rows, int64_t spread, uint64_t seed)
{
	struct dice d = {seed};
	struct store *s = box_store(&box, 5, 60);

	model_count = rows;
	model = calloc(rows, sizeof(*model));
	ck_assert_ptr_nonnull(model);
	for (size_t i = 0; i < rows; i++) {
		struct call *c = &model[i];

		call_init(c);
		c->start_ms = NOW + (int64_t)dice_below(&d, (uint64_t)spread);
		for (size_t k = 0; k < CALLID_BYTES; k++)
			c->id.b[k] = (unsigned char)dice_next(&d);
		ck_assert_int_eq(call_set_text(&c->user, PICK(&d, model_users)), ERR_NONE);
		ck_assert_int_eq(call_set_text(&c->client_id, PICK(&d, model_refs)), ERR_NONE);
		ck_assert_int_eq(call_set_text(&c->contact_id, PICK(&d, model_refs)), ERR_NONE);
		ck_assert_int_eq(call_set_text(&c->deal_id, PICK(&d, model_refs)), ERR_NONE);
		(void)snprintf(c->phone, sizeof(c->phone), "%s", PICK(&d, model_phones));
		c->status = (enum call_status)dice_below(&d, CALL_STATUS__MAX);
		c->provider = (enum provider_id)dice_below(&d, PROVIDER__MAX);
	}
	ck_assert_int_eq(turn_run(s, TURN_WRITE, insert_model, NULL), ERR_NONE);
	store_close(s);
	qsort(model, model_count, sizeof(*model), newest_first);
}

static void free_model(void)
{
	for (size_t i = 0; i < model_count; i++)
		call_release(&model[i]);
	free(model);
}

static bool text_fits(const char *want, const char *got)
{
	return want == NULL || strcmp(want, got) == 0;
}

static bool fits(const struct history_filter *f, const struct call *c)
{
	return text_fits(f->user, c->user) && c->start_ms >= f->from_ms &&
	       (f->to_ms == 0 || c->start_ms < f->to_ms) &&
	       (f->status == CALL_STATUS__MAX || f->status == c->status) &&
	       (f->provider == PROVIDER_NONE || f->provider == c->provider) &&
	       text_fits(f->phone, c->phone) && text_fits(f->client_id, c->client_id) &&
	       text_fits(f->contact_id, c->contact_id) && text_fits(f->deal_id, c->deal_id);
}

/* The rows that fit, as pointers into the model. */
static size_t model_find(const struct history_filter *f, const struct call **out)
{
	size_t n = 0;

	for (size_t i = 0; i < model_count; i++)
		if (fits(f, &model[i]))
			out[n++] = &model[i];
	return n;
}

static void assert_page(const struct history_filter *f, int64_t page, int64_t limit)
{
	const struct call *want[MODEL_ROWS];
	size_t count = model_find(f, want), first = count, here = 0;
	struct call_list got = {NULL, 0};
	int64_t n = -1;

	if (page <= (int64_t)count && limit > 0 && (page - 1) <= (int64_t)count / limit)
		first = (size_t)((page - 1) * limit);
	if (first < count)
		here = count - first < (size_t)limit ? count - first : (size_t)limit;
	ck_assert_int_eq(store_history_page(box.s, f, page, limit, &got, &n), ERR_NONE);
	ck_assert_int_eq(n, (int64_t)count);
	ck_assert_uint_eq(got.count, here);
	for (size_t i = 0; i < here; i++) {
		ck_assert(callid_equal(&got.calls[i].id, &want[first + i]->id));
		ck_assert_str_eq(got.calls[i].user, want[first + i]->user);
	}
	call_list_release(&got);
}

static void assert_walk(const struct history_filter *f, size_t rows)
{
	const struct call *want[MODEL_ROWS];
	size_t count = model_find(f, want), at = 0;
	struct history_walk walk = {.started = false};

	while (!walk.ended) {
		struct call_list got = {NULL, 0};

		ck_assert_int_eq(store_history_walk(box.s, f, &walk, rows, &got), ERR_NONE);
		ck_assert(got.count == rows || walk.ended);
		for (size_t i = 0; i < got.count; i++)
			ck_assert(at < count && callid_equal(&got.calls[i].id, &want[at++]->id));
		call_list_release(&got);
	}
	ck_assert_uint_eq(at, count);
}

static void random_filter(struct history_filter *f, struct dice *d)
{
	history_filter_init(f);
	if (dice_below(d, 4) > 0)
		f->user = dice_below(d, 8) > 0 ? PICK(d, model_users) : "nobody";
	if (dice_below(d, 2) > 0)
		f->from_ms = NOW + (int64_t)dice_below(d, 120) - 10;
	if (dice_below(d, 2) > 0)
		f->to_ms = NOW + (int64_t)dice_below(d, 120) - 10;
	if (dice_below(d, 2) > 0)
		return;
	if (dice_below(d, 3) == 0)
		f->status = (enum call_status)dice_below(d, CALL_STATUS__MAX);
	if (dice_below(d, 3) == 0)
		f->provider = (enum provider_id)dice_below(d, PROVIDER__MAX);
	if (dice_below(d, 3) == 0)
		f->phone = PICK(d, model_phones);
	if (dice_below(d, 3) == 0)
		f->client_id = PICK(d, model_refs);
	if (dice_below(d, 3) == 0)
		f->contact_id = PICK(d, model_refs);
	if (dice_below(d, 3) == 0)
		f->deal_id = PICK(d, model_refs);
}

START_TEST(pages_and_walks_show_what_a_plain_model_shows)
{
	static const int64_t limits[] = {1, 2, 7, 20, 100, MODEL_ROWS, INT64_MAX};
	static const size_t steps[] = {1, 3, 50, MODEL_ROWS};
	struct dice d = {20261120};

	make_model(MODEL_ROWS, 100, 1);
	for (int i = 0; i < 250; i++) {
		struct history_filter f;
		int64_t limit = PICK(&d, limits);

		random_filter(&f, &d);
		assert_page(&f, 1, limit);
		assert_page(
			&f, 1 + (int64_t)dice_below(&d, 1 + MODEL_ROWS / (uint64_t)limit), limit);
		if (i % 10 == 0)
			assert_walk(&f, PICK(&d, steps));
	}
	free_model();
	box_assert_sound(&box);
}
END_TEST

START_TEST(pages_past_the_end_are_empty_and_hostile_ones_harmless)
{
	static const int64_t numbers[] = {
		1, 2, 100, INT32_MAX, UINT32_MAX, INT64_MAX / 2, INT64_MAX - 1, INT64_MAX};
	struct history_filter filters[2];
	struct call_list l = {NULL, 0};
	int64_t n;

	make_model(30, 10, 2);
	for (int i = 0; i < 2; i++) {
		history_filter_init(&filters[i]);
		filters[i].phone = i == 0 ? NULL : model_phones[0];
		for (size_t a = 0; a < sizeof(numbers) / sizeof(numbers[0]); a++)
			for (size_t b = 0; b < sizeof(numbers) / sizeof(numbers[0]); b++)
				assert_page(&filters[i], numbers[a], numbers[b]);
		ck_assert_int_eq(store_history_page(box.s, &filters[i], 0, 20, &l, &n), ERR_NONE);
		ck_assert_uint_eq(l.count, 0);
		ck_assert_int_eq(store_history_page(box.s, &filters[i], 1, 0, &l, &n), ERR_NONE);
		ck_assert_uint_eq(l.count, 0);
		ck_assert_int_eq(
			store_history_page(box.s, &filters[i], -1, INT64_MIN, &l, &n), ERR_NONE);
		ck_assert_uint_eq(l.count, 0);
	}
	free_model();
}
END_TEST

START_TEST(bounds_in_time_are_half_open)
{
	struct history_filter f;

	history_filter_init(&f);
	make_model(60, 5, 3);
	for (int user = 0; user < 2; user++) {
		f.user = user == 0 ? NULL : "a";
		for (int64_t from = NOW - 1; from < NOW + 7; from++) {
			for (int64_t to = NOW - 1; to < NOW + 7; to++) {
				f.from_ms = from;
				f.to_ms = to;
				assert_page(&f, 1, 100);
			}
		}
		f.from_ms = 0;
		f.to_ms = INT64_MAX;
		assert_page(&f, 1, 100);
		f.from_ms = INT64_MAX;
		f.to_ms = 0;
		assert_page(&f, 1, 100);
	}
	free_model();
}
END_TEST

/* More rows than are looked at in one turn, of which few match. */
START_TEST(filters_over_many_turns_are_exact)
{
	struct history_filter f;
	struct call_list l = {NULL, 0};
	struct history_walk walk = {.started = false};
	int64_t n;
	size_t want[3] = {0, 0, 0};

	make_model(1700, 1000, 4);
	history_filter_init(&f);
	f.status = CALL_BUSY;
	for (size_t i = 0; i < model_count; i++)
		want[0] += fits(&f, &model[i]);
	ck_assert_int_eq(store_history_page(box.s, &f, 1, 20, &l, &n), ERR_NONE);
	ck_assert_int_eq(n, (int64_t)want[0]);
	ck_assert_uint_eq(l.count, 20);
	call_list_release(&l);
	ck_assert_int_eq(store_history_page(box.s, &f, (n + 19) / 20, 20, &l, &n), ERR_NONE);
	ck_assert_uint_eq(l.count, (want[0] - 1) % 20 + 1);
	call_list_release(&l);
	ck_assert_int_eq(store_history_walk(box.s, &f, &walk, 10000, &l), ERR_NONE);
	ck_assert(walk.ended);
	ck_assert_uint_eq(l.count, want[0]);
	for (size_t i = 1; i < l.count; i++)
		ck_assert_int_lt(newest_first(&l.calls[i - 1], &l.calls[i]), 0);
	call_list_release(&l);
	ck_assert_int_eq(store_history_walk(box.s, &f, &walk, 10, &l), ERR_NONE);
	ck_assert_uint_eq(l.count, 0);
	free_model();
}
END_TEST

START_TEST(rows_stored_during_a_walk_are_not_seen_twice)
{
	struct history_filter f;
	struct history_walk walk = {.started = false};
	size_t seen = 0;
	unsigned char last[KEY_TIME_ID];

	make_model(60, 5, 5);
	history_filter_init(&f);
	key_time_id(INT64_MAX, &(struct callid){{255}}, last);
	for (int i = 0; !walk.ended; i++) {
		struct call_list l = {NULL, 0};

		ck_assert_int_eq(store_history_walk(box.s, &f, &walk, 7, &l), ERR_NONE);
		for (size_t k = 0; k < l.count; k++) {
			unsigned char key[KEY_TIME_ID];

			key_time_id(l.calls[k].start_ms, &l.calls[k].id, key);
			ck_assert_int_lt(memcmp(key, last, sizeof(key)), 0);
			memcpy(last, key, sizeof(key));
		}
		seen += l.count;
		call_list_release(&l);
		/* Newer than all of them, and, where the clock was set back, older. */
		box_call(box.s, "a", i % 2 == 0 ? NOW + HOUR + i : NOW - HOUR - i);
		ck_assert_int_lt(i, 100);
	}
	ck_assert_uint_ge(seen, 60);
	free_model();
}
END_TEST

START_TEST(an_empty_store_has_an_empty_history)
{
	struct history_filter f;
	struct history_walk walk = {.started = false};
	struct call_list l = {NULL, 0};
	int64_t n;

	history_filter_init(&f);
	for (int created = 0; created < 2; created++) {
		for (int i = 0; i < 4; i++) {
			f.user = i % 2 == 0 ? NULL : "a";
			f.status = i < 2 ? CALL_STATUS__MAX : CALL_LOST;
			ck_assert_int_eq(store_history_page(box.s, &f, 1, 20, &l, &n), ERR_NONE);
			ck_assert_int_eq(n, 0);
			ck_assert_uint_eq(l.count, 0);
		}
		ck_assert_int_eq(store_history_walk(box.s, &f, &walk, 5, &l), ERR_NONE);
		ck_assert(walk.ended);
		ck_assert_int_eq(store_create(box.s), ERR_NONE);
		walk = (struct history_walk){.started = false};
	}
}
END_TEST

/* --- what is due --- */

static size_t due_ids(int64_t now_ms, size_t limit, struct callid *out, size_t room)
{
	struct due_walk walk = {.started = false};
	size_t n = 0;

	for (;;) {
		struct call_list l = {NULL, 0};

		ck_assert_int_eq(store_due(box.s, now_ms, &walk, limit, &l), ERR_NONE);
		ck_assert_uint_le(l.count, limit);
		for (size_t i = 0; i < l.count; i++) {
			ck_assert_uint_lt(n, room);
			ck_assert_int_le(l.calls[i].look_ms, now_ms);
			out[n++] = l.calls[i].id;
		}
		bool last = l.count == 0;
		call_list_release(&l);
		if (last)
			return n;
	}
}

START_TEST(due_calls_come_in_order_of_their_look_in_any_pieces)
{
	struct callid ids[7], got[16];
	int64_t open;

	for (int i = 6; i >= 0; i--)
		ids[i] = box_call(box.s, i % 2 == 0 ? "a" : "b", NOW + i * SECOND);
	for (size_t limit = 1; limit < 9; limit++) {
		ck_assert_uint_eq(due_ids(NOW + HOUR, limit, got, 16), 7);
		for (int i = 0; i < 7; i++)
			ck_assert(callid_equal(&got[i], &ids[i]));
	}
	ck_assert_uint_eq(due_ids(NOW + 3 * SECOND, 2, got, 16), 4);
	ck_assert_uint_eq(due_ids(NOW - 1, 2, got, 16), 0);
	ck_assert_uint_eq(due_ids(INT64_MAX, 100, got, 16), 7);
	ck_assert_int_eq(store_open_count(box.s, &open), ERR_NONE);
	ck_assert_int_eq(open, 7);
}
END_TEST

START_TEST(an_update_moves_a_call_among_the_due)
{
	struct callid a = box_call(box.s, "a", NOW), b = box_call(box.s, "b", NOW + 1), got[4];
	struct store_update u[2];
	int64_t open;

	/* Looked for and not found: only the look changes. */
	u[0] = box_update(&a, CALL_QUEUED, NOW + HOUR, 0);
	u[0].said.has_status = false;
	u[0].next_look_ms = NOW + 2 * HOUR;
	apply(u, 1, NOW + HOUR);
	ck_assert(!u[0].changed && !u[0].conflict && !u[0].became_final);
	ck_assert_uint_eq(due_ids(NOW + HOUR, 10, got, 4), 1);
	ck_assert(callid_equal(&got[0], &b));
	ck_assert_uint_eq(due_ids(NOW + 2 * HOUR, 10, got, 4), 2);
	ck_assert(callid_equal(&got[1], &a));
	/* Over: once more 20 minutes after the end, then never again. */
	u[0] = box_update(&a, CALL_COMPLETED, NOW + MINUTE, 5);
	u[0].next_look_ms = 12345;
	apply(u, 1, NOW + MINUTE);
	ck_assert(u[0].changed && u[0].became_final);
	struct call c = get(&a);
	ck_assert_int_eq(c.look_ms, NOW + MINUTE + FOLLOW_CORRECTIONS_MS);
	call_release(&c);
	u[0] = box_update(&a, CALL_COMPLETED, NOW + 30 * MINUTE, 5);
	u[0].said.has_figures = true;
	u[0].said.end_ms = NOW + MINUTE;
	u[0].said.duration_s = 50;
	apply(u, 1, NOW + 30 * MINUTE);
	ck_assert(u[0].changed && !u[0].became_final);
	ck_assert_uint_eq(due_ids(INT64_MAX, 10, got, 4), 1);
	/* Lost: never again; and back when the provider shows it after all. */
	u[1] = box_update(&b, CALL_LOST, NOW + HOUR, 0);
	u[1].said.source = SAID_BY_EXPIRY;
	apply(u + 1, 1, NOW + HOUR);
	ck_assert(u[1].became_final);
	ck_assert_int_eq(store_open_count(box.s, &open), ERR_NONE);
	ck_assert_int_eq(open, 0);
	u[1] = box_update(&b, CALL_RINGING, NOW + 2 * HOUR, 6);
	apply(u + 1, 1, NOW + 2 * HOUR);
	ck_assert_int_eq(u[1].status, CALL_RINGING);
	ck_assert_uint_eq(due_ids(INT64_MAX, 10, got, 4), 1);
	box_assert_sound(&box);
}
END_TEST

/* --- applying and claims --- */

START_TEST(a_providers_call_belongs_to_one_row_and_a_row_to_one_call)
{
	struct callid a = box_call(box.s, "a", NOW), b = box_call(box.s, "b", NOW), gone = {{9}};
	struct store_update u[] = {box_update(&a, CALL_RINGING, NOW + 1, 100),
		box_update(&b, CALL_RINGING, NOW + 2, 100),
		box_update(&a, CALL_COMPLETED, NOW + 3, 101),
		box_update(&gone, CALL_RINGING, NOW + 4, 102),
		box_update(&b, CALL_IN_PROGRESS, NOW + 5, 103),
		box_update(&a, CALL_IN_PROGRESS, NOW + 6, 100)};
	static const bool conflict[] = {false, true, true, true, false, false};
	static const int64_t ids[] = {100, 101, 102, 103, 0};
	struct callid owners[5];
	bool claimed[5];

	apply(u, 6, NOW + MINUTE);
	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(u[i].conflict, conflict[i]);
		ck_assert_int_eq(u[i].changed, !conflict[i]);
	}
	struct call c = get(&a);
	ck_assert_int_eq(c.external_id, 100);
	ck_assert_int_eq(c.status, CALL_IN_PROGRESS);
	call_release(&c);
	c = get(&b);
	ck_assert_int_eq(c.external_id, 103);
	call_release(&c);
	ck_assert_int_eq(store_claims(box.s, PROVIDER_AIRCALL, ids, 5, owners, claimed), ERR_NONE);
	ck_assert(claimed[0] && !claimed[1] && !claimed[2] && claimed[3] && !claimed[4]);
	ck_assert(callid_equal(&owners[0], &a) && callid_equal(&owners[3], &b));
	ck_assert_int_eq(store_claims(box.s, PROVIDER_DIALPAD, ids, 5, owners, claimed), ERR_NONE);
	ck_assert(!claimed[0] && !claimed[3]);
	box_assert_sound(&box);
}
END_TEST

START_TEST(a_decided_row_claims_nothing)
{
	placing_do(&p, box.s);
	struct settlement t = settlement(&p.id, CALL_FAILED);
	struct call c = settle(&t);
	static const int64_t id = 100;
	struct callid owner = {{0}};
	bool claimed = true;

	call_release(&c);
	struct store_update u = box_update(&p.id, CALL_RINGING, NOW + 1, 100);
	apply(&u, 1, NOW + MINUTE);
	ck_assert(!u.changed);
	ck_assert_int_eq(u.status, CALL_FAILED);
	ck_assert_int_eq(store_claims(box.s, PROVIDER_AIRCALL, &id, 1, &owner, &claimed), ERR_NONE);
	ck_assert(!claimed);
	struct callid other = box_call(box.s, "b", NOW);
	u = box_update(&other, CALL_RINGING, NOW + 1, 100);
	apply(&u, 1, NOW + MINUTE);
	ck_assert(u.changed && !u.conflict);
	box_assert_sound(&box);
}
END_TEST

START_TEST(a_row_of_another_provider_takes_nothing)
{
	placing_do(&p, box.s);
	struct store_update u = box_update(&p.id, CALL_RINGING, NOW + 1, 100);
	u.provider = PROVIDER_DIALPAD;
	apply(&u, 1, NOW + MINUTE);
	ck_assert(u.conflict && !u.changed);
	box_assert_sound(&box);
}
END_TEST

/* Its calls are Dialpad's: an event or a list shows them under Dialpad's ids. */
START_TEST(calls_of_the_cti_are_dialpads)
{
	struct callid ids[2];
	static const enum provider_id providers[] = {PROVIDER_CTI, PROVIDER_DIALPAD};
	static const int64_t shown = 100;
	struct callid owner;
	bool claimed;

	for (int i = 0; i < 2; i++) {
		struct placing other;
		placing_init(&other);
		other.guard = false;
		other.provider = providers[i];
		placing_do(&other, box.s);
		ids[i] = other.id;
		placing_release(&other);
	}
	struct store_update u[] = {box_update(&ids[0], CALL_RINGING, NOW + 1, shown),
		box_update(&ids[1], CALL_RINGING, NOW + 2, shown),
		box_update(&ids[0], CALL_IN_PROGRESS, NOW + 3, shown)};
	u[0].provider = PROVIDER_DIALPAD;
	u[1].provider = PROVIDER_DIALPAD;
	u[2].provider = PROVIDER_CTI;
	apply(u, 3, NOW + MINUTE);
	ck_assert(u[0].changed && !u[0].conflict);
	ck_assert(u[1].conflict && !u[1].changed);
	ck_assert(u[2].changed && !u[2].conflict);
	ck_assert_int_eq(
		store_claims(box.s, PROVIDER_DIALPAD, &shown, 1, &owner, &claimed), ERR_NONE);
	ck_assert(claimed && callid_equal(&owner, &ids[0]));
	box_assert_sound(&box);
}
END_TEST

START_TEST(the_same_update_again_changes_nothing)
{
	struct trail_entry e[TRAIL_MAX];

	placing_do(&p, box.s);
	for (int i = 0; i < 3; i++) {
		struct store_update u = box_update(&p.id, CALL_RINGING, NOW + 1, 100);

		apply(&u, 1, NOW + MINUTE);
		ck_assert_int_eq(u.changed, i == 0);
		ck_assert(!u.conflict);
		ck_assert_int_eq(u.status, CALL_RINGING);
	}
	ck_assert_uint_eq(trail(&p.id, e), 3);
	box_assert_sound(&box);
}
END_TEST

START_TEST(many_updates_at_once_all_arrive)
{
	static struct store_update u[STORE_UPDATES_MAX];
	struct store *s = box_store(&box, 5, 60);

	make_model(STORE_UPDATES_MAX, 1000, 6);
	for (size_t i = 0; i < STORE_UPDATES_MAX; i++) {
		u[i] = box_update(&model[i].id, CALL_COMPLETED, NOW + MINUTE, 1000 + (int64_t)i);
		u[i].provider = model[i].provider;
		u[i].said.has_status = false;
		u[i].next_look_ms = NOW + (int64_t)i;
	}
	ck_assert_int_eq(store_apply(s, u, STORE_UPDATES_MAX, NOW), ERR_NONE);
	for (size_t i = 0; i < STORE_UPDATES_MAX; i++)
		ck_assert(!u[i].conflict);
	ck_assert_int_eq(store_apply(s, u, 0, NOW), ERR_NONE);
	store_close(s);
	free_model();
	box_assert_sound(&box);
}
END_TEST

START_TEST(what_was_never_stored_is_not_found)
{
	struct callid id = {{9}};
	struct trail_entry e[TRAIL_MAX];
	static const int64_t ids[] = {1, 2};
	struct callid owners[2];
	bool claimed[2] = {true, true};
	struct due_walk walk = {.started = false};
	struct call_list l = {NULL, 0};
	struct user_settings u = {.aircall_user_id = 1, .aircall_number_id = 1};
	int64_t n = 7;

	for (int created = 0; created < 2; created++) {
		struct call c;

		call_init(&c);
		ck_assert_int_eq(store_call_get(box.s, &id, &c), ERR_NOT_FOUND);
		ck_assert_uint_eq(trail(&id, e), 0);
		ck_assert_int_eq(
			store_claims(box.s, PROVIDER_AIRCALL, ids, 2, owners, claimed), ERR_NONE);
		ck_assert(!claimed[0] && !claimed[1]);
		ck_assert_int_eq(store_due(box.s, INT64_MAX, &walk, 10, &l), ERR_NONE);
		ck_assert_uint_eq(l.count, 0);
		call_list_release(&l);
		ck_assert_int_eq(store_open_count(box.s, &n), ERR_NONE);
		ck_assert_int_eq(n, 0);
		ck_assert_int_eq(store_user_get(box.s, "a", &u), ERR_NONE);
		ck_assert_int_eq(u.aircall_user_id, 0);
		ck_assert_int_eq(store_ping(box.s), ERR_NONE);
		ck_assert_int_eq(box_marker(&box), 'c');
		ck_assert_int_eq(store_create(box.s), ERR_NONE);
	}
}
END_TEST

/* --- users --- */

#define MANY_USERS 450

struct listed {
	size_t count, stop_at;
	char last[AUTH_USER_MAX + 1];
};

static bool list_each(void *arg, const char *user, const struct user_settings *u)
{
	struct listed *l = arg;

	ck_assert_str_gt(user, l->last);
	ck_assert_int_eq(u->aircall_number_id, 2);
	(void)snprintf(l->last, sizeof(l->last), "%s", user);
	return ++l->count != l->stop_at;
}

static int set_many(struct turn *t, void *arg)
{
	struct user_settings u = {.aircall_user_id = 1, .aircall_number_id = 2};
	struct buf b;
	int e = 0;

	(void)arg;
	buf_init(&b, CODEC_RECORD_MAX);
	codec_user(&b, &u);
	for (int i = 0; i < MANY_USERS && e == 0; i++) {
		char user[20];
		int len = snprintf(user, sizeof(user), "user%d", i * 7919 % 100000);

		e = turn_put(t, DB_USERS, user, (size_t)len, b.s, b.len);
	}
	buf_release(&b);
	return e;
}

START_TEST(all_users_are_listed_in_order)
{
	struct listed l = {0, 0, ""};

	ck_assert_int_eq(store_user_list(box.s, list_each, &l), ERR_NONE);
	ck_assert_uint_eq(l.count, 0);
	ck_assert_int_eq(turn_run(box.s, TURN_WRITE, set_many, NULL), ERR_NONE);
	ck_assert_int_eq(store_user_list(box.s, list_each, &l), ERR_NONE);
	ck_assert_uint_eq(l.count, MANY_USERS);
	for (size_t stop = 199; stop < 202; stop++) {
		l = (struct listed){0, stop, ""};
		ck_assert_int_eq(store_user_list(box.s, list_each, &l), ERR_NONE);
		ck_assert_uint_eq(l.count, stop);
	}
}
END_TEST

START_TEST(settings_are_set_replaced_and_unset)
{
	struct user_settings u = {.aircall_user_id = 1, .aircall_number_id = 2},
			     got = {.aircall_user_id = 3, .aircall_number_id = 4};
	char user[AUTH_USER_MAX + 2];

	ck_assert_int_eq(store_user_set(box.s, "a", &u), ERR_NONE);
	u = (struct user_settings){.aircall_user_id = INT64_MAX, .aircall_number_id = 0};
	ck_assert_int_eq(store_user_set(box.s, "a", &u), ERR_NONE);
	ck_assert_int_eq(store_user_get(box.s, "a", &got), ERR_NONE);
	ck_assert_int_eq(got.aircall_user_id, INT64_MAX);
	ck_assert_int_eq(got.aircall_number_id, 0);
	ck_assert_int_eq(store_user_get(box.s, "ab", &got), ERR_NONE);
	ck_assert_int_eq(got.aircall_user_id, 0);
	ck_assert_int_eq(store_user_unset(box.s, "a"), ERR_NONE);
	ck_assert_int_eq(store_user_unset(box.s, "a"), ERR_NOT_FOUND);
	ck_assert_int_eq(store_user_get(box.s, "a", &got), ERR_NONE);
	ck_assert_int_eq(got.aircall_user_id, 0);
	memset(user, 'u', sizeof(user));
	user[AUTH_USER_MAX + 1] = '\0';
	ck_assert_int_eq(store_user_set(box.s, user, &u), ERR_INVALID);
	ck_assert_int_eq(store_user_set(box.s, "", &u), ERR_INVALID);
}
END_TEST

/* --- house-keeping --- */

static int count_keys(struct turn *t, void *arg)
{
	DB *db;
	DBC *cursor;
	DBT k = {.data = NULL}, v = {.data = NULL};
	int e = turn_db(t, DB_KEYS, &db);
	int *n = arg;

	*n = 0;
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	while (cursor->get(cursor, &k, &v, DB_NEXT) == 0)
		++*n;
	return cursor->close(cursor);
}

static int many_keys(struct turn *t, void *arg)
{
	const struct callid *id = arg;
	int e = 0;

	for (int i = 0; i < 1100 && e == 0; i++) {
		unsigned char key[KEY_IDEM_MAX];
		char text[20];
		struct key_record k;
		struct buf b;

		buf_init(&b, CODEC_RECORD_MAX);
		key_record_init(&k);
		k.call = *id;
		/* Every third is to stay. */
		k.made_ms = i % 3 == 0 ? NOW + 1 : NOW;
		k.http_status = 200;
		codec_key(&b, &k);
		(void)snprintf(text, sizeof(text), "k%d", i);
		e = turn_put(t, DB_KEYS, key, key_idempotency("alice", text, key), b.s, b.len);
		key_record_release(&k);
		buf_release(&b);
	}
	return e;
}

START_TEST(old_keys_are_dropped_and_others_kept)
{
	int n;

	placing_do(&p, box.s);
	ck_assert_int_eq(turn_run(box.s, TURN_WRITE, many_keys, &p.id), ERR_NONE);
	ck_assert_int_eq(store_housekeep(box.s, NOW + 24 * HOUR - 1), ERR_NONE);
	ck_assert_int_eq(turn_run(box.s, TURN_READ, count_keys, &n), ERR_NONE);
	ck_assert_int_eq(n, 1100);
	ck_assert_int_eq(store_housekeep(box.s, NOW + 24 * HOUR), ERR_NONE);
	ck_assert_int_eq(turn_run(box.s, TURN_READ, count_keys, &n), ERR_NONE);
	ck_assert_int_eq(n, 367);
	box_assert_sound(&box);
}
END_TEST

static int spoil_key(struct turn *t, void *arg)
{
	(void)arg;
	return turn_put(t, DB_KEYS, "zed\0key", 7, "\x02new", 4);
}

START_TEST(a_key_that_cannot_be_read_does_not_stop_house_keeping)
{
	int n;

	placing_do(&p, box.s);
	ck_assert_int_eq(turn_run(box.s, TURN_WRITE, many_keys, &p.id), ERR_NONE);
	ck_assert_int_eq(turn_run(box.s, TURN_WRITE, spoil_key, NULL), ERR_NONE);
	ck_assert_int_eq(store_housekeep(box.s, NOW + 48 * HOUR), ERR_NONE);
	ck_assert_int_eq(turn_run(box.s, TURN_READ, count_keys, &n), ERR_NONE);
	ck_assert_int_eq(n, 1);
}
END_TEST

static size_t log_files(void)
{
	glob_t g;
	size_t n;

	ck_assert_int_eq(glob(box_file(&box, "log.*"), 0, NULL, &g), 0);
	n = g.gl_pathc;
	globfree(&g);
	return n;
}

START_TEST(log_files_no_longer_needed_are_removed)
{
	char notes[CALL_NOTES_MAX + 1];
	struct call c;

	call_init(&c);
	placing_do(&p, box.s);
	memset(notes, 'n', CALL_NOTES_MAX);
	notes[CALL_NOTES_MAX] = '\0';
	for (int i = 0; i < 300; i++) {
		notes[0] = (char)('a' + i % 26);
		ck_assert_int_eq(set_notes(&p.id, "alice", notes, -1, &c), ERR_NONE);
	}
	ck_assert_uint_gt(log_files(), 3);
	ck_assert_int_eq(store_housekeep(box.s, NOW), ERR_NONE);
	ck_assert_uint_le(log_files(), 2);
	/* What is left suffices to recover. */
	unlink(box_file(&box, "__db.001"));
	call_release(&c);
	c = get(&p.id);
	ck_assert_str_eq(c.notes, notes);
	call_release(&c);
	box_assert_sound(&box);
}
END_TEST

static int make_newer(struct turn *t, void *arg)
{
	const struct callid *id = arg;
	struct buf b;
	int e;

	buf_init(&b, CODEC_RECORD_MAX);
	e = turn_get(t, DB_CALLS, id->b, CALLID_BYTES, &b);
	if (e == 0) {
		buf_add(&b, "\x7e\x01", 2);
		e = turn_put(t, DB_CALLS, id->b, CALLID_BYTES, b.s, b.len);
	}
	buf_release(&b);
	return e;
}

START_TEST(a_row_of_a_newer_program_is_never_rewritten)
{
	placing_do(&p, box.s);
	ck_assert_int_eq(turn_run(box.s, TURN_WRITE, make_newer, &p.id), ERR_NONE);
	struct call c;
	struct settlement t = settlement(&p.id, CALL_INITIATED);
	struct store_update u = box_update(&p.id, CALL_RINGING, NOW, 5);

	call_init(&c);
	ck_assert_int_eq(store_settle(box.s, &t, &c), ERR_STORAGE);
	ck_assert_int_eq(set_notes(&p.id, "alice", "x", -1, &c), ERR_STORAGE);
	ck_assert_int_eq(store_apply(box.s, &u, 1, NOW), ERR_STORAGE);
	ck_assert_int_eq(box_name_provider(box.s, &p.id, PROVIDER_DIALPAD, 1, 2, NOW), ERR_STORAGE);
	ck_assert_int_eq(store_call_get(box.s, &p.id, &c), ERR_STORAGE);
	ck_assert_int_eq(box_marker(&box), 'c');
	call_release(&c);
}
END_TEST

/* --- the directory --- */

/* As if another process came: nothing is remembered. */
static enum err ping(void)
{
	struct store *s = box_store(&box, 1, 2);
	enum err e = store_ping(s);

	store_close(s);
	return e;
}

START_TEST(a_new_directory_gets_its_format)
{
	char text[8] = "";
	int from = -1;

	ck_assert_int_eq(store_upgrade(box.s, &from), ERR_NONE);
	ck_assert_int_eq(from, 0);
	FILE *f = fopen(box_file(&box, "FORMAT"), "re");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	(void)fclose(f);
	ck_assert_str_eq(text, "1\n");
	ck_assert_int_eq(store_upgrade(box.s, &from), ERR_NONE);
	ck_assert_int_eq(from, STORE_FORMAT);
	ck_assert_int_eq(store_create(box.s), ERR_NONE);
}
END_TEST

START_TEST(another_format_is_not_touched)
{
	static const char *const formats[] = {"2\n", "99999999999999999999\n", "", "x", "0\n"};
	int from;

	placing_do(&p, box.s);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		box_write(&box, "FORMAT", formats[i], strlen(formats[i]));
		ck_assert_int_eq(ping(), ERR_STORAGE);
		ck_assert_int_eq(store_upgrade(box.s, &from), ERR_STORAGE);
	}
	ck_assert(box_logged(&box, "E3005"));
	box_write(&box, "FORMAT", "1\n", 2);
	ck_assert_int_eq(ping(), ERR_NONE);
}
END_TEST

/* A process that waited at the gate, say, while a newer program changed the format. */
START_TEST(a_format_changed_meanwhile_is_seen)
{
	placing_do(&p, box.s);
	box_write(&box, "FORMAT", "2\n", 2);
	p.now_ms += HOUR;
	ck_assert_int_eq(placing_try(&p, box.s), ERR_STORAGE);
	ck_assert_int_eq(box_marker(&box), 'c');
	box_write(&box, "FORMAT", "1\n", 2);
	ck_assert_int_eq(total("alice"), 1);
}
END_TEST

START_TEST(a_db_config_is_refused)
{
	box_write(&box, "DB_CONFIG", "set_cachesize 0 1 1\n", 20);
	ck_assert_int_eq(ping(), ERR_STORAGE);
	ck_assert(box_logged(&box, "E3004"));
	unlink(box_file(&box, "DB_CONFIG"));
	ck_assert_int_eq(ping(), ERR_NONE);
}
END_TEST

START_TEST(a_directory_others_may_write_to_is_refused)
{
	ck_assert_int_eq(chmod(box.dir, 0770), 0);
	ck_assert_int_eq(ping(), ERR_STORAGE);
	ck_assert_int_eq(chmod(box.dir, 0707), 0);
	ck_assert_int_eq(ping(), ERR_STORAGE);
	ck_assert(box_logged(&box, "E3003"));
	ck_assert_int_eq(chmod(box.dir, 0755), 0);
	ck_assert_int_eq(ping(), ERR_NONE);
}
END_TEST

START_TEST(a_directory_of_somebody_else_is_refused)
{
	if (geteuid() != 0)
		return; /* only root can give it away */
	ck_assert_int_eq(chown(box.dir, 12345, (gid_t)-1), 0);
	ck_assert_int_eq(ping(), ERR_STORAGE);
	ck_assert(box_logged(&box, "E3002"));
	ck_assert_int_eq(access(box_file(&box, "gate"), F_OK), -1);
}
END_TEST

START_TEST(a_missing_directory_is_said_to_be_missing)
{
	ck_assert_int_eq(rmdir(box.dir), 0);
	ck_assert_int_eq(ping(), ERR_STORAGE);
	ck_assert(box_logged(&box, "E3001"));
	int fd = open(box.dir, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	close(fd);
	ck_assert_int_eq(ping(), ERR_STORAGE);
	unlink(box.dir);
}
END_TEST

START_TEST(what_is_made_is_for_its_owner_alone)
{
	glob_t g;

	umask(0);
	placing_do(&p, box.s);
	ck_assert_int_eq(glob(box_file(&box, "*"), 0, NULL, &g), 0);
	ck_assert_uint_gt(g.gl_pathc, 10);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct stat st;

		ck_assert_int_eq(stat(g.gl_pathv[i], &st), 0);
		ck_assert_msg((st.st_mode & 077) == 0, "%s", g.gl_pathv[i]);
	}
	globfree(&g);
}
END_TEST

START_TEST(a_busy_gate_is_busy)
{
	struct gate g = {.dir = box.dir,
		.log = &box.log,
		.wait_seconds = 1,
		.work_seconds = 60,
		.emergency_fd = -1};
	bool recover;

	ck_assert_int_eq(ping(), ERR_NONE);
	ck_assert_int_eq(gate_enter(&g, &recover), 0);
	pid_t pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(ping() == ERR_BUSY && box_logged(&box, "E3008") ? 0 : 1);
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	gate_leave(&g, true);
}
END_TEST

/* --- file systems that refuse --- */

/* Runs `fn` in a process with a small file system of its own at the box's directory; false where
 * the system does not let us. */
static bool on_small_disk(const char *options, void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) == -1 ||
			mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == -1 ||
			mount("none", box.dir, "tmpfs", 0, options) == -1)
			_exit(77);
		fn();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		(void)fprintf(stderr, "skipped: no private mounts here\n");
		return false;
	}
	ck_assert_int_eq(status, 0);
	return true;
}

/* In the child a failed assertion would only end the child, with a status that tells. */
#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			(void)fprintf(stderr, "line %d: %s\n", __LINE__, #condition);              \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static void fill_disk(void)
{
	static char zeros[65536];
	int fd = open(box_file(&box, "filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	size_t piece = sizeof(zeros);

	must(fd != -1);
	while (piece > 0)
		if (write(fd, zeros, piece) <= 0)
			piece /= 2;
	close(fd);
}

/* Each in a process of its own, as it is in life: what a failing one keeps open ends with it. */
static enum err in_child(enum err (*fn)(void))
{
	int status;
	pid_t pid = fork();

	must(pid != -1);
	if (pid == 0)
		_exit((int)fn());
	must(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return (enum err)WEXITSTATUS(status);
}

static enum err place_one(void)
{
	return placing_try(&p, box.s);
}

static int64_t history_total;

static enum err read_total(void)
{
	struct history_filter f;
	struct call_list l = {NULL, 0};
	int64_t n;

	history_filter_init(&f);
	enum err e = store_history_page(box.s, &f, 1, 20, &l, &n);
	call_list_release(&l);
	/* Told to the parent as a failure, should it be wrong. */
	return e == ERR_NONE && n != history_total ? ERR_IO : e;
}

static void disk_full(void)
{
	char text[300];

	p.guard = false;
	must(store_create(box.s) == ERR_NONE);
	must(in_child(place_one) == ERR_NONE);
	fill_disk();
	history_total = 1;
	/* Until the room that the files have left is used up, and then a while. */
	for (int refused = 0; refused < 60;) {
		enum err e = in_child(place_one);

		must(e == ERR_NONE || e == ERR_STORAGE);
		refused += e == ERR_STORAGE;
		history_total += e == ERR_NONE;
		p.now_ms++;
		if (refused % 10 == 1) {
			e = in_child(read_total);
			must(e == ERR_NONE);
		}
	}
	must(box_logged(&box, "No space left"));
	/* A full disk is no reason to recover; and one who is killed on it is recovered from. */
	must(box_marker(&box) == 'c');
	box_write(&box, "gate", "d", 1);
	must(in_child(read_total) == ERR_NONE);
	/* Room again. */
	unlink(box_file(&box, "filler"));
	must(in_child(read_total) == ERR_NONE);
	must(in_child(place_one) == ERR_NONE);
	history_total++;
	must(in_child(read_total) == ERR_NONE);
	box_check(&box, text);
	if (text[0] != '\0')
		(void)fprintf(stderr, "%s\n", text);
	must(text[0] == '\0');
	must(box_verify(&box, text) == 0);
}

START_TEST(a_full_disk_loses_nothing_and_service_resumes)
{
	on_small_disk("size=48m,mode=0700", disk_full);
}
END_TEST

/* Even the regions do not fit: an error, not a signal. */
static void disk_too_small(void)
{
	must(store_create(box.s) == ERR_STORAGE);
	must(placing_try(&p, box.s) == ERR_STORAGE);
	must(mount("none", box.dir, "tmpfs", MS_REMOUNT, "size=100m") == 0);
	must(placing_try(&p, box.s) == ERR_NONE);
	must(box_marker(&box) == 'c');
}

START_TEST(too_small_a_disk_is_an_error)
{
	on_small_disk(_i == 0 ? "size=256k,mode=0700" : "size=8m,mode=0700", disk_too_small);
}
END_TEST

static void disk_read_only(void)
{
	must(placing_try(&p, box.s) == ERR_NONE);
	must(mount("none", box.dir, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL) == 0);
	p.now_ms += HOUR;
	must(placing_try(&p, box.s) == ERR_STORAGE);
	must(ping() == ERR_STORAGE);
	must(box_logged(&box, "Read-only"));
	must(mount("none", box.dir, "tmpfs", MS_REMOUNT, NULL) == 0);
	must(placing_try(&p, box.s) == ERR_NONE);
}

START_TEST(a_read_only_disk_is_an_error)
{
	on_small_disk("size=100m,mode=0700", disk_read_only);
}
END_TEST

/* --- regions and recovery --- */

static int fail_with(struct turn *t, void *arg)
{
	DB *db;
	int e = turn_db(t, DB_CALLS, &db);

	return e != 0 ? e : *(int *)arg;
}

START_TEST(only_what_may_come_from_the_regions_makes_the_next_recover)
{
	static const struct {
		int e;
		enum err want;
		char marker;
	} rows[] = {{0, ERR_NONE, 'c'}, {DB_NOTFOUND, ERR_NOT_FOUND, 'c'},
		{DB_KEYEXIST, ERR_CONFLICT, 'c'}, {ENOMEM, ERR_NOMEM, 'c'},
		{TURN_DAMAGED, ERR_STORAGE, 'c'}, {TURN_INVALID, ERR_INVALID, 'c'},
		{ENOSPC, ERR_STORAGE, 'c'}, {DB_LOCK_DEADLOCK, ERR_STORAGE, 'c'},
		{EINVAL, ERR_STORAGE, 'd'}, {EIO, ERR_STORAGE, 'd'}, {EAGAIN, ERR_STORAGE, 'd'},
		{DB_RUNRECOVERY, ERR_STORAGE, 'd'}};

	ck_assert_int_eq(store_create(box.s), ERR_NONE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int kind = 0; kind < 2; kind++) {
			int e = rows[i].e;

			ck_assert_int_eq(
				turn_run(box.s, kind == 0 ? TURN_READ : TURN_WRITE, fail_with, &e),
				rows[i].want);
			ck_assert_msg(box_marker(&box) == rows[i].marker, "%zu", i);
			ck_assert_int_eq(store_ping(box.s), ERR_NONE);
			ck_assert_int_eq(box_marker(&box), 'c');
		}
	}
}
END_TEST

static int fail_twice(struct turn *t, void *arg)
{
	int *left = arg;
	int e = turn_put(t, DB_USERS, "x", 1, "y", 1);

	if (e == 0 && *left != 0) {
		e = *left == 1 ? DB_RUNRECOVERY : DB_LOCK_DEADLOCK;
		*left = 0;
	}
	return e;
}

START_TEST(a_turn_that_must_be_run_again_is)
{
	for (int left = 1; left < 3; left++) {
		int n = left;

		ck_assert_int_eq(turn_run(box.s, TURN_WRITE, fail_twice, &n), ERR_NONE);
		ck_assert_int_eq(n, 0);
		ck_assert_int_eq(box_marker(&box), 'c');
	}
}
END_TEST

/* Between two turns of one process. */
START_TEST(one_region_file_removed_is_made_anew)
{
	static const char *const names[] = {"__db.001", "__db.002", "__db.003"};

	placing_do(&p, box.s);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(unlink(box_file(&box, names[i])), 0);
		p.now_ms += HOUR;
		ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
		ck_assert_int_eq(total("alice"), (int64_t)i + 2);
		ck_assert_int_eq(box_marker(&box), 'c');
	}
	box_assert_sound(&box);
}
END_TEST

/* After an upgrade of the library, say. The caller does not notice. */
START_TEST(regions_that_cannot_be_joined_are_made_anew)
{
	static const unsigned char version[4] = {9, 0, 0, 0};

	placing_do(&p, box.s);
	int fd = open(box_file(&box, "__db.001"), O_WRONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(pwrite(fd, version, sizeof(version), 8), (ssize_t)sizeof(version));
	close(fd);
	p.now_ms += HOUR;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	ck_assert(box_logged(&box, "version"));
	ck_assert_int_eq(box_marker(&box), 'c');
	ck_assert_int_eq(total("alice"), 2);
	box_assert_sound(&box);
}
END_TEST

/* A recovery that cannot be done must not leave regions behind that look trustworthy. */
START_TEST(a_recovery_that_fails_is_done_again)
{
	placing_do(&p, box.s);
	box_write(&box, "gate", "d", 1);
	char log[2 * UNIT_PATH_SIZE], away[2 * UNIT_PATH_SIZE];
	(void)snprintf(log, sizeof(log), "%s", box_file(&box, "log.0000000001"));
	(void)snprintf(away, sizeof(away), "%s", box_file(&box, "away"));
	ck_assert_int_eq(rename(log, away), 0);
	ck_assert_int_eq(mkdir(log, 0700), 0);
	/* In a process of its own: Berkeley DB leaves memory behind. */
	ck_assert_int_eq(in_child(ping), ERR_STORAGE);
	ck_assert_int_eq(box_marker(&box), 'd');
	ck_assert_int_eq(rmdir(log), 0);
	ck_assert_int_eq(rename(away, log), 0);
	ck_assert_int_eq(ping(), ERR_NONE);
	ck_assert_int_eq(box_marker(&box), 'c');
	ck_assert_int_eq(total("alice"), 1);
	box_assert_sound(&box);
}
END_TEST

static void add_placing(TCase *t)
{
	tcase_add_test(t, a_stored_intent_is_a_row_with_a_trail);
	tcase_add_test(t, an_intent_that_is_decided_asks_nobody);
	tcase_add_test(t, resolve_sees_the_users_settings);
	tcase_add_test(t, an_id_that_is_taken_is_refused);
	tcase_add_test(t, too_long_a_user_is_refused);
	tcase_add_loop_test(
		t, a_settled_key_is_replayed_with_its_status_and_the_call_as_it_is, 0, 4);
	tcase_add_test(t, a_key_decided_at_once_is_replayed);
	tcase_add_loop_test(t, a_key_used_for_something_else_conflicts, 0, 2);
	tcase_add_test(t, the_same_request_is_a_repetition_whatever_the_defaults);
	tcase_add_test(t, what_is_forbidden_is_refused_but_for_a_repetition);
	tcase_add_test(t, a_key_is_in_progress_until_its_process_is_known_to_be_dead);
	tcase_add_test(t, a_clock_set_back_does_not_keep_a_key_in_progress);
	tcase_add_test(t, a_key_is_remembered_for_24_hours);
	tcase_add_test(t, a_key_is_the_users_own);
	tcase_add_test(t, the_longest_key_and_user_work);
	tcase_add_test(t, a_replay_comes_before_policy_guard_and_brake);
	tcase_add_test(t, a_refused_request_does_not_use_its_key_up);
	tcase_add_test(t, a_key_whose_row_is_gone_is_damage);
	tcase_add_test(t, a_number_that_is_not_allowed_is_refused);
	tcase_add_test(t, what_was_dialled_already_is_stored_with_a_reason);
	tcase_add_test(t, the_guard_holds_for_a_minute_while_nobody_knows_and_for_5_seconds_after);
	tcase_add_test(t, the_guard_looks_past_other_numbers_to_the_latest_call);
	tcase_add_test(t, the_guard_is_the_users_own);
	tcase_add_test(t, without_guard_the_same_call_is_stored_again);
	tcase_add_test(t, the_brake_says_when_the_next_call_is_free);
	tcase_add_test(t, the_brake_of_a_day_counts_beside_that_of_a_minute);
	tcase_add_test(t, a_clock_set_back_does_not_lock_the_user_out);
	tcase_add_test(t, the_brake_counts_what_was_refused_nowhere);
	tcase_add_test(t, the_next_provider_is_named_in_the_row_and_its_trail);
	tcase_add_test(t, the_outcome_is_merged_into_what_the_sync_found_first);
	tcase_add_test(t, a_row_handed_to_the_device_is_followed_no_more);
	tcase_add_test(t, a_row_shown_by_its_provider_is_not_handed_to_the_device);
	tcase_add_test(t, an_id_answered_by_the_provider_is_claimed_once);
	tcase_add_test(t, what_is_settled_must_be_there);
	tcase_add_test(t, a_key_that_now_belongs_to_another_call_is_left_alone);
}

static void add_rows(TCase *t)
{
	tcase_add_test(t, notes_are_stored_as_given_and_cleared);
	tcase_add_test(t, stale_notes_change_nothing_and_show_the_call_as_it_is);
	tcase_add_test(t, notes_of_others_are_not_there);
	tcase_add_test(t, the_sync_never_touches_notes);
	tcase_add_test(t, pages_and_walks_show_what_a_plain_model_shows);
	tcase_add_test(t, pages_past_the_end_are_empty_and_hostile_ones_harmless);
	tcase_add_test(t, bounds_in_time_are_half_open);
	tcase_add_test(t, filters_over_many_turns_are_exact);
	tcase_add_test(t, rows_stored_during_a_walk_are_not_seen_twice);
	tcase_add_test(t, an_empty_store_has_an_empty_history);
	tcase_add_test(t, due_calls_come_in_order_of_their_look_in_any_pieces);
	tcase_add_test(t, an_update_moves_a_call_among_the_due);
	tcase_add_test(t, a_providers_call_belongs_to_one_row_and_a_row_to_one_call);
	tcase_add_test(t, a_decided_row_claims_nothing);
	tcase_add_test(t, a_row_of_another_provider_takes_nothing);
	tcase_add_test(t, calls_of_the_cti_are_dialpads);
	tcase_add_test(t, the_same_update_again_changes_nothing);
	tcase_add_test(t, many_updates_at_once_all_arrive);
	tcase_add_test(t, what_was_never_stored_is_not_found);
	tcase_add_test(t, all_users_are_listed_in_order);
	tcase_add_test(t, settings_are_set_replaced_and_unset);
}

static void add_keeping(TCase *t)
{
	tcase_add_test(t, old_keys_are_dropped_and_others_kept);
	tcase_add_test(t, a_key_that_cannot_be_read_does_not_stop_house_keeping);
	tcase_add_test(t, log_files_no_longer_needed_are_removed);
	tcase_add_test(t, a_row_of_a_newer_program_is_never_rewritten);
	tcase_add_test(t, a_new_directory_gets_its_format);
	tcase_add_test(t, another_format_is_not_touched);
	tcase_add_test(t, a_format_changed_meanwhile_is_seen);
	tcase_add_test(t, a_db_config_is_refused);
	tcase_add_test(t, a_directory_others_may_write_to_is_refused);
	tcase_add_test(t, a_directory_of_somebody_else_is_refused);
	tcase_add_test(t, a_missing_directory_is_said_to_be_missing);
	tcase_add_test(t, what_is_made_is_for_its_owner_alone);
	tcase_add_test(t, a_busy_gate_is_busy);
	tcase_add_test(t, a_full_disk_loses_nothing_and_service_resumes);
	tcase_add_loop_test(t, too_small_a_disk_is_an_error, 0, 2);
	tcase_add_test(t, a_read_only_disk_is_an_error);
	tcase_add_test(t, only_what_may_come_from_the_regions_makes_the_next_recover);
	tcase_add_test(t, a_turn_that_must_be_run_again_is);
	tcase_add_test(t, one_region_file_removed_is_made_anew);
	tcase_add_test(t, regions_that_cannot_be_joined_are_made_anew);
	tcase_add_test(t, a_recovery_that_fails_is_done_again);
}

int main(void)
{
	static const struct {
		const char *name;
		void (*add)(TCase *t);
	} cases[] = {{"placing", add_placing}, {"rows", add_rows}, {"keeping", add_keeping}};
	Suite *s = suite_create("store");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		TCase *t = tcase_create(cases[i].name);

		tcase_add_checked_fixture(t, setup, teardown);
		tcase_set_timeout(t, 60);
		cases[i].add(t);
		suite_add_tcase(s, t);
	}
	return unit_run(s);
}
