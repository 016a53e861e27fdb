/*
 * The merge of what providers really said of a call: webhooks as they were delivered and documented,
 * answers to polls, what the service itself found, and the end of the window; read by the code that
 * reads them in the product. Whatever the order and repetition, the row ends the same.
 */
#include "call/merge.h"
#include "provider/provider.h"

#include "unit/box.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAID_MAX 16

/* One thing that was said of the call, in the provider's words or in ours. */
struct said {
	int64_t at_ms;
	const char *json;      /* of the call; NULL: ours */
	enum call_status ours; /* the outcome of placing it, or CALL_LOST: the window was over */
};

struct recording {
	const char *name;
	const struct provider *provider;
	bool known_by_id; /* the provider's id came back when it was placed */
	struct said said[SAID_MAX];
	/* --- the row afterwards --- */
	enum call_status status;
	int64_t external_id, answer_ms, end_ms, duration_s, talk_s;
};

/* --- Aircall: an answered outbound call, webhooks captured in 2022 and the polls between them --- */

#define AIRCALL(status, answered, ended, duration)                                                 \
	"{\"call\":{\"id\":780836699,\"direction\":\"outbound\",\"status\":\"" status              \
	"\",\"missed_call_reason\":null,\"started_at\":1646389735,\"answered_at\":" answered       \
	",\"ended_at\":" ended ",\"duration\":" duration                                           \
	",\"cost\":\"0.0\",\"hangup_cause\":null,\"voicemail\":null,\"recording\":null,"           \
	"\"raw_digits\":\"+43 720 000001\",\"user\":{\"id\":736640},\"number\":{\"id\":404821,"    \
	"\"digits\":\"+44 20 7946 0018\"},\"archived\":false,\"teams\":[],\"comments\":[],"        \
	"\"tags\":[]}}"
#define AIRCALL_AT(s) (INT64_C(1646389735000) + (int64_t)(s)*1000)

/* --- Dialpad: as the documentation shows the same call at several moments --- */

#define DIALPAD(state, more)                                                                       \
	"{\"call_id\":5712345678901248,\"state\":\"" state                                         \
	"\",\"direction\":\"outbound\",\"external_number\":\"+14155550123\",\"internal_number\":"  \
	"\"+14155550101\",\"date_started\":1767225600000,\"date_rang\":null" more                  \
	",\"contact\":{\"id\":6051533200162816,\"type\":\"local\",\"phone\":\"+14155550123\"},"    \
	"\"target\":{\"id\":5835806903417907,\"type\":\"user\"},\"proxy_target\":{},"              \
	"\"is_transferred\":false,\"was_recorded\":false,\"labels\":[]}"
#define CONNECTED ",\"date_connected\":1767225609500"
#define ENDED                                                                                      \
	CONNECTED ",\"date_ended\":1767225731250,\"duration\":121750.0,\"total_duration\":131250." \
		  "0"
/* As the list and the single call have it: text instead of numbers. */
#define ENDED_IN_THE_LIST                                                                          \
	"{\"call_id\":\"5712345678901248\",\"state\":\"hangup\",\"direction\":\"outbound\","       \
	"\"date_started\":\"1767225600000\",\"date_connected\":\"1767225609500\",\"date_ended\":"  \
	"\"1767225731250\",\"event_timestamp\":\"1767225731290\",\"duration\":121750.0,"           \
	"\"total_duration\":131250.0,\"external_number\":\"+14155550123\",\"target\":{\"id\":"     \
	"\"5835806903417907\",\"type\":\"user\"},\"custom_data\":\"6740b1c2a1b2c3d4e5f60718\"}"
#define UNANSWERED     ",\"date_ended\":1767225630000,\"duration\":0,\"total_duration\":30000.0"
#define DIALPAD_AT(ms) (INT64_C(1767225600000) + (ms))

