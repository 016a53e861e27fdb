/* Walking through all calls, and taking in what a walk gave. */
#include "call/follow.h"
#include "store/events.h"
#include "store/import.h"
#include "store/keys.h"
#include "store/walk.h"
#include "unit/box.h"
#include "unit/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW    BOX_NOW
#define SECOND INT64_C(1000)

static struct box box, other;

static void setup(void)
{
	box_make(&box);
	box_make(&other);
}

static void teardown(void)
{
	box_remove(&box);
	box_remove(&other);
}

/* --- what a walk gives --- */

struct all {
	struct call_records l;
	int turns;
};

static void walk_all(struct store *s, struct call_walk *w, struct call_records *all)
{
	*all = (struct call_records){.records = NULL};
	while (!w->ended) {
		struct call_records part = {.records = NULL};
		ck_assert_int_eq(store_walk(s, w, &part), ERR_NONE);
		ck_assert(part.count > 0 || w->ended);
		for (size_t i = 0; i < part.count; i++) {
			struct call_record *r = call_records_add(all);
			ck_assert_ptr_nonnull(r);
			*r = part.records[i];
			call_record_init(&part.records[i]);
		}
		call_records_release(&part);
	}
}

static size_t count_of(struct call_walk w)
{
	struct call_records all;
	size_t n;

	walk_all(box.s, &w, &all);
	n = all.count;
	for (size_t i = 1; i < n; i++)
		if (!w.by_user)
			ck_assert_int_le(
				all.records[i - 1].call.start_ms, all.records[i].call.start_ms);
	call_records_release(&all);
	return n;
}

START_TEST(an_empty_directory_is_walked_through_at_once)
{
	ck_assert_uint_eq(count_of((struct call_walk){.trail = true}), 0);
	ck_assert_uint_eq(count_of((struct call_walk){.user = "alice"}), 0);
	ck_assert_int_eq(store_create(box.s), ERR_NONE);
	ck_assert_uint_eq(count_of((struct call_walk){.trail = true}), 0);
	ck_assert_uint_eq(count_of((struct call_walk){.by_user = true}), 0);
}
END_TEST

START_TEST(a_walk_is_bounded_by_user_and_time)
{
	char long_user[AUTH_USER_MAX + 2];

	memset(long_user, 'a', sizeof(long_user));
	long_user[AUTH_USER_MAX + 1] = '\0';
	for (int i = 0; i < 10; i++) {
		box_call(box.s, "alice", NOW + i * SECOND);
		box_call(box.s, "alice2", NOW + i * SECOND);
		box_call(box.s, "bob", NOW + i * SECOND);
	}
	ck_assert_uint_eq(count_of((struct call_walk){.user = NULL}), 30);
	ck_assert_uint_eq(count_of((struct call_walk){.by_user = true}), 30);
	ck_assert_uint_eq(count_of((struct call_walk){.user = "alice"}), 10);
	ck_assert_uint_eq(count_of((struct call_walk){.user = "alic"}), 0);
	ck_assert_uint_eq(count_of((struct call_walk){.user = "zoe"}), 0);
	ck_assert_uint_eq(count_of((struct call_walk){.user = long_user}), 0);
	ck_assert_uint_eq(count_of((struct call_walk){.from_ms = NOW + 4 * SECOND}), 18);
	ck_assert_uint_eq(count_of((struct call_walk){.to_ms = NOW + 4 * SECOND}), 12);
	ck_assert_uint_eq(count_of((struct call_walk){
				  .from_ms = NOW + 4 * SECOND, .to_ms = NOW + 4 * SECOND + 1}),
		3);
	ck_assert_uint_eq(
		count_of((struct call_walk){
			.user = "alice2", .from_ms = NOW + 8 * SECOND, .to_ms = NOW + 99 * SECOND}),
		2);
	ck_assert_uint_eq(
		count_of((struct call_walk){
			.by_user = true, .from_ms = NOW + 4 * SECOND, .to_ms = NOW + 6 * SECOND}),
		6);
}
END_TEST

