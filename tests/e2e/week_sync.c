/* The minutes of a week: clocks, what providers do to the sync, its runs and their deaths. */
#include "e2e/week.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_EVERY    8 /* runs */
#define FAULTS_EVERY 15
#define AHEAD_S      5 /* clicks that may come while a run is going */

int64_t week_now_s(const struct week *w)
{
	return (e2e_now_ms() - w->begin_ms) / WEEK_SECOND;
}

/* Moves the clocks of product and simulator alike. */
static void move_to(struct week *w, int64_t at_s)
{
	int64_t by = at_s - week_now_s(w);
	if (by <= 0)
		return;
	sim_post("/control/clock", e2e_text("{\"advance\":%" PRId64 "}", by));
	w->offset_ms += by * WEEK_SECOND;
	e2e_clock(w->offset_ms);
}

/* --- what providers do to it --- */

static const char *const kinds[] = {
	"\"outcome\":\"refuse\",\"status\":500",
	"\"outcome\":\"refuse\",\"status\":502",
	"\"outcome\":\"refuse\",\"status\":503",
	"\"outcome\":\"refuse\",\"status\":403",
	"\"outcome\":\"reset\"",
	"\"outcome\":\"close\"",
	"\"outcome\":\"cut\",\"handle\":true",
	"\"outcome\":\"garbage_json\"",
	"\"outcome\":\"garbage\"",
	"\"outcome\":\"oversized\",\"bytes\":20000000",
	"\"outcome\":\"redirect\",\"location\":\"http://127.0.0.1:1/\"",
	"\"outcome\":\"rate_limited\"",
	"\"outcome\":\"pass\",\"sleep_ms\":300",
};
#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

/* Other ones from time to time, as the simulator's dice know whole percents only. */
static void change_faults(struct week *w)
{
	const struct week_form *f = w->form;
	if (f->fault_percent == 0 || w->runs % FAULTS_EVERY != 0)
		return;
	sim_delete("/control/faults");
	for (int i = 0; i < f->fault_percent; i++)
		sim_post("/control/faults",
			e2e_text("{\"percent\":1,%s}", kinds[week_roll(&w->dice, KINDS)]));
	/* Each costs as much real time as the patience of a run. */
	if (f->hangs && week_roll(&w->dice, 10) == 0)
		sim_post("/control/faults", "{\"times\":1,\"outcome\":\"hang\"}");
	/* A refresh that does not come to pass; one whose answer is lost costs the connection. */
	sim_post("/control/faults", "{\"method\":\"POST\",\"path\":\"/oauth2/token\",\"percent\":2,"
				    "\"outcome\":\"refuse\",\"status\":503}");
}

static void note_request(struct week *w, json_t *r)
{
	const char *path = text_at(r, "path"), *method = text_at(r, "method");
	bool aircall = strncmp(path, "/v1/", 4) == 0, by_rule = text_at(r, "rule") != NULL;
	if (strcmp(method, "GET") != 0)
		return;
	w->faults += by_rule;
	w->refused += int_at(r, "status") == 429 && !by_rule;
	w->lists += aircall;
	w->reads += !aircall;
	if (!aircall)
		return;
	if (w->time_count == w->time_room) {
		w->time_room = w->time_room * 2 + 256;
		int64_t *more = realloc(w->times, w->time_room * sizeof(*more));
		ck_assert_ptr_nonnull(more);
		w->times = more;
	}
	w->times[w->time_count++] = (int64_t)(json_number_value(json_at(r, "at")) * 1000);
}

void week_read_log(struct week *w)
{
	json_t *log = sim_get(e2e_text("/control/requests?since=%" PRId64, w->seen));
	json_t *requests = json_at(log, "requests");
	for (size_t i = 0; i < json_array_size(requests); i++)
		note_request(w, json_array_get(requests, i));
	w->seen = int_at(log, "last");
}

/* --- a run --- */

/* Clicks that come in the next seconds may come while it runs. */
static void meanwhile(struct week *w)
{
	int64_t until = week_now_s(w) + AHEAD_S;
	for (int n = 0; n < 4 && w->next_deed < w->plan.count; n++) {
		const struct deed *d = &w->plan.deeds[w->next_deed];
		if (d->at_s > until || d->fate == FATE_SLOW)
			return;
		w->next_deed++;
		deed_do(w, d);
	}
}

