/* Requests that are begun and waited for later, with others in between. */
#include "provider/http_client.h"
#include "tiny_server.h"
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 20000 /* for what is expected to come */
#define SHORT_MS    200   /* for what is expected not to come */
#define ALL         HTTP_CLIENT_PARALLEL_MAX

static char empty[] = "", loopback[] = "http://127.0.0.1:1", public[] = "https://api.example.org";
static struct tiny_server server;
static struct http_client *client;

/* A request with its answer; its own address is the tag. */
struct asked {
	struct http_request request;
	struct http_answer answer;
};

/* /slow is answered once a POST has come, /silent never, everything else at once, with its path. */
static void serve(int fd, struct tiny_seen *seen)
{
	static char request[TINY_REQUEST_MAX];
	char answer[512], path[128], first;

	/* The first byte of a TLS handshake. */
	if (recv(fd, &first, 1, MSG_PEEK) == 1 && first == 0x16) {
		tiny_say(fd, "HTTP is spoken here\r\n");
		return;
	}
	while (tiny_read(fd, seen, request)) {
		if (sscanf(request, "%*s %127s", path) != 1)
			break;
		if (strcmp(path, "/silent") == 0) {
			tiny_read(fd, seen, request); /* until the client leaves */
			break;
		}
		while (strcmp(path, "/slow") == 0 && atomic_load(&seen->posts) == 0)
			poll(NULL, 0, 5);
		snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
			strlen(path), path);
		if (strcmp(path, "/lost") == 0 || !tiny_say(fd, answer))
			break;
	}
}

static void open_client(void)
{
	struct config c = {
		.aircall_base_url = loopback,
		.dialpad_base_url = public,
		.ca_file = empty,
		.https_proxy = empty,
	};

	ck_assert_int_eq(http_client_open(&c, &client), ERR_NONE);
}

static void setup(void)
{
	open_client();
	tiny_start(&server, serve);
}

static void teardown(void)
{
	http_client_close(client);
	tiny_stop(&server);
}

static void ask_at(struct asked *a, const char *base, const char *path)
{
	http_request_init(&a->request, "GET");
	buf_adds(&a->request.url, base);
	buf_adds(&a->request.url, path);
	http_answer_init(&a->answer);
}

static bool begin_within(struct asked *a, int64_t timeout_ms)
{
	return http_client_begin(client, &a->request, timeout_ms, &a->answer, a);
}

static void begin(struct asked *a, const char *path)
{
	ask_at(a, server.url, path);
	ck_assert(begin_within(a, PATIENCE_MS));
}

static void release(struct asked *a)
{
	http_request_release(&a->request);
	http_answer_release(&a->answer);
}

/* It ended, and with its own answer. */
static void is_answered(struct asked *a, const char *path)
{
	ck_assert_msg(
		a->answer.fault == HTTP_ANSWERED, "fault %d: %s", a->answer.fault, a->answer.error);
	ck_assert_int_eq(a->answer.status, 200);
	ck_assert(a->answer.body_complete);
	ck_assert_str_eq(a->answer.body.s, path);
	release(a);
}

static void *wait_long(void)
{
	return http_client_wait(client, PATIENCE_MS);
}

/* Lets the slow ones end. */
static void open_gate(void)
{
	struct asked post;

	ask_at(&post, server.url, "/open");
	post.request.method = "POST";
	http_client_perform(client, &post.request, PATIENCE_MS, &post.answer);
	is_answered(&post, "/open");
}

START_TEST(fast_one_is_returned_before_the_slow_one_begun_first)
{
	struct asked slow, fast;

	begin(&slow, "/slow");
	begin(&fast, "/fast");
	ck_assert_ptr_eq(wait_long(), &fast);
	is_answered(&fast, "/fast");
	ck_assert_ptr_null(http_client_wait(client, SHORT_MS));
	ck_assert_ptr_null(http_client_wait(client, 0));
	open_gate();
	ck_assert_ptr_eq(wait_long(), &slow);
	is_answered(&slow, "/slow");
	ck_assert_ptr_null(wait_long());
}
END_TEST

