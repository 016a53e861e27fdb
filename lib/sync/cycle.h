/*
 * Where a run stopped at a limit, so that the next goes on there. A cycle is one walk over all
 * windows of a provider, in as many runs as it takes; it stands in the file of the sync's lock,
 * which a run holds.
 */
#ifndef SYNC_CYCLE_H
#define SYNC_CYCLE_H

#include "config/config.h"
#include <stdint.h>

struct cycle {
	int64_t begun_ms;    /* when its first run began */
	int64_t position_ms; /* how far the runs before listed; 0: it is the first */
};

/* What the runs before left of the provider's; a new cycle if they left nothing, or nothing that
 * makes sense. fd -1: a new one. */
void cycle_read(struct cycle *c, int fd, enum provider_id p, int64_t now_ms);
/* Leaves it to the next run; position_ms 0: all was listed. What cannot be written is begun anew. */
void cycle_write(const struct cycle *c, int fd, enum provider_id p);

#endif
