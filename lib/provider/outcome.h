/*
 * What came of asking a provider to place a call. The rule is one for all providers: any 2xx is
 * placed; a 4xx other than 408 is a clear refusal, as is a connection that could not be made;
 * everything else is unclear, since the call may be ringing. Providers differ in their words.
 */
#ifndef PROVIDER_OUTCOME_H
#define PROVIDER_OUTCOME_H

#include "json/json.h"
#include "provider/provider.h"

struct outcome_words {
	const char *unreachable, *tls_error; /* static reasons */
	/* The static reason of a refusal; `text` is what `text` below found, or the body. */
	const char *(*refusal)(int status, const char *text);
	/* Adds what the document says for people; nothing if it says nothing. */
	void (*text)(const struct json *j, struct buf *out);
};

/* The external id is left 0. */
void outcome_read(
	const struct http_answer *a, const struct outcome_words *words, struct place_outcome *o);

#endif
