/* Keeping a pair of tokens that exists nowhere else: what was spent for it does not come back. */
#ifndef CONNECT_KEEP_H
#define CONNECT_KEEP_H

#include "connect/connect.h"
#include "store/connections.h"

#include <signal.h>

/* Stores the connection with this pair sealed into it; `version` as for store_connection_put.
 * Whatever the deadline of the context, it is tried again for half a minute while storage is busy
 * or memory is short. Errors as of pair_seal and store_connection_put. */
enum err keep_pair(const struct connect_context *x, const char *user, const struct oauth_tokens *t,
	int64_t now_ms, struct connection *c, int64_t version) must_check;

/* Until signals_release, SIGTERM, SIGINT and SIGHUP wait. */
void signals_hold(sigset_t *before);
void signals_release(const sigset_t *before);

#endif
