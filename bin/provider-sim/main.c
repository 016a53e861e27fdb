/*
 * provider-sim: telephone services on loopback, for tests and demonstrations.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/version.h"
#include "mem.h"
#include "server.h"
#include "sim.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

enum { FILE_MAX = 1 << 20 };

struct options {
	struct server_options server;
	char *cert;
	char *key;
	bool until_parent_ends;
};

static const char usage[] =
	"Usage: provider-sim --port N [option]...\n"
	"\n"
	"Simulates the telephone services Aircall and Dialpad on loopback. Prints \"ready URL\" "
	"once\n"
	"it listens, runs until SIGTERM or SIGINT.\n"
	"\n"
	"  --port N           port to listen on; 0 lets the kernel pick one\n"
	"  --bind ADDRESS     loopback address to listen on (default 127.0.0.1)\n"
	"  --tls-cert FILE    serve HTTPS with this certificate (PEM) ...\n"
	"  --tls-key FILE     ... and this key\n"
	"  --set NAME=VALUE   a setting of /control/settings; repeatable\n"
	"  --until-parent-ends\n"
	"                     end also when the process that started it ends\n"
	"  --help             this text\n"
	"  --version          the version\n"
	"\n"
	"Aircall:\n"
	"  --api-key ID:TOKEN accepted credential (default sim-id:sim-token)\n"
	"  --user ID:NUMBER[,NUMBER...][:STATE]\n"
	"                     a user who may call from these numbers (ids); STATE is available,\n"
	"                     offline, do_not_disturb, in_call or after_call_work; repeatable\n"
	"Users out of the box: 1527216 (number 967647) and 456 (1234, 967647) are available, 457 "
	"is\n"
	"offline, 458 does not want to be disturbed, 459 is in after-call work.\n"
	"\n"
	"Dialpad:\n"
	"  --client-id ID, --client-secret SECRET\n"
	"                     the OAuth application (default sim-client, sim-secret)\n"
	"  --company-key KEY  the company's API key (default sim-company-key)\n"
	"  --dialpad-user ID[:DEVICE[,DEVICE...][:STATE]]\n"
	"                     a user with these devices (native, web, iphone, obi ...); STATE is\n"
	"                     active, suspended ...; repeatable\n"
	"Users out of the box: 5835806903417907 (desktop app, mobile), 9007199254740993 (web),\n"
	"5123456789012345 (mobile only), 6012345678901234 (admin; desk phone, web).\n"
	"\n"
	"Control interface (JSON; bin/provider-sim/README.md has the details):\n"
	"  GET  /control/health            POST /control/reset\n"
	"  GET,POST /control/clock         {\"now\":S} {\"advance\":S} {\"freeze\":true} "
	"{\"real\":true}\n"
	"  GET,POST,DELETE /control/script {\"to\":\"+1555...\",\"outcome\":\"answered\",...}\n"
	"  GET,POST,DELETE /control/faults "
	"{\"path\":\"/v1/calls\",\"outcome\":\"refuse\",\"status\":500,...}\n"
	"  GET,DELETE /control/requests    every request received\n"
	"  GET,POST,DELETE /control/calls  every call; POST adds calls dialled by hand\n"
	"  GET,POST,DELETE /control/calls/ID   {\"answer\":true} {\"hangup\":true}\n"
	"  GET,POST /control/users, /control/numbers, /control/webhooks, /control/settings\n"
	"  GET,POST /control/tokens        {\"expire\":true} {\"revoke\":true} "
	"{\"revoke_refresh\":true}\n"
	"  GET  /control/stats             counts by route and status\n";

static bool fail(const char *what, const char *why)
{
	fprintf(stderr, "provider-sim: %s: %s\n", what, why);
	return false;
}

static char *read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;
	char *text = NULL;
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &info) != 0 || info.st_size > FILE_MAX)
		goto out;
	text = mem_new((size_t)info.st_size + 1);
	while (n > 0 && len < (size_t)info.st_size) {
		n = read(fd, text + len, (size_t)info.st_size - len);
		if (n > 0)
			len += (size_t)n;
	}
	if (n < 0) {
		free(text);
		text = NULL;
	}
out:
	if (!text)
		fail(path, errno ? strerror(errno) : "too large");
	if (fd >= 0)
		close(fd);
	return text;
}

static bool set_setting(struct settings *settings, const char *text)
{
	const char *equals = strchr(text, '=');
	json_t *value;
	json_t *change;
	char *name;
	char error[256];
	bool good;

	if (!equals)
		return fail(text, "NAME=VALUE is needed");
	name = mem_text(text);
	name[equals - text] = '\0';
	value = json_loads(equals + 1, JSON_DECODE_ANY, NULL);
	if (!value)
		value = json_string(equals + 1);
	change = json_object();
	json_object_set_new(change, name, value);
	good = settings_apply(settings, change, error, sizeof(error)) || fail(text, error);
	json_decref(change);
	free(name);
	return good;
}

static void replace(char **text, const char *with)
{
	free(*text);
	*text = mem_text(with);
}

static bool set_key(struct settings *settings, const char *text)
{
	if (!strchr(text, ':'))
		return fail("--api-key", "ID:TOKEN is needed");
	replace(&settings->api_key, text);
	return true;
}

static bool add_user(struct directory *directory, const char *text)
{
	json_t *spec = directory_parse_user(text);
	char error[256] = "ID:NUMBER[,NUMBER...][:STATE] is needed";
	bool good = spec && directory_put_user(directory, spec, error, sizeof(error));

	json_decref(spec);
	return good || fail(text, error);
}

static bool add_person(struct people *people, const char *text)
{
	json_t *spec = people_parse(text);
	char error[256] = "ID[:DEVICE[,DEVICE...][:STATE]] is needed";
	bool good = spec && people_put(people, spec, error, sizeof(error));

	json_decref(spec);
	return good || fail(text, error);
}

static bool set_port(struct server_options *server, const char *text)
{
	int64_t port;

	if (!text_int64(text, &port) || port < 0 || port > 65535)
		return fail("--port", "0 to 65535 is needed");
	server->port = (uint16_t)port;
	return true;
}

/* Exit status to end with at once, or -1 to go on. */
static int parse(int argc, char **argv, struct sim *sim, struct options *options)
{
	static const struct option known[] = {
		{"port", required_argument, NULL, 'p'},
		{"bind", required_argument, NULL, 'b'},
		{"tls-cert", required_argument, NULL, 'c'},
		{"tls-key", required_argument, NULL, 'k'},
		{"api-key", required_argument, NULL, 'a'},
		{"user", required_argument, NULL, 'u'},
		{"client-id", required_argument, NULL, 'i'},
		{"client-secret", required_argument, NULL, 'x'},
		{"company-key", required_argument, NULL, 'y'},
		{"dialpad-user", required_argument, NULL, 'd'},
		{"set", required_argument, NULL, 's'},
		{"until-parent-ends", no_argument, NULL, 'e'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	bool port = false;
	bool good = true;
	int c;

	options->server.bind = "127.0.0.1";
	while (good && (c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'p':
			good = port = set_port(&options->server, optarg);
			break;
		case 'b':
			options->server.bind = optarg;
			break;
		case 'c':
			free(options->cert);
			good = (options->cert = read_file(optarg)) != NULL;
			break;
		case 'k':
			free(options->key);
			good = (options->key = read_file(optarg)) != NULL;
			break;
		case 'a':
			good = set_key(&sim->defaults, optarg);
			break;
		case 'u':
			good = add_user(&sim->defaults_directory, optarg);
			break;
		case 'i':
			replace(&sim->defaults.dialpad_client_id, optarg);
			break;
		case 'x':
			replace(&sim->defaults.dialpad_client_secret, optarg);
			break;
		case 'y':
			replace(&sim->defaults.dialpad_api_key, optarg);
			break;
		case 'd':
			good = add_person(&sim->defaults_people, optarg);
			break;
		case 's':
			good = set_setting(&sim->defaults, optarg);
			break;
		case 'e':
			options->until_parent_ends = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_OK;
		case 'v':
			puts("provider-sim " DIALER_VERSION);
			return EXIT_OK;
		default:
			good = false;
		}
	}
	if (good && (!port || optind != argc))
		good = fail("usage", "--port N is needed, and nothing but options");
	if (good && !options->cert != !options->key)
		good = fail("usage", "--tls-cert and --tls-key go together");
	options->server.cert = options->cert;
	options->server.key = options->key;
	return good ? -1 : EXIT_USAGE;
}

/* Runs until a signal asks for the end. Every thread inherits the blocked signals. */
static int run(struct sim *sim, const struct options *options)
{
	struct MHD_Daemon *daemon;
	char error[256];
	sigset_t signals;
	int signal_number;
	int status = EXIT_FAILED;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	if (options->until_parent_ends) {
		pid_t parent = getppid();

		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			return EXIT_OK;
	}
	daemon = server_start(sim, &options->server, error, sizeof(error));
	if (!daemon) {
		fail("server", error);
		return EXIT_FAILED;
	}
	if (!webhooks_start(sim)) {
		fail("threads", strerror(EAGAIN));
	} else {
		printf("ready %s/\n", sim->origin);
		fflush(stdout);
		sigwait(&signals, &signal_number);
		status = EXIT_OK;
	}
	atomic_store(&sim->stopping, true);
	webhooks_stop(sim);
	server_stop(daemon);
	return status;
}

int main(int argc, char **argv)
{
	static struct sim sim;
	struct options options = {0};
	int status;

	sim_init(&sim);
	status = parse(argc, argv, &sim, &options);
	if (status < 0) {
		sim_reset(&sim);
		status = run(&sim, &options);
	}
	free(options.cert);
	free(options.key);
	sim_release(&sim);
	return status;
}
