#include "journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

void journal_init(struct journal *journal)
{
	*journal = (struct journal){.next = 1, .routes = json_object()};
}

static void entry_release(struct journal_entry *entry)
{
	free(entry->method);
	free(entry->path);
	free(entry->query);
	free(entry->body);
	free(entry->actor);
}

void journal_release(struct journal *journal)
{
	for (size_t i = 0; i < journal->count; i++)
		entry_release(&journal->entry[i]);
	free(journal->entry);
	json_decref(journal->routes);
	*journal = (struct journal){0};
}

void journal_clear(struct journal *journal)
{
	int64_t next = journal->next;

	journal_release(journal);
	journal_init(journal);
	/* A request under way must not be taken for one that began after the reset. */
	journal->next = next;
}

static void forget_oldest(struct journal *journal, size_t count)
{
	for (size_t i = 0; i < count; i++)
		entry_release(&journal->entry[i]);
	journal->count -= count;
	memmove(journal->entry, journal->entry + count, journal->count * sizeof(*journal->entry));
}

int64_t journal_begin(struct journal *journal, const struct journal_entry *entry)
{
	struct journal_entry *kept;

	if (journal->count == JOURNAL_KEEP)
		forget_oldest(journal, JOURNAL_KEEP / 10);
	journal->entry = mem_grow(
		journal->entry, &journal->cap, journal->count + 1, sizeof(*journal->entry));
	kept = &journal->entry[journal->count++];
	*kept = *entry;
	kept->sequence = journal->next++;
	kept->method = mem_text(entry->method);
	kept->path = mem_text(entry->path);
	kept->query = mem_text(entry->query);
	kept->actor = mem_text(entry->actor);
	kept->body = mem_new(entry->body_len + 1);
	if (entry->body_len)
		memcpy(kept->body, entry->body, entry->body_len);
	journal->total++;
	return kept->sequence;
}

static void count_route(
	struct journal *journal, const char *method, const char *route, const char *result)
{
	char *name = mem_format("%s %s", method, route);
	json_t *counts = json_object_get(journal->routes, name);

	if (!counts) {
		counts = json_object();
		json_object_set_new(journal->routes, name, counts);
	}
	json_object_set_new(counts, result,
		json_integer(json_integer_value(json_object_get(counts, result)) + 1));
	free(name);
}

void journal_end(struct journal *journal, int64_t sequence, const struct journal_entry *result)
{
	struct journal_entry *entry;
	char status[24];

	if (journal->count == 0 || sequence < journal->entry[0].sequence)
		return;
	entry = &journal->entry[sequence - journal->entry[0].sequence];
	free(entry->actor);
	entry->actor = mem_text(result->actor);
	entry->status = result->status;
	entry->authorization = result->authorization;
	entry->answered = result->answered;
	entry->rule = result->rule;
	snprintf(status, sizeof(status), "%d", result->status);
	count_route(
		journal, entry->method, result->route, result->status ? status : result->answered);
}

/* Bytes that are not UTF-8 cannot stand in JSON; they show as question marks. */
static json_t *readable(const char *bytes, size_t len)
{
	json_t *text = json_stringn(bytes, len);
	char *copy;

	if (text)
		return text;
	copy = mem_new(len + 1);
	memcpy(copy, bytes, len);
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)copy[i] >= 0x80)
			copy[i] = '?';
	}
	text = json_stringn(copy, len);
	free(copy);
	return text;
}

static json_t *entry_json(const struct journal_entry *entry)
{
	return json_pack("{sI sf ss so so so ss ss? sI sI so ss? ss?}", "sequence",
		(json_int_t)entry->sequence, "at", (double)entry->at_ms / 1000, "method",
		entry->method, "path", readable(entry->path, strlen(entry->path)), "query",
		readable(entry->query, strlen(entry->query)), "body",
		readable(entry->body, entry->body_len), "authorization", entry->authorization,
		"actor", *entry->actor ? entry->actor : NULL, "connection",
		(json_int_t)entry->connection, "nth_on_connection", (json_int_t)entry->nth,
		"status", entry->status ? json_integer(entry->status) : json_null(), "answered",
		entry->answered, "rule", entry->rule);
}

json_t *journal_json(
	const struct journal *journal, int64_t since, const char *path, const char *method)
{
	json_t *list = json_array();

	for (size_t i = 0; i < journal->count; i++) {
		const struct journal_entry *entry = &journal->entry[i];

		if (entry->sequence <= since)
			continue;
		if (path && strncmp(entry->path, path, strlen(path)) != 0)
			continue;
		if (method && strcmp(entry->method, method) != 0)
			continue;
		json_array_append_new(list, entry_json(entry));
	}
	return list;
}
