/* Every format a data directory ever had can be read, and the present one is written as it was. */
#include "store/codec.h"
#include "store/connections.h"
#include "store/copy.h"
#include "store/events.h"
#include "store/import.h"
#include "store/keys.h"
#include "store/rows.h"
#include "store/verify.h"
#include "store/walk.h"
#include "unit/box.h"
#include "unit/unit.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACE      "tests/fixtures/format-"
#define MADE       INT64_C(1702468800000) /* when its calls were made */
#define MINUTE     INT64_C(60000)

#define FILE_BYTES ((size_t)256 * 1024)

static struct box box;

static void setup(void)
{
	box_make(&box);
}

static void teardown(void)
{
	box_remove(&box);
}

/* --- files --- */

static char *read_file(const char *path)
{
	char *text = calloc(1, FILE_BYTES);
	FILE *f = fopen(path, "re");

	ck_assert_msg(
		f != NULL, "%s: %s (tests run from the top of the tree)", path, strerror(errno));
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(fread(text, 1, FILE_BYTES, f), FILE_BYTES);
	(void)fclose(f);
	return text;
}

static const char *fixture(int format, const char *kind)
{
	static char path[100];

	(void)snprintf(path, sizeof(path), PLACE "%d.%s", format, kind);
	return path;
}

/* --- the dump --- */

static void add_hex(struct buf *out, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	buf_addc(out, ' ');
	for (size_t i = 0; i < len; i++)
		buf_addf(out, "%02x", p[i]);
}

static int dump_fn(struct turn *t, void *arg)
{
	struct buf *out = arg;
	int e = 0;

	buf_reset(out);
	for (int i = 0; i < DB_NAME__MAX && e == 0; i++) {
		const char *file = turn_db_file((enum db_name)i);
		DB *db;
		DBC *cursor;
		DBT k = {.data = NULL}, v = {.data = NULL};
		if ((e = turn_db(t, (enum db_name)i, &db)) == DB_NOTFOUND) {
			e = 0;
			continue;
		}
		if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
			return e;
		while ((e = cursor->get(cursor, &k, &v, DB_NEXT)) == 0) {
			buf_add(out, file, strlen(file) - 3);
			add_hex(out, k.data, k.size);
			add_hex(out, v.data, v.size);
			buf_addc(out, '\n');
		}
		int closed = cursor->close(cursor);
		e = e == DB_NOTFOUND ? closed : e;
	}
	return e;
}

static char *dump(void)
{
	struct store *s = box_store(&box, 0, 0);
	struct buf out;

	buf_init(&out, FILE_BYTES);
	ck_assert_int_eq(turn_run(s, TURN_READ, dump_fn, &out), ERR_NONE);
	store_close(s);
	char *text = buf_detach(&out, NULL);
	ck_assert_ptr_nonnull(text);
	return text;
}

static size_t bytes_of(const char **at, unsigned char *out)
{
	size_t n = 0;

	for (; **at != ' ' && **at != '\n'; *at += 2) {
		const char digits[3] = {(*at)[0], (*at)[1], '\0'};
		out[n++] = (unsigned char)strtoul(digits, NULL, 16);
	}
	return n;
}

static enum db_name database_of(const char *line)
{
	for (int i = 0; i < DB_NAME__MAX; i++) {
		const char *file = turn_db_file((enum db_name)i);
		size_t len = strlen(file) - 3;
		if (strncmp(line, file, len) == 0 && line[len] == ' ')
			return (enum db_name)i;
	}
	ck_abort_msg("no such database: %.40s", line);
}

static int load_fn(struct turn *t, void *arg)
{
	static unsigned char key[4096], value[CODEC_RECORD_MAX];
	int e = 0;

	for (const char *line = arg; *line != '\0' && e == 0; line++) {
		enum db_name n = database_of(line);
		line = strchr(line, ' ') + 1;
		size_t key_len = bytes_of(&line, key);
		ck_assert_int_eq(*line++, ' ');
		size_t value_len = bytes_of(&line, value);
		ck_assert_int_eq(*line, '\n');
		e = turn_insert(t, n, key, key_len, value, value_len);
	}
	return e;
}

static void load(int format)
{
	char *text = read_file(fixture(format, "dump"));
	struct store *s = box_store(&box, 0, 0);
	char version[8];

	ck_assert_int_eq(turn_run(s, TURN_WRITE, load_fn, text), ERR_NONE);
	store_close(s);
	free(text);
	(void)snprintf(version, sizeof(version), "%d\n", format);
	box_write(&box, "FORMAT", version, strlen(version));
}

