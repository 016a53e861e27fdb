#include "store/swap.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/rfc3339.h"
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACE     "restoring"
#define PLACE_IN  PLACE "/in"
#define PLACE_OUT PLACE "/out"

static int sub(char out[FILES_PATH], const char *dir, const char *name)
{
	return files_path(out, dir, name);
}

static int make_dir(const char *dir, const char *name)
{
	char path[FILES_PATH];
	int e = sub(path, dir, name);
	return e != 0 ? e : mkdir(path, 0700) == -1 && errno != EEXIST ? errno : 0;
}

static int remove_dir(const char *dir, const char *name)
{
	char path[FILES_PATH];
	int e = sub(path, dir, name);
	return e != 0 ? e : files_remove(path);
}

/* Never what is in it: old databases, once they are. */
static int remove_empty(const char *dir, const char *name)
{
	char path[FILES_PATH];
	int e = sub(path, dir, name);
	return e != 0 ? e : rmdir(path) == -1 && errno != ENOENT ? errno : 0;
}

/* --- beginning --- */

int swap_prepare(const char *dir, char *in, size_t size)
{
	int e = remove_empty(dir, PLACE_OUT);
	if (e == 0)
		e = remove_dir(dir, PLACE_IN);
	if (e == 0)
		e = make_dir(dir, PLACE);
	if (e == 0)
		e = make_dir(dir, PLACE_IN);
	if (e == 0 && (size_t)snprintf(in, size, "%s/" PLACE_IN, dir) >= size)
		e = ENAMETOOLONG;
	return e;
}

void swap_give_up(const char *dir)
{
	if (remove_empty(dir, PLACE_OUT) == 0 && remove_dir(dir, PLACE_IN) == 0)
		(void)remove_empty(dir, PLACE);
}

/* --- moving --- */

struct moving {
	const char *from, *to;
};

static int move_as(const char *from, const char *name, const char *to, const char *new_name)
{
	char a[FILES_PATH], b[FILES_PATH];
	int e = files_path(a, from, name);
	if (e == 0)
		e = files_path(b, to, new_name);
	if (e == 0 && rename(a, b) == -1)
		e = errno;
	return e;
}

static int move(const char *from, const char *to, const char *name)
{
	return move_as(from, name, to, name);
}

static int move_one(void *arg, const char *name)
{
	const struct moving *m = arg;
	if (!files_is_theirs(name) || strcmp(name, FILES_FORMAT) == 0)
		return 0;
	int e = move(m->from, m->to, name);
	FAULT_POINT("swap-moved-one");
	return e;
}

/* All but FORMAT. */
static int move_files(const char *from, const char *to)
{
	struct moving m = {.from = from, .to = to};
	int e = files_each(from, move_one, &m);
	if (e == 0)
		e = files_sync(to);
	return e == 0 ? files_sync(from) : e;
}

/* replaced-20261120T165233Z, or the next name that is free. */
static int name_aside(const char *dir, char aside[SWAP_NAME_MAX])
{
	char time[RFC3339_SIZE], digits[20];
	size_t n = 0;
	rfc3339_format(clock_now_ms(), time);
	for (const char *s = time; *s != '.'; s++)
		if (*s != '-' && *s != ':')
			digits[n++] = *s;
	digits[n] = '\0';
	(void)snprintf(aside, SWAP_NAME_MAX, "replaced-%sZ", digits);
	for (int i = 2; files_exist(dir, aside); i++)
		(void)snprintf(aside, SWAP_NAME_MAX, "replaced-%sZ-%d", digits, i);
	return 0;
}

static int old_out(const char *dir, const char *out, char aside[SWAP_NAME_MAX])
{
	char path[FILES_PATH];
	bool empty;
	int e = move_files(dir, out);
	if (e == 0)
		e = files_empty(out, &empty);
	if (e != 0)
		return e;
	if (empty)
		return files_remove(out);
	e = name_aside(dir, aside);
	if (e == 0)
		e = sub(path, dir, aside);
	if (e == 0 && rename(out, path) == -1)
		e = errno;
	return e == 0 ? files_sync(dir) : e;
}

static int new_in(const char *dir, const char *in)
{
	int e = move_files(in, dir);
	FAULT_POINT("swap-before-format");
	if (e == 0)
		e = move(in, dir, FILES_FORMAT);
	FAULT_POINT("swap-after-format");
	if (e == 0)
		e = files_sync(dir);
	if (e == 0)
		e = files_remove(in);
	return e == 0 ? remove_empty(dir, PLACE) : e;
}

int swap_finish(const char *dir, char aside[SWAP_NAME_MAX])
{
	char in[FILES_PATH], out[FILES_PATH];
	int e = sub(in, dir, PLACE_IN);
	aside[0] = '\0';
	if (e == 0)
		e = sub(out, dir, PLACE_OUT);
	if (e != 0 || !files_exist(in, FILES_FORMAT) || files_exist(dir, FILES_FORMAT))
		return e;
	/* As long as it is there, what is in the directory is old. */
	if (files_exist(dir, PLACE_OUT))
		e = old_out(dir, out, aside);
	FAULT_POINT("swap-all-out");
	return e == 0 ? new_in(dir, in) : e;
}

int swap_commit(const char *dir, char aside[SWAP_NAME_MAX])
{
	char in[FILES_PATH], out[FILES_PATH];
	int e = sub(in, dir, PLACE_IN);
	if (e == 0)
		e = sub(out, dir, PLACE_OUT);
	if (e == 0)
		e = make_dir(dir, PLACE_OUT);
	if (e == 0)
		e = move_as(in, SWAP_FORMAT, in, FILES_FORMAT);
	if (e == 0)
		e = files_sync(in);
	FAULT_POINT("swap-before-commit");
	if (e == 0 && files_exist(dir, FILES_FORMAT))
		e = move(dir, out, FILES_FORMAT);
	FAULT_POINT("swap-after-commit");
	return e == 0 ? swap_finish(dir, aside) : e;
}
