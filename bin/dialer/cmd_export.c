/* dialer export: all calls, oldest first, as JSON Lines that `dialer import` takes, or as CSV. */
#include "app.h"
#include "call/call_csv.h"
#include "store/walk.h"
#include "times.h"

#include <string.h>

#define PART_BYTES ((size_t)64 * 1024 * 1024) /* 500 calls with the longest notes and trails */

static void add_lines(struct buf *out, const struct call_records *l)
{
	for (size_t i = 0; i < l->count; i++) {
		struct jsonw w;
		jsonw_init(&w, out);
		call_record_json(&w, &l->records[i]);
		buf_addc(out, '\n');
	}
}

static void add_rows(struct buf *out, const struct call_records *l)
{
	for (size_t i = 0; i < l->count; i++)
		call_csv_row(out, &l->records[i].call);
}

static int export(struct app *a, struct call_walk *walk, bool csv)
{
	struct buf out;
	int status = STATUS_OK;
	buf_init(&out, PART_BYTES);
	if (csv)
		call_csv_header(&out);
	while (status == STATUS_OK && !walk->ended) {
		struct call_records l = {.records = NULL};
		enum err e = store_walk(a->store, walk, &l);
		if (e == ERR_BUSY)
			e = store_walk(a->store, walk, &l);
		if (csv)
			add_rows(&out, &l);
		else
			add_lines(&out, &l);
		call_records_release(&l);
		status = e == ERR_NONE ? app_print(&out) : app_store_failed(e);
	}
	buf_release(&out);
	return status;
}

static bool read_format(const struct args *args, bool *csv)
{
	const char *v = args_value(args, "format");
	*csv = v != NULL && strcmp(v, "csv") == 0;
	if (v == NULL || *csv || strcmp(v, "jsonl") == 0)
		return true;
	complain("--format must be jsonl or csv");
	return false;
}

static int run(struct app *a)
{
	struct call_walk walk = {.user = args_value(&a->args, "user")};
	bool csv;
	if (!read_format(&a->args, &csv) || (walk.user != NULL && !app_user_valid(walk.user)) ||
		!times_read(&a->args, &walk.from_ms, &walk.to_ms))
		return STATUS_USAGE;
	walk.trail = !csv;
	return app_open_store(a) ? export(a, &walk, csv) : STATUS_FAILED;
}

static const struct option options[] = {{"format", "FORMAT", "jsonl (the default) or csv"},
	{"user", "USER", "only the calls of this user"},
	{"from", "TIME",
		"requested at that time or later, such as 2023-05-15T12:34:56Z or 2023-05-15"},
	{"to", "TIME", "requested before that time"}, {NULL, NULL, NULL}};

const struct command command_export = {.name = "export",
	.synopsis = "[--format FORMAT] [--user USER] [--from TIME] [--to TIME]",
	.summary = "Writes calls to standard output, oldest first",
	.details = "jsonl: one call a line with all that is kept of it, notes and trail included; "
		   "what\n"
		   "`import` takes. csv: for reading, with the columns of the API. Neither holds "
		   "keys or\n"
		   "tokens, nor users' settings and connections: those are in a backup.\n",
	.options = options,
	.run = run};
