/*
 * What all runs with --metrics did together, since the data directory was made: the counters of the
 * metrics must not begin anew with each run. They stand in the file `sync.totals` of the data
 * directory, which a run reads and replaces while it has the lock of the sync. A run that is killed
 * is not counted; a file that is missing or makes no sense begins anew, which readers of counters
 * know how to take.
 */
#ifndef CRON_TOTALS_H
#define CRON_TOTALS_H

#include "options.h"
#include "sync/sync.h"

struct totals {
	int64_t runs[EXIT__MAX];                              /* by how they ended */
	int64_t updated, completed, lost, orphans, refreshed; /* as in the summary */
	int64_t requests[PROVIDER__MAX];
	int64_t failed[PROVIDER__MAX], limited[PROVIDER__MAX]; /* runs */
	int64_t last_success_ms;                               /* UNIX; 0: never */
};

void totals_read(struct totals *t, const char *data_dir);
void totals_add(
	struct totals *t, const struct sync_summary *s, enum exit_code code, int64_t now_ms);
/* False: errno says why. */
bool totals_write(const struct totals *t, const char *data_dir);

#endif
