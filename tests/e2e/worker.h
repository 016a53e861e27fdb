/*
 * A program of FastCGI by itself, with the test as its server: one process, which all requests go to, so
 * that what one leaves behind shows in the next.
 */
#ifndef E2E_WORKER_H
#define E2E_WORKER_H

#include "e2e/harness.h"
#include <sys/socket.h>
#include <sys/un.h>

struct worker {
	struct begun process;
	struct sockaddr_un at;
	socklen_t at_len;
};

/* build/cgi-bin/NAME.cgi, as the owner of the data directory. `env` may be NULL. */
void worker_start(struct worker *w, const char *name, const char *const *env);
/* Not ended with the one who starts it. */
void worker_leave_behind(struct worker *w, const char *name);

/* A request: method, path (its PATH_INFO and query), token, body, type, headers. Status 0: the worker took
 * no connection, or the answer broke off; `error` says which. */
struct answer *worker_ask(const struct worker *w, const struct http *q);
#define worker(w, ...) worker_ask(w, &(struct http){__VA_ARGS__})
/* A request that is under way; worker_answer waits for it. -1: the worker takes no connection. */
int worker_begin(const struct worker *w, const struct http *q);
struct answer *worker_answer(int fd);
/* The client leaves: with all of the request sent, or with this many bytes of it. */
void worker_leave(const struct worker *w, const struct http *q, size_t bytes);

/* Whether it still runs, and has no children. */
bool worker_is_alone(const struct worker *w);
/* What the kernel says of it: /proc/PID/status. */
const char *worker_status(const struct worker *w);
/* Its own memory in KiB, without files and what it shares. */
long worker_memory(const struct worker *w);
/* Its connections but for those of FastCGI: descriptors that are sockets of the Internet. */
int worker_connections(const struct worker *w);
/* SIGTERM, and what became of it. */
struct run worker_end(const struct worker *w);

#endif
