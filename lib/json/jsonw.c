#include "json/jsonw.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define PLAIN_MAX    1024
#define INT64_DIGITS 20 /* with the sign */

/* What the innermost open thing waits for. */
enum state {
	ARRAY_FIRST,  /* its first element or its end */
	ARRAY_MORE,   /* another element or its end */
	OBJECT_FIRST, /* its first name or its end */
	OBJECT_MORE,  /* another name or its end */
	OBJECT_VALUE  /* the value of the name just written */
};

void jsonw_init(struct jsonw *w, struct buf *out)
{
	memset(w, 0, sizeof(*w));
	w->out = out;
}

static void put(struct jsonw *w, const char *s, size_t len)
{
	if (!buf_add(w->out, s, len))
		w->failed = true;
}

static void puts_text(struct jsonw *w, const char *s)
{
	put(w, s, strlen(s));
}

static unsigned char *top(struct jsonw *w)
{
	return &w->stack[w->depth - 1];
}

/* Whether a value may stand here; writes the comma before it. */
static bool value_begins(struct jsonw *w)
{
	if (w->failed)
		return false;
	if (w->depth == 0) {
		if (w->done)
			w->failed = true;
		return !w->failed;
	}
	switch (*top(w)) {
	case ARRAY_FIRST:
		*top(w) = ARRAY_MORE;
		break;
	case ARRAY_MORE:
		puts_text(w, ",");
		break;
	case OBJECT_VALUE:
		*top(w) = OBJECT_MORE;
		break;
	default:
		w->failed = true;
		break;
	}
	return !w->failed;
}

static void value_ends(struct jsonw *w)
{
	if (w->depth == 0)
		w->done = true;
}

static void container(struct jsonw *w, char open, enum state state)
{
	if (w->depth == JSONW_DEPTH_MAX)
		w->failed = true;
	if (!value_begins(w))
		return;
	put(w, &open, 1);
	w->stack[w->depth++] = (unsigned char)state;
}

static void container_end(struct jsonw *w, char close, enum state first, enum state more)
{
	if (w->depth == 0 || (*top(w) != first && *top(w) != more))
		w->failed = true;
	if (w->failed)
		return;
	put(w, &close, 1);
	w->depth--;
	value_ends(w);
}

void jsonw_object(struct jsonw *w)
{
	container(w, '{', OBJECT_FIRST);
}

void jsonw_object_end(struct jsonw *w)
{
	container_end(w, '}', OBJECT_FIRST, OBJECT_MORE);
}

void jsonw_array(struct jsonw *w)
{
	container(w, '[', ARRAY_FIRST);
}

void jsonw_array_end(struct jsonw *w)
{
	container_end(w, ']', ARRAY_FIRST, ARRAY_MORE);
}

/* What is written for a byte of ASCII that does not stand for itself, else NULL. */
static const char *escape_of(unsigned char c, char unicode[7])
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\b':
		return "\\b";
	case '\f':
		return "\\f";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		break;
	}
	if (c >= 0x20 && c != 0x7f)
		return NULL;
	(void)snprintf(unicode, 7, "\\u%04x", (unsigned int)c);
	return unicode;
}

#define EIGHT(byte) (UINT64_C(0x0101010101010101) * (uint64_t)(byte))

/* Whether one of eight bytes is below `least`, which is at most 0x80. */
static bool has_below(uint64_t eight, unsigned char least)
{
	return ((eight - EIGHT(least)) & ~eight & EIGHT(0x80)) != 0;
}

static bool is_plain(uint64_t eight)
{
	return (eight & EIGHT(0x80)) == 0 && !has_below(eight, 0x20) &&
	       !has_below(eight ^ EIGHT('"'), 1) && !has_below(eight ^ EIGHT('\\'), 1) &&
	       !has_below(eight ^ EIGHT(0x7f), 1);
}

