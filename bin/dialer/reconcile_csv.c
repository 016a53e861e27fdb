/* dialer reconcile as CSV: every call of both sides, those that agree included. */
#include "base/csv.h"
#include "base/rfc3339.h"
#include "reconcile.h"

#include <inttypes.h>

#define PART_BYTES ((size_t)64 * 1024) /* written at once */
#define ROW_MAX    ((size_t)64 * 1024)

static const char header[] = "verdict,why,provider,externalCallId,id,userId,phoneNumber,startTime,"
			     "status,providerStatus,duration,providerDuration,talkTime,"
			     "providerTalkTime,answerTime,providerAnswerTime,endTime,"
			     "providerEndTime\r\n";

/* --- cells, each after a comma --- */

/* Of our own words. */
static void word(struct buf *out, const char *s)
{
	buf_addc(out, ',');
	buf_adds(out, s);
}

static void text(struct buf *out, const char *s)
{
	buf_addc(out, ',');
	csv_add_text(out, s);
}

static void number(struct buf *out, int64_t n, int64_t least)
{
	buf_addc(out, ',');
	if (n >= least)
		buf_addf(out, "%" PRId64, n);
}

static void time_cell(struct buf *out, int64_t ms)
{
	char formatted[RFC3339_SIZE] = "";
	if (ms != 0)
		rfc3339_format(ms, formatted);
	word(out, formatted);
}

/* --- rows --- */

static void add_row(struct buf *out, enum provider_id p, const struct compared *one)
{
	/* What one side does not have is unknown there. */
	const struct provider_call nothing = {.duration_s = -1, .talk_s = -1};
	const struct provider_call *pc = one->theirs != NULL ? one->theirs : &nothing;
	const struct call *c = one->ours;
	char id[CALLID_SIZE], phone[COMPARED_PHONE_SIZE];
	compared_id(one, id);
	compared_phone(one, phone);
	buf_adds(out, compare_word(one->verdict));
	buf_addc(out, ',');
	compared_why(one, out);
	word(out, provider_word(p));
	number(out, compared_external_id(one), 1);
	word(out, id);
	text(out, c != NULL ? c->user : "");
	word(out, phone);
	time_cell(out, compared_start(one));
	word(out, c != NULL ? call_status_word(c->status) : "");
	text(out, one->theirs != NULL ? compared_their_status(pc) : "");
	number(out, c != NULL ? c->duration_s : -1, 0);
	number(out, pc->duration_s, 0);
	number(out, c != NULL ? c->talk_s : -1, 0);
	number(out, pc->talk_s, 0);
	time_cell(out, c != NULL ? c->answer_ms : 0);
	time_cell(out, pc->answer_ms);
	time_cell(out, c != NULL ? c->end_ms : 0);
	time_cell(out, pc->end_ms);
	buf_adds(out, "\r\n");
}

struct writing {
	struct buf out;
	int status;
};

/* In parts, so that memory does not grow with the report. */
static void add(void *arg, enum provider_id p, const struct compared *one)
{
	struct writing *w = arg;
	if (w->status != STATUS_OK)
		return;
	add_row(&w->out, p, one);
	if (w->out.failed || w->out.len >= PART_BYTES)
		w->status = app_print(&w->out);
}

int reconcile_as_csv(const struct reconciliation *r)
{
	struct writing w = {.status = STATUS_OK};
	enum err e = ERR_NONE;
	buf_init(&w.out, PART_BYTES + ROW_MAX);
	buf_adds(&w.out, header);
	for (size_t i = 0; i < r->side_count && e == ERR_NONE; i++)
		e = reconcile_each(r, &r->sides[i], add, &w);
	reconcile_each_rest(r, add, &w);
	if (e == ERR_NONE && w.status == STATUS_OK)
		return app_print(&w.out);
	buf_release(&w.out);
	return e != ERR_NONE ? app_store_failed(e) : w.status;
}
