/* Events in the store: into their row, kept until it comes, or counted only. */
#include "store/event_record.h"
#include "store/events.h"
#include "unit/box.h"

#include <stdio.h>
#include <string.h>

#define NOW    BOX_NOW
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define CALL   INT64_C(4294967301)
#define LEG    INT64_C(5712345678901248)

static struct box box;

static void setup(void)
{
	box_make(&box);
}

static void teardown(void)
{
	box_assert_sound(&box);
	box_remove(&box);
}

static struct call get(const struct callid *id)
{
	struct call c;

	call_init(&c);
	ck_assert_int_eq(store_call_get(box.s, id, &c), ERR_NONE);
	return c;
}

/* The status of a call that is released at once. */
static enum call_status status_of(const struct callid *id)
{
	struct call c = get(id);
	enum call_status s = c.status;

	call_release(&c);
	return s;
}

static int64_t external_id_of(const struct callid *id)
{
	struct call c = get(id);
	int64_t external_id = c.external_id;

	call_release(&c);
	return external_id;
}

static size_t trail_count(const struct callid *id, enum trail_kind kind, const char *text)
{
	struct trail_entry e[TRAIL_MAX];
	size_t n, count = 0;

	ck_assert_int_eq(store_trail(box.s, id, e, &n), ERR_NONE);
	for (size_t i = 0; i < n; i++)
		count += e[i].kind == kind && strstr(e[i].text, text) != NULL;
	return count;
}

/* --- events --- */

/* An event of an outbound call of alice's line, said and received at that time. */
static struct store_event event(
	enum provider_id p, int64_t id, const char *what, enum call_status status, int64_t at_ms)
{
	struct store_event e = {.provider = p,
		.received_ms = at_ms + SECOND,
		.outbound = true,
		.user_id = 1,
		.number_id = 2,
		.start_ms = NOW + SECOND};

	statement_init(&e.said, SAID_BY_PROVIDER, at_ms);
	e.said.external_id = id;
	e.said.has_status = status != CALL_STATUS__MAX;
	e.said.status = status;
	snprintf(e.what, sizeof(e.what), "%s", what);
	snprintf(e.state, sizeof(e.state), "%s", "said");
	snprintf(e.digits, sizeof(e.digits), "%s", "15551234567");
	return e;
}

static struct store_event aircall(const char *what, enum call_status status, int64_t at_ms)
{
	return event(PROVIDER_AIRCALL, CALL, what, status, at_ms);
}

static struct store_event dialpad(int64_t leg, const struct callid *call, const char *what,
	enum call_status status, int64_t at_ms)
{
	struct store_event e = event(PROVIDER_DIALPAD, leg, what, status, at_ms);

	e.has_call = call != NULL;
	if (call != NULL)
		e.call = *call;
	return e;
}

static struct event_taking taking(const struct store_event *e)
{
	return (struct event_taking){.event = e, .keep = true, .kept_max = 100};
}

static enum event_fate take_as(struct event_taking t)
{
	ck_assert_int_eq(store_event_take(box.s, &t), ERR_NONE);
	return t.fate;
}

static enum event_fate take(struct store_event e)
{
	return take_as(taking(&e));
}

static struct event_counts counts(void)
{
	struct event_counts c;

	ck_assert_int_eq(store_event_counts(box.s, &c), ERR_NONE);
	return c;
}

