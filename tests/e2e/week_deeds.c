/* Doing what is planned: clicks through Apache, or through a program that dies; calls without us. */
#include "e2e/dialpad.h"
#include "e2e/week.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_S     2 /* of the programs with a provider: real time */
#define FIRST_PERSON   INT64_C(7100000000000001)
#define FIRST_OWN      INT64_C(9001)
#define FIRST_OWN_LINE INT64_C(4001)
#define HOOK_TOKEN     "aircall-webhook-token-0123456789"
#define HOOK_SECRET    "dialpad-webhook-secret-0123456789"
#define SHARED_USER    INT64_C(1527216)
#define SHARED_LINE    INT64_C(967647)

const char *week_user(int u)
{
	return e2e_text("w%02d", u);
}

int week_users(const struct week_form *f)
{
	return f->dialpad + f->own + f->shared + WEEK_DESK;
}

static bool has_dialpad(const struct week *w, int user)
{
	return user < w->form->dialpad;
}

/* Which telephone of those that are somebody's own; -1: none of them. */
static int own_phone(const struct week *w, int user)
{
	const struct week_form *f = w->form;
	int desk = f->dialpad + f->own + f->shared;
	if (user >= desk)
		return desk;
	return user >= f->dialpad && user < f->dialpad + f->own ? user : -1;
}

int64_t deeds_aircall_user(const struct week *w, int user)
{
	int phone = own_phone(w, user);
	return phone != -1 ? FIRST_OWN + phone : SHARED_USER;
}

int64_t deeds_aircall_number(const struct week *w, int user)
{
	int phone = own_phone(w, user);
	return phone != -1 ? FIRST_OWN_LINE + phone : SHARED_LINE;
}

/* --- before it begins --- */

static void set_number(const char *key, int64_t value)
{
	e2e_set(key, e2e_text("%" PRId64, value));
}

static void connect_person(int user)
{
	int64_t id = FIRST_PERSON + user;
	sim_post("/control/users",
		e2e_text("{\"provider\":\"dialpad\",\"id\":%" PRId64 ",\"name\":\"Person %d\","
			 "\"phone\":\"+1415666%04d\",\"devices\":[\"native\"]}",
			id, user, user));
	connected_as(week_user(user), e2e_text("%" PRId64, id));
}

static void give_phone(const struct week *w, int user)
{
	const char *id = e2e_text("%" PRId64, deeds_aircall_user(w, user)),
		   *line = e2e_text("%" PRId64, deeds_aircall_number(w, user));
	sim_post("/control/users", e2e_text("{\"id\":%s,\"numbers\":[%s]}", id, line));
	struct run r = run_dialer((const char *const[]){"user", "set", week_user(user),
		"--aircall-user", id, "--aircall-number", line, NULL});
	ck_assert_msg(r.status == 0, "%s", r.err);
}

/* What the lists hold besides: calls of people who are none of our users. */
static void make_noise(const struct week *w, int day)
{
	const struct week_form *f = w->form;
	int64_t from = w->begin_ms / 1000 + f->skew_s + day * WEEK_DAY;
	static const char *const whose[] = {"\"user\":2078847,\"number\":1389850",
		"\"provider\":\"dialpad\",\"user\":\"6012345678901234\""};
	for (int i = 0; i < 2; i++)
		sim_post("/control/calls",
			e2e_text("{%s,\"to\":\"+15570000000\",\"vary_to\":true,\"started_at\":"
				 "%" PRId64 ",\"count\":%d,\"spacing\":%d,\"hangup_after\":100}",
				whose[i], from, (int)(f->day_s / f->noise_s), f->noise_s));
}

void deeds_begin(struct week *w)
{
	w->begin_ms = e2e_now_ms();
	for (int day = 0; day < w->form->days && w->form->noise_s > 0; day++)
		make_noise(w, day);
}

