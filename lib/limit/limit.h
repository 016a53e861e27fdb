/*
 * How many requests the providers may still be sent: counted by all processes together, in the file
 * `limits` of the data directory.
 *
 * A limit of N requests a minute holds for any 60 seconds, not only for those of the clock. Clicks
 * are counted and never held back; everything else asks first. A provider's 429 blocks until the
 * time it names.
 *
 * What is counted may be lost with the machine (it is of the last minute), never with a process.
 * Times are those since the machine was started, so that setting its clock neither forgets nor
 * blocks anything. Where the file cannot be used, each process counts for itself, which is logged
 * once. A file that is not ours is written anew, and nothing is taken for a minute.
 */
#ifndef LIMIT_LIMIT_H
#define LIMIT_LIMIT_H

#include "base/err.h"
#include "base/log.h"
#include "config/config.h"
#include "provider/http_message.h"
#include <stdint.h>

/* What is limited. Everything of Dialpad counts for its 20 requests a second, too. */
enum limit {
	LIMIT_AIRCALL,          /* all of it: AIRCALL_REQUESTS_PER_MINUTE */
	LIMIT_DIALPAD_PLACE,    /* placing calls: Dialpad limits it per user, we do not */
	LIMIT_DIALPAD_CALL,     /* GET /api/v2/call/{id}: 10 a minute */
	LIMIT_DIALPAD_LIST,     /* GET /api/v2/call: 1200 a minute */
	LIMIT_DIALPAD_WEBHOOKS, /* POST /api/v2/webhooks: 100 a minute */
	LIMIT_DIALPAD_OTHER,    /* OAuth and the rest */
	LIMIT__MAX
};

struct limits;

/* ERR_NOMEM. Config and log are borrowed. Nothing is opened before the first request. */
enum err limits_open(const struct config *c, const struct log *log, struct limits **out) must_check;
void limits_close(struct limits *l); /* NULL is fine */

/* Takes one request: 0, and it is counted, to be sent at once; else the milliseconds until it is
 * worth asking again. NULL: nothing is limited. */
int64_t limits_take(struct limits *l, enum limit what) must_check;
/* Counts one that is sent in any case. Takes 50 ms at most, whatever others do. NULL is fine. */
void limits_count(struct limits *l, enum limit what);
/* After a 429 nothing of this limit is taken until the time it names (Aircall: X-AircallApi-Reset if
 * it lies within the next 5 minutes; then Retry-After, up to an hour), else for 60 s. Other answers
 * change nothing, and placing a call at Dialpad blocks nothing. NULL is fine. */
void limits_answered(struct limits *l, enum limit what, const struct http_answer *a);

struct limit_state {
	int64_t sent;       /* in the last minute */
	int64_t per_minute; /* how many may be; 0: any number */
	int64_t blocked_ms; /* nothing is taken for so long; 0: it is not blocked */
};
/* How it stands; nothing is changed. */
void limits_look(struct limits *l, enum limit what, struct limit_state *out);

/* "aircall", "dialpad_place", "dialpad_call" … */
const char *limit_word(enum limit what);

#endif
