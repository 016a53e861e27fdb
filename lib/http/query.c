#include "http/query.h"

#include "base/text.h"
#include <stdbool.h>
#include <string.h>

/* Decodes into `out`, which is at least as long as the text. False: a `%` without two digits. */
static bool decode(const char *s, size_t len, char *out, size_t *out_len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '+') {
			out[n++] = ' ';
		} else if (s[i] == '%') {
			int high, low;

			if (len - i < 3)
				return false;
			high = text_hex_digit(s[i + 1]);
			low = text_hex_digit(s[i + 2]);
			if (high < 0 || low < 0)
				return false;
			out[n++] = (char)(high * 16 + low);
			i += 2;
		} else {
			out[n++] = s[i];
		}
	}
	*out_len = n;
	return true;
}

/* The index in `names`, or -1. */
static int find(const char *const names[], const char *name, size_t len)
{
	for (int i = 0; i < QUERY_PARAMS_MAX && names[i]; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return i;
	return -1;
}

static bool value_fits(const char *value, size_t len)
{
	return len > 0 && !text_has_control(value, len) && text_is_utf8(value, len);
}

/* One `name=value`, decoded to *at, which moves on behind what is kept. False: *bad. */
static bool read_pair(struct query *q, const char *pair, size_t pair_len, const char *const names[],
	char **at, const char **bad)
{
	const char *equals = memchr(pair, '=', pair_len);
	size_t name_len = equals ? (size_t)(equals - pair) : pair_len;
	size_t len;
	int i = -1;

	if (decode(pair, name_len, *at, &len))
		i = find(names, *at, len);
	if (i < 0)
		return true;
	if (!equals || q->value[i] || !decode(equals + 1, pair_len - name_len - 1, *at, &len) ||
		!value_fits(*at, len)) {
		*bad = names[i];
		return false;
	}
	q->value[i] = *at;
	(*at)[len] = '\0';
	*at += len + 1;
	return true;
}

enum err query_parse(struct query *q, const char *raw, const char *const names[], const char **bad)
{
	size_t raw_len = strlen(raw);
	char *start, *at;

	*q = (struct query){0};
	*bad = NULL;
	buf_init(&q->text, raw_len + 1);
	if (raw_len == 0)
		return ERR_NONE;
	/* One piece of memory, as values are pointed to: a decoded value and its NUL are never
	 * longer than the `name=value` they come from. */
	start = at = buf_reserve(&q->text, raw_len);
	if (!start)
		return ERR_NOMEM;

	for (const char *pair = raw; *pair;) {
		size_t pair_len = strcspn(pair, "&");

		if (!read_pair(q, pair, pair_len, names, &at, bad)) {
			query_release(q);
			return ERR_INVALID;
		}
		pair += pair_len;
		if (*pair == '&')
			pair++;
	}
	buf_commit(&q->text, (size_t)(at - start));
	return ERR_NONE;
}

void query_release(struct query *q)
{
	buf_release(&q->text);
	*q = (struct query){0};
	buf_init(&q->text, 0);
}
