#include "base/rfc3339.h"
#include <string.h>
#include <time.h>

#define FIRST_MS INT64_C(-62135596800000) /* 0001-01-01T00:00:00.000Z */
#define LAST_MS  INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* So many digits and what follows them; a page of calls has a hundred times, and printf takes ten times as
 * long. */
static void put_number(char *out, int digits, int n, char after)
{
	out[digits] = after;
	for (int i = digits - 1; i >= 0; i--) {
		out[i] = (char)('0' + n % 10);
		n /= 10;
	}
}

void rfc3339_format(int64_t ms, char out[RFC3339_SIZE])
{
	int64_t seconds, rest;
	struct tm tm;
	time_t t;

	if (ms < FIRST_MS)
		ms = FIRST_MS;
	if (ms > LAST_MS)
		ms = LAST_MS;
	seconds = ms / 1000;
	rest = ms % 1000;
	if (rest < 0) {
		rest += 1000;
		seconds--;
	}
	t = (time_t)seconds;
	memset(&tm, 0, sizeof(tm));
	(void)gmtime_r(&t, &tm);
	put_number(out, 4, tm.tm_year + 1900, '-');
	put_number(out + 5, 2, tm.tm_mon + 1, '-');
	put_number(out + 8, 2, tm.tm_mday, 'T');
	put_number(out + 11, 2, tm.tm_hour, ':');
	put_number(out + 14, 2, tm.tm_min, ':');
	put_number(out + 17, 2, tm.tm_sec, '.');
	put_number(out + 20, 3, (int)rest, 'Z');
	out[24] = '\0';
}

struct reader {
	const char *p;
	const char *end;
};

/* Exactly n digits with a value within [min, max]. */
static bool read_number(struct reader *r, int n, int min, int max, int *value)
{
	int v = 0;

	if (r->end - r->p < n)
		return false;
	for (; n > 0; n--, r->p++) {
		if (*r->p < '0' || *r->p > '9')
			return false;
		v = v * 10 + (*r->p - '0');
	}
	*value = v;
	return v >= min && v <= max;
}

static bool read_one_of(struct reader *r, const char *chars)
{
	if (r->p == r->end || *r->p == '\0' || strchr(chars, *r->p) == NULL)
		return false;
	r->p++;
	return true;
}

static bool read_date(struct reader *r, struct tm *tm)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day;
	bool leap;

	if (!read_number(r, 4, 1, 9999, &year) || !read_one_of(r, "-") ||
		!read_number(r, 2, 1, 12, &month) || !read_one_of(r, "-") ||
		!read_number(r, 2, 1, 31, &day))
		return false;
	leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day > days[month - 1] + (month == 2 && leap))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return true;
}

static bool read_fraction(struct reader *r, int *ms)
{
	const char *start;
	int scale = 100;

	*ms = 0;
	if (!read_one_of(r, "."))
		return true;
	for (start = r->p; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++) {
		*ms += (*r->p - '0') * scale;
		scale /= 10;
	}
	return r->p > start;
}

/* Minutes east of UTC. */
static bool read_zone(struct reader *r, int *minutes)
{
	int hour, minute, sign;

	*minutes = 0;
	if (read_one_of(r, "Zz"))
		return true;
	if (read_one_of(r, "+"))
		sign = 1;
	else if (read_one_of(r, "-"))
		sign = -1;
	else
		return false;
	if (!read_number(r, 2, 0, 23, &hour) || !read_one_of(r, ":") ||
		!read_number(r, 2, 0, 59, &minute))
		return false;
	*minutes = sign * (hour * 60 + minute);
	return true;
}

bool rfc3339_parse(const char *s, size_t len, int64_t *ms)
{
	struct reader r = {s, s + len};
	struct tm tm;
	int fraction, zone;
	int64_t value;
	bool leap;

	memset(&tm, 0, sizeof(tm));
	if (!read_date(&r, &tm) || !read_one_of(&r, "Tt ") ||
		!read_number(&r, 2, 0, 23, &tm.tm_hour) || !read_one_of(&r, ":") ||
		!read_number(&r, 2, 0, 59, &tm.tm_min) || !read_one_of(&r, ":") ||
		!read_number(&r, 2, 0, 60, &tm.tm_sec) || !read_fraction(&r, &fraction) ||
		!read_zone(&r, &zone) || r.p != r.end)
		return false;
	leap = tm.tm_sec == 60; /* timegm puts it into the next minute */
	value = (int64_t)timegm(&tm) - (int64_t)zone * 60;
	/* Leap seconds are put in at the end of a UTC day only. */
	if (leap && value % 86400 != 0)
		return false;
	value = value * 1000 + fraction;
	if (value < FIRST_MS || value > LAST_MS)
		return false;
	*ms = value;
	return true;
}