/* --- making what is in it --- */

static void import_lines(const char *text)
{
	struct call_records l = {.records = NULL};
	enum import_result results[100];
	struct pace pace = pace_of(IMPORT_TURN);
	size_t looked;

	for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
		char why[CALL_RECORD_WHY];
		struct json j;
		size_t len = strcspn(line, "\n");
		ck_assert_int_eq(json_parse(&j, line, len, len, NULL), ERR_NONE);
		struct call_record *r = call_records_add(&l);
		ck_assert_ptr_nonnull(r);
		ck_assert_msg(call_record_read(&j, json_root(&j), r, why) == ERR_NONE, "%s", why);
		json_release(&j);
	}
	ck_assert_int_eq(store_import(box.s, &l, MADE, &pace, results, &looked), ERR_NONE);
	for (size_t i = 0; i < l.count; i++)
		ck_assert_int_eq(results[i], IMPORT_ADDED);
	call_records_release(&l);
}

static int put_key(struct turn *t, void *arg)
{
	unsigned char key[KEY_IDEM_MAX];
	struct key_record k;
	struct buf b;

	(void)arg;
	key_record_init(&k);
	buf_init(&b, CODEC_RECORD_MAX);
	ck_assert(callid_parse("6579a0c00000000000000001", 24, &k.call));
	k.made_ms = MADE;
	k.http_status = 200;
	buf_adds(&k.given, "given");
	buf_adds(&k.fingerprint, "fingerprint");
	buf_adds(&k.attempts, "[{\"provider\":\"dialpad\",\"reason\":\"not_connected\"}]");
	codec_key(&b, &k);
	int e = turn_put(t, DB_KEYS, key, key_idempotency("alice", "key-1", key), b.s, b.len);
	buf_release(&b);
	key_record_release(&k);
	return e;
}

static void keep_event(void)
{
	struct store_event event = {.provider = PROVIDER_AIRCALL,
		.what = "call.ended",
		.state = "done",
		.received_ms = MADE,
		.outbound = true,
		.user_id = 456,
		.number_id = 789,
		.digits = "15551234567",
		.start_ms = MADE};
	struct event_taking t = {.event = &event, .keep = true, .kept_max = 10};

	statement_init(&event.said, SAID_BY_PROVIDER, MADE);
	event.said.has_status = true;
	event.said.status = CALL_COMPLETED;
	event.said.external_id = 99;
	ck_assert_int_eq(store_event_take(box.s, &t), ERR_NONE);
	ck_assert_int_eq(t.fate, EVENT_KEPT);
}

static void connect_alice(void)
{
	const unsigned char hash[STATE_HASH_LEN] = {0xab, 0xcd};
	struct connection c;
	struct connection_state state;

	connection_init(&c);
	c.dialpad_user_id = INT64_C(5712345678901248);
	c.expires_ms = MADE + MINUTE;
	(void)snprintf(c.scopes, sizeof(c.scopes), "offline_access calls:list");
	buf_adds(&c.sealed, "sealed pair");
	ck_assert_int_eq(store_connection_put(box.s, "alice", &c, -1), ERR_NONE);
	connection_release(&c);
	connection_state_init(&state);
	(void)snprintf(state.user, sizeof(state.user), "alice");
	(void)snprintf(state.return_to, sizeof(state.return_to), "/here");
	state.cookie_hash[0] = 0xef;
	state.made_ms = MADE;
	buf_adds(&state.sealed, "sealed verifier");
	ck_assert_int_eq(store_state_put(box.s, hash, &state, 10 * MINUTE), ERR_NONE);
	connection_state_release(&state);
}

static void make(int format)
{
	struct user_settings u = {.aircall_user_id = 456, .aircall_number_id = 789};
	char *text = read_file(fixture(format, "jsonl"));
	struct store *s = box_store(&box, 0, 0);

	import_lines(text);
	free(text);
	ck_assert_int_eq(store_user_set(box.s, "alice", &u), ERR_NONE);
	ck_assert_int_eq(turn_run(s, TURN_WRITE, put_key, NULL), ERR_NONE);
	store_close(s);
	keep_event();
	connect_alice();
}

/* --- tests --- */

/* A connection's version is another one after each write. */
static char *without_connections(char *text)
{
	char *to = text;

	for (char *line = text; *line != '\0';) {
		size_t len = strcspn(line, "\n") + 1;
		if (strncmp(line, "connections ", 12) != 0) {
			memmove(to, line, len);
			to += len;
		}
		line += len;
	}
	*to = '\0';
	return text;
}

