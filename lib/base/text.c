#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MASK_HEAD  12 /* characters of a secret that tell it from other words */
#define MASK_LEAST 6

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The shortest-form and range rules of RFC 3629, section 4, all lie in the second byte. */
size_t text_utf8_char(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (len == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] >= 0xc2 && u[0] <= 0xdf)
		n = 2;
	else if (u[0] >= 0xe0 && u[0] <= 0xef)
		n = 3;
	else if (u[0] >= 0xf0 && u[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (u[0] == 0xe0)
		low = 0xa0;
	else if (u[0] == 0xed)
		high = 0x9f;
	else if (u[0] == 0xf0)
		low = 0x90;
	else if (u[0] == 0xf4)
		high = 0x8f;
	if (len < n || u[1] < low || u[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool text_is_utf8(const char *s, size_t len)
{
	while (len > 0) {
		size_t n = text_utf8_char(s, len);

		if (n == 0)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

bool text_has_control(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return true;
	return false;
}

bool text_is_control_char(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	if (n == 1)
		return u[0] < 0x20 || u[0] == 0x7f;
	return n == 2 && u[0] == 0xc2 && u[1] < 0xa0;
}

bool text_int(const char *s, size_t len, int64_t min, int64_t max, int64_t *value)
{
	int64_t v = 0;

	if (!text_is_digits(s, len))
		return false;
	for (size_t i = 0; i < len; i++) {
		int d = s[i] - '0';

		if (v > (INT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	if (v < min || v > max)
		return false;
	*value = v;
	return true;
}

int text_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool text_is_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_digit(s[i]))
			return false;
	return len > 0;
}

bool text_digits(const char *s, size_t len, char *out, size_t out_size)
{
	size_t n = 0;

	if (out_size == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(s[i]))
			continue;
		if (n + 1 >= out_size) {
			out[0] = '\0';
			return false;
		}
		out[n++] = s[i];
	}
	out[n] = '\0';
	return true;
}

bool text_add_clean(struct buf *out, const char *s, size_t len, size_t max_chars)
{
	for (size_t chars = 0; len > 0 && chars < max_chars;) {
		size_t n = text_utf8_char(s, len);

		if (n == 0) {
			buf_adds(out, "\xef\xbf\xbd");
			n = 1;
			chars++;
		} else if (!text_is_control_char(s, n)) {
			buf_add(out, s, n);
			chars++;
		}
		s += n;
		len -= n;
	}
	return !out->failed;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

void text_mask(char *s, const char *secret)
{
	static const char stars[] = "***";
	char head[MASK_HEAD + 1];
	size_t len = strlen(secret);

	if (len < MASK_LEAST)
		return;
	snprintf(head, sizeof(head), "%s", secret);
	while ((s = strstr(s, head)) != NULL) {
		size_t same = 0;

		while (same < len && s[same] == secret[same])
			same++;
		memmove(s + sizeof(stars) - 1, s + same, strlen(s + same) + 1);
		memcpy(s, stars, sizeof(stars) - 1);
		s += sizeof(stars) - 1;
	}
}

bool text_is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' ||
	       c == '.' || c == '_' || c == '~';
}

bool text_add_encoded(struct buf *out, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (text_is_unreserved(*s)) {
			buf_addc(out, *s);
		} else {
			buf_addc(out, '%');
			buf_addc(out, hex[c >> 4]);
			buf_addc(out, hex[c & 15]);
		}
	}
	return !out->failed;
}

bool text_equal_nocase(const char *a, const char *b)
{
	while (*a != '\0' && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

char *text_dup(const char *s, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		return NULL;
	copy = malloc(len + 1);
	if (copy == NULL)
		return NULL;
	if (len > 0)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}
