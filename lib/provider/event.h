/*
 * What providers tell by webhooks, as pure functions from JSON to values. Whether it is genuine is
 * for others to say, before or after.
 */
#ifndef PROVIDER_EVENT_H
#define PROVIDER_EVENT_H

#include "json/json.h"
#include "provider/provider.h"

struct provider_event {
	char what[49];             /* the provider's word for what happened, cleaned; "": none */
	int64_t at_ms;             /* when; 0: not told */
	struct provider_call call; /* as it was then */
};

/*
 * Aircall: {"resource":"call","event":"call.hungup","timestamp":1790603070,"token":"…","data":{…}},
 * `data` a call as in lists, `timestamp` the second in which this was written down. ERR_INVALID: it
 * is not about a call, or that has no id.
 */
enum err aircall_event_read(const struct json *j, struct provider_event *e) must_check;
/* Adds the token that is to prove it; false if there is none. */
bool aircall_event_token(const struct json *j, struct buf *out);

/* Dialpad: the call itself, its `state` the event, `event_timestamp` its time. The same errors. */
enum err dialpad_event_read(const struct json *j, struct provider_event *e) must_check;

#endif
