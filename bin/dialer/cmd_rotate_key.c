/*
 * dialer rotate-key: a new key for the tokens at rest. The new key is put first, all stored pairs
 * are sealed with it, and keys older than the one before are dropped. The one before stays, since a
 * program that read the file a moment ago may seal with it still; the next rotation drops it. It
 * can be interrupted anywhere and run again.
 */
#include "app.h"
#include "base/clock.h"
#include "connect/reseal.h"
#include "keyfile.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEYS_KEPT  2
#define UNREADABLE 3 /* exit status of the child: done, but for pairs that no key opens */

/* As the owner of the data directory. */
static int reseal(struct app *a, const struct vault *v)
{
	struct reseal_count n;
	struct connect_context x = {.config = &a->config, .vault = v, .log = &a->log};
	if (!app_open_store(a))
		return STATUS_FAILED;
	x.store = a->store;
	enum err e = connect_reseal(&x, &n);
	if (e != ERR_NONE)
		return app_store_failed(e);
	struct buf out;
	buf_init(&out, 1024);
	buf_addf(&out, "%" PRId64 " token pairs sealed with the new key", n.resealed);
	if (n.unreadable > 0)
		buf_addf(&out, "; %" PRId64 " open with no key of the file", n.unreadable);
	buf_addc(&out, '\n');
	int status = app_print(&out);
	return status == STATUS_OK && n.unreadable > 0 ? UNREADABLE : status;
}

/* Storage is touched by a child: root is given up for it, and the key file is needed once more. */
static int reseal_in_child(struct app *a, const struct vault *v)
{
	pid_t child = fork();
	if (child == -1)
		return failed("no process for the work");
	if (child == 0)
		_exit(reseal(a, v));
	int status;
	while (waitpid(child, &status, 0) == -1)
		if (errno != EINTR)
			return failed("the work cannot be waited for");
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : failed("the work was ended by signal %d", WTERMSIG(status));
}

/* Has everything sealed with the first key, and drops those that are too old. */
static int settle(struct app *a, struct buf *why)
{
	const char *path = a->config.token_key_file;
	struct vault *v = NULL;
	/* What cannot be used must not stand in the file. */
	if (vault_open(path, &v, why) != ERR_NONE)
		return STATUS_FAILED;
	int status = reseal_in_child(a, v);
	vault_close(v);
	/* A pair that opens with none of the keys needs none of them. */
	if ((status == STATUS_OK || status == UNREADABLE) && !keyfile_keep(path, KEYS_KEPT, why))
		return STATUS_FAILED;
	return status == UNREADABLE ? STATUS_FAILED : status;
}

static int rotate(struct app *a, struct buf *why)
{
	const char *path = a->config.token_key_file;
	/* One that was interrupted left its key; any number of them must not fill the file. */
	if (keyfile_count(path) > KEYS_KEPT && settle(a, why) != STATUS_OK &&
		keyfile_count(path) > KEYS_KEPT)
		return STATUS_FAILED;
	return keyfile_add(path, why) ? settle(a, why) : STATUS_FAILED;
}

static int run(struct app *a)
{
	struct buf why;
	struct vault *v = NULL;
	const char *path = a->config.token_key_file;
	buf_init(&why, 1024);
	int status = STATUS_FAILED, lock = keyfile_lock(path, &why);
	/* A file that cannot be used is left alone. */
	if (lock != -1 && vault_open(path, &v, &why) == ERR_NONE)
		status = rotate(a, &why);
	vault_close(v);
	if (lock != -1)
		close(lock);
	if (why.len > 0)
		complain("%s", why.s);
	buf_release(&why);
	return status;
}

const struct command command_rotate_key = {.name = "rotate-key",
	.synopsis = "",
	.summary = "Changes the key that tokens are encrypted with",
	.details = "The new key becomes the first line of DIALER_TOKEN_KEY_FILE and all stored "
		   "tokens are encrypted\n"
		   "with it. The key before stays as the second line until the next rotation, "
		   "since programs that\n"
		   "run just now may still use it; older ones are dropped.\n",
	.run = run};
