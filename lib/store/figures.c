#include "store/figures.h"

#include "store/keys.h"
#include "store/range.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* --- rows --- */

struct counting {
	struct store_figures *f;
	int64_t now_ms;
};

/* The entries below `high`; len 0: all. */
static int count(
	struct turn *t, enum db_name n, const unsigned char *high, size_t len, int64_t *rows)
{
	struct range r;
	int e = range_find(t, n, NULL, 0, high, len, &r);
	*rows = r.count;
	return e;
}

/* Kept in the environment's memory: it is as good as the environment is old. */
static int find_checkpoint(struct turn *t, struct store_figures *f)
{
	DB_TXN_STAT *txn;
	DB_LOG_STAT *log;
	int e = t->env->txn_stat(t->env, &txn, 0);
	if (e != 0)
		return e;
	f->checkpoint_ms = (int64_t)txn->st_time_ckp * 1000;
	free(txn);
	e = t->env->log_stat(t->env, &log, 0);
	if (e != 0)
		return e;
	f->unwritten_bytes = (int64_t)log->st_wc_mbytes * 1024 * 1024 + log->st_wc_bytes;
	free(log);
	return 0;
}

static int count_fn(struct turn *t, void *arg)
{
	const struct counting *g = arg;
	unsigned char later[KEY_TIME_BYTES];
	key_time(g->now_ms + 1, later);
	int e = count(t, DB_BY_TIME, NULL, 0, &g->f->calls);
	if (e == 0)
		e = count(t, DB_DUE, NULL, 0, &g->f->followed);
	if (e == 0)
		e = count(t, DB_DUE, later, sizeof(later), &g->f->due);
	return e == 0 ? find_checkpoint(t, g->f) : e;
}

/* --- files --- */

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool ends(const char *s, const char *with)
{
	size_t len = strlen(s), n = strlen(with);
	return len > n && strcmp(s + len - n, with) == 0;
}

/* One that vanishes meanwhile, as log files do, counts nothing. */
static int64_t size_of(int dir, const char *name)
{
	struct stat st;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode))
		return 0;
	return st.st_size;
}

static void measure(const char *path, struct store_figures *f)
{
	struct statvfs st;
	DIR *d = opendir(path);
	if (statvfs(path, &st) == 0)
		f->free_bytes = (int64_t)(st.f_bavail * st.f_frsize);
	if (d == NULL)
		return;
	const struct dirent *entry;
	while ((entry = readdir(d)) != NULL) {
		if (begins(entry->d_name, "log."))
			f->log_bytes += size_of(dirfd(d), entry->d_name);
		else if (ends(entry->d_name, ".db"))
			f->database_bytes += size_of(dirfd(d), entry->d_name);
	}
	closedir(d);
}

enum err store_figures(struct store *s, int64_t now_ms, struct store_figures *f)
{
	*f = (struct store_figures){.calls = 0};
	struct counting g = {f, now_ms};
	enum err e = turn_run(s, TURN_READ, count_fn, &g);
	if (e == ERR_NONE)
		measure(s->dir, f);
	return e;
}
