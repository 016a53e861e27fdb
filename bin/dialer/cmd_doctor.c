/* dialer doctor: looks at everything that has to be right for calls to be placed and followed. */
#include "base/clock.h"
#include "config/url.h"
#include "doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX    ((size_t)8 * 1024)
#define PATIENCE_MS INT64_C(2000) /* monitoring waits for ten seconds or little more */
#define REQUEST_MS  INT64_C(5000)

static const struct doctor_check *const areas[] = {doctor_files, doctor_data, doctor_aircall,
	doctor_dialpad, doctor_clock, doctor_cron, doctor_webhooks, doctor_apache};

/* --- findings --- */

/* NULL: there is no room for one more. */
static struct doctor_finding *find_room(struct doctor *d, enum doctor_grade grade)
{
	if (d->count == DOCTOR_FINDINGS_MAX)
		return NULL;
	struct doctor_finding *f = &d->findings[d->count++];
	f->check = d->check;
	f->grade = grade;
	buf_init(&f->evidence, TEXT_MAX);
	buf_init(&f->change, TEXT_MAX);
	return f;
}

void doctor_says(
	struct doctor *d, enum doctor_grade grade, const char *change, const char *fmt, ...)
{
	struct doctor_finding *f = find_room(d, grade);
	va_list ap;
	if (f == NULL)
		return;
	va_start(ap, fmt);
	buf_vaddf(&f->evidence, fmt, ap);
	va_end(ap);
	if (change != NULL)
		buf_adds(&f->change, change);
}

void doctor_says_of(
	struct doctor *d, enum doctor_grade grade, const char *line, const char *fmt, ...)
{
	struct doctor_finding *f = find_room(d, grade);
	va_list ap;
	if (f == NULL)
		return;
	va_start(ap, fmt);
	buf_vaddf(&f->evidence, fmt, ap);
	va_end(ap);
	buf_addf(&f->change, "in %s: %s", d->settings, line);
}

void doctor_takes_back(struct doctor *d, size_t count)
{
	while (d->count > count) {
		struct doctor_finding *f = &d->findings[--d->count];
		buf_release(&f->evidence);
		buf_release(&f->change);
	}
}

static void release(struct doctor *d)
{
	doctor_takes_back(d, 0);
	free(d);
}

/* --- asking --- */

static void judge_answer(
	struct doctor *d, enum provider_id p, const char *line, const struct http_answer *a)
{
	const char *title = provider_title(p);
	if (a->fault == HTTP_TLS_ERROR)
		doctor_says_of(d, DOCTOR_CRITICAL,
			"DIALER_CA_FILE=/path/of/the/authority.pem where a proxy opens connections",
			"no trusted connection to %s: %s", title, a->error);
	else if (a->fault != HTTP_ANSWERED)
		doctor_says(d, DOCTOR_CRITICAL,
			"let this machine out to the internet (DIALER_HTTPS_PROXY)",
			"%s cannot be reached: %s", title, a->error);
	else if (a->status == 401 || a->status == 403)
		doctor_says_of(
			d, DOCTOR_CRITICAL, line, "%s refuses the key (HTTP %d)", title, a->status);
	else
		doctor_says(d, DOCTOR_WARNING, NULL, "%s answers HTTP %d", title, a->status);
}

bool doctor_ask(struct doctor *d, enum provider_id p, enum limit limit, const char *line,
	const struct http_request *r, struct http_answer *a)
{
	if (!asking_send(&d->asking, provider_title(p), limit, r, a)) {
		doctor_says(d, DOCTOR_UNKNOWN, NULL,
			"%s was not asked: its limit of requests is used up for now",
			provider_title(p));
		return false;
	}
	if (a->fault == HTTP_ANSWERED && a->date_s > 0 && d->date_s == 0) {
		d->date_s = a->date_s;
		d->date_at_ms = clock_now_ms();
		d->date_of = provider_title(p);
	}
	if (a->fault == HTTP_ANSWERED &&
		((a->status >= 200 && a->status <= 299) || a->status == 404))
		return true;
	judge_answer(d, p, line, a);
	return false;
}

/* --- all of it --- */

