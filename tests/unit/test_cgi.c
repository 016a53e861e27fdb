#include "http/cgi.h"
#include "unit/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* An environment of string literals, which are constants, unlike that of a process. */
#define ENV(...) ((char *const *)(const char *const[]){__VA_ARGS__, NULL})

/* --- reading --- */

struct feed {
	int fd;
	const char *bytes;
	size_t len;
};

static void *feed_run(void *arg)
{
	struct feed *f = arg;
	size_t done = 0;

	while (done < f->len) {
		ssize_t n =
			write(f->fd, f->bytes + done, f->len - done < 999 ? f->len - done : 999);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	close(f->fd);
	return NULL;
}

/* Reads a request whose body comes through a pipe, as from the server. */
static void read_request(struct request *q, char *const env[], const char *body, size_t len)
{
	struct feed f = {.bytes = body, .len = len};
	pthread_t feeder;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	f.fd = fds[1];
	ck_assert_int_eq(pthread_create(&feeder, NULL, feed_run, &f), 0);
	ck_assert(cgi_request_read(q, env, fds[0]));
	close(fds[0]);
	pthread_join(feeder, NULL);
}

/* The same with a body that is all there at once, announced by this text; true if all was read. */
static bool read_announced(struct request *q, const char *announced, size_t len)
{
	char length[64], *bytes = calloc(1, len + 1);
	FILE *file = tmpfile();
	bool all;

	ck_assert(bytes && file);
	(void)snprintf(length, sizeof(length), "CONTENT_LENGTH=%s", announced);
	ck_assert_int_eq(write(fileno(file), bytes, len), (ssize_t)len);
	ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
	ck_assert(cgi_request_read(q, ENV(length), fileno(file)));
	all = lseek(fileno(file), 0, SEEK_CUR) == (off_t)len;
	(void)fclose(file);
	free(bytes);
	return all;
}

START_TEST(environment_becomes_values)
{
	char *const *env = ENV("REQUEST_METHOD=PUT", "PATH_INFO=/a\r\nb;\xff",
		"QUERY_STRING=a=1&b=2", "REQUEST_URI=/api/dialer/call/a?a=1&b=2",
		"CONTENT_TYPE=application/json", "CONTENT_LENGTH=2", "HTTP_ACCEPT=text/csv",
		"HTTP_AUTHORIZATION=Bearer x", "HTTP_IF_MATCH=\"1\"", "HTTP_IDEMPOTENCY_KEY=k",
		"HTTP_ORIGIN=https://a", "HTTP_ACCESS_CONTROL_REQUEST_METHOD=POST",
		"HTTP_COOKIE=c=1", "REMOTE_USER=bob", "REMOTE_ADDR=192.0.2.1", "HTTPS=on");
	struct request q;

	read_request(&q, env, "{}", 2);
	ck_assert_str_eq(q.method, "PUT");
	ck_assert(!q.head_only);
	ck_assert_str_eq(q.path_info, "/a\r\nb;\xff");
	ck_assert_str_eq(q.query, "a=1&b=2");
	ck_assert_str_eq(q.uri, "/api/dialer/call/a?a=1&b=2");
	ck_assert_str_eq(q.content_type, "application/json");
	ck_assert_str_eq(q.accept, "text/csv");
	ck_assert_str_eq(q.authorization, "Bearer x");
	ck_assert_str_eq(q.if_match, "\"1\"");
	ck_assert_str_eq(q.idempotency_key, "k");
	ck_assert(q.has_idempotency_key);
	ck_assert_str_eq(q.origin, "https://a");
	ck_assert_str_eq(q.preflight, "POST");
	ck_assert_str_eq(q.cookie, "c=1");
	ck_assert_str_eq(q.remote_user, "bob");
	ck_assert_str_eq(q.remote_addr, "192.0.2.1");
	ck_assert(q.https);
	ck_assert_int_eq(q.body_state, BODY_OK);
	ck_assert_str_eq(q.body.s, "{}");
	request_release(&q);
}
END_TEST

START_TEST(empty_environment_is_a_request_without_anything)
{
	char *const *env = ENV(NULL);
	struct request q;

	read_request(&q, env, "", 0);
	ck_assert_str_eq(q.method, "");
	ck_assert_str_eq(q.path_info, "");
	ck_assert_str_eq(q.authorization, "");
	ck_assert(!q.has_idempotency_key);
	ck_assert(!q.https);
	ck_assert_int_eq(q.body_state, BODY_OK);
	ck_assert_uint_eq(q.body.len, 0);
	ck_assert_int_gt(q.now_ms, 0);
	request_release(&q);
	ck_assert(cgi_request_read(&q, NULL, -1));
	request_release(&q);
}
END_TEST

START_TEST(name_that_only_begins_alike_is_another)
{
	char *const *env = ENV("HTTP_ORIGINAL=x", "XHTTP_ORIGIN=y", "HTTP_ORIGIN", "PATH=/bin",
		"HTTP_IDEMPOTENCY_KEY=");
	struct request q;

	read_request(&q, env, "", 0);
	ck_assert_str_eq(q.origin, "");
	ck_assert_str_eq(q.path_info, "");
	ck_assert(q.has_idempotency_key);
	ck_assert_str_eq(q.idempotency_key, "");
	request_release(&q);
}
END_TEST

START_TEST(head_is_get_without_a_body)
{
	char *const *env = ENV("REQUEST_METHOD=HEAD");
	struct request q;

	read_request(&q, env, "", 0);
	ck_assert_str_eq(q.method, "GET");
	ck_assert(q.head_only);
	request_release(&q);
}
END_TEST

START_TEST(request_ids_are_fresh_hex)
{
	char *const *env = ENV(NULL);
	struct request a, b;

	read_request(&a, env, "", 0);
	read_request(&b, env, "", 0);
	ck_assert_uint_eq(strlen(a.id), 32);
	ck_assert_uint_eq(strspn(a.id, "0123456789abcdef"), 32);
	ck_assert_str_ne(a.id, b.id);
	request_release(&a);
	request_release(&b);
}
END_TEST

/* A body of `sent` bytes announced by this text. */
static const struct {
	const char *announced;
	size_t sent;
	enum body_state state;
} lengths[] = {
	{"0", 0, BODY_OK},
	{"5", 5, BODY_OK},
	{"00005", 5, BODY_OK},
	{"65536", 65536, BODY_OK},
	{"", 5, BODY_OK},
	{"", 65536, BODY_OK},
	/* truncated, or more than announced */
	{"5", 4, BODY_BAD},
	{"5", 0, BODY_BAD},
	{"65536", 65535, BODY_BAD},
	{"0", 1, BODY_BAD},
	{"4", 5, BODY_BAD},
	{"4", 60000, BODY_BAD},
	/* no length at all */
	{"-1", 5, BODY_BAD},
	{"+5", 5, BODY_BAD},
	{" 5", 5, BODY_BAD},
	{"5 ", 5, BODY_BAD},
	{"5x", 5, BODY_BAD},
	{"0x5", 5, BODY_BAD},
	{"5,5", 5, BODY_BAD},
	{"5.0", 5, BODY_BAD},
	{"abc", 0, BODY_BAD},
	/* too much */
	{"65537", 65537, BODY_TOO_LARGE},
	{"65537", 10, BODY_TOO_LARGE},
	{"1000000", 1000000, BODY_TOO_LARGE},
	{"", 65537, BODY_TOO_LARGE},
	{"", 1000000, BODY_TOO_LARGE},
	{"9223372036854775807", 5, BODY_TOO_LARGE},
	{"9223372036854775808", 5, BODY_TOO_LARGE},
	{"99999999999999999999999999999999", 5, BODY_TOO_LARGE},
	{"18446744073709551621", 5, BODY_TOO_LARGE},
	{"4", 1000000, BODY_TOO_LARGE},
	{"x", 1000000, BODY_TOO_LARGE},
};

START_TEST(body_is_judged_by_its_length_and_read_to_its_end)
{
	struct request q;
	bool all = read_announced(&q, lengths[_i].announced, lengths[_i].sent);

	ck_assert_msg(q.body_state == lengths[_i].state, "`%s`, %zu bytes: %d",
		lengths[_i].announced, lengths[_i].sent, (int)q.body_state);
	ck_assert_uint_eq(q.body.len, lengths[_i].state == BODY_OK ? lengths[_i].sent : 0);
	/* Unread bytes would cut the answer off. */
	ck_assert_msg(all, "`%s`, %zu bytes", lengths[_i].announced, lengths[_i].sent);
	request_release(&q);
}
END_TEST

START_TEST(chunks_that_come_one_by_one_are_put_together)
{
	struct request q;
	char bytes[60000];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i % 251);
	read_request(&q, ENV("REQUEST_METHOD=POST"), bytes, sizeof(bytes));
	ck_assert_int_eq(q.body_state, BODY_OK);
	ck_assert_uint_eq(q.body.len, sizeof(bytes));
	ck_assert_int_eq(memcmp(q.body.s, bytes, sizeof(bytes)), 0);
	request_release(&q);
}
END_TEST

