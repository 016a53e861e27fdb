/*
 * The gateway to Apache (CGI/1.1, RFC 3875): environment and body become a struct request, the struct
 * response becomes bytes. They come and go by a channel: standard input and output of a process for
 * one request, or a connection of FastCGI (fastcgi.h).
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
#include <sys/types.h>
#include <sys/uio.h>

/* A body this long is not even drained: Apache's LimitRequestBody is expected to be far below. */
#define CGI_DRAIN_MAX ((size_t)16 * 1024 * 1024)

struct cgi_channel {
	/* At most `len` bytes of the body; 0 at its end; -1: it broke off. */
	ssize_t (*read)(void *arg, void *to, size_t len);
	/* Whether a read would not wait. */
	bool (*ready)(void *arg);
	/* All of it, in order; iov is used up. `last`: the answer ends with it. False: the other side
	 * has left. */
	bool (*write)(void *arg, struct iovec *iov, int count, bool last);
	void *arg;
	uint16_t fastcgi_id; /* becomes the request's */
};

/* Reads the request from `environment` (as environ(7)) and the channel; strings are borrowed from
 * `environment`. The request id is fresh. Never waits for more than the announced body. False only
 * when memory or randomness is missing; *q is then fit to be answered with an error all the same.
 * Release with request_release. */
bool cgi_request_from(
	struct request *q, char *const environment[], const struct cgi_channel *channel);

enum cgi_sent {
	CGI_SENT,
	CGI_CLIENT_LEFT, /* the rest could not be written */
	CGI_CUT          /* the stream broke off after the headers were out */
};

/* Sends a settled answer, streamed bodies included. */
enum cgi_sent cgi_response_to(
	struct response *r, const struct request *q, const struct cgi_channel *channel);

/* The same by descriptors, as CGI has it. */
bool cgi_request_read(struct request *q, char *const environment[], int fd);
enum cgi_sent cgi_response_send(struct response *r, const struct request *q, int fd);

/* After CGI_CUT: does nothing until the server loses patience (CGIDScriptTimeout) and ends both
 * this process and the connection. An answer of unknown length that simply ended would look
 * complete. */
_Noreturn void cgi_hold_until_cut(void);

/* The bytes of a complete answer without stream, as they would go over the channel's descriptor (framed
 * where the request says so). */
bool cgi_answer_bytes(const struct request *q, struct response *r, struct buf *out);

/* The bytes of a complete 503 storage_unavailable answer for this request, ready for write(2) from
 * a signal handler: what the client gets if storage hangs. False: no memory. */
bool cgi_emergency_answer(const struct request *q, struct buf *out);

#endif
