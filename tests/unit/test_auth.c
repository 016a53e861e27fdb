#include "auth/auth.h"
#include "unit/unit.h"
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW      1800000000
#define NOW_MS   ((int64_t)NOW * 1000)
#define SECRET   "0123456789abcdef0123456789abcdef"
#define HS256    "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define CLAIMS   "{\"sub\":\"alice\",\"exp\":1800000060}"
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* --- making tokens by other means than the code under test --- */

static void add_base64url(struct buf *out, const void *bytes, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const unsigned char *b = bytes;

	for (size_t i = 0; i < len; i += 3) {
		unsigned int left = len - i > 2 ? 3 : (unsigned int)(len - i);
		unsigned int v = (unsigned int)b[i] << 16;

		v |= left > 1 ? (unsigned int)b[i + 1] << 8 : 0;
		v |= left > 2 ? (unsigned int)b[i + 2] : 0;
		for (unsigned int d = 0; d <= left; d++)
			buf_addc(out, digits[v >> (18 - 6 * d) & 63]);
	}
}

/* "Bearer header.claims" */
static void begin_token(struct buf *out, const char *header, const char *claims, size_t claims_len)
{
	buf_init(out, (size_t)4 * 1024 * 1024);
	buf_adds(out, "Bearer ");
	add_base64url(out, header, strlen(header));
	buf_addc(out, '.');
	add_base64url(out, claims, claims_len);
}

static void end_token(struct buf *out, const void *signature, size_t len)
{
	buf_addc(out, '.');
	add_base64url(out, signature, len);
	ck_assert(!out->failed);
}

static void sign_hmac(struct buf *out, const EVP_MD *md, const char *key, size_t key_len)
{
	static const size_t prefix = sizeof("Bearer ") - 1;
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int len;

	ck_assert_ptr_nonnull(HMAC(md, key, (int)key_len, (const unsigned char *)out->s + prefix,
		out->len - prefix, mac, &len));
	end_token(out, mac, len);
}

static void make_hs256(struct buf *out, const char *header, const char *claims)
{
	begin_token(out, header, claims, strlen(claims));
	sign_hmac(out, EVP_sha256(), SECRET, strlen(SECRET));
}

/* --- policies --- */

static char nothing[1];

/* ERR_NONE, or what is wrong in `why`. */
/* NOLINTNEXTLINE(readability-non-const-parameter): a setting is no constant */
static enum err load(enum jwt_alg alg, char *path, struct auth_policy **p, struct buf *why)
{
	struct config c = {
		.jwt_alg = alg,
		.jwt_secret_file = path,
		.jwt_public_key_file = path,
		.data_dir = nothing,
		.token_key_file = nothing,
		.jwt_issuer = nothing,
		.jwt_audience = nothing,
	};

	buf_init(why, 4096);
	return auth_policy_load(&c, p, why);
}

/* NOLINTBEGIN(readability-non-const-parameter): likewise */
static struct auth_policy *load_good(
	enum jwt_alg alg, const void *key, size_t len, char *issuer, char *audience)
/* NOLINTEND(readability-non-const-parameter) */
{
	char path[UNIT_PATH_SIZE];
	struct auth_policy *p = NULL;
	struct config c = {
		.jwt_alg = alg,
		.jwt_secret_file = path,
		.jwt_public_key_file = path,
		.data_dir = nothing,
		.token_key_file = nothing,
		.jwt_issuer = issuer,
		.jwt_audience = audience,
	};
	struct buf why;

	buf_init(&why, 4096);
	unit_file(path, key, len);
	ck_assert_msg(auth_policy_load(&c, &p, &why) == ERR_NONE, "%s", why.s);
	unlink(path);
	buf_release(&why);
	return p;
}

static void refuse_key(enum jwt_alg alg, const void *key, size_t len, const char *reason)
{
	char path[UNIT_PATH_SIZE];
	struct auth_policy *p;
	struct buf why;
	enum err e;

	unit_file(path, key, len);
	e = load(alg, path, &p, &why);
	ck_assert_msg(e == ERR_INVALID || e == ERR_TOO_LARGE, "%s: %d", reason, (int)e);
	ck_assert_ptr_null(p);
	ck_assert_msg(strstr(why.s, reason) != NULL, "%s", why.s);
	ck_assert_msg(strstr(why.s, path) != NULL, "%s", why.s);
	unlink(path);
	buf_release(&why);
}

static struct auth_policy *hs256;

static void setup(void)
{
	hs256 = load_good(JWT_ALG_CFG_HS256, SECRET, strlen(SECRET), nothing, nothing);
}

static void teardown(void)
{
	auth_policy_free(hs256);
}

/* --- checking --- */

static void accept_at(const struct auth_policy *p, const char *authorization, int64_t now_ms)
{
	struct identity who;
	const char *why;

	ck_assert_msg(auth_check(p, authorization, now_ms, &who, &why) == ERR_NONE, "%.200s: %s",
		authorization, why);
}

static void refuse_at(
	const struct auth_policy *p, const char *authorization, int64_t now_ms, const char *reason)
{
	struct identity who;
	const char *why;

	memset(&who, 'x', sizeof(who));
	ck_assert_msg(auth_check(p, authorization, now_ms, &who, &why) == ERR_INVALID,
		"taken: %.200s", authorization);
	ck_assert_msg(strstr(why, reason) != NULL, "%.200s: %s", authorization, why);
	ck_assert_str_eq(who.user, "");
	ck_assert(!who.admin);
}

