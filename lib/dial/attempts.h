/* What the providers of a chain said that did not take the call, in order. */
#ifndef DIAL_ATTEMPTS_H
#define DIAL_ATTEMPTS_H

#include "call/call.h"
#include "dial/chain.h"

#define ATTEMPTS_MAX ((size_t)8 * 1024)

struct attempts {
	struct buf *json;   /* borrowed: the array; empty, or good JSON at every moment */
	const char *reason; /* why nobody took it so far; "" */
	char reason_told[CALL_REASON_MAX]; /* of the last one that was asked; "" */
};

/* None yet. */
void attempts_begin(struct attempts *a, struct buf *json);
/* One that was asked and refused. False: no memory. */
bool attempts_refused(
	struct attempts *a, enum provider_id p, const char *reason, const char *detail);
/* Those that cannot be asked, from link `from` up to but not including `to`. */
bool attempts_unaskable(struct attempts *a, const struct chain *ch, int from, int to);

#endif
