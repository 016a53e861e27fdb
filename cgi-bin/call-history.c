/*
 * GET /history: the calls of the asker (or, for administrators, of others), newest first, as JSON
 * pages with exact totals or as one CSV stream.
 */
#include "auth/auth.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "call/call_csv.h"
#include "call/call_json.h"
#include "http/endpoint.h"
#include "http/failure.h"
#include "http/query.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIMIT_DEFAULT 20
#define LIMIT_MAX     100
#define CSV_ROWS      100 /* of one piece: at most some 2 MB in memory */

enum param {
	P_PAGE,
	P_LIMIT,
	P_STATUS,
	P_PROVIDER,
	P_PHONE,
	P_CLIENT,
	P_CONTACT,
	P_DEAL,
	P_FROM,
	P_TO,
	P_USER,
	P_FORMAT, /* read first: it decides what others count for */
	P__MAX
};

static const char *const param_names[P__MAX + 1] = {"page", "limit", "status", "provider",
	"phoneNumber", "clientId", "contactId", "dealId", "from", "to", "userId", "format", NULL};

/* What was asked for. */
struct wish {
	struct history_filter filter;
	int64_t page, limit;
	bool csv;
	char phone[PHONE_SIZE];
};

/* --- reading the parameters: each reader says what is wrong, or NULL --- */

static const char *read_page(const char *v, struct wish *w)
{
	return text_int(v, strlen(v), 1, INT64_MAX, &w->page)
		       ? NULL
		       : "page must be a whole number from 1.";
}

static const char *read_limit(const char *v, struct wish *w)
{
	return text_int(v, strlen(v), 1, LIMIT_MAX, &w->limit)
		       ? NULL
		       : "limit must be a whole number from 1 to 100.";
}

static const char *read_status(const char *v, struct wish *w)
{
	w->filter.status = call_status_from_word(v);
	return w->filter.status != CALL_STATUS__MAX ? NULL : "status is not one a call can have.";
}

static const char *read_provider(const char *v, struct wish *w)
{
	w->filter.provider = provider_from_word(v);
	return w->filter.provider != PROVIDER_NONE
		       ? NULL
		       : "provider must be dialpad, aircall, cti or tel.";
}

/* `+` in a query string means a blank; people forget to write %2B. */
static const char *read_time(const char *v, int64_t *ms)
{
	char text[64];
	size_t len = strlen(v);
	if (len < sizeof(text)) {
		memcpy(text, v, len + 1);
		if (len > 6 && text[len - 6] == ' ')
			text[len - 6] = '+';
		if (rfc3339_parse(text, len, ms) && *ms >= 0)
			return NULL;
	}
	return "a time must be written as in 2023-05-15T12:34:56Z.";
}

static const char *read_from(const char *v, struct wish *w)
{
	return read_time(v, &w->filter.from_ms);
}

static const char *read_to(const char *v, struct wish *w)
{
	const char *bad = read_time(v, &w->filter.to_ms);
	/* 0 means "open" to the filter; nothing was stored before 1970. */
	if (bad == NULL && w->filter.to_ms == 0)
		w->filter.to_ms = 1;
	return bad;
}

static const char *read_ref(const char *v, const char **ref)
{
	*ref = v;
	return strlen(v) <= CALL_REF_MAX ? NULL : "an id must not be longer than 128 bytes.";
}

static const char *read_client(const char *v, struct wish *w)
{
	return read_ref(v, &w->filter.client_id);
}

static const char *read_contact(const char *v, struct wish *w)
{
	return read_ref(v, &w->filter.contact_id);
}

static const char *read_deal(const char *v, struct wish *w)
{
	return read_ref(v, &w->filter.deal_id);
}

static const char *read_user(const char *v, struct wish *w)
{
	w->filter.user = strcmp(v, "*") == 0 ? NULL : v;
	return auth_user_valid(v, strlen(v)) ? NULL : "userId must be a user id or *.";
}

static const char *read_format(const char *v, struct wish *w)
{
	w->csv = strcmp(v, "csv") == 0;
	return w->csv || strcmp(v, "json") == 0 ? NULL : "format must be json or csv.";
}

