#include "oauth/oauth.h"
#include "unit/unit.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 7636, appendix B. */
#define VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static char none[] = "", base[] = "https://dialpad.example", id[] = "id&1",
	    secret[] = "s3cret+/ =%\"\\", uri[] = "https://crm.example/api/dialer/dialpad/callback",
	    scopes[] = "offline_access calls:list";

static struct config configuration(enum dialpad_encoding encoding)
{
	return (struct config){
		.dialpad_base_url = base,
		.dialpad_client_id = id,
		.dialpad_client_secret = secret,
		.dialpad_redirect_uri = uri,
		.dialpad_scopes = scopes,
		.dialpad_token_encoding = encoding,
	};
}

static const char *header(const struct http_request *r, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < r->header_count; i++)
		if (strncmp(r->headers[i].s, name, len) == 0 &&
			strncmp(r->headers[i].s + len, ": ", 2) == 0)
			return r->headers[i].s + len + 2;
	return NULL;
}

/* The decoded value of a parameter of a query or a form, which must be there once. */
static const char *parameter(const char *form, const char *name)
{
	static char value[512];
	size_t len = strlen(name), n = 0;
	int found = 0;

	while (*form != '\0') {
		size_t whole = strcspn(form, "&");

		if (strncmp(form, name, len) == 0 && form[len] == '=') {
			found++;
			for (size_t i = len + 1; i < whole; i++, n++) {
				value[n] = form[i];
				if (form[i] == '%') {
					const char hex[] = {form[i + 1], form[i + 2], '\0'};

					value[n] = (char)strtoul(hex, NULL, 16);
					i += 2;
				}
			}
		}
		form += whole + (form[whole] == '&' ? 1 : 0);
	}
	value[n] = '\0';
	ck_assert_msg(found == 1, "%s", name);
	return value;
}

static struct http_answer answered(int status, const char *body)
{
	struct http_answer a;

	http_answer_init(&a);
	a.fault = HTTP_ANSWERED;
	a.status = status;
	a.body_complete = true;
	buf_adds(&a.body, body);
	return a;
}

/* --- requests --- */

START_TEST(random_texts_differ_and_fit_into_urls)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char a[OAUTH_STATE_LEN + 1], b[OAUTH_STATE_LEN + 1];
	size_t different = 0;

	for (int i = 0; i < 100; i++) {
		memset(a, '!', sizeof(a));
		ck_assert_int_eq(oauth_random_text(a), ERR_NONE);
		ck_assert_int_eq(oauth_random_text(b), ERR_NONE);
		ck_assert_uint_eq(strlen(a), OAUTH_STATE_LEN);
		ck_assert_uint_eq(strspn(a, digits), OAUTH_STATE_LEN);
		/* The 43rd digit stands for four bits: the last two are zero. */
		ck_assert_uint_eq((size_t)(strchr(digits, a[42]) - digits) % 4, 0);
		for (size_t k = 0; k < OAUTH_STATE_LEN; k++)
			different += a[k] != b[k];
	}
	/* 63 of 64 of 4,300 digits are to be expected. */
	ck_assert_uint_gt(different, 3900);
}
END_TEST

START_TEST(authorize_url_has_what_the_consent_page_needs)
{
	struct config c = configuration(DIALPAD_FORM);
	const char *query;
	struct buf url;

	buf_init(&url, 8192);
	ck_assert_int_eq(oauth_authorize_url(&c, "the-state", VERIFIER, &url), ERR_NONE);
	query = strchr(url.s, '?');
	ck_assert_ptr_nonnull(query);
	ck_assert(strncmp(url.s, "https://dialpad.example/oauth2/authorize?", 41) == 0);
	query++;
	ck_assert_str_eq(parameter(query, "client_id"), id);
	ck_assert_str_eq(parameter(query, "redirect_uri"), uri);
	ck_assert_str_eq(parameter(query, "response_type"), "code");
	ck_assert_str_eq(parameter(query, "scope"), scopes);
	ck_assert_str_eq(parameter(query, "state"), "the-state");
	ck_assert_str_eq(parameter(query, "code_challenge"), CHALLENGE);
	ck_assert_str_eq(parameter(query, "code_challenge_method"), "S256");
	/* The verifier and the secret are nobody's business yet. */
	ck_assert_ptr_null(strstr(url.s, VERIFIER));
	ck_assert_ptr_null(strstr(url.s, "s3cret"));
	ck_assert_uint_eq(strcspn(url.s, " \"\\<>+"), url.len);
	buf_release(&url);
}
END_TEST

