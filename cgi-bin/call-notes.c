/*
 * PUT /call/:id/notes: replaces the notes of one's own call. With If-Match nobody's notes are
 * overwritten unseen: a stale tag gets 412 with the call as it is now.
 */
#include "base/fault.h"
#include "base/text.h"
#include "call/call_json.h"
#include "http/endpoint.h"
#include "http/failure.h"
#include "store/store.h"

#include <string.h>

/* Apache's mod_deflate and mod_brotli put a suffix into the tag of an answer they compressed. */
static bool tag_equal(const char *tag, size_t len, const char *etag)
{
	static const char *const suffixes[] = {"\"", "-gzip\"", "-br\""};
	size_t bare = strlen(etag) - 1; /* without the closing quote */
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t n = strlen(suffixes[i]);
		if (len == bare + n && memcmp(tag, etag, bare) == 0 &&
			memcmp(tag + bare, suffixes[i], n) == 0)
			return true;
	}
	return false;
}

/* If-Match is `*` or a list of tags; weak ones never match (RFC 9110, 13.1.1). */
static bool if_match(const char *list, const struct call *c)
{
	char etag[CALL_ETAG_SIZE];
	call_notes_etag(c, etag);
	while (*list != '\0') {
		size_t len = strcspn(list, ",");
		const char *tag = list;
		list += len + (list[len] == ',' ? 1 : 0);
		while (len > 0 && (*tag == ' ' || *tag == '\t')) {
			tag++;
			len--;
		}
		while (len > 0 && (tag[len - 1] == ' ' || tag[len - 1] == '\t'))
			len--;
		if ((len == 1 && *tag == '*') || tag_equal(tag, len, etag))
			return true;
	}
	return false;
}

static void answer_saved(struct exchange *x, const struct call *c)
{
	char etag[CALL_ETAG_SIZE];
	struct jsonw w;
	call_notes_etag(c, etag);
	response_header(x->response, "ETag", etag);
	response_json(x->response, &w, 200, true);
	jsonw_member_text(&w, "message", "Call notes updated successfully");
	response_json_end(x->response, &w);
}

static void answer_stale(struct exchange *x, const struct call *c)
{
	char etag[CALL_ETAG_SIZE];
	struct jsonw w;
	call_notes_etag(c, etag);
	response_header(x->response, "ETag", etag);
	response_error_open(x->response, &w, 412, "stale_notes", NULL,
		"The notes were changed meanwhile. Nothing was saved; the call as it is now is "
		"included.");
	jsonw_key(&w, "call");
	call_json(&w, c);
	response_json_end(x->response, &w);
}

/* Reads the call and decides whether this user may write; *version is what the notes must still be
 * then. */
static enum err check(
	struct exchange *x, const struct callid *id, struct call *c, int64_t *version, bool *stale)
{
	*version = -1;
	*stale = false;
	enum err e = store_call_get(x->store, id, c);
	if (e != ERR_NONE)
		return e;
	if (strcmp(c->user, x->who.user) != 0)
		return x->who.admin ? ERR_INVALID : ERR_NOT_FOUND;
	if (x->request->has_if_match) {
		*stale = !if_match(x->request->if_match, c);
		*version = c->notes_version;
	}
	return ERR_NONE;
}

static void save(struct exchange *x, const struct callid *id, const char *notes)
{
	struct call c;
	call_init(&c);
	int64_t version;
	bool stale;
	enum err e = check(x, id, &c, &version, &stale);
	FAULT_POINT("notes-before-write");
	if (e == ERR_NONE && !stale) {
		e = store_notes_set(
			x->store, id, x->who.user, notes, version, x->request->now_ms, &c);
		stale = e == ERR_CONFLICT;
	}
	if (stale)
		answer_stale(x, &c);
	else if (e == ERR_NONE)
		answer_saved(x, &c);
	else if (e == ERR_INVALID)
		response_error(x->response, 403, "forbidden", NULL,
			"Only the caller may change the notes of a call.");
	else
		response_failure(x->response, e);
	call_release(&c);
}

static void call_notes(struct exchange *x)
{
	struct callid id;
	const struct json *j = &x->request->json;
	if (!path_callid(x->request->path_info, &id)) {
		response_not_found(x->response);
		return;
	}
	struct buf notes;
	buf_init(&notes, CALL_NOTES_MAX);
	json_node n = json_member(j, json_root(j), "notes");
	if (json_type(j, n) != JSON_STRING)
		response_error(
			x->response, 400, "invalid_parameter", "notes", "notes must be a string.");
	else if (!json_text(j, n, &notes))
		response_error(x->response, 400, "invalid_parameter", "notes",
			"notes must not be longer than 10000 bytes.");
	else
		save(x, &id, notes.s);
	buf_release(&notes);
}

const struct endpoint endpoint = {.name = "call-notes",
	.method = "PUT",
	.bearer = true,
	.json_body = true,
	.handle = call_notes};
