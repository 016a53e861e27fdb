/* Attacks on the whole service through Apache that belong to no single endpoint; tests/attacks names
 * all attacks and the tests that hold them off. */
#include "e2e/calls.h"
#include "e2e/connection.h"
#include "e2e/listener.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define API_KEY_HALF "sim-token"

/* --- what reaches a header --- */

/* Line ends in every form a browser or an attacker may send them. */
static const char *const line_ends[] = {
	"%0d%0a", "%0a", "%0d", "%E5%98%8A%E5%98%8D", "%u000a", "\\r\\n", "%00", "%250d%250a"};

static void expect_no_injection(const struct answer *a)
{
	ck_assert_msg(header(a, "Injected") == NULL, "%s", a->headers);
	ck_assert_msg(header_count(a, "Set-Cookie") <= 1, "%s", a->headers);
}

START_TEST(nothing_from_a_request_ends_a_header_line)
{
	const char *bad = e2e_text("x%sInjected:%%20yes", line_ends[_i]);
	expect_no_injection(
		http(.path = e2e_text("/history?phoneNumber=%s", bad), .token = token("a")));
	expect_no_injection(
		http(.path = e2e_text("/history?userId=%s", bad), .token = admin_token("a")));
	expect_no_injection(http(.path = e2e_text("/call/%s", bad), .token = token("a")));
	expect_no_injection(
		http(.path = e2e_text("/dialpad/callback?error=%s&state=%s", bad, bad)));
	expect_no_injection(http(.path = e2e_text("/dialpad/callback?code=%s&state=%s", bad, bad),
		.headers = {e2e_text("Cookie: dialer_oauth=%s", bad)}));
	expect_no_injection(http(.path = "/history", .token = token("a"),
		.headers = {e2e_text("Origin: https://x%s", bad)}));
	expect_no_injection(http(.path = "/call", .token = token("a"),
		.body = "{\"phoneNumber\":\"+15551234567\"}",
		.headers = {
			e2e_text("Idempotency-Key: %s", bad), e2e_text("X-Request-Id: %s", bad)}));
	expect_no_injection(http(.path = "/dialpad/connect", .token = token("a"),
		.body = e2e_text("{\"returnTo\":\"/%s\"}", bad)));
}
END_TEST

/* The way back is the one text that becomes a header as it was given. */
START_TEST(the_way_back_holds_no_line_end)
{
	dialpad_setup();
	static const char *const paths[] = {"/x\\r\\nInjected: yes", "/x\\nInjected: yes",
		"/x\\u0000y", "/x\\u2028y", "/x\\u560a", "/x y", "//evil.example",
		"/\\\\evil.example", "https://evil.example/", "/\\t/evil.example",
		"javascript:alert(1)", "", "x", "/%0d%0aInjected:%20yes\\r\\n"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		expect_status(
			flow_request("alice", e2e_text("{\"returnTo\":\"%s\"}", paths[i])), 400);
	/* What is encoded stays encoded. */
	struct flow f = flow_begin("alice", "{\"returnTo\":\"/x%0d%0aInjected:%20yes\"}");
	struct answer *a = flow_return(flow_consent(&f), f.cookie);
	expect_location(a, "/x%0d%0aInjected:%20yes?dialpad=connected");
	expect_no_injection(a);
}
END_TEST

/* --- proxies by headers and environment --- */

START_TEST(the_header_proxy_leads_no_request_astray)
{
	char url[80];
	int listener = listener_open(url);
	struct answer *a = http(.path = "/call", .token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\"}",
		.headers = {e2e_text("Proxy: %s", url)});
	expect_status(a, 200);
	expect_text(a, "call.provider", "aircall");
	ck_assert(!listener_arrives(listener, 100));
	close(listener);
}
END_TEST

START_TEST(proxies_of_the_environment_get_nothing)
{
	char url[80];
	int listener = listener_open(url);
	const char *const env[] = {e2e_text("http_proxy=%s", url), e2e_text("https_proxy=%s", url),
		e2e_text("HTTPS_PROXY=%s", url), e2e_text("ALL_PROXY=%s", url),
		e2e_text("all_proxy=%s", url), "no_proxy=", NULL};
	struct daemon own;
	server_start(&own, "proxied.log", env);
	struct answer *a = http(.path = "/call", .token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\"}", .to = &own);
	expect_status(a, 200);
	expect_text(a, "call.provider", "aircall");
	ck_assert(!listener_arrives(listener, 100));
	daemon_stop(&own);
	close(listener);
}
END_TEST

/* --- bodies that do not come --- */

static int connect_to_server(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)server.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void send_text(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Each of them holds a program that waits for the rest. */
START_TEST(slow_bodies_keep_nobody_from_calling)
{
	enum { SLOW = 12 };
	int fds[SLOW];
	for (int i = 0; i < SLOW; i++) {
		fds[i] = connect_to_server();
		send_text(fds[i],
			e2e_text("POST /api/dialer/call HTTP/1.1\r\nHost: x\r\n"
				 "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
				 "Content-Length: 29\r\n\r\n{\"phone",
				token("mallory")));
	}
	placed("alice", NUMBER);
	ck_assert_int_eq(history_total("alice"), 1);
	for (int i = 0; i < SLOW; i++)
		close(fds[i]);
	ck_assert_int_eq(history_total("mallory"), 0);
	ck_assert_int_eq(sim_placings(NULL), 1);
}
END_TEST

#define ENDLESS ((size_t)64 * 1024 * 1024)

START_TEST(an_endless_body_comes_to_an_end)
{
	int fd = connect_to_server();
	char chunk[8 + 8192 + 2], reply[4096];
	size_t sent = 0;
	send_text(fd,
		e2e_text("POST /api/dialer/call HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
			 "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
			token("mallory")));
	memset(chunk, 'x', sizeof(chunk));
	memcpy(chunk, "2002\r\n", 6); /* 8194 bytes of x, up to the line end */
	memcpy(chunk + sizeof(chunk) - 2, "\r\n", 2);
	struct pollfd answer = {.fd = fd, .events = POLLIN};
	while (sent < ENDLESS && poll(&answer, 1, 0) == 0 &&
		send(fd, chunk, sizeof(chunk), MSG_NOSIGNAL) == (ssize_t)sizeof(chunk))
		sent += sizeof(chunk);
	ck_assert_msg(sent < ENDLESS, "all of it was taken");
	ssize_t n = recv(fd, reply, sizeof(reply) - 1, 0);
	reply[n > 0 ? n : 0] = '\0';
	/* It may also have been cut off before the refusal could be read. mod_fcgid has no other word
	 * for what is beyond FcgidMaxRequestLen. */
	ck_assert_msg(
		n <= 0 || strstr(reply, e2e_fastcgi() ? " 500 " : " 413 ") != NULL, "%s", reply);
	close(fd);
	ck_assert_int_eq(sim_placings(NULL), 0);
}
END_TEST

/* --- what other programs on the machine can see --- */

/* Others may run the same tests of another tree. */
static bool is_of_this_build(pid_t pid)
{
	char target[1024] = "";
	ssize_t n = readlink(e2e_text("/proc/%d/exe", (int)pid), target, sizeof(target) - 1);
	return n > 0 && strncmp(target, e2e.build, strlen(e2e.build)) == 0;
}

/* The process that stands still before it asks the provider, by its command and state. */
static pid_t find_stopped(const char *command)
{
	pid_t found = 0;
	DIR *d = opendir("/proc");
	ck_assert_ptr_nonnull(d);
	for (struct dirent *e; (e = readdir(d)) != NULL && found == 0;) {
		char path[300], text[1024] = "";
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		int fd = pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		if (fd != -1 && read(fd, text, sizeof(text) - 1) > 0 &&
			strstr(text, command) != NULL && strstr(text, ") T ") != NULL &&
			is_of_this_build(pid))
			found = pid;
		if (fd != -1)
			close(fd);
	}
	closedir(d);
	return found;
}

static pid_t wait_for_stopped(const char *command)
{
	pid_t found = 0;
	for (int i = 0; i < 400 && (found = find_stopped(command)) == 0; i++)
		e2e_sleep_ms(50);
	ck_assert_int_ne(found, 0);
	return found;
}

/* Whether a program of the user that runs the programs can read the file. */
static bool readable_for_their_user(const char *path)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		const struct passwd *p = geteuid() == 0 ? getpwnam("www-data") : NULL;
		if (p != NULL && (setgid(p->pw_gid) != 0 || setuid(p->pw_uid) != 0))
			_exit(2);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		_exit(fd == -1 ? 1 : 0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) != 2);
	return WEXITSTATUS(status) == 0;
}