START_TEST(authorize_url_leaves_out_scopes_nobody_asks_for)
{
	struct config c = configuration(DIALPAD_FORM);
	struct buf url;

	c.dialpad_scopes = none;
	buf_init(&url, 8192);
	ck_assert_int_eq(oauth_authorize_url(&c, "s", VERIFIER, &url), ERR_NONE);
	ck_assert_ptr_null(strstr(url.s, "scope="));
	ck_assert_ptr_null(strstr(url.s, "&&"));
	buf_release(&url);
}
END_TEST

START_TEST(authorize_url_needs_client_and_redirect)
{
	struct config c = configuration(DIALPAD_FORM);
	struct buf url;

	buf_init(&url, 8192);
	c.dialpad_client_id = none;
	ck_assert_int_eq(oauth_authorize_url(&c, "s", VERIFIER, &url), ERR_INVALID);
	c = configuration(DIALPAD_FORM);
	c.dialpad_redirect_uri = none;
	ck_assert_int_eq(oauth_authorize_url(&c, "s", VERIFIER, &url), ERR_INVALID);
	c = configuration(DIALPAD_FORM);
	ck_assert_int_eq(oauth_authorize_url(&c, "", VERIFIER, &url), ERR_INVALID);
	ck_assert_int_eq(oauth_authorize_url(&c, "s", "", &url), ERR_INVALID);
	buf_release(&url);
	buf_init(&url, 100);
	ck_assert_int_eq(oauth_authorize_url(&c, "s", VERIFIER, &url), ERR_NOMEM);
	buf_release(&url);
}
END_TEST

START_TEST(exchange_is_a_form)
{
	struct config c = configuration(DIALPAD_FORM);
	struct http_request r;

	http_request_init(&r, "GET");
	ck_assert_int_eq(oauth_exchange_request(&c, "c+d/e&f=\xc3\xa9", VERIFIER, &r), ERR_NONE);
	ck_assert(http_request_ok(&r));
	ck_assert_str_eq(r.method, "POST");
	ck_assert_str_eq(r.url.s, "https://dialpad.example/oauth2/token");
	ck_assert_str_eq(header(&r, "Content-Type"), "application/x-www-form-urlencoded");
	ck_assert_ptr_null(header(&r, "Authorization"));
	ck_assert(!r.places_call);
	ck_assert_str_eq(parameter(r.body.s, "grant_type"), "authorization_code");
	ck_assert_str_eq(parameter(r.body.s, "code"), "c+d/e&f=\xc3\xa9");
	ck_assert_ptr_nonnull(strstr(r.body.s, "code=c%2Bd%2Fe%26f%3D%C3%A9&"));
	ck_assert_str_eq(parameter(r.body.s, "redirect_uri"), uri);
	ck_assert_str_eq(parameter(r.body.s, "code_verifier"), VERIFIER);
	ck_assert_str_eq(parameter(r.body.s, "client_id"), id);
	ck_assert_str_eq(parameter(r.body.s, "client_secret"), secret);
	http_request_release(&r);
}
END_TEST

static json_t *json_body(const struct http_request *r)
{
	json_t *body = json_loads(r->body.s, JSON_REJECT_DUPLICATES, NULL);

	ck_assert_str_eq(header(r, "Content-Type"), "application/json");
	ck_assert_ptr_nonnull(body);
	return body;
}

static const char *member(const json_t *body, const char *name)
{
	const char *s = json_string_value(json_object_get(body, name));

	ck_assert_msg(s != NULL, "%s", name);
	return s;
}

START_TEST(exchange_is_json_where_asked_for)
{
	struct config c = configuration(DIALPAD_JSON);
	struct http_request r;
	json_t *body;

	http_request_init(&r, "POST");
	ck_assert_int_eq(oauth_exchange_request(&c, "c+d\"\\", VERIFIER, &r), ERR_NONE);
	body = json_body(&r);
	ck_assert_uint_eq(json_object_size(body), 6);
	ck_assert_str_eq(member(body, "grant_type"), "authorization_code");
	ck_assert_str_eq(member(body, "code"), "c+d\"\\");
	ck_assert_str_eq(member(body, "redirect_uri"), uri);
	ck_assert_str_eq(member(body, "code_verifier"), VERIFIER);
	ck_assert_str_eq(member(body, "client_id"), id);
	ck_assert_str_eq(member(body, "client_secret"), secret);
	json_decref(body);
	http_request_release(&r);
}
END_TEST

