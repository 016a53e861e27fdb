#include "json/mend.h"

#include "base/text.h"
#include "json/escape.h"
#include <string.h>

#define ESCAPE_SIZE 6L /* bytes of \u0000 */

/* Each mends what `p` begins with, and returns what is behind it. */

static char *mend_unicode(char *p, const char *end)
{
	long unit = escape_hex4(p + 2, end), second = -1;

	if (unit < 0) {
		*p = '?';
		return p + 1;
	}
	if (end - p >= 2 * ESCAPE_SIZE && p[6] == '\\' && p[7] == 'u')
		second = escape_hex4(p + 8, end);
	if (escape_is_high_surrogate(unit) && escape_is_low_surrogate(second))
		return p + 2 * ESCAPE_SIZE;
	if (unit == 0 || escape_is_high_surrogate(unit) || escape_is_low_surrogate(unit))
		memcpy(p + 2, "fffd", 4);
	return p + ESCAPE_SIZE;
}

static char *mend_escape(char *p, const char *end)
{
	if (end - p < 2)
		return p + 1;
	if (p[1] == 'u')
		return mend_unicode(p, end);
	if (p[1] == '\0' || strchr("\"\\/bfnrt", p[1]) == NULL) {
		*p = '?';
		return p + 1;
	}
	return p + 2;
}

static char *mend_char(char *p, const char *end)
{
	size_t n = text_utf8_char(p, (size_t)(end - p));

	if (n > 0 && (unsigned char)*p >= 0x20)
		return p + n;
	*p = '?';
	return p + 1;
}

void json_mend(char *text, size_t len)
{
	const char *end = text + len;
	bool in_string = false;

	for (char *p = text; p < end;) {
		if (*p == '"') {
			in_string = !in_string;
			p++;
		} else if (!in_string) {
			p++;
		} else if (*p == '\\') {
			p = mend_escape(p, end);
		} else {
			p = mend_char(p, end);
		}
	}
}
