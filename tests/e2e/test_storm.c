/*
 * Killed at any moment: programs die at every step of placing a call, and at random under load.
 * Afterwards the history is compared with what clients were told and with what the provider saw:
 * nothing acknowledged is missing, every call is in the history exactly once, nothing was dialled
 * twice, and nobody waited longer than the limit.
 */
#include "e2e/calls.h"
#include "e2e/rows.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_WAIT 5.0 /* seconds */
#define CLIENTS_MAX  16
#define CALLS_MAX    5000 /* of one client */

/* --- what is in the history --- */

/* Sorted by number, of which each may be there once. */
static struct rows rows_by_number(void)
{
	struct rows r = rows_read();
	qsort(r.rows, r.count, sizeof(struct row), order_by_id);
	for (size_t i = 1; i < r.count; i++)
		ck_assert_msg(
			strcmp(r.rows[i - 1].id, r.rows[i].id) != 0, "two calls %s", r.rows[i].id);
	qsort(r.rows, r.count, sizeof(struct row), order_by_number);
	for (size_t i = 1; i < r.count; i++)
		ck_assert_msg(strcmp(r.rows[i - 1].number, r.rows[i].number) != 0,
			"two calls to %s", r.rows[i].number);
	return r;
}

static const struct row *find_row(const struct rows *r, const char *number)
{
	struct row key;
	snprintf(key.number, sizeof(key.number), "%s", number);
	return bsearch(&key, r->rows, r->count, sizeof(struct row), order_by_number);
}

static const char *client_name(int u)
{
	return e2e_text("client%d", u);
}

static void expect_totals(const struct rows *r, int users)
{
	rows_expect_totals(r, users, client_name);
}

/* --- what the provider saw --- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every request to place a call is to a number of its own, and in the history. */
static size_t check_requests(const struct rows *r)
{
	json_t *requests = json_at(sim_get("/control/requests?method=POST"), "requests");
	size_t count = json_array_size(requests);
	const char **numbers = calloc(count + 1, sizeof(*numbers));
	ck_assert_ptr_nonnull(numbers);
	for (size_t i = 0; i < count; i++) {
		json_t *body = json_loads(text_at(json_array_get(requests, i), "body"), 0, NULL);
		numbers[i] = e2e_text("%s", text_at(body, "to"));
		json_decref(body);
		ck_assert_msg(find_row(r, numbers[i]) != NULL, "asked for %s, which is in no row",
			numbers[i]);
	}
	qsort(numbers, count, sizeof(*numbers), compare_texts);
	for (size_t i = 1; i < count; i++)
		ck_assert_msg(
			strcmp(numbers[i - 1], numbers[i]) != 0, "asked twice for %s", numbers[i]);
	free(numbers);
	return count;
}

/* Every call has its row; after a sync also its id in it. */
static size_t check_calls(const struct rows *r, bool synced)
{
	json_t *calls = json_at(sim_get("/control/calls"), "calls");
	for (size_t i = 0; i < json_array_size(calls); i++) {
		json_t *c = json_array_get(calls, i);
		const struct row *row = find_row(r, e2e_text("+%s", text_at(c, "to")));
		ck_assert_msg(row != NULL, "call to %s is in no row", text_at(c, "to"));
		if (synced)
			ck_assert_msg(strtoll(row->external, NULL, 10) == int_at(c, "id"),
				"call to %s is %s, not %lld", row->number, row->external,
				(long long)int_at(c, "id"));
	}
	return json_array_size(calls);
}

static void advance(int seconds)
{
	e2e_clock(e2e_now_ms() - e2e_real_ms() + (int64_t)seconds * 1000);
	sim_post("/control/clock", e2e_text("{\"advance\":%d}", seconds));
}

/* --- death at every step --- */

