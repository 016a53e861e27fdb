#include "call/trail.h"

#include <string.h>

static const char *const words[TRAIL_KIND__MAX] = {
	[TRAIL_REQUEST] = "request",
	[TRAIL_ASK] = "ask",
	[TRAIL_ANSWER] = "answer",
	[TRAIL_POLL] = "poll",
	[TRAIL_EVENT] = "event",
	[TRAIL_MATCH] = "match",
	[TRAIL_EXPIRY] = "expiry",
	[TRAIL_REPEAT] = "repeat",
	[TRAIL_NOTES] = "notes",
};

const char *trail_word(enum trail_kind k)
{
	return k >= TRAIL_REQUEST && k < TRAIL_KIND__MAX ? words[k] : "unknown";
}

enum trail_kind trail_kind_from_word(const char *word)
{
	for (int k = TRAIL_REQUEST; k < TRAIL_KIND__MAX; k++)
		if (strcmp(word, words[k]) == 0)
			return (enum trail_kind)k;
	return TRAIL_KIND__MAX;
}

bool trail_says_the_same(const struct trail_entry *a, const struct trail_entry *b)
{
	return a->kind == b->kind && strcmp(a->text, b->text) == 0;
}
