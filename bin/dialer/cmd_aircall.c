/* dialer aircall users, numbers: whose ids there are to give to `dialer user set`. */
#include "app.h"
#include "asking.h"
#include "listing.h"
#include "provider/aircall_directory.h"

#include <inttypes.h>
#include <stdio.h>

#define PAGES_MAX 200 /* Aircall pages through 10,000 elements at most */

/* --- one entry --- */

static void cell_of_id(struct table *t, int64_t id)
{
	char text[24] = "";
	if (id != 0)
		(void)snprintf(text, sizeof(text), "%" PRId64, id);
	table_cell(t, text);
}

static void member(struct jsonw *w, const char *key, const char *text)
{
	if (*text != '\0')
		jsonw_member_text(w, key, text);
}

static void add_user(struct listing *l, const struct aircall_entry *e)
{
	if (!l->json) {
		cell_of_id(&l->table, e->id);
		table_cell(&l->table, e->name);
		table_cell(&l->table, e->contact);
		cell_of_id(&l->table, e->default_number_id);
		return;
	}
	jsonw_object(&l->w);
	jsonw_member_int(&l->w, "id", e->id);
	member(&l->w, "name", e->name);
	member(&l->w, "email", e->contact);
	if (e->default_number_id != 0)
		jsonw_member_int(&l->w, "defaultNumberId", e->default_number_id);
	jsonw_object_end(&l->w);
}

static void add_number(struct listing *l, const struct aircall_entry *e)
{
	if (!l->json) {
		cell_of_id(&l->table, e->id);
		table_cell(&l->table, e->name);
		table_cell(&l->table, e->contact);
		table_cell(&l->table, e->country);
		return;
	}
	jsonw_object(&l->w);
	jsonw_member_int(&l->w, "id", e->id);
	member(&l->w, "name", e->name);
	member(&l->w, "number", e->contact);
	member(&l->w, "country", e->country);
	jsonw_object_end(&l->w);
}

/* --- all of them --- */

static int refuse(enum err e, const struct aircall_directory_query *q)
{
	if (e == ERR_NOMEM)
		return failed("out of memory");
	if (e == ERR_NOT_FOUND && q->user_id != 0)
		return failed("Aircall knows no user %" PRId64, q->user_id);
	return failed("the answer of Aircall makes no sense");
}

/* *more: there is a further page. */
static int list_page(struct app *a, struct asking *k, const struct aircall_directory_query *q,
	struct listing *l, bool *more)
{
	struct http_request request;
	struct http_answer answer;
	struct aircall_entries found = {.entries = NULL};
	int status = STATUS_FAILED;
	http_request_init(&request, "GET");
	http_answer_init(&answer);
	enum err e = aircall_directory_request(&a->config, q, &request);
	if (e != ERR_NONE) {
		status = refuse(e, q);
	} else if (asking_ask(k, "Aircall", LIMIT_AIRCALL, &request, &answer)) {
		e = aircall_directory_read(&answer, q, &found);
		status = e == ERR_NONE ? STATUS_OK : refuse(e, q);
	}
	for (size_t i = 0; i < found.count && listing_ok(l); i++)
		if (q->what == AIRCALL_USERS)
			add_user(l, &found.entries[i]);
		else
			add_number(l, &found.entries[i]);
	*more = found.more;
	aircall_entries_release(&found);
	http_answer_release(&answer);
	http_request_release(&request);
	return status;
}

static int list_all(struct app *a, struct listing *l, struct aircall_directory_query *q)
{
	struct asking k;
	bool more = true;
	int status = STATUS_OK;
	if (!config_has_aircall(&a->config))
		return failed("AIRCALL_API_KEY is not set");
	if (!asking_open(&k, a))
		return STATUS_FAILED;
	for (q->page = 1; status == STATUS_OK && more && q->page <= PAGES_MAX; q->page++)
		status = list_page(a, &k, q, l, &more);
	asking_close(&k);
	return status;
}

static int list_users(struct app *a, struct listing *l)
{
	struct aircall_directory_query q = {.what = AIRCALL_USERS};
	return list_all(a, l, &q);
}

static int list_numbers(struct app *a, struct listing *l)
{
	struct aircall_directory_query q = {.what = AIRCALL_NUMBERS};
	return app_int(a, "aircall-user", 1, INT64_MAX, &q.user_id) ? list_all(a, l, &q)
								    : STATUS_USAGE;
}

/* --- the commands --- */

static int run_users(struct app *a)
{
	static const char *const headings[] = {"ID", "NAME", "EMAIL", "DEFAULT NUMBER", NULL};
	return listing_print(a, headings, list_users);
}

static const struct option users_options[] = {
	{"json", NULL, "as a JSON array"}, {"csv", NULL, "as CSV"}, {NULL, NULL, NULL}};

const struct command command_aircall_users = {.name = "aircall users",
	.synopsis = "[--json | --csv]",
	.summary = "Lists the users of the company at Aircall, with their ids",
	.options = users_options,
	.run = run_users};

static int run_numbers(struct app *a)
{
	static const char *const headings[] = {"ID", "NAME", "NUMBER", "COUNTRY", NULL};
	return listing_print(a, headings, list_numbers);
}

static const struct option numbers_options[] = {
	{"aircall-user", "ID", "only the lines that this Aircall user may call from"},
	{"json", NULL, "as a JSON array"}, {"csv", NULL, "as CSV"}, {NULL, NULL, NULL}};

const struct command command_aircall_numbers = {.name = "aircall numbers",
	.synopsis = "[--aircall-user ID] [--json | --csv]",
	.summary = "Lists the lines of the company at Aircall, with their ids",
	.options = numbers_options,
	.run = run_numbers};
