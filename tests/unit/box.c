#include "unit/box.h"

#include "store/codec.h"
#include "store/keys.h"
#include "store/range.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- the directory --- */

void box_make_at(struct box *b, const char *dir)
{
	ck_assert_uint_lt((size_t)snprintf(b->dir, sizeof(b->dir), "%s", dir), sizeof(b->dir));
	ck_assert_uint_lt((size_t)snprintf(b->log_path, sizeof(b->log_path), "%s.log", dir),
		sizeof(b->log_path));
	log_init(&b->log, "box");
	b->log.fd = open(b->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	ck_assert_int_ne(b->log.fd, -1);
	b->s = box_store(b, 0, 0);
}

void box_make(struct box *b)
{
	char dir[UNIT_PATH_SIZE];
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(dir, sizeof(dir), "%s/box-XXXXXX", tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	box_make_at(b, dir);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void box_remove(struct box *b)
{
	store_close(b->s);
	close(b->log.fd);
	unlink(b->log_path);
	nftw(b->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

struct store *box_store(const struct box *b, int wait_seconds, int work_seconds)
{
	const struct store_options o = {.data_dir = b->dir,
		.log = &b->log,
		.wait_seconds = wait_seconds,
		.work_seconds = work_seconds,
		.emergency_fd = -1};
	struct store *s = NULL;

	ck_assert_int_eq(store_open(&s, &o), ERR_NONE);
	return s;
}

bool box_logged(const struct box *b, const char *text)
{
	char line[LOG_LINE_MAX + 2];
	bool found = false;
	FILE *f = fopen(b->log_path, "re");

	ck_assert_ptr_nonnull(f);
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = strstr(line, text) != NULL;
	(void)fclose(f);
	return found;
}

const char *box_file(const struct box *b, const char *name)
{
	static char path[2 * UNIT_PATH_SIZE];

	(void)snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	return path;
}

void box_write(const struct box *b, const char *name, const void *bytes, size_t len)
{
	int fd = open(box_file(b, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

char box_marker(const struct box *b)
{
	char c = 0;
	int fd = open(box_file(b, "gate"), O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return 0;
	if (read(fd, &c, 1) != 1)
		c = 0;
	close(fd);
	return c;
}

/* --- placing --- */

void placing_init(struct placing *p)
{
	*p = (struct placing){.user = "alice",
		.phone = "+15551234567",
		.fingerprint = "f",
		.client_id = "",
		.contact_id = "",
		.deal_id = "",
		.now_ms = BOX_NOW,
		.dead_after_ms = 15000,
		.guard = true,
		.refuse = true,
		.allowed = true,
		.status = CALL_QUEUED,
		.provider = PROVIDER_AIRCALL,
		.reason = "",
		.attempts = ""};
	call_init(&p->call);
	call_init(&p->intent.found);
	buf_init(&p->intent.attempts_found, 8192);
	buf_init(&p->attempts_given, 8192);
	buf_init(&p->given_text, 8192);
}

void placing_release(struct placing *p)
{
	call_release(&p->call);
	call_release(&p->intent.found);
	buf_release(&p->intent.attempts_found);
	buf_release(&p->attempts_given);
	buf_release(&p->given_text);
}

static int resolve(
	void *arg, const struct user_settings *u, struct call *call, struct buf *fingerprint)
{
	struct placing *p = arg;

	(void)u;
	p->resolved++;
	buf_adds(fingerprint, p->fingerprint);
	buf_reset(&p->attempts_given);
	buf_adds(&p->attempts_given, p->attempts);
	call->provider = p->provider;
	call->provider_user_id = p->provider == PROVIDER_AIRCALL ? 7 : 0;
	call->status = p->status;
	(void)snprintf(call->reason, sizeof(call->reason), "%s", p->reason);
	return p->decided;
}

void placing_ready(struct placing *p)
{
	struct call *c = &p->call;
	struct call found = p->intent.found;
	struct buf attempts_found = p->intent.attempts_found;

	call_release(c);
	ck_assert_int_eq(callid_make(p->now_ms, &c->id), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c->user, p->user), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c->client_id, p->client_id), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c->contact_id, p->contact_id), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c->deal_id, p->deal_id), ERR_NONE);
	(void)snprintf(c->phone, sizeof(c->phone), "%s", p->phone);
	c->start_ms = p->now_ms;
	p->id = c->id;
	buf_reset(&p->given_text);
	buf_adds(&p->given_text, p->given != NULL ? p->given : p->fingerprint);
	p->intent = (struct intent){.call = c,
		.now_ms = p->now_ms,
		.resolve = resolve,
		.arg = p,
		.key = p->key,
		.given = &p->given_text,
		.attempts = &p->attempts_given,
		.forbidden = p->forbidden,
		.policy = p->allowed ? NULL : "number_not_allowed",
		.guard = p->guard,
		.refuse = p->refuse,
		.calls_per_minute = p->calls_per_minute,
		.calls_per_day = p->calls_per_day,
		.dead_after_ms = p->dead_after_ms,
		.found = found,
		.attempts_found = attempts_found};
}

enum err placing_try(struct placing *p, struct store *s)
{
	placing_ready(p);
	return store_intent(s, &p->intent);
}

enum intent_result placing_do(struct placing *p, struct store *s)
{
	ck_assert_int_eq(placing_try(p, s), ERR_NONE);
	return p->intent.result;
}

struct callid box_call(struct store *s, const char *user, int64_t now_ms)
{
	struct placing p;
	struct callid id;

	placing_init(&p);
	p.user = user;
	p.now_ms = now_ms;
	p.guard = false;
	ck_assert_int_eq(placing_do(&p, s), INTENT_STORED);
	id = p.id;
	placing_release(&p);
	return id;
}

enum err box_name_provider(struct store *s, const struct callid *id, enum provider_id p,
	int64_t user_id, int64_t number_id, int64_t now_ms)
{
	const struct next_provider n = {.id = *id,
		.now_ms = now_ms,
		.provider = p,
		.user_id = user_id,
		.number_id = number_id};
	return store_name_provider(s, &n);
}

struct store_update box_update(
	const struct callid *id, enum call_status status, int64_t at_ms, int64_t external_id)
{
	struct store_update u = {.id = *id,
		.provider = PROVIDER_AIRCALL,
		.next_look_ms = -1,
		.trail_kind = TRAIL_POLL,
		.trail = "said"};

	statement_init(&u.said, SAID_BY_PROVIDER, at_ms);
	u.said.has_status = true;
	u.said.status = status;
	u.said.external_id = external_id;
	return u;
}

/* --- whether all is sound --- */

struct checking {
	char *problem;
	int64_t rows, due, claims; /* as the rows have it */
};

static int problem(struct checking *g, const char *what, const struct callid *id)
{
	char hex[CALLID_SIZE];

	callid_format(id, hex);
	(void)snprintf(g->problem, 300, "%s %s", what, hex);
	return RANGE_STOP;
}

static int expect(struct turn *t, struct checking *g, enum db_name n, const void *key, size_t len,
	const struct callid *value, const struct callid *row, const char *what)
{
	struct buf b;
	int e;

	buf_init(&b, CODEC_RECORD_MAX);
	e = turn_get(t, n, key, len, &b);
	if (e == DB_NOTFOUND ||
		(e == 0 && value != NULL &&
			(b.len != CALLID_BYTES || memcmp(b.s, value->b, CALLID_BYTES) != 0)))
		e = problem(g, what, row);
	buf_release(&b);
	return e;
}

static int check_row(struct turn *t, struct checking *g, const struct call *c)
{
	unsigned char key[KEY_USER_ENTRY];
	size_t len = key_user_entry(c->user, c->start_ms, &c->id, key);
	int e = expect(t, g, DB_BY_USER, key, len, NULL, &c->id, "no entry by user:");

	g->rows++;
	key_time_id(c->start_ms, &c->id, key);
	if (e == 0)
		e = expect(t, g, DB_BY_TIME, key, KEY_TIME_ID, NULL, &c->id, "no entry by time:");
	if (e == 0 && c->look_ms != 0) {
		g->due++;
		key_time_id(c->look_ms, &c->id, key);
		e = expect(t, g, DB_DUE, key, KEY_TIME_ID, NULL, &c->id, "no entry when due:");
	}
	if (e == 0 && c->external_id != 0) {
		g->claims++;
		key_claim(c->provider, c->external_id, key);
		e = expect(t, g, DB_CLAIMS, key, KEY_CLAIM, &c->id, &c->id, "no claim:");
	}
	return e;
}

typedef int each_fn(struct turn *t, struct checking *g, const DBT *key, const DBT *value);

static int each(struct turn *t, struct checking *g, enum db_name n, each_fn *fn, const char *name,
	int64_t *n_)
{
	DB *db;
	DBC *cursor;
	DBT k = {.data = NULL}, v = {.data = NULL};
	int e = turn_db(t, n, &db);
	int closed;

	*n_ = 0;
	if (e != 0)
		return e == DB_NOTFOUND ? 0 : e;
	if ((e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	while (e == 0 && (e = cursor->get(cursor, &k, &v, DB_NEXT)) == 0) {
		++*n_;
		if (fn != NULL)
			e = fn(t, g, &k, &v);
	}
	if (e != 0 && e != DB_NOTFOUND && e != RANGE_STOP)
		(void)snprintf(g->problem, 300, "%s: %s", name, db_strerror(e));
	closed = cursor->close(cursor);
	return e == DB_NOTFOUND ? closed : e;
}

static int check_call(struct turn *t, struct checking *g, const DBT *key, const DBT *value)
{
	struct callid id;
	struct call c;
	int e;

	ck_assert_uint_eq(key->size, CALLID_BYTES);
	memcpy(id.b, key->data, CALLID_BYTES);
	call_init(&c);
	e = codec_call_read(value->data, value->size, &id, &c) == ERR_NONE
		    ? check_row(t, g, &c)
		    : problem(g, "not readable:", &id);
	call_release(&c);
	return e;
}

static int check_trail(struct turn *t, struct checking *g, const DBT *key, const DBT *value)
{
	struct callid id;
	struct trail_entry entry;

	ck_assert_uint_eq(key->size, KEY_TRAIL);
	memcpy(id.b, key->data, CALLID_BYTES);
	if (codec_trail_read(value->data, value->size, &entry) != ERR_NONE)
		return problem(g, "trail not readable:", &id);
	return expect(t, g, DB_CALLS, id.b, CALLID_BYTES, NULL, &id, "trail without a row:");
}

static int check_key(struct turn *t, struct checking *g, const DBT *key, const DBT *value)
{
	struct key_record k;
	int e;

	(void)key;
	key_record_init(&k);
	e = codec_key_read(value->data, value->size, &k) == ERR_NONE
		    ? expect(t, g, DB_CALLS, k.call.b, CALLID_BYTES, NULL, &k.call,
			      "key without a row:")
		    : problem(g, "key not readable:", &k.call);
	key_record_release(&k);
	return e;
}

/* The entry of its time, and its event. */
static int check_event_time(struct turn *t, struct checking *g, const DBT *key, const DBT *value)
{
	static const struct callid none;
	const unsigned char *k = key->data;

	(void)value;
	if (key->size <= KEY_TIME_BYTES)
		return problem(g, "time of no event:", &none);
	return expect(t, g, DB_EVENTS, k + KEY_TIME_BYTES, key->size - KEY_TIME_BYTES, NULL, &none,
		"time without an event:");
}

static int check_all(struct turn *t, void *arg)
{
	struct checking *g = arg;
	int64_t events = 0, event_times = 0;
	int64_t calls, by_user = 0, by_time = 0, due = 0, claims = 0, other;
	int e = each(t, g, DB_CALLS, check_call, "calls", &calls);

	if (e == 0)
		e = each(t, g, DB_BY_USER, NULL, "by user", &by_user);
	if (e == 0)
		e = each(t, g, DB_BY_TIME, NULL, "by time", &by_time);
	if (e == 0)
		e = each(t, g, DB_DUE, NULL, "due", &due);
	if (e == 0)
		e = each(t, g, DB_CLAIMS, NULL, "claims", &claims);
	if (e == 0)
		e = each(t, g, DB_TRAIL, check_trail, "trail", &other);
	if (e == 0)
		e = each(t, g, DB_KEYS, check_key, "keys", &other);
	if (e == 0)
		e = each(t, g, DB_EVENTS, NULL, "events", &events);
	if (e == 0)
		e = each(t, g, DB_EVENT_TIMES, check_event_time, "event times", &event_times);
	if (e == 0 && events != event_times)
		(void)snprintf(g->problem, 300, "%lld events, %lld times of events",
			(long long)events, (long long)event_times);
	/* Every row has its entry: as many entries mean that none is left over. */
	if (e == 0 &&
		(by_user != g->rows || by_time != g->rows || due != g->due || claims != g->claims))
		(void)snprintf(g->problem, 300,
			"%lld rows, %lld by user, %lld by time; %lld due of %lld; %lld claims of "
			"%lld",
			(long long)g->rows, (long long)by_user, (long long)by_time, (long long)due,
			(long long)g->due, (long long)claims, (long long)g->claims);
	return 0;
}

void box_check(struct box *b, char text[300])
{
	struct store *s = box_store(b, 10, 60);
	struct checking g = {.problem = text};
	enum err e;

	text[0] = '\0';
	e = turn_run(s, TURN_READ, check_all, &g);
	if (e != ERR_NONE && text[0] == '\0')
		(void)snprintf(text, 300, "the check itself failed: %s", err_word(e));
	store_close(s);
}

static int verify_files(struct turn *t, void *arg)
{
	static const char *const files[] = {"calls.db", "by_user.db", "by_time.db", "claims.db",
		"due.db", "keys.db", "trail.db", "users.db", "events.db", "event_times.db",
		"event_counts.db"};
	char *text = arg;
	int e = turn_checkpoint(t, true, false);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && e == 0; i++) {
		char path[2 * UNIT_PATH_SIZE];
		DB *db;

		(void)snprintf(path, sizeof(path), "%s/%s", t->store->dir, files[i]);
		if (access(path, F_OK) == -1)
			continue;
		e = db_create(&db, NULL, 0);
		if (e == 0)
			e = db->verify(db, path, NULL, NULL, 0);
		if (e != 0)
			(void)snprintf(text, 300, "%s: %s", files[i], db_strerror(e));
	}
	return e;
}

int box_verify(struct box *b, char text[300])
{
	struct store *s = box_store(b, 10, 60);
	enum err e;

	text[0] = '\0';
	e = turn_run(s, TURN_READ, verify_files, text);
	if (e != ERR_NONE && text[0] == '\0')
		(void)snprintf(text, 300, "the verification itself failed: %s", err_word(e));
	store_close(s);
	return e != ERR_NONE;
}

/* --- numbers --- */

uint64_t dice_next(struct dice *d)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t dice_below(struct dice *d, uint64_t n)
{
	return dice_next(d) % n;
}
