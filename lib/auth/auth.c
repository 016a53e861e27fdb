#include "auth/auth.h"

#include "auth/key.h"
#include "auth/segment.h"
#include "auth/signature.h"
#include "auth/verified.h"
#include "base/text.h"
#include "json/json.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Beyond this (the year 9999) a time is a mistake, such as milliseconds taken for seconds. */
#define TIME_MAX_S ((int64_t)253402300799)

struct auth_policy {
	enum signature_alg alg;
	struct buf key;
	char *issuer, *audience;         /* "": not checked */
	char *data_dir, *token_key_file; /* for verified.h */
};

/* --- the policy --- */

static enum signature_alg configured_alg(const struct config *c, const char **path)
{
	*path = c->jwt_public_key_file;
	switch (c->jwt_alg) {
	case JWT_ALG_CFG_RS256:
		return SIGNATURE_RS256;
	case JWT_ALG_CFG_ES256:
		return SIGNATURE_ES256;
	case JWT_ALG_CFG_HS256:
		break;
	}
	*path = c->jwt_secret_file;
	return SIGNATURE_HS256;
}

const char *auth_key_file(const struct config *c)
{
	const char *path;

	(void)configured_alg(c, &path);
	return path;
}

/* A public key that was found usable need not be looked into again, which takes OpenSSL. */
static const char *settle_key(const struct auth_policy *p)
{
	const char *fault = NULL;
	struct verified v;

	if (p->alg == SIGNATURE_HS256)
		return key_fault(p->alg, &p->key);
	verified_init(&v, p->data_dir, p->alg, &p->key, p->token_key_file);
	if (!verified_holds(&v, STATEMENT_KEY, "", 0)) {
		fault = key_fault(p->alg, &p->key);
		if (!fault)
			verified_add(&v, STATEMENT_KEY, "", 0);
	}
	verified_release(&v);
	return fault;
}

enum err auth_policy_load(const struct config *c, struct auth_policy **policy, struct buf *why)
{
	const char *path, *reason = "out of memory";
	enum err e = ERR_NOMEM;
	struct auth_policy *p;

	*policy = NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return ERR_NOMEM;
	buf_init_secret(&p->key, KEY_FILE_MAX);
	p->alg = configured_alg(c, &path);
	p->data_dir = text_dup(c->data_dir, strlen(c->data_dir));
	p->token_key_file = text_dup(c->token_key_file, strlen(c->token_key_file));
	p->issuer = text_dup(c->jwt_issuer, strlen(c->jwt_issuer));
	p->audience = text_dup(c->jwt_audience, strlen(c->jwt_audience));
	if (!*path) {
		e = ERR_INVALID;
		reason = "DIALER_JWT_PUBLIC_KEY_FILE is not set";
	} else if (p->issuer && p->audience && p->data_dir && p->token_key_file) {
		e = key_read(p->alg, path, &p->key, &reason);
	}
	if (e == ERR_NONE) {
		reason = settle_key(p);
		e = reason ? ERR_INVALID : ERR_NONE;
	}
	if (e == ERR_NONE) {
		*policy = p;
		return ERR_NONE;
	}
	buf_addf(why, "key for %s%s%s: %s", signature_word(p->alg), *path ? " in " : "", path,
		reason);
	auth_policy_free(p);
	return e;
}

void auth_policy_free(struct auth_policy *p)
{
	if (!p)
		return;
	buf_release(&p->key);
	free(p->data_dir);
	free(p->token_key_file);
	free(p->issuer);
	free(p->audience);
	free(p);
}

/* --- checking a token --- */

/* Finds the token in `Bearer <token>`; whatever else stands there ends up in the token and is
 * refused with it. */
static const char *bearer_token(const char *authorization)
{
	static const char scheme[] = "Bearer ";

	if (strncasecmp(authorization, scheme, strlen(scheme)) != 0)
		return NULL;
	authorization += strlen(scheme);
	return authorization + strspn(authorization, " ");
}

/* Reads the segment as a JSON object; json borrows `text`. */
static enum err read_object(
	const struct segment *g, char *text, size_t size, struct json *j, const char **why)
{
	enum err e;
	size_t len;

	if (!segment_decode(g, text, size, &len))
		return ERR_INVALID;
	e = json_parse(j, text, len, size, why);
	if (e == ERR_NOMEM)
		return e;
	return e == ERR_NONE && json_type(j, json_root(j)) == JSON_OBJECT ? ERR_NONE : ERR_INVALID;
}

static enum err check_header(
	const struct auth_policy *p, const struct segment *header, const char **why)
{
	char text[AUTH_TOKEN_MAX];
	struct json j = {0};
	json_node root;
	enum err e = read_object(header, text, sizeof(text), &j, why);

	if (e != ERR_NONE) {
		json_release(&j);
		*why = "its header is not a JSON object";
		return e;
	}
	root = json_root(&j);
	e = ERR_INVALID;
	if (!json_string_is(&j, json_member(&j, root, "alg"), signature_word(p->alg)))
		*why = "its algorithm is not the configured one";
	else if (json_type(&j, json_member(&j, root, "crit")) != JSON_ABSENT)
		*why = "it has critical header extensions";
	else
		e = ERR_NONE;
	json_release(&j);
	return e;
}

