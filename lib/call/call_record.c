#include "call/call_record.h"

#include "base/rfc3339.h"
#include "base/text.h"
#include "call/call_json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the record --- */

void call_record_init(struct call_record *r)
{
	call_init(&r->call);
	r->trail = NULL;
	r->trail_count = 0;
}

void call_record_release(struct call_record *r)
{
	call_release(&r->call);
	free(r->trail);
	r->trail = NULL;
	r->trail_count = 0;
}

enum err call_record_add(struct call_record *r, const struct trail_entry *e)
{
	if (r->trail_count == TRAIL_MAX)
		return ERR_TOO_LARGE;
	struct trail_entry *bigger = realloc(r->trail, (r->trail_count + 1) * sizeof(*bigger));
	if (bigger == NULL)
		return ERR_NOMEM;
	r->trail = bigger;
	r->trail[r->trail_count++] = *e;
	return ERR_NONE;
}

void call_records_release(struct call_records *l)
{
	for (size_t i = 0; i < l->count; i++)
		call_record_release(&l->records[i]);
	free(l->records);
	*l = (struct call_records){.records = NULL};
}

struct call_record *call_records_add(struct call_records *l)
{
	if (l->count == l->room) {
		size_t room = l->room == 0 ? 32 : 2 * l->room;
		struct call_record *bigger = realloc(l->records, room * sizeof(*bigger));
		if (bigger == NULL)
			return NULL;
		l->records = bigger;
		l->room = room;
	}
	call_record_init(&l->records[l->count]);
	return &l->records[l->count++];
}

/* --- writing --- */

static void time_member(struct jsonw *w, const char *key, int64_t ms)
{
	if (ms != 0)
		jsonw_member_time(w, key, ms);
}

/* As text: ids have 64 bits. */
static void id_member(struct jsonw *w, const char *key, int64_t id)
{
	char text[24];
	if (id == 0)
		return;
	(void)snprintf(text, sizeof(text), "%" PRId64, id);
	jsonw_member_text(w, key, text);
}

static bool has_internals(const struct call *c)
{
	return c->provider_user_id != 0 || c->provider_number_id != 0 || c->asked_ms != 0 ||
	       c->figures_ms != 0 || c->final_ms != 0 || c->look_ms != 0 || c->status == CALL_LOST;
}

static void internals(struct jsonw *w, const struct call *c)
{
	if (!has_internals(c))
		return;
	jsonw_key(w, "internal");
	jsonw_object(w);
	id_member(w, "providerUserId", c->provider_user_id);
	id_member(w, "providerNumberId", c->provider_number_id);
	time_member(w, "askedTime", c->asked_ms);
	time_member(w, "figuresTime", c->figures_ms);
	time_member(w, "finalTime", c->final_ms);
	if (c->status == CALL_LOST)
		jsonw_member_text(w, "beforeLost", call_status_word(c->before_lost));
	time_member(w, "nextLook", c->look_ms);
	jsonw_object_end(w);
}

/* `number`: which it would have if none had been dropped. */
static void entry(struct jsonw *w, const struct trail_entry *e, size_t number)
{
	jsonw_object(w);
	if (e->number != number)
		jsonw_member_int(w, "number", e->number);
	time_member(w, "time", e->at_ms);
	jsonw_member_text(w, "kind", trail_word(e->kind));
	jsonw_member_text(w, "text", e->text);
	if (e->times > 1) {
		jsonw_member_int(w, "times", e->times);
		time_member(w, "lastTime", e->last_ms);
	}
	jsonw_object_end(w);
}

static void trail(struct jsonw *w, const struct call_record *r)
{
	if (r->trail_count == 0)
		return;
	jsonw_key(w, "trail");
	jsonw_array(w);
	for (size_t i = 0; i < r->trail_count; i++)
		entry(w, &r->trail[i], i);
	jsonw_array_end(w);
}

void call_record_json(struct jsonw *w, const struct call_record *r)
{
	jsonw_object(w);
	call_json_members(w, &r->call);
	if (r->call.notes_version != 0)
		jsonw_member_int(w, "notesVersion", r->call.notes_version);
	internals(w, &r->call);
	trail(w, r);
	jsonw_object_end(w);
}

/* --- reading --- */

struct reading {
	const struct json *j;
	struct call *c;
	char *why;
	enum err e; /* of the first member that is wrong */
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct reading *g, const char *fmt, ...)
{
	va_list ap;
	if (g->e != ERR_NONE)
		return false;
	va_start(ap, fmt);
	(void)vsnprintf(g->why, CALL_RECORD_WHY, fmt, ap);
	va_end(ap);
	g->e = ERR_INVALID;
	return false;
}

/* Absent and null are the same here: there is nothing. */
static bool is_absent(const struct reading *g, json_node n)
{
	enum json_type t = json_type(g->j, n);
	return t == JSON_ABSENT || t == JSON_NULL;
}

