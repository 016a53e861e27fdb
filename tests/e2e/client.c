/* HTTP as a client sees it: requests, answers, what stands in them, and tokens. */
#include "e2e/harness.h"
#include "e2e/internal.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 30
#define SHOWN    2000

/* --- answers --- */

static void answer_free(void *what)
{
	struct answer *a = what;
	free(a->headers);
	free(a->body);
	json_decref(a->json);
	free(a);
}

static struct answer *answer_new(void)
{
	struct answer *a = calloc(1, sizeof(*a));
	if (a == NULL || (a->headers = strdup("")) == NULL || (a->body = strdup("")) == NULL)
		e2e_die("out of memory");
	return keep(a, answer_free);
}

static void append(char **text, size_t old, const char *more, size_t len)
{
	char *longer = realloc(*text, old + len + 1);
	if (longer == NULL)
		e2e_die("out of memory");
	memcpy(longer + old, more, len);
	longer[old + len] = '\0';
	*text = longer;
}

const char *answer_text(const struct answer *a)
{
	return e2e_text("status %d: %.*s%s%s", a->status, SHOWN, a->body,
		a->error[0] != '\0' ? " -- " : "", a->error);
}

static size_t header_line(const struct answer *a, const char *name, int which, const char **value)
{
	size_t name_len = strlen(name);
	for (const char *at = a->headers; *at != '\0';) {
		size_t len = strcspn(at, "\r\n");
		if (len > name_len && at[name_len] == ':' && strncasecmp(at, name, name_len) == 0 &&
			which-- == 0) {
			const char *v = at + name_len + 1;
			v += strspn(v, " \t");
			*value = v;
			return (size_t)(at + len - v) + 1;
		}
		at += len;
		at += strspn(at, "\r\n");
	}
	return 0;
}

const char *header(const struct answer *a, const char *name)
{
	const char *value;
	size_t len = header_line(a, name, 0, &value);
	return len > 0 ? e2e_text("%.*s", (int)len - 1, value) : NULL;
}

int header_count(const struct answer *a, const char *name)
{
	const char *value;
	int n = 0;
	while (header_line(a, name, n, &value) > 0)
		n++;
	return n;
}

long header_number(const struct answer *a, const char *name)
{
	const char *value = header(a, name);
	char *end;
	if (value == NULL || value[0] < '0' || value[0] > '9')
		return -1;
	long n = strtol(value, &end, 10);
	return *end == '\0' ? n : -1;
}

/* --- sending --- */

struct sending {
	struct answer *a;
	size_t headers_len;
	const char *body;
	size_t left;
};

static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct sending *s = arg;
	append(&s->a->headers, s->headers_len, bytes, size * count);
	s->headers_len += size * count;
	return size * count;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct sending *s = arg;
	append(&s->a->body, s->a->len, bytes, size * count);
	s->a->len += size * count;
	return size * count;
}

/* In small pieces, so that a chunked body has many chunks. */
static size_t on_read(char *bytes, size_t size, size_t count, void *arg)
{
	struct sending *s = arg;
	size_t n = size * count < 1000 ? size * count : 1000;
	if (n > s->left)
		n = s->left;
	memcpy(bytes, s->body, n);
	s->body += n;
	s->left -= n;
	return n;
}

static struct curl_slist *add_line(struct curl_slist *list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);
	if (longer == NULL)
		e2e_die("out of memory");
	return longer;
}

static struct curl_slist *request_headers(const struct http *q)
{
	char line[8192];
	struct curl_slist *list = add_line(NULL, "Expect:");
	if (q->token != NULL) {
		snprintf(line, sizeof(line), "Authorization: Bearer %s", q->token);
		list = add_line(list, line);
	}
	if (q->type != NULL || q->body != NULL) {
		snprintf(line, sizeof(line), "Content-Type:%s%s",
			q->type == NULL || q->type[0] != '\0' ? " " : "",
			q->type != NULL ? q->type : "application/json");
		list = add_line(list, line);
	}
	if (q->chunked)
		list = add_line(list, "Transfer-Encoding: chunked");
	for (size_t i = 0; i < sizeof(q->headers) / sizeof(q->headers[0]); i++)
		if (q->headers[i] != NULL)
			list = add_line(list, q->headers[i]);
	return list;
}

static const char *method_of(const struct http *q)
{
	return q->method != NULL ? q->method : q->body != NULL ? "POST" : "GET";
}

