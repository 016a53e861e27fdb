#include "connect/pair.h"

#include "store/fields.h"

#include <stdio.h>

enum pair_field { P_ACCESS = 1, P_REFRESH };

enum err pair_seal(const struct vault *v, const char *user, const struct oauth_tokens *t,
	int64_t now_ms, struct connection *c)
{
	struct buf plain;
	/* Half a pair sealed would take the place of a whole one. */
	if (t->access.failed || t->refresh.failed)
		return ERR_NOMEM;
	buf_init_secret(&plain, 2 * OAUTH_TOKEN_MAX + 64);
	field_begin(&plain);
	field_bytes(&plain, P_ACCESS, t->access.s, t->access.len);
	field_bytes(&plain, P_REFRESH, t->refresh.s, t->refresh.len);
	enum err e = plain.failed ? ERR_NOMEM : vault_seal(v, user, plain.s, plain.len, &c->sealed);
	buf_release(&plain);
	if (e != ERR_NONE)
		return e;
	c->expires_ms = t->expires_in_s >= 0 ? now_ms + t->expires_in_s * 1000 : 0;
	c->needs_reconnect = false;
	if (t->names_scopes)
		snprintf(c->scopes, sizeof(c->scopes), "%s", t->scopes);
	return ERR_NONE;
}

enum err pair_unseal(
	const struct vault *v, const char *user, const struct connection *c, struct oauth_tokens *t)
{
	struct buf plain;
	buf_init_secret(&plain, 2 * OAUTH_TOKEN_MAX + 64);
	enum err e = vault_unseal(v, user, c->sealed.s, c->sealed.len, &plain);
	struct field_reader r = field_read_begin(plain.s, plain.len);
	struct field f;
	while (e == ERR_NONE && field_read(&r, &f)) {
		if (f.number == P_ACCESS && f.is_text)
			buf_add(&t->access, f.s, f.len);
		else if (f.number == P_REFRESH && f.is_text)
			buf_add(&t->refresh, f.s, f.len);
	}
	if (e == ERR_NONE && (t->access.failed || t->refresh.failed))
		e = ERR_NOMEM;
	else if (e == ERR_NONE && (r.bad || t->access.len == 0))
		e = ERR_INVALID;
	buf_release(&plain);
	return e;
}
