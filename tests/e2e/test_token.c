/* POST /token: who gets a token, and how the server is told. */
#include "e2e/calls.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ALICE "Authorization: Basic YWxpY2U6d29uZGVybGFuZA==" /* alice:wonderland */
#define ADMIN "Authorization: Basic YWRtaW46b3BlbiBzZXNhbWU=" /* admin:open sesame */
#define WRONG "Authorization: Basic YWxpY2U6d3Jvbmc="         /* alice:wrong */

static struct daemon own;

static const char *make_htpasswd(const char *name)
{
	const char *path = e2e_file(name, "", 0);
	const char *const alice[] = {
		"/usr/bin/htpasswd", "-bB", "-C", "4", path, "alice", "wonderland", NULL};
	const char *const admin[] = {
		"/usr/bin/htpasswd", "-bB", "-C", "4", path, "admin", "open sesame", NULL};
	ck_assert_int_eq(e2e_run(alice, NULL).status, 0);
	ck_assert_int_eq(e2e_run(admin, NULL).status, 0);
	return path;
}

static void start(const char *const *env)
{
	server_start(&own, "own.log", env);
}

static void stop(void)
{
	ck_assert_int_eq(daemon_stop(&own), 0);
}

static struct answer *ask(const char *authorization)
{
	return http(.to = &own, .method = "POST", .path = "/token", .headers = {authorization});
}

static void expect_basic(const struct answer *a)
{
	expect_error(a, 401, "unauthorized", NULL);
	ck_assert_int_eq(header_count(a, "WWW-Authenticate"), 1);
	ck_assert_msg(
		strncmp(header(a, "WWW-Authenticate"), "Basic realm=", 12) == 0, "%s", a->headers);
	expect_header(a, "Cache-Control", "no-store");
	expect_header(a, "X-Content-Type-Options", "nosniff");
	ck_assert_ptr_nonnull(header(a, "X-Request-Id"));
}

/* A token that works for an hour, and what it says of the role. */
static const char *expect_token(const struct answer *a)
{
	expect_status(a, 200);
	expect_true(a, "success");
	expect_header(a, "Cache-Control", "no-store");
	const char *t = text_at(a->json, "token");
	ck_assert_msg(t != NULL && strlen(t) > 60, "%s", answer_text(a));
	struct answer *h = http(.path = "/history", .token = t);
	expect_status(h, 200);
	return t;
}

START_TEST(closed_unless_it_is_said_who_may)
{
	struct answer *a = http(.method = "POST", .path = "/token", .headers = {ALICE});
	expect_error(a, 403, "forbidden", NULL);
	expect_header(a, "Cache-Control", "no-store");
	ck_assert_ptr_null(header(a, "WWW-Authenticate"));
	expect_error(http(.method = "POST", .path = "/token", .token = token("alice")), 403,
		"forbidden", NULL);
}
END_TEST

START_TEST(password_gives_a_token_of_an_hour)
{
	e2e_set("DIALER_ADMINS", "admin,root");
	e2e_set("DIALER_HTPASSWD_FILE", make_htpasswd("htpasswd"));
	start(NULL);
	int64_t before = e2e_now_ms() / 1000 + 3600;
	struct answer *a = ask(ALICE);
	int64_t after = e2e_now_ms() / 1000 + 3600;
	const char *t = expect_token(a);
	struct tm end = {0};
	ck_assert_msg(
		strptime(text_at(a->json, "expiresAt"), "%Y-%m-%dT%H:%M:%S.000Z", &end) != NULL,
		"%s", answer_text(a));
	ck_assert_int_ge(timegm(&end), before);
	ck_assert_int_le(timegm(&end), after);
	/* No admin, and himself. */
	expect_error(http(.path = "/history?userId=*", .token = t), 403, "forbidden", "userId");
	ck_assert_str_eq(text_at(http(.path = "/call", .token = t,
					 .body = "{\"phoneNumber\":\"" NUMBER "\"}")
					 ->json,
				 "call.userId"),
		"alice");
	t = expect_token(ask(ADMIN));
	expect_status(http(.path = "/history?userId=*", .token = t), 200);
	/* It ends. */
	e2e_clock((3600 + 60) * INT64_C(1000));
	expect_error(http(.path = "/history", .token = t), 401, "unauthorized", NULL);
	stop();
}
END_TEST

