/*
 * Dialpad's webhooks, and the subscriptions to call events that go to them.
 */
#ifndef SIM_SUBSCRIPTIONS_H
#define SIM_SUBSCRIPTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct webhook {
	int64_t id;
	char *url;
	char *secret; /* NULL: events are not signed */
};

struct subscription {
	int64_t id;
	int64_t webhook;
	json_t *states; /* array of names; empty: all */
	char *target_type;
	int64_t target; /* a user's id; 0: every user */
	bool enabled;
	bool group_calls_only;
};

struct subscriptions {
	struct webhook *webhook;
	size_t webhooks;
	size_t webhook_cap;
	struct subscription *subscription;
	size_t count;
	size_t cap;
	int64_t made; /* ids given so far */
};

void subscriptions_release(struct subscriptions *all);

/* What is made has an id; the caller sets the rest. Good until the next one is made. */
struct webhook *subscriptions_new_webhook(struct subscriptions *all);
struct subscription *subscriptions_new(struct subscriptions *all);

/* NULL if there is none. */
struct webhook *subscriptions_webhook(const struct subscriptions *all, int64_t id);
struct subscription *subscriptions_find(const struct subscriptions *all, int64_t id);

/* Removing a webhook removes its subscriptions too. */
void subscriptions_remove_webhook(struct subscriptions *all, struct webhook *webhook);
void subscriptions_remove(struct subscriptions *all, struct subscription *subscription);

/* Whether a name is a state of calls that can be subscribed to; "all" is. */
bool subscriptions_state_known(const char *state);

/* Whether the subscription is about this state of a call of this user. */
bool subscription_wants(const struct subscription *subscription, const char *state, int64_t user);

#endif