static const char *(*const readers[P__MAX])(const char *, struct wish *) = {[P_PAGE] = read_page,
	[P_LIMIT] = read_limit,
	[P_STATUS] = read_status,
	[P_PROVIDER] = read_provider,
	[P_CLIENT] = read_client,
	[P_CONTACT] = read_contact,
	[P_DEAL] = read_deal,
	[P_FROM] = read_from,
	[P_TO] = read_to,
	[P_USER] = read_user};

/* A number needs the configured rules of reading it. */
static const char *read_phone(const struct config *c, const char *v, struct wish *w)
{
	struct buf text;
	const char *why = "phoneNumber is not a telephone number.";
	buf_init(&text, 256);
	buf_adds(&text, v);
	/* A + that was not escaped arrives as a space; before anything but a digit it is one. */
	if (!text.failed && text.len > 1 && text.s[0] == ' ' && text.s[1] >= '0' &&
		text.s[1] <= '9')
		text.s[0] = '+';
	bool ok = !text.failed && phone_normalise(&c->phone, text.s, text.len, w->phone, &why);
	buf_release(&text);
	w->filter.phone = w->phone;
	return ok ? NULL : why;
}

static bool refuse(struct exchange *x, const char *field, const char *why)
{
	response_error(x->response, 400, "invalid_parameter", field, why);
	return false;
}

/* Whether a parameter of a media range is a weight of 0, which means "anything but". */
static bool weight_is_zero(const char *p, size_t len)
{
	size_t blanks = strspn(p, " \t");
	if (blanks + 3 > len || strncasecmp(p + blanks, "q=0", 3) != 0)
		return false;
	size_t zeros = blanks + 3 + strspn(p + blanks + 3, ".0");
	return zeros + strspn(p + zeros, " \t") >= len;
}

/* One media range of an Accept header, such as `text/csv;header=present;q=0.5`. */
static bool range_is_csv(const char *range, size_t len)
{
	size_t blanks = strspn(range, " \t");
	size_t type = strcspn(range + blanks, " \t;,");
	if (type != strlen("text/csv") || strncasecmp(range + blanks, "text/csv", type) != 0)
		return false;
	for (size_t at = blanks + type; at < len; at++)
		if (range[at] == ';' &&
			weight_is_zero(range + at + 1, strcspn(range + at + 1, ";,")))
			return false;
	return true;
}

static bool accepts_csv(const char *accept)
{
	while (*accept != '\0') {
		size_t len = strcspn(accept, ",");
		if (range_is_csv(accept, len))
			return true;
		accept += len + (accept[len] == ',' ? 1 : 0);
	}
	return false;
}

static bool read_wish(struct exchange *x, const struct query *q, struct wish *w)
{
	memset(w, 0, sizeof(*w));
	history_filter_init(&w->filter);
	w->page = 1;
	w->limit = LIMIT_DEFAULT;
	w->filter.user = x->who.user;
	w->csv = accepts_csv(x->request->accept);
	const char *format = q->value[P_FORMAT];
	const char *wrong = format != NULL ? read_format(format, w) : NULL;
	if (wrong != NULL)
		return refuse(x, param_names[P_FORMAT], wrong);
	for (int i = 0; i < P_FORMAT; i++) {
		const char *v = q->value[i];
		/* CSV is all of it: its page and limit do not count. */
		if (v == NULL || (w->csv && (i == P_PAGE || i == P_LIMIT)))
			continue;
		const char *bad = i == P_PHONE ? read_phone(x->config, v, w) : readers[i](v, w);
		if (bad != NULL)
			return refuse(x, param_names[i], bad);
	}
	if (q->value[P_USER] != NULL && !x->who.admin) {
		response_error(x->response, 403, "forbidden", "userId",
			"Only administrators may name a user.");
		return false;
	}
	if (w->filter.to_ms > 0 && w->filter.from_ms > w->filter.to_ms)
		return refuse(x, "from", "from must not be after to.");
	return true;
}

/* --- a page --- */

