#include "call/merge.h"
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define T0 INT64_C(1790603050000)

static struct statement said(enum call_status status, int64_t at_ms)
{
	struct statement s;

	statement_init(&s, SAID_BY_PROVIDER, at_ms);
	s.has_status = true;
	s.status = status;
	return s;
}

static struct statement said_with(enum call_status status, int64_t at_ms, int64_t answer_ms,
	int64_t end_ms, int64_t duration_s)
{
	struct statement s = said(status, at_ms);

	s.has_figures = true;
	s.answer_ms = answer_ms;
	s.end_ms = end_ms;
	s.duration_s = duration_s;
	s.talk_s = answer_ms != 0 && end_ms != 0 ? (end_ms - answer_ms) / 1000 : -1;
	return s;
}

static struct statement ours(enum call_status status, const char *reason)
{
	struct statement s = said(status, T0);

	s.source = SAID_BY_US;
	s.reason = reason;
	return s;
}

static struct statement expiry(void)
{
	struct statement s;

	statement_init(&s, SAID_BY_EXPIRY, T0);
	return s;
}

static bool apply(struct call *c, struct statement s)
{
	return merge(c, &s);
}

static struct call row(enum call_status status)
{
	struct call c;

	call_init(&c);
	c.start_ms = T0;
	c.status = status;
	return c;
}

static bool same_row(const struct call *a, const struct call *b)
{
	return a->status == b->status && a->answer_ms == b->answer_ms && a->end_ms == b->end_ms &&
	       a->duration_s == b->duration_s && a->talk_s == b->talk_s &&
	       a->external_id == b->external_id && a->figures_ms == b->figures_ms &&
	       a->final_ms == b->final_ms && a->start_ms == b->start_ms &&
	       a->before_lost == b->before_lost && a->look_ms == b->look_ms &&
	       a->notes_version == b->notes_version && strcmp(a->reason, b->reason) == 0;
}

/* --- what the service says itself --- */

START_TEST(refusal_fails_a_queued_call_for_good)
{
	struct call c = row(CALL_QUEUED);

	ck_assert(apply(&c, ours(CALL_FAILED, "aircall_user_unavailable")));
	ck_assert_int_eq(c.status, CALL_FAILED);
	ck_assert_str_eq(c.reason, "aircall_user_unavailable");
	ck_assert(!apply(&c, said_with(CALL_COMPLETED, T0 + 9000, T0, T0 + 1000, 1)));
	ck_assert(!apply(&c, expiry()));
	ck_assert(!apply(&c, ours(CALL_HANDED_OFF, "x")));
	ck_assert_int_eq(c.status, CALL_FAILED);
	ck_assert_int_eq(c.end_ms, 0);
	ck_assert_str_eq(c.reason, "aircall_user_unavailable");
}
END_TEST

START_TEST(handed_off_is_never_changed)
{
	struct call c = row(CALL_QUEUED);

	ck_assert(apply(&c, ours(CALL_HANDED_OFF, "dialpad_forbidden")));
	ck_assert(!apply(&c, said(CALL_RINGING, T0)));
	ck_assert(!apply(&c, said(CALL_COMPLETED, T0)));
	ck_assert(!apply(&c, expiry()));
	ck_assert_int_eq(c.status, CALL_HANDED_OFF);
}
END_TEST

START_TEST(late_refusal_settles_an_orphan)
{
	struct call c = row(CALL_QUEUED);

	ck_assert(apply(&c, ours(CALL_UNCONFIRMED, "orphaned")));
	ck_assert(apply(&c, ours(CALL_FAILED, "aircall_rejected")));
	ck_assert_int_eq(c.status, CALL_FAILED);
	ck_assert_str_eq(c.reason, "aircall_rejected");
}
END_TEST

START_TEST(refusal_does_not_undo_what_a_provider_showed)
{
	struct call c = row(CALL_QUEUED);
	struct statement known;

	statement_init(&known, SAID_BY_PROVIDER, T0);
	known.external_id = 42;
	ck_assert(apply(&c, known));
	ck_assert_int_eq(c.status, CALL_QUEUED);
	ck_assert(!apply(&c, ours(CALL_FAILED, "aircall_rejected")));
	ck_assert(apply(&c, said(CALL_RINGING, T0)));
	ck_assert(!apply(&c, ours(CALL_FAILED, "aircall_rejected")));
	ck_assert_int_eq(c.status, CALL_RINGING);
	ck_assert_str_eq(c.reason, "");
}
END_TEST

