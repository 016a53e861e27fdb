/* The list of a company's calls at Dialpad. */
#include "provider/provider.h"
#include "unit/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static char empty[] = "", base[] = "https://dialpad.example", key[] = "company.key";
static const struct list_query first_page = {.from_ms = 1000, .to_ms = 2000, .page = 1};
static const struct list_query next_page = {
	.from_ms = 1000, .to_ms = 2000, .page = 2, .cursor = "c1"};

/* A company's key needs nothing of what users connect with. */
static struct config configuration(void)
{
	return (struct config){
		.dialpad_base_url = base,
		.dialpad_client_id = empty,
		.dialpad_api_key = key,
	};
}

static struct http_answer answered(int status, const char *body)
{
	struct http_answer a;

	http_answer_init(&a);
	a.fault = HTTP_ANSWERED;
	a.status = status;
	a.body_complete = true;
	buf_adds(&a.body, body);
	return a;
}

static bool has_header(const struct http_request *r, const char *line)
{
	for (int i = 0; i < r->header_count; i++)
		if (strcmp(r->headers[i].s, line) == 0)
			return true;
	return false;
}

static enum err request(const struct list_query *q, struct http_request *r)
{
	struct config c = configuration();

	http_request_init(r, "POST");
	return provider_dialpad.list_request(&c, q, r);
}

START_TEST(list_is_asked_for_with_the_key_and_both_ends)
{
	const struct list_query q = {
		.from_ms = INT64_C(1767225600000), .to_ms = INT64_C(1767225700999), .page = 1};
	struct http_request r;

	ck_assert_int_eq(request(&q, &r), ERR_NONE);
	ck_assert(http_request_ok(&r));
	ck_assert_str_eq(r.method, "GET");
	ck_assert(!r.places_call);
	ck_assert_uint_eq(r.body.len, 0);
	/* Neither end may be included at Dialpad. */
	ck_assert_str_eq(r.url.s, "https://dialpad.example/api/v2/call"
				  "?started_after=1767225599999&started_before=1767225701000");
	ck_assert(has_header(&r, "Authorization: Bearer company.key"));
	ck_assert(has_header(&r, "Accept: application/json"));
	http_request_release(&r);
}
END_TEST

START_TEST(cursor_is_passed_on_byte_by_byte)
{
	struct list_query q = first_page;
	struct http_request r;

	q.cursor = "a+b/c=&d%20 \r\n#\xc3\xa9";
	ck_assert_int_eq(request(&q, &r), ERR_NONE);
	ck_assert_str_eq(r.url.s, "https://dialpad.example/api/v2/call?started_after=999"
				  "&started_before=2001"
				  "&cursor=a%2Bb%2Fc%3D%26d%2520%20%0D%0A%23%C3%A9");
	http_request_release(&r);
}
END_TEST

START_TEST(list_without_a_key_or_a_span_is_not_asked_for)
{
	struct config c = configuration();
	struct list_query q = first_page;
	struct http_request r;

	ck_assert(provider_dialpad.listed(&c));
	q.to_ms = q.from_ms - 1;
	ck_assert_int_eq(request(&q, &r), ERR_INVALID);
	http_request_release(&r);
	q = first_page;
	q.from_ms = 0;
	ck_assert_int_eq(request(&q, &r), ERR_INVALID);
	http_request_release(&r);
	q = first_page;
	q.to_ms = INT64_MAX;
	ck_assert_int_eq(request(&q, &r), ERR_INVALID);
	http_request_release(&r);
	c.dialpad_api_key = empty;
	ck_assert(!provider_dialpad.listed(&c));
	http_request_init(&r, "GET");
	ck_assert_int_eq(provider_dialpad.list_request(&c, &first_page, &r), ERR_INVALID);
	http_request_release(&r);
}
END_TEST

START_TEST(no_window_is_too_full)
{
	ck_assert_int_eq(provider_dialpad.list_page_size, 25);
	ck_assert_int_eq(provider_dialpad.list_cap, INT64_MAX);
	ck_assert(provider_dialpad.lists_ended_latest_first);
}
END_TEST

#define ENDED                                                                                      \
	"{\"call_id\":\"5712345678901248\",\"direction\":\"outbound\",\"state\":\"hangup\","       \
	"\"date_started\":\"1767225600000\",\"date_connected\":1767225609500,"                     \
	"\"date_ended\":1767225731250,\"total_duration\":131250.0,\"duration\":121750.0,"          \
	"\"external_number\":\"+14155550123\",\"custom_data\":\"6740b1c2000102030405060f\"}"

