/*
 * Reconciling: one run asks the providers what became of the calls that are still followed, and
 * merges what they say.
 *
 * A run is bounded in time and requests, can be killed at any moment, and leaves to the next what it
 * did not finish: what is still to do stands in the store, not in the run. Two runs never overlap
 * (sync_lock).
 */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include "base/err.h"
#include "base/log.h"
#include "config/config.h"
#include "store/store.h"
#include <stdbool.h>
#include <stdint.h>

#define SYNC_RUN_MS INT64_C(48000) /* for asking; what follows must end within 55 s, too */

struct sync_options {
	const struct config *config;
	struct store *store;
	const struct log *log;
	int lock_fd; /* of sync_lock: what a run leaves to the next is written there; -1: nowhere */
	bool dry_run; /* ask and decide, but change nothing */
	/* Tells what is done, line by line; NULL: silence. */
	void (*tell)(void *arg, const char *line);
	void *arg;
};

struct sync_summary {
	int64_t open;      /* calls that were not final when the run began */
	int64_t updated;   /* calls of which something to see changed */
	int64_t completed; /* calls that became final by what was said about them */
	int64_t lost;      /* calls given up */
	int64_t requests[PROVIDER__MAX];
	int64_t ms;
	bool provider_failed; /* one could not be asked; the next run tries again */
	bool limit_met;       /* a limit, a 429 or the time ended the run early */
};

/* ERR_BUSY, ERR_STORAGE, ERR_NOMEM: the run ended early; what it did before stays done. Failing
 * providers are no error here, see the summary. */
enum err sync_run(const struct sync_options *o, struct sync_summary *s) must_check;

/* Takes the lock of the sync; *fd is closed by whoever ends. ERR_BUSY: another run has it.
 * ERR_STORAGE. */
enum err sync_lock(const struct config *c, int *fd) must_check;

#endif
