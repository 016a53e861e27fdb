/*
 * Facts about libcurl 7.88 this rests on:
 *   - CURLINFO_REQUEST_SIZE counts the bytes of requests that were handed to the connection, so 0
 *     means that the provider cannot have seen anything. Through a proxy it counts the CONNECT too;
 *     then the time of the TLS handshake tells whether anything could go further than the proxy.
 *   - A request on a kept connection which the server closes without an answer is silently sent
 *     again, whatever its method. Therefore only GET uses kept connections.
 *   - In HTTP/2 a request may be repeated as well (refused streams, GOAWAY), and one connection's
 *     fault is that of many requests. HTTP/1.1 has one request and one answer at a time: what was
 *     sent stays provable.
 *   - A status line is passed on as soon as it has arrived, before the rest of the header.
 *   - no_proxy of the environment counts even for a configured proxy unless CURLOPT_NOPROXY is set.
 *   - After a time-out in the resolver, cleaning up waits for the resolver's thread unless
 *     CURLOPT_QUICK_EXIT is set.
 *
 * curl_global_init counts its calls, and each client ends its own with curl_global_cleanup: no
 * state of ours is global. Clients are opened before a program starts threads, if it ever does.
 */
#include "provider/http_client.h"

#include "base/clock.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/version.h"
#include <curl/curl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARALLEL_MAX      8
#define ANSWER_HEADER_MAX ((size_t)64 * 1024)
#define POLL_MS           1000

struct http_client {
	CURLM *multi;    /* owns the kept connections */
	char *ca_file;   /* NULL: the system's */
	char *proxy;     /* "": none */
	bool plain_http; /* a base URL is http://, which settings allow for loopback only */
};

/* One request under way. */
struct transfer {
	const struct http_request *request;
	struct http_answer *answer;
	CURL *easy;
	struct curl_slist *headers;
	size_t header_bytes;
	bool header_complete, overlong;
	char error[CURL_ERROR_SIZE];
};

/* --- the client --- */

static void client_free(struct http_client *client)
{
	free(client->ca_file);
	free(client->proxy);
	free(client);
}

static bool is_plain_http(const char *url)
{
	return strncmp(url, "http://", 7) == 0;
}

enum err http_client_open(const struct config *c, struct http_client **client)
{
	struct http_client *made = calloc(1, sizeof(*made));

	*client = NULL;
	if (made == NULL)
		return ERR_NOMEM;
	made->plain_http = is_plain_http(c->aircall_base_url) || is_plain_http(c->dialpad_base_url);
	made->proxy = text_dup(c->https_proxy, strlen(c->https_proxy));
	if (*c->ca_file != '\0')
		made->ca_file = text_dup(c->ca_file, strlen(c->ca_file));
	if (made->proxy == NULL || (*c->ca_file != '\0' && made->ca_file == NULL)) {
		client_free(made);
		return ERR_NOMEM;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		client_free(made);
		return ERR_IO;
	}
	made->multi = curl_multi_init();
	if (made->multi == NULL) {
		curl_global_cleanup();
		client_free(made);
		return ERR_NOMEM;
	}
	*client = made;
	return ERR_NONE;
}

void http_client_close(struct http_client *client)
{
	if (client == NULL)
		return;
	curl_multi_cleanup(client->multi);
	curl_global_cleanup();
	client_free(client);
}

/* --- reading the answer --- */

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	struct buf *body = &t->answer->body;
	size_t len = size * count, room = body->failed ? 0 : body->max - body->len;

	t->overlong = len > room && !body->failed;
	if (!buf_add(body, bytes, len < room ? len : room))
		return 0;
	/* Anything but len ends the transfer. */
	return t->overlong ? 0 : len;
}

/* "HTTP/1.1 204 No Content": the status, or 0 if the line is none. */
static int read_status_line(const char *s, size_t len)
{
	int64_t status;

	if (len < 12 || memcmp(s, "HTTP/", 5) != 0)
		return 0;
	s += 5;
	len -= 5;
	while (len > 0 && *s != ' ') {
		s++;
		len--;
	}
	if (len < 4 || !text_int(s + 1, 3, 100, 999, &status))
		return 0;
	if (len > 4 && s[4] != ' ' && s[4] != '\r' && s[4] != '\n')
		return 0;
	return (int)status;
}

