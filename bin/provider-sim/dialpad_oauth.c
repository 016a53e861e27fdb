/*
 * OAuth 2 (RFC 6749) with PKCE (RFC 7636) and rotating refresh tokens.
 */
#include "dialpad.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "consent.h"
#include "crypto.h"
#include "form.h"
#include "mem.h"

/* What the application asks the user for. */
struct asked {
	char *client_id;
	char *redirect_uri;
	char *response_type;
	char *scope;
	char *state;
	char *challenge;
	char *method;
	char *granted; /* the scopes it would get */
};

static void asked_read(struct asked *asked, const char *form)
{
	*asked = (struct asked){
		.client_id = form_value(form, "client_id"),
		.redirect_uri = form_value(form, "redirect_uri"),
		.response_type = form_value(form, "response_type"),
		.scope = form_value(form, "scope"),
		.state = form_value(form, "state"),
		.challenge = form_value(form, "code_challenge"),
		.method = form_value(form, "code_challenge_method"),
	};
}

static void asked_release(struct asked *asked)
{
	free(asked->client_id);
	free(asked->redirect_uri);
	free(asked->response_type);
	free(asked->scope);
	free(asked->state);
	free(asked->challenge);
	free(asked->method);
	free(asked->granted);
}

static bool is(const char *text, const char *word)
{
	return text && strcmp(text, word) == 0;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool on_loopback(const char *uri)
{
	const char *host = begins(uri, "http://")    ? uri + 7
			   : begins(uri, "https://") ? uri + 8
						     : "";
	size_t authority = strcspn(host, "/?");
	size_t len = begins(host, "[::1]")       ? 5
		     : begins(host, "localhost") ? 9
		     : begins(host, "127.")      ? strspn(host, "0123456789.")
						 : 0;

	return len > 0 && (len == authority || host[len] == ':') && !memchr(host, '@', authority);
}

static bool registered(struct sim *sim, const char *uri)
{
	if (!uri)
		return false;
	/* What has no place in an address: it will stand in a header. */
	for (const char *p = uri; *p; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("#\\\"<>", *p))
			return false;
	}
	if (*sim->settings.dialpad_redirect_uris)
		return tokens_scope_has(sim->settings.dialpad_redirect_uris, uri);
	return on_loopback(uri);
}

/* The scopes that are known, in a new text; NULL if one is not and that is an error. */
static char *known_scopes(struct sim *sim, const char *scope)
{
	char *granted = mem_text("");

	while (scope && *scope) {
		size_t n = strcspn(scope, " ");
		char *one = mem_format("%.*s", (int)n, scope);
		bool known = tokens_scope_has(sim->settings.dialpad_scopes, one);

		if (known) {
			char *longer = mem_format("%s%s%s", granted, *granted ? " " : "", one);

			free(granted);
			granted = longer;
		}
		free(one);
		if (!known && is(sim->settings.dialpad_unknown_scope, "error")) {
			free(granted);
			return NULL;
		}
		scope += n + strspn(scope + n, " ");
	}
	return granted;
}

static void redirect(
	struct answer *answer, const struct asked *asked, const char *name, const char *value)
{
	char *with = form_add(asked->redirect_uri, name, value);
	char *location = form_add(with, "state", asked->state);

	answer_empty(answer, 302);
	answer_header(answer, "Location", location);
	answer_header(answer, "Cache-Control", "no-store");
	free(with);
	free(location);
}

static bool method_valid(const struct asked *asked)
{
	if (!asked->method)
		return true;
	return asked->challenge && (is(asked->method, "S256") || is(asked->method, "plain"));
}

/* False: answered, by a page if the browser must not be sent back. */
static bool acceptable(struct sim *sim, struct asked *asked, struct answer *answer)
{
	const char *wrong = NULL;

	if (!is(asked->client_id, sim->settings.dialpad_client_id)) {
		consent_refusal(answer, "This application is not known (client_id).");
		return false;
	}
	if (!registered(sim, asked->redirect_uri)) {
		consent_refusal(answer, "This address is not registered (redirect_uri).");
		return false;
	}
	asked->granted = known_scopes(sim, asked->scope);
	if (asked->response_type && !is(asked->response_type, "code"))
		wrong = "unsupported_response_type";
	else if (!method_valid(asked))
		wrong = "invalid_request";
	else if (!asked->granted)
		wrong = "invalid_scope";
	if (wrong)
		redirect(answer, asked, "error", wrong);
	return !wrong;
}

static void allow(struct sim *sim, const struct asked *asked, const struct person *person,
	struct answer *answer)
{
	const char *granted = *sim->settings.dialpad_granted_scopes
				      ? sim->settings.dialpad_granted_scopes
				      : asked->granted;
	struct code *code = tokens_new_code(&sim->tokens, person->id, granted);