START_TEST(refresh_sends_the_refresh_token_in_both_encodings)
{
	struct config c = configuration(DIALPAD_FORM);
	struct http_request r;
	json_t *body;

	http_request_init(&r, "POST");
	ck_assert_int_eq(oauth_refresh_request(&c, "r+1", &r), ERR_NONE);
	ck_assert_str_eq(r.url.s, "https://dialpad.example/oauth2/token");
	ck_assert_str_eq(parameter(r.body.s, "grant_type"), "refresh_token");
	ck_assert_str_eq(parameter(r.body.s, "refresh_token"), "r+1");
	ck_assert_str_eq(parameter(r.body.s, "client_id"), id);
	ck_assert_str_eq(parameter(r.body.s, "client_secret"), secret);
	ck_assert_ptr_null(strstr(r.body.s, "code"));
	http_request_release(&r);

	c = configuration(DIALPAD_JSON);
	http_request_init(&r, "POST");
	ck_assert_int_eq(oauth_refresh_request(&c, "r+1", &r), ERR_NONE);
	body = json_body(&r);
	ck_assert_uint_eq(json_object_size(body), 4);
	ck_assert_str_eq(member(body, "grant_type"), "refresh_token");
	ck_assert_str_eq(member(body, "refresh_token"), "r+1");
	ck_assert_str_eq(member(body, "client_id"), id);
	ck_assert_str_eq(member(body, "client_secret"), secret);
	json_decref(body);
	http_request_release(&r);
}
END_TEST

START_TEST(secret_that_is_not_set_is_not_sent)
{
	struct config c = configuration(DIALPAD_FORM);
	struct http_request r;

	c.dialpad_client_secret = none;
	http_request_init(&r, "POST");
	ck_assert_int_eq(oauth_refresh_request(&c, "r", &r), ERR_NONE);
	ck_assert_ptr_null(strstr(r.body.s, "client_secret"));
	http_request_release(&r);
}
END_TEST

START_TEST(tokens_of_full_length_fit_into_requests)
{
	static char token[OAUTH_TOKEN_MAX + 1];
	struct config c = configuration(DIALPAD_FORM);
	struct http_request r;

	memset(token, '/', OAUTH_TOKEN_MAX);
	http_request_init(&r, "POST");
	ck_assert_int_eq(oauth_refresh_request(&c, token, &r), ERR_NONE);
	http_request_release(&r);
	http_request_init(&r, "POST");
	ck_assert_int_eq(oauth_me_request(&c, token, &r), ERR_NONE);
	ck_assert_uint_eq(strlen(header(&r, "Authorization")), 7 + OAUTH_TOKEN_MAX);
	http_request_release(&r);
}
END_TEST

START_TEST(request_without_what_it_is_about_is_not_made)
{
	struct config c = configuration(DIALPAD_FORM);
	struct http_request r;

	http_request_init(&r, "POST");
	ck_assert_int_eq(oauth_exchange_request(&c, "", VERIFIER, &r), ERR_INVALID);
	ck_assert_int_eq(oauth_exchange_request(&c, "c", "", &r), ERR_INVALID);
	ck_assert_int_eq(oauth_refresh_request(&c, "", &r), ERR_INVALID);
	ck_assert_int_eq(oauth_deauthorize_request(&c, "", &r), ERR_INVALID);
	ck_assert_int_eq(oauth_me_request(&c, "", &r), ERR_INVALID);
	c.dialpad_client_id = none;
	ck_assert_int_eq(oauth_exchange_request(&c, "c", VERIFIER, &r), ERR_INVALID);
	ck_assert_int_eq(oauth_refresh_request(&c, "r", &r), ERR_INVALID);
	c = configuration(DIALPAD_FORM);
	c.dialpad_redirect_uri = none;
	ck_assert_int_eq(oauth_exchange_request(&c, "c", VERIFIER, &r), ERR_INVALID);
	ck_assert(!http_request_ok(&r));
	http_request_release(&r);
}
END_TEST

START_TEST(deauthorize_and_me_carry_the_token_alone)
{
	struct config c = configuration(DIALPAD_FORM);
	struct http_request r;

	http_request_init(&r, "GET");
	ck_assert_int_eq(oauth_deauthorize_request(&c, "at", &r), ERR_NONE);
	ck_assert_str_eq(r.method, "POST");
	ck_assert_str_eq(r.url.s, "https://dialpad.example/oauth2/deauthorize");
	ck_assert_str_eq(header(&r, "Authorization"), "Bearer at");
	ck_assert_uint_eq(r.body.len, 0);
	http_request_release(&r);

	http_request_init(&r, "POST");
	ck_assert_int_eq(oauth_me_request(&c, "at", &r), ERR_NONE);
	ck_assert_str_eq(r.method, "GET");
	ck_assert_str_eq(r.url.s, "https://dialpad.example/api/v2/users/me");
	ck_assert_str_eq(header(&r, "Authorization"), "Bearer at");
	ck_assert_uint_eq(r.body.len, 0);
	http_request_release(&r);
}
END_TEST

