/* dialer stats: how many calls there were, by day, month, user, provider or status. */
#include "app.h"
#include "base/rfc3339.h"
#include "base/csv.h"
#include "json/jsonw.h"
#include "store/walk.h"
#include "times.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PART_BYTES ((size_t)64 * 1024)
#define OUT_BYTES  (4 * PART_BYTES)

enum by { BY_DAY, BY_MONTH, BY_USER, BY_PROVIDER, BY_STATUS, BY__MAX };

static const char *const by_words[BY__MAX] = {"day", "month", "user", "provider", "status"};

enum format { TEXT, CSV, JSON };

/* The calls of one group. */
struct group {
	char name[AUTH_USER_MAX + 1];
	int64_t calls, final[CALL_STATUS__MAX], open;
	int64_t duration_s, talk_s;
};

#define GROUPS_MAX ((int)CALL_STATUS__MAX + (int)PROVIDER__MAX)

struct stats {
	enum by by;
	enum format format;
	struct group total;
	/* By time and user, one group is complete when the next begins; else all are kept. */
	struct group groups[GROUPS_MAX];
	int count;
	struct buf out;
	struct jsonw w;
	int status;
};

/* --- counting --- */

static void count(struct group *g, const struct call *c)
{
	g->calls++;
	if (call_status_final(c->status))
		g->final[c->status]++;
	else
		g->open++;
	if (c->duration_s > 0)
		g->duration_s += c->duration_s;
	if (c->talk_s > 0)
		g->talk_s += c->talk_s;
}

static void name_of(enum by by, const struct call *c, char out[AUTH_USER_MAX + 1])
{
	char time[RFC3339_SIZE];
	switch (by) {
	case BY_DAY:
	case BY_MONTH:
		rfc3339_format(c->start_ms, time);
		(void)snprintf(out, AUTH_USER_MAX + 1, "%.*s", by == BY_DAY ? 10 : 7, time);
		break;
	case BY_USER:
		(void)snprintf(out, AUTH_USER_MAX + 1, "%s", c->user);
		break;
	case BY_PROVIDER:
		(void)snprintf(out, AUTH_USER_MAX + 1, "%s",
			c->provider != PROVIDER_NONE ? provider_word(c->provider) : "none");
		break;
	default:
		(void)snprintf(out, AUTH_USER_MAX + 1, "%s", call_status_word(c->status));
		break;
	}
}

/* --- writing --- */

static void text_head(struct stats *t)
{
	buf_addf(&t->out, "%-24s %9s", by_words[t->by], "calls");
	for (int s = CALL_COMPLETED; s < CALL_STATUS__MAX; s++)
		buf_addf(&t->out, " %10s", call_status_word((enum call_status)s));
	buf_addf(&t->out, " %9s %11s\n", "open", "talk time");
}

static void text_group(struct stats *t, const struct group *g)
{
	buf_addf(&t->out, "%-24s %9" PRId64, g->name, g->calls);
	for (int s = CALL_COMPLETED; s < CALL_STATUS__MAX; s++)
		buf_addf(&t->out, " %10" PRId64, g->final[s]);
	buf_addf(&t->out, " %9" PRId64 " %5" PRId64 ":%02d:%02d\n", g->open, g->talk_s / 3600,
		(int)(g->talk_s / 60 % 60), (int)(g->talk_s % 60));
}

static void csv_head(struct stats *t)
{
	buf_addf(&t->out, "%s,calls", by_words[t->by]);
	for (int s = CALL_COMPLETED; s < CALL_STATUS__MAX; s++)
		buf_addf(&t->out, ",%s", call_status_word((enum call_status)s));
	buf_adds(&t->out, ",open,duration,talkTime\r\n");
}

static void csv_group(struct stats *t, const struct group *g)
{
	csv_add_text(&t->out, g->name);
	buf_addf(&t->out, ",%" PRId64, g->calls);
	for (int s = CALL_COMPLETED; s < CALL_STATUS__MAX; s++)
		buf_addf(&t->out, ",%" PRId64, g->final[s]);
	buf_addf(&t->out, ",%" PRId64 ",%" PRId64 ",%" PRId64 "\r\n", g->open, g->duration_s,
		g->talk_s);
}

static void json_group(struct stats *t, const struct group *g)
{
	jsonw_object(&t->w);
	if (g != &t->total)
		jsonw_member_text(&t->w, by_words[t->by], g->name);
	jsonw_member_int(&t->w, "calls", g->calls);
	for (int s = CALL_COMPLETED; s < CALL_STATUS__MAX; s++)
		jsonw_member_int(&t->w, call_status_word((enum call_status)s), g->final[s]);
	jsonw_member_int(&t->w, "open", g->open);
	jsonw_member_int(&t->w, "duration", g->duration_s);
	jsonw_member_int(&t->w, "talkTime", g->talk_s);
	jsonw_object_end(&t->w);
}

