/* Reading what providers answer: what is the same for all of them. Nothing here trusts a word. */
#ifndef PROVIDER_ANSWER_H
#define PROVIDER_ANSWER_H

#include "base/err.h"
#include "json/json.h"
#include "provider/provider.h"

/* The document of a complete 2xx, leniently read, so that what is wrong in one call does not hide the
 * others; anything else is ERR_IO. Then the errors of json_parse. */
enum err answer_json(const struct http_answer *a, struct json *j) must_check;

/* The text at a path of the document; false (and nothing added) if it is empty or none. */
bool answer_text(const struct json *j, const char *path, struct buf *out);
/* Whether a member is not set, which is written as null or {}, or not at all. */
bool answer_unset(const struct json *j, json_node n);
/* A positive number, also written as a string; 0 for anything else. */
int64_t answer_id(const struct json *j, json_node n);

/* The digits of the outside party; none if there are too many for a number. */
void answer_digits(const struct json *j, json_node n, struct provider_call *pc);
/* Text of a provider's without what does not belong into a line; "" if it is none, or longer. */
void answer_clean(const struct json *j, json_node n, char *out, size_t size);
/* The provider's word for the state: cleaned, and none if it is far too long for a word. */
void answer_word(const struct json *j, json_node n, struct provider_call *pc);

/* False: it is no call. */
typedef bool answer_read_call(const struct json *j, json_node n, struct provider_call *pc);
/* The calls of an array into the page; elements that are none are left out and counted. ERR_NOMEM. */
enum err answer_calls(const struct json *j, json_node array, answer_read_call *read,
	struct list_page *p, int *skipped) must_check;

#endif