/* Somebody else than root and the owner sees next to nothing. */
static bool may_look(struct doctor *d)
{
	struct stat st;
	if (geteuid() == 0 || stat(d->config->data_dir, &st) == -1 || st.st_uid == geteuid())
		return true;
	d->check = "data-directory";
	doctor_says(d, DOCTOR_UNKNOWN, "run it as root or as the owner of the data directory",
		"%s belongs to somebody else (uid %ld)", d->config->data_dir, (long)st.st_uid);
	return false;
}

static void open_all(struct doctor *d)
{
	struct stat st;
	if (stat(d->config->data_dir, &st) == -1 || !S_ISDIR(st.st_mode) || !app_open_store(d->app))
		return;
	d->has_store = true;
	if (d->offline || !asking_open(&d->asking, d->app))
		return;
	d->has_asking = true;
	d->asking.patience_ms = PATIENCE_MS;
	d->asking.request_ms = REQUEST_MS;
}

static void look(struct doctor *d, const struct doctor_check *c)
{
	size_t before = d->count;
	d->check = c->name;
	if (c->asks && d->offline)
		doctor_skips(d, "--offline");
	else if (c->asks && !d->has_asking)
		doctor_skips(d, "without a data directory nobody is asked");
	else
		c->look(d);
	if (d->count == before)
		doctor_says(d, DOCTOR_OK, NULL, "%s", "");
}

static struct doctor *make(struct app *a)
{
	struct doctor *d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	d->app = a;
	d->config = &a->config;
	d->settings = app_settings_file(a);
	d->offline = args_has(&a->args, "offline");
	return d;
}

/* False: --url is none. */
static bool find_url(struct doctor *d)
{
	const char *given = args_value(&d->app->args, "url");
	const char *text = given != NULL ? given : d->config->public_url;
	size_t len = strlen(text);
	struct url u;
	if (given == NULL && len == 0)
		return true;
	while (len > 0 && text[len - 1] == '/')
		len--;
	if (!url_split(text, len, &u) || len >= sizeof(d->url_room))
		return false;
	(void)snprintf(d->url_room, sizeof(d->url_room), "%.*s", (int)len, text);
	d->url = d->url_room;
	return true;
}

static int end(struct doctor *d)
{
	int status = doctor_report(d, args_has(&d->app->args, "json"));
	release(d);
	return status;
}

static int run(struct app *a)
{
	struct doctor *d = make(a);
	if (d == NULL)
		return failed("out of memory");
	if (!find_url(d)) {
		release(d);
		return misused("--url must be http(s)://host[:port][/path]");
	}
	if (may_look(d)) {
		open_all(d);
		for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
			for (const struct doctor_check *c = areas[i]; c->name != NULL; c++)
				look(d, c);
		if (d->has_asking)
			asking_close(&d->asking);
	}
	return end(d);
}

/* Nothing else can be looked at. */
static int run_misconfigured(struct app *a, const char *why)
{
	struct doctor *d = make(a);
	if (d == NULL)
		return failed("out of memory");
	bool hidden = access(d->settings, R_OK) == -1 && errno == EACCES;
	d->check = "settings";
	doctor_says(d, hidden ? DOCTOR_UNKNOWN : DOCTOR_CRITICAL,
		hidden ? "run it as root or as the owner of the data directory" : NULL, "%s", why);
	return end(d);
}

static const struct option options[] = {{"json", NULL, "all checks, as JSON"},
	{"offline", NULL, "asks neither providers nor this server"},
	{"url", "URL", "where this server is found (default: DIALER_PUBLIC_URL)"},
	{NULL, NULL, NULL}};

const struct command command_doctor = {.name = "doctor",
	.synopsis = "[--json] [--offline] [--url URL]",
	.summary = "Looks for what keeps calls from being placed or followed",
	.details =
		"Checks files, data, keys, clock, providers, cron, webhooks and Apache, and says "
		"what to\nchange. Nothing is dialled. It is a plug-in for Nagios: the first line "
		"is "
		"the status line.\nExit status: 0 all is well, 1 warning, 2 critical, 3 unknown.\n",
	.options = options,
	.run = run,
	.run_misconfigured = run_misconfigured};
