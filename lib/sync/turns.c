#include "sync/turns.h"

#include <stdlib.h>

/* A call of an age is worth a look after a sixth of it. */
#define SHARE           6
#define INTERVAL_MIN_MS INT64_C(60000)
#define INTERVAL_MAX_MS INT64_C(3600000)

struct turn_order {
	const struct call *calls;
	int64_t now_ms;
};

static int64_t interval_ms(const struct call *c, int64_t now_ms)
{
	int64_t ms = (now_ms - c->start_ms) / SHARE;
	if (ms < INTERVAL_MIN_MS)
		return INTERVAL_MIN_MS;
	return ms < INTERVAL_MAX_MS ? ms : INTERVAL_MAX_MS;
}

static int64_t waited_ms(const struct call *c, int64_t now_ms)
{
	return c->look_ms < now_ms ? now_ms - c->look_ms : 0;
}

/* By the time waited, in intervals; then the later start. */
static int compare(const void *x, const void *y, void *arg)
{
	const struct turn_order *o = arg;
	const struct call *a = &o->calls[*(const size_t *)x], *b = &o->calls[*(const size_t *)y];
	double a_share = (double)waited_ms(a, o->now_ms) / (double)interval_ms(a, o->now_ms);
	double b_share = (double)waited_ms(b, o->now_ms) / (double)interval_ms(b, o->now_ms);
	if (a_share != b_share)
		return a_share > b_share ? -1 : 1;
	return a->start_ms > b->start_ms ? -1 : a->start_ms < b->start_ms;
}

void turns_sort(const struct call *calls, size_t *index, size_t count, int64_t now_ms)
{
	struct turn_order o = {calls, now_ms};
	if (count > 1)
		qsort_r(index, count, sizeof(*index), compare, &o);
}
