#include "calls.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

void call_store_init(struct call_store *store, int64_t first_id)
{
	*store = (struct call_store){.next_id = first_id, .next_ordinal = 1};
}

void call_free(struct call *call)
{
	free(call->custom_data);
	free(call->mark);
	free(call);
}

void call_store_release(struct call_store *store)
{
	for (size_t i = 0; i < store->count; i++)
		call_free(store->by_id[i]);
	free(store->by_id);
	free(store->by_start);
	*store = (struct call_store){0};
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* The first position in by_id with an id not below this one. */
static size_t id_position(const struct call_store *store, int64_t id)
{
	size_t lo = 0;
	size_t hi = store->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (store->by_id[mid]->id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static size_t start_position(const struct call_store *store, int64_t at, int64_t id)
{
	size_t lo = 0;
	size_t hi = store->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = compare(store->by_start[mid]->started_at, at);

		if (order == 0)
			order = compare(store->by_start[mid]->id, id);
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void insert(struct call **array, size_t count, size_t at, struct call *call)
{
	memmove(array + at + 1, array + at, (count - at) * sizeof(struct call *));
	array[at] = call;
}

static void drop(struct call **array, size_t count, size_t at)
{
	memmove(array + at, array + at + 1, (count - at - 1) * sizeof(struct call *));
}

bool call_store_add(struct call_store *store, struct call *call)
{
	if (call->id != 0 && call_store_find(store, call->id))
		return false;
	if (call->id == 0)
		call->id = store->next_id;
	if (call->id >= store->next_id)
		store->next_id = call->id + 1;
	call->ordinal = store->next_ordinal++;
	store->by_id =
		mem_grow(store->by_id, &store->id_cap, store->count + 1, sizeof(struct call *));
	store->by_start = mem_grow(
		store->by_start, &store->start_cap, store->count + 1, sizeof(struct call *));
	insert(store->by_id, store->count, id_position(store, call->id), call);
	insert(store->by_start, store->count, start_position(store, call->started_at, call->id),
		call);
	store->count++;
	return true;
}

struct call *call_store_find(const struct call_store *store, int64_t id)
{
	size_t at = id_position(store, id);

	return at < store->count && store->by_id[at]->id == id ? store->by_id[at] : NULL;
}

bool call_store_remove(struct call_store *store, int64_t id)
{
	struct call *call = call_store_find(store, id);

	if (!call)
		return false;
	drop(store->by_start, store->count, start_position(store, call->started_at, id));
	drop(store->by_id, store->count, id_position(store, id));
	store->count--;
	call_free(call);
	return true;
}

size_t call_store_position(const struct call_store *store, int64_t at)
{
	return start_position(store, at, INT64_MIN);
}

struct call *call_store_user_call(const struct call_store *store, int64_t user, int64_t now)
{
	for (size_t i = store->count; i > 0; i--) {
		struct call *call = store->by_id[i - 1];

		if (call->user == user && call->created_at <= now &&
			(call->ended_at == CALL_NEVER || now < call->ended_at))
			return call;
	}
	return NULL;
}

bool call_store_user_busy(const struct call_store *store, int64_t user, int64_t now)
{
	return call_store_user_call(store, user, now) != NULL;
}

static bool reached(int64_t at, int64_t now)
{
	return at != CALL_NEVER && at <= now;
}

struct call_view call_view_at(const struct call *call, int64_t now, const struct settings *settings)
{
	struct call_view view = {
		.status = CALL_INITIAL,
		.started_at = call->started_at,
		.answered_at = CALL_NEVER,
		.ended_at = CALL_NEVER,
	};
	int64_t next = call->answered_at != CALL_NEVER ? call->answered_at : call->ended_at;
	int64_t moved =
		settings->shift_started_at && call->ordinal % 2 == 0 && next > call->started_at;

	if (reached(call->answered_at, now)) {
		view.status = CALL_ANSWERED;
		view.answered_at = call->answered_at;
	}
	if (!reached(call->ended_at, now))
		return view;
	view.status = CALL_DONE;
	view.ended_at = call->ended_at;
	view.final = now >= call->ended_at + settings->rewrite_delay;
	/* Early reads are one second too long against what the service settles on later. */
	view.duration = call->ended_at - (call->started_at + moved) + (view.final ? 0 : 1);
	if (view.final)
		view.started_at += moved;
	return view;
}

const char *call_status_name(enum call_status status)
{
	static const char *const names[] = {"initial", "answered", "done"};

	return names[status];
}
