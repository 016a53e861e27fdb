/*
 * dialer-sync: run by cron every minute; asks the providers what became of the calls and is
 * silent when all is well. The work is in lib/sync; here are lock, output and exit codes.
 */
#include "base/clock.h"
#include "base/privilege.h"
#include "base/process.h"
#include "config/config.h"
#include "metrics.h"
#include "metrics_file.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "store/store.h"
#include "sync/sync.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct program {
	struct options options;
	struct config config;
	struct log log;
	struct metrics_file metrics_file;
	struct metrics metrics; /* what is known at the end, for --metrics */
};

/* --- the run --- */

static enum err ask_providers(struct program *p, struct store *store, int lock_fd)
{
	const struct options *o = &p->options;
	struct progress progress;
	progress_begin(&progress, !o->verbose && !o->json);
	const struct sync_options options = {.config = &p->config,
		.store = store,
		.log = &p->log,
		.lock_fd = lock_fd,
		.dry_run = o->dry_run,
		.tell = o->verbose ? output_tell : NULL,
		.arg = &p->options,
		.progress = progress_show,
		.progress_arg = &progress};
	enum err e = sync_run(&options, &p->metrics.summary);
	progress_end(&progress);
	return e;
}

static void look_at_limits(struct program *p)
{
	struct metrics *m = &p->metrics;
	struct limits *limits;
	m->has_limits = limits_open(&p->config, &p->log, &limits) == ERR_NONE;
	for (int i = 0; i < LIMIT__MAX && m->has_limits; i++)
		limits_look(limits, (enum limit)i, &m->limits[i]);
	if (m->has_limits)
		limits_close(limits);
}

/* What cannot be had is left out. */
static void look_around(struct program *p, struct store *store)
{
	struct metrics *m = &p->metrics;
	if (p->options.metrics == NULL)
		return;
	look_at_limits(p);
	m->has_figures = store_figures(store, clock_now_ms(), &m->figures) == ERR_NONE;
	m->has_events = store_event_counts(store, &m->events) == ERR_NONE;
}

static enum exit_code run(struct program *p, int lock_fd)
{
	const struct store_options so = {.data_dir = p->config.data_dir,
		.log = &p->log,
		.emergency_fd = -1,
		.work_seconds = 5};
	struct store *store;
	if (store_open(&store, &so) != ERR_NONE)
		return EXIT_STORAGE;
	enum err e = ask_providers(p, store, lock_fd);
	look_around(p, store);
	store_close(store);
	if (e != ERR_NONE) {
		log_write(&p->log, LOG_OUTSIDE, "E5101", "the run ended early: %s", err_word(e));
		return EXIT_STORAGE;
	}
	if (!output_summary(&p->options, &p->metrics.summary)) {
		log_write(&p->log, LOG_OUTSIDE, "E5104", "the summary cannot be written");
		return EXIT_STORAGE;
	}
	return sync_any_failed(&p->metrics.summary) ? EXIT_PROVIDER : EXIT_DONE;
}

/* --- its metrics --- */

static void count(struct program *p, enum exit_code code)
{
	struct metrics *m = &p->metrics;
	totals_read(&m->totals, p->config.data_dir);
	totals_add(&m->totals, &m->summary, code, m->now_ms);
	m->has_totals = true;
	if (!totals_write(&m->totals, p->config.data_dir))
		log_write(&p->log, LOG_OUTSIDE, "E5106", "%s/sync.totals: %s", p->config.data_dir,
			strerror(errno));
}

/* Also after a failure: it is what monitoring is for. */
static enum exit_code write_metrics(struct program *p, enum exit_code code, bool locked)
{
	struct buf text;
	if (p->options.metrics == NULL)
		return code;
	p->metrics.now_ms = clock_now_ms();
	p->metrics.code = code;
	if (locked)
		count(p, code);
	buf_init(&text, METRICS_MAX);
	metrics_text(&text, &p->metrics);
	if (!metrics_file_close(&p->metrics_file, &text)) {
		log_write(&p->log, LOG_OUTSIDE, "E5105", "%s cannot be written: %s",
			p->options.metrics, strerror(errno));
		code = EXIT_STORAGE;
	}
	buf_release(&text);
	return code;
}

static enum exit_code lock_and_run(struct program *p)
{
	struct buf why;
	int fd;
	buf_init(&why, 512);
	enum err e = privilege_become_owner(p->config.data_dir, &why);
	if (e != ERR_NONE)
		log_write(&p->log, LOG_OUTSIDE, "E5102", "%s", why.s);
	buf_release(&why);
	if (e != ERR_NONE)
		return write_metrics(p, EXIT_STORAGE, false);
	e = sync_lock(&p->config, &fd);
	if (e == ERR_BUSY)
		return EXIT_DONE;
	if (e != ERR_NONE) {
		log_write(&p->log, LOG_OUTSIDE, "E5103", "%s/sync.lock cannot be locked: %s",
			p->config.data_dir, strerror(errno));
		return write_metrics(p, EXIT_STORAGE, false);
	}
	enum exit_code code = write_metrics(p, run(p, fd), true);
	close(fd);
	return code;
}

/* --- the program --- */

static bool open_metrics(struct program *p)
{
	struct buf why;
	p->metrics_file.fd = -1;
	if (p->options.metrics == NULL)
		return true;
	buf_init(&why, 8192);
	bool ok = metrics_file_open(&p->metrics_file, p->options.metrics, &why);
	if (!ok)
		fprintf(stderr, "dialer-sync: --metrics: %s\n", why.s);
	buf_release(&why);
	return ok;
}

static enum exit_code run_configured(struct program *p)
{
	struct config_error error;
	enum exit_code code = EXIT_USAGE;
	if (config_load(&p->config, p->options.config, environ, &error) == ERR_NONE)
		code = lock_and_run(p);
	else
		fprintf(stderr, "dialer-sync: %s\n", error.text);
	config_release(&p->config);
	return code;
}

int main(int argc, char *argv[])
{
	struct program p;
	int code;
	memset(&p, 0, sizeof(p));
	if (!options_read(argc, argv, &p.options, &code))
		return code;
	if (!process_setup(CONFINE_SOCKETS))
		return EXIT_STORAGE;
	log_init(&p.log, "dialer-sync");
	if (!open_metrics(&p))
		return EXIT_USAGE;
	code = run_configured(&p);
	/* Where another run has the lock, or the settings are wrong, the file stays as it is. */
	(void)metrics_file_close(&p.metrics_file, NULL);
	return code;
}
