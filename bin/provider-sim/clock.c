#include "clock.h"

#include <time.h>

int64_t clock_real_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_now_ms(const struct sim_clock *clock)
{
	return clock->frozen ? clock->frozen_ms : clock_real_ms() + clock->offset_ms;
}

int64_t clock_now(const struct sim_clock *clock)
{
	return clock_now_ms(clock) / 1000;
}

void clock_set(struct sim_clock *clock, int64_t now_ms, bool frozen)
{
	clock->frozen = frozen;
	clock->frozen_ms = now_ms;
	clock->offset_ms = now_ms - clock_real_ms();
}

void clock_reset(struct sim_clock *clock)
{
	*clock = (struct sim_clock){0};
}