#define expect_count(p, which, want)                                                               \
	ck_assert_int_eq(counts().of[PROVIDER_##p][EVENT_COUNT_##which], want)

/* A row of alice's line that the provider has accepted, without an id. */
static struct callid row(enum provider_id p, const char *user, int64_t at_ms)
{
	struct callid id = box_call(box.s, user, at_ms);
	struct settlement t = {.id = id, .now_ms = at_ms + SECOND, .http_status = 200};
	struct call c;

	ck_assert_int_eq(box_name_provider(box.s, &id, p, 1, 2, at_ms), ERR_NONE);
	statement_init(&t.outcome, SAID_BY_PROVIDER, at_ms + SECOND);
	t.outcome.has_status = true;
	t.outcome.status = CALL_INITIATED;
	call_init(&c);
	ck_assert_int_eq(store_settle(box.s, &t, &c), ERR_NONE);
	call_release(&c);
	return id;
}

/* The sync recognises the call. */
static struct store_update claim(const struct callid *id, enum provider_id p, int64_t external_id)
{
	struct store_update u = box_update(id, CALL_RINGING, NOW + MINUTE, external_id);

	u.provider = p;
	ck_assert_int_eq(store_apply(box.s, &u, 1, NOW + MINUTE), ERR_NONE);
	return u;
}

/* --- records --- */

START_TEST(a_kept_event_is_read_as_it_was_written)
{
	struct callid call = {{1, 2, 3}};
	struct store_event all = dialpad(LEG, &call, "hangup", CALL_FAILED, NOW), least, got;
	struct buf b;

	all.said.has_figures = true;
	all.said.answer_ms = 5;
	all.said.end_ms = 6;
	all.said.duration_s = 0;
	all.said.talk_s = 7;
	snprintf(all.reason, sizeof(all.reason), "dialpad_blocked");
	memset(&least, 0, sizeof(least));
	least.provider = PROVIDER_AIRCALL;
	statement_init(&least.said, SAID_BY_PROVIDER, 0);
	least.said.external_id = 1;
	for (int i = 0; i < 2; i++) {
		const struct store_event *want = i == 0 ? &all : &least;

		buf_init(&b, 1000);
		event_record(&b, want);
		ck_assert(!b.failed);
		ck_assert_int_eq(event_record_read(b.s, b.len, &got), ERR_NONE);
		ck_assert_mem_eq(&got, want, sizeof(got));
		for (size_t len = 0; len < b.len; len++) /* cut, it is no event or another */
			(void)!event_record_read(b.s, len, &got);
		buf_release(&b);
	}
	ck_assert_str_eq(event_said(&all).reason, "dialpad_blocked");
	ck_assert_ptr_null(event_said(&least).reason);
	least.said.external_id = 0;
	buf_init(&b, 1000);
	event_record(&b, &least);
	ck_assert_int_eq(event_record_read(b.s, b.len, &got), ERR_STORAGE);
	buf_release(&b);
}
END_TEST

/* --- a row that has the call --- */

START_TEST(an_event_of_a_claimed_call_changes_its_row_once)
{
	struct callid id = row(PROVIDER_AIRCALL, "alice", NOW);

	claim(&id, PROVIDER_AIRCALL, CALL);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(take(aircall("call.answered", CALL_IN_PROGRESS, NOW + 5 * SECOND)),
			i == 0 ? EVENT_APPLIED : EVENT_UNCHANGED);
	ck_assert_int_eq(status_of(&id), CALL_IN_PROGRESS);
	ck_assert_uint_eq(trail_count(&id, TRAIL_EVENT, "ringing -> in-progress"), 1);
	ck_assert_uint_eq(trail_count(&id, TRAIL_EVENT, ""), 1);
	/* Late, and a fact that is no status: noted, and nothing else. */
	ck_assert_int_eq(
		take(aircall("call.created", CALL_RINGING, NOW + 2 * SECOND)), EVENT_UNCHANGED);
	ck_assert_int_eq(
		take(aircall("call.tagged", CALL_STATUS__MAX, NOW + 9 * SECOND)), EVENT_UNCHANGED);
	ck_assert_uint_eq(trail_count(&id, TRAIL_EVENT, "; nothing "), 2);
	ck_assert_int_eq(status_of(&id), CALL_IN_PROGRESS);
	expect_count(AIRCALL, RECEIVED, 5);
	expect_count(AIRCALL, APPLIED, 1);
	expect_count(AIRCALL, UNCHANGED, 4);
	expect_count(DIALPAD, RECEIVED, 0);
}
END_TEST

START_TEST(an_event_schedules_the_next_look)
{
	struct callid id = row(PROVIDER_AIRCALL, "alice", NOW);
	struct store_event e = aircall("call.ended", CALL_COMPLETED, NOW + MINUTE);
	int64_t open;

	claim(&id, PROVIDER_AIRCALL, CALL);
	e.said.has_figures = true;
	e.said.end_ms = NOW + 30 * SECOND;
	e.said.duration_s = 29;
	ck_assert_int_eq(take(e), EVENT_APPLIED);
	struct call c = get(&id);
	ck_assert_int_eq(c.duration_s, 29);
	ck_assert_int_eq(c.look_ms, NOW + 30 * SECOND + 20 * MINUTE);
	call_release(&c);
	ck_assert_int_eq(store_open_count(box.s, &open), ERR_NONE);
	ck_assert_int_eq(open, 1);
}
END_TEST

START_TEST(an_event_brings_a_lost_call_back)
{
	struct callid id = row(PROVIDER_AIRCALL, "alice", NOW);

	claim(&id, PROVIDER_AIRCALL, CALL);
	struct store_update u = box_update(&id, CALL_LOST, NOW + 24 * HOUR, 0);
	u.said.source = SAID_BY_EXPIRY;
	ck_assert_int_eq(store_apply(box.s, &u, 1, NOW + 24 * HOUR), ERR_NONE);
	ck_assert_int_eq(status_of(&id), CALL_LOST);
	ck_assert_int_eq(
		take(aircall("call.ended", CALL_COMPLETED, NOW + 25 * HOUR)), EVENT_APPLIED);
	ck_assert_int_eq(status_of(&id), CALL_COMPLETED);
}
END_TEST

/* --- nobody's yet --- */

START_TEST(what_cannot_be_ours_is_counted_and_forgotten)
{
	struct store_event e = aircall("call.created", CALL_RINGING, NOW);
	struct event_taking t = taking(&e);

	t.keep = false;
	ck_assert_int_eq(take_as(t), EVENT_DROPPED);
	expect_count(AIRCALL, RECEIVED, 1);
	expect_count(AIRCALL, DROPPED, 1);
	ck_assert_int_eq(counts().waiting, 0);
	ck_assert_int_eq(store_event_count_senseless(box.s, PROVIDER_DIALPAD), ERR_NONE);
	expect_count(DIALPAD, RECEIVED, 1);
	expect_count(DIALPAD, DROPPED, 1);
}
END_TEST

/* The events of a call, in whatever order and however often they come before their row's claim, and
 * whichever of them comes after it. */
static const struct {
	const char *what;
	enum call_status status;
	int64_t at_ms;
} story[] = {
	{"call.created", CALL_RINGING, NOW + 2 * SECOND},
	{"call.answered", CALL_IN_PROGRESS, NOW + 5 * SECOND},
	{"call.hungup", CALL_COMPLETED, NOW + 20 * SECOND},
	{"call.ended", CALL_COMPLETED, NOW + 50 * SECOND},
};
#define STORY (sizeof(story) / sizeof(story[0]))

static struct store_event of_story(size_t i)
{
	struct store_event e = aircall(story[i].what, story[i].status, story[i].at_ms);

	e.said.has_figures = i > 0;
	e.said.answer_ms = i > 0 ? NOW + 5 * SECOND : 0;
	e.said.end_ms = i > 1 ? NOW + 20 * SECOND : 0;
	e.said.duration_s = i > 2 ? 19 : i > 1 ? 20 : -1;
	return e;
}

START_TEST(what_came_before_the_claim_counts_in_any_order)
{
	struct dice dice = {7};

	for (int run = 0; run < 12; run++) {
		struct callid id;
		size_t order[2 * STORY], before = dice_below(&dice, 2 * STORY + 1);

		box_remove(&box);
		box_make(&box);
		for (size_t i = 0; i < 2 * STORY; i++)
			order[i] = i % STORY;
		for (size_t i = 2 * STORY; i > 1; i--) {
			size_t j = dice_below(&dice, i), was = order[j];

			order[j] = order[i - 1];
			order[i - 1] = was;
		}
		id = row(PROVIDER_AIRCALL, "alice", NOW);
		for (size_t i = 0; i < before; i++)
			take(of_story(order[i]));
		ck_assert_int_eq(status_of(&id), CALL_INITIATED);
		struct store_update u = claim(&id, PROVIDER_AIRCALL, CALL);
		ck_assert(u.changed && !u.conflict);
		ck_assert_int_eq(counts().waiting, 0);
		for (size_t i = before; i < 2 * STORY; i++)
			take(of_story(order[i]));
		struct call c = get(&id);
		ck_assert_int_eq(c.status, CALL_COMPLETED);
		ck_assert_int_eq(c.answer_ms, NOW + 5 * SECOND);
		ck_assert_int_eq(c.end_ms, NOW + 20 * SECOND);
		ck_assert_int_eq(c.duration_s, 19);
		call_release(&c);
		ck_assert_uint_eq(trail_count(&id, TRAIL_EVENT, ""), STORY);
		expect_count(AIRCALL, RECEIVED, (int64_t)(2 * STORY));
	}
}
END_TEST

START_TEST(a_folded_event_counts_for_the_update_and_the_next_look)
{
	struct callid id = row(PROVIDER_AIRCALL, "alice", NOW);

	for (size_t i = 0; i < STORY; i++)
		ck_assert_int_eq(take(of_story(i)), EVENT_KEPT);
	ck_assert_int_eq(counts().waiting, (int64_t)STORY);
	struct store_update u = claim(&id, PROVIDER_AIRCALL, CALL);
	ck_assert(u.became_final);
	ck_assert_int_eq(u.status, CALL_COMPLETED);
	struct call c = get(&id);
	ck_assert_int_eq(c.look_ms, NOW + 20 * SECOND + 20 * MINUTE);
	call_release(&c);
	expect_count(AIRCALL, KEPT, (int64_t)STORY);
	expect_count(AIRCALL, FOLDED, (int64_t)STORY);
	ck_assert_uint_eq(trail_count(&id, TRAIL_EVENT, "kept since"), STORY);
}
END_TEST

START_TEST(a_kept_event_that_comes_again_is_kept_once)
{
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(take(of_story(0)), i == 0 ? EVENT_KEPT : EVENT_UNCHANGED);
	ck_assert_int_eq(counts().waiting, 1);
	/* Of one call there are few: a flood of one is not kept either. */
	for (int i = 0; i < EVENT_CALL_MAX + 5; i++)
		take(aircall("call.hold", CALL_IN_PROGRESS, NOW + i * SECOND));
	ck_assert_int_eq(counts().waiting, EVENT_CALL_MAX);
}
END_TEST

START_TEST(the_oldest_makes_room)
{
	for (int i = 0; i < 8; i++) {
		struct store_event e = event(
			PROVIDER_AIRCALL, CALL + i, "call.created", CALL_RINGING, NOW + i * SECOND);
		struct event_taking t = taking(&e);

		t.kept_max = 5;
		ck_assert_int_eq(take_as(t), EVENT_KEPT);
	}
	ck_assert_int_eq(counts().waiting, 5);
	expect_count(AIRCALL, CROWDED, 3);
	for (int i = 0; i < 8; i++) {
		struct callid id = row(PROVIDER_AIRCALL, "alice", NOW);

		claim(&id, PROVIDER_AIRCALL, CALL + i);
		ck_assert_uint_eq(trail_count(&id, TRAIL_EVENT, "kept since"), i < 3 ? 0 : 1);
	}
}
END_TEST

START_TEST(what_no_row_came_for_is_dropped_after_an_hour)
{
	struct store_event e = aircall("call.created", CALL_RINGING, NOW);

	take(e);
	take(event(PROVIDER_DIALPAD, LEG, "calling", CALL_INITIATED, NOW + MINUTE));
	ck_assert_int_eq(store_housekeep(box.s, e.received_ms + HOUR), ERR_NONE);
	ck_assert_int_eq(counts().waiting, 2);
	ck_assert_int_eq(store_housekeep(box.s, e.received_ms + HOUR + 1), ERR_NONE);
	ck_assert_int_eq(counts().waiting, 1);
	expect_count(AIRCALL, EXPIRED, 1);
	expect_count(DIALPAD, EXPIRED, 0);
	ck_assert_int_eq(store_housekeep(box.s, e.received_ms + 2 * HOUR), ERR_NONE);
	ck_assert_int_eq(counts().waiting, 0);
	expect_count(DIALPAD, EXPIRED, 1);
}
END_TEST

/* --- events that name a row --- */

static enum event_fate settle(const struct callid *id, int64_t external_id)
{
	struct settlement t = {.id = *id, .now_ms = NOW + MINUTE, .http_status = 200};
	struct call c;

	statement_init(&t.outcome, SAID_BY_PROVIDER, NOW + SECOND);
	t.outcome.has_status = true;
	t.outcome.status = CALL_INITIATED;
	t.outcome.external_id = external_id;
	call_init(&c);
	ck_assert_int_eq(store_settle(box.s, &t, &c), ERR_NONE);
	call_release(&c);
	return EVENT_APPLIED;
}

/* A row of alice's whose provider is being asked. */
static struct callid queued(void)
{
	struct callid id = box_call(box.s, "alice", NOW);

	ck_assert_int_eq(box_name_provider(box.s, &id, PROVIDER_DIALPAD, 1, 0, NOW), ERR_NONE);
	return id;
}

START_TEST(the_named_row_takes_the_event_and_the_call)
{
	struct callid id = row(PROVIDER_DIALPAD, "alice", NOW);

	ck_assert_int_eq(
		take(dialpad(LEG, &id, "calling", CALL_INITIATED, NOW + SECOND)), EVENT_APPLIED);
	ck_assert_int_eq(external_id_of(&id), LEG);
	/* Another leg of the conversation changes nothing, and is not kept. */
	ck_assert_int_eq(take(dialpad(LEG + 1, &id, "hangup", CALL_NO_ANSWER, NOW + 2 * SECOND)),
		EVENT_UNCHANGED);
	ck_assert_int_eq(status_of(&id), CALL_INITIATED);
	ck_assert_uint_eq(trail_count(&id, TRAIL_EVENT, "another leg"), 1);
	/* By its id the row is found without its name. */
	ck_assert_int_eq(
		take(dialpad(LEG, NULL, "hangup", CALL_COMPLETED, NOW + MINUTE)), EVENT_APPLIED);
	ck_assert_int_eq(status_of(&id), CALL_COMPLETED);
	ck_assert_int_eq(counts().waiting, 0);
}
END_TEST

START_TEST(a_named_row_takes_only_the_leg_to_its_number)
{
	struct callid id = row(PROVIDER_DIALPAD, "alice", NOW);
	struct store_event e = dialpad(LEG, &id, "ringing", CALL_RINGING, NOW + SECOND);

	e.outbound = false;
	ck_assert_int_eq(take(e), EVENT_UNCHANGED);
	e = dialpad(LEG, &id, "ringing", CALL_RINGING, NOW + 2 * SECOND);
	snprintf(e.digits, sizeof(e.digits), "4912345");
	ck_assert_int_eq(take(e), EVENT_UNCHANGED);
	ck_assert_int_eq(external_id_of(&id), 0);
	e = dialpad(LEG, &id, "ringing", CALL_RINGING, NOW + 3 * SECOND);
	e.digits[0] = '\0';
	ck_assert_int_eq(take(e), EVENT_APPLIED);
	ck_assert_int_eq(external_id_of(&id), LEG);
}
END_TEST

START_TEST(a_row_that_went_another_way_takes_nothing)
{
	struct callid id = row(PROVIDER_AIRCALL, "alice", NOW), gone = {{9}};

	ck_assert_int_eq(take(dialpad(LEG, &id, "ringing", CALL_RINGING, NOW)), EVENT_UNCHANGED);
	ck_assert_int_eq(status_of(&id), CALL_INITIATED);
	ck_assert_uint_eq(trail_count(&id, TRAIL_EVENT, "another way"), 1);
	ck_assert_int_eq(take(dialpad(LEG + 1, &gone, "ringing", CALL_RINGING, NOW)), EVENT_KEPT);
}
END_TEST

START_TEST(the_cti_s_row_is_found_by_name)
{
	struct placing p;

	placing_init(&p);
	p.provider = PROVIDER_CTI;
	p.decided = 200;
	p.status = CALL_INITIATED;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	ck_assert_int_eq(take(dialpad(LEG, &p.id, "connected", CALL_IN_PROGRESS, NOW + SECOND)),
		EVENT_APPLIED);
	struct call c = get(&p.id);
	ck_assert_int_eq(c.provider, PROVIDER_CTI);
	ck_assert_int_eq(c.status, CALL_IN_PROGRESS);
	call_release(&c);
	p.status = CALL_HANDED_OFF;
	p.now_ms += HOUR;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	ck_assert_int_eq(take(dialpad(LEG + 1, &p.id, "connected", CALL_IN_PROGRESS, NOW + HOUR)),
		EVENT_UNCHANGED);
	ck_assert_int_eq(status_of(&p.id), CALL_HANDED_OFF);
	placing_release(&p);
}
END_TEST

START_TEST(while_a_call_is_placed_its_provider_says_which_leg_it_is)
{
	struct callid id = queued();

	ck_assert_int_eq(take(dialpad(LEG + 1, &id, "hangup", CALL_NO_ANSWER, NOW)), EVENT_KEPT);
	ck_assert_int_eq(take(dialpad(LEG, &id, "connected", CALL_IN_PROGRESS, NOW)), EVENT_KEPT);
	ck_assert_int_eq(take(dialpad(LEG, NULL, "ringing", CALL_RINGING, NOW)), EVENT_KEPT);
	ck_assert_int_eq(status_of(&id), CALL_QUEUED);
	settle(&id, LEG);
	ck_assert_int_eq(external_id_of(&id), LEG);
	ck_assert_int_eq(status_of(&id), CALL_IN_PROGRESS);
	ck_assert_uint_eq(trail_count(&id, TRAIL_EVENT, "another leg"), 1);
	ck_assert_uint_eq(trail_count(&id, TRAIL_EVENT, ""), 3);
	ck_assert_int_eq(counts().waiting, 0);
	expect_count(DIALPAD, FOLDED, 3);
}
END_TEST

START_TEST(a_provider_that_tells_no_id_leaves_it_to_the_event)
{
	struct callid id = queued();

	take(dialpad(LEG, &id, "connected", CALL_IN_PROGRESS, NOW));
	take(dialpad(LEG, NULL, "hold", CALL_IN_PROGRESS, NOW));
	settle(&id, 0);
	ck_assert_int_eq(external_id_of(&id), LEG);
	ck_assert_int_eq(status_of(&id), CALL_IN_PROGRESS);
	ck_assert_int_eq(counts().waiting, 0);
}
END_TEST

START_TEST(a_row_whose_process_died_gets_its_events_from_the_sync)
{
	struct callid id = queued();

	take(dialpad(LEG, &id, "hangup", CALL_COMPLETED, NOW + 20 * SECOND));
	struct store_update u = box_update(&id, CALL_UNCONFIRMED, NOW + MINUTE, 0);
	u.said.source = SAID_BY_US;
	ck_assert_int_eq(store_apply(box.s, &u, 1, NOW + MINUTE), ERR_NONE);
	ck_assert(u.changed && u.became_final);
	ck_assert_int_eq(status_of(&id), CALL_COMPLETED);
	ck_assert_int_eq(external_id_of(&id), LEG);
	ck_assert_int_eq(counts().waiting, 0);
}
END_TEST

START_TEST(a_kept_event_never_takes_another_row_s_call)
{
	struct callid id = queued(), other = row(PROVIDER_DIALPAD, "bob", NOW);

	take(dialpad(LEG, &id, "connected", CALL_IN_PROGRESS, NOW));
	claim(&other, PROVIDER_DIALPAD, LEG);
	settle(&id, 0);
	ck_assert_int_eq(external_id_of(&id), 0);
	ck_assert_int_eq(status_of(&id), CALL_INITIATED);
}
END_TEST

/* --- recognising --- */

static size_t rows_seen, others_seen;
static struct callid first_seen;
static int choice;

static int choose(const struct store_event *e, const struct call *rows, size_t row_count,
	const struct store_event *others, size_t other_count)
{
	(void)others;
	ck_assert_int_eq(e->said.external_id, CALL);
	rows_seen = row_count;
	others_seen = other_count;
	first_seen = rows[0].id;
	return choice;
}

static enum event_fate recognise(struct store_event e, int which)
{
	struct event_taking t = taking(&e);

	choice = which;
	rows_seen = others_seen = 0;
	t.recognise = choose;
	return take_as(t);
}

START_TEST(a_recognised_call_is_claimed_with_all_that_was_kept)
{
	struct callid id = row(PROVIDER_AIRCALL, "alice", NOW);

	ck_assert_int_eq(recognise(of_story(1), -1), EVENT_KEPT);
	ck_assert_uint_eq(rows_seen, 1);
	ck_assert_uint_eq(others_seen, 0); /* it is no other to itself */
	ck_assert_int_eq(recognise(of_story(3), 0), EVENT_APPLIED);
	ck_assert(callid_equal(&first_seen, &id));
	ck_assert_int_eq(external_id_of(&id), CALL);
	ck_assert_int_eq(status_of(&id), CALL_COMPLETED);
	ck_assert_uint_eq(trail_count(&id, TRAIL_MATCH, "aircall 4294967301, by its event"), 1);
	ck_assert_uint_eq(trail_count(&id, TRAIL_EVENT, ""), 2);
	ck_assert_int_eq(counts().waiting, 0);
}
END_TEST

START_TEST(only_rows_are_shown_that_it_may_be)
{
	static const int64_t start = NOW + SECOND;
	struct callid fits = row(PROVIDER_AIRCALL, "a", NOW), claimed, failed;
	struct settlement t = {.now_ms = NOW, .http_status = 502};
	struct call c;

	row(PROVIDER_DIALPAD, "b", NOW);                 /* another provider */
	row(PROVIDER_AIRCALL, "c", start + MINUTE);      /* too late */
	row(PROVIDER_AIRCALL, "d", start - 10 * MINUTE); /* too early */
	claimed = row(PROVIDER_AIRCALL, "e", NOW);
	claim(&claimed, PROVIDER_AIRCALL, 7);
	failed = box_call(box.s, "f", NOW);
	ck_assert_int_eq(box_name_provider(box.s, &failed, PROVIDER_AIRCALL, 1, 2, NOW), ERR_NONE);
	t.id = failed;
	statement_init(&t.outcome, SAID_BY_US, NOW);
	t.outcome.has_status = true;
	t.outcome.status = CALL_FAILED;
	call_init(&c);
	ck_assert_int_eq(store_settle(box.s, &t, &c), ERR_NONE);
	call_release(&c);
	struct callid line = box_call(box.s, "g", NOW); /* another line */
	ck_assert_int_eq(box_name_provider(box.s, &line, PROVIDER_AIRCALL, 1, 3, NOW), ERR_NONE);
	ck_assert_int_eq(recognise(of_story(0), -1), EVENT_KEPT);
	ck_assert_uint_eq(rows_seen, 1);
	ck_assert(callid_equal(&first_seen, &fits));
	/* One that is being placed counts, too: what is its own must not go to another. */
	struct callid placing = box_call(box.s, "h", NOW);
	ck_assert_int_eq(box_name_provider(box.s, &placing, PROVIDER_AIRCALL, 1, 2, NOW), ERR_NONE);
	recognise(of_story(0), -1);
	ck_assert_uint_eq(rows_seen, 2);
}
END_TEST

START_TEST(others_that_wait_are_shown_once_each)
{
	row(PROVIDER_AIRCALL, "a", NOW);
	for (int i = 0; i < 3; i++)
		take(event(PROVIDER_AIRCALL, CALL + 1, i == 0 ? "call.created" : "call.answered",
			CALL_RINGING, NOW + i * SECOND));
	take(event(PROVIDER_AIRCALL, CALL + 2, "call.created", CALL_RINGING, NOW));
	struct store_event e = event(PROVIDER_AIRCALL, CALL + 3, "call.created", CALL_RINGING, NOW);
	e.number_id = 3;
	take(e);
	e = event(PROVIDER_AIRCALL, CALL + 4, "call.created", CALL_RINGING, NOW - 10 * MINUTE);
	take(e);
	ck_assert_int_eq(recognise(of_story(0), -1), EVENT_KEPT);
	ck_assert_uint_eq(others_seen, 2);
}
END_TEST

START_TEST(nothing_is_decided_among_too_many)
{
	row(PROVIDER_AIRCALL, "a", NOW);
	for (int i = 1; i <= 70; i++)
		take(event(PROVIDER_AIRCALL, CALL + i, "call.created", CALL_RINGING, NOW));
	ck_assert_int_eq(recognise(of_story(0), 0), EVENT_KEPT);
	ck_assert_uint_eq(rows_seen, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("events");
	TCase *t = tcase_create("events");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_kept_event_is_read_as_it_was_written);
	tcase_add_test(t, an_event_of_a_claimed_call_changes_its_row_once);
	tcase_add_test(t, an_event_schedules_the_next_look);
	tcase_add_test(t, an_event_brings_a_lost_call_back);
	tcase_add_test(t, what_cannot_be_ours_is_counted_and_forgotten);
	tcase_add_test(t, what_came_before_the_claim_counts_in_any_order);
	tcase_add_test(t, a_folded_event_counts_for_the_update_and_the_next_look);
	tcase_add_test(t, a_kept_event_that_comes_again_is_kept_once);
	tcase_add_test(t, the_oldest_makes_room);
	tcase_add_test(t, what_no_row_came_for_is_dropped_after_an_hour);
	tcase_add_test(t, the_named_row_takes_the_event_and_the_call);
	tcase_add_test(t, a_named_row_takes_only_the_leg_to_its_number);
	tcase_add_test(t, a_row_that_went_another_way_takes_nothing);
	tcase_add_test(t, the_cti_s_row_is_found_by_name);
	tcase_add_test(t, while_a_call_is_placed_its_provider_says_which_leg_it_is);
	tcase_add_test(t, a_provider_that_tells_no_id_leaves_it_to_the_event);
	tcase_add_test(t, a_row_whose_process_died_gets_its_events_from_the_sync);
	tcase_add_test(t, a_kept_event_never_takes_another_row_s_call);
	tcase_add_test(t, a_recognised_call_is_claimed_with_all_that_was_kept);
	tcase_add_test(t, only_rows_are_shown_that_it_may_be);
	tcase_add_test(t, others_that_wait_are_shown_once_each);
	tcase_add_test(t, nothing_is_decided_among_too_many);
	suite_add_tcase(s, t);
	return unit_run(s);
}
