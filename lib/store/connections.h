/*
 * Users' connections to Dialpad, and the states of connections being made. What is secret in them
 * arrives sealed and is not understood here. Errors as in store.h.
 */
#ifndef STORE_CONNECTIONS_H
#define STORE_CONNECTIONS_H

#include "store/store.h"

#define CONNECTION_SCOPES_MAX 1024
#define CONNECTION_SEALED_MAX ((size_t)24 * 1024)
#define STATE_HASH_LEN        32
#define STATE_RETURN_MAX      1024

struct connection {
	int64_t dialpad_user_id;
	int64_t expires_ms;   /* of the access token; 0: never, or not known */
	bool needs_reconnect; /* the pair is used up: only the user himself can mend it */
	char scopes[CONNECTION_SCOPES_MAX]; /* space-separated */
	struct buf sealed;                  /* the pair of tokens; empty when needs_reconnect */
	int64_t version;                    /* another one after every write */
};
void connection_init(struct connection *c);
void connection_release(struct connection *c);

/* ERR_NOT_FOUND: the user is not connected. *c is initialised by the caller. */
enum err store_connection_get(struct store *s, const char *user, struct connection *c) must_check;
/* Writes it; `version`: -1, or what it must still be (0: there must be none), else ERR_CONFLICT and
 * nothing changes. Durable before it returns. */
enum err store_connection_put(
	struct store *s, const char *user, const struct connection *c, int64_t version) must_check;
/* ERR_NOT_FOUND: there was none. */
enum err store_connection_drop(struct store *s, const char *user) must_check;
/* All of them in order of the user id; `each` may use the store. */
enum err store_connection_list(struct store *s,
	bool (*each)(void *arg, const char *user, const struct connection *c),
	void *arg) must_check;

/* A connection being made: found by the hash of its state, taken with the hash of its cookie. */
struct connection_state {
	char user[129];
	unsigned char cookie_hash[STATE_HASH_LEN];
	char return_to[STATE_RETURN_MAX + 1];
	int64_t made_ms;
	struct buf sealed; /* the PKCE verifier */
};
void connection_state_init(struct connection_state *c);
void connection_state_release(struct connection_state *c);

#define STATE_KEPT_MS INT64_C(3600000) /* the longest lifetime; store_housekeep drops older ones */

/* Also drops some of the states that are older than `lifetime_ms`. */
enum err store_state_put(struct store *s, const unsigned char hash[STATE_HASH_LEN],
	const struct connection_state *c, int64_t lifetime_ms) must_check;
/* Takes it out, once, if it is no older than that and the cookie is its own; else ERR_NOT_FOUND,
 * and a state whose cookie was wrong stays. */
enum err store_state_take(struct store *s, const unsigned char hash[STATE_HASH_LEN],
	const unsigned char cookie_hash[STATE_HASH_LEN], int64_t now_ms, int64_t lifetime_ms,
	struct connection_state *c) must_check;

#endif
