/*
 * Telephone numbers, times and tokens as text.
 */
#ifndef SIM_TEXT_H
#define SIM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TEXT_DIGITS = 32, /* room for the digits of a number */
	TEXT_NUMBER = 48, /* room for a formatted number */
	TEXT_TIME = 32,   /* room for an ISO 8601 time */
	TEXT_TOKEN = 41,  /* room for 40 hexadecimal digits */
	TEXT_UUID = 37,
};

/* Copies only the digits of text; cut to the room there is. */
void text_digits(char *out, size_t size, const char *text);

/* '+', then 2 to 15 digits of which the first is not 0. */
bool text_is_e164(const char *text);

/* "12125550134" becomes "+1 212-555-0134", "43720000001" becomes "+43 720 000001". */
void text_format_number(char *out, size_t size, const char *digits);

/* The country of a number as two letters, NULL if unknown to this table. */
const char *text_country(const char *digits);

/* "2026-09-28T10:21:09.000Z" */
void text_iso_time(char out[TEXT_TIME], int64_t ms);

/* A decimal integer and nothing else. */
bool text_int64(const char *text, int64_t *out);

/* Random: `digits` hexadecimal digits (40 at most), and a version 4 UUID. */
void text_random_hex(char *out, size_t digits);
void text_random_uuid(char out[TEXT_UUID]);

/* Base64 with padding. The caller frees. */
char *text_base64(const char *text);

#endif
