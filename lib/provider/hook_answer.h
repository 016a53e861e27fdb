/* Reading webhooks out of answers: what is the same for all providers. Internal to lib/provider. */
#ifndef PROVIDER_HOOK_ANSWER_H
#define PROVIDER_HOOK_ANSWER_H

#include "json/json.h"
#include "provider/hooks.h"

/* An id written as text or number; false (and "") if it is none. */
bool hook_read_id(const struct json *j, json_node n, char out[HOOK_ID_SIZE]);
/* A text, "" if it is none. ERR_NOMEM. */
enum err hook_read_text(const struct json *j, json_node n, char **out) must_check;
/* Whether the id may stand in an address. */
bool hook_id_valid(const char *id);

/* Reads the names of an array into `events`; *right: they are exactly these (NULL at the end). */
enum err hook_read_events(const struct json *j, json_node array, const char *const *wanted,
	char **events, bool *right) must_check;

/* An element of a list; ERR_NOT_FOUND: it is none. */
typedef enum err hook_read_fn(const struct json *j, json_node n, struct hook *h);
enum err hook_read_all(
	const struct json *j, json_node array, hook_read_fn *read, struct hook_page *p) must_check;
/* One alone. ERR_INVALID if it is none. */
enum err hook_read_one(
	const struct json *j, json_node n, hook_read_fn *read, struct hook_page *p) must_check;

/* A request's names as JSON. */
struct jsonw;
void hook_write_events(struct jsonw *w, const char *key, const char *const *names);

#endif
