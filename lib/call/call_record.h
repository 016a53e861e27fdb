/*
 * A call with everything that is kept of it, as one line of JSON: the members of the API's call
 * object, `notesVersion`, `internal` (what following the call needs) and `trail`. Reading it back
 * gives the same call. Whoever brings a history from elsewhere writes the members of the API alone.
 */
#ifndef CALL_CALL_RECORD_H
#define CALL_CALL_RECORD_H

#include "call/call.h"
#include "call/trail.h"
#include "json/json.h"
#include "json/jsonw.h"
#include <stddef.h>

struct call_record {
	struct call call;
	struct trail_entry *trail; /* in order; owned; NULL: none */
	size_t trail_count;        /* at most TRAIL_MAX */
};
void call_record_init(struct call_record *r);
void call_record_release(struct call_record *r);
/* Adds to the trail. ERR_TOO_LARGE when it is full, ERR_NOMEM. */
enum err call_record_add(struct call_record *r, const struct trail_entry *e) must_check;

struct call_records {
	struct call_record *records; /* owned */
	size_t count, room;
};
void call_records_release(struct call_records *l);
/* A new, initialised one at the end, which stays where it is until the next is asked for; NULL: out
 * of memory. */
struct call_record *call_records_add(struct call_records *l);

/* Writes it as the next value. */
void call_record_json(struct jsonw *w, const struct call_record *r);

/* Reads an object into an initialised record. Members it does not know are ignored. ERR_INVALID:
 * *why says which member is wrong, for people; ERR_NOMEM. `id`, `userId`, `phoneNumber`, `status`
 * and `startTime` are required. The user id is checked for being text only. */
#define CALL_RECORD_WHY 160
enum err call_record_read(const struct json *j, json_node n, struct call_record *r,
	char why[CALL_RECORD_WHY]) must_check;

#endif
