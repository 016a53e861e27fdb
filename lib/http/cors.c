#include "http/cors.h"

#include <string.h>

bool cors_allowed(const char *origins, const struct request *q)
{
	size_t len = strlen(q->origin);

	while (len > 0 && *origins) {
		size_t word;

		origins += strspn(origins, ", \t");
		word = strcspn(origins, ", \t");
		if (word == len && memcmp(origins, q->origin, len) == 0)
			return true;
		origins += word;
	}
	return false;
}

bool cors_is_preflight(const char *origins, const struct request *q)
{
	return strcmp(q->method, "OPTIONS") == 0 && *q->preflight && cors_allowed(origins, q);
}

void cors_preflight(struct response *r, const char *methods)
{
	response_restart(r, 204);
	response_header(r, "Access-Control-Allow-Methods", methods);
	response_header(r, "Access-Control-Allow-Headers",
		"Authorization, Content-Type, Idempotency-Key, If-Match");
	response_header(r, "Access-Control-Max-Age", "600");
}

void cors_headers(struct response *r, const char *origins, const struct request *q)
{
	if (!*origins)
		return;
	/* Also where no origin is allowed: a cache must not hand that answer to one that is. */
	response_header(r, "Vary", "Origin");
	if (!cors_allowed(origins, q))
		return;
	response_header(r, "Access-Control-Allow-Origin", q->origin);
	response_header(
		r, "Access-Control-Expose-Headers", "Date, ETag, Retry-After, X-Request-Id");
}
