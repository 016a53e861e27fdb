/*
 * When the sync looks at a call next: a pure function of the row.
 *
 *   not final, known to the provider   in every run, so that its end is seen soon
 *   not final, not found yet           in every run for 10 minutes, then at doubling intervals (10, 20, 40 … minutes
 *                                      after the request)
 *   ended, Aircall                     once more 20 minutes after the end: Aircall corrects figures for about so long
 *   otherwise                          never
 */
#ifndef CALL_FOLLOW_H
#define CALL_FOLLOW_H

#include "call/call.h"

#define FOLLOW_EVERY_RUN_MS	 (10 * 60 * INT64_C(1000))
#define FOLLOW_CORRECTIONS_MS	 (20 * 60 * INT64_C(1000))

/* UNIX milliseconds; a time in the past means "in every run"; 0: never. `looked`: the call was just looked for. */
int64_t follow_next_look(const struct call *c, int64_t now_ms);

#endif
