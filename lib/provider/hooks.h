/*
 * The webhooks that providers keep for us, as pure functions like those of provider.h: builders
 * make requests, readers turn answers into values.
 *
 *   Aircall  GET and POST /v1/webhooks, PUT and DELETE /v1/webhooks/:webhook_id. The token that
 *            proves its events is made by Aircall, and told by all reads. A change without `events`
 *            subscribes to all of them.
 *   Dialpad  a webhook is an address with a secret of ours, /api/v2/webhooks; which calls it is told
 *            of are subscriptions to it, /api/v2/subscriptions/call. Both need the company's key.
 *            All reads tell the secret.
 */
#ifndef PROVIDER_HOOKS_H
#define PROVIDER_HOOKS_H

#include "provider/http_message.h"
#include "config/config.h"

#define HOOK_ID_SIZE 48

struct hook {
	char id[HOOK_ID_SIZE]; /* letters, digits and `-` */
	char of[HOOK_ID_SIZE]; /* of a subscription: its webhook; "": none, or it is none */
	char *url;             /* owned; never NULL */
	char *proof;           /* token or secret; owned, never NULL, wiped */
	char *events;          /* their names, with blanks between; owned; never NULL */
	bool active;
	bool right; /* it tells exactly what is needed, of all calls */
};

struct hook_page {
	struct hook *hooks; /* owned */
	size_t count;
	bool more;
	char *cursor; /* of the next page, where pages have one; owned; else NULL */
};
void hook_page_release(struct hook_page *p);

/* Where the provider is to send its events; false if DIALER_PUBLIC_URL is not set, or is neither
 * https nor loopback: *why says so. */
bool hook_address(const struct config *c, enum provider_id p, struct buf *out, const char **why);

/* One kind of thing that a provider keeps. */
struct hook_kind {
	enum provider_id provider;
	const char *title; /* "webhook" */

	/* Builders: ERR_INVALID where the settings lack the key or an id is none; ERR_NOMEM.
	 * Readers: ERR_IO, ERR_INVALID, ERR_NOMEM. Elements of a list that make no sense are left
	 * out. Pages are counted from 1, or follow the cursor of the one before (NULL: the first). */
	enum err (*list_request)(
		const struct config *c, int page, const char *cursor, struct http_request *r);
	enum err (*list_read)(const struct http_answer *a, struct hook_page *p);
	/* Makes one (id NULL) or makes it what it must be. `target` is the address, of a
	 * subscription the id of the webhook. */
	enum err (*put_request)(
		const struct config *c, const char *id, const char *target, struct http_request *r);
	/* As it is then, as a page of one. */
	enum err (*put_read)(const struct http_answer *a, struct hook_page *p);
	enum err (*delete_request)(const struct config *c, const char *id, struct http_request *r);
};

extern const struct hook_kind aircall_hooks, dialpad_hooks, dialpad_subscriptions;

#endif
