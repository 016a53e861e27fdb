/* A call as a line of an export: what is written is read back the same, and nothing else is taken. */
#include "call/call_record.h"
#include "unit/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct call_record r, back;
static struct buf line;
static char why[CALL_RECORD_WHY];

static void setup(void)
{
	call_record_init(&r);
	call_record_init(&back);
	buf_init(&line, (size_t)1024 * 1024);
}

static void teardown(void)
{
	call_record_release(&r);
	call_record_release(&back);
	buf_release(&line);
}

static void fill(void)
{
	struct call *c = &r.call;

	ck_assert(callid_parse("6740b1c20011223344556677", 24, &c->id));
	ck_assert_int_eq(call_set_text(&c->user, "alice"), ERR_NONE);
	ck_assert_int_eq(
		call_set_text(&c->notes, "say \"hi\"\n\xc3\xa9\xf0\x9f\x93\x9e"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c->client_id, "c"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c->contact_id, "k"), ERR_NONE);
	ck_assert_int_eq(call_set_text(&c->deal_id, "d"), ERR_NONE);
	c->provider = PROVIDER_DIALPAD;
	memcpy(c->phone, "+15551234567", 13);
	c->status = CALL_LOST;
	c->before_lost = CALL_RINGING;
	c->start_ms = INT64_C(1684154096789);
	c->answer_ms = INT64_C(1684154112001);
	c->end_ms = INT64_C(1684154396999);
	c->duration_s = 300;
	c->talk_s = 0;
	c->external_id = INT64_C(9223372036854775807);
	memcpy(c->reason, "expired", 8);
	c->provider_user_id = INT64_C(5712345678901248);
	c->provider_number_id = 789;
	c->asked_ms = INT64_C(1684154096790);
	c->figures_ms = INT64_C(1684154396998);
	c->final_ms = INT64_C(1684154396997);
	c->look_ms = INT64_C(1684154396996);
	c->notes_version = 7;
}

static void add(int64_t at_ms, enum trail_kind kind, const char *text)
{
	struct trail_entry e = {.at_ms = at_ms, .kind = kind, .number = (unsigned)r.trail_count};

	(void)snprintf(e.text, sizeof(e.text), "%s", text);
	ck_assert_int_eq(call_record_add(&r, &e), ERR_NONE);
}

static void write_line(const struct call_record *from)
{
	struct jsonw w;

	buf_reset(&line);
	jsonw_init(&w, &line);
	call_record_json(&w, from);
	ck_assert(jsonw_ok(&w));
}

static enum err read_text(const char *text)
{
	struct json j;
	enum err e;

	call_record_release(&back);
	ck_assert_int_eq(json_parse(&j, text, strlen(text), line.max, NULL), ERR_NONE);
	e = call_record_read(&j, json_root(&j), &back, why);
	json_release(&j);
	return e;
}

/* Reading and writing again changes nothing. */
static void comes_back(void)
{
	char *first;

	write_line(&r);
	first = buf_detach(&line, NULL);
	ck_assert_ptr_nonnull(first);
	ck_assert_msg(read_text(first) == ERR_NONE, "%s: %s", why, first);
	write_line(&back);
	ck_assert_str_eq(line.s, first);
	free(first);
}

START_TEST(everything_of_a_call_comes_back)
{
	fill();
	add(INT64_C(1684154096789), TRAIL_REQUEST, "alice calls +15551234567");
	add(INT64_C(1684154096790), TRAIL_ASK, "");
	write_line(&r);
	ck_assert_str_eq(line.s,
		"{\"id\":\"6740b1c20011223344556677\",\"_id\":\"6740b1c20011223344556677\","
		"\"userId\":\"alice\",\"provider\":\"dialpad\",\"direction\":\"outbound\","
		"\"phoneNumber\":\"+15551234567\",\"status\":\"lost\","
		"\"startTime\":\"2023-05-15T12:34:56.789Z\","
		"\"answerTime\":\"2023-05-15T12:35:12.001Z\","
		"\"endTime\":\"2023-05-15T12:39:56.999Z\",\"duration\":300,\"talkTime\":0,"
		"\"notes\":\"say \\\"hi\\\"\\n\xc3\xa9\xf0\x9f\x93\x9e\",\"clientId\":\"c\","
		"\"contactId\":\"k\",\"dealId\":\"d\","
		"\"externalCallId\":\"9223372036854775807\",\"reason\":\"expired\","
		"\"notesVersion\":7,\"internal\":{\"providerUserId\":\"5712345678901248\","
		"\"providerNumberId\":\"789\",\"askedTime\":\"2023-05-15T12:34:56.790Z\","
		"\"figuresTime\":\"2023-05-15T12:39:56.998Z\","
		"\"finalTime\":\"2023-05-15T12:39:56.997Z\",\"beforeLost\":\"ringing\","
		"\"nextLook\":\"2023-05-15T12:39:56.996Z\"},"
		"\"trail\":[{\"time\":\"2023-05-15T12:34:56.789Z\",\"kind\":\"request\","
		"\"text\":\"alice calls +15551234567\"},{\"time\":\"2023-05-15T12:34:56.790Z\","
		"\"kind\":\"ask\",\"text\":\"\"}]}");
	comes_back();
}
END_TEST

