#include "call/decision.h"
#include "unit/unit.h"

#include <string.h>

#define AT INT64_C(1790603050000) /* 2026-09-28T13:44:10Z */

static struct call row(enum call_status status)
{
	struct call c;

	call_init(&c);
	c.status = status;
	c.provider = PROVIDER_AIRCALL;
	c.external_id = 7;
	return c;
}

static struct statement says(enum call_status status)
{
	struct statement s;

	statement_init(&s, SAID_BY_PROVIDER, AT);
	s.has_status = true;
	s.status = status;
	return s;
}

/* What is written after the statement was merged into the row. */
static const char *decided(struct call *c, const struct statement *s)
{
	static char text[DECISION_MAX];
	struct call before = *c;

	(void)merge(c, s);
	decision_text(&before, c, s, text);
	return text;
}

START_TEST(everything_that_changed_is_named)
{
	struct call c = row(CALL_INITIATED);
	struct statement s = says(CALL_COMPLETED);

	c.external_id = 0;
	s.external_id = 4294967301;
	s.has_figures = true;
	s.answer_ms = AT - 4000;
	s.end_ms = AT;
	s.duration_s = 7;
	s.talk_s = 4;
	ck_assert_str_eq(decided(&c, &s),
		"initiated -> completed, the provider's id is 4294967301, "
		"answered 2026-09-28T13:44:06.000Z, ended 2026-09-28T13:44:10.000Z, "
		"duration 7 s, talk 4 s");
	s.at_ms = AT + 1;
	s.duration_s = 6;
	ck_assert_str_eq(decided(&c, &s), "duration 7 -> 6 s");
	s.at_ms = AT + 2;
	s.talk_s = -1;
	s.answer_ms = 0;
	ck_assert_str_eq(decided(&c, &s), "answered unknown, talk unknown");
}
END_TEST

START_TEST(the_reason_stands_with_the_status)
{
	struct call c = row(CALL_QUEUED);
	struct statement s;

	c.external_id = 0;
	statement_init(&s, SAID_BY_US, AT);
	s.has_status = true;
	s.status = CALL_HANDED_OFF;
	s.reason = "aircall_user_unavailable";
	ck_assert_str_eq(decided(&c, &s), "queued -> handed-off (aircall_user_unavailable)");
}
END_TEST

START_TEST(why_nothing_changed_is_told)
{
	struct call c = row(CALL_COMPLETED);
	struct statement s = says(CALL_RINGING);

	c.final_ms = c.figures_ms = AT + 1000;
	c.duration_s = 9;
	ck_assert_str_eq(decided(&c, &s), "nothing changed: it is completed");
	ck_assert(decision_overruled(&c, &s));
	s = says(CALL_COMPLETED);
	ck_assert_str_eq(decided(&c, &s), "nothing new");
	ck_assert(!decision_overruled(&c, &s));
	s.has_figures = true;
	s.duration_s = 8;
	ck_assert_str_eq(decided(&c, &s), "nothing changed: figures of a later time are known");
	ck_assert(decision_overruled(&c, &s));
	s = says(CALL_COMPLETED);
	s.external_id = 8;
	ck_assert_str_eq(
		decided(&c, &s), "nothing changed: that is call 8 of the provider, this 7");
	ck_assert(decision_overruled(&c, &s));
	statement_init(&s, SAID_BY_PROVIDER, AT);
	ck_assert_str_eq(decided(&c, &s), "nothing changed: no status");
	ck_assert(!decision_overruled(&c, &s));
}
END_TEST

START_TEST(the_longest_words_fit)
{
	struct call before = row(CALL_UNCONFIRMED), after = row(CALL_IN_PROGRESS);
	struct statement s = says(CALL_IN_PROGRESS);
	char text[DECISION_MAX];

	memset(after.reason, 'r', CALL_REASON_MAX - 1);
	before.external_id = 0;
	after.external_id = after.duration_s = after.talk_s = INT64_MAX;
	before.duration_s = before.talk_s = INT64_MAX - 1;
	after.answer_ms = after.end_ms = AT;
	decision_text(&before, &after, &s, text);
	ck_assert_str_eq(text + strlen(text) - 2, " s");
	ck_assert_uint_lt(strlen(text), DECISION_MAX - 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decision");
	TCase *t = tcase_create("decision");

	tcase_add_test(t, everything_that_changed_is_named);
	tcase_add_test(t, the_reason_stands_with_the_status);
	tcase_add_test(t, why_nothing_changed_is_told);
	tcase_add_test(t, the_longest_words_fit);
	suite_add_tcase(s, t);
	return unit_run(s);
}
