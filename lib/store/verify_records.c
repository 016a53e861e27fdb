#include "store/verify_records.h"

#include "auth/auth.h"
#include "base/text.h"
#include "store/codec.h"
#include "store/kept.h"
#include "store/rows.h"

#include <inttypes.h>
#include <string.h>

/* --- what the checks have in common --- */

struct verify_shown verify_show(const void *text, size_t len)
{
	struct verify_shown out = {""};
	struct buf b;
	buf_init(&b, 1024);
	text_add_clean(&b, text, len, 40);
	/* Cut between characters, should they be long ones. */
	size_t n = b.len;
	while (n >= sizeof(out.s) || (n > 0 && n < b.len && (b.s[n] & 0xc0) == 0x80))
		n--;
	memcpy(out.s, b.s, n);
	out.s[n] = '\0';
	buf_release(&b);
	return out;
}

int verify_there(struct verifying *v, enum db_name n, const void *key, size_t len, bool *there)
{
	DB *db;
	*there = false;
	int e = turn_db(&v->t, n, &db);
	if (e != 0)
		return e == DB_NOTFOUND ? 0 : e;
	DBT k = {.data = (void *)(uintptr_t)key, .size = (uint32_t)len};
	e = db->exists(db, NULL, &k, 0);
	*there = e == 0;
	return e == DB_NOTFOUND ? 0 : e;
}

bool verify_is_entry(struct verifying *v, const DBT *key, bool good)
{
	if (!good)
		verify_problem(v, v->now, "a key of %u bytes", key->size);
	return good;
}

/* --- the others --- */

static void check_user_key(struct verifying *v, const DBT *key)
{
	if (!auth_user_valid(key->data, key->size))
		verify_problem(v, v->now, "\"%s\" can be nobody's id",
			verify_show(key->data, key->size).s);
}

static int check_user(struct verifying *v, const DBT *key, const DBT *value)
{
	struct user_settings u;
	check_user_key(v, key);
	if (codec_user_read(value->data, value->size, &u) != ERR_NONE)
		verify_problem(v, DB_USERS, "the settings of %s cannot be read",
			verify_show(key->data, key->size).s);
	return 0;
}

static int check_connection(struct verifying *v, const DBT *key, const DBT *value)
{
	struct connection c;
	connection_init(&c);
	check_user_key(v, key);
	int e = turn_error(connection_read(value->data, value->size, &c));
	if (e == TURN_DAMAGED)
		verify_problem(v, DB_CONNECTIONS, "that of user %s cannot be read",
			verify_show(key->data, key->size).s);
	connection_release(&c);
	return e == TURN_DAMAGED ? 0 : e;
}

static int check_state(struct verifying *v, const DBT *key, const DBT *value)
{
	struct connection_state c;
	connection_state_init(&c);
	int e = turn_error(connection_state_read(value->data, value->size, &c));
	if (e == TURN_DAMAGED || key->size != STATE_HASH_LEN)
		verify_problem(v, DB_STATES, "one cannot be read");
	connection_state_release(&c);
	return e == TURN_DAMAGED ? 0 : e;
}

static int check_event(struct verifying *v, const DBT *key, const DBT *value)
{
	struct store_event event;
	unsigned char entry[KEPT_TIME_KEY_MAX];
	bool there;
	if (!kept_key_valid(key->data, key->size) ||
		event_record_read(value->data, value->size, &event) != ERR_NONE) {
		verify_problem(v, DB_EVENTS, "one that is kept cannot be read");
		return 0;
	}
	size_t len = kept_time_key(event.received_ms, key->data, key->size, entry);
	int e = verify_there(v, DB_EVENT_TIMES, entry, len, &there);
	v->wanted[DB_EVENT_TIMES]++;
	if (e == 0 && !there)
		verify_problem(v, DB_EVENT_TIMES, "no entry for an event of %s %" PRId64,
			provider_word(event.provider), event.said.external_id);
	return e;
}

static int check_counts(struct verifying *v, const DBT *key, const DBT *value)
{
	int64_t of[EVENT_COUNT__MAX];
	if (key->size != 1 || *(const unsigned char *)key->data >= PROVIDER__MAX ||
		event_counts_read(value->data, value->size, of) != ERR_NONE)
		verify_problem(v, DB_EVENT_COUNTS, "one cannot be read");
	return 0;
}

/* Of the order in which events came: leads to the event. */
static int event_time_entry(struct verifying *v, const DBT *key, const DBT *value)
{
	bool there = false;
	(void)value;
	if (!verify_is_entry(v, key, key->size > KEY_TIME_BYTES))
		return 0;
	int e = verify_there(v, DB_EVENTS, (const unsigned char *)key->data + KEY_TIME_BYTES,
		key->size - KEY_TIME_BYTES, &there);
	if (e == 0 && !there)
		verify_problem(v, DB_EVENT_TIMES, "an entry leads to no event");
	return e;
}

/* --- the table --- */

static const struct {
	verify_each *record, *entry;
} checks[DB_NAME__MAX] = {
	[DB_CALLS] = {verify_call, NULL},
	[DB_BY_USER] = {NULL, verify_by_user},
	[DB_BY_TIME] = {NULL, verify_by_time},
	[DB_CLAIMS] = {NULL, verify_claim},
	[DB_DUE] = {NULL, verify_due},
	[DB_KEYS] = {verify_key, NULL},
	[DB_TRAIL] = {verify_trail, NULL},
	[DB_USERS] = {check_user, NULL},
	[DB_CONNECTIONS] = {check_connection, NULL},
	[DB_STATES] = {check_state, NULL},
	[DB_EVENTS] = {check_event, NULL},
	[DB_EVENT_TIMES] = {NULL, event_time_entry},
	[DB_EVENT_COUNTS] = {check_counts, NULL},
};

verify_each *verify_record(enum db_name n)
{
	return checks[n].record;
}

verify_each *verify_entry(enum db_name n)
{
	return checks[n].entry;
}
