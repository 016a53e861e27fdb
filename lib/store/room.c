#include "store/room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MB        (1024L * 1024)
#define ROOM_FILE "room"
/* For a log file, a large transaction and the pages of a checkpoint. */
#define CHANGE_BYTES (UINT64_C(4) * MB)

/* Somewhat above what is mapped for locks and transactions, log, and cache with our settings. */
static const struct {
	const char *name;
	off_t most;
} regions[] = {
	{"__db.001", 6 * MB},
	{"__db.002", 2 * MB},
	{"__db.003", 22 * MB},
};
#define REGIONS (sizeof(regions) / sizeof(regions[0]))

static bool path_of(const char *dir, const char *name, char *out, size_t size)
{
	return (size_t)snprintf(out, size, "%s/%s", dir, name) < size;
}

int room_for_change(const char *dir)
{
	struct statvfs st;
	if (statvfs(dir, &st) == -1)
		return 0;
	return (uint64_t)st.f_bavail * st.f_frsize < CHANGE_BYTES ? ENOSPC : 0;
}

static int take(const char *path, int flags, off_t most)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (fd == -1)
		return errno == ENOSPC || errno == EDQUOT ? errno : 0;
	/* Beyond the end of the file: its size is Berkeley DB's own. */
	int e = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, most) == -1 ? errno : 0;
	close(fd);
	return e == ENOSPC || e == EDQUOT ? e : 0;
}

int room_for_regions(const char *dir)
{
	char path[4096];
	off_t all = 0;
	for (size_t i = 0; i < REGIONS; i++) {
		all += regions[i].most;
		if (path_of(dir, regions[i].name, path, sizeof(path)))
			unlink(path);
	}
	if (!path_of(dir, ROOM_FILE, path, sizeof(path)))
		return ENAMETOOLONG;
	int e = take(path, O_CREAT, all);
	unlink(path);
	return e;
}

void room_take(const char *dir)
{
	char path[4096];
	for (size_t i = 0; i < REGIONS; i++)
		if (path_of(dir, regions[i].name, path, sizeof(path)))
			(void)take(path, 0, regions[i].most);
}
