#include "provider/provider.h"
#include "unit/unit.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUR_ID   "6740b1c2000102030405060f"
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static char empty[] = "", base[] = "https://dialpad.example", client[] = "client";

static struct config configuration(enum dialpad_call_api api)
{
	return (struct config){
		.dialpad_base_url = base,
		.dialpad_client_id = client,
		.dialpad_call_api = api,
	};
}

static struct place_order order(void)
{
	struct place_order o = {.user_id = INT64_C(5835806903417907), .token = "tok.en-1"};

	snprintf(o.phone, sizeof(o.phone), "+15551234567");
	ck_assert(callid_parse(OUR_ID, strlen(OUR_ID), &o.call));
	return o;
}

static struct http_answer answered(int status, const char *body)
{
	struct http_answer a;

	http_answer_init(&a);
	a.fault = HTTP_ANSWERED;
	a.status = status;
	a.body_complete = true;
	buf_adds(&a.body, body);
	return a;
}

static const char *header(const struct http_request *r, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < r->header_count; i++)
		if (strncmp(r->headers[i].s, name, len) == 0 &&
			strncmp(r->headers[i].s + len, ": ", 2) == 0)
			return r->headers[i].s + len + 2;
	return NULL;
}

/* --- requests --- */

static const struct {
	enum dialpad_call_api api;
	const char *url, *body;
} place_requests[] = {
	{DIALPAD_CALL, "https://dialpad.example/api/v2/call",
		"{\"phone_number\":\"+15551234567\",\"user_id\":5835806903417907,"
		"\"custom_data\":\"" OUR_ID "\"}"},
	{DIALPAD_INITIATE_CALL,
		"https://dialpad.example/api/v2/users/5835806903417907/initiate_call",
		"{\"phone_number\":\"+15551234567\",\"custom_data\":\"" OUR_ID "\"}"},
	{DIALPAD_LEGACY_CALLS, "https://dialpad.example/api/v2/calls",
		"{\"to_number\":\"+15551234567\",\"external_id\":\"" OUR_ID "\"}"},
};

START_TEST(place_request_is_the_documented_one)
{
	struct config c = configuration(place_requests[_i].api);
	struct place_order o = order();
	struct http_request r;
	json_t *body, *expected;

	http_request_init(&r, "GET");
	ck_assert_int_eq(provider_dialpad.place_request(&c, &o, &r), ERR_NONE);
	ck_assert(http_request_ok(&r));
	ck_assert_str_eq(r.method, "POST");
	ck_assert(r.places_call);
	ck_assert_str_eq(r.url.s, place_requests[_i].url);
	ck_assert_str_eq(header(&r, "Authorization"), "Bearer tok.en-1");
	ck_assert_str_eq(header(&r, "Content-Type"), "application/json");
	body = json_loads(r.body.s, JSON_REJECT_DUPLICATES, NULL);
	expected = json_loads(place_requests[_i].body, 0, NULL);
	ck_assert_ptr_nonnull(body);
	ck_assert_ptr_nonnull(expected);
	ck_assert_msg(json_equal(body, expected), "%s", r.body.s);
	json_decref(body);
	json_decref(expected);
	http_request_release(&r);
}
END_TEST

static void no_request(const struct config *c, const struct place_order *o)
{
	struct http_request r;

	http_request_init(&r, "POST");
	ck_assert_int_eq(provider_dialpad.place_request(c, o, &r), ERR_INVALID);
	http_request_release(&r);
}

START_TEST(order_that_lacks_something_makes_no_request)
{
	struct config c = configuration(place_requests[_i].api);
	struct place_order o = order();

	o.token = NULL;
	no_request(&c, &o);
	o.token = "";
	no_request(&c, &o);
	o = order();
	o.phone[0] = '\0';
	no_request(&c, &o);
	snprintf(o.phone, sizeof(o.phone), "5551234567");
	no_request(&c, &o);
	o = order();
	c.dialpad_client_id = empty;
	no_request(&c, &o);
	c = configuration(place_requests[_i].api);
	o.user_id = 0;
	if (c.dialpad_call_api != DIALPAD_LEGACY_CALLS)
		no_request(&c, &o);
}
END_TEST

