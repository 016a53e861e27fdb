#include "sync/sync.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Who asks whether the sync runs at all can see it there; nothing depends on it. */
static void mark_time(int fd)
{
	int64_t now = clock_now_ms();
	const struct timespec t = {(time_t)(now / 1000), (long)(now % 1000) * 1000000};
	(void)futimens(fd, (const struct timespec[2]){t, t});
}

enum err sync_lock(const struct config *c, int *fd)
{
	char path[4096];
	*fd = -1;
	if ((size_t)snprintf(path, sizeof(path), "%s/sync.lock", c->data_dir) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return ERR_STORAGE;
	}
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd == -1)
		return ERR_STORAGE;
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0) {
		mark_time(*fd);
		return ERR_NONE;
	}
	int why = errno;
	close(*fd);
	*fd = -1;
	errno = why;
	return why == EWOULDBLOCK ? ERR_BUSY : ERR_STORAGE;
}
