/*
 * A server on raw sockets which misbehaves as told: each connection is served by a function in a process of its own.
 * What came is counted in memory shared with the test.
 */
#ifndef E2E_TINY_SERVER_H
#define E2E_TINY_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TINY_REQUEST_MAX 16384

struct tiny_seen {
	atomic_int connections;
	atomic_int requests; /* read to their end */
	atomic_int posts;
	char last[TINY_REQUEST_MAX]; /* the latest request with its body */
};

struct tiny_server {
	pid_t pid; /* leads the group of all its processes */
	int port;
	struct tiny_seen *seen;
	char url[64]; /* http://127.0.0.1:41234 */
};

typedef void tiny_serve(int fd, struct tiny_seen *seen);

/* They abort the test when they fail. */
void tiny_start(struct tiny_server *s, tiny_serve *serve);
void tiny_stop(struct tiny_server *s);

/* A port on 127.0.0.1 at which nobody listens. */
int tiny_closed_port(void);
/* A port whose connections are never accepted nor refused; close the fds afterwards. */
#define TINY_BLACKHOLE_FDS 8
int tiny_blackhole_port(int fds[TINY_BLACKHOLE_FDS]);

/* For functions that serve: reads one request with its body, counts it, and keeps it. False: the connection ended. */
bool tiny_read(int fd, struct tiny_seen *seen, char request[TINY_REQUEST_MAX]);
/* False: the client has left. */
bool tiny_write(int fd, const void *bytes, size_t len);
bool tiny_say(int fd, const char *text);

#endif
