#include "limit/file.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The lock is held for some microseconds, and the kernel's own waiting cannot be bounded. */
#define POLL_NS 500000L

enum err limit_file_init(struct limit_file *f, const char *data_dir)
{
	struct buf path;

	buf_init(&path, PATH_MAX);
	buf_addf(&path, "%s/limits", data_dir);
	*f = (struct limit_file){.path = buf_detach(&path, NULL), .fd = -1};
	return f->path != NULL ? ERR_NONE : ERR_NOMEM;
}

static void close_file(struct limit_file *f)
{
	if (f->fd != -1)
		close(f->fd);
	f->fd = -1;
}

void limit_file_release(struct limit_file *f)
{
	close_file(f);
	free(f->path);
	f->path = NULL;
}

static enum err open_file(struct limit_file *f)
{
	if (f->fd == -1)
		f->fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return f->fd != -1 ? ERR_NONE : ERR_IO;
}

static enum err lock_file(const struct limit_file *f, int64_t patience_ms)
{
	int64_t begin = clock_mono_ms();

	while (flock(f->fd, LOCK_EX | LOCK_NB) == -1) {
		struct timespec nap = {0, POLL_NS};

		if (errno != EWOULDBLOCK && errno != EINTR)
			return ERR_IO;
		if (clock_mono_ms() - begin >= patience_ms)
			return ERR_BUSY;
		nanosleep(&nap, NULL);
	}
	return ERR_NONE;
}

/* Others have another file under its name meanwhile, or none. */
static bool is_abandoned(const struct limit_file *f)
{
	struct stat st;

	return fstat(f->fd, &st) == 0 && st.st_nlink == 0;
}

static enum err read_file(const struct limit_file *f, struct record *r, bool *foreign)
{
	ssize_t n = pread(f->fd, r, sizeof(*r), 0);

	if (n < 0)
		return ERR_IO;
	*foreign = n > 0 && (n != (ssize_t)sizeof(*r) || !record_valid(r));
	if (n == 0)
		record_init(r, clock_boot_ms());
	else if (*foreign)
		record_init_unknown(r, clock_boot_ms());
	return ERR_NONE;
}

enum err limit_file_lock(struct limit_file *f, int64_t patience_ms, struct record *r, bool *foreign)
{
	enum err e = open_file(f);

	*foreign = false;
	if (e == ERR_NONE)
		e = lock_file(f, patience_ms);
	if (e == ERR_NONE && is_abandoned(f)) {
		close_file(f);
		e = open_file(f);
		if (e == ERR_NONE)
			e = lock_file(f, patience_ms);
	}
	FAULT_POINT("limit-locked");
	if (e == ERR_NONE)
		e = read_file(f, r, foreign);
	if (e != ERR_NONE)
		limit_file_unlock(f);
	return e;
}

enum err limit_file_write(struct limit_file *f, struct record *r)
{
	record_seal(r);
	FAULT_POINT("limit-before-write");
	errno = ENOSPC; /* where only a part of it fits */
	if (pwrite(f->fd, r, sizeof(*r), 0) != (ssize_t)sizeof(*r))
		return ERR_IO;
	FAULT_POINT("limit-after-write");
	return ERR_NONE;
}

void limit_file_unlock(struct limit_file *f)
{
	if (f->fd != -1)
		(void)flock(f->fd, LOCK_UN);
}
