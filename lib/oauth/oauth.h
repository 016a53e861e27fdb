/*
 * Dialpad's OAuth 2 as pure functions: requests are built, answers are read, nothing is sent.
 *
 * GET /oauth2/authorize, POST /oauth2/token (authorization code with PKCE S256, refresh with rotation), POST
 * /oauth2/deauthorize, GET /api/v2/users/me. Client id and secret travel in the body of /oauth2/token, which is
 * form-encoded (RFC 6749) or JSON (what Dialpad's document lists), by DIALPAD_TOKEN_ENCODING.
 */
#ifndef OAUTH_OAUTH_H
#define OAUTH_OAUTH_H

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "provider/http_message.h"
#include <stdbool.h>
#include <stdint.h>

#define OAUTH_TOKEN_MAX    ((size_t)8 * 1024) /* bytes of one token */
#define OAUTH_VERIFIER_LEN 43                 /* 32 random bytes in base64url */
#define OAUTH_STATE_LEN    43
#define OAUTH_SCOPES_MAX   1024

/* A random text of base64url, NUL-terminated: for state, cookie and PKCE verifier (RFC 7636). */
enum err oauth_random_text(char out[OAUTH_STATE_LEN + 1]) must_check;

/* Where the browser is sent. */
enum err oauth_authorize_url(const struct config *c, const char *state, const char *verifier,
	struct buf *out) must_check;

enum err oauth_exchange_request(const struct config *c, const char *code, const char *verifier,
	struct http_request *r) must_check;
enum err oauth_refresh_request(
	const struct config *c, const char *refresh_token, struct http_request *r) must_check;
enum err oauth_deauthorize_request(
	const struct config *c, const char *access_token, struct http_request *r) must_check;
enum err oauth_me_request(
	const struct config *c, const char *access_token, struct http_request *r) must_check;

/* A pair of tokens. Buffers are secret ones. */
struct oauth_tokens {
	struct buf access, refresh;    /* refresh empty: none, the access token is static */
	int64_t expires_in_s;          /* -1: does not expire */
	bool names_scopes;             /* the answer told which scopes were granted */
	char scopes[OAUTH_SCOPES_MAX]; /* space-separated */
};
void oauth_tokens_init(struct oauth_tokens *t);
void oauth_tokens_release(struct oauth_tokens *t);

enum oauth_result {
	OAUTH_OK,
	OAUTH_REFUSED,    /* clearly: a 4xx other than 408 and 429 */
	OAUTH_UNREACHABLE /* an outage, a limit, or an answer that makes no sense: try again later */
};

/* The answer of both grants. `detail` (borrowed room of 200 characters * 4 + 1) gets the provider's words, cleaned. */
enum oauth_result oauth_tokens_read(
	const struct http_answer *a, struct oauth_tokens *t, char *detail, size_t detail_size);

/* users/me: the id is int64 and comes as a number or as a string. */
enum oauth_result oauth_me_read(const struct http_answer *a, int64_t *user_id);

/* The first of the required scopes (space-separated) that is not among the granted ones, copied to out; false: none is
 * missing. */
bool oauth_missing_scope(const char *required, const char *granted, char *out, size_t out_size);

#endif
