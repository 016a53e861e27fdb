#include "provider/hook_answer.h"

#include "base/secret.h"
#include "base/text.h"
#include "config/url.h"
#include "json/jsonw.h"
#include "provider/answer.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)8 * 1024)

/* --- what belongs to a hook --- */

static void hook_release(struct hook *h)
{
	free(h->url);
	free(h->events);
	if (h->proof != NULL)
		secret_wipe(h->proof, strlen(h->proof));
	free(h->proof);
}

void hook_page_release(struct hook_page *p)
{
	for (size_t i = 0; i < p->count; i++)
		hook_release(&p->hooks[i]);
	free(p->hooks);
	free(p->cursor);
	*p = (struct hook_page){.hooks = NULL};
}

bool hook_address(const struct config *c, enum provider_id p, struct buf *out, const char **why)
{
	struct url u;

	*why = "DIALER_PUBLIC_URL is not set: without it no provider can reach this server";
	if (c->public_url[0] == '\0')
		return false;
	*why = "DIALER_PUBLIC_URL must be https: providers send their events to no other address";
	if (!url_split(c->public_url, strlen(c->public_url), &u) ||
		(!u.https && !url_is_loopback(&u)))
		return false;
	*why = "out of memory";
	return buf_addf(out, "%s/api/dialer/webhooks/%s", c->public_url, provider_word(p));
}

/* --- values --- */

bool hook_id_valid(const char *id)
{
	size_t len = strlen(id);

	return len > 0 && len < HOOK_ID_SIZE &&
	       strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") == len;
}

bool hook_read_id(const struct json *j, json_node n, char out[HOOK_ID_SIZE])
{
	int64_t number = answer_id(j, n);

	if (number != 0)
		snprintf(out, HOOK_ID_SIZE, "%" PRId64, number);
	else if (!json_string_fixed(j, n, out, HOOK_ID_SIZE) || !hook_id_valid(out))
		out[0] = '\0';
	return out[0] != '\0';
}

enum err hook_read_text(const struct json *j, json_node n, char **out)
{
	struct buf text;

	buf_init_secret(&text, TEXT_MAX);
	if (!json_text(j, n, &text))
		buf_reset(&text);
	*out = text_dup(text.s, text.len);
	buf_release(&text);
	return *out != NULL ? ERR_NONE : ERR_NOMEM;
}

static bool holds(const struct json *j, json_node array, const char *name)
{
	for (json_node n = json_first(j, array); n != JSON_NONE; n = json_next(j, array, n))
		if (json_string_is(j, n, name))
			return true;
	return false;
}

static bool is_among(const struct json *j, json_node n, const char *const *names)
{
	for (; *names != NULL; names++)
		if (json_string_is(j, n, *names))
			return true;
	return false;
}

enum err hook_read_events(const struct json *j, json_node array, const char *const *wanted,
	char **events, bool *right)
{
	struct buf text;
	char name[64];

	*right = true;
	buf_init(&text, TEXT_MAX);
	for (json_node n = json_first(j, array); n != JSON_NONE; n = json_next(j, array, n)) {
		*right = *right && is_among(j, n, wanted);
		answer_clean(j, n, name, sizeof(name));
		buf_addf(&text, "%s%s", text.len > 0 ? " " : "", name);
	}
	for (; *wanted != NULL; wanted++)
		*right = *right && holds(j, array, *wanted);
	*events = text_dup(text.s, text.len);
	buf_release(&text);
	return *events != NULL ? ERR_NONE : ERR_NOMEM;
}

/* --- lists --- */

enum err hook_read_all(
	const struct json *j, json_node array, hook_read_fn *read, struct hook_page *p)
{
	int size = json_size(j, array);
	enum err e = ERR_NONE;

	if (size == 0)
		return ERR_NONE;
	p->hooks = calloc((size_t)size, sizeof(*p->hooks));
	if (p->hooks == NULL)
		return ERR_NOMEM;
	for (json_node n = json_first(j, array); n != JSON_NONE && e == ERR_NONE;
		n = json_next(j, array, n)) {
		struct hook *h = &p->hooks[p->count];

		e = read(j, n, h);
		if (e == ERR_NONE)
			p->count++;
		else
			hook_release(h);
		if (e == ERR_NOT_FOUND) {
			*h = (struct hook){.active = false};
			e = ERR_NONE;
		}
	}
	return e;
}

enum err hook_read_one(const struct json *j, json_node n, hook_read_fn *read, struct hook_page *p)
{
	enum err e;

	p->hooks = calloc(1, sizeof(*p->hooks));
	if (p->hooks == NULL)
		return ERR_NOMEM;
	p->count = 1;
	e = read(j, n, p->hooks);
	return e == ERR_NOT_FOUND ? ERR_INVALID : e;
}

void hook_write_events(struct jsonw *w, const char *key, const char *const *names)
{
	jsonw_key(w, key);
	jsonw_array(w);
	for (; *names != NULL; names++)
		jsonw_text(w, *names);
	jsonw_array_end(w);
}
