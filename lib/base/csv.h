/* Cells of CSV (RFC 4180) that hold what other people or programs chose. */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/buf.h"

/* Adds one cell, in quotes where needed. A `'` goes before text that begins with = + - @, tab or CR,
 * so that no spreadsheet takes it for a formula. */
void csv_add_text(struct buf *out, const char *s);

#endif
