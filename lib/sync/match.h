/*
 * Recognising our calls among a provider's, where it gives no id when a call is placed: same user,
 * line, digits and direction, started from 5 s before to 120 s after it was asked. Pure functions.
 *
 * The assignment is one-to-one and keeps the order of placing among rows that cannot be told apart:
 * of all assignments that cross nowhere it takes those with the most matches, of these the one with
 * the least total delay beyond what clocks may differ by, and of equal ones the earlier row. So a
 * call goes to the row placed first, unless it followed a later one much more closely: then the
 * earlier one was never dialled. Where a call fits several rows and fewer calls than rows are to be
 * seen, nothing is decided before the list can hold everything: it may lag behind.
 */
#ifndef SYNC_MATCH_H
#define SYNC_MATCH_H

#include "base/err.h"
#include "provider/provider.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MATCH_BEFORE_MS INT64_C(5000)   /* clocks differ */
#define MATCH_AFTER_MS  INT64_C(120000) /* the device may be slow to dial */
#define MATCH_LAG_MS    INT64_C(20000)  /* by then a call that started is listed */

/* One of our calls without the provider's id. */
struct match_row {
	size_t tag; /* the caller's own; not looked at */
	int64_t user_id, number_id;
	char digits[PHONE_SIZE];
	int64_t asked_ms;
	/* --- found --- */
	const struct provider_call *call; /* NULL: none */
	bool waiting;                     /* not decided yet: look again */
};

/* Sorts the rows by what they are compared by; `calls` (unclaimed ones; others may be among them if
 * they do not fit) are borrowed and stay as they are. ERR_NOMEM. */
enum err match(struct match_row *rows, size_t row_count, const struct provider_call *const *calls,
	size_t call_count, int64_t now_ms) must_check;

#endif
