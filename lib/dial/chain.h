/* The chain of providers for one call: who is in it, who can be asked, and why the others cannot.
 */
#ifndef DIAL_CHAIN_H
#define DIAL_CHAIN_H

#include "base/buf.h"
#include "config/config.h"
#include "json/jsonw.h"
#include "store/store.h"

#define CHAIN_MAX 2

struct chain_link {
	enum provider_id provider;
	const char *why_not; /* static: "not_configured", "not_connected"; NULL: can be asked */
	int64_t user_id, number_id; /* whom to ask to dial, on which line */
};

struct chain {
	struct chain_link links[CHAIN_MAX];
	int count;
};

/* `only`: PROVIDER_NONE for all. `aircall_*`: 0 for the user's own, else the configured ones. */
void chain_make(struct chain *ch, const struct config *c, const struct user_settings *u,
	enum provider_id only, int64_t aircall_user_id, int64_t aircall_number_id);

/* The first link at or after `from` that can be asked; -1: none. */
int chain_next(const struct chain *ch, int from);

#endif
