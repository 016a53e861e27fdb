#include "making.h"

#include "base/fault.h"
#include "base/secret.h"
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERVICE_ACCOUNT "www-data" /* the user Debian's Apache runs programs as */
#define ACCOUNT_MAX     ((size_t)64 * 1024)

/* Any of the two numbers may stay as it is. */
#define SAME_UID ((uid_t)-1)
#define SAME_GID ((gid_t)-1)

/* Says what the system refused. */
static enum made not_made(struct buf *why, const char *path, const char *what)
{
	buf_addf(why, "%s: %s: %s", path, what, strerror(errno));
	return MADE_NOT;
}

/* --- whose it will be --- */

static int look_up(const char *name, uid_t uid, struct account *a, struct buf *why)
{
	struct passwd entry, *found = NULL;
	char *text = malloc(ACCOUNT_MAX);
	int e = ENOMEM;
	if (text != NULL && name != NULL)
		e = getpwnam_r(name, &entry, text, ACCOUNT_MAX, &found);
	else if (text != NULL)
		e = getpwuid_r(uid, &entry, text, ACCOUNT_MAX, &found);
	if (found != NULL) {
		a->uid = found->pw_uid;
		a->gid = found->pw_gid;
	} else if (e != 0) {
		buf_addf(why, "the user database cannot be read: %s", strerror(e));
	}
	free(text);
	return e != 0 ? -1 : found != NULL;
}

bool account_find(struct account *a, const char *data_dir, struct buf *why)
{
	struct stat st;
	*a = (struct account){.by_root = geteuid() == 0, .uid = geteuid(), .gid = getegid()};
	if (!a->by_root)
		return true;
	if (stat(data_dir, &st) == 0 && st.st_uid != 0) {
		a->uid = st.st_uid;
		a->gid = st.st_gid;
		/* An owner without an account is fine. */
		return look_up(NULL, st.st_uid, a, why) != -1;
	}
	int found = look_up(SERVICE_ACCOUNT, 0, a, why);
	if (found == 0)
		buf_adds(why, "there is no user " SERVICE_ACCOUNT
			      ", as whom Apache runs programs; install apache2, or make the data "
			      "directory as the user it is to belong to");
	return found == 1;
}

/* --- directories --- */

struct ownership {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/* Gives an open file away. */
static bool give(int fd, const struct ownership *o)
{
	/* The mode last: chown may take bits of it away. */
	if ((o->uid != SAME_UID || o->gid != SAME_GID) && fchown(fd, o->uid, o->gid) == -1)
		return false;
	return fchmod(fd, o->mode) == 0;
}

/* Never replaces anything, were it an empty directory. */
static int rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* Some file systems cannot; theirs may replace an empty directory made at this moment. */
	return errno == EINVAL ? rename(from, to) : -1;
}