static const struct recording recordings[] = {
	{.name = "Aircall, answered",
		.provider = &provider_aircall,
		.said = {{AIRCALL_AT(2), AIRCALL("initial", "null", "null", "0"), 0},
			{AIRCALL_AT(5), AIRCALL("answered", "1646389740", "null", "0"), 0},
			{AIRCALL_AT(16), AIRCALL("answered", "1646389740", "null", "0"), 0},
			{AIRCALL_AT(18), AIRCALL("answered", "1646389740", "null", "0"), 0},
			{AIRCALL_AT(20), AIRCALL("done", "1646389740", "1646389755", "20"), 0},
			{AIRCALL_AT(51), AIRCALL("done", "1646389740", "1646389755", "20"), 0},
			/* Polls: one that lags behind, and figures that were still rewritten. */
			{AIRCALL_AT(1), AIRCALL("initial", "null", "null", "0"), 0},
			{AIRCALL_AT(1260), AIRCALL("answered", "1646389740", "null", "0"), 0},
			{AIRCALL_AT(81), AIRCALL("done", "1646389740", "1646389755", "21"), 0},
			{AIRCALL_AT(1240), AIRCALL("done", "1646389740", "1646389755", "20"), 0},
			{AIRCALL_AT(0), NULL, CALL_UNCONFIRMED}},
		.status = CALL_COMPLETED,
		.external_id = 780836699,
		.answer_ms = AIRCALL_AT(5),
		.end_ms = AIRCALL_AT(20),
		.duration_s = 20,
		.talk_s = 15},
	{.name = "Aircall, not answered",
		.provider = &provider_aircall,
		.said = {{AIRCALL_AT(2), AIRCALL("initial", "null", "null", "0"), 0},
			{AIRCALL_AT(30), AIRCALL("done", "null", "1646389765", "30"), 0},
			{AIRCALL_AT(61), AIRCALL("done", "null", "1646389765", "30"), 0},
			{AIRCALL_AT(62), AIRCALL("done", "null", "1646389765", "31"), 0},
			{AIRCALL_AT(1300), AIRCALL("done", "null", "1646389765", "30"), 0},
			{AIRCALL_AT(1301), AIRCALL("archived", "null", "1646389765", "99"), 0},
			{AIRCALL_AT(86400), NULL, CALL_LOST}},
		.status = CALL_NO_ANSWER,
		.external_id = 780836699,
		.end_ms = AIRCALL_AT(30),
		.duration_s = 30,
		.talk_s = -1},
	{.name = "Dialpad, answered",
		.provider = &provider_dialpad,
		.known_by_id = true,
		.said = {{DIALPAD_AT(30), DIALPAD("calling", ""), 0},
			{DIALPAD_AT(500), DIALPAD("preanswer", ""), 0},
			{DIALPAD_AT(1100), DIALPAD("ringing", ""), 0},
			{DIALPAD_AT(9520), DIALPAD("connected", CONNECTED), 0},
			{DIALPAD_AT(60000), DIALPAD("hold", CONNECTED), 0},
			{DIALPAD_AT(70000), DIALPAD("connected", CONNECTED), 0},
			{DIALPAD_AT(131290), DIALPAD("hangup", ENDED), 0},
			{DIALPAD_AT(133000), DIALPAD("recording", ENDED), 0},
			{DIALPAD_AT(190000), DIALPAD("transcription", ENDED), 0},
			{DIALPAD_AT(200000), DIALPAD("recap_summary", ENDED), 0},
			{DIALPAD_AT(58000), DIALPAD("connected", CONNECTED), 0},
			{DIALPAD_AT(180000), ENDED_IN_THE_LIST, 0},
			{DIALPAD_AT(86400000), NULL, CALL_LOST}},
		.status = CALL_COMPLETED,
		.external_id = 5712345678901248,
		.answer_ms = DIALPAD_AT(9500),
		.end_ms = DIALPAD_AT(131250),
		.duration_s = 131,
		.talk_s = 122},
	/* Of initiate_call and the CTI no id comes back. */
	{.name = "Dialpad, not answered, found by our id",
		.provider = &provider_dialpad,
		.said = {{DIALPAD_AT(30), DIALPAD("calling", ""), 0},
			{DIALPAD_AT(1100), DIALPAD("ringing", ""), 0},
			{DIALPAD_AT(30040), DIALPAD("hangup", UNANSWERED), 0},
			{DIALPAD_AT(30050), DIALPAD("missed", UNANSWERED), 0},
			{DIALPAD_AT(31000), DIALPAD("voicemail", UNANSWERED), 0},
			{DIALPAD_AT(80000), DIALPAD("hangup", UNANSWERED), 0},
			{DIALPAD_AT(10), NULL, CALL_UNCONFIRMED},
			{DIALPAD_AT(86400000), NULL, CALL_LOST}},
		.status = CALL_NO_ANSWER,
		.external_id = 5712345678901248,
		.end_ms = DIALPAD_AT(30000),
		.duration_s = 30,
		.talk_s = -1},
	{.name = "Dialpad, blocked",
		.provider = &provider_dialpad,
		.known_by_id = true,
		.said = {{DIALPAD_AT(30), DIALPAD("calling", ""), 0},
			{DIALPAD_AT(900), DIALPAD("blocked", UNANSWERED), 0},
			{DIALPAD_AT(1000), DIALPAD("dispositions", UNANSWERED), 0},
			{DIALPAD_AT(60000), DIALPAD("blocked", UNANSWERED), 0}},
		.status = CALL_FAILED,
		.external_id = 5712345678901248,
		.end_ms = DIALPAD_AT(30000),
		.duration_s = 30,
		.talk_s = -1},
};
#define RECORDINGS (sizeof(recordings) / sizeof(recordings[0]))

