/* GET /history: pages, totals, filters, whose calls, and CSV. */
#include "e2e/calls.h"

#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000)

static const char *nth_number(int n)
{
	return e2e_text("+1555%07d", n);
}

/* Stores a call without any provider; more members may be given. */
static const char *store(const char *user, const char *number, const char *members)
{
	struct answer *a = place(user, e2e_text("{\"phoneNumber\":\"%s\",\"placedBy\":\"tel\"%s%s}",
					       number, members[0] != '\0' ? "," : "", members));
	expect_status(a, 200);
	return text_at(a->json, "call.id");
}

static struct answer *history(const char *user, const char *query)
{
	return get(user, e2e_text("/history%s%s", query[0] != '\0' ? "?" : "", query));
}

static void expect_page(const struct answer *a, int total, int page, int limit, int pages, int here)
{
	expect_status(a, 200);
	expect_true(a, "success");
	expect_int(a, "pagination.total", total);
	expect_int(a, "pagination.page", page);
	expect_int(a, "pagination.limit", limit);
	expect_int(a, "pagination.pages", pages);
	ck_assert_msg((int)json_array_size(json_at(a->json, "calls")) == here, "wanted %d: %s",
		here, answer_text(a));
	for (int i = 0; i < here; i++)
		expect_call(a, e2e_text("calls.%d", i));
}

/* --- pages --- */

START_TEST(nobody_called_yet)
{
	struct answer *a = history("alice", "");
	expect_page(a, 0, 1, 20, 0, 0);
	ck_assert(json_is_array(json_at(a->json, "calls")));
	ck_assert_uint_eq(json_object_size(a->json), 3);
	expect_page(history("alice", "page=7&limit=100"), 0, 7, 100, 0, 0);
	expect_page(history("alice", "status=completed"), 0, 1, 20, 0, 0);
}
END_TEST

START_TEST(pages_are_newest_first_and_complete)
{
	const char *ids[23];
	for (int i = 0; i < 23; i++) {
		ids[i] = store("alice", nth_number(i), "");
		/* Those of one millisecond are in no order. */
		e2e_sleep_ms(2);
	}
	store("bob", NUMBER, "");
	expect_page(history("alice", ""), 23, 1, 20, 2, 20);
	expect_page(history("alice", "page=2"), 23, 2, 20, 2, 3);
	expect_page(history("alice", "page=3"), 23, 3, 20, 2, 0);
	expect_page(history("alice", "limit=100"), 23, 1, 100, 1, 23);
	expect_page(history("alice", "limit=23"), 23, 1, 23, 1, 23);
	expect_page(history("alice", "limit=1&page=23"), 23, 23, 1, 23, 1);
	for (int page = 1; page <= 4; page++) {
		struct answer *a = history("alice", e2e_text("page=%d&limit=7", page));
		int here = page < 4 ? 7 : 2;
		expect_page(a, 23, page, 7, 4, here);
		for (int i = 0; i < here; i++)
			expect_text(a, e2e_text("calls.%d.id", i), ids[22 - (page - 1) * 7 - i]);
	}
}
END_TEST

START_TEST(page_beyond_all_reason_is_empty)
{
	store("alice", NUMBER, "");
	struct answer *a = history("alice", "page=9223372036854775807&limit=100");
	expect_status(a, 200);
	expect_int(a, "pagination.total", 1);
	ck_assert_uint_eq(json_array_size(json_at(a->json, "calls")), 0);
	a = history("alice", "page=9223372036854775807&limit=100&provider=tel");
	expect_status(a, 200);
	expect_int(a, "pagination.total", 1);
	ck_assert_uint_eq(json_array_size(json_at(a->json, "calls")), 0);
}
END_TEST

/* --- parameters --- */

