#include "e2e/rows.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- reading --- */

#define CELL(member)                                                                               \
	{                                                                                          \
		offsetof(struct row, member), sizeof(((struct row *)0)->member)                    \
	}

/* In the order of the columns; those of size 0 are not kept. */
static const struct {
	size_t at, size;
} columns[] = {
	CELL(id),
	CELL(user),
	CELL(provider),
	{0, 0},
	CELL(number),
	CELL(status),
	CELL(start),
	CELL(answer),
	CELL(end),
	CELL(duration),
	CELL(talk),
	CELL(notes),
	CELL(client),
	{0, 0},
	{0, 0},
	CELL(external),
	CELL(reason),
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void take_line(const char *line, size_t len, struct row *r)
{
	const char *cell = line, *end = line + len;
	memset(r, 0, sizeof(*r));
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t n = strcspn(cell, ",\r");
		ck_assert_msg(columns[i].size == 0 || (n < columns[i].size && *cell != '"'),
			"a cell of %.*s", (int)len, line);
		if (columns[i].size > 0)
			memcpy((char *)r + columns[i].at, cell, n);
		ck_assert_msg(cell + n == end ? i == COLUMNS - 1 : i < COLUMNS - 1,
			"%zu cells in %.*s", i + 1, (int)len, line);
		cell += n + 1;
	}
}

struct rows rows_read(void)
{
	struct answer *a =
		http(.path = "/history?format=csv&userId=*", .token = admin_token("root"));
	expect_status(a, 200);
	struct rows r = {calloc(a->len / 60 + 1, sizeof(struct row)), 0};
	ck_assert_ptr_nonnull(r.rows);
	const char *line = strstr(a->body, "\r\n");
	ck_assert_ptr_nonnull(line);
	line += 2;
	for (const char *end; (end = strstr(line, "\r\n")) != NULL; line = end + 2)
		take_line(line, (size_t)(end - line), &r.rows[r.count++]);
	return r;
}

void rows_release(struct rows *r)
{
	free(r->rows);
	*r = (struct rows){NULL, 0};
}

int order_by_id(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->id, ((const struct row *)b)->id);
}

int order_by_number(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->number, ((const struct row *)b)->number);
}

int order_by_client(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->client, ((const struct row *)b)->client);
}

int order_by_external(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int by = strcmp(x->provider, y->provider);
	return by != 0 ? by : strcmp(x->external, y->external);
}

bool row_is_final(const struct row *r)
{
	static const char *const finals[] = {
		"completed", "no-answer", "busy", "canceled", "failed", "handed-off", "lost"};
	for (size_t i = 0; i < sizeof(finals) / sizeof(finals[0]); i++)
		if (strcmp(r->status, finals[i]) == 0)
			return true;
	return false;
}

size_t rows_of_status(const struct rows *r, const char *status)
{
	size_t n = 0;
	for (size_t i = 0; i < r->count; i++)
		n += strcmp(r->rows[i].status, status) == 0;
	return n;
}

/* --- totals --- */

static size_t total(const char *user, const char *filter)
{
	struct answer *a = http(.path = e2e_text("/history?limit=1&userId=%s%s", user, filter),
		.token = admin_token("root"));
	expect_status(a, 200);
	return (size_t)int_at(a->json, "pagination.total");
}

static void expect_total(const char *user, size_t want)
{
	static const char *const providers[] = {"aircall", "tel", "cti", "dialpad"};
	size_t sum = 0;
	ck_assert_uint_eq(total(user, ""), want);
	/* A filter that everything fits makes it count row by row. */
	ck_assert_uint_eq(total(user, "&from=2000-01-01T00:00:00Z"), want);
	for (size_t i = 0; i < 4; i++)
		sum += total(user, e2e_text("&provider=%s", providers[i]));
	ck_assert_uint_eq(sum, want);
}

