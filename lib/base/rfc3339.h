/* Times as text: RFC 3339 in UTC with milliseconds, "2023-05-15T12:34:56.789Z". */
#ifndef BASE_RFC3339_H
#define BASE_RFC3339_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RFC3339_SIZE 25 /* 24 characters and the NUL */

/* Writes `ms` (UNIX milliseconds, years 0001-9999; clamped to these) into out. */
void rfc3339_format(int64_t ms, char out[RFC3339_SIZE]);

/* Reads a full RFC 3339 date-time with zone: `Z`, `+hh:mm`, `-hh:mm`; `T`, `t` or a space between
 * date and time; any number of fraction digits (cut to milliseconds); a leap second 60 counts as
 * the next second. The calendar is checked. Nothing may follow. */
bool rfc3339_parse(const char *s, size_t len, int64_t *ms);

#endif
