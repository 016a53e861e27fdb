#include "sync/tokens.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/secret.h"
#include "base/text.h"
#include "connect/session.h"
#include "store/connections.h"

#include <stdlib.h>
#include <string.h>

/* Two runs see it before the end. */
#define EARLY_MS   INT64_C(150000)
#define REFRESH_MS INT64_C(10000) /* for one user */
#define RUN_MS     INT64_C(60000) /* from run to run */

/* A user whose token is to be refreshed. */
struct need {
	char *user;         /* owned */
	int64_t expires_ms; /* 0: calls wait for it */
	struct buf refused; /* the token that got a 401; empty: none did */
};

struct tokens {
	struct run *run;
	struct connect_session session;
	bool opened, failed, reopened;
	struct need *needs;
	size_t count, room;
};

enum err tokens_open(struct run *r, struct tokens **out)
{
	struct tokens *t = calloc(1, sizeof(*t));
	*out = t;
	if (t == NULL)
		return ERR_NOMEM;
	t->run = r;
	return ERR_NONE;
}

void tokens_close(struct tokens *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->count; i++) {
		free(t->needs[i].user);
		buf_release(&t->needs[i].refused);
	}
	free(t->needs);
	connect_session_close(&t->session);
	free(t);
}

/* --- who needs a refresh --- */

static struct need *find(const struct tokens *t, const char *user)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->needs[i].user, user) == 0)
			return &t->needs[i];
	return NULL;
}

/* The user's entry, made if need be; NULL: out of memory. */
static struct need *need(struct tokens *t, const char *user, int64_t expires_ms)
{
	struct need *n = find(t, user);
	if (n != NULL)
		return n;
	if (t->count == t->room) {
		size_t more = t->room * 2 + 16;
		struct need *bigger = realloc(t->needs, more * sizeof(*bigger));
		if (bigger == NULL)
			return NULL;
		t->needs = bigger;
		t->room = more;
	}
	n = &t->needs[t->count];
	*n = (struct need){.user = text_dup(user, strlen(user)), .expires_ms = expires_ms};
	if (n->user == NULL)
		return NULL;
	buf_init_secret(&n->refused, OAUTH_TOKEN_MAX);
	t->count++;
	return n;
}

void tokens_refused(struct tokens *t, const char *user, const char *token)
{
	struct need *n = need(t, user, 0);
	/* Without memory it is found out again by the next run. */
	if (n == NULL)
		return;
	buf_reset(&n->refused);
	buf_adds(&n->refused, token);
}

/* --- as they are stored --- */

/* The key of the tokens, on first use. What is wrong has been logged. */
static bool opened(struct tokens *t)
{
	const struct sync_options *o = t->run->o;
	if (t->opened || t->failed)
		return t->opened;
	t->opened = connect_session_open(&t->session, o->config, o->store, o->log, false, NULL) ==
		    ERR_NONE;
	t->failed = !t->opened;
	if (t->failed)
		connect_session_close(&t->session);
	t->session.context.http = t->run->driver.http;
	t->session.context.limits = t->run->driver.limits;
	return t->opened;
}

/* The file of the key may have got a new one since it was read; once. */
static bool reopen(struct tokens *t)
{
	if (t->reopened)
		return false;
	t->reopened = true;
	connect_session_close(&t->session);
	t->opened = false;
	return opened(t);
}

/* Whether this very token was refused in this run. */
static bool was_refused(const struct tokens *t, const char *user, const struct buf *token)
{
	const struct need *n = find(t, user);
	return n != NULL && n->refused.len > 0 &&
	       secret_equal(n->refused.s, n->refused.len, token->s, token->len);
}

bool tokens_usable(struct tokens *t)
{
	return opened(t);
}

enum token_result tokens_get(struct tokens *t, const char *user, struct buf *token)
{
	int64_t dialpad_user, now_ms = clock_now_ms();
	if (!opened(t))
		return TOKEN_NO_KEY;
	enum token_result got =
		connect_token_stored(&t->session.context, user, now_ms, token, &dialpad_user);
	if (got == TOKEN_NO_KEY && reopen(t))
		got = connect_token_stored(&t->session.context, user, now_ms, token, &dialpad_user);
	if (got == TOKEN_READY && was_refused(t, user, token))
		got = TOKEN_UNREACHABLE;
	if (got == TOKEN_UNREACHABLE && need(t, user, 0) == NULL)
		got = TOKEN_STORAGE;
	return got;
}

/* --- the phase of the refresh --- */