START_TEST(token_that_would_split_the_header_is_not_sent)
{
	struct config c = configuration(DIALPAD_CALL);
	struct place_order o = order();
	struct http_request r;

	o.token = "a\r\nX-Evil: 1";
	http_request_init(&r, "POST");
	ck_assert_int_ne(provider_dialpad.place_request(&c, &o, &r), ERR_NONE);
	ck_assert(!http_request_ok(&r));
	http_request_release(&r);
}
END_TEST

START_TEST(get_request_names_the_call)
{
	struct config c = configuration(DIALPAD_CALL);
	struct http_request r;

	/* A company's key reads calls where no user can connect. */
	c.dialpad_client_id = empty;
	http_request_init(&r, "POST");
	ck_assert_int_eq(
		provider_dialpad.get_request(&c, "key", INT64_C(5712345678901248), &r), ERR_NONE);
	ck_assert(http_request_ok(&r));
	ck_assert_str_eq(r.method, "GET");
	ck_assert(!r.places_call);
	ck_assert_str_eq(r.url.s, "https://dialpad.example/api/v2/call/5712345678901248");
	ck_assert_str_eq(header(&r, "Authorization"), "Bearer key");
	ck_assert_uint_eq(r.body.len, 0);
	http_request_release(&r);
	http_request_init(&r, "GET");
	ck_assert_int_eq(provider_dialpad.get_request(&c, "key", 0, &r), ERR_INVALID);
	ck_assert_int_eq(provider_dialpad.get_request(&c, "key", -1, &r), ERR_INVALID);
	ck_assert_int_eq(provider_dialpad.get_request(&c, NULL, 1, &r), ERR_INVALID);
	ck_assert_int_eq(provider_dialpad.get_request(&c, "", 1, &r), ERR_INVALID);
	http_request_release(&r);
}
END_TEST

START_TEST(provider_is_set_up_by_its_client_id)
{
	struct config c = configuration(DIALPAD_CALL);

	ck_assert(provider_dialpad.configured(&c));
	c.dialpad_client_id = empty;
	ck_assert(!provider_dialpad.configured(&c));
}
END_TEST

/* --- what came of placing a call --- */

#define UNCLEAR PLACE_UNCLEAR, ""
#define REFUSED PLACE_REFUSED, "dialpad_"

static const struct {
	int status;
	const char *body;
	enum place_result result;
	const char *reason;
} outcomes[] = {
	{0, "x", UNCLEAR},
	{100, "x", UNCLEAR},
	{199, "x", UNCLEAR},
	{300, "x", UNCLEAR},
	{302, "x", UNCLEAR},
	{399, "x", UNCLEAR},
	{408, "x", UNCLEAR},
	{500, "x", UNCLEAR},
	{502, "x", UNCLEAR},
	{503, "on a call", UNCLEAR},
	{599, "x", UNCLEAR},
	{999, "x", UNCLEAR},
	{401, "x", REFUSED "unauthorized"},
	{401, "on a call", REFUSED "unauthorized"},
	{403, "x", REFUSED "forbidden"},
	{403, "on a call", REFUSED "forbidden"},
	{429, "x", REFUSED "rate_limited"},
	{429, "on a call", REFUSED "rate_limited"},
	{400, "x", REFUSED "rejected"},
	{400, "", REFUSED "rejected"},
	{402, "x", REFUSED "rejected"},
	{404, "on a call", REFUSED "rejected"},
	{405, "x", REFUSED "rejected"},
	{409, "x", REFUSED "rejected"},
	{413, "x", REFUSED "rejected"},
	{422, "x", REFUSED "rejected"},
	{499, "x", REFUSED "rejected"},
	{400, "User is currently on a call", REFUSED "user_busy"},
	{409, "User is currently ON A CALL.", REFUSED "user_busy"},
	{400, "{\"error\":{\"code\":400,\"message\":\"User is currently on a call\"}}",
		REFUSED "user_busy"},
	{409, "{\"error\":\"User is On A Call\"}", REFUSED "user_busy"},
	{400, "{\"message\":\"user on a call\"}", REFUSED "user_busy"},
	{400, "{\"error\":{\"message\":\"user \\u006fn a call\"}}", REFUSED "user_busy"},
	{400, "<html><body>on a call</body></html>", REFUSED "user_busy"},
	/* The text that is shown decides, not the rest. */
	{400, "{\"error\":{\"message\":\"no\",\"hint\":\"on a call\"}}", REFUSED "rejected"},
	{400, "on a\ncall", REFUSED "rejected"},
};

