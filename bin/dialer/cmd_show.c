/* dialer show: one call with all that is known of it. */
#include "app.h"
#include "base/callid.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "call/call_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOW_MAX ((size_t)256 * 1024)

/* Lines of a text with many keep under one another. */
static void add_text(struct buf *out, const char *name, const char *text)
{
	for (bool first = true; *text != '\0'; first = false) {
		size_t len = strcspn(text, "\n");
		buf_addf(out, "%-14s", first ? name : "");
		text_add_clean(out, text, len, len);
		buf_addc(out, '\n');
		text += len + (text[len] == '\n');
	}
}

static void add_time(struct buf *out, const char *name, int64_t ms)
{
	char text[RFC3339_SIZE];
	rfc3339_format(ms, text);
	if (ms != 0)
		add_text(out, name, text);
}

static void add_int(struct buf *out, const char *name, int64_t n, const char *unit)
{
	if (n >= 0)
		buf_addf(out, "%-14s%" PRId64 "%s\n", name, n, unit);
}

static void add_call(struct buf *out, const struct call *c)
{
	char id[CALLID_SIZE];
	callid_format(&c->id, id);
	add_text(out, "id", id);
	add_text(out, "user", c->user);
	add_text(out, "number", c->phone);
	add_text(out, "provider", provider_word(c->provider));
	add_text(out, "status", call_status_word(c->status));
	add_text(out, "reason", c->reason);
	add_time(out, "requested", c->start_ms);
	add_time(out, "answered", c->answer_ms);
	add_time(out, "ended", c->end_ms);
	add_int(out, "duration", c->duration_s, " s");
	add_int(out, "talk time", c->talk_s, " s");
	add_int(out, "external id", c->external_id > 0 ? c->external_id : -1, "");
	add_text(out, "client", c->client_id);
	add_text(out, "contact", c->contact_id);
	add_text(out, "deal", c->deal_id);
	add_text(out, "notes", c->notes);
}

static int print(const struct call *c, bool json)
{
	struct buf out;
	struct jsonw w;
	buf_init(&out, SHOW_MAX);
	if (json) {
		jsonw_init(&w, &out);
		call_json(&w, c);
		buf_addc(&out, '\n');
	} else {
		add_call(&out, c);
	}
	return app_print(&out);
}

static int run(struct app *a)
{
	const char *text = app_operand(a);
	struct callid id;
	if (!callid_parse(text, strlen(text), &id))
		return misused("show: the id of a call is 24 lowercase hexadecimal digits");
	if (!app_open_store(a))
		return STATUS_FAILED;
	struct call c;
	call_init(&c);
	enum err e = store_call_get(a->store, &id, &c);
	int status;
	if (e == ERR_NONE)
		status = print(&c, args_has(&a->args, "json"));
	else if (e == ERR_NOT_FOUND)
		status = failed("there is no call %s", text);
	else
		status = app_store_failed(e);
	call_release(&c);
	return status;
}

static const struct option options[] = {{"json", NULL, "as the API shows it"}, {NULL, NULL, NULL}};

const struct command command_show = {.name = "show",
	.operand = "ID",
	.synopsis = "[--json]",
	.summary = "Shows the call ID",
	.options = options,
	.run = run};
