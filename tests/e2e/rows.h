/* The whole history as its export shows it, and what the simulator knows of the same calls. */
#ifndef E2E_ROWS_H
#define E2E_ROWS_H

#include "e2e/harness.h"

/* Texts as they stand in the export; "" where there is nothing. */
struct row {
	char id[25], user[24], provider[12], number[20], status[16];
	char start[25], answer[25], end[25], duration[12], talk[12];
	char notes[32], client[32], external[24], reason[40];
};

struct rows {
	struct row *rows;
	size_t count;
};

/* All rows of all users, newest first. Their cells must need no quotes. */
struct rows rows_read(void);
void rows_release(struct rows *r);

/* Orders for qsort and bsearch. */
int order_by_id(const void *a, const void *b);
int order_by_number(const void *a, const void *b);
int order_by_client(const void *a, const void *b);
int order_by_external(const void *a, const void *b); /* of one provider together */

/* The totals of the history, as each filter counts them, are what the rows say. `users`: how many
 * there are, named by `name(u)`. */
void rows_expect_totals(const struct rows *r, int users, const char *(*name)(int u));

/* The sum of all rows of one status. */
size_t rows_of_status(const struct rows *r, const char *status);
bool row_is_final(const struct row *r);

/* --- the truth --- */

/* What is wrong with a row that is the given call of /control/calls, which has ended and whose figures
 * are corrected; NULL if it says exactly what the provider knows. The text lives until the test ends.
 */
const char *row_fault(const struct row *r, json_t *call);

/* How the call ended, in the words of the history: completed, no-answer ...; NULL: it has not, by
 * now_ms. */
const char *truth_status(json_t *call, int64_t now_ms);

/* Milliseconds of a time such as 2023-05-15T12:34:56.789Z; -1 if it is none. */
int64_t rfc3339_ms(const char *text);
/* And back; it lives until the test ends. */
const char *rfc3339_text(int64_t ms);

#endif
