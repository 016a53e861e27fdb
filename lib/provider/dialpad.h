/* What the parts of Dialpad share. Internal to lib/provider. */
#ifndef PROVIDER_DIALPAD_H
#define PROVIDER_DIALPAD_H

#include "json/json.h"
#include "provider/provider.h"

#define DIALPAD_PAGE_SIZE 25

/* Begins a request with what all of them have. ERR_INVALID without a token. */
enum err dialpad_begin(const struct config *c, const char *token, const char *method,
	struct http_request *r) must_check;

/* A time of the call in UNIX milliseconds; 0: unknown. */
int64_t dialpad_read_ms(const struct json *j, json_node call, const char *name);
/* False: without an id it is no call. */
bool dialpad_read_call(const struct json *j, json_node call, struct provider_call *pc) must_check;

/* The list of the company's calls, as struct provider has it. */
bool dialpad_listed(const struct config *c);
enum err dialpad_list_request(
	const struct config *c, const struct list_query *q, struct http_request *r) must_check;
enum err dialpad_list_read(const struct http_answer *a, const struct list_query *q,
	struct list_page *p, int *skipped) must_check;

#endif
