/*
 * Taking in what a provider tells by its webhook: proven genuine, read, and durable in the store
 * before the provider is answered. Which row it is about, and what it changes there, is decided in
 * one transaction (store/events.h) by the same merge as everything else.
 *
 * An event that is genuine is always taken, also one that makes no sense or is about somebody
 * else's call: to refuse it would only make the provider send it again.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "base/buf.h"
#include "base/log.h"
#include "config/config.h"
#include "store/store.h"
#include <stdint.h>

#define EVENT_KEPT_MAX 10000 /* events that wait for their row, of all providers together */

struct event_context {
	const struct config *config;
	struct store *store;
	const struct log *log;
	int64_t now_ms;
};

enum event_result {
	EVENT_TAKEN,
	EVENT_NOT_CONFIGURED, /* there is nothing to prove it with */
	EVENT_NOT_GENUINE,    /* nothing changed */
	EVENT_NOT_STORED,     /* storage was busy or failed: worth sending again */
	EVENT_NO_MEMORY
};

/* Aircall: JSON whose `token` equals AIRCALL_WEBHOOK_TOKEN. */
enum event_result event_from_aircall(const struct event_context *x, const struct buf *body);
/* Dialpad: a JWT signed with DIALPAD_WEBHOOK_SECRET; plain JSON proves nothing. */
enum event_result event_from_dialpad(const struct event_context *x, const struct buf *body);

#endif
