/*
 * Query strings: parameters are known by a table, everything else in them is ignored. A known one
 * that is repeated, empty, without a value, badly encoded, or holds NUL, control bytes or malformed
 * UTF-8 is refused by name.
 */
#ifndef HTTP_QUERY_H
#define HTTP_QUERY_H

#include "base/buf.h"
#include "base/err.h"
#include <stddef.h>

#define QUERY_PARAMS_MAX 16

struct query {
	struct buf text;                     /* decoded values, each NUL-terminated */
	const char *value[QUERY_PARAMS_MAX]; /* by the index in `names`; NULL: absent */
};

/* `names`: the known parameters, NULL-terminated, at most QUERY_PARAMS_MAX. `+` and %20 decode to a
 * blank; names may be encoded, too. ERR_INVALID: *bad is the name of the parameter at fault, out of
 * `names`. ERR_NOMEM. After an error *q is empty; query_release is allowed. */
enum err query_parse(
	struct query *q, const char *raw, const char *const names[], const char **bad) must_check;
void query_release(struct query *q);

#endif
