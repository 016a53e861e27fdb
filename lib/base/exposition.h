/*
 * Writing metrics in the text exposition format of Prometheus (version 0.0.4).
 *
 * A family begins with its HELP and TYPE lines, which is all that the format asks for in matters of
 * order: its samples follow, then the next family. Help texts and label values are escaped; names
 * are the caller's own words and good already.
 */
#ifndef BASE_EXPOSITION_H
#define BASE_EXPOSITION_H

#include "base/buf.h"
#include <stdint.h>

/* Begins a family. A counter's name ends in _total, and its value never falls but to begin anew. */
void exposition_gauge(struct buf *out, const char *name, const char *help);
void exposition_counter(struct buf *out, const char *name, const char *help);

/* Pairs of name and value, NULL at the end; NULL: none. */
#define EXPOSITION_LABELS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* One sample of the family begun last, whose name is given again. */
void exposition_int(struct buf *out, const char *name, const char *const *labels, int64_t value);
/* The same with milliseconds as seconds: the base unit. */
void exposition_seconds(struct buf *out, const char *name, const char *const *labels, int64_t ms);

#endif