START_TEST(without_any_begun_there_is_nothing_to_wait_for)
{
	ck_assert_ptr_null(wait_long());
	ck_assert_ptr_null(http_client_wait(client, 0));
}
END_TEST

START_TEST(those_begun_in_between_get_their_own_answers)
{
	struct asked slow, others[30];
	char path[32];
	int begun = 0;

	begin(&slow, "/slow");
	while (begun < ALL - 1) {
		snprintf(path, sizeof(path), "/%d", begun);
		begin(&others[begun++], path);
	}
	for (int ended = 0; ended < 30; ended++) {
		struct asked *a = wait_long();

		ck_assert_ptr_nonnull(a);
		ck_assert_ptr_ne(a, &slow);
		snprintf(path, sizeof(path), "/%d", (int)(a - others));
		is_answered(a, path);
		if (begun < 30) {
			snprintf(path, sizeof(path), "/%d", begun);
			begin(&others[begun++], path);
		}
	}
	open_gate();
	ck_assert_ptr_eq(wait_long(), &slow);
	is_answered(&slow, "/slow");
	/* Kept ones, and the one of the POST. */
	ck_assert_int_le(server.seen->connections, ALL + 1);
}
END_TEST

START_TEST(ninth_is_not_begun)
{
	struct asked eight[ALL], ninth;

	for (int i = 0; i < ALL; i++)
		begin(&eight[i], "/slow");
	ask_at(&ninth, server.url, "/ninth");
	buf_adds(&ninth.answer.body, "as it was");
	ck_assert(!begin_within(&ninth, PATIENCE_MS));
	ck_assert_str_eq(ninth.answer.body.s, "as it was");
	open_gate();
	for (int i = 0; i < ALL + 1; i++) {
		struct asked *a = wait_long();

		ck_assert_ptr_nonnull(a);
		is_answered(a, a == &ninth ? "/ninth" : "/slow");
		/* As soon as one of the eight is back. */
		if (i == 0)
			ck_assert(begin_within(&ninth, PATIENCE_MS));
	}
}
END_TEST

START_TEST(each_has_a_time_of_its_own)
{
	struct asked slow, silent;

	begin(&slow, "/slow");
	ask_at(&silent, server.url, "/silent");
	ck_assert(begin_within(&silent, SHORT_MS));
	ck_assert_ptr_eq(wait_long(), &silent);
	ck_assert_int_eq(silent.answer.fault, HTTP_UNCLEAR);
	ck_assert_int_eq(silent.answer.status, 0);
	ck_assert_str_ne(silent.answer.error, "");
	release(&silent);
	open_gate();
	ck_assert_ptr_eq(wait_long(), &slow);
	is_answered(&slow, "/slow");
}
END_TEST

static const struct {
	const char *before, *behind; /* of 127.0.0.1 and the port */
	enum http_fault fault;
} failures[] = {
	/* It speaks no TLS. */
	{"https", "", HTTP_TLS_ERROR},
	{"http", ".none", HTTP_NOT_SENT},
	{"ftp", "", HTTP_NOT_SENT},
	{"http", "/a b", HTTP_NOT_SENT},
};

START_TEST(what_fails_ends_like_the_others)
{
	struct asked slow, failing;
	char base[64];

	snprintf(base, sizeof(base), "%s://127.0.0.1:%d%s", failures[_i].before, server.port,
		failures[_i].behind);
	begin(&slow, "/slow");
	ask_at(&failing, base, "/");
	ck_assert(begin_within(&failing, PATIENCE_MS));
	ck_assert_ptr_eq(wait_long(), &failing);
	ck_assert_msg(failing.answer.fault == failures[_i].fault, "fault %d: %s",
		failing.answer.fault, failing.answer.error);
	release(&failing);
	open_gate();
	ck_assert_ptr_eq(wait_long(), &slow);
	is_answered(&slow, "/slow");
}
END_TEST