	code->redirect_uri = mem_text(asked->redirect_uri);
	code->challenge = mem_text(asked->challenge);
	code->s256 = is(asked->method, "S256");
	code->expires_ms = clock_now_ms(&sim->clock) + sim->settings.dialpad_code_seconds * 1000;
	redirect(answer, asked, "code", code->text);
}

/* Who consents where nobody is asked. */
static const struct person *standing_user(struct sim *sim)
{
	const struct person *person =
		people_find_text(&sim->people, sim->settings.dialpad_consent_user);

	return person || sim->people.count == 0 ? person : &sim->people.person[0];
}

static void decide(struct sim *sim, const struct asked *asked, const char *decision,
	const struct person *person, struct answer *answer)
{
	if (!is(decision, "allow"))
		redirect(answer, asked, "error", "access_denied");
	else if (!person)
		consent_refusal(answer, "There is no such user.");
	else
		allow(sim, asked, person, answer);
}

void dialpad_authorize_page(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	struct asked asked;
	const char *automatic = sim->settings.dialpad_auto_consent;

	(void)id;
	asked_read(&asked, request->query);
	if (acceptable(sim, &asked, answer)) {
		if (is(automatic, "no"))
			consent_page(answer, &sim->people, standing_user(sim), asked.client_id,
				asked.granted, request->query);
		else
			decide(sim, &asked, automatic, standing_user(sim), answer);
	}
	asked_release(&asked);
}

/* The form sends the query back as it was, so that it is judged a second time. */
void dialpad_authorize_decision(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	char *user = form_value(request->body, "user");
	char *decision = form_value(request->body, "decision");
	struct asked asked;

	(void)id;
	asked_read(&asked, request->query);
	if (acceptable(sim, &asked, answer))
		decide(sim, &asked, decision, people_find_text(&sim->people, user), answer);
	asked_release(&asked);
	free(user);
	free(decision);
}

/* --- tokens --- */

/* The members of a request for tokens, from either encoding. */
struct grant {
	char *type;
	char *code;
	char *verifier;
	char *refresh;
	char *redirect_uri;
	char *client_id;
	char *client_secret;
};

static void grant_release(struct grant *grant)
{
	free(grant->type);
	free(grant->code);
	free(grant->verifier);
	free(grant->refresh);
	free(grant->redirect_uri);
	free(grant->client_id);
	free(grant->client_secret);
}

static char *member(json_t *json, const char *form, const char *name)
{
	return json ? mem_text(json_string_value(json_object_get(json, name)))
		    : form_value(form, name);
}

/* False: in an encoding that is not taken, and answered. */
static bool grant_read(
	struct sim *sim, struct request *request, struct grant *grant, struct answer *answer)
{
	const char *type = request_header(request, "Content-Type");
	const char *taken = sim->settings.dialpad_token_body;
	bool is_json = type && strncasecmp(type, "application/json", 16) == 0;
	bool is_form = type && strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0;
	json_t *json = is_json ? request_json(request) : NULL;
	const char *form = request->body;

	if ((is_json && is(taken, "form")) || (is_form && is(taken, "json")) ||
		(is_json ? !json_is_object(json) : !is_form)) {
		json_decref(json);
		dialpad_oauth_refuse(answer, 400, "invalid_request", "The body is not understood");
		return false;
	}
	*grant = (struct grant){
		.type = member(json, form, "grant_type"),
		.code = member(json, form, "code"),
		.verifier = member(json, form, "code_verifier"),
		.refresh = member(json, form, "refresh_token"),
		.redirect_uri = member(json, form, "redirect_uri"),
		.client_id = member(json, form, "client_id"),
		.client_secret = member(json, form, "client_secret"),
	};
	json_decref(json);
	return true;
}

static bool basic_matches(struct sim *sim, const char *header)
{
	char *pair = mem_format(
		"%s:%s", sim->settings.dialpad_client_id, sim->settings.dialpad_client_secret);
	char *expected = text_base64(pair);
	bool same = strncasecmp(header, "Basic ", 6) == 0 &&
		    strcmp(header + 6 + strspn(header + 6, " "), expected) == 0;

	free(pair);
	free(expected);
	return same;
}

/* False: answered. */
static bool client_known(
	struct sim *sim, struct request *request, const struct grant *grant, struct answer *answer)
{
	const char *header = request_header(request, "Authorization");
	bool known;

	if (header)
		known = basic_matches(sim, header);
	else
		known = is(grant->client_id, sim->settings.dialpad_client_id) &&
			is(grant->client_secret, sim->settings.dialpad_client_secret);
	request->authorization = known                            ? "ok"
				 : header || grant->client_secret ? "wrong"
								  : "missing";
	if (!known)
		dialpad_oauth_refuse(answer, 401, "invalid_client", "Unknown client or secret");
	return known;
}

