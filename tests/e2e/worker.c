#include "e2e/worker.h"

#include "e2e/internal.h"
#include <ctype.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };

#define ID       9
#define SENT_MAX ((size_t)512 * 1024)

static void start(struct worker *w, const char *name, const char *const *env, bool outlives)
{
	const char *const argv[] = {e2e_text("%s/cgi-bin/%s.cgi", e2e.build, name), NULL};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	/* A name of the kernel's choice, which no directory keeps anybody from. */
	w->at = (struct sockaddr_un){.sun_family = AF_UNIX};
	w->at_len = sizeof(w->at);
	if (fd == -1 || bind(fd, (struct sockaddr *)&w->at, sizeof(sa_family_t)) == -1 ||
		getsockname(fd, (struct sockaddr *)&w->at, &w->at_len) == -1 ||
		listen(fd, 64) == -1 || stat(e2e.data, &st) == -1)
		e2e_die("a socket for %s", name);
	w->process = e2e_begin_with(&(struct begin_options){.argv = argv,
		.env = env,
		.uid = geteuid() == 0 ? st.st_uid : 0,
		.input_fd = fd,
		.outlives = outlives});
	close(fd);
}

void worker_start(struct worker *w, const char *name, const char *const *env)
{
	start(w, name, env, false);
}

void worker_leave_behind(struct worker *w, const char *name)
{
	start(w, name, NULL, true);
}

/* --- a request as bytes --- */

struct bytes {
	unsigned char *s;
	size_t len;
};

static void add(struct bytes *b, const void *s, size_t len)
{
	if (b->len + len > SENT_MAX)
		e2e_die("the request is too long");
	memcpy(b->s + b->len, s, len);
	b->len += len;
}

static void add_record(struct bytes *b, int type, const void *s, size_t len)
{
	unsigned char head[8] = {
		1, (unsigned char)type, 0, ID, (unsigned char)(len >> 8), (unsigned char)len, 0, 0};

	add(b, head, sizeof(head));
	add(b, s, len);
}

static void add_length(struct bytes *b, size_t len)
{
	unsigned char four[4] = {(unsigned char)(128 | len >> 24), (unsigned char)(len >> 16),
		(unsigned char)(len >> 8), (unsigned char)len};

	if (len < 128)
		add(b, &four[3], 1);
	else
		add(b, four, 4);
}

static void add_param(struct bytes *b, const char *name, const char *value)
{
	struct bytes pair = {.s = malloc(SENT_MAX)};

	if (pair.s == NULL)
		e2e_die("memory");
	add_length(&pair, strlen(name));
	add_length(&pair, strlen(value));
	add(&pair, name, strlen(name));
	add(&pair, value, strlen(value));
	add_record(b, PARAMS, pair.s, pair.len);
	free(pair.s);
}

/* "If-Match: x" is HTTP_IF_MATCH=x. */
static void add_header(struct bytes *b, const char *line)
{
	char name[64];
	size_t n = strcspn(line, ":");
	int len = snprintf(name, sizeof(name), "HTTP_%.*s", (int)n, line);

	for (int i = 0; i < len; i++)
		name[i] = name[i] == '-' ? '_' : (char)toupper((unsigned char)name[i]);
	add_param(b, name, line + n + 2);
}

static void add_params(struct bytes *b, const struct http *q, size_t body_len)
{
	const char *path = q->path != NULL ? q->path : "";
	size_t n = strcspn(path, "?");
	char text[32];

	add_param(b, "REQUEST_METHOD",
		q->method != NULL ? q->method
		: q->body != NULL ? "POST"
				  : "GET");
	add_param(b, "REQUEST_URI", path);
	add_param(b, "DIALER_CONFIG", e2e.config);
	if (n > 0)
		add_param(b, "PATH_INFO", e2e_text("%.*s", (int)n, path));
	add_param(b, "QUERY_STRING", path[n] == '?' ? path + n + 1 : "");
	if (q->token != NULL)
		add_param(b, "HTTP_AUTHORIZATION", e2e_text("Bearer %s", q->token));
	for (size_t i = 0; i < sizeof(q->headers) / sizeof(q->headers[0]); i++)
		if (q->headers[i] != NULL)
			add_header(b, q->headers[i]);
	if (q->body == NULL)
		return;
	snprintf(text, sizeof(text), "%zu", body_len);
	add_param(b, "CONTENT_LENGTH", text);
	add_param(b, "CONTENT_TYPE", q->type != NULL ? q->type : "application/json");
}

static void build(struct bytes *b, const struct http *q)
{
	static const unsigned char responder[8] = {0, 1};
	size_t len = q->body == NULL ? 0 : q->len != 0 ? q->len : strlen(q->body);

	b->len = 0;
	b->s = malloc(SENT_MAX);
	if (b->s == NULL)
		e2e_die("memory");
	add_record(b, BEGIN, responder, sizeof(responder));
	add_params(b, q, len);
	add_record(b, PARAMS, "", 0);
	for (size_t at = 0; at < len; at += 60000)
		add_record(b, STDIN, q->body + at, len - at < 60000 ? len - at : 60000);
	add_record(b, STDIN, "", 0);
}

/* --- and its answer --- */

static int connect_to(const struct worker *w)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd != -1 && connect(fd, (const struct sockaddr *)&w->at, w->at_len) == 0)
		return fd;
	close(fd);
	return -1;
}

