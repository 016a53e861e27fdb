/* Dialpad: the application that users connect with, the company's key, and the stored tokens. */
#include "base/clock.h"
#include "config/url.h"
#include "doctor.h"
#include "oauth/oauth.h"
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

/* What is not asked for is not granted, and no connection would be good enough. */
static void judge_scopes(struct doctor *d)
{
	const struct config *c = d->config;
	char missing[OAUTH_SCOPES_MAX];
	if (oauth_missing_scope(
		    c->dialpad_required_scopes, c->dialpad_scopes, missing, sizeof(missing)))
		doctor_says_of(d, DOCTOR_WARNING,
			"DIALPAD_SCOPES=, with all of DIALPAD_REQUIRED_SCOPES",
			"users who connect to Dialpad need the scope %s, and it is not asked for",
			missing);
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
	judge_scopes(d);
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

/* --- what users have connected with --- */

struct connected {
	const char *required;
	char scope[OAUTH_SCOPES_MAX]; /* the first that is missing */
	int64_t good, lacking, ended;
	struct buf names;
};

static bool look_at_one(void *arg, const char *user, const struct connection *c)
{
	struct connected *all = arg;
	char missing[OAUTH_SCOPES_MAX];
	if (c->needs_reconnect) {
		all->ended++;
	} else if (!oauth_missing_scope(all->required, c->scopes, missing, sizeof(missing))) {
		all->good++;
	} else {
		if (all->lacking == 0)
			(void)snprintf(all->scope, sizeof(all->scope), "%s", missing);
		if (all->lacking++ < NAMES_MAX)
			buf_addf(&all->names, "%s%s", all->names.len > 0 ? ", " : "", user);
	}
	return true;
}

/* Who has to connect again reads so in the page, and calls through Aircall meanwhile: it is no fault. */
static void judge_connected(struct doctor *d, const struct connected *all)
{
	if (all->lacking > 0)
		doctor_says(d, DOCTOR_WARNING,
			"these users have to disconnect and connect again; or take the scope out "
			"of "
			"DIALPAD_REQUIRED_SCOPES",
			"%lld Dialpad connections lack a scope (%s): %s%s", (long long)all->lacking,
			all->scope, all->names.s, all->lacking > NAMES_MAX ? ", ..." : "");
	else
		doctor_says(d, DOCTOR_OK, NULL, "%lld connected, %lld have to connect again",
			(long long)all->good, (long long)all->ended);
}

static void look_at_connections(struct doctor *d)
{
	struct connected all = {.required = d->config->dialpad_required_scopes};
	if (!d->has_store) {
		doctor_skips(d, "there is no data directory");
		return;
	}
	buf_init(&all.names, WHY_MAX);
	if (store_connection_list(d->app->store, look_at_one, &all) != ERR_NONE)
		doctor_skips(d, "the databases cannot be read");
	else
		judge_connected(d, &all);
	buf_release(&all.names);
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
	{.name = "dialpad-connections", .look = look_at_connections},
	{.name = "providers", .look = look_for_any}, {.name = NULL}};
