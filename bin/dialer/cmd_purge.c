/* dialer purge: removes old calls for good. */
#include "app.h"
#include "base/clock.h"
#include "progress.h"
#include "store/purge.h"
#include "times.h"

#include <inttypes.h>

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

static int report(const struct purge *p)
{
	struct buf out;
	buf_init(&out, 2048);
	buf_addf(&out, "%" PRId64 " call%s %s.\n", p->removed, plural(p->removed),
		p->dry_run ? "would be removed" : "removed");
	if (p->open > 0)
		buf_addf(&out, "%" PRId64 " call%s not over yet: kept.\n", p->open,
			p->open == 1 ? " is" : "s are");
	if (p->beside > 0)
		buf_addf(&out,
			"%" PRId64 " call%s from around the time of such a one, by the same user: "
			"kept.\n",
			p->beside, plural(p->beside));
	return app_print(&out);
}

static int purge(struct app *a, struct purge *p, int64_t now_ms)
{
	progress_begin(p->arg);
	enum err e = store_purge(a->store, p, now_ms);
	progress_end(p->arg);
	if (e == ERR_NONE)
		return report(p);
	int status = app_store_failed(e);
	if (p->removed > 0 && !p->dry_run)
		complain("%" PRId64 " call%s removed until then; run it again", p->removed,
			p->removed == 1 ? " was" : "s were");
	return status;
}

static int run(struct app *a)
{
	struct progress progress;
	struct purge p = {.user = args_value(&a->args, "user"),
		.dry_run = args_has(&a->args, "dry-run"),
		.progress = progress_on,
		.arg = &progress};
	int64_t now_ms = clock_now_ms();
	if (!args_has(&a->args, "before"))
		return misused("purge: --before is missing (dialer help purge)");
	if (!time_read(&a->args, "before", &p.before_ms) ||
		(p.user != NULL && !app_user_valid(p.user)))
		return STATUS_USAGE;
	if (p.before_ms > now_ms - PURGE_YOUNGEST_MS)
		return misused("purge: --before must be at least two days ago");
	return app_open_store(a) ? purge(a, &p, now_ms) : STATUS_FAILED;
}

static const struct option options[] = {
	{"before", "TIME", "calls requested before that; a date, or such as 2023-05-15T12:34:56Z"},
	{"user", "USER", "only the calls of this user"},
	{"dry-run", NULL, "say how many it would be, and change nothing"}, {NULL, NULL, NULL}};

const struct command command_purge = {.name = "purge",
	.synopsis = "--before TIME [--user USER] [--dry-run]",
	.summary = "Removes old calls for good",
	.details =
		"With their notes, trail and all that leads to them. Calls that are not over "
		"stay,\n"
		"and at least the last two days. It can be broken off and run again. The files do\n"
		"not shrink: new calls take the room.\n",
	.options = options,
	.run = run};
