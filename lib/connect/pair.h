/* The pair of tokens as it is sealed into a user's connection. */
#ifndef CONNECT_PAIR_H
#define CONNECT_PAIR_H

#include "base/err.h"
#include "oauth/oauth.h"
#include "store/connections.h"
#include "vault/vault.h"

/* Puts the sealed pair, and what of it may be read by anybody, into the connection. ERR_NOMEM, also
 * for tokens whose buffers have failed. */
enum err pair_seal(const struct vault *v, const char *user, const struct oauth_tokens *t,
	int64_t now_ms, struct connection *c) must_check;
/* Opens the pair of a connection into an initialised t. Errors as vault_unseal. */
enum err pair_unseal(const struct vault *v, const char *user, const struct connection *c,
	struct oauth_tokens *t) must_check;

#endif