/* Told of all events, or set up and told of none. */
static void subscribe(const struct week_form *f)
{
	e2e_set("AIRCALL_WEBHOOK_TOKEN", HOOK_TOKEN);
	e2e_set("DIALPAD_WEBHOOK_SECRET", HOOK_SECRET);
	sim_post("/control/webhooks",
		e2e_text("[{\"url\":\"%s/api/dialer/webhooks/aircall\",\"token\":\"" HOOK_TOKEN
			 "\",\"events\":[\"call.created\",\"call.answered\",\"call.hungup\","
			 "\"call.ended\"]},{\"provider\":\"dialpad\",\"url\":\"%s/api/dialer/"
			 "webhooks/"
			 "dialpad\",\"secret\":\"" HOOK_SECRET "\"}]",
			server.url, server.url));
	sim_post("/control/settings",
		f->events == EVENTS_LOST ? "{\"webhook_lose_every\":1}"
					 : "{\"webhook_duplicates\":true,\"webhook_swap\":true,"
					   "\"webhook_lose_every\":5}");
}

void deeds_await_events(struct week *w)
{
	for (int tries = 0; tries < 1500; tries++) {
		json_t *list = json_at(sim_get("/control/webhooks"), "deliveries");
		size_t waiting = 0;
		for (size_t i = 0; i < json_array_size(list); i++) {
			const char *state = text_at(json_array_get(list, i), "state");
			ck_assert_str_ne(state, "given_up");
			waiting += strcmp(state, "waiting") == 0;
		}
		w->events = (int)json_array_size(list);
		if (waiting == 0)
			return;
		e2e_sleep_ms(20);
	}
	ck_abort_msg("events are not delivered");
}

void deeds_set_up(struct week *w)
{
	const struct week_form *f = w->form;
	dialpad_ready(3600);
	set_number("DIALER_PROVIDER_TIMEOUT", PATIENCE_S);
	set_number("DIALER_RECONCILE_HOURS", f->reconcile_hours);
	set_number("AIRCALL_REQUESTS_PER_MINUTE", f->aircall_budget);
	e2e_set("DIALPAD_API_KEY", f->company_key ? "sim-company-key" : NULL);
	for (int u = 0; u < f->dialpad; u++)
		connect_person(u);
	for (int u = 0; u < week_users(f); u++)
		if (own_phone(w, u) != -1)
			give_phone(w, u);
	sim_post("/control/settings",
		e2e_text("{\"busy_users\":true,\"rate_limit\":%d,\"list_after\":%d,"
			 "\"dialpad_list_delay\":%d,\"dialpad_calls_per_minute\":5,"
			 "\"dialpad_requests_per_minute\":1200,\"dialpad_requests_per_second\":20,"
			 "\"dialpad_reads_of\":\"company\"}",
			f->aircall_limit, f->lag_s, f->lag_s));
	if (f->events != EVENTS_OFF)
		subscribe(f);
	sim_post("/control/clock", e2e_text("{\"advance\":%d}", f->skew_s));
	sim_delete("/control/requests");
}

void deeds_reconnect(struct week *w)
{
	for (int u = 0; u < w->form->dialpad; u++) {
		if (!json_is_true(json_at(dialpad_status(week_user(u))->json, "needsReconnect")))
			continue;
		sim_post("/control/settings",
			e2e_text("{\"dialpad_consent_user\":\"%" PRId64 "\"}", FIRST_PERSON + u));
		connect_user(week_user(u));
		w->reconnected++;
	}
}

/* --- a click --- */

/* The members of a script by which this comes true. */
static const char *script_of(enum fate fate)
{
	switch (fate) {
	case FATE_GHOST:
		return "\"outcome\":\"not_dialled\"";
	case FATE_UNCLEAR:
		return "\"outcome\":\"fail\"";
	case FATE_UNCLEAR_GHOST:
		return "\"outcome\":\"refuse\",\"status\":503";
	case FATE_RESET:
		return "\"outcome\":\"reset\",\"start\":true";
	case FATE_SLOW:
		return e2e_text(
			"\"outcome\":\"answered\",\"sleep_ms\":%d", PATIENCE_S * 1000 + 600);
	case FATE_GARBLED:
		return "\"outcome\":\"garbage_json\",\"start\":true";
	case FATE_REFUSED:
		return "\"outcome\":\"refuse\"";
	case FATE_BLOCKED:
		return "\"outcome\":\"answered\",\"end_state\":\"blocked\"";
	default:
		return "\"outcome\":\"answered\"";
	}
}

static const char *after(const char *name, int seconds)
{
	return seconds >= 0 ? e2e_text(",\"%s\":%d", name, seconds)
			    : e2e_text(",\"%s\":null", name);
}

