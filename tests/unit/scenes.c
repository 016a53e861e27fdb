#include "unit/scenes.h"

#include "lib/inject.h"
#include "store/connections.h"
#include "store/events.h"
#include "store/import.h"
#include "store/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW    BOX_NOW
#define SECOND INT64_C(1000)
#define HOUR   (3600 * SECOND)
#define ROWS   20

/* Of the act at hand. */
static int number;
static char user[32], text[9000];
static struct callid rows[ROWS];

static void next_act(int n)
{
	number = n;
	(void)snprintf(user, sizeof(user), "user %d", n);
	(void)snprintf(text, sizeof(text), "text %d", n);
}

static int64_t provider_id(int of_row)
{
	return INT64_C(4294967296) + (int64_t)number * ROWS + of_row;
}

/* --- looking, without faults --- */

static int64_t total_of(struct box *b, const char *whose)
{
	struct history_filter f;
	struct call_list l = {NULL, 0};
	int64_t total;

	history_filter_init(&f);
	f.user = whose;
	ck_assert_int_eq(store_history_page(b->s, &f, 1, 1, &l, &total), ERR_NONE);
	call_list_release(&l);
	return total;
}

static struct call row(struct box *b, int i)
{
	struct call c;

	call_init(&c);
	ck_assert_int_eq(store_call_get(b->s, &rows[i], &c), ERR_NONE);
	return c;
}

/* --- placing --- */

static struct placing with_key(void)
{
	struct placing p;

	placing_init(&p);
	p.user = user;
	p.key = text;
	p.now_ms = NOW + number;
	p.calls_per_minute = 100;
	return p;
}

static void nothing_yet(struct box *b, int n)
{
	(void)b;
	next_act(n);
}

static int place(struct store *s)
{
	struct placing p = with_key();

	placing_ready(&p);
	inject_on();
	int e = (int)store_intent(s, &p.intent);
	inject_off();
	enum intent_result r = p.intent.result;
	placing_release(&p);
	/* The same request again, if an earlier one came so far. */
	return e == 0 && r != INTENT_STORED && r != INTENT_IN_PROGRESS ? ACT_WRONG : e;
}

static bool is_placed(struct box *b)
{
	int64_t total = total_of(b, user);

	ck_assert_int_le(total, 1);
	return total == 1;
}

static void one_row(struct box *b, int n)
{
	struct placing p;

	next_act(n);
	p = with_key();
	ck_assert_int_eq(placing_do(&p, b->s), INTENT_STORED);
	rows[0] = p.id;
	placing_release(&p);
}

static int name_provider(struct store *s)
{
	inject_on();
	int e = (int)box_name_provider(s, &rows[0], PROVIDER_DIALPAD, 77, 0, NOW);
	inject_off();
	return e;
}

static bool is_named(struct box *b)
{
	struct call c = row(b, 0);
	bool named = c.provider == PROVIDER_DIALPAD && c.provider_user_id == 77;

	call_release(&c);
	return named;
}

static int settle(struct store *s)
{
	struct settlement t = {.id = rows[0],
		.now_ms = NOW + SECOND,
		.key = text,
		.http_status = 200,
		.attempts = "[]"};
	struct call c;

	call_init(&c);
	statement_init(&t.outcome, SAID_BY_PROVIDER, NOW + SECOND);
	t.outcome.has_status = true;
	t.outcome.status = CALL_INITIATED;
	t.outcome.external_id = provider_id(0);
	inject_on();
	int e = (int)store_settle(s, &t, &c);
	inject_off();
	if (e == 0 && (c.status != CALL_INITIATED || c.external_id != provider_id(0)))
		e = ACT_WRONG;
	call_release(&c);
	return e;
}

/* Row and key tell the same. */
static bool is_settled(struct box *b)
{
	struct placing p = with_key();
	struct call c = row(b, 0);
	bool settled = c.status == CALL_INITIATED;

	ck_assert_int_eq(c.external_id, settled ? provider_id(0) : 0);
	ck_assert_int_eq(placing_do(&p, b->s), settled ? INTENT_REPLAY : INTENT_IN_PROGRESS);
	ck_assert_int_eq(p.intent.http_status, settled ? 200 : 0);
	placing_release(&p);
	call_release(&c);
	return settled;
}

/* --- notes --- */

static int write_notes(struct store *s)
{
	struct call c;

	call_init(&c);
	inject_on();
	int e = (int)store_notes_set(s, &rows[0], user, text, -1, NOW, &c);
	inject_off();
	if (e == 0 && strcmp(c.notes, text) != 0)
		e = ACT_WRONG;
	call_release(&c);
	return e;
}

