/*
 * Killed at a named step: all programs that place a call die there. Afterwards the history is compared
 * with what the provider saw, and the next request, and the sync, make good what is left.
 */
#include "e2e/calls.h"
#include "e2e/rows.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONGEST_WAIT 5.0 /* seconds */

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
	/* Of the first turn at the gate, in which the row is stored. */
	{"turn-before-commit", NULL, false},
	{"turn-after-commit", "queued", false},
	{"checkpoint-before-write", "queued", false},
	{"checkpoint-after-write", "queued", false},
	/* Nobody gets in any more. */
	{"recovery-before-open", NULL, false},
	{"recovery-after-open", NULL, false},
};
#define POINTS ((int)(sizeof(points) / sizeof(points[0])))

/* A step that nobody dies at proves nothing. */
START_TEST(every_step_has_its_death)
{
	const char *const argv[] = {"/bin/grep", "-rhoE",
		"FAULT_POINT\\(\"(place|turn|checkpoint|recovery)-[a-z-]+\"", "lib", NULL};
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

/* In a file, so that the server can start. */
static const char *faults_are(const char *text)
{
	return e2e_file("faults", text, strlen(text));
}

/* The next one to enter finds a gate that nobody left in good order. */
static void need_recovery(void)
{
	const char *gate = e2e_text("%s/gate", e2e.data);
	int fd = open(gate, O_WRONLY | O_CLOEXEC);
	ck_assert(fd != -1 && pwrite(fd, "d", 1, 0) == 1);
	close(fd);
}

START_TEST(death_at_a_step_loses_nothing)
{
	struct daemon own;
	const char *fault = e2e_text("%s:kill", points[_i].name), *faults = faults_are("");
	const char *const env[] = {e2e_text("DIALER_TEST_FAULT=%s", faults), NULL};
	struct http q[DEATHS];
	struct answer *answers[DEATHS];
	for (int i = 0; i < DEATHS; i++)
		q[i] = (struct http){.to = &own,
			.path = "/call",
			.token = token("client0"),
			.body = e2e_text("{\"phoneNumber\":\"+1555000000%d\"}", i),
			.headers = {i % 2 == 0 ? e2e_text("Idempotency-Key: k%d", i) : NULL}};
	server_start(&own, "fault.log", env);
	need_recovery();
	(void)faults_are(fault);
	http_all(q, DEATHS, answers);
	(void)faults_are("");
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

/* --- the suite --- */

static Suite *suite(void)
{
	Suite *s = suite_create("storm steps");
	TCase *t = tcase_create("steps");
	e2e_case(t, 60);
	tcase_add_test(t, every_step_has_its_death);
	tcase_add_loop_test(t, death_at_a_step_loses_nothing, 0, POINTS);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
