#include "store/turn.h"

#include "base/fault.h"
#include "base/text.h"
#include "store/handles.h"
#include "store/room.h"
#include "store/swap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECKPOINT_KB    256 /* of log: recovery reads so much at most */
#define DEADLOCK_RETRIES 5
#define WAIT_SECONDS     4
#define WORK_SECONDS     2
#define FORMAT_FILE      "FORMAT"

/* --- the directory --- */

static bool path_in(const struct store *s, const char *name, char *out, size_t size)
{
	return (size_t)snprintf(out, size, "%s/%s", s->dir, name) < size;
}

static enum err format_read(struct store *s, int *format)
{
	char path[4096], text[16] = "";
	*format = 0;
	if (!path_in(s, FORMAT_FILE, path, sizeof(path)))
		return ERR_STORAGE;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return errno == ENOENT ? ERR_NONE : ERR_STORAGE;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9' && *format < 100000; i++)
		*format = *format * 10 + (text[i] - '0');
	return *format > 0 ? ERR_NONE : ERR_STORAGE;
}

/* Written by rename, so that it is whole or absent; only inside the gate. */
static int format_write(struct store *s)
{
	char path[4096], fresh[4096], text[16];
	if (!path_in(s, FORMAT_FILE, path, sizeof(path)) ||
		!path_in(s, FORMAT_FILE ".new", fresh, sizeof(fresh)))
		return ENAMETOOLONG;
	int len = snprintf(text, sizeof(text), "%d\n", STORE_FORMAT);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return errno;
	errno = 0;
	bool ok = write(fd, text, (size_t)len) == len && fsync(fd) == 0;
	ok = close(fd) == 0 && ok && rename(fresh, path) == 0;
	return ok ? 0 : errno != 0 ? errno : EIO;
}

static bool file_exists(struct store *s, const char *name)
{
	char path[4096];
	struct stat st;
	return path_in(s, name, path, sizeof(path)) && lstat(path, &st) == 0;
}

static enum err check_format(struct store *s)
{
	int format;
	errno = 0;
	if (format_read(s, &format) != ERR_NONE || (format != 0 && format != STORE_FORMAT)) {
		const char *why = format == 0 && errno != 0 ? strerror(errno) : NULL;
		log_write(s->log, LOG_OUTSIDE, "E3005",
			"data directory %s: format %d, this program knows %d%s%s", s->dir, format,
			STORE_FORMAT, why != NULL ? "; " FORMAT_FILE ": " : "",
			why != NULL ? why : "");
		return ERR_STORAGE;
	}
	s->new_directory = format == 0;
	return ERR_NONE;
}

/* Looked at once per process, or where handles are kept whenever there are none: a directory that is
 * not ours, or of another format, is never touched. */
static enum err check_directory(struct store *s)
{
	struct stat st;
	if (s->checked)
		return ERR_NONE;
	if (stat(s->dir, &st) == -1) {
		log_write(s->log, LOG_OUTSIDE, "E3001", "data directory %s: %s", s->dir,
			strerror(errno));
		return ERR_STORAGE;
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid()) {
		log_write(s->log, LOG_OUTSIDE, "E3002",
			"data directory %s: not a directory of uid %ld, which this runs as", s->dir,
			(long)geteuid());
		return ERR_STORAGE;
	}
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		log_write(s->log, LOG_OUTSIDE, "E3003", "data directory %s: others may write to it",
			s->dir);
		return ERR_STORAGE;
	}
	/* Its settings would override ours, and every program must open the environment alike. */
	if (file_exists(s, "DB_CONFIG")) {
		log_write(s->log, LOG_OUTSIDE, "E3004",
			"data directory %s: remove the file DB_CONFIG", s->dir);
		return ERR_STORAGE;
	}
	enum err e = check_format(s);
	s->checked = e == ERR_NONE;
	return e;
}

/* Inside the gate: while this process waited a newer program may have changed the format, or a
 * restore have died halfway. */
