#include "provider/provider.h"
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char empty[] = "", id[] = "a1b2", token[] = "t0:k/+n",
	    base[] = "https://api.aircall.example";

static struct config configuration(void)
{
	return (struct config){
		.aircall_api_id = id,
		.aircall_api_token = token,
		.aircall_base_url = base,
	};
}

static struct place_order order(void)
{
	struct place_order o = {.user_id = INT64_C(4294967301), .number_id = 967647};

	snprintf(o.phone, sizeof(o.phone), "+15551234567");
	return o;
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

static const char *header(const struct http_request *r, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < r->header_count; i++)
		if (strncmp(r->headers[i].s, name, len) == 0 &&
			strncmp(r->headers[i].s + len, ": ", 2) == 0)
			return r->headers[i].s + len + 2;
	return NULL;
}

/* --- requests --- */

START_TEST(place_request_is_the_documented_one)
{
	struct config c = configuration();
	struct place_order o = order();
	struct http_request r;
	json_t *body;

	http_request_init(&r, "GET");
	ck_assert_int_eq(provider_aircall.place_request(&c, &o, &r), ERR_NONE);
	ck_assert(http_request_ok(&r));
	ck_assert(r.places_call);
	ck_assert_str_eq(r.method, "POST");
	ck_assert_str_eq(r.url.s, "https://api.aircall.example/v1/users/4294967301/calls");
	ck_assert_str_eq(header(&r, "Authorization"), "Basic YTFiMjp0MDprLytu");
	ck_assert_str_eq(header(&r, "Content-Type"), "application/json");
	ck_assert_str_eq(header(&r, "Accept"), "application/json");
	body = json_loads(r.body.s, 0, NULL);
	ck_assert_ptr_nonnull(body);
	ck_assert_uint_eq(json_object_size(body), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(body, "number_id")), 967647);
	ck_assert_str_eq(json_string_value(json_object_get(body, "to")), "+15551234567");
	json_decref(body);
	http_request_release(&r);
}
END_TEST

static const struct {
	const char *id, *token, *encoded;
} keys[] = {
	{"a", "b", "Basic YTpi"},
	{"a", "bc", "Basic YTpiYw=="},
	{"a", "bcd", "Basic YTpiY2Q="},
	{"\xff\xfe", "\xfb", "Basic //46+w=="},
};

START_TEST(key_is_written_in_base64)
{
	struct config c = configuration();
	struct http_request r;

	c.aircall_api_id = (char *)keys[_i].id;
	c.aircall_api_token = (char *)keys[_i].token;
	http_request_init(&r, "GET");
	ck_assert_int_eq(provider_aircall.get_request(&c, NULL, 1, &r), ERR_NONE);
	ck_assert_str_eq(header(&r, "Authorization"), keys[_i].encoded);
	http_request_release(&r);
}
END_TEST

START_TEST(order_that_lacks_something_makes_no_request)
{
	struct config c = configuration();
	struct place_order o;
	struct http_request r;

	http_request_init(&r, "GET");
	o = order();
	o.user_id = 0;
	ck_assert_int_eq(provider_aircall.place_request(&c, &o, &r), ERR_INVALID);
	o = order();
	o.number_id = 0;
	ck_assert_int_eq(provider_aircall.place_request(&c, &o, &r), ERR_INVALID);
	o = order();
	o.phone[0] = '\0';
	ck_assert_int_eq(provider_aircall.place_request(&c, &o, &r), ERR_INVALID);
	o = order();
	c.aircall_api_id = c.aircall_api_token = empty;
	ck_assert_int_eq(provider_aircall.place_request(&c, &o, &r), ERR_INVALID);
	ck_assert(!http_request_ok(&r));
	http_request_release(&r);
}
END_TEST

START_TEST(key_that_does_not_fit_is_never_sent_cut)
{
	struct config c = configuration();
	struct http_request r;
	static char long_key[20000];

	memset(long_key, 'x', sizeof(long_key) - 1);
	c.aircall_api_token = long_key;
	http_request_init(&r, "GET");
	ck_assert_int_ne(provider_aircall.get_request(&c, NULL, 1, &r), ERR_NONE);
	ck_assert(!http_request_ok(&r));
	http_request_release(&r);
}
END_TEST

