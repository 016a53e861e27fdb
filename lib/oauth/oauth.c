#include "oauth/oauth.h"

#include "base/random.h"
#include "base/secret.h"
#include "base/text.h"
#include "json/json.h"
#include "json/jsonw.h"
#include "provider/answer.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define RANDOM_BYTES 32
#define REFUSAL_MAX  ((size_t)64 * 1024) /* a longer body is no refusal by OAuth's rules */
/* A hundred years: more would not fit into a date that can be written. */
#define EXPIRES_MAX_S INT64_C(3155760000)

/* --- encodings --- */

/* base64url without padding (RFC 4648, 5) of 32 bytes. */
static void encode_base64url(const unsigned char in[RANDOM_BYTES], char out[OAUTH_STATE_LEN + 1])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned int bits = 0;
	int held = 0;
	size_t n = 0;

	for (size_t i = 0; i < RANDOM_BYTES; i++) {
		bits = (bits << 8 | in[i]) & 0xffff;
		for (held += 8; held >= 6; held -= 6)
			out[n++] = digits[bits >> (held - 6) & 63];
	}
	out[n++] = digits[bits << (6 - held) & 63];
	out[n] = '\0';
}

/* Where the value is empty the parameter is left out. */
struct parameter {
	const char *name, *value;
};

static void add_form(struct buf *out, const struct parameter *p, size_t count)
{
	const char *separator = "";

	for (size_t i = 0; i < count; i++) {
		if (p[i].value[0] == '\0')
			continue;
		buf_adds(out, separator);
		buf_adds(out, p[i].name);
		buf_addc(out, '=');
		text_add_encoded(out, p[i].value);
		separator = "&";
	}
}

static void add_json(struct buf *out, const struct parameter *p, size_t count)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	for (size_t i = 0; i < count; i++)
		if (p[i].value[0] != '\0')
			jsonw_member_text(&w, p[i].name, p[i].value);
	jsonw_object_end(&w);
}

/* --- requests --- */

enum err oauth_random_text(char out[OAUTH_STATE_LEN + 1])
{
	unsigned char bytes[RANDOM_BYTES];
	enum err e = random_bytes(bytes, sizeof(bytes));

	out[0] = '\0';
	if (e == ERR_NONE)
		encode_base64url(bytes, out);
	secret_wipe(bytes, sizeof(bytes));
	return e;
}

static void challenge_of(const char *verifier, char out[OAUTH_STATE_LEN + 1])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	_Static_assert(sizeof(hash) == RANDOM_BYTES, "what is encoded");
	crypto_hash_sha256(hash, (const unsigned char *)verifier, strlen(verifier));
	encode_base64url(hash, out);
}

enum err oauth_authorize_url(
	const struct config *c, const char *state, const char *verifier, struct buf *out)
{
	char challenge[OAUTH_STATE_LEN + 1];

	if (c->dialpad_client_id[0] == '\0' || c->dialpad_redirect_uri[0] == '\0' ||
		state[0] == '\0' || verifier[0] == '\0')
		return ERR_INVALID;
	challenge_of(verifier, challenge);
	const struct parameter query[] = {
		{"client_id", c->dialpad_client_id},
		{"redirect_uri", c->dialpad_redirect_uri},
		{"response_type", "code"},
		{"scope", c->dialpad_scopes},
		{"state", state},
		{"code_challenge", challenge},
		{"code_challenge_method", "S256"},
	};

	buf_addf(out, "%s/oauth2/authorize?", c->dialpad_base_url);
	add_form(out, query, sizeof(query) / sizeof(query[0]));
	return out->failed ? ERR_NOMEM : ERR_NONE;
}

static enum err token_request(
	const struct config *c, const struct parameter *p, size_t count, struct http_request *r)
{
	bool json = c->dialpad_token_encoding == DIALPAD_JSON;

	if (c->dialpad_client_id[0] == '\0')
		return ERR_INVALID;
	r->method = "POST";
	buf_addf(&r->url, "%s/oauth2/token", c->dialpad_base_url);
	http_request_header(r, "Accept", "application/json");
	http_request_header(
		r, "Content-Type", json ? "application/json" : "application/x-www-form-urlencoded");
	if (json)
		add_json(&r->body, p, count);
	else
		add_form(&r->body, p, count);
	return http_request_end(r);
}

