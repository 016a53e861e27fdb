#include "sync/compare.h"

#include "sync/match.h"
#include "sync/rows.h"

#include <stdlib.h>
#include <string.h>

/* Providers that tell whole seconds round. */
#define SAME_TIME_MS INT64_C(1000)
/* A call that began so lately need not be listed yet. */
#define YOUNG_MS (MATCH_AFTER_MS + MATCH_LAG_MS)

static const char *const words[COMPARE__MAX] = {
	[COMPARE_AGREES] = "agrees",
	[COMPARE_DIFFERS] = "differs",
	[COMPARE_ONLY_THEIRS] = "only-provider",
	[COMPARE_LEG] = "leg",
	[COMPARE_ONLY_OURS] = "only-ours",
	[COMPARE_NOT_COMPARABLE] = "not-comparable",
};

const char *compare_word(enum compare_verdict v)
{
	return (unsigned)v < COMPARE__MAX ? words[v] : "";
}

/* --- which is which --- */

/* Refused, or handed to the device: whatever the provider lists, it is not this call. */
static bool was_never_placed(const struct call *c)
{
	return call_status_final(c->status) && c->status != CALL_LOST && c->final_ms == 0;
}

enum err compare_pair(struct store *s, struct comparison *k)
{
	const struct call_list *rows = k->rows;
	bool *may = calloc(rows->count + 1, sizeof(*may));
	if (may == NULL)
		return ERR_NOMEM;
	enum err e = ERR_NONE;
	recognise_by_id(rows, k->listed, k->found);
	recognise_by_our_id(rows, k->listed, k->found);
	for (size_t i = 0; i < rows->count; i++)
		may[i] = rows->calls[i].external_id == 0 && k->found[i].call == NULL &&
			 !was_never_placed(&rows->calls[i]);
	/* Only where our id does not travel along. */
	if (k->provider->id == PROVIDER_AIRCALL)
		e = recognise_by_match(s, rows, k->listed, may, k->now_ms, k->found);
	free(may);
	return e == ERR_NONE ? recognise_claimed(s, k->listed, k->claimed) : e;
}

/* --- one call --- */

static bool times_differ(int64_t ours, int64_t theirs)
{
	if ((ours == 0) != (theirs == 0))
		return true;
	return ours - theirs > SAME_TIME_MS || theirs - ours > SAME_TIME_MS;
}

static unsigned differences_of(const struct call *c, const struct provider_call *pc)
{
	unsigned d = 0;
	if (c->external_id != pc->id)
		d |= COMPARE_ID;
	/* A word that is unknown says nothing. */
	if (!pc->has_status)
		return d;
	if (c->status != pc->status)
		d |= COMPARE_STATUS;
	if (!call_status_final(pc->status))
		return d;
	if (times_differ(c->answer_ms, pc->answer_ms))
		d |= COMPARE_ANSWERED;
	if (times_differ(c->end_ms, pc->end_ms))
		d |= COMPARE_ENDED;
	if (c->duration_s != pc->duration_s)
		d |= COMPARE_DURATION;
	if (c->talk_s != pc->talk_s)
		d |= COMPARE_TALK;
	return d;
}

/* Why a row that was not found need not be in their list; NULL: it should be. */
static const char *why_not_listed(const struct comparison *k, const struct call *c)
{
	if (c->status == CALL_HANDED_OFF && c->final_ms == 0)
		return "handed-off";
	if (was_never_placed(c))
		return "refused";
	if (c->status == CALL_QUEUED)
		return "being-placed";
	if (call_asked_ms(c) < k->now_ms - LISTER_HORIZON_MS)
		return "too-old";
	if (call_status_final(c->status))
		return NULL;
	if (k->provider->lists_ended_latest_first)
		return "not-ended";
	return call_asked_ms(c) > k->now_ms - YOUNG_MS ? "too-young" : NULL;
}

static struct compared compare_row(
	const struct comparison *k, const struct call *c, const struct provider_call *pc)
{
	struct compared one = {.ours = c, .theirs = pc};
	if (pc != NULL) {
		one.differences = differences_of(c, pc);
		one.verdict = one.differences != 0 ? COMPARE_DIFFERS : COMPARE_AGREES;
		return one;
	}
	one.why = why_not_listed(k, c);
	one.verdict = one.why != NULL ? COMPARE_NOT_COMPARABLE : COMPARE_ONLY_OURS;
	return one;
}

