/* Verifying the databases: what is sound passes, and each thing that is broken is named. */
#include "store/codec.h"
#include "store/copy.h"
#include "store/events.h"
#include "store/keys.h"
#include "store/kept.h"
#include "store/offline.h"
#include "store/rows.h"
#include "store/verify.h"
#include "unit/box.h"
#include "unit/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW    BOX_NOW
#define SECOND INT64_C(1000)

static struct box box;
static struct buf lines, why;

/* What is in the box: alice's ended call, bob's that goes on, alice's that was not asked for. */
static struct callid ended, running, queued;
static const struct callid nobodys = {{0x6a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}};

static struct callid place(const char *user, int64_t at_ms, const char *key)
{
	struct placing p;
	struct callid id;

	placing_init(&p);
	p.user = user;
	p.now_ms = at_ms;
	p.key = key;
	p.guard = false;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_STORED);
	id = p.id;
	placing_release(&p);
	return id;
}

static void say(const struct callid *id, enum call_status status, int64_t external_id)
{
	struct store_update u = box_update(id, status, NOW + 60 * SECOND, external_id);

	ck_assert_int_eq(store_apply(box.s, &u, 1, NOW + 60 * SECOND), ERR_NONE);
	ck_assert(u.changed);
}

static void fill(void)
{
	struct user_settings u = {.aircall_user_id = 5};
	struct connection c;
	struct connection_state state;
	const unsigned char hash[STATE_HASH_LEN] = {1};
	struct store_event event = {
		.provider = PROVIDER_AIRCALL, .what = "call.ended", .received_ms = NOW};
	struct event_taking t = {.event = &event, .keep = true, .kept_max = 100};

	ended = place("alice", NOW, "key");
	running = place("bob", NOW + SECOND, NULL);
	queued = place("alice", NOW + 2 * SECOND, NULL);
	say(&ended, CALL_COMPLETED, 500);
	say(&running, CALL_RINGING, 501);
	ck_assert_int_eq(store_user_set(box.s, "alice", &u), ERR_NONE);
	connection_init(&c);
	ck_assert(buf_adds(&c.sealed, "sealed"));
	ck_assert_int_eq(store_connection_put(box.s, "alice", &c, -1), ERR_NONE);
	connection_release(&c);
	connection_state_init(&state);
	(void)snprintf(state.user, sizeof(state.user), "alice");
	state.made_ms = NOW;
	ck_assert_int_eq(store_state_put(box.s, hash, &state, 600 * SECOND), ERR_NONE);
	connection_state_release(&state);
	statement_init(&event.said, SAID_BY_PROVIDER, NOW);
	event.said.external_id = 900;
	ck_assert_int_eq(store_event_take(box.s, &t), ERR_NONE);
	ck_assert_int_eq(t.fate, EVENT_KEPT);
}

static void setup(void)
{
	box_make(&box);
	buf_init(&lines, (size_t)1024 * 1024);
	buf_init(&why, 8192);
}

static void teardown(void)
{
	buf_release(&lines);
	buf_release(&why);
	box_remove(&box);
}

static void on_found(void *arg, const char *line)
{
	(void)arg;
	buf_addf(&lines, "%s\n", line);
}

static struct verify_report verify(void)
{
	struct verify_report r = {.found = on_found};
	struct copy_report c = {.progress = NULL};

	buf_reset(&lines);
	buf_reset(&why);
	ck_assert_msg(store_verify(box.s, NULL, &r, &c, &why) == ERR_NONE, "%s", why.s);
	ck_assert_int_gt(c.stays, 0);
	return r;
}

static int64_t entries(const struct verify_report *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->counts[i].name, name) == 0)
			return r->counts[i].entries;
	return -1;
}

/* --- sound ones --- */

