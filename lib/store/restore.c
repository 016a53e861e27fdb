#include "store/restore.h"

#include "base/fault.h"
#include "store/files.h"
#include "store/logs.h"
#include "store/offline.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES   ((size_t)1024 * 1024)
#define SWAP_SECONDS 10 /* to move some files */

struct restore {
	struct manifest manifest;
	int fds[MANIFEST_FILES_MAX];
	int64_t bytes;
};

static enum err failed(struct buf *why, enum err e, const char *what, int number)
{
	buf_addf(why, "%s: %s", what, strerror(number));
	return e;
}

/* --- opening --- */

static enum err open_file(struct restore *r, int dir_fd, size_t i, struct buf *why)
{
	const char *name = r->manifest.files[i].name;
	struct stat st;
	r->fds[i] = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (r->fds[i] == -1)
		return failed(why, errno == ENOENT ? ERR_INVALID : ERR_IO, name, errno);
	if (fstat(r->fds[i], &st) == -1 || !S_ISREG(st.st_mode))
		return failed(why, ERR_INVALID, name, EINVAL);
	r->bytes += st.st_size;
	return ERR_NONE;
}

static bool lists(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->files[i].name, name) == 0)
			return true;
	return false;
}

static enum err open_files(struct restore *r, int dir_fd, struct buf *why)
{
	const struct manifest *m = &r->manifest;
	enum err e = manifest_read(dir_fd, &r->manifest, why);
	if (e == ERR_NONE && m->format > STORE_FORMAT) {
		buf_addf(why, "its format is %lld, this program knows %d", (long long)m->format,
			STORE_FORMAT);
		e = ERR_INVALID;
	} else if (e == ERR_NONE && !lists(m, FILES_FORMAT)) {
		buf_adds(why, MANIFEST_FILE " does not list " FILES_FORMAT);
		e = ERR_INVALID;
	}
	for (size_t i = 0; i < m->count && e == ERR_NONE; i++)
		e = open_file(r, dir_fd, i, why);
	return e;
}

enum err restore_open(const char *dir, struct restore **out, struct buf *why)
{
	*out = NULL;
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd == -1) {
		enum err none = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
		buf_adds(why, strerror(errno));
		return none;
	}
	struct restore *r = calloc(1, sizeof(*r));
	for (size_t i = 0; r != NULL && i < MANIFEST_FILES_MAX; i++)
		r->fds[i] = -1;
	enum err e = r == NULL ? ERR_NOMEM : open_files(r, dir_fd, why);
	close(dir_fd);
	if (e == ERR_NONE)
		*out = r;
	else
		restore_close(r);
	return e;
}

void restore_close(struct restore *r)
{
	for (size_t i = 0; r != NULL && i < MANIFEST_FILES_MAX; i++)
		if (r->fds[i] != -1)
			close(r->fds[i]);
	free(r);
}

const struct manifest *restore_manifest(const struct restore *r)
{
	return &r->manifest;
}

/* --- whether there is anything to lose --- */

static int look_for_data(struct turn *t, void *arg)
{
	bool *found = arg;
	int e = 0;
	*found = false;
	for (int i = 0; i < DB_NAME__MAX && e == 0 && !*found; i++) {
		DB *db;
		DBC *cursor;
		DBT key = {.data = NULL}, value = {.data = NULL};
		e = turn_db(t, (enum db_name)i, &db);
		if (e == DB_NOTFOUND) {
			e = 0;
			continue;
		}
		if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
			return e;
		e = cursor->get(cursor, &key, &value, DB_FIRST);
		*found = e == 0;
		int closed = cursor->close(cursor);
		e = e == DB_NOTFOUND || e == 0 ? closed : e;
	}
	return e;
}

static enum err check_place(struct store *s, struct restore_report *report, struct buf *why)
{
	bool found = true;
	/* Also lets what an earlier restore began come to its end. */
	enum err e = turn_run(s, TURN_READ, look_for_data, &found);
	report->had_data = e != ERR_NONE || found;
	if (report->force || (e == ERR_NONE && !found))
		return e == ERR_BUSY ? e : ERR_NONE;
	if (e == ERR_NONE)
		buf_adds(why, "there is data in it; --force puts it aside");
	else if (e == ERR_STORAGE)
		buf_adds(why, "what is in it cannot be read; --force puts it aside");
	return e == ERR_NONE || e == ERR_STORAGE ? ERR_CONFLICT : e;
}

/* --- copying --- */

struct fetching {
	struct restore *r;
	struct restore_report *report;
	struct buf *why;
	char *room; /* COPY_BYTES */
	int64_t done;
};

static enum err copy_bytes(
	struct fetching *f, int from_fd, int to_fd, struct digest *d, const char *name)
{
	struct verify_report *v = &f->report->verify;
	for (;;) {
		ssize_t n = read(from_fd, f->room, COPY_BYTES);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return failed(f->why, ERR_IO, name, errno);
		if (n == 0)
			break;
		digest_add(d, f->room, (size_t)n);
		errno = ENOSPC;
		if (write(to_fd, f->room, (size_t)n) != n)
			return failed(f->why, ERR_STORAGE, name, errno);
		f->done += n;
		if (v->progress != NULL)
			v->progress(v->arg, name, f->done, f->r->bytes);
		FAULT_POINT("restore-copy");
	}
	return fsync(to_fd) == 0 ? ERR_NONE : failed(f->why, ERR_STORAGE, name, errno);
}

