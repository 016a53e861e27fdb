#include "store/handles.h"

#include "base/fault.h"
#include "store/room.h"

#include <stdlib.h>
#include <string.h>

#define CACHE_BYTES    (16 * 1024 * 1024)
#define LOCKS_MAX      10000 /* some pages of each of 500 rows; a lock holds a page */
#define LOCKERS_MAX    10000 /* a handle that is open, or was in a killed process; a transaction */
#define LOCKERS_ENOUGH 2000  /* more are those of killed processes; checkpoints name them all */
#define LOG_FILE_BYTES (1024 * 1024) /* recovery writes zeros to the end of the last one */

static const struct {
	const char *file;
	uint32_t flags;
} databases[DB_NAME__MAX] = {
	[DB_CALLS] = {"calls.db", 0},
	[DB_BY_USER] = {"by_user.db", DB_RECNUM},
	[DB_BY_TIME] = {"by_time.db", DB_RECNUM},
	[DB_CLAIMS] = {"claims.db", 0},
	[DB_DUE] = {"due.db", DB_RECNUM},
	[DB_KEYS] = {"keys.db", 0},
	[DB_TRAIL] = {"trail.db", 0},
	[DB_USERS] = {"users.db", 0},
	[DB_CONNECTIONS] = {"connections.db", 0},
	[DB_STATES] = {"states.db", 0},
	[DB_EVENTS] = {"events.db", 0},
	[DB_EVENT_TIMES] = {"event_times.db", DB_RECNUM},
	[DB_EVENT_COUNTS] = {"event_counts.db", 0},
};

/* --- the environment --- */

static void on_db_error(const DB_ENV *env, const char *prefix, const char *message)
{
	(void)prefix;
	const struct store *s = env->app_private;
	log_write(s->log, LOG_OUTSIDE, "E3007", "Berkeley DB: %s", message);
}

/* Where it gets no memory, Berkeley DB 5.3 frees a file of its cache twice (db->close after a db->open
 * that failed) and goes on with a heap that is torn. So it never sees that. */
static void *db_malloc(size_t size)
{
	void *p = malloc(size);
	if (p == NULL)
		crash_now();
	return p;
}

static void *db_realloc(void *old, size_t size)
{
	void *p = realloc(old, size);
	if (p == NULL && size > 0)
		crash_now();
	return p;
}

static int env_open(struct turn *t, bool recover)
{
	int e;
	if ((e = db_env_set_func_malloc(db_malloc)) != 0 ||
		(e = db_env_set_func_realloc(db_realloc)) != 0)
		return e;
	if ((e = db_env_create(&t->env, 0)) != 0)
		return e;
	DB_ENV *env = t->env;
	env->app_private = t->store;
	env->set_errcall(env, on_db_error);
	if ((e = env->set_cachesize(env, 0, CACHE_BYTES, 1)) != 0 ||
		(e = env->set_lg_max(env, LOG_FILE_BYTES)) != 0 ||
		(e = env->set_lk_detect(env, DB_LOCK_DEFAULT)) != 0 ||
		(e = env->set_lk_max_locks(env, LOCKS_MAX)) != 0 ||
		(e = env->set_lk_max_objects(env, LOCKS_MAX)) != 0 ||
		(e = env->set_lk_max_lockers(env, LOCKERS_MAX)) != 0)
		return e;
	uint32_t flags = DB_CREATE | DB_INIT_LOCK | DB_INIT_LOG | DB_INIT_MPOOL | DB_INIT_TXN;
	if (recover && (e = room_for_regions(t->store->dir)) != 0)
		return e;
	if (recover)
		FAULT_POINT("recovery-before-open");
	e = env->open(env, t->store->dir, flags | (recover ? DB_RECOVER : 0), 0600);
	if (e != 0 || !recover)
		return e;
	FAULT_POINT("recovery-after-open");
	/* Recovery leaves no checkpoint of its own: without one the next has it all to do again. */
	(void)!env->txn_checkpoint(env, 0, 0, DB_FORCE);
	room_take(t->store->dir);
	return 0;
}

const char *turn_db_file(enum db_name n)
{
	return databases[n].file;
}

static bool keeps(const struct turn *t)
{
	return t->store != NULL && t->store->o.keep;
}