static bool read_time(
	struct reading *g, json_node object, const char *name, bool required, int64_t *ms)
{
	char text[40];
	json_node n = json_member(g->j, object, name);
	if (is_absent(g, n))
		return !required || refuse(g, "%s is missing", name);
	if (json_string_fixed(g->j, n, text, sizeof(text)) &&
		rfc3339_parse(text, strlen(text), ms) && *ms > 0)
		return true;
	return refuse(g, "%s must be a time such as 2023-05-15T12:34:56.789Z", name);
}

static bool read_number(
	struct reading *g, json_node object, const char *name, int64_t least, int64_t *v)
{
	json_node n = json_member(g->j, object, name);
	if (is_absent(g, n) || (json_int_lenient(g->j, n, v) && *v >= least))
		return true;
	return refuse(g, "%s must be a whole number from %" PRId64, name, least);
}

/* A text that the call owns. */
static bool read_owned(struct reading *g, json_node object, const char *name, size_t max, char **to)
{
	json_node n = json_member(g->j, object, name);
	if (is_absent(g, n))
		return true;
	if (json_type(g->j, n) != JSON_STRING)
		return refuse(g, "%s must be text", name);
	struct buf b;
	buf_init(&b, g->j->len);
	bool read = json_text(g->j, n, &b);
	if (read && b.len > max)
		refuse(g, "%s must have at most %zu bytes", name, max);
	else if (!read || call_set_text(to, b.s) != ERR_NONE)
		g->e = ERR_NOMEM;
	buf_release(&b);
	return g->e == ERR_NONE;
}

static bool read_id(struct reading *g, json_node object)
{
	char text[CALLID_SIZE + 1] = "";
	json_node n = json_member(g->j, object, "id"), same = json_member(g->j, object, "_id");
	if (!json_string_fixed(g->j, n, text, sizeof(text)) ||
		!callid_parse(text, strlen(text), &g->c->id))
		return refuse(g, "id must be 24 lowercase hexadecimal digits");
	return is_absent(g, same) || json_string_is(g->j, same, text) ||
	       refuse(g, "_id differs from id");
}

static bool read_status(struct reading *g, json_node n, const char *name, enum call_status *s)
{
	char word[24] = "";
	if (json_string_fixed(g->j, n, word, sizeof(word)) &&
		(*s = call_status_from_word(word)) != CALL_STATUS__MAX)
		return true;
	return refuse(g, "%s: no call is ever that", name);
}

static bool read_provider(struct reading *g, json_node object)
{
	char word[16] = "";
	json_node n = json_member(g->j, object, "provider");
	if (is_absent(g, n))
		return true;
	if (json_string_fixed(g->j, n, word, sizeof(word)) &&
		(g->c->provider = provider_from_word(word)) != PROVIDER_NONE)
		return true;
	return refuse(g, "provider must be dialpad, aircall, cti or tel");
}

static bool read_phone(struct reading *g, json_node object)
{
	static const struct phone_rules none = {.country_code = ""};
	char given[PHONE_SIZE] = "", phone[PHONE_SIZE];
	json_node n = json_member(g->j, object, "phoneNumber");
	if (json_string_fixed(g->j, n, given, sizeof(given)) &&
		phone_normalise(&none, given, strlen(given), phone, NULL) &&
		strcmp(given, phone) == 0) {
		memcpy(g->c->phone, phone, sizeof(phone));
		return true;
	}
	return refuse(g, "phoneNumber must be + and 8 to 15 digits");
}

static bool read_reason(struct reading *g, json_node object)
{
	json_node n = json_member(g->j, object, "reason");
	return is_absent(g, n) || json_string_fixed(g->j, n, g->c->reason, sizeof(g->c->reason)) ||
	       refuse(g, "reason must be text of less than %d bytes", CALL_REASON_MAX);
}

static bool read_direction(struct reading *g, json_node object)
{
	json_node n = json_member(g->j, object, "direction");
	return is_absent(g, n) || json_string_is(g->j, n, "outbound") ||
	       refuse(g, "direction must be outbound");
}

static bool read_members(struct reading *g, json_node n)
{
	struct call *c = g->c;
	return read_id(g, n) && read_owned(g, n, "userId", 4096, &c->user) && read_provider(g, n) &&
	       read_direction(g, n) && read_phone(g, n) &&
	       read_status(g, json_member(g->j, n, "status"), "status", &c->status) &&
	       read_time(g, n, "startTime", true, &c->start_ms) &&
	       read_time(g, n, "answerTime", false, &c->answer_ms) &&
	       read_time(g, n, "endTime", false, &c->end_ms) &&
	       read_number(g, n, "duration", 0, &c->duration_s) &&
	       read_number(g, n, "talkTime", 0, &c->talk_s) &&
	       read_owned(g, n, "notes", CALL_NOTES_MAX, &c->notes) &&
	       read_owned(g, n, "clientId", CALL_REF_MAX, &c->client_id) &&
	       read_owned(g, n, "contactId", CALL_REF_MAX, &c->contact_id) &&
	       read_owned(g, n, "dealId", CALL_REF_MAX, &c->deal_id) &&
	       read_number(g, n, "externalCallId", 1, &c->external_id) && read_reason(g, n) &&
	       read_number(g, n, "notesVersion", 0, &c->notes_version);
}

