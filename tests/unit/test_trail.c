/* The trail of a call: what goes into it, and that it stays bounded. */
#include "call/trail.h"
#include "unit/box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW    BOX_NOW
#define MINUTE INT64_C(60000)

static struct box box;
static struct placing p;
static struct trail_entry e[TRAIL_MAX];

static void setup(void)
{
	box_make(&box);
	placing_init(&p);
}

static void teardown(void)
{
	box_assert_sound(&box);
	placing_release(&p);
	box_remove(&box);
}

/* Reads the trail into `e`; how many there are. */
static size_t trail(const struct callid *id)
{
	size_t n;

	memset(e, 0, sizeof(e));
	ck_assert_int_eq(store_trail(box.s, id, e, &n), ERR_NONE);
	return n;
}

static void apply(struct store_update *u, int64_t now_ms)
{
	ck_assert_int_eq(store_apply(box.s, u, 1, now_ms), ERR_NONE);
}

/* One that changes the duration each time. */
static void say(const struct callid *id, int i, const char *text)
{
	struct store_update u = box_update(id, CALL_RINGING, NOW + i, 100);

	u.trail = text;
	u.said.has_figures = true;
	u.said.duration_s = i;
	apply(&u, NOW + i);
	ck_assert(u.changed);
}

static void assert_says(size_t i, enum trail_kind kind, const char *text)
{
	ck_assert_int_eq(e[i].kind, kind);
	ck_assert_msg(
		strstr(e[i].text, text) != NULL, "wanted \"%s\", got \"%s\"", text, e[i].text);
}

/* --- its bounds --- */

START_TEST(the_first_and_the_latest_entries_are_kept)
{
	const int said = 120;
	char text[20];

	placing_do(&p, box.s);
	for (int i = 0; i < said; i++) {
		(void)snprintf(text, sizeof(text), "said %d;", i);
		say(&p.id, i, text);
	}
	ck_assert_uint_eq(trail(&p.id), TRAIL_MAX);
	ck_assert_int_eq(e[0].kind, TRAIL_REQUEST);
	for (unsigned i = 2; i < TRAIL_FIRST; i++) {
		(void)snprintf(text, sizeof(text), "said %u;", i - 2);
		assert_says(i, TRAIL_POLL, text);
		ck_assert_uint_eq(e[i].number, i);
	}
	for (unsigned i = TRAIL_FIRST; i < TRAIL_MAX; i++) {
		(void)snprintf(text, sizeof(text), "said %u;", (unsigned)said - TRAIL_MAX + i);
		assert_says(i, TRAIL_POLL, text);
		ck_assert_uint_eq(e[i].number, (unsigned)said + 2 - TRAIL_MAX + i);
	}
	/* Those of a neighbour are not touched. */
	struct callid other = box_call(box.s, "b", NOW + 1);
	ck_assert_uint_eq(trail(&other), 2);
}
END_TEST

/* As if it had gone on for ever: the number of an entry has two bytes. */
static int add_last_number(struct turn *t, void *arg)
{
	static const unsigned char record[] = "\x01\x02\x02\x04\x08"; /* at 1, a poll */
	unsigned char key[CALLID_BYTES + 2];

	memcpy(key, arg, CALLID_BYTES);
	key[CALLID_BYTES] = key[CALLID_BYTES + 1] = 0xff;
	return turn_put(t, DB_TRAIL, key, sizeof(key), record, sizeof(record) - 1);
}

START_TEST(beyond_the_last_number_the_latest_entry_is_kept)
{
	placing_do(&p, box.s);
	ck_assert_int_eq(turn_run(box.s, TURN_WRITE, add_last_number, &p.id), ERR_NONE);
	say(&p.id, 1, "one;");
	say(&p.id, 2, "two;");
	ck_assert_uint_eq(trail(&p.id), 3);
	assert_says(2, TRAIL_POLL, "two;");
}
END_TEST