/* --- tokens --- */

static struct oauth_tokens tokens;
static char detail[OAUTH_DETAIL_SIZE];

static void setup(void)
{
	oauth_tokens_init(&tokens);
	memset(detail, 'x', sizeof(detail) - 1);
}

static void teardown(void)
{
	oauth_tokens_release(&tokens);
}

static enum oauth_result read_tokens(int status, const char *body)
{
	struct http_answer a = answered(status, body);
	enum oauth_result r = oauth_tokens_read(&a, &tokens, detail, sizeof(detail));

	http_answer_release(&a);
	return r;
}

static void no_tokens(void)
{
	ck_assert_uint_eq(tokens.access.len, 0);
	ck_assert_uint_eq(tokens.refresh.len, 0);
	ck_assert_int_eq(tokens.expires_in_s, -1);
	ck_assert(!tokens.names_scopes);
	ck_assert_str_eq(tokens.scopes, "");
}

START_TEST(documented_answer_is_read)
{
	ck_assert_int_eq(read_tokens(200, "{\"access_token\":\"a.t-1_~+/=\",\"token_type\":"
					  "\"bearer\",\"expires_in\":3600,"
					  "\"refresh_token\":\"r.t\",\"id_token\":null}"),
		OAUTH_OK);
	ck_assert_str_eq(tokens.access.s, "a.t-1_~+/=");
	ck_assert_str_eq(tokens.refresh.s, "r.t");
	ck_assert_int_eq(tokens.expires_in_s, 3600);
	ck_assert(!tokens.names_scopes);
	ck_assert_str_eq(tokens.scopes, "");
	ck_assert_str_eq(detail, "");
	ck_assert(tokens.access.secret);
	ck_assert(tokens.refresh.secret);
}
END_TEST

START_TEST(second_answer_replaces_the_first)
{
	ck_assert_int_eq(read_tokens(200, "{\"access_token\":\"first\",\"refresh_token\":\"r\","
					  "\"expires_in\":9,\"scope\":\"one\"}"),
		OAUTH_OK);
	ck_assert_int_eq(read_tokens(201, "{\"access_token\":\"second\"}"), OAUTH_OK);
	ck_assert_str_eq(tokens.access.s, "second");
	ck_assert_uint_eq(tokens.refresh.len, 0);
	ck_assert_int_eq(tokens.expires_in_s, -1);
	ck_assert(!tokens.names_scopes);
	ck_assert_str_eq(tokens.scopes, "");
}
END_TEST

static const struct {
	const char *members;
	int64_t expires_in_s;
} expiries[] = {
	{"", -1},
	{",\"expires_in\":null", -1},
	{",\"expires_in\":{}", -1},
	{",\"expires_in\":0", 0},
	{",\"expires_in\":-5", 0},
	{",\"expires_in\":-0.5", 0},
	{",\"expires_in\":59", 59},
	{",\"expires_in\":\"3600\"", 3600},
	{",\"expires_in\":3600.9", 3600},
	{",\"expires_in\":3.6e3", 3600},
	{",\"expires_in\":9223372036854775807", 3155760000},
	{",\"expires_in\":\"9223372036854775807\"", 3155760000},
	{",\"expires_in\":99999999999999999999", 3155760000},
	{",\"expires_in\":\"\"", -1},
	{",\"expires_in\":\"soon\"", -1},
	{",\"expires_in\":\"3600s\"", -1},
	{",\"expires_in\":true", -1},
	{",\"expires_in\":[3600]", -1},
	{",\"refresh_token\":null", -1},
	{",\"refresh_token\":{}", -1},
	{",\"refresh_token\":\"\"", -1},
	{",\"token_type\":\"Bearer\"", -1},
	{",\"token_type\":\"BEARER\"", -1},
	{",\"token_type\":null", -1},
	{",\"token_type\":\"mac\"", -1},
	{",\"token_type\":\"\"", -1},
	{",\"token_type\":1", -1},
	{",\"unknown\":[1,{\"x\":2}]", -1},
};

START_TEST(members_are_read_in_every_form)
{
	char body[256];

	snprintf(body, sizeof(body), "{\"access_token\":\"t\"%s}", expiries[_i].members);
	ck_assert_msg(read_tokens(200, body) == OAUTH_OK, "%s", body);
	ck_assert_str_eq(tokens.access.s, "t");
	ck_assert_uint_eq(tokens.refresh.len, 0);
	ck_assert_int_eq(tokens.expires_in_s, expiries[_i].expires_in_s);
}
END_TEST

