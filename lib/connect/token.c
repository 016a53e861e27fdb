/* A usable token: as stored, or refreshed by one process at a time. */
#include "connect/connect.h"

#include "base/fault.h"
#include "base/secret.h"
#include "connect/ask.h"
#include "connect/keep.h"
#include "connect/pair.h"
#include "connect/refresh_lock.h"

#include <string.h>

struct getting {
	const struct connect_context *x;
	const char *user;
	const char *refused;
	int64_t early_ms; /* one that ends within this is refreshed */
	bool tell_outage; /* even if what is stored is good for some seconds yet */
	struct connection row;
	struct oauth_tokens pair;
};

static void forget_pair(struct getting *g)
{
	buf_reset(&g->pair.access);
	buf_reset(&g->pair.refresh);
}

/* Reads row and pair; TOKEN_READY says no more than that they were read. */
static enum token_result load(struct getting *g)
{
	forget_pair(g);
	enum err e = store_connection_get(g->x->store, g->user, &g->row);
	if (e == ERR_NOT_FOUND)
		return TOKEN_NOT_CONNECTED;
	if (e != ERR_NONE)
		return TOKEN_STORAGE;
	if (g->row.needs_reconnect)
		return TOKEN_RECONNECT;
	e = pair_unseal(g->x->vault, g->user, &g->row, &g->pair);
	if (e == ERR_NONE)
		return TOKEN_READY;
	log_write(g->x->log, LOG_OUTSIDE, "E6001", "a stored token pair cannot be opened: %s",
		e == ERR_NOT_FOUND ? "its key is not in DIALER_TOKEN_KEY_FILE" : err_word(e));
	return e == ERR_NOT_FOUND ? TOKEN_NO_KEY : TOKEN_STORAGE;
}

static bool was_refused(const struct getting *g)
{
	return g->refused != NULL &&
	       secret_equal(g->refused, strlen(g->refused), g->pair.access.s, g->pair.access.len);
}

/* Good for a while; `early`: the margin before its end. */
static bool usable(const struct getting *g, int64_t now_ms, int64_t early)
{
	return !was_refused(g) && (g->row.expires_ms == 0 || g->row.expires_ms - now_ms > early);
}

static enum token_result need_reconnect(struct getting *g)
{
	struct connection spent;
	connection_init(&spent);
	spent.dialpad_user_id = g->row.dialpad_user_id;
	spent.needs_reconnect = true;
	memcpy(spent.scopes, g->row.scopes, sizeof(spent.scopes));
	enum err e = store_connection_put(g->x->store, g->user, &spent, g->row.version);
	connection_release(&spent);
	if (e == ERR_CONFLICT)
		return load(g); /* disconnected or connected anew meanwhile: that counts */
	log_write(g->x->log, LOG_OUTSIDE, "E6002",
		"a refresh was refused: the user has to connect again");
	return e == ERR_NONE ? TOKEN_RECONNECT : TOKEN_STORAGE;
}

/* The old refresh token is spent: only what is durable now may be used. */
static enum token_result keep(struct getting *g, const struct oauth_tokens *fresh, int64_t now_ms)
{
	enum err e = keep_pair(g->x, g->user, fresh, now_ms, &g->row, g->row.version);
	FAULT_POINT("refresh-after-store");
	if (e == ERR_CONFLICT)
		return load(g); /* disconnected or connected anew meanwhile: that counts */
	if (e != ERR_NONE) {
		log_write(g->x->log, LOG_OUTSIDE, "E6003",
			"a refreshed token pair could not be stored: %s", err_word(e));
		return TOKEN_STORAGE;
	}
	forget_pair(g);
	buf_add(&g->pair.access, fresh->access.s, fresh->access.len);
	return g->pair.access.failed ? TOKEN_STORAGE : TOKEN_READY;
}

