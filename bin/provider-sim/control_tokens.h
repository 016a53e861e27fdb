/*
 * /control/tokens: what was issued to whom, and an end to it.
 */
#ifndef SIM_CONTROL_TOKENS_H
#define SIM_CONTROL_TOKENS_H

#include <jansson.h>

#include "answer.h"

struct request;

/* Counts for each user; never a token. */
void control_tokens_get(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer);

/* Expires, revokes or issues tokens. */
void control_tokens_post(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer);

#endif
