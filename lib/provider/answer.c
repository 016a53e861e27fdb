#include "provider/answer.h"

#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err answer_json(const struct http_answer *a, struct json *j)
{
	if (a->fault != HTTP_ANSWERED || a->status < 200 || a->status > 299 || !a->body_complete)
		return ERR_IO;
	return json_parse_lenient(j, a->body.s, a->body.len, HTTP_ANSWER_MAX, NULL);
}

bool answer_text(const struct json *j, const char *path, struct buf *out)
{
	size_t before = out->len;

	return json_text(j, json_path(j, json_root(j), path), out) && out->len > before;
}

bool answer_unset(const struct json *j, json_node n)
{
	enum json_type type = json_type(j, n);

	return type == JSON_ABSENT || type == JSON_NULL ||
	       (type == JSON_OBJECT && json_size(j, n) == 0);
}

int64_t answer_id(const struct json *j, json_node n)
{
	int64_t id;

	return json_int_lenient(j, n, &id) && id > 0 ? id : 0;
}

void answer_digits(const struct json *j, json_node n, struct provider_call *pc)
{
	char raw[128];

	if (!json_string_fixed(j, n, raw, sizeof(raw)) ||
		!text_digits(raw, strlen(raw), pc->digits, sizeof(pc->digits)))
		pc->digits[0] = '\0';
}

void answer_clean(const struct json *j, json_node n, char *out, size_t size)
{
	struct buf clean;
	char raw[64];

	out[0] = '\0';
	if (!json_string_fixed(j, n, raw, size < sizeof(raw) ? size : sizeof(raw)))
		return;
	buf_init(&clean, size - 1);
	text_add_clean(&clean, raw, strlen(raw), size);
	snprintf(out, size, "%s", clean.s);
	buf_release(&clean);
}

void answer_word(const struct json *j, json_node n, struct provider_call *pc)
{
	answer_clean(j, n, pc->word, sizeof(pc->word));
}

enum err answer_calls(const struct json *j, json_node array, answer_read_call *read,
	struct list_page *p, int *skipped)
{
	int size = json_size(j, array);

	if (size == 0)
		return ERR_NONE;
	p->calls = calloc((size_t)size, sizeof(*p->calls));
	if (p->calls == NULL)
		return ERR_NOMEM;
	for (json_node n = json_first(j, array); n != JSON_NONE; n = json_next(j, array, n)) {
		if (read(j, n, &p->calls[p->count]))
			p->count++;
		else
			++*skipped;
	}
	return ERR_NONE;
}
