#include "limit/limit.h"

#include "base/clock.h"
#include "limit/file.h"
#include "limit/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_MS    INT64_C(1000)
#define MINUTE_MS    INT64_C(60000)
#define RESET_MAX_MS (5 * MINUTE_MS)
/* Larger numbers are milliseconds: as seconds they would be the year 5138. */
#define SECONDS_MAX INT64_C(100000000000)
/* One that is stopped while it holds the file must not stop the others. */
#define CLICK_PATIENCE_MS 50
#define TAKE_PATIENCE_MS  1000

struct limits {
	const struct config *config; /* borrowed, like the log */
	const struct log *log;
	struct limit_file file;
	bool alone;          /* the file cannot be used: this process counts for itself */
	struct record known; /* what was sent; with the file: as last read */
};

static const struct {
	const char *word;
	int64_t per_minute; /* 0: any number, or as the settings say */
} kinds[LIMIT__MAX] = {
	[LIMIT_AIRCALL] = {"aircall", 0},
	[LIMIT_DIALPAD_PLACE] = {"dialpad_place", 0},
	[LIMIT_DIALPAD_CALL] = {"dialpad_call", 10},
	[LIMIT_DIALPAD_LIST] = {"dialpad_list", 1200},
	[LIMIT_DIALPAD_WEBHOOKS] = {"dialpad_webhooks", 100},
	[LIMIT_DIALPAD_OTHER] = {"dialpad_other", 0},
};

const char *limit_word(enum limit what)
{
	return kinds[what].word;
}

static int64_t per_minute(const struct limits *l, enum limit what)
{
	return what == LIMIT_AIRCALL ? l->config->aircall_requests_per_minute
				     : kinds[what].per_minute;
}

enum err limits_open(const struct config *c, const struct log *log, struct limits **out)
{
	struct limits *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (l == NULL)
		return ERR_NOMEM;
	if (limit_file_init(&l->file, c->data_dir) != ERR_NONE) {
		free(l);
		return ERR_NOMEM;
	}
	l->config = c;
	l->log = log;
	record_init(&l->known, clock_boot_ms());
	*out = l;
	return ERR_NONE;
}

void limits_close(struct limits *l)
{
	if (l == NULL)
		return;
	limit_file_release(&l->file);
	free(l);
}

/* --- the file, or alone --- */

/* From the first failure on, so that no later request waits for the file again. */
static void go_alone(struct limits *l, enum err e)
{
	const char *why = e == ERR_BUSY ? "held by another process" : strerror(errno);

	l->alone = true;
	log_write(l->log, LOG_OUTSIDE, "E8001", "%s: %s; this process counts its requests alone",
		l->file.path, why);
}

/* What is known is as of now; end() follows. True: it must be written even if nothing is added. */
static bool begin(struct limits *l, int64_t patience_ms)
{
	struct record r;
	bool foreign = false;
	enum err e = l->alone ? ERR_NONE : limit_file_lock(&l->file, patience_ms, &r, &foreign);

	if (e != ERR_NONE)
		go_alone(l, e);
	else if (!l->alone)
		l->known = r;
	if (foreign)
		log_write(l->log, LOG_OUTSIDE, "E8002",
			"%s: no record of ours; it is begun anew, and nothing is asked for a "
			"minute",
			l->file.path);
	record_advance(&l->known, clock_boot_ms());
	return foreign;
}

static void end(struct limits *l, bool changed)
{
	enum err e;

	if (l->alone)
		return;
	e = changed ? limit_file_write(&l->file, &l->known) : ERR_NONE;
	limit_file_unlock(&l->file);
	if (e != ERR_NONE)
		go_alone(l, e);
}

/* --- requests --- */

int64_t limits_take(struct limits *l, enum limit what)
{
	int64_t wait;
	bool anew;

	if (l == NULL)
		return 0;
	anew = begin(l, TAKE_PATIENCE_MS);
	wait = record_wait(&l->known, what, per_minute(l, what));
	if (wait == 0)
		record_count(&l->known, what);
	end(l, anew || wait == 0);
	return wait;
}

void limits_count(struct limits *l, enum limit what)
{
	if (l == NULL)
		return;
	begin(l, CLICK_PATIENCE_MS);
	record_count(&l->known, what);
	end(l, true);
}

static int64_t time_to(int64_t reset)
{
	return (reset > SECONDS_MAX ? reset : reset * SECOND_MS) - clock_now_ms();
}

static int64_t blocked_for(enum limit what, const struct http_answer *a)
{
	int64_t left = what == LIMIT_AIRCALL && a->limit_reset > 0 ? time_to(a->limit_reset) : 0;

	if (left > 0 && left <= RESET_MAX_MS)
		return left;
	if (a->retry_after_s < 0)
		return MINUTE_MS;
	return a->retry_after_s > 0 ? a->retry_after_s * SECOND_MS : SECOND_MS;
}

void limits_answered(struct limits *l, enum limit what, const struct http_answer *a)
{
	if (l == NULL || a->fault != HTTP_ANSWERED || a->status != 429 ||
		what == LIMIT_DIALPAD_PLACE)
		return;
	begin(l, CLICK_PATIENCE_MS);
	record_block(&l->known, what, blocked_for(what, a));
	end(l, true);
}

void limits_look(struct limits *l, enum limit what, struct limit_state *out)
{
	bool anew = begin(l, CLICK_PATIENCE_MS);

	*out = (struct limit_state){
		.sent = record_sent(&l->known, what),
		.per_minute = per_minute(l, what),
		.blocked_ms = l->known.blocked_ms[what],
	};
	end(l, anew);
}