START_TEST(status_decides_whether_it_was_placed)
{
	struct http_answer a = answered(outcomes[_i].status, outcomes[_i].body);
	struct place_outcome o;

	provider_dialpad.place_outcome(&a, &o);
	ck_assert_int_eq(o.result, outcomes[_i].result);
	ck_assert_str_eq(o.reason, outcomes[_i].reason);
	ck_assert_int_eq(o.external_id, 0);
	http_answer_release(&a);
}
END_TEST

START_TEST(busy_is_known_far_behind_in_the_text)
{
	struct http_answer a = answered(400, "{\"error\":{\"message\":\"");
	struct place_outcome o;

	for (int i = 0; i < 100; i++)
		buf_adds(&a.body, "I am sorry. ");
	buf_adds(&a.body, "User is on a call\"}}");
	provider_dialpad.place_outcome(&a, &o);
	ck_assert_str_eq(o.reason, "dialpad_user_busy");
	ck_assert_uint_eq(strlen(o.detail), PLACE_DETAIL_MAX);
	http_answer_release(&a);
}
END_TEST

static const struct {
	enum http_fault fault;
	enum place_result result;
	const char *reason;
} faults[] = {
	{HTTP_UNREACHABLE, REFUSED "unreachable"},
	{HTTP_TLS_ERROR, REFUSED "tls_error"},
	{HTTP_NOT_SENT, REFUSED "unreachable"},
	{HTTP_UNCLEAR, UNCLEAR},
};

START_TEST(without_a_status_the_fault_decides)
{
	struct http_answer a = answered(200, "{\"call_id\":7}");
	struct place_outcome o;

	a.fault = faults[_i].fault;
	provider_dialpad.place_outcome(&a, &o);
	ck_assert_int_eq(o.result, faults[_i].result);
	ck_assert_str_eq(o.reason, faults[_i].reason);
	ck_assert_str_eq(o.detail, "");
	ck_assert_int_eq(o.external_id, 0);
	http_answer_release(&a);
}
END_TEST

static const struct {
	const char *body;
	int64_t id;
} accepted[] = {
	{"{\"call_id\":\"5712345678901248\"}", INT64_C(5712345678901248)},
	{"{\"call_id\":5712345678901248}", INT64_C(5712345678901248)},
	{"{\"call_id\":9223372036854775807}", INT64_MAX},
	{"{\"id\":\"5712345678901248\",\"status\":\"initiated\"}", INT64_C(5712345678901248)},
	{"{\"id\":3,\"call_id\":\"4\"}", 4},
	{"{\"id\":3,\"call_id\":null}", 3},
	{"{\"id\":3,\"call_id\":{}}", 3},
	/* The device has an id of its own. */
	{"{\"device\":{\"id\":\"12\",\"call_id\":13,\"type\":\"native\"}}", 0},
	{"{\"id\":\"call_xyz123\"}", 0},
	{"{\"call_id\":0}", 0},
	{"{\"call_id\":-7}", 0},
	{"{\"call_id\":1e3}", 0},
	{"{\"call_id\":7.5}", 0},
	{"{\"call_id\":\"7.5\"}", 0},
	{"{\"call_id\":\" 7\"}", 0},
	{"{\"call_id\":99999999999999999999}", 0},
	{"{\"call_id\":[7]}", 0},
	{"{\"call_id\":7,\"call_id\":8}", 0},
	{"{\"call_id\":7", 0},
	{"[{\"call_id\":7}]", 0},
	{"7", 0},
	{"{}", 0},
	{"", 0},
	{"<html>", 0},
	{"garbage \x01\xff", 0},
};

START_TEST(accepted_whatever_the_body)
{
	static const int statuses[] = {200, 201, 202, 204, 299};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct http_answer a = answered(statuses[i], accepted[_i].body);
		struct place_outcome o;

		a.body_complete = i % 2 == 0;
		provider_dialpad.place_outcome(&a, &o);
		ck_assert_int_eq(o.result, PLACE_ACCEPTED);
		ck_assert_str_eq(o.reason, "");
		ck_assert_str_eq(o.detail, "");
		ck_assert_int_eq(o.external_id, accepted[_i].id);
		http_answer_release(&a);
	}
}
END_TEST

