/* What a run says on standard output. */
#ifndef CRON_OUTPUT_H
#define CRON_OUTPUT_H

#include "options.h"
#include "sync/sync.h"

/* A line of --verbose; arg is the options. */
void output_tell(void *arg, const char *line);
/* The summary that the options ask for. False: it cannot be written. */
bool output_summary(const struct options *o, const struct sync_summary *s);

#endif
