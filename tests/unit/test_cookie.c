#include "http/cookie.h"
#include "unit/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *header, *value; /* NULL: none */
} cookies[] = {
	{"", NULL},
	{"c=v", "v"},
	{"c=v;", "v"},
	{"c=v; d=w", "v"},
	{"d=w; c=v", "v"},
	{"d=w;c=v;e=x", "v"},
	{" \tc=v \t", "v"},
	{";;; c=v ;;", "v"},
	{"d=w ;\tc=v\t; e", "v"},
	/* Only the first = parts. */
	{"c=a=b==", "a=b=="},
	{"c=\"v\"", "\"v\""},
	{"c=a b", "a b"},
	{"c=1234567", "1234567"},
	/* Others that only look like it. */
	{"cc=v", NULL},
	{"xc=v", NULL},
	{"C=v", NULL},
	{"c", NULL},
	{"c;", NULL},
	{"c =v", NULL},
	{"c:v", NULL},
	{"=v", NULL},
	{"d=c=v", NULL},
	{"d=\"c=v\"", NULL},
	{"cc=v; c=w", "w"},
	{"xc=v; c=w; cx=y", "w"},
	{"c; c=v", "v"},
	/* Empty, too long, or twice: which one is meant nobody can say. */
	{"c=", NULL},
	{"c=;", NULL},
	{"c= ;d=w", NULL},
	{"c=12345678", NULL},
	{"c=v; c=v", NULL},
	{"c=v; d=w; c=x", NULL},
	{"c=v; c=12345678", NULL},
	{"c=12345678; c=v", NULL},
	{"c=v; c=", NULL},
	{"c=; c=v", NULL},
};

START_TEST(cookie_is_found_among_others)
{
	/* Just as large as it is, where a sanitizer sees every byte read too far. */
	char *header = strdup(cookies[_i].header);
	char out[8] = "before";
	bool found = cookie_get(header, "c", out, sizeof(out));

	ck_assert_msg(found == (cookies[_i].value != NULL), "%s", cookies[_i].header);
	ck_assert_str_eq(out, found ? cookies[_i].value : "");
	free(header);
}
END_TEST

START_TEST(long_names_are_compared_to_their_end)
{
	char out[64];

	ck_assert(cookie_get("dialer_oaut=1; dialer_oauth=2; dialer_oauth2=3", "dialer_oauth", out,
		sizeof(out)));
	ck_assert_str_eq(out, "2");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cookie");
	TCase *t = tcase_create("cookie");

	tcase_add_loop_test(
		t, cookie_is_found_among_others, 0, (int)(sizeof(cookies) / sizeof(cookies[0])));
	tcase_add_test(t, long_names_are_compared_to_their_end);
	suite_add_tcase(s, t);
	return unit_run(s);
}
