/*
 * How many requests the providers may still be sent: counted by all processes together, in the file
 * `limits` of the data directory.
 *
 * A limit of N requests a minute holds for any 60 seconds, not only for those of the clock. Clicks
 * are counted and never held back; everything else asks first. A provider's 429 blocks until the
 * time it names.
 *
 * What is counted may be lost with the machine (it is of the last minute), never with a process.
 * Where the file cannot be used, each process counts for itself, which is logged once.
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
	LIMIT_DIALPAD_CALL,     /* GET /api/v2/call/{id}: 10 a minute */
	LIMIT_DIALPAD_LIST,     /* GET /api/v2/call: 1200 a minute */
	LIMIT_DIALPAD_WEBHOOKS, /* POST /api/v2/webhooks: 100 a minute */
	LIMIT_DIALPAD_OTHER,    /* placing calls (limited per user by Dialpad), OAuth, the rest */
	LIMIT__MAX
};

struct limits;

/* ERR_NOMEM. Config and log are borrowed. */
enum err limits_open(const struct config *c, const struct log *log, struct limits **out) must_check;
void limits_close(struct limits *l); /* NULL is fine */

/* Takes one request: 0, and it is counted; else the milliseconds until it is worth asking again. */
int64_t limits_take(struct limits *l, enum limit what, int64_t now_ms) must_check;
/* Counts one that is sent in any case. */
void limits_count(struct limits *l, enum limit what, int64_t now_ms);
/* After a 429 nothing of this limit is taken until the time it names (Aircall: X-AircallApi-Reset if
 * it lies within the next 5 minutes; then Retry-After), else for 60 s. Other answers change
 * nothing. */
void limits_answered(
	struct limits *l, enum limit what, const struct http_answer *a, int64_t now_ms);

#endif
