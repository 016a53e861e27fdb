#include "listing.h"

#define LIST_MAX ((size_t)64 * 1024 * 1024)

bool listing_ok(const struct listing *l)
{
	return l->json ? !l->w.failed : !l->table.failed;
}

static int as_table(struct app *a, const char *const headings[],
	int (*walk)(struct app *a, struct listing *l), struct buf *out)
{
	struct listing l = {.json = false};
	size_t columns = 0;
	while (headings[columns] != NULL)
		columns++;
	table_init(&l.table, columns);
	for (size_t i = 0; i < columns; i++)
		table_cell(&l.table, headings[i]);
	int status = walk(a, &l);
	if (args_has(&a->args, "csv"))
		table_print_csv(&l.table, out);
	else
		table_print(&l.table, out);
	table_release(&l.table);
	return status;
}

static int as_json(struct app *a, int (*walk)(struct app *a, struct listing *l), struct buf *out)
{
	struct listing l = {.json = true};
	jsonw_init(&l.w, out);
	jsonw_array(&l.w);
	int status = walk(a, &l);
	jsonw_array_end(&l.w);
	out->failed = out->failed || !jsonw_ok(&l.w);
	buf_addc(out, '\n');
	return status;
}

int listing_print(
	struct app *a, const char *const headings[], int (*walk)(struct app *a, struct listing *l))
{
	struct buf out;
	if (args_has(&a->args, "json") && args_has(&a->args, "csv"))
		return misused("--json and --csv exclude each other");
	if (!app_open_store(a))
		return STATUS_FAILED;
	buf_init(&out, LIST_MAX);
	int status = args_has(&a->args, "json") ? as_json(a, walk, &out)
						: as_table(a, headings, walk, &out);
	if (status == STATUS_OK)
		return app_print(&out);
	buf_release(&out);
	return status;
}
