/* Taking the history out and in, and counting it: export, import, stats. */
#include "e2e/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One call of an export. */
static const char *line_of(int i, const char *more)
{
	return e2e_text(
		"{\"id\":\"6740b1c2%016d\",\"userId\":\"%s\",\"provider\":\"aircall\","
		"\"direction\":\"outbound\",\"phoneNumber\":\"+15551%06d\","
		"\"status\":\"completed\",\"startTime\":\"2024-11-22T16:%02d:%02d.123Z\"%s}\n",
		i, i % 2 == 0 ? "alice" : "bob", i, i / 60 % 60, i % 60, more);
}

static const char *lines_of(int count)
{
	char *text = malloc((size_t)count * 400 + 1), *at = text;
	ck_assert_ptr_nonnull(text);
	*at = '\0';
	for (int i = 0; i < count; i++) {
		const char *line = line_of(i, e2e_text(",\"externalCallId\":\"%d\",\"notes\":"
						       "\"note %d, \\\"so\\\"\\n=1+1\"",
						      1000 + i, i));
		size_t len = strlen(line);
		memcpy(at, line, len + 1);
		at += len;
	}
	const char *kept = e2e_text("%s", text);
	free(text);
	return kept;
}

static struct run import(const char *text)
{
	return dialer("import", e2e_file("in.jsonl", text, strlen(text)));
}

/* With this text on its standard input. */
static struct run import_input(const char *text)
{
	const char *file = e2e_file("input.jsonl", text, strlen(text));
	const char *command =
		e2e_text("exec %s/bin/dialer --config %s import <%s", e2e.build, e2e.config, file);
	return e2e_run((const char *const[]){"/bin/sh", "-c", command, NULL}, NULL);
}