static const char *const endless[] = {"", "CONTENT_LENGTH=", "CONTENT_LENGTH=0", "CONTENT_LENGTH=5",
	"CONTENT_LENGTH=x", "CONTENT_LENGTH=99999999999999999999"};

START_TEST(endless_body_is_given_up)
{
	struct request q;
	int fd = open("/dev/zero", O_RDONLY);

	ck_assert(cgi_request_read(&q, ENV(endless[_i]), fd));
	ck_assert_int_ne(q.body_state, BODY_OK);
	request_release(&q);
	close(fd);
}
END_TEST

START_TEST(open_input_is_not_waited_for_beyond_the_announced_length)
{
	char *const *env = ENV("CONTENT_LENGTH=2");
	struct request q;
	int fds[2];

	/* Nobody closes the other end; a second read would hang. */
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], "{}", 2), 2);
	ck_assert(cgi_request_read(&q, env, fds[0]));
	ck_assert_int_eq(q.body_state, BODY_OK);
	ck_assert_str_eq(q.body.s, "{}");
	request_release(&q);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(body_that_breaks_off_with_an_error_is_bad)
{
	char *const *env = ENV("CONTENT_LENGTH=2");
	struct request q;

	ck_assert(cgi_request_read(&q, env, -1));
	ck_assert_int_eq(q.body_state, BODY_BAD);
	request_release(&q);
}
END_TEST

