/* What the parts of Aircall share. Internal to lib/provider. */
#ifndef PROVIDER_AIRCALL_H
#define PROVIDER_AIRCALL_H

#include "json/json.h"
#include "provider/provider.h"

#define AIRCALL_PAGE_SIZE 50

/* Begins a request with what all of them have. ERR_INVALID without a key. */
enum err aircall_begin(
	const struct config *c, const char *method, struct http_request *r) must_check;

/* What `meta` says about a page with so many elements: whether there is a further one; *total over
 * all, -1 if not told. */
bool aircall_has_more(const struct json *j, int asked_page, int on_page, int64_t *total);

/* UNIX seconds as milliseconds; 0: unknown. */
int64_t aircall_read_ms(const struct json *j, json_node n);
/* False: without an id and a start it is no call. */
bool aircall_read_call(const struct json *j, json_node call, struct provider_call *pc) must_check;

#endif
