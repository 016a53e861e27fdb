/*
 * One HTTP request as values. Only the gateway (cgi.c) reads the environment and the body; handlers
 * see this, so they run the same in a process per request, in a loop, and in unit tests.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "base/buf.h"
#include "json/json.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_BODY_MAX ((size_t)64 * 1024)
#define REQUEST_ID_SIZE  33 /* 32 hex digits and the NUL */

enum body_state {
	BODY_OK,        /* read to its end */
	BODY_TOO_LARGE, /* more than REQUEST_BODY_MAX; drained, not kept */
	BODY_BAD        /* its length does not parse or differs from what arrived */
};

/* Text members are never NULL: "" is "absent". All are borrowed from the gateway or the test. */
struct request {
	const char *method; /* "GET"; HEAD is given as GET with head_only set */
	bool head_only;
	const char
		*path_info; /* what follows the program's own path, decoded, with the leading `/` */
	const char *uri;    /* path and query as the client wrote them; for the log only */
	const char *query;  /* raw, without `?` */
	const char *content_type;
	const char *accept;
	const char *authorization;
	const char *if_match;
	bool has_if_match; /* the header is there, even if empty */
	const char *idempotency_key;
	bool has_idempotency_key; /* the header is there, even if empty */
	const char *origin;
	const char *preflight; /* Access-Control-Request-Method */
	const char *cookie;
	const char *remote_user;
	const char *remote_addr; /* as the server says; for the log only */
	bool https;
	struct buf body;
	enum body_state body_state;
	struct json json;         /* parsed body where the endpoint takes JSON; an object */
	char id[REQUEST_ID_SIZE]; /* X-Request-Id of the answer and of the log lines */
	int64_t now_ms;           /* when the request began */
	/* How its answer is framed: the number of a FastCGI request, or 0: not at all. */
	uint16_t fastcgi_id;
};

/* All text absent, the body empty and good: what the gateway and tests begin with. */
void request_init(struct request *q);
/* Frees the body and its JSON. */
void request_release(struct request *q);

#endif