/* --- sending --- */

struct sink {
	int fd;
	struct buf text;
};

static void *sink_run(void *arg)
{
	struct sink *k = arg;
	char piece[4096];
	ssize_t n;

	while ((n = read(k->fd, piece, sizeof(piece))) > 0)
		buf_add(&k->text, piece, (size_t)n);
	return NULL;
}

/* Sends through a pipe; what arrives is in `out`. */
static enum cgi_sent send_to(
	struct response *r, const struct request *q, int flags, struct buf *out)
{
	struct sink k = {.fd = -1};
	enum cgi_sent sent;
	pthread_t reader;
	int fds[2];

	buf_init(&k.text, (size_t)64 * 1024 * 1024);
	ck_assert_int_eq(pipe2(fds, flags), 0);
	k.fd = fds[0];
	fcntl(fds[0], F_SETFL, 0);
	ck_assert_int_eq(pthread_create(&reader, NULL, sink_run, &k), 0);
	sent = cgi_response_send(r, q, fds[1]);
	close(fds[1]);
	pthread_join(reader, NULL);
	close(fds[0]);
	*out = k.text;
	return sent;
}

static struct request q;
static struct response r;
static struct buf out;

static void setup(void)
{
	request_init(&q);
	memset(q.id, 'a', 32);
	response_init(&r);
	buf_init(&out, 4096);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void teardown(void)
{
	response_release(&r);
	request_release(&q);
	buf_release(&out);
}

START_TEST(answer_has_status_length_and_the_headers_of_all_answers)
{
	response_header(&r, "Allow", "GET");
	response_error(&r, 405, "method_not_allowed", NULL, "No");
	ck_assert_int_eq(send_to(&r, &q, 0, &out), CGI_SENT);
	ck_assert_str_eq(out.s, "Status: 405 Method Not Allowed\n"
				"Content-Type: application/json; charset=utf-8\n"
				"Content-Length: 70\n"
				"Cache-Control: no-store\n"
				"X-Content-Type-Options: nosniff\n"
				"X-Request-Id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
				"Allow: GET\n"
				"\n"
				"{\"success\":false,\"message\":\"No\",\"error\":{\"code\":"
				"\"method_not_allowed\"}}");
}
END_TEST

START_TEST(head_gets_the_same_headers_and_no_body)
{
	const char *end;

	q.head_only = true;
	response_error(&r, 404, "not_found", NULL, "No");
	ck_assert_int_eq(send_to(&r, &q, 0, &out), CGI_SENT);
	ck_assert_ptr_nonnull(strstr(out.s, "Content-Length: 61\n"));
	end = strstr(out.s, "\n\n");
	ck_assert_ptr_nonnull(end);
	ck_assert_str_eq(end, "\n\n");
}
END_TEST

START_TEST(answer_without_a_body_announces_none)
{
	response_restart(&r, 204);
	ck_assert_int_eq(send_to(&r, &q, 0, &out), CGI_SENT);
	ck_assert_ptr_null(strstr(out.s, "Content-Length"));
	ck_assert_ptr_null(strstr(out.s, "Content-Type:"));
	buf_release(&out);

	response_restart(&r, 303);
	response_header(&r, "Location", "https://a/");
	ck_assert_int_eq(send_to(&r, &q, 0, &out), CGI_SENT);
	ck_assert_ptr_nonnull(strstr(out.s, "Content-Length: 0\n"));
	ck_assert_ptr_nonnull(strstr(out.s, "Location: https://a/\n\n"));
}
END_TEST

static void fill_body(size_t len)
{
	char *at;

	r.content_type = "text/plain";
	at = buf_reserve(&r.body, len);
	ck_assert_ptr_nonnull(at);
	for (size_t i = 0; i < len; i++)
		at[i] = (char)('a' + i % 23);
	buf_commit(&r.body, len);
}

START_TEST(body_larger_than_the_pipe_arrives_whole)
{
	const size_t len = (size_t)3 * 1024 * 1024 + 17;
	const char *body;

	fill_body(len);
	ck_assert_int_eq(send_to(&r, &q, _i ? O_NONBLOCK : 0, &out), CGI_SENT);
	body = strstr(out.s, "\n\n");
	ck_assert_ptr_nonnull(body);
	body += 2;
	ck_assert_uint_eq(out.len - (size_t)(body - out.s), len);
	ck_assert_int_eq(memcmp(body, r.body.s, len), 0);
}
END_TEST

START_TEST(client_that_left_is_noticed_and_kills_nobody)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	close(fds[0]);
	response_not_found(&r);
	ck_assert_int_eq(cgi_response_send(&r, &q, fds[1]), CGI_CLIENT_LEFT);
	close(fds[1]);
}
END_TEST

