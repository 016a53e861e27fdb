/* HTTP to a provider as values: what to send, and what came of it. No I/O here. */
#ifndef PROVIDER_HTTP_MESSAGE_H
#define PROVIDER_HTTP_MESSAGE_H

#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define HTTP_HEADERS_MAX 8
#define HTTP_ANSWER_MAX  ((size_t)4 * 1024 * 1024) /* more of a body is not read */

struct http_request {
	const char *method; /* static: "GET", "POST", … */
	struct buf url;
	struct buf
		headers[HTTP_HEADERS_MAX]; /* complete lines without line end; may hold secrets */
	int header_count;
	struct buf body; /* sent if not empty, or if the method is POST or PUT */
	bool failed;     /* a header could not be added */
	/* It makes a telephone ring: sent at most once, on a connection of its own, never repeated.
	 */
	bool places_call;
	/* To be connected within so many milliseconds, TLS included; 0: within the time of the
	 * whole. */
	int64_t connect_ms;
};

void http_request_init(struct http_request *r, const char *method);
void http_request_release(struct http_request *r); /* wipes */
/* Adds a header; false (and nothing sent later) if name or value hold control bytes or there is no
 * room. */
bool http_request_header(struct http_request *r, const char *name, const char *value);
/* `Authorization: Bearer` with that token; fails as http_request_header does. */
bool http_request_bearer(struct http_request *r, const char *token);
/* Whether everything was built. */
bool http_request_ok(const struct http_request *r);
/* The same at the end of a builder: ERR_NOMEM, as the limits are far above what is built. */
enum err http_request_end(const struct http_request *r) must_check;

enum http_fault {
	HTTP_ANSWERED,    /* a status line came */
	HTTP_UNREACHABLE, /* no byte of the request left this machine */
	HTTP_TLS_ERROR,   /* likewise: no trusted connection could be made */
	HTTP_UNCLEAR,     /* it was sent, or may have been, and no readable status line came */
	HTTP_NOT_SENT     /* it was never tried: it could not be built, or no time was left */
};

struct http_answer {
	enum http_fault fault;
	int status;            /* with HTTP_ANSWERED */
	struct buf body;       /* may hold tokens; possibly cut, see body_complete */
	bool body_complete;    /* all of it arrived and it was not over the limit */
	int64_t retry_after_s; /* Retry-After: seconds from now; -1: none or unreadable */
	int64_t limit_reset;   /* X-AircallApi-Reset as a number, UNIX seconds or milliseconds; -1:
				  none */
	int64_t date_s;        /* Date: UNIX seconds; -1: none or unreadable */
	bool no_store;         /* Cache-Control: no-store */
	bool nosniff;          /* X-Content-Type-Options: nosniff */
	char error[256];       /* the client's own words about a failure, for log and trail */
};

/* HTTP_NOT_SENT: what is true before anything was tried. */
void http_answer_init(struct http_answer *a);
void http_answer_release(struct http_answer *a); /* wipes */

/* Retry-After (RFC 9110, 10.2.3): a number of seconds, or an HTTP date in one of its three forms,
 * of which one in the past gives 0. Seconds from now, at most 999,999,999; -1 when unreadable. */
int64_t http_retry_after(const char *value, int64_t now_ms);
/* An HTTP date (RFC 9110, 5.6.7) in one of its three forms: UNIX seconds, or -1. */
int64_t http_date(const char *value);

#endif
