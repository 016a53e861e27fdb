/*
 * The main() of every CGI program; the endpoint it is linked with makes the difference. What
 * belongs to the process (settings, keys) is apart from what belongs to one request.
 */
#include "auth/auth.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/process.h"
#include "config/config.h"
#include "http/cgi.h"
#include "http/endpoint.h"
#include "store/store.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct endpoint endpoint;

struct service {
	struct log log;
	struct config config;
	bool configured;
	struct auth_policy *policy;
};

static void service_start(struct service *s)
{
	struct config_error error;
	struct buf why;

	s->configured = config_load(&s->config, NULL, environ, &error) == ERR_NONE;
	if (!s->configured) {
		log_write(&s->log, LOG_OUTSIDE, "E1001", "%s", error.text);
		return;
	}
	if (!endpoint.bearer && !endpoint.policy)
		return;
	buf_init(&why, 1024);
	if (auth_policy_load(&s->config, &s->policy, &why) != ERR_NONE)
		log_write(&s->log, LOG_OUTSIDE, "E1002", "%s", why.s);
	buf_release(&why);
}

static struct store *open_store(const struct service *s, const struct buf *emergency, int out)
{
	const struct store_options options = {
		.data_dir = s->config.data_dir,
		.log = &s->log,
		.emergency_fd = out,
		.emergency = emergency->s,
		.emergency_len = emergency->len,
	};
	struct store *store = NULL;

	if (!s->configured)
		return NULL;
	if (store_open(&store, &options) != ERR_NONE)
		log_write(&s->log, LOG_INTERNAL, "E1003", "storage could not be prepared");
	return store;
}

static void log_request(const struct service *s, const struct exchange *x, int64_t ms)
{
	const struct request *q = x->request;

	log_write(&s->log, LOG_NOTE, "N1004", "%s %.*s %d %lld ms %s",
		q->head_only ? "HEAD" : q->method, (int)strcspn(q->uri, "?"), q->uri,
		x->response->status, (long long)ms, *x->who.user ? x->who.user : "-");
}

/* From the request to the last byte of the answer. */
static void serve(const struct service *s, struct request *q, int out)
{
	int64_t begin = clock_mono_ms();
	struct response r;
	struct buf emergency;
	struct exchange x = {
		.endpoint = &endpoint,
		.config = s->configured ? &s->config : NULL,
		.request = q,
		.response = &r,
		.log = &s->log,
		.policy = s->policy,
	};

	response_init(&r);
	buf_init(&emergency, 4096);
	cgi_emergency_answer(q, &emergency);
	x.store = open_store(s, &emergency, out);
	endpoint_run(&x);
	/* Now, as the server goes on only when this process has ended. */
	log_request(s, &x, clock_mono_ms() - begin);
	if (cgi_response_send(&r, q, out) == CGI_CUT) {
		log_write(&s->log, LOG_OUTSIDE, "E1005", "the answer broke off");
		cgi_hold_until_cut();
	}
}

int main(void)
{
	struct service service = {.configured = false};
	struct request request;
	struct response r;

	if (!process_setup(endpoint.network ? CONFINE_SOCKETS : CONFINE_NO_SOCKETS))
		return 1;
	log_init(&service.log, endpoint.name);
	if (cgi_request_read(&request, environ, STDIN_FILENO)) {
		memcpy(service.log.request_id, request.id, sizeof(request.id));
		service_start(&service);
		serve(&service, &request, STDOUT_FILENO);
	} else {
		log_write(&service.log, LOG_INTERNAL, "E1006", "the request could not be read");
		response_init(&r);
		response_internal(&r);
		cgi_response_send(&r, &request, STDOUT_FILENO);
	}
	/* Nothing is worth the server's waiting for it: no memory is freed. */
	_exit(0);
}
