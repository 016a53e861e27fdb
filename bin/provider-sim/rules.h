/*
 * Rules set by tests: scripts say what becomes of a call to a destination, faults what becomes of
 * any other request. A rule is the JSON object it was given as (bin/provider-sim/README.md).
 */
#ifndef SIM_RULES_H
#define SIM_RULES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "provider.h"

struct rule {
	json_t *spec;
	char *digits; /* of the destination; NULL: every one */
	int64_t left; /* how often it still applies; -1: always */
	int64_t used;
};

struct rules {
	struct rule *rule;
	size_t count;
	size_t cap;
	uint64_t random; /* state of the generator for percentages: the same in every run */
};

void rules_init(struct rules *rules);
void rules_release(struct rules *rules);

/*
 * Adds a rule (takes a reference of its own). A script that always applies takes the place of the
 * one with the same destination and user. False: not a valid rule, with the reason in error.
 */
bool rules_add_script(struct rules *rules, json_t *spec, char *error, size_t size);
bool rules_add_fault(struct rules *rules, json_t *spec, char *error, size_t size);

/*
 * The script for a call, used up by one. A rule for this destination goes before one for every
 * destination, then one for this user before one for every user, then one for this provider before
 * one for both, then a limited one before one that always applies, then the older one. Returns the
 * caller's own reference, or NULL.
 */
json_t *rules_take_script(struct rules *rules, enum provider provider, const char *digits,
	int64_t user, int64_t nth_on_connection);

/* The oldest fault for a request, used up by one. The caller's own reference, or NULL. */
json_t *rules_take_fault(struct rules *rules, const char *method, const char *path);

/* All rules and how often each was used. */
json_t *rules_json(const struct rules *rules);

/* What a rule's outcome means. */
struct outcome {
	const char *name;
	enum answer_kind kind;
	int status;
	bool starts; /* the call comes into being */
	bool never_answered;
	bool for_script;
	bool for_fault;
};

const struct outcome *rule_outcome(json_t *spec);

/* Members of a rule, with the value to take where it has none. */
int64_t rule_number(json_t *spec, const char *name, int64_t otherwise);
bool rule_flag(json_t *spec, const char *name, bool otherwise);
const char *rule_text(json_t *spec, const char *name);

/*
 * Sets kind, status, body, headers and times of the answer from the rule. False: the rule has no
 * body of its own, and the caller may give the service's usual one for this status.
 */
bool rule_answer(json_t *spec, struct answer *answer);

#endif