static const struct {
	const char *query, *field;
} bad_queries[] = {
	{"page=0", "page"},
	{"page=-1", "page"},
	{"page=1.0", "page"},
	{"page=one", "page"},
	{"page=", "page"},
	{"page", "page"},
	{"page=%201", "page"},
	{"page=1e1", "page"},
	{"page=0x1", "page"},
	{"page=%31%00", "page"},
	{"page=99999999999999999999", "page"},
	{"page=1&page=1", "page"},
	{"page=1&page", "page"},
	{"limit=0", "limit"},
	{"limit=101", "limit"},
	{"limit=-5", "limit"},
	{"limit=", "limit"},
	{"limit=1&_=2&limit=1", "limit"},
	{"page=%zz", "page"},
	{"page=%3", "page"},
	{"status=", "status"},
	{"status=done", "status"},
	{"status=Completed", "status"},
	{"status=completed&status=failed", "status"},
	{"provider=", "provider"},
	{"provider=skype", "provider"},
	{"phoneNumber=", "phoneNumber"},
	{"phoneNumber=abc", "phoneNumber"},
	{"phoneNumber=5551234567", "phoneNumber"},
	{"clientId=", "clientId"},
	{"clientId=%ff", "clientId"},
	{"clientId=a%0Ab", "clientId"},
	{"contactId=", "contactId"},
	{"dealId=a&dealId=b", "dealId"},
	{"from=", "from"},
	{"from=yesterday", "from"},
	{"from=2023-05-15", "from"},
	{"from=2023-05-15T12:34:56", "from"},
	{"from=2023-02-30T12:34:56Z", "from"},
	{"from=1684154096", "from"},
	{"to=2023-05-15T25:00:00Z", "to"},
	{"to=&from=2023-05-15T12:34:56Z", "to"},
	{"from=2023-05-15T12:34:57Z&to=2023-05-15T12:34:56Z", "from"},
	{"from=2023-05-15T12:34:56%2B00:00&to=2023-05-15T12:34:56%2B01:00", "from"},
	{"format=xml", "format"},
	{"format=", "format"},
	{"format=CSV", "format"},
};

START_TEST(bad_parameters_are_refused)
{
	expect_error(history("alice", bad_queries[_i].query), 400, "invalid_parameter",
		bad_queries[_i].field);
}
END_TEST

START_TEST(unknown_parameters_are_ignored)
{
	static const char *const queries[] = {"_=1795187104", "_=1&_=2", "pages=x", "Page=0", "x",
		"=", "&", "&&page=1&", "page%00=0", "x=%zz", "%zz=1", "?", "page[]=0"};
	store("alice", NUMBER, "");
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		expect_page(history("alice", queries[i]), 1, 1, 20, 1, 1);
}
END_TEST

/* --- filters --- */

/* Alice's calls for the filters, oldest first, a minute apart. */
static struct {
	const char *id, *start;
} five[5];

static void store_five(void)
{
	static const char *const members[] = {
		"\"clientId\":\"c1\"",
		"\"clientId\":\"c1\",\"contactId\":\"k1\"",
		"\"clientId\":\"c+2 \\u00e9\",\"contactId\":\"k1\"",
		"\"dealId\":\"d1\"",
	};
	e2e_clock(SECOND * -3600);
	five[0].id = store("alice", nth_number(1), members[0]);
	for (int i = 1; i < 4; i++) {
		e2e_clock(SECOND * (60 * i - 3600));
		five[i].id = store("alice", nth_number(i == 2 ? 1 : 2), members[i]);
	}
	e2e_clock(SECOND * (60 * 4 - 3600));
	five[4].id = placed("alice", nth_number(1));
	e2e_clock(0);
	struct answer *a = history("alice", "");
	for (int i = 0; i < 5; i++)
		five[i].start = text_at(a->json, e2e_text("calls.%d.startTime", 4 - i));
}

/* The calls that are found, as digits in the order of the answer; twice, once by small pages. */
static const char *found(const char *query)
{
	struct answer *a = history("alice", query);
	expect_status(a, 200);
	int total = (int)int_at(a->json, "pagination.total");
	const char *text = "";
	ck_assert_msg(
		(int)json_array_size(json_at(a->json, "calls")) == total, "%s", answer_text(a));
	for (int n = 0; n < total; n++) {
		struct answer *one = history("alice", e2e_text("%s&limit=1&page=%d", query, n + 1));
		expect_page(one, total, n + 1, 1, total, 1);
		expect_text(one, "calls.0.id", text_at(a->json, e2e_text("calls.%d.id", n)));
		for (int i = 0; i < 5; i++)
			if (strcmp(five[i].id, text_at(one->json, "calls.0.id")) == 0)
				text = e2e_text("%s%d", text, i);
	}
	return text;
}

