#include "e2e/listener.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int listener_open(char url[80])
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(url, 80, "http://127.0.0.1:%u/hook", ntohs(address.sin_port));
	return fd;
}

bool listener_arrives(int listener, int ms)
{
	struct pollfd fd = {.fd = listener, .events = POLLIN};

	return poll(&fd, 1, ms) > 0;
}

/* Reads until the announced length of the body has come; the body's place in text. */
static const char *read_request(int fd, char *text, size_t size)
{
	const char *body = NULL;
	size_t len = 0;

	text[0] = '\0';
	while (!body ||
		strlen(body) < strtoul(strcasestr(text, "content-length: ") + 16, NULL, 10)) {
		ssize_t n = read(fd, text + len, size - 1 - len);

		ck_assert_int_gt(n, 0);
		len += (size_t)n;
		text[len] = '\0';
		body = strstr(text, "\r\n\r\n");
		body = body ? body + 4 : NULL;
	}
	return body;
}

char *listener_receive(int listener, const char *status, long wait_ms, char head[LISTENER_HEAD])
{
	struct timespec wait = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};
	static const char rest[] = "Content-Length: 0\r\nConnection: close\r\n\r\n";
	char text[20000];
	const char *body;
	char *copy;
	int fd;

	ck_assert_msg(listener_arrives(listener, 15000), "no event came");
	fd = accept(listener, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	body = read_request(fd, text, sizeof(text));
	nanosleep(&wait, NULL);
	if (dprintf(fd, "HTTP/1.1 %s\r\n%s", status, rest) < 0)
		ck_assert_int_gt(wait_ms, 0);
	close(fd);
	if (head)
		snprintf(head, LISTENER_HEAD, "%.*s",
			(int)(body - text < LISTENER_HEAD ? body - text : LISTENER_HEAD - 1), text);
	copy = strdup(body);
	ck_assert_ptr_nonnull(copy);
	return copy;
}
