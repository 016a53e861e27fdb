/* The command line of dialer-sync, and how it ends. */
#ifndef CRON_OPTIONS_H
#define CRON_OPTIONS_H

#include <stdbool.h>

enum exit_code { EXIT_DONE = 0, EXIT_PROVIDER = 1, EXIT_USAGE = 2, EXIT_STORAGE = 3, EXIT__MAX };

/* Texts are borrowed from argv; NULL: not given. */
struct options {
	const char *config, *metrics;
	bool verbose, dry_run, json;
};

/* False: *code is what to end with, and what there is to say has been said. */
bool options_read(int argc, char *argv[], struct options *o, int *code);

#endif