static void set_method(CURL *c, const struct http *q, struct sending *s)
{
	const char *method = method_of(q);
	s->body = q->body != NULL ? q->body : "";
	s->left = q->len > 0 ? q->len : strlen(s->body);
	if (strcmp(method, "HEAD") == 0) {
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
		return;
	}
	if (q->chunked) {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(c, CURLOPT_READDATA, s);
	} else if (q->body != NULL) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)s->left);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->body);
	}
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
}

/* Errors of libcurl become an answer with status 0. */
struct answer *http_send(const struct http *q)
{
	struct answer *a = answer_new();
	struct sending s = {.a = a};
	char url[16384], error[CURL_ERROR_SIZE] = "";
	const struct daemon *to = q->to != NULL ? q->to : &server;
	long status = 0;
	CURL *c = curl_easy_init();
	if (c == NULL)
		e2e_die("libcurl");
	snprintf(url, sizeof(url), "%s%s%s", to->url, q->url != NULL ? "" : "/api/dialer",
		q->url != NULL ? q->url : q->path);
	struct curl_slist *list = request_headers(q);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)(q->patience > 0 ? q->patience : PATIENCE));
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, &s);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &s);
	set_method(c, q, &s);
	CURLcode e = curl_easy_perform(c);
	if (e != CURLE_OK)
		snprintf(a->error, sizeof(a->error), "%.100s", error);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c, CURLINFO_TOTAL_TIME, &a->seconds);
	a->status = e == CURLE_OK ? (int)status : 0;
	a->json = json_loadb(a->body, a->len, JSON_REJECT_DUPLICATES, NULL);
	record_answer(q, method_of(q), a);
	curl_slist_free_all(list);
	curl_easy_cleanup(c);
	return a;
}

struct one {
	const struct http *q;
	struct answer *a;
	pthread_barrier_t *start;
};

static void *send_one(void *arg)
{
	struct one *o = arg;
	pthread_barrier_wait(o->start);
	o->a = http_send(o->q);
	return NULL;
}

void http_all(const struct http *q, int count, struct answer **answers)
{
	pthread_barrier_t start;
	pthread_t *threads = calloc((size_t)count, sizeof(*threads));
	struct one *ones = calloc((size_t)count, sizeof(*ones));
	if (threads == NULL || ones == NULL ||
		pthread_barrier_init(&start, NULL, (unsigned int)count) != 0)
		e2e_die("threads");
	for (int i = 0; i < count; i++) {
		ones[i] = (struct one){.q = &q[i], .start = &start};
		if (pthread_create(&threads[i], NULL, send_one, &ones[i]) != 0)
			e2e_die("threads");
	}
	for (int i = 0; i < count; i++) {
		pthread_join(threads[i], NULL);
		answers[i] = ones[i].a;
	}
	pthread_barrier_destroy(&start);
	free(threads);
	free(ones);
}

struct later {
	struct http q;
	struct answer *a;
	pthread_t thread;
};

static void *send_later(void *arg)
{
	struct later *l = arg;
	l->a = http_send(&l->q);
	return NULL;
}

struct later *http_later(const struct http *q)
{
	struct later *l = calloc(1, sizeof(*l));
	keep(l, free);
	l->q = *q;
	if (pthread_create(&l->thread, NULL, send_later, l) != 0)
		e2e_die("threads");
	return l;
}

struct answer *http_wait(struct later *l)
{
	pthread_join(l->thread, NULL);
	return l->a;
}

/* --- raw bytes --- */

static void split_raw(struct answer *a, char *text, size_t len)
{
	char *end = memmem(text, len, "\r\n\r\n", 4);
	size_t head = end != NULL ? (size_t)(end - text) + 4 : len;
	append(&a->headers, 0, text, head);
	append(&a->body, 0, text + head, len - head);
	a->len = len - head;
	if (len > 12 && memcmp(text, "HTTP/1.1 ", 9) == 0)
		a->status = (int)strtol(text + 9, NULL, 10);
	a->json = json_loadb(a->body, a->len, JSON_REJECT_DUPLICATES, NULL);
}

static int raw_connect(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)server.port),
		.sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	struct timeval patience = {.tv_sec = PATIENCE};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == -1)
		e2e_die("connecting to the server");
	return fd;
}

