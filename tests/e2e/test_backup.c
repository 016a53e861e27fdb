/* Verifying, backing up, restoring and purging by command, and what is left when they are killed. */
#include "e2e/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path_of(const char *name)
{
	return e2e_text("%s/%s-%ld", e2e.dir, name, (long)getpid());
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* With a fault of the test build. */
static struct run dialer_dying(
	const char *fault, const char *command, const char *operand, const char *option)
{
	const char *const argv[] = {e2e_text("%s/bin/dialer", e2e.build), "--config", e2e.config,
		command, operand, option, NULL};
	const char *const env[] = {e2e_text("DIALER_TEST_FAULT=%s", fault), NULL};
	return e2e_run(argv, env);
}

static const char *line_of(int i, const char *status, const char *start, const char *more)
{
	return e2e_text(
		"{\"id\":\"6740b1c2%016d\",\"userId\":\"alice\",\"provider\":\"aircall\","
		"\"phoneNumber\":\"+15551%06d\",\"status\":\"%s\",\"startTime\":\"%s\"%s}\n",
		i, i, status, start, more);
}

/* So many calls, of which each has a note. */
static void import_calls(int first, int count)
{
	const char *path = path_of("calls.jsonl");
	FILE *f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	for (int i = first; i < first + count; i++)
		ck_assert_int_ge(fputs(line_of(i, "completed", "2024-11-22T16:00:00.123Z",
					       ",\"notes\":\"so it was\""),
					 f),
			0);
	ck_assert_int_eq(fclose(f), 0);
	expect_exit(dialer("import", path), 0);
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

static void expect_sound(void)
{
	struct run r = dialer("verify");
	expect_exit(r, 0);
	expect_says(r.out, "are sound");
}

static struct stat stat_of(const char *path)
{
	struct stat st;
	ck_assert_msg(lstat(path, &st) == 0, "%s: %s", path, strerror(errno));
	return st;
}

/* --- as it should go --- */

static const char *backup_of_all(void)
{
	const char *dir = path_of("backup");
	remove_tree(dir);
	expect_exit(dialer("backup", dir), 0);
	return dir;
}

START_TEST(a_backup_is_made_where_only_root_may_pass)
{
	const char *above = path_of("private");
	remove_tree(above);
	ck_assert_int_eq(mkdir(above, 0700), 0);
	const char *dir = e2e_text("%s/2026/november", above);
	import_calls(0, 30);
	struct run r = dialer("backup", dir);
	expect_exit(r, 0);
	expect_says(r.out, "30 calls");
	expect_says(r.out, "verified");
	expect_says(r.out, e2e.config);
	expect_says(r.out, "jwt.key");
	struct stat data = stat_of(e2e.data), st = stat_of(dir);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_uint_eq(st.st_uid, data.st_uid);
	st = stat_of(e2e_text("%s/calls.db", dir));
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(st.st_uid, data.st_uid);
	r = dialer("verify", dir);
	expect_exit(r, 0);
	expect_says(r.out, "30 calls");
	/* Into a place that is not there yet: it is made as by init. */
	e2e_set("DIALER_DATA_DIR", e2e_text("%s/elsewhere/data", e2e.data));
	r = dialer("restore", dir);
	if (geteuid() == 0) {
		expect_exit(r, 0);
		expect_says(r.out, "with 30 calls");
		expect_says(r.out, "Nothing is dialled");
		expect_silent_about(r.out, "replaced-");
		st = stat_of(e2e_text("%s/elsewhere/data", e2e.data));
		ck_assert_uint_eq(st.st_mode & 07777, 0700);
		ck_assert_uint_eq(st.st_uid, data.st_uid);
		ck_assert_int_eq(total(), 30);
		expect_sound();
	}
	remove_tree(above);
}
END_TEST

START_TEST(a_backup_goes_into_nothing_but_an_empty_directory)
{
	const char *dir = path_of("full");
	import_calls(0, 1);
	remove_tree(dir);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	expect_exit(dialer("backup", dir), 0);
	struct run r = dialer("backup", dir);
	expect_exit(r, 1);
	expect_says(r.err, "not empty");
	expect_exit(dialer("restore", dir, "--force"), 0);
	r = dialer("backup", e2e.config);
	expect_exit(r, 1);
	expect_exit(dialer("backup"), 2);
	expect_exit(dialer("restore"), 2);
	r = dialer("restore", path_of("nowhere"));
	expect_exit(r, 1);
	ck_assert_str_eq(
		r.err, e2e_text("dialer: %s: No such file or directory\n", path_of("nowhere")));
	r = dialer("restore", e2e.data, "--force");
	expect_exit(r, 1);
	expect_says(r.err, "there is no MANIFEST");
	remove_tree(dir);
}
END_TEST

START_TEST(a_place_in_use_or_with_data_is_left_alone)
{
	import_calls(0, 20);
	const char *dir = backup_of_all();
	import_calls(20, 5);
	struct run r = dialer("restore", dir);
	expect_exit(r, 1);
	expect_says(r.err, "there is data in it; --force puts it aside");
	ck_assert_int_eq(total(), 25);
	int fd = open(e2e_text("%s/sync.lock", e2e.data), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	struct stat data = stat_of(e2e.data);
	if (geteuid() == 0)
		ck_assert_int_eq(fchown(fd, data.st_uid, data.st_gid), 0);
	r = dialer("restore", dir);
	expect_exit(r, 1);
	expect_says(r.err, "in use: dialer-sync is at work");
	r = dialer("restore", dir, "--force");
	close(fd);
	expect_exit(r, 0);
	expect_says(r.out, "replaced-");
	ck_assert_int_eq(total(), 20);
	expect_sound();
	remove_tree(dir);
}
END_TEST

START_TEST(verify_tells_what_is_wrong_in_lines_and_as_json)
{
	import_calls(0, 50);
	const char *dir = backup_of_all();
	struct run r = dialer("verify", "--json");
	expect_exit(r, 0);
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_ptr_nonnull(j);
	ck_assert(json_is_true(json_at(j, "ok")));
	ck_assert_int_eq(int_at(j, "entries.calls"), 50);
	ck_assert_int_eq(int_at(j, "found"), 0);
	json_decref(j);
	expect_exit(dialer("verify", "--work", e2e.dir), geteuid() == 0 ? 1 : 0);
	int fd = open(e2e_text("%s/calls.db", dir), O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(pwrite(fd, "x", 1, 6000), 1);
	close(fd);
	r = dialer("verify", dir);
	expect_exit(r, 1);
	expect_says(r.out, "calls: ");
	expect_says(r.out, "The records were not looked at");
	r = dialer("verify", dir, "--json");
	expect_exit(r, 1);
	j = json_loads(r.out, 0, NULL);
	ck_assert_ptr_nonnull(j);
	ck_assert(json_is_false(json_at(j, "ok")));
	ck_assert_uint_gt(json_array_size(json_at(j, "problems")), 0);
	json_decref(j);
	expect_exit(dialer("verify", path_of("nowhere")), 1);
	remove_tree(dir);
}
END_TEST

/* --- what was under way when the backup was made --- */

static const char *status_of(int i)
{
	struct run r = dialer("show", e2e_text("6740b1c2%016d", i), "--json");
	expect_exit(r, 0);
	json_t *j = json_loads(r.out, 0, NULL);
	const char *status = e2e_text("%s", text_at(j, "status"));
	json_decref(j);
	return status;
}

static const char *time_text(int64_t ago_s)
{
	char text[40];
	time_t t = (time_t)(e2e_now_ms() / 1000 - ago_s);
	struct tm tm;
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
	return e2e_text("%s", text);
}

START_TEST(restored_calls_are_settled_and_nothing_is_dialled)
{
	const char *text = e2e_text("%s%s%s", line_of(1, "queued", time_text(3600), ""),
		line_of(2, "unconfirmed", time_text(3600), ""),
		line_of(3, "initiated", time_text(90000), ",\"externalCallId\":\"77\""));
	expect_exit(dialer("import", e2e_file("open.jsonl", text, strlen(text))), 0);
	const char *dir = backup_of_all();
	expect_exit(dialer("restore", dir, "--force"), 0);
	ck_assert_str_eq(status_of(1), "queued");
	expect_exit(run_sync(NULL), 0);
	ck_assert_str_eq(status_of(1), "unconfirmed");
	ck_assert_str_eq(status_of(2), "unconfirmed");
	/* The window is over, and the provider never heard of them. */
	e2e_clock(INT64_C(26) * 3600 * 1000);
	expect_exit(run_sync(NULL), 0);
	expect_exit(run_sync(NULL), 0);
	for (int i = 1; i <= 3; i++)
		ck_assert_str_eq(status_of(i), "lost");
	ck_assert_int_eq(sim_placings(NULL), 0);
	expect_sound();
	remove_tree(dir);
}
END_TEST

/* --- purging --- */

START_TEST(a_purge_needs_a_time_that_is_long_ago)
{
	struct run r = dialer("purge");
	expect_exit(r, 2);
	expect_says(r.err, "--before is missing");
	expect_exit(dialer("purge", "--before", "soon"), 2);
	r = dialer("purge", "--before", time_text(86400));
	expect_exit(r, 2);
	expect_says(r.err, "at least two days ago");
	expect_exit(dialer("purge", "--before", "2024-01-01", "--user", "\n"), 2);
}
END_TEST

START_TEST(a_purge_tells_what_it_removes_and_what_it_keeps)
{
	const char *text = e2e_text("%s%s%s%s",
		line_of(1, "completed", "2023-05-15T12:00:00Z", ",\"externalCallId\":\"5\""),
		line_of(2, "queued", "2023-05-15T13:00:00Z", ""),
		line_of(3, "completed", "2023-05-15T13:01:00Z", ",\"externalCallId\":\"6\""),
		line_of(4, "completed", "2024-05-15T12:00:00Z", ""));
	expect_exit(dialer("import", e2e_file("old.jsonl", text, strlen(text))), 0);
	struct run r = dialer("purge", "--before", "2024-01-01", "--dry-run");
	expect_exit(r, 0);
	expect_says(r.out, "1 call would be removed");
	ck_assert_int_eq(total(), 4);
	r = dialer("purge", "--before", "2024-01-01");
	expect_exit(r, 0);
	expect_says(r.out, "1 call removed");
	expect_says(r.out, "1 call is not over yet: kept");
	expect_says(r.out, "1 call from around the time");
	ck_assert_int_eq(total(), 3);
	expect_sound();
}
END_TEST

START_TEST(a_purge_that_is_killed_goes_on_when_run_again)
{
	import_calls(0, 1800);
	struct run r = dialer_dying("purge-turn:kill:40", "purge", "--before=2025-01-01", NULL);
	expect_sound();
	int64_t left = total();
	ck_assert(r.status == 0 ? left == 0 : r.status == 128 + 9 && left < 1800);
	expect_exit(dialer("purge", "--before", "2025-01-01"), 0);
	ck_assert_int_eq(total(), 0);
	expect_sound();
}
END_TEST

/* --- killed --- */

static const char *const backup_deaths[] = {"copy-slice:kill", "copy-slice:kill:10",
	"copy-before-logs:kill", "copy-before-recovery:kill", "backup-before-manifest:kill"};

START_TEST(a_backup_that_was_killed_is_none)
{
	const char *dir = path_of("killed");
	struct run r;
	import_calls(0, 300);
	/* One of the deaths comes with a chance of a tenth after each slice: at last it does come. */
	for (int tries = 0; tries < 40; tries++) {
		remove_tree(dir);
		r = dialer_dying(backup_deaths[_i], "backup", dir, NULL);
		if (r.status != 0)
			break;
	}
	ck_assert_int_eq(r.status, 128 + 9);
	r = dialer("restore", dir, "--force");
	expect_exit(r, 1);
	expect_says(r.err, "not a whole backup");
	expect_exit(dialer("backup", dir), 1);
	ck_assert_int_eq(total(), 300);
	expect_sound();
	remove_tree(dir);
	expect_exit(dialer("backup", dir), 0);
	remove_tree(dir);
}
END_TEST

static const char *const restore_deaths[] = {"restore-copy:kill", "restore-copy:kill:20",
	"restore-before-check:kill", "swap-before-commit:kill", "swap-after-commit:kill",
	"swap-moved-one:kill", "swap-moved-one:kill:10", "swap-moved-one:kill:5",
	"swap-all-out:kill", "swap-before-format:kill", "swap-after-format:kill"};

/* Killed anywhere, what is there is either the old or the new, whole; and it can be done again. */
START_TEST(a_restore_that_is_killed_leaves_the_old_or_the_new)
{
	import_calls(0, 40);
	const char *dir = backup_of_all();
	import_calls(40, 17);
	struct run r = dialer_dying(restore_deaths[_i], "restore", dir, "--force");
	/* Those that die by chance may come through. */
	bool by_chance = strstr(restore_deaths[_i], "kill:") != NULL;
	ck_assert_msg(r.status == 128 + 9 || (by_chance && r.status == 0), "ended with %d: %s",
		r.status, r.err);
	int64_t now = total();
	ck_assert_msg(now == 40 || now == 57, "%" PRId64 " calls", now);
	if (strncmp(restore_deaths[_i], "restore-", 8) == 0 ||
		strncmp(restore_deaths[_i], "swap-before-commit", 18) == 0)
		ck_assert_int_eq(now, r.status == 0 ? 40 : 57);
	else
		ck_assert_int_eq(now, 40);
	expect_sound();
	/* Something is written, then it is done once more. */
	import_calls(60, 3);
	ck_assert_int_eq(total(), now + 3);
	expect_exit(dialer("restore", dir, "--force"), 0);
	ck_assert_int_eq(total(), 40);
	expect_sound();
	remove_tree(dir);
}
END_TEST

/* The one that finishes what a dead one began may die, too. */
START_TEST(whoever_finishes_a_restore_may_be_killed_as_well)
{
	/* All databases: some thirty files to move. */
	expect_exit(dialer("init"), 0);
	import_calls(0, 40);
	const char *dir = backup_of_all();
	import_calls(40, 17);
	struct run r = dialer_dying("swap-after-commit:kill", "restore", dir, "--force");
	ck_assert_int_eq(r.status, 128 + 9);
	int deaths = 0;
	for (int i = 0; i < 40; i++) {
		r = dialer_dying("swap-moved-one:kill:50", "history", NULL, NULL);
		deaths += r.status == 128 + 9;
	}
	ck_assert_int_gt(deaths, 3);
	ck_assert_int_eq(total(), 40);
	expect_sound();
	remove_tree(dir);
}
END_TEST

/* A step that nobody dies at proves nothing. */
START_TEST(every_step_has_its_death)
{
	const char *const argv[] = {"/bin/grep", "-rhoE",
		"FAULT_POINT\\(\"(copy|backup|restore|swap)-[a-z-]+", "lib", NULL};
	struct run r = e2e_run(argv, NULL);
	int found = 0;
	for (const char *at = r.out; (at = strchr(at, '"')) != NULL; found++) {
		size_t len = strcspn(++at, "\n");
		bool known = false;
		for (size_t i = 0; i < sizeof(restore_deaths) / sizeof(restore_deaths[0]); i++)
			known = known || strncmp(at, restore_deaths[i], len) == 0;
		for (size_t i = 0; i < sizeof(backup_deaths) / sizeof(backup_deaths[0]); i++)
			known = known || strncmp(at, backup_deaths[i], len) == 0;
		ck_assert_msg(known, "no test dies at %.*s", (int)len, at);
	}
	ck_assert_int_ge(found, 10);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	Suite *s = suite_create("backup");
	TCase *t = tcase_create("backup");
	e2e_case(t, 60);
	tcase_add_test(t, a_backup_is_made_where_only_root_may_pass);
	tcase_add_test(t, a_backup_goes_into_nothing_but_an_empty_directory);
	tcase_add_test(t, a_place_in_use_or_with_data_is_left_alone);
	tcase_add_test(t, verify_tells_what_is_wrong_in_lines_and_as_json);
	tcase_add_test(t, restored_calls_are_settled_and_nothing_is_dialled);
	tcase_add_test(t, a_purge_needs_a_time_that_is_long_ago);
	tcase_add_test(t, a_purge_tells_what_it_removes_and_what_it_keeps);
	tcase_add_test(t, a_purge_that_is_killed_goes_on_when_run_again);
	tcase_add_loop_test(t, a_backup_that_was_killed_is_none, 0, COUNT(backup_deaths));
	tcase_add_loop_test(
		t, a_restore_that_is_killed_leaves_the_old_or_the_new, 0, COUNT(restore_deaths));
	tcase_add_test(t, whoever_finishes_a_restore_may_be_killed_as_well);
	tcase_add_test(t, every_step_has_its_death);
	suite_add_tcase(s, t);
	return e2e_main_without_server(s);
}
