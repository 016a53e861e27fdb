#include "http/fastcgi.h"

#include "http/fastcgi_record.h"
#include "http/send.h"
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define LISTENING STDIN_FILENO /* FCGI_LISTENSOCK_FILENO */
#define FREED     0xa5         /* what freed memory is overwritten with */
#define PIECES    8            /* parts of an answer written at once */

struct fastcgi {
	FCGX_Request request;
	int signals; /* where signals to end arrive */
	bool retired;
};

bool fastcgi_is_started(void)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	return getsockopt(LISTENING, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 &&
	       listening != 0;
}

enum err fastcgi_open(struct fastcgi **out)
{
	struct fastcgi *f = calloc(1, sizeof(*f));
	sigset_t end;

	*out = NULL;
	if (!f)
		return ERR_NOMEM;
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGHUP);
	sigaddset(&end, SIGINT);
	sigprocmask(SIG_BLOCK, &end, NULL);
	f->signals = signalfd(-1, &end, SFD_CLOEXEC | SFD_NONBLOCK);
	if (f->signals == -1 || FCGX_Init() != 0 ||
		FCGX_InitRequest(&f->request, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0 ||
		fcntl(LISTENING, F_SETFL, O_NONBLOCK) == -1) {
		fastcgi_close(f);
		return ERR_IO;
	}
	/* No user's token or telephone number lies about while another's request is served. */
	(void)mallopt(M_PERTURB, FREED);
	*out = f;
	return ERR_NONE;
}

void fastcgi_close(struct fastcgi *f)
{
	if (!f)
		return;
	if (f->signals != -1)
		close(f->signals);
	free(f);
}

/* --- requests --- */

/* Connections are accepted here: libfcgi's own way would try for ever once the socket is closed to new
 * ones. A request on a connection that is there already is what it takes for the next one of a kept
 * connection. */
static enum fastcgi_event take(struct fastcgi *f)
{
	int fd = accept4(LISTENING, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1)
		return f->retired && errno != EINTR ? FASTCGI_END : FASTCGI_IDLE;
	f->request.ipcFd = fd;
	f->request.keepConnection = 1;
	/* One that breaks off before its request is complete is closed, and nobody waits for it. */
	return FCGX_Accept_r(&f->request) == 0 ? FASTCGI_REQUEST : FASTCGI_IDLE;
}

enum fastcgi_event fastcgi_wait(struct fastcgi *f, int idle_ms)
{
	struct pollfd p[2] = {
		{.fd = LISTENING, .events = POLLIN}, {.fd = f->signals, .events = POLLIN}};
	int n;

	while (!f->retired) {
		n = poll(p, 2, idle_ms);
		if (n == 0)
			return FASTCGI_IDLE;
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 || p[1].revents != 0)
			fastcgi_retire(f);
		else if (p[0].revents != 0)
			break;
	}
	return take(f);
}

void fastcgi_retire(struct fastcgi *f)
{
	/* Whoever connects from now on is refused at once, and the server takes another process. */
	if (shutdown(LISTENING, SHUT_RD) == -1)
		close(LISTENING);
	f->retired = true;
}

char **fastcgi_environment(struct fastcgi *f)
{
	return f->request.envp;
}

int fastcgi_descriptor(const struct fastcgi *f)
{
	return f->request.ipcFd;
}

void fastcgi_finish(struct fastcgi *f)
{
	char rest[4096];

	/* What was not read when a connection is closed takes the answer with it. */
	while (recv(f->request.ipcFd, rest, sizeof(rest), MSG_DONTWAIT) > 0)
		;
	/* Else libfcgi would wait for the server to close it, too, for up to two seconds. */
	FCGX_Detach(&f->request);
	FCGX_Free(&f->request, 1);
}

/* --- the channel --- */

static ssize_t read_body(void *arg, void *to, size_t len)
{
	struct fastcgi *f = arg;
	int n = FCGX_GetStr(to, (int)len, f->request.in);

	return n > 0 || FCGX_GetError(f->request.in) == 0 ? n : -1;
}

/* The body's end comes as surely as the body: the server has all of it before it asks. */
static bool ready(void *arg)
{
	(void)arg;
	return true;
}

/* A record for all of it, which is not too long for one. */
static bool write_whole(
	const struct fastcgi *f, struct iovec *iov, int count, size_t len, bool last)
{
	unsigned char header[FASTCGI_HEADER], finish[FASTCGI_TAIL];
	uint16_t id = (uint16_t)f->request.requestId;
	struct iovec out[PIECES + 2];
	int n = 0;

	fastcgi_record_header(header, id, len);
	fastcgi_record_finish(finish, id);
	/* A record of nothing would be the end of the answer. */
	if (len > 0)
		out[n++] = (struct iovec){header, sizeof(header)};
	for (int i = 0; i < count; i++)
		out[n++] = iov[i];
	if (last)
		out[n++] = (struct iovec){finish, sizeof(finish)};
	return send_all(f->request.ipcFd, out, n);
}

static bool write_answer(void *arg, struct iovec *iov, int count, bool last)
{
	const struct fastcgi *f = arg;
	size_t len = 0;

	for (int i = 0; i < count; i++)
		len += iov[i].iov_len;
	if (len <= FASTCGI_CONTENT_MAX && count <= PIECES)
		return write_whole(f, iov, count, len, last);
	for (int i = 0; i < count; i++) {
		char *from = iov[i].iov_base;

		for (size_t left = iov[i].iov_len; left > 0;) {
			size_t n = left < FASTCGI_CONTENT_MAX ? left : FASTCGI_CONTENT_MAX;

			if (!write_whole(f, &(struct iovec){from, n}, 1, n, false))
				return false;
			from += n;
			left -= n;
		}
	}
	return !last || write_whole(f, NULL, 0, 0, true);
}

struct cgi_channel fastcgi_channel(struct fastcgi *f)
{
	return (struct cgi_channel){
		read_body, ready, write_answer, f, (uint16_t)f->request.requestId};
}