static bool is_noted(struct box *b)
{
	struct call c = row(b, 0);
	bool noted = c.notes != NULL && strcmp(c.notes, text) == 0;

	if (!noted)
		ck_assert(c.notes == NULL || c.notes[0] == '\0' ||
			  strncmp(c.notes, "before", 6) == 0);
	call_release(&c);
	return noted;
}

static void write_before(struct box *b, int kilobytes)
{
	static char long_text[1024 * 8];

	memset(long_text, '.', sizeof(long_text) - 1);
	memcpy(long_text, "before", 6);
	for (int i = 0; i < kilobytes; i += 8) {
		struct call c;

		call_init(&c);
		ck_assert_int_eq(
			store_notes_set(b->s, &rows[0], user, long_text, -1, NOW, &c), ERR_NONE);
		call_release(&c);
	}
}

/* So much was logged that the change at hand brings a checkpoint with it. */
static void before_checkpoint(struct box *b, int n)
{
	one_row(b, n);
	ck_assert_int_eq(store_housekeep(b->s, NOW), ERR_NONE);
	write_before(b, 248);
	memset(text, 'x', 8500);
	text[8500] = '\0';
}

/* The process before was killed inside. */
static void after_kill(struct box *b, int n)
{
	one_row(b, n);
	box_write(b, "gate", "d", 1);
}

/* --- following --- */

static void many_rows(struct box *b, int n)
{
	next_act(n);
	for (int i = 0; i < ROWS; i++)
		rows[i] = box_call(b->s, user, NOW + i * SECOND);
}

static int apply(struct store *s)
{
	struct store_update u[ROWS];

	for (int i = 0; i < ROWS; i++)
		u[i] = box_update(&rows[i], CALL_RINGING, NOW + 60 * SECOND, provider_id(i));
	inject_on();
	int e = (int)store_apply(s, u, ROWS, NOW + 60 * SECOND);
	inject_off();
	for (int i = 0; e == 0 && i < ROWS; i++)
		if (u[i].conflict || u[i].status != CALL_RINGING)
			e = ACT_WRONG;
	return e;
}

static bool is_applied(struct box *b)
{
	int applied = 0;

	for (int i = 0; i < ROWS; i++) {
		struct call c = row(b, i);

		applied += c.external_id == provider_id(i) && c.status == CALL_RINGING;
		call_release(&c);
	}
	return applied == ROWS;
}

static int look_at_due(struct store *s)
{
	struct due_walk w = {.started = false};
	struct call_list l = {NULL, 0};
	struct callid calls[1];
	bool claimed[1] = {true};
	const int64_t ids[1] = {provider_id(0)};
	int64_t open = 0;

	inject_on();
	int e = (int)store_due(s, NOW + HOUR, &w, 10, &l);
	if (e == 0)
		e = (int)store_claims(s, PROVIDER_AIRCALL, ids, 1, calls, claimed);
	if (e == 0)
		e = (int)store_open_count(s, &open);
	inject_off();
	if (e == 0 && (l.count != 10 || claimed[0] || open < ROWS))
		e = ACT_WRONG;
	call_list_release(&l);
	return e;
}

/* --- events --- */

static struct store_event event(bool names_row)
{
	struct store_event e = {.provider = PROVIDER_AIRCALL,
		.received_ms = NOW + 3 * SECOND,
		.outbound = true,
		.user_id = 7,
		.start_ms = NOW + SECOND,
		.has_call = names_row,
		.call = rows[0]};

	statement_init(&e.said, SAID_BY_PROVIDER, NOW + 2 * SECOND);
	e.said.external_id = provider_id(0);
	e.said.has_status = true;
	e.said.status = CALL_IN_PROGRESS;
	(void)snprintf(e.what, sizeof(e.what), "call.answered");
	(void)snprintf(e.digits, sizeof(e.digits), "15551234567");
	return e;
}

static int take_event(struct store *s, bool names_row)
{
	struct store_event said = event(names_row);
	struct event_taking t = {.event = &said, .keep = true, .kept_max = 1000};

	inject_on();
	int e = (int)store_event_take(s, &t);
	inject_off();
	return e;
}

static void placed_row(struct box *b, int n)
{
	one_row(b, n);
	ck_assert_int_eq(settle(b->s), ERR_NONE);
}

static int take_for_row(struct store *s)
{
	return take_event(s, true);
}