/* --- all of them --- */

static bool is_within(const struct comparison *k, int64_t ms)
{
	return ms >= k->from_ms && ms < k->to_ms;
}

static bool row_counts(const struct comparison *k, const struct call *c)
{
	return is_within(k, c->start_ms) && (k->user == NULL || strcmp(c->user, k->user) == 0);
}

static bool call_counts(const struct comparison *k, size_t i)
{
	const struct provider_call *pc = &k->listed->calls[i];
	return !k->claimed[i] && is_within(k, pc->start_ms) &&
	       (k->user == NULL ||
		       (k->provider_user_id != 0 && pc->user_id == k->provider_user_id));
}

struct telling {
	struct compare_tally *tally;
	void (*each)(void *arg, const struct compared *one);
	void *arg;
};

static void tell(const struct telling *t, const struct compared *one)
{
	t->tally->verdicts[one->verdict]++;
	if (t->each != NULL)
		t->each(t->arg, one);
}

/* taken[i]: the listed call is a row's, or another leg of one. */
static void compare_rows(const struct comparison *k, const struct telling *t, bool *taken)
{
	for (size_t i = 0; i < k->rows->count; i++) {
		const struct call *c = &k->rows->calls[i];
		const struct provider_call *pc = k->found[i].call;
		bool counts = row_counts(k, c);
		/* One call of theirs is one of ours, whatever both sides say. */
		if (pc != NULL && taken[pc - k->listed->calls])
			pc = NULL;
		if (pc != NULL) {
			taken[pc - k->listed->calls] = true;
			*(counts ? &t->tally->theirs : &t->tally->outside) += 1;
		}
		if (!counts)
			continue;
		struct compared one = compare_row(k, c, pc);
		t->tally->ours++;
		tell(t, &one);
	}
}

/* A further leg goes with the row it is one of. */
static void compare_call(const struct comparison *k, const struct telling *t, size_t i)
{
	const struct provider_call *pc = &k->listed->calls[i];
	const struct call *row = pc->has_call ? rows_find(k->rows, &pc->call) : NULL;
	if (!pc->outbound) {
		t->tally->inbound += is_within(k, pc->start_ms) ? 1 : 0;
		return;
	}
	if (row != NULL ? !row_counts(k, row) : !call_counts(k, i)) {
		t->tally->outside++;
		return;
	}
	struct compared one = {.theirs = pc,
		.ours = row,
		.verdict = row != NULL ? COMPARE_LEG : COMPARE_ONLY_THEIRS};
	t->tally->theirs++;
	tell(t, &one);
}

enum err compare_all(const struct comparison *k, struct compare_tally *tally,
	void (*each)(void *arg, const struct compared *one), void *arg)
{
	const struct telling t = {tally, each, arg};
	bool *taken = calloc(k->listed->count + 1, sizeof(*taken));
	*tally = (struct compare_tally){.theirs = 0};
	if (taken == NULL)
		return ERR_NOMEM;
	compare_rows(k, &t, taken);
	for (size_t i = 0; i < k->listed->count; i++) {
		tally->outbound += taken[i] || k->listed->calls[i].outbound ? 1 : 0;
		if (!taken[i])
			compare_call(k, &t, i);
	}
	free(taken);
	return ERR_NONE;
}

bool compare_balances(const struct compare_tally *t)
{
	const int64_t *v = t->verdicts;
	int64_t both = v[COMPARE_AGREES] + v[COMPARE_DIFFERS];
	return t->outbound == t->theirs + t->outside &&
	       t->theirs == both + v[COMPARE_LEG] + v[COMPARE_ONLY_THEIRS] &&
	       t->ours == both + v[COMPARE_ONLY_OURS] + v[COMPARE_NOT_COMPARABLE];
}

void compare_differences(unsigned differences, struct buf *out)
{
	static const char *const names[] = {
		"id", "status", "answered", "ended", "duration", "talk"};
	const char *blank = "";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((differences & 1U << i) == 0)
			continue;
		buf_addf(out, "%s%s", blank, names[i]);
		blank = " ";
	}
}
