/* dialer dialpad list, show, disconnect: who is connected to Dialpad. Tokens are never shown. */
#include "app.h"
#include "base/clock.h"
#include "base/rfc3339.h"
#include "connect/session.h"
#include "listing.h"
#include "store/connections.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *state_of(const struct connection *c)
{
	return c->needs_reconnect ? "has to reconnect" : "connected";
}

static void expiry_of(const struct connection *c, char out[RFC3339_SIZE])
{
	if (c->expires_ms != 0 && !c->needs_reconnect)
		rfc3339_format(c->expires_ms, out);
	else
		snprintf(out, RFC3339_SIZE, "-");
}

/* --- list --- */

static void json_of(struct jsonw *w, const char *user, const struct connection *c)
{
	char id[24];
	snprintf(id, sizeof(id), "%" PRId64, c->dialpad_user_id);
	jsonw_object(w);
	jsonw_member_text(w, "userId", user);
	jsonw_member_text(w, "dialpadUserId", id);
	jsonw_member_bool(w, "connected", !c->needs_reconnect);
	jsonw_member_bool(w, "needsReconnect", c->needs_reconnect);
	if (c->expires_ms != 0 && !c->needs_reconnect)
		jsonw_member_time(w, "expiresAt", c->expires_ms);
	jsonw_member_text(w, "scopes", c->scopes);
	jsonw_object_end(w);
}

static void cells_of(struct table *t, const char *user, const struct connection *c)
{
	char id[24], expires[RFC3339_SIZE];
	snprintf(id, sizeof(id), "%" PRId64, c->dialpad_user_id);
	expiry_of(c, expires);
	table_cell(t, user);
	table_cell(t, id);
	table_cell(t, state_of(c));
	table_cell(t, expires);
}

static bool list_one(void *arg, const char *user, const struct connection *c)
{
	struct listing *l = arg;
	if (l->json)
		json_of(&l->w, user, c);
	else
		cells_of(&l->table, user, c);
	return listing_ok(l);
}

static int list_all(struct app *a, struct listing *l)
{
	enum err e = store_connection_list(a->store, list_one, l);
	return e == ERR_NONE ? STATUS_OK : app_store_failed(e);
}

static int run_list(struct app *a)
{
	static const char *const headings[] = {
		"USER", "DIALPAD USER", "STATE", "TOKEN EXPIRES", NULL};
	return listing_print(a, headings, list_all);
}

static const struct option json_option[] = {{"json", NULL, "as JSON"}, {NULL, NULL, NULL}};

const struct command command_dialpad_list = {.name = "dialpad list",
	.synopsis = "[--json]",
	.summary = "Lists the users who connected their Dialpad account",
	.options = json_option,
	.run = run_list};

/* --- show --- */

static void show_text(struct buf *out, const char *user, const struct connection *c)
{
	char expires[RFC3339_SIZE];
	expiry_of(c, expires);
	buf_addf(out, "user           %s\n", user);
	buf_addf(out, "Dialpad user   %" PRId64 "\n", c->dialpad_user_id);
	buf_addf(out, "state          %s\n", state_of(c));
	buf_addf(out, "token expires  %s\n", expires);
	buf_addf(out, "scopes         %s\n", c->scopes[0] != '\0' ? c->scopes : "-");
}

static int run_show(struct app *a)
{
	const char *user = app_operand(a);
	struct connection c;
	struct buf out;
	if (!app_user_valid(user))
		return STATUS_USAGE;
	if (!app_open_store(a))
		return STATUS_FAILED;
	connection_init(&c);
	buf_init(&out, (size_t)64 * 1024);
	enum err e = store_connection_get(a->store, user, &c);
	if (e == ERR_NONE && args_has(&a->args, "json")) {
		struct jsonw w;
		jsonw_init(&w, &out);
		json_of(&w, user, &c);
		buf_addc(&out, '\n');
	} else if (e == ERR_NONE) {
		show_text(&out, user, &c);
	}
	connection_release(&c);
	if (e == ERR_NONE)
		return app_print(&out);
	buf_release(&out);
	return e == ERR_NOT_FOUND ? failed("%s is not connected to Dialpad", user)
				  : app_store_failed(e);
}

const struct command command_dialpad_show = {.name = "dialpad show",
	.operand = "USER",
	.synopsis = "[--json]",
	.summary = "Shows the Dialpad connection of USER, without its tokens",
	.options = json_option,
	.run = run_show};

/* --- disconnect --- */

static int forget(struct app *a, struct connect_session *s, const char *user)
{
	enum connect_forgotten f;
	struct connection c;
	s->context.store = a->store;
	connection_init(&c);
	enum err e = store_connection_get(a->store, user, &c);
	connection_release(&c);
	if (e == ERR_NOT_FOUND)
		return failed("%s is not connected to Dialpad", user);
	e = connect_forget(&s->context, user, clock_now_ms(), &f);
	if (e != ERR_NONE)
		return app_store_failed(e);
	struct buf out;
	buf_init(&out, 1024);
	buf_addf(&out, "%s is disconnected%s\n", user, connect_forgotten_words(f));
	return app_print(&out);
}

static int run_disconnect(struct app *a)
{
	const char *user = app_operand(a);
	struct connect_session s;
	if (!app_user_valid(user))
		return STATUS_USAGE;
	/* The key is read before root is given up. Without it the tokens can still be forgotten. */
	(void)!connect_session_open(&s, &a->config, NULL, &a->log, true, NULL);
	int status = app_open_store(a) ? forget(a, &s, user) : STATUS_FAILED;
	connect_session_close(&s);
	return status;
}

const struct command command_dialpad_disconnect = {.name = "dialpad disconnect",
	.operand = "USER",
	.synopsis = "",
	.summary = "Revokes the access at Dialpad and forgets the tokens of USER",
	.run = run_disconnect};