START_TEST(filters_find_exactly_what_fits)
{
	static const struct {
		const char *query, *want;
	} cases[] = {
		{"status=handed-off", "3210"},
		{"status=initiated", "4"},
		{"status=queued", ""},
		{"status=completed", ""},
		{"provider=tel", "3210"},
		{"provider=aircall", "4"},
		{"provider=dialpad", ""},
		{"provider=cti", ""},
		{"phoneNumber=%2B15550000001", "420"},
		{"phoneNumber=+15550000001", "420"},
		{"phoneNumber=%2B1%20(555)%20000-0001", "420"},
		{"phoneNumber=%20%2B15550000001%20", "420"},
		{"phoneNumber=tel:%2B15550000002", "31"},
		{"phoneNumber=%2B15550000003", ""},
		{"clientId=c1", "10"},
		{"clientId=c", ""},
		{"clientId=C1", ""},
		{"clientId=c%2B2+%C3%A9", "2"},
		{"contactId=k1", "21"},
		{"dealId=d1", "3"},
		{"clientId=c1&contactId=k1", "1"},
		{"clientId=c1&dealId=d1", ""},
		{"provider=tel&phoneNumber=%2B15550000001", "20"},
		{"status=handed-off&provider=tel&phoneNumber=%2B15550000002&dealId=d1", "3"},
	};
	store_five();
	/* The same values under another user are not his. */
	store("bob", nth_number(1), "\"clientId\":\"c1\",\"contactId\":\"k1\",\"dealId\":\"d1\"");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *have = found(cases[i].query);
		ck_assert_msg(strcmp(have, cases[i].want) == 0, "%s: %s instead of %s",
			cases[i].query, have, cases[i].want);
	}
}
END_TEST

#define expect_found(query, want) ck_assert_str_eq(found(query), want)

START_TEST(number_is_told_as_it_was_read)
{
	e2e_set("DIALER_DEFAULT_COUNTRY_CODE", "44");
	struct answer *a = history("alice", "phoneNumber=020%207946%200018&limit=1");
	expect_page(a, 0, 1, 1, 0, 0);
	expect_text(a, "filter.phoneNumber", "+442079460018");
	expect_absent(history("alice", "limit=1"), "filter");
}
END_TEST

START_TEST(time_range_is_half_open)
{
	store_five();
	expect_found(e2e_text("from=%s", five[2].start), "432");
	expect_found(e2e_text("to=%s", five[2].start), "10");
	expect_found(e2e_text("from=%s&to=%s", five[1].start, five[3].start), "21");
	expect_found(e2e_text("from=%s&to=%s", five[2].start, five[2].start), "");
	expect_found(e2e_text("from=%s&provider=tel", five[2].start), "32");
	expect_found(e2e_text("to=%s&clientId=c1", five[1].start), "0");
	expect_found("from=2000-01-01T00:00:00Z&to=2099-01-01T00:00:00Z", "43210");
	expect_found("from=2099-01-01T00:00:00Z", "");
	expect_found("to=1970-01-01T00:00:00Z", "");
}
END_TEST

START_TEST(plus_in_a_time_may_have_become_a_blank)
{
	store_five();
	/* 15:04:05.678Z is 17:04:05.678+02:00. */
	const char *second = e2e_text("%.19s", five[2].start);
	expect_found(e2e_text("from=%s.000%%2B00:00", second), "432");
	expect_found(e2e_text("from=%s.000+00:00", second), "432");
	expect_found(e2e_text("from=%s.000-00:00", second), "432");
	expect_found(e2e_text("from=%s.000+23:00", second), "43210");
	expect_found(e2e_text("to=%s.000-00:01", second), "210");
}
END_TEST

/* --- whose calls --- */

