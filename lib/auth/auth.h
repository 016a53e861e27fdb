/*
 * Who is asking: a JWT checked by a policy that is built first and cannot be told to skip a check.
 *
 * libjwt 1.x verifies with whatever algorithm the token names, takes any signature when the key is
 * empty, ignores exp, nbf and crit, and reads out of bounds on malformed segments. Therefore, in
 * this order: the key is checked when the policy is loaded; the token is at most 4 KiB of three
 * non-empty base64url segments; the header is read by the strict JSON reader (alg exactly the
 * configured one, no crit); libjwt verifies; the algorithm is asked again; the claims are read by
 * the strict reader.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTH_TOKEN_MAX  4096
#define AUTH_USER_MAX   128 /* bytes of `sub` */
#define AUTH_LEEWAY_S   30
#define AUTH_SECRET_MIN 32
#define AUTH_TTL_MAX_S  ((int64_t)10 * 366 * 86400) /* of a token made here */

struct identity {
	char user[AUTH_USER_MAX + 1]; /* the claim `sub`: no control characters, valid UTF-8 */
	bool admin;                   /* the claim `role` is "admin" */
	int64_t expires_ms;
};

struct auth_policy; /* key, algorithm, issuer, audience; opaque */

/* Loads the key named by the configuration. ERR_INVALID (key too short, not a public key of that
 * algorithm), ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_IO, ERR_NOMEM; *why then says which file and what
 * is wrong, for the log. */
enum err auth_policy_load(
	const struct config *c, struct auth_policy **policy, struct buf *why) must_check;
void auth_policy_free(struct auth_policy *p); /* wipes the key; NULL is fine */
/* The file that the key comes from; "" where none is set. */
const char *auth_key_file(const struct config *c);

/* Checks the value of an Authorization header. ERR_INVALID: not acceptable, *why (static, for the
 * log only) says what; ERR_NOMEM; ERR_IO: libjwt is missing. That the signature of a token is right is
 * remembered in the data directory (verified.h); all else is judged anew. */
enum err auth_check(const struct auth_policy *p, const char *authorization, int64_t now_ms,
	struct identity *who, const char **why) must_check;

/* Makes a token for the user, valid `ttl_s` seconds (1 to AUTH_TTL_MAX_S) from now_ms, with iss and
 * aud as configured and, if admin, "role":"admin". ERR_CONFLICT where the policy's algorithm is not
 * HS256 (there is no private key), ERR_INVALID for a user that could not be a `sub` or a lifetime
 * out of range, ERR_TOO_LARGE if auth_check would refuse it for its length, ERR_NOMEM, ERR_IO: libjwt
 * is missing. */
enum err auth_token_make(const struct auth_policy *p, const char *user, bool admin, int64_t now_ms,
	int64_t ttl_s, struct buf *out) must_check;

/* Whether the text can be a user id: 1-128 bytes of UTF-8 without control characters. */
bool auth_user_valid(const char *user, size_t len);

#endif
