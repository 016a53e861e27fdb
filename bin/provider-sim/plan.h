/*
 * How a call comes into being: its life is decided at that moment, from what is asked for and
 * otherwise from the settings.
 */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "provider.h"

struct call;
struct sim;

struct call_plan {
	enum provider provider;
	int64_t id;     /* 0: the next one */
	const char *to; /* the other side, formatted in any way */
	int64_t user;   /* 0: none */
	int64_t number; /* 0: none */
	int64_t created_ms;
	int64_t started_at_delay; /* seconds; -1: as set */
	int64_t list_after;       /* seconds; -1: as set */
	bool never_answered;
	bool inbound;
	bool hand_dialled;
	json_t *ring_after;     /* seconds after started_at; null: never; NULL: as set */
	json_t *answer_after;   /* likewise */
	json_t *hangup_after;   /* likewise */
	const char *raw_digits; /* as shown; NULL: formatted */
	const char *custom_data;
	const char *mark;      /* told with the truth, to nobody else; NULL: none */
	const char *end_state; /* NULL: hangup */
};

/* The states a Dialpad call can end in; a constant, NULL for any other word. */
const char *call_plan_end_state(const char *word);

/* Makes the call and arranges for its events. NULL: the id is taken. */
struct call *call_plan_start(struct sim *sim, const struct call_plan *plan);

/* Somebody picks up, or hangs up, now. False: the call is over. */
bool call_pick_up(struct sim *sim, struct call *call);
bool call_hang_up(struct sim *sim, struct call *call);

#endif