START_TEST(list_request_covers_the_window_with_its_ends)
{
	struct config c = configuration();
	struct list_query q = {.from_ms = 1790603050999, .to_ms = 1790603170001, .page = 3};
	struct http_request r;

	http_request_init(&r, "GET");
	ck_assert_int_eq(provider_aircall.list_request(&c, &q, &r), ERR_NONE);
	ck_assert_str_eq(r.method, "GET");
	ck_assert(!r.places_call);
	ck_assert_uint_eq(r.body.len, 0);
	/* `from` is exclusive at Aircall. */
	ck_assert_str_eq(r.url.s, "https://api.aircall.example/v1/calls"
				  "?from=1790603049&to=1790603170&order=asc&page=3&per_page=50");
	ck_assert_str_eq(header(&r, "Authorization"), "Basic YTFiMjp0MDprLytu");
	http_request_release(&r);
}
END_TEST

START_TEST(pages_beyond_the_cap_are_not_asked_for)
{
	struct config c = configuration();
	struct list_query q = {.from_ms = 1790603050000, .to_ms = 1790603170000, .page = 200};
	struct http_request r;

	ck_assert_int_eq(provider_aircall.list_cap, 10000);
	ck_assert_int_eq(provider_aircall.list_page_size, 50);
	ck_assert(!provider_aircall.lists_ended_latest_first);
	http_request_init(&r, "GET");
	ck_assert_int_eq(provider_aircall.list_request(&c, &q, &r), ERR_NONE);
	http_request_release(&r);
	q.page = 201;
	ck_assert_int_eq(provider_aircall.list_request(&c, &q, &r), ERR_TOO_LARGE);
	q.page = 0;
	ck_assert_int_eq(provider_aircall.list_request(&c, &q, &r), ERR_INVALID);
	q.page = 1;
	q.to_ms = q.from_ms - 1000;
	ck_assert_int_eq(provider_aircall.list_request(&c, &q, &r), ERR_INVALID);
	http_request_release(&r);
}
END_TEST

START_TEST(get_request_names_the_call)
{
	struct config c = configuration();
	struct http_request r;

	http_request_init(&r, "POST");
	ck_assert_int_eq(provider_aircall.get_request(&c, NULL, INT64_C(4294967301), &r), ERR_NONE);
	ck_assert_str_eq(r.method, "GET");
	ck_assert_str_eq(r.url.s, "https://api.aircall.example/v1/calls/4294967301");
	http_request_release(&r);
	http_request_init(&r, "GET");
	ck_assert_int_eq(provider_aircall.get_request(&c, NULL, 0, &r), ERR_INVALID);
	http_request_release(&r);
}
END_TEST

/* --- what came of placing a call --- */

static const struct {
	int status;
	enum place_result result;
	const char *reason;
} outcomes[] = {
	{200, PLACE_ACCEPTED, ""},
	{201, PLACE_ACCEPTED, ""},
	{202, PLACE_ACCEPTED, ""},
	{204, PLACE_ACCEPTED, ""},
	{299, PLACE_ACCEPTED, ""},
	{100, PLACE_UNCLEAR, ""},
	{199, PLACE_UNCLEAR, ""},
	{300, PLACE_UNCLEAR, ""},
	{302, PLACE_UNCLEAR, ""},
	{307, PLACE_UNCLEAR, ""},
	{399, PLACE_UNCLEAR, ""},
	{408, PLACE_UNCLEAR, ""},
	{500, PLACE_UNCLEAR, ""},
	{502, PLACE_UNCLEAR, ""},
	{503, PLACE_UNCLEAR, ""},
	{599, PLACE_UNCLEAR, ""},
	{600, PLACE_UNCLEAR, ""},
	{999, PLACE_UNCLEAR, ""},
	{0, PLACE_UNCLEAR, ""},
	{400, PLACE_REFUSED, "aircall_rejected"},
	{401, PLACE_REFUSED, "aircall_unauthorized"},
	{402, PLACE_REFUSED, "aircall_rejected"},
	{403, PLACE_REFUSED, "aircall_unauthorized"},
	{404, PLACE_REFUSED, "aircall_rejected"},
	{405, PLACE_REFUSED, "aircall_user_unavailable"},
	{409, PLACE_REFUSED, "aircall_rejected"},
	{422, PLACE_REFUSED, "aircall_rejected"},
	{429, PLACE_REFUSED, "aircall_rate_limited"},
	{499, PLACE_REFUSED, "aircall_rejected"},
};

