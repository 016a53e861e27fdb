/* How much is stored, for people and monitoring: cheap at any size. Errors as in store.h. */
#ifndef STORE_FIGURES_H
#define STORE_FIGURES_H

#include "store/store.h"

struct store_figures {
	int64_t calls;                     /* rows */
	int64_t followed;                  /* of these the sync looks at them now or later */
	int64_t due;                       /* of these now */
	int64_t database_bytes, log_bytes; /* on disk */
	int64_t checkpoint_ms;             /* when the last was written; 0: not known */
	int64_t unwritten_bytes;           /* logged since: what a recovery has to do again */
	int64_t free_bytes;                /* left on the file system for others than root */
};

enum err store_figures(struct store *s, int64_t now_ms, struct store_figures *f) must_check;

#endif
