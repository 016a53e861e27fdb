#include "options.h"

#include "base/version.h"
#include "config/config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static void usage(FILE *to)
{
	fputs("usage: dialer-sync [--config FILE] [--verbose] [--dry-run] [--json]\n"
	      "                   [--metrics FILE]\n"
	      "\n"
	      "Asks the providers what became of the calls that are not final yet and updates the\n"
	      "history. Run it every minute from cron; a run that finds another one going ends at\n"
	      "once without a word.\n"
	      "\n"
	      "  --config FILE   the settings (default: $DIALER_CONFIG, else " CONFIG_DEFAULT_FILE
	      ")\n"
	      "  --verbose       a line for each call that changes, and a summary\n"
	      "  --dry-run       ask and decide, but change nothing\n"
	      "  --json          one summary object on standard output\n"
	      "  --metrics FILE  when the run has ended, however: figures in the text format of\n"
	      "                  Prometheus, for its node exporter. FILE is replaced as a whole; "
	      "as\n"
	      "                  root, with root's rights\n"
	      "  --help          this text\n"
	      "  --version       the version\n"
	      "\n"
	      "Where standard error is a terminal it shows how far the run is, but not with\n"
	      "--verbose or --json.\n"
	      "\n"
	      "exit status: 0 done, 1 a provider could not be asked (the next run tries again),\n"
	      "2 usage or configuration, 3 storage, or the summary or FILE cannot be written\n",
		to);
}

static const struct option known[] = {{"config", required_argument, NULL, 'c'},
	{"verbose", no_argument, NULL, 'v'}, {"dry-run", no_argument, NULL, 'n'},
	{"json", no_argument, NULL, 'j'}, {"metrics", required_argument, NULL, 'm'},
	{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};

/* True: go on; false: end with *code. */
static bool take(struct options *o, int c, int *code)
{
	switch (c) {
	case 'c':
		o->config = optarg;
		return true;
	case 'v':
		o->verbose = true;
		return true;
	case 'n':
		o->dry_run = true;
		return true;
	case 'j':
		o->json = true;
		return true;
	case 'm':
		o->metrics = optarg;
		return true;
	case 'h':
		usage(stdout);
		*code = EXIT_DONE;
		return false;
	case 'V':
		puts("dialer-sync " DIALER_VERSION);
		*code = EXIT_DONE;
		return false;
	default:
		fputs("Try dialer-sync --help.\n", stderr);
		return false;
	}
}

bool options_read(int argc, char *argv[], struct options *o, int *code)
{
	int c;
	memset(o, 0, sizeof(*o));
	*code = EXIT_USAGE;
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (!take(o, c, code))
			return false;
	if (optind < argc) {
		fprintf(stderr, "dialer-sync: unexpected argument: %s\n", argv[optind]);
		return false;
	}
	/* What was only decided must not be counted as done. */
	if (o->dry_run && o->metrics != NULL) {
		fputs("dialer-sync: --dry-run and --metrics exclude each other\n", stderr);
		return false;
	}
	return true;
}
