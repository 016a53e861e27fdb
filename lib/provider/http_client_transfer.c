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
 *   - no_proxy of the environment counts even for a configured proxy unless CURLOPT_NOPROXY is set.
 *   - After a time-out in the resolver, cleaning up waits for the resolver's thread unless
 *     CURLOPT_QUICK_EXIT is set.
 */
#include "provider/http_client_transfer.h"

#include "base/secret.h"
#include "base/text.h"
#include "base/version.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

bool transfer_is_plain_http(const char *url)
{
	return strncmp(url, "http://", 7) == 0;
}

/* --- the request --- */

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

static bool set_connection(struct transfer *t, const struct transfer_settings *s)
{
	const char *url = t->request->url.s;
	bool plain = transfer_is_plain_http(url);
	bool keep = may_use_kept_connection(t->request);

	return SET(CURLOPT_URL, url) &&
	       SET(CURLOPT_PROTOCOLS_STR, s->plain_http ? "https,http" : "https") &&
	       SET(CURLOPT_REDIR_PROTOCOLS_STR, "https") && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
	       SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) &&
	       SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(CURLOPT_PROXY, plain ? "" : s->proxy) && SET(CURLOPT_NOPROXY, "") &&
	       SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) &&
	       SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(CURLOPT_FRESH_CONNECT, keep ? 0L : 1L) &&
	       SET(CURLOPT_FORBID_REUSE, keep ? 0L : 1L) && SET(CURLOPT_NOSIGNAL, 1L) &&
	       SET(CURLOPT_QUICK_EXIT, 1L);
}

static bool set_trust(struct transfer *t, const struct transfer_settings *s)
{
	if (!SET(CURLOPT_SSL_VERIFYPEER, 1L) || !SET(CURLOPT_SSL_VERIFYHOST, 2L) ||
		!SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2))
		return false;
	/* With a file of its own an installation trusts that file only, not the system's directory
	 * too. */
	return s->ca_file == NULL || (SET(CURLOPT_CAINFO, s->ca_file) && SET(CURLOPT_CAPATH, NULL));
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
	       SET(CURLOPT_ERRORBUFFER, t->error) &&
	       SET(CURLOPT_WRITEFUNCTION, transfer_read_body) && SET(CURLOPT_WRITEDATA, t) &&
	       SET(CURLOPT_HEADERFUNCTION, transfer_read_header) && SET(CURLOPT_HEADERDATA, t) &&
	       SET(CURLOPT_PRIVATE, t);
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

void transfer_drop(struct transfer *t)
{
	if (t->easy != NULL) {
		curl_multi_remove_handle(t->multi, t->easy);
		curl_easy_cleanup(t->easy);
	}
	slist_wipe(t->headers);
	*t = (struct transfer){0};
}

bool transfer_start(struct transfer *t, CURLM *multi, const struct transfer_settings *s,
	const struct http_request *r, int64_t timeout_ms, struct http_answer *a)
{
	/* libcurl takes no more. */
	long limit = timeout_ms < INT_MAX ? (long)timeout_ms : INT_MAX;

	*t = (struct transfer){.multi = multi, .request = r, .answer = a};
	if (!http_request_ok(r)) {
		say(a, "the request could not be built");
		return false;
	}
	if (timeout_ms <= 0) {
		say(a, "no time was left");
		return false;
	}
	t->easy = curl_easy_init();
	if (t->easy == NULL || !set_connection(t, s) || !set_trust(t, s) || !set_message(t) ||
		!set_rest(t, limit) || curl_multi_add_handle(multi, t->easy) != CURLM_OK) {
		say(a, "libcurl refused the request");
		transfer_drop(t);
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
	if (transfer_is_plain_http(t->request->url.s) || may_use_kept_connection(t->request))
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

static void judge(struct transfer *t, CURLcode code)
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

void transfer_end(struct transfer *t, CURLcode code)
{
	judge(t, code);
	transfer_drop(t);
}

struct transfer *transfer_of(CURL *easy)
{
	struct transfer *t = NULL;

	return curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t) == CURLE_OK ? t : NULL;
}