START_TEST(status_decides_whether_it_was_placed)
{
	struct http_answer a = answered(outcomes[_i].status, "{\"error\":\"x\"}");
	struct place_outcome o;

	provider_aircall.place_outcome(&a, &o);
	ck_assert_int_eq(o.result, outcomes[_i].result);
	ck_assert_str_eq(o.reason, outcomes[_i].reason);
	ck_assert_int_eq(o.external_id, 0);
	http_answer_release(&a);
}
END_TEST

static const struct {
	enum http_fault fault;
	enum place_result result;
	const char *reason;
} faults[] = {
	{HTTP_UNREACHABLE, PLACE_REFUSED, "aircall_unreachable"},
	{HTTP_TLS_ERROR, PLACE_REFUSED, "aircall_tls_error"},
	{HTTP_NOT_SENT, PLACE_REFUSED, "aircall_unreachable"},
	{HTTP_UNCLEAR, PLACE_UNCLEAR, ""},
};

START_TEST(without_a_status_the_fault_decides)
{
	struct http_answer a;
	struct place_outcome o;

	http_answer_init(&a);
	a.fault = faults[_i].fault;
	/* A status that is not there must not count. */
	a.status = 405;
	snprintf(a.error, sizeof(a.error), "the client's words");
	provider_aircall.place_outcome(&a, &o);
	ck_assert_int_eq(o.result, faults[_i].result);
	ck_assert_str_eq(o.reason, faults[_i].reason);
	ck_assert_str_eq(o.detail, "");
	http_answer_release(&a);
}
END_TEST

static const char *const accepted_bodies[] = {"", "{}", "{\"id\":", "garbage \x01\xff", "<html>"};

START_TEST(accepted_whatever_the_body)
{
	struct http_answer a = answered(200, accepted_bodies[_i]);
	struct place_outcome o;

	a.body_complete = false;
	provider_aircall.place_outcome(&a, &o);
	ck_assert_int_eq(o.result, PLACE_ACCEPTED);
	ck_assert_str_eq(o.detail, "");
	http_answer_release(&a);
}
END_TEST

static const struct {
	const char *body, *detail;
} details[] = {
	{"{\"message\":\"Forbidden\"}", "Forbidden"},
	{"{\"error\":\"Method Not Allowed\",\"troubleshoot\":\"User not available\"}",
		"Method Not Allowed: User not available"},
	{"{\"error\":\"Bad Request\",\"data\":null,\"message\":\"BAD_REQUEST\",\"errors\":\"the "
	 "text\","
	 "\"troubleshoot\":\"BAD_REQUEST\",\"success\":false}",
		"the text"},
	{"{\"error\":\"same\",\"troubleshoot\":\"same\"}", "same"},
	{"{\"error\":\"only\"}", "only"},
	{"{\"troubleshoot\":\"hint\",\"message\":\"m\"}", "hint"},
	{"{\"errors\":[\"x\"],\"error\":\"e\"}", "e"},
	{"{\"errors\":\"\",\"error\":null,\"message\":\"m\"}", "m"},
	{"{\"other\":1}", "{\"other\":1}"},
	{"[]", "[]"},
	{"plain text", "plain text"},
	{"<html>\r\n<b>403</b>\x1b[31m", "<html><b>403</b>[31m"},
	{"{\"error\":\"two\\r\\nlines\\t\\u001b[0m\"}", "twolines[0m"},
	{"\xff{", "\xef\xbf\xbd{"},
	{"", ""},
};

START_TEST(detail_is_the_text_for_people)
{
	struct http_answer a = answered(405, details[_i].body);
	struct place_outcome o;

	provider_aircall.place_outcome(&a, &o);
	ck_assert_str_eq(o.detail, details[_i].detail);
	http_answer_release(&a);
}
END_TEST

START_TEST(detail_has_200_characters_at_most)
{
	struct http_answer a = answered(400, "{\"error\":\"");
	struct place_outcome o;

	for (int i = 0; i < 300; i++)
		buf_adds(&a.body, "\xf0\x9f\x93\x9e");
	buf_adds(&a.body, "\"}");
	provider_aircall.place_outcome(&a, &o);
	ck_assert_uint_eq(strlen(o.detail), 800);
	http_answer_release(&a);
}
END_TEST

