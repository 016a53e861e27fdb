#include "schedule/schedule.h"
#include "unit/unit.h"
#include <stdlib.h>
#include <string.h>

enum { SUN, MON, TUE, WED, THU, FRI, SAT };

static struct schedule read_good(const char *text)
{
	struct schedule s;
	ck_assert_msg(schedule_parse(text, &s), "%s", text);
	return s;
}

static bool holds(const char *text, int weekday, int hour, int minute)
{
	struct schedule s = read_good(text);
	return schedule_holds(&s, weekday, hour * 60 + minute);
}

START_TEST(no_hours_never_hold)
{
	for (int minute = 0; minute < 1440; minute++)
		ck_assert(!holds("", MON, minute / 60, minute % 60));
}
END_TEST

START_TEST(the_end_is_not_included)
{
	ck_assert(!holds("12:00-13:30", WED, 11, 59));
	ck_assert(holds("12:00-13:30", WED, 12, 0));
	ck_assert(holds("12:00-13:30", WED, 13, 29));
	ck_assert(!holds("12:00-13:30", WED, 13, 30));
	ck_assert(holds("00:00-24:00", SUN, 0, 0));
	ck_assert(holds("00:00-24:00", SUN, 23, 59));
}
END_TEST

START_TEST(hours_over_midnight_belong_to_the_day_they_begin_on)
{
	ck_assert(holds("fri 22:00-06:00", FRI, 22, 0));
	ck_assert(holds("fri 22:00-06:00", FRI, 23, 59));
	ck_assert(holds("fri 22:00-06:00", SAT, 0, 0));
	ck_assert(holds("fri 22:00-06:00", SAT, 5, 59));
	ck_assert(!holds("fri 22:00-06:00", SAT, 6, 0));
	ck_assert(!holds("fri 22:00-06:00", FRI, 5, 0));
	ck_assert(!holds("fri 22:00-06:00", SAT, 22, 0));
	ck_assert(holds("sat 22:00-06:00", SUN, 1, 0));
}
END_TEST

START_TEST(days_may_go_over_the_end_of_the_week)
{
	ck_assert(holds("fri-mon 08:00-09:00", FRI, 8, 0));
	ck_assert(holds("fri-mon 08:00-09:00", SUN, 8, 0));
	ck_assert(holds("fri-mon 08:00-09:00", MON, 8, 0));
	ck_assert(!holds("fri-mon 08:00-09:00", TUE, 8, 0));
	ck_assert(!holds("fri-mon 08:00-09:00", THU, 8, 0));
	ck_assert(holds("Mon-Mon 08:00-09:00", MON, 8, 0));
	ck_assert(!holds("Mon-Mon 08:00-09:00", TUE, 8, 0));
}
END_TEST

START_TEST(any_of_several_items_is_enough)
{
	static const char text[] = "mon-fri 20:00-08:00, sat-sun 00:00-24:00";
	ck_assert(holds(text, MON, 20, 0));
	ck_assert(holds(text, TUE, 7, 59));
	ck_assert(!holds(text, TUE, 8, 0));
	ck_assert(holds(text, SAT, 12, 0));
	ck_assert(!holds(text, MON, 7, 0));
}
END_TEST

static const char *const refused[] = {" ", ",", "8:00-9:00", "08:00", "08:00-", "08:00-25:00",
	"08:00-09:60", "24:00-08:00", "24:01-08:00", "08:00-08:00", "0800-0900", "mon08:00-09:00",
	"mon- 08:00-09:00", "mon-xyz 08:00-09:00", "xyz 08:00-09:00", "08:00-09:00,",
	"08:00-09:00 10:00-11:00", "08:00-09:00;10:00-11:00", "-8:00-09:00", "mon", "08:00 -09:00"};

START_TEST(what_is_no_schedule_is_refused)
{
	struct schedule s;
	ck_assert_msg(!schedule_parse(refused[_i], &s), "%s", refused[_i]);
}
END_TEST

START_TEST(there_is_an_end_to_items)
{
	char text[SCHEDULE_SPANS_MAX * 12 + 24] = "";
	struct schedule s;
	size_t len = 0;
	for (int i = 0; i < SCHEDULE_SPANS_MAX; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s08:00-09:00", i > 0 ? "," : "");
	ck_assert(schedule_parse(text, &s));
	ck_assert_int_eq(s.count, SCHEDULE_SPANS_MAX);
	snprintf(text + len, sizeof(text) - len, ",08:00-09:00");
	ck_assert(!schedule_parse(text, &s));
}
END_TEST

/* --- zones --- */

START_TEST(only_zones_of_the_system_are_known)
{
	ck_assert(schedule_zone_known(""));
	ck_assert(schedule_zone_known("UTC"));
	ck_assert(schedule_zone_known("Europe/Berlin"));
	ck_assert(!schedule_zone_known("Europe/Nowhere"));
	ck_assert(!schedule_zone_known("Europe"));
	ck_assert(!schedule_zone_known("../../../etc/passwd"));
	ck_assert(!schedule_zone_known("/etc/localtime"));
	ck_assert(!schedule_zone_known("CET-1CEST"));
}
END_TEST

static void expect_local(const char *zone, int64_t at_s, int day, int hour, int minute)
{
	int weekday, min;
	ck_assert(schedule_local(zone, at_s * 1000, &weekday, &min));
	ck_assert_int_eq(weekday, day);
	ck_assert_int_eq(min, hour * 60 + minute);
}

START_TEST(summer_time_is_known)
{
	expect_local("UTC", 1774746000, SUN, 1, 0); /* 2026-03-29 */
	expect_local("Europe/Berlin", 1774745999, SUN, 1, 59);
	expect_local("Europe/Berlin", 1774746000, SUN, 3, 0);
	expect_local("America/New_York", 1774746000, SAT, 21, 0);
	expect_local("Asia/Kathmandu", 1774746000, SUN, 6, 45);
}
END_TEST

START_TEST(the_zone_of_the_program_stays)
{
	int weekday, minute;
	setenv("TZ", "Asia/Tokyo", 1);
	expect_local("Europe/Berlin", 1774746000, SUN, 3, 0);
	ck_assert_str_eq(getenv("TZ"), "Asia/Tokyo");
	expect_local("", 1774746000, SUN, 10, 0);
	unsetenv("TZ");
	expect_local("Asia/Tokyo", 1774746000, SUN, 10, 0);
	ck_assert_ptr_null(getenv("TZ"));
	ck_assert(!schedule_local("Europe/Nowhere", 0, &weekday, &minute));
	ck_assert_ptr_null(getenv("TZ"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("schedule");
	TCase *t = tcase_create("schedule");

	tcase_add_test(t, no_hours_never_hold);
	tcase_add_test(t, the_end_is_not_included);
	tcase_add_test(t, hours_over_midnight_belong_to_the_day_they_begin_on);
	tcase_add_test(t, days_may_go_over_the_end_of_the_week);
	tcase_add_test(t, any_of_several_items_is_enough);
	tcase_add_loop_test(
		t, what_is_no_schedule_is_refused, 0, (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(t, there_is_an_end_to_items);
	tcase_add_test(t, only_zones_of_the_system_are_known);
	tcase_add_test(t, summer_time_is_known);
	tcase_add_test(t, the_zone_of_the_program_stays);
	suite_add_tcase(s, t);
	return unit_run(s);
}
