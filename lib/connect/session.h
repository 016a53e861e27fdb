/* All that a connection needs around it, opened together: vault, HTTP client, limits, deadline. */
#ifndef CONNECT_SESSION_H
#define CONNECT_SESSION_H

#include "connect/connect.h"

struct connect_session {
	struct connect_context context;
	struct vault *vault;
	struct http_client *http;
	struct limits *limits;
};

/* `network`: whether Dialpad will be asked. What is wrong is logged. ERR_INVALID: the token key
 * cannot be used; ERR_NOMEM, ERR_IO. Close it in any case. */
enum err connect_session_open(struct connect_session *s, const struct config *c,
	struct store *store, const struct log *log, bool network) must_check;
void connect_session_close(struct connect_session *s);

#endif