struct rows {
	int left, ended, asked;
	int last; /* what `next` returns at the end: 0 or -1 */
};

static int next_row(void *arg, struct buf *piece)
{
	struct rows *rows = arg;

	ck_assert_uint_eq(piece->len, 0);
	rows->asked++;
	if (rows->left == 0)
		return rows->last;
	buf_addf(piece, "row %d\n", rows->left--);
	return 1;
}

static void end_rows(void *arg)
{
	((struct rows *)arg)->ended++;
}

static void stream_rows(struct rows *rows)
{
	r.content_type = "text/csv; charset=utf-8";
	r.stream = (struct body_stream){next_row, end_rows, rows};
}

START_TEST(stream_goes_out_piece_by_piece_without_length)
{
	struct rows rows = {.left = 3};

	stream_rows(&rows);
	ck_assert_int_eq(send_to(&r, &q, 0, &out), CGI_SENT);
	ck_assert_ptr_null(strstr(out.s, "Content-Length"));
	ck_assert_ptr_nonnull(strstr(out.s, "\n\nrow 3\nrow 2\nrow 1\n"));
	ck_assert_int_eq(rows.ended, 1);
	response_release(&r);
	response_init(&r);
	ck_assert_int_eq(rows.ended, 1);
}
END_TEST

START_TEST(stream_that_breaks_off_is_told_from_one_that_ended)
{
	struct rows rows = {.left = 2, .last = -1};

	stream_rows(&rows);
	ck_assert_int_eq(send_to(&r, &q, 0, &out), CGI_CUT);
	ck_assert_ptr_nonnull(strstr(out.s, "\n\nrow 2\nrow 1\n"));
	ck_assert_int_eq(rows.ended, 1);
}
END_TEST

