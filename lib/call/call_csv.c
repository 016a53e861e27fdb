#include "call/call_csv.h"

#include "base/csv.h"
#include "base/rfc3339.h"
#include <inttypes.h>
#include <string.h>

void call_csv_header(struct buf *out)
{
	buf_adds(out, "id,userId,provider,direction,phoneNumber,status,startTime,answerTime,"
		      "endTime,duration,talkTime,notes,clientId,contactId,dealId,externalCallId,"
		      "reason\r\n");
}

static void free_text(struct buf *out, const char *s)
{
	buf_addc(out, ',');
	csv_add_text(out, s);
}

/* A cell of what this service writes itself: words, numbers, times. Never in need of quotes. */
static void word(struct buf *out, const char *s)
{
	buf_addc(out, ',');
	buf_adds(out, s);
}

static void time_cell(struct buf *out, int64_t ms)
{
	char text[RFC3339_SIZE] = "";

	if (ms != 0)
		rfc3339_format(ms, text);
	word(out, text);
}

static void number_cell(struct buf *out, int64_t n, int64_t least)
{
	buf_addc(out, ',');
	if (n >= least)
		buf_addf(out, "%" PRId64, n);
}

void call_csv_row(struct buf *out, const struct call *c)
{
	char id[CALLID_SIZE];

	callid_format(&c->id, id);
	buf_adds(out, id);
	free_text(out, c->user);
	word(out, provider_word(c->provider));
	word(out, "outbound");
	word(out, c->phone);
	word(out, call_status_word(c->status));
	time_cell(out, c->start_ms);
	time_cell(out, c->answer_ms);
	time_cell(out, c->end_ms);
	number_cell(out, c->duration_s, 0);
	number_cell(out, c->talk_s, 0);
	free_text(out, c->notes);
	free_text(out, c->client_id);
	free_text(out, c->contact_id);
	free_text(out, c->deal_id);
	number_cell(out, c->external_id, 1);
	/* Our own word, but an imported history may say anything here. */
	free_text(out, c->reason);
	buf_adds(out, "\r\n");
}
