/* dialer reconcile: going through the calls of both sides, whether the provider was listed or not. */
#include "reconcile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool reconcile_wants(const struct reconcile_wish *w, const struct call *c)
{
	return c->start_ms >= w->from_ms && c->start_ms < w->to_ms &&
	       (w->user == NULL || strcmp(c->user, w->user) == 0);
}

/* --- a side that was listed --- */

struct passing {
	reconcile_fn *each;
	void *arg;
	enum provider_id provider;
};

static void pass_on(void *arg, const struct compared *one)
{
	const struct passing *p = arg;
	if (p->each != NULL)
		p->each(p->arg, p->provider, one);
}

/* --- rows alone --- */

static int64_t each_row(const struct reconciliation *r, const struct rows *rows, const char *why,
	reconcile_fn *each, void *arg)
{
	int64_t count = 0;
	for (size_t i = 0; i < rows->list.count; i++) {
		const struct call *c = &rows->list.calls[i];
		const struct compared one = {
			.verdict = COMPARE_NOT_COMPARABLE, .ours = c, .why = why};
		if (!reconcile_wants(&r->wish, c))
			continue;
		count++;
		if (each != NULL)
			each(arg, c->provider, &one);
	}
	return count;
}

/* --- both --- */

static enum err go_through(const struct reconciliation *r, const struct side *s,
	struct compare_tally *tally, reconcile_fn *each, void *arg)
{
	struct passing p = {each, arg, s->provider->id};
	if (s->why_not[0] == '\0')
		return compare_all(&s->comparison, tally, pass_on, &p);
	*tally = (struct compare_tally){.ours = each_row(r, &s->rows, "not-listed", each, arg)};
	tally->verdicts[COMPARE_NOT_COMPARABLE] = tally->ours;
	return ERR_NONE;
}

enum err reconcile_each(
	const struct reconciliation *r, const struct side *s, reconcile_fn *each, void *arg)
{
	struct compare_tally again = {.ours = 0};
	return go_through(r, s, &again, each, arg);
}

void reconcile_each_rest(const struct reconciliation *r, reconcile_fn *each, void *arg)
{
	(void)each_row(r, &r->rest, "no-provider", each, arg);
}

int reconcile_compare(struct app *a, struct reconciliation *r, struct side *s)
{
	struct comparison *k = &s->comparison;
	k->provider = s->provider;
	k->rows = &s->rows.list;
	k->listed = &s->lister;
	k->from_ms = r->wish.from_ms;
	k->to_ms = r->wish.to_ms;
	k->now_ms = r->wish.now_ms;
	k->user = r->wish.user;
	k->found = calloc(s->rows.list.count + 1, sizeof(*k->found));
	k->claimed = calloc(s->lister.count + 1, sizeof(*k->claimed));
	enum err e = k->found == NULL || k->claimed == NULL ? ERR_NOMEM : ERR_NONE;
	if (e == ERR_NONE && s->why_not[0] == '\0')
		e = compare_pair(a->store, k);
	if (e == ERR_NONE)
		e = go_through(r, s, &s->tally, NULL, NULL);
	return e == ERR_NONE ? STATUS_OK : app_store_failed(e);
}

bool reconcile_balances(const struct reconciliation *r)
{
	int64_t ours = (int64_t)r->rest.list.count;
	bool good = true;
	for (size_t i = 0; i < r->side_count; i++) {
		ours += r->sides[i].tally.ours;
		good = good && compare_balances(&r->sides[i].tally);
	}
	return good && (r->stored < 0 || r->stored == ours);
}

/* --- what reports have in common --- */

int64_t compared_start(const struct compared *one)
{
	return one->ours != NULL ? one->ours->start_ms : one->theirs->start_ms;
}

int64_t compared_external_id(const struct compared *one)
{
	return one->theirs != NULL ? one->theirs->id : one->ours->external_id;
}

void compared_id(const struct compared *one, char out[CALLID_SIZE])
{
	out[0] = '\0';
	if (one->ours != NULL)
		callid_format(&one->ours->id, out);
}

void compared_phone(const struct compared *one, char out[COMPARED_PHONE_SIZE])
{
	if (one->ours != NULL)
		(void)snprintf(out, COMPARED_PHONE_SIZE, "%s", one->ours->phone);
	else
		(void)snprintf(out, COMPARED_PHONE_SIZE, "%s%s",
			one->theirs->digits[0] != '\0' ? "+" : "", one->theirs->digits);
}

const char *compared_their_status(const struct provider_call *pc)
{
	return pc->has_status ? call_status_word(pc->status) : pc->word;
}

void compared_why(const struct compared *one, struct buf *out)
{
	if (one->why != NULL)
		buf_adds(out, one->why);
	else
		compare_differences(one->differences, out);
}