static void read_field(struct http_answer *a, const char *name, const char *value)
{
	int64_t number;

	if (text_equal_nocase(name, "Retry-After"))
		a->retry_after_s = http_retry_after(value, clock_now_ms());
	else if (text_equal_nocase(name, "X-AircallApi-Reset"))
		a->limit_reset =
			text_int(value, strlen(value), 0, INT64_MAX, &number) ? number : -1;
}

/* Splits "Name: value", changing the line. */
static void read_header_line(struct http_answer *a, char *line)
{
	char *value = strchr(line, ':');
	size_t len;

	if (value == NULL)
		return;
	*value++ = '\0';
	value += strspn(value, " \t");
	len = strlen(value);
	while (len > 0 && strchr(" \t\r\n", value[len - 1]) != NULL)
		len--;
	value[len] = '\0';
	read_field(a, line, value);
}

/* Interim answers (1xx) come first and are forgotten when the next status line arrives. */
static void begin_answer(struct transfer *t, int status)
{
	t->answer->status = status;
	t->answer->retry_after_s = -1;
	t->answer->limit_reset = -1;
	t->header_complete = false;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * count;
	char line[256];

	if (len > ANSWER_HEADER_MAX - t->header_bytes) {
		t->overlong = true;
		return 0;
	}
	t->header_bytes += len;
	/* What comes after the body of a chunked answer looks like a header, too. */
	if (t->header_complete && t->answer->status >= 200)
		return len;
	if (len >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
		begin_answer(t, read_status_line(bytes, len));
	} else if (len <= 2 && (bytes[0] == '\r' || bytes[0] == '\n')) {
		t->header_complete = true;
	} else if (len < sizeof(line)) {
		memcpy(line, bytes, len);
		line[len] = '\0';
		read_header_line(t->answer, line);
	}
	return len;
}

/* --- sending the request --- */

static void slist_wipe(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l != NULL; l = l->next)
		secret_wipe(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

static bool add_header_line(struct transfer *t, const char *line)
{
	struct curl_slist *longer = curl_slist_append(t->headers, line);

	if (longer == NULL)
		return false;
	t->headers = longer;
	return true;
}

static bool add_headers(struct transfer *t)
{
	for (int i = 0; i < t->request->header_count; i++)
		if (!add_header_line(t, t->request->headers[i].s))
			return false;
	/* Waiting for "100 Continue" would only add a way to be unclear. */
	return add_header_line(t, "Expect:");
}

#define SET(option, value) (curl_easy_setopt(t->easy, option, value) == CURLE_OK)

/* Repeating a GET does no harm, see above. */
static bool may_use_kept_connection(const struct http_request *r)
{
	return strcmp(r->method, "GET") == 0 && !r->places_call;
}

static bool set_connection(const struct http_client *client, struct transfer *t)
{
	const char *url = t->request->url.s;
	bool plain = is_plain_http(url);
	bool keep = may_use_kept_connection(t->request);

	return SET(CURLOPT_URL, url) &&
	       SET(CURLOPT_PROTOCOLS_STR, client->plain_http ? "https,http" : "https") &&
	       SET(CURLOPT_REDIR_PROTOCOLS_STR, "https") && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
	       SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) &&
	       SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(CURLOPT_PROXY, plain ? "" : client->proxy) && SET(CURLOPT_NOPROXY, "") &&
	       SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) &&
	       SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(CURLOPT_FRESH_CONNECT, keep ? 0L : 1L) &&
	       SET(CURLOPT_FORBID_REUSE, keep ? 0L : 1L) && SET(CURLOPT_NOSIGNAL, 1L) &&
	       SET(CURLOPT_QUICK_EXIT, 1L);
}

static bool set_trust(const struct http_client *client, struct transfer *t)
{
	if (!SET(CURLOPT_SSL_VERIFYPEER, 1L) || !SET(CURLOPT_SSL_VERIFYHOST, 2L) ||
		!SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2))
		return false;
	/* With a file of its own an installation trusts that file only, not the system's directory
	 * too. */
	return client->ca_file == NULL ||
	       (SET(CURLOPT_CAINFO, client->ca_file) && SET(CURLOPT_CAPATH, NULL));
}