static void accept(const struct auth_policy *p, const char *authorization)
{
	accept_at(p, authorization, NOW_MS);
}

static void refuse(const struct auth_policy *p, const char *authorization, const char *reason)
{
	refuse_at(p, authorization, NOW_MS, reason);
}

static void refuse_hs256(const char *header, const char *claims, const char *reason)
{
	struct buf t;

	make_hs256(&t, header, claims);
	refuse(hs256, t.s, reason);
	buf_release(&t);
}

static void accept_hs256(const char *claims)
{
	struct buf t;

	make_hs256(&t, HS256, claims);
	accept(hs256, t.s);
	buf_release(&t);
}

START_TEST(good_token_says_who_asks)
{
	struct identity who;
	const char *why;
	struct buf t;

	make_hs256(&t, HS256, "{\"sub\":\"J\\u00fcrgen\",\"exp\":1800000060,\"role\":\"admin\"}");
	ck_assert_int_eq(auth_check(hs256, t.s, NOW_MS, &who, &why), ERR_NONE);
	ck_assert_str_eq(who.user, "J\xc3\xbcrgen");
	ck_assert(who.admin);
	ck_assert_int_eq(who.expires_ms, 1800000060000);
	buf_release(&t);
}
END_TEST

static const char *const no_admins[] = {
	"\"Admin\"", "\"admin \"", "\"user\"", "true", "[\"admin\"]", "null", "{\"admin\":true}"};

START_TEST(only_the_word_admin_makes_an_administrator)
{
	struct identity who;
	const char *why;
	char claims[128];
	struct buf t;

	(void)snprintf(claims, sizeof(claims), "{\"sub\":\"a\",\"exp\":1800000060,\"role\":%s}",
		no_admins[_i]);
	make_hs256(&t, HS256, claims);
	ck_assert_int_eq(auth_check(hs256, t.s, NOW_MS, &who, &why), ERR_NONE);
	ck_assert(!who.admin);
	buf_release(&t);
}
END_TEST

/* --- attacks on the algorithm --- */

static const char *const other_algs[] = {"\"none\"", "\"None\"", "\"NONE\"", "\"nOnE\"",
	"\"hs256\"", "\"HS384\"", "\"HS512\"", "\"RS256\"", "\"ES256\"", "\"HS256 \"",
	"\"HS256\\u0000\"", "\"\"", "null", "[\"HS256\"]", "256", "{}"};

START_TEST(algorithm_of_the_tokens_choice_is_refused)
{
	char header[64];

	(void)snprintf(header, sizeof(header), "{\"alg\":%s}", other_algs[_i]);
	refuse_hs256(header, CLAIMS, strstr(header, "\\u0000") ? "header" : "algorithm");
}
END_TEST

START_TEST(header_without_algorithm_is_refused)
{
	refuse_hs256("{}", CLAIMS, "algorithm");
	refuse_hs256("{\"typ\":\"JWT\"}", CLAIMS, "algorithm");
	refuse_hs256("{\"Alg\":\"HS256\"}", CLAIMS, "algorithm");
}
END_TEST

START_TEST(alg_none_without_signature_is_refused)
{
	struct buf t;

	begin_token(&t, "{\"alg\":\"none\"}", CLAIMS, strlen(CLAIMS));
	refuse(hs256, t.s, "segments");
	buf_addc(&t, '.');
	refuse(hs256, t.s, "segments");
	buf_addc(&t, 'A');
	refuse(hs256, t.s, "algorithm");
	buf_release(&t);
}
END_TEST

START_TEST(hs384_and_hs512_with_the_right_secret_are_refused)
{
	struct buf t;

	begin_token(&t, "{\"alg\":\"HS384\"}", CLAIMS, strlen(CLAIMS));
	sign_hmac(&t, EVP_sha384(), SECRET, strlen(SECRET));
	refuse(hs256, t.s, "algorithm");
	buf_release(&t);
	begin_token(&t, "{\"alg\":\"HS512\"}", CLAIMS, strlen(CLAIMS));
	sign_hmac(&t, EVP_sha512(), SECRET, strlen(SECRET));
	refuse(hs256, t.s, "algorithm");
	buf_release(&t);
}
END_TEST

static const char *const critical[] = {"[\"exp\"]", "[]", "null", "false"};

START_TEST(critical_extension_is_refused)
{
	char header[64];

	(void)snprintf(header, sizeof(header), "{\"alg\":\"HS256\",\"crit\":%s}", critical[_i]);
	refuse_hs256(header, CLAIMS, "critical");
}
END_TEST

static const char *const bad_headers[] = {
	"{\"alg\":\"none\",\"alg\":\"HS256\"}",
	"{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
	"{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}",
	"[\"HS256\"]",
	"\"HS256\"",
	"{\"alg\":\"HS256\"}{}",
	"{\"alg\":\"HS256\"",
	"{\"alg\":\"HS256\",}",
	"{\"alg\":\"HS256\",\"x\":\"\xff\"}",
};

START_TEST(header_that_is_not_strict_json_is_refused)
{
	refuse_hs256(bad_headers[_i], CLAIMS, "header");
}
END_TEST

/* --- attacks on the signature --- */

START_TEST(signature_by_another_key_is_refused)
{
	struct buf t;

	begin_token(&t, HS256, CLAIMS, strlen(CLAIMS));
	sign_hmac(&t, EVP_sha256(), "fedcba9876543210fedcba9876543210", 32);
	refuse(hs256, t.s, "signature");
	buf_release(&t);
	begin_token(&t, HS256, CLAIMS, strlen(CLAIMS));
	sign_hmac(&t, EVP_sha256(), "", 0);
	refuse(hs256, t.s, "signature");
	buf_release(&t);
}
END_TEST

