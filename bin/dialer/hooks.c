#include "hooks.h"

#include "provider/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_MAX 40 /* far more than a provider lets one have */

bool hook_desk_open(struct hook_desk *d, struct app *a)
{
	*d = (struct hook_desk){.app = a};
	return app_open_store(a) && asking_open(&d->asking, a);
}

void hook_desk_close(struct hook_desk *d)
{
	asking_close(&d->asking);
}

/* --- asking --- */

static enum limit limit_of(const struct hook_kind *k, const struct http_request *r)
{
	if (k->provider == PROVIDER_AIRCALL)
		return LIMIT_AIRCALL;
	return k == &dialpad_hooks && strcmp(r->method, "POST") == 0 ? LIMIT_DIALPAD_WEBHOOKS
								     : LIMIT_DIALPAD_OTHER;
}

static bool holds_secret(const struct config *c, const char *text)
{
	const char *const secrets[] = {c->aircall_webhook_token, c->dialpad_webhook_secret,
		c->aircall_api_token, c->dialpad_api_key};
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (secrets[i][0] != '\0' && strstr(text, secrets[i]) != NULL)
			return true;
	return false;
}

static const char *hint(enum provider_id p, int status)
{
	if (status != 401 && status != 403)
		return "";
	return p == PROVIDER_AIRCALL ? " (is AIRCALL_API_KEY right?)"
				     : " (is DIALPAD_API_KEY right, and made by an administrator?)";
}

static void complain_about(const struct hook_desk *d, const struct hook_kind *k, const char *what,
	const struct http_answer *a)
{
	struct place_outcome o; /* for the provider's own words, cleaned */
	const char *title = provider_title(k->provider);
	if (a->fault != HTTP_ANSWERED) {
		complain("%s: a %s could not be %s: %s", title, k->title, what, a->error);
		return;
	}
	provider_find(k->provider)->place_outcome(a, &o);
	if (holds_secret(&d->app->config, o.detail))
		o.detail[0] = '\0';
	complain("%s: a %s could not be %s: HTTP %d%s%s%s", title, k->title, what, a->status,
		o.detail[0] != '\0' ? ": " : "", o.detail, hint(k->provider, a->status));
}

/* Sends the request. False: there is no good answer. */
static bool ask(struct hook_desk *d, const struct hook_kind *k, const char *what, enum err built,
	const struct http_request *r, struct http_answer *a)
{
	if (built != ERR_NONE) {
		complain("%s: a %s could not be %s: %s", provider_title(k->provider), k->title,
			what, built == ERR_NOMEM ? "out of memory" : "the settings lack its key");
		return false;
	}
	if (!asking_send(&d->asking, provider_title(k->provider), limit_of(k, r), r, a))
		return false;
	if (a->fault == HTTP_ANSWERED && a->status >= 200 && a->status <= 299)
		return true;
	/* What is gone need not be removed. */
	if (a->fault == HTTP_ANSWERED && a->status == 404 && strcmp(r->method, "DELETE") == 0)
		return true;
	complain_about(d, k, what, a);
	return false;
}

static bool readable(const struct hook_kind *k, enum err e)
{
	if (e == ERR_NONE)
		return true;
	complain("%s: its answer about a %s makes no sense: %s", provider_title(k->provider),
		k->title, err_word(e));
	return false;
}

/* --- pages --- */

/* Moves the hooks of a page to the end of all. */
static bool append(struct hook_page *all, struct hook_page *page)
{
	struct hook *bigger = realloc(all->hooks, (all->count + page->count + 1) * sizeof(*bigger));
	if (bigger == NULL) {
		complain("out of memory");
		return false;
	}
	all->hooks = bigger;
	for (size_t i = 0; i < page->count; i++)
		all->hooks[all->count++] = page->hooks[i];
	page->count = 0;
	return true;
}

static bool read_page(struct hook_desk *d, const struct hook_kind *k, int number,
	const char *cursor, struct hook_page *page)
{
	struct http_request r;
	struct http_answer a;
	http_request_init(&r, "GET");
	http_answer_init(&a);
	*page = (struct hook_page){.hooks = NULL};
	enum err e = k->list_request(&d->app->config, number, cursor, &r);
	bool ok = ask(d, k, "read", e, &r, &a) && readable(k, k->list_read(&a, page));
	http_request_release(&r);
	http_answer_release(&a);
	return ok;
}

bool hook_desk_list(struct hook_desk *d, const struct hook_kind *k, struct hook_page *all)
{
	char *cursor = NULL;
	bool ok = true, more = true;
	*all = (struct hook_page){.hooks = NULL};
	for (int number = 1; ok && more && number <= PAGES_MAX; number++) {
		struct hook_page page;
		ok = read_page(d, k, number, cursor, &page) && append(all, &page);
		more = page.more;
		free(cursor);
		cursor = page.cursor;
		page.cursor = NULL;
		hook_page_release(&page);
	}
	free(cursor);
	return ok;
}

/* --- changes --- */

bool hook_desk_put(struct hook_desk *d, const struct hook_kind *k, const char *id,
	const char *target, struct hook_page *made)
{
	struct http_request r;
	struct http_answer a;
	http_request_init(&r, "POST");
	http_answer_init(&a);
	*made = (struct hook_page){.hooks = NULL};
	enum err e = k->put_request(&d->app->config, id, target, &r);
	bool ok = ask(d, k, id != NULL ? "changed" : "made", e, &r, &a) &&
		  readable(k, k->put_read(&a, made));
	http_request_release(&r);
	http_answer_release(&a);
	return ok;
}

bool hook_desk_delete(struct hook_desk *d, const struct hook_kind *k, const char *id)
{
	struct http_request r;
	struct http_answer a;
	http_request_init(&r, "DELETE");
	http_answer_init(&a);
	enum err e = k->delete_request(&d->app->config, id, &r);
	bool ok = ask(d, k, "removed", e, &r, &a);
	http_request_release(&r);
	http_answer_release(&a);
	return ok;
}
