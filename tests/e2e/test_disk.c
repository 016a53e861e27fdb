/*
 * The data directory in trouble: the disk is full or read-only, files are somebody else's, damaged or
 * gone, the clock steps. Meanwhile every request is answered, what was acknowledged stays, and when the
 * trouble ends all goes on by itself.
 */
#include "e2e/syncing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN_MOUNTS "TEST_DISK_OWN_MOUNTS"
#define DISK_MB    128 /* regions take 30, a copy to be verified as much and more */
#define HOUR_MS    INT64_C(3600000)
#define YEAR_MS    (INT64_C(365) * 24 * HOUR_MS)

static bool own_mounts; /* this program has a mount namespace of its own */
static bool mounted;
static const char *before; /* a call that was acknowledged */

static void setup(void)
{
	mounted = false;
	before = NULL;
}

/* --- the disk --- */

static const char *in_data(const char *name)
{
	return e2e_text("%s/%s", e2e.data, name);
}

static bool mount_disk(void)
{
	struct stat st;
	if (!own_mounts) {
		printf("skipped: disk: no mounts of one's own here\n");
		return false;
	}
	ck_assert_int_eq(stat(e2e.data, &st), 0);
	ck_assert_int_eq(mount("disk", e2e.data, "tmpfs", MS_NOSUID | MS_NODEV,
				 e2e_text("size=%dm,mode=700,uid=%ld,gid=%ld", DISK_MB,
					 (long)st.st_uid, (long)st.st_gid)),
		0);
	mounted = true;
	return true;
}

static void unmount_disk(void)
{
	if (mounted)
		(void)umount2(e2e.data, MNT_DETACH);
}

static void set_read_only(bool on)
{
	ck_assert_int_eq(mount(NULL, e2e.data, NULL, MS_REMOUNT | (on ? MS_RDONLY : 0), NULL), 0);
}

