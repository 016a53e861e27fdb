#include "http/endpoint.h"
#include "unit/unit.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW_MS ((int64_t)1800000000 * 1000)

static int handled;
static bool handler_fails;

static void handle(struct exchange *x)
{
	struct jsonw w;

	handled++;
	response_header(x->response, "ETag", handler_fails ? "a\nb" : "\"1\"");
	response_json(x->response, &w, 200, true);
	response_json_end(x->response, &w);
}

static const struct endpoint get_open = {.name = "open", .method = "GET", .handle = handle};
static const struct endpoint get_always = {
	.name = "health", .method = "GET", .always = true, .handle = handle};
static const struct endpoint post_all = {
	.name = "create", .method = "POST", .bearer = true, .json_body = true, .handle = handle};
static const struct endpoint get_bearer = {
	.name = "show", .method = "GET", .bearer = true, .handle = handle};

static struct config config;
static struct auth_policy *policy;
static struct log quiet;
static char nothing[1]; /* what `store` and settings point to */
static struct buf token;

static struct request q;
static struct response r;
static struct exchange x;

static void setup(void)
{
	char path[UNIT_PATH_SIZE];
	struct buf why;

	handled = 0;
	handler_fails = false;
	buf_init(&why, 1024);
	buf_init_secret(&token, 8192);
	unit_file(path, "0123456789abcdef0123456789abcdef", 32);
	config = (struct config){
		.jwt_alg = JWT_ALG_CFG_HS256,
		.jwt_secret_file = path,
		.jwt_public_key_file = nothing,
		.data_dir = nothing,
		.token_key_file = nothing,
		.jwt_issuer = nothing,
		.jwt_audience = nothing,
		.cors_origins = nothing,
	};
	ck_assert_int_eq(auth_policy_load(&config, &policy, &why), ERR_NONE);
	unlink(path);
	buf_adds(&token, "Bearer ");
	ck_assert_int_eq(auth_token_make(policy, "alice", false, NOW_MS, 60, &token), ERR_NONE);
	log_init(&quiet, "test");
	quiet.fd = -1;

	request_init(&q);
	q.now_ms = NOW_MS;
	response_init(&r);
	x = (struct exchange){.endpoint = &get_open,
		.config = &config,
		.request = &q,
		.response = &r,
		.log = &quiet,
		.policy = policy,
		.store = (struct store *)nothing};
	buf_release(&why);
}

static void teardown(void)
{
	response_release(&r);
	request_release(&q);
	auth_policy_free(policy);
	buf_release(&token);
}

/* A request that is all right for post_all. */
static void good_post(void)
{
	x.endpoint = &post_all;
	q.method = "POST";
	q.authorization = token.s;
	q.content_type = "application/json";
	buf_adds(&q.body, "{\"a\":1}");
}

static void expect(int status, const char *code)
{
	char wanted[128];

	json_release(&q.json);
	endpoint_run(&x);
	ck_assert_msg(r.status == status, "%d instead of %d: %s", r.status, status, r.body.s);
	if (!code)
		return;
	(void)snprintf(wanted, sizeof(wanted), "\"error\":{\"code\":\"%s\"}", code);
	ck_assert_msg(strstr(r.body.s, wanted) != NULL, "%s", r.body.s);
	ck_assert_int_eq(handled, 0);
}

static const char *header(const char *line)
{
	return strstr(r.headers.s, line);
}

START_TEST(good_request_reaches_the_handler_with_user_and_json)
{
	int64_t a;

	good_post();
	expect(200, NULL);
	ck_assert_int_eq(handled, 1);
	ck_assert_str_eq(x.who.user, "alice");
	ck_assert(!x.who.admin);
	ck_assert(json_int(&q.json, json_member(&q.json, json_root(&q.json), "a"), &a));
	ck_assert_int_eq(a, 1);
}
END_TEST

/* Everything is wrong; what is looked at first decides, and once it is right, the next. */
START_TEST(the_first_thing_wrong_in_the_order_of_the_table_is_answered)
{
	good_post();
	buf_reset(&q.body);
	buf_adds(&q.body, "[1]");
	x.store = NULL;
	q.body_state = BODY_TOO_LARGE;
	q.content_type = "text/plain";
	q.authorization = "";
	x.policy = NULL;
	q.method = "GET";

	expect(405, "method_not_allowed");
	q.method = "POST";
	expect(503, "not_configured");
	x.policy = policy;
	expect(401, "unauthorized");
	q.authorization = token.s;
	expect(415, "unsupported_media_type");
	q.content_type = "application/json";
	expect(413, "too_large");
	q.body_state = BODY_BAD;
	expect(400, "invalid_parameter");
	q.body_state = BODY_OK;
	expect(400, "invalid_json");
	buf_reset(&q.body);
	buf_adds(&q.body, "{}");
	expect(503, "storage_unavailable");
	x.store = (struct store *)nothing;
	expect(200, NULL);
	ck_assert_int_eq(handled, 1);
}
END_TEST