START_TEST(what_is_unknown_stays_unknown)
{
	ck_assert_int_eq(read_text("{\"id\":\"6740b1c20011223344556677\",\"userId\":\"alice\","
				   "\"phoneNumber\":\"+15551234567\",\"status\":\"queued\","
				   "\"startTime\":\"2023-05-15T12:34:56.789Z\",\"talkTime\":null,"
				   "\"somethingElse\":[1]}"),
		ERR_NONE);
	ck_assert_int_eq(back.call.duration_s, -1);
	ck_assert_int_eq(back.call.talk_s, -1);
	ck_assert_int_eq(back.call.external_id, 0);
	ck_assert_int_eq(back.call.provider, PROVIDER_NONE);
	ck_assert_int_eq(back.call.look_ms, 0);
	ck_assert_int_eq(back.call.notes_version, 0);
	ck_assert_str_eq(back.call.notes, "");
	ck_assert_ptr_null(back.trail);
	write_line(&back);
	ck_assert_str_eq(line.s,
		"{\"id\":\"6740b1c20011223344556677\",\"_id\":\"6740b1c20011223344556677\","
		"\"userId\":\"alice\",\"direction\":\"outbound\",\"phoneNumber\":\"+15551234567\","
		"\"status\":\"queued\",\"startTime\":\"2023-05-15T12:34:56.789Z\"}");
}
END_TEST

START_TEST(every_status_provider_and_kind_comes_back)
{
	fill();
	for (int k = TRAIL_REQUEST; k < TRAIL_KIND__MAX; k++)
		add(k, (enum trail_kind)k, trail_word((enum trail_kind)k));
	for (int s = 0; s < CALL_STATUS__MAX; s++) {
		r.call.status = (enum call_status)s;
		comes_back();
		ck_assert_int_eq(back.call.status, s);
	}
	for (int p = PROVIDER_NONE; p < PROVIDER__MAX; p++) {
		r.call.provider = (enum provider_id)p;
		r.call.external_id = 0;
		comes_back();
		ck_assert_int_eq(back.call.provider, p);
	}
}
END_TEST

START_TEST(a_trail_with_a_gap_keeps_its_numbers)
{
	fill();
	add(1, TRAIL_REQUEST, "");
	add(2, TRAIL_POLL, "nothing");
	add(3, TRAIL_POLL, "seen");
	r.trail[1].number = 7;
	r.trail[1].times = 40;
	r.trail[1].last_ms = 2500;
	r.trail[2].number = 8;
	comes_back();
	ck_assert_uint_eq(back.trail[0].number, 0);
	ck_assert_uint_eq(back.trail[1].number, 7);
	ck_assert_int_eq(back.trail[1].times, 40);
	ck_assert_int_eq(back.trail[1].last_ms, 2500);
	ck_assert_uint_eq(back.trail[2].number, 8);
}
END_TEST

START_TEST(a_full_trail_comes_back_and_takes_no_more)
{
	struct trail_entry one = {.at_ms = 1, .kind = TRAIL_POLL};
	char text[TRAIL_TEXT_MAX + 1];

	memset(text, 'x', sizeof(text));
	text[TRAIL_TEXT_MAX] = '\0';
	fill();
	for (int i = 0; i < TRAIL_MAX; i++)
		add(i + 1, TRAIL_POLL, text);
	comes_back();
	ck_assert_uint_eq(back.trail_count, TRAIL_MAX);
	ck_assert_int_eq(call_record_add(&back, &one), ERR_TOO_LARGE);
}
END_TEST