START_TEST(only_administrators_name_a_user)
{
	const char *a1 = store("alice", NUMBER, ""), *b1 = store("bob", NUMBER, "");
	static const char *const queries[] = {"userId=bob", "userId=alice", "userId=*"};
	for (size_t i = 0; i < 3; i++)
		expect_error(history("alice", queries[i]), 403, "forbidden", "userId");
	struct answer *a = http(.path = "/history?userId=*", .token = admin_token("root"));
	expect_page(a, 2, 1, 20, 1, 2);
	expect_text(a, "calls.0.id", b1);
	expect_text(a, "calls.1.id", a1);
	a = http(.path = "/history?userId=bob", .token = admin_token("root"));
	expect_page(a, 1, 1, 20, 1, 1);
	expect_text(a, "calls.0.id", b1);
	a = http(.path = "/history?userId=nobody", .token = admin_token("root"));
	expect_page(a, 0, 1, 20, 0, 0);
	a = http(.path = "/history?userId=", .token = admin_token("root"));
	expect_error(a, 400, "invalid_parameter", "userId");
	/* Without the parameter: his own. */
	a = http(.path = "/history", .token = admin_token("alice"));
	expect_page(a, 1, 1, 20, 1, 1);
	a = http(.path = "/history?userId=*&phoneNumber=+15550000009",
		.token = admin_token("root"));
	expect_page(a, 0, 1, 20, 0, 0);
}
END_TEST

START_TEST(role_must_be_the_word_admin)
{
	static const char *const roles[] = {"\"Admin\"", "\"admin \"", "[\"admin\"]", "true",
		"{\"admin\":true}", "\"user\"", "\"\""};
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		const char *t = token_of("{\"alg\":\"HS256\"}",
			e2e_text("{\"sub\":\"x\",\"exp\":%lld,\"role\":%s}",
				(long long)e2e_now_ms() / 1000 + 600, roles[i]));
		struct answer *a = http(.path = "/history?userId=*", .token = t);
		ck_assert_msg(
			a->status == 403 || a->status == 401, "%s: %s", roles[i], answer_text(a));
	}
}
END_TEST

/* A user id that is the beginning of another one, or holds odd characters, sees his own only. */
START_TEST(users_with_similar_ids_are_apart)
{
	static const char *const users[] = {
		"al", "alice", "alice2", "alice ", "Alice", "al*", "*", "\xc3\xa9"};
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		store(users[i], nth_number((int)i), "");
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		struct answer *a = history(users[i], "");
		expect_page(a, 1, 1, 20, 1, 1);
		expect_text(a, "calls.0.userId", users[i]);
		expect_text(a, "calls.0.phoneNumber", nth_number((int)i));
	}
}
END_TEST

/* --- CSV --- */

#define CSV_HEAD                                                                                   \
	"id,userId,provider,direction,phoneNumber,status,startTime,answerTime,endTime,duration,"   \
	"talkTime,notes,clientId,contactId,dealId,externalCallId,reason\r\n"

static void expect_csv(const struct answer *a, const char *want)
{
	expect_status(a, 200);
	const char *type = header(a, "Content-Type");
	ck_assert_msg(type != NULL && strncmp(type, "text/csv", 8) == 0, "%s", a->headers);
	ck_assert_msg(strlen(want) == a->len && strcmp(a->body, want) == 0, "wanted:\n%s\ngot:\n%s",
		want, a->body);
}

static void write_notes(const char *user, const char *id, const char *json)
{
	struct answer *a = http(.method = "PUT", .path = e2e_text("/call/%s/notes", id),
		.token = token(user), .body = e2e_text("{\"notes\":%s}", json));
	expect_status(a, 200);
}

START_TEST(csv_of_nothing_is_its_header)
{
	expect_csv(history("alice", "format=csv"), CSV_HEAD);
}
END_TEST

