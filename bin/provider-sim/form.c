#include "form.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *decode(const char *text, size_t len)
{
	char *out = mem_new(len + 1);
	char *p = out;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '+') {
			*p++ = ' ';
		} else if (text[i] != '%') {
			*p++ = text[i];
		} else {
			int value = len - i > 2 && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0
					    ? hex(text[i + 1]) * 16 + hex(text[i + 2])
					    : 0;

			if (value == 0) {
				free(out);
				return NULL;
			}
			*p++ = (char)value;
			i += 2;
		}
	}
	return out;
}

static bool named(const char *pair, size_t len, const char *name)
{
	char *decoded = decode(pair, len);
	bool same = decoded && strcmp(decoded, name) == 0;

	free(decoded);
	return same;
}

char *form_value(const char *form, const char *name)
{
	while (form && *form) {
		size_t pair = strcspn(form, "&");
		size_t key = strcspn(form, "=&");

		if (named(form, key, name))
			return key < pair ? decode(form + key + 1, pair - key - 1) : mem_text("");
		form += pair + (form[pair] == '&');
	}
	return NULL;
}

char *form_escape(const char *text)
{
	char *out = mem_new(strlen(text) * 3 + 1);
	char *p = out;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || strchr("-._~", c))
			*p++ = (char)c;
		else
			p += snprintf(p, 4, "%%%02X", c);
	}
	return out;
}

static char *append(char *text, const char *more, size_t len)
{
	char *longer = mem_format("%s%.*s", text, (int)len, more);

	free(text);
	return longer;
}

char *form_mask(const char *form, const char *const *names)
{
	char *out = mem_text("");

	while (form && *form) {
		size_t pair = strcspn(form, "&");
		size_t key = strcspn(form, "=&");
		bool secret = false;

		for (size_t i = 0; names[i]; i++)
			secret = secret || named(form, key, names[i]);
		if (secret && key < pair) {
			out = append(out, form, key + 1);
			out = append(out, "***", 3);
		} else {
			out = append(out, form, pair);
		}
		form += pair;
		if (*form) {
			out = append(out, "&", 1);
			form++;
		}
	}
	return out;
}

char *form_add(const char *address, const char *name, const char *value)
{
	char *escaped;
	char *longer;

	if (!value)
		return mem_text(address);
	escaped = form_escape(value);
	longer = mem_format("%s%c%s=%s", address, strchr(address, '?') ? '&' : '?', name, escaped);
	free(escaped);
	return longer;
}
