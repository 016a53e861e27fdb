/* What must be true of a week: each row is what the provider knows of the call its click caused. */
#include "e2e/week.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All rows in order of the marks that their clicks bore, and all calls of the simulator. */
struct both {
	struct rows rows;
	json_t **calls; /* by the number of the click; NULL: none came of it */
	int64_t now_ms; /* of the providers' clock */
};

static size_t number_of(const char *mark)
{
	return strtoul(mark + 1, NULL, 10);
}

static struct both read_both(const struct week *w)
{
	struct both b = {.rows = rows_read(),
		.calls = calloc(w->plan.count + 1, sizeof(json_t *)),
		.now_ms = e2e_now_ms() + w->form->skew_s * WEEK_SECOND};
	json_t *calls = json_at(sim_get("/control/calls"), "calls");
	ck_assert_ptr_nonnull(b.calls);
	for (size_t i = 0; i < json_array_size(calls); i++) {
		json_t *call = json_array_get(calls, i);
		const char *mark = text_at(call, "mark");
		if (mark == NULL)
			continue;
		ck_assert_msg(b.calls[number_of(mark)] == NULL, "%s was placed twice", mark);
		b.calls[number_of(mark)] = call;
	}
	qsort(b.rows.rows, b.rows.count, sizeof(struct row), order_by_client);
	return b;
}

static void release_both(struct both *b)
{
	free(b->calls);
	rows_release(&b->rows);
}

static const struct row *row_of(const struct both *b, size_t click)
{
	struct row key;
	snprintf(key.client, sizeof(key.client), "c%zu", click);
	const struct row *r =
		bsearch(&key, b->rows.rows, b->rows.count, sizeof(key), order_by_client);
	ck_assert_msg(r != NULL, "click %zu was placed and is in no row", click);
	return r;
}

static const struct deed *deed_of(const struct week *w, const struct row *r)
{
	return &w->plan.deeds[number_of(r->client)];
}

/* For messages. */
static const char *about(const struct week *w, const struct row *r, json_t *call)
{
	const struct deed *d = deed_of(w, r);
	char *text = call != NULL ? json_dumps(call, JSON_COMPACT) : NULL;
	const char *all = e2e_text("%s of %s to %s at %" PRId64 " s, fate %d: %s %s %s %s\n%s",
		r->client, r->user, r->number, d->at_s, (int)d->fate, r->provider, r->status,
		r->external, r->id, text != NULL ? text : "no call");
	free(text);
	return all;
}

/* Without a list of the company a call is followed by its id, which here was never told. */
static bool cannot_be_found(const struct week *w, const struct row *r)
{
	return strcmp(r->provider, "dialpad") == 0 && !w->form->company_key &&
	       r->external[0] == '\0' && strcmp(r->status, "lost") == 0 &&
	       deed_of(w, r)->fate != FATE_PLACED;
}

/* --- at the end --- */

/* One row for each click, and one click for each row. */
static void check_clicks(const struct week *w, const struct both *b)
{
	for (size_t i = 0; i < b->rows.count; i++) {
		const struct row *r = &b->rows.rows[i];
		ck_assert_msg(i == 0 || strcmp(r->client, b->rows.rows[i - 1].client) != 0,
			"two rows of %s", r->client);
		const struct deed *d = deed_of(w, r);
		ck_assert_str_eq(r->number, d->number);
		ck_assert_str_eq(r->user, week_user(d->user));
		ck_assert_msg(row_is_final(r), "not final: %s", about(w, r, NULL));
	}
}

/* What was caused by a click is in its row, and as it was. Returns how many there are. */
static int check_calls(const struct week *w, const struct both *b)
{
	int count = 0;
	for (size_t i = 0; i < w->plan.count; i++) {
		if (b->calls[i] == NULL)
			continue;
		const struct row *r = row_of(b, i);
		const char *fault = cannot_be_found(w, r) ? NULL : row_fault(r, b->calls[i]);
		ck_assert_msg(fault == NULL, "%s: %s", fault, about(w, r, b->calls[i]));
		count++;
	}
	return count;
}

/* Without a call at the provider no row may have one, least of all one dialled by hand. */
static void check_others(const struct week *w, const struct both *b)
{
	for (size_t i = 0; i < b->rows.count; i++) {
		const struct row *r = &b->rows.rows[i];
		if (b->calls[number_of(r->client)] != NULL)
			continue;
		bool ghost =
			strcmp(r->provider, "dialpad") == 0 && deed_of(w, r)->fate == FATE_GHOST;
		ck_assert_msg(
			strcmp(r->status, "lost") == 0 || strcmp(r->status, "handed-off") == 0,
			"%s", about(w, r, NULL));
		ck_assert_msg(r->external[0] == '\0' || ghost, "%s", about(w, r, NULL));
	}
}

