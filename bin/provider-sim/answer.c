#include "answer.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "mem.h"
#include "server.h"
#include "sim.h"

static const char *const kind_names[] = {
	[ANSWER_PLAIN] = "plain",
	[ANSWER_PASS] = "pass",
	[ANSWER_CLOSE] = "close",
	[ANSWER_RESET] = "reset",
	[ANSWER_GARBAGE] = "garbage",
	[ANSWER_CUT] = "cut",
	[ANSWER_OVERSIZED] = "oversized",
	[ANSWER_SLOW_BODY] = "slow_body",
	[ANSWER_SLOW_HEAD] = "slow_head",
	[ANSWER_BODY_ON_204] = "body_on_204",
	[ANSWER_HANG] = "hang",
};

/* A body that MHD asks for piece by piece. */
struct stream {
	struct sim *sim;
	char *text; /* sent first */
	size_t len;
	uint64_t total;
	int64_t interval_ms; /* 0: as fast as it goes */
	bool cut;
};

void answer_release(struct answer *answer)
{
	free(answer->body);
	for (size_t i = 0; i < answer->headers; i++) {
		free(answer->header[i].name);
		free(answer->header[i].value);
	}
	*answer = (struct answer){0};
}

void answer_empty(struct answer *answer, int status)
{
	answer_release(answer);
	answer->status = status;
}

void answer_text(struct answer *answer, int status, const char *text)
{
	answer_empty(answer, status);
	answer->body = mem_text(text);
	answer->body_len = strlen(text);
}

void answer_json(struct answer *answer, int status, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (!text) {
		fputs("provider-sim: an answer could not be built\n", stderr);
		exit(1);
	}
	answer_empty(answer, status);
	answer->body = text;
	answer->body_len = strlen(text);
	answer_header(answer, "Content-Type", "application/json; charset=utf-8");
	json_decref(json);
}

void answer_header(struct answer *answer, const char *name, const char *value)
{
	if (answer->headers == ANSWER_HEADERS)
		return;
	answer->header[answer->headers].name = mem_text(name);
	answer->header[answer->headers].value = mem_text(value);
	answer->headers++;
}

const char *answer_kind_name(enum answer_kind kind)
{
	return kind_names[kind];
}

bool answer_kind_parse(const char *name, enum answer_kind *out)
{
	for (size_t i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++) {
		if (strcmp(name, kind_names[i]) == 0) {
			*out = (enum answer_kind)i;
			return true;
		}
	}
	return false;
}

static ssize_t stream_read(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct stream *stream = cls;
	size_t n;

	if (stream->interval_ms > 0 && pos > 0 &&
		!sim_sleep_real(stream->sim, -1, stream->interval_ms))
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (pos < stream->len) {
		n = stream->len - (size_t)pos;
		if (n > max)
			n = max;
		if (stream->interval_ms > 0)
			n = 1;
		memcpy(buf, stream->text + pos, n);
		return (ssize_t)n;
	}
	if (stream->cut)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = stream->interval_ms > 0 ? 1 : max;
	if (n > stream->total - pos)
		n = (size_t)(stream->total - pos);
	memset(buf, ' ', n);
	return (ssize_t)n;
}

static void stream_free(void *cls)
{
	struct stream *stream = cls;

	free(stream->text);
	free(stream);
}

static struct MHD_Response *streamed(struct sim *sim, struct answer *answer)
{
	struct stream *stream = mem_new(sizeof(*stream));
	uint64_t announced = MHD_SIZE_UNKNOWN;
	struct MHD_Response *response;

	stream->sim = sim;
	stream->text = answer->body;
	stream->len = answer->body_len;
	stream->total = UINT64_MAX;
	answer->body = NULL;
	if (answer->kind == ANSWER_CUT) {
		stream->cut = true;
		announced = stream->len + 1000;
	} else if (answer->kind == ANSWER_OVERSIZED) {
		stream->total = (uint64_t)answer->bytes;
		announced = stream->total;
		if (stream->len > stream->total)
			stream->len = (size_t)stream->total;
	} else {
		stream->interval_ms = answer->interval_ms;
	}
	response = MHD_create_response_from_callback(
		announced, 32768, stream_read, stream, stream_free);
	if (!response)
		stream_free(stream);
	return response;
}

static bool queue(struct request *request, struct answer *answer, struct MHD_Response *response)
{
	enum MHD_Result queued;

	if (!response)
		return false;
	for (size_t i = 0; i < answer->headers; i++)
		MHD_add_response_header(response, answer->header[i].name, answer->header[i].value);
	queued = MHD_queue_response(request->connection, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return queued == MHD_YES;
}

static bool send_plain(struct request *request, struct answer *answer)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		answer->body_len, answer->body, MHD_RESPMEM_MUST_FREE);

	if (response)
		answer->body = NULL;
	return queue(request, answer, response);
}

static void raw_send(int fd, const char *text, size_t len)
{
	while (len > 0) {
		struct pollfd writable = {.fd = fd, .events = POLLOUT};
		ssize_t n;

		if (poll(&writable, 1, 1000) <= 0)
			return;
		n = send(fd, text, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
}

static void send_body_on_204(int fd, const struct answer *answer)
{
	static const char surprise[] = "{\"call\":{\"id\":1}}";
	const char *body = answer->body_len ? answer->body : surprise;
	char *head = mem_format("HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n"
				"Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
		strlen(body), body);

	raw_send(fd, head, strlen(head));
	free(head);
}

static void send_slow_head(struct sim *sim, int fd, const struct answer *answer)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nX-Slow: ";

	raw_send(fd, head, sizeof(head) - 1);
	while (sim_sleep_real(sim, fd, answer->interval_ms))
		raw_send(fd, "x", 1);
}

/* A TCP socket that is told to forget its peer says so by a reset. */
static void reset(int fd)
{
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};

	if (connect(fd, &nobody, sizeof(nobody)) != 0)
		perror("provider-sim: reset");
}

bool answer_send(struct sim *sim, struct request *request, struct answer *answer)
{
	static const char garbage[] = "\x16\x03 THIS IS NOT HTTP\r\n\r\n";
	int fd = request_socket(request);

	switch (answer->kind) {
	case ANSWER_PLAIN:
	case ANSWER_PASS:
		return send_plain(request, answer);
	case ANSWER_CUT:
	case ANSWER_OVERSIZED:
	case ANSWER_SLOW_BODY:
		return queue(request, answer, streamed(sim, answer));
	case ANSWER_RESET:
		reset(fd);
		return false;
	case ANSWER_GARBAGE:
		if (answer->body_len)
			raw_send(fd, answer->body, answer->body_len);
		else
			raw_send(fd, garbage, sizeof(garbage) - 1);
		return false;
	case ANSWER_BODY_ON_204:
		send_body_on_204(fd, answer);
		return false;
	case ANSWER_SLOW_HEAD:
		send_slow_head(sim, fd, answer);
		return false;
	case ANSWER_HANG:
		sim_sleep_real(sim, fd, INT64_MAX);
		return false;
	case ANSWER_CLOSE:
		break;
	}
	return false;
}
