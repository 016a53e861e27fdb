#include "provider/http_message.h"

#include "base/text.h"
#include <string.h>
#include <time.h>

#define URL_MAX     ((size_t)16 * 1024)
#define HEADER_MAX  ((size_t)16 * 1024)
#define BODY_MAX    ((size_t)64 * 1024)
#define SECONDS_MAX 999999999
#define HTTP_BLANKS " \t"

void http_request_init(struct http_request *r, const char *method)
{
	*r = (struct http_request){.method = method};
	buf_init_secret(&r->url, URL_MAX);
	buf_init_secret(&r->body, BODY_MAX);
	for (int i = 0; i < HTTP_HEADERS_MAX; i++)
		buf_init_secret(&r->headers[i], HEADER_MAX);
}

void http_request_release(struct http_request *r)
{
	buf_release(&r->url);
	buf_release(&r->body);
	for (int i = 0; i < HTTP_HEADERS_MAX; i++)
		buf_release(&r->headers[i]);
	r->header_count = 0;
	r->failed = false;
}

bool http_request_header(struct http_request *r, const char *name, const char *value)
{
	struct buf *line;

	if (r->failed || r->header_count == HTTP_HEADERS_MAX || *name == '\0' ||
		text_has_control(name, strlen(name)) || text_has_control(value, strlen(value))) {
		r->failed = true;
		return false;
	}
	line = &r->headers[r->header_count++];
	buf_adds(line, name);
	buf_adds(line, ": ");
	if (!buf_adds(line, value))
		r->failed = true;
	return !r->failed;
}

bool http_request_bearer(struct http_request *r, const char *token)
{
	struct buf value;

	buf_init_secret(&value, HEADER_MAX);
	buf_adds(&value, "Bearer ");
	if (buf_adds(&value, token))
		http_request_header(r, "Authorization", value.s);
	else
		r->failed = true;
	buf_release(&value);
	return !r->failed;
}

bool http_request_ok(const struct http_request *r)
{
	return !r->failed && !r->url.failed && r->url.len > 0 && !r->body.failed;
}

enum err http_request_end(const struct http_request *r)
{
	return http_request_ok(r) ? ERR_NONE : ERR_NOMEM;
}

void http_answer_init(struct http_answer *a)
{
	*a = (struct http_answer){
		.fault = HTTP_NOT_SENT,
		.retry_after_s = -1,
		.limit_reset = -1,
		.date_s = -1,
	};
	buf_init_secret(&a->body, HTTP_ANSWER_MAX);
}

void http_answer_release(struct http_answer *a)
{
	buf_release(&a->body);
}

/* The names of days and months are English because no program here ever calls setlocale. */
static bool read_date(const char *value, int64_t *seconds)
{
	static const char *const forms[] = {
		"%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT",
		"%a %b %d %H:%M:%S %Y",
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {0};
		const char *end = strptime(value, forms[i], &tm);

		if (end != NULL && *end == '\0') {
			*seconds = timegm(&tm);
			return true;
		}
	}
	return false;
}

int64_t http_retry_after(const char *value, int64_t now_ms)
{
	char text[64];
	size_t len;
	int64_t seconds;

	value += strspn(value, HTTP_BLANKS);
	len = strlen(value);
	while (len > 0 && strchr(HTTP_BLANKS, value[len - 1]) != NULL)
		len--;
	if (text_is_digits(value, len))
		return text_int(value, len, 0, SECONDS_MAX, &seconds) ? seconds : SECONDS_MAX;
	if (len >= sizeof(text))
		return -1;
	memcpy(text, value, len);
	text[len] = '\0';
	if (!read_date(text, &seconds))
		return -1;
	/* Rounded up: a second early is refused again. */
	seconds -= now_ms / 1000;
	if (seconds < 0)
		return 0;
	return seconds < SECONDS_MAX ? seconds : SECONDS_MAX;
}

int64_t http_date(const char *value)
{
	int64_t seconds;

	return read_date(value, &seconds) && seconds >= 0 ? seconds : -1;
}
