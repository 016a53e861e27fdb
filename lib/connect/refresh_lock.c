#include "connect/refresh_lock.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* 10 ms: a refresh takes some 100, and the kernel's own waiting cannot be bounded. */
#define POLL_NS 10000000L

/* Two users who share a place wait for each other once in a blue moon; nothing else happens. */
static off_t place_of(const char *user)
{
	unsigned char hash[crypto_generichash_BYTES_MIN];
	uint64_t place = 0;
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)user, strlen(user), NULL, 0);
	memcpy(&place, hash, sizeof(place));
	return (off_t)(place >> 2);
}

enum err refresh_lock(const char *data_dir, const char *user, int64_t deadline, int *fd)
{
	char path[4096];
	*fd = -1;
	if ((size_t)snprintf(path, sizeof(path), "%s/refresh.lock", data_dir) >= sizeof(path))
		return ERR_IO;
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd == -1)
		return ERR_IO;
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = place_of(user), .l_len = 1};
	while (fcntl(*fd, F_OFD_SETLK, &lock) == -1) {
		enum err e = errno != EAGAIN && errno != EACCES ? ERR_IO
			     : clock_mono_ms() >= deadline      ? ERR_BUSY
								: ERR_NONE;
		if (e != ERR_NONE) {
			refresh_unlock(*fd);
			*fd = -1;
			return e;
		}
		struct timespec nap = {0, POLL_NS};
		nanosleep(&nap, NULL);
	}
	return ERR_NONE;
}

void refresh_unlock(int fd)
{
	if (fd != -1)
		close(fd);
}
