/*
 * /control/calls: the truth about calls, and calls that nobody started through the API.
 */
#ifndef SIM_CONTROL_CALLS_H
#define SIM_CONTROL_CALLS_H

#include <jansson.h>
#include <stdbool.h>

#include "answer.h"

/* False: not a request for /control/calls. body: of a POST, otherwise NULL. */
bool control_calls_handle(
	struct sim *sim, struct request *request, json_t *body, struct answer *answer);

#endif
