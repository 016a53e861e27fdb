/*
 * An answer as it arrives. libcurl passes a status line on as soon as it is there, before the rest of
 * the header.
 */
#include "provider/http_client_transfer.h"

#include "base/clock.h"
#include "base/text.h"
#include <string.h>

#define ANSWER_HEADER_MAX ((size_t)64 * 1024)

size_t transfer_read_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	struct buf *body = &t->answer->body;
	size_t len = size * count, room = body->failed ? 0 : body->max - body->len;

	t->overlong = len > room && !body->failed;
	if (!buf_add(body, bytes, len < room ? len : room))
		return 0;
	return t->overlong ? 0 : len;
}

/* "HTTP/1.1 204 No Content": the status, or 0 if the line is none. */
static int read_status_line(const char *s, size_t len)
{
	int64_t status;

	if (len < 12 || memcmp(s, "HTTP/", 5) != 0)
		return 0;
	s += 5;
	len -= 5;
	while (len > 0 && *s != ' ') {
		s++;
		len--;
	}
	if (len < 4 || !text_int(s + 1, 3, 100, 999, &status))
		return 0;
	if (len > 4 && s[4] != ' ' && s[4] != '\r' && s[4] != '\n')
		return 0;
	return (int)status;
}

static void read_field(struct http_answer *a, const char *name, const char *value)
{
	int64_t number;

	if (text_equal_nocase(name, "Retry-After"))
		a->retry_after_s = http_retry_after(value, clock_now_ms());
	else if (text_equal_nocase(name, "X-AircallApi-Reset"))
		a->limit_reset =
			text_int(value, strlen(value), 0, INT64_MAX, &number) ? number : -1;
	else if (text_equal_nocase(name, "Date"))
		a->date_s = http_date(value);
	else if (text_equal_nocase(name, "Cache-Control"))
		a->no_store = text_equal_nocase(value, "no-store");
	else if (text_equal_nocase(name, "X-Content-Type-Options"))
		a->nosniff = text_equal_nocase(value, "nosniff");
}

/* Splits "Name: value", changing the line. */
static void read_header_line(struct http_answer *a, char *line)
{
	char *value = strchr(line, ':');
	size_t len;

	if (value == NULL)
		return;
	*value++ = '\0';
	value += strspn(value, " \t");
	len = strlen(value);
	while (len > 0 && strchr(" \t\r\n", value[len - 1]) != NULL)
		len--;
	value[len] = '\0';
	read_field(a, line, value);
}

/* Interim answers (1xx) come first and are forgotten when the next status line arrives. */
static void begin_answer(struct transfer *t, int status)
{
	t->answer->status = status;
	t->answer->retry_after_s = -1;
	t->answer->limit_reset = -1;
	t->answer->date_s = -1;
	t->answer->no_store = t->answer->nosniff = false;
	t->header_complete = false;
}

size_t transfer_read_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * count;
	char line[256];

	if (len > ANSWER_HEADER_MAX - t->header_bytes) {
		t->overlong = true;
		return 0;
	}
	t->header_bytes += len;
	/* What comes after the body of a chunked answer looks like a header, too. */
	if (t->header_complete && t->answer->status >= 200)
		return len;
	if (len >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
		begin_answer(t, read_status_line(bytes, len));
	} else if (len <= 2 && (bytes[0] == '\r' || bytes[0] == '\n')) {
		t->header_complete = true;
	} else if (len < sizeof(line)) {
		memcpy(line, bytes, len);
		line[len] = '\0';
		read_header_line(t->answer, line);
	}
	return len;
}