START_TEST(every_changed_character_is_noticed)
{
	struct buf t;

	make_hs256(&t, HS256, CLAIMS);
	for (size_t i = strlen("Bearer "); i < t.len; i++) {
		char was = t.s[i];
		struct identity who;
		const char *why;

		t.s[i] = was == 'A' ? 'B' : 'A';
		ck_assert_int_eq(auth_check(hs256, t.s, NOW_MS, &who, &why), ERR_INVALID);
		t.s[i] = was;
	}
	accept(hs256, t.s);
	buf_release(&t);
}
END_TEST

START_TEST(second_spelling_of_the_same_signature_is_refused)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct buf t;
	char *last;
	size_t value;

	make_hs256(&t, HS256, CLAIMS);
	last = &t.s[t.len - 1];
	value = (size_t)(strchr(digits, *last) - digits);
	for (size_t bits = 1; bits < 4; bits++) {
		*last = digits[value + bits];
		refuse(hs256, t.s, "signature");
	}
	buf_release(&t);
}
END_TEST

START_TEST(shortened_and_lengthened_signatures_are_refused)
{
	struct buf t;

	make_hs256(&t, HS256, CLAIMS);
	for (int i = 0; i < 5; i++) {
		buf_addc(&t, 'A');
		refuse(hs256, t.s, "signature");
	}
	buf_release(&t);
	make_hs256(&t, HS256, CLAIMS);
	for (size_t end = t.len - 1; t.s[end - 1] != '.'; end--) {
		t.s[end] = '\0';
		refuse(hs256, t.s, "signature");
	}
	buf_release(&t);
}
END_TEST

/* --- attacks on the form --- */

static const char *const bad_forms[] = {"Bearer", "Bearer ", "Bearer .", "Bearer ..", "Bearer ...",
	"Bearer a", "Bearer a.b", "Bearer .b.c", "Bearer a..c", "Bearer a.b.", "Bearer a.b.c.",
	"Bearer a.b.c.d", "Bearer .a.b.c", "Bearer a.b.c a.b.c", "Bearer a.b.c, Bearer a.b.c",
	"Bearer a.b.c,a.b.c", "Bearer a.b.c ", "Bearer a.b.c\n", "Bearer \ta.b.c",
	"Bearer a.b.c=", "Bearer \"a.b.c\""};

START_TEST(what_is_not_one_token_of_three_segments_is_refused)
{
	refuse(hs256, bad_forms[_i], _i == 0 ? "not a bearer" : "segments");
}
END_TEST

START_TEST(missing_token_and_other_schemes_are_refused)
{
	refuse(hs256, "", "none");
	refuse(hs256, "Basic YWxpY2U6eA==", "not a bearer");
	refuse(hs256, "Bearertoken a.b.c", "not a bearer");
	refuse(hs256, " Bearer a.b.c", "not a bearer");
	refuse(hs256, "Bearer\ta.b.c", "not a bearer");
	refuse(hs256, "a.b.c", "not a bearer");
}
END_TEST

START_TEST(scheme_is_known_in_any_case)
{
	static const char *const schemes[] = {
		"Bearer ", "bearer ", "BEARER ", "bEaReR ", "Bearer  "};
	struct buf t, header;

	make_hs256(&t, HS256, CLAIMS);
	buf_init(&header, 1024);
	for (int i = 0; i < COUNT(schemes); i++) {
		buf_reset(&header);
		buf_adds(&header, schemes[i]);
		buf_adds(&header, t.s + strlen("Bearer "));
		accept(hs256, header.s);
	}
	buf_release(&header);
	buf_release(&t);
}
END_TEST

START_TEST(two_authorization_headers_joined_by_the_server_are_refused)
{
	struct buf t, joined;

	make_hs256(&t, HS256, CLAIMS);
	buf_init(&joined, 4096);
	buf_addf(&joined, "%s, %s", t.s, t.s);
	refuse(hs256, joined.s, "segments");
	buf_reset(&joined);
	buf_addf(&joined, "Basic YTpi, %s", t.s);
	refuse(hs256, joined.s, "not a bearer");
	buf_release(&joined);
	buf_release(&t);
}
END_TEST

static const char foreign[] = "\n\r\t =+/,;:.\"'\\%~\x01\x7f\x80\xff";

START_TEST(foreign_character_anywhere_is_refused)
{
	struct buf t, changed;

	make_hs256(&t, HS256, CLAIMS);
	buf_init(&changed, 4096);
	for (size_t at = strlen("Bearer ") + 1; at <= t.len; at += 7) {
		buf_reset(&changed);
		buf_add(&changed, t.s, at);
		buf_addc(&changed, foreign[_i]);
		buf_adds(&changed, t.s + at);
		refuse(hs256, changed.s, "segments");
	}
	buf_release(&changed);
	buf_release(&t);
}
END_TEST

/* A token of exactly `len` characters, as far as base64url allows. */
static void make_long(struct buf *t, size_t len)
{
	struct buf claims;

	buf_init(&claims, (size_t)2 * 1024 * 1024);
	buf_adds(&claims, "{\"sub\":\"alice\",\"exp\":1800000060,\"x\":\"");
	/* header 36, signature 43, two dots */
	for (size_t n = (len - 36 - 43 - 2) * 3 / 4 - claims.len - 2; n > 0; n--)
		buf_addc(&claims, 'x');
	buf_adds(&claims, "\"}");
	make_hs256(t, HS256, claims.s);
	ck_assert_uint_eq(t->len - strlen("Bearer "), len);
	buf_release(&claims);
}