static uint32_t open_flags(const struct turn *t)
{
	if (t->txn != NULL)
		return DB_CREATE;
	if (t->read_only)
		return DB_RDONLY;
	/* What is opened to be read now may be written to in a later turn. */
	return keeps(t) ? DB_AUTO_COMMIT : 0;
}

int turn_db(struct turn *t, enum db_name n, DB **out)
{
	*out = t->db[n];
	if (*out != NULL)
		return 0;
	DB *db;
	int e = db_create(&db, t->env, 0);
	if (e != 0)
		return e;
	if ((e = db->set_pagesize(db, 4096)) == 0 &&
		(e = db->set_flags(db, DB_CHKSUM | databases[n].flags)) == 0) {
		/* A reader finds nothing in what no writer has made yet. */
		e = db->open(db, t->txn, databases[n].file, NULL, DB_BTREE, open_flags(t), 0600);
	}
	if (e != 0) {
		db->close(db, DB_NOSYNC);
		return e == ENOENT && t->txn == NULL ? DB_NOTFOUND : e;
	}
	*out = t->db[n] = db;
	t->db_in_txn[n] = t->txn != NULL;
	return 0;
}

bool turn_close_databases(struct turn *t)
{
	bool good = true;
	for (int i = 0; i < DB_NAME__MAX; i++) {
		/* NOSYNC: the log holds everything, and flushing here may sleep for a second. */
		if (t->db[i] != NULL && t->db[i]->close(t->db[i], DB_NOSYNC) != 0)
			good = false;
		t->db[i] = NULL;
		t->db_in_txn[i] = false;
	}
	return good;
}

bool handles_txn_end(struct turn *t, bool committed)
{
	bool good = true;
	for (int i = 0; i < DB_NAME__MAX; i++) {
		if (!t->db_in_txn[i])
			continue;
		t->db_in_txn[i] = false;
		if (committed)
			continue;
		if (t->db[i]->close(t->db[i], DB_NOSYNC) != 0)
			good = false;
		t->db[i] = NULL;
	}
	return good;
}

static bool close_all(struct turn *t)
{
	bool good = turn_close_databases(t);
	if (t->env != NULL && t->env->close(t->env, 0) != 0)
		good = false;
	t->env = NULL;
	return good;
}

/* --- from one turn to the next --- */

static void give_up(struct store *s)
{
	s->given_up = s->given_up || s->kept.env != NULL;
	memset(&s->kept, 0, sizeof(s->kept));
}

/* Whether they were opened in the environment that the gate found; else there are none any more. */
static bool kept_is_good(struct store *s, const struct gate *g)
{
	if (s->kept.env != NULL && strcmp(s->kept.marker, g->marker) == 0)
		return true;
	give_up(s);
	return false;
}

static void take_kept(struct turn *t)
{
	struct kept_handles *k = &t->store->kept;
	t->env = k->env;
	memcpy(t->db, k->db, sizeof(t->db));
	memset(k, 0, sizeof(*k));
}

/* Those of killed processes are never given back. */
static bool too_many_lockers(struct turn *t)
{
	DB_LOCK_STAT *st;
	if (t->env->lock_stat(t->env, &st, 0) != 0)
		return true;
	bool too_many = st->st_nlockers > LOCKERS_ENOUGH;
	free(st);
	return too_many;
}

int handles_open(struct turn *t, struct gate *g, bool recover)
{
	if (!recover && kept_is_good(t->store, g)) {
		take_kept(t);
		return 0;
	}
	give_up(t->store);
	int e = env_open(t, recover);
	if (e != 0 || recover || !keeps(t) || !too_many_lockers(t))
		return e;
	(void)close_all(t);
	e = gate_distrust(g);
	return e == 0 ? env_open(t, true) : e;
}

bool handles_put_away(struct turn *t, struct gate *g, bool good)
{
	struct kept_handles *k = &t->store->kept;
	if (!good || t->env == NULL || !keeps(t) || !gate_seal(g))
		return close_all(t);
	k->env = t->env;
	memcpy(k->db, t->db, sizeof(k->db));
	memcpy(k->marker, g->marker, sizeof(k->marker));
	return true;
}

bool handles_close_kept(struct store *s, const struct gate *g)
{
	struct turn t = {.store = s};
	if (g == NULL || !kept_is_good(s, g)) {
		give_up(s);
		return true;
	}
	take_kept(&t);
	return close_all(&t);
}
