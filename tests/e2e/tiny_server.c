#include "tiny_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int bound_socket(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void serve_one(int fd, tiny_serve *serve, struct tiny_seen *seen)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	serve(fd, seen);
	close(fd);
	_exit(0);
}

static void serve_all(int listener, tiny_serve *serve, struct tiny_seen *seen)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		atomic_fetch_add(&seen->connections, 1);
		if (fork() == 0) {
			close(listener);
			serve_one(fd, serve, seen);
		}
		close(fd);
	}
}

void tiny_start(struct tiny_server *s, tiny_serve *serve)
{
	int listener = bound_socket(&s->port);

	ck_assert_int_eq(listen(listener, 64), 0);
	s->seen = mmap(
		NULL, sizeof(*s->seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(s->seen, MAP_FAILED);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d", s->port);
	s->pid = fork();
	ck_assert_int_ge(s->pid, 0);
	if (s->pid == 0) {
		setpgid(0, 0);
		serve_all(listener, serve, s->seen);
		_exit(1);
	}
	setpgid(s->pid, s->pid);
	close(listener);
}

void tiny_stop(struct tiny_server *s)
{
	kill(-s->pid, SIGKILL);
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	munmap(s->seen, sizeof(*s->seen));
	s->seen = NULL;
}

int tiny_closed_port(void)
{
	int port;

	close(bound_socket(&port));
	return port;
}

/* Linux drops further SYNs once the queue of a listener that never accepts is full. */
int tiny_blackhole_port(int fds[TINY_BLACKHOLE_FDS])
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int port;

	fds[0] = bound_socket(&port);
	ck_assert_int_eq(listen(fds[0], 0), 0);
	a.sin_port = htons((in_port_t)port);
	for (int i = 1; i < TINY_BLACKHOLE_FDS; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		ck_assert_int_ge(fds[i], 0);
		if (connect(fds[i], (struct sockaddr *)&a, sizeof(a)) != 0)
			ck_assert_int_eq(errno, EINPROGRESS);
	}
	return port;
}

static size_t body_length(const char *request)
{
	const char *field = strcasestr(request, "\r\nContent-Length:");

	return field != NULL ? strtoul(field + strlen("\r\nContent-Length:"), NULL, 10) : 0;
}

static bool is_whole(const char *request, size_t len)
{
	const char *end = strstr(request, "\r\n\r\n");

	return end != NULL && len >= (size_t)(end - request) + 4 + body_length(request);
}

bool tiny_read(int fd, struct tiny_seen *seen, char request[TINY_REQUEST_MAX])
{
	size_t len = 0;

	request[0] = '\0';
	while (!is_whole(request, len)) {
		ssize_t n = read(fd, request + len, TINY_REQUEST_MAX - 1 - len);

		if (n <= 0)
			return false;
		len += (size_t)n;
		request[len] = '\0';
	}
	memcpy(seen->last, request, len + 1);
	atomic_fetch_add(&seen->requests, 1);
	if (strncmp(request, "POST ", 5) == 0)
		atomic_fetch_add(&seen->posts, 1);
	return true;
}

bool tiny_write(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

bool tiny_say(int fd, const char *text)
{
	return tiny_write(fd, text, strlen(text));
}
