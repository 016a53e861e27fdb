#include "connect/connect.h"

#include "base/clock.h"
#include "base/fault.h"
#include "connect/ask.h"
#include "connect/keep.h"
#include "store/connections.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

bool connect_return_valid(const char *path)
{
	size_t len = strlen(path);
	if (len < 1 || len > CONNECT_RETURN_MAX || path[0] != '/' || path[1] == '/')
		return false;
	for (size_t i = 0; i < len; i++)
		if (path[i] < 0x21 || path[i] > 0x7e || path[i] == '\\')
			return false;
	return true;
}

static_assert(CONNECT_STATE_MS <= STATE_KEPT_MS, "house-keeping drops what is older");

static void hash_of(const char *text, unsigned char out[STATE_HASH_LEN])
{
	crypto_generichash(out, STATE_HASH_LEN, (const unsigned char *)text, strlen(text), NULL, 0);
}

/* --- begin --- */

static enum err keep_state(const struct connect_context *x, const char *user, const char *return_to,
	const char *state, const char *cookie, const char *verifier, int64_t now_ms)
{
	struct connection_state s;
	connection_state_init(&s);
	snprintf(s.user, sizeof(s.user), "%s", user);
	snprintf(s.return_to, sizeof(s.return_to), "%s", return_to);
	s.made_ms = now_ms;
	hash_of(cookie, s.cookie_hash);
	unsigned char hash[STATE_HASH_LEN];
	hash_of(state, hash);
	enum err e = vault_seal(x->vault, state, verifier, strlen(verifier), &s.sealed);
	if (e == ERR_NONE)
		e = store_state_put(x->store, hash, &s, CONNECT_STATE_MS);
	connection_state_release(&s);
	return e;
}

enum err connect_begin(const struct connect_context *x, const char *user, const char *return_to,
	int64_t now_ms, struct buf *url, char cookie[OAUTH_STATE_LEN + 1])
{
	char state[OAUTH_STATE_LEN + 1], verifier[OAUTH_VERIFIER_LEN + 1];
	enum err e = oauth_random_text(state);
	if (e == ERR_NONE)
		e = oauth_random_text(verifier);
	if (e == ERR_NONE)
		e = oauth_random_text(cookie);
	if (e == ERR_NONE)
		e = oauth_authorize_url(x->config, state, verifier, url);
	if (e == ERR_NONE)
		e = keep_state(x, user, return_to, state, cookie, verifier, now_ms);
	sodium_memzero(verifier, sizeof(verifier));
	return e;
}

/* --- finish --- */

const char *connect_word(enum connect_outcome o)
{
	switch (o) {
	case CONNECT_DONE:
		return "connected";
	case CONNECT_ACCESS_DENIED:
		return "access_denied";
	case CONNECT_INVALID_STATE:
		return "invalid_state";
	case CONNECT_MISSING_SCOPE:
		return "missing_scope";
	case CONNECT_EXCHANGE_FAILED:
		return "exchange_failed";
	case CONNECT_UNREACHABLE:
		return "unreachable";
	case CONNECT_STORAGE:
		return "storage";
	}
	return "storage";
}

static enum connect_outcome failed(enum oauth_result r)
{
	return r == OAUTH_REFUSED ? CONNECT_EXCHANGE_FAILED : CONNECT_UNREACHABLE;
}

static enum connect_outcome keep(const struct connect_context *x, const char *user,
	const struct oauth_tokens *t, int64_t dialpad_user_id)
{
	struct connection c;
	connection_init(&c);
	c.dialpad_user_id = dialpad_user_id;
	snprintf(c.scopes, sizeof(c.scopes), "%s", x->config->dialpad_scopes);
	enum err e = keep_pair(x, user, t, clock_now_ms(), &c, -1);
	connection_release(&c);
	return e == ERR_NONE ? CONNECT_DONE : CONNECT_STORAGE;
}

/* The browser is the one that began; the code is worth asking about. */
static enum connect_outcome complete(const struct connect_context *x, struct connect_callback *cb,
	const struct connection_state *s)
{
	struct buf verifier;
	struct oauth_tokens t;
	int64_t dialpad_user_id = 0;
	buf_init_secret(&verifier, 256);
	oauth_tokens_init(&t);
	enum connect_outcome o = CONNECT_STORAGE;
	if (vault_unseal(x->vault, cb->state, s->sealed.s, s->sealed.len, &verifier) != ERR_NONE)
		goto out;
	enum oauth_result r = ask_exchange(x, cb->code, verifier.s, &t);
	FAULT_POINT("connect-after-exchange");
	o = CONNECT_MISSING_SCOPE;
	if (r == OAUTH_OK && t.names_scopes &&
		oauth_missing_scope(
			x->config->dialpad_required_scopes, t.scopes, cb->scope, sizeof(cb->scope)))
		goto out;
	if (r == OAUTH_OK)
		r = ask_me(x, t.access.s, &dialpad_user_id);
	o = r == OAUTH_OK ? keep(x, s->user, &t, dialpad_user_id) : failed(r);
out:
	oauth_tokens_release(&t);
	buf_release(&verifier);
	return o;
}

enum connect_outcome connect_finish(const struct connect_context *x, struct connect_callback *cb)
{
	struct connection_state s;
	unsigned char hash[STATE_HASH_LEN], cookie_hash[STATE_HASH_LEN];
	snprintf(cb->return_to, sizeof(cb->return_to), "/");
	cb->scope[0] = '\0';
	if (strlen(cb->state) != OAUTH_STATE_LEN || strlen(cb->cookie) != OAUTH_STATE_LEN)
		return CONNECT_INVALID_STATE;
	hash_of(cb->state, hash);
	hash_of(cb->cookie, cookie_hash);
	connection_state_init(&s);
	enum err e =
		store_state_take(x->store, hash, cookie_hash, cb->now_ms, CONNECT_STATE_MS, &s);
	enum connect_outcome o = e == ERR_NOT_FOUND ? CONNECT_INVALID_STATE : CONNECT_STORAGE;
	if (e == ERR_NONE) {
		snprintf(cb->return_to, sizeof(cb->return_to), "%s", s.return_to);
		if (cb->error[0] != '\0')
			o = CONNECT_ACCESS_DENIED;
		else if (cb->code[0] == '\0')
			o = CONNECT_EXCHANGE_FAILED;
		else
			o = complete(x, cb, &s);
	}
	connection_state_release(&s);
	return o;
}