static const struct {
	const char *body, *detail;
} details[] = {
	{"{\"error\":{\"code\":403,\"message\":\"Not yours\",\"errors\":[]},\"message\":\"m\"}",
		"Not yours"},
	{"{\"error\":\"text\",\"message\":\"m\"}", "text"},
	{"{\"error\":{\"code\":403},\"message\":\"m\"}", "m"},
	{"{\"error\":{\"message\":\"\"},\"message\":\"m\"}", "m"},
	{"{\"error\":{\"message\":{}},\"message\":\"m\"}", "m"},
	{"{\"error\":null,\"message\":\"m\"}", "m"},
	{"{\"error.message\":\"x\",\"message\":\"m\"}", "m"},
	{"{\"other\":1}", "{\"other\":1}"},
	{"[]", "[]"},
	{"plain text", "plain text"},
	{"<html>\r\n<b>403</b>\x1b[31m", "<html><b>403</b>[31m"},
	{"{\"error\":{\"message\":\"two\\r\\nlines\\t\\u001b[0m\"}}", "twolines[0m"},
	{"\xff{", "\xef\xbf\xbd{"},
	{"", ""},
};

START_TEST(detail_is_the_text_for_people)
{
	struct http_answer a = answered(403, details[_i].body);
	struct place_outcome o;

	provider_dialpad.place_outcome(&a, &o);
	ck_assert_str_eq(o.detail, details[_i].detail);
	a.status = 503;
	provider_dialpad.place_outcome(&a, &o);
	ck_assert_str_eq(o.detail, details[_i].detail);
	http_answer_release(&a);
}
END_TEST

START_TEST(detail_has_200_characters_at_most)
{
	struct http_answer a = answered(400, "{\"error\":{\"message\":\"");
	struct place_outcome o;

	for (int i = 0; i < 300; i++)
		buf_adds(&a.body, "\xf0\x9f\x93\x9e");
	buf_adds(&a.body, "\"}}");
	provider_dialpad.place_outcome(&a, &o);
	ck_assert_uint_eq(strlen(o.detail), (size_t)PLACE_DETAIL_MAX * 4);
	http_answer_release(&a);
}
END_TEST

/* --- calls --- */

#define CALL_HEAD                                                                                  \
	"\"call_id\":\"5712345678901248\",\"direction\":\"outbound\","                             \
	"\"date_started\":\"1767225600000\",\"event_timestamp\":\"1767225731290\","                \
	"\"external_number\":\"+14155550123\",\"internal_number\":\"+14155550101\","               \
	"\"contact\":{\"id\":\"6051533200162816\",\"type\":\"local\"},"                            \
	"\"target\":{\"id\":\"5835806903417907\",\"type\":\"user\"},\"proxy_target\":{},"          \
	"\"custom_data\":\"" OUR_ID "\","
#define CONNECTED "\"date_connected\":\"1767225609500\","
#define ENDED     "\"date_ended\":\"1767225731250\","

static void read_one(const char *members, struct provider_call *pc)
{
	struct http_answer a = answered(200, "{");

	buf_adds(&a.body, members);
	buf_adds(&a.body, "}");
	ck_assert_msg(provider_dialpad.get_read(&a, pc) == ERR_NONE, "%s", members);
	http_answer_release(&a);
}

START_TEST(answered_call_is_read)
{
	struct provider_call pc;
	struct callid ours;

	read_one(CALL_HEAD CONNECTED ENDED
		"\"state\":\"hangup\",\"duration\":121750.0,\"total_duration\":131250.0",
		&pc);
	ck_assert_int_eq(pc.id, INT64_C(5712345678901248));
	ck_assert(pc.outbound);
	ck_assert_int_eq(pc.user_id, INT64_C(5835806903417907));
	ck_assert_int_eq(pc.number_id, 0);
	ck_assert_str_eq(pc.digits, "14155550123");
	ck_assert(pc.has_call);
	ck_assert(callid_parse(OUR_ID, strlen(OUR_ID), &ours));
	ck_assert(callid_equal(&pc.call, &ours));
	ck_assert_str_eq(pc.word, "hangup");
	ck_assert(pc.has_status);
	ck_assert_int_eq(pc.status, CALL_COMPLETED);
	ck_assert_ptr_null(pc.reason);
	ck_assert_int_eq(pc.start_ms, INT64_C(1767225600000));
	ck_assert_int_eq(pc.answer_ms, INT64_C(1767225609500));
	ck_assert_int_eq(pc.end_ms, INT64_C(1767225731250));
	ck_assert_int_eq(pc.duration_s, 131);
	ck_assert_int_eq(pc.talk_s, 122);
}
END_TEST