static const char *const wrong_methods[] = {
	"", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "GETT", "GE", "PROPFIND", "G\r\nT"};

START_TEST(wrong_method_is_refused_and_told_the_right_one)
{
	q.method = wrong_methods[_i];
	expect(405, "method_not_allowed");
	ck_assert_ptr_nonnull(header("Allow: GET, HEAD\n"));
}
END_TEST

START_TEST(head_fits_get_only)
{
	q.method = "GET";
	q.head_only = true;
	expect(200, NULL);
	handled = 0;
	x.endpoint = &post_all;
	expect(405, "method_not_allowed");
	ck_assert_ptr_nonnull(header("Allow: POST\n"));
}
END_TEST

START_TEST(refused_token_gets_the_challenge_and_no_reason)
{
	x.endpoint = &get_bearer;
	q.method = "GET";
	q.authorization = "Bearer a.b.c";
	expect(401, "unauthorized");
	ck_assert_ptr_nonnull(header("WWW-Authenticate: Bearer\n"));
	ck_assert_ptr_null(strstr(r.body.s, "signature"));
	ck_assert_str_eq(x.who.user, "");
}
END_TEST

START_TEST(open_endpoint_looks_at_no_token)
{
	q.method = "GET";
	q.authorization = "Bearer nonsense";
	x.policy = NULL;
	expect(200, NULL);
	ck_assert_str_eq(x.who.user, "");
}
END_TEST

START_TEST(large_body_is_refused_where_none_is_read_too)
{
	q.method = "GET";
	q.body_state = BODY_TOO_LARGE;
	expect(413, "too_large");
}
END_TEST

static const char *const bad_bodies[] = {"", " ", "[]", "null", "1", "\"a\"", "{", "{}{}",
	"{\"a\":1,}", "{\"a\":1,\"a\":2}", "{\"a\":\"\xff\"}", "{\"a\":\"\\u0000\"}",
	"{\"a\":\"\\ud800\"}"};

START_TEST(body_that_is_no_json_object_is_refused)
{
	good_post();
	buf_reset(&q.body);
	buf_adds(&q.body, bad_bodies[_i]);
	expect(400, "invalid_json");
}
END_TEST

START_TEST(missing_configuration_stops_all_but_health)
{
	q.method = "GET";
	x.config = NULL;
	x.policy = NULL;
	x.store = NULL;
	expect(503, "not_configured");
	x.endpoint = &get_always;
	expect(200, NULL);
	ck_assert_int_eq(handled, 1);
}
END_TEST

START_TEST(handler_that_builds_nonsense_gives_an_internal_error)
{
	q.method = "GET";
	handler_fails = true;
	endpoint_run(&x);
	ck_assert_int_eq(r.status, 500);
	ck_assert_ptr_nonnull(strstr(r.body.s, "\"code\":\"internal\""));
	ck_assert_ptr_null(header("ETag"));
}
END_TEST

/* --- cross-origin requests --- */

static char origins[] = "https://crm.example, http://localhost:3000";

START_TEST(named_origin_may_read_the_answer)
{
	config.cors_origins = origins;
	q.method = "GET";
	q.origin = _i ? "https://crm.example" : "http://localhost:3000";
	expect(200, NULL);
	ck_assert_ptr_nonnull(header(_i ? "Access-Control-Allow-Origin: https://crm.example\n"
					: "Access-Control-Allow-Origin: http://localhost:3000\n"));
	ck_assert_ptr_nonnull(header("Vary: Origin\n"));
	ck_assert_ptr_nonnull(header("Expose-Headers: Date, ETag, Retry-After, X-Request-Id\n"));
}
END_TEST

