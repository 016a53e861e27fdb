/* GET /dialpad/status: whether the asker is connected to Dialpad, and what the page needs for the
 * CTI. */
#include "config/url.h"
#include "connect/connect.h"
#include "http/endpoint.h"
#include "http/failure.h"

#include <string.h>

static void add_scopes(struct jsonw *w, const char *scopes)
{
	jsonw_key(w, "scopes");
	jsonw_array(w);
	while (*scopes != '\0') {
		size_t len = strcspn(scopes, " ");
		if (len > 0)
			jsonw_string(w, scopes, len);
		scopes += len + strspn(scopes + len, " ");
	}
	jsonw_array_end(w);
}

static void add_cti(struct jsonw *w, const struct config *c)
{
	struct url base;
	struct buf origin;
	if (c->dialpad_cti_client_id[0] == '\0' ||
		!url_split(c->dialpad_base_url, strlen(c->dialpad_base_url), &base))
		return;
	buf_init(&origin, 1024);
	url_origin(&base, &origin);
	jsonw_key(w, "cti");
	jsonw_object(w);
	jsonw_member_text(w, "clientId", c->dialpad_cti_client_id);
	/* What the page compares the sender of a message with, and sends its own to. */
	jsonw_member_text(w, "origin", origin.s);
	jsonw_object_end(w);
	buf_release(&origin);
}

static void dialpad_status(struct exchange *x)
{
	struct connect_status s;
	struct jsonw w;
	enum err e = connect_status(x->store, x->who.user, &s);
	if (e != ERR_NONE) {
		response_failure(x->response, e);
		return;
	}
	response_json(x->response, &w, 200, true);
	jsonw_member_bool(&w, "connected", s.connected);
	add_scopes(&w, s.scopes);
	if (s.expires_ms != 0)
		jsonw_member_time(&w, "expiresAt", s.expires_ms);
	jsonw_member_bool(&w, "needsReconnect", s.needs_reconnect);
	add_cti(&w, x->config);
	response_json_end(x->response, &w);
}

const struct endpoint endpoint = {
	.name = "dialpad-status", .method = "GET", .bearer = true, .handle = dialpad_status};
