#include "sync/batch.h"

#include "base/fault.h"
#include "call/follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TRAIL_SIZE 160

struct batch {
	struct run *run;
	const struct call_list *rows;
	struct store_update updates[STORE_UPDATES_MAX];
	char trails[STORE_UPDATES_MAX][TRAIL_SIZE];
	size_t row[STORE_UPDATES_MAX]; /* which each update is of */
	size_t count;
};

enum err batch_open(struct run *r, const struct call_list *rows, struct batch **out)
{
	struct batch *b = calloc(1, sizeof(*b));
	*out = b;
	if (b == NULL)
		return ERR_NOMEM;
	b->run = r;
	b->rows = rows;
	return ERR_NONE;
}

void batch_close(struct batch *b)
{
	free(b);
}

/* --- writing --- */

static void account(struct batch *b, size_t i)
{
	const struct store_update *u = &b->updates[i];
	const struct call *c = &b->rows->calls[b->row[i]];
	struct sync_summary *s = b->run->s;
	char id[CALLID_SIZE];
	callid_format(&c->id, id);
	/* An event came in between: the next run sees what is so, and nobody need be told. */
	if (u->conflict)
		run_tell(b->run, "%s %s: has changed meanwhile", id, c->phone);
	if (!u->changed)
		return;
	s->updated++;
	if (u->became_final && u->status == CALL_LOST)
		s->lost++;
	else if (u->became_final)
		s->completed++;
	run_tell(b->run, "%s %s: %s -> %s (%s)", id, c->phone, call_status_word(c->status),
		call_status_word(u->status), u->trail != NULL ? u->trail : "");
}

/* The same decisions without the store: merge is pure. */
static enum err rehearse(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct store_update *u = &b->updates[i];
		struct call copy;
		call_init(&copy);
		enum err e = call_copy(&copy, &b->rows->calls[b->row[i]]);
		if (e != ERR_NONE) {
			call_release(&copy);
			return e;
		}
		bool was_final = call_status_final(copy.status);
		u->changed = merge(&copy, &u->said);
		u->status = copy.status;
		u->became_final = !was_final && call_status_final(copy.status);
		call_release(&copy);
	}
	return ERR_NONE;
}

enum err batch_flush(struct batch *b)
{
	const struct run *r = b->run;
	if (b->count == 0)
		return ERR_NONE;
	FAULT_POINT("sync-before-apply");
	enum err e = r->o->dry_run ? rehearse(b)
				   : store_apply(r->o->store, b->updates, b->count, r->now_ms);
	FAULT_POINT("sync-after-apply");
	for (size_t i = 0; i < b->count && e == ERR_NONE; i++)
		account(b, i);
	b->count = 0;
	return e;
}

enum err batch_add(struct batch *b, size_t row, const struct statement *said, int64_t next_look_ms,
	enum trail_kind kind, const char *trail)
{
	enum err e = b->count == STORE_UPDATES_MAX ? batch_flush(b) : ERR_NONE;
	if (e != ERR_NONE)
		return e;
	const struct call *c = &b->rows->calls[row];
	struct store_update *u = &b->updates[b->count];
	*u = (struct store_update){.id = c->id,
		.said = *said,
		.provider = c->provider,
		.next_look_ms = next_look_ms,
		.trail_kind = kind};
	snprintf(b->trails[b->count], TRAIL_SIZE, "%s", trail);
	u->trail = b->trails[b->count];
	b->row[b->count++] = row;
	return ERR_NONE;
}

/* --- what can be said --- */

enum err batch_seen(
	struct batch *b, size_t row, const struct provider_call *pc, int64_t next_look_ms)
{
	const struct call *c = &b->rows->calls[row];
	struct statement said;
	char text[TRAIL_SIZE];
	provider_call_statement(pc, b->run->now_ms, &said);
	snprintf(text, sizeof(text), "%s %" PRId64 " %s", provider_word(c->provider), pc->id,
		pc->word);
	return batch_add(
		b, row, &said, next_look_ms, c->external_id == 0 ? TRAIL_MATCH : TRAIL_POLL, text);
}

enum err batch_seen_leg(struct batch *b, size_t row, const struct provider_call *leg)
{
	struct statement said;
	char text[TRAIL_SIZE];
	provider_call_statement(leg, b->run->now_ms, &said);
	said.external_id = 0;
	snprintf(text, sizeof(text), "%s %" PRId64 " %s, another leg of the call",
		provider_word(b->rows->calls[row].provider), leg->id, leg->word);
	return batch_add(b, row, &said, -1, TRAIL_MATCH, text);
}

enum err batch_expired(struct batch *b, size_t row)
{
	struct statement said;
	statement_init(&said, SAID_BY_EXPIRY, b->run->now_ms);
	said.has_status = true;
	said.status = CALL_LOST;
	return batch_add(b, row, &said, -1, TRAIL_EXPIRY, "not shown within the reconcile window");
}

enum err batch_nothing(struct batch *b, size_t row, int64_t next_look_ms, const char *why)
{
	const struct call *c = &b->rows->calls[row];
	int64_t now_ms = b->run->now_ms, end = run_window_end(b->run, c);
	int64_t next = next_look_ms >= 0 ? next_look_ms : follow_next_look(c, now_ms);
	struct statement said;
	statement_init(&said, SAID_BY_PROVIDER, now_ms);
	if (!call_status_final(c->status) && next > end && now_ms < end)
		next = end;
	if (next == c->look_ms)
		return ERR_NONE;
	return batch_add(b, row, &said, next, TRAIL_POLL, why);
}