static const struct {
	const char *name;
	const char *status; /* of the row that is left; NULL: there is none */
	bool asked;         /* the provider was */
} points[] = {
	{"place-before-intent", NULL, false},
	{"place-after-intent", "queued", false},
	{"place-before-ask", "queued", false},
	{"place-after-ask", "queued", true},
	{"place-after-outcome", "initiated", true},
};
#define POINTS ((int)(sizeof(points) / sizeof(points[0])))

/* A step that nobody dies at proves nothing. */
START_TEST(every_step_has_its_death)
{
	const char *const argv[] = {
		"/bin/grep", "-rhoE", "FAULT_POINT\\(\"place-[a-z-]+\"", "lib", NULL};
	struct run r = e2e_run(argv, NULL);
	int found = 0;
	for (const char *at = r.out; (at = strchr(at, '"')) != NULL; at = strchr(at, '\n')) {
		const char *name = at + 1;
		bool known = false;
		for (int i = 0; i < POINTS; i++)
			known = known || (strncmp(name, points[i].name, strcspn(name, "\"")) == 0 &&
						 points[i].name[strcspn(name, "\"")] == '\0');
		ck_assert_msg(known, "no test dies at %.*s", (int)strcspn(name, "\""), name);
		found++;
	}
	ck_assert_int_eq(found, POINTS);
}
END_TEST

#define DEATHS 6

START_TEST(death_at_a_step_loses_nothing)
{
	struct daemon own;
	const char *const env[] = {e2e_text("DIALER_TEST_FAULT=%s:kill", points[_i].name), NULL};
	struct http q[DEATHS];
	struct answer *answers[DEATHS];
	for (int i = 0; i < DEATHS; i++)
		q[i] = (struct http){.to = &own,
			.path = "/call",
			.token = token("client0"),
			.body = e2e_text("{\"phoneNumber\":\"+1555000000%d\"}", i),
			.headers = {i % 2 == 0 ? e2e_text("Idempotency-Key: k%d", i) : NULL}};
	server_start(&own, "fault.log", env);
	http_all(q, DEATHS, answers);
	ck_assert_int_eq(daemon_stop(&own), 0);
	for (int i = 0; i < DEATHS; i++) {
		expect_status(answers[i], 500);
		ck_assert_msg(
			answers[i]->seconds < LONGEST_WAIT, "waited %f s", answers[i]->seconds);
	}
	const char *status = points[_i].status;
	struct rows r = rows_by_number();
	ck_assert_uint_eq(r.count, status != NULL ? DEATHS : 0);
	for (size_t i = 0; i < r.count; i++)
		ck_assert_str_eq(r.rows[i].status, status);
	ck_assert_uint_eq(check_requests(&r), points[_i].asked ? DEATHS : 0);
	ck_assert_uint_eq(check_calls(&r, false), points[_i].asked ? DEATHS : 0);
	expect_totals(&r, 1);
	rows_release(&r);

	/* The next ones are served, and a repeated click dials nothing anew. */
	for (int i = 0; i < DEATHS; i++) {
		q[i].to = NULL;
		struct answer *a = http_send(&q[i]);
		ck_assert_msg(a->seconds < LONGEST_WAIT, "waited %f s", a->seconds);
		bool done = i % 2 == 0 && status != NULL && strcmp(status, "initiated") == 0;
		ck_assert_msg(
			a->status == (status == NULL || done ? 200 : 409), "%s", answer_text(a));
	}
	/* What is left is settled. */
	advance(60);
	struct run sync = run_sync(NULL);
	ck_assert_msg(sync.status == 0 && sync.err[0] == '\0', "%s", sync.err);
	r = rows_by_number();
	ck_assert_uint_eq(r.count, DEATHS);
	for (size_t i = 0; i < r.count; i++)
		ck_assert_str_eq(r.rows[i].status,
			points[_i].asked || status == NULL ? "completed" : "unconfirmed");
	ck_assert_uint_eq(check_requests(&r), points[_i].asked || status == NULL ? DEATHS : 0);
	check_calls(&r, true);
	rows_release(&r);
}
END_TEST

/* --- load --- */

struct placing {
	char number[20], id[25], notes[32];
	bool with_key, acknowledged, noted;
};

