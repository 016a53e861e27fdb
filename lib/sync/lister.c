#include "sync/lister.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MS INT64_C(15000)

void lister_release(struct lister *l)
{
	free(l->calls);
	l->calls = NULL;
	l->count = l->room = 0;
}

static enum err keep(struct lister *l, const struct list_page *p)
{
	if (p->count > l->room - l->count) {
		size_t room = l->room * 2 > l->count + p->count ? l->room * 2 : l->count + p->count;
		struct provider_call *bigger = realloc(l->calls, room * sizeof(*bigger));
		if (bigger == NULL)
			return ERR_NOMEM;
		l->calls = bigger;
		l->room = room;
	}
	if (p->count > 0)
		memcpy(l->calls + l->count, p->calls, p->count * sizeof(*p->calls));
	l->count += p->count;
	return ERR_NONE;
}

static void give_up(struct lister *l, bool limited, const char *what, const struct http_answer *a)
{
	l->limited = limited;
	l->failed = !limited;
	if (a != NULL && a->fault == HTTP_ANSWERED)
		snprintf(l->why, sizeof(l->why), "%s: %s, HTTP %d", provider_word(l->provider->id),
			what, a->status);
	else
		snprintf(l->why, sizeof(l->why), "%s: %s%s%s", provider_word(l->provider->id), what,
			a != NULL ? ": " : "", a != NULL ? a->error : "");
}

/* One page; what is wrong ends in failed or limited, and only want of memory is an error. */
static enum err fetch_page(struct lister *l, const struct list_query *q, struct list_page *page)
{
	int64_t left = l->deadline - clock_mono_ms();
	if (l->requests_left <= 0 || left <= 0) {
		give_up(l, true, l->requests_left <= 0 ? "no requests left" : "no time left", NULL);
		return ERR_NONE;
	}
	struct http_request request;
	struct http_answer answer;
	int skipped = 0;
	http_request_init(&request, "GET");
	http_answer_init(&answer);
	enum err e = l->provider->list_request(l->config, q, &request);
	if (e == ERR_NONE) {
		l->requests++;
		l->requests_left--;
		http_client_perform(
			l->http, &request, left < REQUEST_MS ? left : REQUEST_MS, &answer);
		e = l->provider->list_read(&answer, q, page, &skipped);
	}
	if (answer.fault == HTTP_ANSWERED && answer.status == 429)
		give_up(l, true, "too many requests", &answer);
	else if (e != ERR_NONE && e != ERR_NOMEM)
		give_up(l, false, "the list cannot be read", &answer);
	http_request_release(&request);
	http_answer_release(&answer);
	return e == ERR_NOMEM ? e : ERR_NONE;
}

/* Pages are asked for in order of the start. A window fuller than can be paged through is begun
 * anew where the last page ended. */
static enum err fetch_window(struct lister *l, struct window *w)
{
	struct list_query q = {.from_ms = w->from_ms, .to_ms = w->to_ms, .page = 1};
	enum err e = ERR_NONE;
	bool more = true;
	if (w->to_ms < l->listed_ms)
		return ERR_NONE; /* its turn was before, and is again in the next cycle */
	if (q.from_ms < l->listed_ms)
		q.from_ms = l->listed_ms;
	while (more && e == ERR_NONE) {
		struct list_page page = {.calls = NULL};
		e = fetch_page(l, &q, &page);
		if (e != ERR_NONE || l->failed || l->limited) {
			list_page_release(&page);
			return e;
		}
		e = keep(l, &page);
		more = page.more;
		int64_t last = page.count > 0 ? page.calls[page.count - 1].start_ms : q.from_ms;
		/* Of the last second there may be more on the next page. */
		w->listed_to_ms = more ? last - 1000 : w->to_ms;
		if (w->listed_to_ms > l->listed_ms)
			l->listed_ms = w->listed_to_ms;
		list_page_release(&page);
		if ((int64_t)(q.page + 1) * l->provider->list_page_size <= l->provider->list_cap) {
			q.page++;
		} else {
			q.page = 1;
			q.from_ms = last > q.from_ms ? last : q.from_ms + 1000;
		}
	}
	return e;
}

static int compare(const void *a, const void *b)
{
	const struct provider_call *x = a, *y = b;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* In order of the ids, each once. */
static void tidy(struct lister *l)
{
	size_t kept = 0;
	if (l->count == 0)
		return;
	qsort(l->calls, l->count, sizeof(*l->calls), compare);
	for (size_t i = 1; i < l->count; i++)
		if (l->calls[i].id != l->calls[kept].id)
			l->calls[++kept] = l->calls[i];
	l->count = kept + 1;
}

enum err lister_fetch(struct lister *l, struct window *windows, size_t count)
{
	enum err e = ERR_NONE;
	for (size_t i = 0; i < count && e == ERR_NONE && !l->failed && !l->limited; i++)
		e = fetch_window(l, &windows[i]);
	tidy(l);
	return e;
}

const struct provider_call *lister_find(const struct lister *l, int64_t id)
{
	struct provider_call key = {.id = id};
	return l->count == 0 ? NULL : bsearch(&key, l->calls, l->count, sizeof(*l->calls), compare);
}
