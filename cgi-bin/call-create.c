/* POST /call: validates the request, has the call placed (lib/dial), and says what came of it. */
#include "call/call_json.h"
#include "dial/dial.h"
#include "http/cgi.h"
#include "http/endpoint.h"
#include "http/failure.h"

#include <stdio.h>
#include <string.h>

/* The request's members as read; dial_request borrows from here. */
struct members {
	char client_id[CALL_REF_MAX + 1], contact_id[CALL_REF_MAX + 1], deal_id[CALL_REF_MAX + 1];
	char phone[PHONE_SIZE];
};

static bool refuse(struct exchange *x, const char *field, const char *why)
{
	response_error(x->response, 400, "invalid_parameter", field, why);
	return false;
}

/* --- reading: each member is absent or of its type; null is no type --- */

static json_node member(const struct exchange *x, const char *name)
{
	const struct json *j = &x->request->json;
	return json_member(j, json_root(j), name);
}

static bool read_ref(struct exchange *x, const char *name, char out[CALL_REF_MAX + 1])
{
	const struct json *j = &x->request->json;
	json_node n = member(x, name);
	out[0] = '\0';
	if (json_type(j, n) == JSON_ABSENT)
		return true;
	if (json_type(j, n) != JSON_STRING)
		return refuse(x, name, "It must be a string.");
	if (!json_string_fixed(j, n, out, CALL_REF_MAX + 1))
		return refuse(x, name, "It must not be longer than 128 bytes.");
	return true;
}

static bool read_id(struct exchange *x, const char *name, int64_t *id)
{
	const struct json *j = &x->request->json;
	json_node n = member(x, name);
	*id = 0;
	if (json_type(j, n) == JSON_ABSENT)
		return true;
	if (!json_int_lenient(j, n, id) || *id <= 0)
		return refuse(x, name, "It must be a positive whole number.");
	return true;
}

/* One of two words. */
static bool read_word(struct exchange *x, const char *name, enum provider_id a, enum provider_id b,
	enum provider_id *found)
{
	const struct json *j = &x->request->json;
	json_node n = member(x, name);
	*found = PROVIDER_NONE;
	if (json_type(j, n) == JSON_ABSENT)
		return true;
	if (json_string_is(j, n, provider_word(a)))
		*found = a;
	else if (json_string_is(j, n, provider_word(b)))
		*found = b;
	else
		return refuse(x, name, "It is not one of the known words.");
	return true;
}

static bool read_fallback(struct exchange *x, bool *fallback)
{
	const struct json *j = &x->request->json;
	json_node n = member(x, "fallback");
	*fallback = true;
	if (json_type(j, n) == JSON_ABSENT || json_bool(j, n, fallback))
		return true;
	return refuse(x, "fallback", "It must be true or false.");
}

static bool read_phone(struct exchange *x, char out[PHONE_SIZE])
{
	const struct json *j = &x->request->json;
	json_node n = member(x, "phoneNumber");
	if (json_type(j, n) != JSON_STRING)
		return refuse(x, "phoneNumber", "phoneNumber is required and must be a string.");
	struct buf text;
	buf_init(&text, 256);
	const char *why = "It is too long for a telephone number.";
	bool ok = json_text(j, n, &text) &&
		  phone_normalise(&x->config->phone, text.s, text.len, out, &why);
	buf_release(&text);
	if (!ok)
		response_error(x->response, 422, "invalid_phone_number", "phoneNumber", why);
	return ok;
}

static bool read_key(struct exchange *x, const char **key)
{
	*key = NULL;
	if (!x->request->has_idempotency_key)
		return true;
	*key = x->request->idempotency_key;
	return dial_key_valid(*key) ||
	       refuse(x, "Idempotency-Key", "It must be 1 to 128 visible ASCII characters.");
}

