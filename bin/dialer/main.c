/* dialer: the administrator's program. Finds the command, prints help and version. */
#include "app.h"
#include "base/process.h"
#include "base/version.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In the order in which help lists them. */
static const struct command *const commands[] = {
	&command_init,
	&command_token,
	&command_user_set,
	&command_user_list,
	&command_user_unset,
	&command_call,
	&command_history,
	&command_show,
	&command_explain,
	&command_reconcile,
	&command_export,
	&command_import,
	&command_verify,
	&command_backup,
	&command_restore,
	&command_purge,
	&command_stats,
	&command_doctor,
	&command_upgrade,
	&command_rotate_key,
	&command_dialpad_list,
	&command_dialpad_show,
	&command_dialpad_disconnect,
	&command_aircall_users,
	&command_aircall_numbers,
	&command_webhooks_set_up,
	&command_webhooks_list,
	&command_webhooks_remove,
	&command_policy_test,
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct option common[] = {
	{"config", "FILE", "settings (default: $DIALER_CONFIG, else " CONFIG_DEFAULT_FILE ")"},
	{"help", NULL, "show this and end"}, {"version", NULL, "show the version and end"},
	{NULL, NULL, NULL}};

/* --- finding the command --- */

/* Whether the command's name begins with these words, and with how many of its own they all match.
 */
static bool name_is(const struct command *c, const char *first, const char *second)
{
	size_t len = strlen(first);
	if (strncmp(c->name, first, len) != 0)
		return false;
	if (c->name[len] == '\0')
		return true;
	return c->name[len] == ' ' && second != NULL && strcmp(c->name + len + 1, second) == 0;
}

/* `second` may be NULL. *words: how many of the two are its name. */
static const struct command *find(const char *first, const char *second, int *words)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (name_is(commands[i], first, second)) {
			*words = strchr(commands[i]->name, ' ') != NULL ? 2 : 1;
			return commands[i];
		}
	return NULL;
}

/* The command belongs to the group `first`, as "user set" does to "user". */
static bool in_group(const struct command *c, const char *first)
{
	size_t len = strlen(first);
	return strncmp(c->name, first, len) == 0 && c->name[len] == ' ';
}

static int unknown(const char *first, const char *second)
{
	struct buf members;
	buf_init(&members, 256);
	for (size_t i = 0; i < COMMANDS; i++)
		if (in_group(commands[i], first))
			buf_addf(&members, "%s%s", members.len > 0 ? ", " : "", commands[i]->name);
	if (members.len == 0)
		complain("unknown command %s (dialer --help lists them)", first);
	else if (second != NULL)
		complain("unknown command %s %s; there are %s", first, second, members.s);
	else
		complain("%s is not a whole command; there are %s", first, members.s);
	buf_release(&members);
	return STATUS_USAGE;
}

/* --- help --- */

static void print_options(const struct option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		char left[48];
		(void)snprintf(left, sizeof(left), "--%s%s%s", o->name, o->value != NULL ? " " : "",
			o->value != NULL ? o->value : "");
		printf("  %-22s  %s\n", left, o->help);
	}
}

static void print_command(const struct command *c)
{
	printf("Usage: dialer [--config FILE] %s%s%s%s%s\n\n%s.\n", c->name,
		c->operand != NULL ? " " : "", c->operand != NULL ? c->operand : "",
		*c->synopsis != '\0' ? " " : "", c->synopsis, c->summary);
	if (c->details != NULL)
		printf("%s", c->details);
	printf("\n");
	print_options(c->options);
	print_options(common);
}

static void print_all(void)
{
	printf("Usage: dialer [--config FILE] COMMAND ...\n\n");
	for (size_t i = 0; i < COMMANDS; i++) {
		char left[48];
		(void)snprintf(left, sizeof(left), "%s%s%s", commands[i]->name,
			commands[i]->operand != NULL ? " " : "",
			commands[i]->operand != NULL ? commands[i]->operand : "");
		printf("  %-22s  %s\n", left, commands[i]->summary);
	}
	printf("  %-22s  %s\n\n", "help [COMMAND]", "Shows this, or all about one command");
	print_options(common);
	printf("\nExit status: 0 done, 1 failed, 2 wrong command line.\n");
}

