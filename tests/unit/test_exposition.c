#include "base/exposition.h"
#include "unit/unit.h"

static struct buf b;

static void setup(void)
{
	buf_init(&b, 4096);
}

static void teardown(void)
{
	buf_release(&b);
}

START_TEST(families_have_help_type_and_samples)
{
	exposition_gauge(&b, "x_bytes", "How much.");
	exposition_int(&b, "x_bytes", NULL, INT64_MIN);
	exposition_counter(&b, "x_total", "How often.");
	exposition_int(&b, "x_total", EXPOSITION_LABELS("a", "1"), 7);
	exposition_int(&b, "x_total", EXPOSITION_LABELS("a", "1", "b", ""), INT64_MAX);
	ck_assert_str_eq(b.s, "# HELP x_bytes How much.\n"
			      "# TYPE x_bytes gauge\n"
			      "x_bytes -9223372036854775808\n"
			      "# HELP x_total How often.\n"
			      "# TYPE x_total counter\n"
			      "x_total{a=\"1\"} 7\n"
			      "x_total{a=\"1\",b=\"\"} 9223372036854775807\n");
}
END_TEST

START_TEST(what_would_end_a_line_or_a_value_is_escaped)
{
	exposition_gauge(&b, "x", "a \"b\"\n\\c");
	exposition_int(&b, "x", EXPOSITION_LABELS("l", "a \"b\"\n\\c"), 0);
	ck_assert_str_eq(b.s, "# HELP x a \"b\"\\n\\\\c\n"
			      "# TYPE x gauge\n"
			      "x{l=\"a \\\"b\\\"\\n\\\\c\"} 0\n");
}
END_TEST

START_TEST(times_are_seconds)
{
	static const struct {
		int64_t ms;
		const char *want;
	} rows[] = {{0, "x 0.000\n"}, {7, "x 0.007\n"}, {-7, "x -0.007\n"},
		{1795000000123, "x 1795000000.123\n"}, {INT64_MIN, "x -9223372036854775.808\n"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_reset(&b);
		exposition_seconds(&b, "x", NULL, rows[i].ms);
		ck_assert_str_eq(b.s, rows[i].want);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("exposition");
	TCase *t = tcase_create("exposition");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, families_have_help_type_and_samples);
	tcase_add_test(t, what_would_end_a_line_or_a_value_is_escaped);
	tcase_add_test(t, times_are_seconds);
	suite_add_tcase(s, t);
	return unit_run(s);
}
