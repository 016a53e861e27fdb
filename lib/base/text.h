/* Small checks and readings of text from outside. Lengths are bytes; nothing needs a NUL. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool text_is_utf8(const char *s, size_t len);
/* Holds a byte below 0x20 or 0x7f. */
bool text_has_control(const char *s, size_t len);
/* Decimal digits only, no sign, no blank, the value within [min, max]. */
bool text_int(const char *s, size_t len, int64_t min, int64_t max, int64_t *value);
/* Only decimal digits, at least one. */
bool text_is_digits(const char *s, size_t len);
/* Copies the decimal digits of s, dropping everything else; false if they do not fit. */
bool text_digits(const char *s, size_t len, char *out, size_t out_size);
/* Adds at most max_chars characters of s with control characters dropped and malformed bytes
 * replaced by U+FFFD: makes a provider's text fit to be shown and logged. */
bool text_add_clean(struct buf *out, const char *s, size_t len, size_t max_chars);
/* ASCII only, locale never matters. */
bool text_equal_nocase(const char *a, const char *b);
/* A copy the caller frees; NULL if memory ran out. */
char *text_dup(const char *s, size_t len);

#endif
