/* Small checks and readings of text from outside. Lengths are bytes; nothing needs a NUL. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes of the well-formed UTF-8 character that s begins with (1-4), 0 if it begins with none:
 * no surrogates, no overlong forms, at most U+10FFFF. */
size_t text_utf8_char(const char *s, size_t len);
/* Well-formed UTF-8 throughout. */
bool text_is_utf8(const char *s, size_t len);
/* Holds a byte below 0x20 or 0x7f. */
bool text_has_control(const char *s, size_t len);
/* Whether that character of n bytes is a control: below U+0020 or U+007F-U+009F (terminals obey
 * these, too). */
bool text_is_control_char(const char *s, size_t n);
/* Decimal digits only, no sign, no blank, the value within [min, max]. */
bool text_int(const char *s, size_t len, int64_t min, int64_t max, int64_t *value);
/* 0 to 15 for a hexadecimal digit of either case, -1 for anything else. */
int text_hex_digit(char c);
/* Only decimal digits, at least one. */
bool text_is_digits(const char *s, size_t len);
/* Copies the decimal digits of s, dropping everything else; false if they do not fit. */
bool text_digits(const char *s, size_t len, char *out, size_t out_size);
/* Adds at most max_chars characters of s with control characters dropped and malformed bytes
 * replaced by U+FFFD: makes a provider's text fit to be shown and logged. */
bool text_add_clean(struct buf *out, const char *s, size_t len, size_t max_chars);
/* Puts *** in place of the secret wherever it stands in s, also where only its first characters do
 * (the text may have been cut). Texts shorter than 6 bytes are no secrets. */
void text_mask(char *s, const char *secret);
/* Letters, digits and `-._~`, which stand for themselves anywhere in an address (RFC 3986, 2.3). */
bool text_is_unreserved(char c);
/* Adds s with all other bytes percent-encoded (RFC 3986, 2.1): good for queries and forms. */
bool text_add_encoded(struct buf *out, const char *s);
/* ASCII only, locale never matters. */
bool text_equal_nocase(const char *a, const char *b);
/* A copy the caller frees; NULL if memory ran out. */
char *text_dup(const char *s, size_t len);

#endif