static enum err check_signature(const struct auth_policy *p, const char *token,
	const struct segment *signature, const char **why)
{
	char raw[AUTH_TOKEN_MAX];
	size_t size = signature_size(p->alg), len;
	size_t token_len = strlen(token);
	struct verified v;
	enum err e = ERR_NONE;

	*why = "its signature is wrong";
	if (!segment_decode(signature, raw, sizeof(raw), &len) || (size > 0 && len != size))
		return ERR_INVALID;
	verified_init(&v, p->data_dir, p->alg, &p->key, p->token_key_file);
	if (!verified_holds(&v, STATEMENT_TOKEN, token, token_len)) {
		e = signature_check(p->alg, &p->key, token);
		if (e == ERR_NONE)
			verified_add(&v, STATEMENT_TOKEN, token, token_len);
	}
	verified_release(&v);
	if (e == ERR_IO)
		*why = signature_library_missing;
	return e;
}

/* A whole number of seconds. */
static bool read_time(const struct json *j, const char *name, int64_t *s)
{
	return json_int(j, json_member(j, json_root(j), name), s);
}

static bool has_audience(const struct json *j, const char *audience)
{
	json_node aud = json_member(j, json_root(j), "aud");
	bool found = false;

	if (json_type(j, aud) == JSON_STRING)
		return json_string_is(j, aud, audience);
	for (json_node n = json_first(j, aud); n != JSON_NONE; n = json_next(j, aud, n)) {
		if (json_type(j, n) != JSON_STRING)
			return false;
		found = found || json_string_is(j, n, audience);
	}
	return found;
}

/* NULL: the claims are in order. */
static const char *judge_claims(
	const struct auth_policy *p, const struct json *j, int64_t now_ms, struct identity *who)
{
	json_node root = json_root(j);
	int64_t s;

	/* Beyond the calendar are milliseconds taken for seconds: such a token would never end. */
	if (!read_time(j, "exp", &s) || s < 0 || s > TIME_MAX_S)
		return "its exp is missing or no whole number of seconds";
	if (now_ms >= (s + AUTH_LEEWAY_S) * 1000)
		return "it has expired";
	who->expires_ms = s * 1000;
	if (json_type(j, json_member(j, root, "nbf")) != JSON_ABSENT) {
		if (!read_time(j, "nbf", &s))
			return "its nbf is no whole number";
		if (s > now_ms / 1000 + AUTH_LEEWAY_S)
			return "it is not valid yet";
	}
	if (*p->issuer && !json_string_is(j, json_member(j, root, "iss"), p->issuer))
		return "it is from another issuer";
	if (*p->audience && !has_audience(j, p->audience))
		return "it is for another audience";
	if (!json_string_fixed(j, json_member(j, root, "sub"), who->user, sizeof(who->user)) ||
		!auth_user_valid(who->user, strlen(who->user)))
		return "its sub is missing or cannot be a user id";
	who->admin = json_string_is(j, json_member(j, root, "role"), "admin");
	return NULL;
}

static enum err check_claims(const struct auth_policy *p, const struct segment *claims,
	int64_t now_ms, struct identity *who, const char **why)
{
	char text[AUTH_TOKEN_MAX];
	struct json j = {0};
	enum err e = read_object(claims, text, sizeof(text), &j, why);

	if (e != ERR_NONE) {
		*why = "its claims are not a JSON object";
	} else {
		*why = judge_claims(p, &j, now_ms, who);
		if (*why)
			e = ERR_INVALID;
	}
	json_release(&j);
	return e;
}

enum err auth_check(const struct auth_policy *p, const char *authorization, int64_t now_ms,
	struct identity *who, const char **why)
{
	struct segment g[SEGMENT__MAX];
	struct identity found = {0};
	const char *token;
	enum err e;
	size_t len;

	*who = (struct identity){0};
	*why = "there is none";
	if (!*authorization)
		return ERR_INVALID;
	token = bearer_token(authorization);
	*why = "it is not a bearer token";
	if (!token)
		return ERR_INVALID;
	len = strnlen(token, AUTH_TOKEN_MAX + 1);
	*why = "it is longer than 4 KiB";
	if (len > AUTH_TOKEN_MAX)
		return ERR_INVALID;
	*why = "it is not one token of three base64url segments";
	if (!segment_split(token, len, g))
		return ERR_INVALID;

	e = check_header(p, &g[SEGMENT_HEADER], why);
	if (e == ERR_NONE)
		e = check_signature(p, token, &g[SEGMENT_SIGNATURE], why);
	if (e == ERR_NONE)
		e = check_claims(p, &g[SEGMENT_CLAIMS], now_ms, &found, why);
	if (e == ERR_NOMEM)
		*why = "out of memory";
	if (e == ERR_NONE)
		*who = found;
	return e;
}

/* --- making one --- */

enum err auth_token_make(const struct auth_policy *p, const char *user, bool admin, int64_t now_ms,
	int64_t ttl_s, struct buf *out)
{
	struct claims claims = {
		.subject = user,
		.issuer = *p->issuer ? p->issuer : NULL,
		.audience = *p->audience ? p->audience : NULL,
		.role = admin ? "admin" : NULL,
		.issued_s = now_ms / 1000,
	};
	size_t before = out->len;
	enum err e;

	if (p->alg != SIGNATURE_HS256)
		return ERR_CONFLICT;
	if (!auth_user_valid(user, strlen(user)) || ttl_s < 1 || ttl_s > AUTH_TTL_MAX_S)
		return ERR_INVALID;
	claims.expires_s = claims.issued_s + ttl_s;
	e = signature_make(&p->key, &claims, out);
	if (e == ERR_NONE && out->len - before > AUTH_TOKEN_MAX)
		e = ERR_TOO_LARGE;
	return e;
}

bool auth_user_valid(const char *user, size_t len)
{
	if (len < 1 || len > AUTH_USER_MAX)
		return false;
	for (size_t i = 0, n; i < len; i += n) {
		n = text_utf8_char(user + i, len - i);
		if (n == 0 || text_is_control_char(user + i, n))
			return false;
	}
	return true;
}
