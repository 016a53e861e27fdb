#include "base/rfc3339.h"
#include "unit/unit.h"
#include <stdlib.h>
#include <string.h>

struct good {
	const char *s;
	int64_t ms;
	const char *canonical;
};

static const struct good good[] = {
	{"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000Z"},
	{"2023-05-15T12:34:56.789Z", 1684154096789, "2023-05-15T12:34:56.789Z"},
	{"2023-05-15t12:34:56.789z", 1684154096789, "2023-05-15T12:34:56.789Z"},
	{"2023-05-15 12:34:56.789Z", 1684154096789, "2023-05-15T12:34:56.789Z"},
	{"2023-05-15T14:34:56.789+02:00", 1684154096789, "2023-05-15T12:34:56.789Z"},
	{"2023-05-15T07:04:56.789-05:30", 1684154096789, "2023-05-15T12:34:56.789Z"},
	{"2023-05-15T12:34:56.789-00:00", 1684154096789, "2023-05-15T12:34:56.789Z"},
	{"2023-05-15T12:34:56.7899999999999999999999Z", 1684154096789, "2023-05-15T12:34:56.789Z"},
	{"2023-05-15T12:34:56.7Z", 1684154096700, "2023-05-15T12:34:56.700Z"},
	{"1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z"},
	{"1969-12-31T23:59:59Z", -1000, "1969-12-31T23:59:59.000Z"},
	{"2000-02-29T00:00:00Z", 951782400000, "2000-02-29T00:00:00.000Z"},
	{"2024-02-29T23:59:59Z", 1709251199000, "2024-02-29T23:59:59.000Z"},
	{"2038-01-19T03:14:08Z", 2147483648000, "2038-01-19T03:14:08.000Z"},
	{"2016-12-31T23:59:60Z", 1483228800000, "2017-01-01T00:00:00.000Z"},
	{"2016-12-31T23:59:60.5Z", 1483228800500, "2017-01-01T00:00:00.500Z"},
	{"2017-01-01T08:59:60+09:00", 1483228800000, "2017-01-01T00:00:00.000Z"},
	{"0001-01-01T00:00:00Z", -62135596800000, "0001-01-01T00:00:00.000Z"},
	{"9999-12-31T23:59:59.999Z", 253402300799999, "9999-12-31T23:59:59.999Z"},
};

START_TEST(times_are_read_and_written)
{
	const struct good *g = &good[_i];
	char out[RFC3339_SIZE];
	int64_t ms = 12345;

	ck_assert(rfc3339_parse(g->s, strlen(g->s), &ms));
	ck_assert_int_eq(ms, g->ms);
	rfc3339_format(ms, out);
	ck_assert_str_eq(out, g->canonical);
}
END_TEST

static const char *const bad[] = {
	"",
	"2023",
	"2023-05-15",
	"2023-05-15T12:34:56",
	"2023-05-15T12:34Z",
	"2023-05-15T12:34:56.Z",
	"2023-05-15T12:34:56,5Z",
	"2023-05-15T12:34:56Z ",
	" 2023-05-15T12:34:56Z",
	"2023-05-15T12:34:56ZZ",
	"2023-05-15T12:34:56+0200",
	"2023-05-15T12:34:56+02",
	"2023-05-15T12:34:56+24:00",
	"2023-05-15T12:34:56+02:60",
	"2023-05-15T12:34:56 02:00",
	"2023-05-15T24:00:00Z",
	"2023-05-15T12:60:00Z",
	"2023-05-15T12:34:61Z",
	"2023-05-15T12:34:60Z",
	"2016-12-31T23:59:60+01:00",
	"2023-00-15T12:34:56Z",
	"2023-13-15T12:34:56Z",
	"2023-05-00T12:34:56Z",
	"2023-05-32T12:34:56Z",
	"2023-04-31T12:34:56Z",
	"2023-02-29T12:34:56Z",
	"1900-02-29T12:34:56Z",
	"0000-01-01T00:00:00Z",
	"0001-01-01T00:00:00+00:01",
	"9999-12-31T23:59:59-00:01",
	"9999-12-31T23:59:60Z",
	"-023-05-15T12:34:56Z",
	"+2023-05-15T12:34:56Z",
	"2023-5-15T12:34:56Z",
	"20230515T123456Z",
	"2023/05/15T12:34:56Z",
	"2023-05-15_12:34:56Z",
	"2023-05-15T 2:34:56Z",
	"1684154096",
};

START_TEST(what_is_no_time_is_refused)
{
	int64_t ms = 12345;
	size_t len = strlen(bad[_i]);
	char *copy = malloc(len + (len == 0));

	memcpy(copy, bad[_i], len);
	ck_assert(!rfc3339_parse(copy, len, &ms));
	ck_assert_int_eq(ms, 12345);
	free(copy);
}
END_TEST

START_TEST(every_cut_of_a_time_is_refused)
{
	static const char full[] = "2023-05-15T12:34:56.789+02:00";
	int64_t ms;

	for (size_t n = 0; n < strlen(full); n++)
		ck_assert(!rfc3339_parse(full, n, &ms));
	ck_assert(!rfc3339_parse("2023-05-15T12:34:56\0Z", 21, &ms));
	ck_assert(!rfc3339_parse("2023-05-15\0T12:34:56", 20, &ms));
}
END_TEST

START_TEST(times_outside_the_calendar_are_clamped)
{
	char out[RFC3339_SIZE];

	rfc3339_format(INT64_MIN, out);
	ck_assert_str_eq(out, "0001-01-01T00:00:00.000Z");
	rfc3339_format(INT64_MAX, out);
	ck_assert_str_eq(out, "9999-12-31T23:59:59.999Z");
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
	char out[RFC3339_SIZE];
	int64_t back;

	for (int64_t ms = -62135596800000; ms < 253402300799999; ms += 86399999 * INT64_C(71)) {
		rfc3339_format(ms, out);
		ck_assert(rfc3339_parse(out, strlen(out), &back));
		ck_assert_int_eq(back, ms);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rfc3339");
	TCase *t = tcase_create("rfc3339");

	tcase_add_loop_test(
		t, times_are_read_and_written, 0, (int)(sizeof(good) / sizeof(good[0])));
	tcase_add_loop_test(t, what_is_no_time_is_refused, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, every_cut_of_a_time_is_refused);
	tcase_add_test(t, times_outside_the_calendar_are_clamped);
	tcase_add_test(t, what_is_written_is_read_back);
	suite_add_tcase(s, t);
	return unit_run(s);
}
