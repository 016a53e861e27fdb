/* DELETE /dialpad: forgets the asker's tokens and tells Dialpad, which may be out of reach.
 * Whatever stands in the way of telling, they are forgotten. */
#include "connect/session.h"
#include "http/endpoint.h"
#include "http/failure.h"

static void dialpad_disconnect(struct exchange *x)
{
	struct connect_session s;
	struct buf message;
	enum connect_forgotten f;
	/* Without key or client Dialpad cannot be told. */
	(void)!connect_session_open(&s, x->config, x->store, x->log, true, x->retained);
	enum err e = connect_forget(&s.context, x->who.user, x->request->now_ms, &f);
	connect_session_close(&s);
	if (e != ERR_NONE) {
		response_failure(x->response, e);
		return;
	}
	struct jsonw w;
	buf_init(&message, 1024);
	buf_addf(&message, "Dialpad disconnected%s", connect_forgotten_words(f));
	response_json(x->response, &w, 200, true);
	jsonw_member_text(&w, "message", message.s);
	response_json_end(x->response, &w);
	buf_release(&message);
}

const struct endpoint endpoint = {.name = "dialpad-disconnect",
	.method = "DELETE",
	.bearer = true,
	.network = true,
	.handle = dialpad_disconnect};
