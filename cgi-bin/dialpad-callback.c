/*
 * GET /dialpad/callback: where Dialpad sends the browser back to. There is no token here: the
 * state, used once and only with its cookie, says whose connection it is. Always answers 303 to the
 * page that began, which says what came of it.
 */
#include "base/text.h"
#include "connect/session.h"
#include "http/cookie.h"
#include "http/endpoint.h"
#include "http/query.h"

#include <stdio.h>
#include <string.h>

enum param { P_CODE, P_STATE, P_ERROR, P__MAX };

static const char *const param_names[P__MAX + 1] = {"code", "state", "error", NULL};

static void redirect(struct exchange *x, enum connect_outcome o, const struct connect_callback *cb)
{
	struct buf to;
	size_t path = strcspn(cb->return_to, "#");
	buf_init(&to, 4096);
	buf_add(&to, cb->return_to, path);
	buf_addc(&to, memchr(cb->return_to, '?', path) != NULL ? '&' : '?');
	buf_addf(&to, "dialpad=%s", o == CONNECT_DONE ? "connected" : "error");
	if (o != CONNECT_DONE)
		buf_addf(&to, "&reason=%s", connect_word(o));
	if (o == CONNECT_MISSING_SCOPE) {
		buf_adds(&to, "&scope=");
		text_add_encoded(&to, cb->scope);
	}
	buf_adds(&to, cb->return_to + path);
	if (to.failed) {
		response_internal(x->response);
	} else {
		response_restart(x->response, 303);
		response_header(x->response, "Location", to.s);
		if (o != CONNECT_INVALID_STATE)
			response_header(x->response, "Set-Cookie",
				CONNECT_COOKIE "=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
	}
	buf_release(&to);
}

static enum connect_outcome finish(struct exchange *x, struct connect_callback *cb)
{
	struct connect_session s;
	if (x->config->dialpad_client_id[0] == '\0')
		return CONNECT_INVALID_STATE;
	enum err e = connect_session_open(&s, x->config, x->store, x->log, true, x->retained);
	enum connect_outcome o = e == ERR_NONE ? connect_finish(&s.context, cb) : CONNECT_STORAGE;
	connect_session_close(&s);
	return o;
}

static const char *value(const struct query *q, enum param p)
{
	return q->value[p] != NULL ? q->value[p] : "";
}

static void dialpad_callback(struct exchange *x)
{
	struct query q;
	char cookie[OAUTH_STATE_LEN + 1];
	const char *bad = NULL;
	struct connect_callback cb = {.now_ms = x->request->now_ms};
	enum connect_outcome o = CONNECT_INVALID_STATE;
	snprintf(cb.return_to, sizeof(cb.return_to), "/");
	enum err e = query_parse(&q, x->request->query, param_names, &bad);
	if (e == ERR_NONE) {
		cookie_get(x->request->cookie, CONNECT_COOKIE, cookie, sizeof(cookie));
		cb.code = value(&q, P_CODE);
		cb.state = value(&q, P_STATE);
		cb.error = value(&q, P_ERROR);
		cb.cookie = cookie;
		o = finish(x, &cb);
	}
	redirect(x, o, &cb);
	query_release(&q);
}

const struct endpoint endpoint = {
	.name = "dialpad-callback", .method = "GET", .network = true, .handle = dialpad_callback};
