/*
 * How much to do in one stay at the gate. The work itself ends after PACE_MS, but commit and
 * checkpoint come on top: on a slow or busy machine a turn of a thousand rows may then keep others
 * waiting for seconds. So the next turn does less after one that was long, and more after a short
 * one.
 */
#ifndef STORE_PACE_H
#define STORE_PACE_H

#include "base/clock.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACE_MS 200

struct pace {
	size_t rows, most; /* to do in the next turn, and at most in any */
	int64_t begin_ms;
};

static inline struct pace pace_of(size_t most)
{
	return (struct pace){.rows = most, .most = most};
}

/* Where the work of a turn begins: how long others kept us waiting does not count. */
static inline void pace_begin(struct pace *p)
{
	p->begin_ms = clock_mono_ms();
}

static inline bool pace_is_over(const struct pace *p)
{
	return clock_mono_ms() >= p->begin_ms + PACE_MS;
}

/* When the turn is over. */
static inline void pace_end(struct pace *p)
{
	int64_t ms = clock_mono_ms() - p->begin_ms;
	if (ms > PACE_MS)
		p->rows = p->rows > 20 ? p->rows / 2 : 10;
	else if (ms < PACE_MS / 4)
		p->rows = 2 * p->rows < p->most ? 2 * p->rows : p->most;
}

#endif
