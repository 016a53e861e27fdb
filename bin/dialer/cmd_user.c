/* dialer user set, list, unset: whose Aircall user and number a dashboard user has. */
#include "app.h"
#include "listing.h"

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

static void cell_of_id(struct table *t, int64_t id)
{
	char text[24] = "default";
	if (id != 0)
		(void)snprintf(text, sizeof(text), "%" PRId64, id);
	table_cell(t, text);
}

static void cells_of(struct table *t, const char *user, const struct user_settings *u)
{
	table_cell(t, user);
	cell_of_id(t, u->aircall_user_id);
	cell_of_id(t, u->aircall_number_id);
}

static void json_of(struct jsonw *w, const char *user, const struct user_settings *u)
{
	jsonw_object(w);
	jsonw_member_text(w, "userId", user);
	if (u->aircall_user_id != 0)
		jsonw_member_int(w, "aircallUserId", u->aircall_user_id);
	if (u->aircall_number_id != 0)
		jsonw_member_int(w, "aircallNumberId", u->aircall_number_id);
	jsonw_object_end(w);
}

static bool list_one(void *arg, const char *user, const struct user_settings *u)
{
	struct listing *l = arg;
	if (l->json)
		json_of(&l->w, user, u);
	else
		cells_of(&l->table, user, u);
	return listing_ok(l);
}

static int list_all(struct app *a, struct listing *l)
{
	enum err e = store_user_list(a->store, list_one, l);
	return e == ERR_NONE ? STATUS_OK : app_store_failed(e);
}

static int run_list(struct app *a)
{
	static const char *const headings[] = {"USER", "AIRCALL USER", "AIRCALL NUMBER", NULL};
	return listing_print(a, headings, list_all);
}

static const struct option list_options[] = {{"json", NULL, "as a JSON array"}, {NULL, NULL, NULL}};

const struct command command_user_list = {.name = "user list",
	.synopsis = "[--json]",
	.summary = "Lists the users who have settings of their own",
	.options = list_options,
	.run = run_list};
