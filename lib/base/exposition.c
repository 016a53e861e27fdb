#include "base/exposition.h"

#include <inttypes.h>
#include <stdbool.h>

/* Backslash and line end, and in a label value the quote, too. */
static void add_escaped(struct buf *out, const char *s, bool quote)
{
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			buf_adds(out, "\\n");
		else if (*s == '\\')
			buf_adds(out, "\\\\");
		else if (*s == '"' && quote)
			buf_adds(out, "\\\"");
		else
			buf_addc(out, *s);
	}
}

static void begin(struct buf *out, const char *name, const char *help, const char *type)
{
	buf_addf(out, "# HELP %s ", name);
	add_escaped(out, help, false);
	buf_addf(out, "\n# TYPE %s %s\n", name, type);
}

void exposition_gauge(struct buf *out, const char *name, const char *help)
{
	begin(out, name, help, "gauge");
}

void exposition_counter(struct buf *out, const char *name, const char *help)
{
	begin(out, name, help, "counter");
}

static void add_name(struct buf *out, const char *name, const char *const *labels)
{
	buf_adds(out, name);
	for (bool first = true; labels != NULL && *labels != NULL; labels += 2, first = false) {
		buf_addf(out, "%s%s=\"", first ? "{" : ",", labels[0]);
		add_escaped(out, labels[1], true);
		buf_adds(out, labels[2] == NULL ? "\"}" : "\"");
	}
	buf_addc(out, ' ');
}

void exposition_int(struct buf *out, const char *name, const char *const *labels, int64_t value)
{
	add_name(out, name, labels);
	buf_addf(out, "%" PRId64 "\n", value);
}

void exposition_seconds(struct buf *out, const char *name, const char *const *labels, int64_t ms)
{
	uint64_t abs = ms < 0 ? (uint64_t)0 - (uint64_t)ms : (uint64_t)ms;

	add_name(out, name, labels);
	buf_addf(out, "%s%" PRIu64 ".%03" PRIu64 "\n", ms < 0 ? "-" : "", abs / 1000, abs % 1000);
}
