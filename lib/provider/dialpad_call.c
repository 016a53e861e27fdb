/*
 * A call as Dialpad shows it:
 *   - int64 is written as a string or as a number; times are UNIX milliseconds and durations
 *     milliseconds, both possibly with a fraction. What is not set is null, {} or absent.
 *   - `hangup` is every end of a call: it was answered if and only if date_connected is set.
 *   - `duration` is the connected part, `total_duration` includes the ringing.
 */
#include "provider/dialpad.h"

#include "provider/answer.h"
#include <stdlib.h>
#include <string.h>

#define MS_MAX INT64_C(253402300799999) /* the end of the year 9999 */

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
int64_t dialpad_read_ms(const struct json *j, json_node call, const char *name)
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
	/* In no official list, but they can mean nothing else. */
	{"busy", CALL_BUSY},
	{"canceled", CALL_CANCELED},
	{"cancelled", CALL_CANCELED},
};

static bool says_not_answered(enum call_status s)
{
	return s == CALL_NO_ANSWER || s == CALL_BUSY || s == CALL_CANCELED;
}

/* Every other word is a fact that arrives after the end, as a recording does, or unknown. */
static void read_status(struct provider_call *pc)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(pc->word, states[i].word) != 0)
			continue;
		pc->has_status = true;
		pc->status = states[i].status;
		if (says_not_answered(pc->status) && pc->answer_ms != 0)
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

bool dialpad_read_call(const struct json *j, json_node call, struct provider_call *pc)
{
	json_node target = json_member(j, call, "target");

	*pc = (struct provider_call){.duration_s = -1, .talk_s = -1};
	pc->id = answer_id(j, json_member(j, call, "call_id"));
	pc->outbound = json_string_is(j, json_member(j, call, "direction"), "outbound");
	if (json_string_is(j, json_member(j, target, "type"), "user"))
		pc->user_id = answer_id(j, json_member(j, target, "id"));
	pc->start_ms = dialpad_read_ms(j, call, "date_started");
	pc->answer_ms = dialpad_read_ms(j, call, "date_connected");
	pc->end_ms = dialpad_read_ms(j, call, "date_ended");
	answer_digits(j, json_member(j, call, "external_number"), pc);
	answer_word(j, json_member(j, call, "state"), pc);
	read_custom_data(j, json_member(j, call, "custom_data"), pc);
	read_status(pc);
	read_figures(j, call, pc);
	return pc->id != 0;
}
