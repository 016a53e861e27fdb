/*
 * The calls a service knows of. A call holds only what was decided when it began; what a reader
 * sees of it is computed for a moment in time (call_view).
 */
#ifndef SIM_CALLS_H
#define SIM_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "provider.h"
#include "settings.h"
#include "text.h"

enum { CALL_NEVER = -1 };

/*
 * All times are by the simulator's clock, in the service's own unit since 1970: seconds for
 * Aircall, milliseconds for Dialpad; CALL_NEVER where there is none.
 */
struct call {
	enum provider provider;
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
	int64_t rang_at; /* Dialpad: when the far end began to ring */
	int64_t answered_at;
	int64_t ended_at;
	int64_t listed_from;   /* no read shows it before */
	char *custom_data;     /* Dialpad; NULL: none */
	char *mark;            /* of the script that made it; NULL: none */
	const char *end_state; /* Dialpad: how it ends */
	int64_t told_ms;       /* Dialpad: the moment of the last event that was sent */
	int64_t consult;       /* Dialpad: the later call for which this one is held; 0: none */
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

/* Ids begin with first_id. */
void call_store_init(struct call_store *store, int64_t first_id);
void call_store_release(struct call_store *store);

/* Frees a call that is in no store. */
void call_free(struct call *call);

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

/* The newest call that this user is in; NULL: none. `now` is in the unit of the calls. */
struct call *call_store_user_call(const struct call_store *store, int64_t user, int64_t now);

/* Whether this user is in a call. */
bool call_store_user_busy(const struct call_store *store, int64_t user, int64_t now);

/* What a reader at Aircall sees at time `now`. */
struct call_view call_view_at(
	const struct call *call, int64_t now, const struct settings *settings);

/* "initial", "answered", "done" */
const char *call_status_name(enum call_status status);

#endif
