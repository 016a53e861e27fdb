/* Calls, what leads to them, and what belongs to them. */
#include "store/verify_records.h"

#include "auth/auth.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "call/follow.h"
#include "store/codec.h"
#include "store/keys.h"
#include "store/rows.h"

#include <inttypes.h>
#include <string.h>

struct id_text {
	char s[CALLID_SIZE];
};

static struct id_text id_of(const struct callid *id)
{
	struct id_text t = {""};
	callid_format(id, t.s);
	return t;
}

#define ID(id) (id_of(id).s)

static int want(struct verifying *v, enum db_name n, const void *key, size_t len,
	const struct callid *id, const char *what)
{
	bool there;
	int e = verify_there(v, n, key, len, &there);
	v->wanted[n]++;
	if (e == 0 && !there)
		verify_problem(v, n, "no entry %s for call %s", what, ID(id));
	return e;
}

/* --- calls --- */

static bool is_phone(const char *s)
{
	size_t len = strlen(s);
	return s[0] == '+' && len >= 9 && len <= 16 && text_is_digits(s + 1, len - 1);
}

static void check_text(
	struct verifying *v, const struct call *c, const char *what, const char *s, size_t max)
{
	if (strlen(s) > max || !text_is_utf8(s, strlen(s)))
		verify_problem(v, DB_CALLS, "%s: %s longer than %zu bytes, or no UTF-8", ID(&c->id),
			what, max);
}

/* What is not final is looked at until it is; what is final only while figures may change. */
static void check_look(struct verifying *v, const struct call *c)
{
	if (!call_status_final(c->status) && c->look_ms == 0)
		verify_problem(v, DB_CALLS, "%s: %s, and never looked at again", ID(&c->id),
			call_status_word(c->status));
	else if (c->look_ms != 0 && follow_next_look(c, 0) == 0)
		verify_problem(v, DB_CALLS, "%s: %s, and still looked at", ID(&c->id),
			call_status_word(c->status));
}

static void check_members(struct verifying *v, const struct call *c)
{
	if (!auth_user_valid(c->user, strlen(c->user)))
		verify_problem(v, DB_CALLS, "%s: user \"%s\" can be nobody's id", ID(&c->id),
			verify_show(c->user, strlen(c->user)).s);
	if (!is_phone(c->phone))
		verify_problem(v, DB_CALLS, "%s: number \"%s\" is not E.164", ID(&c->id),
			verify_show(c->phone, strlen(c->phone)).s);
	if (c->start_ms <= 0)
		verify_problem(v, DB_CALLS, "%s: no time of the request", ID(&c->id));
	if (c->duration_s < -1 || c->talk_s < -1 || c->answer_ms < 0 || c->end_ms < 0)
		verify_problem(v, DB_CALLS, "%s: negative figures", ID(&c->id));
	if (c->external_id < 0 || (c->external_id != 0 && (c->provider == PROVIDER_NONE ||
								  c->provider == PROVIDER_TEL)))
		verify_problem(v, DB_CALLS, "%s: id %" PRId64 " of no provider", ID(&c->id),
			c->external_id);
	check_text(v, c, "notes", c->notes, CALL_NOTES_MAX);
	check_text(v, c, "clientId", c->client_id, CALL_REF_MAX);
	check_text(v, c, "contactId", c->contact_id, CALL_REF_MAX);
	check_text(v, c, "dealId", c->deal_id, CALL_REF_MAX);
	check_look(v, c);
}

/* The provider's call is claimed for the row, and for no other. */
static int want_claim(struct verifying *v, const struct call *c)
{
	unsigned char key[KEY_CLAIM];
	struct buf owner;
	struct callid id;
	key_claim(c->provider, c->external_id, key);
	buf_init(&owner, CODEC_RECORD_MAX);
	int e = turn_get(&v->t, DB_CLAIMS, key, sizeof(key), &owner);
	v->wanted[DB_CLAIMS]++;
	if (e == DB_NOTFOUND) {
		verify_problem(v, DB_CLAIMS, "no claim of %s %" PRId64 " for call %s",
			provider_word(c->provider), c->external_id, ID(&c->id));
		e = 0;
	} else if (e == 0 && owner.len == CALLID_BYTES) {
		memcpy(id.b, owner.s, CALLID_BYTES);
		if (!callid_equal(&id, &c->id))
			verify_problem(v, DB_CLAIMS,
				"%s %" PRId64 " is claimed for call %s, and in the row of %s, too",
				provider_word(c->provider), c->external_id, ID(&id), ID(&c->id));
	}
	buf_release(&owner);
	return e;
}

