/*
 * Reconciling: one run asks the providers what became of the calls that are still followed, and
 * merges what they say.
 *
 * A run is bounded in time and requests, can be killed at any moment, and leaves to the next what it
 * did not finish: what is still to do stands in the store, not in the run. Providers are asked side
 * by side; one that is slow, blocked or dead keeps the other waiting for nothing. Two runs never
 * overlap (sync_lock).
 */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include "base/err.h"
#include "base/log.h"
#include "config/config.h"
#include "store/store.h"
#include <stdbool.h>
#include <stdint.h>

/* Since the run began: for asking about calls, and for everything that is asked. What follows must
 * end within 55 s, too. */
#define SYNC_TRACKS_MS INT64_C(40000)
#define SYNC_ASKING_MS INT64_C(48000)

struct sync_options {
	const struct config *config;
	struct store *store;
	const struct log *log;
	int lock_fd; /* of sync_lock: what a run leaves to the next is written there; -1: nowhere */
	bool dry_run; /* ask and decide, but change nothing */
	/* Tells what is done, line by line; NULL: silence. */
	void (*tell)(void *arg, const char *line);
	void *arg;
	/* How far it is, after each answer: `done` of `total`, in no unit; NULL: not told. */
	void (*progress)(void *arg, int64_t done, int64_t total);
	void *progress_arg;
};

struct sync_summary {
	int64_t now_ms;    /* when the run began */
	int64_t ms;        /* how long it took */
	int64_t open;      /* calls that were not final when it began */
	int64_t updated;   /* calls of which something to see changed */
	int64_t completed; /* calls that became final by what was said about them */
	int64_t lost;      /* calls given up */
	int64_t orphans;   /* calls whose process was found dead */
	int64_t refreshed; /* users whose tokens were refreshed */
	int64_t requests[PROVIDER__MAX];
	bool failed[PROVIDER__MAX];  /* could not be asked; the next run tries again */
	bool limited[PROVIDER__MAX]; /* a limit, a 429 or want of time left something to the next */
};

bool sync_any_failed(const struct sync_summary *s);
bool sync_any_limited(const struct sync_summary *s);

/* ERR_BUSY, ERR_STORAGE, ERR_NOMEM: the run ended early; what it did before stays done. Failing
 * providers are no error here, see the summary. */
enum err sync_run(const struct sync_options *o, struct sync_summary *s) must_check;

/* Takes the lock of the sync, `sync.lock` of the data directory, whose time of change then says when
 * the latest run began; *fd is closed by whoever ends. ERR_BUSY: another run has it.
 * ERR_STORAGE: errno says why not. */
enum err sync_lock(const struct config *c, int *fd) must_check;

#endif
