/* What the parts of Aircall share. Internal to lib/provider. */
#ifndef PROVIDER_AIRCALL_H
#define PROVIDER_AIRCALL_H

#include "json/json.h"
#include "provider/provider.h"

/* Begins a request with what all of them have. ERR_INVALID without a key. */
enum err aircall_begin(
	const struct config *c, const char *method, struct http_request *r) must_check;

/* UNIX seconds as milliseconds; 0: unknown. */
int64_t aircall_read_ms(const struct json *j, json_node n);
/* False: without an id and a start it is no call. */
bool aircall_read_call(const struct json *j, json_node call, struct provider_call *pc) must_check;

#endif
