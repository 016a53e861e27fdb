#include "json/json.h"

#include "base/text.h"
#include "json/escape.h"
#include "json/mend.h"
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

/*
 * The checking pass. Each function stands at the first byte of what it reads and leaves `p` behind
 * the last one; false: `why` is set.
 */
struct scan {
	const char *p;
	const char *end;
	int depth;
	int tokens;
	int names;
	const char *why;
};

static bool scan_fail(struct scan *s, const char *why)
{
	s->why = why;
	return false;
}

static bool scan_value(struct scan *s);

/* The next byte, or 0 at the end: no token begins with 0. */
static char scan_peek(const struct scan *s)
{
	return s->p < s->end ? *s->p : '\0';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void scan_blank(struct scan *s)
{
	while (s->p < s->end && is_blank(*s->p))
		s->p++;
}

static bool scan_token(struct scan *s)
{
	if (s->tokens == JSON_TOKENS_MAX)
		return scan_fail(s, NULL);
	s->tokens++;
	return true;
}

static bool scan_unicode_escape(struct scan *s)
{
	long unit = escape_hex4(s->p, s->end);

	if (unit < 0)
		return scan_fail(s, "\\u needs four hexadecimal digits");
	if (unit == 0)
		return scan_fail(s, "a NUL character in a string");
	s->p += 4;
	if (escape_is_low_surrogate(unit))
		return scan_fail(s, "an unpaired surrogate in a string");
	if (!escape_is_high_surrogate(unit))
		return true;
	if (s->end - s->p < 6 || s->p[0] != '\\' || s->p[1] != 'u' ||
		!escape_is_low_surrogate(escape_hex4(s->p + 2, s->end)))
		return scan_fail(s, "an unpaired surrogate in a string");
	s->p += 6;
	return true;
}

static bool scan_escape(struct scan *s)
{
	s->p++;
	switch (scan_peek(s)) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		s->p++;
		return true;
	case 'u':
		s->p++;
		return scan_unicode_escape(s);
	default:
		return scan_fail(s, "an unknown escape in a string");
	}
}

static bool scan_string(struct scan *s)
{
	if (!scan_token(s))
		return false;
	s->p++;
	while (s->p < s->end) {
		size_t n;

		if (*s->p == '"') {
			s->p++;
			return true;
		}
		if (*s->p == '\\') {
			if (!scan_escape(s))
				return false;
			continue;
		}
		if ((unsigned char)*s->p < 0x20)
			return scan_fail(s, "a raw control character in a string");
		n = text_utf8_char(s->p, (size_t)(s->end - s->p));
		if (n == 0)
			return scan_fail(s, "not valid UTF-8");
		s->p += n;
	}
	return scan_fail(s, "a string without an end");
}

static bool scan_digits(struct scan *s)
{
	const char *start = s->p;

	while (scan_peek(s) >= '0' && scan_peek(s) <= '9')
		s->p++;
	return s->p > start || scan_fail(s, "a malformed number");
}

static bool scan_number(struct scan *s)
{
	if (scan_peek(s) == '-')
		s->p++;
	if (scan_peek(s) == '0')
		s->p++; /* a digit behind it is no part of the number, and nothing else either */
	else if (!scan_digits(s))
		return false;
	if (scan_peek(s) == '.') {
		s->p++;
		if (!scan_digits(s))
			return false;
	}
	if (scan_peek(s) == 'e' || scan_peek(s) == 'E') {
		s->p++;
		if (scan_peek(s) == '+' || scan_peek(s) == '-')
			s->p++;
		if (!scan_digits(s))
			return false;
	}
	return scan_token(s);
}

static bool scan_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return scan_fail(s, "an unknown word");
	s->p += n;
	return scan_token(s);
}

static bool scan_member(struct scan *s)
{
	if (scan_peek(s) != '"')
		return scan_fail(s, "a member without a name in quotes");
	if (!scan_string(s))
		return false;
	s->names++;
	scan_blank(s);
	if (scan_peek(s) != ':')
		return scan_fail(s, "a member name without a colon");
	s->p++;
	scan_blank(s);
	return scan_value(s);
}

static bool scan_container(struct scan *s, char close, bool (*item)(struct scan *))
{
	if (!scan_token(s))
		return false;
	if (s->depth == JSON_DEPTH_MAX)
		return scan_fail(s, "nested too deeply");
	s->depth++;
	s->p++;
	scan_blank(s);
	if (scan_peek(s) != close) {
		for (;;) {
			if (!item(s))
				return false;
			scan_blank(s);
			if (scan_peek(s) != ',')
				break;
			s->p++;
			scan_blank(s);
		}
	}
	if (scan_peek(s) != close)
		return scan_fail(s, "an array or object that is not closed properly");
	s->p++;
	s->depth--;
	return true;
}

