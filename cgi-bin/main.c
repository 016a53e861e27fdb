/*
 * The main() of every CGI program; the endpoint it is linked with makes the difference. Started by the
 * server for one request (CGI) it serves that one, started for FastCGI it serves many.
 */
#include "base/log.h"
#include "base/process.h"
#include "http/cgi.h"
#include "http/endpoint.h"
#include "http/fastcgi.h"
#include "service/service.h"
#include <stdlib.h>
#include <unistd.h>

#define IDLE_MS 10000 /* then a process with nothing to do looks whether it is of any use */

extern const struct endpoint endpoint;

/* From the request, read or not, to an answer that is complete but for its stream. */
static void answer(struct service *s, struct request *q, bool read, char *const environment[],
	int emergency_fd, struct response *r)
{
	response_init(r);
	if (read) {
		service_run(s, q, environment, emergency_fd, r);
	} else {
		log_write(&s->log, LOG_INTERNAL, "E1006", "the request could not be read");
		response_internal(r);
		response_settle(r);
	}
}

static void note_cut(const struct service *s, enum cgi_sent sent)
{
	if (sent == CGI_CUT)
		log_write(&s->log, LOG_OUTSIDE, "E1005", "the answer broke off");
}

/* --- CGI --- */

_Noreturn static void serve_one(struct service *s)
{
	struct request q;
	struct response r;
	enum cgi_sent sent;
	bool read = cgi_request_read(&q, environ, STDIN_FILENO);

	answer(s, &q, read, environ, STDOUT_FILENO, &r);
	sent = cgi_response_send(&r, &q, STDOUT_FILENO);
	note_cut(s, sent);
	if (sent == CGI_CUT)
		cgi_hold_until_cut();
	/* Nothing is worth the server's waiting for it: no memory is freed. */
	_exit(0);
}

/* --- FastCGI --- */

static void serve_next(struct service *s, struct fastcgi *f)
{
	struct cgi_channel channel = fastcgi_channel(f);
	char **environment = fastcgi_environment(f);
	struct request q;
	struct response r;
	bool read = cgi_request_from(&q, environment, &channel);

	answer(s, &q, read, environment, fastcgi_descriptor(f), &r);
	note_cut(s, cgi_response_to(&r, &q, &channel));
	response_release(&r);
	service_end(s);
	request_release(&q);
	fastcgi_finish(f);
}

static int serve_many(struct service *s)
{
	struct fastcgi *f;
	enum fastcgi_event event;
	pid_t server = getppid();

	if (fastcgi_open(&f) != ERR_NONE) {
		log_write(&s->log, LOG_INTERNAL, "E1007", "FastCGI could not be begun");
		return EXIT_FAILURE;
	}
	while ((event = fastcgi_wait(f, IDLE_MS)) != FASTCGI_END) {
		if (event == FASTCGI_REQUEST)
			serve_next(s, f);
		if (event == FASTCGI_REQUEST ? service_is_spent(s) : service_is_outdated(s))
			fastcgi_retire(f);
		/* The server was killed before it could end us: nobody will ask again. */
		if (event != FASTCGI_REQUEST && getppid() != server)
			break;
	}
	fastcgi_close(f);
	service_release(s);
	/* What a spent one had to give up is nobody's any more. */
	_exit(EXIT_SUCCESS);
}

int main(void)
{
	struct service service;
	bool many = fastcgi_is_started();

	if (!process_setup(endpoint.network ? CONFINE_SOCKETS : CONFINE_NO_SOCKETS))
		return EXIT_FAILURE;
	service_init(&service, &endpoint, many);
	if (!many)
		serve_one(&service);
	return serve_many(&service);
}
