/* dialer restore: puts a backup in the place of what is in the data directory. */
#include "app.h"
#include "base/rfc3339.h"
#include "making.h"
#include "progress.h"
#include "store/restore.h"
#include "sync/sync.h"

#include <inttypes.h>
#include <unistd.h>

#define OUT_MAX ((size_t)64 * 1024)

/* As `init` makes it, where there is none. */
static bool make_place(const struct app *a)
{
	struct account account;
	struct buf why;
	buf_init(&why, OUT_MAX);
	bool ok = account_find(&account, a->config.data_dir, &why) &&
		  make_data_dir(a->config.data_dir, &account, &why) != MADE_NOT;
	if (!ok)
		complain("data directory %s", why.s);
	buf_release(&why);
	return ok;
}

static int report(const struct app *a, const struct restore *r, const struct restore_report *o)
{
	const struct manifest *m = restore_manifest(r);
	char made[RFC3339_SIZE];
	struct buf out;
	buf_init(&out, OUT_MAX);
	rfc3339_format(m->made_ms, made);
	buf_addf(&out, "%s: restored as it was at %s, with %" PRId64 " calls.\n",
		a->config.data_dir, made, o->verify.count > 0 ? o->verify.counts[0].entries : 0);
	if (o->aside[0] != '\0')
		buf_addf(&out,
			"What was in it is in %s/%s: remove that when it is not needed any more.\n",
			a->config.data_dir, o->aside);
	buf_adds(&out, "Nothing is dialled for calls that were under way then: dialer-sync looks "
		       "what became of them.\n");
	return app_print(&out);
}

static int restore(struct app *a, struct restore *r)
{
	struct restore_report o = {.force = args_has(&a->args, "force")};
	struct progress progress;
	struct buf why;
	buf_init(&why, OUT_MAX);
	progress_begin(&progress);
	o.verify.progress = progress_on;
	o.verify.found = progress_complain;
	o.verify.arg = &progress;
	enum err e = store_restore(a->store, r, &o, &why);
	progress_end(&progress);
	int status = STATUS_FAILED;
	if (e == ERR_NONE)
		status = report(a, r, &o);
	else if (why.len == 0)
		(void)app_store_failed(e);
	else if (e == ERR_CONFLICT || e == ERR_BUSY || e == ERR_STORAGE)
		complain("%s: %s", a->config.data_dir, why.s);
	else
		complain("%s: %s", app_operand(a), why.s);
	buf_release(&why);
	return status;
}

/* A run in the middle of its work would go on with calls that are not there any more. */
static bool lock_sync(const struct app *a, int *fd)
{
	if (sync_lock(&a->config, fd) != ERR_BUSY || args_has(&a->args, "force"))
		return true;
	complain("%s: in use: dialer-sync is at work; try again in a minute", a->config.data_dir);
	return false;
}

static int run(struct app *a)
{
	struct restore *r = NULL;
	struct buf why;
	int status = STATUS_FAILED, fd = -1;
	buf_init(&why, OUT_MAX);
	if (restore_open(app_operand(a), &r, &why) != ERR_NONE)
		complain("%s: %s", app_operand(a), why.len > 0 ? why.s : "out of memory");
	else if (make_place(a) && app_open_store(a) && lock_sync(a, &fd))
		status = restore(a, r);
	if (fd != -1)
		close(fd);
	restore_close(r);
	buf_release(&why);
	return status;
}

static const struct option options[] = {
	{"force", NULL, "also where there is data, which is put aside, or the backup has faults"},
	{NULL, NULL, NULL}};

const struct command command_restore = {.name = "restore",
	.operand = "DIR",
	.synopsis = "[--force]",
	.summary = "Puts the backup in DIR into the data directory",
	.details =
		"The backup is copied, checked and verified first, and takes effect all at once:\n"
		"broken off at any moment, the data directory is as it was or as the backup is. A\n"
		"data directory that is missing is made as by `init`.\n",
	.options = options,
	.run = run};
