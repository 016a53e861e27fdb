#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP ((size_t)4096)

static ssize_t read_some(int fd, void *out, size_t len)
{
	ssize_t n;

	do
		n = read(fd, out, len);
	while (n == -1 && errno == EINTR);
	return n;
}

/* The size fstat tells is a hint only: the file may grow, and files of /proc say 0. */
static enum err read_all(int fd, size_t hint, struct buf *out)
{
	for (;;) {
		size_t room = out->max - out->len;
		size_t want = hint > 0 ? hint + 1 : STEP;
		char beyond;
		char *to = &beyond;
		ssize_t n;

		hint = 0;
		if (want > room)
			want = room;
		if (want > 0) {
			to = buf_reserve(out, want);
			if (to == NULL)
				return ERR_NOMEM;
		}
		n = read_some(fd, to, want > 0 ? want : 1);
		if (n == -1)
			return ERR_IO;
		if (n == 0)
			return ERR_NONE;
		if (want == 0)
			return ERR_TOO_LARGE;
		buf_commit(out, (size_t)n);
	}
}

enum err file_read(const char *path, struct buf *out)
{
	size_t before = out->len;
	struct stat st;
	enum err e;
	int fd, saved;

	if (out->failed)
		return ERR_NOMEM;
	/* Opening a FIFO would otherwise wait for somebody to write into it. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	if (fstat(fd, &st) == -1) {
		e = ERR_IO;
	} else if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		e = ERR_IO;
	} else if (st.st_size > 0 && (uintmax_t)st.st_size > out->max - before) {
		e = ERR_TOO_LARGE;
	} else {
		e = read_all(fd, (size_t)st.st_size, out);
	}
	saved = errno;
	close(fd);
	if (e != ERR_NONE && out->len > before) {
		out->len = before;
		out->s[before] = '\0';
	}
	errno = saved;
	return e;
}
