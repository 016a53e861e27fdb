/* Asking a provider for the administrator: within the limits that all processes share, which it
 * waits for. */
#ifndef DIALER_ASKING_H
#define DIALER_ASKING_H

#include "app.h"
#include "limit/limit.h"
#include "provider/http_client.h"

struct asking {
	struct http_client *http;
	struct limits *limits;
	int64_t patience_ms; /* for room in the limits: two minutes */
	int64_t request_ms;  /* for an answer */
};

/* After app_open_store: what it opens belongs to the service. False: it has been complained about.
 */
bool asking_open(struct asking *k, struct app *a);
void asking_close(struct asking *k);

/* One request, when the limit lets it. False, and complained about: no good answer, by the status
 * alone (404 is one), or no room. The answer is initialised by the caller. */
bool asking_ask(struct asking *k, const char *provider, enum limit limit,
	const struct http_request *r, struct http_answer *answer);
/* The same, whatever the answer is. False, and complained about: no room. */
bool asking_send(struct asking *k, const char *provider, enum limit limit,
	const struct http_request *r, struct http_answer *answer);

#endif
