/*
 * Aircall (api.aircall.io, v1). The facts its documentation leaves out, as measured:
 *   - POST /v1/users/:id/calls answers 204 and nothing else: no id, no reference of ours. The call
 *     must be found in the list afterwards.
 *   - 405 says "user not available or on a call", 403 "wrong key", 401 "no key".
 *   - In GET /v1/calls `from` is exclusive and `to` inclusive, both on started_at; per_page is at
 *     most 50; beyond 10,000 calls of a window every page is refused.
 *   - raw_digits is formatted for people; user and number may be null or absent; ids exceed 32
 *     bits.
 *   - Times are UNIX seconds; duration is 0 until the call is done and includes the ringing.
 */
#include "provider/aircall.h"

#include "json/jsonw.h"
#include "provider/answer.h"
#include "provider/outcome.h"
#include <inttypes.h>
#include <string.h>

#define LIST_CAP    10000
#define SECONDS_MAX INT64_C(253402300799) /* the end of the year 9999 */
#define KEY_MAX     ((size_t)16 * 1024)

/* --- requests --- */

/* RFC 4648, 4. */
static void add_base64(struct buf *out, const struct buf *in)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < in->len; i += 3) {
		size_t left = in->len - i;
		unsigned int bits = (unsigned int)(unsigned char)in->s[i] << 16;

		if (left > 1)
			bits |= (unsigned int)(unsigned char)in->s[i + 1] << 8;
		if (left > 2)
			bits |= (unsigned char)in->s[i + 2];
		buf_addc(out, digits[bits >> 18]);
		buf_addc(out, digits[bits >> 12 & 63]);
		buf_addc(out, left > 1 ? digits[bits >> 6 & 63] : '=');
		buf_addc(out, left > 2 ? digits[bits & 63] : '=');
	}
}

static void add_authorization(const struct config *c, struct http_request *r)
{
	struct buf key, value;

	buf_init_secret(&key, KEY_MAX);
	buf_init_secret(&value, KEY_MAX);
	buf_adds(&key, c->aircall_api_id);
	buf_addc(&key, ':');
	buf_adds(&key, c->aircall_api_token);
	buf_adds(&value, "Basic ");
	add_base64(&value, &key);
	if (key.failed || value.failed)
		r->failed = true;
	else
		http_request_header(r, "Authorization", value.s);
	buf_release(&key);
	buf_release(&value);
}

enum err aircall_begin(const struct config *c, const char *method, struct http_request *r)
{
	if (!config_has_aircall(c))
		return ERR_INVALID;
	r->method = method;
	add_authorization(c, r);
	http_request_header(r, "Accept", "application/json");
	buf_adds(&r->url, c->aircall_base_url);
	return ERR_NONE;
}

static bool place_body(const struct place_order *o, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_member_int(&w, "number_id", o->number_id);
	jsonw_member_text(&w, "to", o->phone);
	jsonw_object_end(&w);
	return jsonw_ok(&w);
}

static enum err place_request(
	const struct config *c, const struct place_order *o, struct http_request *r)
{
	enum err e;

	if (o->user_id <= 0 || o->number_id <= 0 || o->phone[0] != '+')
		return ERR_INVALID;
	e = aircall_begin(c, "POST", r);
	if (e != ERR_NONE)
		return e;
	r->places_call = true;
	buf_addf(&r->url, "/v1/users/%" PRId64 "/calls", o->user_id);
	http_request_header(r, "Content-Type", "application/json");
	if (!place_body(o, &r->body))
		return ERR_NOMEM;
	return http_request_end(r);
}

static enum err list_request(
	const struct config *c, const struct list_query *q, struct http_request *r)
{
	int64_t from = q->from_ms / 1000, to = q->to_ms / 1000;
	enum err e;

	if (q->page < 1 || from < 1 || to < from)
		return ERR_INVALID;
	if (q->page > LIST_CAP / AIRCALL_PAGE_SIZE)
		return ERR_TOO_LARGE;
	e = aircall_begin(c, "GET", r);
	if (e != ERR_NONE)
		return e;
	buf_addf(&r->url, "/v1/calls?from=%" PRId64 "&to=%" PRId64 "&order=asc&page=%d&per_page=%d",
		from - 1, to, q->page, AIRCALL_PAGE_SIZE);
	return http_request_end(r);
}

static enum err get_request(
	const struct config *c, const char *token, int64_t id, struct http_request *r)
{
	enum err e;

	(void)token; /* the key of the settings is good for all calls */
	if (id <= 0)
		return ERR_INVALID;
	e = aircall_begin(c, "GET", r);
	if (e != ERR_NONE)
		return e;
	buf_addf(&r->url, "/v1/calls/%" PRId64, id);
	return http_request_end(r);
}

/* --- what came of placing a call --- */

/* The words for people in an error body: refusals have three shapes, and some are no JSON at all.
 */
static void refusal_text(const struct json *j, struct buf *out)
{
	struct buf hint;

	if (answer_text(j, "errors", out))
		return;
	buf_init(&hint, out->max);
	if (answer_text(j, "error", out)) {
		/* `error` alone is often the name of the status; what to do stands in the other. */
		if (answer_text(j, "troubleshoot", &hint) && strcmp(hint.s, out->s) != 0) {
			buf_adds(out, ": ");
			buf_add(out, hint.s, hint.len);
		}
	} else if (!answer_text(j, "troubleshoot", out)) {
		answer_text(j, "message", out);
	}
	buf_release(&hint);
}

