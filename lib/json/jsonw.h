/*
 * Writing JSON that cannot be bad: a stack knows what is open, and a misplaced call (a key in an
 * array, a value without a key in an object, a second document, an end that matches nothing) writes
 * nothing and makes the writer fail for good. Malformed UTF-8 in a string becomes U+FFFD.
 */
#ifndef JSON_JSONW_H
#define JSON_JSONW_H

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSONW_DEPTH_MAX 16

struct jsonw {
	struct buf *out; /* borrowed */
	unsigned char stack[JSONW_DEPTH_MAX];
	int depth;
	bool failed;
	bool done;
};

void jsonw_init(struct jsonw *w, struct buf *out);

void jsonw_object(struct jsonw *w);
void jsonw_object_end(struct jsonw *w);
void jsonw_array(struct jsonw *w);
void jsonw_array_end(struct jsonw *w);
void jsonw_key(struct jsonw *w, const char *key);

void jsonw_string(struct jsonw *w, const char *s, size_t len);
void jsonw_text(struct jsonw *w, const char *s); /* NUL-terminated */
void jsonw_int(struct jsonw *w, int64_t v);
void jsonw_bool(struct jsonw *w, bool v);
void jsonw_null(struct jsonw *w);
/* A time as RFC 3339 text. */
void jsonw_time(struct jsonw *w, int64_t ms);
/* One complete value that is known to be good JSON already. */
void jsonw_trusted(struct jsonw *w, const char *json, size_t len);

/* Key and value in one. */
void jsonw_member_text(struct jsonw *w, const char *key, const char *s);
void jsonw_member_int(struct jsonw *w, const char *key, int64_t v);
/* As a string: as a number it might lose digits in JavaScript. */
void jsonw_member_int_text(struct jsonw *w, const char *key, int64_t v);
void jsonw_member_bool(struct jsonw *w, const char *key, bool v);
void jsonw_member_time(struct jsonw *w, const char *key, int64_t ms);

/* True when exactly one document was written, all is closed and the buffer holds it. */
bool jsonw_ok(const struct jsonw *w);

#endif
