#include "call/call_csv.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

#define ID "6740b1c20011223344556677"

static struct call plain_call(void)
{
	struct call c;

	call_init(&c);
	ck_assert(callid_parse(ID, 24, &c.id));
	ck_assert_int_eq(call_set_text(&c.user, "alice"), ERR_NONE);
	memcpy(c.phone, "+15551234567", 13);
	c.start_ms = INT64_C(1684154096789);
	return c;
}

static void row_is(const struct call *c, const char *expected)
{
	struct buf out;

	buf_init(&out, 65536);
	call_csv_row(&out, c);
	ck_assert(!out.failed);
	ck_assert_str_eq(out.s, expected);
	buf_release(&out);
}

/* The notes as they stand in a row that is otherwise plain. */
static void notes_are(const char *notes, const char *cell)
{
	struct call c = plain_call();
	struct buf expected;

	ck_assert_int_eq(call_set_text(&c.notes, notes), ERR_NONE);
	buf_init(&expected, 65536);
	buf_addf(&expected,
		ID ",alice,,outbound,+15551234567,queued,2023-05-15T12:34:56.789Z,,,,,%s,,,,,\r\n",
		cell);
	row_is(&c, expected.s);
	buf_release(&expected);
	call_release(&c);
}

START_TEST(header_names_the_columns)
{
	struct buf out;

	buf_init(&out, 1024);
	call_csv_header(&out);
	ck_assert_str_eq(out.s,
		"id,userId,provider,direction,phoneNumber,status,startTime,answerTime,"
		"endTime,duration,talkTime,notes,clientId,contactId,dealId,externalCallId,"
		"reason\r\n");
	buf_release(&out);
}
END_TEST

START_TEST(whole_call_fills_every_column)
{
	struct call c = plain_call();

	c.provider = PROVIDER_AIRCALL;
	c.status = CALL_COMPLETED;
	c.answer_ms = INT64_C(1684154112000);
	c.end_ms = INT64_C(1684154396000);
	c.duration_s = 300;
	c.talk_s = 0;
	ck_assert_int_eq(call_set_text(&c.notes, "n"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c.client_id, "cl"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c.contact_id, "co"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c.deal_id, "d"), ERR_NONE);
	c.external_id = INT64_C(5712345678901248);
	memcpy(c.reason, "r", 2);
	row_is(&c, ID ",alice,aircall,outbound,+15551234567,completed,2023-05-15T12:34:56.789Z,"
		      "2023-05-15T12:35:12.000Z,2023-05-15T12:39:56.000Z,300,0,n,cl,co,d,"
		      "5712345678901248,r\r\n");
	call_release(&c);
}
END_TEST

START_TEST(unknown_cells_are_empty)
{
	notes_are("", "");
}
END_TEST

START_TEST(quotes_stand_where_needed)
{
	notes_are("a,b", "\"a,b\"");
	notes_are("say \"yes\"", "\"say \"\"yes\"\"\"");
	notes_are("\"", "\"\"\"\"");
	notes_are("one\ntwo", "\"one\ntwo\"");
	notes_are("one\r\ntwo", "\"one\r\ntwo\"");
	notes_are("it's; fine", "it's; fine");
	notes_are("\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9");
}
END_TEST

START_TEST(no_free_text_begins_like_a_formula)
{
	notes_are("=1+1", "'=1+1");
	notes_are("+49 30", "'+49 30");
	notes_are("-2", "'-2");
	notes_are("@SUM(A1)", "'@SUM(A1)");
	notes_are("\tx", "'\tx");
	notes_are("\rx", "\"'\rx\"");
	notes_are("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
	notes_are("a=1", "a=1");
	notes_are(" =1", " =1");
	notes_are("'=1", "'=1");
}
END_TEST

START_TEST(every_text_of_people_is_defused_and_the_number_is_not)
{
	struct call c = plain_call();

	ck_assert_int_eq(call_set_text(&c.user, "=u"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c.client_id, "+c"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c.contact_id, "-co"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c.deal_id, "@d"), ERR_NONE);
	memcpy(c.reason, "=r", 3);
	row_is(&c, ID ",'=u,,outbound,+15551234567,queued,2023-05-15T12:34:56.789Z,,,,,,'+c,'-co,'@"
		      "d,,'=r\r\n");
	call_release(&c);
}
END_TEST

START_TEST(full_buffer_fails_and_keeps_nothing)
{
	struct call c = plain_call();
	struct buf out;

	buf_init(&out, 40);
	call_csv_row(&out, &c);
	ck_assert(out.failed);
	ck_assert_uint_eq(out.len, 0);
	buf_release(&out);
	call_release(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("call_csv");
	TCase *t = tcase_create("call_csv");
	SRunner *r;
	int failed;

	tcase_add_test(t, header_names_the_columns);
	tcase_add_test(t, whole_call_fills_every_column);
	tcase_add_test(t, unknown_cells_are_empty);
	tcase_add_test(t, quotes_stand_where_needed);
	tcase_add_test(t, no_free_text_begins_like_a_formula);
	tcase_add_test(t, every_text_of_people_is_defused_and_the_number_is_not);
	tcase_add_test(t, full_buffer_fails_and_keeps_nothing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
