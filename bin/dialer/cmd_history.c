/* dialer history: calls, newest first, as a table, as the API's JSON, or as CSV. */
#include "app.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "call/call_csv.h"
#include "call/call_json.h"
#include "table.h"
#include "times.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIMIT_DEFAULT 20
#define LIMIT_MAX     1000
#define PAGE_BYTES    ((size_t)128 * 1024 * 1024) /* LIMIT_MAX calls with the longest notes */
#define CSV_ROWS      100
#define CSV_BYTES     ((size_t)16 * 1024 * 1024)

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };

struct wish {
	struct history_filter filter;
	int64_t page, limit;
	enum format format;
	char phone[PHONE_SIZE];
};

/* --- reading the options --- */

static bool read_format(const struct args *args, enum format *f)
{
	const char *v = args_value(args, "format");
	*f = FORMAT_TEXT;
	if (v == NULL || strcmp(v, "text") == 0)
		return true;
	*f = strcmp(v, "json") == 0 ? FORMAT_JSON : FORMAT_CSV;
	if (*f == FORMAT_JSON || strcmp(v, "csv") == 0)
		return true;
	complain("--format must be text, json or csv");
	return false;
}

static bool read_user(const struct args *args, const char **user)
{
	*user = args_value(args, "user");
	if (*user != NULL && args_has(args, "all")) {
		complain("history: --user and --all exclude each other");
		return false;
	}
	return *user == NULL || app_user_valid(*user);
}

static bool read_words(const struct args *args, struct history_filter *f)
{
	const char *v = args_value(args, "status");
	if (v != NULL && (f->status = call_status_from_word(v)) == CALL_STATUS__MAX) {
		complain("--status: no call is ever %s", v);
		return false;
	}
	v = args_value(args, "provider");
	if (v != NULL && (f->provider = provider_from_word(v)) == PROVIDER_NONE) {
		complain("--provider must be dialpad, aircall, cti or tel");
		return false;
	}
	return true;
}

static bool read_phone(const struct app *a, struct wish *w)
{
	const char *v = args_value(&a->args, "phone"), *why;
	if (v == NULL)
		return true;
	w->filter.phone = w->phone;
	if (phone_normalise(&a->config.phone, v, strlen(v), w->phone, &why))
		return true;
	complain("--phone: %s", why);
	return false;
}

static bool read_wish(const struct app *a, struct wish *w)
{
	const struct args *args = &a->args;
	memset(w, 0, sizeof(*w));
	history_filter_init(&w->filter);
	w->page = 1;
	w->limit = LIMIT_DEFAULT;
	w->filter.client_id = args_value(args, "client");
	w->filter.contact_id = args_value(args, "contact");
	w->filter.deal_id = args_value(args, "deal");
	return read_format(args, &w->format) && read_user(args, &w->filter.user) &&
	       app_int(a, "page", 1, INT64_MAX, &w->page) &&
	       app_int(a, "limit", 1, LIMIT_MAX, &w->limit) && read_words(args, &w->filter) &&
	       read_phone(a, w) && times_read(args, &w->filter.from_ms, &w->filter.to_ms);
}

/* --- a page --- */

static void cell_of_start(struct table *t, int64_t ms)
{
	char text[RFC3339_SIZE];
	rfc3339_format(ms, text);
	text[10] = ' ';
	text[19] = '\0';
	table_cell(t, text);
}

static void cell_of_duration(struct table *t, int64_t s)
{
	char text[32] = "";
	if (s >= 0)
		(void)snprintf(text, sizeof(text), "%" PRId64 ":%02d", s / 60, (int)(s % 60));
	table_cell(t, text);
}

static void add_row(struct table *t, const struct call *c)
{
	char id[CALLID_SIZE];
	callid_format(&c->id, id);
	table_cell(t, id);
	cell_of_start(t, c->start_ms);
	table_cell(t, c->user);
	table_cell(t, c->phone);
	table_cell(t, provider_word(c->provider));
	table_cell(t, call_status_word(c->status));
	cell_of_duration(t, c->duration_s);
	table_cell(t, c->reason);
}

static const char *const headings[] = {
	"ID", "REQUESTED (UTC)", "USER", "NUMBER", "PROVIDER", "STATUS", "DURATION", "REASON"};

#define HEADINGS (sizeof(headings) / sizeof(headings[0]))