static int ready_directory(struct store *s)
{
	char aside[SWAP_NAME_MAX];
	if (check_format(s) != ERR_NONE)
		return TURN_FORMAT;
	int e = s->new_directory ? swap_finish(s->dir, aside) : 0;
	if (e == 0 && s->new_directory && check_format(s) != ERR_NONE)
		return TURN_FORMAT;
	if (e == 0 && s->new_directory)
		e = format_write(s);
	if (e != 0)
		log_write(s->log, LOG_OUTSIDE, "E3006", "data directory %s: cannot write %s: %s",
			s->dir, FORMAT_FILE, strerror(e));
	return e;
}

/* --- running --- */

/* How a stay inside ended. */
struct stay {
	bool good;  /* the next one need not recover */
	bool again; /* worth another stay, with recovery; nothing was changed */
};

/* Errors that say nothing against the regions. After any other the next one recovers: what is wrong
 * may be there, and would stay for ever. */
static bool is_ordinary(int e)
{
	return e == 0 || e == DB_NOTFOUND || e == DB_KEYEXIST || e == DB_LOCK_DEADLOCK ||
	       e == TURN_NOMEM || e == TURN_DAMAGED || e == TURN_INVALID || e == ENOSPC ||
	       e == EDQUOT;
}

static void abort_txn(struct turn *t, struct stay *stay)
{
	DB_TXN *txn = t->txn;
	t->txn = NULL;
	if (txn->abort(txn) != 0)
		stay->good = false;
	if (!handles_txn_end(t, false))
		stay->good = false;
}

static int run_once(struct turn *t, enum turn_kind kind, turn_fn *fn, void *arg, struct stay *stay)
{
	int e = 0;
	t->txn = NULL;
	t->may_be_lost = false;
	if (kind == TURN_WRITE && ((e = room_for_change(t->store->dir)) != 0 ||
					  (e = t->env->txn_begin(t->env, NULL, &t->txn, 0)) != 0))
		return e;
	e = fn(t, arg);
	if (t->txn == NULL)
		return e;
	if (e != 0) {
		abort_txn(t, stay);
		return e;
	}
	DB_TXN *txn = t->txn;
	t->txn = NULL;
	FAULT_POINT("turn-before-commit");
	e = txn->commit(txn, t->may_be_lost ? DB_TXN_WRITE_NOSYNC : 0);
	FAULT_POINT("turn-after-commit");
	if (!handles_txn_end(t, e == 0))
		stay->good = false;
	/* The change may be durable all the same: to make it once more could be one too many. */
	if (e != 0)
		stay->again = false;
	return e;
}

static int run_inside(struct turn *t, struct gate *g, bool recover, enum turn_kind kind,
	turn_fn *fn, void *arg, struct stay *stay)
{
	int e = handles_open(t, g, recover);
	if (e != 0) {
		/* Regions that cannot be joined are made anew by recovery; one that broke off has
		 * to be done again. */
		stay->good = false;
		stay->again = !recover;
		return e;
	}
	stay->again = true;
	for (int tries = 0; tries <= DEADLOCK_RETRIES; tries++) {
		e = run_once(t, kind, fn, arg, stay);
		if (e != DB_LOCK_DEADLOCK)
			break;
	}
	if (e == 0 && kind == TURN_WRITE)
		/* The change is durable already: a checkpoint that fails must not deny it. */
		(void)!turn_checkpoint(t, false, false);
	stay->again = stay->again && e == DB_RUNRECOVERY;
	stay->good = stay->good && is_ordinary(e);
	return e;
}

static void gate_init(struct gate *g, struct store *s)
{
	memset(g, 0, offsetof(struct gate, crash.stack));
	g->dir = s->dir;
	g->log = s->log;
	g->boot = s->boot;
	g->wait_seconds = s->o.wait_seconds;
	g->work_seconds = s->o.work_seconds;
	g->emergency_fd = s->o.emergency_fd;
	g->emergency = s->o.emergency;
	g->emergency_len = s->o.emergency_len;
	g->hold = s->hold && !s->o.end_cuts;
}

/* Whatever was short while it was opened or used may be so again: then it is not kept. */
static bool is_worth_keeping(const struct stay *stay, int e)
{
	return stay->good && (e == 0 || e == DB_NOTFOUND || e == DB_KEYEXIST);
}