static void fill_disk(void)
{
	static char zeros[65536];
	int fd = open(in_data("filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	while (write(fd, zeros, sizeof(zeros)) > 0 || write(fd, zeros, 1) > 0)
		;
	ck_assert_int_eq(errno, ENOSPC);
	close(fd);
}

static void empty_disk(void)
{
	ck_assert_int_eq(unlink(in_data("filler")), 0);
}

/* --- what must hold --- */

static void expect_unavailable(struct answer *a)
{
	expect_error(a, 503, "storage_unavailable", NULL);
	ck_assert_int_ge(header_number(a, "Retry-After"), 1);
}

static struct answer *write_notes(const char *id, const char *notes)
{
	return http(.method = "PUT", .path = e2e_text("/call/%s/notes", id),
		.token = token("alice"), .body = e2e_text("{\"notes\":\"%s\"}", notes));
}

/* Nothing can be changed; reading may go on. */
static void expect_no_changes(void)
{
	int placings = sim_placings(NULL);
	expect_unavailable(place_to("alice", "+15550000077"));
	ck_assert_int_eq(sim_placings(NULL), placings);
	expect_unavailable(write_notes(before, "never"));
	struct answer *a = get("alice", "/history");
	ck_assert_msg(a->status == 200 || a->status == 503, "%s", answer_text(a));
	a = http(.path = "/health");
	ck_assert_msg(a->status == 200 || a->status == 503, "%s", answer_text(a));
}

/* Nothing can be done at all, and the log says `why`. */
static void expect_out_of_order(const char *why)
{
	expect_no_changes();
	expect_unavailable(get("alice", "/history"));
	expect_unavailable(get("alice", e2e_text("/call/%s", before)));
	expect_status(http(.path = "/health"), 503);
	expect_says(server_log(), why);
}

/* The tools say so, too. */
static void expect_tools_refuse(void)
{
	struct run r = run_sync(NULL);
	ck_assert_msg(
		r.status != 0 && r.status < 128 && r.err[0] != '\0', "%d: %s", r.status, r.err);
	r = dialer("history");
	ck_assert_msg(
		r.status != 0 && r.status < 128 && r.err[0] != '\0', "%d: %s", r.status, r.err);
}

static void expect_well(void)
{
	expect_status(get("alice", e2e_text("/call/%s", before)), 200);
	int total = history_total("alice");
	const char *id = placed("alice", "+15550000088");
	ck_assert_int_eq(history_total("alice"), total + 1);
	expect_status(write_notes(id, "well"), 200);
	expect_status(http(.path = "/health"), 200);
	sync_quietly();
	expect_exit(dialer("verify"), 0);
}

/* --- full, read-only --- */

START_TEST(a_full_disk_changes_nothing_until_there_is_room)
{
	if (!mount_disk())
		return;
	before = placed("alice", NUMBER);
	fill_disk();
	expect_no_changes();
	struct run r = run_sync(NULL);
	ck_assert_msg(r.status < 128, "%d: %s", r.status, r.err);
	empty_disk();
	expect_well();
}
END_TEST

START_TEST(a_full_disk_with_recovery_to_do_is_survived)
{
	if (!mount_disk())
		return;
	before = placed("alice", NUMBER);
	ck_assert_int_eq(truncate(in_data("gate"), 0), 0);
	fill_disk();
	expect_no_changes();
	empty_disk();
	expect_well();
}
END_TEST

START_TEST(a_read_only_disk_is_said_to_be_so)
{
	if (!mount_disk())
		return;
	before = placed("alice", NUMBER);
	set_read_only(true);
	expect_out_of_order("Read-only file system");
	expect_tools_refuse();
	set_read_only(false);
	expect_well();
}
END_TEST

/* --- not ours --- */

START_TEST(a_directory_of_somebody_else_is_not_touched)
{
	struct stat st;
	if (geteuid() != 0) {
		printf("skipped: owner: not root\n");
		return;
	}
	before = placed("alice", NUMBER);
	ck_assert_int_eq(stat(e2e.data, &st), 0);
	ck_assert_int_eq(chown(e2e.data, 12345, 12345), 0);
	expect_out_of_order(" E3002: ");
	ck_assert_int_eq(chown(e2e.data, st.st_uid, st.st_gid), 0);
	expect_well();
}
END_TEST

/* As root's own cp or tar leaves them. */
static const char *const taken[] = {"gate", "calls.db", "__db.001", "FORMAT"};

START_TEST(a_file_of_somebody_else_is_named)
{
	struct stat st;
	if (geteuid() != 0) {
		printf("skipped: %s: not root\n", taken[_i]);
		return;
	}
	before = placed("alice", NUMBER);
	const char *path = in_data(taken[_i]);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(chown(path, 0, 0), 0);
	int placings = sim_placings(NULL);
	struct answer *a = place_to("alice", "+15550000077");
	/* What recovery makes anew is no trouble. */
	if (a->status != 200) {
		expect_unavailable(a);
		ck_assert_int_eq(sim_placings(NULL), placings);
		expect_says(server_log(), "Permission denied");
	}
	if (lstat(path, &st) == 0 && st.st_uid == 0) {
		ck_assert_int_eq(stat(e2e.data, &st), 0);
		ck_assert_int_eq(chown(path, st.st_uid, st.st_gid), 0);
	}
	expect_well();
}
END_TEST

START_TEST(settings_of_berkeley_db_are_refused)
{
	static const char text[] = "set_lg_max 65536\n";
	before = placed("alice", NUMBER);
	int fd = open(in_data("DB_CONFIG"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ck_assert_int_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	expect_out_of_order("remove the file DB_CONFIG");
	expect_tools_refuse();
	ck_assert_int_eq(unlink(in_data("DB_CONFIG")), 0);
	expect_well();
}
END_TEST

/* --- damaged, gone --- */

static void spoil(const char *path, int how)
{
	static char garbage[300000];
	int fd;
	if (how == 0) {
		ck_assert_int_eq(unlink(path), 0);
		return;
	}
	if (how == 1) {
		ck_assert_int_eq(truncate(path, 4096), 0);
		return;
	}
	memset(garbage, 0x5a, sizeof(garbage));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_gt(pwrite(fd, garbage, sizeof(garbage), 0), 0);
	close(fd);
}

/* Removed, cut off, overwritten; all three, and each. */
START_TEST(regions_that_are_spoilt_are_made_anew)
{
	int how = _i % 3, which = 3 - _i / 3;
	/* Berkeley DB may crash in them, which is not caught there. */
	if (UNDER_SANITIZERS && how != 0)
		return;
	before = placed("alice", NUMBER);
	for (int n = 1; n <= 3; n++)
		if (which == 3 || which == n - 1)
			spoil(in_data(e2e_text("__db.00%d", n)), how);
	/* One request may meet the damage, and says so. */
	struct answer *a = get("alice", "/history");
	if (a->status != 200)
		expect_unavailable(a);
	expect_well();
}
END_TEST

/* --- the clock --- */

static const int64_t steps[] = {HOUR_MS, -HOUR_MS, YEAR_MS, -YEAR_MS};
#define STEPS ((int)(sizeof(steps) / sizeof(steps[0])))

START_TEST(a_clock_that_steps_loses_nothing)
{
	static const char body[] = "{\"phoneNumber\":\"+15550000099\"}";
	before = placed("alice", NUMBER);
	struct answer *a = place_with_key("bob", "stepped", body);
	expect_status(a, 200);
	const char *id = text_at(a->json, "call.id");
	e2e_clock(steps[_i]);
	expect_status(get("alice", e2e_text("/call/%s", before)), 200);
	ck_assert_int_eq(history_total("alice"), 1);
	/* A click that is repeated is the same click, unless its key has ended. */
	int placings = sim_placings(NULL);
	if (steps[_i] <= HOUR_MS) {
		a = place_with_key("bob", "stepped", body);
		ck_assert_msg(text_is(a->json, "call.id", id), "%s", answer_text(a));
		ck_assert_int_eq(sim_placings(NULL), placings);
	}
	expect_status(place_to("alice", "+15550000098"), 200);
	ck_assert_int_eq(history_total("alice"), 2);
	struct run r = run_sync(NULL);
	ck_assert_msg(r.status == 0, "%s", r.err);
	e2e_clock(0);
	/* Two, and the one of expect_well. */
	expect_well();
	ck_assert_int_eq(history_total("alice"), 3);
	ck_assert_int_eq(history_total("bob"), 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("disk");
	TCase *t = tcase_create("trouble");
	e2e_case(t, 60);
	tcase_add_checked_fixture(t, setup, unmount_disk);
	tcase_add_test(t, a_full_disk_changes_nothing_until_there_is_room);
	tcase_add_test(t, a_full_disk_with_recovery_to_do_is_survived);
	tcase_add_test(t, a_read_only_disk_is_said_to_be_so);
	tcase_add_test(t, a_directory_of_somebody_else_is_not_touched);
	tcase_add_loop_test(t, a_file_of_somebody_else_is_named, 0, 4);
	tcase_add_test(t, settings_of_berkeley_db_are_refused);
	tcase_add_loop_test(t, regions_that_are_spoilt_are_made_anew, 0, e2e_long() ? 12 : 6);
	tcase_add_loop_test(t, a_clock_that_steps_loses_nothing, 0, STEPS);
	suite_add_tcase(s, t);
	return s;
}

/* The server is to see the same mounts. And this program, too, begins anew among them: in a changed root
 * the kernel would name its file by a path that leads nowhere. */
static void begin_among_mounts(char **argv)
{
	bool own =
		unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	setenv(OWN_MOUNTS, own ? "yes" : "no", 1);
	execv(argv[0], argv);
	perror(argv[0]);
	exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	(void)argc;
	if (getenv(OWN_MOUNTS) == NULL)
		begin_among_mounts(argv);
	own_mounts = strcmp(getenv(OWN_MOUNTS), "yes") == 0;
	unsetenv(OWN_MOUNTS);
	e2e_log_may_hold = "outside E(30[01][0-9]|8[0-9]{3}): ";
	return e2e_main(suite());
}
