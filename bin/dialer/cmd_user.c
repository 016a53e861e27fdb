/* dialer user set, list, unset: whose Aircall user and number a dashboard user has. */
#include "app.h"
#include "base/text.h"
#include "json/jsonw.h"
#include "table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- set --- */

static int run_set(struct app *a)
{
	const char *user = app_operand(a);
	int64_t aircall_user = 0, aircall_number = 0;
	if (!app_user_valid(user) || !app_int(a, "aircall-user", 1, INT64_MAX, &aircall_user) ||
		!app_int(a, "aircall-number", 1, INT64_MAX, &aircall_number))
		return STATUS_USAGE;
	if (aircall_user == 0 && aircall_number == 0)
		return misused("user set: give --aircall-user, --aircall-number or both");
	if (!app_open_store(a))
		return STATUS_FAILED;
	struct user_settings u;
	enum err e = store_user_get(a->store, user, &u);
	if (e != ERR_NONE)
		return app_store_failed(e);
	if (aircall_user != 0)
		u.aircall_user_id = aircall_user;
	if (aircall_number != 0)
		u.aircall_number_id = aircall_number;
	e = store_user_set(a->store, user, &u);
	return e == ERR_NONE ? STATUS_OK : app_store_failed(e);
}

static const struct option set_options[] = {
	{"aircall-user", "ID", "the Aircall user whose phone rings"},
	{"aircall-number", "ID", "the Aircall number the call is made from"}, {NULL, NULL, NULL}};

const struct command command_user_set = {.name = "user set",
	.operand = "USER",
	.synopsis = "[--aircall-user ID] [--aircall-number ID]",
	.summary = "Sets the Aircall user and number with which USER calls",
	.details = "What is not given stays as it is; what was never set is AIRCALL_USER_ID and "
		   "AIRCALL_NUMBER_ID.\n",
	.options = set_options,
	.run = run_set};

/* --- unset --- */

static int run_unset(struct app *a)
{
	const char *user = app_operand(a);
	if (!app_user_valid(user))
		return STATUS_USAGE;
	if (!app_open_store(a))
		return STATUS_FAILED;
	enum err e = store_user_unset(a->store, user);
	if (e == ERR_NOT_FOUND)
		return failed("%s has no settings", user);
	return e == ERR_NONE ? STATUS_OK : app_store_failed(e);
}

const struct command command_user_unset = {.name = "user unset",
	.operand = "USER",
	.synopsis = "",
	.summary = "Forgets the settings of USER, who then calls with the defaults",
	.run = run_unset};

/* --- list --- */

#define LIST_MAX ((size_t)64 * 1024 * 1024)

struct listing {
	struct table table;
	struct jsonw json;
};

static void cell_of_id(struct table *t, int64_t id)
{
	char text[24] = "default";
	if (id != 0)
		(void)snprintf(text, sizeof(text), "%" PRId64, id);
	table_cell(t, text);
}

static bool list_text(void *arg, const char *user, const struct user_settings *u)
{
	struct listing *l = arg;
	table_cell(&l->table, user);
	cell_of_id(&l->table, u->aircall_user_id);
	cell_of_id(&l->table, u->aircall_number_id);
	return !l->table.failed;
}

static bool list_json(void *arg, const char *user, const struct user_settings *u)
{
	struct listing *l = arg;
	jsonw_object(&l->json);
	jsonw_member_text(&l->json, "userId", user);
	if (u->aircall_user_id != 0)
		jsonw_member_int(&l->json, "aircallUserId", u->aircall_user_id);
	if (u->aircall_number_id != 0)
		jsonw_member_int(&l->json, "aircallNumberId", u->aircall_number_id);
	jsonw_object_end(&l->json);
	return !l->json.failed;
}

static enum err list_as_text(struct app *a, struct buf *out)
{
	struct listing l;
	table_init(&l.table, 3);
	table_cell(&l.table, "USER");
	table_cell(&l.table, "AIRCALL USER");
	table_cell(&l.table, "AIRCALL NUMBER");
	enum err e = store_user_list(a->store, list_text, &l);
	table_print(&l.table, out);
	table_release(&l.table);
	return e;
}

static enum err list_as_json(struct app *a, struct buf *out)
{
	struct listing l;
	jsonw_init(&l.json, out);
	jsonw_array(&l.json);
	enum err e = store_user_list(a->store, list_json, &l);
	jsonw_array_end(&l.json);
	buf_addc(out, '\n');
	return e != ERR_NONE || jsonw_ok(&l.json) ? e : ERR_NOMEM;
}

static int run_list(struct app *a)
{
	struct buf out;
	if (!app_open_store(a))
		return STATUS_FAILED;
	buf_init(&out, LIST_MAX);
	enum err e = args_has(&a->args, "json") ? list_as_json(a, &out) : list_as_text(a, &out);
	if (e == ERR_NONE)
		return app_print(&out);
	buf_release(&out);
	return app_store_failed(e);
}

static const struct option list_options[] = {{"json", NULL, "as a JSON array"}, {NULL, NULL, NULL}};

const struct command command_user_list = {.name = "user list",
	.synopsis = "[--json]",
	.summary = "Lists the users who have settings of their own",
	.options = list_options,
	.run = run_list};
