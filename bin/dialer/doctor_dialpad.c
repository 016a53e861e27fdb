/* Dialpad: the application that users connect with, the company's key, and the stored tokens. */
#include "base/clock.h"
#include "config/url.h"
#include "doctor.h"
#include "provider/provider.h"
#include "store/connections.h"
#include "vault/vault.h"

#include <stdio.h>
#include <string.h>

#define WHY_MAX   ((size_t)8 * 1024)
#define NAMES_MAX 3
#define HOUR_MS   INT64_C(3600000)
#define REDIRECT  "DIALER_PUBLIC_URL=https://your-host (or DIALPAD_REDIRECT_URI)"

/* --- the application --- */

static void judge_redirect(struct doctor *d)
{
	const char *uri = d->config->dialpad_redirect_uri;
	struct url u;
	size_t len = strcspn(uri, "?");
	if (len == 0)
		doctor_says_of(d, DOCTOR_CRITICAL, REDIRECT,
			"no user can connect to Dialpad: the redirect address is not known");
	else if (url_split(uri, len, &u) && !u.https && !url_is_loopback(&u))
		doctor_says_of(
			d, DOCTOR_WARNING, REDIRECT, "the redirect address is not https: %s", uri);
}

static void look_at_application(struct doctor *d)
{
	const struct config *c = d->config;
	bool id = c->dialpad_client_id[0] != '\0', secret = c->dialpad_client_secret[0] != '\0';
	if (!id && !secret) {
		doctor_skips(d, "DIALPAD_CLIENT_ID is not set");
		return;
	}
	if (!id)
		doctor_says_of(d, DOCTOR_CRITICAL, "DIALPAD_CLIENT_ID=",
			"no user can connect to Dialpad: DIALPAD_CLIENT_ID is not set, its secret "
			"is");
	if (!secret)
		doctor_says_of(d, DOCTOR_CRITICAL, "DIALPAD_CLIENT_SECRET=",
			"no user can connect to Dialpad: DIALPAD_CLIENT_SECRET is not set");
	judge_redirect(d);
}

/* --- the service --- */

static void ask_for_list(struct doctor *d)
{
	const struct list_query q = {
		.from_ms = clock_now_ms() - HOUR_MS, .to_ms = clock_now_ms(), .page = 1};
	struct http_request r;
	struct http_answer a;
	http_request_init(&r, "GET");
	http_answer_init(&a);
	if (provider_dialpad.list_request(d->config, &q, &r) == ERR_NONE &&
		doctor_ask(d, PROVIDER_DIALPAD, LIMIT_DIALPAD_LIST,
			"DIALPAD_API_KEY=, made by an administrator, with the scope calls:list", &r,
			&a)) {
		d->dialpad_answers = a.status != 404;
		if (a.status == 404)
			doctor_says_of(d, DOCTOR_CRITICAL, "DIALPAD_BASE_URL=https://dialpad.com",
				"%s is not Dialpad: /api/v2/call is answered 404",
				d->config->dialpad_base_url);
	}
	http_answer_release(&a);
	http_request_release(&r);
}

/* Without a key there is nothing to prove; being refused is an answer. */
static void ask_for_anything(struct doctor *d)
{
	struct http_request r;
	struct http_answer a;
	size_t before = d->count;
	http_request_init(&r, "GET");
	http_answer_init(&a);
	buf_addf(&r.url, "%s/api/v2/users/me", d->config->dialpad_base_url);
	d->dialpad_answers = doctor_ask(d, PROVIDER_DIALPAD, LIMIT_DIALPAD_OTHER, "", &r, &a);
	if (a.fault == HTTP_ANSWERED && (a.status == 401 || a.status == 403))
		doctor_takes_back(d, before);
	http_answer_release(&a);
	http_request_release(&r);
}

static void look_at_service(struct doctor *d)
{
	if (d->config->dialpad_api_key[0] != '\0')
		ask_for_list(d);
	else if (d->config->dialpad_client_id[0] != '\0')
		ask_for_anything(d);
	else
		doctor_skips(d, "neither DIALPAD_CLIENT_ID nor DIALPAD_API_KEY is set");
}

/* --- stored tokens --- */

struct opening {
	const struct vault *vault;
	int64_t closed;
	struct buf names;
};

static bool open_one(void *arg, const char *user, const struct connection *c)
{
	struct opening *o = arg;
	struct buf plain;
	if (c->needs_reconnect)
		return true;
	buf_init_secret(&plain, CONNECTION_SEALED_MAX);
	enum err e = vault_unseal(o->vault, user, c->sealed.s, c->sealed.len, &plain);
	buf_release(&plain);
	if ((e == ERR_NOT_FOUND || e == ERR_INVALID) && o->closed++ < NAMES_MAX)
		buf_addf(&o->names, "%s%s", o->names.len > 0 ? ", " : "", user);
	return true;
}

static void judge_opening(struct doctor *d, const struct opening *o)
{
	if (o->closed == 0)
		return;
	doctor_says(d, DOCTOR_CRITICAL,
		"put the key with which they were stored back, as a further line; else the users "
		"have to connect again",
		"%lld stored Dialpad tokens open with no key in %s: %s%s", (long long)o->closed,
		d->config->token_key_file, o->names.s, o->closed > NAMES_MAX ? ", ..." : "");
}

static void look_at_tokens(struct doctor *d)
{
	struct vault *v = NULL;
	struct buf why;
	struct opening o = {.closed = 0};
	buf_init(&why, WHY_MAX);
	buf_init(&o.names, WHY_MAX);
	if (!d->has_store || vault_open(d->config->token_key_file, &v, &why) != ERR_NONE) {
		doctor_skips(d, "there is no key, or no data directory");
	} else {
		o.vault = v;
		if (store_connection_list(d->app->store, open_one, &o) != ERR_NONE)
			doctor_skips(d, "the databases cannot be read");
		judge_opening(d, &o);
	}
	vault_close(v);
	buf_release(&o.names);
	buf_release(&why);
}

/* --- any at all --- */

static void look_for_any(struct doctor *d)
{
	const struct config *c = d->config;
	if (!config_has_aircall(c) && c->dialpad_client_id[0] == '\0' &&
		c->dialpad_cti_client_id[0] == '\0')
		doctor_says_of(d, DOCTOR_WARNING, "AIRCALL_API_KEY= or DIALPAD_CLIENT_ID=",
			"no provider is set up: every call is left to the user's own device");
}

const struct doctor_check doctor_dialpad[] = {
	{.name = "dialpad-application", .look = look_at_application},
	{.name = "dialpad", .look = look_at_service, .asks = true},
	{.name = "dialpad-tokens", .look = look_at_tokens},
	{.name = "providers", .look = look_for_any}, {.name = NULL}};
