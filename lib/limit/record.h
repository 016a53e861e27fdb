/*
 * What is known of the requests of the last minute, as one record of fixed size; pure functions.
 * Internal to lib/limit.
 *
 * All times in it are ages, as of `at_ms` of the clock since the machine was started. When that clock
 * has gone back, the machine was started anew, and everything is at least as old as it runs.
 */
#ifndef LIMIT_RECORD_H
#define LIMIT_RECORD_H

#include "limit/limit.h"

/* Requests are counted by the second. The present second and 61 before it hold any 60 seconds, and one
 * more: requests do not arrive at the distances they are sent at. */
#define RECORD_SECONDS 62
#define RECORD_MINUTE  (RECORD_SECONDS * INT64_C(1000))
/* Dialpad's 20 a second, likewise with a quarter more. */
#define RECORD_BURST    20
#define RECORD_BURST_MS 1250
/* Nothing blocks for longer. */
#define RECORD_BLOCK_MAX_MS INT64_C(3600000)

struct record {
	uint64_t magic;
	int64_t at_ms;
	uint32_t blocked_ms[LIMIT__MAX];           /* for so much longer */
	uint32_t sent[LIMIT__MAX][RECORD_SECONDS]; /* in the present second, the one before, … */
	uint32_t age_ms[RECORD_BURST]; /* of the latest requests to Dialpad, the youngest first */
	uint64_t sum;                  /* of all before it */
};

/* Nothing was sent. */
void record_init(struct record *r, int64_t now_ms);
/* Nobody knows what was sent: nothing may be taken for a minute. */
void record_init_unknown(struct record *r, int64_t now_ms);

/* To be written: with its sum. */
void record_seal(struct record *r);
/* As it was sealed. */
bool record_valid(const struct record *r);

/* Time passes. */
void record_advance(struct record *r, int64_t now_ms);

/* 0: one more may be sent; else so many milliseconds later. per_minute 0: any number. */
int64_t record_wait(const struct record *r, enum limit what, int64_t per_minute);
void record_count(struct record *r, enum limit what);
/* Blocked for that long, if it is not for longer already. */
void record_block(struct record *r, enum limit what, int64_t ms);
/* In the last minute. */
int64_t record_sent(const struct record *r, enum limit what);

#endif
