/* Aircall: the key, and the users and lines that calls go out from. */
#include "base/clock.h"
#include "doctor.h"
#include "provider/aircall_directory.h"
#include "provider/provider.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEY_LINE "AIRCALL_API_KEY=api_id:api_token"
#define WEEK_MS  INT64_C(604800000)
#define NEWEST                                                                                     \
	500 /* calls of it in which users are looked for who have no Aircall user of their own */
#define SHARERS   3  /* of them are named */
#define USERS_MAX 15 /* are asked about: requests are few */
#define PAGES_MAX 5
#define LINE_SIZE 400

/* --- the key --- */

static bool build_ping(const struct config *c, struct http_request *r)
{
	const struct aircall_directory_query any = {.what = AIRCALL_NUMBERS, .page = 1};
	if (aircall_directory_request(c, &any, r) != ERR_NONE)
		return false;
	/* Its credentials are those of all requests. */
	buf_reset(&r->url);
	buf_addf(&r->url, "%s/v1/ping", c->aircall_base_url);
	return http_request_ok(r);
}

static void look_at_key(struct doctor *d)
{
	struct http_request r;
	struct http_answer a;
	if (!config_has_aircall(d->config)) {
		doctor_skips(d, "AIRCALL_API_KEY is not set");
		return;
	}
	http_request_init(&r, "GET");
	http_answer_init(&a);
	if (build_ping(d->config, &r) &&
		doctor_ask(d, PROVIDER_AIRCALL, LIMIT_AIRCALL, KEY_LINE, &r, &a)) {
		d->aircall_answers = a.status != 404;
		if (a.status == 404)
			doctor_says_of(d, DOCTOR_CRITICAL,
				"AIRCALL_BASE_URL=https://api.aircall.io",
				"%s is not Aircall: /v1/ping is answered 404",
				d->config->aircall_base_url);
	}
	http_answer_release(&a);
	http_request_release(&r);
}

/* --- users and their lines --- */

enum line_found { LINE_FOUND, LINE_MISSING, LINE_NO_USER, LINE_UNKNOWN };

static bool has_line(const struct aircall_entries *lines, int64_t id)
{
	for (size_t i = 0; i < lines->count; i++)
		if (lines->entries[i].id == id)
			return true;
	return false;
}

static enum line_found look_on_page(
	struct doctor *d, const struct aircall_directory_query *q, int64_t line, bool *more)
{
	struct http_request r;
	struct http_answer a;
	struct aircall_entries lines = {.entries = NULL};
	enum line_found found = LINE_UNKNOWN;
	http_request_init(&r, "GET");
	http_answer_init(&a);
	if (aircall_directory_request(d->config, q, &r) == ERR_NONE &&
		doctor_ask(d, PROVIDER_AIRCALL, LIMIT_AIRCALL, KEY_LINE, &r, &a)) {
		enum err e = aircall_directory_read(&a, q, &lines);
		if (e == ERR_NONE)
			found = has_line(&lines, line) ? LINE_FOUND : LINE_MISSING;
		else if (e == ERR_NOT_FOUND)
			found = LINE_NO_USER;
		else
			doctor_says(d, DOCTOR_UNKNOWN, NULL,
				"the answer of Aircall about user %" PRId64 " makes no sense",
				q->user_id);
	}
	*more = lines.more;
	aircall_entries_release(&lines);
	http_answer_release(&a);
	http_request_release(&r);
	return found;
}

static enum line_found look_for_line(struct doctor *d, int64_t user, int64_t line)
{
	struct aircall_directory_query q = {.what = AIRCALL_NUMBERS, .user_id = user, .page = 1};
	bool more = true;
	enum line_found found = LINE_MISSING;
	for (; found == LINE_MISSING && more && q.page <= PAGES_MAX; q.page++)
		found = look_on_page(d, &q, line, &more);
	return found;
}

static bool can_ask(struct doctor *d)
{
	if (!d->aircall_answers)
		doctor_skips(d, "Aircall is not set up, or does not answer");
	return d->aircall_answers;
}

static void look_at_default(struct doctor *d)
{
	const struct config *c = d->config;
	if (!can_ask(d))
		return;
	switch (look_for_line(d, c->aircall_user_id, c->aircall_number_id)) {
	case LINE_NO_USER:
		doctor_says_of(d, DOCTOR_CRITICAL, "AIRCALL_USER_ID=, of `dialer aircall users`",
			"Aircall knows no user %" PRId64 ", as AIRCALL_USER_ID says",
			c->aircall_user_id);
		break;
	case LINE_MISSING:
		doctor_says_of(d, DOCTOR_CRITICAL,
			"AIRCALL_NUMBER_ID=, of `dialer aircall numbers --aircall-user ID`",
			"AIRCALL_NUMBER_ID %" PRId64 " is no line of Aircall's user %" PRId64,
			c->aircall_number_id, c->aircall_user_id);
		break;
	case LINE_FOUND:
	case LINE_UNKNOWN:
		break;
	}
}

