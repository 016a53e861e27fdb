#include "call/follow.h"

/* The once corrected figures of a call that Aircall ended. */
static int64_t corrections_look(const struct call *c, int64_t now_ms)
{
	int64_t end = c->end_ms != 0 ? c->end_ms : c->final_ms;

	if (c->figures_ms >= end + FOLLOW_CORRECTIONS_MS ||
		now_ms > end + FOLLOW_CORRECTIONS_LAST_MS)
		return 0;
	return end + FOLLOW_CORRECTIONS_MS;
}

static int64_t every_run_ms(const struct call *c)
{
	return provider_owning(c->provider) == PROVIDER_DIALPAD ? FOLLOW_ENDED_ONLY_MS
								: FOLLOW_EVERY_RUN_MS;
}

/* The first of start + 10, 20, 40 … minutes after now. */
static int64_t doubling_look(const struct call *c, int64_t now_ms)
{
	int64_t after = FOLLOW_EVERY_RUN_MS;

	while (c->start_ms + after <= now_ms) {
		if (after > (INT64_MAX - c->start_ms) / 2)
			return 0;
		after *= 2;
	}
	return c->start_ms + after;
}

int64_t follow_next_look(const struct call *c, int64_t now_ms)
{
	if (call_status_final(c->status)) {
		/* Without a provider's word for the end there is nothing that it could correct. */
		if (c->provider == PROVIDER_AIRCALL && c->status != CALL_LOST && c->final_ms != 0)
			return corrections_look(c, now_ms);
		return 0;
	}
	if (c->external_id != 0 || now_ms < c->start_ms + every_run_ms(c))
		return c->start_ms;
	return doubling_look(c, now_ms);
}
