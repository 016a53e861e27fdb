#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "mem.h"

/* The country codes whose shape matters here; any other is taken to have three digits. */
static const struct {
	const char *code;
	const char *country;
	size_t area; /* digits of the first group */
} countries[] = {
	{"1", "US", 3},
	{"7", "RU", 3},
	{"20", "EG", 2},
	{"27", "ZA", 2},
	{"30", "GR", 3},
	{"31", "NL", 2},
	{"32", "BE", 1},
	{"33", "FR", 1},
	{"34", "ES", 3},
	{"36", "HU", 1},
	{"39", "IT", 2},
	{"40", "RO", 3},
	{"41", "CH", 2},
	{"43", "AT", 3},
	{"44", "GB", 2},
	{"45", "DK", 2},
	{"46", "SE", 2},
	{"47", "NO", 3},
	{"48", "PL", 3},
	{"49", "DE", 3},
	{"52", "MX", 2},
	{"55", "BR", 2},
	{"61", "AU", 1},
	{"65", "SG", 4},
	{"81", "JP", 2},
	{"86", "CN", 3},
	{"90", "TR", 3},
	{"91", "IN", 5},
};

static int country_of(const char *digits)
{
	for (size_t i = 0; i < sizeof(countries) / sizeof(countries[0]); i++) {
		if (strncmp(digits, countries[i].code, strlen(countries[i].code)) == 0)
			return (int)i;
	}
	return -1;
}

void text_digits(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; text && *text && n + 1 < size; text++) {
		if (isdigit((unsigned char)*text))
			out[n++] = *text;
	}
	out[n] = '\0';
}

bool text_is_e164(const char *text)
{
	size_t n;

	if (text[0] != '+' || text[1] < '1' || text[1] > '9')
		return false;
	n = strspn(text + 1, "0123456789");
	return n >= 2 && n <= 15 && text[1 + n] == '\0';
}

void text_format_number(char *out, size_t size, const char *digits)
{
	int i = country_of(digits);
	size_t code = i < 0 ? 3 : strlen(countries[i].code);
	size_t area = i < 0 ? 3 : countries[i].area;
	size_t len = strlen(digits);
	const char *rest;

	if (len <= code + area) {
		snprintf(out, size, "+%s", digits);
		return;
	}
	rest = digits + code + area;
	if (code == 1 && len == 11)
		snprintf(out, size, "+%.1s %.3s-%.3s-%s", digits, digits + 1, rest, rest + 3);
	else if (strlen(rest) == 8)
		snprintf(out, size, "+%.*s %.*s %.4s %s", (int)code, digits, (int)area,
			digits + code, rest, rest + 4);
	else
		snprintf(out, size, "+%.*s %.*s %s", (int)code, digits, (int)area, digits + code,
			rest);
}

const char *text_country(const char *digits)
{
	int i = country_of(digits);

	return i < 0 ? NULL : countries[i].country;
}

void text_iso_time(char out[TEXT_TIME], int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm = {0};
	char day[24];

	gmtime_r(&seconds, &tm);
	if (strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		day[0] = '\0';
	snprintf(out, TEXT_TIME, "%s.%03dZ", day, (int)(ms % 1000));
}

bool text_int64(const char *text, int64_t *out)
{
	char *end;
	long long value;

	if (!text || !(isdigit((unsigned char)text[0]) || text[0] == '-'))
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || *end || end == text)
		return false;
	*out = value;
	return true;
}

void text_random_hex(char *out, size_t digits)
{
	unsigned char bytes[TEXT_TOKEN / 2 + 1] = {0};

	if (digits > TEXT_TOKEN - 1)
		digits = TEXT_TOKEN - 1;
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
		perror("provider-sim: getrandom");
		exit(1);
	}
	for (size_t i = 0; i < digits; i++)
		out[i] = "0123456789abcdef"[(bytes[i / 2] >> (i % 2 ? 0 : 4)) & 15];
	out[digits] = '\0';
}

void text_random_uuid(char out[TEXT_UUID])
{
	char hex[33];

	text_random_hex(hex, 32);
	hex[12] = '4';
	hex[16] = '8';
	snprintf(out, TEXT_UUID, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
		hex + 20);
}

char *text_base64(const char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789+/=";
	size_t len = strlen(text);
	char *out = mem_new((len + 2) / 3 * 4 + 1);
	char *p = out;

	for (size_t i = 0; i < len; i += 3) {
		unsigned v = (unsigned)(unsigned char)text[i] << 16;

		if (i + 1 < len)
			v |= (unsigned)(unsigned char)text[i + 1] << 8;
		if (i + 2 < len)
			v |= (unsigned char)text[i + 2];
		*p++ = alphabet[v >> 18];
		*p++ = alphabet[v >> 12 & 63];
		*p++ = alphabet[i + 1 < len ? v >> 6 & 63 : 64];
		*p++ = alphabet[i + 2 < len ? v & 63 : 64];
	}
	return out;
}