/* How the number was read: a page can show it before anything is dialled. */
static void add_filter(struct jsonw *j, const struct wish *w)
{
	if (w->filter.phone == NULL)
		return;
	jsonw_key(j, "filter");
	jsonw_object(j);
	jsonw_member_text(j, "phoneNumber", w->filter.phone);
	jsonw_object_end(j);
}

static void answer_page(struct exchange *x, const struct wish *w)
{
	struct call_list list = {NULL, 0};
	int64_t total;
	enum err e = store_history_page(x->store, &w->filter, w->page, w->limit, &list, &total);
	if (e != ERR_NONE) {
		response_failure(x->response, e);
		return;
	}
	struct jsonw j;
	response_json(x->response, &j, 200, true);
	call_page_json(&j, &(struct call_page){list.calls, list.count, total, w->page, w->limit});
	add_filter(&j, w);
	response_json_end(x->response, &j);
	call_list_release(&list);
}

/* --- CSV --- */

struct csv {
	struct store *store;
	const struct log *log;
	struct query query; /* owns the texts of the filter */
	struct wish wish;
	char user[AUTH_USER_MAX + 1];
	struct history_walk walk;
	struct call_list next; /* the rows of the next piece, fetched already */
	bool begun;
};

static enum err csv_fetch(struct csv *c)
{
	call_list_release(&c->next);
	return store_history_walk(c->store, &c->wish.filter, &c->walk, CSV_ROWS, &c->next);
}

static int csv_next(void *arg, struct buf *piece)
{
	struct csv *c = arg;
	if (!c->begun) {
		/* From here on a stuck process must not write a 503 into the stream. */
		store_set_emergency(c->store, NULL, 0);
		call_csv_header(piece);
	}
	c->begun = true;
	for (size_t i = 0; i < c->next.count; i++)
		call_csv_row(piece, &c->next.calls[i]);
	if (c->walk.ended)
		return 0;
	enum err e = csv_fetch(c);
	if (e == ERR_BUSY)
		e = csv_fetch(c);
	if (e == ERR_NONE)
		return 1;
	log_write(c->log, LOG_OUTSIDE, "E1201", "an export broke off: %s", err_word(e));
	return -1;
}

static void csv_done(void *arg)
{
	struct csv *c = arg;
	call_list_release(&c->next);
	query_release(&c->query);
	free(c);
}

/* Takes the query over on success. The first rows are read before the answer begins: a failure can
 * still be said. */
static void answer_csv(struct exchange *x, struct query *q, const struct wish *w)
{
	struct csv *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		response_internal(x->response);
		return;
	}
	c->store = x->store;
	c->log = x->log;
	c->wish = *w;
	memcpy(c->user, x->who.user, sizeof(c->user));
	if (w->filter.user == x->who.user)
		c->wish.filter.user = c->user;
	if (w->filter.phone != NULL)
		c->wish.filter.phone = c->wish.phone;
	enum err e = csv_fetch(c);
	if (e != ERR_NONE) {
		csv_done(c);
		response_failure(x->response, e);
		return;
	}
	c->query = *q;
	memset(q, 0, sizeof(*q));
	buf_init(&q->text, 0);
	x->response->status = 200;
	x->response->content_type = "text/csv; charset=utf-8; header=present";
	response_header(x->response, "Content-Disposition", "attachment; filename=\"calls.csv\"");
	x->response->stream = (struct body_stream){csv_next, csv_done, c};
}

static void call_history(struct exchange *x)
{
	struct query q;
	struct wish w;
	const char *bad = NULL;
	enum err e = query_parse(&q, x->request->query, param_names, &bad);
	if (e == ERR_INVALID) {
		refuse(x, bad, "The parameter is repeated, empty or badly encoded.");
		return;
	}
	if (e != ERR_NONE) {
		response_failure(x->response, e);
		return;
	}
	if (read_wish(x, &q, &w)) {
		if (w.csv)
			answer_csv(x, &q, &w);
		else
			answer_page(x, &w);
	}
	query_release(&q);
}

const struct endpoint endpoint = {
	.name = "call-history", .method = "GET", .bearer = true, .handle = call_history};