/* As an event has it, which the reading of a call may have, too. */
START_TEST(numbers_are_read_like_texts)
{
	struct provider_call pc;

	read_one("\"call_id\":5712345678901249,\"state\":\"hangup\",\"direction\":\"outbound\","
		 "\"external_number\":\"+1 (415) 555-0123\",\"date_started\":1767225600000.75,"
		 "\"date_rang\":null,\"date_connected\":1767225609500,\"date_ended\":1767225731250,"
		 "\"duration\":463.294,\"total_duration\":\"1500.0\","
		 "\"target\":{\"id\":5835806903417907,\"type\":\"user\",\"office_id\":64},"
		 "\"labels\":[],\"custom_data\":null",
		&pc);
	ck_assert_int_eq(pc.id, INT64_C(5712345678901249));
	ck_assert_int_eq(pc.user_id, INT64_C(5835806903417907));
	ck_assert_str_eq(pc.digits, "14155550123");
	ck_assert_int_eq(pc.start_ms, INT64_C(1767225600000));
	ck_assert_int_eq(pc.answer_ms, INT64_C(1767225609500));
	ck_assert_int_eq(pc.end_ms, INT64_C(1767225731250));
	ck_assert_int_eq(pc.duration_s, 2);
	ck_assert_int_eq(pc.talk_s, 0);
	ck_assert(!pc.has_call);
}
END_TEST

#define NO_STATUS CALL_STATUS__MAX

static const struct {
	const char *word;
	enum call_status without, with; /* date_connected */
} states[] = {
	{"calling", CALL_INITIATED, CALL_INITIATED},
	{"preanswer", CALL_INITIATED, CALL_INITIATED},
	{"queued", CALL_INITIATED, CALL_INITIATED},
	{"ringing", CALL_RINGING, CALL_RINGING},
	{"connected", CALL_IN_PROGRESS, CALL_IN_PROGRESS},
	{"hold", CALL_IN_PROGRESS, CALL_IN_PROGRESS},
	{"parked", CALL_IN_PROGRESS, CALL_IN_PROGRESS},
	{"merged", CALL_IN_PROGRESS, CALL_IN_PROGRESS},
	{"monitor", CALL_IN_PROGRESS, CALL_IN_PROGRESS},
	{"barge", CALL_IN_PROGRESS, CALL_IN_PROGRESS},
	{"eavesdrop", CALL_IN_PROGRESS, CALL_IN_PROGRESS},
	{"takeover", CALL_IN_PROGRESS, CALL_IN_PROGRESS},
	{"hangup", CALL_NO_ANSWER, CALL_COMPLETED},
	{"missed", CALL_NO_ANSWER, CALL_COMPLETED},
	{"blocked", CALL_FAILED, CALL_FAILED},
	{"busy", CALL_BUSY, CALL_COMPLETED},
	{"canceled", CALL_CANCELED, CALL_COMPLETED},
	{"cancelled", CALL_CANCELED, CALL_COMPLETED},
	/* Facts that arrive after the end, and words nobody has documented. */
	{"admin", NO_STATUS, NO_STATUS},
	{"admin_recording", NO_STATUS, NO_STATUS},
	{"ai_playbook", NO_STATUS, NO_STATUS},
	{"all", NO_STATUS, NO_STATUS},
	{"call_transcription", NO_STATUS, NO_STATUS},
	{"csat", NO_STATUS, NO_STATUS},
	{"dispositions", NO_STATUS, NO_STATUS},
	{"pcsat", NO_STATUS, NO_STATUS},
	{"postcall", NO_STATUS, NO_STATUS},
	{"recap_action_items", NO_STATUS, NO_STATUS},
	{"recap_outcome", NO_STATUS, NO_STATUS},
	{"recap_purposes", NO_STATUS, NO_STATUS},
	{"recap_summary", NO_STATUS, NO_STATUS},
	{"recording", NO_STATUS, NO_STATUS},
	{"transcription", NO_STATUS, NO_STATUS},
	{"voicemail", NO_STATUS, NO_STATUS},
	{"voicemail_uploaded", NO_STATUS, NO_STATUS},
	{"completed", NO_STATUS, NO_STATUS},
	{"failed", NO_STATUS, NO_STATUS},
	{"no-answer", NO_STATUS, NO_STATUS},
	{"Hangup", NO_STATUS, NO_STATUS},
	{"hangup_x", NO_STATUS, NO_STATUS},
	{"", NO_STATUS, NO_STATUS},
};

