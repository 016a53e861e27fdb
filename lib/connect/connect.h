/*
 * A user's Dialpad connection: made in the browser, kept sealed, refreshed one process at a time.
 *
 *   - Begin: a state and a cookie are made; only their hashes and the sealed PKCE verifier are
 *     stored, for ten minutes.
 *   - Finish: the state is taken once, only together with its cookie; the code is exchanged, scopes
 *     are checked, the user's Dialpad id is asked for, and the sealed pair is stored. Whatever
 *     fails before leaves everything as it was.
 *   - End: forgotten here, then revoked at Dialpad.
 */
#ifndef CONNECT_CONNECT_H
#define CONNECT_CONNECT_H

#include "base/log.h"
#include "config/config.h"
#include "limit/limit.h"
#include "oauth/oauth.h"
#include "provider/http_client.h"
#include "store/store.h"
#include "vault/vault.h"

#define CONNECT_STATE_MS   (INT64_C(10) * 60 * 1000)
#define CONNECT_COOKIE     "dialer_oauth"
#define CONNECT_RETURN_MAX 1024
#define CONNECT_EARLY_MS   INT64_C(60000) /* one that ends within this is refreshed before use */

struct connect_context {
	const struct config *config;
	struct store *store;
	const struct vault *vault;
	const struct log *log;
	struct http_client *http;
	struct limits *limits; /* what is sent is counted there; NULL: nowhere */
	int64_t deadline;      /* of the monotonic clock, for all that is asked */
};

/* Whether the text may be returned to: one leading `/`, no `//`, no `\`, visible ASCII only, not
 * too long. */
bool connect_return_valid(const char *path);

/* `url`: the authorize URL; `cookie`: the value of the cookie bound to it. */
enum err connect_begin(const struct connect_context *x, const char *user, const char *return_to,
	int64_t now_ms, struct buf *url, char cookie[OAUTH_STATE_LEN + 1]) must_check;

enum connect_outcome {
	CONNECT_DONE,
	CONNECT_ACCESS_DENIED,
	CONNECT_INVALID_STATE,
	CONNECT_MISSING_SCOPE,
	CONNECT_EXCHANGE_FAILED,
	CONNECT_UNREACHABLE,
	CONNECT_STORAGE
};
/* "connected", "access_denied", "invalid_state" … */
const char *connect_word(enum connect_outcome o);

struct connect_callback {
	const char *code, *state, *error, *cookie; /* "" where absent */
	int64_t now_ms;
	/* --- found --- */
	char return_to[CONNECT_RETURN_MAX + 1]; /* "/" where not known */
	char scope[256];                        /* the missing one */
};
enum connect_outcome connect_finish(const struct connect_context *x, struct connect_callback *cb);

struct connect_status {
	bool connected, needs_reconnect;
	char scopes[OAUTH_SCOPES_MAX];
	int64_t expires_ms; /* 0: never, or not known */
};
/* A user who never connected is neither connected nor in need. */
enum err connect_status(struct store *s, const char *user, struct connect_status *out) must_check;

enum connect_forgotten {
	FORGOTTEN_EVERYWHERE,  /* or there was nothing to forget */
	FORGOTTEN_UNREACHABLE, /* here; Dialpad could not be told */
	FORGOTTEN_REFUSED,     /* here; Dialpad was told and does not revoke */
	FORGOTTEN_UNREAD       /* here; with what Dialpad is told could not be read */
};
/* To stand behind "disconnected": nothing, or that it was here only and what to do. */
const char *connect_forgotten_words(enum connect_forgotten f);

/* Forgets the tokens, durably, and has Dialpad revoke them: with a fresh access token where the
 * stored one has ended. Not being connected is no error. Vault and client may be NULL: the tokens
 * are forgotten then, too, as they are where they cannot be read. ERR_BUSY, ERR_STORAGE, ERR_NOMEM:
 * they are not forgotten. */
enum err connect_forget(const struct connect_context *x, const char *user, int64_t now_ms,
	enum connect_forgotten *forgotten) must_check;

enum token_result {
	TOKEN_READY,
	TOKEN_NOT_CONNECTED,
	TOKEN_RECONNECT,   /* the refresh was refused: the user has to connect again */
	TOKEN_UNREACHABLE, /* no usable token, and none could be had now */
	TOKEN_NO_KEY,      /* sealed with a key that the vault does not have: the file may have got
			      a new one since it was read */
	TOKEN_STORAGE
};

/* A usable access token of the user and his Dialpad id. `refused` (NULL: none): an access token
 * that just got a 401; it is not given again. Refreshes under a lock of the user's own, across all
 * processes; the rotated pair is durable before it is given. */
enum token_result connect_token(const struct connect_context *x, const char *user,
	const char *refused, int64_t now_ms, struct buf *token, int64_t *dialpad_user_id);

/* The same without asking anybody or waiting for another process: the stored one. TOKEN_UNREACHABLE:
 * it has ended. */
enum token_result connect_token_stored(const struct connect_context *x, const char *user,
	int64_t now_ms, struct buf *token, int64_t *dialpad_user_id);

/* Refreshes the stored one if it ends within early_ms or was refused. TOKEN_READY: it was, or another
 * process is at it; TOKEN_UNREACHABLE: an outage, even if what is stored is good for some seconds. */
enum token_result connect_token_refresh(const struct connect_context *x, const char *user,
	const char *refused, int64_t early_ms, int64_t now_ms);

#endif
