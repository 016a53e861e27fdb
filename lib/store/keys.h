/* Keys of the databases. Numbers are big-endian, so that bytes sort as the values do. */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include "auth/auth.h"
#include "base/callid.h"
#include "config/config.h"
#include <stddef.h>
#include <stdint.h>

#define KEY_TIME_BYTES 6 /* UNIX milliseconds, good until the year 10889 */
#define KEY_TIME_ID    (KEY_TIME_BYTES + CALLID_BYTES)
#define KEY_USER_MAX   (AUTH_USER_MAX + 1)
#define KEY_USER_ENTRY (KEY_USER_MAX + KEY_TIME_ID)
#define KEY_IDEM_MAX   (KEY_USER_MAX + 128)
#define KEY_CLAIM      9
#define KEY_TRAIL      (CALLID_BYTES + 2)

/* time, id */
void key_time_id(int64_t ms, const struct callid *id, unsigned char out[KEY_TIME_ID]);
/* The lowest key of a time. */
void key_time(int64_t ms, unsigned char out[KEY_TIME_BYTES]);
void key_time_id_read(const unsigned char *key, int64_t *ms, struct callid *id);
/* user, NUL: what all keys of a user begin with. Returns its length; 0 if the id is longer than a
 * user id can be, so that nobody is taken for whom he begins like. */
size_t key_user(const char *user, unsigned char out[KEY_USER_MAX]);
/* user, NUL, time, id; 0 as above */
size_t key_user_entry(
	const char *user, int64_t ms, const struct callid *id, unsigned char out[KEY_USER_ENTRY]);
/* user, NUL, idempotency key; 0 if one of them is too long */
size_t key_idempotency(const char *user, const char *key, unsigned char out[KEY_IDEM_MAX]);
/* The provider that owns the id: one call is claimed once, through whatever it was placed. */
void key_claim(enum provider_id p, int64_t external_id, unsigned char out[KEY_CLAIM]);
void key_claim_read(const unsigned char *key, enum provider_id *p, int64_t *external_id);
void key_trail(const struct callid *id, unsigned number, unsigned char out[KEY_TRAIL]);
unsigned key_trail_number(const unsigned char *key);

#endif
