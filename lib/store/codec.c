#include "store/codec.h"

#include "store/fields.h"

#include <stdlib.h>
#include <string.h>

/* --- calls --- */

enum call_field {
	F_USER = 1,
	F_PROVIDER,
	F_PHONE,
	F_STATUS,
	F_START,
	F_ANSWER,
	F_END,
	F_DURATION,
	F_TALK,
	F_EXTERNAL_ID,
	F_NOTES,
	F_CLIENT,
	F_CONTACT,
	F_DEAL,
	F_REASON,
	F_PROVIDER_USER,
	F_PROVIDER_NUMBER,
	F_ASKED,
	F_FIGURES,
	F_FINAL,
	F_BEFORE_LOST,
	F_LOOK,
	F_NOTES_VERSION,
	F__MAX
};

/* Integers of a call: where they are, and the value that means "absent". */
#define INT_FIELDS(X)                                                                              \
	X(F_START, start_ms, 0)                                                                    \
	X(F_ANSWER, answer_ms, 0)                                                                  \
	X(F_END, end_ms, 0)                                                                        \
	X(F_DURATION, duration_s, -1)                                                              \
	X(F_TALK, talk_s, -1)                                                                      \
	X(F_EXTERNAL_ID, external_id, 0)                                                           \
	X(F_PROVIDER_USER, provider_user_id, 0)                                                    \
	X(F_PROVIDER_NUMBER, provider_number_id, 0)                                                \
	X(F_ASKED, asked_ms, 0)                                                                    \
	X(F_FIGURES, figures_ms, 0)                                                                \
	X(F_FINAL, final_ms, 0)                                                                    \
	X(F_LOOK, look_ms, 0)                                                                      \
	X(F_NOTES_VERSION, notes_version, 0)

void codec_call(struct buf *out, const struct call *c)
{
	field_begin(out);
	field_text(out, F_USER, c->user);
	field_int(out, F_PROVIDER, c->provider);
	field_text(out, F_PHONE, c->phone);
	field_int(out, F_STATUS, c->status);
	if (c->status == CALL_LOST)
		field_int(out, F_BEFORE_LOST, c->before_lost);
#define X(field, member, absent)                                                                   \
	if (c->member != (absent))                                                                 \
		field_int(out, field, c->member);
	INT_FIELDS(X)
#undef X
	field_text(out, F_NOTES, c->notes);
	field_text(out, F_CLIENT, c->client_id);
	field_text(out, F_CONTACT, c->contact_id);
	field_text(out, F_DEAL, c->deal_id);
	field_text(out, F_REASON, c->reason);
}

static enum err set_owned(char **to, const struct field *f)
{
	char *copy = malloc(f->len + 1);
	if (copy == NULL)
		return ERR_NOMEM;
	memcpy(copy, f->s, f->len);
	copy[f->len] = '\0';
	enum err e = call_set_text(to, copy);
	free(copy);
	return e;
}

static enum err call_text(struct call *c, const struct field *f)
{
	switch (f->number) {
	case F_USER:
		return set_owned(&c->user, f);
	case F_NOTES:
		return set_owned(&c->notes, f);
	case F_CLIENT:
		return set_owned(&c->client_id, f);
	case F_CONTACT:
		return set_owned(&c->contact_id, f);
	case F_DEAL:
		return set_owned(&c->deal_id, f);
	case F_PHONE:
		return field_fixed(c->phone, sizeof(c->phone), f);
	case F_REASON:
		return field_fixed(c->reason, sizeof(c->reason), f);
	default:
		return ERR_STORAGE;
	}
}

static enum err call_int(struct call *c, const struct field *f)
{
	switch (f->number) {
	case F_PROVIDER:
		if (f->i < 0 || f->i >= PROVIDER__MAX)
			return ERR_STORAGE;
		c->provider = (enum provider_id)f->i;
		return ERR_NONE;
	case F_STATUS:
	case F_BEFORE_LOST:
		if (f->i < 0 || f->i >= CALL_STATUS__MAX)
			return ERR_STORAGE;
		if (f->number == F_STATUS)
			c->status = (enum call_status)f->i;
		else
			c->before_lost = (enum call_status)f->i;
		return ERR_NONE;
#define X(field, member, absent)                                                                   \
	case field:                                                                                \
		c->member = f->i;                                                                  \
		return ERR_NONE;
		INT_FIELDS(X)
#undef X
	default:
		return ERR_STORAGE;
	}
}

enum err codec_call_read(const void *bytes, size_t len, const struct callid *id, struct call *c)
{
	struct field_reader r = field_read_begin(bytes, len);
	struct field f;
	c->id = *id;
	while (field_read(&r, &f)) {
		enum err e = f.is_text ? call_text(c, &f) : call_int(c, &f);
		if (e != ERR_NONE)
			return e;
	}
	return r.bad ? ERR_STORAGE : ERR_NONE;
}

/* --- user settings --- */

enum user_field { U_AIRCALL_USER = 1, U_AIRCALL_NUMBER };

