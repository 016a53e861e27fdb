#include "store/copy.h"

#include "base/clock.h"
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

/* What is read in one stay: it is in the kernel's cache by then, so that takes a few milliseconds;
 * where it is not, time ends the stay. */
#define SLICE_BYTES ((size_t)8 * 1024 * 1024)
#ifdef DIALER_TEST_HOOKS
/* So that small databases, too, are of many times. */
#define SLICE_AT(at) ((at) < (off_t)128 * 1024 ? (size_t)16 * 1024 : (size_t)1024 * 1024)
#else
#define SLICE_AT(at) SLICE_BYTES
#endif
#define CHUNK_BYTES ((size_t)256 * 1024)
#define SLICE_MS    50

struct copying {
	struct store *s;
	const char *to;
	struct copy_report *r;
	struct buf *why;
	int64_t all; /* bytes there are to copy */
	char *room;  /* SLICE_BYTES */
	/* --- the file being copied --- */
	int from_fd;
	off_t at;
	size_t len; /* in the room */
	bool ended;
	/* --- the log files --- */
	char **logs; /* of log_archive */
};

static enum err failed(struct copying *c, enum err e, const char *what, int number)
{
	buf_addf(c->why, "%s: %s", what, strerror(number));
	return e;
}

static void note_stay(struct copying *c, int64_t begin_ms)
{
	int64_t ms = clock_mono_ms() - begin_ms;
	c->r->stays++;
	if (ms > c->r->longest_stay_ms)
		c->r->longest_stay_ms = ms;
}

/* --- slices --- */

static int slice_fn(struct turn *t, void *arg)
{
	struct copying *c = arg;
	int64_t begin = clock_mono_ms();
	size_t slice = SLICE_AT(c->at);
	(void)t;
	c->len = 0;
	c->ended = false;
	while (c->len < slice && clock_mono_ms() < begin + SLICE_MS) {
		size_t wanted = slice - c->len < CHUNK_BYTES ? slice - c->len : CHUNK_BYTES;
		ssize_t n = pread(c->from_fd, c->room + c->len, wanted, c->at + (off_t)c->len);
		if (n == -1)
			return errno;
		c->ended = n == 0;
		if (c->ended)
			break;
		c->len += (size_t)n;
	}
	note_stay(c, begin);
	return 0;
}