/* No sanitizer's program gives up being looked into. */
static bool is_dumpable(pid_t pid)
{
	const char *status = e2e_read(e2e_text("/proc/%d/status", (int)pid));
	return strstr(status, "Seccomp:\t2") == NULL;
}

START_TEST(process_list_and_environment_hold_no_key)
{
	const char *const env[] = {"DIALER_TEST_FAULT=place-before-ask:stop", NULL};
	const char *user_token = token("alice");
	struct daemon own;
	server_start(&own, "stopped.log", env);
	struct later *l = http_later(&(struct http){.path = "/call",
		.token = user_token,
		.body = "{\"phoneNumber\":\"" NUMBER "\"}",
		.to = &own});
	pid_t pid = wait_for_stopped("call-create.cgi");
	const char *arguments = e2e_read(e2e_text("/proc/%d/cmdline", (int)pid));
	ck_assert_ptr_null(strstr(arguments, API_KEY_HALF));
	ck_assert_ptr_null(strstr(arguments, user_token));
	if (!is_dumpable(pid)) {
		ck_assert(!readable_for_their_user(e2e_text("/proc/%d/environ", (int)pid)));
		ck_assert(!readable_for_their_user(e2e_text("/proc/%d/mem", (int)pid)));
		ck_assert_ptr_nonnull(
			strstr(e2e_read(e2e_text("/proc/%d/status", (int)pid)), "NoNewPrivs:\t1"));
	}
	kill(pid, SIGCONT);
	expect_status(http_wait(l), 200);
	daemon_stop(&own);
}
END_TEST

static TCase *new_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 60);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("attacks");
	TCase *t = new_case(s, "headers");
	tcase_add_loop_test(t, nothing_from_a_request_ends_a_header_line, 0,
		(int)(sizeof(line_ends) / sizeof(line_ends[0])));
	tcase_add_test(t, the_way_back_holds_no_line_end);

	t = new_case(s, "proxies");
	tcase_add_test(t, the_header_proxy_leads_no_request_astray);
	tcase_add_test(t, proxies_of_the_environment_get_nothing);

	t = new_case(s, "bodies");
	tcase_add_test(t, slow_bodies_keep_nobody_from_calling);
	tcase_add_test(t, an_endless_body_comes_to_an_end);

	t = new_case(s, "processes");
	tcase_add_test(t, process_list_and_environment_hold_no_key);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
