/* The HTTP client and whom it trusts: certificates made for the test, `openssl s_server`, proxies. */
#include "provider/http_client.h"
#include "tiny_server.h"
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000
#define SHORT_MS    500
#define ARGS_MAX    32

/* --- programs --- */

struct child {
	pid_t pid;
	int in, out; /* its standard input and output */
};

static void child_start(struct child *c, const char *const argv[])
{
	int in[2], out[2];

	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	c->pid = fork();
	ck_assert_int_ge(c->pid, 0);
	if (c->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(out[1], STDERR_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	c->in = in[1];
	c->out = out[0];
}

static int child_wait(struct child *c)
{
	int status = -1;

	close(c->in);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(c->out);
	return status;
}

/* Reads what it prints until `text` has come. */
static void child_says(struct child *c, const char *text, char *said, size_t size)
{
	size_t len = 0;

	do {
		struct pollfd p = {.fd = c->out, .events = POLLIN};
		ssize_t n;

		ck_assert_msg(poll(&p, 1, PATIENCE_MS) == 1, "waiting for %s", text);
		n = read(c->out, said + len, size - 1 - len);
		ck_assert_msg(n > 0, "waiting for %s", text);
		len += (size_t)n;
		said[len] = '\0';
	} while (strstr(said, text) == NULL || said[len - 1] != '\n');
}

/* Runs openssl to its end. */
static void run_openssl(const char *const argv[])
{
	char said[4096];
	size_t len = 0;
	struct child c;
	ssize_t n;
	int status;

	child_start(&c, argv);
	/* It says little. */
	while (len < sizeof(said) - 1 && (n = read(c.out, said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	status = child_wait(&c);
	ck_assert_msg(
		WIFEXITED(status) && WEXITSTATUS(status) == 0, "openssl %s: %s", argv[1], said);
}

#define openssl(...) run_openssl((const char *const[]){"openssl", __VA_ARGS__, NULL})

/* The port that stands behind `before`. */
static int port_behind(const char *text, const char *before)
{
	const char *at = strstr(text, before);
	char *end;
	long n;

	ck_assert_msg(at != NULL, "%s", text);
	at += strlen(before);
	n = strtol(at, &end, 10);
	ck_assert_msg(end != at && n > 0 && n < 65536, "%s", text);
	return (int)n;
}

/* --- certificates: made once for all tests --- */

static char directory[] = "/tmp/dialer-tls-XXXXXX";
static pid_t owner;

static const char *in_directory(const char *name)
{
	static char paths[8][128];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(in_directory(name), "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void make_ca(const char *name)
{
	char key[64], pem[64], subject[64];

	snprintf(key, sizeof(key), "%s.key", name);
	snprintf(pem, sizeof(pem), "%s.pem", name);
	snprintf(subject, sizeof(subject), "/CN=%s", name);
	openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
		"-days", "2", "-subj", subject, "-keyout", in_directory(key), "-out",
		in_directory(pem));
}

/* name.pem and name.key, signed by the CA, for the names of the extension file. */
static void make_certificate(const char *name, const char *ca, const char *names, const char *days)
{
	char key[64], pem[64], csr[64], ca_pem[64], ca_key[64];

	snprintf(key, sizeof(key), "%s.key", name);
	snprintf(pem, sizeof(pem), "%s.pem", name);
	snprintf(csr, sizeof(csr), "%s.csr", name);
	snprintf(ca_pem, sizeof(ca_pem), "%s.pem", ca);
	snprintf(ca_key, sizeof(ca_key), "%s.key", ca);
	write_file("names.ext", names);
	openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
		"/CN=test", "-keyout", in_directory(key), "-out", in_directory(csr));
	openssl("x509", "-req", "-in", in_directory(csr), "-CA", in_directory(ca_pem), "-CAkey",
		in_directory(ca_key), "-CAcreateserial", "-days", days, "-extfile",
		in_directory("names.ext"), "-out", in_directory(pem));
}

#define HERE "subjectAltName=IP:127.0.0.1,DNS:localhost\n"

static void make_certificates(void)
{
	owner = getpid();
	ck_assert_ptr_nonnull(mkdtemp(directory));
	make_ca("ca");
	make_ca("stranger");
	make_certificate("good", "ca", HERE, "2");
	make_certificate("elsewhere", "ca", "subjectAltName=DNS:api.example.org\n", "2");
	make_certificate("expired", "ca", HERE, "0");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_certificates(void)
{
	if (owner == getpid())
		nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* --- servers and client --- */

static char empty[] = "";
static struct child server;
static struct tiny_server proxy;
static struct http_client *client;
static char base[64];

static void setup(void)
{
	server.pid = 0;
	proxy.pid = 0;
	client = NULL;
}

static void teardown(void)
{
	http_client_close(client);
	if (server.pid > 0) {
		kill(server.pid, SIGKILL);
		child_wait(&server);
	}
	if (proxy.pid > 0)
		tiny_stop(&proxy);
}

/* openssl s_server with this certificate; `how` are more words for it. */
static void serve(const char *certificate, const char *const how[])
{
	const char *argv[ARGS_MAX] = {"openssl", "s_server", "-accept", "127.0.0.1:0"};
	char key[64], pem[64], said[4096];
	int count = 4;

	snprintf(key, sizeof(key), "%s.key", certificate);
	snprintf(pem, sizeof(pem), "%s.pem", certificate);
	argv[count++] = "-cert";
	argv[count++] = in_directory(pem);
	argv[count++] = "-key";
	argv[count++] = in_directory(key);
	for (; *how != NULL; how++)
		argv[count++] = *how;
	child_start(&server, argv);
	child_says(&server, "ACCEPT ", said, sizeof(said));
	snprintf(base, sizeof(base), "https://127.0.0.1:%d", port_behind(said, "127.0.0.1:"));
}

static const char *const answering[] = {"-www", NULL};
/* Takes what comes and says nothing. */
static const char *const silent[] = {NULL};
static const char *const old_fashioned[] = {
	"-www", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0", NULL};
static const char *const tls12[] = {"-www", "-tls1_2", NULL};

static void trust(const char *ca, const char *proxy_url)
{
	char path[128] = "";
	struct config c = {
		.aircall_base_url = base,
		.dialpad_base_url = base,
		.ca_file = path,
		.https_proxy = (char *)proxy_url,
	};

	if (*ca != '\0')
		snprintf(path, sizeof(path), "%s", in_directory(ca));
	ck_assert_int_eq(http_client_open(&c, &client), ERR_NONE);
}

static void place(const char *url, int64_t timeout_ms, struct http_answer *a)
{
	struct http_request r;

	/* s_server -www answers to nothing else. */
	http_request_init(&r, "GET");
	r.places_call = true;
	buf_adds(&r.url, url);
	buf_adds(&r.url, "/");
	http_answer_init(a);
	http_client_perform(client, &r, timeout_ms, a);
	http_request_release(&r);
}

static void placing_ends_in(enum http_fault fault)
{
	struct http_answer a;

	place(base, PATIENCE_MS, &a);
	ck_assert_msg(a.fault == fault, "fault %d instead of %d: %s", a.fault, fault, a.error);
	ck_assert_int_eq(a.status, fault == HTTP_ANSWERED ? 200 : 0);
	http_answer_release(&a);
}

/* --- certificates --- */

START_TEST(certificate_of_the_configured_ca_is_trusted)
{
	serve("good", answering);
	trust("ca.pem", empty);
	placing_ends_in(HTTP_ANSWERED);
}
END_TEST

START_TEST(tls_1_2_is_good_enough)
{
	serve("good", tls12);
	trust("ca.pem", empty);
	placing_ends_in(HTTP_ANSWERED);
}
END_TEST

START_TEST(name_is_compared_and_not_only_addresses)
{
	const char *colon;
	char port[16];

	serve("good", answering);
	colon = strrchr(base, ':');
	snprintf(port, sizeof(port), "%s", colon);
	snprintf(base, sizeof(base), "https://localhost%s", port);
	trust("ca.pem", empty);
	placing_ends_in(HTTP_ANSWERED);
}
END_TEST

START_TEST(unknown_ca_is_not_trusted)
{
	serve("good", answering);
	trust("stranger.pem", empty);
	placing_ends_in(HTTP_TLS_ERROR);
}
END_TEST

START_TEST(ca_of_the_test_is_not_among_the_system_s)
{
	serve("good", answering);
	trust("", empty);
	placing_ends_in(HTTP_TLS_ERROR);
}
END_TEST

START_TEST(expired_certificate_is_not_trusted)
{
	serve("expired", answering);
	trust("ca.pem", empty);
	placing_ends_in(HTTP_TLS_ERROR);
}
END_TEST

START_TEST(certificate_of_another_host_is_not_trusted)
{
	serve("elsewhere", answering);
	trust("ca.pem", empty);
	placing_ends_in(HTTP_TLS_ERROR);
}
END_TEST

START_TEST(self_signed_certificate_is_not_trusted)
{
	serve("stranger", answering);
	trust("ca.pem", empty);
	placing_ends_in(HTTP_TLS_ERROR);
}
END_TEST

START_TEST(tls_1_1_is_too_old)
{
	serve("good", old_fashioned);
	trust("ca.pem", empty);
	placing_ends_in(HTTP_TLS_ERROR);
}
END_TEST

START_TEST(missing_ca_file_is_a_tls_error)
{
	serve("good", answering);
	trust("no-such-file.pem", empty);
	placing_ends_in(HTTP_TLS_ERROR);
}
END_TEST

START_TEST(ca_file_without_certificates_is_a_tls_error)
{
	serve("good", answering);
	write_file("nonsense.pem", "nonsense\n");
	trust("nonsense.pem", empty);
	placing_ends_in(HTTP_TLS_ERROR);
}
END_TEST

/* --- connections that end early --- */

static void close_at_once(int fd, struct tiny_seen *seen)
{
	char byte;

	(void)seen;
	/* The client's first words, so that the end comes in the middle of the handshake. */
	if (read(fd, &byte, 1) != 1)
		return;
}

static void say_nothing(int fd, struct tiny_seen *seen)
{
	char bytes[512];

	(void)seen;
	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

static void speak_plain(int fd, struct tiny_seen *seen)
{
	char bytes[512];

	(void)seen;
	if (read(fd, bytes, sizeof(bytes)) > 0)
		tiny_say(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
}

START_TEST(end_in_the_handshake_is_a_tls_error)
{
	tiny_start(&proxy, close_at_once);
	snprintf(base, sizeof(base), "https://127.0.0.1:%d", proxy.port);
	trust("ca.pem", empty);
	placing_ends_in(HTTP_TLS_ERROR);
}
END_TEST

START_TEST(server_without_tls_is_a_tls_error)
{
	tiny_start(&proxy, speak_plain);
	snprintf(base, sizeof(base), "https://127.0.0.1:%d", proxy.port);
	trust("ca.pem", empty);
	placing_ends_in(HTTP_TLS_ERROR);
}
END_TEST

START_TEST(handshake_never_answered_is_unreachable)
{
	struct http_answer a;

	tiny_start(&proxy, say_nothing);
	snprintf(base, sizeof(base), "https://127.0.0.1:%d", proxy.port);
	trust("ca.pem", empty);
	place(base, SHORT_MS, &a);
	ck_assert_msg(a.fault == HTTP_UNREACHABLE, "fault %d: %s", a.fault, a.error);
	http_answer_release(&a);
}
END_TEST

START_TEST(silence_behind_tls_is_unclear)
{
	struct http_answer a;
	char said[8192];

	serve("good", silent);
	trust("ca.pem", empty);
	place(base, SHORT_MS, &a);
	ck_assert_msg(a.fault == HTTP_UNCLEAR, "fault %d: %s", a.fault, a.error);
	http_answer_release(&a);
	/* The request had arrived. */
	child_says(&server, "GET / HTTP/1.1", said, sizeof(said));
}
END_TEST

/* --- proxies --- */

static void refuse_tunnel(int fd, struct tiny_seen *seen)
{
	static char request[TINY_REQUEST_MAX];

	if (tiny_read(fd, seen, request))
		tiny_say(fd, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
}

static void fail_tunnel(int fd, struct tiny_seen *seen)
{
	static char request[TINY_REQUEST_MAX];

	if (tiny_read(fd, seen, request))
		tiny_say(fd, "HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n");
}

static void close_tunnel(int fd, struct tiny_seen *seen)
{
	static char request[TINY_REQUEST_MAX];

	tiny_read(fd, seen, request);
}

static void pump(int from, int to)
{
	char bytes[4096];
	ssize_t n = read(from, bytes, sizeof(bytes));

	if (n <= 0 || !tiny_write(to, bytes, (size_t)n))
		_exit(0);
}

/* A proxy that does its work. */
static void open_tunnel(int fd, struct tiny_seen *seen)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	static char request[TINY_REQUEST_MAX];
	int up = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd p[2];

	if (!tiny_read(fd, seen, request))
		return;
	a.sin_port = htons((in_port_t)port_behind(request, "CONNECT 127.0.0.1:"));
	if (connect(up, (struct sockaddr *)&a, sizeof(a)) != 0 ||
		!tiny_say(fd, "HTTP/1.1 200 OK\r\n\r\n"))
		return;
	p[0] = (struct pollfd){.fd = fd, .events = POLLIN};
	p[1] = (struct pollfd){.fd = up, .events = POLLIN};
	while (poll(p, 2, -1) > 0) {
		if (p[0].revents != 0)
			pump(fd, up);
		if (p[1].revents != 0)
			pump(up, fd);
	}
}

static void behind_proxy(tiny_serve *how, const char *certificate, const char *ca)
{
	tiny_start(&proxy, how);
	serve(certificate, answering);
	trust(ca, proxy.url);
}

START_TEST(configured_proxy_is_used)
{
	behind_proxy(open_tunnel, "good", "ca.pem");
	placing_ends_in(HTTP_ANSWERED);
	ck_assert_int_eq(proxy.seen->requests, 1);
	ck_assert(strncmp(proxy.seen->last, "CONNECT 127.0.0.1:", 18) == 0);
	ck_assert_ptr_null(strcasestr(proxy.seen->last, "authorization"));
}
END_TEST

START_TEST(exceptions_of_the_environment_are_ignored)
{
	ck_assert_int_eq(setenv("no_proxy", "*", 1), 0);
	ck_assert_int_eq(setenv("NO_PROXY", "*", 1), 0);
	behind_proxy(open_tunnel, "good", "ca.pem");
	placing_ends_in(HTTP_ANSWERED);
	ck_assert_int_eq(proxy.seen->requests, 1);
}
END_TEST

START_TEST(proxies_of_the_environment_are_ignored)
{
	char dead[64];

	snprintf(dead, sizeof(dead), "http://127.0.0.1:%d", tiny_closed_port());
	ck_assert_int_eq(setenv("https_proxy", dead, 1), 0);
	ck_assert_int_eq(setenv("HTTPS_PROXY", dead, 1), 0);
	ck_assert_int_eq(setenv("ALL_PROXY", dead, 1), 0);
	serve("good", answering);
	trust("ca.pem", empty);
	placing_ends_in(HTTP_ANSWERED);
}
END_TEST

static tiny_serve *const no_tunnel[] = {refuse_tunnel, fail_tunnel, close_tunnel};

START_TEST(without_a_tunnel_nothing_was_sent)
{
	behind_proxy(no_tunnel[_i], "good", "ca.pem");
	placing_ends_in(HTTP_UNREACHABLE);
	ck_assert_int_eq(proxy.seen->requests, 1);
}
END_TEST

START_TEST(silent_proxy_is_unreachable)
{
	struct http_answer a;

	behind_proxy(say_nothing, "good", "ca.pem");
	place(base, SHORT_MS, &a);
	ck_assert_msg(a.fault == HTTP_UNREACHABLE, "fault %d: %s", a.fault, a.error);
	http_answer_release(&a);
}
END_TEST

START_TEST(proxy_that_is_not_there_is_unreachable)
{
	char dead[64];

	snprintf(dead, sizeof(dead), "http://127.0.0.1:%d", tiny_closed_port());
	serve("good", answering);
	trust("ca.pem", dead);
	placing_ends_in(HTTP_UNREACHABLE);
}
END_TEST

START_TEST(proxy_does_not_make_a_stranger_trusted)
{
	behind_proxy(open_tunnel, "good", "stranger.pem");
	placing_ends_in(HTTP_TLS_ERROR);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_client_tls");
	TCase *t = tcase_create("http_client_tls");
	SRunner *r;
	int failed;

	/* Made by the process of the runner, which alone removes them. */
	tcase_add_unchecked_fixture(t, make_certificates, remove_certificates);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, certificate_of_the_configured_ca_is_trusted);
	tcase_add_test(t, tls_1_2_is_good_enough);
	tcase_add_test(t, name_is_compared_and_not_only_addresses);
	tcase_add_test(t, unknown_ca_is_not_trusted);
	tcase_add_test(t, ca_of_the_test_is_not_among_the_system_s);
	tcase_add_test(t, expired_certificate_is_not_trusted);
	tcase_add_test(t, certificate_of_another_host_is_not_trusted);
	tcase_add_test(t, self_signed_certificate_is_not_trusted);
	tcase_add_test(t, tls_1_1_is_too_old);
	tcase_add_test(t, missing_ca_file_is_a_tls_error);
	tcase_add_test(t, ca_file_without_certificates_is_a_tls_error);
	tcase_add_test(t, end_in_the_handshake_is_a_tls_error);
	tcase_add_test(t, server_without_tls_is_a_tls_error);
	tcase_add_test(t, handshake_never_answered_is_unreachable);
	tcase_add_test(t, silence_behind_tls_is_unclear);
	tcase_add_test(t, configured_proxy_is_used);
	tcase_add_test(t, exceptions_of_the_environment_are_ignored);
	tcase_add_test(t, proxies_of_the_environment_are_ignored);
	tcase_add_loop_test(t, without_a_tunnel_nothing_was_sent, 0,
		(int)(sizeof(no_tunnel) / sizeof(no_tunnel[0])));
	tcase_add_test(t, silent_proxy_is_unreachable);
	tcase_add_test(t, proxy_that_is_not_there_is_unreachable);
	tcase_add_test(t, proxy_does_not_make_a_stranger_trusted);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