struct client {
	int number;
	uint64_t dice;
	pthread_t thread;
	struct placing *calls;
	int count;
	int requests, answers[600];
	double longest;
	char fault[256]; /* "" if all went as it may */
};

static struct {
	atomic_bool stop;
	struct client clients[CLIENTS_MAX];
	int count;
	const char *tokens[CLIENTS_MAX];
	bool kills; /* programs die meanwhile */
	char gate[E2E_PATH + 8];
	atomic_int killed, killed_inside;
} storm;

static unsigned int roll(uint64_t *dice, unsigned int sides)
{
	*dice = *dice * 6364136223846793005U + 1442695040888963407U;
	return (unsigned int)(*dice >> 33) % sides;
}

static struct answer *ask(struct client *c, const struct http *q)
{
	struct answer *a = http_send(q);
	c->requests++;
	c->answers[a->status >= 0 && a->status < 600 ? a->status : 0]++;
	if (a->seconds > c->longest)
		c->longest = a->seconds;
	return a;
}

/* Only what a killed program can lead to. */
static void judge(struct client *c, const struct answer *a, bool replay)
{
	bool may = a->status == 200 ||
		   (storm.kills && (a->status == 500 || a->status == 503 ||
					   (replay && (a->status == 409 || a->status == 504))));
	if (!may && c->fault[0] == '\0')
		snprintf(c->fault, sizeof(c->fault), "status %d: %.150s %.80s", a->status, a->body,
			a->error);
}

static void acknowledge(struct client *c, struct placing *p, const struct answer *a)
{
	const char *id = text_at(a->json, "call.id");
	if (id == NULL || (p->id[0] != '\0' && strcmp(p->id, id) != 0)) {
		snprintf(c->fault, sizeof(c->fault), "%s was %s and is %s", p->number, p->id,
			id != NULL ? id : "nothing");
		return;
	}
	snprintf(p->id, sizeof(p->id), "%s", id);
	p->acknowledged = true;
}

static struct answer *ask_for_call(struct client *c, const struct placing *p)
{
	char body[64], key[64];
	snprintf(body, sizeof(body), "{\"phoneNumber\":\"%s\"}", p->number);
	snprintf(key, sizeof(key), "Idempotency-Key: key-%s", p->number + 1);
	const struct http q = {.path = "/call",
		.token = storm.tokens[c->number],
		.body = body,
		.headers = {p->with_key ? key : NULL}};
	return ask(c, &q);
}

static void place_one(struct client *c)
{
	struct placing *p = &c->calls[c->count];
	if (c->count == CALLS_MAX)
		return;
	snprintf(p->number, sizeof(p->number), "+1555%02d%05d", c->number, c->count);
	c->count++;
	p->with_key = roll(&c->dice, 2) == 0;
	const struct answer *a = ask_for_call(c, p);
	judge(c, a, false);
	if (a->status == 200)
		acknowledge(c, p, a);
}

/* Each call gets notes once; until that is acknowledged the same again. */
static void note_one(struct client *c)
{
	struct placing *p = c->count > 0 ? &c->calls[roll(&c->dice, (unsigned int)c->count)] : NULL;
	char body[64], path[64];
	if (p == NULL || !p->acknowledged || p->noted)
		return;
	snprintf(p->notes, sizeof(p->notes), "note-%s", p->number + 1);
	snprintf(body, sizeof(body), "{\"notes\":\"%s\"}", p->notes);
	snprintf(path, sizeof(path), "/call/%s/notes", p->id);
	const struct http q = {
		.method = "PUT", .path = path, .token = storm.tokens[c->number], .body = body};
	const struct answer *a = ask(c, &q);
	judge(c, a, false);
	p->noted = a->status == 200;
}