START_TEST(unconfirmed_moves_only_a_queued_call)
{
	struct call c = row(CALL_QUEUED);

	ck_assert(apply(&c, ours(CALL_UNCONFIRMED, "orphaned")));
	ck_assert(!apply(&c, ours(CALL_UNCONFIRMED, "other")));
	ck_assert_str_eq(c.reason, "orphaned");
	for (int s = CALL_INITIATED; s < CALL_STATUS__MAX; s++) {
		struct call other = row((enum call_status)s);

		ck_assert(!apply(&other, ours(CALL_UNCONFIRMED, "orphaned")));
		ck_assert_int_eq(other.status, s);
	}
}
END_TEST

START_TEST(service_cannot_say_what_only_a_provider_can)
{
	static const enum call_status not_ours[] = {CALL_QUEUED, CALL_INITIATED, CALL_RINGING,
		CALL_IN_PROGRESS, CALL_COMPLETED, CALL_NO_ANSWER, CALL_BUSY, CALL_CANCELED,
		CALL_LOST};

	for (size_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++) {
		struct call c = row(CALL_QUEUED);

		ck_assert(!apply(&c, ours(not_ours[i], NULL)));
		ck_assert_int_eq(c.status, CALL_QUEUED);
	}
}
END_TEST

/* --- what providers say --- */

START_TEST(status_goes_forwards_only)
{
	struct call c = row(CALL_QUEUED);

	ck_assert(apply(&c, said(CALL_INITIATED, T0)));
	ck_assert(apply(&c, said(CALL_IN_PROGRESS, T0 + 5)));
	ck_assert(!apply(&c, said(CALL_RINGING, T0 + 9)));
	ck_assert_int_eq(c.status, CALL_IN_PROGRESS);
	ck_assert(apply(&c, said(CALL_NO_ANSWER, T0 + 10)));
	ck_assert(!apply(&c, said(CALL_IN_PROGRESS, T0 + 11)));
	ck_assert_int_eq(c.status, CALL_NO_ANSWER);
}
END_TEST

START_TEST(repeated_statement_changes_nothing)
{
	struct call c = row(CALL_INITIATED);
	struct statement s = said_with(CALL_COMPLETED, T0 + 30000, T0 + 3000, T0 + 21000, 21);

	s.external_id = 7;
	ck_assert(apply(&c, s));
	ck_assert(!apply(&c, s));
}
END_TEST

START_TEST(completed_beats_other_finals_in_either_order)
{
	struct call a = row(CALL_INITIATED), b = row(CALL_INITIATED);

	apply(&a, said(CALL_NO_ANSWER, T0 + 1));
	apply(&a, said(CALL_COMPLETED, T0 + 2));
	apply(&b, said(CALL_COMPLETED, T0 + 2));
	apply(&b, said(CALL_NO_ANSWER, T0 + 1));
	ck_assert_int_eq(a.status, CALL_COMPLETED);
	ck_assert_int_eq(b.status, CALL_COMPLETED);
	ck_assert_int_eq(a.final_ms, T0 + 2);
	ck_assert_int_eq(b.final_ms, T0 + 2);
}
END_TEST

START_TEST(final_said_first_stays_whenever_it_arrives)
{
	struct call a = row(CALL_INITIATED), b = row(CALL_INITIATED);

	apply(&a, said(CALL_CANCELED, T0 + 5));
	apply(&a, said(CALL_BUSY, T0 + 9));
	apply(&b, said(CALL_BUSY, T0 + 9));
	apply(&b, said(CALL_CANCELED, T0 + 5));
	ck_assert_int_eq(a.status, CALL_CANCELED);
	ck_assert_int_eq(b.status, CALL_CANCELED);
}
END_TEST

START_TEST(finals_of_one_moment_are_ordered_by_status)
{
	struct call a = row(CALL_INITIATED), b = row(CALL_INITIATED);

	apply(&a, said(CALL_CANCELED, T0 + 5));
	apply(&a, said(CALL_NO_ANSWER, T0 + 5));
	apply(&b, said(CALL_NO_ANSWER, T0 + 5));
	apply(&b, said(CALL_CANCELED, T0 + 5));
	ck_assert_int_eq(a.status, CALL_NO_ANSWER);
	ck_assert_int_eq(b.status, CALL_NO_ANSWER);
}
END_TEST