static void send_bytes(int fd, const unsigned char *s, size_t len)
{
	for (size_t sent = 0; sent < len;) {
		ssize_t n = send(fd, s + sent, len - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		sent += (size_t)n;
	}
}

int worker_begin(const struct worker *w, const struct http *q)
{
	struct bytes b;
	int fd = connect_to(w);

	build(&b, q);
	if (fd != -1)
		send_bytes(fd, b.s, b.len);
	free(b.s);
	return fd;
}

void worker_leave(const struct worker *w, const struct http *q, size_t bytes)
{
	struct bytes b;
	int fd = connect_to(w);

	ck_assert_int_ne(fd, -1);
	build(&b, q);
	send_bytes(fd, b.s, bytes < b.len ? bytes : b.len);
	free(b.s);
	close(fd);
}

static bool read_full(int fd, unsigned char *to, size_t len)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = read(fd, to + got, len - got);

		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

/* All of STDOUT. False: END_REQUEST did not come. */
static bool read_records(int fd, struct bytes *out)
{
	unsigned char head[8], contents[65536 + 256];

	while (read_full(fd, head, sizeof(head))) {
		size_t len = (size_t)head[4] << 8 | head[5];

		if (head[0] != 1 || (head[2] << 8 | head[3]) != ID ||
			!read_full(fd, contents, len + head[6]))
			return false;
		if (head[1] == END)
			return true;
		if (head[1] == STDOUT)
			add(out, contents, len);
	}
	return false;
}

static void free_json(void *j)
{
	json_decref(j);
}

struct answer *worker_answer(int fd)
{
	struct answer *a = keep(calloc(1, sizeof(*a)), free);
	struct bytes out = {.s = keep(calloc(1, SENT_MAX + 1), free)};
	bool whole = read_records(fd, &out);
	char *text = (char *)out.s, *body = strstr(text, "\n\n");
	static const char status[] = "Status: ";

	close(fd);
	a->headers = text;
	a->body = text + out.len;
	if (!whole || body == NULL || strncmp(text, status, sizeof(status) - 1) != 0) {
		snprintf(a->error, sizeof(a->error), "the answer broke off");
		return a;
	}
	a->status = (int)strtol(text + sizeof(status) - 1, NULL, 10);
	body[1] = '\0';
	a->body = body + 2;
	a->len = out.len - (size_t)(a->body - text);
	a->json = json_loadb(a->body, a->len, 0, NULL);
	if (a->json != NULL)
		keep(a->json, free_json);
	return a;
}

struct answer *worker_ask(const struct worker *w, const struct http *q)
{
	struct answer *a;
	int fd = worker_begin(w, q);

	if (fd != -1)
		return worker_answer(fd);
	a = keep(calloc(1, sizeof(*a)), free);
	a->headers = a->body = keep(calloc(1, 1), free);
	snprintf(a->error, sizeof(a->error), "no connection");
	return a;
}

/* --- the process --- */

static const char *in_proc(const struct worker *w, const char *name)
{
	return e2e_text("/proc/%ld/%s", (long)w->process.pid, name);
}

bool worker_is_alone(const struct worker *w)
{
	char text[64] = "";
	FILE *f;

	if (!e2e_is_running(&w->process))
		return false;
	f = fopen(in_proc(w, e2e_text("task/%ld/children", (long)w->process.pid)), "re");
	if (f == NULL)
		e2e_die("children of a worker");
	bool alone = fgets(text, sizeof(text), f) == NULL;
	(void)fclose(f);
	return alone;
}

const char *worker_status(const struct worker *w)
{
	char text[8192];
	FILE *f = fopen(in_proc(w, "status"), "re");
	size_t n = f != NULL ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (n == 0)
		e2e_die("status of a worker");
	(void)fclose(f);
	text[n] = '\0';
	return e2e_text("%s", text);
}

long worker_memory(const struct worker *w)
{
	static const char name[] = "\nRssAnon:";
	const char *at = strstr(worker_status(w), name);

	if (at == NULL)
		e2e_die("memory of a worker");
	return strtol(at + sizeof(name) - 1, NULL, 10);
}

/* Whether a socket of this inode is one of TCP. */
static bool is_tcp(const char *target)
{
	char line[512], inode[32];
	bool found = false;
	FILE *f = fopen("/proc/net/tcp", "re");

	snprintf(inode, sizeof(inode), " %.*s ", (int)strspn(target + 8, "0123456789"), target + 8);
	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL)
		found = strstr(line, inode) != NULL;
	if (f != NULL)
		(void)fclose(f);
	return found;
}

int worker_connections(const struct worker *w)
{
	const char *dir = in_proc(w, "fd");
	char target[64];
	const struct dirent *e;
	int count = 0;
	DIR *d = opendir(dir);

	while (d != NULL && (e = readdir(d)) != NULL) {
		ssize_t n = readlink(e2e_text("%s/%s", dir, e->d_name), target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		if (strncmp(target, "socket:[", 8) == 0 && is_tcp(target))
			count++;
	}
	if (d == NULL)
		e2e_die("%s", dir);
	closedir(d);
	return count;
}

struct run worker_end(const struct worker *w)
{
	kill(w->process.pid, SIGTERM);
	return e2e_end(&w->process);
}
