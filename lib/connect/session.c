#include "connect/session.h"

#include "base/clock.h"

#include <string.h>

enum err connect_session_open(struct connect_session *s, const struct config *c,
	struct store *store, const struct log *log, bool network, struct retained *clients)
{
	struct http_client *http = NULL;
	struct buf why;
	memset(s, 0, sizeof(*s));
	buf_init(&why, 1024);
	enum err e = vault_open(c->token_key_file, &s->vault, &why);
	if (e != ERR_NONE) {
		log_write(log, LOG_OUTSIDE, "E6201", "%s", why.s);
		e = e == ERR_NOMEM ? e : ERR_INVALID;
	}
	buf_release(&why);
	if (e == ERR_NONE && network)
		e = http_client_retained(c, clients != NULL ? clients : &s->own, &http);
	if (e == ERR_NONE && network)
		e = limits_open(c, log, &s->limits);
	s->context = (struct connect_context){.config = c,
		.store = store,
		.vault = s->vault,
		.log = log,
		.http = http,
		.limits = s->limits,
		.deadline = clock_mono_ms() + c->provider_timeout * 1000};
	return e;
}

void connect_session_close(struct connect_session *s)
{
	limits_close(s->limits);
	retained_release(&s->own);
	vault_close(s->vault);
	memset(s, 0, sizeof(*s));
}
