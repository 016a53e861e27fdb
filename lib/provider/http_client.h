/*
 * The only module that talks to libcurl. HTTPS with verified certificates only (plain HTTP for
 * loopback base URLs), no redirects, no proxy but the configured one, no netrc, no cookies, bounded
 * bodies.
 *
 * libcurl silently repeats a request whose kept connection was closed after the server had read it;
 * one that places a call, and any other but GET, therefore gets a fresh connection which is not
 * kept.
 */
#ifndef PROVIDER_HTTP_CLIENT_H
#define PROVIDER_HTTP_CLIENT_H

#include "base/err.h"
#include "base/retained.h"
#include "config/config.h"
#include "provider/http_message.h"

#define HTTP_CLIENT_PARALLEL_MAX 8

struct http_client;

/* ERR_NOMEM, ERR_IO (libcurl cannot start). */
enum err http_client_open(const struct config *c, struct http_client **client) must_check;
/* Ends also what was begun and not waited for; its answers mean nothing and are not touched. NULL is
 * fine. */
void http_client_close(struct http_client *client);

/* The one that `place` retains for this request and later ones, made if there is none yet: connections for
 * GET stay open, and certificates are read once. It belongs to the place; settings that change are a reason
 * to release it. */
enum err http_client_retained(
	const struct config *c, struct retained *place, struct http_client **client) must_check;

/* Performs one request within timeout_ms in all; *a is filled in whatever happens. Answers are
 * initialised by the caller; what they held is released. */
void http_client_perform(struct http_client *client, const struct http_request *r,
	int64_t timeout_ms, struct http_answer *a);

/* Performs several, up to 8 side by side, each with its own time-out from its start, over kept
 * connections (none may place a call). */
void http_client_perform_all(struct http_client *client, const struct http_request *requests,
	size_t count, int64_t timeout_ms, struct http_answer *answers);

/* The same for a caller who has other things to do. Begins one request; false, and nothing is begun:
 * 8 are under way. Request and answer are borrowed until http_client_wait has returned the tag (not
 * NULL). What cannot be sent has ended at once, and is waited for like the others.
 *
 * Requests make progress only inside the calls of this client, also of http_client_perform (which
 * does not count as one of the 8). Their time runs all the same: who stays away for longer than
 * timeout_ms finds HTTP_UNCLEAR. */
bool http_client_begin(struct http_client *client, const struct http_request *r, int64_t timeout_ms,
	struct http_answer *a, void *tag) must_check;
/* Waits at most wait_ms for one of those begun to end, and returns its tag, in the order of their
 * ends. NULL: none has, or none is under way. */
void *http_client_wait(struct http_client *client, int64_t wait_ms);

#endif