enum err oauth_exchange_request(
	const struct config *c, const char *code, const char *verifier, struct http_request *r)
{
	const struct parameter p[] = {
		{"grant_type", "authorization_code"},
		{"code", code},
		{"redirect_uri", c->dialpad_redirect_uri},
		{"code_verifier", verifier},
		{"client_id", c->dialpad_client_id},
		{"client_secret", c->dialpad_client_secret},
	};

	if (code[0] == '\0' || verifier[0] == '\0' || c->dialpad_redirect_uri[0] == '\0')
		return ERR_INVALID;
	return token_request(c, p, sizeof(p) / sizeof(p[0]), r);
}

enum err oauth_refresh_request(
	const struct config *c, const char *refresh_token, struct http_request *r)
{
	const struct parameter p[] = {
		{"grant_type", "refresh_token"},
		{"refresh_token", refresh_token},
		{"client_id", c->dialpad_client_id},
		{"client_secret", c->dialpad_client_secret},
	};

	if (refresh_token[0] == '\0')
		return ERR_INVALID;
	return token_request(c, p, sizeof(p) / sizeof(p[0]), r);
}

static enum err bearer_request(const struct config *c, const char *method, const char *path,
	const char *access_token, struct http_request *r)
{
	if (access_token[0] == '\0')
		return ERR_INVALID;
	r->method = method;
	buf_addf(&r->url, "%s%s", c->dialpad_base_url, path);
	http_request_bearer(r, access_token);
	http_request_header(r, "Accept", "application/json");
	return http_request_end(r);
}

enum err oauth_deauthorize_request(
	const struct config *c, const char *access_token, struct http_request *r)
{
	return bearer_request(c, "POST", "/oauth2/deauthorize", access_token, r);
}

enum err oauth_me_request(const struct config *c, const char *access_token, struct http_request *r)
{
	return bearer_request(c, "GET", "/api/v2/users/me", access_token, r);
}

/* --- tokens --- */

void oauth_tokens_init(struct oauth_tokens *t)
{
	*t = (struct oauth_tokens){.expires_in_s = -1};
	buf_init_secret(&t->access, OAUTH_TOKEN_MAX);
	buf_init_secret(&t->refresh, OAUTH_TOKEN_MAX);
}

void oauth_tokens_release(struct oauth_tokens *t)
{
	buf_release(&t->access);
	buf_release(&t->refresh);
	t->expires_in_s = -1;
	t->names_scopes = false;
	t->scopes[0] = '\0';
}

static bool is_visible(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < 0x21 || s[i] > 0x7e)
			return false;
	return true;
}

static bool read_token(const struct json *j, json_node n, struct buf *token)
{
	return json_text(j, n, token) && is_visible(token->s, token->len);
}

/* -1: there is none, or none that can be read. A time that has passed already is no reason to lose
 * the tokens: they are refreshed before their first use. */
static int64_t read_expiry(const struct json *j, json_node n)
{
	int64_t seconds;
	double number;

	if (json_int_lenient(j, n, &seconds))
		return seconds < 0 ? 0 : seconds > EXPIRES_MAX_S ? EXPIRES_MAX_S : seconds;
	if (!json_double(j, n, &number))
		return -1;
	return number >= (double)EXPIRES_MAX_S ? EXPIRES_MAX_S : number > 0 ? (int64_t)number : 0;
}

static bool add_scopes(const char *text, struct oauth_tokens *t)
{
	size_t used = strlen(t->scopes);

	for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");

		if (!is_visible(text, len) || len + 2 > sizeof(t->scopes) - used)
			return false;
		if (used > 0)
			t->scopes[used++] = ' ';
		memcpy(t->scopes + used, text, len);
		used += len;
		t->scopes[used] = '\0';
		text += len;
	}
	return true;
}

