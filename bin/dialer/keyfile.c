#include "keyfile.h"

#include "base/fault.h"
#include "base/file.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/text.h"
#include "vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX  ((size_t)16 * 1024)
#define KEY_BYTES 32
#define PATH_SIZE 4096

static bool wrong(struct buf *why, const char *path, const char *what)
{
	buf_addf(why, "%s: %s: %s", path, what, strerror(errno));
	return false;
}

/* As the vault sees it: the bytes of any other file are one key, of which lines would be the end. */
static bool is_text(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++) {
		unsigned char c = (unsigned char)b->s[i];
		if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
			return false;
	}
	return text_is_utf8(b->s, b->len);
}

static bool read_text(const char *path, struct buf *text, struct buf *why)
{
	errno = 0;
	if (file_read(path, text) != ERR_NONE)
		return wrong(why, path, "cannot be read");
	if (is_text(text))
		return true;
	buf_addf(why, "%s: is no text, so no key can be added; use a file of one key a line", path);
	return false;
}

/* Owner, group and mode of the file that is replaced. */
static bool like_before(int fd, const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && (fchown(fd, st.st_uid, st.st_gid) == 0 || errno == EPERM) &&
	       fchmod(fd, st.st_mode & 07777) == 0;
}

static int open_directory(const char *path)
{
	char dir[PATH_SIZE];
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
	if (len >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, len > 0 ? path : ".", len > 0 ? len : 1);
	dir[len > 0 ? len : 1] = '\0';
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The lock is on the directory, as the file itself is replaced by another one. */
int keyfile_lock(const char *path, struct buf *why)
{
	int fd = open_directory(path);
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

static void sync_directory(const char *path)
{
	int fd = open_directory(path);
	if (fd != -1) {
		(void)fsync(fd);
		close(fd);
	}
}

/* By rename: readers see the old file or the new one. */
static bool replace(const char *path, const struct buf *text, struct buf *why)
{
	char fresh[PATH_SIZE];
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
	sync_directory(path);
	return true;
}

static bool add_random_line(struct buf *text)
{
	unsigned char bytes[KEY_BYTES];
	if (random_bytes(bytes, sizeof(bytes)) != ERR_NONE)
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		buf_addf(text, "%02x", bytes[i]);
	secret_wipe(bytes, sizeof(bytes));
	return buf_addc(text, '\n');
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