static enum made make_fresh_dir(
	const char *fresh, const char *path, const struct ownership *o, struct buf *why)
{
	int fd = open(fresh, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return not_made(why, path, "cannot be opened");
	enum made m = give(fd, o) ? MADE_NEW : not_made(why, path, "cannot be given away");
	close(fd);
	FAULT_POINT("directory-before-rename");
	if (m == MADE_NEW && rename_new(fresh, path) == -1)
		m = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
			    ? MADE_BEFORE
			    : not_made(why, path, "cannot be made");
	if (m != MADE_NEW)
		(void)rmdir(fresh);
	return m;
}

/* Makes one directory; MADE_BEFORE: something of that name is there. */
static enum made make_dir(const char *path, const struct ownership *o, struct buf *why)
{
	char fresh[PATH_SIZE];
	struct stat st;
	if (stat(path, &st) == 0)
		return MADE_BEFORE;
	if (errno != ENOENT)
		return not_made(why, path, "cannot be looked at");
	if (!name_beside(path, fresh))
		return not_made(why, path, "no temporary name");
	if (mkdir(fresh, 0700) == -1)
		return not_made(why, path, "cannot be made");
	return make_fresh_dir(fresh, path, o, why);
}

static bool may_pass(const struct stat *st, const struct account *a)
{
	return (st->st_uid == a->uid && (st->st_mode & S_IXUSR) != 0) ||
	       (st->st_gid == a->gid && (st->st_mode & S_IXGRP) != 0) ||
	       (st->st_mode & S_IXOTH) != 0;
}

/* Lets the account's group pass a directory that is root's alone. */
static bool let_pass(const char *path, const struct stat *st, const struct account *a)
{
	const struct ownership o = {SAME_UID, a->gid, (st->st_mode & 0700) | S_IXGRP};
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool given = fd != -1 && give(fd, &o);
	if (fd != -1)
		close(fd);
	return given;
}

/* What root keeps in a temporary directory of his own (mktemp -d) is out of the service's reach.
 * Below /tmp and the like the way is opened; elsewhere who may pass is the administrator's
 * business. */
static bool open_way(const char *path, const struct account *a, struct buf *why)
{
	char part[PATH_SIZE];
	bool temporary = false;
	struct stat st;
	for (const char *s = path; a->by_root && *s != '\0'; s++) {
		size_t len = (size_t)(s - path);
		if (*s != '/' || len == 0 || len >= sizeof(part))
			continue;
		memcpy(part, path, len);
		part[len] = '\0';
		if (lstat(part, &st) == -1 || !S_ISDIR(st.st_mode))
			return true; /* whoever needs it will say so */
		bool roots_alone = st.st_uid == 0 && (st.st_mode & 0077) == 0;
		if (temporary && roots_alone && !may_pass(&st, a) && !let_pass(part, &st, a)) {
			not_made(why, part, "cannot be opened to the service's group");
			return false;
		}
		temporary = temporary || (st.st_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH);
	}
	return true;
}

/* Makes what is missing of the directories that lead to `path`, the last of them as `nearest` says.
 */
static bool make_parents(
	const char *path, const struct account *a, const struct ownership *nearest, struct buf *why)
{
	const struct ownership far = {SAME_UID, SAME_GID, a->by_root ? 0755 : 0700};
	const char *last = strrchr(path, '/');
	char part[PATH_SIZE];
	for (const char *s = path; last != NULL && s <= last; s++) {
		size_t len = (size_t)(s - path);
		if (*s != '/' || len == 0 || len >= sizeof(part))
			continue;
		memcpy(part, path, len);
		part[len] = '\0';
		if (make_dir(part, s == last ? nearest : &far, why) == MADE_NOT)
			return false;
	}
	return true;
}

/* 1: nothing but `lost+found`; -1: it cannot be read. Takes the descriptor over. */
static int is_empty(int fd)
{
	DIR *dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return -1;
	}
	int empty = 1;
	errno = 0;
	for (struct dirent *d; empty == 1 && (d = readdir(dir)) != NULL;)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 &&
			strcmp(d->d_name, "lost+found") != 0)
			empty = 0;
	if (empty == 1 && errno != 0)
		empty = -1;
	closedir(dir);
	return empty;
}

/* A directory of root that is empty: a package or the administrator has made it for us. */
static enum made take_over(const char *path, int fd, const struct account *a, struct buf *why)
{
	const struct ownership o = {a->uid, a->gid, 0700};
	struct stat st;
	if (fstat(fd, &st) == -1)
		return not_made(why, path, "cannot be looked at");
	if (!a->by_root || st.st_uid != 0)
		return MADE_BEFORE;
	int empty = is_empty(dup(fd));
	if (empty == -1)
		return not_made(why, path, "cannot be read");
	if (empty == 0)
		return MADE_BEFORE;
	return give(fd, &o) ? MADE_NEW : not_made(why, path, "cannot be given away");
}

