/*
 * Dialpad (dialpad.com, API v2). What its documentation says, and what it leaves out:
 *   - POST /api/v2/call rings the user's devices and answers {"call_id": …}. POST
 *     /api/v2/users/:id/initiate_call drives his app and answers with the device alone: the call is
 *     then known by custom_data only. POST /api/v2/calls is no documented path; some hosts answer
 *     it.
 *   - int64 is written as a string or as a number; times are UNIX milliseconds and durations
 *     milliseconds, both possibly with a fraction. What is not set is null, {} or absent.
 *   - `hangup` is every end of a call: it was answered if and only if date_connected is set.
 *   - `duration` is the connected part, `total_duration` includes the ringing.
 *   - No error code is documented for placing a call. Errors have their text in error.message;
 *     "User is currently on a call" comes with a status that is not told.
 */
#include "provider/provider.h"

#include "json/json.h"
#include "json/jsonw.h"
#include "provider/answer.h"
#include "provider/outcome.h"
#include <inttypes.h>
#include <string.h>

#define MS_MAX INT64_C(253402300799999) /* the end of the year 9999 */

static bool configured(const struct config *c)
{
	return c->dialpad_client_id[0] != '\0';
}

/* --- requests --- */

static enum err begin(
	const struct config *c, const char *token, const char *method, struct http_request *r)
{
	if (token == NULL || token[0] == '\0')
		return ERR_INVALID;
	r->method = method;
	http_request_bearer(r, token);
	http_request_header(r, "Accept", "application/json");
	buf_adds(&r->url, c->dialpad_base_url);
	return ERR_NONE;
}

static void place_path(enum dialpad_call_api api, int64_t user_id, struct buf *out)
{
	switch (api) {
	case DIALPAD_CALL:
		buf_adds(out, "/api/v2/call");
		break;
	case DIALPAD_INITIATE_CALL:
		buf_addf(out, "/api/v2/users/%" PRId64 "/initiate_call", user_id);
		break;
	case DIALPAD_LEGACY_CALLS:
		buf_adds(out, "/api/v2/calls");
		break;
	}
}

static bool place_body(enum dialpad_call_api api, const struct place_order *o, struct buf *out)
{
	bool legacy = api == DIALPAD_LEGACY_CALLS;
	char id[CALLID_SIZE];
	struct jsonw w;

	callid_format(&o->call, id);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_member_text(&w, legacy ? "to_number" : "phone_number", o->phone);
	if (api == DIALPAD_CALL)
		jsonw_member_int(&w, "user_id", o->user_id);
	jsonw_member_text(&w, legacy ? "external_id" : "custom_data", id);
	jsonw_object_end(&w);
	return jsonw_ok(&w);
}

static enum err place_request(
	const struct config *c, const struct place_order *o, struct http_request *r)
{
	enum dialpad_call_api api = c->dialpad_call_api;
	enum err e;

	if (!configured(c) || o->phone[0] != '+' ||
		(o->user_id <= 0 && api != DIALPAD_LEGACY_CALLS))
		return ERR_INVALID;
	e = begin(c, o->token, "POST", r);
	if (e != ERR_NONE)
		return e;
	r->places_call = true;
	place_path(api, o->user_id, &r->url);
	http_request_header(r, "Content-Type", "application/json");
	if (!place_body(api, o, &r->body))
		return ERR_NOMEM;
	return http_request_end(r);
}

static enum err get_request(
	const struct config *c, const char *token, int64_t id, struct http_request *r)
{
	enum err e;

	if (id <= 0)
		return ERR_INVALID;
	e = begin(c, token, "GET", r);
	if (e != ERR_NONE)
		return e;
	buf_addf(&r->url, "/api/v2/call/%" PRId64, id);
	return http_request_end(r);
}

/* --- what came of placing a call --- */

static void refusal_text(const struct json *j, struct buf *out)
{
	if (!answer_text(j, "error.message", out) && !answer_text(j, "error", out))
		answer_text(j, "message", out);
}

static const char *refusal(int status, const char *text)
{
	switch (status) {
	case 401:
		return "dialpad_unauthorized";
	case 403:
		return "dialpad_forbidden";
	case 429:
		return "dialpad_rate_limited";
	case 400:
	case 409:
		if (strcasestr(text, "on a call") != NULL)
			return "dialpad_user_busy";
		return "dialpad_rejected";
	default:
		return "dialpad_rejected";
	}
}

static const struct outcome_words outcome_words = {
	.unreachable = "dialpad_unreachable",
	.tls_error = "dialpad_tls_error",
	.refusal = refusal,
	.text = refusal_text,
};

/* 0 where it is not told, or not in a way that can be read: the call is placed all the same. */
static int64_t read_placed_id(const struct http_answer *a)
{
	struct json j;
	int64_t id;

	if (json_parse(&j, a->body.s, a->body.len, HTTP_ANSWER_MAX, NULL) != ERR_NONE)
		return 0;
	id = answer_id(&j, json_member(&j, json_root(&j), "call_id"));
	if (id == 0)
		id = answer_id(&j, json_member(&j, json_root(&j), "id"));
	json_release(&j);
	return id;
}

static void place_outcome(const struct http_answer *a, struct place_outcome *o)
{
	outcome_read(a, &outcome_words, o);
	if (o->result == PLACE_ACCEPTED)
		o->external_id = read_placed_id(a);
}

