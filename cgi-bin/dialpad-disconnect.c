/* DELETE /dialpad: forgets the asker's tokens and tells Dialpad, which may be out of reach. */
#include "connect/session.h"
#include "http/endpoint.h"
#include "http/failure.h"

static void dialpad_disconnect(struct exchange *x)
{
	struct connect_session s;
	bool told = true;
	enum err e = connect_session_open(&s, x->config, x->store, x->log, true);
	/* Without the key the tokens cannot be read, but forgotten. */
	if (e == ERR_NONE || e == ERR_INVALID)
		e = connect_forget(&s.context, x->who.user, &told);
	connect_session_close(&s);
	if (e != ERR_NONE) {
		response_failure(x->response, e);
		return;
	}
	struct jsonw w;
	response_json(x->response, &w, 200, true);
	jsonw_member_text(&w, "message",
		told ? "Dialpad disconnected"
		     : "Dialpad disconnected here; Dialpad itself could not be reached, so revoke "
		       "the access there");
	response_json_end(x->response, &w);
}

const struct endpoint endpoint = {.name = "dialpad-disconnect",
	.method = "DELETE",
	.bearer = true,
	.handle = dialpad_disconnect};