START_TEST(named_origin_may_read_errors_too)
{
	config.cors_origins = origins;
	x.endpoint = &get_bearer;
	q.method = "GET";
	q.origin = "https://crm.example";
	expect(401, "unauthorized");
	ck_assert_ptr_nonnull(header("Access-Control-Allow-Origin: https://crm.example\n"));

	response_restart(&r, 200);
	q.authorization = token.s;
	handler_fails = true;
	endpoint_run(&x);
	ck_assert_int_eq(r.status, 500);
	ck_assert_ptr_nonnull(header("Access-Control-Allow-Origin: https://crm.example\n"));
}
END_TEST

static const char *const other_origins[] = {"", "https://crm.example.evil", "https://crm.exampl",
	"http://crm.example", "HTTPS://CRM.EXAMPLE", "https://crm.example:443", "null", "*",
	"https://crm.example, http://localhost:3000", "localhost:3000", ",", " ", "https://"};

START_TEST(other_origin_gets_no_permission)
{
	config.cors_origins = origins;
	q.method = "GET";
	q.origin = other_origins[_i];
	expect(200, NULL);
	ck_assert_ptr_null(header("Access-Control-"));
	ck_assert_ptr_nonnull(header("Vary: Origin\n"));
}
END_TEST

START_TEST(without_the_setting_there_are_no_such_headers)
{
	q.method = "GET";
	q.origin = "https://crm.example";
	expect(200, NULL);
	ck_assert_ptr_null(header("Access-Control-"));
	ck_assert_ptr_null(header("Vary"));
}
END_TEST

START_TEST(preflight_is_granted_without_a_token)
{
	config.cors_origins = origins;
	x.endpoint = _i ? &post_all : &get_bearer;
	q.method = "OPTIONS";
	q.origin = "https://crm.example";
	q.preflight = "POST";
	expect(204, NULL);
	ck_assert_int_eq(handled, 0);
	ck_assert_ptr_null(r.content_type);
	ck_assert_ptr_nonnull(header("Access-Control-Allow-Origin: https://crm.example\n"));
	ck_assert_ptr_nonnull(header(_i ? "Access-Control-Allow-Methods: POST\n"
					: "Access-Control-Allow-Methods: GET, HEAD\n"));
	ck_assert_ptr_nonnull(header("Access-Control-Allow-Headers: Authorization, Content-Type, "
				     "Idempotency-Key, If-Match\n"));
	ck_assert_ptr_nonnull(header("Access-Control-Max-Age: "));
}
END_TEST

START_TEST(preflight_of_another_origin_is_a_wrong_method)
{
	config.cors_origins = origins;
	q.method = "OPTIONS";
	q.origin = "https://evil.example";
	q.preflight = "GET";
	expect(405, "method_not_allowed");
	ck_assert_ptr_null(header("Access-Control-"));
}
END_TEST

START_TEST(options_that_is_no_preflight_is_a_wrong_method)
{
	config.cors_origins = origins;
	q.method = "OPTIONS";
	q.origin = "https://crm.example";
	expect(405, "method_not_allowed");
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
	Suite *s = suite_create("endpoint");
	TCase *t = tcase_create("endpoint");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, good_request_reaches_the_handler_with_user_and_json);
	tcase_add_test(t, the_first_thing_wrong_in_the_order_of_the_table_is_answered);
	tcase_add_loop_test(
		t, wrong_method_is_refused_and_told_the_right_one, 0, COUNT(wrong_methods));
	tcase_add_test(t, head_fits_get_only);
	tcase_add_test(t, refused_token_gets_the_challenge_and_no_reason);
	tcase_add_test(t, open_endpoint_looks_at_no_token);
	tcase_add_test(t, large_body_is_refused_where_none_is_read_too);
	tcase_add_loop_test(t, body_that_is_no_json_object_is_refused, 0, COUNT(bad_bodies));
	tcase_add_test(t, missing_configuration_stops_all_but_health);
	tcase_add_test(t, handler_that_builds_nonsense_gives_an_internal_error);
	tcase_add_loop_test(t, named_origin_may_read_the_answer, 0, 2);
	tcase_add_test(t, named_origin_may_read_errors_too);
	tcase_add_loop_test(t, other_origin_gets_no_permission, 0, COUNT(other_origins));
	tcase_add_test(t, without_the_setting_there_are_no_such_headers);
	tcase_add_loop_test(t, preflight_is_granted_without_a_token, 0, 2);
	tcase_add_test(t, preflight_of_another_origin_is_a_wrong_method);
	tcase_add_test(t, options_that_is_no_preflight_is_a_wrong_method);
	suite_add_tcase(s, t);
	return unit_run(s);
}
