/* The local time of any zone: the C library's, which knows one zone at a time. */
#include "schedule/schedule.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define ZONES "/usr/share/zoneinfo/"

/* The C library takes a name it does not know for UTC, without a word. */
bool schedule_zone_known(const char *zone)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_+-/";
	char path[PATH_MAX];
	struct stat st;
	if (zone[0] == '\0')
		return true;
	if (zone[0] == '/' || zone[strspn(zone, letters)] != '\0' ||
		(size_t)snprintf(path, sizeof(path), ZONES "%s", zone) >= sizeof(path))
		return false;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool set_zone(const char *zone)
{
	bool ok = (zone != NULL ? setenv("TZ", zone, 1) : unsetenv("TZ")) == 0;
	tzset();
	return ok;
}

bool schedule_local(const char *zone, int64_t at_ms, int *weekday, int *minute)
{
	const char *set = getenv("TZ");
	char *before = set != NULL ? strdup(set) : NULL;
	time_t at = (time_t)(at_ms / 1000);
	struct tm tm = {.tm_wday = 0};
	bool ok = (set == NULL || before != NULL) && schedule_zone_known(zone) &&
		  set_zone(zone[0] != '\0' ? zone : before) && localtime_r(&at, &tm) != NULL;
	ok = set_zone(before) && ok;
	free(before);
	*weekday = tm.tm_wday;
	*minute = tm.tm_hour * 60 + tm.tm_min;
	return ok;
}
