/* dialer reconcile: the provider's side, page by page within the limits that all processes share. */
#include "asking.h"
#include "base/clock.h"
#include "reconcile.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define REQUEST_MS  INT64_C(30000)
#define TRIES       3
#define PAUSE_MS    INT64_C(500) /* before it is tried again; longer each time */
#define STEP_MS     INT64_C(500) /* between looks at the limit */
#define PATIENCE_MS (INT64_C(15) * 60 * 1000)
/* Of the requests a minute so many are left to the sync and others. */
#define LEFT_TO_OTHERS 4 /* one of four */

static void sleep_ms(int64_t ms)
{
	const struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
	(void)nanosleep(&t, NULL);
}

/* How long it is to wait before the next request; 0: it is taken. */
static int64_t take_room(struct asking *k, enum limit limit)
{
	struct limit_state state;
	limits_look(k->limits, limit, &state);
	if (state.per_minute >= LEFT_TO_OTHERS &&
		state.sent >= state.per_minute - state.per_minute / LEFT_TO_OTHERS)
		return STEP_MS;
	return limits_take(k->limits, limit);
}

static bool wait_for_room(struct asking *k, struct side *s)
{
	int64_t end = clock_mono_ms() + PATIENCE_MS, wait;
	while ((wait = take_room(k, lister_limit(s->provider))) > 0) {
		if (clock_mono_ms() + wait > end) {
			(void)snprintf(s->why_not, sizeof(s->why_not),
				"its limit of requests is used up for %lld s more",
				(long long)(wait + 999) / 1000);
			return false;
		}
		sleep_ms(wait < STEP_MS ? wait : STEP_MS);
	}
	return true;
}

static void say_why(struct side *s, const struct http_answer *a)
{
	if (a->fault != HTTP_ANSWERED)
		(void)snprintf(
			s->why_not, sizeof(s->why_not), "it cannot be reached: %.100s", a->error);
	else if (a->status == 401 || a->status == 403)
		(void)snprintf(s->why_not, sizeof(s->why_not),
			"the key of the settings may not list calls (HTTP %d)", a->status);
	else if (a->status < 200 || a->status > 299)
		(void)snprintf(s->why_not, sizeof(s->why_not), "it answers HTTP %d", a->status);
	else
		(void)snprintf(s->why_not, sizeof(s->why_not), "its answer makes no sense");
}

/* A key that may not is refused again. */
static bool is_worth_another_try(const struct http_answer *a)
{
	return a->fault != HTTP_ANSWERED || (a->status != 401 && a->status != 403);
}

/* One page, asked for again a few times. ERR_NOT_FOUND: there is no further one. ERR_IO: why_not.
 * ERR_NOMEM. */
static enum err fetch_page(struct asking *k, struct side *s)
{
	struct http_request request;
	struct http_answer answer;
	http_request_init(&request, "GET");
	http_answer_init(&answer);
	enum err e = lister_next(&s->lister, &request);
	bool built = e == ERR_NONE;
	for (int i = 1; built; i++) {
		if (!wait_for_room(k, s)) {
			e = ERR_IO;
			break;
		}
		http_client_perform(k->http, &request, REQUEST_MS, &answer);
		limits_answered(k->limits, lister_limit(s->provider), &answer);
		/* Blocked: by now all who ask know, and wait. */
		if (answer.fault == HTTP_ANSWERED && answer.status == 429 && i < TRIES)
			continue;
		e = lister_feed(&s->lister, &answer);
		if (e == ERR_NONE || e == ERR_NOMEM)
			break;
		say_why(s, &answer);
		e = ERR_IO;
		if (i == TRIES || !is_worth_another_try(&answer))
			break;
		sleep_ms(i * PAUSE_MS);
	}
	http_request_release(&request);
	http_answer_release(&answer);
	return e;
}

static enum err fetch_all(struct asking *k, struct reconciliation *r, struct side *s)
{
	enum err e = ERR_NONE;
	char what[64];
	(void)snprintf(what, sizeof(what), "calls of %s", provider_title(s->provider->id));
	while (e == ERR_NONE) {
		progress_show(&r->progress, what, (int64_t)s->lister.count, 0);
		e = fetch_page(k, s);
	}
	progress_end(&r->progress);
	lister_tidy(&s->lister);
	if (e == ERR_NOT_FOUND) {
		s->why_not[0] = '\0';
		e = ERR_NONE;
	}
	return e;
}

/* False: the span lies where the provider lists nothing. */
static bool make_window(const struct reconcile_wish *w, struct window *out)
{
	int64_t oldest = w->now_ms - LISTER_HORIZON_MS, latest = w->now_ms + COMPARE_MARGIN_MS;
	out->from_ms = w->from_ms - COMPARE_MARGIN_MS;
	out->to_ms = w->to_ms + COMPARE_MARGIN_MS;
	if (out->from_ms < oldest)
		out->from_ms = oldest;
	if (out->to_ms > latest)
		out->to_ms = latest;
	return out->from_ms > 0 && out->from_ms <= out->to_ms;
}

int reconcile_list(struct app *a, struct reconciliation *r, struct side *s)
{
	struct asking k;
	s->lister = (struct lister){.config = &a->config,
		.provider = s->provider,
		.windows = &s->window,
		.window_count = 1};
	if (!make_window(&r->wish, &s->window))
		return STATUS_OK;
	if (!asking_open(&k, a))
		return STATUS_FAILED;
	enum err e = fetch_all(&k, r, s);
	asking_close(&k);
	s->failed = e != ERR_NONE;
	return e == ERR_NOMEM ? failed("out of memory") : STATUS_OK;
}