static int run_in_gate(
	struct store *s, enum turn_kind kind, turn_fn *fn, void *arg, struct stay *stay)
{
	struct gate g;
	gate_init(&g, s);
	bool recover;
	*stay = (struct stay){.good = true, .again = false};
	int e = gate_enter(&g, &recover);
	if (e != 0)
		return e == EAGAIN ? TURN_BUSY : e;
	struct turn t;
	memset(&t, 0, sizeof(t));
	t.store = s;
	if ((e = ready_directory(s)) != 0)
		stay->good = !recover; /* untouched: as the one before left it */
	else
		e = run_inside(&t, &g, recover, kind, fn, arg, stay);
	stay->good = handles_put_away(&t, &g, is_worth_keeping(stay, e)) && stay->good;
	gate_leave(&g, stay->good);
	return e;
}

int turn_error(enum err e)
{
	switch (e) {
	case ERR_NONE:
		return 0;
	case ERR_NOMEM:
		return TURN_NOMEM;
	case ERR_NOT_FOUND:
		return DB_NOTFOUND;
	case ERR_CONFLICT:
		return DB_KEYEXIST;
	default:
		return TURN_DAMAGED;
	}
}

static enum err as_err(struct store *s, int e)
{
	switch (e) {
	case 0:
		return ERR_NONE;
	case DB_NOTFOUND:
		return ERR_NOT_FOUND;
	case DB_KEYEXIST:
		return ERR_CONFLICT;
	case TURN_BUSY:
		log_write(s->log, LOG_OUTSIDE, "E3008", "storage: the gate was not free for %d s",
			s->o.wait_seconds);
		return ERR_BUSY;
	case TURN_NOMEM:
		log_write(s->log, LOG_OUTSIDE, "E3009", "storage: out of memory");
		return ERR_NOMEM;
	case TURN_DAMAGED:
		log_write(s->log, LOG_INTERNAL, "E3010",
			"storage: a record cannot be read by this program");
		return ERR_STORAGE;
	case TURN_INVALID:
		return ERR_INVALID;
	case TURN_FORMAT: /* was logged */
		return ERR_STORAGE;
	default:
		log_write(
			s->log, LOG_OUTSIDE, "E3011", "storage in %s: %s", s->dir, db_strerror(e));
		return ERR_STORAGE;
	}
}

enum err turn_run(struct store *s, enum turn_kind kind, turn_fn *fn, void *arg)
{
	s->checked = s->checked && (!s->o.keep || s->kept.env != NULL);
	enum err checked = check_directory(s);
	if (checked != ERR_NONE)
		return checked;
	struct stay stay;
	int e = run_in_gate(s, kind, fn, arg, &stay);
	if (e != 0 && stay.again)
		/* The marker was left dirty: this time the environment is recovered first. */
		e = run_in_gate(s, kind, fn, arg, &stay);
	return as_err(s, e);
}

/* --- accesses --- */

static DBT dbt(const void *data, size_t len)
{
	DBT d;
	memset(&d, 0, sizeof(d));
	d.data = (void *)(uintptr_t)data;
	d.size = (uint32_t)len;
	return d;
}

static int put(struct turn *t, enum db_name n, const void *key, size_t key_len, const void *value,
	size_t value_len, uint32_t flags)
{
	DB *db;
	int e = turn_db(t, n, &db);
	if (e != 0)
		return e;
	DBT k = dbt(key, key_len), v = dbt(value, value_len);
	return db->put(db, t->txn, &k, &v, flags);
}

int turn_put(struct turn *t, enum db_name n, const void *key, size_t key_len, const void *value,
	size_t value_len)
{
	return put(t, n, key, key_len, value, value_len, 0);
}

int turn_insert(struct turn *t, enum db_name n, const void *key, size_t key_len, const void *value,
	size_t value_len)
{
	return put(t, n, key, key_len, value, value_len, DB_NOOVERWRITE);
}

int turn_delete(struct turn *t, enum db_name n, const void *key, size_t key_len)
{
	DB *db;
	int e = turn_db(t, n, &db);
	if (e != 0)
		return e;
	DBT k = dbt(key, key_len);
	return db->del(db, t->txn, &k, 0);
}

