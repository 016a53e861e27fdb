/* Positions in a numbered index (DB_RECNUM): how exact totals and any page come at the same cost.
 */
#ifndef STORE_RANGE_H
#define STORE_RANGE_H

#include "store/turn.h"

/* The entries from `low` on (included) to `high` (excluded), as numbers first … first + count - 1.
 */
struct range {
	uint32_t first;
	int64_t count;
};

/* high_len 0: to the end of the index. */
int range_find(struct turn *t, enum db_name n, const void *low, size_t low_len, const void *high,
	size_t high_len, struct range *r) must_check;

/* Calls `each` for entries from number `start` downwards, at most `limit`. `each` returns 0 to go
 * on, RANGE_STOP, or an error, which ends the walk as well. */
#define RANGE_STOP (-31998)
int range_walk_down(struct turn *t, enum db_name n, uint32_t start, int64_t limit,
	int (*each)(void *arg, const unsigned char *key, size_t len), void *arg) must_check;

#endif
