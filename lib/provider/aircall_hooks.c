#include "provider/hooks.h"

#include "json/jsonw.h"
#include "provider/aircall.h"
#include "provider/answer.h"
#include "provider/hook_answer.h"

/* What moves a call; all others tell of what is not in the history. */
static const char *const events[] = {
	"call.created", "call.answered", "call.hungup", "call.ended", NULL};

/* --- requests --- */

static enum err list_request(
	const struct config *c, int page, const char *cursor, struct http_request *r)
{
	enum err e = aircall_begin(c, "GET", r);

	(void)cursor;
	if (e != ERR_NONE)
		return e;
	buf_addf(&r->url, "/v1/webhooks?page=%d&per_page=%d", page, AIRCALL_PAGE_SIZE);
	return http_request_end(r);
}

static bool put_body(const char *id, const char *url, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_member_text(&w, "custom_name", "dialer");
	jsonw_member_text(&w, "url", url);
	hook_write_events(&w, "events", events);
	if (id != NULL)
		jsonw_member_bool(&w, "active", true);
	jsonw_object_end(&w);
	return jsonw_ok(&w);
}

static enum err put_request(
	const struct config *c, const char *id, const char *url, struct http_request *r)
{
	enum err e = aircall_begin(c, id != NULL ? "PUT" : "POST", r);

	if (e != ERR_NONE || (id != NULL && !hook_id_valid(id)))
		return e != ERR_NONE ? e : ERR_INVALID;
	buf_addf(&r->url, "/v1/webhooks%s%s", id != NULL ? "/" : "", id != NULL ? id : "");
	http_request_header(r, "Content-Type", "application/json");
	if (!put_body(id, url, &r->body))
		return ERR_NOMEM;
	return http_request_end(r);
}

static enum err delete_request(const struct config *c, const char *id, struct http_request *r)
{
	enum err e = aircall_begin(c, "DELETE", r);

	if (e != ERR_NONE || !hook_id_valid(id))
		return e != ERR_NONE ? e : ERR_INVALID;
	http_request_header(r, "Content-Type", "application/json");
	buf_addf(&r->url, "/v1/webhooks/%s", id);
	return http_request_end(r);
}

/* --- answers --- */

static enum err read_hook(const struct json *j, json_node n, struct hook *h)
{
	enum err e;

	if (!hook_read_id(j, json_member(j, n, "webhook_id"), h->id))
		return ERR_NOT_FOUND;
	if (!json_bool(j, json_member(j, n, "active"), &h->active))
		h->active = false;
	e = hook_read_text(j, json_member(j, n, "url"), &h->url);
	if (e == ERR_NONE)
		e = hook_read_text(j, json_member(j, n, "token"), &h->proof);
	if (e == ERR_NONE)
		e = hook_read_events(j, json_member(j, n, "events"), events, &h->events, &h->right);
	return e;
}

static enum err list_read(const struct http_answer *a, struct hook_page *p)
{
	struct json j;
	json_node array;
	int64_t total;
	enum err e;

	*p = (struct hook_page){.hooks = NULL};
	e = answer_json(a, &j);
	if (e != ERR_NONE)
		return e;
	array = json_member(&j, json_root(&j), "webhooks");
	e = json_type(&j, array) == JSON_ARRAY ? hook_read_all(&j, array, read_hook, p)
					       : ERR_INVALID;
	p->more = aircall_has_more(&j, 1, json_size(&j, array), &total);
	json_release(&j);
	return e;
}

static enum err put_read(const struct http_answer *a, struct hook_page *p)
{
	struct json j;
	enum err e;

	*p = (struct hook_page){.hooks = NULL};
	e = answer_json(a, &j);
	if (e != ERR_NONE)
		return e;
	e = hook_read_one(&j, json_member(&j, json_root(&j), "webhook"), read_hook, p);
	json_release(&j);
	return e;
}

const struct hook_kind aircall_hooks = {
	.provider = PROVIDER_AIRCALL,
	.title = "webhook",
	.list_request = list_request,
	.list_read = list_read,
	.put_request = put_request,
	.put_read = put_read,
	.delete_request = delete_request,
};
