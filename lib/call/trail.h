/*
 * The trail of a call: what was asked, answered, seen and decided, in order of time. It is for
 * people (`dialer explain`), bounded per call, and never read by the service to decide anything.
 */
#ifndef CALL_TRAIL_H
#define CALL_TRAIL_H

#include <stdbool.h>
#include <stdint.h>

#define TRAIL_MAX        48  /* entries kept with one call: the first ones and the latest ones */
#define TRAIL_FIRST      16  /* so many of the beginning are never dropped */
#define TRAIL_TEXT_MAX   400 /* bytes of one entry's text */

#define TRAIL_NUMBER_MAX 0xffff /* of an entry; it has two bytes in the store */

/* These numbers are stored: a new one goes to the end. */
enum trail_kind {
	TRAIL_REQUEST = 1, /* the call was asked for */
	TRAIL_ASK,         /* a provider is about to be asked */
	TRAIL_ANSWER,      /* what it answered, or that it did not */
	TRAIL_POLL,        /* seen in a provider's list or by its id, or not */
	TRAIL_EVENT,       /* a webhook */
	TRAIL_MATCH,       /* the provider's call was recognised as this one */
	TRAIL_EXPIRY,      /* given up, or found orphaned */
	TRAIL_REPEAT,      /* asked for again, and nothing was dialled for it */
	TRAIL_NOTES,       /* the notes were edited; never what they say */
	TRAIL_KIND__MAX
};

struct trail_entry {
	int64_t at_ms;
	enum trail_kind kind;
	char text[TRAIL_TEXT_MAX + 1]; /* UTF-8, no control characters, no secrets */
	/* What is said again and again is kept once, with how often and when it was said last. */
	int64_t times;   /* 0 and 1: once */
	int64_t last_ms; /* if more than once */
	unsigned
		number; /* among all of the call, from 0, when read: a step marks what was dropped */
};

const char *trail_word(enum trail_kind k);
/* TRAIL_KIND__MAX for an unknown word. */
enum trail_kind trail_kind_from_word(const char *word);
/* Whether b says nothing that a, the entry before it, does not say. */
bool trail_says_the_same(const struct trail_entry *a, const struct trail_entry *b);

#endif
