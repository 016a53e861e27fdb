#include "call/decision.h"

#include "base/buf.h"
#include "base/rfc3339.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool decision_shows(const struct call *before, const struct call *after)
{
	return before->status != after->status || before->external_id != after->external_id ||
	       before->answer_ms != after->answer_ms || before->end_ms != after->end_ms ||
	       before->duration_s != after->duration_s || before->talk_s != after->talk_s;
}

static bool figures_differ(const struct call *c, const struct statement *s)
{
	return s->has_figures && (s->answer_ms != c->answer_ms || s->end_ms != c->end_ms ||
					 s->duration_s != c->duration_s || s->talk_s != c->talk_s);
}

static bool of_another_call(const struct call *c, const struct statement *s)
{
	return s->external_id != 0 && c->external_id != 0 && s->external_id != c->external_id;
}

bool decision_overruled(const struct call *after, const struct statement *s)
{
	return (s->has_status && s->status != after->status) || of_another_call(after, s) ||
	       figures_differ(after, s);
}

/* --- what changed --- */

static void separate(struct buf *b)
{
	if (b->len > 0)
		buf_adds(b, ", ");
}

static void add_time(struct buf *b, const char *name, int64_t before, int64_t after)
{
	char text[RFC3339_SIZE];

	if (before == after)
		return;
	separate(b);
	rfc3339_format(after, text);
	buf_addf(b, "%s %s", name, after != 0 ? text : "unknown");
}

static void add_seconds(struct buf *b, const char *name, int64_t before, int64_t after)
{
	if (before == after)
		return;
	separate(b);
	if (after < 0)
		buf_addf(b, "%s unknown", name);
	else if (before < 0)
		buf_addf(b, "%s %" PRId64 " s", name, after);
	else
		buf_addf(b, "%s %" PRId64 " -> %" PRId64 " s", name, before, after);
}

static void add_changes(struct buf *b, const struct call *before, const struct call *after)
{
	if (before->status != after->status) {
		buf_addf(b, "%s -> %s", call_status_word(before->status),
			call_status_word(after->status));
		if (after->reason[0] != '\0')
			buf_addf(b, " (%s)", after->reason);
	}
	if (before->external_id != after->external_id) {
		separate(b);
		buf_addf(b, "the provider's id is %" PRId64, after->external_id);
	}
	add_time(b, "answered", before->answer_ms, after->answer_ms);
	add_time(b, "ended", before->end_ms, after->end_ms);
	add_seconds(b, "duration", before->duration_s, after->duration_s);
	add_seconds(b, "talk", before->talk_s, after->talk_s);
}

/* --- why nothing did --- */

static void add_why_not(struct buf *b, const struct call *c, const struct statement *s)
{
	if (of_another_call(c, s))
		buf_addf(b,
			"nothing changed: that is call %" PRId64 " of the provider, this %" PRId64,
			s->external_id, c->external_id);
	else if (!decision_overruled(c, s))
		buf_adds(b, s->has_status || s->has_figures || s->external_id != 0
				    ? "nothing new"
				    : "nothing changed: no status");
	else if (s->has_status && s->status != c->status)
		buf_addf(b, "nothing changed: it is %s", call_status_word(c->status));
	else
		buf_adds(b, "nothing changed: figures of a later time are known");
}

void decision_text(const struct call *before, const struct call *after, const struct statement *s,
	char out[DECISION_MAX])
{
	struct buf b;

	buf_init(&b, DECISION_MAX - 1);
	if (decision_shows(before, after))
		add_changes(&b, before, after);
	else
		add_why_not(&b, after, s);
	snprintf(out, DECISION_MAX, "%s", b.s);
	buf_release(&b);
}
