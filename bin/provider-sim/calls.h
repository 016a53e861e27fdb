/*
 * The calls a service knows of. A call holds only what was decided when it began; what a reader
 * sees of it is computed for a moment in time (call_view).
 */
#ifndef SIM_CALLS_H
#define SIM_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings.h"
#include "text.h"

enum { CALL_NEVER = -1 };

/* All times are UNIX seconds by the simulator's clock; CALL_NEVER where there is none. */
struct call {
	int64_t id;
	int64_t ordinal; /* first call of this run is 1 */
	int64_t user;    /* 0: none */
	int64_t number;  /* 0: none */
	char digits[TEXT_DIGITS];
	char raw[TEXT_NUMBER]; /* as the service shows it */
	bool inbound;
	bool hand_dialled; /* not started through the API */
	int64_t created_at;
	int64_t started_at;
	int64_t answered_at;
	int64_t ended_at;
	int64_t listed_from; /* no read shows it before */
};

enum call_status { CALL_INITIAL, CALL_ANSWERED, CALL_DONE };

struct call_view {
	enum call_status status;
	int64_t started_at;
	int64_t answered_at;
	int64_t ended_at;
	int64_t duration;
	bool final; /* rewritten for the last time */
};

struct call_store {
	struct call **by_start; /* by (started_at, id) */
	struct call **by_id;
	size_t start_cap;
	size_t id_cap;
	size_t count;
	int64_t next_id;
	int64_t next_ordinal;
};

void call_store_init(struct call_store *store);
void call_store_release(struct call_store *store);

/*
 * Takes over a call made with mem_new. An id of 0 is replaced by the next free one. False: the id
 * is taken (the call stays the caller's).
 */
bool call_store_add(struct call_store *store, struct call *call);

/* NULL if there is none. */
struct call *call_store_find(const struct call_store *store, int64_t id);

/* False if there is none. */
bool call_store_remove(struct call_store *store, int64_t id);

/* The first position in by_start with started_at >= at. */
size_t call_store_position(const struct call_store *store, int64_t at);

/* Whether this user is in a call. */
bool call_store_user_busy(const struct call_store *store, int64_t user, int64_t now);

/* What a reader sees at time `now`. */
struct call_view call_view_at(
	const struct call *call, int64_t now, const struct settings *settings);

/* "initial", "answered", "done" */
const char *call_status_name(enum call_status status);

#endif
