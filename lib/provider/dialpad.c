/*
 * Dialpad (dialpad.com, API v2): placing calls, and asking about one. What its documentation says,
 * and what it leaves out:
 *   - POST /api/v2/call rings the user's devices and answers {"call_id": …}. POST
 *     /api/v2/users/:id/initiate_call drives his app and answers with the device alone: the call is
 *     then known by custom_data only. POST /api/v2/calls is no documented path; some hosts answer
 *     it.
 *   - No error code is documented for placing a call. Errors have their text in error.message;
 *     "User is currently on a call" comes with a status that is not told.
 */
#include "provider/dialpad.h"

#include "json/json.h"
#include "json/jsonw.h"
#include "provider/answer.h"
#include "provider/outcome.h"
#include <inttypes.h>
#include <string.h>

static bool configured(const struct config *c)
{
	return c->dialpad_client_id[0] != '\0';
}

/* --- requests --- */

enum err dialpad_begin(
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
	e = dialpad_begin(c, o->token, "POST", r);
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
	e = dialpad_begin(c, token, "GET", r);
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

	if (json_parse_lenient(&j, a->body.s, a->body.len, HTTP_ANSWER_MAX, NULL) != ERR_NONE)
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

/* --- one call --- */

/* A call nobody knows may also be answered with an object that has nothing in it. */
static enum err read_document(const struct json *j, struct provider_call *pc)
{
	json_node root = json_root(j);

	if (json_type(j, root) != JSON_OBJECT)
		return ERR_INVALID;
	if (answer_unset(j, json_member(j, root, "call_id")))
		return ERR_NOT_FOUND;
	return dialpad_read_call(j, root, pc) ? ERR_NONE : ERR_INVALID;
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
	.list_request = dialpad_list_request,
	.list_read = dialpad_list_read,
	.list_cap = INT64_MAX,
	.list_page_size = DIALPAD_PAGE_SIZE,
	.lists_ended_latest_first = true,
	.listed = dialpad_listed,
	.get_request = get_request,
	.get_read = get_read,
};
