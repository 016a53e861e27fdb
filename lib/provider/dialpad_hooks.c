#include "provider/hooks.h"

#include "base/text.h"
#include "json/jsonw.h"
#include "provider/answer.h"
#include "provider/dialpad.h"
#include "provider/hook_answer.h"

#include <string.h>

#define CURSOR_MAX ((size_t)4096)

/* What moves a call, as far as to its end; the rest tells of what is not in the history. */
static const char *const states[] = {"calling", "preanswer", "queued", "ringing", "connected",
	"hangup", "missed", "blocked", NULL};

/* --- requests --- */

/* With the company's key. NULL id: the collection. */
static enum err begin(const struct config *c, const char *method, const char *path, const char *id,
	struct http_request *r)
{
	enum err e = dialpad_begin(c, c->dialpad_api_key, method, r);

	if (e != ERR_NONE || (id != NULL && !hook_id_valid(id)))
		return e != ERR_NONE ? e : ERR_INVALID;
	buf_adds(&r->url, path);
	if (id != NULL)
		buf_addf(&r->url, "/%s", id);
	return ERR_NONE;
}

static enum err list_page(
	const struct config *c, const char *path, const char *cursor, struct http_request *r)
{
	enum err e = begin(c, "GET", path, NULL, r);

	if (e == ERR_NONE && cursor != NULL) {
		buf_adds(&r->url, "?cursor=");
		text_add_encoded(&r->url, cursor);
	}
	return e == ERR_NONE ? http_request_end(r) : e;
}

static enum err end_json(struct jsonw *w, struct http_request *r)
{
	jsonw_object_end(w);
	http_request_header(r, "Content-Type", "application/json");
	return jsonw_ok(w) ? http_request_end(r) : ERR_NOMEM;
}

static enum err remove_one(
	const struct config *c, const char *path, const char *id, struct http_request *r)
{
	enum err e = begin(c, "DELETE", path, id, r);

	return e == ERR_NONE ? http_request_end(r) : e;
}

static const char hooks_path[] = "/api/v2/webhooks";

static enum err list_hooks(
	const struct config *c, int page, const char *cursor, struct http_request *r)
{
	(void)page;
	return list_page(c, hooks_path, cursor, r);
}

static enum err put_hook(
	const struct config *c, const char *id, const char *url, struct http_request *r)
{
	enum err e = begin(c, id != NULL ? "PATCH" : "POST", hooks_path, id, r);
	struct jsonw w;

	if (e != ERR_NONE || c->dialpad_webhook_secret[0] == '\0')
		return e != ERR_NONE ? e : ERR_INVALID;
	jsonw_init(&w, &r->body);
	jsonw_object(&w);
	jsonw_member_text(&w, "hook_url", url);
	jsonw_member_text(&w, "secret", c->dialpad_webhook_secret);
	return end_json(&w, r);
}

static enum err delete_hook(const struct config *c, const char *id, struct http_request *r)
{
	return remove_one(c, hooks_path, id, r);
}

static const char subscriptions_path[] = "/api/v2/subscriptions/call";

static enum err list_subscriptions(
	const struct config *c, int page, const char *cursor, struct http_request *r)
{
	(void)page;
	return list_page(c, subscriptions_path, cursor, r);
}

static enum err put_subscription(
	const struct config *c, const char *id, const char *hook_id, struct http_request *r)
{
	enum err e = begin(c, id != NULL ? "PATCH" : "POST", subscriptions_path, id, r);
	int64_t hook;
	struct jsonw w;

	if (e != ERR_NONE || !text_int(hook_id, strlen(hook_id), 1, INT64_MAX, &hook))
		return e != ERR_NONE ? e : ERR_INVALID;
	jsonw_init(&w, &r->body);
	jsonw_object(&w);
	jsonw_member_int(&w, "endpoint_id", hook);
	hook_write_events(&w, "call_states", states);
	jsonw_member_bool(&w, "enabled", true);
	jsonw_member_bool(&w, "group_calls_only", false);
	return end_json(&w, r);
}

static enum err delete_subscription(const struct config *c, const char *id, struct http_request *r)
{
	return remove_one(c, subscriptions_path, id, r);
}

/* --- answers --- */

static enum err read_hook(const struct json *j, json_node n, struct hook *h)
{
	enum err e;

