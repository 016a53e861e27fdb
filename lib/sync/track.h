/*
 * Asking providers side by side, in one process: each track is a small state machine that says what
 * to ask next and takes the answer, and never waits. A provider that is slow, blocked or dead keeps
 * nobody else waiting.
 *
 * Every request is counted in the limits that all processes share. A track waits a little where one
 * of them frees soon; else it ends there, as it does at a 429 and at the deadline, and the next run
 * goes on.
 */
#ifndef SYNC_TRACK_H
#define SYNC_TRACK_H

#include "limit/limit.h"
#include "provider/http_client.h"

enum track_end {
	TRACK_GOING,
	TRACK_DONE,    /* all was asked */
	TRACK_LIMITED, /* a limit, a 429 or want of time */
	TRACK_FAILED   /* the provider could not be asked, or made no sense */
};

struct track;

/* They may use the store; what they return other than ERR_NONE ends the run. */
struct track_ops {
	/* Builds the next request and names its limit. ERR_NOT_FOUND: there is nothing more to ask. */
	enum err (*next)(struct track *t, struct http_request *r, enum limit *limit);
	/* What came of it; a 429 does not come here. May end the track with track_fail. */
	enum err (*feed)(struct track *t, const struct http_answer *a);
	/* Once, when it has ended, in whatever way; t->end says how. */
	enum err (*ended)(struct track *t);
};

struct track {
	const struct track_ops *ops;
	void *self;         /* the machine behind it */
	const char *name;   /* for messages: "Aircall" */
	int64_t request_ms; /* patience for one request; 0: 15 s */
	struct track *then; /* begins when this one has ended; NULL: none */
	/* --- found --- */
	enum track_end end;
	char why[400]; /* it failed, or was limited; for log and people */
	int64_t requests;
	int64_t done, total; /* how far it is, in a unit of its own; set by its machine */
	/* --- of the driver --- */
	struct http_request request;
	struct http_answer answer;
	enum limit limit;
	bool built, asking, hurried;
	int64_t wake; /* of the monotonic clock: not to be asked before */
};

/* With what they are asked, and until when. */
struct track_driver {
	struct http_client *http; /* borrowed, like the others */
	struct limits *limits;
	int64_t deadline; /* of the monotonic clock */
	/* Told after each answer; NULL: nobody. */
	void (*progress)(void *arg);
	void *arg;
};

/* Runs them, and those behind them, until all have ended; the array changes. With an error the rest is left undone. */
enum err tracks_run(const struct track_driver *d, struct track **tracks, size_t count) must_check;

/* Ends the track: the provider cannot be asked. `a`: the answer that says so; NULL: none. */
void track_fail(struct track *t, const char *what, const struct http_answer *a);

#endif
