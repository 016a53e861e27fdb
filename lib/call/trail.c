#include "call/trail.h"

static const char *const words[TRAIL_KIND__MAX] = {
	[TRAIL_REQUEST] = "request",
	[TRAIL_ASK] = "ask",
	[TRAIL_ANSWER] = "answer",
	[TRAIL_POLL] = "poll",
	[TRAIL_EVENT] = "event",
	[TRAIL_MATCH] = "match",
	[TRAIL_EXPIRY] = "expiry",
};

const char *trail_word(enum trail_kind k)
{
	return k >= TRAIL_REQUEST && k < TRAIL_KIND__MAX ? words[k] : "unknown";
}
