#include "webhooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aircall.h"
#include "mem.h"
#include "post.h"
#include "sim.h"

enum { WAKE_NS = 50000000, GIVE_UP_MS = 43200000 /* 12 hours */ };

void webhooks_init(struct webhooks *webhooks)
{
	*webhooks = (struct webhooks){.next_hook = 1, .next_delivery = 1};
}

static void hook_release(struct hook *hook)
{
	free(hook->name);
	free(hook->url);
	json_decref(hook->events);
}

void webhooks_clear(struct webhooks *webhooks)
{
	for (size_t i = 0; i < webhooks->hooks; i++)
		hook_release(&webhooks->hook[i]);
	for (size_t i = 0; i < webhooks->deliveries; i++)
		free(webhooks->delivery[i].body);
	webhooks->hooks = 0;
	webhooks->pendings = 0;
	webhooks->deliveries = 0;
	webhooks->settled = 0;
}

void webhooks_release(struct webhooks *webhooks)
{
	webhooks_clear(webhooks);
	free(webhooks->hook);
	free(webhooks->pending);
	free(webhooks->delivery);
	*webhooks = (struct webhooks){0};
}

struct hook *webhooks_find(const struct webhooks *webhooks, const char *uuid)
{
	for (size_t i = 0; i < webhooks->hooks; i++) {
		if (strcmp(webhooks->hook[i].uuid, uuid) == 0)
			return &webhooks->hook[i];
	}
	return NULL;
}

static struct hook *find_by_id(const struct webhooks *webhooks, int64_t id)
{
	for (size_t i = 0; i < webhooks->hooks; i++) {
		if (webhooks->hook[i].id == id)
			return &webhooks->hook[i];
	}
	return NULL;
}

void webhooks_remove(struct webhooks *webhooks, struct hook *hook)
{
	size_t at = (size_t)(hook - webhooks->hook);

	hook_release(hook);
	webhooks->hooks--;
	memmove(hook, hook + 1, (webhooks->hooks - at) * sizeof(*hook));
}

bool webhooks_subscribed(const struct hook *hook, const char *event)
{
	size_t i;
	json_t *name;

	json_array_foreach(hook->events, i, name)
	{
		if (strcmp(json_string_value(name), event) == 0)
			return true;
	}
	return false;
}

static void forget_settled(struct webhooks *webhooks)
{
	size_t drop = webhooks->settled;

	for (size_t i = 0; i < drop; i++)
		free(webhooks->delivery[i].body);
	webhooks->deliveries -= drop;
	memmove(webhooks->delivery, webhooks->delivery + drop,
		webhooks->deliveries * sizeof(*webhooks->delivery));
	webhooks->settled = 0;
}

void webhooks_deliver(
	struct sim *sim, const struct hook *hook, const char *event, int64_t call, const char *body)
{
	struct webhooks *webhooks = &sim->webhooks;

	if (webhooks->deliveries >= WEBHOOK_DELIVERIES_KEPT)
		forget_settled(webhooks);
	webhooks->delivery = mem_grow(webhooks->delivery, &webhooks->delivery_cap,
		webhooks->deliveries + 1, sizeof(*webhooks->delivery));
	webhooks->delivery[webhooks->deliveries++] = (struct delivery){
		.id = webhooks->next_delivery++,
		.hook = hook->id,
		.call = call,
		.event = event,
		.body = mem_text(body),
		.next_ms = clock_now_ms(&sim->clock),
	};
}

static bool over(const struct delivery *delivery)
{
	return delivery->delivered || delivery->given_up;
}

static bool hook_occupied(const struct webhooks *webhooks, int64_t hook)
{
	for (size_t i = webhooks->settled; i < webhooks->deliveries; i++) {
		if (webhooks->delivery[i].in_flight && webhooks->delivery[i].hook == hook)
			return true;
	}
	return false;
}

static struct delivery *find_due(struct sim *sim)
{
	struct webhooks *webhooks = &sim->webhooks;
	int64_t now = clock_now_ms(&sim->clock);

	while (webhooks->settled < webhooks->deliveries &&
		over(&webhooks->delivery[webhooks->settled]))
		webhooks->settled++;
	for (size_t i = webhooks->settled; i < webhooks->deliveries; i++) {
		struct delivery *delivery = &webhooks->delivery[i];

		if (!over(delivery) && !delivery->in_flight && delivery->next_ms <= now &&
			!hook_occupied(webhooks, delivery->hook))
			return delivery;
	}
	return NULL;
}