START_TEST(stream_is_not_asked_for_head)
{
	struct rows rows = {.left = 2};

	q.head_only = true;
	stream_rows(&rows);
	ck_assert_int_eq(send_to(&r, &q, 0, &out), CGI_SENT);
	ck_assert_int_eq(rows.asked, 0);
	ck_assert_int_eq(rows.ended, 1);
}
END_TEST

START_TEST(stream_is_ended_when_the_client_left)
{
	struct rows rows = {.left = 1000000};
	int fds[2];

	stream_rows(&rows);
	ck_assert_int_eq(pipe(fds), 0);
	close(fds[0]);
	ck_assert_int_eq(cgi_response_send(&r, &q, fds[1]), CGI_CLIENT_LEFT);
	ck_assert_int_eq(rows.ended, 1);
	ck_assert_int_le(rows.asked, 1);
	close(fds[1]);
}
END_TEST

START_TEST(emergency_answer_is_a_complete_answer)
{
	ck_assert(cgi_emergency_answer(&q, &out));
	ck_assert_ptr_eq(strstr(out.s, "Status: 503 Service Unavailable\n"), out.s);
	ck_assert_ptr_nonnull(strstr(out.s, "\nRetry-After: 1\n"));
	ck_assert_ptr_nonnull(strstr(out.s, "\nX-Request-Id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"));
	ck_assert_ptr_nonnull(strstr(out.s, "\n\n{\"success\":false,"));
	ck_assert_ptr_nonnull(strstr(out.s, "\"code\":\"storage_unavailable\"}}"));
}
END_TEST

/* --- the process --- */

/* In a process of its own: the exit status of `f`, or minus the signal that ended it. */
static int in_child(int (*f)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(f());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int hold(void)
{
	(void)signal(SIGTERM, SIG_IGN);
	if (fork() == 0) {
		usleep(100000);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	cgi_hold_until_cut();
}

START_TEST(held_process_ends_at_the_servers_signal)
{
	ck_assert_int_eq(in_child(hold), -SIGTERM);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgi");
	TCase *reading = tcase_create("reading"), *sending = tcase_create("sending");

	tcase_add_test(reading, environment_becomes_values);
	tcase_add_test(reading, empty_environment_is_a_request_without_anything);
	tcase_add_test(reading, name_that_only_begins_alike_is_another);
	tcase_add_test(reading, head_is_get_without_a_body);
	tcase_add_test(reading, request_ids_are_fresh_hex);
	tcase_add_loop_test(reading, body_is_judged_by_its_length_and_read_to_its_end, 0,
		sizeof(lengths) / sizeof(lengths[0]));
	tcase_add_test(reading, chunks_that_come_one_by_one_are_put_together);
	tcase_add_loop_test(
		reading, endless_body_is_given_up, 0, sizeof(endless) / sizeof(endless[0]));
	tcase_add_test(reading, open_input_is_not_waited_for_beyond_the_announced_length);
	tcase_add_test(reading, body_that_breaks_off_with_an_error_is_bad);
	suite_add_tcase(s, reading);

	tcase_add_checked_fixture(sending, setup, teardown);
	tcase_add_test(sending, answer_has_status_length_and_the_headers_of_all_answers);
	tcase_add_test(sending, head_gets_the_same_headers_and_no_body);
	tcase_add_test(sending, answer_without_a_body_announces_none);
	tcase_add_loop_test(sending, body_larger_than_the_pipe_arrives_whole, 0, 2);
	tcase_add_test(sending, client_that_left_is_noticed_and_kills_nobody);
	tcase_add_test(sending, stream_goes_out_piece_by_piece_without_length);
	tcase_add_test(sending, stream_that_breaks_off_is_told_from_one_that_ended);
	tcase_add_test(sending, stream_is_not_asked_for_head);
	tcase_add_test(sending, stream_is_ended_when_the_client_left);
	tcase_add_test(sending, emergency_answer_is_a_complete_answer);
	tcase_add_test(sending, held_process_ends_at_the_servers_signal);
	suite_add_tcase(s, sending);
	return unit_run(s);
}
