/*
 * The gateway to Apache: environment and standard input become a struct request, the struct response
 * becomes bytes on standard output.
 *
 * The whole body is read before anything is answered (also for 401, 405, 413): stdin and stdout are one
 * socket under mod_cgid, and unread bytes cut the answer off. Chunked requests have no CONTENT_LENGTH and are
 * read to their end. After the last write the process exits at once: mod_cgid waits for it.
 */
#ifndef HTTP_CGI_H
#define HTTP_CGI_H

#include "base/log.h"
#include "config/config.h"
#include "http/endpoint.h"

/* Reads the request from `environment` and `fd`; strings are borrowed from `environment`. The request id is fresh.
 * False only when memory or randomness is missing. Release with cgi_request_release. */
bool cgi_request_read(struct request *q, char *const environment[], int fd);
void cgi_request_release(struct request *q);

/* Sends the answer, streamed bodies included. False when the client has left. */
bool cgi_response_send(struct response *r, const struct request *q, int fd);

/* The bytes of a complete 503 storage_unavailable answer for this request, ready for write(2) from a signal
 * handler: what the client gets if storage hangs. */
bool cgi_emergency_answer(const struct request *q, struct buf *out);

/* Process set-up every CGI program does first: fds 0-2 open, umask 077, SIGPIPE ignored, no core dumps. */
void cgi_process_setup(void);

#endif
