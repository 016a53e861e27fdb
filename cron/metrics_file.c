#include "metrics_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define SUFFIX    ".new"

struct target {
	int dir;
	const char *name;
};

/* --- the writer --- */

static bool read_all(int fd, struct buf *b)
{
	for (;;) {
		char part[4096];
		ssize_t n = read(fd, part, sizeof(part));
		if (n == 0)
			return true;
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 || !buf_add(b, part, (size_t)n))
			return false;
	}
}

static bool is_whole(const struct buf *b)
{
	static const char last[] = "\n# EOF\n";
	size_t len = sizeof(last) - 1;
	return b->len > len && memcmp(b->s + b->len - len, last, len) == 0;
}

/* Readable for all, whatever the umask. */
static int write_whole(int fd, const struct buf *b)
{
	size_t at = 0;
	while (at < b->len) {
		ssize_t n = write(fd, b->s + at, b->len - at);
		if (n == -1 && errno != EINTR)
			return errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return fchmod(fd, 0644) == -1 ? errno : 0;
}

/* A name that was left behind is removed, never followed: others may write to the directory. */
static int replace(const struct target *t, const struct buf *b)
{
	char fresh[NAME_MAX + 1];
	if ((size_t)snprintf(fresh, sizeof(fresh), "%s" SUFFIX, t->name) >= sizeof(fresh))
		return ENAMETOOLONG;
	if (unlinkat(t->dir, fresh, 0) == -1 && errno != ENOENT)
		return errno;
	int fd = openat(t->dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return errno;
	int e = write_whole(fd, b);
	if (close(fd) == -1 && e == 0)
		e = errno;
	if (e == 0 && renameat(t->dir, fresh, t->dir, t->name) == -1)
		e = errno;
	if (e != 0)
		(void)unlinkat(t->dir, fresh, 0);
	return e;
}

/* The exit status is what went wrong, as errno has it. */
static _Noreturn void serve(int fd, const struct target *t)
{
	struct buf b;
	buf_init(&b, METRICS_MAX);
	int e = read_all(fd, &b) ? 0 : EIO;
	if (e == 0 && is_whole(&b))
		e = replace(t, &b);
	buf_release(&b);
	_exit(e > 255 ? EIO : e);
}

/* --- the run --- */

/* "dir/name" in its two parts; the name is what is behind the last slash. */
static bool open_target(const char *path, struct target *t, struct buf *why)
{
	char dir[PATH_SIZE] = ".";
	const char *slash = strrchr(path, '/');
	t->name = slash != NULL ? slash + 1 : path;
	if (slash != NULL)
		(void)snprintf(
			dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if (*t->name == '\0' || strcmp(t->name, ".") == 0 || strcmp(t->name, "..") == 0 ||
		strlen(path) >= sizeof(dir)) {
		buf_addf(why, "%s: not the name of a file", path);
		return false;
	}
	t->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir == -1)
		buf_addf(why, "%s: %s", dir, strerror(errno));
	return t->dir != -1;
}

bool metrics_file_open(struct metrics_file *f, const char *path, struct buf *why)
{
	struct target t;
	int ends[2];
	*f = (struct metrics_file){.fd = -1};
	if (!open_target(path, &t, why))
		return false;
	if (pipe2(ends, O_CLOEXEC) == -1) {
		buf_addf(why, "%s", strerror(errno));
		close(t.dir);
		return false;
	}
	f->writer = fork();
	if (f->writer == 0) {
		close(ends[1]);
		serve(ends[0], &t);
	}
	if (f->writer == -1)
		buf_addf(why, "%s", strerror(errno));
	close(t.dir);
	close(ends[0]);
	if (f->writer == -1)
		close(ends[1]);
	else
		f->fd = ends[1];
	return f->writer != -1;
}

static void send_text(int fd, const struct buf *text)
{
	size_t at = 0;
	while (at < text->len) {
		ssize_t n = write(fd, text->s + at, text->len - at);
		if (n == -1 && errno != EINTR)
			return;
		at += n > 0 ? (size_t)n : 0;
	}
}

bool metrics_file_close(struct metrics_file *f, const struct buf *text)
{
	int status, e;
	if (f->fd == -1)
		return true;
	if (text != NULL && !text->failed)
		send_text(f->fd, text);
	close(f->fd);
	f->fd = -1;
	while ((e = waitpid(f->writer, &status, 0)) == -1 && errno == EINTR)
		;
	if (e == -1)
		return false;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
	if (errno == 0 && text != NULL && text->failed)
		errno = ENOMEM;
	return errno == 0;
}