static const struct {
	const char *scope;
	bool names;
	const char *scopes;
} granted[] = {
	{"null", false, ""},
	{"{}", false, ""},
	{"\"\"", true, ""},
	{"\"  \"", true, ""},
	{"[]", true, ""},
	{"\"offline_access\"", true, "offline_access"},
	{"\" a  b:c \"", true, "a b:c"},
	{"[\"a\",\"b:c\"]", true, "a b:c"},
	{"[\"a b\",\"\",\"c\"]", true, "a b c"},
	/* What cannot be read is not told. */
	{"7", false, ""},
	{"\"a\\nb\"", false, ""},
	{"[\"a\",7]", false, ""},
	{"[[\"a\"]]", false, ""},
};

START_TEST(scopes_are_a_text_or_an_array)
{
	char body[256];

	snprintf(body, sizeof(body), "{\"access_token\":\"t\",\"scope\":%s}", granted[_i].scope);
	ck_assert_msg(read_tokens(200, body) == OAUTH_OK, "%s", body);
	ck_assert_int_eq(tokens.names_scopes, granted[_i].names);
	ck_assert_str_eq(tokens.scopes, granted[_i].scopes);
}
END_TEST

START_TEST(scopes_fill_their_room_and_no_more)
{
	struct buf body;
	struct http_answer a;

	for (size_t len = OAUTH_SCOPES_MAX - 3; len <= OAUTH_SCOPES_MAX + 1; len++) {
		buf_init(&body, 4096);
		buf_adds(&body, "{\"access_token\":\"t\",\"scope\":[\"s\",\"");
		for (size_t i = 0; i < len - 2; i++)
			buf_addc(&body, 'x');
		buf_adds(&body, "\"]}");
		a = answered(200, body.s);
		ck_assert_int_eq(oauth_tokens_read(&a, &tokens, detail, sizeof(detail)), OAUTH_OK);
		ck_assert_int_eq(tokens.names_scopes, len < OAUTH_SCOPES_MAX);
		ck_assert_uint_eq(strlen(tokens.scopes), len < OAUTH_SCOPES_MAX ? len : 0);
		http_answer_release(&a);
		buf_release(&body);
	}
}
END_TEST

static const char *const nonsense[] = {
	"",
	"null",
	"[]",
	"{}",
	"access_token=secret-token",
	"<html>",
	"{\"access_token\":\"secret-token\"",
	"{\"access_token\":\"secret-token\"} x",
	"{\"access_token\":\"secret-token\",\"access_token\":\"secret-token\"}",
	"{\"access_token\":null}",
	"{\"access_token\":\"\"}",
	"{\"access_token\":7}",
	"{\"access_token\":[\"secret-token\"]}",
	"{\"access_token\":{}}",
	/* What would split a header, or end it. */
	"{\"access_token\":\"secret-token\\r\\nX-Evil: 1\"}",
	"{\"access_token\":\"secret token\"}",
	"{\"access_token\":\"secret-t\xc3\xb6ken\"}",
	"{\"access_token\":\"secret-token\\u007f\"}",
	"{\"access_token\":\"secret-token\\u0000\"}",
	"{\"access_token\":\"secret-token\xff\"}",
	"{\"access_token\":\"secret-token\",\"refresh_token\":\"a\\nb\"}",
	"{\"access_token\":\"secret-token\",\"refresh_token\":\"\xc3\xa9\"}",
	"{\"access_token\":\"secret-token\",\"refresh_token\":7}",
	"{\"access_token\":\"secret-token\",\"refresh_token\":[]}",
};

START_TEST(answer_that_makes_no_sense_gives_no_tokens)
{
	ck_assert_msg(
		read_tokens(200, nonsense[_i]) == OAUTH_UNREACHABLE, "%s accepted", nonsense[_i]);
	no_tokens();
	ck_assert_str_eq(detail, "the answer holds no usable tokens");
}
END_TEST

START_TEST(cut_answer_gives_no_tokens)
{
	struct http_answer a = answered(200, "{\"access_token\":\"t\"}");

	a.body_complete = false;
	ck_assert_int_eq(oauth_tokens_read(&a, &tokens, detail, sizeof(detail)), OAUTH_UNREACHABLE);
	no_tokens();
	http_answer_release(&a);
}
END_TEST

