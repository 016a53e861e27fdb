/*
 * The interface under /control/ by which tests and demonstrations steer the simulator and see what
 * it saw. bin/provider-sim/README.md describes it.
 */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

#include <stdbool.h>

#include "answer.h"

bool control_owns(const char *path);

/* Called with the lock held. */
void control_handle(struct sim *sim, struct request *request, struct answer *answer);

#endif
