/* Text in aligned columns, whatever characters it is of. */
#ifndef DIALER_TABLE_H
#define DIALER_TABLE_H

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX 10
#define TABLE_CELL_MAX    40 /* columns of the screen; longer text is cut, ending in an ellipsis */

struct table {
	size_t columns;
	char **cells; /* row by row, the heading first; owned */
	size_t count, room;
	bool failed; /* memory ran out */
};

void table_init(struct table *t, size_t columns);
void table_release(struct table *t);
/* The next cell, of at most 512 characters. Control characters are dropped. */
void table_cell(struct table *t, const char *text);
/* Adds whole lines; makes `out` fail if the table did. */
void table_print(const struct table *t, struct buf *out);
/* The same as CSV, with cells as long as they are. */
void table_print_csv(const struct table *t, struct buf *out);

/* Columns of the screen that well-formed UTF-8 takes. */
size_t text_columns(const char *s);

#endif