START_TEST(endless_refusal_shows_its_beginning)
{
	struct http_answer a = answered(400, "It begins so");
	struct place_outcome o;

	while (a.body.len < 1000000)
		buf_adds(&a.body, " and goes on");
	provider_aircall.place_outcome(&a, &o);
	ck_assert_uint_eq(strlen(o.detail), 200);
	ck_assert(strncmp(o.detail, "It begins so", 12) == 0);
	http_answer_release(&a);
}
END_TEST

/* --- calls --- */

#define CALL_HEAD "\"id\":4294967301,\"direction\":\"outbound\",\"started_at\":1790603050,"
#define CALL_TAIL                                                                                  \
	",\"raw_digits\":\"+1 212-555-0134\",\"user\":{\"id\":456,\"name\":\"x\"},"                \
	"\"number\":{\"id\":1234,\"digits\":\"+1 212-555-0100\"},\"tags\":[],\"comments\":[]"

static void read_one(const char *members, struct provider_call *pc)
{
	struct http_answer a = answered(200, "{\"call\":{");

	buf_adds(&a.body, members);
	buf_adds(&a.body, "}}");
	ck_assert_int_eq(provider_aircall.get_read(&a, pc), ERR_NONE);
	http_answer_release(&a);
}

START_TEST(ringing_call_is_read)
{
	struct provider_call pc;

	read_one(CALL_HEAD "\"status\":\"initial\",\"answered_at\":null,\"ended_at\":null,"
			   "\"duration\":0" CALL_TAIL,
		&pc);
	ck_assert_int_eq(pc.id, INT64_C(4294967301));
	ck_assert(pc.outbound);
	ck_assert_int_eq(pc.user_id, 456);
	ck_assert_int_eq(pc.number_id, 1234);
	ck_assert_str_eq(pc.digits, "12125550134");
	ck_assert_str_eq(pc.word, "initial");
	ck_assert(pc.has_status);
	ck_assert_int_eq(pc.status, CALL_RINGING);
	ck_assert_int_eq(pc.start_ms, INT64_C(1790603050000));
	ck_assert_int_eq(pc.answer_ms, 0);
	ck_assert_int_eq(pc.end_ms, 0);
	ck_assert_int_eq(pc.duration_s, -1);
	ck_assert_int_eq(pc.talk_s, -1);
	ck_assert(!pc.has_call);
}
END_TEST

START_TEST(answered_call_is_read)
{
	struct provider_call pc;

	read_one(CALL_HEAD "\"status\":\"answered\",\"answered_at\":1790603053,\"ended_at\":null,"
			   "\"duration\":0" CALL_TAIL,
		&pc);
	ck_assert_int_eq(pc.status, CALL_IN_PROGRESS);
	ck_assert_int_eq(pc.answer_ms, INT64_C(1790603053000));
	ck_assert_int_eq(pc.duration_s, -1);
	ck_assert_int_eq(pc.talk_s, -1);
}
END_TEST

START_TEST(completed_call_has_the_duration_as_reported)
{
	struct provider_call pc;

	/* One second more than the times say, as early reads have it. */
	read_one(CALL_HEAD "\"status\":\"done\",\"answered_at\":1790603053,\"ended_at\":1790603071,"
			   "\"duration\":22" CALL_TAIL,
		&pc);
	ck_assert_int_eq(pc.status, CALL_COMPLETED);
	ck_assert_int_eq(pc.end_ms, INT64_C(1790603071000));
	ck_assert_int_eq(pc.duration_s, 22);
	ck_assert_int_eq(pc.talk_s, 18);
}
END_TEST

START_TEST(unanswered_call_has_no_talk)
{
	struct provider_call pc;

	read_one(CALL_HEAD "\"status\":\"done\",\"answered_at\":null,\"ended_at\":1790603080,"
			   "\"duration\":30" CALL_TAIL,
		&pc);
	ck_assert_int_eq(pc.status, CALL_NO_ANSWER);
	ck_assert_int_eq(pc.duration_s, 30);
	ck_assert_int_eq(pc.talk_s, -1);
}
END_TEST

START_TEST(unknown_word_is_kept_without_a_status)
{
	struct provider_call pc;

	read_one(CALL_HEAD "\"status\":\"teleported\",\"duration\":5", &pc);
	ck_assert_str_eq(pc.word, "teleported");
	ck_assert(!pc.has_status);
	ck_assert_int_eq(pc.duration_s, -1);
	read_one(CALL_HEAD "\"status\":\"do\\nne\"", &pc);
	ck_assert_str_eq(pc.word, "done");
	read_one(CALL_HEAD "\"status\":\"a word far longer than any word for a state\"", &pc);
	ck_assert_str_eq(pc.word, "");
	ck_assert(!pc.has_status);
	read_one(CALL_HEAD "\"status\":3", &pc);
	ck_assert(!pc.has_status);
}
END_TEST

