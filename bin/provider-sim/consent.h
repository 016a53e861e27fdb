/*
 * The page on which a user lets an application in. Plain HTML: it needs no script.
 */
#ifndef SIM_CONSENT_H
#define SIM_CONSENT_H

#include "answer.h"
#include "people.h"

/*
 * A form with the user selector #user and the buttons #allow and #cancel; it is posted to
 * /oauth2/authorize with the query as it is. chosen (NULL: none): the user selected at first.
 */
void consent_page(struct answer *answer, const struct people *people, const struct person *chosen,
	const char *client_id, const char *scopes, const char *query);

/* What is wrong, where the browser must not be sent back to the application. */
void consent_refusal(struct answer *answer, const char *why);

#endif
