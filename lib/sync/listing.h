/*
 * Following calls through the list of their provider: few requests for many calls. A track.
 *
 * What was listed is turned into updates when the list has ended, in whatever way: calls that were
 * seen are seen, but only a list that was read to its end proves that a call is not in it.
 */
#ifndef SYNC_LISTING_H
#define SYNC_LISTING_H

#include "sync/batch.h"
#include "sync/cycle.h"
#include "sync/lister.h"
#include "sync/recognise.h"

struct listing {
	struct track track;
	struct run *run;
	const struct provider *provider;
	/* --- found --- */
	bool refused; /* the key of the settings may not list */
	/* Due calls whose id is known and which should have been listed, but were not, in order of
	 * their ids; owned. */
	struct callid *missing;
	size_t missing_count;
	/* --- at work --- */
	bool begun;
	struct call_list rows;
	struct window *windows;
	struct lister lister;
	struct cycle cycle; /* as it was when the run began */
	struct recognised *found;
};

void listing_init(struct listing *l, struct run *r, const struct provider *p);
void listing_release(struct listing *l);

#endif
