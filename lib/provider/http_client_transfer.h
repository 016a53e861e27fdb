/*
 * One request under way in libcurl: from its handle to the judgement of what came of it. Internal to
 * the HTTP client.
 */
#ifndef PROVIDER_HTTP_CLIENT_TRANSFER_H
#define PROVIDER_HTTP_CLIENT_TRANSFER_H

#include "provider/http_message.h"
#include <curl/curl.h>

struct transfer_settings {
	char *ca_file;   /* NULL: the system's */
	char *proxy;     /* "": none */
	bool plain_http; /* a base URL is http://, which settings allow for loopback only */
};

struct transfer {
	CURL *easy;   /* NULL: nothing is under way (any more) */
	CURLM *multi; /* borrowed, like the next two */
	const struct http_request *request;
	struct http_answer *answer;
	struct curl_slist *headers;
	size_t header_bytes;
	bool header_complete, overlong;
	char error[CURL_ERROR_SIZE];
};

bool transfer_is_plain_http(const char *url);

/* False: nothing is under way; the answer says why. */
bool transfer_start(struct transfer *t, CURLM *multi, const struct transfer_settings *s,
	const struct http_request *r, int64_t timeout_ms, struct http_answer *a);
/* Judges what came of it, and takes it out of libcurl. */
void transfer_end(struct transfer *t, CURLcode code);
/* Takes it out of libcurl; the answer is not touched. */
void transfer_drop(struct transfer *t);
/* The transfer of that handle. */
struct transfer *transfer_of(CURL *easy);

/* Told by libcurl what arrives; the argument is the transfer. Anything but the number of bytes ends
 * it. */
size_t transfer_read_header(char *bytes, size_t size, size_t count, void *arg);
size_t transfer_read_body(char *bytes, size_t size, size_t count, void *arg);

#endif
