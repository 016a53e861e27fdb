#include "server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aircall.h"
#include "control.h"
#include "dialpad.h"
#include "mem.h"
#include "sim.h"

struct connection {
	int64_t number;
	int64_t requests;
};

const char *request_query(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *request_header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

json_t *request_json(const struct request *request)
{
	return json_loadb(request->body ? request->body : "", request->body_len,
		JSON_REJECT_DUPLICATES, NULL);
}

int request_socket(const struct request *request)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
	struct request *request = mem_new(sizeof(*request));
	const char *query;

	(void)cls;
	request->connection = connection;
	request->target = mem_text(target);
	query = strchr(request->target, '?');
	request->query = query ? query + 1 : "";
	request->route = "unknown";
	request->authorization = "unchecked";
	return request;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode why)
{
	struct request *request = *context;

	(void)cls;
	(void)connection;
	(void)why;
	*context = NULL;
	if (!request)
		return;
	free(request->target);
	free(request->method);
	free(request->path);
	free(request->body);
	free(request);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode what)
{
	struct sim *sim = cls;

	(void)connection;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		struct connection *made = mem_new(sizeof(*made));

		made->number = atomic_fetch_add(&sim->connections, 1) + 1;
		*context = made;
	} else {
		free(*context);
		*context = NULL;
	}
}

static void number_request(struct request *request)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *connection = info ? info->socket_context : NULL;

	if (connection) {
		request->connection_number = connection->number;
		request->nth = ++connection->requests;
	}
}

static void body_append(struct request *request, const char *data, size_t len)
{
	if (request->too_large || len > REQUEST_BODY_MAX - request->body_len) {
		request->too_large = true;
		return;
	}
	request->body = mem_grow(request->body, &request->body_cap, request->body_len + len + 1, 1);
	memcpy(request->body + request->body_len, data, len);
	request->body_len += len;
	request->body[request->body_len] = '\0';
}

static void handle_service(struct sim *sim, struct request *request, struct answer *answer)
{
	if (request->too_large)
		answer_empty(answer, 413);
	else if (dialpad_owns(request->path))
		dialpad_handle(sim, request, answer);
	else
		aircall_handle(sim, request, answer);
}

static void usual_answer(
	struct sim *sim, struct request *request, json_t *fault, struct answer *answer)
{
	if (dialpad_owns(request->path))
		dialpad_usual_answer(sim, request, answer);
	else
		aircall_usual_answer(sim, fault, answer);
}

/* The request is handled, but its answer does not arrive as it was. */
static void handle_first(
	struct sim *sim, struct request *request, json_t *fault, struct answer *answer)
{
	struct answer real = {0};

	handle_service(sim, request, &real);
	if (answer->kind == ANSWER_CUT && !json_object_get(fault, "body")) {
		free(answer->body);
		answer->body = real.body;
		answer->body_len = real.body_len / 2;
		real.body = NULL;
	}
	answer_release(&real);
}

/* Called with the lock held; the service may give it up for a while and takes it again. */
static void serve(struct sim *sim, struct request *request, struct answer *answer)
{
	json_t *fault = rules_take_fault(&sim->faults, request->method, request->path);
	int64_t latency = 0;

	if (fault) {
		request->rule = "fault";
		if (!rule_answer(fault, answer))
			usual_answer(sim, request, fault, answer);
		if (answer->kind != ANSWER_PASS && rule_flag(fault, "handle", false))
			handle_first(sim, request, fault, answer);
		latency = answer->sleep_ms;
		json_decref(fault);
		if (answer->kind != ANSWER_PASS)
			return;
		answer_release(answer);
	}
	handle_service(sim, request, answer);
	answer->sleep_ms += latency;
}