START_TEST(what_is_said_again_and_again_is_counted)
{
	placing_do(&p, box.s);
	p.now_ms += 1000;
	for (int i = 0; i < 5; i++) {
		p.now_ms += 10;
		ck_assert_int_eq(placing_do(&p, box.s), INTENT_DUPLICATE);
	}
	struct callid id = p.intent.found.id;
	ck_assert_uint_eq(trail(&id), 3);
	assert_says(2, TRAIL_REPEAT, "double click");
	ck_assert_int_eq(e[2].times, 5);
	ck_assert_int_eq(e[2].at_ms, NOW + 1010);
	ck_assert_int_eq(e[2].last_ms, NOW + 1050);
	/* After something else it is news again. */
	say(&id, 1, "else");
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_DUPLICATE);
	ck_assert_uint_eq(trail(&id), 5);
	ck_assert_int_eq(e[4].times, 0);
}
END_TEST

/* An entry of nobody knows what must not keep the call from being followed. */
static int damage(struct turn *t, void *arg)
{
	unsigned char key[CALLID_BYTES + 2];

	memcpy(key, arg, CALLID_BYTES);
	key[CALLID_BYTES] = 0;
	key[CALLID_BYTES + 1] = 1;
	return turn_put(t, DB_TRAIL, key, sizeof(key), "\xff", 1);
}

static int repair(struct turn *t, void *arg)
{
	unsigned char key[CALLID_BYTES + 2];

	memcpy(key, arg, CALLID_BYTES);
	key[CALLID_BYTES] = 0;
	key[CALLID_BYTES + 1] = 1;
	return turn_delete(t, DB_TRAIL, key, sizeof(key));
}

START_TEST(an_entry_that_cannot_be_read_stops_nothing)
{
	placing_do(&p, box.s);
	ck_assert_int_eq(turn_run(box.s, TURN_WRITE, damage, &p.id), ERR_NONE);
	say(&p.id, 1, "one");
	size_t n;
	ck_assert_int_eq(store_trail(box.s, &p.id, e, &n), ERR_STORAGE);
	ck_assert_int_eq(turn_run(box.s, TURN_WRITE, repair, &p.id), ERR_NONE);
	ck_assert_uint_eq(trail(&p.id), 2);
	assert_says(1, TRAIL_POLL, "one");
}
END_TEST

/* --- what is worth a line --- */

START_TEST(what_a_statement_did_stands_with_it)
{
	placing_do(&p, box.s);
	struct store_update u = box_update(&p.id, CALL_COMPLETED, NOW + MINUTE, 77);
	u.trail = "aircall 77 done";
	u.said.has_figures = true;
	u.said.duration_s = 7;
	apply(&u, NOW + MINUTE);
	ck_assert_uint_eq(trail(&p.id), 3);
	ck_assert_str_eq(e[2].text,
		"aircall 77 done; queued -> completed, the provider's id is 77, "
		"duration 7 s");
}
END_TEST

START_TEST(a_poll_without_news_leaves_no_line)
{
	placing_do(&p, box.s);
	for (int i = 0; i < 3; i++) {
		struct store_update u = box_update(&p.id, CALL_IN_PROGRESS, NOW + i, 77);

		u.said.has_figures = true;
		apply(&u, NOW + i * MINUTE);
	}
	ck_assert_uint_eq(trail(&p.id), 3);
}
END_TEST

START_TEST(a_statement_that_is_overruled_leaves_one_line)
{
	placing_do(&p, box.s);
	struct store_update u = box_update(&p.id, CALL_COMPLETED, NOW + MINUTE, 77);
	apply(&u, NOW + MINUTE);
	for (int i = 0; i < 3; i++) {
		u = box_update(&p.id, CALL_RINGING, NOW + 1, 77);
		apply(&u, NOW + MINUTE);
		ck_assert(!u.changed);
	}
	ck_assert_uint_eq(trail(&p.id), 4);
	assert_says(3, TRAIL_POLL, "nothing changed: it is completed");
	ck_assert_int_eq(e[3].times, 3);
}
END_TEST