/* Recursion ends at JSON_DEPTH_MAX. */
static bool scan_value(struct scan *s)
{
	switch (scan_peek(s)) {
	case '{':
		return scan_container(s, '}', scan_member);
	case '[':
		return scan_container(s, ']', scan_value);
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		return scan_number(s);
	default:
		return scan_fail(
			s, s->p < s->end ? "an unexpected character" : "the text ends too early");
	}
}

static bool scan_document(struct scan *s)
{
	scan_blank(s);
	if (s->p == s->end)
		return scan_fail(s, "empty");
	if (!scan_value(s))
		return false;
	scan_blank(s);
	return s->p == s->end || scan_fail(s, "more text after the end");
}

/*
 * Decoded strings. They were checked, so reading needs no checks.
 */
static bool has_escape(const char *s, size_t len)
{
	return memchr(s, '\\', len) != NULL;
}

/* UTF-8 of a code point; the number of bytes. */
static size_t encode(long c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Decodes the character at *p, moves behind it and returns the number of bytes written. */
static size_t decode_char(const char **p, const char *end, char out[4])
{
	static const char from[] = "bfnrt";
	static const char to[] = "\b\f\n\r\t";
	const char *known;
	long unit;

	if (**p != '\\') {
		size_t n = text_utf8_char(*p, (size_t)(end - *p));

		memcpy(out, *p, n);
		*p += n;
		return n;
	}
	*p += 2;
	if ((*p)[-1] != 'u') {
		known = strchr(from, (*p)[-1]);
		out[0] = known != NULL ? to[known - from] : (*p)[-1];
		return 1;
	}
	unit = escape_hex4(*p, end);
	*p += 4;
	if (escape_is_high_surrogate(unit)) {
		unit = 0x10000 + ((unit - 0xd800) << 10) + (escape_hex4(*p + 2, end) - 0xdc00);
		*p += 6;
	}
	return encode(unit, out);
}

/* Orders strings by their decoded bytes. */
static int compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const char *a_end = a + a_len;
	const char *b_end = b + b_len;

	if (!has_escape(a, a_len) && !has_escape(b, b_len)) {
		int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

		return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
	}
	while (a < a_end && b < b_end) {
		char x[4] = {0}, y[4] = {0};
		int order;

		decode_char(&a, a_end, x);
		decode_char(&b, b_end, y);
		order = memcmp(x, y, sizeof(x));
		if (order != 0)
			return order;
	}
	return (a < a_end) - (b < b_end);
}

static const jsmntok_t *token(const struct json *j, json_node n)
{
	if (n < 0 || n >= j->count)
		return NULL;
	return (const jsmntok_t *)j->tokens + n;
}

static const char *token_text(const struct json *j, const jsmntok_t *t, size_t *len)
{
	*len = (size_t)(t->end - t->start);
	return j->text + t->start;
}

static bool token_equals(
	const struct json *j, const jsmntok_t *t, const char *text, size_t text_len)
{
	size_t len;
	const char *s = token_text(j, t, &len);
	const char *end = s + len;
	char c[4];

	if (!has_escape(s, len))
		return len == text_len && memcmp(s, text, len) == 0;
	while (s < end) {
		size_t n = decode_char(&s, end, c);

		if (n > text_len || memcmp(c, text, n) != 0)
			return false;
		text += n;
		text_len -= n;
	}
	return text_len == 0;
}

static int compare_names(const void *a, const void *b, void *json)
{
	const struct json *j = json;
	size_t a_len, b_len;
	const char *x = token_text(j, token(j, *(const int *)a), &a_len);
	const char *y = token_text(j, token(j, *(const int *)b), &b_len);

	return compare(x, a_len, y, b_len);
}

/* Sorting keeps a hostile object of many names from costing their number squared. */
static bool object_has_duplicate(struct json *j, int object, int *names)
{
	size_t n = 0;

	for (int name = object + 1; name < j->after[object]; name = j->after[name])
		names[n++] = name;
	if (n < 2)
		return false;
	qsort_r(names, n, sizeof(*names), compare_names, j);
	for (size_t i = 1; i < n; i++)
		if (compare_names(&names[i - 1], &names[i], j) == 0)
			return true;
	return false;
}

/* What an object says in which a name occurs twice, nobody can tell: leniently read it is no value
 * at all. */
static enum err check_duplicates(struct json *j, int names_count, bool lenient, const char **why)
{
	enum err e = ERR_NONE;
	int *names;

