#include "store/logs.h"

#include "base/clock.h"
#include "store/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOCK_FILE "backup.lock"
#define POLL_NS   20000000L

enum err logs_keep(const char *data_dir, int64_t wait_ms, int *fd)
{
	char path[4096];
	int64_t end = clock_mono_ms() + wait_ms;
	*fd = -1;
	if ((size_t)snprintf(path, sizeof(path), "%s/" LOCK_FILE, data_dir) >= sizeof(path))
		return ERR_IO;
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd == -1)
		return ERR_IO;
	while (flock(*fd, LOCK_EX | LOCK_NB) == -1) {
		const struct timespec nap = {0, POLL_NS};
		enum err e = errno != EWOULDBLOCK && errno != EINTR ? ERR_IO
			     : clock_mono_ms() >= end               ? ERR_BUSY
								    : ERR_NONE;
		if (e != ERR_NONE) {
			logs_release(*fd);
			*fd = -1;
			return e;
		}
		nanosleep(&nap, NULL);
	}
	return ERR_NONE;
}

void logs_release(int fd)
{
	if (fd != -1)
		close(fd);
}

static int tidy_fn(struct turn *t, void *arg)
{
	return turn_checkpoint(t, false, *(const bool *)arg);
}

enum err logs_tidy(struct store *s)
{
	int fd;
	bool removal = logs_keep(s->dir, 0, &fd) == ERR_NONE;
	enum err e = turn_run(s, TURN_READ, tidy_fn, &removal);
	logs_release(fd);
	return e;
}
