/*
 * Reading calls, and hanging up.
 */
#include "dialpad.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "plan.h"

static bool numbers(struct sim *sim)
{
	return strcmp(sim->settings.dialpad_rest_form, "number") == 0;
}

static bool over(const struct call *call, int64_t now_ms)
{
	return call->ended_at != CALL_NEVER && call->ended_at <= now_ms;
}

/* A call that this credential may know of; answers 404 if there is none. */
static struct call *named_call(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	int64_t value;
	struct call *call =
		text_int64(id, &value) ? call_store_find(&sim->dialpad_calls, value) : NULL;

	if (call && call->created_at <= clock_now_ms(&sim->clock) &&
		dialpad_may_act_for(sim, request, call->user))
		return call;
	dialpad_refuse(answer, 404, "Call not found");
	return NULL;
}

void dialpad_call_get(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	static const char reads[] = "reads of a call";
	int64_t now_ms = clock_now_ms(&sim->clock);
	bool together = strcmp(sim->settings.dialpad_reads_of, "company") == 0;
	const struct call *call;

	if (!dialpad_admit(sim, reads, together ? 0 : dialpad_actor(request),
		    sim->settings.dialpad_reads_per_minute, answer))
		return;
	call = named_call(sim, request, id, answer);
	if (!call)
		return;
	if (call->listed_from > now_ms ||
		(!sim->settings.dialpad_live_calls && !over(call, now_ms)))
		dialpad_refuse(answer, 404, "Call not found");
	else
		answer_json(answer, 200, dialpad_call_json(sim, call, now_ms, numbers(sim), NULL));
}

void dialpad_call_hangup(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	struct call *call = named_call(sim, request, id, answer);

	if (!call)
		return;
	if (call_hang_up(sim, call))
		answer_empty(answer, (int)sim->settings.dialpad_hangup_status);
	else
		dialpad_refuse(answer, 409, "The call has ended");
}

struct filter {
	int64_t after_ms;  /* exclusive */
	int64_t before_ms; /* exclusive */
	int64_t target;    /* 0: any */
	bool other_target; /* something that no call here belongs to */
	int64_t cursor_start;
	int64_t cursor_id;
};

static bool read_number(
	struct request *request, const char *name, int64_t *value, struct answer *answer)
{
	const char *text = request_query(request, name);

	if (!text || text_int64(text, value))
		return true;
	dialpad_refuse(answer, 400, "A parameter is not an integer");
	return false;
}

/* False: answered. */
static bool filter_read(struct request *request, struct filter *filter, struct answer *answer)
{
	const char *type = request_query(request, "target_type");
	const char *cursor = request_query(request, "cursor");

	*filter = (struct filter){
		.after_ms = INT64_MIN,
		.before_ms = INT64_MAX,
		.cursor_start = INT64_MAX,
		.cursor_id = INT64_MAX,
		.other_target = type && strcmp(type, "user") != 0,
	};
	if (cursor && !dialpad_cursor_read(cursor, &filter->cursor_start, &filter->cursor_id)) {
		dialpad_refuse(answer, 400, "Invalid cursor");
		return false;
	}
	return read_number(request, "started_after", &filter->after_ms, answer) &&
	       read_number(request, "started_before", &filter->before_ms, answer) &&
	       read_number(request, "target_id", &filter->target, answer);
}

static bool listed(
	struct sim *sim, const struct call *call, const struct filter *filter, int64_t now_ms)
{
	if (call->started_at > filter->cursor_start ||
		(call->started_at == filter->cursor_start && call->id >= filter->cursor_id))
		return false;
	if (filter->other_target || (filter->target && filter->target != call->user))
		return false;
	return call->started_at < filter->before_ms && call->listed_from <= now_ms &&
	       over(call, now_ms - sim->settings.dialpad_list_delay * 1000);
}

/* The position behind the newest call that may be on the page. */
static size_t newest(const struct call_store *store, const struct filter *filter)
{
	int64_t before = filter->before_ms;

	if (filter->cursor_start < before)
		before = filter->cursor_start + 1;
	return before == INT64_MAX ? store->count : call_store_position(store, before);
}

void dialpad_call_list(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	const struct call_store *store = &sim->dialpad_calls;
	int64_t now_ms = clock_now_ms(&sim->clock);
	size_t most = (size_t)sim->settings.dialpad_page;
	const struct call *last = NULL;
	char *cursor = NULL;
	struct filter filter;
	json_t *items;

	(void)id;
	if (!dialpad_may(sim, request, "calls:list") || !dialpad_may_act_for(sim, request, -1)) {
		dialpad_refuse(answer, 403, "A company admin's key with calls:list is needed");
		return;
	}
	if (!filter_read(request, &filter, answer))
		return;
	items = json_array();
	for (size_t i = newest(store, &filter); i > 0 && !cursor; i--) {
		const struct call *call = store->by_start[i - 1];

		if (call->started_at <= filter.after_ms)
			break;
		if (!listed(sim, call, &filter, now_ms))
			continue;
		if (last && json_array_size(items) == most) {
			cursor = dialpad_cursor_make(last->started_at, last->id);
		} else {
			json_array_append_new(
				items, dialpad_call_json(sim, call, now_ms, numbers(sim), NULL));
			last = call;
		}
	}
	answer_json(answer, 200, json_pack("{so ss*}", "items", items, "cursor", cursor));
	free(cursor);
}
