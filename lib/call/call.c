#include "call/call.h"

#include "base/text.h"
#include <stdlib.h>
#include <string.h>

static const char *const words[CALL_STATUS__MAX] = {
	[CALL_QUEUED] = "queued",
	[CALL_UNCONFIRMED] = "unconfirmed",
	[CALL_INITIATED] = "initiated",
	[CALL_RINGING] = "ringing",
	[CALL_IN_PROGRESS] = "in-progress",
	[CALL_COMPLETED] = "completed",
	[CALL_NO_ANSWER] = "no-answer",
	[CALL_BUSY] = "busy",
	[CALL_CANCELED] = "canceled",
	[CALL_FAILED] = "failed",
	[CALL_HANDED_OFF] = "handed-off",
	[CALL_LOST] = "lost",
};

/*
 * An absent text is this constant and not an allocation, so that call_init cannot fail. It is told
 * by its address and neither written to nor freed.
 */
static const char absent_text[1] = "";
#define ABSENT ((char *)absent_text)

void call_init(struct call *c)
{
	*c = (struct call){
		.user = ABSENT,
		.notes = ABSENT,
		.client_id = ABSENT,
		.contact_id = ABSENT,
		.deal_id = ABSENT,
		.status = CALL_QUEUED,
		.before_lost = CALL_QUEUED,
		.duration_s = -1,
		.talk_s = -1,
	};
}

static void text_release(char **field)
{
	if (*field != ABSENT)
		free(*field);
	*field = ABSENT;
}

void call_release(struct call *c)
{
	text_release(&c->user);
	text_release(&c->notes);
	text_release(&c->client_id);
	text_release(&c->contact_id);
	text_release(&c->deal_id);
	call_init(c);
}

enum err call_set_text(char **field, const char *s)
{
	char *copy = ABSENT;

	if (s != NULL && *s != '\0') {
		copy = text_dup(s, strlen(s));
		if (copy == NULL)
			return ERR_NOMEM;
	}
	text_release(field);
	*field = copy;
	return ERR_NONE;
}

enum err call_copy(struct call *to, const struct call *from)
{
	struct call copy = *from;
	enum err e;

	copy.user = copy.notes = copy.client_id = copy.contact_id = copy.deal_id = ABSENT;
	if ((e = call_set_text(&copy.user, from->user)) != ERR_NONE ||
		(e = call_set_text(&copy.notes, from->notes)) != ERR_NONE ||
		(e = call_set_text(&copy.client_id, from->client_id)) != ERR_NONE ||
		(e = call_set_text(&copy.contact_id, from->contact_id)) != ERR_NONE ||
		(e = call_set_text(&copy.deal_id, from->deal_id)) != ERR_NONE) {
		call_release(&copy);
		return e;
	}
	call_release(to);
	*to = copy;
	return ERR_NONE;
}

const char *call_status_word(enum call_status s)
{
	return s < CALL_STATUS__MAX ? words[s] : "";
}

enum call_status call_status_from_word(const char *word)
{
	for (int s = 0; s < CALL_STATUS__MAX; s++)
		if (strcmp(word, words[s]) == 0)
			return (enum call_status)s;
	return CALL_STATUS__MAX;
}

int64_t call_asked_ms(const struct call *c)
{
	return c->asked_ms != 0 ? c->asked_ms : c->start_ms;
}

bool call_status_final(enum call_status s)
{
	return s >= CALL_COMPLETED && s < CALL_STATUS__MAX;
}
