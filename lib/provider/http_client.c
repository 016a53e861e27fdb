/*
 * The requests of one client share one multi handle, so whoever waits for one of them drives all.
 * Those of http_client_begin and those of each http_client_perform have lanes of their own: waiting in
 * one never takes what ended in another.
 *
 * curl_global_init counts its calls, and each client ends its own with curl_global_cleanup: no
 * state of ours is global. Clients are opened before a program starts threads, if it ever does.
 */
#include "provider/http_client.h"

#include "base/clock.h"
#include "base/text.h"
#include "provider/http_client_transfer.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS 1000

struct slot {
	struct transfer transfer; /* the first member: libcurl leads back to it */
	void *tag;                /* NULL: the slot is free */
	uint64_t ended;           /* in which order they ended; 0: not yet */
};

struct lane {
	struct slot slots[HTTP_CLIENT_PARALLEL_MAX];
};

struct http_client {
	CURLM *multi; /* owns the kept connections */
	struct transfer_settings settings;
	struct lane begun;
	uint64_t ended;
};

/* --- the client --- */

static void client_free(struct http_client *client)
{
	free(client->settings.ca_file);
	free(client->settings.proxy);
	free(client);
}

static bool read_settings(const struct config *c, struct transfer_settings *s)
{
	s->plain_http = transfer_is_plain_http(c->aircall_base_url) ||
			transfer_is_plain_http(c->dialpad_base_url);
	s->proxy = text_dup(c->https_proxy, strlen(c->https_proxy));
	if (*c->ca_file != '\0')
		s->ca_file = text_dup(c->ca_file, strlen(c->ca_file));
	return s->proxy != NULL && (*c->ca_file == '\0' || s->ca_file != NULL);
}

enum err http_client_open(const struct config *c, struct http_client **client)
{
	struct http_client *made = calloc(1, sizeof(*made));

	*client = NULL;
	if (made == NULL)
		return ERR_NOMEM;
	if (!read_settings(c, &made->settings)) {
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
	for (int i = 0; i < HTTP_CLIENT_PARALLEL_MAX; i++)
		transfer_drop(&client->begun.slots[i].transfer);
	curl_multi_cleanup(client->multi);
	curl_global_cleanup();
	client_free(client);
}

static void release(void *client)
{
	http_client_close(client);
}

enum err http_client_retained(
	const struct config *c, struct retained *place, struct http_client **client)
{
	enum err e = ERR_NONE;

	*client = place->what;
	if (*client == NULL)
		e = http_client_open(c, client);
	if (e == ERR_NONE)
		*place = (struct retained){*client, release};
	return e;
}

/* --- what is under way --- */

static struct slot *free_slot(struct lane *lane)
{
	for (int i = 0; i < HTTP_CLIENT_PARALLEL_MAX; i++)
		if (lane->slots[i].tag == NULL)
			return &lane->slots[i];
	return NULL;
}

static struct slot *first_ended(struct lane *lane)
{
	struct slot *first = NULL;

	for (int i = 0; i < HTTP_CLIENT_PARALLEL_MAX; i++) {
		struct slot *s = &lane->slots[i];

		if (s->ended != 0 && (first == NULL || s->ended < first->ended))
			first = s;
	}
	return first;
}

static bool is_busy(const struct lane *lane)
{
	for (int i = 0; i < HTTP_CLIENT_PARALLEL_MAX; i++)
		if (lane->slots[i].transfer.easy != NULL)
			return true;
	return false;
}

static void slot_end(struct http_client *client, struct slot *s, CURLcode code)
{
	transfer_end(&s->transfer, code);
	s->ended = ++client->ended;
}

static void collect(struct http_client *client)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
		/* The message dies with the handle. */
		CURLcode code = message->data.result;
		struct transfer *t = transfer_of(message->easy_handle);

		if (message->msg == CURLMSG_DONE && t != NULL)
			slot_end(client, (struct slot *)t, code);
	}
}