/* How many bytes from here are ASCII that stands for itself: of most texts, all. */
static size_t plain_run(const char *s, size_t len)
{
	size_t n = 0;
	uint64_t eight;

	for (; len - n >= sizeof(eight); n += sizeof(eight)) {
		memcpy(&eight, s + n, sizeof(eight));
		if (!is_plain(eight))
			break;
	}
	while (n < len && s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

/* What stands for itself, with its quotes and what comes before and after them (NUL: nothing), in one
 * piece: a page of calls has hundreds. False: it does not. */
static bool put_plain(struct jsonw *w, char before, const char *s, size_t len, char after)
{
	if (len > PLAIN_MAX || plain_run(s, len) < len)
		return false;
	char *to = buf_reserve(w->out, len + 4);
	size_t n = 0;
	if (to == NULL) {
		w->failed = true;
		return true;
	}
	if (before != '\0')
		to[n++] = before;
	to[n++] = '"';
	memcpy(to + n, s, len);
	n += len;
	to[n++] = '"';
	if (after != '\0')
		to[n++] = after;
	buf_commit(w->out, n);
	return true;
}

static void put_string(struct jsonw *w, const char *s, size_t len)
{
	if (put_plain(w, '\0', s, len, '\0'))
		return;
	size_t plain = plain_run(s, len); /* bytes before s that stand for themselves and wait */

	puts_text(w, "\"");
	s += plain;
	len -= plain;
	while (len > 0) {
		size_t n = text_utf8_char(s, len);
		const char *instead = NULL;
		char unicode[7];

		if (n == 0) {
			instead = "\xef\xbf\xbd"; /* U+FFFD */
			n = 1;
		} else if (n == 1) {
			instead = escape_of((unsigned char)*s, unicode);
		}
		if (instead != NULL) {
			put(w, s - plain, plain);
			puts_text(w, instead);
		}
		plain = instead != NULL ? 0 : plain + n;
		s += n;
		len -= n;
	}
	put(w, s - plain, plain);
	puts_text(w, "\"");
}

void jsonw_key(struct jsonw *w, const char *key)
{
	if (w->depth == 0 || (*top(w) != OBJECT_FIRST && *top(w) != OBJECT_MORE))
		w->failed = true;
	if (w->failed)
		return;
	bool more = *top(w) == OBJECT_MORE;
	size_t len = strlen(key);
	*top(w) = OBJECT_VALUE;
	if (put_plain(w, more ? ',' : '\0', key, len, ':'))
		return;
	if (more)
		puts_text(w, ",");
	put_string(w, key, len);
	puts_text(w, ":");
}

void jsonw_string(struct jsonw *w, const char *s, size_t len)
{
	if (!value_begins(w))
		return;
	put_string(w, s, len);
	value_ends(w);
}

void jsonw_text(struct jsonw *w, const char *s)
{
	jsonw_string(w, s, strlen(s));
}

void jsonw_trusted(struct jsonw *w, const char *json, size_t len)
{
	if (len == 0)
		w->failed = true;
	if (!value_begins(w))
		return;
	put(w, json, len);
	value_ends(w);
}

/* In decimal; the text ends where the array ends. */
static const char *decimal(int64_t v, char text[INT64_DIGITS])
{
	char *s = text + INT64_DIGITS;
	int64_t rest = v;

	/* Digit by digit, not of the opposite number: the least one has none. */
	do {
		int digit = (int)(rest % 10);
		*--s = (char)('0' + (digit < 0 ? -digit : digit));
		rest /= 10;
	} while (rest != 0);
	if (v < 0)
		*--s = '-';
	return s;
}

void jsonw_int(struct jsonw *w, int64_t v)
{
	char text[INT64_DIGITS];
	const char *s = decimal(v, text);

	jsonw_trusted(w, s, (size_t)(text + sizeof(text) - s));
}

void jsonw_bool(struct jsonw *w, bool v)
{
	jsonw_trusted(w, v ? "true" : "false", v ? 4 : 5);
}

void jsonw_null(struct jsonw *w)
{
	jsonw_trusted(w, "null", 4);
}

void jsonw_time(struct jsonw *w, int64_t ms)
{
	char text[RFC3339_SIZE];

	rfc3339_format(ms, text);
	jsonw_text(w, text);
}

void jsonw_member_text(struct jsonw *w, const char *key, const char *s)
{
	jsonw_key(w, key);
	jsonw_text(w, s);
}

void jsonw_member_int(struct jsonw *w, const char *key, int64_t v)
{
	jsonw_key(w, key);
	jsonw_int(w, v);
}

void jsonw_member_int_text(struct jsonw *w, const char *key, int64_t v)
{
	char text[INT64_DIGITS];
	const char *s = decimal(v, text);

	jsonw_key(w, key);
	jsonw_string(w, s, (size_t)(text + sizeof(text) - s));
}

void jsonw_member_bool(struct jsonw *w, const char *key, bool v)
{
	jsonw_key(w, key);
	jsonw_bool(w, v);
}

void jsonw_member_time(struct jsonw *w, const char *key, int64_t ms)
{
	jsonw_key(w, key);
	jsonw_time(w, ms);
}

bool jsonw_ok(const struct jsonw *w)
{
	return !w->failed && w->done && w->depth == 0 && !w->out->failed;
}
