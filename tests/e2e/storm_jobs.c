/*
 * What runs beside the clients: the sync again and again, backups, tokens that end before their time,
 * and users who connect again after a death cost them their pair. Of two runs about one dies, at a
 * named step or at random. On a machine with far too much to do storage may be busy.
 */
#include "e2e/storm.h"

#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define TICK_MS      5
#define LATEST_MS    400 /* after the beginning of a run, for a death at random */
#define PATIENCE_MS  3000
#define TO_STEP_MS   40000 /* late steps come after all that */
#define SYNC_EACH_MS 700
#define COPY_EACH_MS 1200

/* What a run may say: the gate was not free, regions that were made anew, a pair lost in the middle of a
 * refresh, what a provider said to a token that had just ended. */
#define LINES_OF_STORMS " outside E(3007|3008|3011|3013|6002|6004|4001|5[0-9]{3}): "

struct job {
	struct begun run;
	bool running, doomed, told_to_end;
	int64_t begun_ms, dies_ms, patience_ms, next_ms;
	const char *dir; /* of a backup */
};

/* A step at which this kind of job dies; the setting that says so. */
static const char *some_step(struct storm *s, bool backup)
{
	for (;;) {
		const struct storm_point *p =
			&storm_points[storm_roll(&s->dice, (unsigned int)storm_point_count())];
		bool of_sync = strncmp(p->name, "sync-", 5) == 0;
		if (p->of_jobs && of_sync != backup)
			return e2e_text("DIALER_TEST_FAULT=%s:kill:%d", p->name, p->percent);
	}
}

static void begin(struct storm *s, struct job *j, const char *const *argv, bool backup)
{
	unsigned int what = s->form.kills ? storm_roll(&s->dice, 5) : 4;
	const char *const env[] = {e2e_text("DIALER_TEST_RECORD=%s/record", e2e.dir),
		what < 2 ? some_step(s, backup) : NULL, NULL};
	j->run = e2e_begin(argv, env);
	j->running = true;
	j->doomed = what == 2;
	j->told_to_end = false;
	j->begun_ms = storm_mono_ms();
	j->dies_ms = j->begun_ms + storm_roll(&s->dice, LATEST_MS);
	j->patience_ms = j->begun_ms + (what < 2 ? TO_STEP_MS : PATIENCE_MS);
}

/* A run of the sync waits for the providers' limits, in which a storm takes no interest. */
static void tell_to_end(struct job *j)
{
	if (j->running && !j->told_to_end)
		kill(j->run.pid, SIGTERM);
	j->told_to_end = true;
}

/* True: it has ended, with *r. */
static bool over(struct storm *s, struct job *j, int each_ms, struct run *r)
{
	int64_t now = storm_mono_ms();
	if (j->running && j->doomed && now >= j->dies_ms && e2e_is_running(&j->run)) {
		kill(j->run.pid, SIGKILL);
		j->doomed = false;
	}
	if (!j->running || e2e_is_running(&j->run))
		return false;
	*r = e2e_end(&j->run);
	j->running = false;
	j->next_ms = now + storm_roll(&s->dice, (unsigned int)each_ms);
	return true;
}

static bool is_due(const struct job *j)
{
	return !j->running && storm_mono_ms() >= j->next_ms;
}

/* Nothing but what a storm brings. */
static void expect_words(const char *text)
{
	regex_t good;
	ck_assert_int_eq(regcomp(&good, LINES_OF_STORMS, REG_EXTENDED | REG_NOSUB), 0);
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
		const char *one = e2e_text("%.*s", (int)strcspn(line, "\n"), line);
		ck_assert_msg(regexec(&good, one, 0, NULL, 0) == 0, "a job says: %s", one);
		if (line[strcspn(line, "\n")] == '\0')
			break;
	}
	regfree(&good);
}

static bool found_busy(const struct run *r)
{
	return strstr(r->err, " E3008: ") != NULL || strstr(r->err, " E3013: ") != NULL;
}

