/* All that a connection needs around it, opened together: vault, HTTP client, limits, deadline. */
#ifndef CONNECT_SESSION_H
#define CONNECT_SESSION_H

#include "connect/connect.h"

struct connect_session {
	struct connect_context context;
	struct vault *vault;
	struct retained own; /* what nobody keeps */
	struct limits *limits;
};

/* `network`: whether Dialpad will be asked. `clients` keeps the HTTP client for the next session; NULL: it
 * is closed with this one. What is wrong is logged. ERR_INVALID: the token key
 * cannot be used; ERR_NOMEM, ERR_IO. Close it in any case. */
enum err connect_session_open(struct connect_session *s, const struct config *c,
	struct store *store, const struct log *log, bool network,
	struct retained *clients) must_check;
void connect_session_close(struct connect_session *s);

#endif
