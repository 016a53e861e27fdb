/*
 * What the server remembers of tokens (the file `verified`): that it spares the libraries, and that
 * nobody gets in by it who would not get in without.
 */
#include "e2e/calls.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD  "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define SIZE  ((size_t)128 * 1024)
#define HASH  ((size_t)32)
#define OTHER "another secret of 32 bytes or so"

static const char *file(void)
{
	return e2e_text("%s/verified", e2e.data);
}

static int ask(const char *t)
{
	return http(.path = "/history", .token = t)->status;
}

static void refused(const char *t)
{
	expect_error(http(.path = "/history", .token = t), 401, "unauthorized", NULL);
}

/* Good for so many seconds. */
static const char *good_for(int seconds)
{
	return token_of(HEAD, e2e_text("{\"sub\":\"alice\",\"exp\":%lld}",
				      (long long)e2e_now_ms() / 1000 + seconds));
}

/* Asks by a program of its own, as the owner of the data; whether it loaded what verifies. */
static bool verifies(const char *t)
{
	const char *const argv[] = {e2e_text("%s/cgi-bin/call-history.cgi", e2e.build), NULL};
	const char *const env[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/api/dialer/history",
		e2e_text("DIALER_CONFIG=%s", e2e.config),
		e2e_text("HTTP_AUTHORIZATION=Bearer %s", t), "LD_DEBUG=files", NULL};
	struct stat st;
	ck_assert_int_eq(stat(e2e.data, &st), 0);
	struct begin_options o = {.argv = argv, .env = env};
	if (geteuid() == 0)
		o.uid = st.st_uid;
	struct begun b = e2e_begin_with(&o);
	struct run r = e2e_end(&b);
	expect_says(r.out, "Status: 200 ");
	expect_says(r.err, "libc.so");
	return strstr(r.err, "libjwt") != NULL;
}

/* The file as it is; what is beyond its end is 0. */
static void read_all(char bytes[SIZE])
{
	int fd = open(file(), O_RDONLY | O_CLOEXEC);
	memset(bytes, 0, SIZE);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_gt(read(fd, bytes, SIZE), 0);
	close(fd);
}

/* In place: it stays whose it is. */
static void write_all(const char bytes[SIZE])
{
	int fd = open(file(), O_WRONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, bytes, SIZE), (ssize_t)SIZE);
	close(fd);
}

static size_t first_hash(const char bytes[SIZE])
{
	static const char nothing[HASH];
	size_t at = 0;
	while (at < SIZE && memcmp(bytes + at, nothing, HASH) == 0)
		at += HASH;
	ck_assert_uint_lt(at, SIZE);
	return at;
}

