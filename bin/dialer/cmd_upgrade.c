/* dialer upgrade: brings the data directory to the format of this program. */
#include "app.h"

static int run(struct app *a)
{
	int from = 0;
	if (!app_open_store(a))
		return STATUS_FAILED;
	enum err e = store_upgrade(a->store, &from);
	if (e != ERR_NONE)
		return app_store_failed(e);
	struct buf out;
	buf_init(&out, (size_t)8 * 1024);
	if (from == 0)
		buf_addf(&out, "%s: made anew with format %d.\n", a->config.data_dir, STORE_FORMAT);
	else if (from == STORE_FORMAT)
		buf_addf(&out, "%s: format %d is up to date.\n", a->config.data_dir, from);
	else
		buf_addf(&out, "%s: upgraded from format %d to %d.\n", a->config.data_dir, from,
			STORE_FORMAT);
	return app_print(&out);
}

const struct command command_upgrade = {.name = "upgrade",
	.synopsis = "",
	.summary = "Brings the data directory to the format of this version",
	.details = "Harmless where there is nothing to do: packages run it after each update.\n",
	.run = run};