static void state_is(const char *word, const char *dates, bool answered, enum call_status expected)
{
	struct provider_call pc;
	char members[1024];
	bool ended = expected != NO_STATUS && call_status_final(expected);

	snprintf(members, sizeof(members),
		CALL_HEAD "%s\"state\":\"%s\",\"duration\":2000,\"total_duration\":3000", dates,
		word);
	read_one(members, &pc);
	ck_assert_str_eq(pc.word, word);
	ck_assert_msg(pc.has_status == (expected != NO_STATUS), "%s", word);
	if (pc.has_status)
		ck_assert_msg(pc.status == expected, "%s", word);
	/* Only the end has figures, and only who answered has talked. */
	ck_assert_int_eq(pc.duration_s, ended ? 3 : -1);
	ck_assert_int_eq(pc.talk_s, ended && answered ? 2 : -1);
	if (expected == CALL_FAILED)
		ck_assert_str_eq(pc.reason, "dialpad_blocked");
	else
		ck_assert_ptr_null(pc.reason);
}

START_TEST(word_and_answer_make_the_status)
{
	static const char *const not_answered[] = {"", "\"date_connected\":null,",
		"\"date_connected\":{},", "\"date_connected\":0,", "\"date_connected\":\"\","};

	for (size_t i = 0; i < sizeof(not_answered) / sizeof(not_answered[0]); i++)
		state_is(states[_i].word, not_answered[i], false, states[_i].without);
	state_is(states[_i].word, CONNECTED, true, states[_i].with);
}
END_TEST

static const char *const odd_words[] = {"null", "{}", "7", "[\"hangup\"]",
	"\"a word far longer than any word for a state\"", "\"hang up\""};

START_TEST(what_is_no_word_is_no_status)
{
	struct provider_call pc;
	char members[1024];

	snprintf(members, sizeof(members), CALL_HEAD CONNECTED "\"state\":%s", odd_words[_i]);
	read_one(members, &pc);
	ck_assert(!pc.has_status);
	ck_assert_int_eq(pc.duration_s, -1);
}
END_TEST

START_TEST(what_is_not_set_is_unknown)
{
	static const char *const forms[] = {"",
		",\"state\":null,\"direction\":null,\"date_started\":null,\"date_ended\":null,"
		"\"duration\":null,\"total_duration\":null,\"external_number\":null,"
		"\"target\":null,\"custom_data\":null",
		",\"state\":{},\"direction\":{},\"date_started\":{},\"date_ended\":{},"
		"\"duration\":{},\"total_duration\":{},\"external_number\":{},"
		"\"target\":{},\"custom_data\":{}"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct provider_call pc;
		char members[512];

		snprintf(members, sizeof(members), "\"call_id\":7%s", forms[i]);
		read_one(members, &pc);
		ck_assert_int_eq(pc.id, 7);
		ck_assert(!pc.outbound);
		ck_assert(!pc.has_status);
		ck_assert(!pc.has_call);
		ck_assert_int_eq(pc.user_id, 0);
		ck_assert_str_eq(pc.digits, "");
		ck_assert_str_eq(pc.word, "");
		ck_assert_int_eq(pc.start_ms, 0);
		ck_assert_int_eq(pc.answer_ms, 0);
		ck_assert_int_eq(pc.end_ms, 0);
		ck_assert_int_eq(pc.duration_s, -1);
		ck_assert_int_eq(pc.talk_s, -1);
	}
}
END_TEST

static const struct {
	const char *ms;
	int64_t seconds;
} durations[] = {
	{"0", 0},
	{"0.0", 0},
	{"499.9", 0},
	{"500", 1},
	{"\"500\"", 1},
	{"1499.999", 1},
	{"\"1499.999\"", 1},
	{"1.5e3", 2},
	{"131250.0", 131},
	{"\"121750.0\"", 122},
	{"253402300799999", 253402300800},
	{"253402300800000", -1},
	{"1e300", -1},
	{"-1", -1},
	{"-0.5", -1},
	{"\"-5\"", -1},
	{"\"\"", -1},
	{"\".5\"", -1},
	{"\"5.\"", -1},
	{"\"1e3\"", -1},
	{"\"0x10\"", -1},
	{"\"nan\"", -1},
	{"\"5 \"", -1},
	{"\"5.5.5\"", -1},
	{"\"99999999999999999999\"", -1},
	{"\"9999999999999999.5\"", -1},
	{"99999999999999999999", -1},
	{"true", -1},
	{"[1]", -1},
	{"null", -1},
};

