/*
 * Making strings of JSON readable that hold what no string may hold. Internal to lib/json.
 */
#ifndef JSON_MEND_H
#define JSON_MEND_H

#include <stddef.h>

/* Overwrites, in strings only and without a change of length: half a surrogate pair and \u0000
 * become \ufffd; an escape that is none loses its backslash to a `?`; so do raw control characters
 * and bytes that are not UTF-8. Where a string begins and ends does not change. */
void json_mend(char *text, size_t len);

#endif
