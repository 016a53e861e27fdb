/*
 * The parts of `dialer doctor`: a table of checks, each of which looks at one thing and says what is
 * wrong with it. Looking is apart from judging: functions `judge_…` are pure.
 *
 * Checks run as the owner of the data directory, as the service does: what he cannot read, the
 * service cannot read.
 */
#ifndef DIALER_DOCTOR_H
#define DIALER_DOCTOR_H

#include "app.h"
#include "asking.h"

/* In the order in which they count for the whole. SKIPPED: there is nothing to look at. */
enum doctor_grade { DOCTOR_SKIPPED, DOCTOR_OK, DOCTOR_UNKNOWN, DOCTOR_WARNING, DOCTOR_CRITICAL };

#define DOCTOR_FINDINGS_MAX 96
#define DOCTOR_URL_SIZE     2048

struct doctor_finding {
	const char *check;
	enum doctor_grade grade;
	struct buf evidence; /* what was seen, for people */
	struct buf
		change; /* what to do about it: a line of the settings, a command; may be empty */
};

struct doctor {
	struct app *app;
	const struct config *config;
	const char *settings; /* their file */
	char url_room[DOCTOR_URL_SIZE];
	const char *url;      /* of this server, without a slash at the end; NULL: not known */
	bool offline;         /* nobody is asked */
	bool has_store;       /* the data directory can be used */
	bool has_asking;      /* providers can be asked */
	bool aircall_answers; /* and takes the key */
	bool dialpad_answers;
	bool server_answers;
	int64_t date_s, date_at_ms; /* a provider's Date, and when it came; 0: none yet */
	const char *date_of;
	struct asking asking;
	const char *check; /* the present one */
	struct doctor_finding findings[DOCTOR_FINDINGS_MAX];
	size_t count;
};

/* Adds a finding of the present check. `change` may be NULL. What is beyond the maximum is left out. */
void doctor_says(struct doctor *d, enum doctor_grade grade, const char *change, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));
/* The same, for the setting KEY: the change is its line in the file of the settings. */
void doctor_says_of(struct doctor *d, enum doctor_grade grade, const char *line, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));
/* Forgets what was found after the first `count`. */
void doctor_takes_back(struct doctor *d, size_t count);
/* The check does not apply, and why. */
#define doctor_skips(d, ...) doctor_says(d, DOCTOR_SKIPPED, NULL, __VA_ARGS__)

struct doctor_check {
	const char *name;
	void (*look)(struct doctor *d);
	bool asks; /* somebody outside: left out with --offline */
};

/* Ended by a NULL name; in the order in which they run. */
extern const struct doctor_check doctor_files[];
extern const struct doctor_check doctor_data[];
extern const struct doctor_check doctor_aircall[];
extern const struct doctor_check doctor_dialpad[];
extern const struct doctor_check doctor_clock[]; /* after those who ask providers */
extern const struct doctor_check doctor_cron[];
extern const struct doctor_check doctor_webhooks[];
extern const struct doctor_check doctor_apache[];

/* Asks a provider. True: it answered 2xx or 404. Else it has been said what is wrong; `line` is the
 * setting that its key stands in. */
bool doctor_ask(struct doctor *d, enum provider_id p, enum limit limit, const char *line,
	const struct http_request *r, struct http_answer *a);

/* Prints what was found, as text or as JSON; returns the exit status of a Nagios plug-in. */
int doctor_report(const struct doctor *d, bool json);

#endif
