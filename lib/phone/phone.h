/*
 * Telephone numbers: what people write becomes E.164 (`+`, 8 to 15 digits, no leading zero), or is
 * refused. A number is never guessed.
 */
#ifndef PHONE_PHONE_H
#define PHONE_PHONE_H

#include <stdbool.h>
#include <stddef.h>

#define PHONE_SIZE 17 /* "+", 15 digits and the NUL */

/* How a number without `+` is read. */
struct phone_rules {
	char country_code[4]; /* digits without `+`; "" : such numbers are refused */
	char trunk_prefix[8]; /* dropped once from a national number; "" : none */
};

/* The trunk prefix that belongs to a country code where none is configured:
 * "1" for 1, "8" for 7, none for 39 and 378, else "0". */
const char *phone_default_trunk(const char *country_code);

/* Whether the digits are a country code as ITU-T E.164 hands them out: no code begins another one.
 */
bool phone_is_country_code(const char *digits, size_t len);

/* Reads spaces, `-`, `.`, `(`, `)`, a `tel:` prefix and RFC 3966 parameters (`;ext=` and the like
 * are never digits of the number).
 *
 * With `+`: as it is. `(0)` directly after the country code is dropped, but refused after +39 and
 * +378, where the zero is part of the number; anywhere else it is refused, too. With a global
 * `;phone-context=+44`: that is put before it, where it leads to a possible number (no trunk zero
 * behind it; ten digits after 1, the first of them 2-9; ten after 7). Any other context is refused.
 * With neither: only with a country code in the rules. After `00` (code 1: `011`) it is
 * international, else one leading trunk prefix is dropped and the code put before; with code 1 ten
 * digits must be left, the first of them 2-9; with code 7 ten digits.
 *
 * False: refused; *why (may be NULL) is then a static sentence for people. */
bool phone_normalise(const struct phone_rules *rules, const char *s, size_t len,
	char out[PHONE_SIZE], const char **why);

/* Whether `prefixes` (comma-separated, each `+` and digits, blanks allowed) has one e164 begins
 * with. */
bool phone_has_prefix(const char *e164, const char *prefixes);
/* The same, and which one it is: the first of them, cut to the size of out; "" if there is none. */
bool phone_find_prefix(const char *e164, const char *prefixes, char *out, size_t size);
/* Whether the text is such a list; "" is one. */
bool phone_prefixes_valid(const char *prefixes);

#endif