void rows_expect_totals(const struct rows *r, int users, const char *(*name)(int u))
{
	size_t sum = 0;
	expect_total("*", r->count);
	for (int u = 0; u < users; u++) {
		size_t mine = 0;
		const char *user = name(u);
		for (size_t i = 0; i < r->count; i++)
			mine += strcmp(r->rows[i].user, user) == 0;
		expect_total(user, mine);
		sum += mine;
	}
	ck_assert_uint_eq(sum, r->count);
}

/* --- the truth --- */

int64_t rfc3339_ms(const char *text)
{
	struct tm t;
	memset(&t, 0, sizeof(t));
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &t);
	if (rest == NULL || rest[0] != '.' || strlen(rest) != 5 || rest[4] != 'Z')
		return -1;
	return (int64_t)timegm(&t) * 1000 + strtol(rest + 1, NULL, 10);
}

const char *rfc3339_text(int64_t ms)
{
	struct tm t;
	time_t s = (time_t)(ms / 1000);
	char text[32];
	ck_assert_ptr_nonnull(gmtime_r(&s, &t));
	ck_assert_uint_gt(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &t), 0);
	return e2e_text("%s.%03dZ", text, (int)(ms % 1000));
}

static bool at_aircall(json_t *call)
{
	return text_is(call, "provider", "aircall");
}

/* A time of the truth in milliseconds; -1: there is none. */
static int64_t when(json_t *call, const char *seconds, const char *milliseconds)
{
	int64_t at = int_at(call, at_aircall(call) ? seconds : milliseconds);
	return at != -1 && at_aircall(call) ? at * 1000 : at;
}

const char *truth_status(json_t *call, int64_t now_ms)
{
	int64_t answer = when(call, "answered_at", "connected_ms");
	int64_t end = when(call, "ended_at", "ended_ms");
	if (end == -1 || end > now_ms)
		return NULL;
	if (text_is(call, "state", "blocked"))
		return "failed";
	return answer != -1 ? "completed" : "no-answer";
}

static int64_t rounded(int64_t ms)
{
	return (ms + 500) / 1000;
}

static const char *differs(const char *what, const char *is, const char *ought)
{
	return strcmp(is, ought) == 0
		       ? NULL
		       : e2e_text("its %s is \"%s\" and ought to be \"%s\"", what, is, ought);
}

static const char *number_differs(const char *what, const char *is, int64_t ought)
{
	return differs(what, is, ought >= 0 ? e2e_text("%" PRId64, ought) : "");
}

static const char *time_differs(const char *what, const char *is, int64_t ought_ms)
{
	if (ought_ms == -1 ? *is == '\0' : rfc3339_ms(is) == ought_ms)
		return NULL;
	return e2e_text("its %s is \"%s\" and ought to be %" PRId64, what, is, ought_ms);
}

const char *row_fault(const struct row *r, json_t *call)
{
	bool aircall = at_aircall(call);
	int64_t start = when(call, "started_at", "started_ms");
	int64_t answer = when(call, "answered_at", "connected_ms");
	int64_t end = when(call, "ended_at", "ended_ms");
	int64_t talk = answer == -1 ? -1 : rounded(end - answer);
	const char *id = aircall ? e2e_text("%" JSON_INTEGER_FORMAT, int_at(call, "id"))
				 : text_at(call, "id");
	const char *status = truth_status(call, INT64_MAX);
	ck_assert_ptr_nonnull(status);
	const char *faults[] = {
		differs("provider", r->provider, text_at(call, "provider")),
		differs("number", r->number, e2e_text("+%s", text_at(call, "to"))),
		differs("status", r->status, status),
		differs("externalCallId", r->external, id),
		number_differs("duration", r->duration,
			aircall ? int_at(call, "duration_now") : rounded(end - start)),
		number_differs("talkTime", r->talk, talk),
		time_differs("answerTime", r->answer, answer),
		time_differs("endTime", r->end, end),
	};
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i] != NULL)
			return faults[i];
	return NULL;
}
