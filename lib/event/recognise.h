/*
 * Whether an event's call is beyond doubt the one of a row, by the rules of sync/match.h. An event
 * knows less than a list: other calls may not have been told yet, or never will be. So the sync
 * decides unless one row alone fits, no other call that waits fits it, and the call began in the
 * very seconds after it was asked for, where no other could fit better. Pure.
 */
#ifndef EVENT_RECOGNISE_H
#define EVENT_RECOGNISE_H

#include "store/events.h"

/* As `recognise` of struct event_taking. */
int event_recognise(const struct store_event *event, const struct call *rows, size_t row_count,
	const struct store_event *others, size_t other_count);

#endif
