/*
 * What the programs do with the store, each as an act that can be tried once with faults of the system
 * and again without: it finds the same thing to do until it is done.
 */
#ifndef UNIT_SCENES_H
#define UNIT_SCENES_H

#include "unit/box.h"

/* What an act came to beside an error: it says that all is well, and what it returns is wrong. */
#define ACT_WRONG 50

struct scene {
	const char *name;
	/* Makes ready for an act, the n-th in this directory, without faults. */
	void (*prepare)(struct box *b, int n);
	/* What it calls of the store is between inject_on() and inject_off(). Returns the error, or
	 * ACT_WRONG. */
	int (*act)(struct store *s);
	/* Whether the directory shows what was done; NULL: it was only read. */
	bool (*done)(struct box *b);
	bool in_parts; /* if it failed a part of it may be done */
};

extern const struct scene scenes[];
extern const int scene_count;

#endif