	if (names_count < 2)
		return ERR_NONE;
	names = malloc((size_t)names_count * sizeof(*names));
	if (names == NULL)
		return ERR_NOMEM;
	for (int i = 0; i < j->count && e == ERR_NONE; i++) {
		if (token(j, i)->type != JSMN_OBJECT || !object_has_duplicate(j, i, names))
			continue;
		if (lenient) {
			((jsmntok_t *)j->tokens)[i].type = JSMN_UNDEFINED;
			continue;
		}
		*why = "a member name that occurs twice";
		e = ERR_INVALID;
	}
	free(names);
	return e;
}

/* A token's children stand behind it, so the last of them tells where it ends. */
static void link_after(struct json *j)
{
	for (int i = j->count - 1; i >= 0; i--)
		j->after[i] = i + 1;
	for (int i = j->count - 1; i >= 0; i--) {
		int parent = token(j, i)->parent;

		if (parent >= 0 && j->after[parent] < j->after[i])
			j->after[parent] = j->after[i];
	}
}

static bool tokenize(struct json *j)
{
	jsmntok_t *tokens = j->tokens;
	int start = 0;
	int end = (int)j->len;
	jsmn_parser parser;

	while (is_blank(j->text[start]))
		start++;
	if (strchr("{[\"", j->text[start]) == NULL) {
		/* jsmn wants a delimiter behind a number or word; a lone one need not have any. */
		while (is_blank(j->text[end - 1]))
			end--;
		*tokens = (jsmntok_t){JSMN_PRIMITIVE, start, end, 0, -1};
		return true;
	}
	jsmn_init(&parser);
	return jsmn_parse(&parser, j->text, j->len, tokens, (unsigned int)j->count) == j->count;
}

static enum err build(struct json *j, const struct scan *s, bool lenient, const char **why)
{
	j->tokens = calloc((size_t)s->tokens, sizeof(jsmntok_t));
	j->after = calloc((size_t)s->tokens, sizeof(*j->after));
	j->count = s->tokens;
	if (j->tokens == NULL || j->after == NULL)
		return ERR_NOMEM;
	if (!tokenize(j)) {
		*why = "not understood";
		return ERR_INVALID;
	}
	link_after(j);
	return check_duplicates(j, s->names, lenient, why);
}

static enum err parse(struct json *j, const char *text, size_t len, size_t max_len, bool lenient,
	const char **why)
{
	struct scan s = {.p = text, .end = text + len};
	enum err e;

	*j = (struct json){.text = text, .len = len};
	if (len > max_len || len > INT_MAX) {
		*why = "too long";
		return ERR_TOO_LARGE;
	}
	if (!scan_document(&s)) {
		*why = s.why != NULL ? s.why : "too many values";
		return s.why != NULL ? ERR_INVALID : ERR_TOO_LARGE;
	}
	*why = "out of memory";
	e = build(j, &s, lenient, why);
	if (e != ERR_NONE)
		json_release(j);
	return e;
}

enum err json_parse(struct json *j, const char *text, size_t len, size_t max_len, const char **why)
{
	const char *unused;

	return parse(j, text, len, max_len, false, why != NULL ? why : &unused);
}

enum err json_parse_lenient(
	struct json *j, const char *text, size_t len, size_t max_len, const char **why)
{
	const char *unused;
	enum err e;
	char *copy;

	if (why == NULL)
		why = &unused;
	e = parse(j, text, len, max_len, false, why);
	if (e != ERR_INVALID)
		return e;
	copy = text_dup(text, len);
	if (copy == NULL)
		return ERR_NOMEM;
	json_mend(copy, len);
	e = parse(j, copy, len, max_len, true, why);
	if (e == ERR_NONE)
		j->mended = copy;
	else
		free(copy);
	return e;
}

void json_release(struct json *j)
{
	free(j->mended);
	free(j->tokens);
	free(j->after);
	*j = (struct json){.text = NULL};
}

json_node json_root(const struct json *j)
{
	return j->count > 0 ? 0 : JSON_NONE;
}

enum json_type json_type(const struct json *j, json_node n)
{
	const jsmntok_t *t = token(j, n);

	if (t == NULL)
		return JSON_ABSENT;
	switch (t->type) {
	case JSMN_OBJECT:
		return JSON_OBJECT;
	case JSMN_ARRAY:
		return JSON_ARRAY;
	case JSMN_STRING:
		return JSON_STRING;
	case JSMN_PRIMITIVE:
		break;
	default:
		return JSON_ABSENT;
	}
	switch (j->text[t->start]) {
	case 'n':
		return JSON_NULL;
	case 't':
	case 'f':
		return JSON_BOOL;
	default:
		return JSON_NUMBER;
	}
}

