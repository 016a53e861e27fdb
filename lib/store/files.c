#include "store/files.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Changes are refused while there are less than 4 MB; calls go on while an administrator thinks. */
#define MARGIN_BYTES (INT64_C(64) * 1024 * 1024)

bool files_is_kept(const char *name)
{
	size_t len = strlen(name);
	if (strcmp(name, FILES_FORMAT) == 0)
		return true;
	if (strncmp(name, "log.", 4) == 0)
		return len == 14 && text_is_digits(name + 4, 10);
	return len > 3 && len < 40 && strcmp(name + len - 3, ".db") == 0 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz_") == len - 3;
}

bool files_is_theirs(const char *name)
{
	return files_is_kept(name) || strncmp(name, "__db.", 5) == 0;
}

int files_path(char out[FILES_PATH], const char *dir, const char *name)
{
	int n = snprintf(out, FILES_PATH, "%s/%s", dir, name);
	return n < 0 || n >= FILES_PATH ? ENAMETOOLONG : 0;
}

int files_each(const char *dir, int (*each)(void *arg, const char *name), void *arg)
{
	DIR *d = opendir(dir);
	if (d == NULL)
		return errno;
	int e = 0;
	while (e == 0) {
		errno = 0;
		const struct dirent *entry = readdir(d);
		if (entry == NULL) {
			e = errno;
			break;
		}
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			e = each(arg, entry->d_name);
	}
	closedir(d);
	return e;
}

bool files_exist(const char *dir, const char *name)
{
	char path[FILES_PATH];
	struct stat st;
	return files_path(path, dir, name) == 0 && lstat(path, &st) == 0;
}

#define FOUND_ONE (-1)

static int stop_at_first(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "lost+found") == 0 ? 0 : FOUND_ONE;
}

int files_empty(const char *dir, bool *empty)
{
	int e = files_each(dir, stop_at_first, NULL);
	*empty = e == 0;
	return e == FOUND_ONE ? 0 : e;
}

int files_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return errno;
	int e = fsync(fd) == -1 ? errno : 0;
	close(fd);
	return e;
}

static int remove_one(void *arg, const char *name)
{
	char path[FILES_PATH];
	int e = files_path(path, arg, name);
	if (e == 0 && unlink(path) == -1 && errno != ENOENT && errno != EISDIR)
		e = errno;
	return e;
}

int files_clear(const char *dir)
{
	int e = files_each(dir, remove_one, (void *)(uintptr_t)dir);
	return e == ENOENT ? 0 : e;
}

int files_remove(const char *dir)
{
	int e = files_clear(dir);
	if (e == 0 && rmdir(dir) == -1)
		e = errno;
	return e == ENOENT ? 0 : e;
}

int64_t files_room(const char *dir)
{
	struct statvfs st;
	if (statvfs(dir, &st) == -1)
		return INT64_MAX;
	return (int64_t)st.f_bavail * (int64_t)st.f_frsize - MARGIN_BYTES;
}