static bool set_message(struct transfer *t)
{
	const struct http_request *r = t->request;
	bool has_body =
		r->body.len > 0 || strcmp(r->method, "POST") == 0 || strcmp(r->method, "PUT") == 0;

	if (!add_headers(t) || !SET(CURLOPT_HTTPHEADER, t->headers) ||
		!SET(CURLOPT_USERAGENT, "dialer/" DIALER_VERSION))
		return false;
	if (!has_body)
		return SET(CURLOPT_HTTPGET, 1L) && SET(CURLOPT_CUSTOMREQUEST, r->method);
	return SET(CURLOPT_POST, 1L) && SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len) &&
	       SET(CURLOPT_POSTFIELDS, r->body.s) && SET(CURLOPT_CUSTOMREQUEST, r->method);
}

static bool set_rest(struct transfer *t, long timeout_ms)
{
	int64_t wanted = t->request->connect_ms;
	long connect_ms = wanted > 0 && wanted < timeout_ms ? (long)wanted : timeout_ms;

	return SET(CURLOPT_TIMEOUT_MS, timeout_ms) && SET(CURLOPT_CONNECTTIMEOUT_MS, connect_ms) &&
	       SET(CURLOPT_ERRORBUFFER, t->error) && SET(CURLOPT_WRITEFUNCTION, on_body) &&
	       SET(CURLOPT_WRITEDATA, t) && SET(CURLOPT_HEADERFUNCTION, on_header) &&
	       SET(CURLOPT_HEADERDATA, t) && SET(CURLOPT_PRIVATE, t);
}

#undef SET

/* Cut to what fits, which for text of many bytes a character is less of it. */
static void say(struct http_answer *a, const char *text)
{
	size_t room = sizeof(a->error) - 1;
	struct buf clean;

	buf_init(&clean, room);
	if (!text_add_clean(&clean, text, strlen(text), room)) {
		buf_reset(&clean);
		text_add_clean(&clean, text, strlen(text), room / 4);
	}
	snprintf(a->error, sizeof(a->error), "%s", clean.s);
	buf_release(&clean);
}

static void transfer_release(struct http_client *client, struct transfer *t)
{
	if (t->easy != NULL) {
		curl_multi_remove_handle(client->multi, t->easy);
		curl_easy_cleanup(t->easy);
	}
	slist_wipe(t->headers);
	*t = (struct transfer){0};
}

/* False: nothing is under way; the answer says why. */
static bool transfer_start(struct http_client *client, struct transfer *t,
	const struct http_request *r, int64_t timeout_ms, struct http_answer *a)
{
	/* libcurl takes no more. */
	long limit = timeout_ms < INT_MAX ? (long)timeout_ms : INT_MAX;

	*t = (struct transfer){.request = r, .answer = a};
	if (!http_request_ok(r)) {
		say(a, "the request could not be built");
		return false;
	}
	if (timeout_ms <= 0) {
		say(a, "no time was left");
		return false;
	}
	t->easy = curl_easy_init();
	if (t->easy == NULL || !set_connection(client, t) || !set_trust(client, t) ||
		!set_message(t) || !set_rest(t, limit) ||
		curl_multi_add_handle(client->multi, t->easy) != CURLM_OK) {
		say(a, "libcurl refused the request");
		transfer_release(client, t);
		return false;
	}
	return true;
}

/* --- what came of it --- */

/* Whether any byte of the request may have gone to the provider. */
static bool was_sent(const struct transfer *t)
{
	long bytes = 0;
	curl_off_t handshake_us = 0;

	/* Not knowing counts as sent. */
	if (curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &bytes) != CURLE_OK)
		return true;
	if (bytes == 0)
		return false;
	/* The bytes of a proxy's CONNECT are counted too; a kept connection has no handshake of its
	 * own. */
	if (is_plain_http(t->request->url.s) || may_use_kept_connection(t->request))
		return true;
	return curl_easy_getinfo(t->easy, CURLINFO_APPCONNECT_TIME_T, &handshake_us) != CURLE_OK ||
	       handshake_us > 0;
}

