#include "config/url.h"
#include "base/text.h"
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define HOST_MAX 253 /* RFC 1035, section 2.3.4, without the outer length bytes */

static bool is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Copies a host that fits, so that functions which want a NUL can read it. */
static bool host_copy(const char *host, size_t len, char out[HOST_MAX + 1])
{
	if (len == 0 || len > HOST_MAX)
		return false;
	memcpy(out, host, len);
	out[len] = '\0';
	return true;
}

static bool is_ipv4(const char *host, size_t len, unsigned char out[4])
{
	char text[HOST_MAX + 1];

	return host_copy(host, len, text) && inet_pton(AF_INET, text, out) == 1;
}

/* With its brackets. */
static bool is_ipv6(const char *host, size_t len)
{
	char text[HOST_MAX + 1];
	unsigned char address[16];

	return len > 2 && host[0] == '[' && host[len - 1] == ']' &&
	       host_copy(host + 1, len - 2, text) && inet_pton(AF_INET6, text, address) == 1;
}

static bool is_label(const char *s, size_t len)
{
	if (len == 0 || len > 63 || s[0] == '-' || s[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_letter_or_digit(s[i]) && s[i] != '-' && s[i] != '_')
			return false;
	return true;
}

static bool is_name(const char *host, size_t len)
{
	const char *end = host + len;
	const char *label = host;

	if (len == 0 || len > HOST_MAX)
		return false;
	for (;;) {
		const char *dot = memchr(label, '.', (size_t)(end - label));

		if (!is_label(label, (size_t)((dot != NULL ? dot : end) - label)))
			return false;
		if (dot == NULL)
			break;
		label = dot + 1;
	}
	/* A last label of digits is no name (RFC 3696, section 2): "127.1" is not to be taken for
	 * one. */
	return !text_is_digits(label, (size_t)(end - label));
}

static bool is_host(const char *host, size_t len)
{
	unsigned char address[4];

	return is_ipv4(host, len, address) || is_ipv6(host, len) || is_name(host, len);
}

static bool is_path(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f || strchr("?#\"<>\\^`{|}", s[i]) != NULL)
			return false;
	return true;
}

static bool skip(const char **p, const char *end, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(end - *p) < n || strncasecmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

/* Where the host ends: before the port, the path or the end. */
static const char *host_end(const char *p, const char *end)
{
	const char *bracket = *p == '[' ? memchr(p, ']', (size_t)(end - p)) : NULL;

	if (bracket != NULL)
		return bracket + 1;
	while (p < end && *p != ':' && *p != '/')
		p++;
	return p;
}

bool url_split(const char *s, size_t len, struct url *u)
{
	const char *end = s + len;
	const char *p = s;
	int64_t port = 0;

	memset(u, 0, sizeof(*u));
	u->https = skip(&p, end, "https://");
	if ((!u->https && !skip(&p, end, "http://")) || p == end)
		return false;
	u->host = p;
	p = host_end(p, end);
	u->host_len = (size_t)(p - u->host);
	if (!is_host(u->host, u->host_len))
		return false;
	if (p < end && *p == ':') {
		const char *digits = ++p;

		while (p < end && *p != '/')
			p++;
		if (!text_int(digits, (size_t)(p - digits), 1, 65535, &port))
			return false;
	}
	if (p < end && *p != '/')
		return false;
	u->port = (int)port;
	u->path = p;
	u->path_len = (size_t)(end - p);
	return is_path(u->path, u->path_len);
}

void url_origin(const struct url *u, struct buf *out)
{
	buf_adds(out, u->https ? "https://" : "http://");
	for (size_t i = 0; i < u->host_len; i++) {
		char c = u->host[i];

		buf_addc(out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
	}
	if (u->port != 0 && u->port != (u->https ? 443 : 80))
		buf_addf(out, ":%d", u->port);
}

bool url_is_loopback(const struct url *u)
{
	unsigned char address[4];

	if (is_ipv4(u->host, u->host_len, address))
		return address[0] == 127;
	return (u->host_len == 9 && strncasecmp(u->host, "localhost", 9) == 0) ||
	       (u->host_len == 5 && memcmp(u->host, "[::1]", 5) == 0);
}