static json_node member(const struct json *j, json_node n, const char *name, size_t len)
{
	if (json_type(j, n) != JSON_OBJECT)
		return JSON_NONE;
	for (int at = n + 1; at < j->after[n]; at = j->after[at])
		if (token_equals(j, token(j, at), name, len))
			return at + 1;
	return JSON_NONE;
}

json_node json_member(const struct json *j, json_node n, const char *name)
{
	return member(j, n, name, strlen(name));
}

json_node json_path(const struct json *j, json_node n, const char *path)
{
	for (;;) {
		size_t len = strcspn(path, ".");

		n = member(j, n, path, len);
		if (n == JSON_NONE || path[len] == '\0')
			return n;
		path += len + 1;
	}
}

int json_size(const struct json *j, json_node n)
{
	enum json_type type = json_type(j, n);

	return type == JSON_ARRAY || type == JSON_OBJECT ? token(j, n)->size : 0;
}

json_node json_first(const struct json *j, json_node array)
{
	return json_type(j, array) == JSON_ARRAY && json_size(j, array) > 0 ? array + 1 : JSON_NONE;
}

json_node json_next(const struct json *j, json_node array, json_node element)
{
	if (json_type(j, array) != JSON_ARRAY || element <= array || element >= j->after[array])
		return JSON_NONE;
	return j->after[element] < j->after[array] ? j->after[element] : JSON_NONE;
}

/* The text of a value of that type, else NULL. */
static const char *value(const struct json *j, json_node n, enum json_type type, size_t *len)
{
	return json_type(j, n) == type ? token_text(j, token(j, n), len) : NULL;
}

bool json_bool(const struct json *j, json_node n, bool *v)
{
	size_t len;
	const char *s = value(j, n, JSON_BOOL, &len);

	if (s == NULL)
		return false;
	*v = *s == 't';
	return true;
}

bool json_int(const struct json *j, json_node n, int64_t *v)
{
	size_t len;
	const char *s = value(j, n, JSON_NUMBER, &len);

	if (s == NULL)
		return false;
	if (*s != '-')
		return text_int(s, len, 0, INT64_MAX, v);
	/* The least int64 has no positive counterpart. */
	if (len == 20 && memcmp(s, "-9223372036854775808", len) == 0) {
		*v = INT64_MIN;
		return true;
	}
	if (!text_int(s + 1, len - 1, 0, INT64_MAX, v))
		return false;
	*v = -*v;
	return true;
}

bool json_int_lenient(const struct json *j, json_node n, int64_t *v)
{
	char digits[24];

	if (json_type(j, n) != JSON_STRING)
		return json_int(j, n, v);
	return json_string_fixed(j, n, digits, sizeof(digits)) &&
	       text_int(digits, strlen(digits), 0, INT64_MAX, v);
}

bool json_double(const struct json *j, json_node n, double *v)
{
	size_t len;
	const char *s = value(j, n, JSON_NUMBER, &len);
	char *copy;
	double d;

	if (s == NULL)
		return false;
	copy = text_dup(s, len); /* strtod needs an end */
	if (copy == NULL)
		return false;
	d = strtod(copy, NULL);
	free(copy);
	if (!isfinite(d))
		return false;
	*v = d;
	return true;
}

bool json_text(const struct json *j, json_node n, struct buf *out)
{
	size_t len;
	const char *s = value(j, n, JSON_STRING, &len);
	const char *end;

	if (s == NULL)
		return false;
	end = s + len;
	while (s < end) {
		const char *escape = memchr(s, '\\', (size_t)(end - s));
		char c[4];

		buf_add(out, s, (size_t)((escape != NULL ? escape : end) - s));
		if (escape == NULL)
			break;
		s = escape;
		buf_add(out, c, decode_char(&s, end, c));
	}
	return !out->failed;
}

bool json_string_fixed(const struct json *j, json_node n, char *out, size_t out_size)
{
	size_t len, used = 0;
	const char *s = value(j, n, JSON_STRING, &len);
	const char *end;

	if (s == NULL || out_size == 0)
		return false;
	for (end = s + len; s < end;) {
		char c[4];
		size_t bytes = decode_char(&s, end, c);

		if (bytes >= out_size - used) {
			out[0] = '\0';
			return false;
		}
		memcpy(out + used, c, bytes);
		used += bytes;
	}
	out[used] = '\0';
	return true;
}

bool json_string_is(const struct json *j, json_node n, const char *text)
{
	const jsmntok_t *t = token(j, n);

	return t != NULL && t->type == JSMN_STRING && token_equals(j, t, text, strlen(text));
}