START_TEST(durations_are_whole_seconds_rounded)
{
	struct provider_call pc;
	char members[1024];

	snprintf(members, sizeof(members),
		CALL_HEAD CONNECTED "\"state\":\"hangup\",\"duration\":%s,\"total_duration\":%s",
		durations[_i].ms, durations[_i].ms);
	read_one(members, &pc);
	ck_assert_int_eq(pc.status, CALL_COMPLETED);
	ck_assert_int_eq(pc.duration_s, durations[_i].seconds);
	ck_assert_int_eq(pc.talk_s, durations[_i].seconds);
}
END_TEST

static const struct {
	const char *ms;
	int64_t expected;
} times[] = {
	{"1767225600123", INT64_C(1767225600123)},
	{"\"1767225600123\"", INT64_C(1767225600123)},
	{"1767225600123.999", INT64_C(1767225600123)},
	{"\"1767225600123.999\"", INT64_C(1767225600123)},
	{"253402300799999", INT64_C(253402300799999)},
	{"253402300800000", 0},
	{"9223372036854775807", 0},
	{"0", 0},
	{"-1", 0},
	{"\"2026-01-01T00:00:00\"", 0},
	{"true", 0},
};

START_TEST(times_are_milliseconds)
{
	struct provider_call pc;
	char members[256];

	snprintf(members, sizeof(members),
		"\"call_id\":7,\"date_started\":%s,\"date_connected\":%s,\"date_ended\":%s",
		times[_i].ms, times[_i].ms, times[_i].ms);
	read_one(members, &pc);
	ck_assert_int_eq(pc.start_ms, times[_i].expected);
	ck_assert_int_eq(pc.answer_ms, times[_i].expected);
	ck_assert_int_eq(pc.end_ms, times[_i].expected);
}
END_TEST

static const char *const foreign[] = {"\"deal_123\"", "\"\"", "\"6740b1c2000102030405060\"",
	"\"6740b1c2000102030405060ff\"", "\"6740B1C2000102030405060F\"",
	"\" 6740b1c2000102030405060\"", "7", "[\"6740b1c2000102030405060f\"]"};

START_TEST(custom_data_of_others_is_not_ours)
{
	struct provider_call pc;
	char members[256];

	snprintf(members, sizeof(members), "\"call_id\":7,\"custom_data\":%s", foreign[_i]);
	read_one(members, &pc);
	ck_assert(!pc.has_call);
}
END_TEST

START_TEST(target_that_is_no_user_is_none)
{
	struct provider_call pc;

	read_one("\"call_id\":7,\"target\":{\"id\":\"99\",\"type\":\"callcenter\"}", &pc);
	ck_assert_int_eq(pc.user_id, 0);
	read_one("\"call_id\":7,\"target\":{\"id\":\"99\"}", &pc);
	ck_assert_int_eq(pc.user_id, 0);
	read_one("\"call_id\":7,\"direction\":\"inbound\"", &pc);
	ck_assert(!pc.outbound);
}
END_TEST

static const struct {
	int status;
	const char *body;
	enum err expected;
} documents[] = {
	{200, "{}", ERR_NOT_FOUND},
	{200, "{\"call_id\":null}", ERR_NOT_FOUND},
	{200, "{\"call_id\":{}}", ERR_NOT_FOUND},
	{200, "{\"state\":\"hangup\"}", ERR_NOT_FOUND},
	{200, "{\"call_id\":0}", ERR_INVALID},
	{200, "{\"call_id\":-7}", ERR_INVALID},
	{200, "{\"call_id\":\"x\"}", ERR_INVALID},
	{200, "{\"call_id\":7.5}", ERR_INVALID},
	{200, "{\"call_id\":7,\"call_id\":7}", ERR_INVALID},
	{200, "{\"call_id\":7", ERR_INVALID},
	{200, "null", ERR_INVALID},
	{200, "[]", ERR_INVALID},
	{200, "", ERR_INVALID},
	{200, "<html>", ERR_INVALID},
	{404, "", ERR_NOT_FOUND},
	{404, "{\"call_id\":7}", ERR_NOT_FOUND},
	{199, "{\"call_id\":7}", ERR_IO},
	{302, "{\"call_id\":7}", ERR_IO},
	{400, "{\"call_id\":7}", ERR_IO},
	{401, "{\"call_id\":7}", ERR_IO},
	{403, "{\"call_id\":7}", ERR_IO},
	{429, "{\"call_id\":7}", ERR_IO},
	{500, "{\"call_id\":7}", ERR_IO},
};

