/* Removing old calls: with all that belongs to them, and nothing else. */
#include "store/import.h"
#include "store/keys.h"
#include "store/purge.h"
#include "store/rows.h"
#include "unit/box.h"
#include "unit/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW    BOX_NOW
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define DAY    (INT64_C(24) * 60 * MINUTE)

static struct box box;
static struct purge purge;

static void setup(void)
{
	box_make(&box);
	purge = (struct purge){.before_ms = NOW - 10 * DAY};
}

static void teardown(void)
{
	box_assert_sound(&box);
	box_remove(&box);
}

/* A call so long before NOW, ended or not. */
static struct callid call(const char *user, int64_t ago_ms, int64_t external_id, bool over)
{
	struct callid id = box_call(box.s, user, NOW - ago_ms);
	struct store_update u = box_update(
		&id, over ? CALL_COMPLETED : CALL_RINGING, NOW - ago_ms + MINUTE, external_id);

	ck_assert_int_eq(store_apply(box.s, &u, 1, NOW - ago_ms + MINUTE), ERR_NONE);
	ck_assert(u.changed);
	return id;
}

static bool is_there(const struct callid *id)
{
	struct call c;
	enum err e;

	call_init(&c);
	e = store_call_get(box.s, id, &c);
	call_release(&c);
	ck_assert(e == ERR_NONE || e == ERR_NOT_FOUND);
	return e == ERR_NONE;
}

static bool is_claimed(int64_t external_id)
{
	struct callid owner;
	bool claimed;

	ck_assert_int_eq(
		store_claims(box.s, PROVIDER_AIRCALL, &external_id, 1, &owner, &claimed), ERR_NONE);
	return claimed;
}

static void run(void)
{
	ck_assert_int_eq(store_purge(box.s, &purge, NOW), ERR_NONE);
}

START_TEST(old_calls_go_with_all_that_belongs_to_them)
{
	struct callid old = call("alice", 11 * DAY, 1, true);
	struct callid young = call("alice", 9 * DAY, 2, true);
	struct trail_entry e[TRAIL_MAX];
	size_t n;

	run();
	ck_assert_int_eq(purge.removed, 1);
	ck_assert_int_eq(purge.open, 0);
	ck_assert(!is_there(&old));
	ck_assert(is_there(&young));
	ck_assert(!is_claimed(1));
	ck_assert(is_claimed(2));
	ck_assert_int_eq(store_trail(box.s, &old, e, &n), ERR_NONE);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(store_trail(box.s, &young, e, &n), ERR_NONE);
	ck_assert_uint_gt(n, 0);
	run();
	ck_assert_int_eq(purge.removed, 0);
}
END_TEST

START_TEST(the_border_is_half_open)
{
	struct callid before = call("alice", 10 * DAY + 1, 1, true);
	struct callid at = call("alice", 10 * DAY, 2, true);

	run();
	ck_assert(!is_there(&before));
	ck_assert(is_there(&at));
}
END_TEST

START_TEST(what_is_not_over_stays)
{
	struct callid open = call("alice", 20 * DAY, 1, false);
	struct callid queued = box_call(box.s, "alice", NOW - 30 * DAY);
	struct callid over = call("alice", 25 * DAY, 2, true);

	run();
	ck_assert_int_eq(purge.removed, 1);
	ck_assert_int_eq(purge.open, 2);
	ck_assert(is_there(&open));
	ck_assert(is_there(&queued));
	ck_assert(!is_there(&over));
}
END_TEST

/* The provider's call of one that is gone would be free for the one that still waits. */
START_TEST(what_is_beside_an_open_call_keeps_its_claim)
{
	struct callid waiting = box_call(box.s, "alice", NOW - 20 * DAY);
	struct callid before = call("alice", 20 * DAY + PURGE_AROUND_MS, 1, true);
	struct callid after = call("alice", 20 * DAY - PURGE_AROUND_MS, 2, true);
	struct callid far_before = call("alice", 20 * DAY + PURGE_AROUND_MS + 1, 3, true);
	struct callid far_after = call("alice", 20 * DAY - PURGE_AROUND_MS - 1, 4, true);
	struct callid others = call("bob", 20 * DAY, 5, true);

	run();
	ck_assert_int_eq(purge.removed, 3);
	ck_assert_int_eq(purge.beside, 2);
	ck_assert_int_eq(purge.open, 1);
	ck_assert(is_there(&waiting));
	ck_assert(is_there(&before) && is_claimed(1));
	ck_assert(is_there(&after) && is_claimed(2));
	ck_assert(!is_there(&far_before) && !is_claimed(3));
	ck_assert(!is_there(&far_after) && !is_claimed(4));
	ck_assert(!is_there(&others));
}
END_TEST