/* About the command, or the group of commands, that the words name; `first` may be NULL. */
static int help(const char *first, const char *second)
{
	int words, shown = 0;
	if (first == NULL) {
		print_all();
		return STATUS_OK;
	}
	const struct command *c = find(first, second, &words);
	if (c != NULL && (words == 2 || second == NULL)) {
		print_command(c);
		return STATUS_OK;
	}
	for (size_t i = 0; i < COMMANDS && second == NULL; i++)
		if (in_group(commands[i], first)) {
			printf("%s", shown++ > 0 ? "\n" : "");
			print_command(commands[i]);
		}
	if (shown > 0)
		return STATUS_OK;
	return c != NULL ? misused("help: too many arguments: %s", second) : unknown(first, second);
}

static int version(void)
{
	printf("dialer %s\n", DIALER_VERSION);
	return STATUS_OK;
}

/* --- running --- */

static bool arguments_fit(const struct command *c, const struct args *a)
{
	int wanted = c->operand != NULL ? 1 : 0;
	bool optional = wanted == 1 && c->operand[0] == '[';
	if (a->count == wanted || (optional && a->count == 0))
		return true;
	if (a->count < wanted)
		complain("%s: %s is missing (dialer help %s)", c->name, c->operand, c->name);
	else
		complain("%s: too many arguments: %s (dialer help %s)", c->name,
			a->operands[wanted], c->name);
	return false;
}

static int run_configured(struct app *a, const struct command *c)
{
	struct config_error error;
	if (config_load(&a->config, args_value(&a->args, "config"), environ, &error) != ERR_NONE)
		return c->run_misconfigured != NULL ? c->run_misconfigured(a, error.text)
						    : failed("%s", error.text);
	int status = c->run(a);
	store_close(a->store);
	config_release(&a->config);
	return status;
}

static int run_help(struct app *a, int argc, char *const argv[])
{
	if (!args_read(&a->args, NULL, argc, argv))
		return misused("help: %s", a->args.why);
	return help(a->args.operands[0], a->args.operands[1]);
}

static int run_command(struct app *a, int argc, char *const argv[])
{
	int words;
	const struct command *c = find(argv[0], argc > 1 ? argv[1] : NULL, &words);
	if (c == NULL)
		return unknown(argv[0], argc > 1 ? argv[1] : NULL);
	if (!args_read(&a->args, c->options, argc - words, argv + words))
		return misused("%s: %s (dialer help %s)", c->name, a->args.why, c->name);
	if (args_has(&a->args, "help")) {
		print_command(c);
		return STATUS_OK;
	}
	if (args_has(&a->args, "version"))
		return version();
	return arguments_fit(c, &a->args) ? run_configured(a, c) : STATUS_USAGE;
}

static int run(struct app *a, int argc, char *const argv[])
{
	args_init(&a->args, common);
	int at = args_read_front(&a->args, argc, argv);
	if (at < 0)
		return misused("%s (dialer --help)", a->args.why);
	argc -= at;
	argv += at;
	if (args_has(&a->args, "help"))
		return help(argc > 0 ? argv[0] : NULL, argc > 1 ? argv[1] : NULL);
	if (args_has(&a->args, "version"))
		return version();
	if (argc == 0)
		return misused("which command? (dialer --help lists them)");
	return strcmp(argv[0], "help") == 0 ? run_help(a, argc - 1, argv + 1)
					    : run_command(a, argc, argv);
}

/* Help that nobody could read was not shown. */
static int flush(int status)
{
	if (status == STATUS_OK && (fflush(stdout) == EOF || ferror(stdout)))
		return failed("standard output: %s", strerror(errno));
	return status;
}

int main(int argc, char *argv[])
{
	struct app a;
	if (!process_setup(CONFINE_SOCKETS))
		return STATUS_FAILED;
	/* For the width of characters in tables; nothing else depends on the locale. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	memset(&a, 0, sizeof(a));
	log_init(&a.log, "dialer");
	return flush(run(&a, argc > 0 ? argc - 1 : 0, argv + 1));
}