START_TEST(what_is_sound_passes_and_is_counted)
{
	struct verify_report r;

	fill();
	r = verify();
	ck_assert_str_eq(lines.s, "");
	ck_assert_int_eq(r.problems, 0);
	ck_assert_int_eq(entries(&r, "calls"), 3);
	ck_assert_str_eq(r.counts[0].name, "calls");
	ck_assert_int_eq(entries(&r, "by_user"), 3);
	ck_assert_int_eq(entries(&r, "by_time"), 3);
	ck_assert_int_eq(entries(&r, "claims"), 2);
	ck_assert_int_eq(entries(&r, "due"), 3);
	ck_assert_int_eq(entries(&r, "keys"), 1);
	ck_assert_int_eq(entries(&r, "users"), 1);
	ck_assert_int_eq(entries(&r, "connections"), 1);
	ck_assert_int_eq(entries(&r, "states"), 1);
	ck_assert_int_eq(entries(&r, "events"), 1);
	ck_assert_int_eq(entries(&r, "event_times"), 1);
	ck_assert_int_ge(entries(&r, "event_counts"), 1);
	ck_assert_int_gt(r.bytes, 0);
	ck_assert_int_eq(access(box_file(&box, "verify.tmp"), F_OK), -1);
}
END_TEST

START_TEST(what_is_empty_passes)
{
	struct verify_report r = verify();

	ck_assert_int_eq(r.problems, 0);
	ck_assert_int_eq(store_create(box.s), ERR_NONE);
	r = verify();
	ck_assert_int_eq(r.problems, 0);
	ck_assert_int_eq(entries(&r, "calls"), 0);
}
END_TEST

/* A killed one's copy must not fill the disk for ever, nor be in the way. */
START_TEST(what_a_killed_one_left_is_removed)
{
	fill();
	ck_assert_int_eq(mkdir(box_file(&box, "verify.tmp"), 0700), 0);
	box_write(&box, "verify.tmp/calls.db", "half", 4);
	ck_assert_int_eq(verify().problems, 0);
	ck_assert_int_eq(access(box_file(&box, "verify.tmp"), F_OK), -1);
}
END_TEST

