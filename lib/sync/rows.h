/* The followed calls as they are now, without their notes, which may be long. */
#ifndef SYNC_ROWS_H
#define SYNC_ROWS_H

#include "sync/run.h"

/* Those that `wanted` takes, in order of their ids, each once; what the list held is released.
 * ERR_BUSY, ERR_STORAGE, ERR_NOMEM. */
enum err rows_load(const struct run *r, bool (*wanted)(const struct call *c, void *arg), void *arg,
	struct call_list *out) must_check;
/* Those of one provider, the ones of the CTI among Dialpad's. */
enum err rows_load_of(
	const struct run *r, const struct provider *p, struct call_list *out) must_check;

/* The row of that id; NULL. */
struct call *rows_find(const struct call_list *rows, const struct callid *id);

#endif
