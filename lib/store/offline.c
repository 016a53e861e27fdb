#include "store/offline.h"

#include <string.h>

#define CACHE_BYTES ((uint32_t)64 * 1024 * 1024)
#define LOCKS_MAX   100000 /* recovery of many log files opens and undoes a lot at once */

static void on_message(const DB_ENV *env, const char *prefix, const char *message)
{
	const struct offline_listener *l = env->app_private;
	(void)prefix;
	if (l != NULL)
		l->said(l->arg, message);
}

static int env_make(DB_ENV **env, const struct offline_listener *l)
{
	*env = NULL;
	int e = db_env_create(env, 0);
	if (e != 0)
		return e;
	(*env)->app_private = (void *)(uintptr_t)l;
	(*env)->set_errcall(*env, on_message);
	return (*env)->set_cachesize(*env, 0, CACHE_BYTES, 1);
}

static int env_close(DB_ENV *env, int e)
{
	int closed = env->close(env, 0);
	return e != 0 ? e : closed;
}

int offline_recover(const char *dir, const struct offline_listener *l)
{
	DB_ENV *env;
	int e = env_make(&env, l);
	if (env == NULL)
		return e;
	if (e == 0 && (e = env->set_lk_max_locks(env, LOCKS_MAX)) == 0 &&
		(e = env->set_lk_max_objects(env, LOCKS_MAX)) == 0)
		e = env->open(env, dir,
			DB_CREATE | DB_PRIVATE | DB_INIT_LOCK | DB_INIT_LOG | DB_INIT_MPOOL |
				DB_INIT_TXN | DB_RECOVER_FATAL,
			0600);
	/* Writes all pages, and makes them durable. */
	if (e == 0)
		e = env->txn_checkpoint(env, 0, 0, DB_FORCE);
	if (e == 0)
		e = env->log_archive(env, NULL, DB_ARCH_REMOVE);
	return env_close(env, e);
}

int offline_open(struct turn *t, const char *dir, const struct offline_listener *l)
{
	memset(t, 0, sizeof(*t));
	t->read_only = true;
	int e = env_make(&t->env, l);
	return e != 0 ? e : t->env->open(t->env, dir, DB_CREATE | DB_PRIVATE | DB_INIT_MPOOL, 0600);
}

void offline_close(struct turn *t)
{
	(void)turn_close_databases(t);
	if (t->env != NULL)
		(void)t->env->close(t->env, 0);
	t->env = NULL;
}

int offline_check_pages(const char *dir, enum db_name n, const struct offline_listener *l)
{
	struct turn t;
	DB *db;
	/* An environment of its own: a page that cannot be read is the end of one, and all the same
	 * it is to be closed well. */
	int e = offline_open(&t, dir, l);
	if (e == 0)
		e = t.env->set_flags(t.env, DB_NOPANIC, 1);
	if (e == 0 && (e = db_create(&db, t.env, 0)) == 0)
		e = db->verify(db, turn_db_file(n), NULL, NULL, 0); /* closes it, too */
	offline_close(&t);
	return e;
}
