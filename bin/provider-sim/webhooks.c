#include "webhooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aircall.h"
#include "dialpad.h"
#include "mem.h"
#include "post.h"
#include "sim.h"

enum { WAKE_NS = 50000000 };

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

static void delivery_release(struct delivery *delivery)
{
	free(delivery->type);
	free(delivery->body);
}

void webhooks_clear(struct webhooks *webhooks)
{
	for (size_t i = 0; i < webhooks->hooks; i++)
		hook_release(&webhooks->hook[i]);
	for (size_t i = 0; i < webhooks->deliveries; i++)
		delivery_release(&webhooks->delivery[i]);
	webhooks->hooks = 0;
	webhooks->fired = 0;
	webhooks->pendings = 0;
	webhooks->deliveries = 0;
	webhooks->settled = 0;
	webhooks->forgotten = (struct forgotten){0};
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

struct hook *webhooks_find_number(const struct webhooks *webhooks, int64_t id)
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

	for (size_t i = 0; i < drop; i++) {
		webhooks->forgotten.delivered += webhooks->delivery[i].delivered;
		webhooks->forgotten.attempts += webhooks->delivery[i].attempts;
		delivery_release(&webhooks->delivery[i]);
	}
	webhooks->forgotten.deliveries += (int64_t)drop;
	webhooks->deliveries -= drop;
	memmove(webhooks->delivery, webhooks->delivery + drop,
		webhooks->deliveries * sizeof(*webhooks->delivery));
	webhooks->settled = 0;
}

static void queue(struct sim *sim, const struct delivery *delivery)
{
	struct webhooks *webhooks = &sim->webhooks;
	struct delivery *kept;

	if (webhooks->deliveries >= WEBHOOK_DELIVERIES_KEPT)
		forget_settled(webhooks);
	webhooks->delivery = mem_grow(webhooks->delivery, &webhooks->delivery_cap,
		webhooks->deliveries + 1, sizeof(*webhooks->delivery));
	kept = &webhooks->delivery[webhooks->deliveries++];
	*kept = *delivery;
	kept->id = webhooks->next_delivery++;
	kept->type = mem_text(delivery->type);
	kept->body = mem_text(delivery->body);
}

void webhooks_deliver(struct sim *sim, const struct courier *courier, int64_t hook,
	const struct pending *event, const char *type, char *body)
{
	struct delivery delivery = {
		.courier = courier,
		.type = (char *)type,
		.hook = hook,
		.call = event->call,
		.event = event->event,
		.body = body,
		.next_ms = clock_now_ms(&sim->clock),
	};
	int64_t every = sim->settings.webhook_lose_every;

	if (every == 0 || ++sim->webhooks.fired % every != 0) {
		queue(sim, &delivery);
		if (sim->settings.webhook_duplicates)
			queue(sim, &delivery);
	}
	free(body);
}

void webhooks_plan(struct sim *sim, enum provider provider, int64_t call,
	const struct webhooks_event *events, size_t count)
{
	struct webhooks *webhooks = &sim->webhooks;
	int64_t now = clock_now_ms(&sim->clock);

	/* A subscriber hears nothing of calls that were over when he was not there yet. */
	for (size_t i = 0; i < count; i++) {
		bool late = sim->settings.webhook_swap && i % 2 == 0 && i + 1 < count;

		if (events[i].at_ms / 1000 < now / 1000)
			continue;
		webhooks->pending = mem_grow(webhooks->pending, &webhooks->pending_cap,
			webhooks->pendings + 1, sizeof(*webhooks->pending));
		webhooks->pending[webhooks->pendings++] = (struct pending){
			.provider = provider,
			.due_ms = late ? events[i + 1].at_ms + 1000 : events[i].at_ms,
			.built_ms = events[i].at_ms,
			.order = ++webhooks->next_order,
			.call = call,
			.event = events[i].name,
		};
	}
}

void webhooks_cancel(struct sim *sim, enum provider provider, int64_t call)
{
	struct webhooks *webhooks = &sim->webhooks;
	size_t kept = 0;

	for (size_t i = 0; i < webhooks->pendings; i++) {
		const struct pending *event = &webhooks->pending[i];

		if (event->call != call || event->provider != provider)
			webhooks->pending[kept++] = *event;
	}
	webhooks->pendings = kept;
}

static int by_due(const void *a, const void *b)
{
	const struct pending *one = a;
	const struct pending *other = b;

	if (one->due_ms != other->due_ms)
		return one->due_ms < other->due_ms ? -1 : 1;
	return one->order < other->order ? -1 : one->order > other->order;
}

