/* What a webhook told: into its row, or among those that wait, or only into the counts. */
#include "store/events.h"

#include "base/fault.h"
#include "base/text.h"
#include "call/decision.h"
#include "call/follow.h"
#include "store/codec.h"
#include "store/fields.h"
#include "store/keys.h"
#include "store/kept.h"
#include "store/range.h"
#include "store/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Around the start of a provider's call: where the rows are that it may belong to. A provider may
 * be asked up to two minutes after the row was stored, and dial two minutes later. */
#define ROWS_BEFORE_MS INT64_C(250000)
#define ROWS_AFTER_MS  INT64_C(10000)
/* An event comes after its call began, as far as clocks agree. */
#define OTHERS_BEFORE_MS INT64_C(180000)
/* Looked at in one stay inside the gate; where there are more, nothing is decided. */
#define LOOKED_AT_MAX  2000
#define CANDIDATES_MAX 64

/* --- counts --- */

static const char *const count_words[EVENT_COUNT__MAX] = {
	[EVENT_COUNT_RECEIVED] = "received",
	[EVENT_COUNT_APPLIED] = "applied",
	[EVENT_COUNT_UNCHANGED] = "unchanged",
	[EVENT_COUNT_KEPT] = "kept",
	[EVENT_COUNT_DROPPED] = "dropped",
	[EVENT_COUNT_FOLDED] = "folded",
	[EVENT_COUNT_EXPIRED] = "expired",
	[EVENT_COUNT_CROWDED] = "crowded",
};

const char *event_count_word(enum event_count c)
{
	return (unsigned int)c < EVENT_COUNT__MAX ? count_words[c] : "";
}

/* Counts it does not know are left alone. */
enum err event_counts_read(const void *bytes, size_t len, int64_t of[EVENT_COUNT__MAX])
{
	struct field_reader r = field_read_begin(bytes, len);
	struct field f;
	memset(of, 0, EVENT_COUNT__MAX * sizeof(*of));
	while (field_read(&r, &f))
		if (!f.is_text && f.number >= 1 && f.number <= EVENT_COUNT__MAX)
			of[f.number - 1] = f.i;
	return r.bad ? ERR_STORAGE : ERR_NONE;
}

static int counts_get(struct turn *t, enum provider_id p, int64_t of[EVENT_COUNT__MAX])
{
	unsigned char key = (unsigned char)p;
	struct buf b;
	memset(of, 0, EVENT_COUNT__MAX * sizeof(*of));
	buf_init(&b, CODEC_RECORD_MAX);
	int e = turn_get(t, DB_EVENT_COUNTS, &key, 1, &b);
	/* For people only: what cannot be read counts from 0 again. */
	if (e == 0)
		(void)!event_counts_read(b.s, b.len, of);
	buf_release(&b);
	return e == DB_NOTFOUND ? 0 : e;
}

static int counts_put(struct turn *t, enum provider_id p, const int64_t of[EVENT_COUNT__MAX])
{
	unsigned char key = (unsigned char)p;
	struct buf b;
	buf_init(&b, CODEC_RECORD_MAX);
	field_begin(&b);
	for (unsigned i = 0; i < EVENT_COUNT__MAX; i++)
		field_int(&b, i + 1, of[i]);
	int e = b.failed ? TURN_NOMEM : turn_put(t, DB_EVENT_COUNTS, &key, 1, b.s, b.len);
	buf_release(&b);
	return e;
}

int event_count_add(struct turn *t, enum provider_id p, enum event_count which, int64_t n)
{
	int64_t of[EVENT_COUNT__MAX];
	int e = counts_get(t, p, of);
	of[which] += n;
	return e == 0 ? counts_put(t, p, of) : e;
}

static int read_counts(struct turn *t, void *arg)
{
	struct event_counts *c = arg;
	int e = 0;
	for (int p = 0; p < PROVIDER__MAX && e == 0; p++)
		e = counts_get(t, (enum provider_id)p, c->of[p]);
	return e == 0 ? kept_count(t, &c->waiting) : e;
}

