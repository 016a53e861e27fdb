/* This server as a browser finds it: programs run, headers are set, tokens reach the programs. */
#include "auth/auth.h"
#include "base/clock.h"
#include "doctor.h"
#include "json/json.h"

#define REQUEST_MS  INT64_C(5000)
#define TOKEN_TTL_S 60
#define NOBODY      "dialer-doctor" /* a user without calls */
#define WHY_MAX     ((size_t)8 * 1024)
#define ANSWER_MAX  ((size_t)1024 * 1024)
#define INCLUDE     "Include dialer.conf in this virtual host, before other aliases and rewriting"

/* Our own settings for a client: no proxy lies between, and the authority is not the providers'. */
static bool ask(struct doctor *d, const char *path, const char *token, struct http_answer *a)
{
	struct config own = *d->config;
	struct http_client *client = NULL;
	struct http_request r;
	char none[] = "";
	own.https_proxy = own.ca_file = none;
	/* Plain http is for those whose address says so. */
	own.aircall_base_url = own.dialpad_base_url = (char *)d->url;
	http_request_init(&r, "GET");
	buf_addf(&r.url, "%s/api/dialer/%s", d->url, path);
	if (token != NULL)
		http_request_bearer(&r, token);
	bool ok = http_client_open(&own, &client) == ERR_NONE;
	if (ok)
		http_client_perform(client, &r, REQUEST_MS, a);
	http_client_close(client);
	http_request_release(&r);
	return ok;
}

static bool is_json(const struct http_answer *a)
{
	struct json j;
	bool ok = json_parse(&j, a->body.s, a->body.len, ANSWER_MAX, NULL) == ERR_NONE;
	if (ok)
		json_release(&j);
	return ok;
}

/* --- is it there --- */

static void judge_silence(struct doctor *d, const struct http_answer *a)
{
	if (a->fault == HTTP_TLS_ERROR)
		doctor_says(d, DOCTOR_WARNING,
			"mend the certificate, or say --url http://127.0.0.1",
			"no trusted connection to %s: %s", d->url, a->error);
	else
		doctor_says(d, DOCTOR_CRITICAL, "start Apache, or mend DIALER_PUBLIC_URL",
			"%s cannot be reached: %s", d->url, a->error);
}

static void judge_health(struct doctor *d, const struct http_answer *a)
{
	if (a->fault != HTTP_ANSWERED)
		judge_silence(d, a);
	else if (a->status == 404)
		doctor_says(d, DOCTOR_CRITICAL, INCLUDE,
			"%s/api/dialer/health is answered 404: Apache does not know dialer",
			d->url);
	else if (a->status == 503 && is_json(a))
		doctor_says(d, DOCTOR_CRITICAL, NULL,
			"%s/api/dialer/health is answered 503: the programs run, but cannot work",
			d->url);
	else if (a->status != 200)
		doctor_says(d, DOCTOR_CRITICAL, "Apache's error log says why",
			"%s/api/dialer/health is answered %d", d->url, a->status);
	else if (!is_json(a))
		doctor_says(d, DOCTOR_CRITICAL, "a2enmod cgid; " INCLUDE,
			"%s/api/dialer/health is answered by something else than its program",
			d->url);
	else if (!a->no_store || !a->nosniff)
		doctor_says(d, DOCTOR_WARNING, "a2enmod headers; use dialer.conf as it is",
			"answers lack the header %s",
			!a->no_store ? "Cache-Control: no-store"
				     : "X-Content-Type-Options: nosniff");
}

static bool know_address(struct doctor *d)
{
	if (d->url == NULL)
		doctor_skips(d, "neither DIALER_PUBLIC_URL nor --url is given");
	return d->url != NULL;
}

static void look_at_health(struct doctor *d)
{
	struct http_answer a;
	if (!know_address(d))
		return;
	http_answer_init(&a);
	if (ask(d, "health", NULL, &a))
		judge_health(d, &a);
	d->server_answers = a.fault == HTTP_ANSWERED && a.status == 200;
	http_answer_release(&a);
}

/* --- do tokens arrive --- */

static void judge_with_token(struct doctor *d, const struct http_answer *a)
{
	if (a->fault == HTTP_ANSWERED && a->status == 200)
		return;
	if (a->fault == HTTP_ANSWERED && a->status == 401)
		doctor_says(d, DOCTOR_CRITICAL,
			"CGIPassAuth On, as in dialer.conf; SetEnv DIALER_CONFIG must name the "
			"same "
			"settings",
			"a good token is answered 401: the header Authorization does not reach the "
			"programs, or they have another key");
	else
		doctor_says(d, DOCTOR_CRITICAL, "Apache's error log says why",
			"a good token is answered %d", a->status);
}

static void judge_without_token(struct doctor *d, const struct http_answer *a)
{
	if (a->fault == HTTP_ANSWERED && a->status != 401)
		doctor_says(d, DOCTOR_CRITICAL, INCLUDE,
			"/api/dialer/history without a token is answered %d, not 401", a->status);
}

static bool make_token(const struct config *c, struct buf *token)
{
	struct auth_policy *policy;
	struct buf why;
	buf_init(&why, WHY_MAX);
	bool ok = auth_policy_load(c, &policy, &why) == ERR_NONE &&
		  auth_token_make(policy, NOBODY, false, clock_now_ms(), TOKEN_TTL_S, token) ==
			  ERR_NONE;
	auth_policy_free(policy);
	buf_release(&why);
	return ok;
}

static void look_at_authorization(struct doctor *d)
{
	struct http_answer with, without;
	struct buf token;
	if (!know_address(d))
		return;
	if (!d->server_answers) {
		doctor_skips(d, "the server does not answer");
		return;
	}
	buf_init_secret(&token, AUTH_TOKEN_MAX + 1);
	http_answer_init(&with);
	http_answer_init(&without);
	if (ask(d, "history?limit=1", NULL, &without))
		judge_without_token(d, &without);
	/* With a public key no token can be made here. */
	if (make_token(d->config, &token) && ask(d, "history?limit=1", token.s, &with))
		judge_with_token(d, &with);
	http_answer_release(&with);
	http_answer_release(&without);
	buf_release(&token);
}

const struct doctor_check doctor_apache[] = {
	{.name = "apache", .look = look_at_health, .asks = true},
	{.name = "authorization", .look = look_at_authorization, .asks = true}, {.name = NULL}};
