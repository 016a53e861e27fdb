#include "table.h"

#include "base/csv.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define ELLIPSIS "\xe2\x80\xa6"

/* The character at s takes *len bytes. 0 columns: it combines with the one before. */
static size_t character_columns(const char *s, size_t *len)
{
	mbstate_t state;
	wchar_t c;
	memset(&state, 0, sizeof(state));
	size_t n = text_utf8_char(s, strlen(s));
	*len = n > 0 ? n : 1;
	/* Without a UTF-8 locale everything is taken to be of one column. */
	if (mbrtowc(&c, s, *len, &state) != *len)
		return 1;
	int width = wcwidth(c);
	return width >= 0 ? (size_t)width : 1;
}

size_t text_columns(const char *s)
{
	size_t columns = 0, len;
	for (; *s != '\0'; s += len)
		columns += character_columns(s, &len);
	return columns;
}

/* How many bytes of the cell are shown: cut at a character, so that with the ellipsis it takes no
 * more than TABLE_CELL_MAX. *columns: what it then takes. */
static size_t cut(const char *cell, size_t *columns)
{
	size_t len, at = 0;
	*columns = text_columns(cell);
	if (*columns <= TABLE_CELL_MAX)
		return strlen(cell);
	*columns = 1;
	for (size_t wide; *columns + (wide = character_columns(cell + at, &len)) <= TABLE_CELL_MAX;
		at += len)
		*columns += wide;
	return at;
}

static size_t shown_columns(const char *cell)
{
	size_t columns;
	(void)cut(cell, &columns);
	return columns;
}

static void add_shown(struct buf *out, const char *cell)
{
	size_t columns, len = cut(cell, &columns);
	buf_add(out, cell, len);
	if (cell[len] != '\0')
		buf_adds(out, ELLIPSIS);
}

void table_init(struct table *t, size_t columns)
{
	memset(t, 0, sizeof(*t));
	t->columns = columns;
}

void table_release(struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	free(t->cells);
	table_init(t, t->columns);
}

static bool make_room(struct table *t)
{
	if (t->count < t->room)
		return true;
	size_t room = t->room > 0 ? t->room * 2 : 64;
	char **cells = realloc(t->cells, room * sizeof(*cells));
	if (cells == NULL)
		return false;
	t->cells = cells;
	t->room = room;
	return true;
}

void table_cell(struct table *t, const char *text)
{
	struct buf b;
	size_t len = strlen(text);
	buf_init(&b, 4096);
	text_add_clean(&b, text, len, len < 512 ? len : 512);
	char *cell = !t->failed && make_room(t) ? buf_detach(&b, NULL) : NULL;
	if (cell != NULL)
		t->cells[t->count++] = cell;
	else
		t->failed = true;
	buf_release(&b);
}

static void measure(const struct table *t, size_t widths[TABLE_COLUMNS_MAX])
{
	memset(widths, 0, TABLE_COLUMNS_MAX * sizeof(*widths));
	for (size_t i = 0; i < t->count; i++) {
		size_t columns = shown_columns(t->cells[i]);
		if (columns > widths[i % t->columns])
			widths[i % t->columns] = columns;
	}
}

void table_print(const struct table *t, struct buf *out)
{
	size_t widths[TABLE_COLUMNS_MAX], blanks = 0;
	measure(t, widths);
	out->failed = out->failed || t->failed;
	for (size_t i = 0; i < t->count; i++) {
		/* The blanks before a cell, so that no line ends in any. */
		if (t->cells[i][0] != '\0') {
			buf_addf(out, "%*s", (int)blanks, "");
			add_shown(out, t->cells[i]);
		}
		if ((i + 1) % t->columns == 0) {
			buf_addc(out, '\n');
			blanks = 0;
			continue;
		}
		size_t own = widths[i % t->columns] - shown_columns(t->cells[i]) + 2;
		blanks = t->cells[i][0] != '\0' ? own : blanks + own;
	}
}

void table_print_csv(const struct table *t, struct buf *out)
{
	out->failed = out->failed || t->failed;
	for (size_t i = 0; i < t->count; i++) {
		csv_add_text(out, t->cells[i]);
		buf_adds(out, (i + 1) % t->columns == 0 ? "\r\n" : ",");
	}
}