static const struct courier *courier_of(enum provider provider)
{
	return provider == PROVIDER_DIALPAD ? &dialpad_courier : &aircall_courier;
}

/* Makes deliveries of the events whose time has come. */
static void fire_due(struct sim *sim)
{
	struct webhooks *webhooks = &sim->webhooks;
	int64_t now = clock_now_ms(&sim->clock);
	struct pending *due = NULL;
	size_t due_cap = 0;
	size_t count = 0;
	size_t kept = 0;

	for (size_t i = 0; i < webhooks->pendings; i++) {
		struct pending event = webhooks->pending[i];

		if (event.due_ms > now) {
			webhooks->pending[kept++] = event;
			continue;
		}
		due = mem_grow(due, &due_cap, count + 1, sizeof(*due));
		due[count++] = event;
	}
	webhooks->pendings = kept;
	if (count > 1)
		qsort(due, count, sizeof(*due), by_due);
	for (size_t i = 0; i < count; i++)
		courier_of(due[i].provider)->fire(sim, &due[i]);
	free(due);
}

static bool over(const struct delivery *delivery)
{
	return delivery->delivered || delivery->given_up;
}

static bool hook_occupied(const struct webhooks *webhooks, const struct delivery *next)
{
	for (size_t i = webhooks->settled; i < webhooks->deliveries; i++) {
		const struct delivery *other = &webhooks->delivery[i];

		if (other->in_flight && other->hook == next->hook &&
			other->courier == next->courier)
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
			!hook_occupied(webhooks, delivery))
			return delivery;
	}
	return NULL;
}

/* Where a delivery goes: the subscriber's address, or its path at the origin that is set. */
static char *target(struct sim *sim, const char *address)
{
	const char *host = strstr(address, "://");
	const char *path = host ? strchr(host + 3, '/') : NULL;

	if (!*sim->settings.webhook_target)
		return mem_text(address);
	return mem_format("%s%s", sim->settings.webhook_target, path ? path : "/");
}

static void note_result(struct sim *sim, int64_t id, int status)
{
	struct webhooks *webhooks = &sim->webhooks;
	struct delivery *delivery = NULL;
	int64_t now = clock_now_ms(&sim->clock);
	int64_t again_ms;

	for (size_t i = webhooks->settled; i < webhooks->deliveries; i++) {
		if (webhooks->delivery[i].id == id)
			delivery = &webhooks->delivery[i];
	}
	if (!delivery)
		return;
	delivery->in_flight = false;
	delivery->status = status;
	if (delivery->attempts++ == 0)
		delivery->first_ms = now;
	delivery->delivered = status >= 200 && status < 300;
	again_ms = delivery->courier->again_ms(sim, delivery);
	delivery->next_ms = now + again_ms;
	delivery->given_up = !delivery->delivered && again_ms < 0;
}

/* One delivery, with the lock given up while it is under way. False: nothing was due. */
static bool deliver_one(struct sim *sim)
{
	struct delivery *delivery = find_due(sim);
	const char *address;
	const char *headers;
	char *url;
	char *type;
	char *body;
	int64_t id;
	int64_t timeout_ms = sim->settings.webhook_timeout_ms;
	int status;

	if (!delivery)
		return false;
	address = delivery->courier->address(sim, delivery->hook);
	if (!address) {
		delivery->given_up = true;
		return true;
	}
	delivery->in_flight = true;
	id = delivery->id;
	url = target(sim, address);
	headers = delivery->courier->headers;
	type = mem_text(delivery->type);
	body = mem_text(delivery->body);
	sim_unlock(sim);
	status = post_event(sim, url, type, headers, body, timeout_ms);
	sim_lock(sim);
	free(url);
	free(type);
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

		fire_due(sim);
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

/* Dialpad's ids are beyond what some tools can read as a number. */
static json_t *id_json(const struct delivery *delivery, int64_t id)
{
	return delivery->courier->provider == PROVIDER_DIALPAD ? dialpad_id(id) : json_integer(id);
}

json_t *webhooks_deliveries_json(const struct webhooks *webhooks)
{
	json_t *list = json_array();

	for (size_t i = 0; i < webhooks->deliveries; i++) {
		const struct delivery *delivery = &webhooks->delivery[i];

		json_array_append_new(list,
			json_pack("{ss sI so so ss ss sI si}", "provider",
				provider_name(delivery->courier->provider), "id",
				(json_int_t)delivery->id, "hook", id_json(delivery, delivery->hook),
				"call", id_json(delivery, delivery->call), "event", delivery->event,
				"state", state(delivery), "attempts",
				(json_int_t)delivery->attempts, "status", delivery->status));
	}
	return list;
}
