/* The figures of a run as metrics for Prometheus. A pure function; docs/metrics.md lists them. */
#ifndef CRON_METRICS_H
#define CRON_METRICS_H

#include "base/buf.h"
#include "limit/limit.h"
#include "store/events.h"
#include "store/figures.h"
#include "totals.h"

struct metrics {
	int64_t now_ms; /* when the run ended */
	enum exit_code code;
	struct sync_summary summary;
	struct totals totals;
	/* What could not be found out is left out. */
	bool has_totals, has_limits, has_figures, has_events;
	struct limit_state limits[LIMIT__MAX];
	struct store_figures figures;
	struct event_counts events;
};

/* Ends in a line `# EOF`, so that what was cut can be told. */
void metrics_text(struct buf *out, const struct metrics *m);

#endif