START_TEST(calls_of_a_page_are_read_and_the_rest_is_counted)
{
	struct http_answer a = answered(200,
		"{\"cursor\":\"next\",\"items\":[" ENDED ",null,7,[],{},{\"call_id\":3},"
		"{\"call_id\":\"x\",\"date_started\":5},{\"call_id\":4,\"date_started\":\"6\"}]}");
	struct list_page p;
	int skipped = -1;

	ck_assert_int_eq(provider_dialpad.list_read(&a, &first_page, &p, &skipped), ERR_NONE);
	ck_assert_uint_eq(p.count, 2);
	ck_assert_int_eq(skipped, 6);
	ck_assert_int_eq(p.calls[0].id, INT64_C(5712345678901248));
	ck_assert(p.calls[0].has_call);
	ck_assert_int_eq(p.calls[0].status, CALL_COMPLETED);
	ck_assert_int_eq(p.calls[0].start_ms, INT64_C(1767225600000));
	ck_assert_int_eq(p.calls[0].end_ms, INT64_C(1767225731250));
	ck_assert_int_eq(p.calls[0].duration_s, 131);
	ck_assert_int_eq(p.calls[1].id, 4);
	ck_assert_int_eq(p.calls[1].start_ms, 6);
	ck_assert_int_eq(p.total, -1);
	ck_assert(p.more);
	ck_assert_str_eq(p.cursor, "next");
	list_page_release(&p);
	ck_assert_ptr_null(p.calls);
	ck_assert_ptr_null(p.cursor);
	http_answer_release(&a);
}
END_TEST

static const struct {
	const char *body;
	int calls;
	const char *cursor; /* NULL: the last page */
} pages[] = {
	{"{\"items\":[" ENDED "],\"cursor\":\"c2\"}", 1, "c2"},
	{"{\"items\":[" ENDED "],\"cursor\":\"\\u0063 2\"}", 1, "c 2"},
	{"{\"items\":[" ENDED "],\"cursor\":null}", 1, NULL},
	{"{\"items\":[" ENDED "],\"cursor\":\"\"}", 1, NULL},
	{"{\"items\":[" ENDED "],\"cursor\":{}}", 1, NULL},
	{"{\"items\":[" ENDED "]}", 1, NULL},
	{"{\"items\":[]}", 0, NULL},
	{"{\"items\":null}", 0, NULL},
	{"{\"items\":{}}", 0, NULL},
	{"{}", 0, NULL},
	/* A page of nothing but nonsense may be followed by others. */
	{"{\"items\":[null],\"cursor\":\"c2\"}", 0, "c2"},
	/* An empty one is the last whatever its cursor. */
	{"{\"items\":[],\"cursor\":\"c2\"}", 0, NULL},
	{"{\"items\":[],\"cursor\":\"c1\"}", 0, NULL},
	{"{\"cursor\":\"c2\"}", 0, NULL},
	{"{\"items\":null,\"cursor\":7}", 0, NULL},
};

START_TEST(cursor_tells_whether_there_is_more)
{
	struct http_answer a = answered(200, pages[_i].body);
	struct list_page p;
	int skipped;

	ck_assert_int_eq(provider_dialpad.list_read(&a, &next_page, &p, &skipped), ERR_NONE);
	ck_assert_uint_eq(p.count, (size_t)pages[_i].calls);
	ck_assert_int_eq(p.more, pages[_i].cursor != NULL);
	if (pages[_i].cursor != NULL)
		ck_assert_str_eq(p.cursor, pages[_i].cursor);
	else
		ck_assert_ptr_null(p.cursor);
	list_page_release(&p);
	http_answer_release(&a);
}
END_TEST

static const char *const no_lists[] = {
	"",
	"[]",
	"null",
	"\"items\"",
	"<html>",
	"{\"items\":7}",
	"{\"items\":\"none\"}",
	"{\"items\":{\"a\":1}}",
	"{\"items\":[}",
	"{\"items\":[],\"items\":[]}",
	"{\"items\":[" ENDED "],\"cursor\":7}",
	"{\"items\":[" ENDED "],\"cursor\":true}",
	"{\"items\":[" ENDED "],\"cursor\":[\"c2\"]}",
	/* The page that was asked for leads to itself. */
	"{\"items\":[" ENDED "],\"cursor\":\"c1\"}",
};

