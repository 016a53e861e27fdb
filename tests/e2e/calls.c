#include "e2e/calls.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct answer *place(const char *user, const char *body)
{
	return http(.path = "/call", .token = token(user), .body = body);
}

struct answer *place_with_key(const char *user, const char *key, const char *body)
{
	return http(.path = "/call", .token = token(user), .body = body,
		.headers = {e2e_text("Idempotency-Key: %s", key)});
}

struct answer *place_to(const char *user, const char *number)
{
	return place(user, e2e_text("{\"phoneNumber\":\"%s\"}", number));
}

const char *placed(const char *user, const char *number)
{
	struct answer *a = place_to(user, number);
	expect_status(a, 200);
	expect_text(a, "call.status", "initiated");
	return text_at(a->json, "call.id");
}

struct answer *get(const char *user, const char *path)
{
	return http(.path = path, .token = token(user));
}

int history_total(const char *user)
{
	struct answer *a = get(user, "/history");
	expect_status(a, 200);
	return (int)int_at(a->json, "pagination.total");
}

/* --- the call object --- */

static bool matches(const char *text, const char *pattern)
{
	regex_t r;
	if (regcomp(&r, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		ck_abort_msg("bad pattern %s", pattern);
	bool it_does = text != NULL && regexec(&r, text, 0, NULL, 0) == 0;
	regfree(&r);
	return it_does;
}

#define TIME_PATTERN "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$"
#define STATUS_PATTERN                                                                             \
	"^(queued|unconfirmed|initiated|ringing|in-progress|completed|no-answer|busy|canceled|"    \
	"failed|handed-off|lost)$"

/* Each member there can be, and how it looks; no pattern: a number. */
static const struct {
	const char *name, *pattern;
	bool always;
} members[] = {
	{"id", "^[0-9a-f]{24}$", true},
	{"_id", "^[0-9a-f]{24}$", true},
	{"userId", "^.+$", true},
	{"provider", "^(dialpad|aircall|cti|tel)$", false},
	{"direction", "^outbound$", true},
	{"phoneNumber", "^\\+[1-9][0-9]{7,14}$", true},
	{"status", STATUS_PATTERN, true},
	{"startTime", TIME_PATTERN, true},
	{"answerTime", TIME_PATTERN, false},
	{"endTime", TIME_PATTERN, false},
	{"duration", NULL, false},
	{"talkTime", NULL, false},
	{"notes", "^(.|\n)+$", false},
	{"clientId", "^.+$", false},
	{"contactId", "^.+$", false},
	{"dealId", "^.+$", false},
	{"externalCallId", "^[1-9][0-9]*$", false},
	{"reason", "^[a-z_]+$", false},
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

static bool known(const char *name)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (strcmp(name, members[i].name) == 0)
			return true;
	return false;
}

/* The first eight digits of the id are the second of startTime. */
static bool id_tells_time(json_t *call)
{
	struct tm t;
	char first[9];
	memset(&t, 0, sizeof(t));
	snprintf(first, sizeof(first), "%.8s", text_at(call, "id"));
	return strptime(text_at(call, "startTime"), "%Y-%m-%dT%H:%M:%S", &t) != NULL &&
	       timegm(&t) == (time_t)strtoll(first, NULL, 16);
}

const char *call_object_fault(json_t *call)
{
	json_t *value;
	if (!json_is_object(call))
		return "there is no call";
	for (void *at = json_object_iter(call); at != NULL; at = json_object_iter_next(call, at))
		if (!known(json_object_iter_key(at)))
			return e2e_text("it has a member %s", json_object_iter_key(at));
	for (size_t i = 0; i < MEMBERS; i++) {
		value = json_object_get(call, members[i].name);
		if (value == NULL && !members[i].always)
			continue;
		if (members[i].pattern != NULL
				? !matches(json_string_value(value), members[i].pattern)
				: !json_is_integer(value) || json_integer_value(value) < 0)
			return e2e_text("its %s is not as it should be", members[i].name);
	}
	if (strcmp(text_at(call, "id"), text_at(call, "_id")) != 0)
		return "id and _id differ";
	return id_tells_time(call) ? NULL : "its id does not begin with its time";
}
