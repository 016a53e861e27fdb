/*
 * The one source of time. A test build (-DDIALER_TEST_HOOKS) moves it for every program alike: the
 * file named by DIALER_TEST_CLOCK holds a decimal offset in milliseconds, read at every call.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Now, in milliseconds since 1970-01-01T00:00:00Z. */
int64_t clock_now_ms(void);

/* Milliseconds of a clock that never steps: for time-outs and deadlines within one process. */
int64_t clock_mono_ms(void);

/* Milliseconds since the machine was started, also while it slept: the same for all processes, never
 * set by anybody, and back at the beginning when it is started anew. */
int64_t clock_boot_ms(void);

#endif
