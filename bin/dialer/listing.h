/* A command that lists something: as a table, with --json as an array, with --csv as CSV. */
#ifndef DIALER_LISTING_H
#define DIALER_LISTING_H

#include "app.h"
#include "json/jsonw.h"
#include "table.h"

struct listing {
	bool json;
	struct table table; /* else */
	struct jsonw w;     /* json: within the array */
};

/* Whether it makes sense to go on. */
bool listing_ok(const struct listing *l);

/* Opens storage and prints all that `walk` adds to the listing. `headings`: of the table, NULL at
 * the end. `walk` returns an exit status, having complained if it is not STATUS_OK. */
int listing_print(
	struct app *a, const char *const headings[], int (*walk)(struct app *a, struct listing *l));

#endif
