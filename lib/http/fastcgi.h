/*
 * The gateway to Apache's mod_fcgid (FastCGI 1.0, as a responder): a process that serves one request
 * after the other.
 *
 * libfcgi reads requests. What it does otherwise is done here instead:
 *   - Accepting: once the socket is closed to new connections FCGX_Accept_r tries for ever, and it waits
 *     without an end, while a process with nothing to do has to look about, and to hear of SIGTERM.
 *   - Writing: most answers go out whole by one write; a signal handler has to write one, too, for which
 *     libfcgi's streams are not made; and one that broke off must not get the END_REQUEST that
 *     FCGX_Finish_r would add.
 *   - Closing: FCGX_Finish_r waits up to two seconds for the server to close its end.
 *
 * A process ends when it is sent SIGTERM, and when its owner says so. It is no use to simply leave: the
 * server may be about to give it a request. So the socket is closed to new connections first, and what
 * waits there already is served.
 */
#ifndef HTTP_FASTCGI_H
#define HTTP_FASTCGI_H

#include "base/err.h"
#include "http/cgi.h"
#include <stdbool.h>

/* Whether this process was started for FastCGI: its standard input is a socket that listens. */
bool fastcgi_is_started(void);

struct fastcgi;

/* From now on SIGTERM, SIGHUP and SIGINT end only the waiting for requests. ERR_NOMEM, ERR_IO. */
enum err fastcgi_open(struct fastcgi **out) must_check;
void fastcgi_close(struct fastcgi *f); /* NULL is fine */

enum fastcgi_event {
	FASTCGI_REQUEST, /* there is one; fastcgi_finish it */
	FASTCGI_IDLE,    /* none has come for idle_ms */
	FASTCGI_END      /* none will come any more */
};
enum fastcgi_event fastcgi_wait(struct fastcgi *f, int idle_ms);

/* Of the request that is there: its environment, by which way its body comes and its answer goes, and
 * the descriptor for an answer from a signal handler (cgi_answer_bytes frames it). */
char **fastcgi_environment(struct fastcgi *f);
struct cgi_channel fastcgi_channel(struct fastcgi *f);
int fastcgi_descriptor(const struct fastcgi *f);

/* Ends the request. An answer whose last part was not written is cut off: the connection ends without
 * END_REQUEST. Nothing of the request is left in memory. */
void fastcgi_finish(struct fastcgi *f);

/* Takes no more connections; fastcgi_wait still gives those that wait already, and then FASTCGI_END. */
void fastcgi_retire(struct fastcgi *f);

#endif
