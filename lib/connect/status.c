/* By itself: the page asks often, and this needs neither libsodium nor libcurl. */
#include "connect/connect.h"

#include "store/connections.h"

#include <stdio.h>
#include <string.h>

enum err connect_status(struct store *store, const char *user, struct connect_status *out)
{
	struct connection c;
	memset(out, 0, sizeof(*out));
	connection_init(&c);
	enum err e = store_connection_get(store, user, &c);
	if (e == ERR_NONE) {
		out->connected = !c.needs_reconnect;
		out->needs_reconnect = c.needs_reconnect;
		out->expires_ms = c.needs_reconnect ? 0 : c.expires_ms;
		snprintf(out->scopes, sizeof(out->scopes), "%s", c.scopes);
	}
	connection_release(&c);
	return e == ERR_NOT_FOUND ? ERR_NONE : e;
}