static bool read_request(struct exchange *x, struct members *m, struct dial_request *q)
{
	memset(q, 0, sizeof(*q));
	q->user = x->who.user;
	q->phone = m->phone;
	q->client_id = m->client_id;
	q->contact_id = m->contact_id;
	q->deal_id = m->deal_id;
	q->now_ms = x->request->now_ms;
	const struct json *j = &x->request->json;
	if (json_type(j, member(x, "phoneNumber")) != JSON_STRING)
		return refuse(x, "phoneNumber", "phoneNumber is required and must be a string.");
	if (!read_ref(x, "clientId", m->client_id) || !read_ref(x, "contactId", m->contact_id) ||
		!read_ref(x, "dealId", m->deal_id) ||
		!read_word(x, "provider", PROVIDER_DIALPAD, PROVIDER_AIRCALL, &q->only) ||
		!read_id(x, "aircallUserId", &q->aircall_user_id) ||
		!read_id(x, "aircallNumberId", &q->aircall_number_id) ||
		!read_fallback(x, &q->fallback) ||
		!read_word(x, "placedBy", PROVIDER_CTI, PROVIDER_TEL, &q->placed_by) ||
		!read_key(x, &q->key) || !read_phone(x, m->phone))
		return false;
	return true;
}

/* --- answering --- */

static void add_call(struct jsonw *w, const struct dial_result *r)
{
	jsonw_key(w, "call");
	call_json(w, &r->call);
}

static void add_attempts(struct jsonw *w, const struct dial_result *r)
{
	jsonw_key(w, "attempts");
	if (r->attempts.len > 0)
		jsonw_trusted(w, r->attempts.s, r->attempts.len);
	else
		jsonw_trusted(w, "[]", 2);
}

static void answer_ok(struct exchange *x, struct jsonw *w, const struct dial_result *r,
	const char *message, const char *title, const char *text)
{
	response_json(x->response, w, 200, true);
	jsonw_member_text(w, "message", message);
	jsonw_key(w, "notice");
	jsonw_object(w);
	jsonw_member_text(w, "title", title);
	jsonw_member_text(w, "text", text);
	jsonw_object_end(w);
	add_call(w, r);
}

static void answer_placed(struct exchange *x, const struct dial_result *r)
{
	struct jsonw w;
	char text[96];
	enum provider_id p = r->call.provider == PROVIDER_CTI ? PROVIDER_DIALPAD : r->call.provider;
	snprintf(text, sizeof(text), "Calling %s via %s", r->call.phone, provider_title(p));
	answer_ok(x, &w, r, "Call initiated successfully", "Call Initiated", text);
	response_json_end(x->response, &w);
}

static void answer_handed_off(struct exchange *x, const struct dial_result *r)
{
	struct jsonw w;
	char text[96], uri[32];
	snprintf(text, sizeof(text), "Calling %s...", r->call.phone);
	snprintf(uri, sizeof(uri), "tel:%s", r->call.phone);
	answer_ok(x, &w, r, "Opening phone", "Opening Phone", text);
	jsonw_key(&w, "fallback");
	jsonw_object(&w);
	jsonw_member_text(&w, "uri", uri);
	add_attempts(&w, r);
	jsonw_object_end(&w);
	response_json_end(x->response, &w);
}

/* It has been dialled already: no address to open again. */
static void answer_logged(struct exchange *x, const struct dial_result *r)
{
	struct jsonw w;
	char text[96];
	snprintf(text, sizeof(text), "Calling %s by phone", r->call.phone);
	answer_ok(x, &w, r, "Call logged", "Call Logged", text);
	response_json_end(x->response, &w);
}

static void answer_failed(struct exchange *x, const struct dial_result *r)
{
	struct jsonw w;
	const char *code = r->call.reason[0] != '\0' ? r->call.reason : "rejected";
	response_error_open(x->response, &w, 502, code, NULL, "No provider took the call.");
	add_attempts(&w, r);
	add_call(&w, r);
	response_json_end(x->response, &w);
}

/* An error that shows the call it is about. */
static void answer_about(struct exchange *x, const struct dial_result *r, int status,
	const char *code, const char *message)
{
	struct jsonw w;
	response_error_open(x->response, &w, status, code, NULL, message);
	add_call(&w, r);
	response_json_end(x->response, &w);
}

