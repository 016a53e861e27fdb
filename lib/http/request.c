#include "http/request.h"

void request_init(struct request *q)
{
	*q = (struct request){
		.method = "",
		.path_info = "",
		.uri = "",
		.query = "",
		.content_type = "",
		.accept = "",
		.authorization = "",
		.if_match = "",
		.idempotency_key = "",
		.origin = "",
		.preflight = "",
		.cookie = "",
		.remote_user = "",
		.remote_addr = "",
		.body_state = BODY_OK,
	};
	buf_init(&q->body, REQUEST_BODY_MAX);
}

void request_release(struct request *q)
{
	json_release(&q->json);
	buf_release(&q->body);
}
