#include "store/manifest.h"

#include "base/clock.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "base/version.h"
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)16 * 1024)
#define HEAD     "# dialer backup 1\n"
#define END      "# end\n"
#define FRESH    MANIFEST_FILE ".new"
#define TOO_MANY (-1)

/* --- writing --- */

static int add_name(void *arg, const char *name)
{
	struct manifest *m = arg;
	if (!files_is_kept(name) || strlen(name) >= MANIFEST_NAME_MAX)
		return 0;
	if (m->count == MANIFEST_FILES_MAX)
		return TOO_MANY;
	(void)snprintf(m->files[m->count++].name, MANIFEST_NAME_MAX, "%s", name);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct manifest_entry *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static enum err failed(struct buf *why, const char *name, int e)
{
	buf_addf(why, "%s: %s", name, e == TOO_MANY ? "too many files" : strerror(e));
	return ERR_IO;
}

static enum err add_digests(const char *dir, struct manifest *m, struct buf *why)
{
	for (size_t i = 0; i < m->count; i++) {
		char path[FILES_PATH];
		int e = files_path(path, dir, m->files[i].name);
		int fd = e == 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
		if (e == 0 && fd == -1)
			e = errno;
		if (e == 0 && !digest_of_file(fd, m->files[i].digest))
			e = errno;
		/* Recovery has written to it, too. */
		if (e == 0 && fsync(fd) == -1)
			e = errno;
		if (fd != -1)
			close(fd);
		if (e != 0)
			return failed(why, m->files[i].name, e);
	}
	return ERR_NONE;
}

static void add_text(struct buf *out, const struct manifest *m)
{
	char made[RFC3339_SIZE];
	rfc3339_format(m->made_ms, made);
	buf_addf(out, HEAD "# made %s by dialer " DIALER_VERSION "\n", made);
	buf_addf(out, "# format %" PRId64 ", %" PRId64 " calls, %" PRId64 " problems\n", m->format,
		m->calls, m->problems);
	for (size_t i = 0; i < m->count; i++)
		buf_addf(out, "%s  %s\n", m->files[i].digest, m->files[i].name);
	buf_adds(out, END);
}

/* Whole, or not there. */
static int write_text(const char *dir, const struct buf *text)
{
	char path[FILES_PATH], fresh[FILES_PATH];
	int e = files_path(path, dir, MANIFEST_FILE);
	if (e == 0)
		e = files_path(fresh, dir, FRESH);
	if (e != 0)
		return e;
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return errno;
	errno = ENOSPC;
	bool ok = write(fd, text->s, text->len) == (ssize_t)text->len && fsync(fd) == 0;
	e = ok ? 0 : errno;
	if (close(fd) == -1 && e == 0)
		e = errno;
	/* First everything that it lists. */
	if (e == 0)
		e = files_sync(dir);
	if (e == 0 && rename(fresh, path) == -1)
		e = errno;
	return e == 0 ? files_sync(dir) : e;
}

enum err manifest_write(const char *dir, struct manifest *m, struct buf *why)
{
	m->made_ms = clock_now_ms();
	m->count = 0;
	int e = files_each(dir, add_name, m);
	if (e != 0)
		return failed(why, dir, e);
	qsort(m->files, m->count, sizeof(m->files[0]), by_name);
	enum err result = add_digests(dir, m, why);
	if (result != ERR_NONE)
		return result;
	struct buf text;
	buf_init(&text, TEXT_MAX);
	add_text(&text, m);
	e = text.failed ? ENOMEM : write_text(dir, &text);
	buf_release(&text);
	return e == 0 ? ERR_NONE : failed(why, MANIFEST_FILE, e);
}

/* --- reading --- */

/* Takes a known text off the beginning. */
static bool skip(const char **at, const char *text)
{
	size_t len = strlen(text);
	if (strncmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool take_number(const char **at, int64_t *v)
{
	size_t len = strspn(*at, "0123456789");
	if (!text_int(*at, len, 0, INT64_MAX, v))
		return false;
	*at += len;
	return true;
}

static bool take_made(const char **at, int64_t *ms)
{
	if (!skip(at, "# made ") || !rfc3339_parse(*at, strcspn(*at, " \n"), ms))
		return false;
	*at += strcspn(*at, "\n");
	return skip(at, "\n");
}

static bool take_file(const char **at, struct manifest *m)
{
	size_t digits = strspn(*at, "0123456789abcdef");
	if (m->count == MANIFEST_FILES_MAX || digits != DIGEST_SIZE - 1)
		return false;
	struct manifest_entry *f = &m->files[m->count];
	(void)snprintf(f->digest, sizeof(f->digest), "%s", *at);
	*at += digits;
	if (!skip(at, "  "))
		return false;
	size_t len = strcspn(*at, "\n");
	if (len >= sizeof(f->name))
		return false;
	memcpy(f->name, *at, len);
	f->name[len] = '\0';
	*at += len;
	m->count++;
	/* Nothing else is ever taken from a backup. */
	return files_is_kept(f->name) && skip(at, "\n");
}

static bool parse(const char *text, struct manifest *m)
{
	const char *at = text;
	m->count = 0;
	if (!skip(&at, HEAD) || !take_made(&at, &m->made_ms) || !skip(&at, "# format ") ||
		!take_number(&at, &m->format) || !skip(&at, ", ") || !take_number(&at, &m->calls) ||
		!skip(&at, " calls, ") || !take_number(&at, &m->problems) ||
		!skip(&at, " problems\n"))
		return false;
	while (*at != '#')
		if (!take_file(&at, m))
			return false;
	return skip(&at, END) && *at == '\0';
}

enum err manifest_read(int dir_fd, struct manifest *m, struct buf *why)
{
	char text[TEXT_MAX];
	int fd = openat(dir_fd, MANIFEST_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1 && errno == ENOENT) {
		buf_adds(why, "not a whole backup: there is no " MANIFEST_FILE);
		return ERR_NOT_FOUND;
	}
	ssize_t n = fd != -1 ? read(fd, text, sizeof(text) - 1) : -1;
	int e = errno;
	if (fd != -1)
		close(fd);
	if (n == -1)
		return failed(why, MANIFEST_FILE, e);
	text[n] = '\0';
	if (strlen(text) == (size_t)n && parse(text, m))
		return ERR_NONE;
	buf_adds(why, MANIFEST_FILE " is damaged, or of a newer program");
	return ERR_INVALID;
}