/* `path` has no slash at its end. */
static enum made make_data_dir_at(const char *path, const struct account *a, struct buf *why)
{
	const struct ownership far = {SAME_UID, SAME_GID, a->by_root ? 0755 : 0700};
	const struct ownership own = {
		a->by_root ? a->uid : SAME_UID, a->by_root ? a->gid : SAME_GID, 0700};
	if (!make_parents(path, a, &far, why) || !open_way(path, a, why))
		return MADE_NOT;
	enum made m = make_dir(path, &own, why);
	if (m != MADE_BEFORE)
		return m;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return not_made(why, path, "cannot be opened as a directory");
	m = take_over(path, fd, a, why);
	close(fd);
	return m;
}

enum made make_data_dir(const char *path, const struct account *a, struct buf *why)
{
	char bare[PATH_SIZE];
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	errno = ENAMETOOLONG;
	if (len >= sizeof(bare))
		return not_made(why, path, "cannot be made");
	memcpy(bare, path, len);
	bare[len] = '\0';
	return make_data_dir_at(bare, a, why);
}

/* --- keys --- */

static bool write_key(int fd, const struct ownership *o)
{
	char text[KEY_LINE];
	errno = EIO;
	bool ok = key_line(text) && write(fd, text, sizeof(text)) == (ssize_t)sizeof(text) &&
		  give(fd, o) && fsync(fd) == 0;
	secret_wipe(text, sizeof(text));
	return ok;
}

/* link(2) refuses where the name is taken; rename(2) would destroy what is there. */
static enum made write_new(const char *path, const struct ownership *o, struct buf *why)
{
	char fresh[PATH_SIZE];
	if (!name_beside(path, fresh))
		return not_made(why, path, "no temporary name");
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return not_made(why, path, "cannot be made");
	enum made m = MADE_NEW;
	if (!write_key(fd, o))
		m = not_made(why, path, "cannot be written");
	if (close(fd) == -1 && m == MADE_NEW)
		m = not_made(why, path, "cannot be written");
	FAULT_POINT("key-before-link");
	if (m == MADE_NEW && link(fresh, path) == -1)
		m = errno == EEXIST ? MADE_BEFORE : not_made(why, path, "cannot be made");
	(void)unlink(fresh);
	if (m == MADE_NEW)
		directory_sync(path);
	return m;
}

/* A key that root wrote for himself alone is of no use to the service. */
static bool open_to_account(
	const char *path, const struct stat *st, const struct account *a, struct buf *why)
{
	bool by_group = st->st_gid == a->gid && (st->st_mode & S_IRGRP) != 0;
	bool readable = st->st_uid == a->uid || by_group || (st->st_mode & S_IROTH) != 0;
	const struct ownership o = {SAME_UID, a->gid, 0640};
	if (!a->by_root || st->st_uid != 0 || readable)
		return true;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool given = fd != -1 && give(fd, &o);
	if (!given)
		not_made(why, path, "cannot be opened to the service's group");
	if (fd != -1)
		close(fd);
	return given;
}

enum made make_key_file(const char *path, const struct account *a, struct buf *why)
{
	const struct ownership near = {
		SAME_UID, a->by_root ? a->gid : SAME_GID, a->by_root ? 0750 : 0700};
	const struct ownership own = {
		SAME_UID, a->by_root ? a->gid : SAME_GID, a->by_root ? 0640 : 0600};
	struct stat st;
	if (!open_way(path, a, why))
		return MADE_NOT;
	if (stat(path, &st) == 0) {
		if (S_ISREG(st.st_mode))
			return open_to_account(path, &st, a, why) ? MADE_BEFORE : MADE_NOT;
		buf_addf(why, "%s: not a file", path);
		return MADE_NOT;
	}
	if (errno != ENOENT)
		return not_made(why, path, "cannot be looked at");
	if (lstat(path, &st) == 0) {
		buf_addf(why, "%s: a link that leads nowhere", path);
		return MADE_NOT;
	}
	return make_parents(path, a, &near, why) ? write_new(path, &own, why) : MADE_NOT;
}
