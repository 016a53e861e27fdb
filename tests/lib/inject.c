#include "lib/inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct inject inject_plan;

struct inject *inject_find(void)
{
	struct inject *(*board)(void);
	void *address = dlsym(RTLD_DEFAULT, "inject_board");

	if (address == NULL)
		return NULL;
	memcpy(&board, &address, sizeof(address));
	return board();
}

void inject_on(void)
{
	struct inject *i = inject_find();

	if (i == NULL)
		return;
	i->how = inject_plan.how;
	i->error = inject_plan.error;
	i->at = inject_plan.at;
	i->onward = inject_plan.onward;
	i->kinds = inject_plan.kinds;
}

void inject_off(void)
{
	struct inject *i = inject_find();

	if (i != NULL)
		i->kinds = 0;
}

/* B/tests/unit/test_x -> B/tests/inject.so */
static bool find_library(char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (n <= 0)
		return false;
	path[n] = '\0';
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(path, '/');

		if (slash == NULL)
			return false;
		*slash = '\0';
	}
	size_t len = strlen(path);
	return (size_t)snprintf(path + len, PATH_MAX - len, "/inject.so") < PATH_MAX - len;
}

void inject_into_self(char *const argv[])
{
	char library[PATH_MAX];

	if (inject_find() != NULL)
		return;
	/* Under valgrind, which has a library of its own there, this leads out of it. */
	if (find_library(library) && access(library, R_OK) == 0 &&
		setenv("LD_PRELOAD", library, 1) == 0)
		execv("/proc/self/exe", argv);
	(void)fprintf(stderr, "cannot run under inject.so: %s\n", strerror(errno));
	_exit(99);
}

bool inject_has_memory(void)
{
	/* The compiler takes it for granted that malloc neither sees nor changes anything here. */
	volatile struct inject *i = inject_find();
	void *volatile p;

	i->at = 0;
	i->seen = 0;
	i->kinds = INJECT_MEMORY;
	p = malloc(1);
	i->kinds = 0;
	free(p);
	return i->seen > 0;
}