static void serve_and_log(struct sim *sim, struct request *request, struct answer *answer)
{
	struct journal_entry entry = {
		.at_ms = clock_now_ms(&sim->clock),
		.method = request->method,
		.path = request->path,
		.query = (char *)request->query,
		.body = request->body,
		.body_len = request->body_len,
		.authorization = request->authorization,
		.actor = request->actor,
		.connection = request->connection_number,
		.nth = request->nth,
	};
	bool dialpad = dialpad_owns(request->path);
	char *query = dialpad ? dialpad_masked_query(request) : NULL;
	char *body = dialpad ? dialpad_masked_body(request) : NULL;
	int64_t sequence;

	if (query)
		entry.query = query;
	if (body) {
		entry.body = body;
		entry.body_len = strlen(body);
	}
	sequence = journal_begin(&sim->journal, &entry);
	free(query);
	free(body);
	serve(sim, request, answer);
	if (answer->sleep_ms > 0) {
		sim_unlock(sim);
		sim_sleep_real(sim, request_socket(request), answer->sleep_ms);
		sim_lock(sim);
	}
	entry.authorization = request->authorization;
	entry.route = request->route;
	entry.rule = request->rule;
	entry.answered = answer_kind_name(answer->kind);
	entry.status = answer->status;
	journal_end(&sim->journal, sequence, &entry);
}

static bool handle(struct sim *sim, struct request *request)
{
	struct answer answer = {0};
	bool queued;

	sim_lock(sim);
	if (control_owns(request->path))
		control_handle(sim, request, &answer);
	else
		serve_and_log(sim, request, &answer);
	sim_unlock(sim);
	queued = answer_send(sim, request, &answer);
	answer_release(&answer);
	return queued;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **context)
{
	struct sim *sim = cls;
	struct request *request = *context;

	(void)connection;
	(void)version;
	if (!request->method) {
		/* Only the header has come; answering now would cut off the body. */
		request->method = mem_text(method);
		request->path = mem_text(url);
		number_request(request);
		return MHD_YES;
	}
	if (*size > 0) {
		body_append(request, data, *size);
		*size = 0;
		return MHD_YES;
	}
	return handle(sim, request) ? MHD_YES : MHD_NO;
}

static bool loopback(const char *text, uint16_t port, struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)address;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	}
	return false;
}

struct MHD_Daemon *server_start(
	struct sim *sim, const struct server_options *options, char *error, size_t size)
{
	unsigned flags =
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL;
	struct sockaddr_storage address;
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)options->cert},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options->key},
		{MHD_OPTION_END, 0, NULL},
	};
	bool v6 = strchr(options->bind, ':') != NULL;
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *daemon;

	if (!loopback(options->bind, options->port, &address)) {
		snprintf(error, size, "%s is not a loopback address", options->bind);
		return NULL;
	}
	if (options->cert)
		flags |= MHD_USE_TLS;
	else
		tls[0] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	if (v6)
		flags |= MHD_USE_IPv6;
	daemon = MHD_start_daemon(flags, options->port, NULL, NULL, on_request, sim,
		MHD_OPTION_SOCK_ADDR, (struct sockaddr *)(void *)&address,
		MHD_OPTION_CONNECTION_LIMIT, 4096u, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u,
		MHD_OPTION_URI_LOG_CALLBACK, on_target, sim, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, sim, MHD_OPTION_NOTIFY_CONNECTION, on_connection, sim,
		MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
	info = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
	if (!info) {
		snprintf(error, size, "cannot listen on %s port %u (is the port free%s?)",
			options->bind, options->port, options->cert ? ", is the key good" : "");
		if (daemon)
			MHD_stop_daemon(daemon);
		return NULL;
	}
	sim_lock(sim);
	sim->origin = mem_format("%s://%s%s%s:%u", options->cert ? "https" : "http", v6 ? "[" : "",
		options->bind, v6 ? "]" : "", (unsigned)info->port);
	sim_unlock(sim);
	return daemon;
}

void server_stop(struct MHD_Daemon *daemon)
{
	MHD_stop_daemon(daemon);
}