struct people {
	struct doctor *d;
	int count;
	struct {
		char user[129];
		int64_t aircall_user, line;
	} some[USERS_MAX];
};

static bool take_person(void *arg, const char *user, const struct user_settings *u)
{
	struct people *p = arg;
	const struct config *c = p->d->config;
	if (p->count == USERS_MAX)
		return false;
	(void)snprintf(p->some[p->count].user, sizeof(p->some[0].user), "%s", user);
	p->some[p->count].aircall_user =
		u->aircall_user_id != 0 ? u->aircall_user_id : c->aircall_user_id;
	p->some[p->count++].line =
		u->aircall_number_id != 0 ? u->aircall_number_id : c->aircall_number_id;
	return true;
}

static void look_at_users(struct doctor *d)
{
	struct people p = {.d = d};
	if (!can_ask(d))
		return;
	if (store_user_list(d->app->store, take_person, &p) != ERR_NONE) {
		doctor_skips(d, "the databases cannot be read");
		return;
	}
	for (int i = 0; i < p.count; i++) {
		char change[LINE_SIZE];
		enum line_found f = look_for_line(d, p.some[i].aircall_user, p.some[i].line);
		if (f == LINE_UNKNOWN)
			return;
		if (f == LINE_FOUND)
			continue;
		(void)snprintf(change, sizeof(change),
			"`dialer user set %s --aircall-user ID --aircall-number ID`",
			p.some[i].user);
		if (f == LINE_NO_USER)
			doctor_says(d, DOCTOR_WARNING, change, "%s: Aircall knows no user %" PRId64,
				p.some[i].user, p.some[i].aircall_user);
		else
			doctor_says(d, DOCTOR_WARNING, change,
				"%s: %" PRId64 " is no line of Aircall's user %" PRId64,
				p.some[i].user, p.some[i].line, p.some[i].aircall_user);
	}
}

/* --- who shares the default --- */

struct sharers {
	char users[SHARERS][129];
	int count; /* as far as they are kept */
};

static void add_sharer(struct sharers *s, const char *user)
{
	for (int i = 0; i < s->count; i++)
		if (strcmp(s->users[i], user) == 0)
			return;
	if (s->count < SHARERS)
		(void)snprintf(s->users[s->count++], sizeof(s->users[0]), "%s", user);
}

/* The user of bin/test-dialer is nobody in particular. */
static bool is_sharer(struct doctor *d, const struct call *call)
{
	struct user_settings u;
	return call->provider == PROVIDER_AIRCALL && strcmp(call->user, "test-dialer") != 0 &&
	       call->provider_user_id == d->config->aircall_user_id &&
	       store_user_get(d->app->store, call->user, &u) == ERR_NONE && u.aircall_user_id == 0;
}

static void judge_sharers(struct doctor *d, const struct sharers *s)
{
	if (s->count < 2)
		return;
	doctor_says(d, DOCTOR_WARNING,
		"`dialer user set USER --aircall-user ID --aircall-number ID`",
		"several users call as Aircall's user %" PRId64
		", whose phone rings for all: %s, %s%s",
		d->config->aircall_user_id, s->users[0], s->users[1], s->count > 2 ? ", ..." : "");
}

static void look_at_sharing(struct doctor *d)
{
	struct history_filter f;
	struct history_walk walk = {.started = false};
	struct call_list list = {.calls = NULL};
	struct sharers s = {.count = 0};
	if (!config_has_aircall(d->config) || !d->has_store) {
		doctor_skips(d, "AIRCALL_API_KEY is not set");
		return;
	}
	history_filter_init(&f);
	f.provider = PROVIDER_AIRCALL;
	f.from_ms = clock_now_ms() - WEEK_MS;
	if (store_history_walk(d->app->store, &f, &walk, NEWEST, &list) == ERR_NONE)
		for (size_t i = 0; i < list.count && s.count < SHARERS; i++)
			if (is_sharer(d, &list.calls[i]))
				add_sharer(&s, list.calls[i].user);
	call_list_release(&list);
	judge_sharers(d, &s);
}

const struct doctor_check doctor_aircall[] = {
	{.name = "aircall", .look = look_at_key, .asks = true},
	{.name = "aircall-default", .look = look_at_default, .asks = true},
	{.name = "aircall-users", .look = look_at_users, .asks = true},
	{.name = "aircall-shared", .look = look_at_sharing}, {.name = NULL}};
