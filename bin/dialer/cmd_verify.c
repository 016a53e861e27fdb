/* dialer verify: whether the databases are sound, looked at while they are in use. */
#include "app.h"
#include "base/privilege.h"
#include "json/jsonw.h"
#include "progress.h"
#include "store/copy.h"
#include "store/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OUT_MAX ((size_t)1024 * 1024)
#define WHY_MAX ((size_t)8 * 1024)

struct verify {
	struct progress progress;
	bool json;
	struct buf out; /* json: the problems, as elements of an array */
	struct jsonw w;
};

static void on_progress(void *arg, const char *what, int64_t done, int64_t of)
{
	struct verify *v = arg;
	progress_show(&v->progress, what, done, of);
}

static void on_found(void *arg, const char *line)
{
	struct verify *v = arg;
	progress_end(&v->progress);
	if (v->json) {
		jsonw_text(&v->w, line);
		return;
	}
	struct buf out;
	buf_init(&out, WHY_MAX);
	buf_addf(&out, "%s\n", line);
	(void)app_print(&out);
}

static void json_begin(struct verify *v)
{
	buf_init(&v->out, OUT_MAX);
	jsonw_init(&v->w, &v->out);
	jsonw_object(&v->w);
	jsonw_key(&v->w, "problems");
	jsonw_array(&v->w);
}

static int json_end(struct verify *v, const struct verify_report *r, const struct copy_report *c)
{
	char seconds[32];
	int len = snprintf(seconds, sizeof(seconds), "%.1f", progress_seconds(&v->progress));
	jsonw_array_end(&v->w);
	jsonw_member_bool(&v->w, "ok", r->problems == 0);
	jsonw_member_int(&v->w, "found", r->problems);
	jsonw_key(&v->w, "entries");
	jsonw_object(&v->w);
	for (size_t i = 0; i < r->count; i++)
		jsonw_member_int(&v->w, r->counts[i].name, r->counts[i].entries);
	jsonw_object_end(&v->w);
	jsonw_member_int(&v->w, "bytes", r->bytes);
	jsonw_key(&v->w, "seconds");
	jsonw_trusted(&v->w, seconds, (size_t)len);
	jsonw_member_int(&v->w, "longestStayMs", c->longest_stay_ms);
	jsonw_object_end(&v->w);
	buf_addc(&v->out, '\n');
	return app_print(&v->out);
}

static int text_end(struct verify *v, const struct verify_report *r)
{
	struct buf out;
	buf_init(&out, WHY_MAX);
	if (r->problems == 0)
		buf_addf(&out,
			"%" PRId64 " calls and all that belongs to them are sound (%.1f "
			"MB, %.1f s).\n",
			r->counts[0].entries, (double)r->bytes / 1048576,
			progress_seconds(&v->progress));
	else
		buf_addf(&out, "%" PRId64 " problem%s.%s\n", r->problems,
			r->problems == 1 ? "" : "s",
			r->count == 0 ? " The records were not looked at." : "");
	return app_print(&out);
}

static int finish(struct verify *v, enum err e, const struct verify_report *r,
	const struct copy_report *c, const struct buf *why)
{
	progress_end(&v->progress);
	if (e == ERR_NONE) {
		int status = v->json ? json_end(v, r, c) : text_end(v, r);
		return r->problems == 0 ? status : STATUS_FAILED;
	}
	if (v->json)
		buf_release(&v->out);
	if (why->len > 0)
		return failed("verify: %s", why->s);
	return app_store_failed(e);
}

/* A backup may be where only root can pass. What is in it is read as whom it belongs to. */
static bool enter(const char *dir)
{
	struct buf why;
	buf_init(&why, WHY_MAX);
	bool ok = chdir(dir) == 0;
	if (!ok)
		buf_addf(&why, "%s: %s", dir, strerror(errno));
	else
		ok = privilege_become_owner(".", &why) == ERR_NONE;
	if (!ok)
		complain("%s", why.s);
	buf_release(&why);
	return ok;
}

static int run(struct app *a)
{
	const char *dir = app_operand(a);
	struct verify v = {.json = args_has(&a->args, "json")};
	struct verify_report r = {.found = on_found, .progress = on_progress, .arg = &v};
	struct copy_report c = {.progress = on_progress, .arg = &v};
	struct buf why;
	if (dir != NULL ? !enter(dir) : !app_open_store(a))
		return STATUS_FAILED;
	buf_init(&why, WHY_MAX);
	progress_begin(&v.progress);
	if (v.json)
		json_begin(&v);
	enum err e = dir != NULL
			     ? verify_directory(".", &r, &why)
			     : store_verify(a->store, args_value(&a->args, "work"), &r, &c, &why);
	int status = finish(&v, e, &r, &c, &why);
	buf_release(&why);
	return status;
}

static const struct option options[] = {
	{"work", "DIR", "where the copy is made (default: the data directory)"},
	{"json", NULL, "one object"}, {NULL, NULL, NULL}};

const struct command command_verify = {.name = "verify",
	.operand = "[DIR]",
	.synopsis = "[--work DIR] [--json]",
	.summary = "Checks that the databases are sound",
	.details =
		"It looks at a copy, which needs as much room again while it lasts: calls go on\n"
		"meanwhile. Each problem is a line. With DIR the backup there is checked instead.\n"
		"Exit status 1 if something is wrong.\n",
	.options = options,
	.run = run};