static void answer_tokens(struct sim *sim, const struct token *token, struct answer *answer)
{
	json_t *json = json_pack(
		"{ss ss sn}", "access_token", token->access, "token_type", "bearer", "id_token");
	int64_t seconds = sim->settings.dialpad_expires_in;

	if (token->expires_ms != TOKENS_NEVER && is(sim->settings.dialpad_expires_in_form, "text"))
		json_object_set_new(json, "expires_in", json_sprintf("%lld", (long long)seconds));
	else if (token->expires_ms != TOKENS_NEVER &&
		 is(sim->settings.dialpad_expires_in_form, "number"))
		json_object_set_new(json, "expires_in", json_integer(seconds));
	if (*token->refresh)
		json_object_set_new(json, "refresh_token", json_string(token->refresh));
	if (sim->settings.dialpad_name_scope)
		json_object_set_new(json, "scope", json_string(token->scope));
	answer_json(answer, 200, json);
	answer_header(answer, "Cache-Control", "no-store");
}

/* A token without a refresh token is static. */
static void set_life(struct sim *sim, struct token *token)
{
	if (*token->refresh && sim->settings.dialpad_expires_in > 0)
		token->expires_ms =
			clock_now_ms(&sim->clock) + sim->settings.dialpad_expires_in * 1000;
}

static bool verified(const struct code *code, const char *verifier)
{
	char *digest;
	bool same;

	if (!code->challenge)
		return true;
	if (!verifier)
		return false;
	if (!code->s256)
		return strcmp(code->challenge, verifier) == 0;
	digest = crypto_s256(verifier);
	same = strcmp(code->challenge, digest) == 0;
	free(digest);
	return same;
}

static void note_user(struct request *request, int64_t user)
{
	snprintf(request->actor, sizeof(request->actor), "%" PRId64, user);
}

static void exchange(
	struct sim *sim, struct request *request, const struct grant *grant, struct answer *answer)
{
	struct code *code = grant->code ? tokens_find_code(&sim->tokens, grant->code) : NULL;
	const char *wrong = NULL;
	struct token *token;

	if (!grant->code) {
		dialpad_oauth_refuse(answer, 400, "invalid_request", "code is missing");
		return;
	}
	if (code)
		note_user(request, code->user);
	if (!code)
		wrong = "Unknown code";
	else if (code->used)
		wrong = "The code was used before";
	else if (code->expires_ms <= clock_now_ms(&sim->clock))
		wrong = "The code has expired";
	else if (grant->redirect_uri && !is(code->redirect_uri, grant->redirect_uri))
		wrong = "redirect_uri is another one";
	else if (!verified(code, grant->verifier))
		wrong = "code_verifier does not match";
	if (wrong) {
		dialpad_oauth_refuse(answer, 400, "invalid_grant", wrong);
		return;
	}
	code->used = true;
	token = tokens_new(&sim->tokens, code->user, code->scope,
		tokens_scope_has(code->scope, "offline_access"));
	set_life(sim, token);
	answer_tokens(sim, token, answer);
}

static void refresh(
	struct sim *sim, struct request *request, const struct grant *grant, struct answer *answer)
{
	struct token *old =
		grant->refresh ? tokens_find_refresh(&sim->tokens, grant->refresh) : NULL;
	struct token *token;

	if (!grant->refresh) {
		dialpad_oauth_refuse(answer, 400, "invalid_request", "refresh_token is missing");
		return;
	}
	if (!old) {
		dialpad_oauth_refuse(answer, 400, "invalid_grant", "Unknown refresh token");
		return;
	}
	note_user(request, old->user);
	if (old->refresh_used || old->refresh_revoked) {
		old->refused++;
		if (old->refresh_used && sim->settings.dialpad_reuse_revokes)
			tokens_change(
				&sim->tokens, old->user, TOKENS_REVOKE, clock_now_ms(&sim->clock));
		dialpad_oauth_refuse(answer, 400, "invalid_grant",
			old->refresh_used ? "The refresh token was used before"
					  : "The refresh token was revoked");
		return;
	}
	token = tokens_rotate(&sim->tokens, old);
	set_life(sim, token);
	answer_tokens(sim, token, answer);
}

void dialpad_token(struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	struct grant grant = {0};

	(void)id;
	if (!grant_read(sim, request, &grant, answer))
		return;
	if (!client_known(sim, request, &grant, answer))
		;
	else if (is(grant.type, "authorization_code"))
		exchange(sim, request, &grant, answer);
	else if (is(grant.type, "refresh_token"))
		refresh(sim, request, &grant, answer);
	else
		dialpad_oauth_refuse(answer, 400,
			grant.type ? "unsupported_grant_type" : "invalid_request",
			"grant_type is missing or not supported");
	grant_release(&grant);
}

void dialpad_deauthorize(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	int64_t user = dialpad_actor(request);

	(void)id;
	if (user == 0) {
		dialpad_refuse(answer, 403, "A user's token is needed");
		return;
	}
	tokens_change(&sim->tokens, user, TOKENS_REVOKE, clock_now_ms(&sim->clock));
	answer_empty(answer, 204);
}
