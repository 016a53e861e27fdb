/* A command that lists what storage walks through: as a table, or with --json as an array. */
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
 * the end. Returns an exit status. */
int listing_print(struct app *a, const char *const headings[],
	enum err (*walk)(struct store *s, struct listing *l));

#endif