START_TEST(absent_and_null_are_alike)
{
	struct provider_call pc;

	read_one("\"id\":7,\"started_at\":1790603050", &pc);
	ck_assert_int_eq(pc.id, 7);
	ck_assert(!pc.outbound);
	ck_assert_int_eq(pc.user_id, 0);
	ck_assert_int_eq(pc.number_id, 0);
	ck_assert_str_eq(pc.digits, "");
	read_one("\"id\":7,\"started_at\":1790603050,\"user\":null,\"number\":null,\"raw_digits\":"
		 "null,"
		 "\"direction\":null,\"status\":null,\"answered_at\":null",
		&pc);
	ck_assert_int_eq(pc.user_id, 0);
	ck_assert_str_eq(pc.digits, "");
}
END_TEST

START_TEST(anonymous_and_endless_digits_are_none)
{
	struct provider_call pc;

	read_one(CALL_HEAD "\"raw_digits\":\"anonymous\"", &pc);
	ck_assert_str_eq(pc.digits, "");
	read_one(CALL_HEAD "\"raw_digits\":\"1234567890123456789012345678901234567890\"", &pc);
	ck_assert_str_eq(pc.digits, "");
}
END_TEST

START_TEST(times_that_make_no_sense_are_unknown)
{
	struct provider_call pc;

	read_one(CALL_HEAD "\"status\":\"done\",\"answered_at\":-5,\"ended_at\":"
			   "9223372036854775807,\"duration\":-1",
		&pc);
	ck_assert_int_eq(pc.status, CALL_NO_ANSWER);
	ck_assert_int_eq(pc.end_ms, 0);
	ck_assert_int_eq(pc.duration_s, -1);
	/* An end before the answer gives no talk. */
	read_one(CALL_HEAD "\"status\":\"done\",\"answered_at\":1790603071,\"ended_at\":1790603053,"
			   "\"duration\":1",
		&pc);
	ck_assert_int_eq(pc.talk_s, -1);
}
END_TEST

static const char *const no_calls[] = {
	"",
	"{",
	"null",
	"[]",
	"{}",
	"{\"call\":null}",
	"{\"call\":[]}",
	"{\"call\":{}}",
	"{\"call\":{\"id\":7}}",
	"{\"call\":{\"started_at\":1790603050}}",
	"{\"call\":{\"id\":0,\"started_at\":1790603050}}",
	"{\"call\":{\"id\":-7,\"started_at\":1790603050}}",
	"{\"call\":{\"id\":1.5,\"started_at\":1790603050}}",
	"{\"call\":{\"id\":\"x\",\"started_at\":1790603050}}",
	"{\"call\":{\"id\":99999999999999999999,\"started_at\":1790603050}}",
	"{\"call\":{\"id\":7,\"started_at\":0}}",
	"{\"call\":{\"id\":7,\"started_at\":\"2026-09-28T10:21:09Z\"}}",
	"{\"call\":{\"id\":7,\"id\":8,\"started_at\":1790603050}}",
};

START_TEST(what_is_no_call_is_refused)
{
	struct http_answer a = answered(200, no_calls[_i]);
	struct provider_call pc;

	ck_assert_int_eq(provider_aircall.get_read(&a, &pc), ERR_INVALID);
	http_answer_release(&a);
}
END_TEST

START_TEST(get_tells_gone_from_failed)
{
	static const int failed[] = {199, 302, 400, 401, 403, 429, 500, 503};
	struct provider_call pc;
	struct http_answer a = answered(404, "{\"message\":\"Not Found\"}");

	ck_assert_int_eq(provider_aircall.get_read(&a, &pc), ERR_NOT_FOUND);
	http_answer_release(&a);
	for (size_t i = 0; i < sizeof(failed) / sizeof(failed[0]); i++) {
		a = answered(failed[i], "{\"call\":{" CALL_HEAD "\"status\":\"done\"}}");
		ck_assert_int_eq(provider_aircall.get_read(&a, &pc), ERR_IO);
		http_answer_release(&a);
	}
	a = answered(200, "{\"call\":{" CALL_HEAD "\"status\":\"done\"}}");
	a.body_complete = false;
	ck_assert_int_eq(provider_aircall.get_read(&a, &pc), ERR_IO);
	a.body_complete = true;
	a.fault = HTTP_UNCLEAR;
	ck_assert_int_eq(provider_aircall.get_read(&a, &pc), ERR_IO);
	http_answer_release(&a);
}
END_TEST

