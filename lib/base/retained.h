/*
 * What a handler made that the next request of the same process may use again, such as a client with
 * its connections. Whoever owns the place releases it: at the end, or when settings have changed.
 */
#ifndef BASE_RETAINED_H
#define BASE_RETAINED_H

#include <stddef.h>

struct retained {
	void *what; /* NULL: nothing yet */
	void (*release)(void *what);
};

static inline void retained_release(struct retained *r)
{
	if (r->what != NULL)
		r->release(r->what);
	*r = (struct retained){NULL, NULL};
}

#endif