START_TEST(token_may_have_4096_characters_and_no_more)
{
	struct buf t;

	make_long(&t, 4096);
	accept(hs256, t.s);
	buf_release(&t);
	make_long(&t, 4097);
	refuse(hs256, t.s, "4 KiB");
	buf_release(&t);
}
END_TEST

START_TEST(token_of_a_megabyte_is_refused)
{
	struct buf t;

	make_long(&t, (size_t)1024 * 1024 + 1);
	refuse(hs256, t.s, "4 KiB");
	buf_release(&t);
}
END_TEST

START_TEST(deeply_nested_claims_are_refused)
{
	struct buf claims;

	buf_init(&claims, 4096);
	buf_adds(&claims, "{\"sub\":\"a\",\"exp\":1800000060,\"x\":");
	for (int i = 0; i < 1000; i++)
		buf_addc(&claims, '[');
	for (int i = 0; i < 1000; i++)
		buf_addc(&claims, ']');
	buf_addc(&claims, '}');
	refuse_hs256(HS256, claims.s, "claims");
	buf_release(&claims);
}
END_TEST

/* --- attacks on the claims --- */

static const struct {
	const char *claims, *reason;
} bad_claims[] = {
	/* exp */
	{"{\"sub\":\"a\"}", "exp"},
	{"{\"sub\":\"a\",\"exp\":null}", "exp"},
	{"{\"sub\":\"a\",\"exp\":\"1800000060\"}", "exp"},
	{"{\"sub\":\"a\",\"exp\":1800000060.0}", "exp"},
	{"{\"sub\":\"a\",\"exp\":1800000060.5}", "exp"},
	{"{\"sub\":\"a\",\"exp\":1.80000006e9}", "exp"},
	{"{\"sub\":\"a\",\"exp\":true}", "exp"},
	{"{\"sub\":\"a\",\"exp\":[1800000060]}", "exp"},
	{"{\"sub\":\"a\",\"exp\":-1}", "exp"},
	{"{\"sub\":\"a\",\"exp\":1800000060000}", "exp"},
	{"{\"sub\":\"a\",\"exp\":9223372036854775807}", "exp"},
	{"{\"sub\":\"a\",\"exp\":9223372036854775808}", "signature"},
	{"{\"sub\":\"a\",\"exp\":18446744073709551616}", "signature"},
	{"{\"sub\":\"a\",\"exp\":1e400}", "claims"},
	{"{\"sub\":\"a\",\"EXP\":1800000060}", "exp"},
	{"{\"sub\":\"a\",\"exp\":1799999969}", "expired"},
	{"{\"sub\":\"a\",\"exp\":0}", "expired"},
	/* nbf */
	{"{\"sub\":\"a\",\"exp\":1800000060,\"nbf\":1800000031}", "not valid yet"},
	{"{\"sub\":\"a\",\"exp\":1800000060,\"nbf\":\"1700000000\"}", "nbf"},
	{"{\"sub\":\"a\",\"exp\":1800000060,\"nbf\":1700000000.5}", "nbf"},
	{"{\"sub\":\"a\",\"exp\":1800000060,\"nbf\":null}", "nbf"},
	{"{\"sub\":\"a\",\"exp\":1800000060,\"nbf\":9223372036854775807}", "not valid yet"},
	/* sub */
	{"{\"exp\":1800000060}", "sub"},
	{"{\"sub\":\"\",\"exp\":1800000060}", "sub"},
	{"{\"sub\":null,\"exp\":1800000060}", "sub"},
	{"{\"sub\":7,\"exp\":1800000060}", "sub"},
	{"{\"sub\":[\"a\"],\"exp\":1800000060}", "sub"},
	{"{\"sub\":\"a\\nb\",\"exp\":1800000060}", "sub"},
	{"{\"sub\":\"a\\u0001\",\"exp\":1800000060}", "sub"},
	{"{\"sub\":\"a\\u007f\",\"exp\":1800000060}", "sub"},
	{"{\"sub\":\"a\\u0085\",\"exp\":1800000060}", "sub"},
	{"{\"sub\":\"a\\u0000\",\"exp\":1800000060}", "claims"},
	{"{\"sub\":\"a\\ud800\",\"exp\":1800000060}", "claims"},
	{"{\"sub\":\"a\xff\",\"exp\":1800000060}", "claims"},
	/* duplicates: who checks the first and who uses the last must not differ */
	{"{\"sub\":\"bob\",\"sub\":\"alice\",\"exp\":1800000060}", "claims"},
	{"{\"sub\":\"bob\",\"s\\u0075b\":\"alice\",\"exp\":1800000060}", "claims"},
	{"{\"sub\":\"a\",\"exp\":1,\"exp\":1800000060}", "claims"},
	{"{\"sub\":\"a\",\"exp\":1800000060,\"x\":{\"y\":1,\"y\":2}}", "claims"},
	/* no object */
	{"[{\"sub\":\"a\",\"exp\":1800000060}]", "claims"},
	{"{\"sub\":\"a\",\"exp\":1800000060}x", "signature"},
};