/* --- lists --- */

static const struct list_query first_page = {.from_ms = 1, .to_ms = 2, .page = 1};

START_TEST(list_leaves_out_what_makes_no_sense_and_counts_it)
{
	struct http_answer a = answered(200,
		"{\"calls\":[{\"id\":1,\"started_at\":1790603050},{\"id\":2},null,7,[],{\"started_"
		"at\":5},"
		"{\"id\":\"3\",\"started_at\":\"1790603051\"}],"
		"\"meta\":{\"count\":7,\"total\":7,\"current_page\":1,\"per_page\":50,"
		"\"next_page_link\":null,\"previous_page_link\":null}}");
	struct list_page p;
	int skipped = -1;

	ck_assert_int_eq(provider_aircall.list_read(&a, &first_page, &p, &skipped), ERR_NONE);
	ck_assert_uint_eq(p.count, 2);
	ck_assert_int_eq(skipped, 5);
	ck_assert_int_eq(p.calls[0].id, 1);
	ck_assert_int_eq(p.calls[1].id, 3);
	ck_assert_int_eq(p.calls[1].start_ms, INT64_C(1790603051000));
	ck_assert_int_eq(p.total, 7);
	ck_assert(!p.more);
	list_page_release(&p);
	ck_assert_ptr_null(p.calls);
	http_answer_release(&a);
}
END_TEST

static const char *const odd_calls[] = {
	"{\"id\":2,\"started_at\":5,\"comments\":[{\"content\":\"\\ud83d\"}]}",
	"{\"id\":2,\"started_at\":5,\"name\":\"\xff\"}",
	"{\"id\":2,\"started_at\":5,\"name\":\"\\u0000\n\"}",
	"{\"id\":2,\"started_at\":5,\"contact\":{\"id\":1,\"id\":2}}",
	/* Which id it has, nobody can tell. */
	"{\"id\":2,\"id\":3,\"started_at\":5}",
};

START_TEST(odd_call_does_not_hide_the_others)
{
	bool ambiguous = strstr(odd_calls[_i], "\"id\":3") != NULL;
	struct http_answer a = answered(200, "");
	struct list_page p;
	int skipped;

	buf_addf(&a.body,
		"{\"calls\":[{\"id\":1,\"started_at\":4},%s,{\"id\":9,\"started_at\":6}],"
		"\"meta\":{\"total\":3}}",
		odd_calls[_i]);
	ck_assert_int_eq(provider_aircall.list_read(&a, &first_page, &p, &skipped), ERR_NONE);
	ck_assert_uint_eq(p.count, ambiguous ? 2 : 3);
	ck_assert_int_eq(skipped, ambiguous ? 1 : 0);
	ck_assert_int_eq(p.calls[0].id, 1);
	ck_assert_int_eq(p.calls[1].id, ambiguous ? 9 : 2);
	ck_assert_int_eq(p.calls[p.count - 1].id, 9);
	ck_assert_int_eq(p.total, 3);
	list_page_release(&p);
	http_answer_release(&a);
}
END_TEST

static const struct {
	const char *calls, *meta;
	int64_t total;
	bool more;
} pages[] = {
	{"{\"id\":1,\"started_at\":5}", "{\"total\":51,\"current_page\":1,\"per_page\":50}", 51,
		true},
	{"{\"id\":1,\"started_at\":5}", "{\"total\":50,\"current_page\":1,\"per_page\":50}", 50,
		false},
	{"{\"id\":1,\"started_at\":5}", "{\"total\":101,\"current_page\":2,\"per_page\":50}", 101,
		true},
	{"{\"id\":1,\"started_at\":5}", "{\"total\":100,\"current_page\":2,\"per_page\":50}", 100,
		false},
	/* The provider may make pages smaller than asked for. */
	{"{\"id\":1,\"started_at\":5}", "{\"total\":30,\"current_page\":1,\"per_page\":20}", 30,
		true},
	{"{\"id\":1,\"started_at\":5}", "{\"next_page_link\":\"https://evil.example/\"}", -1, true},
	{"{\"id\":1,\"started_at\":5}", "{\"next_page_link\":null}", -1, false},
	{"{\"id\":1,\"started_at\":5}", "{\"total\":1,\"next_page_link\":\"x\"}", 1, true},
	{"{\"id\":1,\"started_at\":5}", "null", -1, false},
	{"{\"id\":1,\"started_at\":5}", "{\"total\":-3}", -1, false},
	/* An empty page is the last one whatever it says. */
	{"", "{\"total\":51,\"current_page\":1,\"per_page\":50,\"next_page_link\":\"x\"}", 51,
		false},
	{"", "{\"total\":0}", 0, false},
};

