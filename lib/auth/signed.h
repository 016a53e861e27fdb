/*
 * A body that is one compact JWS (RFC 7515), signed by HS256 with a shared secret: how a provider
 * proves that an event is its own. It is no token of a user: key, claims and policy of auth.h have
 * nothing to do with it.
 *
 * Nothing of it is parsed before the signature is known to be right. The algorithm is fixed: the
 * header must say exactly HS256, and have no `crit`.
 */
#ifndef AUTH_SIGNED_H
#define AUTH_SIGNED_H

#include "base/buf.h"
#include "base/err.h"
#include <stddef.h>

/* Adds the payload's bytes, whatever they are, to `payload`. ERR_INVALID: not proven genuine, *why
 * (static, for the log) says what is wrong; ERR_NOMEM. An empty secret proves nothing. */
enum err signed_body(const char *secret, const char *body, size_t len, struct buf *payload,
	const char **why) must_check;

#endif