/* One just behind the border counts, too. */
START_TEST(an_open_call_behind_the_border_keeps_its_neighbours)
{
	struct callid waiting = box_call(box.s, "alice", NOW - 10 * DAY + MINUTE);
	struct callid neighbour = call("alice", 10 * DAY + MINUTE, 1, true);

	run();
	ck_assert_int_eq(purge.beside, 1);
	ck_assert(is_there(&waiting));
	ck_assert(is_there(&neighbour));
}
END_TEST

START_TEST(an_idempotency_key_never_leads_to_nothing)
{
	struct placing p;

	placing_init(&p);
	p.key = "key";
	p.now_ms = NOW - 11 * DAY;
	p.status = CALL_FAILED;
	p.decided = 502;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	run();
	ck_assert_int_eq(purge.removed, 1);
	/* The same request is a new one by now. */
	p.now_ms = NOW;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	placing_release(&p);
}
END_TEST

START_TEST(the_last_days_are_never_removed)
{
	call("alice", 3 * DAY, 1, true);
	purge.before_ms = NOW - PURGE_YOUNGEST_MS + 1;
	ck_assert_int_eq(store_purge(box.s, &purge, NOW), ERR_INVALID);
	purge.before_ms = NOW;
	ck_assert_int_eq(store_purge(box.s, &purge, NOW), ERR_INVALID);
	purge.before_ms = NOW - PURGE_YOUNGEST_MS;
	run();
	ck_assert_int_eq(purge.removed, 1);
}
END_TEST

START_TEST(a_dry_run_counts_and_changes_nothing)
{
	struct callid old = call("alice", 11 * DAY, 1, true);

	purge.dry_run = true;
	run();
	ck_assert_int_eq(purge.removed, 1);
	ck_assert(is_there(&old));
	ck_assert(is_claimed(1));
}
END_TEST

START_TEST(only_the_user_who_is_named_loses_calls)
{
	struct callid alices = call("alice", 11 * DAY, 1, true);
	struct callid bobs = call("bob", 11 * DAY, 2, true);

	purge.user = "bob";
	run();
	ck_assert_int_eq(purge.removed, 1);
	ck_assert(is_there(&alices));
	ck_assert(!is_there(&bobs));
}
END_TEST

START_TEST(nothing_at_all_is_fine)
{
	run();
	ck_assert_int_eq(purge.removed, 0);
	purge.dry_run = true;
	run();
}
END_TEST

/* Many turns, with calls in between that stay. */
START_TEST(thousands_are_removed_in_turns)
{
	struct call_records l = {.records = NULL};
	enum import_result *results = calloc(3000, sizeof(*results));
	struct history_filter f;
	struct call_list page = {NULL, 0};
	struct pace pace = pace_of(IMPORT_TURN);
	size_t looked;
	int64_t total;

	ck_assert_ptr_nonnull(results);
	for (int i = 0; i < 3000; i++) {
		struct call_record *r = call_records_add(&l);
		ck_assert_ptr_nonnull(r);
		r->call.start_ms = NOW - 30 * DAY + i * MINUTE;
		ck_assert_int_eq(callid_make(r->call.start_ms, &r->call.id), ERR_NONE);
		ck_assert_int_eq(call_set_text(&r->call.user, "alice"), ERR_NONE);
		memcpy(r->call.phone, "+15551234567", 13);
		r->call.provider = PROVIDER_AIRCALL;
		r->call.external_id = i + 1;
		r->call.status = i % 500 == 499 ? CALL_INITIATED : CALL_COMPLETED;
	}
	ck_assert_int_eq(store_import(box.s, &l, NOW, &pace, results, &looked), ERR_NONE);
	call_records_release(&l);
	free(results);
	run();
	ck_assert_int_eq(purge.open, 6);
	/* A quarter of an hour before and after each, but for the last, behind which is nothing. */
	ck_assert_int_eq(purge.beside, 6 * 15 + 5 * 15);
	ck_assert_int_eq(purge.removed, 3000 - 6 - 165);
	history_filter_init(&f);
	ck_assert_int_eq(store_history_page(box.s, &f, 1, 1, &page, &total), ERR_NONE);
	call_list_release(&page);
	ck_assert_int_eq(total, 171);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("purge");
	TCase *t = tcase_create("purge");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, old_calls_go_with_all_that_belongs_to_them);
	tcase_add_test(t, the_border_is_half_open);
	tcase_add_test(t, what_is_not_over_stays);
	tcase_add_test(t, what_is_beside_an_open_call_keeps_its_claim);
	tcase_add_test(t, an_open_call_behind_the_border_keeps_its_neighbours);
	tcase_add_test(t, an_idempotency_key_never_leads_to_nothing);
	tcase_add_test(t, the_last_days_are_never_removed);
	tcase_add_test(t, a_dry_run_counts_and_changes_nothing);
	tcase_add_test(t, only_the_user_who_is_named_loses_calls);
	tcase_add_test(t, nothing_at_all_is_fine);
	tcase_add_test(t, thousands_are_removed_in_turns);
	suite_add_tcase(s, t);
	return unit_run(s);
}