START_TEST(list_knows_whether_there_is_more)
{
	struct http_answer a = answered(200, "");
	struct list_page p;
	int skipped;

	buf_addf(&a.body, "{\"calls\":[%s],\"meta\":%s}", pages[_i].calls, pages[_i].meta);
	ck_assert_int_eq(provider_aircall.list_read(&a, &first_page, &p, &skipped), ERR_NONE);
	ck_assert_int_eq(p.total, pages[_i].total);
	ck_assert_int_eq(p.more, pages[_i].more);
	list_page_release(&p);
	http_answer_release(&a);
}
END_TEST

START_TEST(full_page_without_meta_has_a_successor)
{
	struct http_answer a = answered(200, "{\"calls\":[");
	struct list_page p;
	int skipped;

	for (int i = 1; i <= 50; i++)
		buf_addf(&a.body, "%s{\"id\":%d,\"started_at\":5}", i > 1 ? "," : "", i);
	buf_adds(&a.body, "]}");
	ck_assert_int_eq(provider_aircall.list_read(&a, &first_page, &p, &skipped), ERR_NONE);
	ck_assert_uint_eq(p.count, 50);
	ck_assert(p.more);
	list_page_release(&p);
	http_answer_release(&a);
}
END_TEST

START_TEST(what_is_no_list_is_refused)
{
	static const char *const bodies[] = {
		"", "{}", "[]", "{\"calls\":null}", "{\"calls\":{}}", "{\"calls\":[}"};
	struct list_page p;
	int skipped;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct http_answer a = answered(200, bodies[i]);

		ck_assert_int_eq(
			provider_aircall.list_read(&a, &first_page, &p, &skipped), ERR_INVALID);
		ck_assert_uint_eq(p.count, 0);
		list_page_release(&p);
		http_answer_release(&a);
	}
}
END_TEST

START_TEST(refused_or_cut_list_is_no_empty_list)
{
	static const int statuses[] = {302, 400, 403, 404, 429, 500};
	struct http_answer a = answered(200, "{\"calls\":[]}");
	struct list_page p;
	int skipped;

	a.body_complete = false;
	ck_assert_int_eq(provider_aircall.list_read(&a, &first_page, &p, &skipped), ERR_IO);
	http_answer_release(&a);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		a = answered(statuses[i], "{\"calls\":[]}");
		ck_assert_int_eq(provider_aircall.list_read(&a, &first_page, &p, &skipped), ERR_IO);
		list_page_release(&p);
		http_answer_release(&a);
	}
}
END_TEST

/* --- what a call says about a row --- */

START_TEST(statement_carries_what_was_read)
{
	struct provider_call pc;
	struct statement s;

	read_one(CALL_HEAD "\"status\":\"done\",\"answered_at\":1790603053,\"ended_at\":1790603071,"
			   "\"duration\":22" CALL_TAIL,
		&pc);
	provider_call_statement(&pc, 99, &s);
	ck_assert_int_eq(s.source, SAID_BY_PROVIDER);
	ck_assert_int_eq(s.at_ms, 99);
	ck_assert(s.has_status);
	ck_assert_int_eq(s.status, CALL_COMPLETED);
	ck_assert_int_eq(s.external_id, INT64_C(4294967301));
	ck_assert(s.has_figures);
	ck_assert_int_eq(s.answer_ms, INT64_C(1790603053000));
	ck_assert_int_eq(s.end_ms, INT64_C(1790603071000));
	ck_assert_int_eq(s.duration_s, 22);
	ck_assert_int_eq(s.talk_s, 18);
	ck_assert_ptr_null(s.reason);
}
END_TEST

