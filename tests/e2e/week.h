/*
 * A simulated working week: people place calls through both providers, dial by hand, are called; the
 * sync runs every simulated minute, while providers fail and programs are killed. What is in the
 * history at the end is compared with what the simulator knows.
 *
 *   week_plan.c    what people do, decided beforehand by a seed alone
 *   week_deeds.c   doing it
 *   week_sync.c    the minutes: clock, faults, runs of the sync and their deaths
 *   week_check.c   what must be true
 */
#ifndef E2E_WEEK_H
#define E2E_WEEK_H

#include "e2e/harness.h"
#include "e2e/rows.h"

#define WEEK_SECOND INT64_C(1000)
#define WEEK_MINUTE INT64_C(60)
#define WEEK_HOUR   INT64_C(3600)
#define WEEK_DAY    INT64_C(86400)

#define WEEK_DESK   2

struct week_form {
	uint64_t seed;
	int days;
	int64_t day_s; /* working time of a day */
	/* Users: connected to Dialpad; with a telephone of their own at Aircall; with that of the
	 * settings. WEEK_DESK more share another one, and use it one right after the other. */
	int dialpad, own, shared;
	int gap_s;                         /* of a user between two calls, about */
	int64_t longest_s;                 /* of a call */
	int fault_percent;                 /* of the sync's requests */
	bool hangs;                        /* now and then one has no answer at all */
	int kill_percent;                  /* of its runs, and of clicks */
	bool company_key;                  /* DIALPAD_API_KEY */
	int aircall_limit, aircall_budget; /* of the provider, of the settings; a minute */
	int reconcile_hours;
	int lag_s;   /* until a list shows a call */
	int skew_s;  /* the providers' clock is ahead by so many seconds */
	int noise_s; /* others of the company call so often; 0: never */
	enum week_events { EVENTS_OFF, EVENTS_LOST, EVENTS_MIXED } events; /* webhooks */
	bool prompt; /* every ended call must be final within two runs */
};

/* --- the plan --- */

enum deed_kind { DEED_CLICK, DEED_HAND_DIALLED, DEED_INBOUND };

/* What becomes of a click at the provider that is asked. */
enum fate {
	FATE_PLACED,
	FATE_GHOST,         /* accepted and never dialled */
	FATE_UNCLEAR,       /* 500, though it starts */
	FATE_UNCLEAR_GHOST, /* 503, and nothing starts */
	FATE_RESET,         /* no answer, though it starts */
	FATE_SLOW,          /* the answer comes too late */
	FATE_GARBLED,       /* accepted in an answer that makes no sense */
	FATE_REFUSED,       /* a clear 4xx */
	FATE_BLOCKED,       /* put through to nobody: Dialpad's `blocked` */
	FATE_KILLED         /* the program that asks dies at `step` */
};

extern const char *const week_steps[]; /* fault points of placing a call */
#define WEEK_STEPS 4

struct deed {
	int64_t at_s; /* after the beginning */
	enum deed_kind kind;
	enum fate fate;
	int user, step;
	char number[20];
	int answer_after, hangup_after; /* seconds; -1: never answered */
	int delay, lag;                 /* until it starts, until a list shows it; -1: as usual */
};

struct plan {
	struct deed *deeds; /* in order of time */
	size_t count, room;
};

/* 0 to sides - 1. */
int week_roll(uint64_t *dice, int sides);
void plan_make(struct plan *p, const struct week_form *f);
void plan_release(struct plan *p);

/* --- the week --- */

struct week {
	const struct week_form *form;
	struct plan plan;
	size_t next_deed;
	uint64_t dice;
	int64_t begun_ms;            /* by the real clock */
	int64_t begin_ms, offset_ms; /* by the product's */
	int64_t next_sync_s;
	/* --- figures --- */
	int clicks, answers[600], by_hand, inbound, deaths_of_clicks;
	int runs, killed, failed, limited, faults;
	int64_t requests[2]; /* as the runs that ended said: Aircall, Dialpad */
	int64_t seen;        /* in the simulator's log of requests */
	int refused;         /* reads refused by a limit of the provider's */
	int lists, reads;    /* at Aircall, at Dialpad */
	int64_t *times;      /* of lists of Aircall's, milliseconds of the provider's clock */
	size_t time_count, time_room;
	int64_t run_ms; /* how long a run takes, about, in real time */
	int reconnected, events;
	int64_t runs_begun_s[2]; /* of the last runs that did all they could: latest first */
};

/* Carries out the whole week and checks it. */
void week_live(const struct week_form *f);

/* Of the simulated clock, seconds after the beginning. */
int64_t week_now_s(const struct week *w);
const char *week_user(int u);
int week_users(const struct week_form *f);

void deeds_set_up(struct week *w);
void deeds_begin(struct week *w);
void deed_do(struct week *w, const struct deed *d);
/* Waits until the events are delivered whose time has come. */
void deeds_await_events(struct week *w);
/* Who has lost his connection, as a death in the middle of a refresh may do, connects again. */
void deeds_reconnect(struct week *w);
/* Whose phone at Aircall a user's calls go out from. */
int64_t deeds_aircall_user(const struct week *w, int user);
int64_t deeds_aircall_number(const struct week *w, int user);

/* Goes on until the simulated time, with all runs of the sync on the way. */
void week_until(struct week *w, int64_t at_s);
/* Takes note of what the simulator was asked since the last time. */
void week_read_log(struct week *w);

void week_check_prompt(struct week *w);
void week_check(struct week *w);

#endif