static void begin(struct stats *t)
{
	buf_init(&t->out, OUT_BYTES);
	if (t->format == TEXT)
		text_head(t);
	else if (t->format == CSV)
		csv_head(t);
	else {
		jsonw_init(&t->w, &t->out);
		jsonw_object(&t->w);
		jsonw_member_text(&t->w, "by", by_words[t->by]);
		jsonw_key(&t->w, "groups");
		jsonw_array(&t->w);
	}
}

static void write_group(struct stats *t, const struct group *g)
{
	if (t->format == TEXT)
		text_group(t, g);
	else if (t->format == CSV)
		csv_group(t, g);
	else
		json_group(t, g);
	if (t->out.failed || t->out.len > PART_BYTES)
		t->status = app_print(&t->out);
}

/* CSV has no line for all: whoever reads it sums up himself, and would count it twice. */
static void finish(struct stats *t)
{
	for (int i = 0; i < t->count && t->status == STATUS_OK; i++)
		write_group(t, &t->groups[i]);
	(void)snprintf(t->total.name, sizeof(t->total.name), "all");
	if (t->format == TEXT)
		text_group(t, &t->total);
	if (t->format == JSON) {
		jsonw_array_end(&t->w);
		jsonw_key(&t->w, "total");
		json_group(t, &t->total);
		jsonw_object_end(&t->w);
		buf_addc(&t->out, '\n');
	}
	if (t->status == STATUS_OK)
		t->status = app_print(&t->out);
	buf_release(&t->out);
}

/* --- grouping --- */

static struct group *fresh_group(struct stats *t, const char *name)
{
	/* What is by time or user comes in order. */
	if (t->count > 0 && t->by <= BY_USER) {
		write_group(t, &t->groups[0]);
		t->count = 0;
	}
	struct group *g = &t->groups[t->count++];
	memset(g, 0, sizeof(*g));
	(void)snprintf(g->name, sizeof(g->name), "%s", name);
	return g;
}

static void add(struct stats *t, const struct call *c)
{
	char name[AUTH_USER_MAX + 1];
	struct group *g = NULL;
	name_of(t->by, c, name);
	for (int i = 0; i < t->count && g == NULL; i++)
		if (strcmp(t->groups[i].name, name) == 0)
			g = &t->groups[i];
	if (g == NULL)
		g = fresh_group(t, name);
	count(g, c);
	count(&t->total, c);
}

static int stats(struct app *a, struct stats *t, struct call_walk *walk)
{
	begin(t);
	while (t->status == STATUS_OK && !walk->ended) {
		struct call_records l = {.records = NULL};
		enum err e = store_walk(a->store, walk, &l);
		if (e == ERR_BUSY)
			e = store_walk(a->store, walk, &l);
		for (size_t i = 0; i < l.count && t->status == STATUS_OK; i++)
			add(t, &l.records[i].call);
		call_records_release(&l);
		if (e != ERR_NONE)
			t->status = app_store_failed(e);
	}
	finish(t);
	return t->status;
}

/* --- the command line --- */

static bool read_by(const struct args *args, enum by *by)
{
	const char *v = args_value(args, "by");
	*by = BY_DAY;
	for (int i = 0; v != NULL && i < BY__MAX; i++)
		if (strcmp(v, by_words[i]) == 0) {
			*by = (enum by)i;
			return true;
		}
	if (v != NULL)
		complain("--by must be day, month, user, provider or status");
	return v == NULL;
}

static bool read_format(const struct args *args, enum format *f)
{
	const char *v = args_value(args, "format");
	*f = TEXT;
	if (v == NULL || strcmp(v, "text") == 0)
		return true;
	*f = strcmp(v, "json") == 0 ? JSON : CSV;
	if (*f == JSON || strcmp(v, "csv") == 0)
		return true;
	complain("--format must be text, csv or json");
	return false;
}

static int run(struct app *a)
{
	struct stats t = {.status = STATUS_OK};
	struct call_walk walk = {.user = args_value(&a->args, "user")};
	if (!read_by(&a->args, &t.by) || !read_format(&a->args, &t.format) ||
		(walk.user != NULL && !app_user_valid(walk.user)) ||
		!times_read(&a->args, &walk.from_ms, &walk.to_ms))
		return STATUS_USAGE;
	walk.by_user = t.by == BY_USER;
	return app_open_store(a) ? stats(a, &t, &walk) : STATUS_FAILED;
}

static const struct option options[] = {
	{"by", "WHAT", "day (the default), month, user, provider or status"},
	{"format", "FORMAT", "text (the default), csv or json"},
	{"user", "USER", "only the calls of this user"},
	{"from", "TIME", "requested at that time or later; a date, or 2023-05-15T12:34:56Z"},
	{"to", "TIME", "requested before that time"}, {NULL, NULL, NULL}};

const struct command command_stats = {.name = "stats",
	.synopsis = "[--by WHAT] [--format FORMAT] [--user USER] [--from TIME] [--to TIME]",
	.summary = "Counts calls by day, user, provider or status",
	.details = "Days and months are those of UTC. `open` are calls that are not over yet.\n",
	.options = options,
	.run = run};