/* With the user's lock: what is stored is read again, as another process may have refreshed it. */
static enum token_result refresh(struct getting *g, int64_t now_ms)
{
	enum token_result t = load(g);
	if (t != TOKEN_READY || usable(g, now_ms, g->early_ms))
		return t;
	if (g->pair.refresh.len == 0)
		return usable(g, now_ms, 0) ? TOKEN_READY : need_reconnect(g);
	struct oauth_tokens fresh;
	sigset_t before;
	oauth_tokens_init(&fresh);
	/* Ended between the two, the process would take the only good pair with it. */
	signals_hold(&before);
	switch (ask_refresh(g->x, g->pair.refresh.s, &fresh)) {
	case OAUTH_OK:
		/* Without a new refresh token the old one stays good (RFC 6749, 6). */
		if (fresh.refresh.len == 0 &&
			!buf_add(&fresh.refresh, g->pair.refresh.s, g->pair.refresh.len))
			t = TOKEN_STORAGE; /* what is stored is as good as before */
		else
			t = keep(g, &fresh, now_ms);
		break;
	case OAUTH_REFUSED:
		t = need_reconnect(g);
		break;
	case OAUTH_UNREACHABLE:
		/* An outage is no refusal: what is good for some seconds yet is used up. */
		t = usable(g, now_ms, 0) && !g->tell_outage ? TOKEN_READY : TOKEN_UNREACHABLE;
		break;
	}
	signals_release(&before);
	oauth_tokens_release(&fresh);
	return t;
}

static enum token_result get(struct getting *g, int64_t now_ms)
{
	enum token_result t = load(g);
	if (t != TOKEN_READY || usable(g, now_ms, g->early_ms))
		return t;
	int fd;
	enum err e = refresh_lock(g->x->config->data_dir, g->user, g->x->deadline, &fd);
	if (e == ERR_BUSY)
		return usable(g, now_ms, 0) ? TOKEN_READY : TOKEN_UNREACHABLE;
	if (e != ERR_NONE)
		return TOKEN_STORAGE;
	t = refresh(g, now_ms);
	refresh_unlock(fd);
	return t;
}

static void getting_init(struct getting *g, const struct connect_context *x, const char *user,
	const char *refused, int64_t early_ms)
{
	*g = (struct getting){.x = x, .user = user, .refused = refused, .early_ms = early_ms};
	connection_init(&g->row);
	oauth_tokens_init(&g->pair);
}

static void getting_release(struct getting *g)
{
	oauth_tokens_release(&g->pair);
	connection_release(&g->row);
}

/* Gives the token, if it is ready. */
static enum token_result give(
	const struct getting *g, enum token_result t, struct buf *token, int64_t *dialpad_user_id)
{
	if (t != TOKEN_READY)
		return t;
	buf_reset(token);
	*dialpad_user_id = g->row.dialpad_user_id;
	return buf_add(token, g->pair.access.s, g->pair.access.len) ? TOKEN_READY : TOKEN_STORAGE;
}

enum token_result connect_token(const struct connect_context *x, const char *user,
	const char *refused, int64_t now_ms, struct buf *token, int64_t *dialpad_user_id)
{
	struct getting g;
	getting_init(&g, x, user, refused, CONNECT_EARLY_MS);
	enum token_result t = give(&g, get(&g, now_ms), token, dialpad_user_id);
	getting_release(&g);
	return t;
}

enum token_result connect_token_stored(const struct connect_context *x, const char *user,
	int64_t now_ms, struct buf *token, int64_t *dialpad_user_id)
{
	struct getting g;
	getting_init(&g, x, user, NULL, 0);
	enum token_result t = load(&g);
	if (t == TOKEN_READY && !usable(&g, now_ms, 0))
		t = TOKEN_UNREACHABLE;
	t = give(&g, t, token, dialpad_user_id);
	getting_release(&g);
	return t;
}

enum token_result connect_token_refresh(const struct connect_context *x, const char *user,
	const char *refused, int64_t early_ms, int64_t now_ms)
{
	struct getting g;
	getting_init(&g, x, user, refused, early_ms);
	g.tell_outage = true;
	enum token_result t = get(&g, now_ms);
	getting_release(&g);
	return t;
}
