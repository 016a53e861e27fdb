#include "app.h"

#include "auth/auth.h"
#include "base/privilege.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_CHARS 1000
#define WORK_SECONDS   5 /* at the gate: an administrator may do more at once than a click does */

static const char stuck[] = "dialer: storage did not answer in time; try again\n";

void complain(const char *fmt, ...)
{
	struct buf text, line;
	va_list ap;
	buf_init(&text, (size_t)64 * 1024);
	buf_init(&line, (size_t)8 * 1024);
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	buf_adds(&line, "dialer: ");
	text_add_clean(&line, text.s, text.len, LINE_MAX_CHARS);
	buf_addc(&line, '\n');
	/* What was said before comes first where both go to one file. */
	(void)fflush(stdout);
	(void)fputs(line.failed ? "dialer: out of memory\n" : line.s, stderr);
	buf_release(&text);
	buf_release(&line);
}

const char *app_operand(const struct app *a)
{
	return a->args.operands[0];
}

bool app_int(const struct app *a, const char *option, int64_t min, int64_t max, int64_t *v)
{
	const char *value = args_value(&a->args, option);
	if (value == NULL || text_int(value, strlen(value), min, max, v))
		return true;
	if (max == INT64_MAX)
		complain("--%s must be a whole number from %lld", option, (long long)min);
	else
		complain("--%s must be a whole number from %lld to %lld", option, (long long)min,
			(long long)max);
	return false;
}

bool app_user_valid(const char *user)
{
	if (auth_user_valid(user, strlen(user)))
		return true;
	complain("a user id has 1 to %d bytes of UTF-8 and no control characters", AUTH_USER_MAX);
	return false;
}

const char *app_settings_file(const struct app *a)
{
	const char *path = args_value(&a->args, "config");
	if (path == NULL)
		path = getenv("DIALER_CONFIG");
	return path != NULL ? path : CONFIG_DEFAULT_FILE;
}

bool app_open_store(struct app *a)
{
	const struct store_options options = {.data_dir = a->config.data_dir,
		.log = &a->log,
		.work_seconds = WORK_SECONDS,
		.emergency_fd = 2,
		.emergency = stuck,
		.emergency_len = sizeof(stuck) - 1};
	struct buf why;
	buf_init(&why, (size_t)8 * 1024);
	enum err e = privilege_become_owner(a->config.data_dir, &why);
	if (e == ERR_NOT_FOUND)
		complain("data directory %s: there is none; `dialer init` makes it",
			a->config.data_dir);
	else if (e != ERR_NONE)
		complain("data directory %s", why.s);
	else if ((e = store_open(&a->store, &options)) != ERR_NONE)
		complain("storage could not be prepared: %s", err_word(e));
	buf_release(&why);
	return e == ERR_NONE;
}

int app_store_failed(enum err e)
{
	if (e == ERR_BUSY)
		return failed("storage is busy; try again");
	if (e == ERR_NOMEM)
		return failed("out of memory");
	return failed("storage failed; the line above says why");
}

int app_print(struct buf *b)
{
	int status = STATUS_OK;
	if (b->failed)
		status = failed("out of memory");
	else if (fwrite(b->s, 1, b->len, stdout) != b->len || fflush(stdout) == EOF)
		/* A reader who had enough is no news. */
		status = errno == EPIPE ? STATUS_FAILED
					: failed("standard output: %s", strerror(errno));
	buf_release(b);
	return status;
}
