/*
 * What a statement did to a row, and why it did nothing, in words for the trail of the call. Pure
 * functions of the row before and after the merge and of what was said.
 */
#ifndef CALL_DECISION_H
#define CALL_DECISION_H

#include "call/merge.h"

#define DECISION_MAX 400

/* "ringing -> completed, ended 2026-11-20T16:52:40.000Z, duration 7 s", "nothing new", "nothing
 * changed: the call is completed". */
void decision_text(const struct call *before, const struct call *after, const struct statement *s,
	char out[DECISION_MAX]);

/* What people see of a row: status, times, figures, the provider's id. */
bool decision_shows(const struct call *before, const struct call *after);
/* It said something that the row does not have now. */
bool decision_overruled(const struct call *after, const struct statement *s);

#endif
