/* Bodies that are a signed JWT: what proves them, and what does not. */
#include "auth/signed.h"
#include "unit/unit.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "test_secret"
#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define PAYLOAD                                                                                    \
	"{\"call_id\":5712345678901248,\"state\":\"hangup\",\"direction\":\"outbound\","           \
	"\"event_timestamp\":1767225731290,\"custom_data\":\"deal_123\"}"
/* Made by somebody else. */
#define VECTOR                                                                                     \
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."                                                    \
	"eyJjYWxsX2lkIjo1NzEyMzQ1Njc4OTAxMjQ4LCJzdGF0ZSI6Imhhbmd1cCIsImRpcmVjdGlvbiI6Im91dGJvdW5k" \
	"IiwiZXZlbnRfdGltZXN0YW1wIjoxNzY3MjI1NzMxMjkwLCJjdXN0b21fZGF0YSI6ImRlYWxfMTIzIn0."         \
	"T56Q2CVewWWPoj348KeQc8BiSrrnOnBHjIyRLuMcyOI"

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

/* A body with whatever header, signed by this hash and key. */
static void make(struct buf *out, const char *header, const void *payload, size_t len,
	const EVP_MD *md, const char *key)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int mac_len;

	buf_init(out, (size_t)4 * 1024 * 1024);
	add_base64url(out, header, strlen(header));
	buf_addc(out, '.');
	add_base64url(out, payload, len);
	ck_assert_ptr_nonnull(HMAC(
		md, key, (int)strlen(key), (const unsigned char *)out->s, out->len, mac, &mac_len));
	buf_addc(out, '.');
	add_base64url(out, mac, mac_len);
	ck_assert(!out->failed);
}

static enum err check(const char *secret, const char *body, size_t len, struct buf *payload)
{
	const char *why = NULL;
	/* In memory of its own, so that reading beyond its end is noticed. */
	char *copy = malloc(len + 1);
	enum err e;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, body, len);
	copy[len] = '\0';
	buf_init(payload, (size_t)4 * 1024 * 1024);
	e = signed_body(secret, copy, len, payload, &why);
	ck_assert_ptr_nonnull(why);
	ck_assert(e == ERR_NONE || payload->len == 0);
	free(copy);
	return e;
}

static void expect(enum err want, const char *secret, const char *body, size_t len)
{
	struct buf payload;

	ck_assert_msg(check(secret, body, len, &payload) == want, "%.*s", (int)len, body);
	buf_release(&payload);
}

#define refused(body) expect(ERR_INVALID, SECRET, body, strlen(body))

START_TEST(the_vector_of_the_documentation_is_taken)
{
	struct buf payload;

	ck_assert_int_eq(check(SECRET, VECTOR, strlen(VECTOR), &payload), ERR_NONE);
	ck_assert_str_eq(payload.s, PAYLOAD);
	buf_release(&payload);
}
END_TEST

START_TEST(another_secret_proves_nothing)
{
	static const char *const secrets[] = {"", "test_secre", "test_secret ", "Test_secret", "x"};

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		expect(ERR_INVALID, secrets[i], VECTOR, strlen(VECTOR));
}
END_TEST

/* Also one made with an empty key, where there is no secret. */
START_TEST(without_a_secret_nothing_is_genuine)
{
	struct buf b;

	make(&b, HEADER, PAYLOAD, strlen(PAYLOAD), EVP_sha256(), "");
	expect(ERR_INVALID, "", b.s, b.len);
	buf_release(&b);
}
END_TEST

/* Each of its bytes counts, and nothing may be added. */
START_TEST(a_changed_body_is_refused)
{
	char body[sizeof(VECTOR)];
	size_t len = strlen(VECTOR);

	for (size_t i = 0; i < len; i++) {
		memcpy(body, VECTOR, sizeof(body));
		body[i] = body[i] == 'A' ? 'B' : 'A';
		refused(body);
		memcpy(body, VECTOR, sizeof(body));
		body[i] = '\0';
		expect(ERR_INVALID, SECRET, body, len);
		expect(ERR_INVALID, SECRET, VECTOR, i);
	}
	refused(VECTOR "\n");
	refused(VECTOR " ");
	refused(VECTOR ".");
	refused(VECTOR "=");
	refused(VECTOR "A");
	refused(VECTOR "." VECTOR);
	refused(" " VECTOR);
	refused("\"" VECTOR "\"");
	refused("Bearer " VECTOR);
	expect(ERR_INVALID, SECRET, VECTOR "\0x", len + 2);
}
END_TEST

START_TEST(what_is_no_jwt_is_refused)
{
	refused("");
	refused(".");
	refused("..");
	refused("...");
	refused(PAYLOAD);
	refused("{}");
	refused("e30.e30.");
	refused("e30.e30.e30");
	refused("null");
}
END_TEST

