#include "keyfile.h"

#include "base/fault.h"
#include "base/file.h"
#include "base/secret.h"
#include "files.h"
#include "vault/vault.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((size_t)16 * 1024)

static bool wrong(struct buf *why, const char *path, const char *what)
{
	buf_addf(why, "%s: %s: %s", path, what, strerror(errno));
	return false;
}

static bool read_text(const char *path, struct buf *text, struct buf *why)
{
	errno = 0;
	if (file_read(path, text) != ERR_NONE)
		return wrong(why, path, "cannot be read");
	/* The bytes of any other file are one key, of which lines would be the end. */
	if (vault_is_text(text->s, text->len))
		return true;
	buf_addf(why, "%s: is no text, so no key can be added; use a file of one key a line", path);
	return false;
}

/* Owner, group and mode of the file that is replaced: who read it must be able to do so again. */
static bool like_before(int fd, const char *path)
{
	struct stat before, now;
	if (stat(path, &before) == -1 || fstat(fd, &now) == -1)
		return false;
	bool own = now.st_uid == before.st_uid && now.st_gid == before.st_gid;
	return (own || fchown(fd, before.st_uid, before.st_gid) == 0) &&
	       fchmod(fd, before.st_mode & 07777) == 0;
}

/* The file itself, where the path is a link: the link stays, and what it leads to is replaced. */
static const char *resolve(const char *path, char out[PATH_SIZE])
{
	static_assert(PATH_SIZE >= PATH_MAX, "what realpath may write");
	return realpath(path, out);
}

/* The lock is on the directory, as the file itself is replaced by another one. */
int keyfile_lock(const char *path, struct buf *why)
{
	char real[PATH_SIZE];
	int fd = resolve(path, real) != NULL ? directory_open(real) : -1;
	if (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		buf_addf(why, "%s: its keys are being changed by another process", path);
	else
		wrong(why, path, "cannot be locked");
	if (fd != -1)
		close(fd);
	return -1;
}

/* By rename: readers see the old file or the new one. The name beside is always the same: nobody
 * else is at it, and what a process left that was killed is cleared away by the next. */
static bool replace(const char *given, const struct buf *text, struct buf *why)
{
	char real[PATH_SIZE], fresh[PATH_SIZE];
	const char *path = resolve(given, real);
	if (path == NULL)
		return wrong(why, given, "cannot be found");
	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh)) {
		errno = ENAMETOOLONG;
		return wrong(why, path, "no temporary name");
	}
	(void)unlink(fresh);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return wrong(why, fresh, "cannot be made");
	bool ok = write(fd, text->s, text->len) == (ssize_t)text->len && like_before(fd, path) &&
		  fsync(fd) == 0;
	FAULT_POINT("key-before-rename");
	ok = close(fd) == 0 && ok && rename(fresh, path) == 0;
	FAULT_POINT("key-after-rename");
	if (!ok) {
		wrong(why, path, "cannot be written");
		(void)unlink(fresh);
		return false;
	}
	directory_sync(path);
	return true;
}

static bool add_random_line(struct buf *text)
{
	char line[KEY_LINE];
	bool ok = key_line(line) && buf_add(text, line, sizeof(line));
	secret_wipe(line, sizeof(line));
	return ok;
}

static size_t count_keys(const char *text)
{
	size_t keys = 0;
	while (*text != '\0') {
		size_t whole = strcspn(text, "\n");
		keys += strspn(text, " \t\r") < whole ? 1 : 0;
		text += whole + (text[whole] == '\n' ? 1 : 0);
	}
	return keys;
}

size_t keyfile_count(const char *path)
{
	struct buf text;
	buf_init_secret(&text, FILE_MAX);
	size_t keys = file_read(path, &text) == ERR_NONE ? count_keys(text.s) : 0;
	buf_release(&text);
	return keys;
}

bool keyfile_add(const char *path, struct buf *why)
{
	struct buf old, text;
	buf_init_secret(&old, FILE_MAX);
	buf_init_secret(&text, FILE_MAX);
	bool ok = read_text(path, &old, why);
	if (ok && count_keys(old.s) >= VAULT_KEYS_MAX) {
		buf_addf(why, "%s: holds %d keys already", path, VAULT_KEYS_MAX);
		ok = false;
	}
	if (ok && !(add_random_line(&text) && buf_add(&text, old.s, old.len))) {
		buf_addf(why, "%s: no room or no randomness for another key", path);
		ok = false;
	}
	ok = ok && replace(path, &text, why);
	buf_release(&old);
	buf_release(&text);
	return ok;
}

bool keyfile_keep(const char *path, size_t count, struct buf *why)
{
	struct buf old, text;
	buf_init_secret(&old, FILE_MAX);
	buf_init_secret(&text, FILE_MAX);
	bool ok = read_text(path, &old, why);
	for (const char *line = old.s; ok && *line != '\0' && count > 0;) {
		size_t whole = strcspn(line, "\n");
		if (strspn(line, " \t\r") < whole) {
			buf_add(&text, line, whole);
			buf_addc(&text, '\n');
			count--;
		}
		line += whole + (line[whole] == '\n' ? 1 : 0);
	}
	ok = ok && !text.failed && text.len > 0 && replace(path, &text, why);
	buf_release(&old);
	buf_release(&text);
	return ok;
}
