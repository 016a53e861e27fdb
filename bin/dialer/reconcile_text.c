/* dialer reconcile for people: the sums, then what does not agree. */
#include "base/rfc3339.h"
#include "reconcile.h"
#include "table.h"

#include <inttypes.h>
#include <stdio.h>

#define TEXT_MAX ((size_t)16 * 1024 * 1024)
#define TOLD_MAX 1000 /* calls in one table */

/* --- the sums --- */

static void add_term(struct buf *out, const char *sign, int64_t n, const char *what)
{
	buf_addf(out, " %s %" PRId64 " %s", sign, n, what);
}

static void add_sums(struct buf *out, const struct compare_tally *t)
{
	const int64_t *v = t->verdicts;
	buf_addf(out, "  there  %" PRId64 " outbound", t->theirs);
	add_term(out, "=", v[COMPARE_AGREES], "agree");
	add_term(out, "+", v[COMPARE_DIFFERS], "differ");
	if (v[COMPARE_LEG] > 0)
		add_term(out, "+", v[COMPARE_LEG], "further legs");
	add_term(out, "+", v[COMPARE_ONLY_THEIRS], "only there");
	buf_addf(out, "\n  here   %" PRId64 " calls", t->ours);
	add_term(out, "=", v[COMPARE_AGREES], "agree");
	add_term(out, "+", v[COMPARE_DIFFERS], "differ");
	add_term(out, "+", v[COMPARE_ONLY_OURS], "only here");
	add_term(out, "+", v[COMPARE_NOT_COMPARABLE], "not comparable");
	buf_addf(out, "\n  %s%" PRId64 " inbound calls there are not compared\n",
		compare_balances(t) ? "" : "THESE SUMS DO NOT BALANCE; ", t->inbound);
}

static void add_head(struct buf *out, const struct reconciliation *r)
{
	char from[RFC3339_SIZE], to[RFC3339_SIZE];
	rfc3339_format(r->wish.from_ms, from);
	rfc3339_format(r->wish.to_ms, to);
	buf_addf(out, "Calls from %s up to %s", from, to);
	if (r->wish.user != NULL)
		buf_addf(out, " of %s", r->wish.user);
	buf_addc(out, '\n');
}

static void add_side_sums(struct buf *out, const struct side *s)
{
	const char *title = provider_title(s->provider->id);
	if (s->why_not[0] == '\0') {
		buf_addf(out, "\n%s\n", title);
		add_sums(out, &s->tally);
	} else {
		buf_addf(out,
			"\n%s was not listed: %s\n  %" PRId64 " calls here are not compared\n",
			title, s->why_not, s->tally.ours);
	}
}

static void add_all(struct buf *out, const struct reconciliation *r)
{
	int64_t rest = (int64_t)r->rest.list.count, all = rest;
	for (size_t i = 0; i < r->side_count; i++)
		all += r->sides[i].tally.ours;
	if (r->stored < 0)
		return;
	buf_addf(out, "\nIn all\n  here   %" PRId64 " calls", all);
	for (size_t i = 0; i < r->side_count; i++)
		add_term(out, i == 0 ? "=" : "+", r->sides[i].tally.ours,
			provider_title(r->sides[i].provider->id));
	add_term(out, r->side_count == 0 ? "=" : "+", rest, "without a provider\n");
	if (all != r->stored)
		buf_addf(out, "  but %" PRId64 " are stored by now: calls came or went meanwhile\n",
			r->stored);
}

/* --- calls --- */

struct tabling {
	struct table table;
	enum compare_verdict verdict;
	int64_t count;
};

static void cell_of_number(struct table *t, int64_t n, int64_t least)
{
	char text[24] = "";
	if (n >= least)
		(void)snprintf(text, sizeof(text), "%" PRId64, n);
	table_cell(t, text);
}

static void cell_of_time(struct table *t, int64_t ms)
{
	char text[RFC3339_SIZE];
	rfc3339_format(ms, text);
	text[10] = ' ';
	text[19] = '\0';
	table_cell(t, text);
}

static void add_cells(struct table *t, const struct compared *one)
{
	char id[CALLID_SIZE], phone[COMPARED_PHONE_SIZE];
	struct buf why;
	buf_init(&why, 200);
	compared_id(one, id);
	compared_phone(one, phone);
	compared_why(one, &why);
	cell_of_time(t, compared_start(one));
	table_cell(t, phone);
	table_cell(t, one->ours != NULL ? one->ours->user : "");
	table_cell(t, id);
	table_cell(t, one->ours != NULL ? call_status_word(one->ours->status) : "");
	cell_of_number(t, one->ours != NULL ? one->ours->duration_s : -1, 0);
	cell_of_number(t, compared_external_id(one), 1);
	table_cell(t, one->theirs != NULL ? compared_their_status(one->theirs) : "");
	cell_of_number(t, one->theirs != NULL ? one->theirs->duration_s : -1, 0);
	table_cell(t, why.s);
	buf_release(&why);
}

static void add(void *arg, enum provider_id p, const struct compared *one)
{
	struct tabling *t = arg;
	(void)p;
	if (one->verdict == t->verdict && t->count++ < TOLD_MAX)
		add_cells(&t->table, one);
}

static enum err add_table(struct buf *out, const struct reconciliation *r, const struct side *s,
	enum compare_verdict verdict, const char *title)
{
	static const char *const headings[] = {"START (UTC)", "NUMBER", "USER", "ID", "STATUS",
		"SECONDS", "THEIR ID", "THEIR STATUS", "SECONDS", "WHY"};
	const size_t columns = sizeof(headings) / sizeof(headings[0]);
	struct tabling t = {.verdict = verdict};
	table_init(&t.table, columns);
	for (size_t i = 0; i < columns; i++)
		table_cell(&t.table, headings[i]);
	enum err e = reconcile_each(r, s, add, &t);
	if (e == ERR_NONE && t.count > 0) {
		buf_addf(out, "\n%s: %s\n", provider_title(s->provider->id), title);
		table_print(&t.table, out);
	}
	if (t.count > TOLD_MAX)
		buf_addf(out, "... and %" PRId64 " more: --format csv has them all\n",
			t.count - TOLD_MAX);
	table_release(&t.table);
	return e;
}

static enum err add_tables(struct buf *out, const struct reconciliation *r, const struct side *s)
{
	static const struct {
		enum compare_verdict verdict;
		const char *title;
	} tables[] = {{COMPARE_DIFFERS, "both sides have it, and differ"},
		{COMPARE_ONLY_OURS, "only here"},
		{COMPARE_ONLY_THEIRS, "only there (dialled by hand, or lost here)"}};
	enum err e = ERR_NONE;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && e == ERR_NONE; i++)
		e = add_table(out, r, s, tables[i].verdict, tables[i].title);
	return e;
}

int reconcile_as_text(const struct reconciliation *r)
{
	struct buf out;
	enum err e = ERR_NONE;
	buf_init(&out, TEXT_MAX);
	add_head(&out, r);
	for (size_t i = 0; i < r->side_count; i++)
		add_side_sums(&out, &r->sides[i]);
	add_all(&out, r);
	for (size_t i = 0; i < r->side_count && e == ERR_NONE; i++)
		if (r->sides[i].why_not[0] == '\0')
			e = add_tables(&out, r, &r->sides[i]);
	if (e == ERR_NONE)
		return app_print(&out);
	buf_release(&out);
	return app_store_failed(e);
}