	if (!hook_read_id(j, json_member(j, n, "id"), h->id))
		return ERR_NOT_FOUND;
	h->active = true;
	e = hook_read_text(j, json_member(j, n, "hook_url"), &h->url);
	if (e == ERR_NONE)
		e = hook_read_text(j, json_path(j, n, "signature.secret"), &h->proof);
	if (e == ERR_NONE)
		e = hook_read_text(j, JSON_NONE, &h->events);
	return e;
}

/* What was never set may be absent. */
static bool read_flag(const struct json *j, json_node n, bool otherwise)
{
	bool value;

	return json_bool(j, n, &value) ? value : otherwise;
}

static enum err read_subscription(const struct json *j, json_node n, struct hook *h)
{
	enum err e;

	if (!hook_read_id(j, json_member(j, n, "id"), h->id))
		return ERR_NOT_FOUND;
	(void)hook_read_id(j, json_path(j, n, "webhook.id"), h->of);
	h->active = read_flag(j, json_member(j, n, "enabled"), true);
	e = hook_read_text(j, JSON_NONE, &h->url);
	if (e == ERR_NONE)
		e = hook_read_text(j, JSON_NONE, &h->proof);
	if (e == ERR_NONE)
		e = hook_read_events(
			j, json_member(j, n, "call_states"), states, &h->events, &h->right);
	h->right = h->right && !read_flag(j, json_member(j, n, "group_calls_only"), false) &&
		   answer_unset(j, json_member(j, n, "target_id"));
	return e;
}

/* NULL in p->cursor: it is the last page. */
static enum err read_cursor(const struct json *j, struct hook_page *p)
{
	json_node n = json_member(j, json_root(j), "cursor");
	struct buf text;

	if (answer_unset(j, n) || json_string_is(j, n, "") || p->count == 0)
		return ERR_NONE;
	buf_init(&text, CURSOR_MAX);
	if (json_text(j, n, &text))
		p->cursor = buf_detach(&text, NULL);
	buf_release(&text);
	p->more = p->cursor != NULL;
	return p->more ? ERR_NONE : ERR_INVALID;
}

static enum err read_page(const struct http_answer *a, hook_read_fn *read, struct hook_page *p)
{
	struct json j;
	json_node items;
	enum err e;

	*p = (struct hook_page){.hooks = NULL};
	e = answer_json(a, &j);
	if (e != ERR_NONE)
		return e;
	items = json_member(&j, json_root(&j), "items");
	if (json_type(&j, json_root(&j)) != JSON_OBJECT ||
		(!answer_unset(&j, items) && json_type(&j, items) != JSON_ARRAY))
		e = ERR_INVALID;
	else
		e = hook_read_all(&j, items, read, p);
	if (e == ERR_NONE)
		e = read_cursor(&j, p);
	json_release(&j);
	return e;
}

static enum err read_hooks(const struct http_answer *a, struct hook_page *p)
{
	return read_page(a, read_hook, p);
}

static enum err read_subscriptions(const struct http_answer *a, struct hook_page *p)
{
	return read_page(a, read_subscription, p);
}

static enum err read_made(const struct http_answer *a, hook_read_fn *read, struct hook_page *p)
{
	struct json j;
	enum err e;

	*p = (struct hook_page){.hooks = NULL};
	e = answer_json(a, &j);
	if (e != ERR_NONE)
		return e;
	e = hook_read_one(&j, json_root(&j), read, p);
	json_release(&j);
	return e;
}

static enum err read_made_hook(const struct http_answer *a, struct hook_page *p)
{
	return read_made(a, read_hook, p);
}

static enum err read_made_subscription(const struct http_answer *a, struct hook_page *p)
{
	return read_made(a, read_subscription, p);
}

const struct hook_kind dialpad_hooks = {
	.provider = PROVIDER_DIALPAD,
	.title = "webhook",
	.list_request = list_hooks,
	.list_read = read_hooks,
	.put_request = put_hook,
	.put_read = read_made_hook,
	.delete_request = delete_hook,
};

const struct hook_kind dialpad_subscriptions = {
	.provider = PROVIDER_DIALPAD,
	.title = "subscription",
	.list_request = list_subscriptions,
	.list_read = read_subscriptions,
	.put_request = put_subscription,
	.put_read = read_made_subscription,
	.delete_request = delete_subscription,
};