/* What is acknowledged is there at once: at least so many. */
static void read_history(struct client *c)
{
	int acknowledged = 0;
	const struct http q = {.path = "/history?limit=5", .token = storm.tokens[c->number]};
	for (int i = 0; i < c->count; i++)
		acknowledged += c->calls[i].acknowledged;
	const struct answer *a = ask(c, &q);
	judge(c, a, false);
	if (a->status == 200 && (int_at(a->json, "pagination.total") < acknowledged ||
					int_at(a->json, "pagination.total") > c->count))
		snprintf(c->fault, sizeof(c->fault), "total %lld of %d acknowledged, %d asked for",
			(long long)int_at(a->json, "pagination.total"), acknowledged, c->count);
}

static void *client_run(void *arg)
{
	struct client *c = arg;
	while (!storm.stop && c->fault[0] == '\0') {
		unsigned int what = roll(&c->dice, 10);
		if (what < 5)
			place_one(c);
		else if (what < 8)
			note_one(c);
		else
			read_history(c);
	}
	return NULL;
}

/* --- the killer --- */

static pid_t parent_of(pid_t pid)
{
	char path[64], text[512] = "";
	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return 0;
	/* pid (name) S parent ... */
	const char *after = fgets(text, sizeof(text), f) != NULL ? strrchr(text, ')') : NULL;
	(void)fclose(f);
	return after != NULL && strlen(after) > 4 ? (pid_t)strtol(after + 4, NULL, 10) : 0;
}

/* Whether it is one of this build's programs under our own server. */
static bool is_ours(pid_t pid)
{
	char path[64], exe[E2E_PATH], programs[E2E_PATH + 16];
	snprintf(path, sizeof(path), "/proc/%ld/exe", (long)pid);
	ssize_t n = readlink(path, exe, sizeof(exe) - 1);
	if (n <= 0)
		return false;
	exe[n] = '\0';
	const char *slash = strrchr(exe, '/');
	snprintf(programs, sizeof(programs), "%s/cgi-bin/", e2e.build);
	/* dialer-serve uses a copy where the server's user could not reach the build. */
	if (strncmp(exe, programs, strlen(programs)) != 0 &&
		(slash == NULL || strstr(exe, "/cgi-bin/") == NULL))
		return false;
	for (int steps = 0; pid > 1 && steps < 6; steps++) {
		pid = parent_of(pid);
		if (pid == server.pid)
			return true;
	}
	return false;
}

/* One of three is to die, early or late. Those that stay would be the same ones all the time. */
static bool is_to_die(pid_t pid, uint64_t *dice)
{
	return e2e_fastcgi() ? roll(dice, 100) == 0 : pid % 3 == 0 && roll(dice, 3) == 0;
}

static void kill_some(uint64_t *dice)
{
	DIR *d = opendir("/proc");
	const struct dirent *e;
	while (d != NULL && (e = readdir(d)) != NULL) {
		char *end;
		pid_t pid = (pid_t)strtol(e->d_name, &end, 10);
		if (*end != '\0' || pid <= 0 || !is_to_die(pid, dice) || !is_ours(pid))
			continue;
		if (kill(pid, SIGKILL) == 0)
			storm.killed++;
	}
	if (d != NULL)
		closedir(d);
}

/* Who is inside the storage at this moment holds the lock of the gate: the worst time to die. */
static pid_t owner_of_gate(void)
{
	struct stat st;
	char line[256], inode[32];
	long pid = 0;
	if (stat(storm.gate, &st) == -1)
		return 0;
	snprintf(inode, sizeof(inode), ":%lu ", (unsigned long)st.st_ino);
	FILE *f = fopen("/proc/locks", "re");
	while (f != NULL && pid == 0 && fgets(line, sizeof(line), f) != NULL) {
		/* 1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF; those who wait have `->`. */
		const char *word = strstr(line, " WRITE ");
		if (word != NULL && strstr(line, inode) != NULL && strstr(line, "->") == NULL)
			pid = strtol(word + 7, NULL, 10);
	}
	if (f != NULL)
		(void)fclose(f);
	return (pid_t)pid;
}

