#include "http/response.h"

#include "base/text.h"
#include <inttypes.h>
#include <string.h>

#define INTERNAL_MESSAGE "Something went wrong here; it has been logged."

void response_init(struct response *r)
{
	*r = (struct response){.status = 200};
	buf_init(&r->headers, RESPONSE_HEADERS_MAX);
	buf_init(&r->body, RESPONSE_BODY_MAX);
}

static void end_stream(struct response *r)
{
	if (r->stream.done)
		r->stream.done(r->stream.arg);
	r->stream = (struct body_stream){0};
}

void response_release(struct response *r)
{
	end_stream(r);
	buf_release(&r->headers);
	buf_release(&r->body);
}

void response_restart(struct response *r, int status)
{
	end_stream(r);
	buf_reset(&r->headers);
	buf_reset(&r->body);
	r->status = status;
	r->content_type = NULL;
	r->broken = false;
	r->fixed = NULL;
}

bool response_built(const struct response *r)
{
	return r->fixed != NULL || (!r->broken && !r->headers.failed && !r->body.failed);
}

void response_fixed(struct response *r, int status, const char *json)
{
	response_restart(r, status);
	r->content_type = RESPONSE_JSON_TYPE;
	r->fixed = json;
}

const char *response_body(const struct response *r, size_t *len)
{
	*len = r->fixed != NULL ? strlen(r->fixed) : r->body.len;
	return r->fixed != NULL ? r->fixed : r->body.s;
}

void response_settle(struct response *r)
{
	if (!response_built(r)) {
		response_restart(r, 500);
		response_internal(r);
	}
	if (!response_built(r))
		response_fixed(r, 500, RESPONSE_FIXED("internal", INTERNAL_MESSAGE));
}

void response_header(struct response *r, const char *name, const char *value)
{
	if (text_has_control(value, strlen(value)) || text_has_control(name, strlen(name)))
		r->broken = true;
	else
		buf_addf(&r->headers, "%s: %s\n", name, value);
}

void response_header_int(struct response *r, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	response_header(r, name, text);
}

void response_json(struct response *r, struct jsonw *w, int status, bool success)
{
	end_stream(r);
	buf_reset(&r->body);
	r->fixed = NULL;
	r->status = status;
	r->content_type = RESPONSE_JSON_TYPE;
	jsonw_init(w, &r->body);
	jsonw_object(w);
	jsonw_member_bool(w, "success", success);
}

void response_json_end(struct response *r, struct jsonw *w)
{
	jsonw_object_end(w);
	if (!jsonw_ok(w))
		r->broken = true;
}

void response_error_open(struct response *r, struct jsonw *w, int status, const char *code,
	const char *field, const char *message)
{
	response_json(r, w, status, false);
	jsonw_member_text(w, "message", message);
	jsonw_key(w, "error");
	jsonw_object(w);
	jsonw_member_text(w, "code", code);
	if (field)
		jsonw_member_text(w, "field", field);
	jsonw_object_end(w);
}

void response_error(
	struct response *r, int status, const char *code, const char *field, const char *message)
{
	struct jsonw w;

	response_error_open(r, &w, status, code, field, message);
	response_json_end(r, &w);
}

void response_internal(struct response *r)
{
	response_error(r, 500, "internal", NULL, INTERNAL_MESSAGE);
}

void response_storage_unavailable(struct response *r)
{
	response_header(r, "Retry-After", "1");
	response_error(r, 503, "storage_unavailable", NULL,
		"The call history cannot be reached at the moment; try again shortly.");
}

void response_not_configured(struct response *r)
{
	response_error(r, 503, "not_configured", NULL, "The service is not set up completely.");
}

void response_not_found(struct response *r)
{
	response_error(r, 404, "not_found", NULL, "There is no such thing here.");
}

const char *response_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{200, "OK"},
		{204, "No Content"},
		{303, "See Other"},
		{304, "Not Modified"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{409, "Conflict"},
		{412, "Precondition Failed"},
		{413, "Content Too Large"},
		{415, "Unsupported Media Type"},
		{422, "Unprocessable Content"},
		{429, "Too Many Requests"},
		{500, "Internal Server Error"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Status";
}
