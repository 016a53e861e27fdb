/* POST /webhooks/aircall: an event of Aircall, proven by the token in it. */
#include "event/answer.h"

static void webhook_aircall(struct exchange *x)
{
	event_endpoint(x, event_from_aircall);
}

const struct endpoint endpoint = {
	.name = "webhook-aircall", .method = "POST", .no_pages = true, .handle = webhook_aircall};
