#include "sync/match.h"

#include <stdlib.h>
#include <string.h>

/* Beyond this many comparisons within one group the order alone decides. */
#define EXACT_MAX ((size_t)1024 * 1024)

static int order(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

/* --- groups: what cannot be told apart but by time --- */

static int compare_row_to(
	const struct match_row *r, int64_t user_id, int64_t number_id, const char *digits)
{
	int by = order(r->user_id, user_id);
	if (by == 0)
		by = order(r->number_id, number_id);
	return by != 0 ? by : strcmp(r->digits, digits);
}

static int compare_rows(const void *a, const void *b)
{
	const struct match_row *x = a, *y = b;
	int by = compare_row_to(x, y->user_id, y->number_id, y->digits);
	if (by == 0)
		by = order(x->asked_ms, y->asked_ms);
	return by != 0 ? by : order((int64_t)x->tag, (int64_t)y->tag);
}

static int compare_calls(const void *a, const void *b)
{
	const struct provider_call *x = *(const struct provider_call *const *)a;
	const struct provider_call *y = *(const struct provider_call *const *)b;
	int by = order(x->user_id, y->user_id);
	if (by == 0)
		by = order(x->number_id, y->number_id);
	if (by == 0)
		by = strcmp(x->digits, y->digits);
	if (by == 0)
		by = order(x->start_ms, y->start_ms);
	return by != 0 ? by : order(x->id, y->id);
}

/* Providers tell whole seconds: what was asked within a second may seem to begin before it. */
static int64_t opens(const struct match_row *r)
{
	return r->asked_ms / 1000 * 1000 - MATCH_BEFORE_MS;
}

static bool fits(const struct match_row *r, const struct provider_call *c)
{
	return c->start_ms >= opens(r) && c->start_ms <= r->asked_ms + MATCH_AFTER_MS;
}

/* Within what clocks may differ by no delay is better than another. */
static int64_t delay(const struct match_row *r, const struct provider_call *c)
{
	int64_t ms =
		c->start_ms > r->asked_ms ? c->start_ms - r->asked_ms : r->asked_ms - c->start_ms;
	return ms > MATCH_BEFORE_MS ? ms - MATCH_BEFORE_MS : 0;
}

/* --- one cluster: rows and calls of one group whose windows touch --- */

struct cluster {
	struct match_row *rows;
	size_t row_count;
	const struct provider_call *const *calls;
	size_t call_count;
};

/* More matches first, then less delay. */
struct score {
	int64_t matches, delay;
};

static bool better(struct score a, struct score b)
{
	return a.matches != b.matches ? a.matches > b.matches : a.delay < b.delay;
}

/* best[r][c]: the best score for the rows from r on and the calls from c on. */
static void assign_exactly(struct cluster *k, struct score *best)
{
	size_t width = k->call_count + 1;
	for (size_t r = k->row_count; r-- > 0;) {
		for (size_t c = k->call_count; c-- > 0;) {
			struct score s = best[(r + 1) * width + c], other = best[r * width + c + 1];
			if (better(other, s))
				s = other;
			if (fits(&k->rows[r], k->calls[c])) {
				other = best[(r + 1) * width + c + 1];
				other.matches++;
				other.delay += delay(&k->rows[r], k->calls[c]);
				if (!better(s, other))
					s = other;
			}
			best[r * width + c] = s;
		}
	}
	size_t r = 0, c = 0;
	while (r < k->row_count && c < k->call_count) {
		struct score s = best[r * width + c], taken = best[(r + 1) * width + c + 1];
		taken.matches++;
		taken.delay += delay(&k->rows[r], k->calls[c]);
		/* Taking first where it is as good as leaving: the earlier row has it. */
		if (fits(&k->rows[r], k->calls[c]) && !better(s, taken)) {
			k->rows[r++].call = k->calls[c++];
		} else if (!better(s, best[r * width + c + 1])) {
			c++;
		} else {
			r++;
		}
	}
}

static void assign_in_order(struct cluster *k)
{
	size_t r = 0, c = 0;
	while (r < k->row_count && c < k->call_count) {
		if (fits(&k->rows[r], k->calls[c]))
			k->rows[r++].call = k->calls[c++];
		else if (k->calls[c]->start_ms < k->rows[r].asked_ms)
			c++;
		else
			r++;
	}
}

/* Some call could be more than one row's, and a row's own call may not be listed yet. */
static bool must_wait(const struct cluster *k, int64_t now_ms)
{
	if (k->call_count >= k->row_count ||
		now_ms >= k->rows[k->row_count - 1].asked_ms + MATCH_LAG_MS)
		return false;
	for (size_t c = 0; c < k->call_count; c++) {
		size_t fitting = 0;
		for (size_t r = 0; r < k->row_count && fitting < 2; r++)
			fitting += fits(&k->rows[r], k->calls[c]) ? 1 : 0;
		if (fitting > 1)
			return true;
	}
	return false;
}

static enum err assign(struct cluster *k, int64_t now_ms)
{
	if (k->call_count == 0)
		return ERR_NONE;
	if (must_wait(k, now_ms)) {
		for (size_t r = 0; r < k->row_count; r++)
			k->rows[r].waiting = true;
		return ERR_NONE;
	}
	if (k->row_count > EXACT_MAX / k->call_count) {
		assign_in_order(k);
		return ERR_NONE;
	}
	struct score *best = calloc((k->row_count + 1) * (k->call_count + 1), sizeof(*best));
	if (best == NULL)
		return ERR_NOMEM;
	assign_exactly(k, best);
	free(best);
	return ERR_NONE;
}

/* Splits a group at gaps no call can bridge: rows are in order of time, and so are calls. */
static enum err assign_group(struct match_row *rows, size_t row_count,
	const struct provider_call *const *calls, size_t call_count, int64_t now_ms)
{
	size_t c = 0;
	enum err e = ERR_NONE;
	for (size_t r = 0; r < row_count && e == ERR_NONE;) {
		size_t end = r + 1;
		while (end < row_count &&
			opens(&rows[end]) <= rows[end - 1].asked_ms + MATCH_AFTER_MS)
			end++;
		while (c < call_count && calls[c]->start_ms < opens(&rows[r]))
			c++;
		size_t first = c;
		while (c < call_count &&
			calls[c]->start_ms <= rows[end - 1].asked_ms + MATCH_AFTER_MS)
			c++;
		struct cluster k = {rows + r, end - r, calls + first, c - first};
		e = assign(&k, now_ms);
		r = end;
	}
	return e;
}

enum err match(struct match_row *rows, size_t row_count, const struct provider_call *const *calls,
	size_t call_count, int64_t now_ms)
{
	if (row_count == 0)
		return ERR_NONE;
	const struct provider_call **sorted = calloc(call_count + 1, sizeof(*sorted));
	if (sorted == NULL)
		return ERR_NOMEM;
	size_t count = 0;
	for (size_t i = 0; i < call_count; i++)
		if (calls[i]->outbound)
			sorted[count++] = calls[i];
	qsort(sorted, count, sizeof(*sorted), compare_calls);
	for (size_t i = 0; i < row_count; i++) {
		rows[i].call = NULL;
		rows[i].waiting = false;
	}
	qsort(rows, row_count, sizeof(*rows), compare_rows);
	enum err e = ERR_NONE;
	size_t c = 0;
	for (size_t r = 0; r < row_count && e == ERR_NONE;) {
		size_t end = r + 1;
		while (end < row_count && compare_row_to(&rows[end], rows[r].user_id,
						  rows[r].number_id, rows[r].digits) == 0)
			end++;
		while (c < count && compare_row_to(&rows[r], sorted[c]->user_id,
					    sorted[c]->number_id, sorted[c]->digits) > 0)
			c++;
		size_t first = c;
		while (c < count && compare_row_to(&rows[r], sorted[c]->user_id,
					    sorted[c]->number_id, sorted[c]->digits) == 0)
			c++;
		e = assign_group(rows + r, end - r, sorted + first, c - first, now_ms);
		r = end;
	}
	free(sorted);
	return e;
}
