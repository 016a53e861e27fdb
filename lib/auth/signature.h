/*
 * Signatures of JSON Web Tokens: the only place that knows libjwt (1.10 to 1.17). What libjwt
 * leaves open is closed here or by what auth.h says is done before.
 */
#ifndef AUTH_SIGNATURE_H
#define AUTH_SIGNATURE_H

#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum signature_alg { SIGNATURE_HS256, SIGNATURE_RS256, SIGNATURE_ES256 };

/* "HS256" … as in the token's header. */
const char *signature_word(enum signature_alg alg);
/* Bytes a signature has; 0 where the key decides. */
size_t signature_size(enum signature_alg alg);

/* Whether the token is signed with exactly this algorithm and key. The token has three base64url
 * segments, its header and claims are JSON; the key is checked. ERR_INVALID, ERR_NOMEM; ERR_IO:
 * signature_library_missing. */
enum err signature_check(
	enum signature_alg alg, const struct buf *key, const char *token) must_check;

/* For the log: libjwt cannot be loaded. */
extern const char *const signature_library_missing;

struct claims {
	const char *subject, *issuer, *audience, *role; /* NULL: left out */
	int64_t issued_s, expires_s;
};

/* Adds a compact JWT signed by HS256. ERR_NOMEM also for whatever else stops libjwt; ERR_IO:
 * signature_library_missing. */
enum err signature_make(
	const struct buf *key, const struct claims *claims, struct buf *out) must_check;

#endif