START_TEST(endless_token_is_refused)
{
	struct buf body;

	for (size_t len = OAUTH_TOKEN_MAX; len <= OAUTH_TOKEN_MAX + 1; len++) {
		buf_init(&body, 2 * OAUTH_TOKEN_MAX);
		buf_adds(&body, "{\"access_token\":\"");
		for (size_t i = 0; i < len; i++)
			buf_addc(&body, 'x');
		buf_adds(&body, "\"}");
		ck_assert_int_eq(read_tokens(200, body.s),
			len == OAUTH_TOKEN_MAX ? OAUTH_OK : OAUTH_UNREACHABLE);
		ck_assert_uint_eq(tokens.access.len, len == OAUTH_TOKEN_MAX ? len : 0);
		buf_release(&body);
	}
}
END_TEST

/* --- refusals --- */

static const struct {
	int status;
	enum oauth_result result;
} statuses[] = {
	{100, OAUTH_UNREACHABLE},
	{302, OAUTH_UNREACHABLE},
	{307, OAUTH_UNREACHABLE},
	{400, OAUTH_REFUSED},
	{401, OAUTH_REFUSED},
	{404, OAUTH_UNREACHABLE},
	{408, OAUTH_UNREACHABLE},
	{422, OAUTH_UNREACHABLE},
	{429, OAUTH_UNREACHABLE},
	{499, OAUTH_UNREACHABLE},
	{500, OAUTH_UNREACHABLE},
	{503, OAUTH_UNREACHABLE},
	{599, OAUTH_UNREACHABLE},
	{999, OAUTH_UNREACHABLE},
};

START_TEST(only_a_clear_refusal_costs_the_tokens)
{
	static const char *const bodies[] = {"{\"error\":\"invalid_grant\"}",
		"{\"error\":{\"code\":400,\"message\":\"no\"}}", "", "<html>no</html>",
		"{\"access_token\":\"t\"}"};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		ck_assert_int_eq(read_tokens(statuses[_i].status, bodies[i]), statuses[_i].result);
		no_tokens();
	}
}
END_TEST

static const char *const our_faults[] = {"invalid_client", "unauthorized_client",
	"unsupported_grant_type", "invalid_request", "invalid_scope", "server_error",
	"temporarily_unavailable"};

START_TEST(fault_of_the_settings_does_not_cost_the_tokens)
{
	char body[256];

	snprintf(body, sizeof(body), "{\"error\":\"%s\",\"error_description\":\"Bad client.\"}",
		our_faults[_i]);
	ck_assert_int_eq(read_tokens(401, body), OAUTH_UNREACHABLE);
	ck_assert_int_eq(strstr(detail, "client id") != NULL, _i < 3);
	ck_assert_ptr_nonnull(strstr(detail, our_faults[_i]));
	ck_assert_ptr_nonnull(strstr(detail, "Bad client."));
	ck_assert_int_eq(read_tokens(400, body), OAUTH_UNREACHABLE);
	ck_assert_int_eq(read_tokens(403, body), OAUTH_UNREACHABLE);
}
END_TEST

/* A firewall, a proxy or a portal says it of itself. */
START_TEST(forbidding_without_an_error_is_not_clear)
{
	static const char *const bodies[] = {"", "<html>no</html>", "{}", "[]",
		"{\"access_token\":\"t\"}", "{\"message\":\"no\"}"};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		ck_assert_int_eq(read_tokens(403, bodies[i]), OAUTH_UNREACHABLE);
	ck_assert_int_eq(read_tokens(403, "{\"error\":\"invalid_grant\"}"), OAUTH_REFUSED);
	ck_assert_int_eq(read_tokens(403, "{\"error\":{\"code\":403}}"), OAUTH_REFUSED);
}
END_TEST

START_TEST(other_words_that_look_alike_are_refusals)
{
	ck_assert_int_eq(read_tokens(400, "{\"error\":\"invalid_client_x\"}"), OAUTH_REFUSED);
	ck_assert_int_eq(read_tokens(400, "{\"error\":\"invalid_grant\",\"error_description\":"
					  "\"invalid_client\"}"),
		OAUTH_REFUSED);
	ck_assert_int_eq(read_tokens(400, "{\"x\":{\"error\":\"invalid_client\"}}"), OAUTH_REFUSED);
}
END_TEST

START_TEST(cut_refusal_is_not_clear)
{
	struct http_answer a = answered(400, "{\"error\":\"inva");

	a.body_complete = false;
	ck_assert_int_eq(oauth_tokens_read(&a, &tokens, detail, sizeof(detail)), OAUTH_UNREACHABLE);
	http_answer_release(&a);
}
END_TEST

static const enum http_fault faults[] = {
	HTTP_UNREACHABLE, HTTP_TLS_ERROR, HTTP_UNCLEAR, HTTP_NOT_SENT};

