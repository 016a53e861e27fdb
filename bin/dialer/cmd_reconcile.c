/* dialer reconcile: what the providers list against what the history has. It changes nothing. */
#include "base/clock.h"
#include "reconcile.h"
#include "store/connections.h"
#include "times.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the command line --- */

enum format { FORMAT_TEXT, FORMAT_CSV, FORMAT_JSON };

static bool read_format(const struct args *args, enum format *f)
{
	const char *v = args_value(args, "format");
	*f = v == NULL || strcmp(v, "text") == 0 ? FORMAT_TEXT
	     : strcmp(v, "csv") == 0             ? FORMAT_CSV
						 : FORMAT_JSON;
	if (*f != FORMAT_JSON || strcmp(v, "json") == 0)
		return true;
	complain("--format must be text, csv or json");
	return false;
}

static bool read_provider(const struct args *args, enum provider_id *p)
{
	const char *v = args_value(args, "provider");
	*p = v != NULL ? provider_from_word(v) : PROVIDER_NONE;
	if (v == NULL || provider_find(*p) != NULL)
		return true;
	complain("--provider must be dialpad or aircall");
	return false;
}

static bool read_wish(const struct app *a, struct reconcile_wish *w)
{
	w->now_ms = clock_now_ms();
	w->user = args_value(&a->args, "user");
	if (!args_has(&a->args, "from")) {
		complain("reconcile: --from is missing");
		return false;
	}
	if (!times_read(&a->args, &w->from_ms, &w->to_ms) || !read_provider(&a->args, &w->provider))
		return false;
	if (w->to_ms == 0)
		w->to_ms = w->now_ms;
	if (w->from_ms >= w->to_ms) {
		complain("--from must be before --to, which is now if it is not given");
		return false;
	}
	return w->user == NULL || app_user_valid(w->user);
}

/* --- both sides --- */

static const char *why_unlisted(const struct config *c, const struct provider *p)
{
	if (p->listed(c))
		return "";
	return p->id == PROVIDER_AIRCALL ? "AIRCALL_API_KEY is not set"
					 : "DIALPAD_API_KEY is not set";
}

static void make_sides(const struct config *c, struct reconciliation *r)
{
	static const struct provider *const all[SIDES] = {&provider_aircall, &provider_dialpad};
	for (size_t i = 0; i < SIDES; i++) {
		struct side *s = &r->sides[r->side_count];
		if (r->wish.provider != PROVIDER_NONE && r->wish.provider != all[i]->id)
			continue;
		s->provider = all[i];
		(void)snprintf(s->why_not, sizeof(s->why_not), "%s", why_unlisted(c, all[i]));
		r->side_count++;
	}
}

static void release(struct reconciliation *r)
{
	for (size_t i = 0; i < r->side_count; i++) {
		struct side *s = &r->sides[i];
		call_list_release(&s->rows.list);
		lister_release(&s->lister);
		free(s->comparison.found);
		free(s->comparison.claimed);
	}
	call_list_release(&r->rest.list);
}

/* Who the user is at the provider; 0: nobody. */
static enum err find_user(struct app *a, const char *user, struct side *s)
{
	struct user_settings u;
	struct connection c;
	enum err e = store_user_get(a->store, user, &u);
	if (e == ERR_NONE && s->provider->id == PROVIDER_AIRCALL) {
		s->comparison.provider_user_id =
			u.aircall_user_id != 0 ? u.aircall_user_id : a->config.aircall_user_id;
	} else if (e == ERR_NONE) {
		connection_init(&c);
		e = store_connection_get(a->store, user, &c);
		s->comparison.provider_user_id = c.dialpad_user_id;
		connection_release(&c);
	}
	return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* A provider that nobody uses is not missed. */
static void drop_unused(const struct config *c, struct reconciliation *r)
{
	size_t kept = 0;
	for (size_t i = 0; i < r->side_count; i++) {
		struct side *s = &r->sides[i];
		if (r->wish.provider == PROVIDER_NONE && !s->provider->configured(c) &&
			!s->provider->listed(c) && s->rows.list.count == 0)
			continue;
		r->sides[kept++] = *s;
	}
	r->side_count = kept;
}

/* Theirs first: a row stored meanwhile may have what was listed meanwhile. */
static int gather(struct app *a, struct reconciliation *r)
{
	int status = STATUS_OK;
	for (size_t i = 0; i < r->side_count && status == STATUS_OK; i++) {
		struct side *s = &r->sides[i];
		enum err e = r->wish.user != NULL ? find_user(a, r->wish.user, s) : ERR_NONE;
		if (e != ERR_NONE)
			status = app_store_failed(e);
		else if (s->why_not[0] == '\0')
			status = reconcile_list(a, r, s);
	}
	if (status == STATUS_OK)
		status = reconcile_load(a, r);
	drop_unused(&a->config, r);
	for (size_t i = 0; i < r->side_count && status == STATUS_OK; i++)
		status = reconcile_compare(a, r, &r->sides[i]);
	return status;
}

/* --- the command --- */

static int report(const struct reconciliation *r, enum format f)
{
	int status = f == FORMAT_CSV    ? reconcile_as_csv(r)
		     : f == FORMAT_JSON ? reconcile_as_json(r)
					: reconcile_as_text(r);
	for (size_t i = 0; i < r->side_count && status == STATUS_OK; i++)
		if (r->sides[i].failed)
			status = failed("%s could not be listed: %s",
				provider_title(r->sides[i].provider->id), r->sides[i].why_not);
	if (status == STATUS_OK && !reconcile_balances(r))
		status = failed("the sums do not balance");
	return status;
}

static int run(struct app *a)
{
	struct reconciliation r;
	enum format f;
	memset(&r, 0, sizeof(r));
	if (!read_format(&a->args, &f) || !read_wish(a, &r.wish))
		return STATUS_USAGE;
	if (!app_open_store(a))
		return STATUS_FAILED;
	make_sides(&a->config, &r);
	progress_begin(&r.progress);
	int status = gather(a, &r);
	if (status == STATUS_OK)
		status = report(&r, f);
	release(&r);
	return status;
}

static const struct option options[] = {
	{"from", "TIME",
		"calls that began then or later, such as 2023-05-15T12:34:56Z or 2023-05-15"},
	{"to", "TIME", "calls that began before (default: now)"},
	{"provider", "PROVIDER", "only dialpad or aircall"},
	{"user", "USER", "only the calls of this user"},
	{"format", "FORMAT", "text (the default), csv or json"}, {NULL, NULL, NULL}};

const struct command command_reconcile = {.name = "reconcile",
	.synopsis = "--from TIME [--to TIME] [--provider PROVIDER] [--user USER] [--format FORMAT]",
	.summary = "Compares what the providers list with the history; changes nothing",
	.details =
		"Every call of both sides is counted once: both have it and agree or differ, only "
		"one "
		"has it,\n"
		"or it cannot be compared (given to the device, refused before a provider took it, "
		"not "
		"ended).\n"
		"text and json tell of calls that do not agree; csv of all. Dialpad is listed with "
		"DIALPAD_API_KEY.\n"
		"It asks within the limits of the providers and leaves a part of them to others: a "
		"month of a\n"
		"large company takes hours. Exit status 0 also where sides differ; 1 if one could "
		"not "
		"be listed\n"
		"although it was asked.\n",
	.options = options,
	.run = run};
