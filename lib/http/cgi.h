/*
 * The gateway to Apache (CGI/1.1, RFC 3875): environment and standard input become a struct
 * request, the struct response becomes bytes on standard output.
 *
 * The whole body is read before anything is answered (also for 401, 405, 413): stdin and stdout are
 * one socket under mod_cgid, and unread bytes cut the answer off. Chunked requests have no
 * CONTENT_LENGTH and are read to their end. After the last write the process exits at once:
 * mod_cgid waits for it.
 */
#ifndef HTTP_CGI_H
#define HTTP_CGI_H

#include "base/buf.h"
#include "http/request.h"
#include "http/response.h"
#include <stdbool.h>

/* A body this long is not even drained: Apache's LimitRequestBody is expected to be far below. */
#define CGI_DRAIN_MAX ((size_t)16 * 1024 * 1024)

/* Reads the request from `environment` (as environ(7)) and `fd`; strings are borrowed from
 * `environment`. The request id is fresh. Never waits for more than the announced body. False only
 * when memory or randomness is missing; *q is then fit to be answered with an error all the same.
 * Release with request_release. */
bool cgi_request_read(struct request *q, char *const environment[], int fd);

enum cgi_sent {
	CGI_SENT,
	CGI_CLIENT_LEFT, /* the rest could not be written */
	CGI_CUT          /* the stream broke off after the headers were out */
};

/* Sends a settled answer, streamed bodies included. */
enum cgi_sent cgi_response_send(struct response *r, const struct request *q, int fd);

/* After CGI_CUT: does nothing until the server loses patience (CGIDScriptTimeout) and ends both
 * this process and the connection. An answer of unknown length that simply ended would look
 * complete. */
_Noreturn void cgi_hold_until_cut(void);

/* The bytes of a complete answer without stream, as cgi_response_send would write them. */
bool cgi_answer_bytes(const struct request *q, struct response *r, struct buf *out);

/* The bytes of a complete 503 storage_unavailable answer for this request, ready for write(2) from
 * a signal handler: what the client gets if storage hangs. False: no memory. */
bool cgi_emergency_answer(const struct request *q, struct buf *out);

#endif
