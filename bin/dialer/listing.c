#include "listing.h"

#define LIST_MAX ((size_t)64 * 1024 * 1024)

bool listing_ok(const struct listing *l)
{
	return l->json ? !l->w.failed : !l->table.failed;
}

static enum err as_text(struct app *a, const char *const headings[],
	enum err (*walk)(struct store *s, struct listing *l), struct buf *out)
{
	struct listing l = {.json = false};
	size_t columns = 0;
	while (headings[columns] != NULL)
		columns++;
	table_init(&l.table, columns);
	for (size_t i = 0; i < columns; i++)
		table_cell(&l.table, headings[i]);
	enum err e = walk(a->store, &l);
	table_print(&l.table, out);
	table_release(&l.table);
	return e;
}

static enum err as_json(
	struct app *a, enum err (*walk)(struct store *s, struct listing *l), struct buf *out)
{
	struct listing l = {.json = true};
	jsonw_init(&l.w, out);
	jsonw_array(&l.w);
	enum err e = walk(a->store, &l);
	jsonw_array_end(&l.w);
	buf_addc(out, '\n');
	return e != ERR_NONE || jsonw_ok(&l.w) ? e : ERR_NOMEM;
}

int listing_print(struct app *a, const char *const headings[],
	enum err (*walk)(struct store *s, struct listing *l))
{
	struct buf out;
	if (!app_open_store(a))
		return STATUS_FAILED;
	buf_init(&out, LIST_MAX);
	enum err e = args_has(&a->args, "json") ? as_json(a, walk, &out)
						: as_text(a, headings, walk, &out);
	if (e == ERR_NONE)
		return app_print(&out);
	buf_release(&out);
	return app_store_failed(e);
}
