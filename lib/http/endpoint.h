/*
 * An endpoint: a handler function from request to response, and the table of what is checked before it
 * runs. endpoint_run applies the table in this order: method (405 with Allow; OPTIONS answers CORS
 * preflight), bearer token (401), media type (415), body size (413) and length (400), JSON body (400),
 * then calls the handler.
 */
#ifndef HTTP_ENDPOINT_H
#define HTTP_ENDPOINT_H

#include "auth/auth.h"
#include "base/log.h"
#include "config/config.h"
#include "http/request.h"
#include "http/response.h"

struct store; /* lib/store; never looked into by this layer */

struct exchange;

struct endpoint {
	const char *name;      /* "call-create"; names the program in the log */
	const char *method;    /* the one it answers: "GET" (HEAD as well), "POST", "PUT", "DELETE" */
	bool bearer;	       /* needs a valid JWT */
	bool json_body;	       /* needs an application/json body that is an object */
	void (*handle)(struct exchange *x);
};

/* Everything a handler may touch. */
struct exchange {
	const struct endpoint *endpoint;
	const struct config *config;
	struct request *request;
	struct response *response;
	struct identity who;  /* valid where endpoint->bearer */
	struct log *log;
	const struct auth_policy *policy; /* NULL: could not be loaded; bearer endpoints answer 503 */
	struct store *store;  /* for handlers; enters nothing before its first operation */
};

/* Runs the checks of the table and the handler; the response is complete afterwards. */
void endpoint_run(struct exchange *x);

#endif
