#include "call/call.h"
#include "call/trail.h"
#include <check.h>
#include <stdlib.h>

START_TEST(new_call_knows_nothing)
{
	struct call c;

	call_init(&c);
	ck_assert_int_eq(c.status, CALL_QUEUED);
	ck_assert_int_eq(c.provider, PROVIDER_NONE);
	ck_assert_str_eq(c.user, "");
	ck_assert_str_eq(c.notes, "");
	ck_assert_str_eq(c.client_id, "");
	ck_assert_str_eq(c.contact_id, "");
	ck_assert_str_eq(c.deal_id, "");
	ck_assert_str_eq(c.reason, "");
	ck_assert_int_eq(c.duration_s, -1);
	ck_assert_int_eq(c.talk_s, -1);
	ck_assert_int_eq(c.external_id, 0);
	call_release(&c);
}
END_TEST

START_TEST(set_text_replaces_and_clears)
{
	struct call c;

	call_init(&c);
	ck_assert_int_eq(call_set_text(&c.notes, "first"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c.notes, "second"), ERR_NONE);
	ck_assert_str_eq(c.notes, "second");
	ck_assert_int_eq(call_set_text(&c.notes, NULL), ERR_NONE);
	ck_assert_str_eq(c.notes, "");
	ck_assert_int_eq(call_set_text(&c.notes, ""), ERR_NONE);
	ck_assert_str_eq(c.notes, "");
	call_release(&c);
}
END_TEST

START_TEST(set_text_may_be_given_the_old_text)
{
	struct call c;

	call_init(&c);
	ck_assert_int_eq(call_set_text(&c.user, "alice"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c.user, c.user), ERR_NONE);
	ck_assert_str_eq(c.user, "alice");
	call_release(&c);
}
END_TEST

START_TEST(copy_is_deep_and_releases_the_old)
{
	struct call a, b;

	call_init(&a);
	call_init(&b);
	ck_assert_int_eq(call_set_text(&a.user, "alice"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&a.notes, "n"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&a.client_id, "c"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&a.contact_id, "co"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&a.deal_id, "d"), ERR_NONE);
	a.external_id = INT64_C(4294967301);
	a.notes_version = 7;
	ck_assert_int_eq(call_set_text(&b.user, "somebody else"), ERR_NONE);
	ck_assert_int_eq(call_copy(&b, &a), ERR_NONE);
	ck_assert_int_eq(call_set_text(&a.user, "bob"), ERR_NONE);
	call_release(&a);
	ck_assert_str_eq(b.user, "alice");
	ck_assert_str_eq(b.notes, "n");
	ck_assert_str_eq(b.client_id, "c");
	ck_assert_str_eq(b.contact_id, "co");
	ck_assert_str_eq(b.deal_id, "d");
	ck_assert_int_eq(b.external_id, INT64_C(4294967301));
	ck_assert_int_eq(b.notes_version, 7);
	call_release(&b);
}
END_TEST

START_TEST(released_call_is_an_empty_one)
{
	struct call c;

	call_init(&c);
	ck_assert_int_eq(call_set_text(&c.user, "alice"), ERR_NONE);
	c.status = CALL_RINGING;
	call_release(&c);
	ck_assert_str_eq(c.user, "");
	ck_assert_int_eq(c.status, CALL_QUEUED);
	call_release(&c);
}
END_TEST

static const struct {
	enum call_status status;
	const char *word;
	bool final;
} statuses[] = {
	{CALL_QUEUED, "queued", false},
	{CALL_UNCONFIRMED, "unconfirmed", false},
	{CALL_INITIATED, "initiated", false},
	{CALL_RINGING, "ringing", false},
	{CALL_IN_PROGRESS, "in-progress", false},
	{CALL_COMPLETED, "completed", true},
	{CALL_NO_ANSWER, "no-answer", true},
	{CALL_BUSY, "busy", true},
	{CALL_CANCELED, "canceled", true},
	{CALL_FAILED, "failed", true},
	{CALL_HANDED_OFF, "handed-off", true},
	{CALL_LOST, "lost", true},
};

START_TEST(status_has_its_word_and_finality)
{
	ck_assert_int_eq(sizeof(statuses) / sizeof(statuses[0]), CALL_STATUS__MAX);
	ck_assert_int_eq(statuses[_i].status, _i);
	ck_assert_str_eq(call_status_word(statuses[_i].status), statuses[_i].word);
	ck_assert_int_eq(call_status_from_word(statuses[_i].word), statuses[_i].status);
	ck_assert_int_eq(call_status_final(statuses[_i].status), statuses[_i].final);
}
END_TEST

START_TEST(unknown_word_is_no_status)
{
	ck_assert_int_eq(call_status_from_word(""), CALL_STATUS__MAX);
	ck_assert_int_eq(call_status_from_word("Completed"), CALL_STATUS__MAX);
	ck_assert_int_eq(call_status_from_word("ringing "), CALL_STATUS__MAX);
	ck_assert_str_eq(call_status_word(CALL_STATUS__MAX), "");
	ck_assert(!call_status_final(CALL_STATUS__MAX));
}
END_TEST

START_TEST(every_trail_kind_has_its_own_word)
{
	for (int a = TRAIL_REQUEST; a < TRAIL_KIND__MAX; a++) {
		ck_assert_str_ne(trail_word((enum trail_kind)a), "");
		ck_assert_str_ne(trail_word((enum trail_kind)a), "unknown");
		for (int b = TRAIL_REQUEST; b < a; b++)
			ck_assert_str_ne(
				trail_word((enum trail_kind)a), trail_word((enum trail_kind)b));
	}
	ck_assert_str_eq(trail_word(TRAIL_KIND__MAX), "unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("call");
	TCase *t = tcase_create("call");
	SRunner *r;
	int failed;

	tcase_add_test(t, new_call_knows_nothing);
	tcase_add_test(t, set_text_replaces_and_clears);
	tcase_add_test(t, set_text_may_be_given_the_old_text);
	tcase_add_test(t, copy_is_deep_and_releases_the_old);
	tcase_add_test(t, released_call_is_an_empty_one);
	tcase_add_loop_test(t, status_has_its_word_and_finality, 0, CALL_STATUS__MAX);
	tcase_add_test(t, unknown_word_is_no_status);
	tcase_add_test(t, every_trail_kind_has_its_own_word);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
