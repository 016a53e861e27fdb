/* What a provider is answered. */
#ifndef EVENT_ANSWER_H
#define EVENT_ANSWER_H

#include "event/event.h"
#include "http/endpoint.h"

/* Has one of the functions of event.h take the request's body in, and answers with what came of it:
 * 200; 401 whatever it was that did not prove it; 503 when it is worth sending again, and where the
 * webhook is not set up. */
void event_endpoint(struct exchange *x,
	enum event_result (*take)(const struct event_context *x, const struct buf *body));

#endif