START_TEST(token_with_bad_claims_is_refused)
{
	struct identity who;
	const char *why;
	struct buf t;

	make_hs256(&t, HS256, bad_claims[_i].claims);
	ck_assert_msg(auth_check(hs256, t.s, NOW_MS, &who, &why) == ERR_INVALID, "taken: %s",
		bad_claims[_i].claims);
	/* libjwt, which looks first, may have refused the JSON already. */
	ck_assert_msg(
		strstr(why, bad_claims[_i].reason) ||
			(strcmp(bad_claims[_i].reason, "claims") == 0 && strstr(why, "signature")),
		"%s: %s", bad_claims[_i].claims, why);
	buf_release(&t);
}
END_TEST

START_TEST(user_id_has_at_most_128_bytes)
{
	char claims[256], sub[130];

	memset(sub, 'u', sizeof(sub));
	sub[128] = '\0';
	(void)snprintf(claims, sizeof(claims), "{\"sub\":\"%s\",\"exp\":1800000060}", sub);
	accept_hs256(claims);
	sub[128] = 'u';
	sub[129] = '\0';
	(void)snprintf(claims, sizeof(claims), "{\"sub\":\"%s\",\"exp\":1800000060}", sub);
	refuse_hs256(HS256, claims, "sub");
}
END_TEST

START_TEST(clocks_may_differ_by_30_seconds)
{
	struct buf t;

	make_hs256(&t, HS256, "{\"sub\":\"a\",\"exp\":1800000100,\"nbf\":1800000000}");
	accept_at(hs256, t.s, (int64_t)1800000130 * 1000 - 1);
	refuse_at(hs256, t.s, (int64_t)1800000130 * 1000, "expired");
	accept_at(hs256, t.s, (int64_t)1799999970 * 1000);
	refuse_at(hs256, t.s, (int64_t)1799999970 * 1000 - 1, "not valid yet");
	buf_release(&t);
}
END_TEST

static const struct {
	const char *more;
	const char *reason; /* NULL: accepted */
} parties[] = {
	{",\"iss\":\"crm\",\"aud\":\"dialer\"", NULL},
	{",\"iss\":\"crm\",\"aud\":[\"dialer\"]", NULL},
	{",\"iss\":\"crm\",\"aud\":[\"x\",\"dialer\",\"y\"]", NULL},
	{",\"iss\":\"crm\"", "audience"},
	{",\"iss\":\"crm\",\"aud\":\"\"", "audience"},
	{",\"iss\":\"crm\",\"aud\":\"Dialer\"", "audience"},
	{",\"iss\":\"crm\",\"aud\":\"dialer2\"", "audience"},
	{",\"iss\":\"crm\",\"aud\":[]", "audience"},
	{",\"iss\":\"crm\",\"aud\":[\"x\"]", "audience"},
	{",\"iss\":\"crm\",\"aud\":[\"dialer\",1]", "audience"},
	{",\"iss\":\"crm\",\"aud\":[[\"dialer\"]]", "audience"},
	{",\"iss\":\"crm\",\"aud\":{\"dialer\":1}", "audience"},
	{",\"iss\":\"crm\",\"aud\":null", "audience"},
	{",\"aud\":\"dialer\"", "issuer"},
	{",\"iss\":\"\",\"aud\":\"dialer\"", "issuer"},
	{",\"iss\":\"evil\",\"aud\":\"dialer\"", "issuer"},
	{",\"iss\":[\"crm\"],\"aud\":\"dialer\"", "issuer"},
	{",\"iss\":\"crm\\u0020\",\"aud\":\"dialer\"", "issuer"},
};

START_TEST(issuer_and_audience_must_be_the_configured_ones)
{
	static char issuer[] = "crm", audience[] = "dialer";
	struct auth_policy *p =
		load_good(JWT_ALG_CFG_HS256, SECRET, strlen(SECRET), issuer, audience);
	char claims[256];
	struct buf t;

	(void)snprintf(
		claims, sizeof(claims), "{\"sub\":\"a\",\"exp\":1800000060%s}", parties[_i].more);
	make_hs256(&t, HS256, claims);
	if (parties[_i].reason)
		refuse(p, t.s, parties[_i].reason);
	else
		accept(p, t.s);
	/* Where nothing is configured, nothing is compared. */
	accept(hs256, t.s);
	buf_release(&t);
	auth_policy_free(p);
}
END_TEST

/* --- secrets --- */

START_TEST(short_or_empty_secret_is_refused)
{
	refuse_key(JWT_ALG_CFG_HS256, "", 0, "empty");
	refuse_key(JWT_ALG_CFG_HS256, "\n", 1, "empty");
	refuse_key(JWT_ALG_CFG_HS256, SECRET, 1, "32 bytes");
	refuse_key(JWT_ALG_CFG_HS256, SECRET, 31, "32 bytes");
	refuse_key(JWT_ALG_CFG_HS256, "0123456789abcdef0123456789abcde\n", 32, "32 bytes");
}
END_TEST

START_TEST(secret_is_the_file_without_one_trailing_newline)
{
	static const char two[] = "0123456789abcdef0123456789abcdef\n\n";
	struct auth_policy *one = load_good(JWT_ALG_CFG_HS256, two, 33, nothing, nothing);
	struct auth_policy *other = load_good(JWT_ALG_CFG_HS256, two, 34, nothing, nothing);
	struct buf t;

	make_hs256(&t, HS256, CLAIMS);
	accept(one, t.s);
	refuse(other, t.s, "signature");
	buf_release(&t);
	begin_token(&t, HS256, CLAIMS, strlen(CLAIMS));
	sign_hmac(&t, EVP_sha256(), two, 33);
	accept(other, t.s);
	refuse(one, t.s, "signature");
	buf_release(&t);
	auth_policy_free(one);
	auth_policy_free(other);
}
END_TEST