START_TEST(an_event_leaves_a_line_whatever_it_says)
{
	placing_do(&p, box.s);
	for (int i = 0; i < 2; i++) {
		struct store_update u = box_update(&p.id, CALL_RINGING, NOW + 1, 77);

		u.trail_kind = TRAIL_EVENT;
		u.trail = "aircall call.created";
		apply(&u, NOW + 1 + i);
	}
	struct store_update u = box_update(&p.id, CALL_RINGING, NOW + 1, 77);
	u.trail_kind = TRAIL_EVENT;
	u.trail = "aircall call.tagged";
	u.said.has_status = false;
	u.said.external_id = 0;
	apply(&u, NOW + 3);
	ck_assert_uint_eq(trail(&p.id), 5);
	assert_says(2, TRAIL_EVENT, "call.created; queued -> ringing");
	assert_says(3, TRAIL_EVENT, "call.created; nothing new");
	assert_says(4, TRAIL_EVENT, "call.tagged; nothing changed");
}
END_TEST

START_TEST(looking_in_vain_leaves_a_line_when_the_next_look_moves)
{
	placing_do(&p, box.s);
	for (int i = 0; i < 2; i++) {
		struct store_update u = box_update(&p.id, CALL_QUEUED, NOW, 0);

		u.trail = "not listed";
		u.said.has_status = false;
		u.next_look_ms = NOW + MINUTE;
		apply(&u, NOW + i);
	}
	ck_assert_uint_eq(trail(&p.id), 3);
	ck_assert_str_eq(e[2].text, "not listed");
	ck_assert_int_eq(e[2].times, 0);
}
END_TEST

START_TEST(a_call_of_somebody_else_leaves_a_line)
{
	struct callid first = box_call(box.s, "b", NOW - 1);
	struct store_update u = box_update(&first, CALL_RINGING, NOW, 77);

	apply(&u, NOW);
	placing_do(&p, box.s);
	u = box_update(&p.id, CALL_RINGING, NOW, 77);
	apply(&u, NOW);
	ck_assert(u.conflict);
	u = box_update(&p.id, CALL_RINGING, NOW, 78);
	u.provider = PROVIDER_DIALPAD;
	apply(&u, NOW);
	ck_assert(u.conflict);
	u = box_update(&first, CALL_RINGING, NOW, 79);
	apply(&u, NOW);
	ck_assert(u.conflict);
	ck_assert_uint_eq(trail(&p.id), 4);
	assert_says(2, TRAIL_POLL, "that call belongs to another row");
	assert_says(3, TRAIL_POLL, "the call was placed by aircall");
	ck_assert_uint_eq(trail(&first), 4);
	assert_says(3, TRAIL_POLL, "that is another call of the provider");
}
END_TEST

/* --- the click, and what comes again --- */

static struct call settle(const struct callid *id, enum call_status status, const char *trail_text)
{
	struct trail_entry notes[] = {{.at_ms = NOW + 1, .kind = TRAIL_ANSWER, .text = "before"},
		{.at_ms = NOW + 2, .kind = TRAIL_ANSWER}};
	struct settlement t = {.id = *id, .now_ms = NOW + 2, .trail = notes, .trail_count = 2};
	struct call c;

	(void)snprintf(notes[1].text, sizeof(notes[1].text), "%s", trail_text);
	t.key = p.key;
	t.http_status = 200;
	statement_init(&t.outcome, SAID_BY_PROVIDER, NOW + 2);
	t.outcome.has_status = true;
	t.outcome.status = status;
	call_init(&c);
	ck_assert_int_eq(store_settle(box.s, &t, &c), ERR_NONE);
	return c;
}

START_TEST(the_last_answer_says_what_became_of_the_row)
{
	placing_do(&p, box.s);
	struct call c = settle(&p.id, CALL_INITIATED, "aircall accepted");
	call_release(&c);
	ck_assert_uint_eq(trail(&p.id), 4);
	ck_assert_str_eq(e[2].text, "before");
	ck_assert_str_eq(e[3].text, "aircall accepted; queued -> initiated");
}
END_TEST