/* --- as the product reads them --- */

struct set {
	const struct recording *recording;
	struct statement said[SAID_MAX];
	int count;
	bool speaks[SAID_MAX]; /* says something of the call that is known to the row */
};

static struct statement read_one(const struct provider *p, const struct said *s)
{
	struct statement st;
	statement_init(&st, s->ours == CALL_LOST ? SAID_BY_EXPIRY : SAID_BY_US, s->at_ms);
	st.has_status = true;
	st.status = s->ours;
	st.reason = s->ours == CALL_UNCONFIRMED ? "orphaned" : NULL;
	if (s->json != NULL) {
		struct http_answer a;
		struct provider_call pc;
		http_answer_init(&a);
		a.fault = HTTP_ANSWERED;
		a.status = 200;
		a.body_complete = true;
		buf_adds(&a.body, s->json);
		ck_assert_msg(p->get_read(&a, &pc) == ERR_NONE, "%s", s->json);
		provider_call_statement(&pc, s->at_ms, &st);
		http_answer_release(&a);
	}
	return st;
}

static struct set read_set(const struct recording *r)
{
	struct set set = {.recording = r};
	for (int i = 0; i < SAID_MAX && r->said[i].at_ms != 0; i++) {
		set.said[i] = read_one(r->provider, &r->said[i]);
		set.speaks[i] = r->said[i].json != NULL;
		set.count++;
	}
	return set;
}

/* --- any order, any repetition --- */

/* Each once at least, some more often, shuffled; the end of the window and what the service found are
 * never the last word, as a provider's always comes in the end. */
static int shuffle(struct dice *d, const struct set *set, int order[2 * SAID_MAX])
{
	int count = 0;
	memset(order, 0, sizeof(*order) * 2 * SAID_MAX);
	for (int i = 0; i < set->count; i++)
		for (uint64_t n = 1 + (dice_below(d, 4) == 0); n > 0; n--)
			order[count++] = i;
	for (int i = count - 1; i > 0; i--) {
		int j = (int)dice_below(d, (uint64_t)i + 1), t = order[i];
		order[i] = order[j];
		order[j] = t;
	}
	int last = count - 1;
	while (last > 0 && !set->speaks[order[last]])
		last--;
	int t = order[last];
	order[last] = order[count - 1];
	order[count - 1] = t;
	return count;
}

/* As the row may be when the first of them arrives. */
static struct call any_row(struct dice *d, const struct recording *r)
{
	struct call c;
	call_init(&c);
	c.provider = r->provider->id;
	c.start_ms = r->said[0].at_ms - 2000;
	c.status = dice_below(d, 3) == 0 ? CALL_QUEUED : CALL_INITIATED;
	if (r->known_by_id)
		c.external_id = r->external_id;
	return c;
}

static void assert_row(const struct recording *r, const struct call *c, uint64_t seed)
{
	bool same = c->status == r->status && c->external_id == r->external_id &&
		    c->answer_ms == r->answer_ms && c->end_ms == r->end_ms &&
		    c->duration_s == r->duration_s && c->talk_s == r->talk_s &&
		    strcmp(c->reason, r->status == CALL_FAILED ? "dialpad_blocked" : "") == 0;
	/* An assertion that holds costs more than the merge. */
	if (!same)
		ck_abort_msg("%s, seed %llu: %s, %lld s, reason \"%s\"", r->name,
			(unsigned long long)seed, call_status_word(c->status),
			(long long)c->duration_s, c->reason);
}

START_TEST(the_row_ends_the_same_whatever_the_order)
{
	const struct recording *r = &recordings[_i];
	struct set set = read_set(r);
	uint64_t runs = (getenv("DIALER_TEST_LONG") != NULL ? 1200000 : 120000) / RECORDINGS;
	for (uint64_t run = 0; run < runs; run++) {
		struct dice d = {run};
		int order[2 * SAID_MAX], count = shuffle(&d, &set, order);
		struct call c = any_row(&d, r);
		bool changed = false;
		for (int i = 0; i < count; i++)
			merge(&c, &set.said[order[i]]);
		assert_row(r, &c, run);
		/* All of it again, in another order, is late and changes nothing. */
		count = shuffle(&d, &set, order);
		for (int i = 0; i < count; i++)
			changed = merge(&c, &set.said[order[i]]) || changed;
		if (changed)
			ck_abort_msg(
				"%s, seed %llu: changed again", r->name, (unsigned long long)run);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("merge-recorded");
	TCase *tc = tcase_create("merge");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, the_row_ends_the_same_whatever_the_order, 0, RECORDINGS);
	suite_add_tcase(s, tc);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
