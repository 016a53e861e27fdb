#include "http/mediatype.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t"
#define TOKEN  "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* Skips the text in any case; false if something else stands there. */
static bool skip_word(const char **s, const char *word)
{
	size_t len = strspn(*s, TOKEN);

	if (len != strlen(word) || strncasecmp(*s, word, len) != 0)
		return false;
	*s += len;
	return true;
}

/* A quoted string; leaves *value and *len at what is between the quotes. */
static bool skip_quoted(const char **s, const char **value, size_t *len)
{
	const char *at = *s + 1;

	*value = at;
	while (*at && *at != '"')
		at += at[0] == '\\' && at[1] ? 2 : 1;
	if (*at != '"')
		return false;
	*len = (size_t)(at - *value);
	*s = at + 1;
	return true;
}

/* `name=value` after a semicolon. */
static bool skip_parameter(const char **s)
{
	const char *name = *s, *value;
	size_t name_len = strspn(name, TOKEN), value_len;

	*s += name_len;
	if (name_len == 0 || **s != '=')
		return false;
	(*s)++;
	if (**s == '"') {
		if (!skip_quoted(s, &value, &value_len))
			return false;
	} else {
		value = *s;
		value_len = strspn(value, TOKEN);
		*s += value_len;
		if (value_len == 0)
			return false;
	}
	return name_len != strlen("charset") || strncasecmp(name, "charset", name_len) != 0 ||
	       (value_len == strlen("utf-8") && strncasecmp(value, "utf-8", value_len) == 0);
}

bool mediatype_is_json(const char *s)
{
	s += strspn(s, BLANKS);
	if (!skip_word(&s, "application") || *s++ != '/' || !skip_word(&s, "json"))
		return false;
	for (;;) {
		s += strspn(s, BLANKS);
		if (!*s)
			return true;
		if (*s++ != ';')
			return false;
		s += strspn(s, BLANKS);
		/* RFC 9110 allows an empty parameter. */
		if (*s && *s != ';' && !skip_parameter(&s))
			return false;
	}
}