/* --- the sync --- */

static void sync_begin(struct storm *s, struct job *j)
{
	const char *const argv[] = {
		e2e_text("%s/cron/dialer-sync", e2e.build), "--config", e2e.config, NULL};
	s->syncs++;
	begin(s, j, argv, false);
}

static void sync_over(struct storm *s, const struct run *r)
{
	s->syncs_killed += r->status == 128 + SIGKILL;
	bool busy = r->status == 1 || found_busy(r);
	s->syncs_busy += busy;
	ck_assert_msg(
		r->status == 0 || busy || r->status == 128 + SIGKILL || r->status == 128 + SIGTERM,
		"dialer-sync: status %d: %s", r->status, r->err);
	expect_words(r->err);
}

/* --- backups --- */

static void backup_begin(struct storm *s, struct job *j)
{
	j->dir = e2e_text("%s/backup-%d", e2e.dir, ++s->backups);
	const char *const argv[] = {e2e_text("%s/bin/dialer", e2e.build), "--config", e2e.config,
		"backup", j->dir, NULL};
	begin(s, j, argv, true);
}

static void backup_over(struct storm *s, const struct job *j, const struct run *r)
{
	s->backups_killed += r->status == 128 + SIGKILL;
	ck_assert_msg(r->status == 0 || r->status == 128 + SIGKILL || found_busy(r),
		"dialer backup: status %d: %s%s", r->status, r->out, r->err);
	if (r->status == 0 && s->kept_count < STORM_BACKUPS_MAX)
		s->kept[s->kept_count++] = (struct storm_backup){j->dir, j->begun_ms};
}

/* --- tokens --- */

/* All that were given out end at once: whoever comes next has to refresh. */
static void end_tokens(struct storm *s)
{
	sim_post("/control/tokens", "{\"expire\":true}");
	s->refreshes++;
}

static void reconnect_one(struct storm *s)
{
	int u = (int)storm_roll(&s->dice, (unsigned int)s->form.clients);
	if (!storm_has_dialpad(u))
		return;
	const struct answer *a = http(.path = "/dialpad/status", .token = token(storm_user(u)));
	if (a->status != 200 || !json_is_true(json_at(a->json, "needsReconnect")))
		return;
	storm_connect(u);
	s->reconnected++;
}

/* --- all of it --- */

static void let_end(struct storm *s, struct job *sync, struct job *backup)
{
	struct run r;
	tell_to_end(sync);
	while (sync->running || backup->running) {
		if (over(s, sync, SYNC_EACH_MS, &r))
			sync_over(s, &r);
		if (over(s, backup, COPY_EACH_MS, &r))
			backup_over(s, backup, &r);
		e2e_sleep_ms(TICK_MS);
	}
}

void storm_work(struct storm *s, int seconds)
{
	struct job sync = {.running = false}, backup = {.running = false};
	struct run r;
	int64_t now = storm_mono_ms(), end = now + seconds * INT64_C(1000), tokens = now + 1000,
		connect = now;
	backup.next_ms = now + 500;
	while (now < end) {
		if (over(s, &sync, SYNC_EACH_MS, &r))
			sync_over(s, &r);
		if (over(s, &backup, COPY_EACH_MS, &r))
			backup_over(s, &backup, &r);
		if (sync.running && storm_mono_ms() > sync.patience_ms)
			tell_to_end(&sync);
		if (is_due(&sync))
			sync_begin(s, &sync);
		if (is_due(&backup))
			backup_begin(s, &backup);
		if (now >= tokens) {
			end_tokens(s);
			tokens = now + 1000 + storm_roll(&s->dice, 2000);
		}
		if (now >= connect) {
			reconnect_one(s);
			connect = now + 150;
		}
		e2e_sleep_ms(TICK_MS);
		now = storm_mono_ms();
	}
	/* In mid-storm still. */
	let_end(s, &sync, &backup);
}