/* libcurl itself gave up: every request under way ends, judged by what had been sent. */
static void lane_abort(struct http_client *client, struct lane *lane, CURLMcode code)
{
	for (int i = 0; i < HTTP_CLIENT_PARALLEL_MAX; i++) {
		struct slot *s = &lane->slots[i];

		if (s->transfer.easy == NULL)
			continue;
		snprintf(s->transfer.error, sizeof(s->transfer.error), "%s",
			curl_multi_strerror(code));
		slot_end(client, s, CURLE_FAILED_INIT);
	}
}

/* Drives everything; returns when something happened, or after wait_ms. */
static void lane_step(struct http_client *client, struct lane *lane, int64_t wait_ms)
{
	int running, poll_ms = wait_ms < POLL_MS ? (int)wait_ms : POLL_MS;
	CURLMcode code = curl_multi_perform(client->multi, &running);

	collect(client);
	if (code == CURLM_OK && is_busy(lane)) {
		if (running == 0)
			code = CURLM_INTERNAL_ERROR;
		else if (poll_ms > 0 && first_ended(lane) == NULL)
			code = curl_multi_poll(client->multi, NULL, 0, poll_ms, NULL);
	}
	if (code != CURLM_OK)
		lane_abort(client, lane, code);
}

static bool lane_begin(struct http_client *client, struct lane *lane, const struct http_request *r,
	int64_t timeout_ms, struct http_answer *a, void *tag)
{
	struct slot *s = free_slot(lane);

	if (s == NULL)
		return false;
	s->tag = tag;
	if (!transfer_start(&s->transfer, client->multi, &client->settings, r, timeout_ms, a))
		s->ended = ++client->ended;
	return true;
}

/* NULL: none has ended within wait_ms, or none is under way. */
static void *lane_wait(struct http_client *client, struct lane *lane, int64_t wait_ms)
{
	int64_t until = clock_mono_ms() + (wait_ms < INT_MAX ? wait_ms : INT_MAX);
	bool time_is_up = false;
	struct slot *s;
	void *tag;

	while ((s = first_ended(lane)) == NULL && is_busy(lane) && !time_is_up) {
		int64_t left = until - clock_mono_ms();

		/* What has come by now counts. */
		time_is_up = left <= 0;
		lane_step(client, lane, time_is_up ? 0 : left);
	}
	if (s == NULL)
		return NULL;
	tag = s->tag;
	*s = (struct slot){.tag = NULL};
	return tag;
}

/* --- one, several, or in between --- */

bool http_client_begin(struct http_client *client, const struct http_request *r, int64_t timeout_ms,
	struct http_answer *a, void *tag)
{
	if (free_slot(&client->begun) == NULL)
		return false;
	http_answer_release(a);
	http_answer_init(a);
	lane_begin(client, &client->begun, r, timeout_ms, a, tag);
	/* Its time runs from here. */
	lane_step(client, &client->begun, 0);
	return true;
}

void *http_client_wait(struct http_client *client, int64_t wait_ms)
{
	return lane_wait(client, &client->begun, wait_ms);
}

void http_client_perform_all(struct http_client *client, const struct http_request *requests,
	size_t count, int64_t timeout_ms, struct http_answer *answers)
{
	struct lane lane = {.slots = {{.tag = NULL}}};
	size_t next = 0, ended = 0;

	for (size_t i = 0; i < count; i++) {
		http_answer_release(&answers[i]);
		http_answer_init(&answers[i]);
	}
	while (ended < count) {
		while (next < count && lane_begin(client, &lane, &requests[next], timeout_ms,
					       &answers[next], &answers[next]))
			next++;
		if (lane_wait(client, &lane, INT_MAX) != NULL)
			ended++;
	}
}

void http_client_perform(struct http_client *client, const struct http_request *r,
	int64_t timeout_ms, struct http_answer *a)
{
	http_client_perform_all(client, r, 1, timeout_ms, a);
}