int turn_get(struct turn *t, enum db_name n, const void *key, size_t key_len, struct buf *out)
{
	DB *db;
	int e = turn_db(t, n, &db);
	if (e != 0)
		return e;
	DBT k = dbt(key, key_len), v = dbt(NULL, 0);
	/* Without a flag the memory is the handle's own and good until its next use. */
	if ((e = db->get(db, t->txn, &k, &v, 0)) != 0)
		return e;
	buf_reset(out);
	return buf_add(out, v.data, v.size) ? 0 : TURN_NOMEM;
}

int turn_checkpoint(struct turn *t, bool force, bool removal)
{
	FAULT_POINT("checkpoint-before-write");
	int e = t->env->txn_checkpoint(t->env, CHECKPOINT_KB, 0, force ? DB_FORCE : 0);
	FAULT_POINT("checkpoint-after-write");
	if (e == 0 && removal)
		e = t->env->log_archive(t->env, NULL, DB_ARCH_REMOVE);
	return e;
}

/* --- opening --- */

enum err store_open(struct store **out, const struct store_options *o)
{
	*out = NULL;
	struct store *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return ERR_NOMEM;
	s->o = *o;
	s->log = o->log;
	s->dir = text_dup(o->data_dir, strlen(o->data_dir));
	if (s->dir == NULL) {
		free(s);
		return ERR_NOMEM;
	}
	s->o.data_dir = s->dir;
	if (s->o.wait_seconds <= 0)
		s->o.wait_seconds = WAIT_SECONDS;
	if (s->o.work_seconds <= 0)
		s->o.work_seconds = WORK_SECONDS;
	*out = s;
	return ERR_NONE;
}

/* What cannot be closed in good order is left to the end of the process. */
static void close_kept(struct store *s)
{
	struct gate g;
	bool recover;
	gate_init(&g, s);
	if (gate_enter(&g, &recover) != 0) {
		(void)handles_close_kept(s, NULL);
		return;
	}
	bool good = handles_close_kept(s, &g);
	gate_leave(&g, good && !recover);
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	if (s->kept.env != NULL)
		close_kept(s);
	free(s->dir);
	free(s);
}

void store_set_emergency(struct store *s, const char *bytes, size_t len)
{
	s->o.emergency = bytes;
	s->o.emergency_len = len;
	s->hold = bytes == NULL;
}

const char *store_data_dir(const struct store *s)
{
	return s->dir;
}

void store_renew(struct store *s, int emergency_fd, const char *emergency, size_t len)
{
	s->o.emergency_fd = emergency_fd;
	s->o.emergency = emergency;
	s->o.emergency_len = len;
	s->hold = false;
}

bool store_is_spent(const struct store *s)
{
	return s->given_up;
}

bool store_is_outdated(const struct store *s)
{
	return s->kept.env != NULL && !gate_unchanged(s->dir, s->kept.marker);
}

static int open_databases(struct turn *t, void *arg)
{
	(void)arg;
	DB *db;
	int e = 0;
	for (int i = 0; i < DB_NAME__MAX && e == 0; i++)
		e = turn_db(t, (enum db_name)i, &db);
	return e;
}

enum err store_create(struct store *s)
{
	return turn_run(s, TURN_WRITE, open_databases, NULL);
}

static int read_something(struct turn *t, void *arg)
{
	(void)arg;
	DB *db;
	int e = turn_db(t, DB_CALLS, &db);
	return e == DB_NOTFOUND ? 0 : e;
}

enum err store_ping(struct store *s)
{
	return turn_run(s, TURN_READ, read_something, NULL);
}

/* Each step brings format i + 1 to i + 2; there is only one format yet. */
enum err store_upgrade(struct store *s, int *from)
{
	enum err e = format_read(s, from);
	if (e != ERR_NONE)
		return e;
	if (*from == 0 || *from == STORE_FORMAT)
		return store_create(s);
	log_write(s->log, LOG_OUTSIDE, "E3012",
		"data directory %s: format %d is newer than this program", s->dir, *from);
	return ERR_STORAGE;
}
