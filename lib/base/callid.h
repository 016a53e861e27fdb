/*
 * The id of a call: 12 bytes, written as 24 lowercase hex digits. The first 4 bytes are the
 * creation time in UNIX seconds, the next 2 its milliseconds, the rest is random: ids sort by time.
 */
#ifndef BASE_CALLID_H
#define BASE_CALLID_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALLID_BYTES 12
#define CALLID_SIZE  25 /* 24 hex digits and the NUL */

struct callid {
	unsigned char b[CALLID_BYTES];
};

/* A new id for a call created at now_ms. ERR_IO if the system has no randomness. */
enum err callid_make(int64_t now_ms, struct callid *id) must_check;
void callid_format(const struct callid *id, char out[CALLID_SIZE]);
/* Exactly 24 lowercase hex digits, else false. */
bool callid_parse(const char *s, size_t len, struct callid *id);
bool callid_equal(const struct callid *a, const struct callid *b);

#endif
