/* What all endpoints have in common: tokens, methods, headers, CORS, refusals by Apache, the log. */
#include "e2e/calls.h"

#include <jwt.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOME_ID "0123456789abcdef01234567"

static const struct {
	const char *method, *path, *allow;
} bearer[] = {
	{"POST", "/call", "POST"},
	{"GET", "/call/" SOME_ID, "GET, HEAD"},
	{"PUT", "/call/" SOME_ID "/notes", "PUT"},
	{"GET", "/history", "GET, HEAD"},
};
#define BEARER ((int)(sizeof(bearer) / sizeof(bearer[0])))

static const struct {
	const char *method, *path, *allow;
} without_token[] = {
	{"GET", "/health", "GET, HEAD"},
	{"POST", "/webhooks/aircall", "POST"},
	{"POST", "/webhooks/dialpad", "POST"},
};
#define WITHOUT_TOKEN ((int)(sizeof(without_token) / sizeof(without_token[0])))

/* --- what every answer has --- */

static bool looks_like(const char *text, const char *pattern)
{
	regex_t r;
	if (regcomp(&r, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		ck_abort_msg("bad pattern %s", pattern);
	bool it_does = text != NULL && regexec(&r, text, 0, NULL, 0) == 0;
	regfree(&r);
	return it_does;
}

#define expect_common(a)                                                                           \
	do {                                                                                       \
		const struct answer *common_ = (a);                                                \
		expect_header(common_, "Cache-Control", "no-store");                               \
		expect_header(common_, "X-Content-Type-Options", "nosniff");                       \
		ck_assert_msg(header_count(common_, "X-Request-Id") == 1 &&                        \
				      looks_like(header(common_, "X-Request-Id"),                  \
					      "^[0-9A-Za-z_@-]{20,}$"),                            \
			"%s", common_->headers);                                                   \
	} while (0)

/* As above, and an error in its form. */
#define expect_refused(a, status, code)                                                            \
	do {                                                                                       \
		const struct answer *refused_ = (a);                                               \
		expect_error(refused_, status, code, NULL);                                        \
		expect_header(refused_, "Content-Type", "application/json; charset=utf-8");        \
		expect_common(refused_);                                                           \
	} while (0)

START_TEST(every_answer_has_the_common_headers)
{
	const char *t = token("alice");
	const char *id = placed("alice", NUMBER);
	expect_common(place_to("alice", NUMBER));              /* 409 */
	expect_common(place_to("alice", "x"));                 /* 422 */
	expect_common(place("alice", "{}"));                   /* 400 */
	expect_common(get("alice", e2e_text("/call/%s", id))); /* 200 */
	expect_common(get("alice", "/history"));
	expect_common(get("alice", "/history?format=csv"));
	expect_common(get("alice", "/history?page=0"));
	expect_common(get("alice", "/history?userId=*")); /* 403 */
	expect_common(http(.path = "/health"));
	expect_common(http(.path = "/history"));                              /* 401 */
	expect_common(http(.method = "DELETE", .path = "/call", .token = t)); /* 405 */
	expect_common(http(.path = "/call", .token = t, .body = "x", .type = "text/plain"));
	struct answer *a = http(.method = "PUT", .path = e2e_text("/call/%s/notes", id), .token = t,
		.body = "{\"notes\":\"\"}", .headers = {"If-Match: \"x\""});
	expect_status(a, 412);
	expect_common(a);
	sim_script("{\"outcome\":\"refuse\"}");
	a = place("bob", "{\"phoneNumber\":\"" NUMBER "\",\"fallback\":false}");
	expect_status(a, 502);
	expect_common(a);
	sim_script("{\"outcome\":\"fail\"}");
	a = place("carol", "{\"phoneNumber\":\"" NUMBER "\"}");
	expect_status(a, 504);
	expect_common(a);
}
END_TEST

START_TEST(json_answers_say_so)
{
	expect_header(get("alice", "/history"), "Content-Type", "application/json; charset=utf-8");
	expect_header(place_to("alice", NUMBER), "Content-Type", "application/json; charset=utf-8");
	expect_header(http(.path = "/health"), "Content-Type", "application/json; charset=utf-8");
}
END_TEST

START_TEST(request_ids_differ)
{
	const char *a = header(http(.path = "/health"), "X-Request-Id");
	const char *b = header(http(.path = "/health"), "X-Request-Id");
	ck_assert_str_ne(a, b);
	/* A client's own is not taken for ours. */
	struct answer *c = http(.path = "/health", .headers = {"X-Request-Id: forged"});
	expect_common(c);
	ck_assert_str_ne(header(c, "X-Request-Id"), "forged");
}
END_TEST

/* --- tokens --- */

#define HEAD "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

/* Seconds from now, in claims. */
static const char *claims(const char *fmt, long long seconds)
{
	const char *mark = strstr(fmt, "@");
	return e2e_text("%.*s%lld%s", (int)(mark - fmt), fmt,
		(long long)e2e_now_ms() / 1000 + seconds, mark + 1);
}

static const struct {
	const char *head, *claims; /* @: the present time and `seconds` */
	int seconds;
} bad_tokens[] = {
	{HEAD, "{\"sub\":\"alice\",\"exp\":@}", -31},
	{HEAD, "{\"sub\":\"alice\",\"exp\":@}", -86400},
	{HEAD, "{\"sub\":\"alice\",\"exp\":@.5}", 600},
	{HEAD, "{\"sub\":\"alice\",\"exp\":\"@\"}", 600},
	{HEAD, "{\"sub\":\"alice\",\"exp\":null,\"x\":@}", 600},
	{HEAD, "{\"sub\":\"alice\",\"exp\":-1,\"x\":@}", 600},
	{HEAD, "{\"sub\":\"alice\",\"x\":@}", 600},
	{HEAD, "{\"sub\":\"alice\",\"exp\":1,\"exp\":@}", 600},
	{HEAD, "{\"sub\":\"alice\",\"exp\":9999999999,\"nbf\":@}", 60},
	{HEAD, "{\"sub\":\"alice\",\"exp\":9999999999,\"nbf\":\"@\"}", -60},
	{HEAD, "{\"sub\":\"alice\",\"exp\":9999999999,\"nbf\":@.5}", -60},
	{HEAD, "{\"exp\":@}", 600},
	{HEAD, "{\"sub\":\"\",\"exp\":@}", 600},
	{HEAD, "{\"sub\":null,\"exp\":@}", 600},
	{HEAD, "{\"sub\":5,\"exp\":@}", 600},
	{HEAD, "{\"sub\":[\"alice\"],\"exp\":@}", 600},
	{HEAD, "{\"sub\":\"a\\u0000b\",\"exp\":@}", 600},
	{HEAD, "{\"sub\":\"a\\nb\",\"exp\":@}", 600},
	{HEAD, "{\"sub\":\"a\\u007fb\",\"exp\":@}", 600},
	{HEAD, "{\"sub\":\"a\\u0085b\",\"exp\":@}", 600},
	{HEAD, "{\"sub\":\"bob\",\"sub\":\"alice\",\"exp\":@}", 600},
	{HEAD, "[\"alice\",@]", 600},
	{HEAD, "{\"sub\":\"alice\",\"exp\":@}x", 600},
	{"{\"alg\":\"hs256\"}", "{\"sub\":\"alice\",\"exp\":@}", 600},
	{"{\"alg\":\"HS384\"}", "{\"sub\":\"alice\",\"exp\":@}", 600},
	{"{\"alg\":\"RS256\"}", "{\"sub\":\"alice\",\"exp\":@}", 600},
	{"{\"alg\":\"none\"}", "{\"sub\":\"alice\",\"exp\":@}", 600},
	{"{\"alg\":null}", "{\"sub\":\"alice\",\"exp\":@}", 600},
	{"{\"typ\":\"JWT\"}", "{\"sub\":\"alice\",\"exp\":@}", 600},
	{"{\"alg\":\"HS256\",\"alg\":\"none\"}", "{\"sub\":\"alice\",\"exp\":@}", 600},
	{"{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", "{\"sub\":\"alice\",\"exp\":@}", 600},
	{"{\"alg\":\"HS256\",\"crit\":[]}", "{\"sub\":\"alice\",\"exp\":@}", 600},
	{"", "{\"sub\":\"alice\",\"exp\":@}", 600},
};

#define expect_unauthorized(a)                                                                     \
	do {                                                                                       \
		const struct answer *who_ = (a);                                                   \
		expect_refused(who_, 401, "unauthorized");                                         \
		expect_header(who_, "WWW-Authenticate", "Bearer");                                 \
	} while (0)

START_TEST(bad_token_is_refused)
{
	const char *t = token_of(
		bad_tokens[_i].head, claims(bad_tokens[_i].claims, bad_tokens[_i].seconds));
	expect_unauthorized(http(.path = "/history", .token = t));
}
END_TEST

START_TEST(good_tokens_are_taken)
{
	static const struct {
		const char *claims;
		int seconds;
	} good[] = {
		{"{\"sub\":\"alice\",\"exp\":@}", 600},
		{"{\"sub\":\"alice\",\"exp\":@}", -25},
		{"{\"sub\":\"alice\",\"exp\":9999999999,\"nbf\":@}", 25},
		{"{\"sub\":\"alice\",\"exp\":9999999999,\"nbf\":@,\"iat\":\"x\"}", -60},
		{"{\"sub\":\"alice\",\"exp\":@,\"iss\":\"any\",\"aud\":[\"any\"]}", 600},
		{"{\"sub\":\"caf\\u00e9 @ home\",\"exp\":9999999999}", 0},
	};
	const char *t = strchr(good[_i].claims, '@')[1] == ' '
				? token_of(HEAD, good[_i].claims)
				: token_of(HEAD, claims(good[_i].claims, good[_i].seconds));
	expect_status(http(.path = "/history", .token = t), 200);
}
END_TEST

START_TEST(user_id_may_have_128_bytes)
{
	for (int i = 128; i <= 129; i++) {
		struct answer *a =
			http(.path = "/history", .token = token(e2e_repeat('u', (size_t)i)));
		ck_assert_msg(a->status == (i == 128 ? 200 : 401), "%d: %s", i, answer_text(a));
	}
}
END_TEST

START_TEST(token_by_another_key_is_refused)
{
	const char *c = claims("{\"sub\":\"alice\",\"exp\":@}", 600);
	const char *secret = e2e_secret;
	const char *const keys[] = {
		"another-secret-that-is-long-enough-to-be-one",
		e2e_text("%s\n", secret),
		e2e_text("%.*s", (int)strlen(secret) - 1, secret),
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		expect_unauthorized(
			http(.path = "/history", .token = token_by(HEAD, c, keys[i], 0)));
}
END_TEST

START_TEST(mangled_token_is_refused)
{
	const char *t = token("alice");
	const char *dot = strchr(t, '.'), *last = strrchr(t, '.');
	const char *const texts[] = {
		"",
		".",
		"..",
		"a.b.c",
		e2e_text("%.*s", (int)(last - t), t),
		e2e_text("%.*s.", (int)(last - t), t),
		e2e_text("%.*s", (int)strlen(t) - 1, t),
		e2e_text("%s=", t),
		e2e_text("%sA", t),
		e2e_text("%s.x", t),
		e2e_text(".%s", t),
		e2e_text("%.*s%s", (int)(dot - t), t, last),
		e2e_text("%.*s.%s", (int)(dot - t), t, last),
		e2e_text("%s %s", t, t),
		e2e_text("\"%s\"", t),
		e2e_text("%s,", t),
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_unauthorized(http(.path = "/history", .token = texts[i]));
	/* Each part counts: a changed character anywhere breaks the signature. */
	for (size_t at = 0; at < strlen(t) - 1; at += 7) {
		char changed[1024];
		snprintf(changed, sizeof(changed), "%s", t);
		if (changed[at] == '.')
			continue;
		changed[at] = changed[at] == 'A' ? 'B' : 'A';
		expect_unauthorized(http(.path = "/history", .token = changed));
	}
}
END_TEST

START_TEST(unsigned_token_is_refused)
{
	/* {"alg":"none"} . {"sub":"alice","exp":9999999999} . */
	expect_unauthorized(http(.path = "/history",
		.token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6OTk5OTk5OTk5OX0."));
	expect_unauthorized(http(.path = "/history",
		.token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6OTk5OTk5OTk5OX0"));
}
END_TEST

START_TEST(long_token_is_refused)
{
	const char *t = token_of(HEAD, claims(e2e_text("{\"x\":\"%s\",\"sub\":\"alice\",\"exp\":@}",
						      e2e_repeat('x', 3500)),
					       600));
	expect_unauthorized(http(.path = "/history", .token = t));
}
END_TEST

START_TEST(authorization_header_is_read_strictly)
{
	const char *t = token("alice");
	const struct {
		const char *lines[2];
		bool good;
	} cases[] = {
		{{e2e_text("Authorization: Bearer %s", t)}, true},
		{{e2e_text("Authorization: bearer %s", t)}, true},
		{{e2e_text("Authorization: BEARER %s", t)}, true},
		{{e2e_text("Authorization: Bearer  %s", t)}, true},
		{{"Authorization: Bearer"}, false},
		{{e2e_text("Authorization: %s", t)}, false},
		{{e2e_text("Authorization: Bearer%s", t)}, false},
		{{e2e_text("Authorization: Token %s", t)}, false},
		{{"Authorization: Basic YWxpY2U6cGFzcw=="}, false},
		{{e2e_text("Authorization: Bearer %s", t), e2e_text("Authorization: Bearer %s", t)},
			false},
		{{e2e_text("Authorization: Bearer %s", t), "Authorization: Basic YTpi"}, false},
		{{e2e_text("Authorization: Bearer %s, Bearer %s", t, t)}, false},
		{{e2e_text("X-Authorization: Bearer %s", t)}, false},
		{{e2e_text("Cookie: token=%s", t)}, false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct answer *a =
			http(.path = "/history", .headers = {cases[i].lines[0], cases[i].lines[1]});
		ck_assert_msg(a->status == (cases[i].good ? 200 : 401), "%s: %s", cases[i].lines[0],
			answer_text(a));
	}
	expect_unauthorized(http(.path = e2e_text("/history?access_token=%s", t)));
}
END_TEST

START_TEST(every_endpoint_asks_for_the_token)
{
	struct answer *a = http(.method = bearer[_i].method, .path = bearer[_i].path,
		.body = strcmp(bearer[_i].method, "GET") != 0 ? "{\"phoneNumber\":\"" NUMBER "\"}"
							      : NULL);
	expect_unauthorized(a);
	/* Before it looks at anything else. */
	a = http(.method = bearer[_i].method, .path = bearer[_i].path, .token = "x",
		.body = strcmp(bearer[_i].method, "GET") != 0 ? "not json" : NULL,
		.type = "text/plain");
	expect_unauthorized(a);
	ck_assert_int_eq(sim_placings(NULL), 0);
}
END_TEST

START_TEST(issuer_and_audience_count_where_configured)
{
	static const struct {
		const char *more;
		bool good;
	} cases[] = {
		{",\"iss\":\"crm\",\"aud\":\"dialer\"", true},
		{",\"iss\":\"crm\",\"aud\":[\"x\",\"dialer\"]", true},
		{",\"iss\":\"crm\",\"aud\":[\"x\"]", false},
		{",\"iss\":\"crm\",\"aud\":[]", false},
		{",\"iss\":\"crm\",\"aud\":\"dialer2\"", false},
		{",\"iss\":\"crm\"", false},
		{",\"aud\":\"dialer\"", false},
		{",\"iss\":\"CRM\",\"aud\":\"dialer\"", false},
		{",\"iss\":[\"crm\"],\"aud\":\"dialer\"", false},
		{"", false},
	};
	e2e_set("DIALER_JWT_ISSUER", "crm");
	e2e_set("DIALER_JWT_AUDIENCE", "dialer");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *t = token_of(
			HEAD, e2e_text("{\"sub\":\"alice\",\"exp\":9999999999%s}", cases[i].more));
		struct answer *a = http(.path = "/history", .token = t);
		ck_assert_msg(a->status == (cases[i].good ? 200 : 401), "%s: %s", cases[i].more,
			answer_text(a));
	}
}
END_TEST

/* --- public keys --- */

static void openssl(const char *const *argv)
{
	struct run r = e2e_run(argv, NULL);
	ck_assert_msg(r.status == 0, "openssl: %s", r.err);
}

static const char *sign(jwt_alg_t alg, const char *pem, long long exp)
{
	jwt_t *j;
	ck_assert_int_eq(jwt_new(&j), 0);
	jwt_add_grant(j, "sub", "alice");
	jwt_add_grant_int(j, "exp", (long)exp);
	ck_assert_int_eq(jwt_set_alg(j, alg, (const unsigned char *)pem, (int)strlen(pem)), 0);
	char *text = jwt_encode_str(j);
	ck_assert_ptr_nonnull(text);
	const char *copy = e2e_text("%s", text);
	free(text);
	jwt_free(j);
	return copy;
}

START_TEST(public_key_checks_its_algorithm_only)
{
	const char *secret = e2e_file("private.pem", "", 0),
		   *public = e2e_file("public.pem", "", 0);
	const char *const make[2][10] = {
		{"/usr/bin/openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
			"rsa_keygen_bits:2048", "-out", secret},
		{"/usr/bin/openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
			"ec_paramgen_curve:P-256", "-out", secret},
	};
	const char *const extract[] = {
		"/usr/bin/openssl", "pkey", "-in", secret, "-pubout", "-out", public, NULL};
	const jwt_alg_t alg = _i == 0 ? JWT_ALG_RS256 : JWT_ALG_ES256;
	openssl(make[_i]);
	openssl(extract);
	e2e_set("DIALER_JWT_ALG", _i == 0 ? "RS256" : "ES256");
	e2e_set("DIALER_JWT_PUBLIC_KEY_FILE", public);
	long long later = (long long)e2e_now_ms() / 1000 + 600;
	const char *pem = e2e_read(secret), *public_pem = e2e_read(public);
	expect_status(http(.path = "/history", .token = sign(alg, pem, later)), 200);
	expect_unauthorized(http(.path = "/history", .token = sign(alg, pem, later - 700)));
	/* Our secret no longer counts, and the public key is no secret. */
	expect_unauthorized(http(.path = "/history", .token = token("alice")));
	const char *c = claims("{\"sub\":\"alice\",\"exp\":@}", 600);
	expect_unauthorized(http(.path = "/history", .token = token_by(HEAD, c, public_pem, 0)));
	expect_unauthorized(http(.path = "/history",
		.token = token_by(e2e_text("{\"alg\":\"%s\"}", _i == 0 ? "RS256" : "ES256"), c,
			public_pem, 0)));
	if (_i == 0)
		expect_unauthorized(
			http(.path = "/history", .token = sign(JWT_ALG_RS384, pem, later)));
	expect_status(http(.path = "/health"), 200);
}
END_TEST

/* --- methods --- */

START_TEST(other_methods_are_not_allowed)
{
	static const char *const methods[] = {
		"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW", "get"};
	for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++)
		for (int i = 0; i < BEARER + WITHOUT_TOKEN; i++) {
			int open = i - BEARER;
			const char *right =
				i < BEARER ? bearer[i].method : without_token[open].method;
			if (strcmp(methods[m], right) == 0)
				continue;
			struct answer *a = http(.method = methods[m],
				.path = i < BEARER ? bearer[i].path : without_token[open].path,
				.token = token("alice"), .body = m % 2 == 1 ? "{}" : NULL);
			expect_refused(a, 405, "method_not_allowed");
			expect_header(a, "Allow",
				i < BEARER ? bearer[i].allow : without_token[open].allow);
		}
	ck_assert_int_eq(sim_placings(NULL), 0);
}
END_TEST

START_TEST(head_is_get_without_body)
{
	const char *id = placed("alice", NUMBER);
	const char *const paths[] = {"/history", "/history?page=0", "/history?format=csv",
		e2e_text("/call/%s", id), ("/call/" SOME_ID), "/health"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct answer *g = get("alice", paths[i]);
		struct answer *h =
			http(.method = "HEAD", .path = paths[i], .token = token("alice"));
		ck_assert_int_eq(h->status, g->status);
		ck_assert_uint_eq(h->len, 0);
		expect_common(h);
		ck_assert_str_eq(header(h, "Content-Type"), header(g, "Content-Type"));
		if (header(h, "Content-Length") != NULL)
			ck_assert_int_eq(header_number(h, "Content-Length"), (long)g->len);
		if (header(g, "ETag") != NULL)
			ck_assert_str_eq(header(h, "ETag"), header(g, "ETag"));
	}
	struct answer *a = http(.method = "HEAD", .path = "/call", .token = token("alice"));
	ck_assert_int_eq(a->status, 405);
	a = http(.method = "HEAD", .path = "/history");
	ck_assert_int_eq(a->status, 401);
}
END_TEST

/* --- addresses --- */

static const char *const no_addresses[] = {
	"/api/dialer",
	"/api/dialer/",
	"/api/dialer/nothing",
	"/api/dialer/call/",
	"/api/dialer/call//notes",
	("/api/dialer/call/" SOME_ID "/"),
	("/api/dialer/call/" SOME_ID "/Notes"),
	("/api/dialer/call/" SOME_ID "/notes/"),
	("/api/dialer/call/" SOME_ID "/notes/x"),
	"/api/dialer/call/a%2Fb",
	"/api/dialer/call%00",
	"/api/dialer/history/",
	"/api/dialer/history/x",
	"/api/dialer/History",
	"/api/dialer/health/x",
	"/api/dialer/webhooks",
	"/api/dialer/webhooks/",
	"/api/dialer/webhooks/other",
	"/api/dialer/webhooks/aircall/",
	"/api/dialer/webhooks/aircall/x",
	"/api/dialer/webhook-dialpad.cgi",
	"/api/dialer/call-create.cgi",
	("/api/dialer/call-show.cgi/" SOME_ID),
	"/api/dialer/%2e%2e%2fetc",
	"/api/dialerx/health",
	"/cgi-bin/health.cgi",
};

START_TEST(other_addresses_do_not_exist)
{
	struct answer *a = http(.url = no_addresses[_i], .token = token("alice"));
	ck_assert_int_eq(a->status, 404);
	if (strncmp(no_addresses[_i], "/api/dialer/", 12) == 0)
		expect_refused(a, 404, "not_found");
}
END_TEST

START_TEST(dots_and_slashes_lead_nowhere_else)
{
	/* RFC 3986, 5.2.4: these are /api/dialer/health. */
	expect_status(http(.url = "/api/dialer/x/../health"), 200);
	struct answer *a = http(.url = "/api/dialer/../../../etc/passwd");
	ck_assert_int_ge(a->status, 400);
	ck_assert_ptr_null(strstr(a->body, "root:"));
}
END_TEST

/* --- Apache refuses by itself --- */

static const struct {
	const char *bytes;
	int status;
	const char *code;
} refused_by_apache[] = {
	{"GARBAGE\r\n\r\n", 400, "invalid_parameter"},
	{"GET /api/dialer/health HTTP/1.1\r\n\r\n", 400, "invalid_parameter"},
	{"GET /api/dialer/health HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n", 400,
		"invalid_parameter"},
	{"GET /api/dialer/health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "invalid_parameter"},
	{"GET /api/dialer/health HTTP/1.1\r\nHost: x\r\nExpect: foo\r\nConnection: close\r\n\r\n",
		417, "expectation_failed"},
	{"TRACE /api/dialer/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405,
		"method_not_allowed"},
	{"GET /api/dialer/call/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400,
		"invalid_parameter"},
	{"POST /api/dialer/call HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n", 400,
		"invalid_parameter"},
	{"POST /api/dialer/call HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400,
		"invalid_parameter"},
	{"POST /api/dialer/call HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: foo\r\n\r\n", 400,
		"invalid_parameter"},
	{"POST /api/dialer/call HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	 "Content-Length: 2000000\r\n\r\n",
		413, "too_large"},
};

START_TEST(refusals_by_apache_have_our_form)
{
	const char *bytes = refused_by_apache[_i].bytes;
	struct answer *a = raw_send(bytes, strlen(bytes));
	expect_refused(a, refused_by_apache[_i].status, refused_by_apache[_i].code);
	ck_assert_ptr_null(strstr(a->body, "Apache"));
}
END_TEST

START_TEST(address_and_header_beyond_reason_are_refused)
{
	struct answer *a = http(.path = e2e_text("/call/%s", e2e_repeat('x', 10000)));
	expect_refused(a, 414, "uri_too_long");
	const char *bytes = e2e_text("GET /api/dialer/health HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n",
		e2e_repeat('x', 10000));
	a = raw_send(bytes, strlen(bytes));
	expect_refused(a, 400, "invalid_parameter");
}
END_TEST

START_TEST(killed_program_is_an_internal_error)
{
	struct daemon own;
	const char *const env[] = {"DIALER_TEST_FAULT=place-before-intent:kill", NULL};
	server_start(&own, "killed.log", env);
	struct answer *a = http(.to = &own, .path = "/call", .token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\"}");
	expect_refused(a, 500, "internal");
	ck_assert_int_eq(daemon_stop(&own), 0);
}
END_TEST

/* --- CORS --- */

#define ORIGIN "https://crm.example.com"

static struct answer *preflight(const char *path, const char *origin, const char *method)
{
	return http(.method = "OPTIONS", .path = path,
		.headers = {e2e_text("Origin: %s", origin),
			e2e_text("Access-Control-Request-Method: %s", method),
			"Access-Control-Request-Headers: authorization,content-type"});
}

START_TEST(no_origin_is_allowed_unless_configured)
{
	struct answer *a =
		http(.path = "/history", .token = token("alice"), .headers = {"Origin: " ORIGIN});
	expect_status(a, 200);
	ck_assert_ptr_null(header(a, "Access-Control-Allow-Origin"));
	a = preflight("/call", ORIGIN, "POST");
	expect_refused(a, 405, "method_not_allowed");
	ck_assert_ptr_null(header(a, "Access-Control-Allow-Origin"));
}
END_TEST

START_TEST(preflight_of_allowed_origins_is_answered)
{
	e2e_set("DIALER_CORS_ORIGINS", "https://other.example, " ORIGIN ",http://localhost:3000");
	for (int i = 0; i < BEARER; i++) {
		struct answer *a = preflight(bearer[i].path, ORIGIN, bearer[i].method);
		ck_assert_msg(a->status == 204 || a->status == 200, "%s", answer_text(a));
		expect_header(a, "Access-Control-Allow-Origin", ORIGIN);
		const char *methods = header(a, "Access-Control-Allow-Methods");
		ck_assert_msg(methods != NULL && strstr(methods, bearer[i].method) != NULL, "%s",
			a->headers);
		const char *allowed = header(a, "Access-Control-Allow-Headers");
		static const char *const needed[] = {
			"Authorization", "Content-Type", "Idempotency-Key", "If-Match"};
		for (size_t n = 0; n < sizeof(needed) / sizeof(needed[0]); n++)
			ck_assert_msg(allowed != NULL && strcasestr(allowed, needed[n]) != NULL,
				"%s", a->headers);
		ck_assert_ptr_null(header(a, "Access-Control-Allow-Credentials"));
		expect_header(a, "Vary", "Origin");
		expect_common(a);
	}
	expect_header(preflight("/call", "http://localhost:3000", "POST"),
		"Access-Control-Allow-Origin", "http://localhost:3000");
}
END_TEST

START_TEST(other_origins_get_nothing)
{
	static const char *const origins[] = {"https://evil.example", "http://crm.example.com",
		ORIGIN ".evil.example", "https://xcrm.example.com", ORIGIN ":8443", "null", "*", "",
		"https://CRM.example.com.", ORIGIN "/"};
	e2e_set("DIALER_CORS_ORIGINS", "https://other.example," ORIGIN);
	for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
		struct answer *a = preflight("/call", origins[i], "POST");
		ck_assert_ptr_null(header(a, "Access-Control-Allow-Origin"));
		ck_assert_int_eq(a->status, 405);
		a = http(.path = "/history", .token = token("alice"),
			.headers = {e2e_text("Origin: %s", origins[i])});
		expect_status(a, 200);
		ck_assert_ptr_null(header(a, "Access-Control-Allow-Origin"));
		expect_header(a, "Vary", "Origin");
	}
}
END_TEST

START_TEST(answers_to_allowed_origins_say_so)
{
	e2e_set("DIALER_CORS_ORIGINS", ORIGIN);
	struct answer *a =
		http(.path = "/history", .token = token("alice"), .headers = {"Origin: " ORIGIN});
	expect_status(a, 200);
	expect_header(a, "Access-Control-Allow-Origin", ORIGIN);
	/* The page must be able to read why it was refused. */
	a = http(.path = "/history", .headers = {"Origin: " ORIGIN});
	expect_unauthorized(a);
	expect_header(a, "Access-Control-Allow-Origin", ORIGIN);
	a = http(.path = "/call", .token = token("alice"), .body = "{}",
		.headers = {"Origin: " ORIGIN});
	expect_status(a, 400);
	expect_header(a, "Access-Control-Allow-Origin", ORIGIN);
	const char *exposed = header(a, "Access-Control-Expose-Headers");
	ck_assert_msg(exposed != NULL && strstr(exposed, "ETag") != NULL &&
			      strstr(exposed, "Retry-After") != NULL &&
			      strstr(exposed, "X-Request-Id") != NULL,
		"%s", a->headers);
}
END_TEST

/* --- health and what is not set up --- */

START_TEST(health_needs_no_token_and_tells_no_details)
{
	struct answer *a = http(.path = "/health");
	expect_status(a, 200);
	expect_common(a);
	ck_assert_str_eq(a->body, "{\"success\":true}");
}
END_TEST

/* Breaks the service; says what the bearer endpoints answer then. */
static const char *break_service(int how)
{
	switch (how) {
	case 0:
		e2e_set("DIALER_DATA_DIR", e2e_text("%s/nowhere", e2e.dir));
		return "storage_unavailable";
	case 1:
		ck_assert_int_eq(chmod(e2e.data, 0777), 0);
		return "storage_unavailable";
	case 2:
		e2e_set("DIALER_DATA_DIR", e2e.config);
		return "storage_unavailable";
	case 3:
		e2e_set("DIALER_JWT_SECRET_FILE", e2e_text("%s/nowhere", e2e.dir));
		return "not_configured";
	case 4:
		e2e_set("DIALER_JWT_SECRET_FILE", e2e_file("short.key", "0123456789", 10));
		return "not_configured";
	case 5:
		e2e_set("DIALER_JWT_ALG", "RS256");
		return "not_configured";
	case 6:
		e2e_set("DIALER_TYPO", "1");
		return "not_configured";
	default:
		e2e_set("AIRCALL_BASE_URL", "http://api.aircall.io");
		return "not_configured";
	}
}
#define WAYS_TO_BREAK 8

START_TEST(broken_service_says_so_without_details)
{
	const char *code = break_service(_i);
	struct answer *a = http(.path = "/health");
	expect_status(a, 503);
	expect_common(a);
	ck_assert_str_eq(a->body, "{\"success\":false}");
	for (int i = 0; i < BEARER; i++) {
		a = http(.method = bearer[i].method, .path = bearer[i].path,
			.token = token("alice"),
			.body = strcmp(bearer[i].method, "GET") != 0 ? "{\"phoneNumber\":\"" NUMBER
								       "\",\"notes\":\"\"}"
								     : NULL);
		expect_refused(a, 503, code);
		ck_assert_ptr_null(strstr(a->body, "/"));
		ck_assert_ptr_null(strstr(a->body, "DIALER"));
		if (strcmp(code, "storage_unavailable") == 0)
			expect_header(a, "Retry-After", "1");
	}
	ck_assert_int_eq(sim_placings(NULL), 0);
	/* The log tells what the answer does not. */
	ck_assert_ptr_nonnull(strstr(server_log(), " outside E"));
}
END_TEST

START_TEST(the_way_back_from_dialpad_needs_settings)
{
	e2e_set("DIALER_TYPO", "1");
	expect_refused(http(.path = "/dialpad/callback?code=a&state=b"), 503, "not_configured");
}
END_TEST

START_TEST(every_body_has_its_limit)
{
	const char *large = e2e_text("{\"returnTo\":\"/%s\"}", e2e_repeat('x', 70000));
	expect_refused(http(.path = "/dialpad/connect", .token = token("alice"), .body = large),
		413, "too_large");
}
END_TEST

/* --- the description --- */

START_TEST(the_interface_is_described_for_everybody)
{
	struct answer *a = http(.path = "/openapi.yaml");
	expect_status(a, 200);
	expect_header(a, "Content-Type", "application/yaml; charset=utf-8");
	expect_header(a, "Cache-Control", "no-store");
	expect_header(a, "X-Content-Type-Options", "nosniff");
	ck_assert(strncmp(a->body, "openapi: 3.1.0\n", 15) == 0);
}
END_TEST

/* --- the log --- */

START_TEST(log_line_has_the_request_id)
{
	struct answer *a = place_to("alice", NUMBER);
	const char *id = header(a, "X-Request-Id");
	const char *log = server_log();
	ck_assert_msg(
		looks_like(log, e2e_text("\\] %s note N1004: POST /api/dialer/call 200 [0-9]+ ms "
					 "alice",
					id)),
		"%s", log);
	/* Also that of the server about what it refused by itself. */
	a = http(.path = "/nothing");
	id = header(a, "X-Request-Id");
	log = server_log();
	ck_assert_msg(
		looks_like(log, e2e_text("apache %s GET /api/dialer/nothing 404", id)), "%s", log);
}
END_TEST

START_TEST(log_and_answers_keep_secrets)
{
	e2e_set("AIRCALL_API_KEY", "sim-id:sim-token-very-secret");
	e2e_set("AIRCALL_WEBHOOK_TOKEN", "webhook-token-secret");
	e2e_set("DIALPAD_CLIENT_SECRET", "client-secret-secret");
	sim_post("/control/settings", "{\"api_key\":\"sim-id:sim-token-very-secret\"}");
	const char *t = token("alice"), *bad = token_by(HEAD, "{\"sub\":\"a\"}", "x", 0);
	const char *id = placed("alice", NUMBER);
	struct answer *answers[8];
	size_t n = 0;
	answers[n++] = http(.method = "PUT", .path = e2e_text("/call/%s/notes", id), .token = t,
		.body = "{\"notes\":\"the-patient-said-no\"}");
	expect_status(answers[0], 200);
	answers[n++] = http(.path = "/history", .token = bad);
	answers[n++] = http(.path = "/history", .token = e2e_text("%sx", t));
	answers[n++] = http(.path = e2e_text("/history?access_token=%s", t), .token = t);
	answers[n++] = http(.method = "PUT", .path = e2e_text("/call/%s/notes", id), .token = t,
		.body = "{\"notes\":\"the-patient-said-no\",}");
	sim_script("{\"outcome\":\"fail\"}");
	answers[n++] = place("bob", "{\"phoneNumber\":\"" NUMBER "\"}");
	e2e_set("DIALER_TYPO", "typed-into-the-wrong-place");
	answers[n++] = http(.path = "/history", .token = t);
	const char *log = server_log();
	/* The notes are the last: answers to their owner show them. */
	const char *const secrets[] = {t, bad, e2e_secret, "very-secret", "webhook-token-secret",
		"client-secret-secret", "the-patient-said-no"};
	const size_t count = sizeof(secrets) / sizeof(secrets[0]);
	for (size_t s = 0; s < count; s++) {
		ck_assert_msg(strstr(log, secrets[s]) == NULL, "%s in %s", secrets[s], log);
		for (size_t i = 0; i < n && s < count - 1; i++)
			ck_assert_msg(strstr(answers[i]->body, secrets[s]) == NULL, "%s in %s",
				secrets[s], answer_text(answers[i]));
	}
}
END_TEST

/* What a client sends cannot make up a line. */
START_TEST(log_lines_cannot_be_forged)
{
	http(.path = "/call/x%0a2026-11-20T00:00:00.000Z%20forged", .token = token("alice"));
	http(.path = "/history", .token = token("line\\u2028end"));
	http(.method = "GET\x01", .path = "/health");
	const char *log = server_log();
	ck_assert_msg(!looks_like(log, "(^|\n)2026-11-20T00:00:00"), "%s", log);
	for (const char *c = log; *c != '\0'; c++)
		ck_assert_msg((unsigned char)*c >= ' ' || *c == '\n', "%s", log);
}
END_TEST

/* --- the suite --- */

#define COUNT_OF(table) ((int)(sizeof(table) / sizeof((table)[0])))

static TCase *new_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 60);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("endpoints");
	TCase *t = new_case(s, "headers");
	tcase_add_test(t, every_answer_has_the_common_headers);
	tcase_add_test(t, json_answers_say_so);
	tcase_add_test(t, request_ids_differ);

	t = new_case(s, "tokens");
	tcase_add_loop_test(t, bad_token_is_refused, 0, COUNT_OF(bad_tokens));
	tcase_add_loop_test(t, good_tokens_are_taken, 0, 6);
	tcase_add_test(t, user_id_may_have_128_bytes);
	tcase_add_test(t, token_by_another_key_is_refused);
	tcase_add_test(t, mangled_token_is_refused);
	tcase_add_test(t, unsigned_token_is_refused);
	tcase_add_test(t, long_token_is_refused);
	tcase_add_test(t, authorization_header_is_read_strictly);
	tcase_add_loop_test(t, every_endpoint_asks_for_the_token, 0, BEARER);
	tcase_add_test(t, issuer_and_audience_count_where_configured);
	tcase_add_loop_test(t, public_key_checks_its_algorithm_only, 0, 2);

	t = new_case(s, "methods");
	tcase_add_test(t, other_methods_are_not_allowed);
	tcase_add_test(t, head_is_get_without_body);

	t = new_case(s, "addresses");
	tcase_add_loop_test(t, other_addresses_do_not_exist, 0, COUNT_OF(no_addresses));
	tcase_add_test(t, dots_and_slashes_lead_nowhere_else);
	tcase_add_loop_test(t, refusals_by_apache_have_our_form, 0, COUNT_OF(refused_by_apache));
	tcase_add_test(t, address_and_header_beyond_reason_are_refused);
	tcase_add_test(t, killed_program_is_an_internal_error);

	t = new_case(s, "cors");
	tcase_add_test(t, no_origin_is_allowed_unless_configured);
	tcase_add_test(t, preflight_of_allowed_origins_is_answered);
	tcase_add_test(t, other_origins_get_nothing);
	tcase_add_test(t, answers_to_allowed_origins_say_so);

	t = new_case(s, "health");
	tcase_add_test(t, health_needs_no_token_and_tells_no_details);
	tcase_add_loop_test(t, broken_service_says_so_without_details, 0, WAYS_TO_BREAK);

	tcase_add_test(t, the_way_back_from_dialpad_needs_settings);
	tcase_add_test(t, every_body_has_its_limit);
	tcase_add_test(t, the_interface_is_described_for_everybody);

	t = new_case(s, "log");
	tcase_add_test(t, log_line_has_the_request_id);
	tcase_add_test(t, log_and_answers_keep_secrets);
	tcase_add_test(t, log_lines_cannot_be_forged);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