static int check_entries(struct verifying *v, const struct call *c)
{
	unsigned char key[KEY_USER_ENTRY];
	size_t len = key_user_entry(c->user, c->start_ms, &c->id, key);
	int e = len > 0 ? want(v, DB_BY_USER, key, len, &c->id, "by user") : 0;
	key_time_id(c->start_ms, &c->id, key);
	if (e == 0)
		e = want(v, DB_BY_TIME, key, KEY_TIME_ID, &c->id, "by time");
	key_time_id(c->look_ms, &c->id, key);
	if (e == 0 && c->look_ms != 0)
		e = want(v, DB_DUE, key, KEY_TIME_ID, &c->id, "when due");
	return e == 0 && c->external_id != 0 ? want_claim(v, c) : e;
}

int verify_call(struct verifying *v, const DBT *key, const DBT *value)
{
	struct callid id;
	struct call c;
	if (key->size != CALLID_BYTES) {
		verify_problem(v, DB_CALLS, "a key of %u bytes", key->size);
		return 0;
	}
	memcpy(id.b, key->data, CALLID_BYTES);
	call_init(&c);
	int e = turn_error(codec_call_read(value->data, value->size, &id, &c));
	if (e == 0) {
		check_members(v, &c);
		e = check_entries(v, &c);
	} else if (e == TURN_DAMAGED) {
		verify_problem(v, DB_CALLS, "%s: cannot be read", ID(&id));
		e = 0;
	}
	call_release(&c);
	return e;
}

/* --- what belongs to calls --- */

int verify_trail(struct verifying *v, const DBT *key, const DBT *value)
{
	struct callid id;
	struct trail_entry entry;
	int e = 0;
	if (key->size != KEY_TRAIL) {
		verify_problem(v, DB_TRAIL, "a key of %u bytes", key->size);
		return 0;
	}
	memcpy(id.b, key->data, CALLID_BYTES);
	/* One call's entries stand together. */
	if (!v->last_known || !callid_equal(&v->last, &id)) {
		bool there;
		if ((e = verify_there(v, DB_CALLS, id.b, CALLID_BYTES, &there)) != 0)
			return e;
		if (!there)
			verify_problem(v, DB_TRAIL, "of %s, which is no call", ID(&id));
		v->last = id;
		v->last_known = true;
		v->last_count = 0;
	}
	if (++v->last_count == TRAIL_MAX + 1)
		verify_problem(v, DB_TRAIL, "more than %d entries of call %s", TRAIL_MAX, ID(&id));
	if (codec_trail_read(value->data, value->size, &entry) != ERR_NONE)
		verify_problem(v, DB_TRAIL, "entry %u of call %s cannot be read",
			key_trail_number(key->data), ID(&id));
	return 0;
}

/* Whose call the key stands for. One that cannot be read was told before. */
static int check_key_call(
	struct verifying *v, const struct callid *id, const char *user, size_t len)
{
	struct call c;
	call_init(&c);
	int e = row_get(&v->t, id, &c);
	if (e == DB_NOTFOUND)
		verify_problem(v, DB_KEYS, "a key of user %s is of call %s, which is not there",
			verify_show(user, len).s, ID(id));
	else if (e == 0 && (strlen(c.user) != len || memcmp(c.user, user, len) != 0))
		verify_problem(v, DB_KEYS, "a key of user %s is of call %s, which is not his",
			verify_show(user, len).s, ID(id));
	call_release(&c);
	return e == DB_NOTFOUND || e == TURN_DAMAGED ? 0 : e;
}