START_TEST(whoever_is_not_known_gets_none)
{
	static const char *const refused[] = {
		NULL,
		WRONG,
		"Authorization: Basic YWxpY2U6",             /* alice: */
		"Authorization: Basic Ym9iOndvbmRlcmxhbmQ=", /* bob:wonderland */
		"Authorization: Basic ",
		"Authorization: Basic !",
		"Authorization: Digest username=\"alice\"",
		"X-Remote-User: alice",
		"Remote-User: alice",
		"Remote_User: alice",
	};
	e2e_set("DIALER_HTPASSWD_FILE", make_htpasswd("htpasswd"));
	start(NULL);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		expect_basic(ask(refused[i]));
	expect_basic(http(.to = &own, .method = "POST", .path = "/token", .token = token("alice")));
	expect_basic(http(.to = &own, .path = "/token"));
	struct answer *a = http(.to = &own, .path = "/token", .headers = {ALICE});
	expect_error(a, 405, "method_not_allowed", NULL);
	expect_header(a, "Allow", "POST");
	/* A password opens nothing else, and nothing else asks for one. */
	a = http(.to = &own, .path = "/history", .headers = {ALICE});
	expect_error(a, 401, "unauthorized", NULL);
	expect_header(a, "WWW-Authenticate", "Bearer");
	stop();
}
END_TEST

START_TEST(environment_overrides_the_file)
{
	e2e_set("DIALER_HTPASSWD_FILE", "/nowhere/htpasswd");
	const char *const env[] = {
		e2e_text("DIALER_HTPASSWD_FILE=%s", make_htpasswd("htpasswd")), NULL};
	start(env);
	expect_token(ask(ALICE));
	stop();
	const char *const none[] = {"DIALER_HTPASSWD_FILE=", NULL};
	e2e_set("DIALER_HTPASSWD_FILE", make_htpasswd("htpasswd"));
	start(none);
	expect_error(ask(ALICE), 403, "forbidden", NULL);
	stop();
}
END_TEST

/* As an administrator may write it, and readable for nobody else. */
START_TEST(file_is_found_however_it_is_written)
{
	const char *path = make_htpasswd("pass words #1");
	ck_assert_int_eq(chmod(path, 0600), 0);
	const char *text = e2e_text("\xef\xbb\xbf# first line\r\n"
				    "DIALER_HTPASSWD_FILE=/nowhere\r\n"
				    "  export DIALER_HTPASSWD_FILE = \"%s\"  # \"who\"\r\n"
				    "DIALER_DATA_DIR=%s\n"
				    "DIALER_JWT_SECRET_FILE=%s/jwt.key\n"
				    "DIALER_TOKEN_KEY_FILE='%s/token.key'",
		path, e2e.data, e2e.dir, e2e.dir);
	e2e_file("dialer.env", text, strlen(text));
	start(NULL);
	expect_token(ask(ALICE));
	stop();
}
END_TEST

START_TEST(missing_file_lets_nobody_in)
{
	e2e_set("DIALER_HTPASSWD_FILE", "/nowhere/htpasswd");
	start(NULL);
	struct answer *a = ask(ALICE);
	ck_assert_msg(a->status == 401 || a->status == 500, "%s", answer_text(a));
	expect_header(a, "Cache-Control", "no-store");
	expect_status(http(.to = &own, .path = "/health"), 200);
	stop();
}
END_TEST

START_TEST(signing_needs_the_secret)
{
	e2e_set("DIALER_HTPASSWD_FILE", make_htpasswd("htpasswd"));
	start(NULL);
	e2e_set("DIALER_JWT_SECRET_FILE", "/nowhere/jwt.key");
	expect_error(ask(ALICE), 503, "not_configured", NULL);
	e2e_set("DIALER_JWT_ALG", "ES256");
	expect_error(ask(ALICE), 503, "not_configured", NULL);
	stop();
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("token");
	TCase *t = tcase_create("token");
	e2e_case(t, 60);
	tcase_add_test(t, closed_unless_it_is_said_who_may);
	tcase_add_test(t, password_gives_a_token_of_an_hour);
	tcase_add_test(t, whoever_is_not_known_gets_none);
	tcase_add_test(t, environment_overrides_the_file);
	tcase_add_test(t, file_is_found_however_it_is_written);
	tcase_add_test(t, missing_file_lets_nobody_in);
	tcase_add_test(t, signing_needs_the_secret);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	/* The closed address says so in the log of the server. */
	e2e_log_may_hold = " AH0(1630|1617|1618|1797): ";
	return e2e_main(suite());
}
