/*
 * The simulator's clock: the real one plus an offset, or standing still. All the life of a call is
 * computed from it at the moment of reading, so that moving it by an hour ends every call at once.
 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct sim_clock {
	int64_t offset_ms;
	int64_t frozen_ms;
	bool frozen;
};

/* The real time, milliseconds since 1970 UTC. */
int64_t clock_real_ms(void);

/* The simulated time in milliseconds, and in whole seconds. */
int64_t clock_now_ms(const struct sim_clock *clock);
int64_t clock_now(const struct sim_clock *clock);

/* Sets the time. A frozen clock stays there until it is set again. */
void clock_set(struct sim_clock *clock, int64_t now_ms, bool frozen);

/* Back to the real time. */
void clock_reset(struct sim_clock *clock);

#endif
