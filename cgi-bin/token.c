/*
 * POST /token: a token of one hour for whom Apache itself has signed in (REMOTE_USER). The address
 * must stand behind `Require valid-user`.
 */
#include "http/endpoint.h"
#include "http/failure.h"

#include <string.h>

#define TTL_S 3600

static void answer(struct exchange *x, const char *user)
{
	struct buf token;
	struct jsonw w;
	buf_init_secret(&token, AUTH_TOKEN_MAX);
	enum err e = auth_token_make(x->policy, user, config_is_admin(x->config, user),
		x->request->now_ms, TTL_S, &token);
	if (e == ERR_NONE) {
		response_json(x->response, &w, 200, true);
		jsonw_member_text(&w, "token", token.s);
		/* Whole seconds, as in the token. */
		jsonw_member_time(&w, "expiresAt", (x->request->now_ms / 1000 + TTL_S) * 1000);
		response_json_end(x->response, &w);
	} else if (e == ERR_CONFLICT) {
		response_not_configured(x->response);
	} else {
		response_failure(x->response, e);
	}
	buf_release(&token);
}

static void token(struct exchange *x)
{
	const char *user = x->request->remote_user;
	if (x->policy == NULL)
		response_not_configured(x->response);
	else if (!auth_user_valid(user, strlen(user)))
		response_error(x->response, 403, "forbidden", NULL, "Sign in at the server first.");
	else
		answer(x, user);
}

const struct endpoint endpoint = {
	.name = "token", .method = "POST", .policy = true, .handle = token};
