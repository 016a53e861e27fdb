/*
 * Delivery of events to subscribers, as the real services do it: at least once, again after a
 * failure, one at a time for each subscriber.
 *
 * Everything but webhooks_start/stop is called with the simulator's lock held.
 */
#ifndef SIM_WEBHOOKS_H
#define SIM_WEBHOOKS_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct sim;

struct hook {
	int64_t id;
	char uuid[TEXT_UUID];
	char token[TEXT_TOKEN];
	char *name;
	char *url;
	json_t *events; /* array of names */
	bool active;
	int64_t created_ms;
};

/* An event of a call that lies in the future. */
struct pending {
	int64_t due_ms;   /* by the simulator's clock */
	int64_t built_ms; /* the moment whose state it tells of */
	int64_t order;
	int64_t call;
	const char *event;
};

struct delivery {
	int64_t id;
	int64_t hook;
	int64_t call;
	const char *event;
	char *body;
	int64_t attempts;
	int64_t first_ms; /* by the simulator's clock; 0: not tried yet */
	int64_t next_ms;
	int status; /* of the last attempt; 0: none yet, -1: no HTTP answer */
	bool in_flight;
	bool delivered;
	bool given_up;
};

enum { WEBHOOK_WORKERS = 4, WEBHOOK_HOOKS_MAX = 100, WEBHOOK_DELIVERIES_KEPT = 10000 };

struct webhooks {
	struct hook *hook;
	size_t hooks;
	size_t hook_cap;
	struct pending *pending;
	size_t pendings;
	size_t pending_cap;
	struct delivery *delivery;
	size_t deliveries;
	size_t delivery_cap;
	size_t settled; /* deliveries before this index are over */
	int64_t next_hook;
	int64_t next_delivery;
	int64_t next_order;
	pthread_t worker[WEBHOOK_WORKERS];
	size_t workers;
};

void webhooks_init(struct webhooks *webhooks);
void webhooks_release(struct webhooks *webhooks);

/* Forgets all but the workers. */
void webhooks_clear(struct webhooks *webhooks);

/* The threads that deliver. False: could not be started. Stop: sim->stopping must be set. */
bool webhooks_start(struct sim *sim);
void webhooks_stop(struct sim *sim);

struct hook *webhooks_find(const struct webhooks *webhooks, const char *uuid);
void webhooks_remove(struct webhooks *webhooks, struct hook *hook);
bool webhooks_subscribed(const struct hook *hook, const char *event);

/* Queues a copy of body for this subscriber. */
void webhooks_deliver(struct sim *sim, const struct hook *hook, const char *event, int64_t call,
	const char *body);

/* All deliveries kept, oldest first. */
json_t *webhooks_deliveries_json(const struct webhooks *webhooks);

#endif
