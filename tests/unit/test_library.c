/* Libraries that are loaded by name: what happens where they are not what was expected. */
#include "auth/library.h"
#include "unit/unit.h"
#include <math.h>

struct table {
	LIBRARY_MEMBER(cos);
	LIBRARY_MEMBER(sqrt);
};

static const struct library_function wanted[] = {
	LIBRARY_FUNCTION(table, cos), LIBRARY_FUNCTION(table, sqrt)};

START_TEST(functions_are_found_by_name)
{
	struct table t = {NULL, NULL};

	for (int i = 0; i < 1000; i++)
		ck_assert(library_load("libm.so.6", wanted, 2, &t));
	ck_assert(t.sqrt(16.0) == 4.0);
	ck_assert(t.cos(0.0) == 1.0);
}
END_TEST

START_TEST(a_missing_library_is_told)
{
	struct table t;

	ck_assert(!library_load("libnowhere.so.7", wanted, 2, &t));
}
END_TEST

START_TEST(a_library_without_the_function_is_told)
{
	static const struct library_function none[] = {{"there_is_no_such_function", 0}};
	struct table t;

	ck_assert(!library_load("libm.so.6", none, 1, &t));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("library");
	TCase *t = tcase_create("library");

	tcase_add_test(t, functions_are_found_by_name);
	tcase_add_test(t, a_missing_library_is_told);
	tcase_add_test(t, a_library_without_the_function_is_told);
	suite_add_tcase(s, t);
	return unit_run(s);
}
