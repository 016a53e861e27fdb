/* How a call was asked for, in words for its trail. */
#ifndef DIAL_NOTE_H
#define DIAL_NOTE_H

#include "dial/chain.h"
#include "dial/dial.h"

#define NOTE_MAX 300

/* `chain` is empty where the page dials by itself. What is usual is not said. */
void note_request(const struct dial_context *x, const struct dial_request *q,
	const struct chain *chain, char out[NOTE_MAX]);

#endif