void codec_user(struct buf *out, const struct user_settings *u)
{
	field_begin(out);
	if (u->aircall_user_id != 0)
		field_int(out, U_AIRCALL_USER, u->aircall_user_id);
	if (u->aircall_number_id != 0)
		field_int(out, U_AIRCALL_NUMBER, u->aircall_number_id);
}

enum err codec_user_read(const void *bytes, size_t len, struct user_settings *u)
{
	struct field_reader r = field_read_begin(bytes, len);
	struct field f;
	memset(u, 0, sizeof(*u));
	while (field_read(&r, &f)) {
		if (f.is_text)
			return ERR_STORAGE;
		if (f.number == U_AIRCALL_USER)
			u->aircall_user_id = f.i;
		else if (f.number == U_AIRCALL_NUMBER)
			u->aircall_number_id = f.i;
		else
			return ERR_STORAGE;
	}
	return r.bad ? ERR_STORAGE : ERR_NONE;
}

/* --- idempotency keys --- */

enum key_field { K_CALL = 1, K_MADE, K_HTTP_STATUS, K_FINGERPRINT, K_ATTEMPTS, K_GIVEN };

void key_record_init(struct key_record *k)
{
	memset(k, 0, sizeof(*k));
	buf_init(&k->given, CODEC_RECORD_MAX);
	buf_init(&k->fingerprint, CODEC_RECORD_MAX);
	buf_init(&k->attempts, CODEC_RECORD_MAX);
}

void key_record_release(struct key_record *k)
{
	buf_release(&k->given);
	buf_release(&k->fingerprint);
	buf_release(&k->attempts);
}

void codec_key(struct buf *out, const struct key_record *k)
{
	field_begin(out);
	field_bytes(out, K_CALL, k->call.b, CALLID_BYTES);
	field_int(out, K_MADE, k->made_ms);
	if (k->http_status != 0)
		field_int(out, K_HTTP_STATUS, k->http_status);
	field_bytes(out, K_GIVEN, k->given.s, k->given.len);
	field_bytes(out, K_FINGERPRINT, k->fingerprint.s, k->fingerprint.len);
	if (k->attempts.len > 0)
		field_bytes(out, K_ATTEMPTS, k->attempts.s, k->attempts.len);
}

static enum err key_field_read(struct key_record *k, const struct field *f)
{
	if (f->number == K_MADE && !f->is_text)
		k->made_ms = f->i;
	else if (f->number == K_HTTP_STATUS && !f->is_text && f->i > 0 && f->i < 600)
		k->http_status = (int)f->i;
	else if (f->number == K_CALL && f->is_text && f->len == CALLID_BYTES)
		memcpy(k->call.b, f->s, CALLID_BYTES);
	else if (f->number == K_GIVEN && f->is_text)
		buf_add(&k->given, f->s, f->len);
	else if (f->number == K_FINGERPRINT && f->is_text)
		buf_add(&k->fingerprint, f->s, f->len);
	else if (f->number == K_ATTEMPTS && f->is_text)
		buf_add(&k->attempts, f->s, f->len);
	else
		return ERR_STORAGE;
	return k->given.failed || k->fingerprint.failed || k->attempts.failed ? ERR_NOMEM
									      : ERR_NONE;
}

enum err codec_key_read(const void *bytes, size_t len, struct key_record *k)
{
	struct field_reader r = field_read_begin(bytes, len);
	struct field f;
	while (field_read(&r, &f)) {
		enum err e = key_field_read(k, &f);
		if (e != ERR_NONE)
			return e;
	}
	return r.bad ? ERR_STORAGE : ERR_NONE;
}

/* --- the trail --- */

enum trail_field { T_AT = 1, T_KIND, T_TEXT, T_TIMES, T_LAST };

void codec_trail(struct buf *out, const struct trail_entry *e)
{
	field_begin(out);
	field_int(out, T_AT, e->at_ms);
	field_int(out, T_KIND, e->kind);
	field_text(out, T_TEXT, e->text);
	if (e->times > 1) {
		field_int(out, T_TIMES, e->times);
		field_int(out, T_LAST, e->last_ms);
	}
}

enum err codec_trail_read(const void *bytes, size_t len, struct trail_entry *e)
{
	struct field_reader r = field_read_begin(bytes, len);
	struct field f;
	memset(e, 0, sizeof(*e));
	while (field_read(&r, &f)) {
		if (f.number == T_AT && !f.is_text)
			e->at_ms = f.i;
		else if (f.number == T_KIND && !f.is_text && f.i > 0 && f.i < TRAIL_KIND__MAX)
			e->kind = (enum trail_kind)f.i;
		else if (f.number == T_TIMES && !f.is_text && f.i > 1)
			e->times = f.i;
		else if (f.number == T_LAST && !f.is_text)
			e->last_ms = f.i;
		else if (f.number != T_TEXT || !f.is_text ||
			 field_fixed(e->text, sizeof(e->text), &f) != ERR_NONE)
			return ERR_STORAGE;
	}
	return r.bad ? ERR_STORAGE : ERR_NONE;
}
