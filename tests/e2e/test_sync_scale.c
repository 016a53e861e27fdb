/* Ten thousand open calls in one run of the sync: how many requests, how much memory and time. */
#include "e2e/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USER      1527216
#define LINE      967647
#define PAGE      50
#define FIRST     555000000 /* +1 and so on: the numbers that are called */
#define LINE_SIZE 400

/* So many calls, one a second, which Aircall accepted and nobody has looked at since. */
static void import_open_calls(int count, int64_t from_s)
{
	char *text = malloc((size_t)count * LINE_SIZE + 1), *at = text;
	ck_assert_ptr_nonnull(text);
	for (int i = 0; i < count; i++) {
		const char *time = rfc3339_text((from_s + i) * 1000);
		at += snprintf(at, LINE_SIZE,
			"{\"id\":\"%08" PRIx64
			"%016d\",\"userId\":\"alice\",\"provider\":\"aircall\","
			"\"phoneNumber\":\"+1%d\",\"status\":\"initiated\",\"startTime\":\"%s\","
			"\"clientId\":\"c%d\",\"internal\":{\"providerUserId\":\"%d\","
			"\"providerNumberId\":\"%d\",\"askedTime\":\"%s\",\"nextLook\":\"%s\"}}\n",
			from_s + i, i, FIRST + i, time, i, USER, LINE, time, time);
	}
	struct run r = dialer("import", e2e_file("open.jsonl", text, (size_t)(at - text)));
	free(text);
	expect_exit(r, 0);
}

/* The same calls at the provider: answered, and ended by now. */
static void insert_calls(int count, int64_t from_s)
{
	sim_post("/control/calls",
		e2e_text("{\"to\":\"+1%d\",\"vary_to\":true,\"count\":%d,\"spacing\":1,"
			 "\"started_at\":%" PRId64 ",\"answer_after\":3,\"hangup_after\":20}",
			FIRST, count, from_s));
}

static int list_requests(void)
{
	json_t *requests = json_at(sim_get("/control/requests?path=/v1/calls"), "requests");
	return (int)json_array_size(requests);
}

START_TEST(ten_thousand_open_calls_cost_a_request_for_fifty)
{
	/* Under sanitizers a part of them shows what there is to show. */
	int count = UNDER_SANITIZERS ? 1000 : 10000;
	int64_t from_s = e2e_now_ms() / 1000 - count - 3600;
	e2e_set("AIRCALL_REQUESTS_PER_MINUTE", "1000");
	import_open_calls(count, from_s);
	insert_calls(count, from_s);
	const char *const argv[] = {
		e2e_text("%s/cron/dialer-sync", e2e.build), "--config", e2e.config, "--json", NULL};
	struct run r = e2e_run(argv, NULL);
	expect_exit(r, 0);
	ck_assert_str_eq(r.err, "");
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_int_eq(int_at(j, "open"), count);
	ck_assert_int_eq(int_at(j, "completed"), count);
	ck_assert_int_eq(int_at(j, "requests.aircall"), list_requests());
	ck_assert_int_le(list_requests(), (count + PAGE - 1) / PAGE + 2);
	printf("%d open calls: %d requests, %ld ms of processor time, %ld MB at most, %.1f s\n",
		count, list_requests(), r.cpu_ms, r.peak_kb / 1024,
		json_number_value(json_at(j, "seconds")));
	json_decref(j);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("sync-scale");
	TCase *t = tcase_create("scale");
	e2e_case(t, 200);
	tcase_add_test(t, ten_thousand_open_calls_cost_a_request_for_fifty);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