static bool ends_soon(void *arg, const char *user, const struct connection *c)
{
	struct tokens *t = arg;
	if (c->needs_reconnect || c->expires_ms == 0 || c->expires_ms - t->run->now_ms > EARLY_MS)
		return true;
	return need(t, user, c->expires_ms) != NULL;
}

/* Those for whom calls wait; then those that end, the first to end first; then those that have ended,
 * the latest first: one that cannot be refreshed for whatever reason moves to the end. */
static int compare(const void *a, const void *b, void *arg)
{
	const struct need *x = a, *y = b;
	int64_t now_ms = *(const int64_t *)arg;
	bool x_waits = x->expires_ms == 0, y_waits = y->expires_ms == 0;
	bool x_ended = x->expires_ms <= now_ms, y_ended = y->expires_ms <= now_ms;
	if (x_waits != y_waits)
		return x_waits ? -1 : 1;
	if (x_ended != y_ended)
		return x_ended ? 1 : -1;
	if (x->expires_ms != y->expires_ms)
		return (x->expires_ms < y->expires_ms) != x_ended ? -1 : 1;
	return strcmp(x->user, y->user);
}

static size_t waiting(const struct tokens *t)
{
	size_t n = 0;
	while (n < t->count && t->needs[n].expires_ms == 0)
		n++;
	return n;
}

/* One after the other they stay below what Dialpad takes in a second; only a 429 keeps them back. */
static bool is_blocked(const struct tokens *t)
{
	struct limit_state state;
	limits_look(t->run->driver.limits, LIMIT_DIALPAD_OTHER, &state);
	return state.blocked_ms > 0;
}

static enum token_result refresh(struct tokens *t, const struct need *n, int64_t deadline)
{
	struct connect_context *x = &t->session.context;
	const char *refused = n->refused.len > 0 ? n->refused.s : NULL;
	int64_t patience = clock_mono_ms() + REFRESH_MS;
	x->deadline = patience < deadline ? patience : deadline;
	FAULT_POINT("sync-before-refresh");
	return connect_token_refresh(x, n->user, refused, EARLY_MS, clock_now_ms());
}

static enum token_result refresh_one(struct tokens *t, const struct need *n, int64_t deadline)
{
	enum token_result got = refresh(t, n, deadline);
	if (got == TOKEN_NO_KEY && reopen(t))
		got = refresh(t, n, deadline);
	return got;
}

/* False: it could not be refreshed, and neither could others. */
static bool take(struct tokens *t, const struct need *n, enum token_result got, bool *woken)
{
	struct sync_summary *s = t->run->s;
	s->requests[PROVIDER_DIALPAD] += got != TOKEN_NOT_CONNECTED && got != TOKEN_NO_KEY;
	switch (got) {
	case TOKEN_READY:
		s->refreshed++;
		*woken = *woken || n->expires_ms == 0;
		return true;
	case TOKEN_NOT_CONNECTED:
	case TOKEN_RECONNECT:
		return true;
	case TOKEN_NO_KEY:
	case TOKEN_STORAGE:
	case TOKEN_UNREACHABLE:
		break;
	}
	/* It has been logged. */
	if (is_blocked(t))
		s->limited[PROVIDER_DIALPAD] = true;
	else
		s->failed[PROVIDER_DIALPAD] = true;
	return got != TOKEN_UNREACHABLE;
}

/* Some of the users, beginning with one of them and going round; an outage ends it. */
static void refresh_some(
	struct tokens *t, size_t from, size_t count, size_t begin, int64_t deadline, bool *woken)
{
	for (size_t i = 0; i < count; i++) {
		const struct need *n = &t->needs[from + (begin + i) % count];
		if (is_blocked(t) || clock_mono_ms() >= deadline) {
			t->run->s->limited[PROVIDER_DIALPAD] = true;
			return;
		}
		if (!take(t, n, refresh_one(t, n, deadline), woken))
			return;
	}
}

enum err tokens_refresh(struct tokens *t, int64_t deadline, bool *woken)
{
	int64_t now_ms = t->run->now_ms;
	*woken = false;
	enum err e = store_connection_list(t->run->o->store, ends_soon, t);
	if (e != ERR_NONE || t->count == 0)
		return e;
	if (!opened(t)) {
		t->run->s->failed[PROVIDER_DIALPAD] = true;
		return ERR_NONE;
	}
	qsort_r(t->needs, t->count, sizeof(*t->needs), compare, &now_ms);
	size_t first = waiting(t);
	/* Each run begins with another of them: who cannot be refreshed does not keep others from it. */
	refresh_some(t, 0, first, (size_t)(now_ms / RUN_MS), deadline, woken);
	refresh_some(t, first, t->count - first, 0, deadline, woken);
	return ERR_NONE;
}