/* Where a delivery goes: the subscriber's address, or its path at the origin that is set. */
static char *target(struct sim *sim, const struct hook *hook)
{
	const char *host = strstr(hook->url, "://");
	const char *path = host ? strchr(host + 3, '/') : NULL;

	if (!*sim->settings.webhook_target)
		return mem_text(hook->url);
	return mem_format("%s%s", sim->settings.webhook_target, path ? path : "/");
}

static void note_result(struct sim *sim, int64_t id, int status)
{
	struct webhooks *webhooks = &sim->webhooks;
	struct delivery *delivery = NULL;
	struct hook *hook;
	int64_t now = clock_now_ms(&sim->clock);

	for (size_t i = webhooks->settled; i < webhooks->deliveries; i++) {
		if (webhooks->delivery[i].id == id)
			delivery = &webhooks->delivery[i];
	}
	if (!delivery)
		return;
	hook = find_by_id(webhooks, delivery->hook);
	delivery->in_flight = false;
	delivery->status = status;
	if (delivery->attempts++ == 0)
		delivery->first_ms = now;
	delivery->delivered = status >= 200 && status < 300;
	delivery->next_ms = now + sim->settings.webhook_retry_seconds * 1000;
	delivery->given_up = !delivery->delivered && now >= delivery->first_ms + GIVE_UP_MS;
	if (hook && delivery->delivered)
		hook->active = true;
	else if (hook && delivery->attempts >= sim->settings.webhook_attempts)
		hook->active = false;
}

/* One delivery, with the lock given up while it is under way. False: nothing was due. */
static bool deliver_one(struct sim *sim)
{
	struct delivery *delivery = find_due(sim);
	struct hook *hook;
	char *url;
	char *body;
	int64_t id;
	int64_t timeout_ms = sim->settings.webhook_timeout_ms;
	int status;

	if (!delivery)
		return false;
	hook = find_by_id(&sim->webhooks, delivery->hook);
	if (!hook) {
		delivery->given_up = true;
		return true;
	}
	delivery->in_flight = true;
	id = delivery->id;
	url = target(sim, hook);
	body = mem_text(delivery->body);
	sim_unlock(sim);
	status = post_json(sim, url, body, timeout_ms);
	sim_lock(sim);
	free(url);
	free(body);
	note_result(sim, id, status);
	return true;
}

static void *work(void *cls)
{
	struct sim *sim = cls;

	sim_lock(sim);
	while (!atomic_load(&sim->stopping)) {
		struct timespec until;

		aircall_events_fire(sim);
		if (deliver_one(sim))
			continue;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += WAKE_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&sim->wake, &sim->lock, &until);
	}
	sim_unlock(sim);
	return NULL;
}

bool webhooks_start(struct sim *sim)
{
	struct webhooks *webhooks = &sim->webhooks;

	while (webhooks->workers < WEBHOOK_WORKERS) {
		if (pthread_create(&webhooks->worker[webhooks->workers], NULL, work, sim) != 0)
			return false;
		webhooks->workers++;
	}
	return true;
}

void webhooks_stop(struct sim *sim)
{
	sim_lock(sim);
	pthread_cond_broadcast(&sim->wake);
	sim_unlock(sim);
	while (sim->webhooks.workers > 0)
		pthread_join(sim->webhooks.worker[--sim->webhooks.workers], NULL);
}

static const char *state(const struct delivery *delivery)
{
	return delivery->delivered ? "delivered" : delivery->given_up ? "given_up" : "waiting";
}

json_t *webhooks_deliveries_json(const struct webhooks *webhooks)
{
	json_t *list = json_array();

	for (size_t i = 0; i < webhooks->deliveries; i++) {
		const struct delivery *delivery = &webhooks->delivery[i];

		json_array_append_new(list,
			json_pack("{sI sI sI ss ss sI si}", "id", (json_int_t)delivery->id, "hook",
				(json_int_t)delivery->hook, "call", (json_int_t)delivery->call,
				"event", delivery->event, "state", state(delivery), "attempts",
				(json_int_t)delivery->attempts, "status", delivery->status));
	}
	return list;
}
