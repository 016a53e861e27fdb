#include "base/confine.h"
#include "unit/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a confined child returns; it cannot come back from confinement. */
static int confined(enum confine_network network, int (*try)(void))
{
	int status;
	pid_t child = fork();
	ck_assert_int_ne(child, -1);
	if (child == 0)
		_exit(confine(network) ? try() : 99);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status), "status %x", status);
	return WEXITSTATUS(status);
}

/* Sanitizers leave no filter to try. */
static bool there_is_none(void)
{
	return confined(CONFINE_SOCKETS, getpid) == 99;
}

static int try_shell(void)
{
	char *const argv[] = {(char[]){"/bin/true"}, NULL}, *const envp[] = {NULL};
	execve(argv[0], argv, envp);
	return errno;
}

static int try_shell_by_descriptor(void)
{
	char *const argv[] = {(char[]){"true"}, NULL}, *const envp[] = {NULL};
	int fd = open("/bin/true", O_PATH | O_CLOEXEC);
	if (fd == -1)
		return 98;
	fexecve(fd, argv, envp);
	return errno;
}

static int try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) == -1 ? errno : 0;
}

static int try_pair(void)
{
	int fd[2];
	return socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1 ? errno : 0;
}

static int try_trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 ? errno : 0;
}

static int try_mount(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL) == -1 ? errno : 0;
}

static int look_at_flags(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
			       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
			       prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2
		       ? 0
		       : 1;
}

static int live_on(void)
{
	char byte;
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	pid_t child = fork();
	if (child == 0)
		_exit(try_shell() == EPERM ? 0 : 1);
	int status = 1;
	if (fd == -1 || read(fd, &byte, 1) != 1 || waitpid(child, &status, 0) != child)
		return 1;
	return status;
}

START_TEST(no_other_program_is_run)
{
	if (there_is_none())
		return;
	ck_assert_int_eq(confined(CONFINE_SOCKETS, try_shell), EPERM);
	ck_assert_int_eq(confined(CONFINE_SOCKETS, try_shell_by_descriptor), EPERM);
	ck_assert_int_eq(confined(CONFINE_NO_SOCKETS, try_shell), EPERM);
}
END_TEST

START_TEST(sockets_are_for_those_who_ask_providers)
{
	if (there_is_none())
		return;
	ck_assert_int_eq(confined(CONFINE_NO_SOCKETS, try_socket), EPERM);
	ck_assert_int_eq(confined(CONFINE_NO_SOCKETS, try_pair), EPERM);
	ck_assert_int_eq(confined(CONFINE_SOCKETS, try_socket), 0);
	ck_assert_int_eq(confined(CONFINE_SOCKETS, try_pair), 0);
}
END_TEST

START_TEST(nobody_is_traced_and_nothing_is_mounted)
{
	if (there_is_none())
		return;
	ck_assert_int_eq(confined(CONFINE_SOCKETS, try_trace), EPERM);
	ck_assert_int_eq(confined(CONFINE_SOCKETS, try_mount), EPERM);
}
END_TEST

START_TEST(the_kernel_knows_about_it)
{
	if (there_is_none())
		return;
	ck_assert_int_eq(confined(CONFINE_SOCKETS, look_at_flags), 0);
}
END_TEST

START_TEST(the_rest_works_and_children_are_confined_too)
{
	if (there_is_none())
		return;
	ck_assert_int_eq(confined(CONFINE_NO_SOCKETS, live_on), 0);
}
END_TEST

START_TEST(without_confinement_all_of_it_is_possible)
{
	ck_assert_int_eq(try_socket(), 0);
	ck_assert_int_eq(try_pair(), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("confine");
	TCase *t = tcase_create("confine");

	tcase_add_test(t, no_other_program_is_run);
	tcase_add_test(t, sockets_are_for_those_who_ask_providers);
	tcase_add_test(t, nobody_is_traced_and_nothing_is_mounted);
	tcase_add_test(t, the_kernel_knows_about_it);
	tcase_add_test(t, the_rest_works_and_children_are_confined_too);
	tcase_add_test(t, without_confinement_all_of_it_is_possible);
	suite_add_tcase(s, t);
	return unit_run(s);
}
