/* Spans of time to list at a provider, so that few requests cover all calls looked for. Pure
 * functions. */
#ifndef SYNC_WINDOW_H
#define SYNC_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Spans nearer to each other than this are listed as one: a request for nothing costs as much as a
 * full page. */
#define WINDOW_GAP_MS INT64_C(600000)

struct window {
	int64_t from_ms, to_ms; /* both included */
	int64_t listed_to_ms;   /* all calls up to here were listed in this run; 0: none */
};

/* Sorts the windows and joins those that touch or are near; returns how many are left. */
size_t window_join(struct window *w, size_t count);

/* The window that holds the whole span; NULL if none does. Windows as window_join left them. */
const struct window *window_holding(
	const struct window *w, size_t count, int64_t from_ms, int64_t to_ms);

#endif
