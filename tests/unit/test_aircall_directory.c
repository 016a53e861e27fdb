#include "provider/aircall_directory.h"
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

static char id[] = "a1b2", key[] = "t0:k/+n", base[] = "https://api.aircall.example", empty[] = "";

static struct config configuration(void)
{
	return (struct config){
		.aircall_api_id = id, .aircall_api_token = key, .aircall_base_url = base};
}

static struct aircall_entries read_as(
	enum aircall_directory what, int status, const char *body, enum err want)
{
	struct aircall_directory_query q = {.what = what, .page = 1};
	struct aircall_entries found;
	struct http_answer a;

	http_answer_init(&a);
	a.fault = HTTP_ANSWERED;
	a.status = status;
	a.body_complete = true;
	buf_adds(&a.body, body);
	ck_assert_int_eq(aircall_directory_read(&a, &q, &found), want);
	http_answer_release(&a);
	return found;
}

START_TEST(requests_are_the_documented_ones)
{
	static const struct {
		struct aircall_directory_query q;
		const char *url;
	} rows[] = {
		{{AIRCALL_USERS, 0, 1}, "/v2/users?page=1&per_page=50"},
		{{AIRCALL_NUMBERS, 0, 3}, "/v1/numbers?page=3&per_page=50"},
		{{AIRCALL_NUMBERS, 4294967301, 1},
			"/v2/users/4294967301/numbers?page=1&per_page=50"},
	};
	struct config c = configuration();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_request r;

		http_request_init(&r, "POST");
		ck_assert_int_eq(aircall_directory_request(&c, &rows[i].q, &r), ERR_NONE);
		ck_assert_str_eq(r.method, "GET");
		ck_assert_str_eq(r.url.s + strlen(base), rows[i].url);
		ck_assert_str_eq(r.headers[0].s, "Authorization: Basic YTFiMjp0MDprLytu");
		ck_assert(!r.places_call);
		http_request_release(&r);
	}
}
END_TEST

START_TEST(without_a_key_nothing_is_asked)
{
	struct config c = configuration();
	struct aircall_directory_query q = {.what = AIRCALL_USERS, .page = 1};
	struct http_request r;

	c.aircall_api_id = c.aircall_api_token = empty;
	http_request_init(&r, "GET");
	ck_assert_int_eq(aircall_directory_request(&c, &q, &r), ERR_INVALID);
	http_request_release(&r);
}
END_TEST

START_TEST(users_are_read)
{
	struct aircall_entries e = read_as(AIRCALL_USERS, 200,
		"{\"users\":[{\"id\":4294967301,\"name\":\"A\\u0007nn\",\"email\":\"a@x\","
		"\"default_number_id\":7,\"numbers\":[]},{\"name\":\"no id\"},"
		"{\"id\":\"8\",\"name\":null}],"
		"\"meta\":{\"total\":3,\"current_page\":1,\"per_page\":50}}",
		ERR_NONE);

	ck_assert_uint_eq(e.count, 2);
	ck_assert(!e.more);
	ck_assert_int_eq(e.entries[0].id, 4294967301);
	ck_assert_str_eq(e.entries[0].name, "Ann");
	ck_assert_str_eq(e.entries[0].contact, "a@x");
	ck_assert_int_eq(e.entries[0].default_number_id, 7);
	ck_assert_int_eq(e.entries[1].id, 8);
	ck_assert_str_eq(e.entries[1].name, "");
	ck_assert_str_eq(e.entries[1].contact, "");
	ck_assert_int_eq(e.entries[1].default_number_id, 0);
	aircall_entries_release(&e);
}
END_TEST

START_TEST(numbers_are_read)
{
	struct aircall_entries e = read_as(AIRCALL_NUMBERS, 200,
		"{\"numbers\":[{\"id\":1234,\"name\":\"Main\",\"digits\":\"+1 212-555-0100\","
		"\"country\":\"US\",\"email\":\"no\"}],"
		"\"meta\":{\"total\":51,\"current_page\":1,\"per_page\":50}}",
		ERR_NONE);

	ck_assert_uint_eq(e.count, 1);
	ck_assert(e.more);
	ck_assert_str_eq(e.entries[0].contact, "+1 212-555-0100");
	ck_assert_str_eq(e.entries[0].country, "US");
	aircall_entries_release(&e);
}
END_TEST

START_TEST(what_is_no_list_is_refused)
{
	static const struct {
		int status;
		const char *body;
		enum err want;
	} rows[] = {{200, "{}", ERR_INVALID}, {200, "[]", ERR_INVALID},
		{200, "{\"users\":{}}", ERR_INVALID}, {200, "{\"numbers\":[]}", ERR_INVALID},
		{200, "", ERR_INVALID}, {404, "{\"users\":[]}", ERR_NOT_FOUND},
		{403, "{\"users\":[]}", ERR_IO}, {500, "{\"users\":[]}", ERR_IO}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct aircall_entries e =
			read_as(AIRCALL_USERS, rows[i].status, rows[i].body, rows[i].want);

		ck_assert_uint_eq(e.count, 0);
		ck_assert_ptr_null(e.entries);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("aircall-directory");
	TCase *t = tcase_create("aircall-directory");

	tcase_add_test(t, requests_are_the_documented_ones);
	tcase_add_test(t, without_a_key_nothing_is_asked);
	tcase_add_test(t, users_are_read);
	tcase_add_test(t, numbers_are_read);
	tcase_add_test(t, what_is_no_list_is_refused);
	suite_add_tcase(s, t);
	return unit_run(s);
}