START_TEST(a_token_is_verified_once)
{
	const char *t = token("alice");
	struct stat st;
	ck_assert_int_eq(ask(t), 200);
	ck_assert(!verifies(t));
	ck_assert(verifies(token("bob")));
	ck_assert(!verifies(token("bob")));
	ck_assert_int_eq(stat(file(), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_le(st.st_size, (off_t)SIZE);
	ck_assert_int_eq(unlink(file()), 0);
	ck_assert(verifies(t));
	ck_assert(!verifies(t));
}
END_TEST

START_TEST(nothing_like_it_is_taken_for_it)
{
	const char *t = token("alice"), *m = admin_token("mallory");
	ck_assert_int_eq(ask(t), 200);
	ck_assert_int_eq(ask(m), 200);
	const char *t1 = strchr(t, '.') + 1, *t2 = strchr(t1, '.') + 1;
	const char *m1 = strchr(m, '.') + 1, *m2 = strchr(m1, '.') + 1;
	/* Whose claims, whose signature. */
	refused(e2e_text("%.*s%s", (int)(t2 - t), t, m2));
	refused(e2e_text("%.*s%s", (int)(m2 - m), m, t2));
	refused(e2e_text("%.*s%.*s%s", (int)(t1 - t), t, (int)(m2 - m1), m1, t2));
	/* alg none: {"alg":"none","typ":"JWT"} */
	refused(e2e_text("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.%s", t1));
	refused(e2e_text("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.%.*s", (int)(t2 - t1), t1));
	refused(e2e_text("%.*s", (int)(t2 - t), t));
	refused(e2e_text("%sA", t));
	refused(e2e_text("%s.%s", t, t2));
	/* Each byte, as another letter: claims and signature. */
	size_t len = strlen(t);
	for (size_t i = 0; i < len; i += e2e_long() ? 1 : 7) {
		if (t[i] != '.')
			refused(e2e_text(
				"%.*s%c%s", (int)i, t, t[i] == 'Q' ? 'R' : 'Q', t + i + 1));
	}
	ck_assert_int_eq(ask(t), 200);
}
END_TEST

START_TEST(what_a_token_says_is_judged_every_time)
{
	const char *t = good_for(600);
	ck_assert_int_eq(ask(t), 200);
	ck_assert_int_eq(ask(t), 200);
	e2e_clock(INT64_C(631) * 1000);
	refused(t);
	/* A clock set back: as without a memory. */
	e2e_clock(INT64_C(-3600) * 1000);
	ck_assert_int_eq(ask(t), 200);
	e2e_clock(0);
	const char *early = token_of(HEAD, e2e_text("{\"sub\":\"alice\",\"exp\":%lld,\"nbf\":%lld}",
						   (long long)e2e_now_ms() / 1000 + 7200,
						   (long long)e2e_now_ms() / 1000 + 600));
	refused(early);
	refused(early);
	e2e_clock(INT64_C(900) * 1000);
	ck_assert_int_eq(ask(early), 200);
	e2e_clock(0);
	refused(early);
}
END_TEST

START_TEST(settings_count_at_once)
{
	const char *t = good_for(600);
	const char *const key = e2e_text("%s/jwt.key", e2e.dir);
	ck_assert_int_eq(ask(t), 200);
	e2e_set("DIALER_JWT_ISSUER", "crm");
	refused(t);
	e2e_set("DIALER_JWT_ISSUER", NULL);
	e2e_set("DIALER_JWT_AUDIENCE", "dialer");
	refused(t);
	e2e_set("DIALER_JWT_AUDIENCE", NULL);
	ck_assert_int_eq(ask(t), 200);
	e2e_set("DIALER_JWT_SECRET_FILE", e2e_file("other.key", OTHER, strlen(OTHER)));
	refused(t);
	e2e_set("DIALER_JWT_SECRET_FILE", key);
	ck_assert_int_eq(ask(t), 200);
}
END_TEST

/* By one who may write into the directory, and runs these very programs with a secret of his own. */
START_TEST(a_hash_of_another_secret_opens_nothing)
{
	char bytes[SIZE];
	const char *forged = token_by(HEAD,
		e2e_text("{\"sub\":\"mallory\",\"role\":\"admin\",\"exp\":%lld}",
			(long long)e2e_now_ms() / 1000 + 600),
		OTHER, 0);
	const char *const key = e2e_text("%s/jwt.key", e2e.dir);
	e2e_set("DIALER_JWT_SECRET_FILE", e2e_file("other.key", OTHER, strlen(OTHER)));
	ck_assert_int_eq(ask(forged), 200);
	ck_assert(!verifies(forged));
	e2e_set("DIALER_JWT_SECRET_FILE", key);
	refused(forged);
	read_all(bytes);
	size_t at = first_hash(bytes);
	for (size_t to = 0; to < SIZE; to += HASH)
		memmove(bytes + to, bytes + at, HASH);
	write_all(bytes);
	refused(forged);
	memset(bytes, 0, SIZE);
	write_all(bytes);
	refused(forged);
	memset(bytes, 0xff, SIZE);
	write_all(bytes);
	refused(forged);
	ck_assert_int_eq(ask(token("alice")), 200);
}
END_TEST

START_TEST(a_bit_turned_in_any_byte_only_costs_time)
{
	char bytes[SIZE];
	const char *t = token("alice");
	ck_assert_int_eq(ask(t), 200);
	read_all(bytes);
	size_t at = first_hash(bytes);
	for (size_t i = 0; i < HASH; i += e2e_long() ? 1 : 5) {
		char damaged[SIZE];
		memcpy(damaged, bytes, SIZE);
		damaged[at + i] ^= (char)(1 << i % 8);
		write_all(damaged);
		ck_assert(verifies(t));
		ck_assert(!verifies(t));
	}
}
END_TEST

/* Each in the place of the file; the request is answered as ever, and what is not ours stays as it is. */
START_TEST(whatever_lies_in_its_place_stops_nobody)
{
	const char *t = token("alice"), *path = file();
	const char *elsewhere = e2e_file("elsewhere", "precious", 8);
	ck_assert_int_eq(ask(t), 200);
	ck_assert_int_eq(truncate(path, 13), 0);
	ck_assert_int_eq(ask(t), 200);
	ck_assert_int_eq(truncate(path, (off_t)1 << 32), 0);
	ck_assert_int_eq(ask(t), 200);
	refused(e2e_text("%sA", t));
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(chmod(path, 0400), 0);
	ck_assert_int_eq(ask(t), 200);
	ck_assert_int_eq(chmod(path, 0), 0);
	ck_assert_int_eq(ask(t), 200);
	ck_assert_int_eq(unlink(path), 0);

	ck_assert_int_eq(chmod(elsewhere, 0666), 0);
	ck_assert_int_eq(symlink(elsewhere, path), 0);
	ck_assert_int_eq(ask(t), 200);
	ck_assert_str_eq(e2e_read(elsewhere), "precious");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/nowhere/at/all", path), 0);
	ck_assert_int_eq(ask(t), 200);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0666), 0);
	ck_assert_int_eq(ask(t), 200);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0777), 0);
	ck_assert_int_eq(ask(t), 200);
	refused(e2e_text("%sA", t));
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* A public key is known to all: here the hashes are keyed by the secret that tokens of Dialpad are sealed
 * with. */