START_TEST(figures_are_corrected_after_the_end)
{
	struct call c = row(CALL_INITIATED);

	apply(&c, said_with(CALL_COMPLETED, T0 + 60000, T0 + 3000, T0 + 21000, 22));
	ck_assert_int_eq(c.duration_s, 22);
	ck_assert(apply(&c, said_with(CALL_COMPLETED, T0 + 1300000, T0 + 3000, T0 + 21000, 21)));
	ck_assert_int_eq(c.duration_s, 21);
	ck_assert_int_eq(c.figures_ms, T0 + 1300000);
	ck_assert_int_eq(c.final_ms, T0 + 60000);
	ck_assert(!apply(&c, said_with(CALL_COMPLETED, T0 + 70000, T0 + 3000, T0 + 21000, 22)));
	ck_assert_int_eq(c.duration_s, 21);
}
END_TEST

START_TEST(correction_may_take_the_answer_back)
{
	struct call c = row(CALL_INITIATED);

	apply(&c, said_with(CALL_COMPLETED, T0 + 10, T0 + 1, T0 + 9, 9));
	apply(&c, said_with(CALL_COMPLETED, T0 + 20, 0, T0 + 9, 9));
	ck_assert_int_eq(c.answer_ms, 0);
	ck_assert_int_eq(c.talk_s, -1);
}
END_TEST

START_TEST(status_alone_does_not_touch_figures)
{
	struct call c = row(CALL_INITIATED);

	apply(&c, said_with(CALL_IN_PROGRESS, T0 + 10, T0 + 3, 0, -1));
	apply(&c, said(CALL_COMPLETED, T0 + 99));
	ck_assert_int_eq(c.answer_ms, T0 + 3);
	ck_assert_int_eq(c.figures_ms, T0 + 10);
}
END_TEST

START_TEST(lagging_list_does_not_take_the_end_away)
{
	struct call a = row(CALL_INITIATED), b = row(CALL_INITIATED);
	struct statement hangup = said_with(CALL_COMPLETED, T0 + 20, T0 + 3, T0 + 20, 20);
	struct statement stale = said_with(CALL_IN_PROGRESS, T0 + 25, T0 + 3, 0, -1);

	apply(&a, hangup);
	ck_assert(!apply(&a, stale));
	apply(&b, stale);
	apply(&b, hangup);
	ck_assert_int_eq(a.end_ms, T0 + 20);
	ck_assert_int_eq(b.end_ms, T0 + 20);
	ck_assert_int_eq(a.duration_s, 20);
	ck_assert_int_eq(b.duration_s, 20);
}
END_TEST

START_TEST(unknown_word_changes_no_status)
{
	struct call c = row(CALL_RINGING);
	struct statement s;

	statement_init(&s, SAID_BY_PROVIDER, T0 + 5);
	s.status = CALL_COMPLETED;
	ck_assert(!apply(&c, s));
	ck_assert_int_eq(c.status, CALL_RINGING);
}
END_TEST

START_TEST(provider_cannot_say_what_only_the_service_can)
{
	static const enum call_status not_theirs[] = {
		CALL_QUEUED, CALL_UNCONFIRMED, CALL_HANDED_OFF, CALL_LOST};

	for (size_t i = 0; i < sizeof(not_theirs) / sizeof(not_theirs[0]); i++) {
		struct call c = row(CALL_QUEUED);

		ck_assert(!apply(&c, said(not_theirs[i], T0)));
		ck_assert_int_eq(c.status, CALL_QUEUED);
	}
}
END_TEST

START_TEST(statement_about_another_call_changes_nothing)
{
	struct call c = row(CALL_RINGING);
	struct statement s = said_with(CALL_COMPLETED, T0 + 20, T0 + 3, T0 + 20, 20);

	c.external_id = 7;
	s.external_id = 8;
	ck_assert(!apply(&c, s));
	ck_assert_int_eq(c.status, CALL_RINGING);
	ck_assert_int_eq(c.external_id, 7);
	ck_assert_int_eq(c.end_ms, 0);
	apply(&c, expiry());
	ck_assert(!apply(&c, s));
	ck_assert_int_eq(c.status, CALL_LOST);
}
END_TEST

/* --- lost --- */

