#include "schedule/schedule.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

#define DAY_MIN 1440

static const char day_words[7][4] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static void skip_blanks(const char **p)
{
	*p += strspn(*p, " ");
}

static bool read_day(const char **p, int *day)
{
	for (*day = 0; *day < 7; ++*day) {
		if (strncasecmp(*p, day_words[*day], 3) != 0)
			continue;
		*p += 3;
		return true;
	}
	return false;
}

/* Days from the first to the last, also over the end of the week; all of them if none is named. */
static bool read_days(const char **p, unsigned char *days)
{
	int first, last;
	*days = 0x7f;
	if (!read_day(p, &first))
		return true;
	last = first;
	if (**p == '-') {
		++*p;
		if (!read_day(p, &last))
			return false;
	}
	*days = 0;
	for (int day = first;; day = (day + 1) % 7) {
		*days |= (unsigned char)(1U << day);
		if (day == last)
			break;
	}
	if (**p != ' ')
		return false;
	skip_blanks(p);
	return true;
}

/* HH:MM, 24:00 included. */
static bool read_time(const char **p, short *minute)
{
	int64_t h, m;
	if (strnlen(*p, 5) < 5 || (*p)[2] != ':' || !text_int(*p, 2, 0, 24, &h) ||
		!text_int(*p + 3, 2, 0, 59, &m) || h * 60 + m > DAY_MIN)
		return false;
	*p += 5;
	*minute = (short)(h * 60 + m);
	return true;
}

static bool read_span(const char **p, struct schedule_span *s)
{
	skip_blanks(p);
	if (!read_days(p, &s->days) || !read_time(p, &s->from_min) || *(*p)++ != '-' ||
		!read_time(p, &s->to_min))
		return false;
	skip_blanks(p);
	/* From an hour to itself may mean all day or never. */
	return s->from_min != s->to_min && s->from_min != DAY_MIN;
}

bool schedule_parse(const char *text, struct schedule *s)
{
	const char *p = text;
	memset(s, 0, sizeof(*s));
	if (*p == '\0')
		return true;
	for (;;) {
		if (s->count == SCHEDULE_SPANS_MAX || !read_span(&p, &s->spans[s->count]))
			return false;
		s->count++;
		if (*p == '\0')
			return true;
		if (*p++ != ',')
			return false;
	}
}

static bool has_day(const struct schedule_span *s, int weekday)
{
	return (s->days >> weekday & 1) != 0;
}

bool schedule_holds(const struct schedule *s, int weekday, int minute)
{
	int yesterday = (weekday + 6) % 7;
	for (int i = 0; i < s->count; i++) {
		const struct schedule_span *span = &s->spans[i];
		bool over_midnight = span->to_min < span->from_min;
		if (has_day(span, weekday) && minute >= span->from_min &&
			(over_midnight || minute < span->to_min))
			return true;
		if (over_midnight && has_day(span, yesterday) && minute < span->to_min)
			return true;
	}
	return false;
}
