#include "store/regions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define MB (1024L * 1024)

/* Somewhat above what is mapped for locks and transactions, log, and cache with our settings. */
static const struct {
	const char *name;
	off_t most;
} regions[] = {
	{"__db.001", 6 * MB},
	{"__db.002", 2 * MB},
	{"__db.003", 22 * MB},
};

static int reserve(const char *path, off_t most)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return errno == ENOENT ? 0 : errno;
	/* Beyond the end of the file: its size is Berkeley DB's own. */
	int e = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, most) == -1 ? errno : 0;
	close(fd);
	return e == ENOSPC || e == EDQUOT ? e : 0;
}

int regions_reserve(const char *dir)
{
	char path[4096];
	int e = 0;
	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]) && e == 0; i++)
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, regions[i].name) <
			sizeof(path))
			e = reserve(path, regions[i].most);
	return e;
}