static enum http_fault fault_unsent(CURLcode code)
{
	switch (code) {
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_SSL_ENGINE_SETFAILED:
	case CURLE_SSL_ENGINE_INITFAILED:
	case CURLE_USE_SSL_FAILED:
		return HTTP_TLS_ERROR;
	case CURLE_FAILED_INIT:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_BAD_FUNCTION_ARGUMENT:
		return HTTP_NOT_SENT;
	default:
		return HTTP_UNREACHABLE;
	}
}

static void transfer_judge(struct transfer *t, CURLcode code)
{
	struct http_answer *a = t->answer;

	if (a->status >= 200)
		a->fault = HTTP_ANSWERED;
	else if (was_sent(t))
		a->fault = HTTP_UNCLEAR;
	else
		a->fault = fault_unsent(code);
	if (a->fault != HTTP_ANSWERED)
		a->status = 0;
	a->body_complete = a->fault == HTTP_ANSWERED && code == CURLE_OK && t->header_complete &&
			   !a->body.failed;
	if (t->overlong)
		say(a, "the answer is too long");
	else if (code != CURLE_OK)
		say(a, t->error[0] != '\0' ? t->error : curl_easy_strerror(code));
	else if (a->fault != HTTP_ANSWERED)
		say(a, "no status line came");
}

/* --- several at once --- */

struct run {
	struct http_client *client;
	struct transfer slots[PARALLEL_MAX];
	int active;
};

static struct transfer *free_slot(struct run *run)
{
	for (int i = 0; i < PARALLEL_MAX; i++)
		if (run->slots[i].easy == NULL)
			return &run->slots[i];
	return NULL;
}

static void run_end(struct run *run, struct transfer *t, CURLcode code)
{
	transfer_judge(t, code);
	transfer_release(run->client, t);
	run->active--;
}

static void run_collect(struct run *run)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(run->client->multi, &left)) != NULL) {
		struct transfer *t = NULL;
		/* The message dies with the handle. */
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		if (curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t) ==
				CURLE_OK &&
			t != NULL)
			run_end(run, t, code);
	}
}

/* libcurl itself gave up: every request under way ends, judged by what had been sent. */
static void run_abort(struct run *run, CURLMcode code)
{
	for (int i = 0; i < PARALLEL_MAX; i++) {
		struct transfer *t = &run->slots[i];

		if (t->easy == NULL)
			continue;
		snprintf(t->error, sizeof(t->error), "%s", curl_multi_strerror(code));
		run_end(run, t, CURLE_FAILED_INIT);
	}
}

static void run_step(struct run *run)
{
	int running;
	CURLMcode code = curl_multi_perform(run->client->multi, &running);

	run_collect(run);
	if (code == CURLM_OK && run->active > 0)
		code = running > 0 ? curl_multi_poll(run->client->multi, NULL, 0, POLL_MS, NULL)
				   : CURLM_INTERNAL_ERROR;
	if (code != CURLM_OK)
		run_abort(run, code);
}

static void run_all(struct http_client *client, const struct http_request *requests, size_t count,
	int64_t timeout_ms, struct http_answer *answers)
{
	struct run run = {.client = client};
	size_t next = 0;

	while (next < count || run.active > 0) {
		struct transfer *slot;

		while (next < count && (slot = free_slot(&run)) != NULL) {
			if (transfer_start(
				    client, slot, &requests[next], timeout_ms, &answers[next]))
				run.active++;
			next++;
		}
		if (run.active > 0)
			run_step(&run);
	}
}

void http_client_perform(struct http_client *client, const struct http_request *r,
	int64_t timeout_ms, struct http_answer *a)
{
	http_answer_release(a);
	http_answer_init(a);
	run_all(client, r, 1, timeout_ms, a);
}

void http_client_perform_all(struct http_client *client, const struct http_request *requests,
	size_t count, int64_t timeout_ms, struct http_answer *answers)
{
	for (size_t i = 0; i < count; i++) {
		http_answer_release(&answers[i]);
		http_answer_init(&answers[i]);
	}
	run_all(client, requests, count, timeout_ms, answers);
}
