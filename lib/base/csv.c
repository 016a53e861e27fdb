#include "base/csv.h"

#include <string.h>

static void add_quoted(struct buf *out, const char *prefix, const char *s)
{
	buf_addc(out, '"');
	buf_adds(out, prefix);
	for (const char *quote; (quote = strchr(s, '"')) != NULL; s = quote + 1) {
		buf_add(out, s, (size_t)(quote - s));
		buf_adds(out, "\"\"");
	}
	buf_adds(out, s);
	buf_addc(out, '"');
}

void csv_add_text(struct buf *out, const char *s)
{
	const char *prefix = *s != '\0' && strchr("=+-@\t\r", *s) != NULL ? "'" : "";

	if (strpbrk(s, ",\"\r\n") != NULL) {
		add_quoted(out, prefix, s);
	} else {
		buf_adds(out, prefix);
		buf_adds(out, s);
	}
}
