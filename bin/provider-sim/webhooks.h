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

#include "provider.h"
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
	enum provider provider;
	int64_t due_ms;   /* by the simulator's clock */
	int64_t built_ms; /* the moment whose state it tells of */
	int64_t order;
	int64_t call;
	const char *event;
};

struct delivery;

/* How a service delivers. */
struct courier {
	enum provider provider;
	/* Makes the deliveries of an event whose time has come. */
	void (*fire)(struct sim *sim, const struct pending *event);
	/* Where a subscriber wants it; NULL: there is no such subscriber any more. */
	const char *(*address)(struct sim *sim, int64_t hook);
	/*
	 * Notes the result of an attempt (delivery->status, ->attempts). Milliseconds until the
	 * next one; -1: it is given up.
	 */
	int64_t (*again_ms)(struct sim *sim, const struct delivery *delivery);
	const char *headers; /* sent along, each with its line end */
};

struct delivery {
	int64_t id;
	const struct courier *courier;
	char *type; /* Content-Type */
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

/* What became of the deliveries that are not kept any more. */
struct forgotten {
	int64_t deliveries, delivered, attempts;
};

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
	struct forgotten forgotten;
	int64_t next_hook;
	int64_t next_delivery;
	int64_t next_order;
	int64_t fired; /* deliveries there would be if none were lost */
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

/* Aircall's subscriber of this number; NULL if there is none. */
struct hook *webhooks_find_number(const struct webhooks *webhooks, int64_t id);

/* An event of a call and its moment, in milliseconds. */
struct webhooks_event {
	const char *name;
	int64_t at_ms;
};

/*
 * Has the events told when their time comes; those whose time is over are not. The settings may
 * change places of neighbours.
 */
void webhooks_plan(struct sim *sim, enum provider provider, int64_t call,
	const struct webhooks_event *events, size_t count);

/* Forgets the events of a call that are still to come. */
void webhooks_cancel(struct sim *sim, enum provider provider, int64_t call);

/* Queues the body (taken over) for a subscriber, once, twice or not at all, as set. */
void webhooks_deliver(struct sim *sim, const struct courier *courier, int64_t hook,
	const struct pending *event, const char *type, char *body);

/* All deliveries kept, oldest first. */
json_t *webhooks_deliveries_json(const struct webhooks *webhooks);

#endif
