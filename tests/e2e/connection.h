/* Connecting a user to Dialpad, as a browser goes through it. */
#ifndef E2E_CONNECTION_H
#define E2E_CONNECTION_H

#include "e2e/harness.h"

/* Settings of a server and a simulator that know each other. Consent is given without asking. */
void dialpad_setup(void);

/* A connection that was begun; texts live until the test ends. */
struct flow {
	const char *url;    /* where the browser is sent */
	const char *state;  /* of that address */
	const char *cookie; /* the value alone */
};
/* POST /dialpad/connect; `body` may be NULL. */
struct answer *flow_request(const char *user, const char *body);
/* The same, which must work. */
struct flow flow_begin(const char *user, const char *body);
/* The browser at Dialpad: the address of the callback, from / on, to which it is sent back. */
const char *flow_consent(const struct flow *f);
/* GET of an address with the cookie dialer_oauth (NULL: none). */
struct answer *flow_return(const char *url, const char *cookie);
/* All of it, which must work. */
void connect_user(const char *user);

/* A parameter of a query, decoded; NULL if it is not there exactly once. */
const char *url_param(const char *url, const char *name);

/* An answer of the callback: 303 to this address. */
#define expect_location(a, want)                                                                   \
	do {                                                                                       \
		const struct answer *got_ = (a);                                                   \
		ck_assert_msg(got_->status == 303 && header_is(got_, "Location", want),            \
			"wanted 303 %s, got status %d\n%s%s", want, got_->status, got_->headers,   \
			got_->body);                                                               \
	} while (0)

/* GET /dialpad/status. */
struct answer *dialpad_status(const char *user);
void expect_connected(const char *user);
void expect_never_connected(const char *user);

/* How many requests with this beginning of the path the simulator got. */
int sim_requests(const char *path);

#endif