static bool is_taken(struct box *b)
{
	struct call c = row(b, 0);
	bool taken = c.status == CALL_IN_PROGRESS;

	call_release(&c);
	return taken;
}

static int64_t waiting_before;

static int64_t waiting(struct box *b)
{
	struct event_counts c;

	ck_assert_int_eq(store_event_counts(b->s, &c), ERR_NONE);
	return c.waiting;
}

static void no_row(struct box *b, int n)
{
	next_act(n);
	waiting_before = waiting(b);
}

static int keep_event(struct store *s)
{
	return take_event(s, false);
}

static bool is_kept(struct box *b)
{
	int64_t more = waiting(b) - waiting_before;

	ck_assert(more == 0 || more == 1);
	return more == 1;
}

/* An event has come that waits for the outcome of placing. */
static void kept_for_row(struct box *b, int n)
{
	one_row(b, n);
	ck_assert_int_eq(take_event(b->s, false), ERR_NONE);
}

static int settle_and_fold(struct store *s)
{
	struct settlement t = {.id = rows[0], .now_ms = NOW + 5 * SECOND};
	struct call c;

	call_init(&c);
	statement_init(&t.outcome, SAID_BY_PROVIDER, NOW + SECOND);
	t.outcome.has_status = true;
	t.outcome.status = CALL_INITIATED;
	t.outcome.external_id = provider_id(0);
	inject_on();
	int e = (int)store_settle(s, &t, &c);
	inject_off();
	if (e == 0 && c.status != CALL_IN_PROGRESS)
		e = ACT_WRONG;
	call_release(&c);
	return e;
}

/* --- reading --- */

static int read_page(struct store *s)
{
	struct history_filter f;
	struct call_list l = {NULL, 0};
	int64_t total;

	history_filter_init(&f);
	f.user = user;
	inject_on();
	int e = (int)store_history_page(s, &f, 2, 15, &l, &total);
	inject_off();
	if (e == 0 && (total != ROWS || l.count != ROWS - 15 ||
			      !callid_equal(&l.calls[0].id, &rows[ROWS - 16])))
		e = ACT_WRONG;
	call_list_release(&l);
	return e;
}

static int read_filtered(struct store *s)
{
	struct history_filter f;
	struct call_list l = {NULL, 0};
	int64_t total;

	history_filter_init(&f);
	f.user = user;
	f.phone = "+15551234567";
	inject_on();
	int e = (int)store_history_page(s, &f, 1, 10, &l, &total);
	inject_off();
	if (e == 0 && (total != ROWS || l.count != 10))
		e = ACT_WRONG;
	call_list_release(&l);
	return e;
}

static int read_one(struct store *s)
{
	struct call c;
	struct trail_entry trail[TRAIL_MAX];
	size_t count = 0;

	call_init(&c);
	inject_on();
	int e = (int)store_call_get(s, &rows[3], &c);
	if (e == 0)
		e = (int)store_trail(s, &rows[3], trail, &count);
	inject_off();
	if (e == 0 && (strcmp(c.user, user) != 0 || count == 0))
		e = ACT_WRONG;
	call_release(&c);
	return e;
}

static int export(struct store *s)
{
	struct call_walk w = {.user = user, .trail = true};
	size_t count = 0;
	int e = 0;

	while (e == 0 && !w.ended) {
		struct call_records part = {.records = NULL};

		inject_on();
		e = (int)store_walk(s, &w, &part);
		inject_off();
		for (size_t i = 0; i < part.count; i++)
			count += part.records[i].trail_count > 0;
		call_records_release(&part);
	}
	return e == 0 && count != ROWS ? ACT_WRONG : e;
}

/* --- taking in --- */

static int import(struct store *s)
{
	struct call_records l = {.records = NULL};
	struct pace pace = pace_of(IMPORT_TURN);
	enum import_result results[ROWS];
	size_t looked = 0;

	for (int i = 0; i < ROWS; i++) {
		struct call *c = &call_records_add(&l)->call;

		c->id = rows[i];
		c->start_ms = NOW + i * SECOND;
		c->status = CALL_COMPLETED;
		c->provider = PROVIDER_AIRCALL;
		c->external_id = provider_id(i);
		(void)snprintf(c->phone, sizeof(c->phone), "+15551234567");
		ck_assert_int_eq(call_set_text(&c->user, user), ERR_NONE);
	}
	inject_on();
	int e = (int)store_import(s, &l, NOW + HOUR, &pace, results, &looked);
	inject_off();
	if (e == 0 && looked != ROWS)
		e = ACT_WRONG;
	call_records_release(&l);
	return e;
}

