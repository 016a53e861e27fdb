#include "store/keys.h"

#include <string.h>

static void put_be(unsigned char *out, uint64_t v, size_t bytes)
{
	for (size_t i = bytes; i-- > 0; v >>= 8)
		out[i] = (unsigned char)v;
}

void key_time(int64_t ms, unsigned char out[KEY_TIME_BYTES])
{
	const int64_t latest = (INT64_C(1) << (8 * KEY_TIME_BYTES)) - 1;
	put_be(out, (uint64_t)(ms < 0 ? 0 : ms > latest ? latest : ms), KEY_TIME_BYTES);
}

void key_time_id(int64_t ms, const struct callid *id, unsigned char out[KEY_TIME_ID])
{
	key_time(ms, out);
	memcpy(out + KEY_TIME_BYTES, id->b, CALLID_BYTES);
}

static uint64_t get_be(const unsigned char *in, size_t bytes)
{
	uint64_t v = 0;
	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | in[i];
	return v;
}

void key_time_id_read(const unsigned char *key, int64_t *ms, struct callid *id)
{
	*ms = (int64_t)get_be(key, KEY_TIME_BYTES);
	memcpy(id->b, key + KEY_TIME_BYTES, CALLID_BYTES);
}

size_t key_user(const char *user, unsigned char out[KEY_USER_MAX])
{
	size_t len = strnlen(user, AUTH_USER_MAX + 1);
	if (len > AUTH_USER_MAX)
		return 0;
	memcpy(out, user, len);
	out[len] = '\0';
	return len + 1;
}

size_t key_user_entry(
	const char *user, int64_t ms, const struct callid *id, unsigned char out[KEY_USER_ENTRY])
{
	size_t len = key_user(user, out);
	if (len == 0)
		return 0;
	key_time_id(ms, id, out + len);
	return len + KEY_TIME_ID;
}

size_t key_idempotency(const char *user, const char *key, unsigned char out[KEY_IDEM_MAX])
{
	size_t len = key_user(user, out), key_len = strlen(key);
	if (len == 0 || key_len > KEY_IDEM_MAX - KEY_USER_MAX)
		return 0;
	memcpy(out + len, key, key_len);
	return len + key_len;
}

void key_claim(enum provider_id p, int64_t external_id, unsigned char out[KEY_CLAIM])
{
	out[0] = (unsigned char)provider_owning(p);
	put_be(out + 1, (uint64_t)external_id, 8);
}

void key_claim_read(const unsigned char *key, enum provider_id *p, int64_t *external_id)
{
	*p = key[0] < PROVIDER__MAX ? (enum provider_id)key[0] : PROVIDER_NONE;
	*external_id = (int64_t)get_be(key + 1, 8);
}

void key_trail(const struct callid *id, unsigned number, unsigned char out[KEY_TRAIL])
{
	memcpy(out, id->b, CALLID_BYTES);
	put_be(out + CALLID_BYTES, number, 2);
}

unsigned key_trail_number(const unsigned char *key)
{
	return (unsigned)key[CALLID_BYTES] << 8 | key[CALLID_BYTES + 1];
}
