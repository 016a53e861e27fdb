/* Connections to Dialpad and the states of those being made, as they are stored and forgotten. */
#include "connect/connect.h"
#include "connect/keep.h"
#include "connect/pair.h"
#include "connect/refresh_lock.h"
#include "store/connections.h"
#include "unit/box.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEY      "0123456789abcdef0123456789abcdef"
#define LIFETIME INT64_C(600000)

static struct box box;
static struct config config;

static void setup(void)
{
	box_make(&box);
	ck_assert_int_eq(store_create(box.s), ERR_NONE);
	config = (struct config){.data_dir = box.dir};
}

static void teardown(void)
{
	box_remove(&box);
}

/* --- rows as bytes --- */

struct row {
	enum db_name db;
	const void *key, *value;
	size_t key_len, value_len;
};

static int put_row(struct turn *t, void *arg)
{
	const struct row *r = arg;
	return turn_put(t, r->db, r->key, r->key_len, r->value, r->value_len);
}

static void put_garbage(enum db_name db, const char *key)
{
	struct row r = {db, key, "garbage", strlen(key), 7};
	ck_assert_int_eq(turn_run(box.s, TURN_WRITE, put_row, &r), ERR_NONE);
}

struct count {
	enum db_name db;
	int rows;
};

static int count_rows(struct turn *t, void *arg)
{
	struct count *c = arg;
	DB *db;
	DBC *cursor;
	c->rows = 0;
	int e = turn_db(t, c->db, &db);
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	DBT k = {.data = NULL}, v = {.data = NULL};
	while ((e = cursor->get(cursor, &k, &v, DB_NEXT)) == 0)
		c->rows++;
	(void)cursor->close(cursor);
	return e == DB_NOTFOUND ? 0 : e;
}

static int rows(enum db_name db)
{
	struct count c = {db, 0};
	ck_assert_int_eq(turn_run(box.s, TURN_READ, count_rows, &c), ERR_NONE);
	return c.rows;
}

/* --- states --- */

static void hash_of(int number, unsigned char out[STATE_HASH_LEN])
{
	memset(out, 0, STATE_HASH_LEN);
	snprintf((char *)out, STATE_HASH_LEN, "%06d", number);
}

static void put_state(int number, int64_t made_ms)
{
	struct connection_state c;
	unsigned char hash[STATE_HASH_LEN];
	hash_of(number, hash);
	connection_state_init(&c);
	snprintf(c.user, sizeof(c.user), "alice");
	snprintf(c.return_to, sizeof(c.return_to), "/");
	c.made_ms = made_ms;
	ck_assert(buf_adds(&c.sealed, "sealed"));
	ck_assert_int_eq(store_state_put(box.s, hash, &c, LIFETIME), ERR_NONE);
	connection_state_release(&c);
}

static enum err take_state(int number)
{
	static const unsigned char no_cookie[STATE_HASH_LEN];
	struct connection_state c;
	unsigned char hash[STATE_HASH_LEN];
	hash_of(number, hash);
	connection_state_init(&c);
	enum err e = store_state_take(box.s, hash, no_cookie, BOX_NOW, LIFETIME, &c);
	connection_state_release(&c);
	return e;
}

START_TEST(old_states_make_room)
{
	put_state(1, BOX_NOW - LIFETIME - 1);
	put_state(2, BOX_NOW - LIFETIME);
	put_garbage(DB_STATES, "x");
	put_state(3, BOX_NOW);
	ck_assert_int_eq(rows(DB_STATES), 2);
	ck_assert_int_eq(take_state(1), ERR_NOT_FOUND);
	ck_assert_int_eq(take_state(2), ERR_NONE);
	ck_assert_int_eq(take_state(3), ERR_NONE);
}
END_TEST

struct filling {
	int from, count;
	const struct buf *value;
};

static int fill(struct turn *t, void *arg)
{
	const struct filling *f = arg;
	int e = 0;
	for (int i = f->from; i < f->from + f->count && e == 0; i++) {
		unsigned char hash[STATE_HASH_LEN];
		hash_of(i, hash);
		e = turn_put(t, DB_STATES, hash, sizeof(hash), f->value->s, f->value->len);
	}
	return e;
}

struct reading {
	struct buf *out;
	int number;
};

static int read_state(struct turn *t, void *arg)
{
	struct reading *r = arg;
	unsigned char hash[STATE_HASH_LEN];
	hash_of(r->number, hash);
	return turn_get(t, DB_STATES, hash, sizeof(hash), r->out);
}

/* As many as somebody who connects again and again within ten minutes leaves behind. */
static void many_states(int count, int64_t made_ms)
{
	struct buf value;
	struct reading r = {&value, 999999};
	buf_init(&value, 4096);
	put_state(999999, made_ms);
	ck_assert_int_eq(turn_run(box.s, TURN_READ, read_state, &r), ERR_NONE);
	struct filling f = {0, count - 1, &value};
	ck_assert_int_eq(turn_run(box.s, TURN_WRITE, fill, &f), ERR_NONE);
	buf_release(&value);
}

START_TEST(putting_a_state_looks_at_some_only)
{
	many_states(1000, BOX_NOW - 2 * LIFETIME);
	ck_assert_int_eq(rows(DB_STATES), 1000);
	put_state(500000, BOX_NOW);
	ck_assert_int_eq(rows(DB_STATES), 901);
	put_state(500001, BOX_NOW);
	ck_assert_int_eq(rows(DB_STATES), 802);
}
END_TEST

