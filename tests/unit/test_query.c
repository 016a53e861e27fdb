#include "http/query.h"
#include "unit/unit.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"page", "limit", "from", NULL};
enum { PAGE, LIMIT, FROM };

/* Parses a copy of exactly its own length, so that reading behind it shows. */
static enum err parse(struct query *q, const char *raw, const char **bad)
{
	char *copy = strdup(raw);
	enum err e;

	ck_assert_ptr_nonnull(copy);
	e = query_parse(q, copy, names, bad);
	free(copy);
	return e;
}

static const struct {
	const char *raw;
	const char *page, *limit, *from; /* NULL: absent */
} good[] = {
	{"", NULL, NULL, NULL},
	{"page=1", "1", NULL, NULL},
	{"page=1&limit=20&from=x", "1", "20", "x"},
	{"from=x&page=1", "1", NULL, "x"},
	{"p%61ge=1", "1", NULL, NULL},
	{"page=%31%30", "10", NULL, NULL},
	{"from=a+b%20c", NULL, NULL, "a b c"},
	{"from=%2b1", NULL, NULL, "+1"},
	{"from=%2B1", NULL, NULL, "+1"},
	{"from=a=b", NULL, NULL, "a=b"},
	{"from=%26%3d", NULL, NULL, "&="},
	{"from=%C3%A9", NULL, NULL, "\xc3\xa9"},
	{"from=%25", NULL, NULL, "%"},
	/* what is not ours is ignored, however odd */
	{"_=1700000000", NULL, NULL, NULL},
	{"_=1&_=2&page=3", "3", NULL, NULL},
	{"x&y=&=z&&page=3&", "3", NULL, NULL},
	{"x=%&y=%zz&%=1&%4=2&page=3", "3", NULL, NULL},
	{"x=%00&y=%ff&page=3", "3", NULL, NULL},
	{"Page=1&pages=2&pag=3&page%20=4", NULL, NULL, NULL},
	{"page%00=4", NULL, NULL, NULL},
	{"&", NULL, NULL, NULL},
	{"=", NULL, NULL, NULL},
};

static void same(const char *found, const char *wanted, const char *raw)
{
	ck_assert_msg((found == NULL) == (wanted == NULL), "%s", raw);
	if (wanted)
		ck_assert_msg(strcmp(found, wanted) == 0, "%s: %s", raw, found);
}

START_TEST(known_parameters_are_decoded_and_others_ignored)
{
	struct query q;
	const char *bad;

	ck_assert_msg(parse(&q, good[_i].raw, &bad) == ERR_NONE, "%s", good[_i].raw);
	ck_assert_ptr_null(bad);
	same(q.value[PAGE], good[_i].page, good[_i].raw);
	same(q.value[LIMIT], good[_i].limit, good[_i].raw);
	same(q.value[FROM], good[_i].from, good[_i].raw);
	query_release(&q);
}
END_TEST

static const struct {
	const char *raw, *bad;
} refused[] = {
	{"page=1&page=1", "page"},
	{"page=1&limit=2&p%61ge=2", "page"},
	{"page", "page"},
	{"limit=1&page", "page"},
	{"page=", "page"},
	{"page=&limit=1", "page"},
	{"limit=%", "limit"},
	{"limit=%4", "limit"},
	{"limit=%4&page=41", "limit"},
	{"limit=%zz", "limit"},
	{"limit=%4g", "limit"},
	{"limit=1%", "limit"},
	{"from=%00", "from"},
	{"from=a%00b", "from"},
	{"from=%0d%0a", "from"},
	{"from=%09", "from"},
	{"from=%7f", "from"},
	{"from=a\tb", "from"},
	{"from=%ff", "from"},
	{"from=%C3", "from"},
	{"from=%ed%a0%80", "from"},
	{"from=%c0%af", "from"},
};

START_TEST(bad_known_parameter_is_refused_by_name)
{
	struct query q;
	const char *bad;

	ck_assert_msg(parse(&q, refused[_i].raw, &bad) == ERR_INVALID, "%s", refused[_i].raw);
	ck_assert_str_eq(bad, refused[_i].bad);
	for (int i = 0; i < QUERY_PARAMS_MAX; i++)
		ck_assert_ptr_null(q.value[i]);
	query_release(&q);
}
END_TEST

START_TEST(values_stay_where_they_are_while_more_are_read)
{
	struct query q;
	const char *bad;
	char raw[3 * 5000 + 64] = "page=", *end = raw + strlen(raw);

	memset(end, 'x', 5000);
	end += 5000;
	end = stpcpy(end, "&limit=");
	memset(end, 'y', 5000);
	end += 5000;
	end = stpcpy(end, "&from=");
	memset(end, 'z', 4999);
	end[4999] = '\0';
	ck_assert_int_eq(parse(&q, raw, &bad), ERR_NONE);
	ck_assert_uint_eq(strspn(q.value[PAGE], "x"), 5000);
	ck_assert_uint_eq(strspn(q.value[LIMIT], "y"), 5000);
	ck_assert_uint_eq(strspn(q.value[FROM], "z"), 4999);
	ck_assert_uint_eq(strlen(q.value[PAGE]), 5000);
	query_release(&q);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("query");
	TCase *t = tcase_create("query");

	tcase_add_loop_test(t, known_parameters_are_decoded_and_others_ignored, 0,
		sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(
		t, bad_known_parameter_is_refused_by_name, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(t, values_stay_where_they_are_while_more_are_read);
	suite_add_tcase(s, t);
	return unit_run(s);
}