static void ids_only(struct box *b, int n)
{
	(void)b;
	next_act(n);
	for (int i = 0; i < ROWS; i++)
		ck_assert_int_eq(callid_make(NOW + i * SECOND, &rows[i]), ERR_NONE);
}

static bool is_imported(struct box *b)
{
	return total_of(b, user) == ROWS;
}

/* --- users and connections --- */

static int set_user(struct store *s)
{
	const struct user_settings u = {.aircall_user_id = number + 1, .aircall_number_id = 9};

	inject_on();
	int e = (int)store_user_set(s, user, &u);
	inject_off();
	return e;
}

static bool is_set(struct box *b)
{
	struct user_settings u;

	ck_assert_int_eq(store_user_get(b->s, user, &u), ERR_NONE);
	return u.aircall_user_id == number + 1;
}

static int connect(struct store *s)
{
	struct connection c;

	connection_init(&c);
	c.dialpad_user_id = number + 1;
	ck_assert(buf_adds(&c.sealed, "sealed"));
	inject_on();
	int e = (int)store_connection_put(s, user, &c, -1);
	inject_off();
	connection_release(&c);
	return e;
}

static bool is_connected(struct box *b)
{
	struct connection c;

	connection_init(&c);
	enum err e = store_connection_get(b->s, user, &c);
	ck_assert(e == ERR_NOT_FOUND || (e == ERR_NONE && c.dialpad_user_id == number + 1));
	connection_release(&c);
	return e == ERR_NONE;
}

static void connected(struct box *b, int n)
{
	next_act(n);
	ck_assert_int_eq(connect(b->s), ERR_NONE);
}

static int disconnect(struct store *s)
{
	inject_on();
	int e = (int)store_connection_drop(s, user);
	inject_off();
	return e == ERR_NOT_FOUND ? 0 : e;
}

static bool is_disconnected(struct box *b)
{
	return !is_connected(b);
}

/* --- house-keeping --- */

static int64_t old_ms(void)
{
	return NOW - 48 * HOUR;
}

/* A key of the day before yesterday, and something for a checkpoint. */
static void old_key(struct box *b, int n)
{
	struct placing p;

	next_act(n);
	p = with_key();
	p.now_ms = old_ms();
	ck_assert_int_eq(placing_do(&p, b->s), INTENT_STORED);
	rows[0] = p.id;
	placing_release(&p);
	write_before(b, 264);
}

static int housekeep(struct store *s)
{
	inject_on();
	int e = (int)store_housekeep(s, NOW);
	inject_off();
	return e;
}

static int count_keys(struct turn *t, void *arg)
{
	DB *db;
	DB_BTREE_STAT *stat;
	int e = turn_db(t, DB_KEYS, &db);

	if (e == 0 && (e = db->stat(db, t->txn, &stat, 0)) == 0) {
		*(int64_t *)arg = stat->bt_ndata;
		free(stat);
	}
	return e;
}

static bool is_tidy(struct box *b)
{
	int64_t keys = 0;

	ck_assert_int_eq(turn_run(b->s, TURN_READ, count_keys, &keys), ERR_NONE);
	return keys == 0;
}

/* --- all of it --- */

const struct scene scenes[] = {
	{"place", nothing_yet, place, is_placed, false},
	{"name provider", one_row, name_provider, is_named, false},
	{"settle", one_row, settle, is_settled, false},
	{"settle with events", kept_for_row, settle_and_fold, is_taken, false},
	{"notes", one_row, write_notes, is_noted, false},
	{"notes and checkpoint", before_checkpoint, write_notes, is_noted, false},
	{"notes after a kill", after_kill, write_notes, is_noted, false},
	{"apply", many_rows, apply, is_applied, true},
	{"due", many_rows, look_at_due, NULL, false},
	{"event", placed_row, take_for_row, is_taken, false},
	{"event that waits", no_row, keep_event, is_kept, false},
	{"page", many_rows, read_page, NULL, false},
	{"filtered page", many_rows, read_filtered, NULL, false},
	{"one call", many_rows, read_one, NULL, false},
	{"export", many_rows, export, NULL, false},
	{"import", ids_only, import, is_imported, true},
	{"user", nothing_yet, set_user, is_set, false},
	{"connect", nothing_yet, connect, is_connected, false},
	{"disconnect", connected, disconnect, is_disconnected, false},
	{"housekeep", old_key, housekeep, is_tidy, true},
};
const int scene_count = (int)(sizeof(scenes) / sizeof(scenes[0]));
