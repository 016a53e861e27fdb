/* The HTTP client against servers that misbehave in every way that matters to a telephone. */
#include "provider/http_client.h"
#include "base/clock.h"
#include "tiny_server.h"
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 20000 /* for what is expected to come */
#define SHORT_MS    300   /* for what is expected not to come */

static char empty[] = "", loopback[] = "http://127.0.0.1:1", public[] = "https://api.example.org";
static struct tiny_server server;
static struct http_client *client;

static void open_client(const char *base_url)
{
	struct config c = {
		.aircall_base_url = (char *)base_url,
		.dialpad_base_url = public,
		.ca_file = empty,
		.https_proxy = empty,
	};

	ck_assert_int_eq(http_client_open(&c, &client), ERR_NONE);
}

static void setup(void)
{
	open_client(loopback);
	server.pid = 0;
}

static void teardown(void)
{
	http_client_close(client);
	if (server.pid > 0)
		tiny_stop(&server);
}

static void get_request(struct http_request *r, const char *base, const char *path)
{
	http_request_init(r, "GET");
	buf_adds(&r->url, base);
	buf_adds(&r->url, path);
	http_request_header(r, "Accept", "application/json");
}

/* The request that makes a telephone ring. */
static void place_request(struct http_request *r, const char *base)
{
	get_request(r, base, "/place");
	r->method = "POST";
	r->places_call = true;
	http_request_header(r, "Content-Type", "application/json");
	buf_adds(&r->body, "{\"to\":\"+15551234567\"}");
}

static void perform(struct http_request *r, int64_t timeout_ms, struct http_answer *a)
{
	http_answer_init(a);
	http_client_perform(client, r, timeout_ms, a);
	http_request_release(r);
}

static void get(const char *base, const char *path, struct http_answer *a)
{
	struct http_request r;

	get_request(&r, base, path);
	perform(&r, PATIENCE_MS, a);
}

static void place(const char *base, int64_t timeout_ms, struct http_answer *a)
{
	struct http_request r;

	place_request(&r, base);
	perform(&r, timeout_ms, a);
}

/* Places a call; the fault is all that matters. */
static void place_ends_in(const char *base, int64_t timeout_ms, enum http_fault fault)
{
	struct http_answer a;

	place(base, timeout_ms, &a);
	ck_assert_msg(a.fault == fault, "fault %d instead of %d: %s", a.fault, fault, a.error);
	ck_assert_int_eq(a.status, 0);
	ck_assert(!a.body_complete);
	ck_assert_str_ne(a.error, "");
	http_answer_release(&a);
}

/* Places a call at a server that serves so; it must be asked once. */
static void placing_is_unclear_and_seen_once(tiny_serve *serve, int64_t timeout_ms)
{
	tiny_start(&server, serve);
	place_ends_in(server.url, timeout_ms, HTTP_UNCLEAR);
	ck_assert_int_eq(server.seen->posts, 1);
	ck_assert_int_eq(server.seen->connections, 1);
}

/* A GET that is answered so. */
static void answer_is(tiny_serve *serve, struct http_answer *a)
{
	tiny_start(&server, serve);
	get(server.url, "/", a);
	ck_assert_msg(a->fault == HTTP_ANSWERED, "fault %d: %s", a->fault, a->error);
}

/* --- ways to serve --- */

static void serve_well(int fd, struct tiny_seen *seen)
{
	static char request[TINY_REQUEST_MAX];

	while (tiny_read(fd, seen, request))
		if (!tiny_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}"))
			break;
}

/* Answers with the path that was asked for, slowly. */
static void serve_echo(int fd, struct tiny_seen *seen)
{
	static char request[TINY_REQUEST_MAX];
	char answer[512], path[128];

	while (tiny_read(fd, seen, request)) {
		if (sscanf(request, "%*s %127s", path) != 1)
			break;
		poll(NULL, 0, 30);
		snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
			strlen(path), path);
		if (!tiny_say(fd, answer))
			break;
	}
}

/* Closes with the request unread, which resets the connection. */
static void serve_close_unread(int fd, struct tiny_seen *seen)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	(void)seen;
	poll(&p, 1, -1);
}

