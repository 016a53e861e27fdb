/*
 * Why the order does not matter: what a provider said is kept as a few maxima and minima, each over
 * all statements.
 *   status   the highest of the statuses on the way, unless a final one was said; of those the
 *            least in the order (completed first, time, status, reason)
 *   figures  the greatest in the order (has an end, time, the figures themselves)
 *   id       said once
 *   lost     a state of its own beside these, which the next thing said removes
 */
#include "call/merge.h"

#include <stdio.h>
#include <string.h>

void statement_init(struct statement *s, enum statement_source source, int64_t at_ms)
{
	*s = (struct statement){
		.source = source,
		.at_ms = at_ms,
		.duration_s = -1,
		.talk_s = -1,
	};
}

/* 0 stands for "never" in the row. */
static int64_t said_at(const struct statement *s)
{
	return s->at_ms > 0 ? s->at_ms : 1;
}

static bool set_reason(struct call *c, const char *reason)
{
	char cut[CALL_REASON_MAX];

	snprintf(cut, sizeof(cut), "%s", reason);
	if (strcmp(c->reason, cut) == 0)
		return false;
	memcpy(c->reason, cut, sizeof(cut));
	return true;
}

static bool merge_ours(struct call *c, const struct statement *s)
{
	bool shown = c->external_id != 0 || c->figures_ms != 0;

	if (!s->has_status)
		return false;
	switch (s->status) {
	case CALL_UNCONFIRMED:
		if (c->status != CALL_QUEUED)
			return false;
		break;
	case CALL_FAILED:
	case CALL_HANDED_OFF:
		if (c->status > CALL_UNCONFIRMED || shown)
			return false;
		break;
	default:
		return false;
	}
	c->status = s->status;
	if (s->reason != NULL)
		set_reason(c, s->reason);
	return true;
}

static bool merge_expiry(struct call *c)
{
	if (call_status_final(c->status))
		return false;
	c->before_lost = c->status;
	c->status = CALL_LOST;
	return true;
}

/* A status that a provider can say; everything else counts as none. */
static bool has_provider_status(const struct statement *s)
{
	return s->has_status && s->status >= CALL_INITIATED && s->status <= CALL_FAILED;
}

static int order(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

/* Whether the final in s comes before the one in c, which a provider said too. */
static bool final_precedes(const struct call *c, const struct statement *s, const char *reason)
{
	int by;

	if ((s->status == CALL_COMPLETED) != (c->status == CALL_COMPLETED))
		return s->status == CALL_COMPLETED;
	by = order(said_at(s), c->final_ms);
	if (by == 0)
		by = order(s->status, c->status);
	if (by == 0)
		by = strncmp(reason, c->reason, CALL_REASON_MAX - 1);
	return by < 0;
}

static bool merge_status(struct call *c, const struct statement *s)
{
	const char *reason = s->reason != NULL ? s->reason : "";

	if (!call_status_final(s->status)) {
		if (s->status <= c->status)
			return false;
		c->status = s->status;
		set_reason(c, "");
		return true;
	}
	if (call_status_final(c->status) && !final_precedes(c, s, reason))
		return false;
	c->status = s->status;
	c->final_ms = said_at(s);
	set_reason(c, reason);
	return true;
}

static bool figures_follow(const struct call *c, const struct statement *s)
{
	int by = order(s->end_ms != 0, c->end_ms != 0);

	if (by == 0)
		by = order(said_at(s), c->figures_ms);
	if (by == 0)
		by = order(s->end_ms, c->end_ms);
	if (by == 0)
		by = order(s->answer_ms, c->answer_ms);
	if (by == 0)
		by = order(s->duration_s, c->duration_s);
	if (by == 0)
		by = order(s->talk_s, c->talk_s);
	return by > 0;
}

static bool merge_figures(struct call *c, const struct statement *s)
{
	if (!figures_follow(c, s))
		return false;
	c->figures_ms = said_at(s);
	c->answer_ms = s->answer_ms;
	c->end_ms = s->end_ms;
	c->duration_s = s->duration_s;
	c->talk_s = s->talk_s;
	return true;
}

static bool merge_provider(struct call *c, const struct statement *s)
{
	bool changed = false;

	if (s->external_id != 0 && c->external_id != 0 && s->external_id != c->external_id)
		return false;
	if (!has_provider_status(s) && s->external_id == 0 && !s->has_figures)
		return false;
	if (c->status == CALL_LOST) {
		c->status = c->before_lost;
		c->before_lost = CALL_QUEUED;
		changed = true;
	}
	if (s->external_id != 0 && c->external_id == 0) {
		c->external_id = s->external_id;
		changed = true;
	}
	if (has_provider_status(s))
		changed |= merge_status(c, s);
	if (s->has_figures)
		changed |= merge_figures(c, s);
	return changed;
}

/* Final without a provider's word for it: refused, handed off, or imported so. */
static bool decided_by_us(const struct call *c)
{
	return call_status_final(c->status) && c->status != CALL_LOST && c->final_ms == 0;
}

bool merge(struct call *c, const struct statement *s)
{
	if (decided_by_us(c))
		return false;
	switch (s->source) {
	case SAID_BY_US:
		return merge_ours(c, s);
	case SAID_BY_PROVIDER:
		return merge_provider(c, s);
	case SAID_BY_EXPIRY:
		return merge_expiry(c);
	}
	return false;
}