/* Whether it said nothing but that a connection was lost, which a death in the middle of a refresh
 * does. */
static bool is_silent(const struct week *w, const struct run *r)
{
	const char *line = r->err;
	while (w->killed > 0 && *line != '\0') {
		size_t len = strcspn(line, "\n") + 1;
		const char *text = e2e_text("%.*s", (int)len, line);
		if (strstr(text, " outside E6004: ") == NULL &&
			strstr(text, " outside E6002: ") == NULL)
			return false;
		line += len;
	}
	return *line == '\0';
}

static void judge(struct week *w, const struct run *r)
{
	json_t *j = json_loads(r->out, 0, NULL);
	ck_assert_msg((r->status == 0 || r->status == 1) && j != NULL, "run %d: status %d\n%s%s",
		w->runs, r->status, r->out, r->err);
	ck_assert_msg(r->status == 1 || is_silent(w, r), "run %d: %s", w->runs, r->err);
	/* Nobody is to be told of trouble that there was not. */
	ck_assert_msg(r->status == 0 || w->form->fault_percent > 0, "run %d: %s", w->runs, r->err);
	w->failed += r->status;
	w->requests[0] += int_at(j, "requests.aircall");
	w->requests[1] += int_at(j, "requests.dialpad");
	json_decref(j);
}

static void one_run(struct week *w)
{
	bool doomed = week_roll(&w->dice, 100) < w->form->kill_percent;
	bool at_point = week_roll(&w->dice, 2) == 0, busy = week_roll(&w->dice, 4) == 0;
	static const char *const points[] = {"sync-after-load", "sync-before-ask",
		"sync-after-answer", "sync-before-apply", "sync-after-apply", "sync-before-cycle",
		"sync-before-housekeep", "limit-after-write"};
	const char *fault = e2e_text("DIALER_TEST_FAULT=%s:kill", points[week_roll(&w->dice, 8)]);
	int64_t delay = week_roll(&w->dice, (int)w->run_ms + 1);
	const char *const argv[] = {
		e2e_text("%s/cron/dialer-sync", e2e.build), "--config", e2e.config, "--json", NULL};
	const char *const env[] = {doomed && at_point ? fault : NULL, NULL};
	int64_t begin = e2e_real_ms(), begin_s = week_now_s(w);
	struct begun b = e2e_begin(argv, env);
	if (busy)
		meanwhile(w);
	if (doomed && !at_point) {
		e2e_sleep_ms((int)delay);
		kill(b.pid, SIGKILL);
	}
	struct run r = e2e_end(&b);
	w->runs++;
	if (doomed && r.status == 128 + 9) {
		w->killed++;
		return;
	}
	judge(w, &r);
	if (!busy)
		w->run_ms = (w->run_ms * 7 + (e2e_real_ms() - begin)) / 8 + 1;
	if (r.status == 0 && w->form->prompt) {
		w->runs_begun_s[1] = w->runs_begun_s[0];
		w->runs_begun_s[0] = begin_s;
		week_check_prompt(w);
	}
}

/* Cron's minutes; more of them at once where nothing happens for long. */
static int64_t next_run(const struct week *w, int64_t now_s)
{
	int64_t last = w->next_deed > 0 ? w->plan.deeds[w->next_deed - 1].at_s : 0;
	int64_t idle = now_s - last;
	if (idle < 10 * WEEK_MINUTE)
		return now_s + WEEK_MINUTE;
	return now_s + (idle < 2 * WEEK_HOUR ? 6 : 30) * WEEK_MINUTE;
}

void week_until(struct week *w, int64_t at_s)
{
	while (w->next_sync_s <= at_s) {
		size_t kept = e2e_kept();
		move_to(w, w->next_sync_s);
		change_faults(w);
		one_run(w);
		if (w->runs % LOG_EVERY == 0)
			week_read_log(w);
		if (w->runs % LOG_EVERY == 0 && w->form->kill_percent > 0)
			deeds_reconnect(w);
		int64_t now = week_now_s(w);
		w->next_sync_s = next_run(w, now > w->next_sync_s ? now : w->next_sync_s);
		/* At the minute, as cron does. */
		w->next_sync_s -= w->next_sync_s % WEEK_MINUTE;
		e2e_release(kept);
	}
	move_to(w, at_s);
}
