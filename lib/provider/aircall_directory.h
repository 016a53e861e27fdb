/*
 * The users and lines of the company at Aircall, for the administrator: whose ids to give to
 * `dialer user set`. Builders and readers as in provider.h.
 *   - Users: GET /v2/users (the reads of v1 were removed by Aircall in 2026).
 *   - Lines: GET /v1/numbers; those one user may call from: GET /v2/users/:id/numbers.
 */
#ifndef PROVIDER_AIRCALL_DIRECTORY_H
#define PROVIDER_AIRCALL_DIRECTORY_H

#include "base/err.h"
#include "config/config.h"
#include "provider/http_message.h"

enum aircall_directory { AIRCALL_USERS, AIRCALL_NUMBERS };

struct aircall_directory_query {
	enum aircall_directory what;
	int64_t user_id; /* numbers: only those of this user; 0: all */
	int page;        /* 1, 2, … */
};

/* Texts are owned, and "" where Aircall does not tell. */
struct aircall_entry {
	int64_t id;
	char *name;
	char *contact; /* of a user the e-mail address, of a line the number as people write it */
	char *country; /* of a line: "US" */
	int64_t default_number_id; /* of a user: the line he calls from; 0: none */
};

struct aircall_entries {
	struct aircall_entry *entries; /* owned */
	size_t count;
	bool more;
};
void aircall_entries_release(struct aircall_entries *e);

/* ERR_INVALID: Aircall is not set up. ERR_NOMEM. */
enum err aircall_directory_request(const struct config *c, const struct aircall_directory_query *q,
	struct http_request *r) must_check;
/* ERR_NOT_FOUND: no such user. ERR_IO: no good answer. ERR_INVALID: it makes no sense. Elements
 * without an id are left out. */
enum err aircall_directory_read(const struct http_answer *a,
	const struct aircall_directory_query *q, struct aircall_entries *out) must_check;

#endif
