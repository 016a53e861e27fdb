#include "sync/track.h"

#include "base/clock.h"
#include "base/fault.h"

#include <stdio.h>
#include <time.h>

#define REQUEST_MS  INT64_C(15000)
#define PATIENCE_MS INT64_C(10000) /* for a limit that frees soon */
/* With less time than that nothing is begun: it could only be cut off. */
#define HURRY_MS INT64_C(1000)
#define SLACK_MS INT64_C(100)

/* --- ends --- */

static void say(struct track *t, const char *what, const struct http_answer *a)
{
	if (a == NULL)
		snprintf(t->why, sizeof(t->why), "%s: %s", t->name, what);
	else if (a->fault == HTTP_ANSWERED)
		snprintf(t->why, sizeof(t->why), "%s: %s, HTTP %d%s%s", t->name, what, a->status,
			a->error[0] != '\0' ? ": " : "", a->error);
	else
		snprintf(t->why, sizeof(t->why), "%s: %s: %s", t->name, what, a->error);
}

void track_fail(struct track *t, const char *what, const struct http_answer *a)
{
	t->end = TRACK_FAILED;
	say(t, what, a);
}

static void limited(struct track *t, const char *what, const struct http_answer *a)
{
	t->end = TRACK_LIMITED;
	say(t, what, a);
}

static void forget_request(struct track *t)
{
	if (t->built) {
		http_request_release(&t->request);
		http_answer_release(&t->answer);
	}
	t->built = false;
}

/* --- one step --- */

static enum err build(struct track *t)
{
	http_request_init(&t->request, "GET");
	http_answer_init(&t->answer);
	t->built = true;
	t->wake = 0;
	enum err e = t->ops->next(t, &t->request, &t->limit);
	if (e == ERR_NOT_FOUND) {
		t->end = t->end == TRACK_GOING ? TRACK_DONE : t->end;
		e = ERR_NONE;
	}
	return e;
}

/* Sends what was built, if time and limits let it. */
static void send_built(const struct track_driver *d, struct track *t)
{
	int64_t patience = t->request_ms != 0 ? t->request_ms : REQUEST_MS;
	int64_t now = clock_mono_ms(), left = d->deadline - now;
	if (now < t->wake)
		return;
	if (left < HURRY_MS) {
		limited(t, "no time left", NULL);
		return;
	}
	int64_t wait = limits_take(d->limits, t->limit);
	if (wait > 0) {
		t->wake = now + wait;
		if (wait > PATIENCE_MS || wait + HURRY_MS > left)
			limited(t, "no requests left", NULL);
		return;
	}
	FAULT_POINT("sync-before-ask");
	t->hurried = left < patience;
	t->asking = http_client_begin(
		d->http, &t->request, t->hurried ? left : patience, &t->answer, t);
	if (t->asking)
		t->requests++;
	else
		track_fail(t, "more tracks than requests at a time", NULL);
}

/* Cut off by the deadline, not by the provider. */
static bool ran_out_of_time(const struct track_driver *d, const struct track *t)
{
	bool whole = t->answer.fault == HTTP_ANSWERED && t->answer.body_complete;
	return t->hurried && !whole && clock_mono_ms() >= d->deadline - SLACK_MS;
}

/* Has it ended, whoever owns it hears so, once. */
static enum err conclude(struct track *t)
{
	if (t->end == TRACK_GOING)
		return ERR_NONE;
	forget_request(t);
	return t->ops->ended(t);
}

static enum err take_answer(const struct track_driver *d, struct track *t)
{
	enum err e = ERR_NONE;
	FAULT_POINT("sync-after-answer");
	t->asking = false;
	limits_answered(d->limits, t->limit, &t->answer);
	if (t->answer.fault == HTTP_ANSWERED && t->answer.status == 429)
		limited(t, "too many requests", &t->answer);
	else if (ran_out_of_time(d, t))
		limited(t, "no time left", NULL);
	else
		e = t->ops->feed(t, &t->answer);
	forget_request(t);
	if (d->progress != NULL)
		d->progress(d->arg);
	return e == ERR_NONE ? conclude(t) : e;
}

/* As far as it comes without waiting. */
static enum err go(const struct track_driver *d, struct track *t)
{
	enum err e = ERR_NONE;
	if (t->end != TRACK_GOING || t->asking)
		return ERR_NONE;
	if (!t->built)
		e = build(t);
	if (e == ERR_NONE && t->end == TRACK_GOING)
		send_built(d, t);
	return e == ERR_NONE ? conclude(t) : e;
}

/* The same with those that come after it. */
static enum err go_on(const struct track_driver *d, struct track **t)
{
	enum err e = go(d, *t);
	while (e == ERR_NONE && (*t)->end != TRACK_GOING && (*t)->then != NULL) {
		*t = (*t)->then;
		e = go(d, *t);
	}
	return e;
}

/* --- all of them --- */

static void nap(int64_t ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	if (ms > 0)
		nanosleep(&t, NULL);
}

/* Waits for an answer, or until one may be asked that waits for its limit. */
static struct track *await(const struct track_driver *d, struct track *const *tracks, size_t count)
{
	int64_t now = clock_mono_ms(), until = d->deadline;
	bool asking = false;
	for (size_t i = 0; i < count; i++) {
		const struct track *t = tracks[i];
		asking = asking || t->asking;
		if (t->end == TRACK_GOING && !t->asking && t->wake < until)
			until = t->wake;
	}
	/* Its own time-out ends what is under way; this only wakes the others. */
	int64_t ms = until > now ? until - now : 0;
	if (asking)
		return http_client_wait(d->http, ms > 0 ? ms : HURRY_MS);
	nap(ms);
	return NULL;
}

static bool any_going(struct track *const *tracks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tracks[i]->end == TRACK_GOING)
			return true;
	return false;
}

/* What is under way after an error is waited for, as it is borrowed from us; then all is released. */
static void abandon(const struct track_driver *d, struct track *const *tracks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		while (tracks[i]->asking) {
			struct track *t = http_client_wait(d->http, HURRY_MS);
			if (t != NULL)
				t->asking = false;
		}
		forget_request(tracks[i]);
	}
}

enum err tracks_run(const struct track_driver *d, struct track **tracks, size_t count)
{
	enum err e = ERR_NONE;
	for (;;) {
		for (size_t i = 0; i < count && e == ERR_NONE; i++)
			e = go_on(d, &tracks[i]);
		if (e != ERR_NONE || !any_going(tracks, count))
			break;
		struct track *answered = await(d, tracks, count);
		if (answered != NULL)
			e = take_answer(d, answered);
	}
	if (e != ERR_NONE)
		abandon(d, tracks, count);
	return e;
}
