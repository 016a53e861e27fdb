#include "sync/window.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	const struct window *x = a, *y = b;
	return x->from_ms < y->from_ms ? -1 : x->from_ms > y->from_ms;
}

size_t window_join(struct window *w, size_t count)
{
	size_t last = 0;
	if (count == 0)
		return 0;
	qsort(w, count, sizeof(*w), compare);
	for (size_t i = 1; i < count; i++) {
		if (w[i].from_ms <= w[last].to_ms) {
			if (w[i].to_ms > w[last].to_ms)
				w[last].to_ms = w[i].to_ms;
		} else {
			w[++last] = w[i];
		}
	}
	return last + 1;
}

const struct window *window_holding(
	const struct window *w, size_t count, int64_t from_ms, int64_t to_ms)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (w[mid].to_ms < to_ms)
			low = mid + 1;
		else
			high = mid;
	}
	return low < count && w[low].from_ms <= from_ms ? &w[low] : NULL;
}

bool window_listed(const struct window *w, int64_t from_ms, int64_t to_ms)
{
	return w->listed_to_ms != 0 && w->listed_from_ms <= from_ms && w->listed_to_ms >= to_ms;
}
