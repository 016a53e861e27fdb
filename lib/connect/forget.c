/* The end of a connection: forgotten here first, then revoked at Dialpad as far as it can be. */
#include "connect/connect.h"

#include "base/clock.h"
#include "connect/ask.h"
#include "connect/keep.h"
#include "connect/pair.h"
#include "connect/refresh_lock.h"
#include "store/connections.h"

const char *connect_forgotten_words(enum connect_forgotten f)
{
	switch (f) {
	case FORGOTTEN_EVERYWHERE:
		return "";
	case FORGOTTEN_UNREACHABLE:
		return " here; Dialpad itself could not be reached, so revoke the access there";
	case FORGOTTEN_REFUSED:
		return " here; Dialpad refused to revoke the access, so revoke it there";
	case FORGOTTEN_UNREAD:
		break;
	}
	return " here; the tokens could not be read, so Dialpad was not told: revoke the access "
	       "there";
}

static enum connect_forgotten as_forgotten(enum oauth_result r)
{
	return r == OAUTH_OK        ? FORGOTTEN_EVERYWHERE
	       : r == OAUTH_REFUSED ? FORGOTTEN_REFUSED
				    : FORGOTTEN_UNREACHABLE;
}

/* An access token that has ended revokes nothing, and the refresh token would stay good: it is used
 * up for a last access token, which nobody keeps. */
static enum oauth_result revoke_anew(const struct connect_context *x, const char *refresh_token)
{
	struct oauth_tokens last;
	sigset_t before;
	bool expired;
	oauth_tokens_init(&last);
	signals_hold(&before);
	enum oauth_result r = ask_refresh(x, refresh_token, &last);
	if (r == OAUTH_OK)
		r = ask_deauthorize(x, last.access.s, &expired);
	signals_release(&before);
	oauth_tokens_release(&last);
	return r;
}

static enum oauth_result revoke_all(const struct connect_context *x, const struct connection *c,
	const struct oauth_tokens *t, int64_t now_ms)
{
	bool expired = c->expires_ms != 0 && c->expires_ms <= now_ms && t->refresh.len > 0;
	enum oauth_result r = OAUTH_REFUSED;
	if (!expired)
		r = ask_deauthorize(x, t->access.s, &expired);
	return expired && t->refresh.len > 0 ? revoke_anew(x, t->refresh.s) : r;
}

static enum connect_forgotten tell_dialpad(const struct connect_context *x, const char *user,
	const struct connection *c, int64_t now_ms)
{
	struct oauth_tokens t;
	enum connect_forgotten f = FORGOTTEN_UNREAD;
	if (x->vault == NULL || x->http == NULL)
		return f;
	oauth_tokens_init(&t);
	if (pair_unseal(x->vault, user, c, &t) == ERR_NONE)
		f = as_forgotten(revoke_all(x, c, &t, now_ms));
	oauth_tokens_release(&t);
	return f;
}

/* A refresh under way gives a pair that would be neither kept nor revoked: it is waited for, but
 * for half of the time only. Without the lock all goes on. */
static int lock_out_refresh(const struct connect_context *x, const char *user)
{
	int fd;
	int64_t now = clock_mono_ms();
	if (refresh_lock(x->config->data_dir, user, now + (x->deadline - now) / 2, &fd) != ERR_NONE)
		return -1;
	return fd;
}

enum err connect_forget(const struct connect_context *x, const char *user, int64_t now_ms,
	enum connect_forgotten *forgotten)
{
	struct connection c;
	connection_init(&c);
	*forgotten = FORGOTTEN_EVERYWHERE;
	int lock = lock_out_refresh(x, user);
	enum err got = store_connection_get(x->store, user, &c), e = got;
	/* Forgotten first: what follows may take long, fail, or be killed. What cannot be read can
	 * be forgotten, too. */
	if (got == ERR_NONE || got == ERR_STORAGE || got == ERR_NOMEM)
		e = store_connection_drop(x->store, user);
	refresh_unlock(lock);
	if (e == ERR_NONE && got != ERR_NONE)
		*forgotten = FORGOTTEN_UNREAD;
	else if (e == ERR_NONE && !c.needs_reconnect)
		*forgotten = tell_dialpad(x, user, &c, now_ms);
	connection_release(&c);
	return e == ERR_NOT_FOUND ? ERR_NONE : e;
}