enum err store_event_counts(struct store *s, struct event_counts *c)
{
	*c = (struct event_counts){.waiting = 0};
	return turn_run(s, TURN_READ, read_counts, c);
}

static int count_senseless(struct turn *t, void *arg)
{
	const enum provider_id *p = arg;
	int e = event_count_add(t, *p, EVENT_COUNT_RECEIVED, 1);
	return e == 0 ? event_count_add(t, *p, EVENT_COUNT_DROPPED, 1) : e;
}

enum err store_event_count_senseless(struct store *s, enum provider_id p)
{
	return turn_run(s, TURN_WRITE, count_senseless, &p);
}

/* --- into a row --- */

/* Whether the trail has an entry that begins so. */
static int trail_tells(struct turn *t, const struct callid *id, const char *head, bool *told)
{
	DB *db;
	DBC *cursor;
	unsigned char key[KEY_TRAIL];
	struct trail_entry entry;
	size_t len = strlen(head);
	*told = false;
	int e = turn_db(t, DB_TRAIL, &db);
	if (e != 0 || (e = db->cursor(db, t->txn, &cursor, 0)) != 0)
		return e;
	key_trail(id, 0, key);
	DBT k = {.data = key, .size = sizeof(key)}, v = {.data = NULL};
	for (e = cursor->get(cursor, &k, &v, DB_SET_RANGE); e == 0 && !*told;
		e = cursor->get(cursor, &k, &v, DB_NEXT)) {
		if (k.size != KEY_TRAIL || memcmp(k.data, id->b, CALLID_BYTES) != 0)
			break;
		*told = codec_trail_read(v.data, v.size, &entry) == ERR_NONE &&
			entry.kind == TRAIL_EVENT && strncmp(entry.text, head, len) == 0 &&
			entry.text[len] == ';';
	}
	int closed = cursor->close(cursor);
	return e != 0 && e != DB_NOTFOUND ? e : closed;
}

int event_note(struct turn *t, const struct callid *row, const struct store_event *event,
	int64_t now_ms, const char *what_came_of_it)
{
	char head[EVENT_HEAD_SIZE];
	bool told;
	event_head(event, head);
	int e = trail_tells(t, row, head, &told);
	if (e != 0 || told)
		return e;
	return trail_addf(t, row, now_ms, TRAIL_EVENT, "%s; %s", head, what_came_of_it);
}

int event_merge(struct turn *t, struct call *c, const struct store_event *event, int64_t now_ms,
	const char *more, bool *changed)
{
	const struct call before = *c; /* a view: only its numbers are looked at */
	struct statement said = event_said(event);
	char decision[DECISION_MAX], text[TRAIL_TEXT_MAX];
	merge(c, &said);
	*changed = decision_shows(&before, c);
	int e = c->external_id != before.external_id
			? row_claim(t, &c->id, c->provider, c->external_id)
			: 0;
	decision_text(&before, c, &said, decision);
	snprintf(text, sizeof(text), "%s%s", more, decision);
	return e == 0 ? event_note(t, &c->id, event, now_ms, text) : e;
}

/* Applies it to a row that has its call or none, with all that was kept for it, and writes the row.
 */
static int apply(struct turn *t, struct event_taking *g, struct call *c)
{
	int64_t look = c->look_ms, id = c->external_id;
	bool changed;
	int e = event_merge(t, c, g->event, g->event->received_ms, "", &changed);
	g->fate = changed ? EVENT_APPLIED : EVENT_UNCHANGED;
	g->row = c->id;
	if (e == 0 && c->external_id != id)
		e = kept_fold(t, c, g->event->received_ms);
	c->look_ms = follow_next_look(c, g->event->received_ms);
	return e == 0 ? row_update(t, c, look) : e;
}

