/*
 * Hours of the week, as an administrator writes them:
 *
 *   mon-fri 20:00-08:00, sat-sun 00:00-24:00
 *
 * Items stand between commas: days (all seven if left out) and hours. Hours that end before they
 * begin reach into the next day, and belong to the day on which they begin. The end is not included.
 * Pure functions, but for the local time.
 */
#ifndef SCHEDULE_SCHEDULE_H
#define SCHEDULE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHEDULE_SPANS_MAX 16

struct schedule {
	struct schedule_span {
		unsigned char days; /* bit 0: Sunday, as tm_wday counts */
		short from_min,
			to_min; /* minutes after midnight; to_min <= from_min: of the next day */
	} spans[SCHEDULE_SPANS_MAX];
	int count; /* 0: never */
};

/* "" is a schedule that never holds. False: the text is none. */
bool schedule_parse(const char *text, struct schedule *s);
/* Whether the schedule holds at that minute (0 to 1439) of that day (0: Sunday). */
bool schedule_holds(const struct schedule *s, int weekday, int minute);

/* Whether the system knows the time zone of that name ("Europe/Berlin"); "" is the machine's own. */
bool schedule_zone_known(const char *zone);
/* Day of the week and minute of the day in that zone. Changes TZ for its own duration, which only a
 * program without threads may do. False: unknown zone, or want of memory. */
bool schedule_local(const char *zone, int64_t at_ms, int *weekday, int *minute);

#endif
