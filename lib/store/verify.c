#include "store/verify.h"

#include "store/offline.h"
#include "store/verify_records.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(DB_NAME__MAX <= VERIFY_DATABASES_MAX, "room for all databases");

/* Of one database; where there are more, they are counted only. */
#define LINES_MAX     100
#define PROGRESS_ROWS 10000

/* --- saying what is wrong --- */

/* "calls" */
static void name_of(enum db_name n, char out[24])
{
	(void)snprintf(out, 24, "%s", turn_db_file(n));
	char *dot = strrchr(out, '.');
	if (dot != NULL)
		*dot = '\0';
}

static void tell(struct verifying *v, enum db_name n, const char *text)
{
	char name[24], line[700];
	v->report->problems++;
	if (++v->told[n] > LINES_MAX || v->report->found == NULL)
		return;
	name_of(n, name);
	(void)snprintf(line, sizeof(line), "%s: %s", name, text);
	v->report->found(v->report->arg, line);
}

void verify_problem(struct verifying *v, enum db_name n, const char *fmt, ...)
{
	char text[600];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell(v, n, text);
}

static void tell_rest(struct verifying *v)
{
	for (int n = 0; n < DB_NAME__MAX; n++) {
		char name[24], line[100];
		if (v->told[n] <= LINES_MAX || v->report->found == NULL)
			continue;
		name_of((enum db_name)n, name);
		(void)snprintf(line, sizeof(line), "%s: and %lld more", name,
			(long long)(v->told[n] - LINES_MAX));
		v->report->found(v->report->arg, line);
	}
}

static void on_message(void *arg, const char *message)
{
	struct verifying *v = arg;
	/* Berkeley DB's own words, without their number. */
	const char *text = strncmp(message, "BDB", 3) == 0 ? strchr(message, ' ') : NULL;
	if (strstr(message, "DB_VERIFY_BAD") == NULL)
		tell(v, v->now, text != NULL ? text + 1 : message);
}

static void progress(struct verifying *v, int64_t done, int64_t of)
{
	char name[24];
	if (v->report->progress == NULL)
		return;
	name_of(v->now, name);
	v->report->progress(v->report->arg, name, done, of);
}

/* --- pages --- */

/* Its size; -1: it is not there. */
static int64_t file_size(const struct verifying *v, enum db_name n)
{
	char path[4096];
	struct stat st;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", v->dir, turn_db_file(n)) >=
			sizeof(path) ||
		stat(path, &st) == -1)
		return -1;
	return st.st_size;
}

/* False: there is no sense in reading what they hold. */
static bool check_pages(struct verifying *v)
{
	const struct offline_listener l = {on_message, v};
	int64_t before = v->report->problems;
	for (int i = 0; i < DB_NAME__MAX; i++) {
		v->now = (enum db_name)i;
		int64_t told = v->told[i], size = file_size(v, v->now);
		if (size < 0)
			continue;
		v->report->bytes += size;
		progress(v, i, DB_NAME__MAX);
		int e = offline_check_pages(v->dir, v->now, &l);
		if (e != 0 && v->told[i] == told)
			tell(v, v->now, db_strerror(e));
	}
	return v->report->problems == before;
}

/* --- records --- */

static int walk(struct verifying *v, enum db_name n, verify_each *each)
{
	DB *db;
	DBC *cursor;
	int64_t done = 0;
	v->now = n;
	int e = turn_db(&v->t, n, &db);
	if (e != 0)
		return e == DB_NOTFOUND ? 0 : e;
	if ((e = db->cursor(db, NULL, &cursor, 0)) != 0)
		return e;
	DBT key = {.data = NULL}, value = {.data = NULL};
	while ((e = cursor->get(cursor, &key, &value, DB_NEXT)) == 0) {
		if ((e = each(v, &key, &value)) != 0)
			break;
		if (++done % PROGRESS_ROWS == 0)
			progress(v, done, v->entries[n]);
	}
	int closed = cursor->close(cursor);
	return e != DB_NOTFOUND ? e : closed;
}

static int count(struct verifying *v, enum db_name n)
{
	DB *db;
	DB_BTREE_STAT *st = NULL;
	v->now = n;
	int e = turn_db(&v->t, n, &db);
	if (e != 0)
		return e == DB_NOTFOUND ? 0 : e;
	if ((e = db->stat(db, NULL, &st, 0)) == 0)
		v->entries[n] = st->bt_nkeys;
	free(st);
	return e;
}

static int count_all(struct verifying *v)
{
	struct verify_report *r = v->report;
	int e = 0;
	for (int i = 0; i < DB_NAME__MAX && e == 0; i++) {
		e = count(v, (enum db_name)i);
		name_of((enum db_name)i, r->counts[i].name);
		r->counts[i].entries = v->entries[i];
	}
	r->count = e == 0 ? DB_NAME__MAX : 0;
	return e;
}

/* Every record that calls for an entry has found it: then as many entries as are wanted mean that
 * none is left over. */
static int check_index(struct verifying *v, enum db_name n)
{
	int64_t before = v->report->problems;
	if (verify_entry(n) == NULL || (v->entries[n] == v->wanted[n] && v->told[n] == 0))
		return 0;
	int e = walk(v, n, verify_entry(n));
	/* A row that cannot be read has its entries all the same. */
	if (e == 0 && v->report->problems == before && v->told[n] == 0 && v->told[DB_CALLS] == 0)
		verify_problem(v, n, "%lld entries, %lld are wanted", (long long)v->entries[n],
			(long long)v->wanted[n]);
	return e;
}

static int check_records(struct verifying *v)
{
	int e = count_all(v);
	for (int i = 0; i < DB_NAME__MAX && e == 0; i++)
		if (verify_record((enum db_name)i) != NULL)
			e = walk(v, (enum db_name)i, verify_record((enum db_name)i));
	for (int i = 0; i < DB_NAME__MAX && e == 0; i++)
		e = check_index(v, (enum db_name)i);
	return e;
}

enum err verify_directory(const char *dir, struct verify_report *r, struct buf *why)
{
	struct verifying *v = calloc(1, sizeof(*v));
	if (v == NULL)
		return ERR_NOMEM;
	v->dir = dir;
	v->report = r;
	r->problems = r->bytes = 0;
	r->count = 0;
	int e = 0;
	if (check_pages(v)) {
		const struct offline_listener l = {on_message, v};
		e = offline_open(&v->t, dir, &l);
		if (e == 0)
			e = check_records(v);
		offline_close(&v->t);
	}
	tell_rest(v);
	if (e != 0)
		buf_addf(why, "%s/%s: %s", dir, turn_db_file(v->now), db_strerror(e));
	free(v);
	return e == 0 ? ERR_NONE : e == ENOMEM ? ERR_NOMEM : ERR_STORAGE;
}
