/*
 * The list of the company's calls, GET /api/v2/call, read with the company's own key:
 *   - Only calls that have ended, the latest start first, 25 a page. No parameter changes that.
 *   - Whether started_after and started_before include their own millisecond is not told.
 *   - {"cursor": …, "items": […]}: the last page has no cursor. What the server does not know of a
 *     query it ignores without a word, so a cursor that it did not understand would lead to the
 *     first page again.
 */
#include "provider/dialpad.h"

#include "base/text.h"
#include "provider/answer.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CURSOR_MAX ((size_t)4096) /* bytes; three times that fits into an address */

bool dialpad_listed(const struct config *c)
{
	return c->dialpad_api_key[0] != '\0';
}

enum err dialpad_list_request(
	const struct config *c, const struct list_query *q, struct http_request *r)
{
	enum err e;

	if (q->from_ms < 1 || q->to_ms < q->from_ms || q->to_ms == INT64_MAX)
		return ERR_INVALID;
	e = dialpad_begin(c, c->dialpad_api_key, "GET", r);
	if (e != ERR_NONE)
		return e;
	buf_addf(&r->url, "/api/v2/call?started_after=%" PRId64 "&started_before=%" PRId64,
		q->from_ms - 1, q->to_ms + 1);
	if (q->cursor != NULL) {
		buf_adds(&r->url, "&cursor=");
		text_add_encoded(&r->url, q->cursor);
	}
	return http_request_end(r);
}

/* A call without a start has no place in a list by the start. */
static bool read_call(const struct json *j, json_node call, struct provider_call *pc)
{
	return dialpad_read_call(j, call, pc) && pc->start_ms != 0;
}

/* NULL in *cursor: there is none. */
static enum err read_cursor(const struct json *j, char **cursor)
{
	json_node n = json_member(j, json_root(j), "cursor");
	enum err e = ERR_NONE;
	struct buf text;

	*cursor = NULL;
	if (answer_unset(j, n) || json_string_is(j, n, ""))
		return ERR_NONE;
	buf_init(&text, CURSOR_MAX);
	if (!json_text(j, n, &text))
		e = ERR_INVALID;
	else if ((*cursor = buf_detach(&text, NULL)) == NULL)
		e = ERR_NOMEM;
	buf_release(&text);
	return e;
}

/* An empty page is the last one whatever its cursor: databases hand out cursors that lead to nothing.
 * A page that leads to itself is an error, not the end: the calls behind it would seem not to exist.
 */
static enum err read_successor(
	const struct json *j, const struct list_query *q, int on_page, struct list_page *p)
{
	enum err e;

	if (on_page == 0)
		return ERR_NONE;
	e = read_cursor(j, &p->cursor);
	if (p->cursor != NULL && q->cursor != NULL && strcmp(p->cursor, q->cursor) == 0)
		return ERR_INVALID;
	p->more = p->cursor != NULL;
	return e;
}

static enum err read_document(
	const struct json *j, const struct list_query *q, struct list_page *p, int *skipped)
{
	json_node items = json_member(j, json_root(j), "items");
	enum err e;

	if (json_type(j, json_root(j)) != JSON_OBJECT)
		return ERR_INVALID;
	if (answer_unset(j, items))
		return ERR_NONE;
	if (json_type(j, items) != JSON_ARRAY)
		return ERR_INVALID;
	e = answer_calls(j, items, read_call, p, skipped);
	return e == ERR_NONE ? read_successor(j, q, json_size(j, items), p) : e;
}

enum err dialpad_list_read(
	const struct http_answer *a, const struct list_query *q, struct list_page *p, int *skipped)
{
	struct json j;
	enum err e;

	*p = (struct list_page){.total = -1};
	*skipped = 0;
	e = answer_json(a, &j);
	if (e != ERR_NONE)
		return e;
	e = read_document(&j, q, p, skipped);
	json_release(&j);
	if (e != ERR_NONE)
		list_page_release(p);
	return e;
}
