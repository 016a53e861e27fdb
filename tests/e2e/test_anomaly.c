/*
 * Whole programs in a system that fails: at some call of a request, or of a run of the sync, memory,
 * disk or kernel say no, or the process dies. Whatever the answer was, it must have been an answer, and
 * a true one: what it promises is there, who is told that nothing happened has not been dialled for,
 * and the same request made again dials nothing twice.
 *
 * Some calls are tried, others in each run; DIALER_TEST_LONG=1 tries all, or very many,
 * DIALER_TEST_ANOMALY='no memory' those with a fault whose name begins so.
 */
#include "e2e/calls.h"
#include "e2e/faulty.h"
#include "e2e/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LONG_MAX_CALLS 150 /* of one request with one kind of fault */
#define SHORT_FAULTS   12  /* of one kind of request */
#define TRIES_MAX      4000
#define USER           "alice"

static struct trial {
	const struct fault *fault;
	long at;
	char number[20], id[25];
	int status;
	bool acknowledged, asked; /* the provider */
} trials[TRIES_MAX];
static int trial_count;
static uint64_t dice;
static bool memory;

static void setup(void)
{
	faulty_begin();
	memory = faulty_has_memory();
	dice = (uint64_t)time(NULL);
	trial_count = 0;
	/* A new directory and what else is made once. */
	expect_status(place_to("bob", "+15550000000"), 200);
	sim_delete("/control/requests");
}

static uint64_t roll(uint64_t sides)
{
	dice = dice * 6364136223846793005U + 1442695040888963407U;
	return (dice >> 33) % sides;
}

static const char *name_of(const struct trial *t)
{
	return e2e_text("%s at %ld", t->fault->name, t->at);
}

/* --- which faults --- */

/* Makes one request; false: none of its calls was spoilt. */
typedef bool attempt_fn(const struct fault *f, long at, long *seen);

static void try_fault(attempt_fn *attempt, const struct fault *f, long most)
{
	long calls;
	attempt(f, 0, &calls);
	long step = (calls + most - 1) / most;
	for (long at = step > 1 ? 1 + (long)roll((uint64_t)step) : 1; at <= calls; at += step) {
		long seen;
		/* What is random in it may make it shorter. */
		if (!attempt(f, at, &seen))
			break;
	}
}

static void try_named(attempt_fn *attempt, const char *wanted)
{
	for (int i = 0; i < fault_count; i++)
		if (strncmp(faults[i].name, wanted, strlen(wanted)) == 0 &&
			((faults[i].kinds & INJECT_MEMORY) == 0 || memory))
			try_fault(attempt, &faults[i], LONG_MAX_CALLS);
}

static void try_all(attempt_fn *attempt)
{
	const char *wanted = getenv("DIALER_TEST_ANOMALY");
	if (wanted != NULL || e2e_long())
		try_named(attempt, wanted != NULL ? wanted : "");
	for (int i = 0; i < SHORT_FAULTS && wanted == NULL && !e2e_long(); i++) {
		const struct fault *f = &faults[roll((uint64_t)fault_count)];
		if ((f->kinds & INJECT_MEMORY) == 0 || memory)
			try_fault(attempt, f, 1);
	}
	int statuses[600] = {0};
	for (int i = 0; i < trial_count; i++)
		statuses[trials[i].status]++;
	printf("%d requests with faults:", trial_count);
	for (int i = 0; i < 600; i++)
		if (statuses[i] > 0)
			printf(" %d of status %d", statuses[i], i);
	printf("\n");
}

static struct trial *next_trial(const struct fault *f, long at)
{
	ck_assert_int_lt(trial_count, TRIES_MAX);
	struct trial *t = &trials[trial_count];
	*t = (struct trial){.fault = f, .at = at};
	snprintf(t->number, sizeof(t->number), "+15551%06d", trial_count);
	trial_count++;
	return t;
}

/* --- what an answer may be --- */

static void expect_answer(struct trial *t, const struct cgi_answer *a)
{
	t->status = a->status;
	bool died = a->ended >= 128;
	if (died && fault_kills(t->fault) && a->ended == 128 + 9)
		return;
	ck_assert_msg(!died, "%s: ended with signal %d, having said \"%s\" and logged \"%s\"",
		name_of(t), a->ended - 128, a->out, a->err);
	ck_assert_msg(a->out[0] != '\0' && a->status != 0,
		"%s: said \"%s\" with exit status %d and logged \"%s\"", name_of(t), a->out,
		a->ended, a->err);
	ck_assert_msg(
		a->json != NULL, "%s: said \"%s\" and logged \"%s\"", name_of(t), a->out, a->err);
	/* Nothing of what went wrong is the asker's business. */
	ck_assert_msg(strstr(a->out, e2e.data) == NULL, "%s: said \"%s\"", name_of(t), a->out);
}

