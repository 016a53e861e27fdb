/* GET /call/:id: one call, for its owner and for administrators. */
#include "call/call_json.h"
#include "http/endpoint.h"
#include "http/failure.h"
#include "store/store.h"

#include <string.h>

static void show(struct exchange *x, const struct call *c)
{
	char etag[CALL_ETAG_SIZE];
	struct jsonw w;
	call_notes_etag(c, etag);
	response_header(x->response, "ETag", etag);
	response_json(x->response, &w, 200, true);
	jsonw_key(&w, "call");
	call_json(&w, c);
	response_json_end(x->response, &w);
}

static void call_show(struct exchange *x)
{
	struct callid id;
	struct call c;
	call_init(&c);
	enum err e = ERR_NOT_FOUND;
	if (path_callid(x->request->path_info, &id))
		e = store_call_get(x->store, &id, &c);
	/* Whose call it is decides whether it exists for the asker. */
	if (e == ERR_NONE && !x->who.admin && strcmp(c.user, x->who.user) != 0)
		e = ERR_NOT_FOUND;
	if (e == ERR_NONE)
		show(x, &c);
	else
		response_failure(x->response, e);
	call_release(&c);
}

const struct endpoint endpoint = {
	.name = "call-show", .method = "GET", .bearer = true, .handle = call_show};
