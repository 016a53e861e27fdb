/* The call as the API shows it. Unknown members are left out, never 0 or "". */
#ifndef CALL_CALL_JSON_H
#define CALL_CALL_JSON_H

#include "call/call.h"
#include "json/jsonw.h"

/* Writes the call object as the next value. */
void call_json(struct jsonw *w, const struct call *c);
/* Its members alone, within an object that is being written. */
void call_json_members(struct jsonw *w, const struct call *c);

/* A page of a history: `calls` and `pagination` as members of the object being written. */
struct call_page {
	const struct call *calls;
	size_t count;
	int64_t total, page, limit;
};
void call_page_json(struct jsonw *w, const struct call_page *p);
/* How many there are; the last may be incomplete. */
int64_t call_pages(int64_t total, int64_t limit);

/* The strong ETag of the notes alone, with its quotes, into out. */
#define CALL_ETAG_SIZE 64
void call_notes_etag(const struct call *c, char out[CALL_ETAG_SIZE]);

#endif