START_TEST(a_walk_by_user_has_each_users_calls_together)
{
	static const char *const users[] = {"alice", "alice", "bob", "bob", "carol"};
	struct call_walk w = {.by_user = true};
	struct call_records all;

	box_call(box.s, "carol", NOW);
	box_call(box.s, "bob", NOW + 1);
	box_call(box.s, "alice", NOW + 2);
	box_call(box.s, "bob", NOW + 3);
	box_call(box.s, "alice", NOW + 4);
	walk_all(box.s, &w, &all);
	ck_assert_uint_eq(all.count, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_str_eq(all.records[i].call.user, users[i]);
	call_records_release(&all);
}
END_TEST

/* What is stored behind the walk's position is seen, what is stored before it is not. */
START_TEST(calls_stored_meanwhile_are_seen_once_or_not_at_all)
{
	struct call_walk w = {.trail = false};
	struct call_records part = {.records = NULL};
	size_t n;

	for (int i = 0; i < 3; i++)
		box_call(box.s, "alice", NOW + i * SECOND);
	/* A walk that stands at the second one. */
	ck_assert_int_eq(store_walk(box.s, &w, &part), ERR_NONE);
	key_time_id(part.records[1].call.start_ms, &part.records[1].call.id, w.key);
	w.key_len = KEY_TIME_ID;
	w.ended = false;
	call_records_release(&part);
	box_call(box.s, "bob", NOW + SECOND / 2);
	box_call(box.s, "bob", NOW + 9 * SECOND);
	walk_all(box.s, &w, &part);
	n = part.count;
	ck_assert_str_eq(part.records[1].call.user, "bob");
	call_records_release(&part);
	ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(more_than_fit_into_a_turn_come_in_order)
{
	struct call_records made = {.records = NULL}, all;
	enum import_result *results = calloc(1300, sizeof(*results));
	struct call_walk w = {.trail = true};
	struct pace pace = pace_of(IMPORT_TURN);
	size_t looked;

	ck_assert_ptr_nonnull(results);
	for (int i = 0; i < 1300; i++) {
		struct call_record *r = call_records_add(&made);
		ck_assert_ptr_nonnull(r);
		ck_assert_int_eq(callid_make(NOW + i, &r->call.id), ERR_NONE);
		ck_assert_int_eq(call_set_text(&r->call.user, i % 2 ? "alice" : "bob"), ERR_NONE);
		memcpy(r->call.phone, "+15551234567", 13);
		r->call.start_ms = NOW + i;
		r->call.status = CALL_COMPLETED;
	}
	ck_assert_int_eq(store_import(box.s, &made, NOW, &pace, results, &looked), ERR_NONE);
	ck_assert_uint_eq(looked, 1300);
	walk_all(box.s, &w, &all);
	ck_assert_uint_eq(all.count, 1300);
	for (size_t i = 0; i < 1300; i++) {
		ck_assert(callid_equal(&all.records[i].call.id, &made.records[i].call.id));
		ck_assert_int_eq(results[i], IMPORT_ADDED);
	}
	call_records_release(&all);
	call_records_release(&made);
	free(results);
	box_assert_sound(&box);
}
END_TEST

/* --- taking in --- */

static struct call_records rows;
static enum import_result results[8];

static struct call_record *row(enum call_status status, int64_t external_id)
{
	struct call_record *r = call_records_add(&rows);

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(callid_make(NOW + (int64_t)rows.count, &r->call.id), ERR_NONE);
	ck_assert_int_eq(call_set_text(&r->call.user, "alice"), ERR_NONE);
	memcpy(r->call.phone, "+15551234567", 13);
	r->call.start_ms = NOW + (int64_t)rows.count;
	r->call.status = status;
	r->call.provider = PROVIDER_AIRCALL;
	r->call.external_id = external_id;
	return r;
}

static void import(void)
{
	struct pace pace = pace_of(IMPORT_TURN);
	size_t looked;

	ck_assert_int_eq(
		store_import(box.s, &rows, NOW + 60 * SECOND, &pace, results, &looked), ERR_NONE);
	ck_assert_uint_eq(looked, rows.count);
}

static struct call stored(size_t i)
{
	struct call c;

	call_init(&c);
	ck_assert_int_eq(store_call_get(box.s, &rows.records[i].call.id, &c), ERR_NONE);
	return c;
}

START_TEST(a_known_id_is_skipped_and_stays_as_it_is)
{
	struct call_record *r = row(CALL_COMPLETED, 0);
	struct trail_entry e = {.at_ms = NOW, .kind = TRAIL_POLL, .text = "seen"};

	ck_assert_int_eq(call_record_add(r, &e), ERR_NONE);
	import();
	ck_assert_int_eq(results[0], IMPORT_ADDED);
	ck_assert_int_eq(call_set_text(&rows.records[0].call.notes, "changed"), ERR_NONE);
	row(CALL_FAILED, 0);
	import();
	ck_assert_int_eq(results[0], IMPORT_KNOWN);
	ck_assert_int_eq(results[1], IMPORT_ADDED);
	struct call c = stored(0);
	ck_assert_str_eq(c.notes, "");
	call_release(&c);
	/* Twice in one go. */
	rows.records[1].call.id = rows.records[0].call.id;
	import();
	ck_assert_int_eq(results[1], IMPORT_KNOWN);
	call_records_release(&rows);
	box_assert_sound(&box);
}
END_TEST

START_TEST(a_providers_call_belongs_to_one_row)
{
	row(CALL_COMPLETED, 77);
	row(CALL_COMPLETED, 77);
	row(CALL_COMPLETED, 78);
	import();
	ck_assert_int_eq(results[0], IMPORT_ADDED);
	ck_assert_int_eq(results[1], IMPORT_CLAIMED);
	ck_assert_int_eq(results[2], IMPORT_ADDED);
	call_records_release(&rows);
	box_assert_sound(&box);
}
END_TEST

START_TEST(nobody_gets_a_row_whose_id_is_nobodys)
{
	row(CALL_COMPLETED, 0);
	ck_assert_int_eq(call_set_text(&rows.records[0].call.user, "a\nb"), ERR_NONE);
	row(CALL_COMPLETED, 0);
	import();
	ck_assert_int_eq(results[0], IMPORT_USER);
	ck_assert_int_eq(results[1], IMPORT_ADDED);
	call_records_release(&rows);
	box_assert_sound(&box);
}
END_TEST

/* The sync finds what is not final, whatever the line said; what is final it leaves alone unless
 * figures may still be corrected. */
START_TEST(what_is_imported_is_followed_as_if_it_had_been_placed_here)
{
	row(CALL_INITIATED, 0);
	row(CALL_UNCONFIRMED, 0)->call.look_ms = NOW + 9 * SECOND;
	row(CALL_COMPLETED, 0)->call.look_ms = NOW + 9 * SECOND;
	struct call *corrected = &row(CALL_COMPLETED, 0)->call;
	corrected->final_ms = corrected->end_ms = corrected->figures_ms = NOW + SECOND;
	corrected->look_ms = NOW + 1201 * SECOND;
	import();
	struct call c = stored(0);
	ck_assert_int_eq(c.look_ms, c.start_ms);
	call_release(&c);
	c = stored(1);
	ck_assert_int_eq(c.look_ms, NOW + 9 * SECOND);
	call_release(&c);
	c = stored(2);
	ck_assert_int_eq(c.look_ms, 0);
	call_release(&c);
	c = stored(3);
	ck_assert_int_eq(c.look_ms, NOW + 1201 * SECOND);
	call_release(&c);
	int64_t open;
	ck_assert_int_eq(store_open_count(box.s, &open), ERR_NONE);
	ck_assert_int_eq(open, 3);
	call_records_release(&rows);
	box_assert_sound(&box);
}
END_TEST

START_TEST(an_event_that_came_before_its_row_is_not_lost)
{
	struct store_event ended = {.provider = PROVIDER_AIRCALL,
		.what = "call.ended",
		.received_ms = NOW + 50 * SECOND};
	struct event_taking t = {.event = &ended, .keep = true, .kept_max = 100};

	statement_init(&ended.said, SAID_BY_PROVIDER, NOW + 40 * SECOND);
	ended.said.has_status = true;
	ended.said.status = CALL_COMPLETED;
	ended.said.external_id = 81;
	ck_assert_int_eq(store_event_take(box.s, &t), ERR_NONE);
	ck_assert_int_eq(t.fate, EVENT_KEPT);
	row(CALL_INITIATED, 80)->call.look_ms = NOW + 9 * SECOND;
	row(CALL_INITIATED, 81)->call.look_ms = NOW + 9 * SECOND;
	import();
	struct call c = stored(0);
	ck_assert_int_eq(c.status, CALL_INITIATED);
	ck_assert_int_eq(c.look_ms, NOW + 9 * SECOND);
	call_release(&c);
	c = stored(1);
	ck_assert_int_eq(c.status, CALL_COMPLETED);
	ck_assert_int_eq(c.look_ms, follow_next_look(&c, NOW + 60 * SECOND));
	call_release(&c);
	call_records_release(&rows);
	box_assert_sound(&box);
}
END_TEST

/* --- there and back --- */

static char *text_of(struct store *s)
{
	struct call_walk w = {.trail = true};
	struct call_records all;
	struct buf out;

	buf_init(&out, (size_t)1024 * 1024);
	walk_all(s, &w, &all);
	for (size_t i = 0; i < all.count; i++) {
		struct jsonw j;
		jsonw_init(&j, &out);
		call_record_json(&j, &all.records[i]);
		buf_addc(&out, '\n');
	}
	call_records_release(&all);
	char *text = buf_detach(&out, NULL);
	ck_assert_ptr_nonnull(text);
	return text;
}

START_TEST(a_history_taken_elsewhere_is_the_same_there)
{
	struct call_walk w = {.trail = true};
	struct call_records all;
	struct pace pace = pace_of(IMPORT_TURN);
	size_t looked;

	for (int i = 0; i < 6; i++) {
		struct callid id = box_call(box.s, i % 2 ? "alice" : "bob", NOW + i * SECOND);
		struct store_update u[2] = {
			box_update(&id, CALL_RINGING, NOW + 60 * SECOND, 50 + i),
			box_update(&id, CALL_COMPLETED, NOW + 90 * SECOND, 50 + i)};
		ck_assert_int_eq(store_apply(box.s, u, (size_t)i % 3, NOW + 99 * SECOND), ERR_NONE);
	}
	walk_all(box.s, &w, &all);
	ck_assert_int_eq(store_import(other.s, &all, NOW, &pace, results, &looked), ERR_NONE);
	call_records_release(&all);
	char *here = text_of(box.s), *there = text_of(other.s);
	ck_assert_str_eq(here, there);
	ck_assert_ptr_nonnull(strstr(here, "\"trail\":["));
	free(here);
	free(there);
	box_assert_sound(&other);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("walk");
	TCase *t = tcase_create("walk");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_empty_directory_is_walked_through_at_once);
	tcase_add_test(t, a_walk_is_bounded_by_user_and_time);
	tcase_add_test(t, a_walk_by_user_has_each_users_calls_together);
	tcase_add_test(t, calls_stored_meanwhile_are_seen_once_or_not_at_all);
	tcase_add_test(t, more_than_fit_into_a_turn_come_in_order);
	tcase_add_test(t, a_known_id_is_skipped_and_stays_as_it_is);
	tcase_add_test(t, a_providers_call_belongs_to_one_row);
	tcase_add_test(t, nobody_gets_a_row_whose_id_is_nobodys);
	tcase_add_test(t, what_is_imported_is_followed_as_if_it_had_been_placed_here);
	tcase_add_test(t, an_event_that_came_before_its_row_is_not_lost);
	tcase_add_test(t, a_history_taken_elsewhere_is_the_same_there);
	suite_add_tcase(s, t);
	return unit_run(s);
}