START_TEST(csv_quotes_and_defuses)
{
	static const struct {
		const char *client, *notes; /* JSON */
		const char *client_cell, *notes_cell;
	} rows[] = {
		{"plain", "\"text\"", "plain", "text"},
		{"=1+1", "\"=cmd|' /C calc'!A0\"", "'=1+1", "'=cmd|' /C calc'!A0"},
		{"+1", "\"@x\"", "'+1", "'@x"},
		{"-1", "\"-a,b\"", "'-1", "\"'-a,b\""},
		{"\\ta", "\"\\rb\"", "'\ta", "\"'\rb\""},
		{"a,b", "\"one\\ntwo\\r\\nthree\"", "\"a,b\"", "\"one\ntwo\r\nthree\""},
		{"a \\\"q\\\"", "\"=\\\"x\\\"\"", "\"a \"\"q\"\"\"", "\"'=\"\"x\"\"\""},
		{"\\u00e9\\u20ac", "\" =x\"", "\xc3\xa9\xe2\x82\xac", " =x"},
		{"1=2", "\"a@b\"", "1=2", "a@b"},
	};
	const char *body = "";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *id = store("alice", nth_number((int)i),
			e2e_text("\"clientId\":\"%s\"", rows[i].client));
		write_notes("alice", id, rows[i].notes);
		struct answer *a = get("alice", e2e_text("/call/%s", id));
		body = e2e_text("%s,alice,tel,outbound,%s,handed-off,%s,,,,,%s,%s,,,,\r\n%s", id,
			nth_number((int)i), text_at(a->json, "call.startTime"), rows[i].notes_cell,
			rows[i].client_cell, body);
	}
	expect_csv(history("alice", "format=csv"), e2e_text(CSV_HEAD "%s", body));
}
END_TEST

START_TEST(csv_has_every_column_in_its_place)
{
	const char *id =
		store("=bob", NUMBER, "\"clientId\":\"c\",\"contactId\":\"@k\",\"dealId\":\"-d\"");
	const char *start = text_at(get("=bob", e2e_text("/call/%s", id))->json, "call.startTime");
	expect_csv(history("=bob", "format=csv"),
		e2e_text(CSV_HEAD "%s,'=bob,tel,outbound," NUMBER
				  ",handed-off,%s,,,,,,c,'@k,'-d,,\r\n",
			id, start));

	/* A call that ended, with its figures and the provider's id, and one that failed. */
	id = placed("carol", NUMBER);
	sim_post("/control/clock", "{\"advance\":700}");
	e2e_clock(700 * SECOND);
	struct run r = run_sync(NULL);
	ck_assert_msg(r.status == 0, "%s", r.err);
	struct answer *a = get("carol", e2e_text("/call/%s", id));
	expect_text(a, "call.status", "completed");
	const char *row = e2e_text("%s,carol,aircall,outbound," NUMBER
				   ",completed,%s,%s,%s,%lld,%lld,,,,,%s,\r\n",
		id, text_at(a->json, "call.startTime"), text_at(a->json, "call.answerTime"),
		text_at(a->json, "call.endTime"), (long long)int_at(a->json, "call.duration"),
		(long long)int_at(a->json, "call.talkTime"),
		text_at(a->json, "call.externalCallId"));
	sim_script("{\"outcome\":\"refuse\"}");
	a = place("carol", "{\"phoneNumber\":\"" NUMBER "\",\"fallback\":false}");
	expect_status(a, 502);
	expect_csv(history("carol", "format=csv"),
		e2e_text(CSV_HEAD "%s,carol,aircall,outbound," NUMBER
				  ",failed,%s,,,,,,,,,,aircall_rejected\r\n%s",
			text_at(a->json, "call.id"), text_at(a->json, "call.startTime"), row));
}
END_TEST

/* How many lines, and that the ids are those of the pages in their order. */
static void expect_csv_ids(const struct answer *csv, const char **ids, int count)
{
	expect_status(csv, 200);
	const char *at = csv->body + strlen(CSV_HEAD);
	ck_assert_int_eq(strncmp(csv->body, CSV_HEAD, strlen(CSV_HEAD)), 0);
	for (int i = 0; i < count; i++) {
		ck_assert_msg(strncmp(at, ids[i], 24) == 0, "row %d of %d: %.30s", i, count, at);
		at = strstr(at, "\r\n");
		ck_assert_ptr_nonnull(at);
		at += 2;
	}
	ck_assert_str_eq(at, "");
}

