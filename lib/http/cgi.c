#include "http/cgi.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "http/fastcgi_record.h"
#include "http/send.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define HEAD_MAX      512
#define STREAM_PIECE  ((size_t)4 * 1024 * 1024)
#define HOLD_SECONDS  600
#define LENGTH_ABSENT ((int64_t)-1)

/* --- reading --- */

static const char *find(char *const environment[], const char *name)
{
	size_t len = strlen(name);

	for (; environment && *environment; environment++)
		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return *environment + len + 1;
	return NULL;
}

static const char *get(char *const environment[], const char *name)
{
	const char *value = find(environment, name);

	return value ? value : "";
}

static bool make_id(char id[REQUEST_ID_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[(REQUEST_ID_SIZE - 1) / 2];

	if (random_bytes(raw, sizeof(raw)) != ERR_NONE)
		return false;
	for (size_t i = 0; i < sizeof(raw); i++) {
		id[2 * i] = digits[raw[i] >> 4];
		id[2 * i + 1] = digits[raw[i] & 15];
	}
	id[REQUEST_ID_SIZE - 1] = '\0';
	return true;
}

/* How much is read, and what of it is kept. */
struct intake {
	const struct cgi_channel *channel;
	struct buf *keep;
	size_t got;
};

/* Reads once, at most `limit` bytes. False at the end or when it broke off. */
static bool intake_read(struct intake *in, size_t limit)
{
	char piece[16 * 1024];
	ssize_t n = in->channel->read(
		in->channel->arg, piece, limit < sizeof(piece) ? limit : sizeof(piece));

	if (n <= 0)
		return false;
	in->got += (size_t)n;
	if (in->got <= REQUEST_BODY_MAX)
		buf_add(in->keep, piece, (size_t)n);
	return true;
}

/* Takes what has come beyond the announced length, without waiting for more. */
static bool intake_surplus(struct intake *in)
{
	size_t before = in->got;

	while (in->got < CGI_DRAIN_MAX && in->channel->ready(in->channel->arg) &&
		intake_read(in, SIZE_MAX))
		;
	return in->got > before;
}

static enum body_state read_body(struct intake *in, const char *announced)
{
	bool readable, too_large;
	int64_t length = LENGTH_ABSENT;
	size_t want;

	readable = !*announced || text_int(announced, strlen(announced), 0, INT64_MAX, &length);
	/* Digits that do not fit are a large length, not a bad one. */
	too_large = text_is_digits(announced, strlen(announced)) &&
		    (!readable || length > (int64_t)REQUEST_BODY_MAX);
	want = readable && length >= 0 && length < (int64_t)CGI_DRAIN_MAX ? (size_t)length
									  : CGI_DRAIN_MAX;
	while (in->got < want && intake_read(in, want - in->got))
		;
	if (length != LENGTH_ABSENT && in->got == (size_t)length && intake_surplus(in))
		readable = false;
	if (too_large || in->got > REQUEST_BODY_MAX)
		return BODY_TOO_LARGE;
	if (!readable || (length != LENGTH_ABSENT && in->got != (size_t)length))
		return BODY_BAD;
	return BODY_OK;
}

bool cgi_request_from(
	struct request *q, char *const environment[], const struct cgi_channel *channel)
{
	struct intake in = {.channel = channel, .keep = &q->body};
	const char *key;
	bool has_id;

	request_init(q);
	q->fastcgi_id = channel->fastcgi_id;
	has_id = make_id(q->id);
	q->now_ms = clock_now_ms();
	q->method = get(environment, "REQUEST_METHOD");
	if (strcmp(q->method, "HEAD") == 0) {
		q->method = "GET";
		q->head_only = true;
	}
	q->path_info = get(environment, "PATH_INFO");
	q->uri = get(environment, "REQUEST_URI");
	q->query = get(environment, "QUERY_STRING");
	q->content_type = get(environment, "CONTENT_TYPE");
	q->accept = get(environment, "HTTP_ACCEPT");
	q->authorization = get(environment, "HTTP_AUTHORIZATION");
	q->if_match = get(environment, "HTTP_IF_MATCH");
	q->has_if_match = find(environment, "HTTP_IF_MATCH") != NULL;
	key = find(environment, "HTTP_IDEMPOTENCY_KEY");
	q->has_idempotency_key = key != NULL;
	q->idempotency_key = key ? key : "";
	q->origin = get(environment, "HTTP_ORIGIN");
	q->preflight = get(environment, "HTTP_ACCESS_CONTROL_REQUEST_METHOD");
	q->cookie = get(environment, "HTTP_COOKIE");
	q->remote_user = get(environment, "REMOTE_USER");
	q->remote_addr = get(environment, "REMOTE_ADDR");
	q->https = text_equal_nocase(get(environment, "HTTPS"), "on");

	q->body_state = read_body(&in, get(environment, "CONTENT_LENGTH"));
	if (q->body.failed)
		return false;
	if (q->body_state != BODY_OK)
		buf_release(&q->body);
	return has_id;
}

/* --- sending --- */

static bool has_body(const struct response *r)
{
	return r->content_type != NULL;
}

/* Everything that comes before the handler's own headers. */
static int make_head(char head[HEAD_MAX], const struct response *r, const struct request *q)
{
	char type[128] = "", length[48] = "";

	if (has_body(r))
		snprintf(type, sizeof(type), "Content-Type: %s\n", r->content_type);
	size_t len;
	(void)response_body(r, &len);
	if (!r->stream.next && r->status != 204)
		snprintf(length, sizeof(length), "Content-Length: %zu\n", len);
	return snprintf(head, HEAD_MAX,
		"Status: %d %s\n%s%sCache-Control: no-store\nX-Content-Type-Options: nosniff\n"
		"X-Request-Id: %s\n",
		r->status, response_reason(r->status), type, length, q->id);
}

static enum cgi_sent send_stream(struct response *r, const struct cgi_channel *channel)
{
	enum cgi_sent sent = CGI_SENT;
	struct buf piece;
	int more;

	buf_init(&piece, STREAM_PIECE);
	do {
		struct iovec iov;

		buf_reset(&piece);
		more = r->stream.next(r->stream.arg, &piece);
		if (piece.failed)
			more = -1;
		iov = (struct iovec){.iov_base = piece.s, .iov_len = piece.len};
		if (more < 0)
			sent = CGI_CUT;
		else if (!channel->write(channel->arg, &iov, 1, more == 0))
			sent = CGI_CLIENT_LEFT;
	} while (more > 0 && sent == CGI_SENT);
	buf_release(&piece);
	return sent;
}

enum cgi_sent cgi_response_to(
	struct response *r, const struct request *q, const struct cgi_channel *channel)
{
	char head[HEAD_MAX], end_of_head[] = "\n";
	size_t len;
	const char *body = response_body(r, &len);
	int head_len = make_head(head, r, q);
	bool with_body = has_body(r) && !q->head_only;
	bool streamed = r->stream.next && with_body;
	enum cgi_sent sent = CGI_SENT;
	struct iovec iov[4] = {
		{.iov_base = head, .iov_len = (size_t)head_len},
		{.iov_base = r->headers.s, .iov_len = r->headers.len},
		{.iov_base = end_of_head, .iov_len = 1},
		{.iov_base = (void *)(uintptr_t)body, .iov_len = with_body ? len : 0},
	};

	if (!channel->write(channel->arg, iov, 4, !streamed))
		sent = CGI_CLIENT_LEFT;
	else if (streamed)
		sent = send_stream(r, channel);
	if (r->stream.done)
		r->stream.done(r->stream.arg);
	r->stream = (struct body_stream){0};
	return sent;
}

/* --- by descriptors --- */

static ssize_t read_fd(void *arg, void *to, size_t len)
{
	ssize_t n;

	do
		n = read(*(const int *)arg, to, len);
	while (n == -1 && errno == EINTR);
	return n;
}

static bool ready_fd(void *arg)
{
	struct pollfd p = {.fd = *(const int *)arg, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static bool write_fd(void *arg, struct iovec *iov, int count, bool last)
{
	(void)last;
	return send_all(*(const int *)arg, iov, count);
}

bool cgi_request_read(struct request *q, char *const environment[], int fd)
{
	const struct cgi_channel channel = {read_fd, ready_fd, write_fd, &fd, 0};

	return cgi_request_from(q, environment, &channel);
}

enum cgi_sent cgi_response_send(struct response *r, const struct request *q, int fd)
{
	const struct cgi_channel channel = {read_fd, ready_fd, write_fd, &fd, 0};

	return cgi_response_to(r, q, &channel);
}

void cgi_hold_until_cut(void)
{
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGALRM, SIG_DFL);
	alarm(HOLD_SECONDS);
	for (;;)
		pause();
}

static void add_answer(const struct request *q, const struct response *r, struct buf *out)
{
	char head[HEAD_MAX];

	make_head(head, r, q);
	buf_adds(out, head);
	buf_add(out, r->headers.s, r->headers.len);
	buf_addc(out, '\n');
	size_t len;
	const char *body = response_body(r, &len);
	if (!q->head_only)
		buf_add(out, body, len);
}

bool cgi_answer_bytes(const struct request *q, struct response *r, struct buf *out)
{
	size_t begin = out->len;
	bool framed = q->fastcgi_id != 0;

	response_settle(r);
	if (framed)
		fastcgi_record_begin(out);
	add_answer(q, r, out);
	if (framed)
		fastcgi_record_end(out, begin, q->fastcgi_id);
	return !out->failed;
}

bool cgi_emergency_answer(const struct request *q, struct buf *out)
{
	struct response r;

	response_init(&r);
	response_storage_unavailable(&r);
	bool built = cgi_answer_bytes(q, &r, out);
	response_release(&r);
	return built;
}
