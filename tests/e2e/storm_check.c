/* What must be true when everything has come to rest. */
#include "e2e/harness.h"
#include "e2e/exposition.h"
#include "e2e/storm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORRECTED_S (25 * 60)
#define WINDOW_S    (65 * 60)
#define RUNS_MAX    40
#define RUN_EACH_S  61

/* --- what is in the history --- */

/* Sorted by number, of which each may be there once. */
static struct rows rows_by_number(void)
{
	struct rows r = rows_read();
	qsort(r.rows, r.count, sizeof(struct row), order_by_id);
	for (size_t i = 1; i < r.count; i++)
		ck_assert_msg(
			strcmp(r.rows[i - 1].id, r.rows[i].id) != 0, "two calls %s", r.rows[i].id);
	qsort(r.rows, r.count, sizeof(struct row), order_by_number);
	for (size_t i = 1; i < r.count; i++)
		ck_assert_msg(strcmp(r.rows[i - 1].number, r.rows[i].number) != 0,
			"two calls to %s", r.rows[i].number);
	return r;
}

static const struct row *find_row(const struct rows *r, const char *number)
{
	struct row key;
	snprintf(key.number, sizeof(key.number), "%s", number);
	return bsearch(&key, r->rows, r->count, sizeof(struct row), order_by_number);
}

static void check_client(const struct storm_client *c, const struct rows *r)
{
	ck_assert_msg(c->fault[0] == '\0', "client %d: %s", c->number, c->fault);
	for (int i = 0; i < c->count; i++) {
		const struct placing *p = &c->calls[i];
		const struct row *row = find_row(r, p->number);
		if (!p->acknowledged)
			continue;
		ck_assert_msg(row != NULL, "acknowledged call to %s is lost", p->number);
		ck_assert_str_eq(row->id, p->id);
		ck_assert_msg(!p->noted || strcmp(row->notes, p->notes) == 0,
			"acknowledged notes of %s are \"%s\"", p->number, row->notes);
	}
}

/* --- what the providers saw --- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The number that a request asks to dial, unless the provider clearly refused it; else NULL. */
static const char *number_asked(json_t *request)
{
	json_t *body = json_loads(text_at(request, "body"), 0, NULL);
	const char *to = text_at(body, "phone_number");
	int status = (int)int_at(request, "status");
	if (to == NULL)
		to = text_at(body, "to");
	if (status >= 400 && status <= 499)
		to = NULL;
	const char *number = to != NULL ? e2e_text("%s", to) : NULL;
	json_decref(body);
	return number;
}

/* No number was asked for twice, and each is in the history. Those of this round. */
static void check_requests(struct storm *s, const struct rows *r)
{
	json_t *requests = json_at(sim_get("/control/requests?method=POST"), "requests");
	size_t n = json_array_size(requests), count = 0;
	const char **numbers = calloc(n + 1, sizeof(*numbers));
	ck_assert_ptr_nonnull(numbers);
	for (size_t i = 0; i < n; i++) {
		const char *number = number_asked(json_array_get(requests, i));
		if (number == NULL)
			continue;
		numbers[count++] = number;
		ck_assert_msg(
			find_row(r, number) != NULL, "asked for %s, which is in no row", number);
	}
	qsort(numbers, count, sizeof(*numbers), compare_texts);
	for (size_t i = 1; i < count; i++)
		ck_assert_msg(
			strcmp(numbers[i - 1], numbers[i]) != 0, "asked twice for %s", numbers[i]);
	free(numbers);
	s->asked += count;
	sim_delete("/control/requests");
}