/* A good line with one member put before the others, or in the place of one. */
static const struct {
	const char *id, *user, *phone, *status, *start, *more; /* NULL: as it is good */
	const char *says;
} bad[] = {
	{.id = "6740b1c2001122334455667", .says = "id must be"},
	{.id = "6740B1C20011223344556677", .says = "id must be"},
	{.id = "", .says = "id must be"},
	{.user = "", .says = "userId is missing"},
	{.phone = "15551234567", .says = "phoneNumber"},
	{.phone = "+1 555 123 4567", .says = "phoneNumber"},
	{.phone = "+155512345678901234", .says = "phoneNumber"},
	{.phone = "", .says = "phoneNumber"},
	{.status = "gone", .says = "status"},
	{.status = "", .says = "status"},
	{.start = "yesterday", .says = "startTime"},
	{.start = "", .says = "startTime"},
	{.start = "1970-01-01T00:00:00Z", .says = "startTime"},
	{.more = "\"_id\":\"6740b1c20011223344556678\"", .says = "_id differs"},
	{.more = "\"provider\":\"skype\"", .says = "provider"},
	{.more = "\"provider\":7", .says = "provider"},
	{.more = "\"direction\":\"inbound\"", .says = "direction"},
	{.more = "\"answerTime\":5", .says = "answerTime"},
	{.more = "\"endTime\":\"2023-02-30T00:00:00Z\"", .says = "endTime"},
	{.more = "\"duration\":-1", .says = "duration"},
	{.more = "\"duration\":1.5", .says = "duration"},
	{.more = "\"talkTime\":\"x\"", .says = "talkTime"},
	{.more = "\"notes\":{}", .says = "notes"},
	{.more = "\"clientId\":5", .says = "clientId"},
	{.more = "\"externalCallId\":0,\"provider\":\"aircall\"", .says = "externalCallId"},
	{.more = "\"externalCallId\":\"9223372036854775808\",\"provider\":\"aircall\"",
		.says = "externalCallId"},
	{.more = "\"externalCallId\":5", .says = "externalCallId: without"},
	{.more = "\"externalCallId\":5,\"provider\":\"tel\"", .says = "externalCallId: without"},
	{.more = "\"reason\":5", .says = "reason"},
	{.more = "\"notesVersion\":-1", .says = "notesVersion"},
	{.more = "\"internal\":[]", .says = "internal"},
	{.more = "\"internal\":{\"providerUserId\":-5}", .says = "providerUserId"},
	{.more = "\"internal\":{\"nextLook\":\"soon\"}", .says = "nextLook"},
	{.more = "\"internal\":{\"beforeLost\":\"gone\"}", .says = "beforeLost"},
	{.more = "\"internal\":{\"beforeLost\":\"completed\"}", .says = "beforeLost"},
	{.more = "\"trail\":{}", .says = "trail must"},
	{.more = "\"trail\":[5]", .says = "trail: an entry"},
	{.more = "\"trail\":[{\"kind\":\"dance\"}]", .says = "trail: an entry"},
	{.more = "\"trail\":[{\"kind\":\"poll\",\"time\":5}]", .says = "time"},
	{.more = "\"trail\":[{\"kind\":\"poll\",\"number\":65536}]", .says = "number"},
	{.more = "\"trail\":[{\"kind\":\"poll\",\"number\":5},{\"kind\":\"poll\",\"number\":5}]",
		.says = "number"},
	{.more = "\"trail\":[{\"kind\":\"poll\",\"times\":1}]", .says = "times"},
	{.more = "\"trail\":[{\"kind\":\"poll\",\"text\":5}]", .says = "trail: the text"},
};

static void member(struct buf *b, const char *name, const char *given, const char *good)
{
	if (given != NULL && *given == '\0')
		return;
	buf_addf(b, "\"%s\":\"%s\",", name, given != NULL ? given : good);
}

START_TEST(what_is_wrong_is_refused_by_name)
{
	buf_reset(&line);
	buf_addc(&line, '{');
	member(&line, "id", bad[_i].id, "6740b1c20011223344556677");
	member(&line, "userId", bad[_i].user, "alice");
	member(&line, "phoneNumber", bad[_i].phone, "+15551234567");
	member(&line, "status", bad[_i].status, "completed");
	member(&line, "startTime", bad[_i].start, "2023-05-15T12:34:56.789Z");
	buf_addf(&line, "%s}", bad[_i].more != NULL ? bad[_i].more : "\"x\":1");
	ck_assert_int_eq(read_text(line.s), ERR_INVALID);
	ck_assert_msg(strstr(why, bad[_i].says) != NULL, "%s: %s", line.s, why);
}
END_TEST

START_TEST(texts_longer_than_a_call_has_are_refused)
{
	static const struct {
		const char *name;
		int max;
	} texts[] = {{"notes", CALL_NOTES_MAX}, {"clientId", CALL_REF_MAX},
		{"contactId", CALL_REF_MAX}, {"dealId", CALL_REF_MAX},
		{"reason", CALL_REASON_MAX - 1}};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (int more = 0; more < 2; more++) {
			buf_reset(&line);
			buf_addf(&line,
				"{\"id\":\"6740b1c20011223344556677\",\"userId\":\"alice\","
				"\"phoneNumber\":\"+15551234567\",\"status\":\"queued\","
				"\"startTime\":\"2023-05-15T12:34:56Z\",\"%s\":\"%0*d\"}",
				texts[i].name, texts[i].max + more, 0);
			ck_assert_int_eq(read_text(line.s), more == 0 ? ERR_NONE : ERR_INVALID);
		}
	ck_assert_int_eq(read_text("[]"), ERR_INVALID);
	ck_assert_int_eq(read_text("\"x\""), ERR_INVALID);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("call_record");
	TCase *t = tcase_create("call_record");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, everything_of_a_call_comes_back);
	tcase_add_test(t, what_is_unknown_stays_unknown);
	tcase_add_test(t, every_status_provider_and_kind_comes_back);
	tcase_add_test(t, a_trail_with_a_gap_keeps_its_numbers);
	tcase_add_test(t, a_full_trail_comes_back_and_takes_no_more);
	tcase_add_loop_test(
		t, what_is_wrong_is_refused_by_name, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, texts_longer_than_a_call_has_are_refused);
	suite_add_tcase(s, t);
	return unit_run(s);
}