static int lines_in(const char *text)
{
	int n = 0;
	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

static int64_t total(void)
{
	struct run r = dialer("history", "--limit", "1", "--format", "json");
	expect_exit(r, 0);
	json_t *j = json_loads(r.out, 0, NULL);
	int64_t n = int_at(j, "pagination.total");
	json_decref(j);
	return n;
}

START_TEST(a_real_call_comes_back_with_all_that_is_kept_of_it)
{
	sim_script("{\"to\":\"*\",\"outcome\":\"answered\"}");
	expect_exit(dialer("call", "+15551234567", "--user", "alice", "--client", "c-1"), 0);
	expect_exit(dialer("call", "+15551234568", "--user", "bob"), 0);
	e2e_clock(600000);
	sim_post("/control/clock", "{\"advance\":600}");
	expect_exit(run_sync(NULL), 0);
	struct run here = dialer("export");
	expect_exit(here, 0);
	ck_assert_int_eq(lines_in(here.out), 2);
	expect_says(here.out, "\"trail\":[");
	expect_says(here.out, "\"internal\":{");
	expect_silent_about(here.out, "sim-token");
	const char *data = e2e_text("%s/elsewhere", e2e.data);
	e2e_set("DIALER_DATA_DIR", data);
	expect_exit(dialer("init"), 0);
	struct run r = import(here.out);
	expect_exit(r, 0);
	expect_says(r.out, "2 calls added, 0 known already");
	struct run there = dialer("export", "--format", "jsonl");
	ck_assert_str_eq(there.out, here.out);
	/* Nothing was dialled for it, and nothing is. */
	int placed = sim_placings(NULL);
	expect_exit(run_sync(NULL), 0);
	ck_assert_int_eq(sim_placings(NULL), placed);
	r = import(here.out);
	expect_exit(r, 0);
	expect_says(r.out, "0 calls added, 2 known already");
}
END_TEST

START_TEST(thousands_of_calls_come_back_in_order)
{
	const char *text = lines_of(2500);
	struct run r = import_input(text);
	expect_exit(r, 0);
	expect_says(r.out, "2500 calls added");
	ck_assert_int_eq(total(), 2500);
	struct run out = dialer("export");
	ck_assert_int_eq(lines_in(out.out), 2500);
	r = import(out.out);
	expect_says(r.out, "0 calls added, 2500 known already");
	/* Oldest first, and each once. */
	const char *at = out.out;
	for (int i = 0; i < 2500; i++, at = strchr(at, '\n') + 1)
		ck_assert_msg(strncmp(at, e2e_text("{\"id\":\"6740b1c2%016d\"", i), 32) == 0,
			"line %d is %.60s", i, at);
}
END_TEST

START_TEST(an_export_is_bounded_by_user_and_time)
{
	expect_exit(import(lines_of(120)), 0);
	ck_assert_int_eq(lines_in(dialer("export", "--user", "alice").out), 60);
	ck_assert_int_eq(lines_in(dialer("export", "--user", "al").out), 0);
	ck_assert_int_eq(lines_in(dialer("export", "--from", "2024-11-22T16:01:00Z").out), 60);
	ck_assert_int_eq(lines_in(dialer("export", "--to", "2024-11-22T16:00:10.123Z").out), 10);
	ck_assert_int_eq(lines_in(dialer("export", "--from", "2024-11-22", "--to", "2024-11-23",
				 "--user", "bob")
					  .out),
		60);
	ck_assert_int_eq(lines_in(dialer("export", "--to", "2024-11-22").out), 0);
	expect_exit(dialer("export", "--from", "2024-11-23", "--to", "2024-11-22"), 2);
	expect_exit(dialer("export", "--from", "yesterday"), 2);
	expect_exit(dialer("export", "--format", "xml"), 2);
	expect_exit(dialer("export", "--user", ""), 2);
}
END_TEST

START_TEST(csv_has_the_columns_of_the_api_and_no_formulas)
{
	expect_exit(import(line_of(7, ",\"notes\":\"=1+1, \\\"x\\\"\",\"duration\":3")), 0);
	struct run r = dialer("export", "--format", "csv");
	expect_exit(r, 0);
	ck_assert_str_eq(r.out,
		"id,userId,provider,direction,phoneNumber,status,startTime,answerTime,endTime,"
		"duration,talkTime,notes,clientId,contactId,dealId,externalCallId,reason\r\n"
		"6740b1c20000000000000007,bob,aircall,outbound,+15551000007,completed,"
		"2024-11-22T16:00:07.123Z,,,3,,\"'=1+1, \"\"x\"\"\",,,,,\r\n");
	expect_exit(dialer("import", e2e_file("out.csv", r.out, strlen(r.out))), 1);
}
END_TEST

/* --- what is wrong in a file --- */

START_TEST(an_import_stops_at_a_bad_line_and_goes_on_when_it_is_good)
{
	const char *good = lines_of(3), *bad = line_of(3, ",\"duration\":-1");
	struct run r = import(e2e_text("%s%s%s", good, bad, line_of(4, "")));
	expect_exit(r, 1);
	expect_says(r.err, "in.jsonl:4: duration must be");
	expect_says(r.out, "3 calls added");
	expect_says(r.err, "stopped there");
	ck_assert_int_eq(total(), 3);
	r = import(e2e_text("%s%s%s", good, line_of(3, ""), line_of(4, "")));
	expect_exit(r, 0);
	expect_says(r.out, "2 calls added, 3 known already");
	r = import(e2e_text("%s{\"id\":\n", line_of(5, "")));
	expect_exit(r, 1);
	expect_says(r.err, "in.jsonl:2: no JSON");
	ck_assert_int_eq(total(), 6);
	r = import_input("[]\n");
	expect_exit(r, 1);
	expect_says(r.err, "standard input:1: not an object");
	/* Somebody else's call, and nobody's. */
	r = import(e2e_text("%s%s", line_of(7, ",\"externalCallId\":\"1001\""), line_of(8, "")));
	expect_exit(r, 1);
	expect_says(r.err,
		"in.jsonl:1: call 6740b1c20000000000000007: externalCallId 1001 of aircall "
		"belongs to another call");
}
END_TEST

START_TEST(a_dry_run_names_all_bad_lines_and_changes_nothing)
{
	struct run r;
	const char *file = e2e_text("%s%s\r\n\n%s%s", line_of(1, ""),
		line_of(2, ",\"talkTime\":{}"), line_of(3, ""), line_of(4, ",\"trail\":[{}]"));
	r = dialer("import", "--dry-run", e2e_file("dry.jsonl", file, strlen(file)));
	expect_exit(r, 1);
	expect_says(r.err, "dry.jsonl:2: talkTime");
	expect_says(r.err, "dry.jsonl:6: trail");
	expect_says(r.out, "2 calls can be read, 2 lines cannot. Nothing was changed.");
	ck_assert_int_eq(total(), 0);
}
END_TEST

START_TEST(a_line_longer_than_any_call_is_refused)
{
	size_t len = (size_t)1100 * 1024;
	char *text = malloc(len + 1);
	ck_assert_ptr_nonnull(text);
	memset(text, ' ', len);
	text[len] = '\0';
	struct run r = dialer("import", e2e_file("long.jsonl", text, len));
	free(text);
	expect_exit(r, 1);
	expect_says(r.err, "long.jsonl:1: too long for a call");
	expect_exit(dialer("import", "/nowhere/at/all"), 1);
	expect_exit(dialer("import", e2e.dir), 1);
	expect_exit(dialer("import", "one", "two"), 2);
	r = import("");
	expect_exit(r, 0);
	expect_says(r.out, "0 calls added");
}
END_TEST

/* Not even a last line without its end is lost. */
START_TEST(a_last_line_without_an_end_counts)
{
	const char *line = line_of(1, "");
	char *cut = strdup(line);
	ck_assert_ptr_nonnull(cut);
	cut[strlen(cut) - 1] = '\0';
	struct run r = import_input(cut);
	free(cut);
	expect_exit(r, 0);
	expect_says(r.out, "1 call added");
}
END_TEST

/* --- counting --- */

static const char *counted(int i, const char *user, const char *provider, const char *status,
	const char *start, int talk)
{
	return e2e_text("{\"id\":\"6740b1c2%016d\",\"userId\":\"%s\"%s,"
			"\"phoneNumber\":\"+15551234567\",\"status\":\"%s\",\"startTime\":\"%s\","
			"\"duration\":%d,\"talkTime\":%d}\n",
		i, user, *provider != '\0' ? e2e_text(",\"provider\":\"%s\"", provider) : "",
		status, start, talk + 5, talk);
}

static void import_for_stats(void)
{
	expect_exit(
		import(e2e_text("%s%s%s%s%s",
			counted(1, "bob", "aircall", "completed", "2024-11-22T23:59:59.999Z", 3600),
			counted(2, "=alice", "dialpad", "completed", "2024-11-23T00:00:00Z", 61),
			counted(3, "=alice", "aircall", "no-answer", "2024-11-23T10:00:00Z", 0),
			counted(4, "bob", "", "failed", "2024-12-01T10:00:00Z", 0),
			counted(5, "=alice", "dialpad", "initiated", "2024-12-01T11:00:00Z", 0))),
		0);
}

#define STATS_CSV(by)                                                                              \
	by ",calls,completed,no-answer,busy,canceled,failed,handed-off,lost,open,duration,"        \
	   "talkTime\r\n"

START_TEST(calls_are_counted_by_whatever_is_asked)
{
	import_for_stats();
	ck_assert_str_eq(dialer("stats", "--format", "csv").out,
		STATS_CSV("day") "2024-11-22,1,1,0,0,0,0,0,0,0,3605,3600\r\n"
				 "2024-11-23,2,1,1,0,0,0,0,0,0,71,61\r\n"
				 "2024-12-01,2,0,0,0,0,1,0,0,1,10,0\r\n");
	ck_assert_str_eq(dialer("stats", "--format", "csv", "--by", "month").out,
		STATS_CSV("month") "2024-11,3,2,1,0,0,0,0,0,0,3676,3661\r\n"
				   "2024-12,2,0,0,0,0,1,0,0,1,10,0\r\n");
	ck_assert_str_eq(dialer("stats", "--format", "csv", "--by", "user").out,
		STATS_CSV("user") "'=alice,3,1,1,0,0,0,0,0,1,76,61\r\n"
				  "bob,2,1,0,0,0,1,0,0,0,3610,3600\r\n");
	ck_assert_str_eq(dialer("stats", "--format", "csv", "--by", "provider").out,
		STATS_CSV("provider") "aircall,2,1,1,0,0,0,0,0,0,3610,3600\r\n"
				      "dialpad,2,1,0,0,0,0,0,0,1,71,61\r\n"
				      "none,1,0,0,0,0,1,0,0,0,5,0\r\n");
	ck_assert_str_eq(dialer("stats", "--format", "csv", "--by", "status", "--user", "bob",
				 "--from", "2024-11-23")
				 .out,
		STATS_CSV("status") "failed,1,0,0,0,0,1,0,0,0,5,0\r\n");
	ck_assert_str_eq(
		dialer("stats", "--format", "csv", "--to", "2024-11-22").out, STATS_CSV("day"));
}
END_TEST

START_TEST(counts_have_a_sum_for_people_and_for_programs)
{
	import_for_stats();
	struct run r = dialer("stats");
	expect_exit(r, 0);
	expect_says(r.out, "2024-11-22");
	expect_says(r.out, "\nall ");
	expect_says(r.out, "1:01:01\n");
	r = dialer("stats", "--format", "json", "--by", "user");
	expect_exit(r, 0);
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_ptr_nonnull(j);
	ck_assert_str_eq(text_at(j, "by"), "user");
	ck_assert_str_eq(text_at(j, "groups.0.user"), "=alice");
	ck_assert_int_eq(int_at(j, "groups.0.calls"), 3);
	ck_assert_int_eq(int_at(j, "groups.1.completed"), 1);
	ck_assert_int_eq(int_at(j, "total.calls"), 5);
	ck_assert_int_eq(int_at(j, "total.open"), 1);
	ck_assert_int_eq(int_at(j, "total.talkTime"), 3661);
	ck_assert_ptr_null(json_at(j, "total.user"));
	json_decref(j);
	expect_exit(dialer("stats", "--by", "week"), 2);
	expect_exit(dialer("stats", "--format", "xml"), 2);
	expect_exit(dialer("stats", "--from", "never"), 2);
}
END_TEST

START_TEST(without_calls_there_is_nothing_to_count)
{
	struct run r = dialer("stats");
	expect_exit(r, 0);
	expect_says(r.out, "all ");
	r = dialer("stats", "--format", "json");
	ck_assert_ptr_nonnull(strstr(r.out, "\"groups\":[],\"total\":{\"calls\":0,"));
}
END_TEST

/* --- memory --- */

/* In address space that the calls do not fit into. */
static struct run bounded(const char *arguments)
{
	const char *command = e2e_text("ulimit -v 262144; exec %s/bin/dialer --config %s %s",
		e2e.build, e2e.config, arguments);
	return e2e_run((const char *const[]){"/bin/bash", "-c", command, NULL}, NULL);
}

START_TEST(memory_does_not_grow_with_the_history)
{
	/* A sanitizer's shadow needs all the address space there is. */
	if (strstr(e2e.build, "asan") != NULL)
		return;
	const char *notes = e2e_repeat('n', 9000);
	char path[E2E_PATH + 16];
	snprintf(path, sizeof(path), "%s/big.jsonl", e2e.dir);
	FILE *f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 40000; i++)
		ck_assert_int_gt(
			fprintf(f,
				"{\"id\":\"6740b1c2%016d\",\"userId\":\"alice\","
				"\"phoneNumber\":\"+15551234567\",\"status\":\"failed\","
				"\"startTime\":\"2024-11-22T16:00:00Z\",\"notes\":\"%s\"}\n",
				i, notes),
			0);
	ck_assert_int_eq(fclose(f), 0);
	expect_exit(bounded(e2e_text("import %s", path)), 0);
	expect_exit(bounded(e2e_text("export >%s/again.jsonl", e2e.dir)), 0);
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("export");
	TCase *t = tcase_create("export");
	e2e_case(t, 60);
	tcase_add_test(t, a_real_call_comes_back_with_all_that_is_kept_of_it);
	tcase_add_test(t, thousands_of_calls_come_back_in_order);
	tcase_add_test(t, an_export_is_bounded_by_user_and_time);
	tcase_add_test(t, csv_has_the_columns_of_the_api_and_no_formulas);
	tcase_add_test(t, an_import_stops_at_a_bad_line_and_goes_on_when_it_is_good);
	tcase_add_test(t, a_dry_run_names_all_bad_lines_and_changes_nothing);
	tcase_add_test(t, a_line_longer_than_any_call_is_refused);
	tcase_add_test(t, a_last_line_without_an_end_counts);
	tcase_add_test(t, calls_are_counted_by_whatever_is_asked);
	tcase_add_test(t, counts_have_a_sum_for_people_and_for_programs);
	tcase_add_test(t, without_calls_there_is_nothing_to_count);
	if (e2e_long())
		tcase_add_test(t, memory_does_not_grow_with_the_history);
	suite_add_tcase(s, t);
	return e2e_main_without_server(s);
}