/* One of four dies there; all of them would let no recovery come to its end. */
static void kill_inside(uint64_t *dice)
{
	pid_t pid = owner_of_gate();
	bool chosen = e2e_fastcgi() ? roll(dice, 100) == 0 : pid % 4 == 1 && roll(dice, 3) == 0;
	if (chosen && is_ours(pid) && kill(pid, SIGKILL) == 0)
		storm.killed_inside++;
}

static void *killer_run(void *arg)
{
	uint64_t dice = (uint64_t)(uintptr_t)arg;
	while (!storm.stop) {
		kill_some(&dice);
		for (int i = 0; i < 20 && !storm.stop; i++) {
			kill_inside(&dice);
			usleep(roll(&dice, 400));
		}
	}
	return NULL;
}

/* --- a storm --- */

static void storm_run(int clients, int seconds, bool kills)
{
	pthread_t killer;
	uint64_t seed = (uint64_t)time(NULL);
	memset(&storm, 0, sizeof(storm));
	storm.count = clients;
	storm.kills = kills;
	snprintf(storm.gate, sizeof(storm.gate), "%s/gate", e2e.data);
	for (int i = 0; i < clients; i++) {
		struct client *c = &storm.clients[i];
		c->number = i;
		c->dice = seed + (uint64_t)i * 7919;
		c->calls = calloc(CALLS_MAX, sizeof(*c->calls));
		storm.tokens[i] = token(e2e_text("client%d", i));
		ck_assert_ptr_nonnull(c->calls);
	}
	for (int i = 0; i < clients; i++)
		ck_assert_int_eq(pthread_create(&storm.clients[i].thread, NULL, client_run,
					 &storm.clients[i]),
			0);
	if (kills)
		ck_assert_int_eq(
			pthread_create(&killer, NULL, killer_run, (void *)(uintptr_t)seed), 0);
	sleep((unsigned int)seconds);
	storm.stop = true;
	for (int i = 0; i < clients; i++)
		pthread_join(storm.clients[i].thread, NULL);
	if (kills)
		pthread_join(killer, NULL);
}

static void storm_release(void)
{
	for (int i = 0; i < storm.count; i++)
		free(storm.clients[i].calls);
}

/* How often the storage was recovered: the gate's marker counts it. */
static long recoveries(void)
{
	const char *marker = e2e_read(storm.gate);
	return strlen(marker) > 2 ? strtol(marker + 2, NULL, 10) : -1;
}

static void storm_print(const char *name, size_t rows, size_t asked, size_t calls)
{
	int requests = 0, answers[600] = {0}, acknowledged = 0, noted = 0;
	double longest = 0;
	for (int i = 0; i < storm.count; i++) {
		const struct client *c = &storm.clients[i];
		requests += c->requests;
		longest = c->longest > longest ? c->longest : longest;
		for (int s = 0; s < 600; s++)
			answers[s] += c->answers[s];
		for (int n = 0; n < c->count; n++) {
			acknowledged += c->calls[n].acknowledged;
			noted += c->calls[n].noted;
		}
	}
	printf("%s: %d clients, %d requests, %d and inside the storage %d killed, %ld recoveries; "
	       "answers",
		name, storm.count, requests, storm.killed, storm.killed_inside, recoveries());
	for (int s = 0; s < 600; s++)
		if (answers[s] > 0)
			printf(" %d:%d", s, answers[s]);
	printf("; %d calls and %d notes acknowledged, %zu rows, %zu asked for, %zu at the "
	       "provider; "
	       "longest wait %.2f s\n",
		acknowledged, noted, rows, asked, calls, longest);
}

static void check_client(const struct client *c, const struct rows *r)
{
	ck_assert_msg(c->fault[0] == '\0', "client %d: %s", c->number, c->fault);
	ck_assert_msg(c->longest < LONGEST_WAIT, "client %d waited %f s", c->number, c->longest);
	for (int i = 0; i < c->count; i++) {
		const struct placing *p = &c->calls[i];
		const struct row *row = find_row(r, p->number);
		if (!p->acknowledged)
			continue;
		ck_assert_msg(row != NULL, "acknowledged call to %s is lost", p->number);
		ck_assert_str_eq(row->id, p->id);
		if (p->noted)
			ck_assert_msg(strcmp(row->notes, p->notes) == 0,
				"acknowledged notes of %s are \"%s\"", p->number, row->notes);
	}
}

