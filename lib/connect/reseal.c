#include "connect/reseal.h"

#include "base/clock.h"
#include "base/fault.h"
#include "connect/pair.h"
#include "connect/refresh_lock.h"
#include "store/connections.h"

#include <string.h>

#define LOCK_WAIT_MS INT64_C(30000) /* a refresh under way is waited for */

struct resealing {
	const struct connect_context *x;
	struct reseal_count *n;
	enum err e;
};

/* With the first key, unless another pair has taken its place. */
static enum err seal_anew(
	struct resealing *r, const char *user, const struct buf *plain, struct connection *c)
{
	enum err e = vault_seal(r->x->vault, user, plain->s, plain->len, &c->sealed);
	FAULT_POINT("reseal-before-put");
	if (e == ERR_NONE)
		e = store_connection_put(r->x->store, user, c, c->version);
	FAULT_POINT("reseal-after-put");
	if (e == ERR_NONE)
		r->n->resealed++;
	/* Connected anew or gone meanwhile: that one is sealed with the new key already. */
	return e == ERR_CONFLICT ? ERR_NONE : e;
}

static enum err reseal_row(struct resealing *r, const char *user, struct connection *c)
{
	struct buf plain;
	enum err e = store_connection_get(r->x->store, user, c);
	if (e == ERR_NOT_FOUND || (e == ERR_NONE && c->needs_reconnect))
		return ERR_NONE;
	if (e != ERR_NONE)
		return e;
	if (vault_is_current(r->x->vault, c->sealed.s, c->sealed.len)) {
		r->n->current++;
		return ERR_NONE;
	}
	buf_init_secret(&plain, CONNECTION_SEALED_MAX);
	e = vault_unseal(r->x->vault, user, c->sealed.s, c->sealed.len, &plain);
	if (e == ERR_INVALID || e == ERR_NOT_FOUND) {
		log_write(r->x->log, LOG_OUTSIDE, "E6301",
			"the stored token pair of %s opens with no key of the file", user);
		r->n->unreadable++;
		e = ERR_NONE;
	} else if (e == ERR_NONE) {
		e = seal_anew(r, user, &plain, c);
	}
	buf_release(&plain);
	return e;
}

static bool reseal_each(void *arg, const char *user, const struct connection *seen)
{
	struct resealing *r = arg;
	struct connection c;
	int fd;
	(void)seen;
	r->e = refresh_lock(r->x->config->data_dir, user, clock_mono_ms() + LOCK_WAIT_MS, &fd);
	if (r->e != ERR_NONE)
		return false;
	connection_init(&c);
	r->e = reseal_row(r, user, &c);
	connection_release(&c);
	refresh_unlock(fd);
	return r->e == ERR_NONE;
}

enum err connect_reseal(const struct connect_context *x, struct reseal_count *n)
{
	struct resealing r = {x, n, ERR_NONE};
	memset(n, 0, sizeof(*n));
	enum err e = store_connection_list(x->store, reseal_each, &r);
	return e != ERR_NONE ? e : r.e;
}