START_TEST(repetitions_of_a_key_are_told)
{
	p.key = "key-1";
	placing_do(&p, box.s);
	struct callid id = p.id;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_IN_PROGRESS);
	p.now_ms = NOW + p.dead_after_ms + 1;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_ORPHANED);
	struct call c = settle(&id, CALL_INITIATED, "accepted");
	call_release(&c);
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_REPLAY);
	p.fingerprint = "another request";
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_KEY_CONFLICT);
	ck_assert_uint_eq(trail(&id), 8);
	assert_says(0, TRAIL_REQUEST, "with an idempotency key");
	assert_says(2, TRAIL_REPEAT, "while it is under way");
	assert_says(3, TRAIL_REPEAT, "the first process has died");
	assert_says(6, TRAIL_REPEAT, "answered as the first time");
	assert_says(7, TRAIL_REPEAT, "with another request: refused");
	for (size_t i = 0; i < 8; i++)
		ck_assert_ptr_null(strstr(e[i].text, "key-1"));
}
END_TEST

START_TEST(notes_are_told_but_not_what_they_say)
{
	struct call c;

	call_init(&c);
	placing_do(&p, box.s);
	ck_assert_int_eq(
		store_notes_set(box.s, &p.id, "alice", "private", -1, NOW + 5, &c), ERR_NONE);
	/* The same again is no change. */
	ck_assert_int_eq(
		store_notes_set(box.s, &p.id, "alice", "private", -1, NOW + 6, &c), ERR_NONE);
	ck_assert_int_eq(store_notes_set(box.s, &p.id, "alice", "", -1, NOW + 7, &c), ERR_NONE);
	call_release(&c);
	ck_assert_uint_eq(trail(&p.id), 4);
	assert_says(2, TRAIL_NOTES, "7 bytes");
	ck_assert_ptr_null(strstr(e[2].text, "private"));
	ck_assert_int_eq(e[2].at_ms, NOW + 5);
	assert_says(3, TRAIL_NOTES, "cleared");
}
END_TEST

START_TEST(how_it_was_asked_for_stands_in_the_first_entry)
{
	placing_do(&p, box.s);
	struct intent i = p.intent;
	ck_assert_int_eq(callid_make(NOW + MINUTE, &i.call->id), ERR_NONE);
	i.now_ms = i.call->start_ms = NOW + MINUTE;
	i.note = "call-create 0123; aircall";
	ck_assert_int_eq(store_intent(box.s, &i), ERR_NONE);
	ck_assert_uint_eq(trail(&i.call->id), 2);
	ck_assert_str_eq(e[0].text, "alice calls +15551234567; call-create 0123; aircall");
	assert_says(1, TRAIL_ASK, "aircall, user ");
	p.intent.found = i.found;
	p.intent.attempts_found = i.attempts_found;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("trail");
	TCase *t = tcase_create("bounds");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_first_and_the_latest_entries_are_kept);
	tcase_add_test(t, beyond_the_last_number_the_latest_entry_is_kept);
	tcase_add_test(t, what_is_said_again_and_again_is_counted);
	tcase_add_test(t, an_entry_that_cannot_be_read_stops_nothing);
	suite_add_tcase(s, t);
	t = tcase_create("lines");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_a_statement_did_stands_with_it);
	tcase_add_test(t, a_poll_without_news_leaves_no_line);
	tcase_add_test(t, a_statement_that_is_overruled_leaves_one_line);
	tcase_add_test(t, an_event_leaves_a_line_whatever_it_says);
	tcase_add_test(t, looking_in_vain_leaves_a_line_when_the_next_look_moves);
	tcase_add_test(t, a_call_of_somebody_else_leaves_a_line);
	suite_add_tcase(s, t);
	t = tcase_create("click");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_last_answer_says_what_became_of_the_row);
	tcase_add_test(t, repetitions_of_a_key_are_told);
	tcase_add_test(t, notes_are_told_but_not_what_they_say);
	tcase_add_test(t, how_it_was_asked_for_stands_in_the_first_entry);
	suite_add_tcase(s, t);
	return unit_run(s);
}
