/*
 * Records as bytes: a version, then fields of (number << 1 | is_text) and either a signed integer
 * or a length and bytes, all numbers as variable-length integers.
 */
#ifndef STORE_FIELDS_H
#define STORE_FIELDS_H

#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- writing: check out->failed at the end --- */
void field_begin(struct buf *out);
void field_int(struct buf *out, unsigned field, int64_t v);
void field_bytes(struct buf *out, unsigned field, const void *s, size_t len);
/* Left out when empty. */
void field_text(struct buf *out, unsigned field, const char *s);

/* --- reading --- */
struct field_reader {
	const unsigned char *p, *end;
	bool bad;
};

struct field {
	unsigned number;
	bool is_text;
	int64_t i;
	const char *s; /* not terminated */
	size_t len;
};

struct field_reader field_read_begin(const void *bytes, size_t len);
/* False at the end of the record, or when it is bad. */
bool field_read(struct field_reader *r, struct field *f);
/* Copies a text field; ERR_STORAGE if it does not fit. */
enum err field_fixed(char *to, size_t size, const struct field *f) must_check;

#endif