static void check_claims(struct both *b)
{
	qsort(b->rows.rows, b->rows.count, sizeof(struct row), order_by_external);
	for (size_t i = 1; i < b->rows.count; i++)
		ck_assert_msg(
			b->rows.rows[i].external[0] == '\0' ||
				order_by_external(&b->rows.rows[i - 1], &b->rows.rows[i]) != 0,
			"two rows of the call %s", b->rows.rows[i].external);
}

/* The most lists within a minute; a little less, as requests take their time. */
static int most_a_minute(const struct week *w)
{
	int most = 0;
	for (size_t first = 0, i = 0; i < w->time_count; i++) {
		while (w->times[first] <= w->times[i] - 59500)
			first++;
		if ((int)(i - first) + 1 > most)
			most = (int)(i - first) + 1;
	}
	return most;
}

static void print_figures(const struct week *w, const struct both *b, int calls)
{
	printf("seed %llu: %d clicks (%d died), answers", (unsigned long long)w->form->seed,
		w->clicks, w->deaths_of_clicks);
	for (int s = 0; s < 600; s++)
		if (w->answers[s] > 0)
			printf(" %d:%d", s, w->answers[s]);
	printf("; %d calls by click, %d by hand, %d inbound; %d events; rows", calls, w->by_hand,
		w->inbound, w->events);
	static const char *const statuses[] = {
		"completed", "no-answer", "failed", "handed-off", "lost"};
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		printf(" %s:%zu", statuses[i], rows_of_status(&b->rows, statuses[i]));
	printf("; %d runs of the sync, %d killed, %d met an outage, %d connected again; %d lists "
	       "at "
	       "Aircall (at most %d of %d a minute), %d reads at Dialpad, %d of them answered by "
	       "faults, %d refused; %.1f days in %.1f s\n",
		w->runs, w->killed, w->failed, w->reconnected, w->lists, most_a_minute(w),
		w->form->aircall_budget, w->reads, w->faults, w->refused,
		(double)week_now_s(w) / (double)WEEK_DAY,
		(double)(e2e_real_ms() - w->begun_ms) / 1000);
}

/* The same by the program's own comparison: what they have alone was no click. */
static void check_reconcile(const struct week *w, int calls)
{
	json_t *all = json_at(sim_get("/control/calls"), "calls");
	json_int_t outbound = 0, agree = 0, differ = 0, theirs = 0;
	for (size_t i = 0; i < json_array_size(all); i++)
		outbound += text_is(json_array_get(all, i), "direction", "outbound");
	struct run r = dialer("reconcile", "--from",
		rfc3339_text(w->begin_ms - WEEK_MINUTE * WEEK_SECOND), "--format", "json");
	expect_exit(r, 0);
	json_t *j = json_loads(r.out, 0, NULL), *sides = json_at(j, "providers");
	for (size_t i = 0; i < json_array_size(sides); i++) {
		json_t *side = json_array_get(sides, i);
		agree += int_at(side, "agree");
		differ += int_at(side, "differ");
		theirs += int_at(side, "onlyProvider");
	}
	ck_assert(json_is_true(json_at(j, "balances")));
	ck_assert_int_eq(differ, 0);
	ck_assert_int_eq(agree, calls);
	ck_assert_int_eq(theirs, outbound - calls);
	json_decref(j);
}

void week_check(struct week *w)
{
	struct both b = read_both(w);
	int calls = check_calls(w, &b);
	check_clicks(w, &b);
	check_others(w, &b);
	check_claims(&b);
	print_figures(w, &b, calls);
	ck_assert_int_eq(w->refused, 0);
	ck_assert_int_le(most_a_minute(w), w->form->aircall_budget);
	rows_expect_totals(&b.rows, week_users(w->form), week_user);
	if (w->form->prompt && !e2e_long())
		check_reconcile(w, calls);
	release_both(&b);
}

/* --- on the way --- */

static int64_t listed_ms(const struct week *w, json_t *call)
{
	bool aircall = text_is(call, "provider", "aircall");
	int64_t unit = aircall ? 1000 : 1;
	int64_t end = int_at(call, aircall ? "ended_at" : "ended_ms") * unit;
	int64_t shown = int_at(call, aircall ? "listed_from" : "listed_from_ms") * unit;
	if (!aircall)
		end += w->form->lag_s * WEEK_SECOND;
	return end > shown ? end : shown;
}

/* What a provider listed as ended before the last but one run began is final. */
void week_check_prompt(struct week *w)
{
	struct both b = read_both(w);
	int64_t since_ms = w->begin_ms + (w->runs_begun_s[1] + w->form->skew_s) * WEEK_SECOND;
	for (size_t i = 0; i < w->plan.count; i++) {
		if (b.calls[i] == NULL || truth_status(b.calls[i], b.now_ms) == NULL ||
			listed_ms(w, b.calls[i]) >= since_ms)
			continue;
		const struct row *r = row_of(&b, i);
		ck_assert_msg(row_is_final(r) || cannot_be_found(w, r),
			"not final after two runs: %s", about(w, r, b.calls[i]));
	}
	release_both(&b);
}