/* --- calls --- */

/* Milliseconds, possibly with a fraction, as a number or as a string; -1 for anything else. */
static double read_number(const struct json *j, json_node n)
{
	char text[32];
	int64_t whole;
	double value;
	size_t digits, rest;

	if (json_int_lenient(j, n, &whole))
		return whole >= 0 && whole <= MS_MAX ? (double)whole : -1;
	if (json_double(j, n, &value))
		return value >= 0 && value <= (double)MS_MAX ? value : -1;
	if (!json_string_fixed(j, n, text, sizeof(text)))
		return -1;
	digits = strspn(text, "0123456789");
	rest = text[digits] == '.' ? 1 + strspn(text + digits + 1, "0123456789") : 0;
	if (digits == 0 || digits > 15 || rest < 2 || text[digits + rest] != '\0')
		return -1;
	return strtod(text, NULL);
}

/* The times of a call are below 2^53, where a double is exact. */
static int64_t read_ms(const struct json *j, json_node call, const char *name)
{
	double ms = read_number(j, json_member(j, call, name));

	return ms >= 1 ? (int64_t)ms : 0;
}

static int64_t read_seconds(const struct json *j, json_node call, const char *name)
{
	double ms = read_number(j, json_member(j, call, name));

	return ms >= 0 ? (int64_t)(ms / 1000 + 0.5) : -1;
}

static const struct {
	const char *word;
	enum call_status status;
} states[] = {
	{"calling", CALL_INITIATED},
	{"preanswer", CALL_INITIATED},
	{"queued", CALL_INITIATED},
	{"ringing", CALL_RINGING},
	{"connected", CALL_IN_PROGRESS},
	{"hold", CALL_IN_PROGRESS},
	{"parked", CALL_IN_PROGRESS},
	{"merged", CALL_IN_PROGRESS},
	{"monitor", CALL_IN_PROGRESS},
	{"barge", CALL_IN_PROGRESS},
	{"eavesdrop", CALL_IN_PROGRESS},
	{"takeover", CALL_IN_PROGRESS},
	{"hangup", CALL_NO_ANSWER},
	{"missed", CALL_NO_ANSWER},
	{"blocked", CALL_FAILED},
};

/* Every other word is a fact that arrives after the end, as a recording does, or unknown. */
static void read_status(struct provider_call *pc)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(pc->word, states[i].word) != 0)
			continue;
		pc->has_status = true;
		pc->status = states[i].status;
		if (pc->status == CALL_NO_ANSWER && pc->answer_ms != 0)
			pc->status = CALL_COMPLETED;
		if (pc->status == CALL_FAILED)
			pc->reason = "dialpad_blocked";
		return;
	}
}

static void read_figures(const struct json *j, json_node call, struct provider_call *pc)
{
	if (!pc->has_status || !call_status_final(pc->status))
		return;
	pc->duration_s = read_seconds(j, call, "total_duration");
	if (pc->answer_ms != 0)
		pc->talk_s = read_seconds(j, call, "duration");
}

static void read_custom_data(const struct json *j, json_node n, struct provider_call *pc)
{
	char text[CALLID_SIZE];

	pc->has_call = json_string_fixed(j, n, text, sizeof(text)) &&
		       callid_parse(text, strlen(text), &pc->call);
}

static void read_call(const struct json *j, json_node call, struct provider_call *pc)
{
	json_node target = json_member(j, call, "target");

	*pc = (struct provider_call){.duration_s = -1, .talk_s = -1};
	pc->id = answer_id(j, json_member(j, call, "call_id"));
	pc->outbound = json_string_is(j, json_member(j, call, "direction"), "outbound");
	if (json_string_is(j, json_member(j, target, "type"), "user"))
		pc->user_id = answer_id(j, json_member(j, target, "id"));
	pc->start_ms = read_ms(j, call, "date_started");
	pc->answer_ms = read_ms(j, call, "date_connected");
	pc->end_ms = read_ms(j, call, "date_ended");
	answer_digits(j, json_member(j, call, "external_number"), pc);
	answer_word(j, json_member(j, call, "state"), pc);
	read_custom_data(j, json_member(j, call, "custom_data"), pc);
	read_status(pc);
	read_figures(j, call, pc);
}

/* A call nobody knows may also be answered with an object that has nothing in it. */
static enum err read_document(const struct json *j, struct provider_call *pc)
{
	json_node root = json_root(j);

	if (json_type(j, root) != JSON_OBJECT)
		return ERR_INVALID;
	if (answer_unset(j, json_member(j, root, "call_id")))
		return ERR_NOT_FOUND;
	read_call(j, root, pc);
	return pc->id != 0 ? ERR_NONE : ERR_INVALID;
}

static enum err get_read(const struct http_answer *a, struct provider_call *pc)
{
	struct json j;
	enum err e;

	if (a->fault == HTTP_ANSWERED && a->status == 404)
		return ERR_NOT_FOUND;
	e = answer_json(a, &j);
	if (e != ERR_NONE)
		return e;
	e = read_document(&j, pc);
	json_release(&j);
	return e;
}

const struct provider provider_dialpad = {
	.id = PROVIDER_DIALPAD,
	.configured = configured,
	.place_request = place_request,
	.place_outcome = place_outcome,
	.list_request = NULL,
	.list_read = NULL,
	.get_request = get_request,
	.get_read = get_read,
};