START_TEST(secret_of_any_bytes_works)
{
	static const char raw[] = "\0\1\2\3\n\r\xff\xfe zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz";
	struct auth_policy *p =
		load_good(JWT_ALG_CFG_HS256, raw, sizeof(raw) - 1, nothing, nothing);
	struct buf t;

	begin_token(&t, HS256, CLAIMS, strlen(CLAIMS));
	sign_hmac(&t, EVP_sha256(), raw, sizeof(raw) - 1);
	accept(p, t.s);
	buf_release(&t);
	auth_policy_free(p);
}
END_TEST

START_TEST(missing_key_file_is_told_from_a_bad_one)
{
	static char missing[] = "/nonexistent/jwt.key", directory[] = "/";
	struct auth_policy *p;
	struct buf why;

	ck_assert_int_eq(load(JWT_ALG_CFG_HS256, missing, &p, &why), ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(why.s, missing));
	buf_release(&why);
	ck_assert_int_eq(load(JWT_ALG_CFG_HS256, directory, &p, &why), ERR_IO);
	buf_release(&why);
	ck_assert_int_eq(load(JWT_ALG_CFG_RS256, nothing, &p, &why), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why.s, "DIALER_JWT_PUBLIC_KEY_FILE"));
	buf_release(&why);
}
END_TEST

/* --- public keys --- */

static EVP_PKEY *ec_key(const char *curve)
{
	EVP_PKEY *k = EVP_EC_gen(curve);

	ck_assert_ptr_nonnull(k);
	return k;
}

static EVP_PKEY *rsa_key(unsigned int bits)
{
	EVP_PKEY *k = EVP_RSA_gen(bits);

	ck_assert_ptr_nonnull(k);
	return k;
}

static void pem_of(EVP_PKEY *k, bool private, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes;
	long len;

	ck_assert_ptr_nonnull(bio);
	if (private)
		ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, k, NULL, NULL, 0, NULL, NULL), 1);
	else
		ck_assert_int_eq(PEM_write_bio_PUBKEY(bio, k), 1);
	len = BIO_get_mem_data(bio, &bytes);
	buf_init(out, 65536);
	buf_add(out, bytes, (size_t)len);
	BIO_free(bio);
}

/* The DER signature of an ECDSA key as the two numbers of JWS. */
static void raw_of_der(const unsigned char *der, size_t len, unsigned char raw[64])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);

	ck_assert_ptr_nonnull(sig);
	ck_assert_int_eq(BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32), 32);
	ck_assert_int_eq(BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32), 32);
	ECDSA_SIG_free(sig);
}

static void make_signed(struct buf *t, const char *alg, EVP_PKEY *k, bool raw)
{
	static const size_t prefix = sizeof("Bearer ") - 1;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char sig[1024], two[64];
	size_t len = sizeof(sig);
	char header[64];

	(void)snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", alg);
	begin_token(t, header, CLAIMS, strlen(CLAIMS));
	ck_assert_int_eq(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, k), 1);
	ck_assert_int_eq(EVP_DigestSign(md, sig, &len, (const unsigned char *)t->s + prefix,
				 t->len - prefix),
		1);
	EVP_MD_CTX_free(md);
	if (raw) {
		raw_of_der(sig, len, two);
		end_token(t, two, sizeof(two));
	} else {
		end_token(t, sig, len);
	}
}

START_TEST(rs256_token_is_checked_with_the_public_key)
{
	EVP_PKEY *k = rsa_key(2048), *other = rsa_key(2048);
	struct auth_policy *p;
	struct buf pem, t;

	pem_of(k, false, &pem);
	p = load_good(JWT_ALG_CFG_RS256, pem.s, pem.len, nothing, nothing);
	make_signed(&t, "RS256", k, false);
	accept(p, t.s);
	t.s[t.len - 9] = t.s[t.len - 9] == 'A' ? 'B' : 'A';
	refuse(p, t.s, "signature");
	buf_release(&t);
	make_signed(&t, "RS256", other, false);
	refuse(p, t.s, "signature");
	buf_release(&t);

	buf_release(&pem);
	auth_policy_free(p);
	EVP_PKEY_free(k);
	EVP_PKEY_free(other);
}
END_TEST

START_TEST(second_spelling_of_an_rs256_signature_is_refused)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	EVP_PKEY *k = rsa_key(2048);
	struct auth_policy *p;
	struct buf pem, t;
	char *last;

	pem_of(k, false, &pem);
	p = load_good(JWT_ALG_CFG_RS256, pem.s, pem.len, nothing, nothing);
	make_signed(&t, "RS256", k, false);
	accept(p, t.s);
	/* 256 bytes leave four bits of the last character over. */
	last = &t.s[t.len - 1];
	*last = digits[strchr(digits, *last) - digits + 1];
	refuse(p, t.s, "signature");
	buf_release(&t);
	buf_release(&pem);
	auth_policy_free(p);
	EVP_PKEY_free(k);
}
END_TEST

START_TEST(rs256_to_hs256_confusion_is_refused)
{
	EVP_PKEY *k = rsa_key(2048);
	struct auth_policy *p;
	struct buf pem, t;

	pem_of(k, false, &pem);
	p = load_good(JWT_ALG_CFG_RS256, pem.s, pem.len, nothing, nothing);
	/* The public key, known to all, as the secret of an HMAC: with and without its last newline. */
	for (size_t cut = 0; cut < 2; cut++) {
		begin_token(&t, HS256, CLAIMS, strlen(CLAIMS));
		sign_hmac(&t, EVP_sha256(), pem.s, pem.len - cut);
		refuse(p, t.s, "algorithm");
		buf_release(&t);
	}
	/* And the same by a mistake in the settings. */
	refuse_key(JWT_ALG_CFG_HS256, pem.s, pem.len, "PEM");
	buf_release(&pem);
	auth_policy_free(p);
	EVP_PKEY_free(k);
}
END_TEST