/* The row that the event names, and which nobody's claim leads to. */
static int apply_named(struct turn *t, struct event_taking *g, struct call *c)
{
	const struct store_event *event = g->event;
	const struct kept_group group = kept_of_row(&c->id);
	char digits[PHONE_SIZE];
	bool added;
	g->row = c->id;
	g->fate = EVENT_UNCHANGED;
	if (provider_owning(c->provider) != event->provider)
		return event_note(t, &c->id, event, g->event->received_ms,
			"nothing changed: the call went another way");
	if (c->external_id != 0 && c->external_id != event->said.external_id)
		return event_note(t, &c->id, event, g->event->received_ms,
			"nothing changed: another leg of the conversation");
	if (!text_digits(c->phone, strlen(c->phone), digits, sizeof(digits)) || !event->outbound ||
		(event->digits[0] != '\0' && strcmp(digits, event->digits) != 0))
		return event_note(t, &c->id, event, g->event->received_ms,
			"nothing changed: it is not the leg to the number dialled");
	if (c->status != CALL_QUEUED)
		return apply(t, g, c);
	/* Its provider is about to tell which of several legs is the call. */
	int e = kept_add(t, &group, event, &added);
	g->fate = added ? EVENT_KEPT : EVENT_UNCHANGED;
	return e == 0 && added ? kept_crowd(t, (int64_t)g->kept_max) : e;
}

/* --- whose it is --- */

/* The row that has claimed the provider's call. DB_NOTFOUND: none. */
static int claiming_row(struct turn *t, const struct store_event *event, struct call *c)
{
	unsigned char key[KEY_CLAIM];
	struct callid id;
	struct buf b;
	key_claim(event->provider, event->said.external_id, key);
	buf_init(&b, CODEC_RECORD_MAX);
	int e = turn_get(t, DB_CLAIMS, key, sizeof(key), &b);
	if (e == 0 && b.len != CALLID_BYTES)
		e = TURN_DAMAGED;
	if (e == 0) {
		memcpy(id.b, b.s, CALLID_BYTES);
		e = row_get(t, &id, c);
	}
	buf_release(&b);
	return e;
}

/* What the event may be about. */
struct candidates {
	struct turn *turn;
	const struct store_event *event;
	struct call rows[CANDIDATES_MAX];
	size_t row_count;
	struct store_event others[CANDIDATES_MAX];
	size_t other_count;
	bool too_many;
};

static int add_row(void *arg, const unsigned char *key, size_t len)
{
	struct candidates *k = arg;
	const struct store_event *event = k->event;
	int64_t ms;
	struct callid id;
	if (len != KEY_TIME_ID)
		return TURN_DAMAGED;
	if (k->row_count == CANDIDATES_MAX) {
		k->too_many = true;
		return RANGE_STOP;
	}
	key_time_id_read(key, &ms, &id);
	struct call *c = &k->rows[k->row_count];
	call_init(c);
	int e = row_get(k->turn, &id, c);
	if (e == 0 && provider_owning(c->provider) == event->provider && c->external_id == 0 &&
		!call_status_final(c->status) && c->provider_user_id == event->user_id &&
		c->provider_number_id == event->number_id)
		k->row_count++;
	else
		call_release(c);
	return e == DB_NOTFOUND ? TURN_DAMAGED : e;
}

static int add_rows(struct turn *t, struct candidates *k)
{
	unsigned char low[KEY_TIME_BYTES], high[KEY_TIME_BYTES];
	struct range r;
	key_time(k->event->start_ms - ROWS_BEFORE_MS, low);
	key_time(k->event->start_ms + ROWS_AFTER_MS, high);
	int e = range_find(t, DB_BY_TIME, low, sizeof(low), high, sizeof(high), &r);
	if (e != 0)
		return e;
	if (r.count > LOOKED_AT_MAX) {
		k->too_many = true;
		return 0;
	}
	return range_walk_down(
		t, DB_BY_TIME, (uint32_t)(r.first + r.count - 1), r.count, add_row, k);
}

static int add_other(struct turn *t, const struct store_event *other, void *arg)
{
	struct candidates *k = arg;
	(void)t;
	if (other->provider != k->event->provider || other->user_id != k->event->user_id ||
		other->number_id != k->event->number_id || other->has_call ||
		other->said.external_id == k->event->said.external_id)
		return 0;
	for (size_t i = 0; i < k->other_count; i++)
		if (k->others[i].said.external_id == other->said.external_id)
			return 0;
	if (k->other_count == CANDIDATES_MAX) {
		k->too_many = true;
		return RANGE_STOP;
	}
	k->others[k->other_count++] = *other;
	return 0;
}

