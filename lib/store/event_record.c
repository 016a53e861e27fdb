#include "store/event_record.h"

#include "base/rfc3339.h"
#include "store/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum event_field {
	E_PROVIDER = 1,
	E_WHAT,
	E_STATE,
	E_RECEIVED,
	E_CALL,
	E_OUTBOUND,
	E_USER,
	E_NUMBER,
	E_DIGITS,
	E_START,
	E_AT,
	E_EXTERNAL_ID,
	E_STATUS,
	E_FIGURES, /* it has some */
	E_ANSWER,
	E_END,
	E_DURATION,
	E_TALK,
	E_REASON
};

/* Integers of an event: where they are, and the value that means "absent". */
#define INT_FIELDS(X)                                                                              \
	X(E_RECEIVED, received_ms, 0)                                                              \
	X(E_USER, user_id, 0)                                                                      \
	X(E_NUMBER, number_id, 0)                                                                  \
	X(E_START, start_ms, 0)                                                                    \
	X(E_AT, said.at_ms, 0)                                                                     \
	X(E_EXTERNAL_ID, said.external_id, 0)                                                      \
	X(E_ANSWER, said.answer_ms, 0)                                                             \
	X(E_END, said.end_ms, 0)                                                                   \
	X(E_DURATION, said.duration_s, -1)                                                         \
	X(E_TALK, said.talk_s, -1)

void event_record(struct buf *out, const struct store_event *e)
{
	field_begin(out);
	field_int(out, E_PROVIDER, e->provider);
	field_text(out, E_WHAT, e->what);
	field_text(out, E_STATE, e->state);
	field_text(out, E_DIGITS, e->digits);
	field_text(out, E_REASON, e->reason);
	if (e->has_call)
		field_bytes(out, E_CALL, e->call.b, CALLID_BYTES);
	if (e->outbound)
		field_int(out, E_OUTBOUND, 1);
	if (e->said.has_status)
		field_int(out, E_STATUS, e->said.status);
	if (e->said.has_figures)
		field_int(out, E_FIGURES, 1);
#define X(field, member, absent)                                                                   \
	if (e->member != (absent))                                                                 \
		field_int(out, field, e->member);
	INT_FIELDS(X)
#undef X
}

static enum err read_text(struct store_event *e, const struct field *f)
{
	switch (f->number) {
	case E_WHAT:
		return field_fixed(e->what, sizeof(e->what), f);
	case E_STATE:
		return field_fixed(e->state, sizeof(e->state), f);
	case E_DIGITS:
		return field_fixed(e->digits, sizeof(e->digits), f);
	case E_REASON:
		return field_fixed(e->reason, sizeof(e->reason), f);
	case E_CALL:
		if (f->len != CALLID_BYTES)
			return ERR_STORAGE;
		memcpy(e->call.b, f->s, CALLID_BYTES);
		e->has_call = true;
		return ERR_NONE;
	default:
		return ERR_STORAGE;
	}
}

static enum err read_int(struct store_event *e, const struct field *f)
{
	switch (f->number) {
	case E_PROVIDER:
		if (f->i <= PROVIDER_NONE || f->i >= PROVIDER__MAX)
			return ERR_STORAGE;
		e->provider = (enum provider_id)f->i;
		return ERR_NONE;
	case E_STATUS:
		if (f->i < 0 || f->i >= CALL_STATUS__MAX)
			return ERR_STORAGE;
		e->said.has_status = true;
		e->said.status = (enum call_status)f->i;
		return ERR_NONE;
	case E_OUTBOUND:
		e->outbound = true;
		return ERR_NONE;
	case E_FIGURES:
		e->said.has_figures = true;
		return ERR_NONE;
#define X(field, member, absent)                                                                   \
	case field:                                                                                \
		e->member = f->i;                                                                  \
		return ERR_NONE;
		INT_FIELDS(X)
#undef X
	default:
		return ERR_STORAGE;
	}
}

enum err event_record_read(const void *bytes, size_t len, struct store_event *e)
{
	struct field_reader r = field_read_begin(bytes, len);
	struct field f;
	*e = (struct store_event){.provider = PROVIDER_NONE};
	statement_init(&e->said, SAID_BY_PROVIDER, 0);
	while (field_read(&r, &f)) {
		enum err bad = f.is_text ? read_text(e, &f) : read_int(e, &f);
		if (bad != ERR_NONE)
			return bad;
	}
	return r.bad || e->provider == PROVIDER_NONE || e->said.external_id == 0 ? ERR_STORAGE
										 : ERR_NONE;
}

struct statement event_said(const struct store_event *e)
{
	struct statement s = e->said;
	s.reason = e->reason[0] != '\0' ? e->reason : NULL;
	return s;
}

bool event_same(const struct store_event *a, const struct store_event *b)
{
	char x[EVENT_HEAD_SIZE], y[EVENT_HEAD_SIZE];
	event_head(a, x);
	event_head(b, y);
	return strcmp(x, y) == 0;
}

void event_head(const struct store_event *e, char out[EVENT_HEAD_SIZE])
{
	char at[RFC3339_SIZE];
	rfc3339_format(e->said.at_ms, at);
	snprintf(out, EVENT_HEAD_SIZE, "%s of %s, %s %" PRId64 "%s%s", e->what, at,
		provider_word(e->provider), e->said.external_id, e->state[0] != '\0' ? " " : "",
		e->state);
}