START_TEST(csv_has_all_that_match_whatever_the_page)
{
	enum { COUNT = 120 };
	const char *ids[COUNT], *odd[COUNT / 2];
	for (int i = 0; i < COUNT; i++) {
		ids[COUNT - 1 - i] = store("alice", nth_number(i),
			i % 2 == 1 ? "\"clientId\":\"odd\"" : "\"clientId\":\"even\"");
		if (i % 2 == 1)
			odd[COUNT / 2 - 1 - i / 2] = ids[COUNT - 1 - i];
		/* Those of one millisecond are in no order. */
		e2e_sleep_ms(2);
	}
	store("bob", NUMBER, "");
	expect_csv_ids(history("alice", "format=csv"), ids, COUNT);
	expect_csv_ids(history("alice", "format=csv&page=2&limit=10"), ids, COUNT);
	expect_csv_ids(history("alice", "format=csv&clientId=odd"), odd, COUNT / 2);
	struct answer *a =
		http(.path = "/history?format=csv&userId=alice", .token = admin_token("root"));
	expect_csv_ids(a, ids, COUNT);
	expect_error(history("alice", "format=csv&userId=alice"), 403, "forbidden", "userId");
	expect_error(history("alice", "format=csv&status=x"), 400, "invalid_parameter", "status");
}
END_TEST

START_TEST(accept_header_asks_for_csv)
{
	static const struct {
		const char *accept, *query;
		bool csv;
	} cases[] = {
		{"text/csv", "", true},
		{"Text/CSV", "", true},
		{"text/csv, */*;q=0.1", "", true},
		{"text/csv;header=present", "", true},
		{"application/json", "", false},
		{"*/*", "", false},
		{"application/json, text/csv;q=0", "", false},
		{"text/csv; Q=0.000 , application/json", "", false},
		{"text/csv;q=0.001", "", true},
		{"text/html;q=0, text/csv", "", true},
		{"application/text/csv", "", false},
		{"text/csvx", "", false},
		{"text/csv", "?format=json", false},
		{"application/json", "?format=csv", true},
	};
	store("alice", NUMBER, "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct answer *a = http(.path = e2e_text("/history%s", cases[i].query),
			.token = token("alice"),
			.headers = {e2e_text("Accept: %s", cases[i].accept)});
		expect_status(a, 200);
		bool csv = strncmp(a->body, "id,userId", 9) == 0;
		ck_assert_msg(csv == cases[i].csv, "Accept: %s %s gives %.20s", cases[i].accept,
			cases[i].query, a->body);
	}
}
END_TEST

/* --- the suite --- */

#define COUNT_OF(table) ((int)(sizeof(table) / sizeof((table)[0])))

static TCase *new_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 60);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("history");
	TCase *t = new_case(s, "pages");
	tcase_add_test(t, nobody_called_yet);
	tcase_add_test(t, pages_are_newest_first_and_complete);
	tcase_add_test(t, page_beyond_all_reason_is_empty);

	t = new_case(s, "parameters");
	tcase_add_loop_test(t, bad_parameters_are_refused, 0, COUNT_OF(bad_queries));
	tcase_add_test(t, unknown_parameters_are_ignored);

	t = new_case(s, "filters");
	tcase_add_test(t, filters_find_exactly_what_fits);
	tcase_add_test(t, number_is_told_as_it_was_read);
	tcase_add_test(t, time_range_is_half_open);
	tcase_add_test(t, plus_in_a_time_may_have_become_a_blank);

	t = new_case(s, "users");
	tcase_add_test(t, only_administrators_name_a_user);
	tcase_add_test(t, role_must_be_the_word_admin);
	tcase_add_test(t, users_with_similar_ids_are_apart);

	t = new_case(s, "csv");
	tcase_add_test(t, csv_of_nothing_is_its_header);
	tcase_add_test(t, csv_quotes_and_defuses);
	tcase_add_test(t, csv_has_every_column_in_its_place);
	tcase_add_test(t, csv_has_all_that_match_whatever_the_page);
	tcase_add_test(t, accept_header_asks_for_csv);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
