#include "sync/run.h"

#include "base/fault.h"
#include "call/follow.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void run_tell(const struct run *r, const char *fmt, ...)
{
	char line[600];
	if (r->o->tell == NULL)
		return;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	r->o->tell(r->o->arg, line);
}

enum err run_http(struct run *r)
{
	return r->http != NULL ? ERR_NONE : http_client_open(r->o->config, &r->http);
}

static int64_t window_ms(const struct run *r)
{
	return r->o->config->reconcile_hours * INT64_C(3600000);
}

bool run_is_due(const struct run *r, const struct call *c)
{
	return c->look_ms <= r->now_ms;
}

bool run_is_expired(const struct run *r, const struct call *c)
{
	return !call_status_final(c->status) && r->now_ms >= c->start_ms + window_ms(r);
}

/* --- writing what was found --- */

static void account(struct batch *b, size_t i)
{
	const struct store_update *u = &b->updates[i];
	const struct call *c = &b->run->calls.calls[b->index[i]];
	struct sync_summary *s = b->run->s;
	char id[CALLID_SIZE];
	if (u->conflict)
		log_write(b->run->o->log, LOG_NOTE, "N5001",
			"a provider's call belongs to another row already");
	if (!u->changed)
		return;
	s->updated++;
	if (u->became_final && u->status == CALL_LOST)
		s->lost++;
	else if (u->became_final)
		s->completed++;
	callid_format(&c->id, id);
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
		enum err e = call_copy(&copy, &b->run->calls.calls[b->index[i]]);
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
	FAULT_POINT("sync-before-apply");
	enum err e = b->run->o->dry_run
			     ? rehearse(b)
			     : store_apply(b->run->o->store, b->updates, b->count, b->run->now_ms);
	FAULT_POINT("sync-after-apply");
	for (size_t i = 0; i < b->count && e == ERR_NONE; i++)
		account(b, i);
	b->count = 0;
	return e;
}

enum err batch_add(struct batch *b, size_t index, const struct statement *said,
	int64_t next_look_ms, enum trail_kind kind, const char *trail)
{
	enum err e = b->count == STORE_UPDATES_MAX ? batch_flush(b) : ERR_NONE;
	if (e != ERR_NONE)
		return e;
	const struct call *c = &b->run->calls.calls[index];
	struct store_update *u = &b->updates[b->count];
	*u = (struct store_update){.id = c->id,
		.said = *said,
		.provider = c->provider,
		.next_look_ms = next_look_ms,
		.trail_kind = kind};
	snprintf(b->trails[b->count], sizeof(b->trails[0]), "%s", trail);
	u->trail = b->trails[b->count];
	b->index[b->count++] = index;
	return ERR_NONE;
}

/* --- deciding --- */

enum err batch_seen(struct batch *b, size_t index, const struct provider_call *pc)
{
	const struct call *c = &b->run->calls.calls[index];
	struct statement said;
	char text[160];
	provider_call_statement(pc, b->run->now_ms, &said);
	snprintf(text, sizeof(text), "%s %" PRId64 " %s", provider_word(c->provider), pc->id,
		pc->word);
	return batch_add(b, index, &said, -1, c->external_id == 0 ? TRAIL_MATCH : TRAIL_POLL, text);
}

enum err batch_expired(struct batch *b, size_t index)
{
	struct statement said;
	statement_init(&said, SAID_BY_EXPIRY, b->run->now_ms);
	said.has_status = true;
	said.status = CALL_LOST;
	return batch_add(
		b, index, &said, -1, TRAIL_EXPIRY, "not shown within the reconcile window");
}

/* Looked for and not found: only the time of the next look changes. The end of the window is looked
 * at in any case. */
enum err batch_nothing(struct batch *b, size_t index)
{
	const struct call *c = &b->run->calls.calls[index];
	struct statement said;
	statement_init(&said, SAID_BY_PROVIDER, b->run->now_ms);
	int64_t next = follow_next_look(c, b->run->now_ms), end = c->start_ms + window_ms(b->run);
	if (!call_status_final(c->status) && next > end && b->run->now_ms < end)
		next = end;
	if (next == c->look_ms)
		return ERR_NONE;
	return batch_add(b, index, &said, next, TRAIL_POLL, "");
}
