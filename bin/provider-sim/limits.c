#include "limits.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

void limits_release(struct limits *limits)
{
	for (size_t i = 0; i < limits->count; i++)
		free(limits->limit[i].at_ms);
	free(limits->limit);
	*limits = (struct limits){0};
}

static struct limit *find(struct limits *limits, const char *what, int64_t who)
{
	for (size_t i = 0; i < limits->count; i++) {
		if (limits->limit[i].what == what && limits->limit[i].who == who)
			return &limits->limit[i];
	}
	limits->limit =
		mem_grow(limits->limit, &limits->cap, limits->count + 1, sizeof(*limits->limit));
	limits->limit[limits->count] = (struct limit){.what = what, .who = who};
	return &limits->limit[limits->count++];
}

/* Those before the window, and those ahead of a clock that was set back. */
static void forget(struct limit *limit, int64_t window_ms, int64_t now_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < limit->count; i++) {
		if (limit->at_ms[i] > now_ms - window_ms && limit->at_ms[i] <= now_ms)
			limit->at_ms[kept++] = limit->at_ms[i];
	}
	limit->count = kept;
}

bool limits_take(struct limits *limits, const char *what, int64_t who, int64_t most,
	int64_t window_ms, int64_t now_ms, int64_t *wait_ms)
{
	struct limit *limit;

	if (most == 0)
		return true;
	limit = find(limits, what, who);
	forget(limit, window_ms, now_ms);
	if (limit->count >= (size_t)most) {
		*wait_ms = limit->at_ms[limit->count - (size_t)most] + window_ms - now_ms;
		return false;
	}
	limit->at_ms = mem_grow(limit->at_ms, &limit->cap, limit->count + 1, sizeof(*limit->at_ms));
	limit->at_ms[limit->count++] = now_ms;
	return true;
}
