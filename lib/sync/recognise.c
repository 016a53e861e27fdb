#include "sync/recognise.h"

#include "base/text.h"
#include "sync/match.h"
#include "sync/rows.h"

#include <stdlib.h>
#include <string.h>

#define CLAIMS_TURN 500 /* so many in one stay: nobody waits long */

void recognise_by_id(const struct call_list *rows, const struct lister *l, struct recognised *found)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->calls[i].external_id != 0)
			found[i].call = lister_find(l, rows->calls[i].external_id);
}

/* --- our id --- */

static bool same_number(const struct call *c, const struct provider_call *pc)
{
	char digits[PHONE_SIZE];
	text_digits(c->phone, strlen(c->phone), digits, sizeof(digits));
	return strcmp(digits, pc->digits) == 0;
}

static bool fits_better(
	const struct call *c, const struct provider_call *a, const struct provider_call *b)
{
	bool a_number = same_number(c, a), b_number = same_number(c, b);
	if (a_number != b_number)
		return a_number;
	if (a->outbound != b->outbound)
		return a->outbound;
	if (a->start_ms != b->start_ms)
		return a->start_ms < b->start_ms;
	return a->id < b->id;
}

void recognise_by_our_id(
	const struct call_list *rows, const struct lister *l, struct recognised *found)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct provider_call *pc = &l->calls[i];
		const struct call *c = pc->has_call ? rows_find(rows, &pc->call) : NULL;
		if (c == NULL || c->external_id == pc->id)
			continue;
		struct recognised *f = &found[c - rows->calls];
		const struct provider_call **best = c->external_id == 0 ? &f->call : &f->leg;
		if (*best == NULL || fits_better(c, pc, *best))
			*best = pc;
	}
}

/* --- neither --- */

enum err recognise_claimed(struct store *s, const struct lister *l, bool *claimed)
{
	int64_t ids[CLAIMS_TURN];
	struct callid owners[CLAIMS_TURN];
	enum err e = ERR_NONE;
	for (size_t i = 0; i < l->count && e == ERR_NONE; i += CLAIMS_TURN) {
		size_t left = l->count - i, n = left < CLAIMS_TURN ? left : CLAIMS_TURN;
		for (size_t j = 0; j < n; j++)
			ids[j] = l->calls[i + j].id;
		e = store_claims(s, l->provider->id, ids, n, owners, claimed + i);
	}
	return e;
}

/* *free_calls has room for all. */
static enum err find_unclaimed(struct store *s, const struct lister *l,
	const struct provider_call **free_calls, size_t *count)
{
	*count = 0;
	bool *claimed = calloc(l->count + 1, sizeof(*claimed));
	if (claimed == NULL)
		return ERR_NOMEM;
	enum err e = recognise_claimed(s, l, claimed);
	for (size_t i = 0; i < l->count && e == ERR_NONE; i++)
		if (!claimed[i])
			free_calls[(*count)++] = &l->calls[i];
	free(claimed);
	return e;
}

static size_t make_rows(const struct call_list *rows, const bool *may, struct match_row *out)
{
	size_t count = 0;
	for (size_t i = 0; i < rows->count; i++) {
		const struct call *c = &rows->calls[i];
		if (!may[i])
			continue;
		struct match_row *m = &out[count++];
		*m = (struct match_row){.tag = i,
			.user_id = c->provider_user_id,
			.number_id = c->provider_number_id,
			.asked_ms = call_asked_ms(c)};
		text_digits(c->phone, strlen(c->phone), m->digits, sizeof(m->digits));
	}
	return count;
}

enum err recognise_by_match(struct store *s, const struct call_list *rows, const struct lister *l,
	const bool *may, int64_t now_ms, struct recognised *found)
{
	struct match_row *matching = calloc(rows->count + 1, sizeof(*matching));
	const struct provider_call **free_calls = calloc(l->count + 1, sizeof(*free_calls));
	size_t count = 0, free_count = 0;
	enum err e = matching == NULL || free_calls == NULL ? ERR_NOMEM : ERR_NONE;
	if (e == ERR_NONE)
		e = find_unclaimed(s, l, free_calls, &free_count);
	if (e == ERR_NONE) {
		count = make_rows(rows, may, matching);
		e = match(matching, count, free_calls, free_count, now_ms);
	}
	for (size_t i = 0; i < count && e == ERR_NONE; i++) {
		found[matching[i].tag].call = matching[i].call;
		found[matching[i].tag].waiting = matching[i].waiting;
	}
	free(matching);
	free(free_calls);
	return e;
}
