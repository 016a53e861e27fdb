/*
 * The answer, assembled in memory: status, headers and body apart, so that an error found late
 * still sets its own status. The gateway sends it in one write with Content-Length and the headers
 * every answer has (Cache-Control: no-store, X-Content-Type-Options: nosniff, X-Request-Id).
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "base/buf.h"
#include "json/jsonw.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESPONSE_HEADERS_MAX ((size_t)16 * 1024)
/* A page of 100 calls, each with notes of 10,000 bytes that all need \u escapes, is 6 MB. */
#define RESPONSE_BODY_MAX  ((size_t)16 * 1024 * 1024)

#define RESPONSE_JSON_TYPE "application/json; charset=utf-8"

/* A body that is too long for memory: asked for piece by piece once the headers are out. */
struct body_stream {
	/* Adds the next piece to `piece` (emptied before each call). Returns 1: there is more; 0:
	 * that was the last; -1: cannot go on (the answer is cut off so that the client notices).
	 */
	int (*next)(void *arg, struct buf *piece);
	void (*done)(void *arg); /* called exactly once, also when the client has left */
	void *arg;
};

struct response {
	int status;
	struct buf headers; /* complete lines "Name: value\n" */
	struct buf body;
	const char *content_type;  /* static text; NULL: the answer has no body */
	struct body_stream stream; /* next == NULL: there is none */
	bool broken;               /* something could not be built: becomes a 500 */
	const char *fixed;         /* static body that stands for `body`; NULL: none */
};

/* An empty 200. */
void response_init(struct response *r);
/* Also ends a stream that was never sent. */
void response_release(struct response *r);
/* Drops what was assembled so far, headers, stream and `broken` included, and begins a new answer
 * without a body. */
void response_restart(struct response *r, int status);
/* Makes the answer a 500 if anything of it could not be built; called once it is assembled. */
void response_settle(struct response *r);

/* Whether all of it could be built so far. */
bool response_built(const struct response *r);

/* Adds a header. A value with CR, LF, NUL or another control byte makes the answer `broken`. */
void response_header(struct response *r, const char *name, const char *value);
void response_header_int(struct response *r, const char *name, int64_t value);

/* Begins a JSON body: status, content type, and `{"success":true|false` left open in w, so that the
 * caller adds members and ends with response_json_end. */
void response_json(struct response *r, struct jsonw *w, int status, bool success);
void response_json_end(struct response *r, struct jsonw *w);

/* A complete error answer: {"success":false,"message":…,"error":{"code":…,"field":…}}. `field` may
 * be NULL. It replaces whatever body was there; headers added before stay. */
void response_error(
	struct response *r, int status, const char *code, const char *field, const char *message);
/* The same left open, for errors that carry more members (call, attempts): w stands after "error"
 * in the outer object; end with response_json_end. */
void response_error_open(struct response *r, struct jsonw *w, int status, const char *code,
	const char *field, const char *message);

/* A whole error answer that needs no memory, for when there is none. `json` is static and as of
 * response_error. */
void response_fixed(struct response *r, int status, const char *json);
#define RESPONSE_FIXED(code, message)                                                              \
	"{\"success\":false,\"message\":\"" message "\",\"error\":{\"code\":\"" code "\"}}"
/* What the client gets as body. */
const char *response_body(const struct response *r, size_t *len);

/* The usual ones, each with its fixed code and words. */
void response_internal(struct response *r);
void response_storage_unavailable(struct response *r); /* 503 with Retry-After: 1 */
void response_not_configured(struct response *r);      /* 503 */
void response_not_found(struct response *r);

/* "Not Found" for 404; "Status" for a number without a name of its own here. */
const char *response_reason(int status);

#endif