START_TEST(without_an_answer_nothing_is_refused)
{
	struct http_answer a = answered(400, "{\"error\":\"invalid_grant\"}");
	int64_t user = 7;

	a.fault = faults[_i];
	ck_assert_int_eq(oauth_tokens_read(&a, &tokens, detail, sizeof(detail)), OAUTH_UNREACHABLE);
	ck_assert_str_eq(detail, "");
	ck_assert_int_eq(oauth_me_read(&a, &user), OAUTH_UNREACHABLE);
	a.status = 200;
	ck_assert_int_eq(oauth_tokens_read(&a, &tokens, detail, sizeof(detail)), OAUTH_UNREACHABLE);
	ck_assert_int_eq(oauth_me_read(&a, &user), OAUTH_UNREACHABLE);
	http_answer_release(&a);
}
END_TEST

static const struct {
	const char *body, *detail;
} details[] = {
	{"{\"error\":\"invalid_grant\"}", "invalid_grant"},
	{"{\"error\":\"invalid_grant\",\"error_description\":\"The token has expired.\"}",
		"invalid_grant: The token has expired."},
	{"{\"error\":{\"code\":400,\"message\":\"Two\\nlines\\u001b[0m\"}}", "Twolines[0m"},
	{"{\"message\":\"no\"}", "no"},
	{"{\"error\":7}", ""},
	{"{}", ""},
	{"[]", ""},
	{"", ""},
	/* A page may hold anything. */
	{"<html>rt-0123456789</html>", ""},
	/* What was sent may come back. */
	{"{\"error\":\"invalid_grant\",\"error_description\":\"no token '4f9a1c22e0b7' here\"}",
		"invalid_grant: no token '***' here"},
	{"{\"error\":\"dp_rt_AbCdEfGhIjKlMnOpQrStUvWxYz\"}", "***"},
	{"{\"error_description\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk is spent\"}",
		"*** is spent"},
	{"{\"error_description\":\"eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln+/=\"}", "***"},
	{"{\"error_description\":\"code 400\"}", "code 400"},
};

START_TEST(detail_says_why_and_holds_no_token)
{
	ck_assert_int_eq(read_tokens(400, details[_i].body), OAUTH_REFUSED);
	ck_assert_str_eq(detail, details[_i].detail);
}
END_TEST

START_TEST(detail_has_200_characters_at_most)
{
	struct buf body;
	char small[8];
	struct http_answer a;

	buf_init(&body, 8192);
	buf_adds(&body, "{\"error_description\":\"");
	for (int i = 0; i < 400; i++)
		buf_adds(&body, "\xf0\x9f\x93\x9e");
	buf_adds(&body, "\"}");
	ck_assert_int_eq(read_tokens(400, body.s), OAUTH_REFUSED);
	ck_assert_uint_eq(strlen(detail), 800);
	a = answered(400, "{\"error\":\"invalid_grant\"}");
	ck_assert_int_eq(oauth_tokens_read(&a, &tokens, small, sizeof(small)), OAUTH_REFUSED);
	ck_assert_uint_lt(strlen(small), sizeof(small));
	http_answer_release(&a);
	buf_release(&body);
}
END_TEST

/* --- the user --- */

static const struct {
	int status;
	const char *body;
	enum oauth_result result;
	int64_t id;
} users[] = {
	{200, "{\"id\":\"5835806903417907\"}", OAUTH_OK, INT64_C(5835806903417907)},
	{200, "{\"id\":5835806903417907,\"emails\":[]}", OAUTH_OK, INT64_C(5835806903417907)},
	{200, "{\"id\":9223372036854775807}", OAUTH_OK, INT64_MAX},
	{200, "{\"id\":0}", OAUTH_UNREACHABLE, 0},
	{200, "{\"id\":-7}", OAUTH_UNREACHABLE, 0},
	{200, "{\"id\":\"-7\"}", OAUTH_UNREACHABLE, 0},
	{200, "{\"id\":1.5}", OAUTH_UNREACHABLE, 0},
	{200, "{\"id\":null}", OAUTH_UNREACHABLE, 0},
	{200, "{\"id\":\"me\"}", OAUTH_UNREACHABLE, 0},
	{200, "{}", OAUTH_UNREACHABLE, 0},
	{200, "", OAUTH_UNREACHABLE, 0},
	{200, "{\"id\":7", OAUTH_UNREACHABLE, 0},
	{302, "{\"id\":7}", OAUTH_UNREACHABLE, 0},
	{401, "{\"id\":7}", OAUTH_REFUSED, 0},
	{403, "", OAUTH_REFUSED, 0},
	{408, "{\"id\":7}", OAUTH_UNREACHABLE, 0},
	{429, "{\"id\":7}", OAUTH_UNREACHABLE, 0},
	{500, "{\"id\":7}", OAUTH_UNREACHABLE, 0},
};