static void page_as_text(
	struct buf *out, const struct wish *w, const struct call_list *list, int64_t total)
{
	struct table t;
	table_init(&t, HEADINGS);
	for (size_t i = 0; i < HEADINGS; i++)
		table_cell(&t, headings[i]);
	for (size_t i = 0; i < list->count; i++)
		add_row(&t, &list->calls[i]);
	if (list->count > 0)
		table_print(&t, out);
	table_release(&t);
	if (total == 0) {
		buf_adds(out, "No calls.\n");
		return;
	}
	buf_addf(out, "%s%" PRId64 " call%s, page %" PRId64 " of %" PRId64 "\n",
		list->count > 0 ? "\n" : "", total, total == 1 ? "" : "s", w->page,
		call_pages(total, w->limit));
}

static void page_as_json(
	struct buf *out, const struct wish *w, const struct call_list *list, int64_t total)
{
	struct jsonw j;
	jsonw_init(&j, out);
	jsonw_object(&j);
	call_page_json(&j, &(struct call_page){list->calls, list->count, total, w->page, w->limit});
	jsonw_object_end(&j);
	buf_addc(out, '\n');
}

static void page_as_csv(struct buf *out, const struct call_list *list)
{
	call_csv_header(out);
	for (size_t i = 0; i < list->count; i++)
		call_csv_row(out, &list->calls[i]);
}

static int print_page(struct app *a, const struct wish *w)
{
	struct call_list list = {NULL, 0};
	int64_t total;
	enum err e = store_history_page(a->store, &w->filter, w->page, w->limit, &list, &total);
	if (e != ERR_NONE)
		return app_store_failed(e);
	struct buf out;
	buf_init(&out, PAGE_BYTES);
	if (w->format == FORMAT_TEXT)
		page_as_text(&out, w, &list, total);
	else if (w->format == FORMAT_JSON)
		page_as_json(&out, w, &list, total);
	else
		page_as_csv(&out, &list);
	call_list_release(&list);
	return app_print(&out);
}

/* --- all as CSV: in pieces, so that memory does not grow with the history --- */

static int print_all(struct app *a, const struct wish *w)
{
	struct history_walk walk;
	int status = STATUS_OK;
	struct buf out;
	buf_init(&out, CSV_BYTES);
	call_csv_header(&out);
	memset(&walk, 0, sizeof(walk));
	while (status == STATUS_OK && !walk.ended) {
		struct call_list list = {NULL, 0};
		enum err e = store_history_walk(a->store, &w->filter, &walk, CSV_ROWS, &list);
		if (e == ERR_BUSY)
			e = store_history_walk(a->store, &w->filter, &walk, CSV_ROWS, &list);
		for (size_t i = 0; i < list.count; i++)
			call_csv_row(&out, &list.calls[i]);
		call_list_release(&list);
		status = e == ERR_NONE ? app_print(&out) : app_store_failed(e);
	}
	buf_release(&out);
	return status;
}

static int run(struct app *a)
{
	struct wish w;
	if (!read_wish(a, &w))
		return STATUS_USAGE;
	if (!app_open_store(a))
		return STATUS_FAILED;
	bool one_page = args_has(&a->args, "page") || args_has(&a->args, "limit");
	return w.format == FORMAT_CSV && !one_page ? print_all(a, &w) : print_page(a, &w);
}

static const struct option options[] = {{"user", "USER", "only the calls of this user"},
	{"all", NULL, "the calls of all users (the default)"}, {"page", "N", "page, from 1"},
	{"limit", "N", "calls on a page, 1 to 1000 (default: 20)"},
	{"format", "FORMAT", "text, json or csv; csv without --page and --limit is all calls"},
	{"status", "STATUS", "only calls of this status, such as no-answer"},
	{"provider", "PROVIDER", "dialpad, aircall, cti or tel"},
	{"phone", "NUMBER", "only calls to this number"},
	{"client", "ID", "only calls with this client"},
	{"contact", "ID", "only calls with this contact"},
	{"deal", "ID", "only calls with this deal"},
	{"from", "TIME", "requested at that time or later; a date, or 2023-05-15T12:34:56Z"},
	{"to", "TIME", "requested before that time"}, {NULL, NULL, NULL}};

const struct command command_history = {.name = "history",
	.synopsis = "[--user USER | --all] [--page N] [--limit N] [--format FORMAT] [FILTER ...]",
	.summary = "Lists calls, newest first",
	.options = options,
	.run = run};
