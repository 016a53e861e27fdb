/*
 * dialer-sync: run by cron every minute; asks the providers what became of the calls and is
 * silent when all is well. The work is in lib/sync; here are options, lock, output and exit
 * codes.
 */
#include "base/privilege.h"
#include "base/process.h"
#include "base/version.h"
#include "config/config.h"
#include "json/jsonw.h"
#include "store/store.h"
#include "sync/sync.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum exit_code { EXIT_DONE = 0, EXIT_PROVIDER = 1, EXIT_USAGE = 2, EXIT_STORAGE = 3 };

struct options {
	const char *config;
	bool verbose, dry_run, json;
};

static void usage(FILE *to)
{
	fputs("usage: dialer-sync [--config FILE] [--verbose] [--dry-run] [--json]\n"
	      "\n"
	      "Asks the providers what became of the calls that are not final yet and updates the\n"
	      "history. Run it every minute from cron; a run that finds another one going ends at\n"
	      "once without a word.\n"
	      "\n"
	      "  --config FILE  the settings (default: $DIALER_CONFIG, else " CONFIG_DEFAULT_FILE
	      ")\n"
	      "  --verbose      a line for each call that changes, and a summary\n"
	      "  --dry-run      ask and decide, but change nothing\n"
	      "  --json         one summary object on standard output\n"
	      "  --help         this text\n"
	      "  --version      the version\n"
	      "\n"
	      "exit status: 0 done, 1 a provider could not be asked (the next run tries again),\n"
	      "2 usage or configuration, 3 storage, or the summary cannot be written\n",
		to);
}

/* False: *code is what to end with. */
static bool read_options(int argc, char *argv[], struct options *o, int *code)
{
	static const struct option known[] = {{"config", required_argument, NULL, 'c'},
		{"verbose", no_argument, NULL, 'v'}, {"dry-run", no_argument, NULL, 'n'},
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	int c;
	memset(o, 0, sizeof(*o));
	*code = EXIT_USAGE;
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'n':
			o->dry_run = true;
			break;
		case 'j':
			o->json = true;
			break;
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
	if (optind < argc) {
		fprintf(stderr, "dialer-sync: unexpected argument: %s\n", argv[optind]);
		return false;
	}
	return true;
}

static void tell(void *arg, const char *line)
{
	/* With --json standard output belongs to the object. */
	fprintf(*(const bool *)arg ? stderr : stdout, "%s\n", line);
}

static void print_json(const struct sync_summary *s)
{
	struct buf out;
	struct jsonw w;
	buf_init(&out, 1024);
	jsonw_init(&w, &out);
	jsonw_object(&w);
	jsonw_member_int(&w, "open", s->open);
	jsonw_member_int(&w, "updated", s->updated);
	jsonw_member_int(&w, "completed", s->completed);
	jsonw_member_int(&w, "lost", s->lost);
	jsonw_key(&w, "requests");
	jsonw_object(&w);
	jsonw_member_int(&w, "aircall", s->requests[PROVIDER_AIRCALL]);
	jsonw_member_int(&w, "dialpad", s->requests[PROVIDER_DIALPAD]);
	jsonw_object_end(&w);
	jsonw_key(&w, "seconds");
	char seconds[32];
	int len = snprintf(seconds, sizeof(seconds), "%lld.%03lld", (long long)(s->ms / 1000),
		(long long)(s->ms % 1000));
	jsonw_trusted(&w, seconds, (size_t)len);
	jsonw_object_end(&w);
	if (jsonw_ok(&w))
		printf("%s\n", out.s);
	buf_release(&out);
}

static void print_summary(const struct options *o, const struct sync_summary *s)
{
	if (o->json)
		print_json(s);
	else if (o->verbose)
		printf("%lld open, %lld updated, %lld completed, %lld lost; requests: %lld "
		       "Aircall, "
		       "%lld Dialpad; %lld.%03lld s%s\n",
			(long long)s->open, (long long)s->updated, (long long)s->completed,
			(long long)s->lost, (long long)s->requests[PROVIDER_AIRCALL],
			(long long)s->requests[PROVIDER_DIALPAD], (long long)(s->ms / 1000),
			(long long)(s->ms % 1000), o->dry_run ? " (nothing was changed)" : "");
}

static int run(const struct options *o, const struct config *c, const struct log *log, int lock_fd)
{
	const struct store_options so = {
		.data_dir = c->data_dir, .log = log, .emergency_fd = -1, .work_seconds = 5};
	struct store *store;
	if (store_open(&store, &so) != ERR_NONE)
		return EXIT_STORAGE;
	const struct sync_options options = {.config = c,
		.store = store,
		.log = log,
		.lock_fd = lock_fd,
		.dry_run = o->dry_run,
		.tell = o->verbose ? tell : NULL,
		.arg = (void *)(uintptr_t)&o->json};
	struct sync_summary s;
	enum err e = sync_run(&options, &s);
	store_close(store);
	if (e != ERR_NONE) {
		log_write(log, LOG_OUTSIDE, "E5101", "the run ended early: %s", err_word(e));
		return EXIT_STORAGE;
	}
	print_summary(o, &s);
	if (fflush(stdout) != 0) {
		log_write(log, LOG_OUTSIDE, "E5104", "the summary cannot be written");
		return EXIT_STORAGE;
	}
	return s.provider_failed ? EXIT_PROVIDER : EXIT_DONE;
}

static int lock_and_run(const struct options *o, const struct config *c, const struct log *log)
{
	struct buf why;
	int fd;
	buf_init(&why, 512);
	if (privilege_become_owner(c->data_dir, &why) != ERR_NONE) {
		log_write(log, LOG_OUTSIDE, "E5102", "%s", why.s);
		buf_release(&why);
		return EXIT_STORAGE;
	}
	buf_release(&why);
	enum err e = sync_lock(c, &fd);
	if (e == ERR_BUSY)
		return EXIT_DONE;
	if (e != ERR_NONE) {
		log_write(log, LOG_OUTSIDE, "E5103", "%s/sync.lock cannot be locked", c->data_dir);
		return EXIT_STORAGE;
	}
	int code = run(o, c, log, fd);
	close(fd);
	return code;
}

int main(int argc, char *argv[])
{
	struct options o;
	struct config c;
	struct config_error error;
	struct log log;
	int code;
	if (!read_options(argc, argv, &o, &code))
		return code;
	if (!process_setup())
		return EXIT_STORAGE;
	log_init(&log, "dialer-sync");
	if (config_load(&c, o.config, environ, &error) != ERR_NONE) {
		fprintf(stderr, "dialer-sync: %s\n", error.text);
		config_release(&c);
		return EXIT_USAGE;
	}
	code = lock_and_run(&o, &c, &log);
	config_release(&c);
	return code;
}