static bool read_scope_text(const struct json *j, json_node n, struct oauth_tokens *t)
{
	char text[OAUTH_SCOPES_MAX];

	return json_string_fixed(j, n, text, sizeof(text)) && add_scopes(text, t);
}

static bool read_scopes(const struct json *j, json_node n, struct oauth_tokens *t)
{
	if (json_type(j, n) != JSON_ARRAY)
		return read_scope_text(j, n, t);
	for (json_node i = json_first(j, n); i != JSON_NONE; i = json_next(j, n, i))
		if (!read_scope_text(j, i, t))
			return false;
	return true;
}

/* The pair before is spent once this one was granted: only the tokens themselves must make sense.
 * `token_type` is not asked for: whatever it says, the tokens can be used in one way only. */
static bool read_pair(const struct json *j, struct oauth_tokens *t)
{
	json_node root = json_root(j);
	json_node refresh = json_member(j, root, "refresh_token");
	json_node scope = json_member(j, root, "scope");

	t->expires_in_s = read_expiry(j, json_member(j, root, "expires_in"));
	t->names_scopes = !answer_unset(j, scope) && read_scopes(j, scope, t);
	if (!t->names_scopes)
		t->scopes[0] = '\0';
	return read_token(j, json_member(j, root, "access_token"), &t->access) &&
	       t->access.len > 0 &&
	       (answer_unset(j, refresh) || read_token(j, refresh, &t->refresh));
}

static enum err parse(const struct http_answer *a, size_t max, struct json *j)
{
	return a->body_complete ? json_parse(j, a->body.s, a->body.len, max, NULL) : ERR_IO;
}

static bool is_success(const struct http_answer *a)
{
	return a->fault == HTTP_ANSWERED && a->status >= 200 && a->status <= 299;
}

static bool is_refusal(const struct http_answer *a)
{
	return a->fault == HTTP_ANSWERED && a->status >= 400 && a->status <= 499 &&
	       a->status != 408 && a->status != 429;
}

static enum oauth_result read_granted(
	const struct http_answer *a, struct oauth_tokens *t, char *detail, size_t detail_size)
{
	struct json j;
	bool good = false;

	if (parse(a, HTTP_ANSWER_MAX, &j) == ERR_NONE) {
		good = read_pair(&j, t);
		json_release(&j);
	}
	if (good)
		return OAUTH_OK;
	/* Nothing of the answer is shown: there may be a token in it. */
	oauth_tokens_release(t);
	snprintf(detail, detail_size, "the answer holds no usable tokens");
	return OAUTH_UNREACHABLE;
}

/* --- refusals --- */

static bool is_token_char(char c)
{
	return text_is_unreserved(c) || c == '+' || c == '/' || c == '=' || c == '%';
}

/* A provider may repeat what it was sent: what could be a token or a secret is left out. Words of
 * people and of OAuth are shorter, or have no digit. */
static void add_without_tokens(struct buf *out, const char *s)
{
	while (*s != '\0') {
		size_t len = 0;
		bool digit = false;

		for (; is_token_char(s[len]); len++)
			digit = digit || (s[len] >= '0' && s[len] <= '9');
		if (len >= 26 || (len >= 8 && digit))
			buf_adds(out, "***");
		else
			buf_add(out, s, len > 0 ? len : 1);
		s += len > 0 ? len : 1;
	}
}

static void add_words(const struct json *j, const char *path, struct buf *out)
{
	struct buf text;

	buf_init(&text, REFUSAL_MAX);
	if (json_text(j, json_path(j, json_root(j), path), &text) && text.len > 0) {
		if (out->len > 0)
			buf_adds(out, ": ");
		add_without_tokens(out, text.s);
	}
	buf_release(&text);
}

/* RFC 6749, 5.2, and the shape of the errors of Dialpad's other operations. */
static void read_detail(const struct json *j, const char *preface, char *detail, size_t size)
{
	struct buf text, clean;

	buf_init(&text, 4 * REFUSAL_MAX);
	buf_init(&clean, size - 1);
	buf_adds(&text, preface);
	add_words(j, "error", &text);
	add_words(j, "error_description", &text);
	add_words(j, "error.message", &text);
	add_words(j, "message", &text);
	text_add_clean(&clean, text.s, text.len, OAUTH_DETAIL_MAX);
	snprintf(detail, size, "%s", clean.s);
	buf_release(&clean);
	buf_release(&text);
}

