#include "dial/note.h"

#include <inttypes.h>
#include <stdio.h>

static void add_id(struct buf *b, const char *name, int64_t id)
{
	if (id != 0)
		buf_addf(b, ", %s %" PRId64, name, id);
}

static void add_chain(struct buf *b, const struct dial_request *q, const struct chain *chain)
{
	if (chain->count == 0)
		return;
	buf_adds(b, q->only != PROVIDER_NONE ? "; only " : "; ");
	for (int i = 0; i < chain->count; i++) {
		const struct chain_link *l = &chain->links[i];
		buf_addf(b, "%s%s", i > 0 ? ", then " : "", provider_word(l->provider));
		if (l->why_not != NULL)
			buf_addf(b, " (%s)", l->why_not);
	}
	if (!q->fallback)
		buf_adds(b, ", else nobody");
}

/* In the order of what is least likely to be missed, should it be cut. */
void note_request(const struct dial_context *x, const struct dial_request *q,
	const struct chain *chain, char out[NOTE_MAX])
{
	struct buf b;
	buf_init(&b, (size_t)4 * NOTE_MAX);
	buf_addf(&b, "%s", x->log->program);
	if (x->log->request_id[0] != '\0')
		buf_addf(&b, " %s", x->log->request_id);
	if (q->placed_by == PROVIDER_TEL)
		buf_adds(&b, "; the device has dialled");
	if (q->placed_by == PROVIDER_CTI)
		buf_adds(&b, "; the page dials by its CTI");
	add_chain(&b, q, chain);
	add_id(&b, "with Aircall user", q->aircall_user_id);
	add_id(&b, "with Aircall number", q->aircall_number_id);
	snprintf(out, NOTE_MAX, "%s", b.s);
	buf_release(&b);
}
