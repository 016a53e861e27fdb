#include "sync/by_id.h"

#include "sync/rows.h"
#include "sync/turns.h"

#include <stdlib.h>
#include <string.h>

#define REQUEST_MS   INT64_C(10000)
#define MISSING_MAX  5
#define LIVE_MS      INT64_C(600000) /* so long after its start a call is fresh */
#define FAILURES_MAX 2               /* one call alone may be broken */
/* An outage is over so long after the end of a call's window: the call alone is broken. */
#define BROKEN_MS INT64_C(86400000)

static const struct track_ops ops;

static void init_track(struct by_id *b)
{
	b->track = (struct track){.ops = &ops,
		.self = b,
		.name = provider_title(b->after->provider->id),
		.request_ms = REQUEST_MS};
}

void by_id_init(struct by_id *b, const struct listing *after, struct tokens *tokens)
{
	*b = (struct by_id){.run = after->run, .after = after, .tokens = tokens};
	buf_init_secret(&b->token, OAUTH_TOKEN_MAX);
	init_track(b);
}

static void forget(struct by_id *b)
{
	call_list_release(&b->rows);
	batch_close(b->batch);
	free(b->turns);
	b->batch = NULL;
	b->turns = NULL;
	b->count = b->at = 0;
	b->begun = false;
	b->failures = 0;
}

void by_id_release(struct by_id *b)
{
	forget(b);
	buf_release(&b->token);
}

void by_id_again(struct by_id *b)
{
	forget(b);
	init_track(b);
}

bool by_id_with_users_tokens(const struct by_id *b)
{
	return b->whom == BY_ID_EVERYBODY;
}

/* --- whom --- */

static enum by_id_whom whom(const struct by_id *b)
{
	const struct listing *l = b->after;
	const struct provider *p = l->provider;
	bool listed = p->listed(b->run->o->config);
	if (listed && !l->refused && l->track.end == TRACK_FAILED)
		return BY_ID_NOBODY; /* it would be as unreachable */
	if (p->id == PROVIDER_AIRCALL)
		return BY_ID_MISSING;
	if (listed && !l->refused)
		return BY_ID_LIVE;
	return p->configured(b->run->o->config) ? BY_ID_EVERYBODY : BY_ID_NOBODY;
}

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct callid));
}

static bool is_missing(const struct by_id *b, const struct call *c)
{
	const struct listing *l = b->after;
	return l->missing_count > 0 && bsearch(&c->id, l->missing, l->missing_count,
					       sizeof(*l->missing), compare_ids) != NULL;
}

static bool is_asked_about(const struct by_id *b, const struct call *c)
{
	int64_t now_ms = b->run->now_ms;
	/* What was looked at in this run has got its time. */
	if (c->external_id == 0 || c->look_ms == now_ms || !run_is_due(b->run, c))
		return false;
	switch (b->whom) {
	case BY_ID_MISSING:
		return is_missing(b, c);
	case BY_ID_LIVE:
		return c->status < CALL_IN_PROGRESS && now_ms < c->start_ms + LIVE_MS;
	case BY_ID_EVERYBODY:
		return !call_status_final(c->status);
	case BY_ID_NOBODY:
		break;
	}
	return false;
}

static enum err begin(struct by_id *b)
{
	b->begun = true;
	b->whom = whom(b);
	if (b->whom == BY_ID_NOBODY || (b->whom == BY_ID_MISSING && b->after->missing_count == 0))
		return ERR_NONE;
	enum err e = rows_load_of(b->run, b->after->provider, &b->rows);
	if (e == ERR_NONE)
		e = batch_open(b->run, &b->rows, &b->batch);
	if (e != ERR_NONE)
		return e;
	b->turns = calloc(b->rows.count + 1, sizeof(*b->turns));
	if (b->turns == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < b->rows.count; i++)
		if (is_asked_about(b, &b->rows.calls[i]))
			b->turns[b->count++] = i;
	turns_sort(b->rows.calls, b->turns, b->count, b->run->now_ms);
	if (b->whom == BY_ID_MISSING && b->count > MISSING_MAX)
		b->count = MISSING_MAX;
	b->track.total = (int64_t)b->count;
	return ERR_NONE;
}

/* --- one call --- */

/* The row is done with: it gets its turn again after the others. */
static int64_t turn_again(const struct by_id *b)
{
	return b->run->now_ms;
}

static enum err nothing(struct by_id *b, size_t row, const char *why)
{
	if (run_is_expired(b->run, &b->rows.calls[row]))
		return batch_expired(b->batch, row);
	bool ended = call_status_final(b->rows.calls[row].status);
	return batch_nothing(b->batch, row, ended ? -1 : turn_again(b), why);
}

static enum err seen(struct by_id *b, size_t row, const struct provider_call *pc)
{
	enum err e = batch_seen(b->batch, row, pc, turn_again(b));
	bool ended = pc->has_status && call_status_final(pc->status);
	if (e == ERR_NONE && !ended && run_is_expired(b->run, &b->rows.calls[row]))
		e = batch_expired(b->batch, row);
	return e;
}

