#include "aircall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "plan.h"

/* What a request to place a call must say. */
struct wish {
	int64_t user;
	int64_t number;
	char to[TEXT_NUMBER];
};

static struct user *acting_user(struct sim *sim, const char *id, struct answer *answer)
{
	int64_t value;
	struct user *user = text_int64(id, &value) ? directory_user(&sim->directory, value) : NULL;

	if (!user)
		aircall_refuse(answer, 404, "User not found");
	return user;
}

static bool destination(json_t *body, char to[TEXT_NUMBER], struct answer *answer)
{
	const char *text = json_string_value(json_object_get(body, "to"));

	if (!text || !text_is_e164(text)) {
		aircall_refuse(answer, 400, "to is missing or not in E.164 format");
		return false;
	}
	snprintf(to, TEXT_NUMBER, "%s", text);
	return true;
}

static bool ready(struct sim *sim, const struct user *user, struct answer *answer)
{
	if (strcmp(aircall_user_state(sim, user), "available") == 0)
		return true;
	aircall_refuse(answer, 405, "User not available");
	return false;
}

static bool line_usable(struct sim *sim, const struct user *user, json_t *id, struct answer *answer)
{
	const struct number *number;

	if (!json_is_integer(id)) {
		aircall_refuse(answer, 400, "number_id is missing or not an integer");
		return false;
	}
	number = directory_number(&sim->directory, json_integer_value(id));
	if (number && number->active && directory_may_use(user, number->id))
		return true;
	aircall_refuse(answer, 400, "number_id is not an active number of this user");
	return false;
}

static bool understand(struct sim *sim, struct request *request, const char *id, struct wish *wish,
	struct answer *answer)
{
	json_t *body = aircall_body(request, answer);
	json_t *number = json_object_get(body, "number_id");
	struct user *user;
	bool good = false;

	if (!body)
		return false;
	user = acting_user(sim, id, answer);
	if (user && line_usable(sim, user, number, answer) && destination(body, wish->to, answer) &&
		ready(sim, user, answer)) {
		wish->user = user->id;
		wish->number = json_integer_value(number);
		good = true;
	}
	json_decref(body);
	return good;
}

/* A script may say to wait before the call comes into being; others go on meanwhile. */
static void wait_before(struct sim *sim, json_t *script)
{
	int64_t ms = rule_number(script, "before_ms", 0);

	if (ms <= 0)
		return;
	sim_unlock(sim);
	/* No socket: the call comes into being even if the client has given up. */
	sim_sleep_real(sim, -1, ms);
	sim_lock(sim);
}

static void start_call(struct sim *sim, const struct wish *wish, json_t *script)
{
	const struct outcome *outcome = rule_outcome(script);
	struct call_plan plan = {
		.provider = PROVIDER_AIRCALL,
		.to = wish->to,
		.user = wish->user,
		.number = wish->number,
		.created_ms = clock_now_ms(&sim->clock),
		.started_at_delay = rule_number(script, "started_at_delay", -1),
		.list_after = rule_number(script, "list_after", -1),
		.never_answered = outcome && outcome->never_answered,
		.answer_after = json_object_get(script, "answer_after"),
		.hangup_after = json_object_get(script, "hangup_after"),
		.raw_digits = rule_text(script, "raw_digits"),
		.mark = rule_text(script, "mark"),
	};

	if (rule_flag(script, "no_user", false))
		plan.user = 0;
	call_plan_start(sim, &plan);
}

void aircall_place(struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	struct wish wish = {0};
	char digits[TEXT_DIGITS];
	json_t *script;

	if (!understand(sim, request, id, &wish, answer))
		return;
	text_digits(digits, sizeof(digits), wish.to);
	script =
		rules_take_script(&sim->scripts, PROVIDER_AIRCALL, digits, wish.user, request->nth);
	if (!script) {
		start_call(sim, &wish, NULL);
		answer_empty(answer, 204);
		return;
	}
	request->rule = "script";
	wait_before(sim, script);
	if (rule_flag(script, "start", rule_outcome(script)->starts))
		start_call(sim, &wish, script);
	if (!rule_answer(script, answer))
		aircall_usual_answer(sim, script, answer);
	json_decref(script);
}

void aircall_dial(struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	json_t *body = aircall_body(request, answer);
	char to[TEXT_NUMBER];
	struct user *user;

	if (!body)
		return;
	user = acting_user(sim, id, answer);
	if (user && destination(body, to, answer) && ready(sim, user, answer)) {
		sim->dials++;
		answer_empty(answer, 204);
	}
	json_decref(body);
}

/* --- reading --- */

struct filter {
	int64_t from; /* exclusive */
	int64_t to;   /* inclusive */
	const char *direction;
	int64_t user; /* 0: any */
	char phone[TEXT_DIGITS];
	bool nothing; /* the query cannot match */
};

struct found {
	int64_t started_at;
	const struct call *call;
};

static unsigned fetch_flags(struct request *request)
{
	static const struct {
		const char *name;
		unsigned flag;
	} known[] = {
		{"fetch_contact", AIRCALL_CONTACT},
		{"fetch_short_urls", AIRCALL_SHORT_URLS},
		{"fetch_call_timeline", AIRCALL_TIMELINE},
		{"fetch_aiva_conv", AIRCALL_AI},
	};
	unsigned flags = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *value = request_query(request, known[i].name);

		if (value && strcmp(value, "true") == 0)
			flags |= known[i].flag;
	}
	return flags;
}

