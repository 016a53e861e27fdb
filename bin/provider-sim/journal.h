/*
 * A log of every request to the simulated services, and counts of them.
 */
#ifndef SIM_JOURNAL_H
#define SIM_JOURNAL_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct journal_entry {
	int64_t sequence;
	int64_t at_ms; /* by the simulator's clock */
	char *method;
	char *path;
	char *query;
	char *body;
	size_t body_len;
	const char *authorization; /* "ok", "missing", "wrong" ... or "unchecked" */
	char *actor;               /* a user's id, "company", or empty */
	const char *route;         /* the path with ids replaced */
	int64_t connection;
	int64_t nth;          /* on its connection, from 1 */
	int status;           /* 0: not answered yet, or without a status */
	const char *answered; /* answer_kind_name(), NULL: not yet */
	const char *rule;     /* "fault", "script", NULL: none, or not answered yet */
};

/* Only the last JOURNAL_KEEP requests are kept; the counts are of all. */
enum { JOURNAL_KEEP = 20000 };

struct journal {
	struct journal_entry *entry;
	size_t count;
	size_t cap;
	int64_t next;
	int64_t total;
	json_t *routes; /* {"GET /v1/calls": {"200": 3}} */
};

void journal_init(struct journal *journal);
void journal_release(struct journal *journal);
void journal_clear(struct journal *journal);

/* Copies what it is given. Returns the number of the entry. */
int64_t journal_begin(struct journal *journal, const struct journal_entry *entry);

/*
 * Notes how a request was answered: from the entry's authorization, actor, route, answered, rule
 * and status. What is kept of the request may be gone already.
 */
void journal_end(struct journal *journal, int64_t sequence, const struct journal_entry *result);

/* Entries after number `since` whose path starts with `path` and whose method is `method`;
 * NULL takes any. */
json_t *journal_json(
	const struct journal *journal, int64_t since, const char *path, const char *method);

#endif
