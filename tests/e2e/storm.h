/*
 * A storm: many clients at once through a real Apache, webhooks, the sync and backups, for both
 * providers, while programs die at random and at named steps. Then everything comes to rest, and what
 * is in the history is compared with what clients were told and with what the providers know.
 *
 *   storm_plan.c      what there is: users, settings, deaths at named steps
 *   storm_clients.c   clients: calls, notes, histories
 *   storm_events.c    webhooks: those of the simulator, and those of the clients' own
 *   storm_killer.c    death at random
 *   storm_jobs.c      runs of the sync, backups, tokens that end, users who connect again
 *   storm_record.c    what programs told of their deaths and of their time at the gate
 *   storm_check.c     what must be true at rest
 *   storm_backups.c   what must be true of a backup
 *   storm_figures.c   figures, for people
 */
#ifndef E2E_STORM_H
#define E2E_STORM_H

#include "e2e/harness.h"
#include "e2e/rows.h"

#include <pthread.h>
#include <stdatomic.h>

#define STORM_CLIENTS_MAX  16
#define STORM_POINTS_MAX   64
#define STORM_BACKUPS_MAX  64
#define STORM_LONGEST_WAIT 5000 /* milliseconds at the gate that a request may wait in all */

struct storm_form {
	int clients;
	int seconds; /* of a round, until everything comes to rest */
	bool kills;
};

/* --- what clients did --- */

struct placing {
	char number[20], id[25], notes[32];
	bool with_key, acknowledged, noted;
	int64_t acknowledged_ms, noted_ms; /* of the monotonic clock */
};

enum storm_kind {
	STORM_CREATE,
	STORM_NOTES,
	STORM_HISTORY,
	STORM_CSV,
	STORM_AIRCALL_EVENT,
	STORM_DIALPAD_EVENT,
	STORM_KIND__MAX
};

struct storm_client {
	int number;
	uint64_t dice;
	const char *token;
	pthread_t thread;
	struct placing *calls;
	int count, room;
	int events; /* of its own, so far */
	int requests[STORM_KIND__MAX], taken[STORM_KIND__MAX], answers[600];
	double longest;  /* whole request, seconds */
	char fault[300]; /* "" if all went as it may */
};

struct storm_backup {
	const char *dir;
	int64_t begun_ms; /* of the monotonic clock */
};

struct storm {
	struct storm_form form;
	uint64_t seed, dice;
	struct storm_client clients[STORM_CLIENTS_MAX];
	atomic_bool stop;
	atomic_int killed, killed_inside;
	/* --- jobs --- */
	int syncs, syncs_killed, syncs_busy, backups, backups_killed, backups_restored;
	int refreshes, reconnected;
	struct storm_backup kept[STORM_BACKUPS_MAX]; /* of this round, made to their end */
	int kept_count;
	/* --- events that the simulator told --- */
	int64_t deliveries, delivered, attempts;
	/* --- from the record --- */
	int deaths[STORM_POINTS_MAX];
	int64_t stays, busy, longest_wait_ms, longest_stay_ms;
	/* --- at rest --- */
	int rounds;
	size_t rows, calls_seen, asked;
};

/* --- the plan --- */

/* Fault points at which programs die, each as often (in percent) as it says. */
struct storm_point {
	const char *name;
	int percent;
	bool of_jobs; /* of sync and backups, which choose one now and then */
};
extern const struct storm_point storm_points[];
int storm_point_count(void);

/* 0 to sides - 1. */
unsigned int storm_roll(uint64_t *dice, unsigned int sides);
int64_t storm_mono_ms(void);
const char *storm_user(int u);
bool storm_has_dialpad(int u);
/* Everything is set up, with a server of its own that reads faults from a file. */
void storm_begin(struct storm *s, const struct storm_form *f, uint64_t seed);
void storm_end(struct storm *s);
/* Programs begin, or cease, to die at named steps. */
void storm_deaths(struct storm *s, bool on);
/* Connects the user to Dialpad, as far as that can be done now. */
void storm_connect(int user);
/* Clocks of product and simulator. */
void storm_advance(int seconds);

/* --- clients --- */

void storm_clients_start(struct storm *s);
void storm_clients_join(struct storm *s);
/* Clicks that had no clear answer and bear a key are made again, as a page does. */
void storm_repeat_unclear(struct storm *s);
struct answer *storm_ask(struct storm_client *c, enum storm_kind kind, const struct http *q);
/* Notes what no answer may say, though programs die. */
void storm_judge(
	const struct storm *s, struct storm_client *c, const struct answer *a, bool replay);

/* --- events --- */

void storm_subscribe(void);
void storm_tell_event(struct storm *s, struct storm_client *c);
/* Waits until what the simulator has to tell is told, and counts it. */
void storm_await_events(struct storm *s);

/* --- killer, jobs --- */

void *storm_killer(void *storm);
/* So many seconds of a storm, as the thread that may start programs. */
void storm_work(struct storm *s, int seconds);

/* --- afterwards --- */

/* Nobody waited too long. */
void storm_read_record(struct storm *s);
void storm_check(struct storm *s);
/* The end of all calls is known; nothing is open any more. */
void storm_settle(struct storm *s);
void storm_check_settled(struct storm *s);
void storm_check_backups(struct storm *s);
void storm_print(const struct storm *s);

#endif