static bool too_old(struct sim *sim, int64_t started_at, int64_t now)
{
	return sim->settings.horizon_days > 0 &&
	       started_at < now - sim->settings.horizon_days * 86400;
}

static bool visible(
	struct sim *sim, const struct call *call, const struct call_view *view, int64_t now)
{
	return call->created_at <= now && call->listed_from <= now &&
	       !too_old(sim, view->started_at, now) &&
	       (sim->settings.list_ringing || view->status != CALL_INITIAL);
}

static bool about_phone(struct sim *sim, const struct call *call, const char *phone)
{
	const struct number *number;

	if (!*phone || strcmp(phone, call->digits) == 0)
		return true;
	number = directory_number(&sim->directory, call->number);
	return number && strcmp(phone, number->digits) == 0;
}

static bool wanted(struct sim *sim, const struct call *call, const struct filter *filter)
{
	if (filter->direction &&
		strcmp(filter->direction, call->inbound ? "inbound" : "outbound") != 0)
		return false;
	if (filter->user && filter->user != call->user)
		return false;
	return about_phone(sim, call, filter->phone);
}

/* A bound that is not an integer is not an error: the answer is empty. */
static void read_bound(struct request *request, const char *name, int64_t *bound, bool *nothing)
{
	static const int64_t far = INT64_C(1) << 53;
	const char *text = request_query(request, name);

	if (!text)
		return;
	if (!text_int64(text, bound))
		*nothing = true;
	else if (*bound > far || *bound < -far)
		*bound = *bound > 0 ? far : -far;
}

static void read_filter(struct request *request, bool search, struct filter *filter)
{
	const char *text;

	*filter = (struct filter){.from = -1, .to = INT64_C(1) << 53};
	read_bound(request, "from", &filter->from, &filter->nothing);
	read_bound(request, "to", &filter->to, &filter->nothing);
	if (!search)
		return;
	filter->direction = request_query(request, "direction");
	text = request_query(request, "user_id");
	if (text && !text_int64(text, &filter->user))
		filter->nothing = true;
	text = request_query(request, "phone_number");
	text_digits(filter->phone, sizeof(filter->phone), text);
	/* No call of this simulator has tags. */
	if (request_query(request, "tags[]"))
		filter->nothing = true;
}

/* Keeps the order by (started_at, id); a rewritten call moves by one second at most. */
static void put_in_order(struct found *found, size_t count, struct found item)
{
	while (count > 0 && (found[count - 1].started_at > item.started_at ||
				    (found[count - 1].started_at == item.started_at &&
					    found[count - 1].call->id > item.call->id))) {
		found[count] = found[count - 1];
		count--;
	}
	found[count] = item;
}

static size_t collect(
	struct sim *sim, const struct filter *filter, int64_t now, struct found *found)
{
	size_t first = call_store_position(&sim->calls, filter->from);
	size_t end = call_store_position(&sim->calls, filter->to + 1);
	size_t count = 0;

	for (size_t i = first; !filter->nothing && i < end; i++) {
		const struct call *call = sim->calls.by_start[i];
		struct call_view view = call_view_at(call, now, &sim->settings);

		if (view.started_at <= filter->from || view.started_at > filter->to ||
			!visible(sim, call, &view, now) || !wanted(sim, call, filter))
			continue;
		put_in_order(found, count, (struct found){view.started_at, call});
		count++;
	}
	return count;
}

static void list(struct sim *sim, struct request *request, bool search, struct answer *answer)
{
	const char *order = request_query(request, "order");
	bool newest_first = order && strcmp(order, "desc") == 0;
	int64_t now = clock_now(&sim->clock);
	unsigned flags = fetch_flags(request);
	struct aircall_embed embed = {0};
	struct aircall_page page;
	struct filter filter;
	struct found *found;
	size_t total;
	json_t *calls;
	json_t *meta;

	if (!aircall_page_read(request, answer, &page))
		return;
	read_filter(request, search, &filter);
	found = mem_new((sim->calls.count + 1) * sizeof(*found));
	total = collect(sim, &filter, now, found);
	meta = aircall_page_meta(sim, request, &page, total, true);
	calls = json_array();
	for (size_t i = page.first; i < page.end; i++) {
		const struct call *call = found[newest_first ? total - 1 - i : i].call;

		json_array_append_new(calls, aircall_call_json(sim, &embed, call, now, flags));
	}
	answer_json(answer, 200, json_pack("{so so}", "calls", calls, "meta", meta));
	aircall_embed_release(&embed);
	free(found);
}

void aircall_calls_list(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	(void)id;
	list(sim, request, false, answer);
}

void aircall_calls_search(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	(void)id;
	list(sim, request, true, answer);
}

void aircall_call_get(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	int64_t now = clock_now(&sim->clock);
	struct aircall_embed embed = {0};
	const struct call *call;
	int64_t value;

	call = text_int64(id, &value) ? call_store_find(&sim->calls, value) : NULL;
	if (!call || call->created_at > now || call->listed_from > now ||
		too_old(sim, call->started_at, now)) {
		aircall_refuse(answer, 404, "Call not found");
		return;
	}
	answer_json(answer, 200,
		json_pack("{so}", "call",
			aircall_call_json(sim, &embed, call, now, fetch_flags(request))));
	aircall_embed_release(&embed);
}
