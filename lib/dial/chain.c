#include "dial/chain.h"

#include "provider/provider.h"

#include <string.h>

static const char *why_not(
	const struct config *c, const struct user_settings *u, enum provider_id p)
{
	bool listed = false;
	for (int i = 0; i < c->providers_count; i++)
		listed = listed || c->providers[i] == p;
	const struct provider *provider = provider_find(p);
	if (!listed || provider == NULL || !provider->configured(c))
		return "not_configured";
	/* Dialpad dials with a user's own token. */
	return p == PROVIDER_DIALPAD && !u->dialpad_connected ? "not_connected" : NULL;
}

static void add(struct chain *ch, const struct config *c, const struct user_settings *u,
	enum provider_id p, int64_t aircall_user_id, int64_t aircall_number_id)
{
	if (ch->count == CHAIN_MAX)
		return;
	struct chain_link *l = &ch->links[ch->count++];
	l->provider = p;
	l->why_not = why_not(c, u, p);
	l->user_id = p == PROVIDER_AIRCALL ? aircall_user_id : u->dialpad_user_id;
	l->number_id = p == PROVIDER_AIRCALL ? aircall_number_id : 0;
}

static int64_t first_set(int64_t a, int64_t b, int64_t c)
{
	return a != 0 ? a : b != 0 ? b : c;
}

void chain_make(struct chain *ch, const struct config *c, const struct user_settings *u,
	enum provider_id only, int64_t aircall_user_id, int64_t aircall_number_id)
{
	int64_t user_id = first_set(aircall_user_id, u->aircall_user_id, c->aircall_user_id);
	int64_t number_id =
		first_set(aircall_number_id, u->aircall_number_id, c->aircall_number_id);
	memset(ch, 0, sizeof(*ch));
	if (only != PROVIDER_NONE) {
		add(ch, c, u, only, user_id, number_id);
		return;
	}
	for (int i = 0; i < c->providers_count; i++)
		add(ch, c, u, c->providers[i], user_id, number_id);
}

int chain_next(const struct chain *ch, int from)
{
	for (int i = from; i < ch->count; i++)
		if (ch->links[i].why_not == NULL)
			return i;
	return -1;
}
