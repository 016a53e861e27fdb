#include "metrics.h"

#include "base/exposition.h"
#include "base/version.h"

#define LABELS EXPOSITION_LABELS

static void gauge(struct buf *out, const char *name, const char *help, int64_t value)
{
	exposition_gauge(out, name, help);
	exposition_int(out, name, NULL, value);
}

static void gauge_seconds(struct buf *out, const char *name, const char *help, int64_t ms)
{
	exposition_gauge(out, name, help);
	exposition_seconds(out, name, NULL, ms);
}

static void counter(struct buf *out, const char *name, const char *help, int64_t value)
{
	exposition_counter(out, name, help);
	exposition_int(out, name, NULL, value);
}

static void add_run(struct buf *out, const struct metrics *m)
{
	static const char info[] = "dialer_build_info";
	exposition_gauge(out, info, "The version of dialer-sync.");
	exposition_int(out, info, LABELS("version", DIALER_VERSION), 1);
	gauge_seconds(out, "dialer_sync_last_run_timestamp_seconds",
		"When the latest run of dialer-sync ended, in whatever way.", m->now_ms);
	gauge(out, "dialer_sync_last_exit_status",
		"Exit status of the latest run: 0 done, 1 a provider could not be asked, 3 "
		"storage.",
		m->code);
	gauge_seconds(out, "dialer_sync_last_duration_seconds",
		"How long the latest run took for asking and storing.", m->summary.ms);
	gauge(out, "dialer_sync_open_calls", "Calls that were not final when the latest run began.",
		m->summary.open);
}

static void by_provider(
	struct buf *out, const char *name, const char *help, const int64_t of[PROVIDER__MAX])
{
	exposition_counter(out, name, help);
	exposition_int(out, name, LABELS("provider", "aircall"), of[PROVIDER_AIRCALL]);
	exposition_int(out, name, LABELS("provider", "dialpad"), of[PROVIDER_DIALPAD]);
}

static void add_totals(struct buf *out, const struct totals *t)
{
	static const char runs[] = "dialer_sync_runs_total";
	if (t->last_success_ms != 0)
		gauge_seconds(out, "dialer_sync_last_success_timestamp_seconds",
			"When the latest run with exit status 0 ended.", t->last_success_ms);
	exposition_counter(out, runs, "Runs of dialer-sync by how they ended.");
	exposition_int(out, runs, LABELS("result", "done"), t->runs[EXIT_DONE]);
	exposition_int(out, runs, LABELS("result", "provider_failed"), t->runs[EXIT_PROVIDER]);
	exposition_int(out, runs, LABELS("result", "storage_failed"), t->runs[EXIT_STORAGE]);
	by_provider(out, "dialer_sync_requests_total", "Requests about calls.", t->requests);
	by_provider(out, "dialer_sync_failed_runs_total",
		"Runs in which the provider could not be asked.", t->failed);
	by_provider(out, "dialer_sync_limited_runs_total",
		"Runs that left something to the next at a limit, a 429 or for want of time.",
		t->limited);
	counter(out, "dialer_sync_calls_updated_total",
		"Calls of which a run changed something to see.", t->updated);
	counter(out, "dialer_sync_calls_completed_total", "Calls that became final by a run.",
		t->completed);
	counter(out, "dialer_sync_calls_lost_total", "Calls that were given up.", t->lost);
	counter(out, "dialer_sync_calls_orphaned_total",
		"Calls whose program had died before it could say what came out.", t->orphans);
	counter(out, "dialer_sync_tokens_refreshed_total",
		"Users whose Dialpad tokens were refreshed before they ended.", t->refreshed);
}

/* Each in a family of its own: a figure for each limit. */
static void add_limits(struct buf *out, const struct limit_state *limits)
{
	static const char sent[] = "dialer_limit_requests_last_minute";
	static const char most[] = "dialer_limit_requests_per_minute";
	static const char blocked[] = "dialer_limit_blocked_seconds";
	exposition_gauge(out, sent, "Requests of all programs within the last minute.");
	for (int i = 0; i < LIMIT__MAX; i++)
		exposition_int(
			out, sent, LABELS("limit", limit_word((enum limit)i)), limits[i].sent);
	exposition_gauge(out, most, "How many there may be.");
	for (int i = 0; i < LIMIT__MAX; i++)
		if (limits[i].per_minute > 0)
			exposition_int(out, most, LABELS("limit", limit_word((enum limit)i)),
				limits[i].per_minute);
	exposition_gauge(out, blocked, "How long nothing may be asked yet, after a 429.");
	for (int i = 0; i < LIMIT__MAX; i++)
		exposition_seconds(out, blocked, LABELS("limit", limit_word((enum limit)i)),
			limits[i].blocked_ms);
}

static void add_figures(struct buf *out, const struct store_figures *f)
{
	gauge(out, "dialer_calls", "Calls in the history.", f->calls);
	gauge(out, "dialer_calls_followed", "Calls that are looked at now or later.", f->followed);
	gauge(out, "dialer_calls_due", "Calls whose next look is due.", f->due);
	gauge(out, "dialer_database_bytes", "Size of the database files.", f->database_bytes);
	gauge(out, "dialer_log_bytes", "Size of the database's log files.", f->log_bytes);
	if (f->checkpoint_ms != 0)
		gauge_seconds(out, "dialer_checkpoint_timestamp_seconds",
			"When the last checkpoint of the database was written.", f->checkpoint_ms);
	gauge(out, "dialer_unwritten_bytes", "Logged since then: the work of a recovery.",
		f->unwritten_bytes);
	gauge(out, "dialer_free_bytes",
		"Free on the file system of the data directory; changes are refused below 4 MB.",
		f->free_bytes);
}

static void add_events(struct buf *out, const struct event_counts *c)
{
	static const char name[] = "dialer_events_total";
	static const enum provider_id providers[] = {PROVIDER_AIRCALL, PROVIDER_DIALPAD};
	exposition_counter(out, name, "Events by webhook, and what became of them.");
	for (size_t p = 0; p < sizeof(providers) / sizeof(providers[0]); p++)
		for (int i = 0; i < EVENT_COUNT__MAX; i++)
			exposition_int(out, name,
				LABELS("provider", provider_word(providers[p]), "fate",
					event_count_word((enum event_count)i)),
				c->of[providers[p]][i]);
	gauge(out, "dialer_events_waiting", "Events that wait for the row of their call.",
		c->waiting);
}

void metrics_text(struct buf *out, const struct metrics *m)
{
	add_run(out, m);
	if (m->has_totals)
		add_totals(out, &m->totals);
	if (m->has_limits)
		add_limits(out, m->limits);
	if (m->has_figures)
		add_figures(out, &m->figures);
	if (m->has_events)
		add_events(out, &m->events);
	buf_adds(out, "# EOF\n");
}
