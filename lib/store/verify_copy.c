/* Verifying what is in use, at a copy. */
#include "store/copy.h"
#include "store/files.h"
#include "store/turn.h"
#include "store/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORK_DIR "verify.tmp"

static enum err failed(struct buf *why, const char *path)
{
	buf_addf(why, "%s: %s", path, strerror(errno));
	return ERR_IO;
}

/* The directory, empty and ours as long as *fd is open: its lock ends with the process, so that
 * what a dead one left can be told from what a living one is at. */
static enum err take_directory(const char *path, int *fd, struct buf *why)
{
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return failed(why, path);
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (*fd == -1)
		return failed(why, path);
	if (flock(*fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK)
			return failed(why, path);
		buf_adds(why, "it is being verified already");
		return ERR_BUSY;
	}
	/* What is in it goes, it stays: the lock is on it. */
	errno = files_clear(path);
	return errno == 0 ? ERR_NONE : failed(why, path);
}

enum err store_verify(struct store *s, const char *work_dir, struct verify_report *r,
	struct copy_report *c, struct buf *why)
{
	char path[FILES_PATH];
	int fd = -1;
	errno = files_path(path, work_dir != NULL ? work_dir : s->dir, WORK_DIR);
	if (errno != 0)
		return failed(why, s->dir);
	enum err e = take_directory(path, &fd, why);
	if (e == ERR_NONE) {
		e = copy_make(s, path, c, why);
		if (e == ERR_NONE)
			e = verify_directory(path, r, why);
		(void)files_remove(path);
	}
	if (fd != -1)
		close(fd);
	return e;
}
