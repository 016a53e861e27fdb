/*
 * Events of providers, as storage sees them: what a webhook told is merged into the row it is
 * about, or kept for an hour where no row has the provider's call yet, or only counted. Errors as
 * in store.h.
 */
#ifndef STORE_EVENTS_H
#define STORE_EVENTS_H

#include "store/store.h"

#define EVENT_WHAT_MAX   48                 /* bytes of the provider's words */
#define EVENT_DIGITS_MAX 31                 /* decimal digits of a number */
#define EVENT_KEPT_MS    (INT64_C(3600000)) /* how long one waits for its row */
#define EVENT_CALL_MAX   32                 /* events of one call that wait */

struct store_event {
	enum provider_id provider;
	struct statement said;          /* external_id: the provider's call, never 0; `reason`
					   does not count, the next does */
	char reason[CALL_REASON_MAX];   /* "": none */
	char what[EVENT_WHAT_MAX + 1];  /* "call.hungup", for the trail: no control characters */
	char state[EVENT_WHAT_MAX + 1]; /* the provider's word for the call's state; "": none */
	int64_t received_ms;            /* now, when it is taken in */
	bool has_call;                  /* our id travelled along */
	struct callid call;
	/* What the call is recognised by. 0, "": not told. */
	bool outbound;
	int64_t user_id, number_id;
	char digits[EVENT_DIGITS_MAX + 1];
	int64_t start_ms;
};

/* What became of it. */
enum event_fate {
	EVENT_APPLIED,   /* it changed the row */
	EVENT_UNCHANGED, /* the row says so already, or says more, or is not to take it */
	EVENT_KEPT,      /* no row has that call yet: it waits for one */
	EVENT_DROPPED    /* it is about a call that is not ours */
};

struct event_taking {
	/* --- given --- */
	const struct store_event *event;
	bool keep;       /* it may be about a call of ours that no row has claimed yet */
	size_t kept_max; /* of all that wait; the oldest makes room */
	/*
	 * Whether it is beyond doubt which of these rows the call of the event is: a number below
	 * row_count, else -1. The rows are of the event's provider, user and line, have no call of
	 * the provider yet, are not final, and were stored near its start. `others` wait, too, one
	 * for each other call of this user and line. Pure: it may run more than once. NULL: never.
	 */
	int (*recognise)(const struct store_event *event, const struct call *rows, size_t row_count,
		const struct store_event *others, size_t other_count);
	/* --- found --- */
	enum event_fate fate;
	struct callid row; /* where it was applied, or changed nothing */
};

/*
 * Takes one event in; durable on return. Its row is the one that claimed the provider's call; else
 * the one it names (has_call), unless that has another call of the provider already; else the one
 * that `recognise` finds. While the named row is being placed, and the provider may tell its id any
 * moment, the event waits for that. With the claim of a call all that was kept about it is merged.
 */
enum err store_event_take(struct store *s, struct event_taking *t) must_check;

enum event_count {
	EVENT_COUNT_RECEIVED, /* each ends as one of the next four */
	EVENT_COUNT_APPLIED,
	EVENT_COUNT_UNCHANGED,
	EVENT_COUNT_KEPT,
	EVENT_COUNT_DROPPED,
	EVENT_COUNT_FOLDED,  /* had been kept, and its row came */
	EVENT_COUNT_EXPIRED, /* had been kept, and no row came */
	EVENT_COUNT_CROWDED, /* had been kept, and made room for others */
	EVENT_COUNT__MAX
};

/* "received" … */
const char *event_count_word(enum event_count c);

/* Since the data directory was made; in `waiting` how many are kept now. */
struct event_counts {
	int64_t of[PROVIDER__MAX][EVENT_COUNT__MAX];
	int64_t waiting;
};
enum err store_event_counts(struct store *s, struct event_counts *c) must_check;

/* Counts an event that is genuine and makes no sense: received and dropped. */
enum err store_event_count_senseless(struct store *s, enum provider_id p) must_check;

#endif