START_TEST(what_cannot_be_begun_has_ended_at_once)
{
	struct asked broken, late;

	ask_at(&broken, server.url, "/");
	ck_assert(!http_request_header(&broken.request, "X", "a\nb"));
	ck_assert(begin_within(&broken, PATIENCE_MS));
	ask_at(&late, server.url, "/");
	ck_assert(begin_within(&late, 0));
	ck_assert_ptr_eq(http_client_wait(client, 0), &broken);
	ck_assert_ptr_eq(http_client_wait(client, 0), &late);
	ck_assert_int_eq(broken.answer.fault, HTTP_NOT_SENT);
	ck_assert_int_eq(late.answer.fault, HTTP_NOT_SENT);
	ck_assert_int_eq(server.seen->requests, 0);
	release(&broken);
	release(&late);
}
END_TEST

START_TEST(perform_takes_nothing_that_was_begun)
{
	struct asked eight[ALL], own;

	for (int i = 0; i < ALL; i++)
		begin(&eight[i], i == 0 ? "/first" : "/slow");
	/* Beside eight that are under way, of which some end meanwhile. */
	open_gate();
	ask_at(&own, server.url, "/own");
	http_client_perform(client, &own.request, PATIENCE_MS, &own.answer);
	is_answered(&own, "/own");
	for (int i = 0; i < ALL; i++) {
		struct asked *a = wait_long();

		ck_assert_ptr_nonnull(a);
		is_answered(a, a == &eight[0] ? "/first" : "/slow");
	}
	ck_assert_ptr_null(wait_long());
}
END_TEST

START_TEST(post_that_is_begun_is_sent_once)
{
	struct asked get, post;

	begin(&get, "/get");
	ck_assert_ptr_eq(wait_long(), &get);
	is_answered(&get, "/get");
	ask_at(&post, server.url, "/lost");
	post.request.method = "POST";
	ck_assert(begin_within(&post, PATIENCE_MS));
	ck_assert_ptr_eq(wait_long(), &post);
	ck_assert_int_eq(post.answer.fault, HTTP_UNCLEAR);
	ck_assert_int_eq(server.seen->posts, 1);
	release(&post);
}
END_TEST

/* A server that was never reached, one that is silent, an answer nobody waited for: whatever the
 * caller gives back first. */
START_TEST(close_ends_what_is_under_way)
{
	struct asked left[5];
	struct http_client *other = client;
	char dead[64];

	snprintf(dead, sizeof(dead), "http://127.0.0.1:%d", tiny_closed_port());
	begin(&left[0], "/silent");
	begin(&left[1], "/slow");
	begin(&left[2], "/answered");
	ask_at(&left[3], dead, "/");
	ck_assert(begin_within(&left[3], PATIENCE_MS));
	ask_at(&left[4], "nonsense", "/");
	ck_assert(begin_within(&left[4], PATIENCE_MS));
	open_gate();
	for (int i = 0; i < 5 && _i == 0; i++)
		release(&left[i]);
	open_client();
	http_client_close(other);
	for (int i = 0; i < 5 && _i == 1; i++)
		release(&left[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_client_begin");
	TCase *t = tcase_create("http_client_begin");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, fast_one_is_returned_before_the_slow_one_begun_first);
	tcase_add_test(t, without_any_begun_there_is_nothing_to_wait_for);
	tcase_add_test(t, those_begun_in_between_get_their_own_answers);
	tcase_add_test(t, ninth_is_not_begun);
	tcase_add_test(t, each_has_a_time_of_its_own);
	tcase_add_loop_test(t, what_fails_ends_like_the_others, 0,
		(int)(sizeof(failures) / sizeof(failures[0])));
	tcase_add_test(t, what_cannot_be_begun_has_ended_at_once);
	tcase_add_test(t, perform_takes_nothing_that_was_begun);
	tcase_add_test(t, post_that_is_begun_is_sent_once);
	tcase_add_loop_test(t, close_ends_what_is_under_way, 0, 2);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