/* A server that does not want to read on is none of our trouble. */
static void raw_write(int fd, const char *bytes, size_t len)
{
	ssize_t n;
	for (size_t sent = 0; sent < len; sent += (size_t)n) {
		n = send(fd, bytes + sent, len - sent, MSG_NOSIGNAL);
		if (n <= 0)
			break;
	}
}

struct answer *raw_send(const char *bytes, size_t len)
{
	struct answer *a = answer_new();
	char piece[4096], *text = NULL;
	size_t got = 0;
	ssize_t n;
	int fd = raw_connect();
	raw_write(fd, bytes, len);
	while ((n = recv(fd, piece, sizeof(piece), 0)) > 0) {
		append(&text, got, piece, (size_t)n);
		got += (size_t)n;
	}
	if (n == -1)
		snprintf(a->error, sizeof(a->error), "recv: errno %d", errno);
	close(fd);
	if (text != NULL)
		split_raw(a, text, got);
	free(text);
	return a;
}

void raw_send_and_leave(const char *bytes, size_t len)
{
	int fd = raw_connect();
	raw_write(fd, bytes, len);
	close(fd);
}

/* --- JSON --- */

json_t *json_at(json_t *j, const char *path)
{
	while (j != NULL && *path != '\0') {
		char key[128];
		size_t len = strcspn(path, ".");
		snprintf(key, sizeof(key), "%.*s", (int)len, path);
		j = json_is_array(j) ? json_array_get(j, strtoul(key, NULL, 10))
				     : json_object_get(j, key);
		path += len;
		if (*path == '.')
			path++;
	}
	return j;
}

const char *text_at(json_t *j, const char *path)
{
	return json_string_value(json_at(j, path));
}

json_int_t int_at(json_t *j, const char *path)
{
	const json_t *n = json_at(j, path);
	return json_is_integer(n) ? json_integer_value(n) : -1;
}

bool text_is(json_t *j, const char *path, const char *want)
{
	const char *have = text_at(j, path);
	return have != NULL && strcmp(have, want) == 0;
}

bool int_is(json_t *j, const char *path, json_int_t want)
{
	const json_t *n = json_at(j, path);
	return json_is_integer(n) && json_integer_value(n) == want;
}

bool is_absent(json_t *j, const char *path)
{
	return j != NULL && json_at(j, path) == NULL;
}

bool header_is(const struct answer *a, const char *name, const char *want)
{
	const char *have = header(a, name);
	return have != NULL && header_count(a, name) == 1 && strcmp(have, want) == 0;
}

bool error_is(const struct answer *a, int status, const char *code, const char *field)
{
	const char *message = text_at(a->json, "message");
	return a->status == status && json_is_false(json_at(a->json, "success")) &&
	       message != NULL && message[0] != '\0' && text_is(a->json, "error.code", code) &&
	       (field != NULL ? text_is(a->json, "error.field", field)
			      : is_absent(a->json, "error.field"));
}

/* --- tokens --- */

static size_t base64url(const unsigned char *bytes, size_t len, char *out)
{
	EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
	size_t n = strcspn(out, "=");
	out[n] = '\0';
	for (size_t i = 0; i < n; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
	return n;
}

const char *token_by(const char *head, const char *payload, const void *key, size_t len)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int mac_len;
	size_t size = (strlen(head) + strlen(payload)) * 2 + 128;
	char *text = calloc(1, size);
	if (text == NULL)
		e2e_die("out of memory");
	keep(text, free);
	size_t n = base64url((const unsigned char *)head, strlen(head), text);
	text[n++] = '.';
	n += base64url((const unsigned char *)payload, strlen(payload), text + n);
	if (HMAC(EVP_sha256(), key, (int)(len > 0 ? len : strlen(key)), (unsigned char *)text, n,
		    mac, &mac_len) == NULL)
		e2e_die("HMAC");
	text[n++] = '.';
	base64url(mac, mac_len, text + n);
	return text;
}

const char *token_of(const char *head, const char *payload)
{
	return token_by(head, payload, e2e_secret, 0);
}

static const char *usual_token(const char *user, const char *more)
{
	return token_of("{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
		e2e_text("{\"sub\":\"%s\",\"exp\":%lld%s}", user,
			(long long)e2e_now_ms() / 1000 + 86400, more));
}

const char *token(const char *user)
{
	return usual_token(user, "");
}

const char *admin_token(const char *user)
{
	return usual_token(user, ",\"role\":\"admin\"");
}
