#include "provider/aircall_directory.h"

#include "base/text.h"
#include "provider/aircall.h"
#include "provider/answer.h"

#include <inttypes.h>
#include <stdlib.h>

#define TEXT_MAX       ((size_t)4096) /* bytes of a name as it comes */
#define TEXT_SHOWN_MAX 200            /* characters of it */

void aircall_entries_release(struct aircall_entries *e)
{
	for (size_t i = 0; i < e->count; i++) {
		free(e->entries[i].name);
		free(e->entries[i].contact);
		free(e->entries[i].country);
	}
	free(e->entries);
	*e = (struct aircall_entries){.entries = NULL};
}

enum err aircall_directory_request(
	const struct config *c, const struct aircall_directory_query *q, struct http_request *r)
{
	enum err e = q->page < 1 || q->user_id < 0 ? ERR_INVALID : aircall_begin(c, "GET", r);

	if (e != ERR_NONE)
		return e;
	if (q->what == AIRCALL_USERS)
		buf_adds(&r->url, "/v2/users");
	else if (q->user_id != 0)
		buf_addf(&r->url, "/v2/users/%" PRId64 "/numbers", q->user_id);
	else
		buf_adds(&r->url, "/v1/numbers");
	buf_addf(&r->url, "?page=%d&per_page=%d", q->page, AIRCALL_PAGE_SIZE);
	return http_request_end(r);
}

/* A copy fit to be shown; NULL if memory ran out. What is no text is none. */
static char *read_text(const struct json *j, json_node n)
{
	struct buf raw, clean;
	char *copy;

	buf_init(&raw, TEXT_MAX);
	buf_init(&clean, TEXT_MAX);
	if (json_text(j, n, &raw))
		text_add_clean(&clean, raw.s, raw.len, TEXT_SHOWN_MAX);
	copy = clean.failed ? NULL : text_dup(clean.s, clean.len);
	buf_release(&raw);
	buf_release(&clean);
	return copy;
}

static enum err read_entry(
	const struct json *j, json_node n, enum aircall_directory what, struct aircall_entries *out)
{
	struct aircall_entry *e = &out->entries[out->count];

	e->id = answer_id(j, json_member(j, n, "id"));
	if (e->id == 0)
		return ERR_NONE;
	out->count++;
	e->name = read_text(j, json_member(j, n, "name"));
	e->contact = read_text(j, json_member(j, n, what == AIRCALL_USERS ? "email" : "digits"));
	e->country = read_text(j, json_member(j, n, what == AIRCALL_USERS ? "" : "country"));
	e->default_number_id = answer_id(j, json_member(j, n, "default_number_id"));
	return e->name == NULL || e->contact == NULL || e->country == NULL ? ERR_NOMEM : ERR_NONE;
}

static enum err read_entries(
	const struct json *j, const struct aircall_directory_query *q, struct aircall_entries *out)
{
	json_node array =
		json_member(j, json_root(j), q->what == AIRCALL_USERS ? "users" : "numbers");
	int size = json_size(j, array);
	int64_t total;
	enum err e = ERR_NONE;

	if (json_type(j, array) != JSON_ARRAY)
		return ERR_INVALID;
	out->entries = calloc((size_t)size + 1, sizeof(*out->entries));
	if (out->entries == NULL)
		return ERR_NOMEM;
	for (json_node n = json_first(j, array); n != JSON_NONE && e == ERR_NONE;
		n = json_next(j, array, n))
		e = read_entry(j, n, q->what, out);
	out->more = aircall_has_more(j, q->page, size, &total);
	return e;
}

enum err aircall_directory_read(const struct http_answer *a,
	const struct aircall_directory_query *q, struct aircall_entries *out)
{
	struct json j;
	enum err e;

	*out = (struct aircall_entries){.entries = NULL};
	if (a->fault == HTTP_ANSWERED && a->status == 404)
		return ERR_NOT_FOUND;
	e = answer_json(a, &j);
	if (e != ERR_NONE)
		return e;
	e = read_entries(&j, q, out);
	json_release(&j);
	if (e != ERR_NONE)
		aircall_entries_release(out);
	return e;
}
