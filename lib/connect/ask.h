/* What Dialpad is asked about a connection: one request each, sent once, within the deadline. What
 * goes wrong is logged; no token is. */
#ifndef CONNECT_ASK_H
#define CONNECT_ASK_H

#include "connect/connect.h"

/* Tokens for the code. Whatever would not be better later is OAUTH_REFUSED. */
enum oauth_result ask_exchange(const struct connect_context *x, const char *code,
	const char *verifier, struct oauth_tokens *t);

/* The next pair. As oauth_tokens_read. */
enum oauth_result ask_refresh(
	const struct connect_context *x, const char *refresh_token, struct oauth_tokens *t);

/* Whose the token is. Whatever would not be better later is OAUTH_REFUSED. */
enum oauth_result ask_me(
	const struct connect_context *x, const char *access_token, int64_t *user_id);

/* Has all tokens of the user revoked. *expired: it was refused because the token is not good. */
enum oauth_result ask_deauthorize(
	const struct connect_context *x, const char *access_token, bool *expired);

#endif
