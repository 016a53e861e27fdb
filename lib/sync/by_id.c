#include "sync/by_id.h"

#include "base/clock.h"
#include "connect/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MS INT64_C(10000)

/* One provider being asked. */
struct asking {
	struct batch *b;
	const struct provider *p;
	struct connect_session session;
	int64_t requests_left;
	bool stop; /* a limit, or it cannot be asked at all */
};

enum seen { SEEN, SEEN_NOTHING, SEEN_NO_ANSWER };

static bool is_followed(const struct asking *a, const struct call *c)
{
	return c->provider == a->p->id && c->external_id != 0 && !call_status_final(c->status) &&
	       run_is_due(a->b->run, c);
}

/* --- order --- */

struct candidate {
	size_t index;
	int64_t start_ms;
};

static int fresh_first(const void *x, const void *y)
{
	const struct candidate *a = x, *b = y;
	return a->start_ms > b->start_ms ? -1 : a->start_ms < b->start_ms;
}

static size_t gather(const struct asking *a, struct candidate *to)
{
	const struct call_list *l = &a->b->run->calls;
	size_t count = 0;
	for (size_t i = 0; i < l->count; i++)
		if (is_followed(a, &l->calls[i]))
			to[count++] = (struct candidate){i, l->calls[i].start_ms};
	qsort(to, count, sizeof(*to), fresh_first);
	return count;
}

/* --- one call --- */

static void failed(struct asking *a, const struct http_answer *answer)
{
	struct run *r = a->b->run;
	a->stop = true;
	if (answer->fault == HTTP_ANSWERED && answer->status == 429) {
		r->s->limit_met = true;
		run_tell(r, "%s: too many requests", provider_word(a->p->id));
		return;
	}
	r->s->provider_failed = true;
	log_write(r->o->log, LOG_OUTSIDE, "E5201", "%s: a call cannot be read: %s %d",
		provider_word(a->p->id), answer->error,
		answer->fault == HTTP_ANSWERED ? answer->status : 0);
}

static enum err get(struct asking *a, const struct call *c, const char *token,
	struct http_answer *answer, struct provider_call *pc)
{
	struct run *r = a->b->run;
	struct http_request request;
	int64_t left = r->deadline - clock_mono_ms();
	http_request_init(&request, "GET");
	enum err e = a->p->get_request(r->o->config, token, c->external_id, &request);
	if (e == ERR_NONE && left > 0) {
		r->s->requests[a->p->id]++;
		a->requests_left--;
		http_client_perform(
			a->session.http, &request, left < REQUEST_MS ? left : REQUEST_MS, answer);
	}
	http_request_release(&request);
	return e == ERR_NONE ? a->p->get_read(answer, pc) : e;
}

/* Asks with the user's token; once more if it was refused and could be refreshed. */
static enum seen look(struct asking *a, const struct call *c, struct provider_call *pc)
{
	struct run *r = a->b->run;
	struct buf token, fresh;
	struct http_answer answer;
	int64_t provider_user;
	buf_init_secret(&token, OAUTH_TOKEN_MAX);
	buf_init_secret(&fresh, OAUTH_TOKEN_MAX);
	http_answer_init(&answer);
	enum seen seen = SEEN_NOTHING;
	int64_t patience = clock_mono_ms() + REQUEST_MS;
	a->session.context.deadline = patience < r->deadline ? patience : r->deadline;
	enum token_result t = connect_token(
		&a->session.context, c->user, NULL, r->now_ms, &token, &provider_user);
	if (t == TOKEN_READY) {
		enum err e = get(a, c, token.s, &answer, pc);
		bool refused = answer.fault == HTTP_ANSWERED && answer.status == 401;
		if (refused && a->requests_left > 0 &&
			connect_token(&a->session.context, c->user, token.s, r->now_ms, &fresh,
				&provider_user) == TOKEN_READY)
			e = get(a, c, fresh.s, &answer, pc);
		if (e == ERR_NONE && pc->id == c->external_id)
			seen = SEEN;
		else if (e != ERR_NONE && e != ERR_NOT_FOUND && !(refused && answer.status == 401))
			failed(a, &answer);
	} else if (t != TOKEN_NOT_CONNECTED && t != TOKEN_RECONNECT) {
		/* An outage, not an answer: the next run tries again, this one wastes no more
		 * time. */
		r->s->provider_failed = true;
		a->stop = true;
	}
	if (a->stop)
		seen = SEEN_NO_ANSWER;
	http_answer_release(&answer);
	buf_release(&token);
	buf_release(&fresh);
	return seen;
}

static enum err follow(struct asking *a, size_t index)
{
	struct run *r = a->b->run;
	const struct call *c = &r->calls.calls[index];
	struct provider_call pc;
	enum err e = ERR_NONE;
	enum seen seen = look(a, c, &pc);
	if (seen == SEEN_NO_ANSWER)
		return ERR_NONE;
	if (seen == SEEN)
		e = batch_seen(a->b, index, &pc);
	bool ended = seen == SEEN && pc.has_status && call_status_final(pc.status);
	if (e == ERR_NONE && run_is_expired(r, c) && !ended)
		return batch_expired(a->b, index);
	return e == ERR_NONE && seen == SEEN_NOTHING ? batch_nothing(a->b, index) : e;
}

static enum err follow_all(struct asking *a)
{
	struct run *r = a->b->run;
	struct candidate *c = calloc(r->calls.count + 1, sizeof(*c));
	if (c == NULL)
		return ERR_NOMEM;
	size_t count = gather(a, c);
	enum err e = ERR_NONE;
	for (size_t i = 0; i < count && e == ERR_NONE && !a->stop; i++) {
		if (a->requests_left <= 0 || clock_mono_ms() >= r->deadline) {
			r->s->limit_met = true;
			break;
		}
		e = follow(a, c[i].index);
	}
	free(c);
	return e == ERR_NONE ? batch_flush(a->b) : e;
}

static bool any(const struct asking *a)
{
	const struct call_list *l = &a->b->run->calls;
	for (size_t i = 0; i < l->count; i++)
		if (is_followed(a, &l->calls[i]))
			return true;
	return false;
}

enum err by_id_follow(struct batch *b, const struct provider *p)
{
	struct run *r = b->run;
	struct asking a = {.b = b, .p = p, .requests_left = BY_ID_REQUESTS};
	if (!any(&a))
		return ERR_NONE;
	enum err e = connect_session_open(&a.session, r->o->config, r->o->store, r->o->log, true);
	if (e == ERR_NONE)
		e = follow_all(&a);
	else if (e != ERR_NOMEM) {
		/* Without the key of the tokens nobody can be asked for; it has been logged. */
		r->s->provider_failed = true;
		e = ERR_NONE;
	}
	connect_session_close(&a.session);
	return e;
}