START_TEST(with_a_public_key_a_real_secret_counts)
{
	const char *secret = e2e_file("private.pem", "", 0),
		   *public = e2e_file("public.pem", "", 0);
	const char *const make[] = {"/usr/bin/openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
		"rsa_keygen_bits:2048", "-out", secret, NULL};
	const char *const extract[] = {
		"/usr/bin/openssl", "pkey", "-in", secret, "-pubout", "-out", public, NULL};
	const char *const key = e2e_text("%s/token.key", e2e.dir);
	expect_exit(e2e_run(make, NULL), 0);
	expect_exit(e2e_run(extract, NULL), 0);
	e2e_set("DIALER_JWT_ALG", "RS256");
	e2e_set("DIALER_JWT_PUBLIC_KEY_FILE", public);
	const char *body = e2e_text("%s/body", e2e.dir), *signature = e2e_text("%s/sig", e2e.dir);
	/* Header and claims as this harness writes them, then openssl's own signature. */
	const char *unsigned_ = token_of("{\"alg\":\"RS256\"}",
		e2e_text("{\"sub\":\"alice\",\"exp\":%lld}", (long long)e2e_now_ms() / 1000 + 600));
	size_t len = (size_t)(strrchr(unsigned_, '.') - unsigned_);
	e2e_file("body", unsigned_, len);
	const char *const sign[] = {"/bin/sh", "-c",
		e2e_text("openssl dgst -sha256 -sign %s -out %s %s && "
			 "base64 -w0 %s | tr +/ -_ | tr -d =",
			secret, signature, body, signature),
		NULL};
	struct run r = e2e_run(sign, NULL);
	expect_exit(r, 0);
	const char *t = e2e_text("%.*s.%s", (int)len, unsigned_, r.out);
	ck_assert_int_eq(ask(t), 200);
	ck_assert(!verifies(t));
	refused(e2e_text("%.*s.%.*sAAAA", (int)len, unsigned_, (int)strlen(r.out) - 4, r.out));
	e2e_set("DIALER_TOKEN_KEY_FILE", e2e_file("other.key", OTHER, strlen(OTHER)));
	ck_assert(verifies(t));
	ck_assert(!verifies(t));
	/* Without the secret nothing is remembered, and nobody is kept out. */
	e2e_set("DIALER_TOKEN_KEY_FILE", "/nowhere/token.key");
	ck_assert(verifies(t));
	ck_assert(verifies(t));
	e2e_set("DIALER_TOKEN_KEY_FILE", key);
	ck_assert_int_eq(ask(t), 200);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("verified");
	TCase *t = tcase_create("verified");
	e2e_case(t, 60);
	tcase_add_test(t, a_token_is_verified_once);
	tcase_add_test(t, nothing_like_it_is_taken_for_it);
	tcase_add_test(t, what_a_token_says_is_judged_every_time);
	tcase_add_test(t, settings_count_at_once);
	tcase_add_test(t, a_hash_of_another_secret_opens_nothing);
	tcase_add_test(t, a_bit_turned_in_any_byte_only_costs_time);
	tcase_add_test(t, whatever_lies_in_its_place_stops_nobody);
	tcase_add_test(t, with_a_public_key_a_real_secret_counts);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
