/*
 * Dialpad's OAuth 2 as pure functions: requests are built, answers are read, nothing is sent.
 *
 * GET /oauth2/authorize, POST /oauth2/token (authorization code with PKCE S256, refresh with
 * rotation), POST /oauth2/deauthorize, GET /api/v2/users/me. Client id and secret travel in the
 * body of /oauth2/token, which is form-encoded (RFC 6749) or JSON (what Dialpad's document lists),
 * by DIALPAD_TOKEN_ENCODING; `redirect_uri` goes with the code although that document does not
 * name it, since RFC 6749 (4.1.3) demands it.
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
#define OAUTH_DETAIL_MAX   200 /* characters */
#define OAUTH_DETAIL_SIZE  ((size_t)OAUTH_DETAIL_MAX * 4 + 1)

/* A random text of base64url, NUL-terminated: for state, cookie and PKCE verifier (RFC 7636). */
enum err oauth_random_text(char out[OAUTH_STATE_LEN + 1]) must_check;

/* Where the browser is sent. The builders give ERR_INVALID where a setting or an argument they need
 * is empty, ERR_NOMEM also where something is beyond all measure; what they built is useless then.
 * Requests are initialised and released by the caller. */
enum err oauth_authorize_url(const struct config *c, const char *state, const char *verifier,
	struct buf *out) must_check;

enum err oauth_exchange_request(const struct config *c, const char *code, const char *verifier,
	struct http_request *r) must_check;
enum err oauth_refresh_request(
	const struct config *c, const char *refresh_token, struct http_request *r) must_check;
/* Revokes all tokens the application has for the user. */
enum err oauth_deauthorize_request(
	const struct config *c, const char *access_token, struct http_request *r) must_check;
enum err oauth_me_request(
	const struct config *c, const char *access_token, struct http_request *r) must_check;

/* A pair of tokens: visible ASCII, which fits into a header. Buffers are secret ones. */
struct oauth_tokens {
	struct buf access, refresh;    /* refresh empty: none was given */
	int64_t expires_in_s;          /* -1: does not expire, or nobody knows when */
	bool names_scopes;             /* the answer told which scopes were granted */
	char scopes[OAUTH_SCOPES_MAX]; /* with single spaces between */
};
void oauth_tokens_init(struct oauth_tokens *t);
void oauth_tokens_release(struct oauth_tokens *t);

enum oauth_result {
	OAUTH_OK,
	OAUTH_REFUSED,    /* clearly: 400, 401, or 403 with an `error`, which blames the token;
			     users/me: any 4xx but 408 and 429 */
	OAUTH_UNREACHABLE /* an outage, a limit, or an answer without sense: try again later */
};

/*
 * The answer of both grants, into initialised tokens, which are left empty unless the result is
 * OAUTH_OK. Of an answer that grants, only the tokens must make sense: what else cannot be read
 * counts as not told. A refusal of the application or its request (`invalid_client`,
 * `unauthorized_client`, `unsupported_grant_type`, `invalid_request`, `invalid_scope`) and an
 * outage (`server_error`, `temporarily_unavailable`) say nothing about the user's tokens, whatever
 * the status, and count as OAUTH_UNREACHABLE. `detail` (OAUTH_DETAIL_SIZE) gets what is known about
 * a failure, for the log: the provider's words cleaned, and without anything that could be a token.
 */
enum oauth_result oauth_tokens_read(
	const struct http_answer *a, struct oauth_tokens *t, char *detail, size_t detail_size);

/* users/me: the id is int64 and comes as a number or as a string. */
enum oauth_result oauth_me_read(const struct http_answer *a, int64_t *user_id);

/* The first of the required scopes (space-separated) that is not among the granted ones, copied to
 * out (cut where it does not fit); false: none is missing. Scopes are compared as whole words. */
bool oauth_missing_scope(const char *required, const char *granted, char *out, size_t out_size);

#endif