static bool read_before_lost(struct reading *g, json_node object)
{
	json_node n = json_member(g->j, object, "beforeLost");
	/* What a call was that somebody else gave up: asked for, at least. */
	if (g->c->status == CALL_LOST)
		g->c->before_lost = CALL_UNCONFIRMED;
	return is_absent(g, n) ||
	       (read_status(g, n, "internal.beforeLost", &g->c->before_lost) &&
		       (g->c->before_lost < CALL_COMPLETED ||
			       refuse(g, "internal.beforeLost must not be final")));
}

static bool read_internals(struct reading *g, json_node object)
{
	struct call *c = g->c;
	json_node n = json_member(g->j, object, "internal");
	if (!is_absent(g, n) && json_type(g->j, n) != JSON_OBJECT)
		return refuse(g, "internal must be an object");
	return read_number(g, n, "providerUserId", 0, &c->provider_user_id) &&
	       read_number(g, n, "providerNumberId", 0, &c->provider_number_id) &&
	       read_time(g, n, "askedTime", false, &c->asked_ms) &&
	       read_time(g, n, "figuresTime", false, &c->figures_ms) &&
	       read_time(g, n, "finalTime", false, &c->final_ms) &&
	       read_time(g, n, "nextLook", false, &c->look_ms) && read_before_lost(g, n);
}

/* `least`: the entries are in order of their numbers. */
static bool read_entry(struct reading *g, json_node n, int64_t least, struct trail_entry *e)
{
	char word[16] = "";
	int64_t number = least;
	memset(e, 0, sizeof(*e));
	if (!read_time(g, n, "time", false, &e->at_ms) ||
		!read_time(g, n, "lastTime", false, &e->last_ms) ||
		!read_number(g, n, "times", 2, &e->times) ||
		!read_number(g, n, "number", least, &number))
		return false;
	if (number > TRAIL_NUMBER_MAX)
		return refuse(g, "trail: number must be at most %d", TRAIL_NUMBER_MAX);
	e->number = (unsigned)number;
	if (!json_string_fixed(g->j, json_member(g->j, n, "kind"), word, sizeof(word)) ||
		(e->kind = trail_kind_from_word(word)) == TRAIL_KIND__MAX)
		return refuse(g, "trail: an entry is of no known kind");
	json_node text = json_member(g->j, n, "text");
	return is_absent(g, text) || json_string_fixed(g->j, text, e->text, sizeof(e->text)) ||
	       refuse(g, "trail: the text of an entry must have at most %d bytes", TRAIL_TEXT_MAX);
}

static bool read_trail(struct reading *g, json_node object, struct call_record *r)
{
	json_node list = json_member(g->j, object, "trail");
	if (is_absent(g, list))
		return true;
	if (json_type(g->j, list) != JSON_ARRAY)
		return refuse(g, "trail must be an array");
	if (json_size(g->j, list) > TRAIL_MAX)
		return refuse(g, "trail must have at most %d entries", TRAIL_MAX);
	int64_t least = 0;
	for (json_node n = json_first(g->j, list); n != JSON_NONE; n = json_next(g->j, list, n)) {
		struct trail_entry e;
		if (!read_entry(g, n, least, &e))
			return false;
		least = (int64_t)e.number + 1;
		if (call_record_add(r, &e) != ERR_NONE) {
			g->e = ERR_NOMEM;
			return false;
		}
	}
	return true;
}

/* What single members cannot show. */
static bool fits_together(struct reading *g)
{
	const struct call *c = g->c;
	if (c->user[0] == '\0')
		return refuse(g, "userId is missing");
	if (c->external_id != 0 && (c->provider == PROVIDER_NONE || c->provider == PROVIDER_TEL))
		return refuse(g, "externalCallId: without a provider there is no such id");
	return true;
}

enum err call_record_read(
	const struct json *j, json_node n, struct call_record *r, char why[CALL_RECORD_WHY])
{
	struct reading g = {.j = j, .c = &r->call, .why = why, .e = ERR_NONE};
	why[0] = '\0';
	if (json_type(j, n) != JSON_OBJECT)
		refuse(&g, "not an object");
	else if (read_members(&g, n) && read_internals(&g, n) && read_trail(&g, n, r))
		fits_together(&g);
	return g.e;
}
