/* POST /webhooks/dialpad: an event of Dialpad, a JWT of which the signature is its proof. */
#include "event/answer.h"

static void webhook_dialpad(struct exchange *x)
{
	event_endpoint(x, event_from_dialpad);
}

const struct endpoint endpoint = {
	.name = "webhook-dialpad", .method = "POST", .no_pages = true, .handle = webhook_dialpad};