START_TEST(es256_token_is_checked_with_the_public_key)
{
	EVP_PKEY *k = ec_key("P-256"), *other = ec_key("P-256");
	struct auth_policy *p;
	struct buf pem, t;

	pem_of(k, false, &pem);
	p = load_good(JWT_ALG_CFG_ES256, pem.s, pem.len, nothing, nothing);
	make_signed(&t, "ES256", k, true);
	accept(p, t.s);
	buf_release(&t);
	make_signed(&t, "ES256", other, true);
	refuse(p, t.s, "signature");
	buf_release(&t);
	/* DER, as OpenSSL writes it, is not the form of JWS. */
	make_signed(&t, "ES256", k, false);
	refuse(p, t.s, "signature");
	buf_release(&t);

	buf_release(&pem);
	auth_policy_free(p);
	EVP_PKEY_free(k);
	EVP_PKEY_free(other);
}
END_TEST

START_TEST(es256_signature_of_zeros_is_refused)
{
	static const unsigned char zeros[64];
	EVP_PKEY *k = ec_key("P-256");
	struct auth_policy *p;
	struct buf pem, t;

	pem_of(k, false, &pem);
	p = load_good(JWT_ALG_CFG_ES256, pem.s, pem.len, nothing, nothing);
	begin_token(&t, "{\"alg\":\"ES256\"}", CLAIMS, strlen(CLAIMS));
	end_token(&t, zeros, sizeof(zeros));
	refuse(p, t.s, "signature");
	buf_release(&t);
	buf_release(&pem);
	auth_policy_free(p);
	EVP_PKEY_free(k);
}
END_TEST

START_TEST(key_that_is_no_public_key_of_the_algorithm_is_refused)
{
	EVP_PKEY *rsa = rsa_key(2048), *small = rsa_key(1024), *p256 = ec_key("P-256"),
		 *p384 = ec_key("P-384");
	struct buf rsa_public, rsa_private, small_public, p256_public, p256_private, p384_public;

	pem_of(rsa, false, &rsa_public);
	pem_of(rsa, true, &rsa_private);
	pem_of(small, false, &small_public);
	pem_of(p256, false, &p256_public);
	pem_of(p256, true, &p256_private);
	pem_of(p384, false, &p384_public);

	refuse_key(JWT_ALG_CFG_RS256, rsa_private.s, rsa_private.len, "not a public key");
	refuse_key(JWT_ALG_CFG_ES256, p256_private.s, p256_private.len, "not a public key");
	refuse_key(JWT_ALG_CFG_RS256, small_public.s, small_public.len, "2048");
	refuse_key(JWT_ALG_CFG_RS256, p256_public.s, p256_public.len, "RSA");
	refuse_key(JWT_ALG_CFG_ES256, rsa_public.s, rsa_public.len, "P-256");
	refuse_key(JWT_ALG_CFG_ES256, p384_public.s, p384_public.len, "P-256");
	refuse_key(JWT_ALG_CFG_RS256, "", 0, "not a public key");
	refuse_key(JWT_ALG_CFG_RS256, SECRET, 32, "not a public key");
	refuse_key(JWT_ALG_CFG_RS256, rsa_public.s, rsa_public.len / 2, "not a public key");

	buf_release(&rsa_public);
	buf_release(&rsa_private);
	buf_release(&small_public);
	buf_release(&p256_public);
	buf_release(&p256_private);
	buf_release(&p384_public);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(small);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
}
END_TEST

START_TEST(key_file_beyond_reason_is_refused)
{
	static char large[100000];

	memset(large, 'x', sizeof(large));
	refuse_key(JWT_ALG_CFG_HS256, large, sizeof(large), "too large");
}
END_TEST

/* --- tokens made here --- */

START_TEST(token_made_here_is_accepted_here)
{
	static char issuer[] = "crm", audience[] = "dialer";
	struct auth_policy *p =
		load_good(JWT_ALG_CFG_HS256, SECRET, strlen(SECRET), issuer, audience);
	struct identity who;
	const char *why;
	struct buf t;

	for (int admin = 0; admin < 2; admin++) {
		buf_init(&t, 8192);
		buf_adds(&t, "Bearer ");
		ck_assert_int_eq(
			auth_token_make(p, "J\xc3\xbcrgen \"x\"", admin, NOW_MS + 999, 3600, &t),
			ERR_NONE);
		ck_assert_int_eq(auth_check(p, t.s, NOW_MS, &who, &why), ERR_NONE);
		ck_assert_str_eq(who.user, "J\xc3\xbcrgen \"x\"");
		ck_assert_int_eq(who.admin, admin);
		ck_assert_int_eq(who.expires_ms, NOW_MS + 3600000);
		buf_release(&t);
	}
	auth_policy_free(p);
}
END_TEST

