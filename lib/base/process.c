#include "base/process.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

bool process_setup(enum confine_network network)
{
	const struct rlimit no_core = {0, 0};

	umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd)
			return false;
	/* A second line of defence: a kernel without it is none to refuse work for. */
	(void)confine(network);
	return true;
}
