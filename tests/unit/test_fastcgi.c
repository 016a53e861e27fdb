/*
 * The gateway of FastCGI, with this test as the server: records as the specification has them, on a
 * socket that becomes standard input.
 */
#include "base/process.h"
#include "http/fastcgi.h"
#include "http/fastcgi_record.h"
#include "unit/unit.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };

static struct sockaddr_un at;
static int listening;

static void setup(void)
{
	char dir[UNIT_PATH_SIZE];
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof(dir), "%s/fcgi-XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	at = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(at.sun_path, sizeof(at.sun_path), "%.90s/s", dir);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(listening, 16), 0);
}

static void teardown(void)
{
	close(listening);
	unlink(at.sun_path);
	*strrchr(at.sun_path, '/') = '\0';
	rmdir(at.sun_path);
}

static int connect_to_it(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* --- what the server sends --- */

static void send_record(int fd, int type, const void *bytes, size_t len)
{
	unsigned char head[8] = {
		1, (unsigned char)type, 0, 7, (unsigned char)(len >> 8), (unsigned char)len, 0, 0};

	ck_assert_int_eq(send(fd, head, sizeof(head), MSG_NOSIGNAL), (ssize_t)sizeof(head));
	if (len > 0)
		ck_assert_int_eq(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void send_param(int fd, const char *name, const char *value)
{
	unsigned char pair[256];
	size_t n = strlen(name), v = strlen(value);

	ck_assert_uint_lt(n + v + 2, 128);
	pair[0] = (unsigned char)n;
	pair[1] = (unsigned char)v;
	memcpy(pair + 2, name, n);
	memcpy(pair + 2 + n, value, v);
	send_record(fd, PARAMS, pair, 2 + n + v);
}

/* All but the end of the body. */
static int begin_request(const char *body, const char *announced)
{
	static const unsigned char responder[8] = {0, 1};
	int fd = connect_to_it();

	ck_assert_int_ne(fd, -1);
	send_record(fd, BEGIN, responder, sizeof(responder));
	send_param(fd, "REQUEST_METHOD", "POST");
	send_param(fd, "PATH_INFO", "/abc");
	if (announced)
		send_param(fd, "CONTENT_LENGTH", announced);
	send_record(fd, PARAMS, NULL, 0);
	if (*body)
		send_record(fd, STDIN, body, strlen(body));
	return fd;
}

static int request(const char *body, const char *announced)
{
	int fd = begin_request(body, announced);

	send_record(fd, STDIN, NULL, 0);
	return fd;
}

/* --- what it gets --- */

static bool read_full(int fd, void *to, size_t len)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = read(fd, (char *)to + got, len - got);

		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

/* The answer's bytes; *ended tells whether END_REQUEST came. */
static void read_answer(int fd, struct buf *out, bool *ended)
{
	unsigned char head[8];
	char contents[65536];

	*ended = false;
	while (!*ended && read_full(fd, head, sizeof(head))) {
		size_t len = (size_t)head[4] << 8 | head[5];

		ck_assert_int_eq(head[0], 1);
		ck_assert_int_eq(head[2] << 8 | head[3], 7);
		ck_assert_int_eq(head[6], 0);
		ck_assert(read_full(fd, contents, len));
		if (head[1] == STDOUT)
			buf_add(out, contents, len);
		else
			ck_assert_int_eq(head[1], END);
		*ended = head[1] == END;
	}
	close(fd);
}

static void expect_answer(int fd, const char *want)
{
	struct buf got;
	bool ended;

	buf_init(&got, 1 << 24);
	read_answer(fd, &got, &ended);
	ck_assert(ended);
	ck_assert_msg(strstr(got.s, want) != NULL, "no %s in %s", want, got.s);
	buf_release(&got);
}

/* --- the process that serves: says the body back, or what its size is --- */

enum manner { ECHO, LARGE, CUT, RETIRE_AFTER_ONE };

static int pieces;

static int next_piece(void *arg, struct buf *piece)
{
	(void)arg;
	buf_adds(piece, "piece ");
	return ++pieces < 3 ? 1 : -1;
}

static void done(void *arg)
{
	(void)arg;
}

static void fill(struct response *r, const struct request *q, enum manner m)
{
	r->content_type = "text/plain";
	buf_addf(&r->body, "%s %s %d %s", q->method, q->path_info, q->body_state, q->body.s);
	if (m == LARGE)
		for (int i = 0; i < 20000; i++)
			buf_adds(&r->body, "0123456789");
	if (m == CUT)
		r->stream = (struct body_stream){next_piece, done, NULL};
}

static void serve(struct fastcgi *f, enum manner m)
{
	struct cgi_channel channel = fastcgi_channel(f);
	struct request q;
	struct response r;

	if (!cgi_request_from(&q, fastcgi_environment(f), &channel))
		_exit(10);
	response_init(&r);
	fill(&r, &q, m);
	/* Who has left is no fault of the answer. */
	if ((cgi_response_to(&r, &q, &channel) == CGI_CUT) != (m == CUT))
		_exit(11);
	response_release(&r);
	request_release(&q);
	fastcgi_finish(f);
}

static pid_t start(enum manner m)
{
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid != 0)
		return pid;
	struct fastcgi *f;
	enum fastcgi_event event;
	if (dup2(listening, STDIN_FILENO) == -1 || !fastcgi_is_started() ||
		fastcgi_open(&f) != ERR_NONE)
		_exit(12);
	while ((event = fastcgi_wait(f, 60000)) != FASTCGI_END) {
		if (event != FASTCGI_REQUEST)
			continue;
		serve(f, m);
		if (m == RETIRE_AFTER_ONE)
			fastcgi_retire(f);
	}
	fastcgi_close(f);
	_exit(0);
}

static void expect_end(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static void end(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	expect_end(pid);
}

START_TEST(many_requests_are_answered_by_one_process)
{
	pid_t pid = start(ECHO);

	for (int i = 0; i < 200; i++) {
		char body[32], len[8];

		snprintf(body, sizeof(body), "body %d.", i);
		snprintf(len, sizeof(len), "%zu", strlen(body));
		expect_answer(request(body, i % 2 ? len : NULL), body);
	}
	end(pid);
}
END_TEST

START_TEST(a_body_that_is_not_as_announced_is_bad)
{
	pid_t pid = start(ECHO);

	expect_answer(request("abc", "4"), "POST /abc 2 ");
	expect_answer(request("abc", "2"), "POST /abc 2 ");
	expect_answer(request("abc", "3"), "POST /abc 0 abc");
	expect_answer(request("abc", "99999"), "POST /abc 1 ");
	end(pid);
}
END_TEST

START_TEST(an_answer_longer_than_a_record_arrives_whole)
{
	pid_t pid = start(LARGE);
	struct buf got;
	bool ended;

	buf_init(&got, 1 << 20);
	read_answer(request("x", "1"), &got, &ended);
	ck_assert(ended);
	ck_assert_uint_gt(got.len, 200000);
	ck_assert_str_eq(got.s + got.len - 10, "0123456789");
	buf_release(&got);
	end(pid);
}
END_TEST

/* Without END_REQUEST nobody takes it for complete. */
START_TEST(an_answer_that_breaks_off_has_no_end)
{
	pid_t pid = start(CUT);
	struct buf got;
	bool ended;

	buf_init(&got, 1 << 20);
	read_answer(request("", "0"), &got, &ended);
	ck_assert(!ended);
	ck_assert_ptr_nonnull(strstr(got.s, "piece piece "));
	buf_release(&got);
	end(pid);
}
END_TEST

START_TEST(a_connection_that_breaks_off_harms_nobody)
{
	pid_t pid = start(ECHO);

	for (int i = 0; i < 20; i++) {
		int fd = i % 2 ? begin_request("half", "10") : connect_to_it();
		ck_assert_int_ne(fd, -1);
		if (i % 4 == 0)
			(void)!send(fd, "\1\1\0", 3, MSG_NOSIGNAL);
		close(fd);
	}
	expect_answer(request("whole", "5"), "POST /abc 0 whole");
	end(pid);
}
END_TEST

/* All who had connected are served, all others are refused: nobody hangs or is cut off. */
START_TEST(one_that_retires_serves_whoever_waits_already)
{
	int waiting[5];

	for (int i = 0; i < 5; i++)
		waiting[i] = request("waiting", "7");
	pid_t pid = start(RETIRE_AFTER_ONE);
	for (int i = 0; i < 5; i++)
		expect_answer(waiting[i], "POST /abc 0 waiting");
	expect_end(pid);
	ck_assert_int_eq(connect_to_it(), -1);
}
END_TEST

START_TEST(a_signal_to_end_waits_for_the_request)
{
	int fd = begin_request("abc", "6");
	pid_t pid = start(ECHO);

	usleep(50000);
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	usleep(50000);
	send_record(fd, STDIN, "def", 3);
	send_record(fd, STDIN, NULL, 0);
	expect_answer(fd, "POST /abc 0 abcdef");
	expect_end(pid);
}
END_TEST

START_TEST(only_a_socket_that_listens_means_fastcgi)
{
	int pair[2], before = dup(STDIN_FILENO);

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	/* As mod_cgid has it. */
	ck_assert_int_ne(dup2(pair[0], STDIN_FILENO), -1);
	ck_assert(!fastcgi_is_started());
	ck_assert_int_ne(dup2(listening, STDIN_FILENO), -1);
	ck_assert(fastcgi_is_started());
	close(STDIN_FILENO);
	ck_assert(!fastcgi_is_started());
	ck_assert_int_eq(dup2(before, STDIN_FILENO), STDIN_FILENO);
	close(pair[0]);
	close(pair[1]);
	close(before);
}
END_TEST

/* What a signal handler writes is an answer, too. */
START_TEST(an_emergency_answer_is_framed)
{
	struct request q;
	struct buf bytes, got;
	bool ended;
	int pair[2];

	request_init(&q);
	q.fastcgi_id = 7;
	buf_init(&bytes, 4096);
	buf_init(&got, 4096);
	ck_assert(cgi_emergency_answer(&q, &bytes));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(write(pair[0], bytes.s, bytes.len), (ssize_t)bytes.len);
	close(pair[0]);
	read_answer(pair[1], &got, &ended);
	ck_assert(ended);
	ck_assert_int_eq(strncmp(got.s, "Status: 503 ", 12), 0);
	ck_assert_ptr_nonnull(strstr(got.s, "storage_unavailable"));
	buf_release(&bytes);
	buf_release(&got);
	request_release(&q);
}
END_TEST

START_TEST(an_answer_too_long_for_a_record_is_not_framed)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	fastcgi_record_begin(&b);
	for (int i = 0; i < 7000; i++)
		buf_adds(&b, "0123456789");
	fastcgi_record_end(&b, 0, 7);
	ck_assert(b.failed);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fastcgi");
	TCase *t = tcase_create("fastcgi");

	if (!process_setup(CONFINE_SOCKETS))
		return 1;
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, many_requests_are_answered_by_one_process);
	tcase_add_test(t, a_body_that_is_not_as_announced_is_bad);
	tcase_add_test(t, an_answer_longer_than_a_record_arrives_whole);
	tcase_add_test(t, an_answer_that_breaks_off_has_no_end);
	tcase_add_test(t, a_connection_that_breaks_off_harms_nobody);
	tcase_add_test(t, one_that_retires_serves_whoever_waits_already);
	tcase_add_test(t, a_signal_to_end_waits_for_the_request);
	tcase_add_test(t, only_a_socket_that_listens_means_fastcgi);
	tcase_add_test(t, an_emergency_answer_is_framed);
	tcase_add_test(t, an_answer_too_long_for_a_record_is_not_framed);
	suite_add_tcase(s, t);
	return unit_run(s);
}