START_TEST(expiry_loses_what_is_not_final)
{
	for (int s = CALL_QUEUED; s < CALL_COMPLETED; s++) {
		struct call c = row((enum call_status)s);

		ck_assert(apply(&c, expiry()));
		ck_assert_int_eq(c.status, CALL_LOST);
		ck_assert(!apply(&c, expiry()));
	}
	for (int s = CALL_COMPLETED; s < CALL_STATUS__MAX; s++) {
		struct call c = row((enum call_status)s);

		c.final_ms = T0;
		ck_assert(!apply(&c, expiry()));
		ck_assert_int_eq(c.status, s);
	}
}
END_TEST

START_TEST(lost_yields_and_leaves_no_trace)
{
	struct call lost = row(CALL_INITIATED), never = row(CALL_INITIATED);

	apply(&lost, expiry());
	ck_assert(apply(&lost, said(CALL_RINGING, T0 + 1)));
	apply(&never, said(CALL_RINGING, T0 + 1));
	ck_assert(same_row(&lost, &never));
}
END_TEST

START_TEST(lost_falls_back_to_what_it_was)
{
	struct call c = row(CALL_IN_PROGRESS);

	apply(&c, expiry());
	ck_assert(apply(&c, said(CALL_RINGING, T0 + 1)));
	ck_assert_int_eq(c.status, CALL_IN_PROGRESS);
}
END_TEST

START_TEST(id_or_figures_alone_find_a_lost_call)
{
	struct call c = row(CALL_UNCONFIRMED);
	struct statement s;

	snprintf(c.reason, sizeof(c.reason), "orphaned");
	apply(&c, expiry());
	statement_init(&s, SAID_BY_PROVIDER, T0 + 1);
	ck_assert(!apply(&c, s));
	ck_assert_int_eq(c.status, CALL_LOST);
	s.external_id = 5;
	ck_assert(apply(&c, s));
	ck_assert_int_eq(c.status, CALL_UNCONFIRMED);
	ck_assert_str_eq(c.reason, "orphaned");
	apply(&c, expiry());
	statement_init(&s, SAID_BY_PROVIDER, T0 + 2);
	s.has_figures = true;
	s.answer_ms = T0 + 2;
	ck_assert(apply(&c, s));
	ck_assert_int_eq(c.status, CALL_UNCONFIRMED);
	ck_assert_int_eq(c.answer_ms, T0 + 2);
}
END_TEST

/* --- reasons --- */

START_TEST(reason_of_an_orphan_goes_when_the_call_shows)
{
	struct call c = row(CALL_QUEUED);

	apply(&c, ours(CALL_UNCONFIRMED, "orphaned"));
	apply(&c, said(CALL_COMPLETED, T0 + 9));
	ck_assert_int_eq(c.status, CALL_COMPLETED);
	ck_assert_str_eq(c.reason, "");
}
END_TEST

START_TEST(final_of_a_provider_may_have_a_reason)
{
	struct call c = row(CALL_INITIATED);
	struct statement s = said(CALL_FAILED, T0 + 9);

	s.reason = "dialpad_blocked";
	apply(&c, s);
	ck_assert_str_eq(c.reason, "dialpad_blocked");
	apply(&c, said(CALL_RINGING, T0 + 10));
	ck_assert_str_eq(c.reason, "dialpad_blocked");
	apply(&c, said(CALL_COMPLETED, T0 + 11));
	ck_assert_str_eq(c.reason, "");
}
END_TEST

START_TEST(long_reason_is_cut_and_stays_stable)
{
	struct call c = row(CALL_INITIATED);
	struct statement s = said(CALL_FAILED, T0 + 9);
	char reason[CALL_REASON_MAX + 20];

	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	s.reason = reason;
	ck_assert(apply(&c, s));
	ck_assert_int_eq(strlen(c.reason), CALL_REASON_MAX - 1);
	ck_assert(!apply(&c, s));
}
END_TEST

/* --- any order, any repetition, expiry in between --- */

#define STATEMENTS_MAX 8
#define RUNS           120000 /* ten times that with DIALER_TEST_LONG */

struct random {
	uint64_t state;
};

