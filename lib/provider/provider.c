#include "provider/provider.h"

#include <stdlib.h>

void provider_call_statement(const struct provider_call *pc, int64_t at_ms, struct statement *s)
{
	statement_init(s, SAID_BY_PROVIDER, at_ms);
	s->external_id = pc->id;
	/* A word nobody knows may stand for something that is not the whole call, as a recording
	 * does. */
	if (!pc->has_status)
		return;
	s->has_status = true;
	s->status = pc->status;
	s->reason = pc->reason;
	s->has_figures =
		pc->answer_ms != 0 || pc->end_ms != 0 || pc->duration_s >= 0 || pc->talk_s >= 0;
	s->answer_ms = pc->answer_ms;
	s->end_ms = pc->end_ms;
	s->duration_s = pc->duration_s;
	s->talk_s = pc->talk_s;
}

void list_page_release(struct list_page *p)
{
	free(p->calls);
	free(p->cursor);
	*p = (struct list_page){.total = -1};
}

const struct provider *provider_find(enum provider_id id)
{
	switch (id) {
	case PROVIDER_AIRCALL:
		return &provider_aircall;
	case PROVIDER_DIALPAD:
		return &provider_dialpad;
	default:
		return NULL;
	}
}