static void serve_close_after_reading(int fd, struct tiny_seen *seen)
{
	static char request[TINY_REQUEST_MAX];

	tiny_read(fd, seen, request);
}

/* Keeps connections, but closes one on which a POST came, having read it. */
static void serve_close_after_post(int fd, struct tiny_seen *seen)
{
	static char request[TINY_REQUEST_MAX];

	while (tiny_read(fd, seen, request) && strncmp(request, "POST ", 5) != 0)
		if (!tiny_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
			break;
}

static void serve_silence(int fd, struct tiny_seen *seen)
{
	static char request[TINY_REQUEST_MAX];

	tiny_read(fd, seen, request);
	/* Until the client leaves. */
	tiny_read(fd, seen, request);
}

/* One answer in these bytes, then the end of the connection. */
static void serve_text(int fd, struct tiny_seen *seen, const char *text)
{
	static char request[TINY_REQUEST_MAX];

	if (tiny_read(fd, seen, request))
		tiny_say(fd, text);
}

#define SERVE_TEXT(name, text)                                                                     \
	static void name(int fd, struct tiny_seen *seen)                                           \
	{                                                                                          \
		serve_text(fd, seen, text);                                                        \
	}

SERVE_TEXT(serve_garbage, "220 mail.example.org ESMTP\r\n\r\n")
SERVE_TEXT(serve_word_for_status, "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n")
SERVE_TEXT(serve_short_status, "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n")
SERVE_TEXT(serve_long_status, "HTTP/1.1 2040 OK\r\nContent-Length: 0\r\n\r\n")
SERVE_TEXT(serve_half_status_line, "HTTP/1.1 2")
SERVE_TEXT(serve_only_interim, "HTTP/1.1 100 Continue\r\n\r\n")
SERVE_TEXT(serve_status_line_only, "HTTP/1.1 204 No Content\r\n")
SERVE_TEXT(serve_no_content, "HTTP/1.1 204 No Content\r\n\r\n")
SERVE_TEXT(serve_cut_body, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"cut\":")
SERVE_TEXT(serve_cut_chunks, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n")
SERVE_TEXT(serve_until_close, "HTTP/1.1 200 OK\r\n\r\nto the end")
SERVE_TEXT(serve_interim_first,
	"HTTP/1.1 100 Continue\r\nRetry-After: 9\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
SERVE_TEXT(serve_limit, "HTTP/1.1 429 Too Many Requests\r\nrEtRy-AfTeR: 17 \r\n"
			"x-aircallapi-RESET:\t1790603099\r\nContent-Length: 0\r\n\r\n")
SERVE_TEXT(serve_bad_limit, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: soon\r\n"
			    "X-AircallApi-Reset: -1\r\nContent-Length: 0\r\n\r\n")
SERVE_TEXT(serve_trailer,
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Retry-After\r\n\r\n"
	"2\r\n{}\r\n0\r\nHTTP/1.1 500: Oops\r\nRetry-After: 5\r\n\r\n")
SERVE_TEXT(serve_gzip,
	"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08")

static void serve_redirect(int fd, struct tiny_seen *seen)
{
	static char request[TINY_REQUEST_MAX];

	while (tiny_read(fd, seen, request))
		if (!tiny_say(fd, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: "
				  "0\r\n\r\n"))
			break;
}

static void serve_cookie(int fd, struct tiny_seen *seen)
{
	static char request[TINY_REQUEST_MAX];

	while (tiny_read(fd, seen, request))
		if (!tiny_say(fd, "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: "
				  "0\r\n\r\n"))
			break;
}

static void serve_stalled_body(int fd, struct tiny_seen *seen)
{
	static char request[TINY_REQUEST_MAX];

	serve_text(fd, seen, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"cut\":");
	tiny_read(fd, seen, request);
}

static void serve_endless_body(int fd, struct tiny_seen *seen)
{
	static char block[65536];

	memset(block, 'x', sizeof(block));
	serve_text(fd, seen, "HTTP/1.1 200 OK\r\n\r\n");
	while (tiny_write(fd, block, sizeof(block)))
		;
}

static void serve_endless_header(int fd, struct tiny_seen *seen)
{
	serve_text(fd, seen, "HTTP/1.1 200 OK\r\n");
	while (tiny_say(fd, "X-More: and more and more and more and more and more and more\r\n"))
		;
}

static void serve_endless_interims(int fd, struct tiny_seen *seen)
{
	serve_text(fd, seen, "HTTP/1.1 102 Processing\r\n\r\n");
	while (tiny_say(fd, "HTTP/1.1 102 Processing\r\n\r\n"))
		;
}

/* --- nothing was sent --- */

START_TEST(refused_connection_is_unreachable)
{
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d", tiny_closed_port());
	place_ends_in(url, PATIENCE_MS, HTTP_UNREACHABLE);
}
END_TEST

START_TEST(connection_never_made_is_unreachable)
{
	int fds[TINY_BLACKHOLE_FDS];
	int64_t began = clock_mono_ms();
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d", tiny_blackhole_port(fds));
	place_ends_in(url, SHORT_MS, HTTP_UNREACHABLE);
	ck_assert_int_ge(clock_mono_ms() - began, SHORT_MS - 50);
	for (int i = 0; i < TINY_BLACKHOLE_FDS; i++)
		close(fds[i]);
}
END_TEST

START_TEST(unknown_host_is_unreachable)
{
	place_ends_in("http://no-such-host.invalid", PATIENCE_MS, HTTP_UNREACHABLE);
}
END_TEST

START_TEST(request_that_could_not_be_built_is_not_sent)
{
	struct http_request r;
	struct http_answer a;

	tiny_start(&server, serve_well);
	place_request(&r, server.url);
	ck_assert(!http_request_header(&r, "X-Name", "a\r\nb"));
	perform(&r, PATIENCE_MS, &a);
	ck_assert_int_eq(a.fault, HTTP_NOT_SENT);
	ck_assert_str_ne(a.error, "");
	ck_assert_int_eq(server.seen->connections, 0);
	http_answer_release(&a);
}
END_TEST

START_TEST(without_time_nothing_is_sent)
{
	tiny_start(&server, serve_well);
	place_ends_in(server.url, 0, HTTP_NOT_SENT);
	place_ends_in(server.url, -5, HTTP_NOT_SENT);
	ck_assert_int_eq(server.seen->connections, 0);
}
END_TEST

START_TEST(plain_http_needs_a_setting_with_it)
{
	http_client_close(client);
	open_client(public);
	tiny_start(&server, serve_well);
	place_ends_in(server.url, PATIENCE_MS, HTTP_NOT_SENT);
	ck_assert_int_eq(server.seen->connections, 0);
}
END_TEST

START_TEST(other_protocols_are_not_spoken)
{
	place_ends_in("file:///etc", PATIENCE_MS, HTTP_NOT_SENT);
	place_ends_in("ftp://127.0.0.1", PATIENCE_MS, HTTP_NOT_SENT);
	place_ends_in("gopher://127.0.0.1", PATIENCE_MS, HTTP_NOT_SENT);
	place_ends_in("http://127.0.0.1:port", PATIENCE_MS, HTTP_NOT_SENT);
}
END_TEST

START_TEST(names_and_passwords_in_addresses_are_refused)
{
	struct http_answer a;
	char url[80];

	tiny_start(&server, serve_well);
	snprintf(url, sizeof(url), "http://name:word@127.0.0.1:%d", server.port);
	get(url, "/", &a);
	ck_assert_int_ne(a.fault, HTTP_ANSWERED);
	ck_assert_int_eq(server.seen->requests, 0);
	http_answer_release(&a);
}
END_TEST

/* --- it was sent, and nobody knows --- */

START_TEST(reset_before_reading_is_unclear)
{
	tiny_start(&server, serve_close_unread);
	place_ends_in(server.url, PATIENCE_MS, HTTP_UNCLEAR);
	ck_assert_int_eq(server.seen->connections, 1);
}
END_TEST

START_TEST(close_after_reading_is_unclear)
{
	placing_is_unclear_and_seen_once(serve_close_after_reading, PATIENCE_MS);
}
END_TEST

START_TEST(silence_is_unclear_when_the_time_is_up)
{
	int64_t began = clock_mono_ms();

	placing_is_unclear_and_seen_once(serve_silence, SHORT_MS);
	ck_assert_int_ge(clock_mono_ms() - began, SHORT_MS - 50);
}
END_TEST

static tiny_serve *const unreadable[] = {serve_garbage, serve_word_for_status, serve_short_status,
	serve_long_status, serve_half_status_line, serve_only_interim, serve_endless_interims};

START_TEST(unreadable_status_line_is_unclear)
{
	placing_is_unclear_and_seen_once(unreadable[_i], PATIENCE_MS);
}
END_TEST

/* --- connections --- */

START_TEST(lists_keep_their_connection)
{
	struct http_answer a;

	tiny_start(&server, serve_well);
	for (int i = 0; i < 5; i++) {
		get(server.url, "/list", &a);
		ck_assert_int_eq(a.status, 200);
		ck_assert_str_eq(a.body.s, "{\"a\":1}");
		http_answer_release(&a);
	}
	ck_assert_int_eq(server.seen->requests, 5);
	ck_assert_int_eq(server.seen->connections, 1);
}
END_TEST

START_TEST(placing_takes_a_connection_of_its_own)
{
	struct http_answer a;

	tiny_start(&server, serve_well);
	for (int i = 1; i <= 3; i++) {
		get(server.url, "/list", &a);
		http_answer_release(&a);
		place(server.url, PATIENCE_MS, &a);
		ck_assert_int_eq(a.status, 200);
		http_answer_release(&a);
		ck_assert_int_eq(server.seen->posts, i);
		ck_assert_int_eq(server.seen->connections, i + 1);
	}
}
END_TEST

START_TEST(no_post_is_repeated_beside_a_kept_connection)
{
	struct http_answer a;

	tiny_start(&server, serve_close_after_post);
	get(server.url, "/list", &a);
	ck_assert_int_eq(a.status, 200);
	http_answer_release(&a);
	place_ends_in(server.url, PATIENCE_MS, HTTP_UNCLEAR);
	ck_assert_int_eq(server.seen->posts, 1);
}
END_TEST

/* A refresh of rotating tokens that is sent twice loses them. */
START_TEST(other_posts_are_not_repeated_either)
{
	struct http_request r;
	struct http_answer a;

	tiny_start(&server, serve_close_after_post);
	get(server.url, "/list", &a);
	http_answer_release(&a);
	place_request(&r, server.url);
	r.places_call = false;
	perform(&r, PATIENCE_MS, &a);
	ck_assert_int_eq(a.fault, HTTP_UNCLEAR);
	ck_assert_int_eq(server.seen->posts, 1);
	http_answer_release(&a);
}
END_TEST

/* --- answers --- */

START_TEST(request_arrives_as_built)
{
	struct http_answer a;

	tiny_start(&server, serve_well);
	place(server.url, PATIENCE_MS, &a);
	ck_assert_int_eq(a.fault, HTTP_ANSWERED);
	ck_assert(a.body_complete);
	ck_assert_str_eq(a.error, "");
	ck_assert(strncmp(server.seen->last, "POST /place HTTP/1.1\r\n", 22) == 0);
	ck_assert_ptr_nonnull(strstr(server.seen->last, "\r\nAccept: application/json\r\n"));
	ck_assert_ptr_nonnull(strstr(server.seen->last, "\r\nContent-Type: application/json\r\n"));
	ck_assert_ptr_nonnull(strstr(server.seen->last, "\r\nContent-Length: 21\r\n"));
	ck_assert_ptr_nonnull(strstr(server.seen->last, "\r\nUser-Agent: dialer/"));
	ck_assert_ptr_nonnull(strstr(server.seen->last, "\r\n\r\n{\"to\":\"+15551234567\"}"));
	ck_assert_ptr_null(strcasestr(server.seen->last, "expect:"));
	ck_assert_ptr_null(strcasestr(server.seen->last, "accept-encoding:"));
	ck_assert_ptr_null(strcasestr(server.seen->last, "upgrade:"));
	http_answer_release(&a);
}
END_TEST

static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};

START_TEST(method_and_empty_body_arrive)
{
	const char *method = methods[_i];
	bool sends = strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;
	struct http_request r;
	struct http_answer a;

	tiny_start(&server, serve_well);
	get_request(&r, server.url, "/x");
	r.method = method;
	perform(&r, PATIENCE_MS, &a);
	ck_assert_int_eq(a.status, 200);
	ck_assert(strncmp(server.seen->last, method, strlen(method)) == 0);
	ck_assert_int_eq(strstr(server.seen->last, "\r\nContent-Length: 0\r\n") != NULL, sends);
	http_answer_release(&a);
}
END_TEST

START_TEST(accepted_without_a_body_is_complete)
{
	struct http_answer a;

	tiny_start(&server, serve_no_content);
	place(server.url, PATIENCE_MS, &a);
	ck_assert_int_eq(a.status, 204);
	ck_assert(a.body_complete);
	ck_assert_uint_eq(a.body.len, 0);
	http_answer_release(&a);
}
END_TEST

START_TEST(status_line_is_an_answer_even_if_nothing_follows)
{
	struct http_answer a;

	tiny_start(&server, serve_status_line_only);
	place(server.url, PATIENCE_MS, &a);
	ck_assert_msg(a.fault == HTTP_ANSWERED, "fault %d: %s", a.fault, a.error);
	ck_assert_int_eq(a.status, 204);
	ck_assert(!a.body_complete);
	http_answer_release(&a);
}
END_TEST

static tiny_serve *const cut[] = {serve_cut_body, serve_stalled_body};

START_TEST(cut_body_is_known_as_cut)
{
	struct http_answer a;

	tiny_start(&server, cut[_i]);
	place(server.url, cut[_i] == serve_stalled_body ? SHORT_MS : PATIENCE_MS, &a);
	ck_assert_msg(a.fault == HTTP_ANSWERED, "fault %d: %s", a.fault, a.error);
	ck_assert_int_eq(a.status, 200);
	ck_assert(!a.body_complete);
	ck_assert_str_eq(a.body.s, "{\"cut\":");
	ck_assert_str_ne(a.error, "");
	http_answer_release(&a);
}
END_TEST

START_TEST(cut_chunks_are_known_as_cut)
{
	struct http_answer a;

	answer_is(serve_cut_chunks, &a);
	ck_assert_int_eq(a.status, 200);
	ck_assert(!a.body_complete);
	http_answer_release(&a);
}
END_TEST

START_TEST(body_may_end_with_the_connection)
{
	struct http_answer a;

	answer_is(serve_until_close, &a);
	ck_assert(a.body_complete);
	ck_assert_str_eq(a.body.s, "to the end");
	http_answer_release(&a);
}
END_TEST

START_TEST(endless_body_is_cut_at_the_limit)
{
	struct http_answer a;

	answer_is(serve_endless_body, &a);
	ck_assert_int_eq(a.status, 200);
	ck_assert(!a.body_complete);
	ck_assert_uint_eq(a.body.len, HTTP_ANSWER_MAX);
	http_answer_release(&a);
}
END_TEST

START_TEST(endless_header_ends_in_an_answer)
{
	struct http_answer a;

	answer_is(serve_endless_header, &a);
	ck_assert_int_eq(a.status, 200);
	ck_assert(!a.body_complete);
	http_answer_release(&a);
}
END_TEST

START_TEST(interim_answers_are_passed_over)
{
	struct http_answer a;

	answer_is(serve_interim_first, &a);
	ck_assert_int_eq(a.status, 200);
	ck_assert(a.body_complete);
	ck_assert_str_eq(a.body.s, "{}");
	ck_assert_int_eq(a.retry_after_s, -1);
	http_answer_release(&a);
}
END_TEST

START_TEST(redirects_are_not_followed)
{
	struct http_answer a;

	answer_is(serve_redirect, &a);
	ck_assert_int_eq(a.status, 302);
	ck_assert(a.body_complete);
	ck_assert_int_eq(server.seen->requests, 1);
	http_answer_release(&a);
}
END_TEST

START_TEST(limits_are_read_without_regard_to_case)
{
	struct http_answer a;

	answer_is(serve_limit, &a);
	ck_assert_int_eq(a.status, 429);
	ck_assert_int_eq(a.retry_after_s, 17);
	ck_assert_int_eq(a.limit_reset, 1790603099);
	http_answer_release(&a);
}
END_TEST

START_TEST(unreadable_limits_are_none)
{
	struct http_answer a;

	answer_is(serve_bad_limit, &a);
	ck_assert_int_eq(a.retry_after_s, -1);
	ck_assert_int_eq(a.limit_reset, -1);
	http_answer_release(&a);
}
END_TEST

START_TEST(trailers_change_nothing)
{
	struct http_answer a;

	answer_is(serve_trailer, &a);
	ck_assert_int_eq(a.status, 200);
	ck_assert_str_eq(a.body.s, "{}");
	ck_assert_int_eq(a.retry_after_s, -1);
	http_answer_release(&a);
}
END_TEST

START_TEST(nothing_is_unpacked)
{
	struct http_answer a;

	answer_is(serve_gzip, &a);
	ck_assert(a.body_complete);
	ck_assert_uint_eq(a.body.len, 3);
	http_answer_release(&a);
}
END_TEST

START_TEST(cookies_are_not_kept)
{
	struct http_answer a;

	tiny_start(&server, serve_cookie);
	for (int i = 0; i < 2; i++) {
		get(server.url, "/", &a);
		ck_assert_int_eq(a.status, 200);
		http_answer_release(&a);
	}
	ck_assert_ptr_null(strcasestr(server.seen->last, "\r\ncookie:"));
}
END_TEST

START_TEST(answer_may_be_used_again)
{
	struct http_request r;
	struct http_answer a;

	tiny_start(&server, serve_well);
	get(server.url, "/", &a);
	get_request(&r, server.url, "/again");
	http_client_perform(client, &r, PATIENCE_MS, &a);
	ck_assert_str_eq(a.body.s, "{\"a\":1}");
	http_request_release(&r);
	http_answer_release(&a);
}
END_TEST

/* --- the environment --- */

START_TEST(proxies_of_the_environment_are_ignored)
{
	static const char *const names[] = {
		"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
	struct http_answer a;
	char dead[64];

	snprintf(dead, sizeof(dead), "http://127.0.0.1:%d", tiny_closed_port());
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_int_eq(setenv(names[i], dead, 1), 0);
	tiny_start(&server, serve_well);
	place(server.url, PATIENCE_MS, &a);
	ck_assert_msg(a.status == 200, "%s", a.error);
	http_answer_release(&a);
}
END_TEST

START_TEST(netrc_of_the_user_is_ignored)
{
	char home[] = "/tmp/dialer-netrc-XXXXXX", path[64];
	struct http_answer a;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(home));
	snprintf(path, sizeof(path), "%s/.netrc", home);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("default login someone password secret\n", f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(setenv("HOME", home, 1), 0);
	tiny_start(&server, serve_well);
	get(server.url, "/", &a);
	ck_assert_int_eq(a.status, 200);
	ck_assert_ptr_null(strcasestr(server.seen->last, "authorization:"));
	http_answer_release(&a);
	unlink(path);
	rmdir(home);
}
END_TEST

/* --- several at once --- */

#define MANY 20

START_TEST(each_of_many_gets_its_own_answer)
{
	struct http_request requests[MANY];
	struct http_answer answers[MANY];
	char path[32];

	tiny_start(&server, serve_echo);
	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "/number/%d", i);
		get_request(&requests[i], i == 7 ? "http://127.0.0.1:none" : server.url, path);
		http_answer_init(&answers[i]);
	}
	http_client_perform_all(client, requests, MANY, PATIENCE_MS, answers);
	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "/number/%d", i);
		if (i == 7) {
			ck_assert_int_eq(answers[i].fault, HTTP_NOT_SENT);
		} else {
			ck_assert_msg(answers[i].fault == HTTP_ANSWERED, "%s", answers[i].error);
			ck_assert_str_eq(answers[i].body.s, path);
		}
		http_request_release(&requests[i]);
		http_answer_release(&answers[i]);
	}
	ck_assert_int_eq(server.seen->requests, MANY - 1);
	ck_assert_int_le(server.seen->connections, 8);
}
END_TEST

