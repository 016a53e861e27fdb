/*
 * When the sync looks at a call next: a pure function of the row and the time.
 *
 *   - Not final, known to the provider: in every run, so that its end is seen soon.
 *   - Not final, not found yet: in every run for 10 minutes, then at doubling intervals (10, 20,
 *     40 … minutes after the request). Dialpad lists calls when they have ended only: there a call
 *     that is not listed is most likely still going on, and is looked for in every run for 4 hours.
 *   - Ended, Aircall: once more 20 minutes after the end, as Aircall corrects figures for about so
 *     long. Not if the figures are of that time already, and not again when an hour has passed, so
 *     that a call which vanished there is not asked for endlessly.
 *   - Otherwise: never.
 *
 * It does not know the reconcile window: whoever schedules a call that is not found yet takes the
 * end of the window where that comes sooner.
 */
#ifndef CALL_FOLLOW_H
#define CALL_FOLLOW_H

#include "call/call.h"

#define FOLLOW_EVERY_RUN_MS        (INT64_C(10) * 60 * 1000)
#define FOLLOW_ENDED_ONLY_MS       (INT64_C(4) * 60 * 60 * 1000)
#define FOLLOW_CORRECTIONS_MS      (INT64_C(20) * 60 * 1000)
#define FOLLOW_CORRECTIONS_LAST_MS (INT64_C(60) * 60 * 1000)

/* UNIX milliseconds; a time in the past (the start of the call) means "in every run"; 0: never. */
int64_t follow_next_look(const struct call *c, int64_t now_ms);

#endif