/* Whether one of the rows is beyond doubt the one of this call; -1: none is. */
static int look_for_row(
	struct turn *t, const struct event_taking *g, struct candidates *k, int *row)
{
	bool all = true;
	*row = -1;
	int e = add_rows(t, k);
	if (e != 0 || k->row_count == 0 || k->too_many)
		return e;
	e = kept_show(t, g->event->start_ms - OTHERS_BEFORE_MS, LOOKED_AT_MAX, add_other, k, &all);
	if (e == 0 && all && !k->too_many)
		*row = g->recognise(g->event, k->rows, k->row_count, k->others, k->other_count);
	return e;
}

/* Recognised by its event: as of now it has an id. */
static int apply_recognised(struct turn *t, struct event_taking *g, struct call *c)
{
	int e = trail_addf(t, &c->id, g->event->received_ms, TRAIL_MATCH,
		"%s %" PRId64 ", by its event %s", provider_word(g->event->provider),
		g->event->said.external_id, g->event->what);
	return e == 0 ? apply(t, g, c) : e;
}

static int keep_it(struct turn *t, struct event_taking *g)
{
	const struct kept_group group =
		kept_of_call(g->event->provider, g->event->said.external_id);
	bool added;
	int e = kept_add(t, &group, g->event, &added);
	g->fate = added ? EVENT_KEPT : EVENT_UNCHANGED;
	return e == 0 && added ? kept_crowd(t, (int64_t)g->kept_max) : e;
}

static int take_unclaimed(struct turn *t, struct event_taking *g)
{
	int row = -1, e = 0;
	g->fate = EVENT_DROPPED;
	if (!g->keep)
		return 0;
	if (g->recognise != NULL && g->event->start_ms > 0) {
		struct candidates *k = calloc(1, sizeof(*k));
		if (k == NULL)
			return TURN_NOMEM;
		k->turn = t;
		k->event = g->event;
		e = look_for_row(t, g, k, &row);
		if (e == 0 && row >= 0)
			e = apply_recognised(t, g, &k->rows[row]);
		for (size_t i = 0; i < k->row_count; i++)
			call_release(&k->rows[i]);
		free(k);
	}
	return e == 0 && row < 0 ? keep_it(t, g) : e;
}

/* --- taking it in --- */

static const enum event_count count_of[] = {
	[EVENT_APPLIED] = EVENT_COUNT_APPLIED,
	[EVENT_UNCHANGED] = EVENT_COUNT_UNCHANGED,
	[EVENT_KEPT] = EVENT_COUNT_KEPT,
	[EVENT_DROPPED] = EVENT_COUNT_DROPPED,
};

static int take_fn(struct turn *t, void *arg)
{
	struct event_taking *g = arg;
	struct call c;
	call_init(&c);
	int e = claiming_row(t, g->event, &c);
	if (e == 0) {
		e = apply(t, g, &c);
	} else if (e == DB_NOTFOUND) {
		e = g->event->has_call ? row_get(t, &g->event->call, &c) : DB_NOTFOUND;
		if (e == 0)
			e = apply_named(t, g, &c);
		else if (e == DB_NOTFOUND)
			e = take_unclaimed(t, g);
	}
	call_release(&c);
	FAULT_POINT("event-amid-take");
	if (e == 0)
		e = event_count_add(t, g->event->provider, EVENT_COUNT_RECEIVED, 1);
	return e == 0 ? event_count_add(t, g->event->provider, count_of[g->fate], 1) : e;
}

enum err store_event_take(struct store *s, struct event_taking *t)
{
	enum err e = turn_run(s, TURN_WRITE, take_fn, t);
	return e == ERR_NOT_FOUND || e == ERR_CONFLICT ? ERR_STORAGE : e;
}
