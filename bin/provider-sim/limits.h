/*
 * Rate limits over sliding windows: so many admissions within so much time, for each thing that is
 * limited and each party that is counted.
 */
#ifndef SIM_LIMITS_H
#define SIM_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limit {
	const char *what; /* a constant: compared by address */
	int64_t who;
	int64_t *at_ms; /* admissions, oldest first */
	size_t count;
	size_t cap;
};

struct limits {
	struct limit *limit;
	size_t count;
	size_t cap;
};

void limits_release(struct limits *limits);

/*
 * Counts one more. False: `most` (0: no limit) have been admitted within the last window_ms; it is
 * not counted, and *wait_ms says when the next one will be admitted.
 */
bool limits_take(struct limits *limits, const char *what, int64_t who, int64_t most,
	int64_t window_ms, int64_t now_ms, int64_t *wait_ms);

#endif
