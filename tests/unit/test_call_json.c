#include "call/call_json.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct call full_call(void)
{
	struct call c;

	call_init(&c);
	ck_assert(callid_parse("6740b1c20011223344556677", 24, &c.id));
	ck_assert_int_eq(call_set_text(&c.user, "alice"), ERR_NONE);
	ck_assert_int_eq(
		call_set_text(&c.notes, "Discussed \"payment\"\noptions \xc3\xa9"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c.client_id, "60a1"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c.contact_id, "c-2"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c.deal_id, "d-3"), ERR_NONE);
	c.provider = PROVIDER_DIALPAD;
	memcpy(c.phone, "+15551234567", 13);
	c.status = CALL_COMPLETED;
	c.start_ms = INT64_C(1684154096789);
	c.answer_ms = INT64_C(1684154112789);
	c.end_ms = INT64_C(1684154396789);
	c.duration_s = 300;
	c.talk_s = 284;
	c.external_id = INT64_C(5712345678901248);
	memcpy(c.reason, "aircall_rejected", 17);
	return c;
}

static void json_is(const struct call *c, const char *expected)
{
	struct buf out;
	struct jsonw w;

	buf_init(&out, 65536);
	jsonw_init(&w, &out);
	call_json(&w, c);
	ck_assert(jsonw_ok(&w));
	ck_assert_str_eq(out.s, expected);
	buf_release(&out);
}

START_TEST(whole_call_has_all_members_in_order)
{
	struct call c = full_call();

	json_is(&c,
		"{\"id\":\"6740b1c20011223344556677\",\"_id\":\"6740b1c20011223344556677\","
		"\"userId\":\"alice\",\"provider\":\"dialpad\",\"direction\":\"outbound\","
		"\"phoneNumber\":\"+15551234567\",\"status\":\"completed\","
		"\"startTime\":\"2023-05-15T12:34:56.789Z\",\"answerTime\":\"2023-05-15T12:35:12."
		"789Z\","
		"\"endTime\":\"2023-05-15T12:39:56.789Z\",\"duration\":300,\"talkTime\":284,"
		"\"notes\":\"Discussed \\\"payment\\\"\\noptions \xc3\xa9\",\"clientId\":\"60a1\","
		"\"contactId\":\"c-2\",\"dealId\":\"d-3\",\"externalCallId\":\"5712345678901248\","
		"\"reason\":\"aircall_rejected\"}");
	call_release(&c);
}
END_TEST

START_TEST(unknown_members_are_left_out)
{
	struct call c;

	call_init(&c);
	ck_assert(callid_parse("6740b1c20011223344556677", 24, &c.id));
	ck_assert_int_eq(call_set_text(&c.user, "bob"), ERR_NONE);
	memcpy(c.phone, "+15551234567", 13);
	c.start_ms = INT64_C(1684154096000);
	json_is(&c,
		"{\"id\":\"6740b1c20011223344556677\",\"_id\":\"6740b1c20011223344556677\","
		"\"userId\":\"bob\",\"direction\":\"outbound\",\"phoneNumber\":\"+15551234567\","
		"\"status\":\"queued\",\"startTime\":\"2023-05-15T12:34:56.000Z\"}");
	call_release(&c);
}
END_TEST

START_TEST(known_zero_is_shown)
{
	struct call c;

	call_init(&c);
	ck_assert(callid_parse("6740b1c20011223344556677", 24, &c.id));
	c.duration_s = 0;
	c.talk_s = 0;
	json_is(&c,
		"{\"id\":\"6740b1c20011223344556677\",\"_id\":\"6740b1c20011223344556677\","
		"\"direction\":\"outbound\",\"status\":\"queued\",\"duration\":0,\"talkTime\":0}");
	call_release(&c);
}
END_TEST

START_TEST(external_id_keeps_all_digits)
{
	struct call c;

	call_init(&c);
	ck_assert(callid_parse("6740b1c20011223344556677", 24, &c.id));
	c.external_id = INT64_MAX;
	json_is(&c, "{\"id\":\"6740b1c20011223344556677\",\"_id\":\"6740b1c20011223344556677\","
		    "\"direction\":\"outbound\",\"status\":\"queued\","
		    "\"externalCallId\":\"9223372036854775807\"}");
	call_release(&c);
}
END_TEST

START_TEST(etag_is_of_the_notes_alone)
{
	struct call c = full_call();
	char before[CALL_ETAG_SIZE], after[CALL_ETAG_SIZE];

	call_notes_etag(&c, before);
	ck_assert_int_eq(before[0], '"');
	ck_assert_int_eq(before[strlen(before) - 1], '"');
	c.status = CALL_IN_PROGRESS;
	c.duration_s = 1;
	call_notes_etag(&c, after);
	ck_assert_str_eq(before, after);
	c.notes_version++;
	call_notes_etag(&c, after);
	ck_assert_str_ne(before, after);
	call_release(&c);
}
END_TEST

START_TEST(etag_of_many_changes_fits)
{
	struct call c;
	char tag[CALL_ETAG_SIZE];

	call_init(&c);
	c.notes_version = INT64_MAX;
	call_notes_etag(&c, tag);
	ck_assert_str_eq(tag, "\"000000000000000000000000-9223372036854775807\"");
}
END_TEST

START_TEST(page_says_how_many_there_are)
{
	static const struct {
		int64_t total, limit, pages;
	} of[] = {{0, 20, 0}, {1, 20, 1}, {20, 20, 1}, {21, 20, 2},
		{INT64_MAX, 2, INT64_MAX / 2 + 1}};
	struct buf out;
	struct jsonw w;
	struct call_page p = {NULL, 0, 41, 3, 20};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		ck_assert_int_eq(call_pages(of[i].total, of[i].limit), of[i].pages);
	buf_init(&out, 1000);
	jsonw_init(&w, &out);
	jsonw_object(&w);
	call_page_json(&w, &p);
	jsonw_object_end(&w);
	ck_assert_str_eq(out.s, "{\"calls\":[],\"pagination\":{\"total\":41,\"page\":3,"
				"\"limit\":20,\"pages\":3}}");
	buf_release(&out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("call_json");
	TCase *t = tcase_create("call_json");
	SRunner *r;
	int failed;

	tcase_add_test(t, whole_call_has_all_members_in_order);
	tcase_add_test(t, unknown_members_are_left_out);
	tcase_add_test(t, known_zero_is_shown);
	tcase_add_test(t, external_id_keeps_all_digits);
	tcase_add_test(t, etag_is_of_the_notes_alone);
	tcase_add_test(t, etag_of_many_changes_fits);
	tcase_add_test(t, page_says_how_many_there_are);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
