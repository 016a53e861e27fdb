#include "event/answer.h"

static void answer(struct response *r, enum event_result result)
{
	struct jsonw w;
	switch (result) {
	case EVENT_TAKEN:
		response_json(r, &w, 200, true);
		response_json_end(r, &w);
		break;
	case EVENT_NOT_CONFIGURED:
		response_not_configured(r);
		break;
	case EVENT_NOT_GENUINE:
		response_header(r, "WWW-Authenticate", "Bearer");
		response_error(r, 401, "unauthorized", NULL, "The event is not proven genuine.");
		break;
	case EVENT_NOT_STORED:
		response_storage_unavailable(r);
		break;
	case EVENT_NO_MEMORY:
		response_internal(r);
		break;
	}
}

void event_endpoint(struct exchange *x,
	enum event_result (*take)(const struct event_context *x, const struct buf *body))
{
	const struct event_context context = {.config = x->config,
		.store = x->store,
		.log = x->log,
		.now_ms = x->request->now_ms};
	answer(x->response, take(&context, &x->request->body));
}
