/* Spans of time of which a provider's calls are wanted. Pure functions. */
#ifndef SYNC_WINDOW_H
#define SYNC_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window {
	int64_t from_ms, to_ms; /* both included */
	/* All calls of this part of it were listed in this run; to 0: of none. */
	int64_t listed_from_ms, listed_to_ms;
};

/* Sorts the windows and joins those that touch; returns how many are left. */
size_t window_join(struct window *w, size_t count);

/* The window that holds the whole span; NULL if none does. Windows as window_join left them. */
const struct window *window_holding(
	const struct window *w, size_t count, int64_t from_ms, int64_t to_ms);

/* Whether all calls of the span were listed. */
bool window_listed(const struct window *w, int64_t from_ms, int64_t to_ms);

#endif
