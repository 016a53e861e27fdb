/*
 * The HTTP server: one thread a connection, so that an answer that takes its time holds up nobody.
 */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"

struct MHD_Connection;
struct MHD_Daemon;
struct sim;

struct request {
	struct MHD_Connection *connection;
	char *target; /* as sent */
	char *method;
	char *path;        /* percent-decoded */
	const char *query; /* points into target; "" if there is none */
	char *body;        /* ends in a NUL that body_len does not count */
	size_t body_len;
	size_t body_cap;
	bool too_large;
	int64_t connection_number;
	int64_t nth;               /* on its connection, from 1 */
	const char *route;         /* set by the service: the path with ids replaced */
	const char *authorization; /* set by the service: "ok", "missing", "wrong" ... */
	char actor[24];    /* set by the service: a user's id, "company", or empty: unknown */
	const char *scope; /* of the token that was sent; NULL: none */
	const char *rule;  /* what determined the answer: "fault", "script", NULL: neither */
};

/* Bodies beyond this are refused with 413. */
enum { REQUEST_BODY_MAX = 16 * 1024 * 1024 };

struct server_options {
	const char *bind; /* a loopback address */
	uint16_t port;    /* 0: the kernel picks */
	const char *cert; /* PEM text; NULL: plain HTTP */
	const char *key;
};

/* Starts to listen and sets sim->origin. NULL on failure, with the reason in error. */
struct MHD_Daemon *server_start(
	struct sim *sim, const struct server_options *options, char *error, size_t size);

/* Ends every connection. sim->stopping must be set before. */
void server_stop(struct MHD_Daemon *daemon);

/* A query parameter or a header, percent-decoded; NULL if absent. */
const char *request_query(const struct request *request, const char *name);
const char *request_header(const struct request *request, const char *name);

/* The body as JSON, NULL if it is not; the caller's own reference. */
json_t *request_json(const struct request *request);

int request_socket(const struct request *request);

#endif
