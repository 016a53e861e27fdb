/*
 * How far the run is, for somebody who watches: one line on standard error that is drawn over and
 * wiped away at the end. Nothing at all where standard error is no terminal.
 */
#ifndef CRON_PROGRESS_H
#define CRON_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool wanted;
	bool drawn; /* there is a line to be wiped away */
	int64_t last_ms;
};

/* `wanted` false: nothing is ever drawn. */
void progress_begin(struct progress *p, bool wanted);
/* arg is a struct progress. total 0: not known. May be called as often as one likes. */
void progress_show(void *arg, int64_t done, int64_t total);
void progress_end(struct progress *p);

#endif