START_TEST(one_silent_provider_does_not_delay_the_other)
{
	struct tiny_server other;
	struct http_request requests[2];
	struct http_answer answers[2];

	tiny_start(&server, serve_silence);
	tiny_start(&other, serve_well);
	get_request(&requests[0], server.url, "/");
	get_request(&requests[1], other.url, "/");
	for (int i = 0; i < 2; i++)
		http_answer_init(&answers[i]);
	http_client_perform_all(client, requests, 2, SHORT_MS, answers);
	ck_assert_int_eq(answers[0].fault, HTTP_UNCLEAR);
	ck_assert_int_eq(answers[1].status, 200);
	for (int i = 0; i < 2; i++) {
		http_request_release(&requests[i]);
		http_answer_release(&answers[i]);
	}
	tiny_stop(&other);
}
END_TEST

START_TEST(none_of_none_is_nothing)
{
	http_client_perform_all(client, NULL, 0, PATIENCE_MS, NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_client");
	TCase *t = tcase_create("http_client");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, refused_connection_is_unreachable);
	tcase_add_test(t, connection_never_made_is_unreachable);
	tcase_add_test(t, unknown_host_is_unreachable);
	tcase_add_test(t, request_that_could_not_be_built_is_not_sent);
	tcase_add_test(t, without_time_nothing_is_sent);
	tcase_add_test(t, plain_http_needs_a_setting_with_it);
	tcase_add_test(t, other_protocols_are_not_spoken);
	tcase_add_test(t, names_and_passwords_in_addresses_are_refused);
	tcase_add_test(t, reset_before_reading_is_unclear);
	tcase_add_test(t, close_after_reading_is_unclear);
	tcase_add_test(t, silence_is_unclear_when_the_time_is_up);
	tcase_add_loop_test(t, unreadable_status_line_is_unclear, 0,
		(int)(sizeof(unreadable) / sizeof(unreadable[0])));
	tcase_add_test(t, lists_keep_their_connection);
	tcase_add_test(t, placing_takes_a_connection_of_its_own);
	tcase_add_test(t, no_post_is_repeated_beside_a_kept_connection);
	tcase_add_test(t, other_posts_are_not_repeated_either);
	tcase_add_test(t, request_arrives_as_built);
	tcase_add_loop_test(
		t, method_and_empty_body_arrive, 0, (int)(sizeof(methods) / sizeof(methods[0])));
	tcase_add_test(t, accepted_without_a_body_is_complete);
	tcase_add_test(t, status_line_is_an_answer_even_if_nothing_follows);
	tcase_add_loop_test(t, cut_body_is_known_as_cut, 0, (int)(sizeof(cut) / sizeof(cut[0])));
	tcase_add_test(t, cut_chunks_are_known_as_cut);
	tcase_add_test(t, body_may_end_with_the_connection);
	tcase_add_test(t, endless_body_is_cut_at_the_limit);
	tcase_add_test(t, endless_header_ends_in_an_answer);
	tcase_add_test(t, interim_answers_are_passed_over);
	tcase_add_test(t, redirects_are_not_followed);
	tcase_add_test(t, limits_are_read_without_regard_to_case);
	tcase_add_test(t, unreadable_limits_are_none);
	tcase_add_test(t, trailers_change_nothing);
	tcase_add_test(t, nothing_is_unpacked);
	tcase_add_test(t, cookies_are_not_kept);
	tcase_add_test(t, answer_may_be_used_again);
	tcase_add_test(t, proxies_of_the_environment_are_ignored);
	tcase_add_test(t, netrc_of_the_user_is_ignored);
	tcase_add_test(t, each_of_many_gets_its_own_answer);
	tcase_add_test(t, one_silent_provider_does_not_delay_the_other);
	tcase_add_test(t, none_of_none_is_nothing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
