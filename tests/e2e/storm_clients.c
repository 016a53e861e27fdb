/* Clients: each places calls, writes notes, reads its history and tells events, one after the other. */
#include "e2e/storm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What Berkeley DB says when it must be recovered is nobody's business outside. */
static const char *const inner_words[] = {"RUNRECOVERY", "BDB", "run database recovery"};

struct answer *storm_ask(struct storm_client *c, enum storm_kind kind, const struct http *q)
{
	struct answer *a = http_send(q);
	c->requests[kind]++;
	c->taken[kind] += a->status == 200;
	c->answers[a->status >= 0 && a->status < 600 ? a->status : 0]++;
	if (a->seconds > c->longest)
		c->longest = a->seconds;
	for (size_t i = 0; i < sizeof(inner_words) / sizeof(inner_words[0]); i++)
		if (strstr(a->body, inner_words[i]) != NULL)
			snprintf(c->fault, sizeof(c->fault), "told a client: %.200s", a->body);
	return a;
}

void storm_judge(const struct storm *s, struct storm_client *c, const struct answer *a, bool replay)
{
	bool busy = a->status == 503 && header(a, "Retry-After") != NULL;
	bool may = a->status == 200 ||
		   (s->form.kills && (a->status == 500 || busy || a->status == 504 ||
					     (replay && a->status == 409)));
	if (!may && c->fault[0] == '\0')
		snprintf(c->fault, sizeof(c->fault), "status %d: %.180s %.80s", a->status, a->body,
			a->error);
}

/* --- calls --- */

static void acknowledge(struct storm_client *c, struct placing *p, const struct answer *a)
{
	const char *id = text_at(a->json, "call.id");
	if (id == NULL || (p->id[0] != '\0' && strcmp(p->id, id) != 0)) {
		snprintf(c->fault, sizeof(c->fault), "%s was %s and is %s", p->number, p->id,
			id != NULL ? id : "nothing");
		return;
	}
	snprintf(p->id, sizeof(p->id), "%s", id);
	p->acknowledged_ms = storm_mono_ms();
	p->acknowledged = true;
}

static struct answer *ask_for_call(struct storm_client *c, const struct placing *p)
{
	char body[64], key[64];
	snprintf(body, sizeof(body), "{\"phoneNumber\":\"%s\"}", p->number);
	snprintf(key, sizeof(key), "Idempotency-Key: key-%s", p->number + 1);
	const struct http q = {.path = "/call",
		.token = c->token,
		.body = body,
		.headers = {p->with_key ? key : NULL}};
	return storm_ask(c, STORM_CREATE, &q);
}

/* To a number that nobody called before. */
static struct placing *new_call(struct storm_client *c)
{
	if (c->count == c->room) {
		c->room = c->room * 2 + 256;
		struct placing *more = realloc(c->calls, (size_t)c->room * sizeof(*more));
		if (more == NULL)
			abort();
		c->calls = more;
	}
	struct placing *p = &c->calls[c->count];
	memset(p, 0, sizeof(*p));
	snprintf(p->number, sizeof(p->number), "+1555%02d%05d", c->number, c->count++);
	return p;
}

static void place_one(const struct storm *s, struct storm_client *c)
{
	struct placing *p = new_call(c);
	p->with_key = storm_roll(&c->dice, 2) == 0;
	const struct answer *a = ask_for_call(c, p);
	storm_judge(s, c, a, false);
	if (a->status == 200)
		acknowledge(c, p, a);
}

void storm_repeat_unclear(struct storm *s)
{
	for (int n = 0; n < s->form.clients; n++) {
		struct storm_client *c = &s->clients[n];
		c->token = token(storm_user(n));
		for (int i = 0; i < c->count; i++) {
			struct placing *p = &c->calls[i];
			if (p->acknowledged || !p->with_key)
				continue;
			const struct answer *a = ask_for_call(c, p);
			storm_judge(s, c, a, true);
			if (a->status == 200)
				acknowledge(c, p, a);
			else
				/* It is over: nobody asks a third time. */
				p->with_key = false;
		}
	}
}

/* --- notes --- */

/* Each call gets notes once; until that is acknowledged the same again. */
static void note_one(const struct storm *s, struct storm_client *c)
{
	struct placing *p =
		c->count > 0 ? &c->calls[storm_roll(&c->dice, (unsigned int)c->count)] : NULL;
	char body[64], path[64];
	if (p == NULL || !p->acknowledged || p->noted)
		return;
	snprintf(p->notes, sizeof(p->notes), "note-%s", p->number + 1);
	snprintf(body, sizeof(body), "{\"notes\":\"%s\"}", p->notes);
	snprintf(path, sizeof(path), "/call/%s/notes", p->id);
	const struct http q = {.method = "PUT", .path = path, .token = c->token, .body = body};
	const struct answer *a = storm_ask(c, STORM_NOTES, &q);
	storm_judge(s, c, a, false);
	if (a->status == 200)
		p->noted_ms = storm_mono_ms();
	p->noted = a->status == 200;
}

/* --- histories --- */

/* What is acknowledged is there at once: at least so many. */
static void read_history(const struct storm *s, struct storm_client *c)
{
	const struct http q = {.path = "/history?limit=5", .token = c->token};
	int acknowledged = 0;
	for (int i = 0; i < c->count; i++)
		acknowledged += c->calls[i].acknowledged;
	const struct answer *a = storm_ask(c, STORM_HISTORY, &q);
	storm_judge(s, c, a, false);
	json_int_t total = int_at(a->json, "pagination.total");
	if (a->status == 200 && (total < acknowledged || total > c->count))
		snprintf(c->fault, sizeof(c->fault), "total %lld of %d acknowledged, %d asked for",
			(long long)total, acknowledged, c->count);
}

/* The whole of it in turns. */
static void stream_history(const struct storm *s, struct storm_client *c)
{
	const struct http q = {.path = "/history?format=csv", .token = c->token};
	const struct answer *a = storm_ask(c, STORM_CSV, &q);
	if (a->status != 0)
		storm_judge(s, c, a, false);
	else if (!s->form.kills)
		snprintf(c->fault, sizeof(c->fault), "CSV: %s", a->error);
}

/* --- their life --- */

struct life {
	struct storm *storm;
	struct storm_client *client;
};
static struct life lives[STORM_CLIENTS_MAX];

static void *live(void *arg)
{
	const struct life *l = arg;
	struct storm *s = l->storm;
	struct storm_client *c = l->client;
	while (!s->stop && c->fault[0] == '\0') {
		unsigned int what = storm_roll(&c->dice, 100);
		if (what < 40)
			place_one(s, c);
		else if (what < 65)
			note_one(s, c);
		else if (what < 80)
			read_history(s, c);
		else if (what < 82)
			stream_history(s, c);
		else
			storm_tell_event(s, c);
	}
	return NULL;
}

void storm_clients_start(struct storm *s)
{
	s->stop = false;
	for (int i = 0; i < s->form.clients; i++) {
		lives[i] = (struct life){s, &s->clients[i]};
		s->clients[i].token = token(storm_user(i));
		ck_assert_int_eq(pthread_create(&s->clients[i].thread, NULL, live, &lives[i]), 0);
	}
}

void storm_clients_join(struct storm *s)
{
	s->stop = true;
	for (int i = 0; i < s->form.clients; i++)
		pthread_join(s->clients[i].thread, NULL);
}
