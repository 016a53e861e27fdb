/*
 * POST /dialpad/connect: answers the address of Dialpad's consent page and binds the way back to
 * this browser by a cookie.
 */
#include "connect/session.h"
#include "http/endpoint.h"
#include "http/failure.h"

#include <stdio.h>
#include <string.h>

/* The browser comes back to the page's own path; what could lead elsewhere is refused. */
static bool read_return_to(struct exchange *x, char out[CONNECT_RETURN_MAX + 1])
{
	const struct json *j = &x->request->json;
	json_node n = json_member(j, json_root(j), "returnTo");
	snprintf(out, CONNECT_RETURN_MAX + 1, "/");
	if (x->request->body.len == 0 || json_type(j, n) == JSON_ABSENT)
		return true;
	if (json_string_fixed(j, n, out, CONNECT_RETURN_MAX + 1) && connect_return_valid(out))
		return true;
	response_error(x->response, 400, "invalid_parameter", "returnTo",
		"returnTo must be a path on this server.");
	return false;
}

static void set_cookie(struct exchange *x, const char *value)
{
	bool secure = x->request->https || strncmp(x->config->public_url, "https://", 8) == 0;
	char text[256];
	snprintf(text, sizeof(text),
		CONNECT_COOKIE "=%s; Max-Age=%d; Path=/; HttpOnly; SameSite=Lax%s", value,
		(int)(CONNECT_STATE_MS / 1000), secure ? "; Secure" : "");
	response_header(x->response, "Set-Cookie", text);
}

static void begin(struct exchange *x, const struct connect_context *c, const char *return_to)
{
	struct buf url;
	char cookie[OAUTH_STATE_LEN + 1];
	buf_init(&url, 8192);
	enum err e = connect_begin(c, x->who.user, return_to, x->request->now_ms, &url, cookie);
	if (e == ERR_NONE) {
		struct jsonw w;
		set_cookie(x, cookie);
		response_json(x->response, &w, 200, true);
		jsonw_member_text(&w, "authorizeUrl", url.s);
		response_json_end(x->response, &w);
	} else {
		response_failure(x->response, e);
	}
	buf_release(&url);
}

static void dialpad_connect(struct exchange *x)
{
	char return_to[CONNECT_RETURN_MAX + 1];
	struct connect_session s;
	if (!read_return_to(x, return_to))
		return;
	if (x->config->dialpad_client_id[0] == '\0' || x->config->dialpad_redirect_uri[0] == '\0') {
		response_not_configured(x->response);
		return;
	}
	enum err e = connect_session_open(&s, x->config, x->store, x->log, false, x->retained);
	if (e == ERR_NONE)
		begin(x, &s.context, return_to);
	else if (e == ERR_INVALID)
		response_not_configured(x->response);
	else
		response_failure(x->response, e);
	connect_session_close(&s);
}

const struct endpoint endpoint = {.name = "dialpad-connect",
	.method = "POST",
	.bearer = true,
	.json_body = true,
	.json_optional = true,
	.handle = dialpad_connect};