START_TEST(house_keeping_drops_all_old_states)
{
	many_states(1203, BOX_NOW - STATE_KEPT_MS - 1);
	put_state(999998, BOX_NOW);
	put_garbage(DB_STATES, "x");
	ck_assert_int_eq(store_housekeep(box.s, BOX_NOW), ERR_NONE);
	ck_assert_int_eq(rows(DB_STATES), 1);
	ck_assert_int_eq(take_state(999998), ERR_NONE);
}
END_TEST

/* --- forgetting --- */

static struct connect_context context(void)
{
	return (struct connect_context){
		.config = &config, .store = box.s, .log = &box.log, .deadline = INT64_MAX / 2};
}

static enum connect_forgotten forget(const char *user)
{
	struct connect_context x = context();
	enum connect_forgotten f = FORGOTTEN_EVERYWHERE;
	x.deadline = 0;
	ck_assert_int_eq(connect_forget(&x, user, BOX_NOW, &f), ERR_NONE);
	return f;
}

static void connect_as(const char *user, bool needs_reconnect)
{
	struct connection c;
	connection_init(&c);
	c.needs_reconnect = needs_reconnect;
	ck_assert(buf_adds(&c.sealed, "sealed"));
	ck_assert_int_eq(store_connection_put(box.s, user, &c, -1), ERR_NONE);
	connection_release(&c);
}

START_TEST(what_cannot_be_read_is_forgotten_too)
{
	put_garbage(DB_CONNECTIONS, "alice");
	put_garbage(DB_CONNECTIONS, "bob");
	ck_assert_int_eq(forget("alice"), FORGOTTEN_UNREAD);
	ck_assert_int_eq(rows(DB_CONNECTIONS), 1);
	ck_assert_int_eq(forget("alice"), FORGOTTEN_EVERYWHERE);
}
END_TEST

START_TEST(without_key_or_client_it_is_forgotten_here)
{
	connect_as("alice", false);
	connect_as("bob", true);
	ck_assert_int_eq(forget("alice"), FORGOTTEN_UNREAD);
	/* There is nothing left that could be revoked. */
	ck_assert_int_eq(forget("bob"), FORGOTTEN_EVERYWHERE);
	ck_assert_int_eq(rows(DB_CONNECTIONS), 0);
}
END_TEST

START_TEST(somebody_who_holds_the_lock_does_not_keep_a_user_connected)
{
	int fd;
	connect_as("alice", false);
	ck_assert_int_eq(refresh_lock(box.dir, "alice", 0, &fd), ERR_NONE);
	ck_assert_int_eq(forget("alice"), FORGOTTEN_UNREAD);
	refresh_unlock(fd);
	ck_assert_int_eq(rows(DB_CONNECTIONS), 0);
}
END_TEST

START_TEST(every_way_of_forgetting_has_words)
{
	ck_assert_str_eq(connect_forgotten_words(FORGOTTEN_EVERYWHERE), "");
	ck_assert_ptr_nonnull(
		strstr(connect_forgotten_words(FORGOTTEN_UNREACHABLE), "could not be reached"));
	ck_assert_ptr_nonnull(strstr(connect_forgotten_words(FORGOTTEN_REFUSED), "refused"));
	ck_assert_ptr_nonnull(strstr(connect_forgotten_words(FORGOTTEN_UNREAD), "be read"));
}
END_TEST

/* --- pairs --- */

static struct vault *open_vault(void)
{
	char path[UNIT_PATH_SIZE];
	struct vault *v;
	struct buf why;
	buf_init(&why, 1024);
	unit_file(path, KEY, strlen(KEY));
	ck_assert_int_eq(vault_open(path, &v, &why), ERR_NONE);
	unlink(path);
	buf_release(&why);
	return v;
}

START_TEST(half_a_pair_is_not_kept)
{
	struct vault *v = open_vault();
	struct connect_context x = context();
	struct oauth_tokens t;
	struct connection c, stored;
	connection_init(&c);
	connection_init(&stored);
	oauth_tokens_init(&t);
	buf_adds(&t.access, "access");
	t.refresh.failed = true;
	ck_assert_int_eq(pair_seal(v, "alice", &t, BOX_NOW, &c), ERR_NOMEM);
	ck_assert_uint_eq(c.sealed.len, 0);
	t.refresh.failed = false;
	buf_adds(&t.refresh, "refresh");
	x.vault = v;
	ck_assert_int_eq(keep_pair(&x, "alice", &t, BOX_NOW, &c, 0), ERR_NONE);
	ck_assert_int_eq(store_connection_get(box.s, "alice", &stored), ERR_NONE);
	oauth_tokens_release(&t);
	ck_assert_int_eq(pair_unseal(v, "alice", &stored, &t), ERR_NONE);
	ck_assert_str_eq(t.access.s, "access");
	ck_assert_str_eq(t.refresh.s, "refresh");
	/* Another connection was made meanwhile: asking again would not help. */
	ck_assert_int_eq(keep_pair(&x, "alice", &t, BOX_NOW, &c, 0), ERR_CONFLICT);
	oauth_tokens_release(&t);
	connection_release(&c);
	connection_release(&stored);
	vault_close(v);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("connections");
	TCase *t = tcase_create("connections");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, old_states_make_room);
	tcase_add_test(t, putting_a_state_looks_at_some_only);
	tcase_add_test(t, house_keeping_drops_all_old_states);
	tcase_add_test(t, what_cannot_be_read_is_forgotten_too);
	tcase_add_test(t, without_key_or_client_it_is_forgotten_here);
	tcase_add_test(t, somebody_who_holds_the_lock_does_not_keep_a_user_connected);
	tcase_add_test(t, every_way_of_forgetting_has_words);
	tcase_add_test(t, half_a_pair_is_not_kept);
	suite_add_tcase(s, t);
	return unit_run(s);
}
