#include "base/privilege.h"
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCOUNT_MAX ((size_t)64 * 1024) /* bytes of one entry of the password database */

static enum err refuse(struct buf *why, const char *what, uid_t uid)
{
	buf_addf(why, "cannot become uid %ld: %s: %s", (long)uid, what, strerror(errno));
	return ERR_IO;
}

/* The account's groups and, in *gid, its own group; without an account *gid alone. */
static int take_groups(uid_t uid, gid_t *gid)
{
	struct passwd entry, *found = NULL;
	char *text = malloc(ACCOUNT_MAX);
	int e = text == NULL ? ENOMEM : getpwuid_r(uid, &entry, text, ACCOUNT_MAX, &found);

	if (e == 0 && found != NULL) {
		*gid = found->pw_gid;
		e = initgroups(found->pw_name, *gid) == -1 ? errno : 0;
	} else if (e == 0) {
		e = setgroups(1, gid) == -1 ? errno : 0;
	}
	free(text);
	errno = e;
	return e == 0 ? 0 : -1;
}

/* Asked of the kernel: a way back to root would make all of this worthless. */
static bool is_for_good(uid_t uid, gid_t gid)
{
	uid_t u[3];
	gid_t g[3];

	if (getresuid(&u[0], &u[1], &u[2]) == -1 || getresgid(&g[0], &g[1], &g[2]) == -1)
		return false;
	for (int i = 0; i < 3; i++)
		if (u[i] != uid || g[i] != gid)
			return false;
	return setuid(0) == -1 && seteuid(0) == -1 && (gid == 0 || setgid(0) == -1);
}

enum err privilege_become(uid_t uid, gid_t gid, struct buf *why)
{
	if (take_groups(uid, &gid) == -1)
		return refuse(why, "groups", uid);
	if (setresgid(gid, gid, gid) == -1)
		return refuse(why, "group", uid);
	if (setresuid(uid, uid, uid) == -1)
		return refuse(why, "user", uid);
	if (!is_for_good(uid, gid)) {
		errno = EPERM;
		return refuse(why, "root could be taken back", uid);
	}
	return ERR_NONE;
}

enum err privilege_become_owner(const char *directory, struct buf *why)
{
	struct stat st;

	if (geteuid() != 0)
		return ERR_NONE;
	if (stat(directory, &st) == -1) {
		enum err e = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;

		buf_addf(why, "%s: %s", directory, strerror(errno));
		return e;
	}
	if (!S_ISDIR(st.st_mode)) {
		buf_addf(why, "%s: not a directory", directory);
		return ERR_INVALID;
	}
	return st.st_uid == 0 ? ERR_NONE : privilege_become(st.st_uid, st.st_gid, why);
}