/* Words of RFC 6749 (5.2, and 4.1.2.1, which some use here, too) that blame no token: the settings
 * are wrong, or what Dialpad has registered, or it has an outage. */
static const struct blame {
	const char *word, *preface;
} blames[] = {
	{"invalid_client", "the client id, its secret or its registration is refused"},
	{"unauthorized_client", "the client id, its secret or its registration is refused"},
	{"unsupported_grant_type", "the client id, its secret or its registration is refused"},
	{"invalid_request", "the request is not understood"},
	{"invalid_scope", "the scopes are refused"},
	{"server_error", ""},
	{"temporarily_unavailable", ""},
};

/* NULL: the token is to blame. */
static const struct blame *find_blame(const struct json *j)
{
	json_node n = json_member(j, json_root(j), "error");

	for (size_t i = 0; i < sizeof(blames) / sizeof(blames[0]); i++)
		if (json_string_is(j, n, blames[i].word))
			return &blames[i];
	return NULL;
}

static bool has_error(const struct json *j)
{
	return json_type(j, json_member(j, json_root(j), "error")) != JSON_ABSENT;
}

static enum oauth_result read_refused(const struct http_answer *a, char *detail, size_t detail_size)
{
	struct json j;
	/* A 404 or 405 speaks of the address, not of the token. */
	bool refused = a->status == 400 || a->status == 401 || a->status == 403;
	enum err e = parse(a, REFUSAL_MAX, &j);

	if (e == ERR_NONE) {
		const struct blame *b = find_blame(&j);

		read_detail(&j, b != NULL ? b->preface : "", detail, detail_size);
		refused = refused && b == NULL && (a->status != 403 || has_error(&j));
		json_release(&j);
	} else if (e == ERR_IO || e == ERR_NOMEM || a->status == 403) {
		/* Who is to blame stands in what could not be read; and 403 is what proxies and
		 * firewalls say of themselves. */
		refused = false;
	}
	return refused ? OAUTH_REFUSED : OAUTH_UNREACHABLE;
}

enum oauth_result oauth_tokens_read(
	const struct http_answer *a, struct oauth_tokens *t, char *detail, size_t detail_size)
{
	oauth_tokens_release(t);
	detail[0] = '\0';
	if (is_success(a))
		return read_granted(a, t, detail, detail_size);
	if (a->fault != HTTP_ANSWERED)
		return OAUTH_UNREACHABLE;
	return read_refused(a, detail, detail_size);
}

/* --- the user --- */

enum oauth_result oauth_me_read(const struct http_answer *a, int64_t *user_id)
{
	struct json j;
	bool good;

	*user_id = 0;
	if (is_refusal(a))
		return OAUTH_REFUSED;
	if (!is_success(a) || parse(a, HTTP_ANSWER_MAX, &j) != ERR_NONE)
		return OAUTH_UNREACHABLE;
	good = json_int_lenient(&j, json_member(&j, json_root(&j), "id"), user_id) && *user_id > 0;
	json_release(&j);
	if (good)
		return OAUTH_OK;
	*user_id = 0;
	return OAUTH_UNREACHABLE;
}

/* --- scopes --- */

static bool holds_word(const char *list, const char *word, size_t len)
{
	for (list += strspn(list, " "); *list != '\0'; list += strspn(list, " ")) {
		size_t n = strcspn(list, " ");

		if (n == len && memcmp(list, word, len) == 0)
			return true;
		list += n;
	}
	return false;
}

bool oauth_missing_scope(const char *required, const char *granted, char *out, size_t out_size)
{
	out[0] = '\0';
	for (required += strspn(required, " "); *required != '\0';
		required += strspn(required, " ")) {
		size_t len = strcspn(required, " ");

		if (!holds_word(granted, required, len)) {
			snprintf(out, out_size, "%.*s", (int)len, required);
			return true;
		}
		required += len;
	}
	return false;
}
