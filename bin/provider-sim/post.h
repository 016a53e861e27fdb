/*
 * A small HTTP client for webhooks: plain HTTP to loopback addresses and to nowhere else, so that a
 * test can never reach a machine outside.
 */
#ifndef SIM_POST_H
#define SIM_POST_H

#include <stdint.h>

struct sim;

/*
 * Posts a body of this type, with more headers (each with its line end). Returns the HTTP status,
 * or -1: no acceptable address, no connection, no HTTP answer within timeout_ms, or the simulator
 * is stopping. Called without the lock.
 */
int post_event(struct sim *sim, const char *url, const char *type, const char *headers,
	const char *body, int64_t timeout_ms);

#endif
