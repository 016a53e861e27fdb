#include "auth/segment.h"

#include <string.h>

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

bool segment_split(const char *token, size_t len, struct segment out[SEGMENT__MAX])
{
	const char *end = token + len;

	for (int i = 0; i < SEGMENT__MAX; i++) {
		out[i].s = token;
		while (token < end && digit(*token) >= 0)
			token++;
		out[i].len = (size_t)(token - out[i].s);
		if (out[i].len == 0)
			return false;
		if (i < SEGMENT__MAX - 1 && (token == end || *token++ != '.'))
			return false;
	}
	return token == end;
}

bool segment_decode(const struct segment *g, char *out, size_t out_size, size_t *out_len)
{
	unsigned int bits = 0;
	int held = 0;
	size_t n = 0;

	if (g->len % 4 == 1 || g->len / 4 * 3 + 3 > out_size)
		return false;
	for (size_t i = 0; i < g->len; i++) {
		int d = digit(g->s[i]);

		if (d < 0)
			return false;
		bits = (bits << 6 | (unsigned int)d) & 0xffff;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (char)(bits >> held & 0xff);
		}
	}
	if (bits & ((1u << held) - 1))
		return false;
	out[n] = '\0';
	*out_len = n;
	return true;
}