static const char *refusal(int status, const char *text)
{
	(void)text;
	switch (status) {
	case 401:
	case 403:
		return "aircall_unauthorized";
	case 405:
		return "aircall_user_unavailable";
	case 429:
		return "aircall_rate_limited";
	default:
		return "aircall_rejected";
	}
}

static const struct outcome_words outcome_words = {
	.unreachable = "aircall_unreachable",
	.tls_error = "aircall_tls_error",
	.refusal = refusal,
	.text = refusal_text,
};

static void place_outcome(const struct http_answer *a, struct place_outcome *o)
{
	outcome_read(a, &outcome_words, o);
}

/* --- calls --- */

int64_t aircall_read_ms(const struct json *j, json_node n)
{
	int64_t s;

	return json_int_lenient(j, n, &s) && s > 0 && s <= SECONDS_MAX ? s * 1000 : 0;
}

static void read_status(struct provider_call *pc)
{
	pc->has_status = true;
	if (strcmp(pc->word, "initial") == 0)
		pc->status = CALL_RINGING;
	else if (strcmp(pc->word, "answered") == 0)
		pc->status = CALL_IN_PROGRESS;
	else if (strcmp(pc->word, "done") == 0)
		pc->status = pc->answer_ms != 0 ? CALL_COMPLETED : CALL_NO_ANSWER;
	else
		pc->has_status = false;
}

static void read_figures(const struct json *j, json_node call, struct provider_call *pc)
{
	int64_t duration;

	if (!pc->has_status || !call_status_final(pc->status))
		return;
	if (json_int_lenient(j, json_member(j, call, "duration"), &duration) && duration >= 0 &&
		duration <= SECONDS_MAX)
		pc->duration_s = duration;
	if (pc->answer_ms != 0 && pc->end_ms >= pc->answer_ms)
		pc->talk_s = (pc->end_ms - pc->answer_ms) / 1000;
}

bool aircall_read_call(const struct json *j, json_node call, struct provider_call *pc)
{
	*pc = (struct provider_call){.duration_s = -1, .talk_s = -1};
	pc->id = answer_id(j, json_member(j, call, "id"));
	pc->start_ms = aircall_read_ms(j, json_member(j, call, "started_at"));
	if (pc->id == 0 || pc->start_ms == 0)
		return false;
	pc->outbound = json_string_is(j, json_member(j, call, "direction"), "outbound");
	pc->user_id = answer_id(j, json_path(j, call, "user.id"));
	pc->number_id = answer_id(j, json_path(j, call, "number.id"));
	pc->answer_ms = aircall_read_ms(j, json_member(j, call, "answered_at"));
	pc->end_ms = aircall_read_ms(j, json_member(j, call, "ended_at"));
	answer_digits(j, json_member(j, call, "raw_digits"), pc);
	answer_word(j, json_member(j, call, "status"), pc);
	read_status(pc);
	read_figures(j, call, pc);
	return true;
}

/* --- lists --- */

static int64_t read_count(const struct json *j, json_node meta, const char *name, int64_t otherwise)
{
	int64_t n;

	return json_int_lenient(j, json_member(j, meta, name), &n) && n >= 0 && n <= INT32_MAX
		       ? n
		       : otherwise;
}

/* The link itself is never followed: it could lead the key to another host. */
static bool has_next_link(const struct json *j, json_node meta)
{
	return json_type(j, json_member(j, meta, "next_page_link")) == JSON_STRING;
}

bool aircall_has_more(const struct json *j, int asked_page, int on_page, int64_t *total)
{
	json_node meta = json_member(j, json_root(j), "meta");
	int64_t page = read_count(j, meta, "current_page", asked_page);
	int64_t per_page = read_count(j, meta, "per_page", AIRCALL_PAGE_SIZE);

	*total = read_count(j, meta, "total", -1);
	if (on_page == 0)
		return false;
	if (*total >= 0)
		return page * per_page < *total || has_next_link(j, meta);
	return on_page >= AIRCALL_PAGE_SIZE || has_next_link(j, meta);
}

static enum err list_read(
	const struct http_answer *a, const struct list_query *q, struct list_page *p, int *skipped)
{
	struct json j;
	json_node array;
	enum err e;

	*p = (struct list_page){.total = -1};
	*skipped = 0;
	e = answer_json(a, &j);
	if (e != ERR_NONE)
		return e;
	array = json_member(&j, json_root(&j), "calls");
	if (json_type(&j, array) != JSON_ARRAY) {
		e = ERR_INVALID;
	} else {
		e = answer_calls(&j, array, aircall_read_call, p, skipped);
		if (e == ERR_NONE)
			p->more = aircall_has_more(&j, q->page, json_size(&j, array), &p->total);
	}
	json_release(&j);
	return e;
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
	if (!aircall_read_call(&j, json_member(&j, json_root(&j), "call"), pc))
		e = ERR_INVALID;
	json_release(&j);
	return e;
}

const struct provider provider_aircall = {
	.id = PROVIDER_AIRCALL,
	.configured = config_has_aircall,
	.place_request = place_request,
	.place_outcome = place_outcome,
	.list_request = list_request,
	.list_read = list_read,
	.list_cap = LIST_CAP,
	.list_page_size = AIRCALL_PAGE_SIZE,
	.listed = config_has_aircall,
	.get_request = get_request,
	.get_read = get_read,
};
