#include "http/endpoint.h"

#include "http/cors.h"
#include "http/mediatype.h"
#include <string.h>

/* What Allow and Access-Control-Allow-Methods say. */
static const char *methods_of(const struct endpoint *e)
{
	return strcmp(e->method, "GET") == 0 ? "GET, HEAD" : e->method;
}

static bool method_fits(const struct exchange *x)
{
	/* HEAD arrives as GET. */
	if (strcmp(x->request->method, x->endpoint->method) == 0)
		return true;
	response_header(x->response, "Allow", methods_of(x->endpoint));
	response_error(x->response, 405, "method_not_allowed", NULL,
		"This address does not answer that method.");
	return false;
}

static bool configured(const struct exchange *x)
{
	if (x->endpoint->always || (x->config && (!x->endpoint->bearer || x->policy)))
		return true;
	response_not_configured(x->response);
	return false;
}

static bool identified(struct exchange *x)
{
	const char *why = "";

	if (!x->endpoint->bearer)
		return true;
	switch (auth_check(
		x->policy, x->request->authorization, x->request->now_ms, &x->who, &why)) {
	case ERR_NONE:
		return true;
	case ERR_INVALID:
		log_write(x->log, LOG_CLIENT, "E1101", "token refused: %s", why);
		response_header(x->response, "WWW-Authenticate", "Bearer");
		response_error(x->response, 401, "unauthorized", NULL,
			"Sign in first: this needs a valid token.");
		return false;
	default:
		log_write(x->log, LOG_INTERNAL, "E1102", "token could not be checked: %s", why);
		response_internal(x->response);
		return false;
	}
}

/* Whether there must be JSON in the body. */
static bool wants_json(const struct exchange *x)
{
	const struct request *q = x->request;
	bool empty = q->body_state == BODY_OK && q->body.len == 0;

	return x->endpoint->json_body && !(x->endpoint->json_optional && empty);
}

static bool media_type_fits(const struct exchange *x)
{
	if (!wants_json(x) || mediatype_is_json(x->request->content_type))
		return true;
	response_error(x->response, 415, "unsupported_media_type", NULL,
		"Send the body as application/json.");
	return false;
}

static bool body_fits(const struct exchange *x)
{
	switch (x->request->body_state) {
	case BODY_OK:
		return true;
	case BODY_TOO_LARGE:
		response_error(
			x->response, 413, "too_large", NULL, "The body is larger than 64 KiB.");
		return false;
	case BODY_BAD:
		break;
	}
	response_error(x->response, 400, "invalid_parameter", NULL,
		"The body did not arrive as announced by its length.");
	return false;
}

static bool json_fits(const struct exchange *x)
{
	struct request *q = x->request;
	const char *why = NULL;
	enum err e;

	if (!wants_json(x))
		return true;
	e = json_parse(&q->json, q->body.s, q->body.len, REQUEST_BODY_MAX, &why);
	if (e == ERR_NONE) {
		if (json_type(&q->json, json_root(&q->json)) == JSON_OBJECT)
			return true;
		why = "it is not an object";
	}
	if (e == ERR_NOMEM) {
		log_write(x->log, LOG_INTERNAL, "E1103", "out of memory reading the body");
		response_internal(x->response);
		return false;
	}
	log_write(x->log, LOG_CLIENT, "E1104", "body refused: %s", why ? why : "");
	response_error(
		x->response, 400, "invalid_json", NULL, "The body is not a valid JSON object.");
	return false;
}

static bool stored(const struct exchange *x)
{
	if (x->endpoint->always || x->store)
		return true;
	response_storage_unavailable(x->response);
	return false;
}

void endpoint_run(struct exchange *x)
{
	const char *origins = x->config && !x->endpoint->no_pages ? x->config->cors_origins : "";

	if (cors_is_preflight(origins, x->request))
		cors_preflight(x->response, methods_of(x->endpoint));
	else if (method_fits(x) && configured(x) && identified(x) && media_type_fits(x) &&
		 body_fits(x) && json_fits(x) && stored(x))
		x->endpoint->handle(x);

	response_settle(x->response);
	cors_headers(x->response, origins, x->request);
	response_settle(x->response);
}