START_TEST(get_tells_gone_from_failed)
{
	struct http_answer a = answered(documents[_i].status, documents[_i].body);
	struct provider_call pc;

	ck_assert_int_eq(provider_dialpad.get_read(&a, &pc), documents[_i].expected);
	http_answer_release(&a);
}
END_TEST

START_TEST(cut_or_absent_answer_is_no_call)
{
	struct http_answer a = answered(200, "{\"call_id\":7}");
	struct provider_call pc;

	a.body_complete = false;
	ck_assert_int_eq(provider_dialpad.get_read(&a, &pc), ERR_IO);
	a.body_complete = true;
	a.fault = HTTP_UNCLEAR;
	ck_assert_int_eq(provider_dialpad.get_read(&a, &pc), ERR_IO);
	a.status = 404;
	ck_assert_int_eq(provider_dialpad.get_read(&a, &pc), ERR_IO);
	http_answer_release(&a);
}
END_TEST

START_TEST(blocked_call_states_why_it_failed)
{
	struct provider_call pc;
	struct statement s;

	read_one(CALL_HEAD "\"state\":\"blocked\"", &pc);
	provider_call_statement(&pc, 99, &s);
	ck_assert_int_eq(s.status, CALL_FAILED);
	ck_assert_str_eq(s.reason, "dialpad_blocked");
	read_one(CALL_HEAD CONNECTED ENDED "\"state\":\"recording\"", &pc);
	provider_call_statement(&pc, 99, &s);
	ck_assert(!s.has_status);
	ck_assert(!s.has_figures);
	ck_assert_ptr_null(s.reason);
	ck_assert_int_eq(s.external_id, INT64_C(5712345678901248));
}
END_TEST

static TCase *placing(void)
{
	TCase *t = tcase_create("placing");

	tcase_add_loop_test(t, place_request_is_the_documented_one, 0, COUNT(place_requests));
	tcase_add_loop_test(
		t, order_that_lacks_something_makes_no_request, 0, COUNT(place_requests));
	tcase_add_test(t, token_that_would_split_the_header_is_not_sent);
	tcase_add_test(t, provider_is_set_up_by_its_client_id);
	tcase_add_loop_test(t, status_decides_whether_it_was_placed, 0, COUNT(outcomes));
	tcase_add_test(t, busy_is_known_far_behind_in_the_text);
	tcase_add_loop_test(t, without_a_status_the_fault_decides, 0, COUNT(faults));
	tcase_add_loop_test(t, accepted_whatever_the_body, 0, COUNT(accepted));
	tcase_add_loop_test(t, detail_is_the_text_for_people, 0, COUNT(details));
	tcase_add_test(t, detail_has_200_characters_at_most);
	return t;
}

static TCase *reading(void)
{
	TCase *t = tcase_create("reading");

	tcase_add_test(t, get_request_names_the_call);
	tcase_add_test(t, answered_call_is_read);
	tcase_add_test(t, numbers_are_read_like_texts);
	tcase_add_loop_test(t, word_and_answer_make_the_status, 0, COUNT(states));
	tcase_add_loop_test(t, what_is_no_word_is_no_status, 0, COUNT(odd_words));
	tcase_add_test(t, what_is_not_set_is_unknown);
	tcase_add_loop_test(t, durations_are_whole_seconds_rounded, 0, COUNT(durations));
	tcase_add_loop_test(t, times_are_milliseconds, 0, COUNT(times));
	tcase_add_loop_test(t, custom_data_of_others_is_not_ours, 0, COUNT(foreign));
	tcase_add_test(t, target_that_is_no_user_is_none);
	tcase_add_loop_test(t, get_tells_gone_from_failed, 0, COUNT(documents));
	tcase_add_test(t, cut_or_absent_answer_is_no_call);
	tcase_add_test(t, blocked_call_states_why_it_failed);
	return t;
}

int main(void)
{
	Suite *s = suite_create("dialpad");

	suite_add_tcase(s, placing());
	suite_add_tcase(s, reading());
	return unit_run(s);
}