START_TEST(two_do_not_verify_in_one_place)
{
	struct verify_report r = {.found = on_found};
	struct copy_report c = {.progress = NULL};

	fill();
	ck_assert_int_eq(mkdir(box_file(&box, "verify.tmp"), 0700), 0);
	int fd = open(box_file(&box, "verify.tmp"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	box_write(&box, "verify.tmp/calls.db", "other's", 7);
	ck_assert_int_eq(store_verify(box.s, NULL, &r, &c, &why), ERR_BUSY);
	ck_assert_ptr_nonnull(strstr(why.s, "being verified"));
	ck_assert_int_eq(access(box_file(&box, "verify.tmp/calls.db"), F_OK), 0);
	close(fd);
}
END_TEST

/* --- broken ones --- */

/* Each damages the store in one way. */
static int drop_entry(
	struct turn *t, enum db_name n, const struct callid *id, const char *user, int64_t at_ms)
{
	unsigned char key[KEY_USER_ENTRY];
	size_t len = KEY_TIME_ID;

	if (user != NULL)
		len = key_user_entry(user, at_ms, id, key);
	else
		key_time_id(at_ms, id, key);
	return turn_delete(t, n, key, len);
}

static int put_entry(
	struct turn *t, enum db_name n, const struct callid *id, const char *user, int64_t at_ms)
{
	unsigned char key[KEY_USER_ENTRY];
	size_t len = KEY_TIME_ID;

	if (user != NULL)
		len = key_user_entry(user, at_ms, id, key);
	else
		key_time_id(at_ms, id, key);
	return turn_insert(t, n, key, len, "", 0);
}

static int no_by_user(struct turn *t)
{
	return drop_entry(t, DB_BY_USER, &ended, "alice", NOW);
}

static int no_by_time(struct turn *t)
{
	return drop_entry(t, DB_BY_TIME, &running, NULL, NOW + SECOND);
}

static int no_due(struct turn *t)
{
	return drop_entry(t, DB_DUE, &running, NULL, NOW + SECOND);
}

static int no_claim(struct turn *t)
{
	unsigned char key[KEY_CLAIM];

	key_claim(PROVIDER_AIRCALL, 501, key);
	return turn_delete(t, DB_CLAIMS, key, sizeof(key));
}

static int loose_by_user(struct turn *t)
{
	return put_entry(t, DB_BY_USER, &nobodys, "carol", NOW);
}

static int others_by_user(struct turn *t)
{
	return put_entry(t, DB_BY_USER, &ended, "bob", NOW);
}

static int loose_by_time(struct turn *t)
{
	return put_entry(t, DB_BY_TIME, &nobodys, NULL, NOW);
}

static int second_by_time(struct turn *t)
{
	return put_entry(t, DB_BY_TIME, &ended, NULL, NOW + 5);
}

static int loose_due(struct turn *t)
{
	return put_entry(t, DB_DUE, &nobodys, NULL, NOW);
}

static int final_due(struct turn *t)
{
	return put_entry(t, DB_DUE, &ended, NULL, NOW);
}

/* As many entries as rows, and yet not theirs. */
static int exchanged_by_time(struct turn *t)
{
	int e = no_by_time(t);

	return e == 0 ? loose_by_time(t) : e;
}

static int put_claim(struct turn *t, int64_t external_id, const struct callid *id, size_t len)
{
	unsigned char key[KEY_CLAIM];

	key_claim(PROVIDER_AIRCALL, external_id, key);
	return turn_put(t, DB_CLAIMS, key, sizeof(key), id->b, len);
}

static int loose_claim(struct turn *t)
{
	return put_claim(t, 777, &nobodys, CALLID_BYTES);
}

static int wrong_claim(struct turn *t)
{
	return put_claim(t, 778, &ended, CALLID_BYTES);
}

static int short_claim(struct turn *t)
{
	return put_claim(t, 779, &ended, 3);
}

static int stolen_claim(struct turn *t)
{
	return put_claim(t, 501, &ended, CALLID_BYTES);
}

static int short_index_key(struct turn *t)
{
	return turn_put(t, DB_BY_TIME, "short", 5, "", 0);
}

static int short_id(struct turn *t)
{
	return turn_put(t, DB_CALLS, "short", 5, "", 0);
}

static int unreadable_row(struct turn *t)
{
	return turn_put(t, DB_CALLS, ended.b, CALLID_BYTES, "\xff\xff", 2);
}

static int no_row(struct turn *t)
{
	return turn_delete(t, DB_CALLS, ended.b, CALLID_BYTES);
}

/* The row as `change` makes it, without its indexes. */
static int change_row(struct turn *t, const struct callid *id, void (*change)(struct call *c))
{
	struct call c;
	struct buf b;

	call_init(&c);
	buf_init(&b, CODEC_RECORD_MAX);
	int e = row_get(t, id, &c);
	change(&c);
	codec_call(&b, &c);
	if (e == 0)
		e = turn_put(t, DB_CALLS, id->b, CALLID_BYTES, b.s, b.len);
	buf_release(&b);
	call_release(&c);
	return e;
}

static void with_phone(struct call *c)
{
	memcpy(c->phone, "5551234567", 11);
}

static int bad_phone(struct turn *t)
{
	return change_row(t, &ended, with_phone);
}

static void without_look(struct call *c)
{
	c->look_ms = 0;
}

static int never_looked_at(struct turn *t)
{
	int e = change_row(t, &queued, without_look);

	return e == 0 ? drop_entry(t, DB_DUE, &queued, NULL, NOW + 2 * SECOND) : e;
}

static void with_look(struct call *c)
{
	c->status = CALL_FAILED;
	c->final_ms = 0;
}

static int looked_at_for_ever(struct turn *t)
{
	return change_row(t, &queued, with_look);
}

static void with_notes(struct call *c)
{
	ck_assert_int_eq(call_set_text(&c->notes, "\xc3("), ERR_NONE);
}

static int bad_notes(struct turn *t)
{
	return change_row(t, &ended, with_notes);
}

static void with_user(struct call *c)
{
	ck_assert_int_eq(call_set_text(&c->user, "al\nice"), ERR_NONE);
}

static int bad_user(struct turn *t)
{
	return change_row(t, &ended, with_user);
}

static void with_figures(struct call *c)
{
	c->duration_s = -7;
}

static int bad_figures(struct turn *t)
{
	return change_row(t, &ended, with_figures);
}

static void with_tel(struct call *c)
{
	c->provider = PROVIDER_TEL;
}

static int id_of_no_provider(struct turn *t)
{
	return change_row(t, &ended, with_tel);
}

static int loose_trail(struct turn *t)
{
	struct trail_entry e = {.at_ms = NOW, .kind = TRAIL_POLL};

	return trail_add(t, &nobodys, &e);
}

static int unreadable_trail(struct turn *t)
{
	unsigned char key[KEY_TRAIL];

	key_trail(&running, 0, key);
	return turn_put(t, DB_TRAIL, key, sizeof(key), "\xff", 1);
}

static int long_trail(struct turn *t)
{
	int e = 0;

	for (unsigned i = 0; i < TRAIL_MAX && e == 0; i++) {
		unsigned char key[KEY_TRAIL];
		struct trail_entry entry = {.at_ms = NOW, .kind = TRAIL_POLL};
		struct buf b;

		buf_init(&b, CODEC_RECORD_MAX);
		codec_trail(&b, &entry);
		key_trail(&ended, 1000 + i, key);
		e = turn_put(t, DB_TRAIL, key, sizeof(key), b.s, b.len);
		buf_release(&b);
	}
	return e;
}

static int put_key(struct turn *t, const char *user, const struct callid *id)
{
	unsigned char key[KEY_IDEM_MAX];
	struct key_record k;
	struct buf b;

	key_record_init(&k);
	buf_init(&b, CODEC_RECORD_MAX);
	k.call = *id;
	k.made_ms = NOW;
	codec_key(&b, &k);
	int e = turn_put(t, DB_KEYS, key, key_idempotency(user, "other", key), b.s, b.len);
	buf_release(&b);
	key_record_release(&k);
	return e;
}

static int loose_key(struct turn *t)
{
	return put_key(t, "alice", &nobodys);
}

static int others_key(struct turn *t)
{
	return put_key(t, "bob", &ended);
}

static int unreadable_key(struct turn *t)
{
	return turn_put(t, DB_KEYS, "alice\0key", 9, "\xff", 1);
}

static int unreadable_user(struct turn *t)
{
	return turn_put(t, DB_USERS, "alice", 5, "\xff", 1);
}

static int nobodys_settings(struct turn *t)
{
	struct buf b;
	struct user_settings u = {.aircall_user_id = 1};

	buf_init(&b, 100);
	codec_user(&b, &u);
	int e = turn_put(t, DB_USERS, "a\tb", 3, b.s, b.len);
	buf_release(&b);
	return e;
}

static int unreadable_connection(struct turn *t)
{
	return turn_put(t, DB_CONNECTIONS, "alice", 5, "\xff", 1);
}

static int unreadable_state(struct turn *t)
{
	return turn_put(t, DB_STATES, "short", 5, "\xff", 1);
}

static int unreadable_event(struct turn *t)
{
	return turn_put(t, DB_EVENTS, "x", 1, "\xff", 1);
}

static int no_event_time(struct turn *t)
{
	DB *db;
	DBC *cursor;
	DBT k = {.data = NULL}, v = {.data = NULL};
	int e = turn_db(t, DB_EVENT_TIMES, &db);

	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	e = cursor->get(cursor, &k, &v, DB_FIRST);
	if (e == 0)
		e = cursor->del(cursor, 0);
	int closed = cursor->close(cursor);
	return e != 0 ? e : closed;
}

static int loose_event_time(struct turn *t)
{
	unsigned char key[KEPT_TIME_KEY_MAX];

	return turn_put(t, DB_EVENT_TIMES, key, kept_time_key(NOW, "c12345678901", 12, key), "", 0);
}

static int unreadable_counts(struct turn *t)
{
	return turn_put(t, DB_EVENT_COUNTS, "\x7f", 1, "\xff", 1);
}

#define ENDED   "@e"
#define RUNNING "@r"
#define QUEUED  "@q"
#define NOBODYS "@n"

/* What it does, and a line that must be told of it. */
static const struct {
	int (*break_it)(struct turn *t);
	const char *line;
} damages[] = {
	{no_by_user, "by_user: no entry by user for call " ENDED},
	{no_by_time, "by_time: no entry by time for call " RUNNING},
	{no_due, "due: no entry when due for call " RUNNING},
	{no_claim, "claims: no claim of aircall 501 for call " RUNNING},
	{loose_by_user, "by_user: an entry by user at 2026-11-18T11:06:40.000Z leads to " NOBODYS
			", which is no call"},
	{others_by_user, "by_user: an entry by user at 2026-11-18T11:06:40.000Z does not fit the "
			 "call " ENDED},
	{loose_by_time, "by_time: an entry by time at 2026-11-18T11:06:40.000Z leads to " NOBODYS
			", which is no call"},
	{second_by_time, "by_time: an entry by time at 2026-11-18T11:06:40.005Z does not fit the "
			 "call " ENDED},
	{exchanged_by_time,
		"by_time: an entry by time at 2026-11-18T11:06:40.000Z leads to " NOBODYS
		", which is no call"},
	{loose_due, "due: an entry when due at 2026-11-18T11:06:40.000Z leads to " NOBODYS
		    ", which is no call"},
	{final_due,
		"due: an entry when due at 2026-11-18T11:06:40.000Z does not fit the call " ENDED},
	{loose_claim, "claims: aircall 777 is claimed for " NOBODYS ", which is no call"},
	{wrong_claim,
		"claims: aircall 778 is claimed for call " ENDED ", which has another id or none"},
	{short_claim, "claims: aircall 779 is claimed for nothing"},
	{stolen_claim, "claims: aircall 501 is claimed for call " ENDED
		       ", and in the row of " RUNNING ", too"},
	{short_index_key, "by_time: a key of 5 bytes"},
	{short_id, "calls: a key of 5 bytes"},
	{unreadable_row, "calls: " ENDED ": cannot be read"},
	{no_row, "trail: of " ENDED ", which is no call"},
	{no_row, "claims: aircall 500 is claimed for " ENDED ", which is no call"},
	{bad_phone, "calls: " ENDED ": number \"5551234567\" is not E.164"},
	{never_looked_at, "calls: " QUEUED ": queued, and never looked at again"},
	{looked_at_for_ever, "calls: " QUEUED ": failed, and still looked at"},
	{bad_notes, "calls: " ENDED ": notes longer than 10000 bytes, or no UTF-8"},
	{bad_user, "calls: " ENDED ": user \"alice\" can be nobody's id"},
	{bad_figures, "calls: " ENDED ": negative figures"},
	{id_of_no_provider, "calls: " ENDED ": id 500 of no provider"},
	{loose_trail, "trail: of " NOBODYS ", which is no call"},
	{unreadable_trail, "trail: entry 0 of call " RUNNING " cannot be read"},
	{long_trail, "trail: more than 48 entries of call " ENDED},
	{loose_key, "keys: a key of user alice is of call " NOBODYS ", which is not there"},
	{others_key, "keys: a key of user bob is of call " ENDED ", which is not his"},
	{unreadable_key, "keys: a key of user alice cannot be read"},
	{unreadable_user, "users: the settings of alice cannot be read"},
	{nobodys_settings, "users: \"ab\" can be nobody's id"},
	{unreadable_connection, "connections: that of user alice cannot be read"},
	{unreadable_state, "states: one cannot be read"},
	{unreadable_event, "events: one that is kept cannot be read"},
	{no_event_time, "event_times: no entry for an event of aircall 900"},
	{loose_event_time, "event_times: an entry leads to no event"},
	{unreadable_counts, "event_counts: one cannot be read"},
};

static int break_fn(struct turn *t, void *arg)
{
	return damages[*(const int *)arg].break_it(t);
}

/* The line with the ids, and a line end. */
static const char *expected(const char *line)
{
	static char text[600];
	size_t n = 0;

	for (; *line != '\0'; line++) {
		if (*line != '@') {
			text[n++] = *line;
			continue;
		}
		line++;
		callid_format(*line == 'e'   ? &ended
			      : *line == 'r' ? &running
			      : *line == 'q' ? &queued
					     : &nobodys,
			text + n);
		n += CALLID_SIZE - 1;
	}
	text[n] = '\n';
	text[n + 1] = '\0';
	return text;
}

START_TEST(what_is_broken_is_named)
{
	struct verify_report r;
	struct store *s;

	fill();
	s = box_store(&box, 0, 0);
	ck_assert_int_eq(turn_run(s, TURN_WRITE, break_fn, &_i), ERR_NONE);
	store_close(s);
	r = verify();
	ck_assert_int_gt(r.problems, 0);
	ck_assert_msg(strstr(lines.s, expected(damages[_i].line)) != NULL, "wanted %sgot %s",
		expected(damages[_i].line), lines.s);
	/* Each has a line, and nothing is told of what is sound. */
	int64_t told = 0;
	for (const char *at = lines.s; (at = strchr(at, '\n')) != NULL; at++)
		told++;
	ck_assert_int_eq(told, r.problems);
	ck_assert_int_le(told, damages[_i].break_it == no_row ? 6 : 4);
}
END_TEST

static int many_fn(struct turn *t, void *arg)
{
	int e = 0;

	(void)arg;
	for (int i = 0; i < 250 && e == 0; i++)
		e = put_claim(t, 100000 + i, &nobodys, CALLID_BYTES);
	return e;
}

START_TEST(of_very_many_problems_some_are_told_and_all_are_counted)
{
	struct store *s;

	fill();
	s = box_store(&box, 0, 0);
	ck_assert_int_eq(turn_run(s, TURN_WRITE, many_fn, NULL), ERR_NONE);
	store_close(s);
	ck_assert_int_eq(verify().problems, 250);
	ck_assert_ptr_nonnull(strstr(lines.s, "claims: and 150 more\n"));
}
END_TEST

/* --- pages --- */

static void copy_to(const char *dir)
{
	struct copy_report c = {.progress = NULL};

	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_msg(copy_make(box.s, dir, &c, &why) == ERR_NONE, "%s", why.s);
}

static void spoil(const char *dir, const char *name, off_t at)
{
	char path[2 * UNIT_PATH_SIZE];
	unsigned char byte;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
	byte ^= 0x10;
	ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static const struct {
	const char *file;
	off_t at;
} bits[] = {{"calls.db", 4096 + 40}, {"calls.db", 4096 + 4000}, {"calls.db", 20},
	{"by_user.db", 4096 + 4090}, {"trail.db", 4096 + 4090}};

START_TEST(a_bit_that_fell_over_is_found)
{
	char dir[UNIT_PATH_SIZE + 10];
	struct verify_report r = {.found = on_found};

	fill();
	(void)snprintf(dir, sizeof(dir), "%s", box_file(&box, "copy"));
	copy_to(dir);
	ck_assert_int_eq(verify_directory(dir, &r, &why), ERR_NONE);
	ck_assert_int_eq(r.problems, 0);
	spoil(dir, bits[_i].file, bits[_i].at);
	ck_assert_msg(verify_directory(dir, &r, &why) == ERR_NONE, "%s", why.s);
	ck_assert_int_gt(r.problems, 0);
	ck_assert_uint_eq(r.count, 0);
	ck_assert_msg(
		strncmp(lines.s, bits[_i].file, strcspn(bits[_i].file, ".")) == 0, "%s", lines.s);
	/* A file of another kind altogether. */
	char path[2 * UNIT_PATH_SIZE];
	(void)snprintf(path, sizeof(path), "%s/%s", dir, bits[_i].file);
	ck_assert_int_eq(truncate(path, 100), 0);
	ck_assert_int_eq(verify_directory(dir, &r, &why), ERR_NONE);
	ck_assert_int_gt(r.problems, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify");
	TCase *t = tcase_create("verify");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_sound_passes_and_is_counted);
	tcase_add_test(t, what_is_empty_passes);
	tcase_add_test(t, what_a_killed_one_left_is_removed);
	tcase_add_test(t, two_do_not_verify_in_one_place);
	tcase_add_loop_test(
		t, what_is_broken_is_named, 0, (int)(sizeof(damages) / sizeof(damages[0])));
	tcase_add_test(t, of_very_many_problems_some_are_told_and_all_are_counted);
	tcase_add_loop_test(
		t, a_bit_that_fell_over_is_found, 0, (int)(sizeof(bits) / sizeof(bits[0])));
	suite_add_tcase(s, t);
	return unit_run(s);
}
