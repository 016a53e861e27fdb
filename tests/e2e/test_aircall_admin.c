/* dialer aircall users, numbers: the ids an administrator needs, from the account itself. */
#include "e2e/dialpad.h"

#include <stdio.h>
#include <string.h>

static void setup(void)
{
	sim_post("/control/settings", "{\"rate_limit\":0}");
}

static json_t *listed(const char *what)
{
	struct run r = dialer("aircall", what, "--json");
	expect_exit(r, 0);
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_msg(json_is_array(j), "%s", r.out);
	return j;
}

START_TEST(users_and_lines_are_listed_with_their_ids)
{
	struct run r = dialer("aircall", "users");
	expect_exit(r, 0);
	expect_says(r.out, "ID       NAME");
	expect_says(r.out, "\n1527216  ");
	expect_says(r.out, "\n456      ");
	ck_assert_str_eq(r.err, "");
	r = dialer("aircall", "numbers");
	expect_exit(r, 0);
	expect_says(r.out, "ID       NAME");
	expect_says(r.out, "\n967647   ");
	json_t *j = listed("numbers");
	ck_assert_int_gt(json_array_size(j), 2);
	ck_assert_int_gt(int_at(j, "0.id"), 0);
	ck_assert_ptr_nonnull(text_at(j, "0.number"));
	json_decref(j);
	j = listed("users");
	ck_assert_ptr_nonnull(text_at(j, "0.email"));
	json_decref(j);
}
END_TEST

START_TEST(the_lines_of_one_user_are_listed)
{
	struct run r = dialer("aircall", "numbers", "--aircall-user", "456", "--csv");
	expect_exit(r, 0);
	expect_says(r.out, "ID,NAME,NUMBER,COUNTRY\r\n");
	expect_says(r.out, "\r\n1234,");
	expect_says(r.out, "\r\n967647,");
	ck_assert_ptr_null(strstr(r.out, "1389850"));
	r = dialer("aircall", "numbers", "--aircall-user", "999999");
	expect_exit(r, 1);
	ck_assert_str_eq(r.err, "dialer: Aircall knows no user 999999\n");
	ck_assert_str_eq(r.out, "");
}
END_TEST

START_TEST(all_pages_are_read)
{
	sim_post("/control/users", "{\"count\":120,\"first_id\":9000,\"numbers\":[1234]}");
	json_t *j = listed("users");
	ck_assert_int_eq(json_array_size(j), 126);
	ck_assert_int_eq(sim_requests("/v2/users"), 3);
	json_decref(j);
}
END_TEST

/* Names are other people's words. */
START_TEST(names_are_no_formulas_and_no_escapes)
{
	sim_post("/control/users",
		"{\"id\":7,\"numbers\":[1234],\"name\":\"=1+\\u001b[31m\\\"x,\"}");
	struct run r = dialer("aircall", "users", "--csv");
	expect_exit(r, 0);
	expect_says(r.out, "\r\n7,\"'=1+[31m\"\"x,\",");
	r = dialer("aircall", "users");
	ck_assert_ptr_null(strchr(r.out, '\033'));
	/* As long as it is, but in a table. */
	const char *name = e2e_repeat('n', 60);
	sim_post("/control/users", e2e_text("{\"id\":8,\"numbers\":[1234],\"name\":\"%s\"}", name));
	expect_says(dialer("aircall", "users", "--csv").out, e2e_text("\r\n8,%s,", name));
	ck_assert_ptr_null(strstr(dialer("aircall", "users").out, name));
}
END_TEST

static const struct {
	const char *outcome, *says;
} refusals[] = {
	{"\"outcome\":\"refuse\",\"status\":403",
		"dialer: Aircall refuses the key of the settings (HTTP 403)\n"},
	{"\"outcome\":\"refuse\",\"status\":500", "dialer: Aircall answers HTTP 500\n"},
	{"\"outcome\":\"rate_limited\"", "dialer: Aircall answers HTTP 429\n"},
	{"\"outcome\":\"garbage_json\"", "dialer: the answer of Aircall makes no sense\n"},
	{"\"outcome\":\"cut\"", "dialer: the answer of Aircall makes no sense\n"},
	{"\"outcome\":\"reset\"", "dialer: Aircall cannot be reached: "},
};

START_TEST(what_goes_wrong_is_said_in_a_line)
{
	sim_post("/control/faults", e2e_text("{\"path\":\"/v2/users\",%s}", refusals[_i].outcome));
	struct run r = dialer("aircall", "users", "--json");
	expect_exit(r, 1);
	ck_assert_msg(
		strncmp(r.err, refusals[_i].says, strlen(refusals[_i].says)) == 0, "%s", r.err);
	ck_assert_msg(strchr(r.err, '\n') == r.err + strlen(r.err) - 1, "%s", r.err);
	ck_assert_str_eq(r.out, "");
}
END_TEST

START_TEST(wrong_use_and_settings_are_said)
{
	expect_exit(dialer("aircall", "users", "--json", "--csv"), 2);
	expect_exit(dialer("aircall", "numbers", "--aircall-user", "0"), 2);
	e2e_set("AIRCALL_API_KEY", NULL);
	struct run r = dialer("aircall", "users");
	expect_exit(r, 1);
	ck_assert_str_eq(r.err, "dialer: AIRCALL_API_KEY is not set\n");
	ck_assert_int_eq(sim_requests("/v"), 0);
}
END_TEST

/* Its requests are of the budget that all share: after a 429 nobody asks before its time. */
START_TEST(a_429_is_obeyed_by_the_next_command)
{
	sim_post("/control/settings", "{\"headers_on_429\":false}");
	sim_post("/control/faults",
		"{\"path\":\"/v2/users\",\"outcome\":\"rate_limited\",\"times\":1,"
		"\"headers\":{\"Retry-After\":\"900\"}}");
	expect_exit(dialer("aircall", "users"), 1);
	struct run r = dialer("aircall", "numbers");
	expect_exit(r, 1);
	expect_says(r.err, "dialer: Aircall must not be asked now; try again in ");
	ck_assert_int_eq(sim_requests("/v"), 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("aircall-admin");
	TCase *t = tcase_create("aircall-admin");
	e2e_case(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, users_and_lines_are_listed_with_their_ids);
	tcase_add_test(t, the_lines_of_one_user_are_listed);
	tcase_add_test(t, all_pages_are_read);
	tcase_add_test(t, names_are_no_formulas_and_no_escapes);
	tcase_add_loop_test(t, what_goes_wrong_is_said_in_a_line, 0,
		(int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(t, wrong_use_and_settings_are_said);
	tcase_add_test(t, a_429_is_obeyed_by_the_next_command);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