int verify_key(struct verifying *v, const DBT *key, const DBT *value)
{
	const char *user = key->data;
	size_t len = strnlen(user, key->size);
	struct key_record k;
	key_record_init(&k);
	int e = turn_error(codec_key_read(value->data, value->size, &k));
	if (e == 0)
		e = check_key_call(v, &k.call, user, len);
	else if (e == TURN_DAMAGED)
		verify_problem(
			v, DB_KEYS, "a key of user %s cannot be read", verify_show(user, len).s);
	key_record_release(&k);
	return e == TURN_DAMAGED ? 0 : e;
}

/* --- entries of indexes: to where do they lead? --- */

static int entry_leads(struct verifying *v, const DBT *key, size_t prefix, const char *what,
	bool (*fits)(const struct call *c, int64_t ms, const DBT *key))
{
	int64_t ms;
	struct callid id;
	struct call c;
	bool found;
	char time[RFC3339_SIZE];
	key_time_id_read((const unsigned char *)key->data + prefix, &ms, &id);
	rfc3339_format(ms, time);
	call_init(&c);
	int e = row_get(&v->t, &id, &c);
	found = e == 0;
	if (e == DB_NOTFOUND)
		verify_problem(v, v->now, "an entry %s at %s leads to %s, which is no call", what,
			time, ID(&id));
	else if (found && !fits(&c, ms, key))
		verify_problem(v, v->now, "an entry %s at %s does not fit the call %s", what, time,
			ID(&id));
	call_release(&c);
	/* One that cannot be read was told before. */
	return e == DB_NOTFOUND || e == TURN_DAMAGED ? 0 : e;
}

static bool fits_user(const struct call *c, int64_t ms, const DBT *key)
{
	size_t len = strlen(c->user) + 1;
	return c->start_ms == ms && key->size == len + KEY_TIME_ID &&
	       memcmp(key->data, c->user, len) == 0;
}

static bool fits_start(const struct call *c, int64_t ms, const DBT *key)
{
	(void)key;
	return c->start_ms == ms;
}

static bool fits_look(const struct call *c, int64_t ms, const DBT *key)
{
	(void)key;
	return c->look_ms == ms;
}

int verify_by_user(struct verifying *v, const DBT *key, const DBT *value)
{
	(void)value;
	if (!verify_is_entry(v, key, key->size > KEY_TIME_ID + 1 && key->size <= KEY_USER_ENTRY))
		return 0;
	return entry_leads(v, key, key->size - KEY_TIME_ID, "by user", fits_user);
}

int verify_by_time(struct verifying *v, const DBT *key, const DBT *value)
{
	(void)value;
	return verify_is_entry(v, key, key->size == KEY_TIME_ID)
		       ? entry_leads(v, key, 0, "by time", fits_start)
		       : 0;
}

int verify_due(struct verifying *v, const DBT *key, const DBT *value)
{
	(void)value;
	return verify_is_entry(v, key, key->size == KEY_TIME_ID)
		       ? entry_leads(v, key, 0, "when due", fits_look)
		       : 0;
}

int verify_claim(struct verifying *v, const DBT *key, const DBT *value)
{
	struct callid id;
	struct call c;
	bool found;
	enum provider_id p;
	int64_t external_id;
	if (!verify_is_entry(v, key, key->size == KEY_CLAIM))
		return 0;
	key_claim_read(key->data, &p, &external_id);
	if (value->size != CALLID_BYTES) {
		verify_problem(v, DB_CLAIMS, "%s %" PRId64 " is claimed for nothing",
			provider_word(p), external_id);
		return 0;
	}
	memcpy(id.b, value->data, CALLID_BYTES);
	call_init(&c);
	int e = row_get(&v->t, &id, &c);
	found = e == 0;
	if (e == DB_NOTFOUND)
		verify_problem(v, DB_CLAIMS, "%s %" PRId64 " is claimed for %s, which is no call",
			provider_word(p), external_id, ID(&id));
	else if (found && (c.external_id != external_id || provider_owning(c.provider) != p))
		verify_problem(v, DB_CLAIMS,
			"%s %" PRId64 " is claimed for call %s, which has another id or none",
			provider_word(p), external_id, ID(&id));
	call_release(&c);
	return e == DB_NOTFOUND || e == TURN_DAMAGED ? 0 : e;
}