START_TEST(what_is_no_list_is_refused)
{
	struct http_answer a = answered(200, no_lists[_i]);
	struct list_page p;
	int skipped;

	ck_assert_int_eq(provider_dialpad.list_read(&a, &next_page, &p, &skipped), ERR_INVALID);
	ck_assert_uint_eq(p.count, 0);
	ck_assert_ptr_null(p.calls);
	ck_assert_ptr_null(p.cursor);
	ck_assert(!p.more);
	list_page_release(&p);
	http_answer_release(&a);
}
END_TEST

START_TEST(endless_cursor_is_refused)
{
	struct http_answer a = answered(200, "{\"items\":[" ENDED "],\"cursor\":\"");
	struct list_page p;
	int skipped;

	for (int i = 0; i < 5000; i++)
		buf_addc(&a.body, 'c');
	buf_adds(&a.body, "\"}");
	ck_assert_int_eq(provider_dialpad.list_read(&a, &next_page, &p, &skipped), ERR_INVALID);
	list_page_release(&p);
	http_answer_release(&a);
}
END_TEST

START_TEST(refused_or_cut_list_is_no_empty_list)
{
	static const int statuses[] = {302, 400, 401, 403, 404, 429, 500};
	struct http_answer a = answered(200, "{\"items\":[]}");
	struct list_page p;
	int skipped;

	a.body_complete = false;
	ck_assert_int_eq(provider_dialpad.list_read(&a, &first_page, &p, &skipped), ERR_IO);
	http_answer_release(&a);
	for (int i = 0; i < COUNT(statuses); i++) {
		a = answered(statuses[i], "{\"items\":[]}");
		ck_assert_int_eq(provider_dialpad.list_read(&a, &first_page, &p, &skipped), ERR_IO);
		list_page_release(&p);
		http_answer_release(&a);
	}
}
END_TEST

static const struct {
	const char *call;
	bool read;
} odd_calls[] = {
	{"{\"call_id\":2,\"date_started\":5,\"contact\":{\"name\":\"\\ud83d\"}}", true},
	{"{\"call_id\":2,\"date_started\":5,\"labels\":[\"\\udcde\"]}", true},
	{"{\"call_id\":2,\"date_started\":5,\"name\":\"\xff\"}", true},
	{"{\"call_id\":2,\"date_started\":5,\"name\":\"\\u0000\x01\"}", true},
	{"{\"call_id\":2,\"date_started\":5,\"contact\":{\"id\":1,\"id\":2}}", true},
	/* Which id it has, nobody can tell. */
	{"{\"call_id\":2,\"call_id\":3,\"date_started\":5}", false},
};

START_TEST(odd_call_does_not_hide_the_others)
{
	size_t count = odd_calls[_i].read ? 3 : 2;
	struct http_answer a = answered(200, "");
	struct list_page p;
	int skipped;

	buf_addf(&a.body,
		"{\"items\":[{\"call_id\":1,\"date_started\":6},%s,{\"call_id\":9,\"date_started\":"
		"4}],\"cursor\":\"c2\"}",
		odd_calls[_i].call);
	ck_assert_int_eq(provider_dialpad.list_read(&a, &first_page, &p, &skipped), ERR_NONE);
	ck_assert_uint_eq(p.count, count);
	ck_assert_int_eq(skipped, odd_calls[_i].read ? 0 : 1);
	ck_assert_int_eq(p.calls[0].id, 1);
	ck_assert_int_eq(p.calls[1].id, odd_calls[_i].read ? 2 : 9);
	ck_assert_int_eq(p.calls[count - 1].id, 9);
	ck_assert_str_eq(p.cursor, "c2");
	list_page_release(&p);
	http_answer_release(&a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dialpad_list");
	TCase *t = tcase_create("dialpad_list");

	tcase_add_test(t, list_is_asked_for_with_the_key_and_both_ends);
	tcase_add_test(t, cursor_is_passed_on_byte_by_byte);
	tcase_add_test(t, list_without_a_key_or_a_span_is_not_asked_for);
	tcase_add_test(t, no_window_is_too_full);
	tcase_add_test(t, calls_of_a_page_are_read_and_the_rest_is_counted);
	tcase_add_loop_test(t, cursor_tells_whether_there_is_more, 0, COUNT(pages));
	tcase_add_loop_test(t, what_is_no_list_is_refused, 0, COUNT(no_lists));
	tcase_add_test(t, endless_cursor_is_refused);
	tcase_add_test(t, refused_or_cut_list_is_no_empty_list);
	tcase_add_loop_test(t, odd_call_does_not_hide_the_others, 0, COUNT(odd_calls));
	suite_add_tcase(s, t);
	return unit_run(s);
}