static enum err write_slice(struct copying *c, int to_fd, const char *name)
{
	for (size_t done = 0; done < c->len;) {
		ssize_t n = write(to_fd, c->room + done, c->len - done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return failed(c, ERR_IO, name, errno);
		done += (size_t)n;
	}
	/* A little at a time: whoever stores a call waits for the same disk. */
	if (fdatasync(to_fd) == -1)
		return failed(c, ERR_IO, name, errno);
	c->at += (off_t)c->len;
	c->r->bytes += (int64_t)c->len;
	if (c->r->progress != NULL)
		c->r->progress(c->r->arg, name, c->r->bytes, c->all);
	/* Nothing of it keeps the service from its work, not even on the same disk. */
	if (files_room(c->to) < 0)
		return failed(c, ERR_IO, name, ENOSPC);
	return ERR_NONE;
}

static enum err copy_slices(struct copying *c, int to_fd, const char *name)
{
	enum err e = ERR_NONE;
	c->at = 0;
	c->ended = false;
	while (e == ERR_NONE && !c->ended) {
		/* Before others have to wait for it. */
		(void)posix_fadvise(c->from_fd, c->at, (off_t)SLICE_BYTES, POSIX_FADV_WILLNEED);
		e = turn_run(c->s, TURN_READ, slice_fn, c);
		if (e == ERR_NONE)
			e = write_slice(c, to_fd, name);
		FAULT_POINT("copy-slice");
	}
	if (e == ERR_NONE && fsync(to_fd) == -1)
		e = failed(c, ERR_IO, name, errno);
	return e;
}

/* One that is not there is not copied. */
static enum err copy_file(struct copying *c, const char *name)
{
	char from[FILES_PATH], to[FILES_PATH];
	int too_long = files_path(from, c->s->dir, name);
	if (too_long == 0)
		too_long = files_path(to, c->to, name);
	if (too_long != 0)
		return failed(c, ERR_IO, name, too_long);
	c->from_fd = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (c->from_fd == -1)
		return errno == ENOENT ? ERR_NONE : failed(c, ERR_STORAGE, from, errno);
	int to_fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum err e = to_fd == -1 ? failed(c, ERR_IO, name, errno) : copy_slices(c, to_fd, name);
	if (to_fd != -1 && close(to_fd) == -1 && e == ERR_NONE)
		e = failed(c, ERR_IO, name, errno);
	close(c->from_fd);
	return e;
}

/* --- in order --- */

/* What was logged before this is not needed, which keeps the copy's recovery short. */
static int begin_fn(struct turn *t, void *arg)
{
	struct copying *c = arg;
	int64_t begin = clock_mono_ms();
	int e = turn_checkpoint(t, true, true);
	note_stay(c, begin);
	return e;
}

static int logs_fn(struct turn *t, void *arg)
{
	struct copying *c = arg;
	free(c->logs);
	c->logs = NULL;
	return t->env->log_archive(t->env, &c->logs, DB_ARCH_LOG);
}

static int add_size(void *arg, const char *name)
{
	struct copying *c = arg;
	char path[FILES_PATH];
	struct stat st;
	if (files_is_kept(name) && files_path(path, c->s->dir, name) == 0 && stat(path, &st) == 0)
		c->all += st.st_size;
	return 0;
}

/* Rather than fill the disk halfway. */
static enum err check_room(struct copying *c)
{
	(void)files_each(c->s->dir, add_size, c);
	int64_t room = files_room(c->to);
	if (c->all <= room)
		return ERR_NONE;
	buf_addf(c->why, "%" PRId64 " MB more are needed on its file system",
		(c->all - room) / 1048576 + 1);
	return ERR_IO;
}

static enum err copy_all(struct copying *c)
{
	enum err e = turn_run(c->s, TURN_READ, begin_fn, c);
	if (e == ERR_NONE)
		e = check_room(c);
	for (int i = 0; i < DB_NAME__MAX && e == ERR_NONE; i++)
		e = copy_file(c, turn_db_file((enum db_name)i));
	FAULT_POINT("copy-before-logs");
	if (e == ERR_NONE)
		e = turn_run(c->s, TURN_READ, logs_fn, c);
	for (char **name = c->logs; e == ERR_NONE && name != NULL && *name != NULL; name++)
		e = copy_file(c, *name);
	if (e == ERR_NONE)
		e = copy_file(c, FILES_FORMAT);
	return e;
}

static void on_message(void *arg, const char *message)
{
	struct copying *c = arg;
	if (c->why->len == 0)
		buf_adds(c->why, message);
}

static enum err make_one_time(struct copying *c)
{
	const struct offline_listener l = {on_message, c};
	int e = offline_recover(c->to, &l);
	if (e == 0)
		return ERR_NONE;
	if (c->why->len == 0)
		buf_adds(c->why, db_strerror(e));
	return e == ENOMEM ? ERR_NOMEM : ERR_STORAGE;
}

enum err copy_make(struct store *s, const char *to, struct copy_report *r, struct buf *why)
{
	struct copying c = {.s = s, .to = to, .r = r, .why = why, .from_fd = -1};
	int lock_fd;
	r->bytes = r->stays = r->longest_stay_ms = 0;
	enum err e = logs_keep(s->dir, s->o.wait_seconds * INT64_C(1000), &lock_fd);
	if (e == ERR_BUSY)
		buf_adds(why, "another copy or a restore is being made");
	else if (e != ERR_NONE)
		buf_addf(why, "%s: %s", s->dir, strerror(errno));
	else if ((c.room = malloc(SLICE_BYTES)) == NULL)
		e = ERR_NOMEM;
	else
		e = copy_all(&c);
	logs_release(lock_fd);
	free(c.room);
	free(c.logs);
	FAULT_POINT("copy-before-recovery");
	return e == ERR_NONE ? make_one_time(&c) : e;
}
