/*
 * What the commands of `dialer` have in common: settings, storage, and how they speak.
 *
 * Results go to standard output; what is wrong goes to standard error in one line beginning with
 * `dialer: `. A command returns one of the exit statuses below.
 */
#ifndef DIALER_APP_H
#define DIALER_APP_H

#include "args.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "config/config.h"
#include "store/store.h"
#include <stdbool.h>
#include <stdint.h>

enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

struct app {
	struct log log;
	struct config config;
	struct store *store; /* NULL until app_open_store */
	struct args args;
};

struct command {
	const char *name;             /* one or two words */
	const char *operand;          /* "USER"; "[FILE]": it may be left out; NULL: it has none */
	const char *synopsis;         /* the options, as in the line "Usage:"; may be "" */
	const char *summary;          /* for the list of commands */
	const char *details;          /* whole lines; NULL: the summary says it all */
	const struct option *options; /* NULL: none */
	int (*run)(struct app *a);
	/* Runs instead where the settings cannot be read, `why` says why; NULL: that is complained
	 * about. */
	int (*run_misconfigured)(struct app *a, const char *why);
};

/* One line on standard error; control characters in it are dropped. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, returning STATUS_FAILED or STATUS_USAGE. */
#define failed(...)  (complain(__VA_ARGS__), STATUS_FAILED)
#define misused(...) (complain(__VA_ARGS__), STATUS_USAGE)

/* The operand; NULL: it was left out. */
const char *app_operand(const struct app *a);
/* The option's value as a whole number within [min, max]; *v is untouched if it is not given.
 * False: it has been complained about. */
bool app_int(const struct app *a, const char *option, int64_t min, int64_t max, int64_t *v);
/* Whether the text can be a user id; complains if not. */
bool app_user_valid(const char *user);

/* The path of the settings, as the command line, the environment or the default has it. */
const char *app_settings_file(const struct app *a);

/* Gives up root and prepares storage: to be called when all files are open and keys are read. */
bool app_open_store(struct app *a);
/* Complains about what an operation of storage returned. STATUS_FAILED. */
int app_store_failed(enum err e);
/* Writes the buffer to standard output, and releases it. */
int app_print(struct buf *b);

extern const struct command command_init;
extern const struct command command_token;
extern const struct command command_user_set;
extern const struct command command_user_list;
extern const struct command command_user_unset;
extern const struct command command_call;
extern const struct command command_history;
extern const struct command command_show;
extern const struct command command_explain;
extern const struct command command_reconcile;
extern const struct command command_export;
extern const struct command command_import;
extern const struct command command_verify;
extern const struct command command_backup;
extern const struct command command_restore;
extern const struct command command_purge;
extern const struct command command_stats;
extern const struct command command_upgrade;
extern const struct command command_rotate_key;
extern const struct command command_dialpad_list;
extern const struct command command_dialpad_show;
extern const struct command command_dialpad_disconnect;
extern const struct command command_aircall_users;
extern const struct command command_aircall_numbers;
extern const struct command command_webhooks_list;
extern const struct command command_webhooks_remove;
extern const struct command command_webhooks_set_up;
extern const struct command command_policy_test;
extern const struct command command_doctor;

#endif
