/*
 * A call: one row of the history, and everything the service knows to follow it.
 */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include "base/callid.h"
#include "base/err.h"
#include "config/config.h"
#include "phone/phone.h"
#include <stdbool.h>
#include <stdint.h>

#define CALL_REF_MAX    128   /* bytes of clientId, contactId, dealId */
#define CALL_NOTES_MAX  10000 /* bytes */
#define CALL_REASON_MAX 64

/* In the order in which a call may move; a later one never goes back to an earlier one. */
enum call_status {
	CALL_QUEUED,      /* stored, the provider not yet asked */
	CALL_UNCONFIRMED, /* asked, and no clear answer came: it may be ringing */
	CALL_INITIATED,   /* the provider accepted it */
	CALL_RINGING,
	CALL_IN_PROGRESS,
	CALL_COMPLETED,  /* ended, was answered */
	CALL_NO_ANSWER,  /* ended, was not answered */
	CALL_BUSY,       /* ended; only where a provider says so */
	CALL_CANCELED,   /* ended; only where a provider says so */
	CALL_FAILED,     /* not placed, or blocked; `reason` says why */
	CALL_HANDED_OFF, /* given to the device; nobody can report on it */
	CALL_LOST,       /* the provider never showed it, or its end, within the window */
	CALL_STATUS__MAX
};

/*
 * Times are UNIX milliseconds, 0 = unknown; durations whole seconds, -1 = unknown; ids of providers
 * are positive, 0 = unknown. Texts are owned and never NULL after call_init; "" = absent.
 */
struct call {
	struct callid id;
	char *user;
	enum provider_id provider; /* the one asked last */
	char phone[PHONE_SIZE];    /* E.164 */
	enum call_status status;
	int64_t start_ms; /* when the call was requested; never changes */
	int64_t answer_ms, end_ms;
	int64_t duration_s; /* the whole call */
	int64_t talk_s;     /* the answered part */
	int64_t external_id;
	char *notes, *client_id, *contact_id, *deal_id;
	char reason[CALL_REASON_MAX];

	/* What following it needs. */
	int64_t provider_user_id;   /* who was asked to dial: Aircall or Dialpad user */
	int64_t provider_number_id; /* the Aircall line */
	int64_t asked_ms;           /* when the provider named in the row was about to be asked */
	int64_t figures_ms;         /* time of the statement the figures come from */
	int64_t final_ms; /* time of the provider's statement that made it final; 0: none did */
	enum call_status before_lost; /* what `lost` yields to */
	int64_t look_ms;              /* when the sync looks at it next; 0: never again */
	int64_t notes_version; /* grows with every change of the notes; the ETag is made of it */
};

/* An empty call: queued, everything unknown. Never fails. */
void call_init(struct call *c);
void call_release(struct call *c);
/* Replaces an owned text; ERR_NOMEM leaves the old one. NULL counts as "". */
enum err call_set_text(char **field, const char *s) must_check;
/* A deep copy into an initialised call (what it held is released). */
enum err call_copy(struct call *to, const struct call *from) must_check;

/* "in-progress" … */
const char *call_status_word(enum call_status s);
/* CALL_STATUS__MAX for an unknown word. */
enum call_status call_status_from_word(const char *word);
/* When its provider was asked, else when it was requested: its place in time at the provider. */
int64_t call_asked_ms(const struct call *c);
/* completed, no-answer, busy, canceled, failed, handed-off, lost */
bool call_status_final(enum call_status s);

#endif