/* Every call has its row, and every row one call at most; once settled, it says what is so. */
static void check_calls(struct storm *s, const struct rows *r, bool settled)
{
	json_t *calls = json_at(sim_get("/control/calls"), "calls");
	bool *seen = calloc(r->count + 1, sizeof(*seen));
	ck_assert_ptr_nonnull(seen);
	for (size_t i = 0; i < json_array_size(calls); i++) {
		size_t kept = e2e_kept();
		json_t *c = json_array_get(calls, i);
		const struct row *row = find_row(r, e2e_text("+%s", text_at(c, "to")));
		ck_assert_msg(row != NULL, "call to %s is in no row", text_at(c, "to"));
		ck_assert_msg(!seen[row - r->rows], "%s was dialled twice", row->number);
		seen[row - r->rows] = true;
		const char *fault = settled ? row_fault(row, c) : NULL;
		ck_assert_msg(
			fault == NULL, "%s %s to %s: %s", row->id, row->status, row->number, fault);
		e2e_release(kept);
	}
	free(seen);
	s->calls_seen = json_array_size(calls);
}

/* --- at rest --- */

static void check_clients(struct storm *s, const struct rows *r)
{
	s->rows = r->count;
	for (int i = 0; i < s->form.clients; i++)
		check_client(&s->clients[i], r);
}

void storm_check(struct storm *s)
{
	storm_read_record(s);
	struct rows r = rows_by_number();
	check_requests(s, &r);
	check_calls(s, &r, false);
	check_clients(s, &r);
	rows_release(&r);
}

/* --- settled --- */

/* Runs until nothing is open; returns whether that was so in the end. */
static bool sync_all(void)
{
	for (int i = 0; i < RUNS_MAX; i++) {
		struct run r = run_sync((const char *const[]){"--json", NULL});
		json_t *j = json_loads(r.out, 0, NULL);
		ck_assert_msg(r.status == 0 && j != NULL, "status %d: %s", r.status, r.err);
		int open = (int)int_at(j, "open");
		json_decref(j);
		if (open == 0)
			return true;
		storm_advance(RUN_EACH_S);
	}
	return false;
}

void storm_settle(struct storm *s)
{
	/* Each user has a token again, so that the sync has no trouble to tell of. */
	for (int u = 0; u < s->form.clients; u++)
		if (storm_has_dialpad(u))
			storm_connect(u);
	storm_advance(CORRECTED_S);
	storm_await_events(s);
	(void)run_sync(NULL);
	storm_advance(WINDOW_S);
	ck_assert_msg(sync_all(), "calls are open after %d runs", RUNS_MAX);
	storm_await_events(s);
}

/* What was acknowledged was counted: once, or more often where the answer was lost. */
static void check_events(struct storm *s)
{
	static const char *const fates[] = {"applied", "unchanged", "kept", "dropped"};
	static const char *const providers[] = {"aircall", "dialpad"};
	const char *path = e2e_text("%s/metrics.prom", e2e.dir);
	double counted = 0;
	int64_t taken = s->delivered, told = s->attempts;
	expect_exit(run_sync((const char *const[]){"--metrics", path, NULL}), 0);
	const char *text = e2e_read(path);
	for (size_t p = 0; p < 2; p++)
		for (size_t i = 0; i < 4; i++) {
			const char *sample =
				e2e_text("dialer_events_total{provider=\"%s\",fate=\"%s\"}",
					providers[p], fates[i]);
			counted += has_metric(text, sample) ? metric(text, sample) : 0;
		}
	for (int i = 0; i < s->form.clients; i++)
		for (int k = STORM_AIRCALL_EVENT; k <= STORM_DIALPAD_EVENT; k++) {
			taken += s->clients[i].taken[k];
			told += s->clients[i].requests[k];
		}
	ck_assert_msg(counted >= (double)taken && counted <= (double)told,
		"%.0f events counted, %" PRId64 " acknowledged, %" PRId64 " told", counted, taken,
		told);
}

void storm_check_settled(struct storm *s)
{
	struct rows r = rows_by_number();
	check_calls(s, &r, true);
	for (size_t i = 0; i < r.count; i++)
		ck_assert_msg(row_is_final(&r.rows[i]), "%s is still %s", r.rows[i].number,
			r.rows[i].status);
	check_clients(s, &r);
	rows_expect_totals(&r, s->form.clients, storm_user);
	rows_release(&r);
	check_events(s);
	expect_exit(dialer("verify"), 0);
}
