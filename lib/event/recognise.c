#include "event/recognise.h"

#include "base/text.h"
#include "sync/match.h"

#include <stdio.h>
#include <string.h>

/* The line between two things that happened in one second: providers tell whole ones. */
#define SECOND_MS INT64_C(1000)

/* Whether a call could be the row's if there were no others. */
static bool fits(const struct call *row, const struct store_event *event)
{
	struct match_row r = {.user_id = row->provider_user_id,
		.number_id = row->provider_number_id,
		.asked_ms = call_asked_ms(row)};
	struct provider_call call = {.id = event->said.external_id,
		.outbound = event->outbound,
		.user_id = event->user_id,
		.number_id = event->number_id,
		.start_ms = event->start_ms};
	const struct provider_call *calls[] = {&call};
	snprintf(call.digits, sizeof(call.digits), "%s", event->digits);
	if (!text_digits(row->phone, strlen(row->phone), r.digits, sizeof(r.digits)))
		return true; /* no row is so: nothing may be decided */
	return match(&r, 1, calls, 1, event->received_ms) != ERR_NONE || r.call != NULL;
}

/* No other call could fit better: of those that clocks cannot tell apart, it is one. */
static bool at_once(const struct call *row, const struct store_event *event)
{
	return event->start_ms >= call_asked_ms(row) / SECOND_MS * SECOND_MS &&
	       event->start_ms <= call_asked_ms(row) + MATCH_BEFORE_MS;
}

int event_recognise(const struct store_event *event, const struct call *rows, size_t row_count,
	const struct store_event *others, size_t other_count)
{
	int found = -1;
	for (size_t i = 0; i < row_count; i++) {
		if (!fits(&rows[i], event))
			continue;
		if (found >= 0)
			return -1;
		found = (int)i;
	}
	/* While it is being placed the provider may still refuse it. */
	if (found < 0 || rows[found].status == CALL_QUEUED || !at_once(&rows[found], event))
		return -1;
	for (size_t i = 0; i < other_count; i++)
		if (fits(&rows[found], &others[i]))
			return -1;
	return found;
}
