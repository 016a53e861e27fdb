/*
 * From a request to the function that answers it.
 */
#ifndef SIM_ROUTE_H
#define SIM_ROUTE_H

#include <stddef.h>

struct answer;
struct request;
struct sim;

/* id is the last identifier in the path, "" if there is none. */
typedef void service_endpoint(
	struct sim *sim, struct request *request, const char *id, struct answer *answer);

struct route {
	const char *method;
	const char *path; /* ":id" stands for one segment */
	service_endpoint *endpoint;
};

enum { ROUTE_ID_MAX = 256 };

/* NULL if there is none. */
const struct route *route_find(const struct route *routes, size_t count,
	const struct request *request, char id[ROUTE_ID_MAX]);

#endif
