/* Asking a provider to place the call: with the user's token where it takes one, each request
 * once. */
#ifndef DIAL_ASK_H
#define DIAL_ASK_H

#include "base/log.h"
#include "dial/chain.h"
#include "limit/limit.h"
#include "provider/http_client.h"
#include "provider/provider.h"
#include "vault/vault.h"

#define TRAIL_ROOM 4

struct asker {
	/* --- borrowed --- */
	const struct config *config;
	struct store *store;
	const struct log *log;
	const struct call *call;
	struct retained *clients; /* where the HTTP client stays; NULL: nowhere */
	int64_t deadline;         /* of the monotonic clock, for all that is asked */
	/* --- found --- */
	struct trail_entry trail[TRAIL_ROOM];
	size_t trail_count;
	bool no_token_key; /* the token could not be opened */
	/* --- its own --- */
	struct retained own;      /* what nobody keeps */
	struct http_client *http; /* NULL until needed, like the vault */
	struct vault *vault;
	struct limits *limits; /* NULL: nothing is counted */
	bool another;          /* somebody can be asked after the present one */
};
void asker_release(struct asker *k);

/* Asks the provider of the link, and notes in the trail what came of it. `another`: somebody can be
 * asked after it, for whom there must be time. */
void asker_ask(struct asker *k, const struct chain_link *l, bool another, struct place_outcome *o);

#endif