static const char *rule(const struct deed *d, const char *provider, enum fate fate, size_t mark)
{
	bool blocked = fate == FATE_BLOCKED;
	return e2e_text(
		"{\"provider\":\"%s\",\"to\":\"%s\",\"times\":1,\"mark\":\"c%zu\",%s%s%s%s%s}",
		provider, d->number, mark, script_of(fate),
		after("answer_after", blocked ? -1 : d->answer_after),
		after("hangup_after", d->hangup_after),
		d->delay >= 0 ? after("started_at_delay", d->delay) : "",
		d->lag >= 0 ? after("list_after", d->lag) : "");
}

/* What befalls a click befalls it at the provider that is asked first. */
static void write_script(const struct week *w, const struct deed *d, size_t mark)
{
	bool dialpad = has_dialpad(w, d->user);
	sim_script(e2e_text("[%s,%s]", rule(d, "dialpad", dialpad ? d->fate : FATE_PLACED, mark),
		rule(d, "aircall", dialpad ? FATE_PLACED : d->fate, mark)));
}

static const char *body_of(const struct deed *d, size_t mark)
{
	return e2e_text("{\"phoneNumber\":\"%s\",\"clientId\":\"c%zu\"}", d->number, mark);
}

/* The program as the server would start it, to die at a step. */
static void click_and_die(struct week *w, const struct deed *d, const char *body)
{
	const struct passwd *p = geteuid() == 0 ? getpwnam("www-data") : NULL;
	const char *const argv[] = {e2e_text("%s/cgi-bin/call-create.cgi", e2e.build), NULL};
	const char *const env[] = {"REQUEST_METHOD=POST", "CONTENT_TYPE=application/json",
		e2e_text("CONTENT_LENGTH=%zu", strlen(body)),
		e2e_text("HTTP_AUTHORIZATION=Bearer %s", token(week_user(d->user))),
		"REQUEST_URI=/api/dialer/call", e2e_text("DIALER_CONFIG=%s", e2e.config),
		e2e_text("DIALER_TEST_FAULT=%s:kill", week_steps[d->step]), NULL};
	struct begun b = e2e_begin_with(&(struct begin_options){
		.argv = argv, .env = env, .input = body, .uid = p != NULL ? p->pw_uid : 0});
	struct run r = e2e_end(&b);
	/* It may have been refused before, as a double click is. */
	ck_assert_msg(r.status == 128 + 9 || strncmp(r.out, "Status: ", 8) == 0, "status %d\n%s%s",
		r.status, r.out, r.err);
	w->deaths_of_clicks += r.status == 128 + 9;
}

static void click(struct week *w, const struct deed *d)
{
	size_t mark = (size_t)(d - w->plan.deeds);
	const char *body = body_of(d, mark);
	write_script(w, d, mark);
	w->clicks++;
	if (d->fate == FATE_KILLED) {
		click_and_die(w, d, body);
	} else {
		struct answer *a =
			http(.path = "/call", .token = token(week_user(d->user)), .body = body);
		w->answers[a->status]++;
		ck_assert_msg(a->status == 200 || a->status == 504 || a->status == 409, "%s",
			answer_text(a));
	}
	/* What it did not come to. */
	sim_delete("/control/script");
}

/* --- without us --- */

static void by_hand(struct week *w, const struct deed *d)
{
	bool inbound = d->kind == DEED_INBOUND;
	bool dialpad = has_dialpad(w, d->user);
	int64_t at = w->begin_ms / 1000 + w->form->skew_s + d->at_s;
	const char *phone =
		dialpad ? e2e_text("\"provider\":\"dialpad\",\"user\":%" PRId64,
				  FIRST_PERSON + d->user)
			: e2e_text("\"user\":%" PRId64 ",\"number\":%" PRId64,
				  deeds_aircall_user(w, d->user), deeds_aircall_number(w, d->user));
	sim_post("/control/calls",
		e2e_text("{%s,\"to\":\"%s\",\"direction\":\"%s\",\"started_at\":%" PRId64
			 ",\"list_after\":%d%s%s}",
			phone, d->number, inbound ? "inbound" : "outbound", at, w->form->lag_s,
			after("answer_after", d->answer_after),
			after("hangup_after", d->hangup_after)));
	w->by_hand += inbound ? 0 : 1;
	w->inbound += inbound ? 1 : 0;
}

void deed_do(struct week *w, const struct deed *d)
{
	if (d->kind == DEED_CLICK)
		click(w, d);
	else
		by_hand(w, d);
}