START_TEST(user_id_is_read)
{
	struct http_answer a = answered(users[_i].status, users[_i].body);
	int64_t user = 99;

	ck_assert_int_eq(oauth_me_read(&a, &user), users[_i].result);
	ck_assert_int_eq(user, users[_i].id);
	a.body_complete = false;
	if (users[_i].result == OAUTH_OK)
		ck_assert_int_eq(oauth_me_read(&a, &user), OAUTH_UNREACHABLE);
	http_answer_release(&a);
}
END_TEST

/* --- scopes --- */

static const struct {
	const char *required, *granted, *missing; /* NULL: none */
} scope_checks[] = {
	{"", "", NULL},
	{"", "a", NULL},
	{" ", "", NULL},
	{"a", "a", NULL},
	{"a b", "b a", NULL},
	{"a", "b a c", NULL},
	{"a", "", "a"},
	{"a", "ab", "a"},
	{"ab", "a", "ab"},
	{"calls:list", "calls:list:all", "calls:list"},
	{"b", "a:b", "b"},
	{"A", "a", "A"},
	{"a b c", "a c", "b"},
	{"b c", "a", "b"},
	{" a  b ", "  a ", "b"},
};

START_TEST(missing_scope_is_named)
{
	char out[32] = "unchanged";
	bool missing = oauth_missing_scope(
		scope_checks[_i].required, scope_checks[_i].granted, out, sizeof(out));

	ck_assert_int_eq(missing, scope_checks[_i].missing != NULL);
	ck_assert_str_eq(out, missing ? scope_checks[_i].missing : "");
}
END_TEST

START_TEST(long_scope_is_cut_to_its_room)
{
	char out[4];

	ck_assert(oauth_missing_scope("a_long_scope", "", out, sizeof(out)));
	ck_assert_str_eq(out, "a_l");
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static TCase *requests(void)
{
	TCase *t = tcase_create("requests");

	tcase_add_test(t, random_texts_differ_and_fit_into_urls);
	tcase_add_test(t, authorize_url_has_what_the_consent_page_needs);
	tcase_add_test(t, authorize_url_leaves_out_scopes_nobody_asks_for);
	tcase_add_test(t, authorize_url_needs_client_and_redirect);
	tcase_add_test(t, exchange_is_a_form);
	tcase_add_test(t, exchange_is_json_where_asked_for);
	tcase_add_test(t, refresh_sends_the_refresh_token_in_both_encodings);
	tcase_add_test(t, secret_that_is_not_set_is_not_sent);
	tcase_add_test(t, tokens_of_full_length_fit_into_requests);
	tcase_add_test(t, request_without_what_it_is_about_is_not_made);
	tcase_add_test(t, deauthorize_and_me_carry_the_token_alone);
	return t;
}

static TCase *answers(void)
{
	TCase *t = tcase_create("answers");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, documented_answer_is_read);
	tcase_add_test(t, second_answer_replaces_the_first);
	tcase_add_loop_test(t, members_are_read_in_every_form, 0, COUNT(expiries));
	tcase_add_loop_test(t, scopes_are_a_text_or_an_array, 0, COUNT(granted));
	tcase_add_test(t, scopes_fill_their_room_and_no_more);
	tcase_add_loop_test(t, answer_that_makes_no_sense_gives_no_tokens, 0, COUNT(nonsense));
	tcase_add_test(t, cut_answer_gives_no_tokens);
	tcase_add_test(t, endless_token_is_refused);
	tcase_add_loop_test(t, only_a_clear_refusal_costs_the_tokens, 0, COUNT(statuses));
	tcase_add_loop_test(
		t, fault_of_the_settings_does_not_cost_the_tokens, 0, COUNT(our_faults));
	tcase_add_test(t, forbidding_without_an_error_is_not_clear);
	tcase_add_test(t, other_words_that_look_alike_are_refusals);
	tcase_add_test(t, cut_refusal_is_not_clear);
	tcase_add_loop_test(t, without_an_answer_nothing_is_refused, 0, COUNT(faults));
	tcase_add_loop_test(t, detail_says_why_and_holds_no_token, 0, COUNT(details));
	tcase_add_test(t, detail_has_200_characters_at_most);
	tcase_add_loop_test(t, user_id_is_read, 0, COUNT(users));
	tcase_add_loop_test(t, missing_scope_is_named, 0, COUNT(scope_checks));
	tcase_add_test(t, long_scope_is_cut_to_its_room);
	return t;
}

int main(void)
{
	Suite *s = suite_create("oauth");

	suite_add_tcase(s, requests());
	suite_add_tcase(s, answers());
	return unit_run(s);
}
