/*
 * An endpoint: a handler function from request to response, and the table of what is checked before
 * it runs. endpoint_run applies the table in this order: CORS preflight (204), method (405 with
 * Allow), configuration (503), bearer token (401), media type (415), body size (413) and length
 * (400), JSON body (400), storage (503), then calls the handler.
 */
#ifndef HTTP_ENDPOINT_H
#define HTTP_ENDPOINT_H

#include "auth/auth.h"
#include "base/log.h"
#include "base/retained.h"
#include "config/config.h"
#include "http/request.h"
#include "http/response.h"

struct store; /* lib/store; never looked into by this layer */

struct exchange;

struct endpoint {
	const char *name;   /* "call-create"; names the program in the log */
	const char *method; /* the one it answers: "GET" (HEAD as well), "POST", "PUT", "DELETE" */
	bool bearer;        /* needs a valid JWT */
	bool policy;        /* signs tokens: the policy is loaded without `bearer`, too */
	bool json_body;     /* needs an application/json body that is an object */
	bool json_optional; /* with json_body: an empty body will do; request->json is empty then */
	bool no_pages;      /* for servers, not for pages in browsers: no CORS */
	bool network;       /* asks a provider: its program may make sockets */
	bool always; /* runs even where configuration or storage is missing (both may be NULL) */
	void (*handle)(struct exchange *x);
};

/* Everything a handler may touch. */
struct exchange {
	const struct endpoint *endpoint;
	const struct config *config;
	struct request *request;
	struct response *response;
	struct identity who; /* valid where endpoint->bearer */
	const struct log *log;
	/* NULL: not loaded, which is an error where endpoint->bearer and fine elsewhere */
	const struct auth_policy *policy;
	struct store *store; /* for handlers; enters nothing before its first operation */
	/* What the handler leaves for the next request with the same settings. */
	struct retained *retained;
};

/* Runs the checks of the table and the handler; the response is complete afterwards. */
void endpoint_run(struct exchange *x);

#endif
