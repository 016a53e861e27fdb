/* dialer backup: a copy of the databases, made while they are in use. */
#include "app.h"
#include "making.h"
#include "progress.h"
#include "store/backup.h"
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUT_MAX ((size_t)64 * 1024)

/* --- where it goes --- */

static bool is_empty(const char *dir)
{
	bool empty = false;
	int e = files_empty(dir, &empty);
	if (e != 0)
		complain("%s: %s", dir, strerror(e));
	else if (!empty)
		complain("%s: not empty", dir);
	return e == 0 && empty;
}

/* The directory, of whom the service runs as; opened, since only root may be able to pass what lies
 * above. -1: it has been complained about. */
static int open_target(const struct app *a, const char *dir)
{
	struct account account;
	struct buf why;
	int fd = -1;
	buf_init(&why, OUT_MAX);
	if (!account_find(&account, a->config.data_dir, &why) ||
		make_data_dir(dir, &account, &why) == MADE_NOT)
		complain("%s", why.s);
	else if (is_empty(dir) && (fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		complain("%s: %s", dir, strerror(errno));
	buf_release(&why);
	return fd;
}

/* --- what it tells --- */

static void add_file(struct buf *out, const char *path, const char *what)
{
	struct stat st;
	if (path[0] != '\0' && stat(path, &st) == 0)
		buf_addf(out, "  %s  (%s)\n", path, what);
}

/* A backup is of no use without them, and must not lie beside them. */
static void add_others(struct buf *out, const struct app *a)
{
	const char *config = args_value(&a->args, "config");
	if (config == NULL && (config = getenv("DIALER_CONFIG")) == NULL)
		config = CONFIG_DEFAULT_FILE;
	buf_adds(out, "It holds no settings and no keys. Keep these, too, in another place:\n");
	add_file(out, config, "settings");
	add_file(out, a->config.token_key_file, "opens the Dialpad connections in the backup");
	add_file(out, a->config.jwt_secret_file, "signs tokens of users");
	add_file(out, a->config.jwt_public_key_file, "checks tokens of users");
}

static int report(const struct app *a, const struct backup_report *r, double seconds)
{
	struct buf out;
	int64_t problems = r->verify.problems;
	buf_init(&out, OUT_MAX);
	buf_addf(&out, "%s: %" PRId64 " calls, %.1f MB, %.1f s; ", app_operand(a),
		r->manifest.calls, (double)r->verify.bytes / 1048576, seconds);
	if (problems == 0)
		buf_adds(&out, "verified.\n");
	else
		buf_addf(&out, "%" PRId64 " problem%s.\n", problems, problems == 1 ? "" : "s");
	add_others(&out, a);
	int status = app_print(&out);
	return problems == 0 ? status : STATUS_FAILED;
}

/* --- making it --- */

static int backup(struct app *a, struct backup_report *r)
{
	struct progress progress;
	struct buf why;
	buf_init(&why, OUT_MAX);
	progress_begin(&progress);
	r->copy.progress = r->verify.progress = progress_on;
	r->copy.arg = r->verify.arg = &progress;
	r->verify.found = progress_complain;
	enum err e = store_backup(a->store, ".", r, &why);
	progress_end(&progress);
	int status = STATUS_FAILED;
	if (e == ERR_NONE)
		status = report(a, r, progress_seconds(&progress));
	else if (why.len > 0)
		complain("%s: %s", app_operand(a), why.s);
	else
		(void)app_store_failed(e);
	if (e != ERR_NONE)
		complain("there is no backup in %s; remove what is in it", app_operand(a));
	buf_release(&why);
	return status;
}

static int run(struct app *a)
{
	int status = STATUS_FAILED;
	struct backup_report *r = calloc(1, sizeof(*r));
	int fd = r != NULL ? open_target(a, app_operand(a)) : -1;
	if (r == NULL)
		complain("out of memory");
	if (fd != -1 && app_open_store(a)) {
		if (fchdir(fd) == 0)
			status = backup(a, r);
		else
			complain("%s: %s", app_operand(a), strerror(errno));
	}
	if (fd != -1)
		close(fd);
	free(r);
	return status;
}

const struct command command_backup = {.name = "backup",
	.operand = "DIR",
	.synopsis = "",
	.summary = "Makes a backup of the data directory in DIR",
	.details =
		"While calls go on. DIR is new or empty; started by root, it belongs to whom the\n"
		"data directory belongs to. The backup holds everything that was stored before it\n"
		"began, is verified, and is checked with `sha256sum -c MANIFEST`. Settings and "
		"key\n"
		"files are not in it. Exit status 1 also if something is wrong with the "
		"databases.\n",
	.run = run};
