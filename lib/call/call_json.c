#include "call/call_json.h"

#include <inttypes.h>
#include <stdio.h>

static void id_members(struct jsonw *w, const struct call *c)
{
	char id[CALLID_SIZE];

	callid_format(&c->id, id);
	jsonw_member_text(w, "id", id);
	jsonw_member_text(w, "_id", id);
}

static void text_member(struct jsonw *w, const char *key, const char *s)
{
	if (*s != '\0')
		jsonw_member_text(w, key, s);
}

static void time_member(struct jsonw *w, const char *key, int64_t ms)
{
	if (ms != 0)
		jsonw_member_time(w, key, ms);
}

static void seconds_member(struct jsonw *w, const char *key, int64_t s)
{
	if (s >= 0)
		jsonw_member_int(w, key, s);
}

void call_json_members(struct jsonw *w, const struct call *c)
{
	id_members(w, c);
	text_member(w, "userId", c->user);
	text_member(w, "provider", provider_word(c->provider));
	jsonw_member_text(w, "direction", "outbound");
	text_member(w, "phoneNumber", c->phone);
	jsonw_member_text(w, "status", call_status_word(c->status));
	time_member(w, "startTime", c->start_ms);
	time_member(w, "answerTime", c->answer_ms);
	time_member(w, "endTime", c->end_ms);
	seconds_member(w, "duration", c->duration_s);
	seconds_member(w, "talkTime", c->talk_s);
	text_member(w, "notes", c->notes);
	text_member(w, "clientId", c->client_id);
	text_member(w, "contactId", c->contact_id);
	text_member(w, "dealId", c->deal_id);
	if (c->external_id != 0)
		jsonw_member_int_text(w, "externalCallId", c->external_id);
	text_member(w, "reason", c->reason);
}

void call_json(struct jsonw *w, const struct call *c)
{
	jsonw_object(w);
	call_json_members(w, c);
	jsonw_object_end(w);
}

int64_t call_pages(int64_t total, int64_t limit)
{
	return total / limit + (total % limit > 0 ? 1 : 0);
}

void call_page_json(struct jsonw *w, const struct call_page *p)
{
	jsonw_key(w, "calls");
	jsonw_array(w);
	for (size_t i = 0; i < p->count; i++)
		call_json(w, &p->calls[i]);
	jsonw_array_end(w);
	jsonw_key(w, "pagination");
	jsonw_object(w);
	jsonw_member_int(w, "total", p->total);
	jsonw_member_int(w, "page", p->page);
	jsonw_member_int(w, "limit", p->limit);
	jsonw_member_int(w, "pages", call_pages(p->total, p->limit));
	jsonw_object_end(w);
}

void call_notes_etag(const struct call *c, char out[CALL_ETAG_SIZE])
{
	char id[CALLID_SIZE];

	callid_format(&c->id, id);
	snprintf(out, CALL_ETAG_SIZE, "\"%s-%" PRId64 "\"", id, c->notes_version);
}
