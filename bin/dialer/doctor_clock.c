/* The machine's clock: tokens, ids, and the recognition of calls depend on it. */
#include "base/clock.h"
#include "doctor.h"

#include <stdlib.h>

#define BUILT_AFTER_MS INT64_C(1790000000000) /* September 2026: nobody ran this before */
#define DRIFT_S        30                     /* as much as tokens are let */

static void judge_difference(struct doctor *d, int64_t ahead_s)
{
	if (llabs((long long)ahead_s) > DRIFT_S)
		doctor_says(d, DOCTOR_WARNING,
			"have it set from the network (chrony, systemd-timesyncd)",
			"the clock is %lld s %s that of %s", llabs((long long)ahead_s),
			ahead_s > 0 ? "before" : "behind", d->date_of);
}

static void look_at_clock(struct doctor *d)
{
	if (clock_now_ms() < BUILT_AFTER_MS)
		doctor_says(d, DOCTOR_CRITICAL, "set the clock",
			"the clock is wrong: it is before this program was made");
	else if (d->date_s != 0)
		judge_difference(d, d->date_at_ms / 1000 - d->date_s);
}

const struct doctor_check doctor_clock[] = {
	{.name = "clock", .look = look_at_clock}, {.name = NULL}};
