#include "base/privilege.h"
#include "base/process.h"
#include "unit/unit.h"
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nobody has it: what belongs to it has no account. */
#define UID_WITHOUT_ACCOUNT 54321
#define GID_OF_ROOT_ONLY    54399

static char dir[256];
static struct buf why;

static void setup(void)
{
	const char *base = getenv("TMPDIR");

	(void)snprintf(dir, sizeof(dir), "%s/privilege-XXXXXX", base != NULL ? base : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	buf_init(&why, 1024);
}

static void teardown(void)
{
	rmdir(dir);
	buf_release(&why);
}

/* Gives up root for the directory's owner; whether all of it is then his. */
static bool becomes(uid_t uid, gid_t gid)
{
	const gid_t of_root[] = {0, GID_OF_ROOT_ONLY};
	gid_t groups[8];

	if (setgroups(2, of_root) == -1 || privilege_become_owner(dir, &why) != ERR_NONE)
		return false;
	for (int n = getgroups(8, groups); n > 0; n--)
		if (groups[n - 1] == 0 || groups[n - 1] == GID_OF_ROOT_ONLY)
			return false;
	return getuid() == uid && geteuid() == uid && getgid() == gid && getegid() == gid &&
	       setuid(0) == -1 && setgid(0) == -1 && open("/etc/shadow", O_RDONLY) == -1;
}

/* In a process of its own, as there is no way back. */
static bool becomes_in_child(uid_t uid, gid_t gid)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(becomes(uid, gid) ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status == 0;
}

START_TEST(root_becomes_the_owner_for_good)
{
	const struct passwd *p = getpwnam("nobody");

	if (geteuid() != 0)
		return;
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(chown(dir, p->pw_uid, 0), 0);
	ck_assert(becomes_in_child(p->pw_uid, p->pw_gid));
}
END_TEST

START_TEST(owner_without_account_gets_the_group_of_the_directory)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(dir, UID_WITHOUT_ACCOUNT, UID_WITHOUT_ACCOUNT + 1), 0);
	ck_assert(becomes_in_child(UID_WITHOUT_ACCOUNT, UID_WITHOUT_ACCOUNT + 1));
}
END_TEST

START_TEST(directory_of_our_own_changes_nothing)
{
	uid_t uid = geteuid();

	ck_assert_int_eq(privilege_become_owner(dir, &why), ERR_NONE);
	ck_assert_int_eq(geteuid(), uid);
}
END_TEST

START_TEST(other_users_stay_what_they_are)
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(dir, UID_WITHOUT_ACCOUNT, UID_WITHOUT_ACCOUNT), 0);
	pid = fork();
	if (pid == 0)
		_exit(setresuid(65534, 65534, 65534) == 0 &&
					privilege_become_owner(dir, &why) == ERR_NONE &&
					geteuid() == 65534
				? 0
				: 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(missing_directory_is_told_from_what_is_none)
{
	char path[UNIT_PATH_SIZE];

	if (geteuid() != 0)
		return;
	unit_file(path, "", 0);
	ck_assert_int_eq(privilege_become_owner(path, &why), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why.s, path));
	unlink(path);
	buf_reset(&why);
	ck_assert_int_eq(privilege_become_owner(path, &why), ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(why.s, path));
}
END_TEST

/* A database that gets the number 2 would be written full of log lines. */
START_TEST(closed_standard_streams_are_opened)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		close(STDIN_FILENO);
		close(STDERR_FILENO);
		_exit(process_setup(CONFINE_SOCKETS) && fcntl(STDIN_FILENO, F_GETFD) != -1 &&
					fcntl(STDERR_FILENO, F_GETFD) != -1 &&
					open("/dev/null", O_RDONLY) > STDERR_FILENO
				? 0
				: 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(new_files_are_for_their_owner_alone)
{
	mode_t before = umask(022);

	ck_assert(process_setup(CONFINE_SOCKETS));
	ck_assert_int_eq(umask(before), 077);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("privilege");
	TCase *t = tcase_create("privilege");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, root_becomes_the_owner_for_good);
	tcase_add_test(t, owner_without_account_gets_the_group_of_the_directory);
	tcase_add_test(t, directory_of_our_own_changes_nothing);
	tcase_add_test(t, other_users_stay_what_they_are);
	tcase_add_test(t, missing_directory_is_told_from_what_is_none);
	tcase_add_test(t, closed_standard_streams_are_opened);
	tcase_add_test(t, new_files_are_for_their_owner_alone);
	suite_add_tcase(s, t);
	return unit_run(s);
}