static enum err copy_checked(struct fetching *f, size_t i, int to_fd)
{
	const struct manifest_entry *m = &f->r->manifest.files[i];
	char found[DIGEST_SIZE];
	struct digest *d = digest_new();
	if (d == NULL)
		return ERR_NOMEM;
	enum err e = copy_bytes(f, f->r->fds[i], to_fd, d, m->name);
	digest_end(d, found);
	if (e != ERR_NONE || strcmp(found, m->digest) == 0)
		return e;
	buf_addf(f->why, "%s is not what " MANIFEST_FILE " says: the backup is damaged", m->name);
	return ERR_INVALID;
}

static enum err fetch_one(struct fetching *f, size_t i, const char *to)
{
	const char *name = f->r->manifest.files[i].name;
	char path[FILES_PATH];
	int e = files_path(path, to, strcmp(name, FILES_FORMAT) == 0 ? SWAP_FORMAT : name);
	int fd = e == 0 ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)
			: -1;
	if (fd == -1)
		return failed(f->why, ERR_STORAGE, name, e != 0 ? e : errno);
	enum err result = copy_checked(f, i, fd);
	if (close(fd) == -1 && result == ERR_NONE)
		result = failed(f->why, ERR_STORAGE, name, errno);
	return result;
}

static void on_message(void *arg, const char *message)
{
	struct fetching *f = arg;
	if (f->why->len == 0)
		buf_adds(f->why, message);
}

static enum err check_copy(struct fetching *f, const char *in)
{
	const struct offline_listener l = {on_message, f};
	int e = offline_recover(in, &l);
	if (e != 0) {
		if (f->why->len == 0)
			buf_adds(f->why, db_strerror(e));
		return ERR_INVALID;
	}
	enum err result = verify_directory(in, &f->report->verify, f->why);
	if (result == ERR_NONE && f->report->verify.problems > 0 && !f->report->force) {
		buf_adds(f->why, "the backup does not verify; --force restores it as it is");
		result = ERR_INVALID;
	}
	return result;
}

static enum err fetch(struct fetching *f, const char *in)
{
	enum err e = ERR_NONE;
	if (f->r->bytes > files_room(in)) {
		buf_addf(f->why, "%" PRId64 " MB more are needed on its file system",
			(f->r->bytes - files_room(in)) / 1048576 + 1);
		return ERR_STORAGE;
	}
	f->room = malloc(COPY_BYTES);
	if (f->room == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < f->r->manifest.count && e == ERR_NONE; i++)
		e = fetch_one(f, i, in);
	free(f->room);
	FAULT_POINT("restore-before-check");
	return e == ERR_NONE ? check_copy(f, in) : e;
}

/* --- taking effect --- */

/* By the gate alone: what is there may be beyond opening. */
static enum err put_in_place(struct store *s, struct restore_report *report, struct buf *why)
{
	struct gate g = {.dir = s->dir,
		.log = s->log,
		.wait_seconds = s->o.wait_seconds,
		.work_seconds = SWAP_SECONDS,
		.emergency_fd = -1};
	bool recover;
	int e = gate_enter(&g, &recover);
	if (e != 0)
		return e == EAGAIN ? ERR_BUSY : failed(why, ERR_STORAGE, s->dir, e);
	e = swap_commit(s->dir, report->aside);
	/* The next one recovers, which makes what these databases need to be used. */
	gate_leave(&g, false);
	return e == 0 ? ERR_NONE : failed(why, ERR_STORAGE, s->dir, e);
}

/* Nobody will look for what was empty. */
static void drop_empty(struct store *s, struct restore_report *report)
{
	char path[FILES_PATH];
	if (report->aside[0] == '\0' || report->had_data ||
		files_path(path, s->dir, report->aside) != 0 || files_remove(path) != 0)
		return;
	report->aside[0] = '\0';
}

static enum err restore_locked(
	struct store *s, struct restore *r, struct restore_report *report, struct buf *why)
{
	char in[FILES_PATH];
	struct fetching f = {.r = r, .report = report, .why = why};
	enum err e = check_place(s, report, why);
	if (e != ERR_NONE)
		return e;
	int number = swap_prepare(s->dir, in, sizeof(in));
	if (number != 0)
		return failed(why, ERR_STORAGE, s->dir, number);
	e = fetch(&f, in);
	if (e != ERR_NONE) {
		swap_give_up(s->dir);
		return e;
	}
	e = put_in_place(s, report, why);
	if (e == ERR_NONE)
		drop_empty(s, report);
	return e;
}

enum err store_restore(
	struct store *s, struct restore *r, struct restore_report *report, struct buf *why)
{
	int lock_fd;
	report->aside[0] = '\0';
	enum err e = logs_keep(s->dir, s->o.wait_seconds * INT64_C(1000), &lock_fd);
	if (e == ERR_BUSY)
		buf_adds(why, "a copy of it is being made, or another restore is at work");
	else if (e != ERR_NONE)
		(void)failed(why, e, s->dir, errno);
	else
		e = restore_locked(s, r, report, why);
	logs_release(lock_fd);
	return e == ERR_NONE ? store_ping(s) : e;
}