/* --- placing --- */

static struct cgi placing(const struct trial *t)
{
	return (struct cgi){.program = "call-create",
		.token = token(USER),
		.body = e2e_text("{\"phoneNumber\":\"%s\"}", t->number),
		.key = e2e_text("k%s", t->number + 1)};
}

static bool place_faulty(const struct fault *f, long at, long *seen)
{
	struct trial *t = next_trial(f, at);
	const struct cgi q = placing(t);
	struct cgi_answer a = faulty_cgi(&q, f, at);
	*seen = a.seen;
	expect_answer(t, &a);
	t->asked = sim_placings(t->number) > 0;
	bool told = a.out[0] != '\0';
	if (told && t->asked)
		ck_assert_msg(a.status == 200 || a.status == 504,
			"%s: asked the provider and said \"%s\"; logged \"%s\"", name_of(t), a.out,
			a.err);
	if (told && a.status == 200) {
		bool initiated = text_is(a.json, "call.status", "initiated");
		ck_assert_msg(initiated == t->asked, "%s: asked %d times and said \"%s\"",
			name_of(t), sim_placings(t->number), a.out);
		snprintf(t->id, sizeof(t->id), "%s", text_at(a.json, "call.id"));
		t->acknowledged = true;
	}
	return a.hit > 0;
}

static const struct row *row_to(const struct rows *r, const char *number)
{
	const struct row *found = NULL;
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->rows[i].number, number) != 0)
			continue;
		ck_assert_msg(found == NULL, "two calls to %s", number);
		found = &r->rows[i];
	}
	return found;
}

static void expect_rows(void)
{
	struct rows r = rows_read();
	for (int i = 0; i < trial_count; i++) {
		const struct trial *t = &trials[i];
		const struct row *row = row_to(&r, t->number);
		int asked = sim_placings(t->number);
		ck_assert_msg(asked <= 1, "%s: dialled twice", name_of(t));
		ck_assert_msg(row != NULL || asked == 0, "%s: dialled without a row", name_of(t));
		if (t->acknowledged)
			ck_assert_msg(row != NULL && strcmp(row->id, t->id) == 0,
				"%s: acknowledged and lost", name_of(t));
	}
	rows_release(&r);
}

static const char *only_user(int u)
{
	return u == 0 ? USER : "bob";
}

static void expect_sound(void)
{
	struct rows r = rows_read();
	rows_expect_totals(&r, 2, only_user);
	rows_release(&r);
	static const char *const verify[] = {"verify", NULL};
	struct run v = run_dialer(verify);
	ck_assert_msg(v.status == 0, "%s%s", v.out, v.err);
}

START_TEST(placing_tells_the_truth)
{
	try_all(place_faulty);
	expect_rows();
	/* Again, as a page does that got no answer; now all is well. */
	for (int i = 0; i < trial_count; i++) {
		struct trial *t = &trials[i];
		const struct cgi q = placing(t);
		struct answer *a = place_with_key(USER, q.key, q.body);
		ck_assert_msg(a->status == 200 || (!t->acknowledged && a->status == 409) ||
				      (t->status == 504 && a->status == 504),
			"%s: %d, then %s", name_of(t), t->status, answer_text(a));
		ck_assert_msg(!t->acknowledged || text_is(a->json, "call.id", t->id), "%s: %s",
			name_of(t), answer_text(a));
	}
	expect_rows();
	expect_sound();
}
END_TEST

/* --- notes, history --- */

static const char *noted_id;
static int notes_count;
static char notes_now[32], notes_next[32];

static const char *stored_notes(void)
{
	struct answer *a = get(USER, e2e_text("/call/%s", noted_id));
	expect_status(a, 200);
	const char *notes = text_at(a->json, "call.notes");
	return notes != NULL ? notes : "";
}