START_TEST(ringing_call_states_no_figures)
{
	struct provider_call pc;
	struct statement s;

	read_one(CALL_HEAD "\"status\":\"initial\"", &pc);
	provider_call_statement(&pc, 99, &s);
	ck_assert(s.has_status);
	ck_assert(!s.has_figures);
}
END_TEST

START_TEST(unknown_word_states_only_the_id)
{
	struct provider_call pc;
	struct statement s;

	read_one(CALL_HEAD "\"status\":\"new\",\"answered_at\":1790603053,\"ended_at\":1790603071",
		&pc);
	provider_call_statement(&pc, 99, &s);
	ck_assert(!s.has_status);
	ck_assert(!s.has_figures);
	ck_assert_int_eq(s.external_id, INT64_C(4294967301));
}
END_TEST

START_TEST(providers_are_found_by_id)
{
	ck_assert_ptr_eq(provider_find(PROVIDER_AIRCALL), &provider_aircall);
	ck_assert_int_eq(provider_aircall.id, PROVIDER_AIRCALL);
	ck_assert_ptr_eq(provider_find(PROVIDER_DIALPAD), &provider_dialpad);
	ck_assert_int_eq(provider_dialpad.id, PROVIDER_DIALPAD);
	ck_assert_ptr_null(provider_find(PROVIDER_NONE));
	ck_assert_ptr_null(provider_find(PROVIDER_TEL));
	ck_assert_ptr_null(provider_find(PROVIDER_CTI));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("aircall");
	TCase *t = tcase_create("aircall");
	SRunner *r;
	int failed;

	tcase_add_test(t, place_request_is_the_documented_one);
	tcase_add_loop_test(t, key_is_written_in_base64, 0, (int)(sizeof(keys) / sizeof(keys[0])));
	tcase_add_test(t, order_that_lacks_something_makes_no_request);
	tcase_add_test(t, key_that_does_not_fit_is_never_sent_cut);
	tcase_add_test(t, list_request_covers_the_window_with_its_ends);
	tcase_add_test(t, pages_beyond_the_cap_are_not_asked_for);
	tcase_add_test(t, get_request_names_the_call);
	tcase_add_loop_test(t, status_decides_whether_it_was_placed, 0,
		(int)(sizeof(outcomes) / sizeof(outcomes[0])));
	tcase_add_loop_test(t, without_a_status_the_fault_decides, 0,
		(int)(sizeof(faults) / sizeof(faults[0])));
	tcase_add_loop_test(t, accepted_whatever_the_body, 0,
		(int)(sizeof(accepted_bodies) / sizeof(accepted_bodies[0])));
	tcase_add_loop_test(
		t, detail_is_the_text_for_people, 0, (int)(sizeof(details) / sizeof(details[0])));
	tcase_add_test(t, detail_has_200_characters_at_most);
	tcase_add_test(t, endless_refusal_shows_its_beginning);
	tcase_add_test(t, ringing_call_is_read);
	tcase_add_test(t, answered_call_is_read);
	tcase_add_test(t, completed_call_has_the_duration_as_reported);
	tcase_add_test(t, unanswered_call_has_no_talk);
	tcase_add_test(t, unknown_word_is_kept_without_a_status);
	tcase_add_test(t, absent_and_null_are_alike);
	tcase_add_test(t, anonymous_and_endless_digits_are_none);
	tcase_add_test(t, times_that_make_no_sense_are_unknown);
	tcase_add_loop_test(
		t, what_is_no_call_is_refused, 0, (int)(sizeof(no_calls) / sizeof(no_calls[0])));
	tcase_add_test(t, get_tells_gone_from_failed);
	tcase_add_test(t, list_leaves_out_what_makes_no_sense_and_counts_it);
	tcase_add_loop_test(
		t, list_knows_whether_there_is_more, 0, (int)(sizeof(pages) / sizeof(pages[0])));
	tcase_add_loop_test(t, odd_call_does_not_hide_the_others, 0,
		(int)(sizeof(odd_calls) / sizeof(odd_calls[0])));
	tcase_add_test(t, full_page_without_meta_has_a_successor);
	tcase_add_test(t, what_is_no_list_is_refused);
	tcase_add_test(t, refused_or_cut_list_is_no_empty_list);
	tcase_add_test(t, statement_carries_what_was_read);
	tcase_add_test(t, ringing_call_states_no_figures);
	tcase_add_test(t, unknown_word_states_only_the_id);
	tcase_add_test(t, providers_are_found_by_id);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
