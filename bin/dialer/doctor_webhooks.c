/* Webhooks: what the settings expect to be told must be registered with the provider, and be proven
 * with the same secret. All of it is a warning: the sync finds out whatever does not arrive. */
#include "base/secret.h"
#include "doctor.h"
#include "hooks.h"

#include <stdio.h>
#include <string.h>

#define ADDRESS_MAX ((size_t)8 * 1024)
#define SET_UP      "`dialer webhooks set-up`"

struct expected {
	enum provider_id provider;
	const char *title, *key; /* the setting */
	const char *proof;       /* its value; "": not set */
	const char *address;
};

static bool is_same(const char *a, const char *b)
{
	return secret_equal(a, strlen(a), b, strlen(b));
}

static const struct hook *find_ours(const struct hook_page *all, const struct expected *x)
{
	const struct hook *found = NULL;
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->hooks[i].url, x->address) == 0 &&
			(found == NULL || is_same(all->hooks[i].proof, x->proof)))
			found = &all->hooks[i];
	return found;
}

static const struct hook *find_subscription(const struct hook_page *all, const char *of)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->hooks[i].of, of) == 0 && all->hooks[i].active &&
			all->hooks[i].right)
			return &all->hooks[i];
	return NULL;
}

/* `works`: it is active and tells what is needed. */
static void judge(struct doctor *d, const struct expected *x, const struct hook *h, bool works)
{
	if (h == NULL && *x->proof != '\0')
		doctor_says(d, DOCTOR_WARNING, SET_UP,
			"%s is set, but no webhook of %s leads to %s", x->key, x->title,
			x->address);
	else if (h != NULL && *x->proof == '\0')
		doctor_says(d, DOCTOR_WARNING, SET_UP,
			"webhook %s of %s leads here, but %s is not set: its events are refused",
			h->id, x->title, x->key);
	else if (h != NULL && !is_same(h->proof, x->proof))
		doctor_says(d, DOCTOR_WARNING, SET_UP,
			"webhook %s of %s has another secret than %s: its events are refused",
			h->id, x->title, x->key);
	else if (h != NULL && !works)
		doctor_says(d, DOCTOR_WARNING, SET_UP,
			"webhook %s of %s is disabled, or does not tell all that is needed", h->id,
			x->title);
}

static void ask_and_judge(struct doctor *d, const struct expected *x)
{
	struct hook_desk desk = {.app = d->app, .asking = d->asking};
	struct hook_page hooks = {.hooks = NULL}, subscriptions = {.hooks = NULL};
	bool aircall = x->provider == PROVIDER_AIRCALL;
	bool ok = hook_desk_list(&desk, aircall ? &aircall_hooks : &dialpad_hooks, &hooks);
	const struct hook *h = ok ? find_ours(&hooks, x) : NULL;
	if (ok && !aircall)
		ok = hook_desk_list(&desk, &dialpad_subscriptions, &subscriptions);
	if (ok)
		judge(d, x, h,
			h != NULL && (aircall ? h->active && h->right
					      : find_subscription(&subscriptions, h->id) != NULL));
	else
		doctor_says(d, DOCTOR_UNKNOWN, NULL,
			"%s did not tell its webhooks; standard error says why", x->title);
	hook_page_release(&subscriptions);
	hook_page_release(&hooks);
}

static void look_at_webhooks(struct doctor *d, struct expected *x, bool answers)
{
	struct buf address;
	const char *why;
	buf_init(&address, ADDRESS_MAX);
	if (!answers)
		doctor_skips(d, "the provider cannot be asked");
	else if (!hook_address(d->config, x->provider, &address, &why)) {
		if (*x->proof != '\0')
			doctor_says_of(d, DOCTOR_WARNING, "DIALER_PUBLIC_URL=https://your-host",
				"%s is set, but %s", x->key, why);
		else
			doctor_skips(d, "%s", why);
	} else {
		x->address = address.s;
		ask_and_judge(d, x);
	}
	buf_release(&address);
}

static void look_at_aircall(struct doctor *d)
{
	struct expected x = {.provider = PROVIDER_AIRCALL,
		.title = "Aircall",
		.key = "AIRCALL_WEBHOOK_TOKEN",
		.proof = d->config->aircall_webhook_token};
	look_at_webhooks(d, &x, d->aircall_answers);
}

static void look_at_dialpad(struct doctor *d)
{
	struct expected x = {.provider = PROVIDER_DIALPAD,
		.title = "Dialpad",
		.key = "DIALPAD_WEBHOOK_SECRET",
		.proof = d->config->dialpad_webhook_secret};
	look_at_webhooks(d, &x, d->dialpad_answers && d->config->dialpad_api_key[0] != '\0');
}

const struct doctor_check doctor_webhooks[] = {
	{.name = "webhooks-aircall", .look = look_at_aircall, .asks = true},
	{.name = "webhooks-dialpad", .look = look_at_dialpad, .asks = true}, {.name = NULL}};