/* It must not stand in the way of the others for ever. */
static enum err postpone(struct by_id *b, size_t row)
{
	struct statement said;
	statement_init(&said, SAID_BY_PROVIDER, b->run->now_ms);
	if (call_status_final(b->rows.calls[row].status))
		return batch_nothing(b->batch, row, -1, "");
	return batch_add(b->batch, row, &said, turn_again(b), TRAIL_POLL, "");
}

/* One call alone may be broken; more is an outage. */
static enum err failed(struct by_id *b, size_t row, const char *what, const struct http_answer *a)
{
	const struct call *c = &b->rows.calls[row];
	bool answered = a != NULL && a->fault == HTTP_ANSWERED;
	track_fail(&b->track, what, a);
	if (++b->failures < FAILURES_MAX && (a == NULL || answered))
		b->track.end = TRACK_GOING;
	if (answered && run_is_expired(b->run, c) &&
		b->run->now_ms >= run_window_end(b->run, c) + BROKEN_MS)
		return batch_expired(b->batch, row);
	return postpone(b, row);
}

static enum err without_token(struct by_id *b, size_t row, enum token_result got)
{
	switch (got) {
	case TOKEN_NOT_CONNECTED:
	case TOKEN_RECONNECT:
		return nothing(b, row, "cannot be asked about: the user is not connected");
	case TOKEN_NO_KEY:
	case TOKEN_STORAGE:
		return failed(b, row, "the tokens of a user cannot be read", NULL);
	case TOKEN_UNREACHABLE: /* after the refresh */
	case TOKEN_READY:
		break;
	}
	return ERR_NONE;
}

/* With what the call is asked about; NULL where that is nothing. False: not at all. */
static bool get_token(struct by_id *b, size_t row, const char **token, enum err *e)
{
	*token = b->whom == BY_ID_LIVE ? b->run->o->config->dialpad_api_key : NULL;
	*e = ERR_NONE;
	if (b->whom != BY_ID_EVERYBODY)
		return true;
	if (!tokens_usable(b->tokens)) {
		track_fail(&b->track, "the key of the users' tokens cannot be used", NULL);
		return false;
	}
	enum token_result got = tokens_get(b->tokens, b->rows.calls[row].user, &b->token);
	*token = b->token.s;
	if (got != TOKEN_READY)
		*e = without_token(b, row, got);
	return got == TOKEN_READY;
}

static enum err next(struct track *t, struct http_request *r, enum limit *limit)
{
	struct by_id *b = t->self;
	const struct provider *p = b->after->provider;
	enum err e = b->begun ? ERR_NONE : begin(b);
	*limit = p->id == PROVIDER_AIRCALL ? LIMIT_AIRCALL : LIMIT_DIALPAD_CALL;
	for (; e == ERR_NONE && b->at < b->count && t->end == TRACK_GOING; b->at++) {
		size_t row = b->turns[b->at];
		const char *token;
		if (get_token(b, row, &token, &e))
			return p->get_request(
				b->run->o->config, token, b->rows.calls[row].external_id, r);
	}
	if (e == ERR_NONE && b->failures > 0)
		t->end = TRACK_FAILED;
	return e == ERR_NONE ? ERR_NOT_FOUND : e;
}

/* More than the list need not be shown: what may not be read is not asked for again. */
static bool may_not_be_read(const struct by_id *b, const struct http_answer *a)
{
	return b->whom == BY_ID_LIVE && a->fault == HTTP_ANSWERED && a->status < 500;
}

static enum err take(struct by_id *b, size_t row, const struct http_answer *a)
{
	const struct call *c = &b->rows.calls[row];
	struct provider_call pc;
	enum err e = b->after->provider->get_read(a, &pc);
	if (e == ERR_NOMEM)
		return e;
	if (e == ERR_NONE && pc.id == c->external_id)
		return seen(b, row, &pc);
	if (e == ERR_NOT_FOUND)
		return nothing(b, row, "asked about by its id, and not shown");
	if (b->whom == BY_ID_EVERYBODY && a->fault == HTTP_ANSWERED && a->status == 401) {
		tokens_refused(b->tokens, c->user, b->token.s);
		return ERR_NONE;
	}
	if (may_not_be_read(b, a)) {
		b->track.end = TRACK_DONE;
		return ERR_NONE;
	}
	return failed(b, row, "a call cannot be read", a);
}

static enum err feed(struct track *t, const struct http_answer *a)
{
	struct by_id *b = t->self;
	enum err e = take(b, b->turns[b->at++], a);
	t->done = (int64_t)b->at;
	return e == ERR_NONE ? batch_flush(b->batch) : e;
}

static enum err ended(struct track *t)
{
	struct by_id *b = t->self;
	/* Showing more than the list is only tried. */
	if (b->whom == BY_ID_LIVE && t->end == TRACK_LIMITED)
		t->end = TRACK_DONE;
	run_report(b->run, t, b->after->provider->id);
	return b->batch != NULL ? batch_flush(b->batch) : ERR_NONE;
}

static const struct track_ops ops = {next, feed, ended};