/* splitmix64: small, and the seed alone repeats a run. */
static uint64_t next_random(struct random *r)
{
	uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static int below(struct random *r, int n)
{
	return (int)(next_random(r) % (uint64_t)n);
}

/* Few different times and figures, so that ties are common. */
static struct statement any_statement(struct random *r)
{
	static const char *const reasons[] = {NULL, "blocked", "declined"};
	struct statement s;

	statement_init(&s, SAID_BY_PROVIDER, T0 + below(r, 6));
	s.has_status = below(r, 8) != 0;
	/* Now and then one that a provider cannot mean. */
	s.status = (enum call_status)(
		below(r, 16) == 0 ? below(r, CALL_STATUS__MAX)
				  : CALL_INITIATED + below(r, CALL_FAILED - CALL_INITIATED + 1));
	s.external_id = below(r, 2) != 0 ? 77 : 0;
	s.has_figures = below(r, 3) != 0;
	if (s.has_figures) {
		s.answer_ms = below(r, 2) != 0 ? T0 + below(r, 3) : 0;
		s.end_ms = below(r, 2) != 0 ? T0 + 3 + below(r, 3) : 0;
		s.duration_s = below(r, 4) - 1;
		s.talk_s = below(r, 3) - 1;
	}
	s.reason = reasons[below(r, 3)];
	return s;
}

/* One Aircall call as lists and events show it: ringing, answered or not, done, done with corrected
 * figures. */
static int aircall_story(struct random *r, struct statement *out)
{
	bool answered = below(r, 2) != 0;
	int64_t answer = answered ? T0 + 3000 : 0, end = T0 + 21000;
	enum call_status final = answered ? CALL_COMPLETED : CALL_NO_ANSWER;
	int n = 0;

	out[n++] = said(CALL_INITIATED, T0);
	out[n++] = said(CALL_RINGING, T0 + 1000);
	if (answered)
		out[n++] = said_with(CALL_IN_PROGRESS, T0 + 4000, answer, 0, -1);
	out[n++] = said_with(final, T0 + 21000, answer, end, 22);
	out[n++] = said_with(final, T0 + 51000, answer, end, 22);
	out[n++] = said_with(final, T0 + 1250000, answer, end, 21);
	for (int i = 1; i < n; i++)
		out[i].external_id = INT64_C(4294967301);
	return n;
}

static int any_story(struct random *r, struct statement *out)
{
	int n = 1 + below(r, STATEMENTS_MAX);

	for (int i = 0; i < n; i++)
		out[i] = any_statement(r);
	return n;
}

static bool theirs(const struct statement *s)
{
	return s->has_status && s->status >= CALL_INITIATED && s->status <= CALL_FAILED;
}

static bool speaks(const struct statement *s)
{
	return theirs(s) || s->external_id != 0 || s->has_figures;
}

static int compare(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static const char *reason_of(const struct statement *s)
{
	return s->reason != NULL ? s->reason : "";
}

/* Whether final a is the one to be kept beside final b. */
static bool better_final(const struct statement *a, const struct statement *b)
{
	if (a->status != b->status && (a->status == CALL_COMPLETED || b->status == CALL_COMPLETED))
		return a->status == CALL_COMPLETED;
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms;
	if (a->status != b->status)
		return a->status < b->status;
	return strcmp(reason_of(a), reason_of(b)) < 0;
}

static bool better_figures(const struct statement *a, const struct statement *b)
{
	int by = compare(a->end_ms != 0, b->end_ms != 0);

	by = by != 0 ? by : compare(a->at_ms, b->at_ms);
	by = by != 0 ? by : compare(a->end_ms, b->end_ms);
	by = by != 0 ? by : compare(a->answer_ms, b->answer_ms);
	by = by != 0 ? by : compare(a->duration_s, b->duration_s);
	by = by != 0 ? by : compare(a->talk_s, b->talk_s);
	return by > 0;
}

/* The row by the rules, from the statements as a set. */
static struct call expected_row(const struct call *before, const struct statement *s, int n)
{
	const struct statement *final = NULL, *figures = NULL;
	struct call c = *before;

	for (int i = 0; i < n; i++) {
		if (s[i].external_id != 0)
			c.external_id = s[i].external_id;
		if (s[i].has_figures && (figures == NULL || better_figures(&s[i], figures)))
			figures = &s[i];
		if (!theirs(&s[i]))
			continue;
		if (s[i].status >= CALL_COMPLETED) {
			if (final == NULL || better_final(&s[i], final))
				final = &s[i];
		} else if (s[i].status > c.status) {
			c.status = s[i].status;
			memset(c.reason, 0, sizeof(c.reason));
		}
	}
	if (figures != NULL) {
		c.figures_ms = figures->at_ms;
		c.answer_ms = figures->answer_ms;
		c.end_ms = figures->end_ms;
		c.duration_s = figures->duration_s;
		c.talk_s = figures->talk_s;
	}
	if (final != NULL) {
		c.status = final->status;
		c.final_ms = final->at_ms;
		snprintf(c.reason, sizeof(c.reason), "%s", reason_of(final));
	}
	return c;
}

/* Each statement once at least, some more often, shuffled. */
static int shuffled(struct random *r, const struct statement *s, int n, struct statement *out)
{
	int count = 0;

	for (int i = 0; i < n; i++)
		for (int times = 1 + (below(r, 4) == 0); times > 0; times--)
			out[count++] = s[i];
	for (int i = count - 1; i > 0; i--) {
		int j = below(r, i + 1);
		struct statement t = out[i];

		out[i] = out[j];
		out[j] = t;
	}
	return count;
}

static void apply_all(struct random *r, struct call *c, const struct statement *s, int count)
{
	int last = -1;

	for (int i = 0; i < count; i++)
		if (speaks(&s[i]))
			last = i;
	for (int i = 0; i < count; i++) {
		if (i <= last && below(r, 5) == 0)
			apply(c, expiry());
		merge(c, &s[i]);
	}
}

static struct call any_row(struct random *r)
{
	struct call c = row((enum call_status)below(r, CALL_INITIATED + 1));

	if (c.status == CALL_UNCONFIRMED && below(r, 2) != 0)
		snprintf(c.reason, sizeof(c.reason), "orphaned");
	return c;
}

static uint64_t chosen_seed(void)
{
	const char *given = getenv("DIALER_TEST_SEED");

	if (given != NULL)
		return strtoull(given, NULL, 0);
	return (uint64_t)time(NULL) * 1000003 + (uint64_t)getpid();
}

START_TEST(order_repetition_and_lateness_do_not_matter)
{
	uint64_t seed = chosen_seed();
	int runs = getenv("DIALER_TEST_LONG") != NULL ? 10 * RUNS : RUNS;

	for (int run = 0; run < runs; run++) {
		struct random r = {seed + (uint64_t)run};
		struct statement s[STATEMENTS_MAX], order[2 * STATEMENTS_MAX];
		struct call before = any_row(&r), expected, got = before;
		int n;

		n = below(&r, 4) == 0 ? aircall_story(&r, s) : any_story(&r, s);
		expected = expected_row(&before, s, n);
		apply_all(&r, &got, order, shuffled(&r, s, n, order));
		ck_assert_msg(same_row(&got, &expected),
			"DIALER_TEST_SEED=%" PRIu64 ": got %s, expected %s", seed + (uint64_t)run,
			call_status_word(got.status), call_status_word(expected.status));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("merge");
	TCase *t = tcase_create("merge");
	SRunner *r;
	int failed;

	tcase_add_test(t, refusal_fails_a_queued_call_for_good);
	tcase_add_test(t, handed_off_is_never_changed);
	tcase_add_test(t, late_refusal_settles_an_orphan);
	tcase_add_test(t, refusal_does_not_undo_what_a_provider_showed);
	tcase_add_test(t, unconfirmed_moves_only_a_queued_call);
	tcase_add_test(t, service_cannot_say_what_only_a_provider_can);
	tcase_add_test(t, status_goes_forwards_only);
	tcase_add_test(t, repeated_statement_changes_nothing);
	tcase_add_test(t, completed_beats_other_finals_in_either_order);
	tcase_add_test(t, final_said_first_stays_whenever_it_arrives);
	tcase_add_test(t, finals_of_one_moment_are_ordered_by_status);
	tcase_add_test(t, figures_are_corrected_after_the_end);
	tcase_add_test(t, correction_may_take_the_answer_back);
	tcase_add_test(t, status_alone_does_not_touch_figures);
	tcase_add_test(t, lagging_list_does_not_take_the_end_away);
	tcase_add_test(t, unknown_word_changes_no_status);
	tcase_add_test(t, provider_cannot_say_what_only_the_service_can);
	tcase_add_test(t, statement_about_another_call_changes_nothing);
	tcase_add_test(t, expiry_loses_what_is_not_final);
	tcase_add_test(t, lost_yields_and_leaves_no_trace);
	tcase_add_test(t, lost_falls_back_to_what_it_was);
	tcase_add_test(t, id_or_figures_alone_find_a_lost_call);
	tcase_add_test(t, reason_of_an_orphan_goes_when_the_call_shows);
	tcase_add_test(t, final_of_a_provider_may_have_a_reason);
	tcase_add_test(t, long_reason_is_cut_and_stays_stable);
	tcase_add_test(t, order_repetition_and_lateness_do_not_matter);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