static bool note_faulty(const struct fault *f, long at, long *seen)
{
	struct trial *t = next_trial(f, at);
	snprintf(notes_next, sizeof(notes_next), "notes %d", ++notes_count);
	const struct cgi q = {.program = "call-notes",
		.method = "PUT",
		.path_info = e2e_text("/%s", noted_id),
		.token = token(USER),
		.body = e2e_text("{\"notes\":\"%s\"}", notes_next)};
	struct cgi_answer a = faulty_cgi(&q, f, at);
	*seen = a.seen;
	expect_answer(t, &a);
	const char *stored = stored_notes();
	bool old = strcmp(stored, notes_now) == 0, new = strcmp(stored, notes_next) == 0;
	ck_assert_msg(new || (old && (a.status != 200 || a.ended >= 128)),
		"%s: \"%s\" is stored, having said \"%s\"", name_of(t), stored, a.out);
	if (new)
		memcpy(notes_now, notes_next, sizeof(notes_now));
	return a.hit > 0;
}

START_TEST(notes_tell_the_truth)
{
	noted_id = placed(USER, NUMBER);
	notes_count = 0;
	notes_now[0] = '\0';
	try_all(note_faulty);
	expect_sound();
}
END_TEST

static bool read_faulty(const struct fault *f, long at, long *seen)
{
	struct trial *t = next_trial(f, at);
	bool csv = trial_count % 2 == 0;
	const struct cgi q = {.program = "call-history",
		.query = csv ? "format=csv" : "page=1&limit=2",
		.token = token(USER)};
	struct cgi_answer a = faulty_cgi(&q, f, at);
	*seen = a.seen;
	t->status = a.status;
	if (csv && a.status == 200) {
		ck_assert_msg(strstr(a.out, NUMBER) != NULL, "%s: said \"%s\"", name_of(t), a.out);
		return a.hit > 0;
	}
	expect_answer(t, &a);
	if (a.status == 200 && a.ended == 0)
		ck_assert_msg(int_is(a.json, "pagination.total", 3) &&
				      json_array_size(json_at(a.json, "calls")) == 2,
			"%s: said \"%s\"", name_of(t), a.out);
	return a.hit > 0;
}

START_TEST(the_history_is_right_or_none)
{
	for (int i = 0; i < 3; i++)
		placed(USER, e2e_text("+1555123456%d", 7 + i));
	try_all(read_faulty);
	expect_sound();
}
END_TEST

/* --- the sync --- */

static void pass_minutes(int minutes)
{
	static int64_t now_ms;
	now_ms += (int64_t)minutes * 60000;
	e2e_clock(now_ms);
	sim_post("/control/clock", e2e_text("{\"advance\":%d}", minutes * 60));
}

static bool sync_faulty(const struct fault *f, long at, long *seen)
{
	struct trial *t = next_trial(f, at);
	snprintf(t->id, sizeof(t->id), "%s", placed(USER, t->number));
	pass_minutes(1);
	struct cgi_answer a = faulty_program("cron/dialer-sync", f, at);
	*seen = a.seen;
	if (!fault_kills(f))
		ck_assert_msg(a.ended < 128, "%s: ended with signal %d\n%s", name_of(t),
			a.ended - 128, a.err);
	ck_assert_msg(a.ended == 0 || a.ended >= 128 || a.err[0] != '\0',
		"%s: status %d without a word", name_of(t), a.ended);
	return a.hit > 0;
}

START_TEST(the_next_sync_makes_all_good)
{
	try_all(sync_faulty);
	for (int i = 0; i < 3; i++) {
		pass_minutes(30);
		struct run r = run_sync(NULL);
		/* The limits' file may have been torn by the last fault: that is told once. */
		bool torn = i == 0 && strstr(r.err, " E8002: ") != NULL;
		ck_assert_msg(r.status == 0 && (torn || r.err[0] == '\0'), "%s", r.err);
	}
	for (int i = 0; i < trial_count; i++) {
		struct answer *a = get(USER, e2e_text("/call/%s", trials[i].id));
		ck_assert_msg(text_is(a->json, "call.status", "completed") &&
				      int_at(a->json, "call.duration") > 0,
			"%s: %s", name_of(&trials[i]), answer_text(a));
	}
	expect_sound();
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("anomaly");
	TCase *t = tcase_create("programs");
	e2e_case(t, e2e_long() ? 1200 : 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, placing_tells_the_truth);
	tcase_add_test(t, notes_tell_the_truth);
	tcase_add_test(t, the_history_is_right_or_none);
	tcase_add_test(t, the_next_sync_makes_all_good);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	/* Where a write broke off. */
	e2e_log_may_hold = "outside E8002: .*: no record of ours; it is begun anew";
	return e2e_main(suite());
}
