/*
 * The one way a call's status and figures change after it was stored:
 * (row, what was said, when) -> row.
 *
 * A pure function whose result does not depend on the order, repetition or lateness of what
 * providers say:
 *   - A status never moves backwards, and a final one never changes, with these exceptions.
 *   - `lost` yields to anything a provider says (a status, an id, figures) and leaves no trace.
 *   - Among finals reported by a provider `completed` wins; among the others the one said first
 *     stays (by the statement's time, then by the order of the statuses).
 *   - Figures (answer, end, durations) come from the statement with the latest time, so that a
 *     provider may correct them after the end. A statement without an end never replaces one with
 *     an end: lists lag behind events, and an ended call would lose its end. Of several statements
 *     of one time the larger figures stay.
 *   - What the service itself decided as final (failed: refused; handed-off) is never changed, and
 *     the service decides nothing any more once a provider has shown the call.
 *   - The external id is set once; a statement about another one changes nothing.
 *   - `reason` tells why a call is what the service made it (orphaned, refused): a status said by a
 *     provider clears it, unless that status is final and comes with a reason of its own.
 */
#ifndef CALL_MERGE_H
#define CALL_MERGE_H

#include "call/call.h"

enum statement_source {
	/* The outcome of placing it: unconfirmed (moves `queued` only), failed, handed-off. */
	SAID_BY_US,
	/* Accepted; a poll or an event: initiated to failed. */
	SAID_BY_PROVIDER,
	/* The reconcile window is over: lost; nothing else in the statement counts. */
	SAID_BY_EXPIRY
};

struct statement {
	enum statement_source source;
	bool has_status; /* false: a word of the provider that is unknown, or none */
	enum call_status status;
	int64_t at_ms;       /* event time, else poll time */
	int64_t external_id; /* 0: not said */
	bool has_figures;    /* the next four replace what is there; 0 / -1: unknown */
	int64_t answer_ms, end_ms;
	int64_t duration_s, talk_s;
	const char *reason; /* borrowed; NULL: not said */
};

void statement_init(struct statement *s, enum statement_source source, int64_t at_ms);

/* Merges s into c. True when anything changed, were it only the time of the figures. */
bool merge(struct call *c, const struct statement *s);

#endif
