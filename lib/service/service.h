/*
 * What a program keeps from one request to the next: settings, key, storage, and what its handler
 * retains. A program that serves one request only (CGI) makes all of it once and ends with it; one that
 * serves many (FastCGI) looks before each whether a file or the environment has changed. Nothing here
 * belongs to a request, so that nothing of one can show in the next.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "base/stamp.h"
#include "http/endpoint.h"
#include "service/settings.h"
#include "store/store.h"

struct service {
	const struct endpoint *endpoint;
	bool many; /* requests */
	struct log log;
	struct settings settings;
	struct auth_policy *policy; /* NULL: there is none */
	struct stamp key_stamp;
	struct store *store; /* NULL: not yet needed */
	struct retained retained;
	struct stamp ca_stamp; /* of the certificates that what is retained trusts */
	struct buf emergency;  /* of the present request */
};

void service_init(struct service *s, const struct endpoint *e, bool many);
/* Closes storage, and what is retained. */
void service_release(struct service *s);

/* Serves a request: reads what has changed (settings as of `environment`), runs the endpoint, and logs
 * one line. What a process stuck in storage says goes to `emergency_fd`. *r is initialised, and complete
 * afterwards; its stream may ask the store until service_end. */
void service_run(struct service *s, struct request *q, char *const environment[], int emergency_fd,
	struct response *r);
/* After the answer was sent: nothing refers to the request any more. */
void service_end(struct service *s);

/* Whether another process would serve better than this one (see store_is_spent). */
bool service_is_spent(const struct service *s);
/* The same for one that has nothing to do, and has time to look. */
bool service_is_outdated(const struct service *s);

#endif
