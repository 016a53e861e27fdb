#include "provider/outcome.h"

#include "base/text.h"
#include <stdio.h>

/* A refusal longer than this is no sentence for people; its beginning is shown. */
#define REFUSAL_MAX ((size_t)64 * 1024)

static void add_text(
	const struct http_answer *a, const struct outcome_words *words, struct buf *out)
{
	struct json j;

	if (json_parse(&j, a->body.s, a->body.len, REFUSAL_MAX, NULL) == ERR_NONE) {
		words->text(&j, out);
		json_release(&j);
	}
	if (out->len == 0)
		buf_add(out, a->body.s, a->body.len < REFUSAL_MAX ? a->body.len : REFUSAL_MAX);
}

static void read_answer(
	const struct http_answer *a, const struct outcome_words *words, struct place_outcome *o)
{
	struct buf text, clean;

	if (a->status >= 200 && a->status <= 299) {
		o->result = PLACE_ACCEPTED;
		return;
	}
	buf_init(&text, 2 * REFUSAL_MAX + 2);
	buf_init(&clean, sizeof(o->detail) - 1);
	add_text(a, words, &text);
	if (a->status >= 400 && a->status <= 499 && a->status != 408) {
		o->result = PLACE_REFUSED;
		o->reason = words->refusal(a->status, text.s);
	}
	text_add_clean(&clean, text.s, text.len, PLACE_DETAIL_MAX);
	snprintf(o->detail, sizeof(o->detail), "%s", clean.s);
	buf_release(&clean);
	buf_release(&text);
}

static void refuse(struct place_outcome *o, const char *reason)
{
	o->result = PLACE_REFUSED;
	o->reason = reason;
}

void outcome_read(
	const struct http_answer *a, const struct outcome_words *words, struct place_outcome *o)
{
	*o = (struct place_outcome){.result = PLACE_UNCLEAR, .reason = ""};
	switch (a->fault) {
	case HTTP_ANSWERED:
		read_answer(a, words, o);
		break;
	case HTTP_UNREACHABLE:
	case HTTP_NOT_SENT:
		refuse(o, words->unreachable);
		break;
	case HTTP_TLS_ERROR:
		refuse(o, words->tls_error);
		break;
	case HTTP_UNCLEAR:
		break;
	}
}