START_TEST(the_present_format_is_written_as_it_was)
{
	make(STORE_FORMAT);
	char *now = dump();
	if (getenv("FORMAT_FIXTURE") != NULL) {
		FILE *f = fopen(fixture(STORE_FORMAT, "dump"), "we");
		ck_assert_ptr_nonnull(f);
		ck_assert_int_ge(fputs(now, f), 0);
		ck_assert_int_eq(fclose(f), 0);
	}
	char *then = read_file(fixture(STORE_FORMAT, "dump"));
	ck_assert_str_eq(without_connections(now), without_connections(then));
	free(now);
	free(then);
}
END_TEST

static void expect_export(int format)
{
	char *wanted = read_file(fixture(format, "jsonl"));
	struct call_walk w = {.trail = true};
	struct buf out;

	buf_init(&out, FILE_BYTES);
	while (!w.ended) {
		struct call_records l = {.records = NULL};
		ck_assert_int_eq(store_walk(box.s, &w, &l), ERR_NONE);
		for (size_t i = 0; i < l.count; i++) {
			struct jsonw j;
			jsonw_init(&j, &out);
			call_record_json(&j, &l.records[i]);
			buf_addc(&out, '\n');
		}
		call_records_release(&l);
	}
	ck_assert_str_eq(out.s, wanted);
	buf_release(&out);
	free(wanted);
}

static void expect_the_rest(void)
{
	const unsigned char hash[STATE_HASH_LEN] = {0xab, 0xcd}, cookie[STATE_HASH_LEN] = {0xef};
	struct user_settings u;
	struct connection c;
	struct connection_state state;
	struct event_counts counts;

	ck_assert_int_eq(store_user_get(box.s, "alice", &u), ERR_NONE);
	ck_assert_int_eq(u.aircall_user_id, 456);
	ck_assert_int_eq(u.aircall_number_id, 789);
	connection_init(&c);
	ck_assert_int_eq(store_connection_get(box.s, "alice", &c), ERR_NONE);
	ck_assert_int_eq(c.dialpad_user_id, INT64_C(5712345678901248));
	ck_assert_int_eq(c.expires_ms, MADE + MINUTE);
	ck_assert_str_eq(c.scopes, "offline_access calls:list");
	ck_assert_str_eq(c.sealed.s, "sealed pair");
	connection_release(&c);
	ck_assert_int_eq(store_event_counts(box.s, &counts), ERR_NONE);
	ck_assert_int_eq(counts.waiting, 1);
	connection_state_init(&state);
	ck_assert_int_eq(store_state_take(box.s, hash, cookie, MADE + MINUTE, 10 * MINUTE, &state),
		ERR_NONE);
	ck_assert_str_eq(state.user, "alice");
	ck_assert_str_eq(state.return_to, "/here");
	ck_assert_str_eq(state.sealed.s, "sealed verifier");
	connection_state_release(&state);
}

static void expect_replay(void)
{
	struct placing p;

	placing_init(&p);
	p.key = "key-1";
	p.given = "given";
	p.now_ms = MADE + MINUTE;
	ck_assert_int_eq(placing_do(&p, box.s), INTENT_REPLAY);
	ck_assert_int_eq(p.intent.http_status, 200);
	ck_assert_str_eq(p.intent.attempts_found.s,
		"[{\"provider\":\"dialpad\",\"reason\":\"not_connected\"}]");
	placing_release(&p);
}

/* Each format there ever was, from 1. */
START_TEST(a_directory_of_that_format_is_brought_up_to_date)
{
	struct verify_report r = {.found = NULL};
	struct copy_report copy = {.progress = NULL};
	struct buf why;
	int from;

	load(_i);
	ck_assert_int_eq(store_upgrade(box.s, &from), ERR_NONE);
	ck_assert_int_eq(from, _i);
	expect_export(_i);
	buf_init(&why, 4096);
	ck_assert_int_eq(store_verify(box.s, NULL, &r, &copy, &why), ERR_NONE);
	buf_release(&why);
	ck_assert_int_eq(r.problems, 0);
	box_assert_sound(&box);
	expect_the_rest();
	expect_replay();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("format");
	TCase *t = tcase_create("format");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_present_format_is_written_as_it_was);
	tcase_add_loop_test(
		t, a_directory_of_that_format_is_brought_up_to_date, 1, STORE_FORMAT + 1);
	suite_add_tcase(s, t);
	return unit_run(s);
}
