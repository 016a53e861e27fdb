#include "post.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "sim.h"
#include "text.h"

struct exchange {
	struct sim *sim;
	int fd;
	int64_t deadline_ms; /* by the real clock */
};

/* Splits "http://HOST:PORT/PATH". Only loopback hosts are known. */
static bool parse(const char *url, struct sockaddr_in *address, char host[64], const char **path)
{
	static const char scheme[] = "http://";
	const char *start = url + sizeof(scheme) - 1;
	size_t len;
	char *colon;
	int64_t port = 80;
	char name[64];

	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		return false;
	len = strcspn(start, "/?");
	if (len == 0 || len >= sizeof(name))
		return false;
	memcpy(name, start, len);
	name[len] = '\0';
	snprintf(host, 64, "%s", name);
	*path = start[len] ? start + len : "/";
	colon = strchr(name, ':');
	if (colon) {
		*colon = '\0';
		if (!text_int64(colon + 1, &port) || port < 1 || port > 65535)
			return false;
	}
	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	if (inet_pton(AF_INET, strcmp(name, "localhost") == 0 ? "127.0.0.1" : name,
		    &address->sin_addr) != 1)
		return false;
	return ntohl(address->sin_addr.s_addr) >> 24 == 127;
}

/* False: too late, or stopping. */
static bool wait_for(const struct exchange *exchange, short events)
{
	while (!atomic_load(&exchange->sim->stopping)) {
		struct pollfd fd = {.fd = exchange->fd, .events = events};
		int64_t left = exchange->deadline_ms - clock_real_ms();

		if (left <= 0)
			return false;
		if (poll(&fd, 1, left > 50 ? 50 : (int)left) > 0)
			return true;
	}
	return false;
}

static bool open_connection(const struct exchange *exchange, const struct sockaddr_in *address)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (connect(exchange->fd, (const struct sockaddr *)(const void *)address,
		    sizeof(*address)) == 0)
		return true;
	return errno == EINPROGRESS && wait_for(exchange, POLLOUT) &&
	       getsockopt(exchange->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0;
}

static bool send_all(const struct exchange *exchange, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = send(exchange->fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (n < 0 && !wait_for(exchange, POLLOUT))
			return false;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return true;
}

/* Reads the answer to its end, so that the receiver never sees a reset. The status, or -1. */
static int read_status(const struct exchange *exchange)
{
	char head[64];
	size_t len = 0;
	char rest[4096];
	int64_t status;
	bool ended = false;

	while (!ended && wait_for(exchange, POLLIN)) {
		ssize_t n = recv(exchange->fd, rest, sizeof(rest), 0);
		size_t room = sizeof(head) - 1 - len;

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		ended = n <= 0;
		if (n > 0 && room > 0) {
			size_t take = (size_t)n < room ? (size_t)n : room;

			memcpy(head + len, rest, take);
			len += take;
		}
	}
	if (!ended)
		return -1;
	head[len] = '\0';
	if (len < 12 || strncmp(head, "HTTP/1.", 7) != 0 || head[8] != ' ')
		return -1;
	head[12] = '\0';
	return text_int64(head + 9, &status) ? (int)status : -1;
}

int post_event(struct sim *sim, const char *url, const char *type, const char *headers,
	const char *body, int64_t timeout_ms)
{
	struct exchange exchange = {.sim = sim, .deadline_ms = clock_real_ms() + timeout_ms};
	struct sockaddr_in address;
	char host[64];
	const char *path;
	char *text;
	int status = -1;

	if (!parse(url, &address, host, &path))
		return -1;
	exchange.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (exchange.fd < 0)
		return -1;
	text = mem_format("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n%s"
			  "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
		path, host, type, headers, strlen(body), body);
	if (open_connection(&exchange, &address) && send_all(&exchange, text))
		status = read_status(&exchange);
	free(text);
	close(exchange.fd);
	return status;
}