/* Unclear clicks with a key are made again, as a page does. */
static void repeat_unclear(void)
{
	for (int n = 0; n < storm.count; n++) {
		struct client *c = &storm.clients[n];
		for (int i = 0; i < c->count; i++) {
			struct placing *p = &c->calls[i];
			if (p->acknowledged || !p->with_key)
				continue;
			const struct answer *a = ask_for_call(c, p);
			judge(c, a, true);
			if (a->status == 200)
				acknowledge(c, p, a);
		}
	}
}

/* Everything that must be true afterwards. */
static void storm_check(const char *name)
{
	struct rows r = rows_by_number();
	size_t asked = check_requests(&r), calls = check_calls(&r, false);
	storm_print(name, r.count, asked, calls);
	for (int i = 0; i < storm.count; i++)
		check_client(&storm.clients[i], &r);
	expect_totals(&r, storm.count);
	expect_status(http(.path = "/health"), 200);
	rows_release(&r);
}

static void settle_all(void)
{
	advance(60);
	for (int i = 0; i < 5; i++) {
		struct run sync = run_sync(NULL);
		ck_assert_msg(sync.status == 0 && sync.err[0] == '\0', "%s", sync.err);
		/* The sync keeps a minute's limit of its own. */
		advance(60);
	}
}

START_TEST(load_without_kills_is_served_without_fault)
{
	storm_run(8, e2e_long() ? 20 : 3, false);
	storm_check("load");
	for (int i = 0; i < storm.count; i++)
		ck_assert_int_eq(storm.clients[i].answers[200], storm.clients[i].requests);
	storm_release();
}
END_TEST

START_TEST(kills_under_load_lose_nothing)
{
	storm_run(12, e2e_long() ? 60 : 6, true);
	storm_check("storm");
	ck_assert_int_gt(storm.killed, 10);
	ck_assert_int_gt(storm.killed_inside, 10);
	storm.kills = true; /* what the killed left may be told for a while */
	repeat_unclear();
	storm_check("storm, clicks repeated");
	settle_all();
	struct rows r = rows_by_number();
	check_calls(&r, true);
	for (size_t i = 0; i < r.count; i++)
		ck_assert_msg(strcmp(r.rows[i].status, "queued") != 0, "%s is still queued",
			r.rows[i].number);
	expect_totals(&r, storm.count);
	rows_release(&r);
	storm_release();
}
END_TEST

/* --- the suite --- */

static Suite *suite(void)
{
	Suite *s = suite_create("storm");
	TCase *t = tcase_create("steps");
	e2e_case(t, 60);
	tcase_add_test(t, every_step_has_its_death);
	tcase_add_loop_test(t, death_at_a_step_loses_nothing, 0, POINTS);
	suite_add_tcase(s, t);

	t = tcase_create("load");
	e2e_case(t, e2e_long() ? 600 : 120);
	tcase_add_test(t, load_without_kills_is_served_without_fault);
	suite_add_tcase(s, t);

	t = tcase_create("storm");
	e2e_case(t, e2e_long() ? 600 : 120);
	tcase_add_test(t, kills_under_load_lose_nothing);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	e2e_log_may_hold = "End of script output before headers: call-[a-z]+[.]cgi$|"
			   "AH02651: Error writing request body to script |"
			   "mod_fcgid: (error reading data, FastCGI server closed connection$|"
			   "error reading data from FastCGI server$|"
			   "error writing data to FastCGI server$)|"
			   /* Killed while it made the environment; what is left is made anew. */
			   "outside E3007: Berkeley DB: BDB(1546|0126) ";
	return e2e_main(suite());
}
