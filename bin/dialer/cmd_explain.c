/* dialer explain: everything that happened to one call, in order of time. Notes are mentioned, their
 * text is not shown. */
#include "app.h"
#include "base/callid.h"
#include "base/clock.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "call/call_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPLAIN_MAX ((size_t)256 * 1024)
#define HOUR_MS     INT64_C(3600000)

struct line {
	struct trail_entry entry;
	unsigned dropped; /* so many were before it, and are not kept */
};

struct story {
	struct call call;
	struct line lines[TRAIL_MAX]; /* in order of time */
	size_t count;
	int64_t now_ms, window_ms;
};

/* --- gathering --- */

/* Two processes may have written in another order than things happened. */
static int by_time(const void *a, const void *b)
{
	const struct trail_entry *x = &((const struct line *)a)->entry;
	const struct trail_entry *y = &((const struct line *)b)->entry;
	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static enum err gather(struct app *a, const struct callid *id, struct story *s)
{
	struct trail_entry trail[TRAIL_MAX];
	unsigned next = 0;
	enum err e = store_call_get(a->store, id, &s->call);
	if (e == ERR_NONE)
		e = store_trail(a->store, id, trail, &s->count);
	for (size_t i = 0; i < s->count && e == ERR_NONE; i++) {
		s->lines[i] = (struct line){trail[i], trail[i].number - next};
		next = trail[i].number + 1;
	}
	qsort(s->lines, s->count, sizeof(*s->lines), by_time);
	if (e == ERR_NONE)
		e = call_set_text(&s->call.notes, "");
	s->now_ms = clock_now_ms();
	s->window_ms = a->config.reconcile_hours * HOUR_MS;
	return e;
}

/* --- as text --- */

static void add_line(struct buf *out, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void add_line(struct buf *out, const char *name, const char *fmt, ...)
{
	struct buf text;
	va_list ap;
	buf_init(&text, 4096);
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	buf_addf(out, "%-14s", name);
	text_add_clean(out, text.s, text.len, text.len);
	buf_addc(out, '\n');
	buf_release(&text);
}

static void add_time(struct buf *out, const char *name, int64_t ms)
{
	char text[RFC3339_SIZE];
	rfc3339_format(ms, text);
	if (ms != 0)
		add_line(out, name, "%s", text);
}

static void add_seconds(struct buf *out, const char *name, int64_t s)
{
	if (s >= 0)
		add_line(out, name, "%" PRId64 " s", s);
}

static void add_refs(struct buf *out, const struct call *c)
{
	if (c->client_id[0] != '\0')
		add_line(out, "client", "%s", c->client_id);
	if (c->contact_id[0] != '\0')
		add_line(out, "contact", "%s", c->contact_id);
	if (c->deal_id[0] != '\0')
		add_line(out, "deal", "%s", c->deal_id);
}

static void add_provider(struct buf *out, const struct call *c)
{
	if (c->provider == PROVIDER_NONE)
		add_line(out, "provider", "none was asked");
	else if (c->provider_number_id != 0)
		add_line(out, "provider", "%s, user %" PRId64 ", number %" PRId64,
			provider_word(c->provider), c->provider_user_id, c->provider_number_id);
	else if (c->provider_user_id != 0)
		add_line(out, "provider", "%s, user %" PRId64, provider_word(c->provider),
			c->provider_user_id);
	else
		add_line(out, "provider", "%s", provider_word(c->provider));
	if (c->external_id != 0)
		add_line(out, "external id", "%" PRId64, c->external_id);
}

static void add_head(struct buf *out, const struct call *c)
{
	char id[CALLID_SIZE];
	callid_format(&c->id, id);
	add_line(out, "id", "%s", id);
	add_line(out, "user", "%s", c->user);
	add_line(out, "number", "%s", c->phone);
	add_provider(out, c);
	add_refs(out, c);
	buf_addc(out, '\n');
}

/* "+2.345", "+20:04.123", "+25:00:04.123"; a "-" where the clock was set back. */
static void format_offset(int64_t ms, char *out, size_t size)
{
	const char *sign = ms < 0 ? "-" : "+";
	int64_t s = (ms < 0 ? -ms : ms) / 1000;
	int milli = (int)((ms < 0 ? -ms : ms) % 1000);
	if (s < 60)
		(void)snprintf(out, size, "%s%" PRId64 ".%03d", sign, s, milli);
	else if (s < 3600)
		(void)snprintf(
			out, size, "%s%" PRId64 ":%02d.%03d", sign, s / 60, (int)(s % 60), milli);
	else
		(void)snprintf(out, size, "%s%" PRId64 ":%02d:%02d.%03d", sign, s / 3600,
			(int)(s / 60 % 60), (int)(s % 60), milli);
}

static void add_entry(struct buf *out, const struct story *s, const struct line *l)
{
	const struct trail_entry *e = &l->entry;
	char at[RFC3339_SIZE], offset[40];
	if (l->dropped > 0)
		buf_addf(out, "%*s... %u more\n", RFC3339_SIZE + 16, "", l->dropped);
	rfc3339_format(e->at_ms, at);
	format_offset(e->at_ms - s->call.start_ms, offset, sizeof(offset));
	buf_addf(out, "%s %14s  %-8s ", at, offset, trail_word(e->kind));
	text_add_clean(out, e->text, strlen(e->text), strlen(e->text));
	if (e->times > 1) {
		rfc3339_format(e->last_ms, at);
		buf_addf(out, " (%" PRId64 " times, last at %s)", e->times, at);
	}
	buf_addc(out, '\n');
}

/* When the sync looks at it next, and until when. */
static void add_next_look(struct buf *out, const struct story *s)
{
	const struct call *c = &s->call;
	char at[RFC3339_SIZE];
	if (c->look_ms == 0) {
		add_line(out, "next look", "never again");
		return;
	}
	rfc3339_format(c->look_ms, at);
	add_line(out, "next look", "%s", c->look_ms <= s->now_ms ? "in the next run" : at);
	if (!call_status_final(c->status))
		add_time(out, "lost at", c->start_ms + s->window_ms);
}

static void add_state(struct buf *out, const struct story *s)
{
	const struct call *c = &s->call;
	buf_addc(out, '\n');
	if (c->reason[0] != '\0')
		add_line(out, "status", "%s (%s)", call_status_word(c->status), c->reason);
	else
		add_line(out, "status", "%s", call_status_word(c->status));
	if (c->status == CALL_LOST)
		add_line(out, "before lost", "%s", call_status_word(c->before_lost));
	add_time(out, "answered", c->answer_ms);
	add_time(out, "ended", c->end_ms);
	add_seconds(out, "duration", c->duration_s);
	add_seconds(out, "talk time", c->talk_s);
	add_time(out, "figures of", c->figures_ms);
	add_time(out, "final since", c->final_ms);
	add_next_look(out, s);
}

static void as_text(struct buf *out, const struct story *s)
{
	add_head(out, &s->call);
	for (size_t i = 0; i < s->count; i++)
		add_entry(out, s, &s->lines[i]);
	add_state(out, s);
}

/* --- as JSON --- */

static void time_member(struct jsonw *w, const char *key, int64_t ms)
{
	if (ms != 0)
		jsonw_member_time(w, key, ms);
}

/* As text: a number would lose digits in JavaScript. */
static void id_member(struct jsonw *w, const char *key, int64_t id)
{
	char text[24];
	(void)snprintf(text, sizeof(text), "%" PRId64, id);
	if (id != 0)
		jsonw_member_text(w, key, text);
}

static void entry_json(struct jsonw *w, const struct story *s, const struct line *l)
{
	const struct trail_entry *e = &l->entry;
	jsonw_object(w);
	jsonw_member_time(w, "at", e->at_ms);
	jsonw_member_int(w, "offsetMs", e->at_ms - s->call.start_ms);
	jsonw_member_text(w, "kind", trail_word(e->kind));
	jsonw_member_text(w, "text", e->text);
	if (e->times > 1) {
		jsonw_member_int(w, "times", e->times);
		jsonw_member_time(w, "lastAt", e->last_ms);
	}
	if (l->dropped > 0)
		jsonw_member_int(w, "droppedBefore", l->dropped);
	jsonw_object_end(w);
}

static void as_json(struct buf *out, const struct story *s)
{
	const struct call *c = &s->call;
	struct jsonw w;
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_key(&w, "call");
	call_json(&w, c);
	id_member(&w, "providerUserId", c->provider_user_id);
	id_member(&w, "providerNumberId", c->provider_number_id);
	time_member(&w, "askedAt", c->asked_ms);
	jsonw_key(&w, "trail");
	jsonw_array(&w);
	for (size_t i = 0; i < s->count; i++)
		entry_json(&w, s, &s->lines[i]);
	jsonw_array_end(&w);
	time_member(&w, "figuresOf", c->figures_ms);
	time_member(&w, "finalSince", c->final_ms);
	time_member(&w, "nextLook", c->look_ms);
	if (!call_status_final(c->status))
		jsonw_member_time(&w, "lostAt", c->start_ms + s->window_ms);
	if (c->status == CALL_LOST)
		jsonw_member_text(&w, "statusBeforeLost", call_status_word(c->before_lost));
	jsonw_object_end(&w);
	buf_addc(out, '\n');
}

/* --- the command --- */

static int print(struct story *s, bool json)
{
	struct buf out;
	buf_init(&out, EXPLAIN_MAX);
	if (json)
		as_json(&out, s);
	else
		as_text(&out, s);
	return app_print(&out);
}

static int run(struct app *a)
{
	const char *text = app_operand(a);
	struct callid id;
	struct story s = {.count = 0};
	if (!callid_parse(text, strlen(text), &id))
		return misused("explain: the id of a call is 24 lowercase hexadecimal digits");
	if (!app_open_store(a))
		return STATUS_FAILED;
	call_init(&s.call);
	int status;
	enum err e = gather(a, &id, &s);
	if (e == ERR_NONE)
		status = print(&s, args_has(&a->args, "json"));
	else if (e == ERR_NOT_FOUND)
		status = failed("there is no call %s", text);
	else
		status = app_store_failed(e);
	call_release(&s.call);
	return status;
}

static const struct option options[] = {{"json", NULL, "as JSON"}, {NULL, NULL, NULL}};

const struct command command_explain = {.name = "explain",
	.operand = "ID",
	.synopsis = "[--json]",
	.summary = "Tells all that happened to the call ID, in order of time",
	.details = "Times are UTC, with how long after the request it was. The first and the "
		   "latest entries are kept.\n"
		   "What was said is followed by what it changed, or why it changed nothing.\n",
	.options = options,
	.run = run};
