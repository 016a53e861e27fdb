/* dialer reconcile as JSON: the sums, and every call that does not agree. */
#include "json/jsonw.h"
#include "reconcile.h"

#include <inttypes.h>
#include <stdio.h>

#define PART_BYTES ((size_t)64 * 1024) /* written at once */
#define CALL_MAX   ((size_t)64 * 1024)

/* --- members --- */

static void text(struct jsonw *w, const char *key, const char *s)
{
	if (*s != '\0')
		jsonw_member_text(w, key, s);
}

static void seconds(struct jsonw *w, const char *key, int64_t s)
{
	if (s >= 0)
		jsonw_member_int(w, key, s);
}

static void time_member(struct jsonw *w, const char *key, int64_t ms)
{
	if (ms != 0)
		jsonw_member_time(w, key, ms);
}

/* --- the sums --- */

static void add_sums(struct jsonw *w, const struct compare_tally *t)
{
	const int64_t *v = t->verdicts;
	jsonw_member_bool(w, "balances", compare_balances(t));
	jsonw_member_int(w, "theirs", t->theirs);
	jsonw_member_int(w, "inbound", t->inbound);
	jsonw_member_int(w, "agree", v[COMPARE_AGREES]);
	jsonw_member_int(w, "differ", v[COMPARE_DIFFERS]);
	jsonw_member_int(w, "legs", v[COMPARE_LEG]);
	jsonw_member_int(w, "onlyProvider", v[COMPARE_ONLY_THEIRS]);
	jsonw_member_int(w, "onlyOurs", v[COMPARE_ONLY_OURS]);
}

static void add_side(struct jsonw *w, const struct side *s)
{
	bool listed = s->why_not[0] == '\0';
	jsonw_object(w);
	jsonw_member_text(w, "provider", provider_word(s->provider->id));
	jsonw_member_bool(w, "listed", listed);
	text(w, "why", s->why_not);
	jsonw_member_int(w, "ours", s->tally.ours);
	if (listed)
		add_sums(w, &s->tally);
	jsonw_member_int(w, "notComparable", s->tally.verdicts[COMPARE_NOT_COMPARABLE]);
	jsonw_object_end(w);
}

static void add_head(struct jsonw *w, const struct reconciliation *r)
{
	jsonw_member_time(w, "from", r->wish.from_ms);
	jsonw_member_time(w, "to", r->wish.to_ms);
	if (r->wish.user != NULL)
		jsonw_member_text(w, "userId", r->wish.user);
	jsonw_member_bool(w, "balances", reconcile_balances(r));
	jsonw_key(w, "providers");
	jsonw_array(w);
	for (size_t i = 0; i < r->side_count; i++)
		add_side(w, &r->sides[i]);
	jsonw_array_end(w);
	jsonw_member_int(w, "withoutProvider", (int64_t)r->rest.list.count);
}

/* --- calls --- */

static void add_ours(struct jsonw *w, const struct call *c)
{
	jsonw_key(w, "ours");
	jsonw_object(w);
	jsonw_member_text(w, "status", call_status_word(c->status));
	time_member(w, "answerTime", c->answer_ms);
	time_member(w, "endTime", c->end_ms);
	seconds(w, "duration", c->duration_s);
	seconds(w, "talkTime", c->talk_s);
	jsonw_object_end(w);
}

static void add_theirs(struct jsonw *w, const struct provider_call *pc)
{
	jsonw_key(w, "theirs");
	jsonw_object(w);
	text(w, "status", compared_their_status(pc));
	time_member(w, "answerTime", pc->answer_ms);
	time_member(w, "endTime", pc->end_ms);
	seconds(w, "duration", pc->duration_s);
	seconds(w, "talkTime", pc->talk_s);
	jsonw_object_end(w);
}

/* As text: a number would lose digits in JavaScript. */
static void add_external_id(struct jsonw *w, int64_t id)
{
	char digits[24];
	(void)snprintf(digits, sizeof(digits), "%" PRId64, id);
	if (id != 0)
		jsonw_member_text(w, "externalCallId", digits);
}

static void add_call(struct jsonw *w, enum provider_id p, const struct compared *one)
{
	char id[CALLID_SIZE], phone[COMPARED_PHONE_SIZE];
	struct buf why;
	buf_init(&why, 200);
	compared_id(one, id);
	compared_phone(one, phone);
	compared_why(one, &why);
	jsonw_object(w);
	jsonw_member_text(w, "verdict", compare_word(one->verdict));
	text(w, "why", why.s);
	text(w, "provider", provider_word(p));
	add_external_id(w, compared_external_id(one));
	text(w, "id", id);
	text(w, "userId", one->ours != NULL ? one->ours->user : "");
	text(w, "phoneNumber", phone);
	jsonw_member_time(w, "startTime", compared_start(one));
	if (one->ours != NULL)
		add_ours(w, one->ours);
	if (one->theirs != NULL)
		add_theirs(w, one->theirs);
	jsonw_object_end(w);
	buf_release(&why);
}

struct writing {
	struct buf out;
	struct jsonw w;
	int status;
};

/* In parts, so that memory does not grow with the report. */
static void add(void *arg, enum provider_id p, const struct compared *one)
{
	struct writing *w = arg;
	if (w->status != STATUS_OK || one->verdict == COMPARE_AGREES)
		return;
	add_call(&w->w, p, one);
	if (w->out.failed || w->out.len >= PART_BYTES)
		w->status = app_print(&w->out);
}

int reconcile_as_json(const struct reconciliation *r)
{
	struct writing w = {.status = STATUS_OK};
	enum err e = ERR_NONE;
	buf_init(&w.out, PART_BYTES + CALL_MAX);
	jsonw_init(&w.w, &w.out);
	jsonw_object(&w.w);
	add_head(&w.w, r);
	jsonw_key(&w.w, "calls");
	jsonw_array(&w.w);
	for (size_t i = 0; i < r->side_count && e == ERR_NONE; i++)
		e = reconcile_each(r, &r->sides[i], add, &w);
	reconcile_each_rest(r, add, &w);
	jsonw_array_end(&w.w);
	jsonw_object_end(&w.w);
	w.out.failed = w.out.failed || w.w.failed;
	buf_addc(&w.out, '\n');
	if (e == ERR_NONE && w.status == STATUS_OK)
		return app_print(&w.out);
	buf_release(&w.out);
	return e != ERR_NONE ? app_store_failed(e) : w.status;
}
