/*
 * Strict reading of one JSON document (RFC 8259) with jsmn as the tokenizer.
 *
 * Before jsmn sees the text, an own pass checks what jsmn lets through: grammar, exactly one
 * document, UTF-8, escapes and surrogate pairs, raw control characters, numbers, nesting (32
 * levels) and size. Afterwards duplicate member names are refused (compared after decoding). NUL
 * (\u0000) in a string is refused. Values are then read by typed getters only.
 *
 * The document borrows the text: keep it unchanged until json_release.
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX  32
#define JSON_TOKENS_MAX 1000000 /* values and names in one document: 24 bytes of memory each */

struct json {
	const char *text; /* borrowed */
	size_t len;
	char *mended; /* what a lenient reading made of it, then `text` is this; owned */
	void *tokens; /* jsmntok_t[count], owned */
	int *after;   /* after[n]: the first token behind n and all it holds; owned */
	int count;
};

/* A value inside a document; negative: there is none. Getters accept that and say "no". */
typedef int json_node;
#define JSON_NONE (-1)

enum json_type {
	JSON_ABSENT,
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

/* ERR_INVALID, ERR_TOO_LARGE (more than max_len bytes or JSON_TOKENS_MAX) or ERR_NOMEM; then *j is
 * empty, and `why` (may be NULL) points to a static sentence for people. */
enum err json_parse(
	struct json *j, const char *text, size_t len, size_t max_len, const char **why) must_check;
/* The same for answers of others, where one bad value must not hide the rest: strings that hold
 * what no string may hold have U+FFFD or `?` in its place (half a surrogate pair, NUL, an unknown
 * escape, a raw control character, bytes that are not UTF-8), and an object in which a name occurs
 * twice is JSON_ABSENT. Broken grammar is refused all the same. */
enum err json_parse_lenient(
	struct json *j, const char *text, size_t len, size_t max_len, const char **why) must_check;
void json_release(struct json *j);

json_node json_root(const struct json *j);
enum json_type json_type(const struct json *j, json_node n);

/* The member of an object; JSON_NONE if it is absent or n is no object. Names are whole and exact.
 */
json_node json_member(const struct json *j, json_node n, const char *name);
/* The same for a path of nested objects, "user.id". */
json_node json_path(const struct json *j, json_node n, const char *path);

/* Number of elements or members; 0 for anything else. */
int json_size(const struct json *j, json_node n);
/* Walks the elements of an array: first one, then the next, JSON_NONE at the end. */
json_node json_first(const struct json *j, json_node array);
json_node json_next(const struct json *j, json_node array, json_node element);

/* Each getter is false when the value is absent, null or of another type. */
bool json_bool(const struct json *j, json_node n, bool *value);
/* An integer literal (no fraction, no exponent) within int64. */
bool json_int(const struct json *j, json_node n, int64_t *value);
/* The same, or a string of decimal digits: how providers write 64-bit ids and times. */
bool json_int_lenient(const struct json *j, json_node n, int64_t *value);
/* Any finite number. */
bool json_double(const struct json *j, json_node n, double *value);
/* Adds the decoded string to out; false also if out fails (see out->failed). */
bool json_text(const struct json *j, json_node n, struct buf *out);
/* Decoded copy into out, NUL-terminated; false if it does not fit. */
bool json_string_fixed(const struct json *j, json_node n, char *out, size_t out_size);
/* Whether it is a string equal to `text` after decoding. */
bool json_string_is(const struct json *j, json_node n, const char *text);

#endif