START_TEST(no_token_is_made_for_what_could_not_be_a_user_or_a_lifetime)
{
	char long_user[AUTH_USER_MAX + 2];
	struct buf t;

	memset(long_user, 'u', sizeof(long_user));
	long_user[AUTH_USER_MAX + 1] = '\0';
	buf_init(&t, 8192);
	ck_assert_int_eq(auth_token_make(hs256, "", false, NOW_MS, 60, &t), ERR_INVALID);
	ck_assert_int_eq(auth_token_make(hs256, "a\nb", false, NOW_MS, 60, &t), ERR_INVALID);
	ck_assert_int_eq(auth_token_make(hs256, "\xff", false, NOW_MS, 60, &t), ERR_INVALID);
	ck_assert_int_eq(auth_token_make(hs256, long_user, false, NOW_MS, 60, &t), ERR_INVALID);
	ck_assert_int_eq(auth_token_make(hs256, "a", false, NOW_MS, 0, &t), ERR_INVALID);
	ck_assert_int_eq(auth_token_make(hs256, "a", false, NOW_MS, -1, &t), ERR_INVALID);
	ck_assert_int_eq(auth_token_make(hs256, "a", false, NOW_MS, INT64_MAX, &t), ERR_INVALID);
	ck_assert_uint_eq(t.len, 0);
	buf_release(&t);
}
END_TEST

START_TEST(token_too_long_to_be_accepted_is_not_made)
{
	static char issuer[5000];
	struct auth_policy *p;
	struct buf t;

	memset(issuer, 'i', sizeof(issuer) - 1);
	p = load_good(JWT_ALG_CFG_HS256, SECRET, strlen(SECRET), issuer, nothing);
	buf_init(&t, 65536);
	ck_assert_int_eq(auth_token_make(p, "a", false, NOW_MS, 60, &t), ERR_TOO_LARGE);
	buf_release(&t);
	auth_policy_free(p);
}
END_TEST

START_TEST(public_key_makes_no_tokens)
{
	EVP_PKEY *k = ec_key("P-256");
	struct auth_policy *p;
	struct buf pem, t;

	pem_of(k, false, &pem);
	p = load_good(JWT_ALG_CFG_ES256, pem.s, pem.len, nothing, nothing);
	buf_init(&t, 8192);
	ck_assert_int_eq(auth_token_make(p, "a", false, NOW_MS, 60, &t), ERR_CONFLICT);
	ck_assert_uint_eq(t.len, 0);
	buf_release(&t);
	buf_release(&pem);
	auth_policy_free(p);
	EVP_PKEY_free(k);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("auth");
	TCase *t = tcase_create("auth");

	/* Making RSA keys takes seconds on a busy machine. */
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, good_token_says_who_asks);
	tcase_add_loop_test(t, only_the_word_admin_makes_an_administrator, 0, COUNT(no_admins));
	tcase_add_loop_test(t, algorithm_of_the_tokens_choice_is_refused, 0, COUNT(other_algs));
	tcase_add_test(t, header_without_algorithm_is_refused);
	tcase_add_test(t, alg_none_without_signature_is_refused);
	tcase_add_test(t, hs384_and_hs512_with_the_right_secret_are_refused);
	tcase_add_loop_test(t, critical_extension_is_refused, 0, COUNT(critical));
	tcase_add_loop_test(t, header_that_is_not_strict_json_is_refused, 0, COUNT(bad_headers));
	tcase_add_test(t, signature_by_another_key_is_refused);
	tcase_add_test(t, every_changed_character_is_noticed);
	tcase_add_test(t, second_spelling_of_the_same_signature_is_refused);
	tcase_add_test(t, shortened_and_lengthened_signatures_are_refused);
	tcase_add_loop_test(
		t, what_is_not_one_token_of_three_segments_is_refused, 0, COUNT(bad_forms));
	tcase_add_test(t, missing_token_and_other_schemes_are_refused);
	tcase_add_test(t, scheme_is_known_in_any_case);
	tcase_add_test(t, two_authorization_headers_joined_by_the_server_are_refused);
	tcase_add_loop_test(t, foreign_character_anywhere_is_refused, 0, (int)strlen(foreign));
	tcase_add_test(t, token_may_have_4096_characters_and_no_more);
	tcase_add_test(t, token_of_a_megabyte_is_refused);
	tcase_add_test(t, deeply_nested_claims_are_refused);
	tcase_add_loop_test(t, token_with_bad_claims_is_refused, 0, COUNT(bad_claims));
	tcase_add_test(t, user_id_has_at_most_128_bytes);
	tcase_add_test(t, clocks_may_differ_by_30_seconds);
	tcase_add_loop_test(t, issuer_and_audience_must_be_the_configured_ones, 0, COUNT(parties));
	tcase_add_test(t, short_or_empty_secret_is_refused);
	tcase_add_test(t, secret_is_the_file_without_one_trailing_newline);
	tcase_add_test(t, secret_of_any_bytes_works);
	tcase_add_test(t, missing_key_file_is_told_from_a_bad_one);
	tcase_add_test(t, rs256_token_is_checked_with_the_public_key);
	tcase_add_test(t, second_spelling_of_an_rs256_signature_is_refused);
	tcase_add_test(t, rs256_to_hs256_confusion_is_refused);
	tcase_add_test(t, es256_token_is_checked_with_the_public_key);
	tcase_add_test(t, es256_signature_of_zeros_is_refused);
	tcase_add_test(t, key_that_is_no_public_key_of_the_algorithm_is_refused);
	tcase_add_test(t, key_file_beyond_reason_is_refused);
	tcase_add_test(t, token_made_here_is_accepted_here);
	tcase_add_test(t, no_token_is_made_for_what_could_not_be_a_user_or_a_lifetime);
	tcase_add_test(t, token_too_long_to_be_accepted_is_not_made);
	tcase_add_test(t, public_key_makes_no_tokens);
	suite_add_tcase(s, t);
	return unit_run(s);
}
