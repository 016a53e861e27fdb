/*
 * The simulator's state, all of it, behind one lock.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "calls.h"
#include "clock.h"
#include "directory.h"
#include "journal.h"
#include "limits.h"
#include "people.h"
#include "rules.h"
#include "settings.h"
#include "subscriptions.h"
#include "tokens.h"
#include "webhooks.h"

/* Aircall's: requests in the current minute, and until when everything is refused. */
struct limiter {
	int64_t window_start;
	int64_t count;
	int64_t blocked_until;
};

struct sim {
	pthread_mutex_t lock;
	pthread_cond_t wake;      /* for the webhook workers; the lock belongs to it */
	atomic_bool stopping;     /* may be read without the lock */
	atomic_llong connections; /* accepted so far */
	char *origin;             /* "http://127.0.0.1:8090", fixed once listening */
	struct sim_clock clock;
	struct settings defaults; /* what a reset goes back to */
	struct settings settings;
	struct directory defaults_directory;
	struct directory directory;
	struct people defaults_people;
	struct people people;    /* Dialpad's users */
	struct call_store calls; /* Aircall's */
	struct call_store dialpad_calls;
	struct tokens tokens;               /* of Dialpad's OAuth */
	struct limits limits;               /* Dialpad's */
	struct subscriptions subscriptions; /* to Dialpad's events */
	struct rules scripts;               /* outcomes of calls by destination */
	struct rules faults;                /* outcomes of other requests by path */
	struct journal journal;
	struct webhooks webhooks;
	struct limiter limiter;
	int64_t users_beyond_limit; /* requests for larger pages of users than there are */
	int64_t dials;              /* requests that only pre-filled the dialer */
};

/* An empty simulator with the default users and numbers. */
void sim_init(struct sim *sim);
void sim_release(struct sim *sim);

/* Forgets everything but the command line. Called with the lock held. */
void sim_reset(struct sim *sim);

/* The calls of a service, and none of them. */
struct call_store *sim_calls(struct sim *sim, enum provider provider);
void sim_calls_clear(struct sim *sim);

void sim_lock(struct sim *sim);
void sim_unlock(struct sim *sim);

/*
 * Waits, by the real clock. Called without the lock. False as soon as the simulator is stopping or
 * the peer of socket fd (-1: none) has gone away.
 */
bool sim_sleep_real(struct sim *sim, int fd, int64_t ms);

#endif
