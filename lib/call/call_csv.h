/*
 * Calls as RFC 4180 CSV: CRLF line ends, quotes where needed. A `'` goes before cells of free text
 * that begin with = + - @, tab or CR, so that no spreadsheet takes them for a formula.
 */
#ifndef CALL_CALL_CSV_H
#define CALL_CALL_CSV_H

#include "base/buf.h"
#include "call/call.h"

void call_csv_header(struct buf *out);
void call_csv_row(struct buf *out, const struct call *c);

#endif