#define UNCLEAR_MESSAGE                                                                            \
	"No clear answer came: the call may be ringing. Look at the phone before dialling again."

static void answer(struct exchange *x, const struct dial_result *r)
{
	switch (r->answer) {
	case DIAL_PLACED:
		answer_placed(x, r);
		break;
	case DIAL_HANDED_OFF:
		answer_handed_off(x, r);
		break;
	case DIAL_LOGGED:
		answer_logged(x, r);
		break;
	case DIAL_FAILED:
		answer_failed(x, r);
		break;
	case DIAL_UNCONFIRMED:
		answer_about(x, r, 504, "provider_unconfirmed", UNCLEAR_MESSAGE);
		break;
	case DIAL_KEY_CONFLICT:
		response_error(x->response, 409, "idempotency_conflict", "Idempotency-Key",
			"The key was used for another request.");
		break;
	case DIAL_IN_PROGRESS:
		response_header_int(x->response, "Retry-After", 1);
		answer_about(x, r, 409, "request_in_progress",
			"The first request with this key is under way.");
		break;
	case DIAL_FORBIDDEN:
		response_error(x->response, 403, "forbidden",
			json_type(&x->request->json, member(x, "aircallUserId")) != JSON_ABSENT
				? "aircallUserId"
				: "aircallNumberId",
			"The Aircall user and number are fixed by the administrator.");
		break;
	case DIAL_NOT_ALLOWED:
		response_error(x->response, 403, "number_not_allowed", "phoneNumber",
			"Calls to this number are not allowed.");
		break;
	case DIAL_QUIET:
		response_error(
			x->response, 403, "forbidden", NULL, "Calls are not allowed at this hour.");
		break;
	case DIAL_NO_POLICY:
		response_not_configured(x->response);
		break;
	case DIAL_DUPLICATE:
		answer_about(x, r, 409, "duplicate_call", "This number is being called already.");
		break;
	case DIAL_RATE_LIMITED:
		response_header_int(x->response, "Retry-After", r->retry_after_s);
		response_error(x->response, 429, "rate_limited", NULL,
			"Too many calls within a short time.");
		break;
	}
}

/* Memory ran out over the answer: a phone may ring all the same; nothing else may be dialled. */
static void answer_unbuilt(struct exchange *x, const struct dial_result *r)
{
	if (r->answer != DIAL_PLACED && r->answer != DIAL_UNCONFIRMED)
		return;
	response_fixed(x->response, 504, RESPONSE_FIXED("provider_unconfirmed", UNCLEAR_MESSAGE));
}

/* Once a provider was asked, a process stuck in storage must not say that nothing happened. */
static void unclear_answer(const struct exchange *x, struct buf *bytes)
{
	struct response r;
	response_init(&r);
	response_error(&r, 504, "provider_unconfirmed", NULL, UNCLEAR_MESSAGE);
	cgi_answer_bytes(x->request, &r, bytes);
	response_release(&r);
}

static void call_create(struct exchange *x)
{
	struct members m;
	struct dial_request q;
	if (!read_request(x, &m, &q))
		return;
	struct buf unclear;
	buf_init(&unclear, 4096);
	unclear_answer(x, &unclear);
	struct dial_context context = {.config = x->config,
		.store = x->store,
		.log = x->log,
		.unclear_answer = unclear.s,
		.unclear_answer_len = unclear.len,
		.clients = x->retained};
	struct dial_result r;
	dial_result_init(&r);
	enum err e = dial_call(&context, &q, &r);
	if (e == ERR_NONE)
		answer(x, &r);
	else
		response_failure(x->response, e);
	if (e == ERR_NONE && !response_built(x->response))
		answer_unbuilt(x, &r);
	dial_result_release(&r);
	buf_release(&unclear);
}

const struct endpoint endpoint = {.name = "call-create",
	.method = "POST",
	.bearer = true,
	.json_body = true,
	.network = true,
	.handle = call_create};