static const struct {
	const char *header;
	bool good;
} headers[] = {
	{HEADER, true},
	{"{\"typ\":\"JWT\",\"alg\":\"HS256\",\"kid\":\"1\"}", true},
	{"{\"alg\":\"HS256\"}", true},
	{"{\"alg\":\"none\"}", false},
	{"{\"alg\":\"None\"}", false},
	{"{\"alg\":\"\"}", false},
	{"{\"alg\":null}", false},
	{"{\"alg\":[\"HS256\"]}", false},
	{"{\"typ\":\"JWT\"}", false},
	{"{\"alg\":\"hs256\"}", false},
	{"{\"alg\":\"HS256 \"}", false},
	{"{\"alg\":\"HS384\"}", false},
	{"{\"alg\":\"HS512\"}", false},
	{"{\"alg\":\"RS256\"}", false},
	{"{\"alg\":\"ES256\"}", false},
	{"{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", false},
	{"{\"alg\":\"HS256\",\"alg\":\"none\"}", false},
	{"{\"alg\":\"HS256\"", false},
	{"[\"HS256\"]", false},
	{"HS256", false},
};

/* All of them with a signature that is right. */
START_TEST(the_header_must_say_hs256)
{
	struct buf b;

	make(&b, headers[_i].header, PAYLOAD, strlen(PAYLOAD), EVP_sha256(), SECRET);
	expect(headers[_i].good ? ERR_NONE : ERR_INVALID, SECRET, b.s, b.len);
	buf_release(&b);
}
END_TEST

/* What the header says does not choose how it is checked. */
START_TEST(other_algorithms_are_never_used)
{
	struct buf b;

	make(&b, "{\"alg\":\"HS384\"}", PAYLOAD, strlen(PAYLOAD), EVP_sha384(), SECRET);
	expect(ERR_INVALID, SECRET, b.s, b.len);
	buf_release(&b);
	make(&b, HEADER, PAYLOAD, strlen(PAYLOAD), EVP_sha512(), SECRET);
	expect(ERR_INVALID, SECRET, b.s, b.len);
	/* A signature cut to the right length. */
	buf_release(&b);
	make(&b, HEADER, PAYLOAD, strlen(PAYLOAD), EVP_sha384(), SECRET);
	expect(ERR_INVALID, SECRET, b.s, b.len - 21);
	buf_release(&b);
}
END_TEST

START_TEST(a_huge_header_is_refused)
{
	struct buf header, b;

	buf_init(&header, 100000);
	buf_adds(&header, "{\"alg\":\"HS256\",\"x\":\"");
	for (int i = 0; i < 40000; i++)
		buf_addc(&header, 'x');
	buf_adds(&header, "\"}");
	make(&b, header.s, PAYLOAD, strlen(PAYLOAD), EVP_sha256(), SECRET);
	expect(ERR_INVALID, SECRET, b.s, b.len);
	buf_release(&b);
	buf_release(&header);
}
END_TEST

/* What is genuine is handed out as it is: bytes of any kind, of any length. */
START_TEST(a_genuine_payload_may_be_anything)
{
	char bytes[3000];
	struct buf b, payload;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	for (size_t len = 1; len < sizeof(bytes); len = len < 10 ? len + 1 : len * 3) {
		make(&b, HEADER, bytes, len, EVP_sha256(), SECRET);
		ck_assert_int_eq(check(SECRET, b.s, b.len, &payload), ERR_NONE);
		ck_assert_uint_eq(payload.len, len);
		ck_assert_mem_eq(payload.s, bytes, len);
		buf_release(&payload);
		buf_release(&b);
	}
}
END_TEST

START_TEST(a_payload_that_is_too_long_is_no_success)
{
	struct buf payload;
	const char *why;

	buf_init(&payload, 20);
	ck_assert_int_eq(signed_body(SECRET, VECTOR, strlen(VECTOR), &payload, &why), ERR_NOMEM);
	buf_release(&payload);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signed");
	TCase *t = tcase_create("signed");

	tcase_add_test(t, the_vector_of_the_documentation_is_taken);
	tcase_add_test(t, another_secret_proves_nothing);
	tcase_add_test(t, without_a_secret_nothing_is_genuine);
	tcase_add_test(t, a_changed_body_is_refused);
	tcase_add_test(t, what_is_no_jwt_is_refused);
	tcase_add_loop_test(
		t, the_header_must_say_hs256, 0, (int)(sizeof(headers) / sizeof(headers[0])));
	tcase_add_test(t, other_algorithms_are_never_used);
	tcase_add_test(t, a_huge_header_is_refused);
	tcase_add_test(t, a_genuine_payload_may_be_anything);
	tcase_add_test(t, a_payload_that_is_too_long_is_no_success);
	suite_add_tcase(s, t);
	return unit_run(s);
}
