/*
 * How a call comes into being: its life is decided at that moment, from what is asked for and
 * otherwise from the settings.
 */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct call;
struct sim;

struct call_plan {
	int64_t id;     /* 0: the next one */
	const char *to; /* the other side, formatted in any way */
	int64_t user;   /* 0: none */
	int64_t number; /* 0: none */
	int64_t created_at;
	int64_t started_at_delay; /* -1: as set */
	int64_t list_after;       /* -1: as set */
	bool never_answered;
	bool inbound;
	bool hand_dialled;
	json_t *answer_after;   /* seconds after started_at; null: never; NULL: as set */
	json_t *hangup_after;   /* likewise */
	const char *raw_digits; /* as shown; NULL: formatted */
};

/* Makes the call and arranges for its events. NULL: the id is taken. */
struct call *call_plan_start(struct sim *sim, const struct call_plan *plan);

#endif
