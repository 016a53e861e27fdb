/* Copies of databases that change while they are copied, and putting them back. */
#include "store/backup.h"
#include "store/connections.h"
#include "store/files.h"
#include "store/import.h"
#include "store/logs.h"
#include "store/restore.h"
#include "unit/box.h"
#include "unit/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOW      BOX_NOW
#define SECOND   INT64_C(1000)
#define WRITERS  3
#define ROWS_MAX 20000 /* of one writer */

static struct box box, other;
static struct buf why;
static char target[UNIT_PATH_SIZE + 40];
static struct backup_report made;
static struct restore_report restored;

static void setup(void)
{
	box_make(&box);
	box_make(&other);
	buf_init(&why, 8192);
	(void)snprintf(target, sizeof(target), "%s-backup", box.dir);
	ck_assert_int_eq(mkdir(target, 0700), 0);
	memset(&made, 0, sizeof(made));
	memset(&restored, 0, sizeof(restored));
}

static void teardown(void)
{
	(void)files_remove(target);
	buf_release(&why);
	box_remove(&box);
	box_remove(&other);
}

static void nap_ms(long ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	nanosleep(&t, NULL);
}

static void backup(void)
{
	ck_assert_msg(store_backup(box.s, target, &made, &why) == ERR_NONE, "%s", why.s);
	ck_assert_int_eq(made.verify.problems, 0);
}

static enum err restore_to(const struct box *b, bool force)
{
	struct restore *r;
	enum err e;

	buf_reset(&why);
	memset(&restored, 0, sizeof(restored));
	restored.force = force;
	e = restore_open(target, &r, &why);
	if (e == ERR_NONE)
		e = store_restore(b->s, r, &restored, &why);
	restore_close(r);
	return e;
}

static bool has(const struct box *b, const struct callid *id)
{
	struct call c;
	enum err e;

	call_init(&c);
	e = store_call_get(b->s, id, &c);
	call_release(&c);
	ck_assert(e == ERR_NONE || e == ERR_NOT_FOUND);
	return e == ERR_NONE;
}

static int64_t total(const struct box *b)
{
	struct history_filter f;
	struct call_list l = {NULL, 0};
	int64_t n;

	history_filter_init(&f);
	ck_assert_int_eq(store_history_page(b->s, &f, 1, 1, &l, &n), ERR_NONE);
	call_list_release(&l);
	return n;
}

/* --- one at rest --- */

START_TEST(a_backup_is_a_list_and_files_for_their_owner_alone)
{
	struct stat st;
	char path[UNIT_PATH_SIZE + 80];

	box_call(box.s, "alice", NOW);
	backup();
	ck_assert_int_eq(made.manifest.calls, 1);
	ck_assert_int_eq(made.manifest.format, STORE_FORMAT);
	ck_assert_uint_ge(made.manifest.count, 9);
	for (size_t i = 0; i < made.manifest.count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", target, made.manifest.files[i].name);
		ck_assert_int_eq(lstat(path, &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0600);
	}
	ck_assert(!files_exist(target, "gate"));
	ck_assert(!files_exist(target, "backup.lock"));
	ck_assert(!files_exist(target, "__db.001"));
	/* And what it was made of goes on. */
	box_call(box.s, "alice", NOW + SECOND);
	box_assert_sound(&box);
}
END_TEST

START_TEST(sha256sum_agrees)
{
	char command[2 * UNIT_PATH_SIZE];

	box_call(box.s, "alice", NOW);
	backup();
	(void)snprintf(command, sizeof(command), "cd %s && sha256sum --status --strict -c MANIFEST",
		target);
	const char *const argv[] = {"/bin/sh", "-c", command, NULL};
	pid_t pid = fork();
	if (pid == 0) {
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(what_is_restored_is_what_was_there)
{
	struct user_settings u = {.aircall_user_id = 77}, found;
	struct callid before = box_call(box.s, "alice", NOW);

	ck_assert_int_eq(store_user_set(box.s, "alice", &u), ERR_NONE);
	backup();
	struct callid after = box_call(box.s, "alice", NOW + SECOND);
	ck_assert_int_eq(restore_to(&other, false), ERR_NONE);
	ck_assert_str_eq(restored.aside, "");
	ck_assert(has(&other, &before));
	ck_assert(!has(&other, &after));
	ck_assert_int_eq(store_user_get(other.s, "alice", &found), ERR_NONE);
	ck_assert_int_eq(found.aircall_user_id, 77);
	ck_assert(!files_exist(other.dir, "restoring"));
	box_assert_sound(&other);
	/* It is used on as any other. */
	box_call(other.s, "bob", NOW + 2 * SECOND);
	ck_assert_int_eq(total(&other), 2);
	box_assert_sound(&other);
}
END_TEST

START_TEST(an_initialised_place_without_data_is_taken)
{
	box_call(box.s, "alice", NOW);
	backup();
	ck_assert_int_eq(store_create(other.s), ERR_NONE);
	ck_assert_int_eq(restore_to(&other, false), ERR_NONE);
	ck_assert_str_eq(restored.aside, "");
	ck_assert_int_eq(total(&other), 1);
}
END_TEST

START_TEST(data_is_replaced_by_force_only_and_put_aside)
{
	struct callid old = box_call(other.s, "carol", NOW);
	struct callid fresh = box_call(box.s, "alice", NOW);

	backup();
	ck_assert_int_eq(restore_to(&other, false), ERR_CONFLICT);
	ck_assert_ptr_nonnull(strstr(why.s, "--force"));
	ck_assert(has(&other, &old));
	ck_assert(!files_exist(other.dir, "restoring"));
	ck_assert_int_eq(restore_to(&other, true), ERR_NONE);
	ck_assert(has(&other, &fresh));
	ck_assert(!has(&other, &old));
	box_assert_sound(&other);
	/* What is aside is a data directory of its own. */
	ck_assert_int_eq(strncmp(restored.aside, "replaced-", 9), 0);
	struct box aside;
	box_make_at(&aside, box_file(&other, restored.aside));
	ck_assert(has(&aside, &old));
	box_assert_sound(&aside);
	store_close(aside.s);
	close(aside.log.fd);
	unlink(aside.log_path);
	/* Again, within the same second, too. */
	ck_assert_int_eq(restore_to(&other, true), ERR_NONE);
	ck_assert_int_eq(restore_to(&other, true), ERR_NONE);
	ck_assert_int_eq(total(&other), 1);
}
END_TEST

START_TEST(what_cannot_be_read_any_more_is_replaced_by_force)
{
	box_call(box.s, "alice", NOW);
	backup();
	box_call(other.s, "carol", NOW);
	box_write(&other, "log.0000000001", "garbage", 7);
	box_write(&other, "calls.db", "garbage", 7);
	ck_assert_int_eq(restore_to(&other, false), ERR_CONFLICT);
	ck_assert_int_eq(restore_to(&other, true), ERR_NONE);
	ck_assert_int_eq(total(&other), 1);
	box_assert_sound(&other);
}
END_TEST

START_TEST(an_empty_directory_can_be_backed_up_and_restored)
{
	backup();
	ck_assert_int_eq(made.manifest.calls, 0);
	ck_assert_int_eq(restore_to(&other, false), ERR_NONE);
	ck_assert_int_eq(total(&other), 0);
	box_call(other.s, "alice", NOW);
	box_assert_sound(&other);
}
END_TEST

/* --- what is no backup --- */

static void write_target(const char *name, const char *text)
{
	char path[UNIT_PATH_SIZE + 80];

	(void)snprintf(path, sizeof(path), "%s/%s", target, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static char *read_target(const char *name)
{
	static char text[32768];
	char path[UNIT_PATH_SIZE + 80];

	(void)snprintf(path, sizeof(path), "%s/%s", target, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	close(fd);
	return text;
}

static void refused(enum err e, const char *says)
{
	ck_assert_int_eq(restore_to(&other, true), e);
	ck_assert_msg(strstr(why.s, says) != NULL, "wanted \"%s\", got \"%s\"", says, why.s);
	ck_assert(!files_exist(other.dir, "restoring"));
	ck_assert_int_eq(total(&other), 1);
}

START_TEST(what_is_no_whole_backup_is_refused_and_changes_nothing)
{
	char path[UNIT_PATH_SIZE + 80];

	box_call(other.s, "carol", NOW);
	refused(ERR_NOT_FOUND, "there is no MANIFEST");
	for (int i = 0; i < 3; i++)
		box_call(box.s, "alice", NOW + i);
	backup();
	char *list = strdup(read_target("MANIFEST"));
	ck_assert_ptr_nonnull(list);
	/* Cut anywhere, it is not taken for a shorter one. */
	for (size_t len = 0; len < strlen(list); len += 17) {
		char *cut = strndup(list, len);
		ck_assert_ptr_nonnull(cut);
		write_target("MANIFEST", cut);
		refused(ERR_INVALID, "MANIFEST is damaged");
		free(cut);
	}
	write_target("MANIFEST", list);
	char *name = strstr(list, "  calls.db");
	memcpy(name, "  ../../db", 10);
	write_target("MANIFEST", list);
	refused(ERR_INVALID, "MANIFEST is damaged");
	memcpy(name, "  calls.db", 10);
	write_target("MANIFEST", list);
	/* A file is missing, another, or none. */
	(void)snprintf(path, sizeof(path), "%s/trail.db", target);
	ck_assert_int_eq(rename(path, box_file(&box, "elsewhere")), 0);
	refused(ERR_INVALID, "trail.db");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	refused(ERR_INVALID, "trail.db");
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(symlink(box_file(&box, "elsewhere"), path), 0);
	refused(ERR_IO, "trail.db");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rename(box_file(&box, "elsewhere"), path), 0);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(pwrite(fd, "x", 1, 5000), 1);
	close(fd);
	refused(ERR_INVALID, "trail.db is not what MANIFEST says");
	free(list);
}
END_TEST

START_TEST(a_backup_of_a_newer_format_is_refused)
{
	box_call(other.s, "carol", NOW);
	box_call(box.s, "alice", NOW);
	backup();
	char *list = strdup(read_target("MANIFEST"));
	ck_assert_ptr_nonnull(list);
	memcpy(strstr(list, "format 1"), "format 9", 8);
	write_target("MANIFEST", list);
	free(list);
	refused(ERR_INVALID, "its format is 9");
}
END_TEST

static int spoil_fn(struct turn *t, void *arg)
{
	(void)arg;
	return turn_put(t, DB_CLAIMS, "\2loose id", 9, "of nobody's.", 12);
}

/* What is wrong is kept as it is, said, and restored only by force. */
START_TEST(faults_are_backed_up_too_and_restored_by_force)
{
	struct store *s = box_store(&box, 0, 0);

	box_call(box.s, "alice", NOW);
	ck_assert_int_eq(turn_run(s, TURN_WRITE, spoil_fn, NULL), ERR_NONE);
	store_close(s);
	ck_assert_int_eq(store_backup(box.s, target, &made, &why), ERR_NONE);
	ck_assert_int_eq(made.manifest.problems, 1);
	ck_assert_int_eq(restore_to(&other, false), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why.s, "does not verify"));
	ck_assert_int_eq(restored.verify.problems, 1);
	ck_assert_int_eq(restore_to(&other, true), ERR_NONE);
	ck_assert_int_eq(total(&other), 1);
}
END_TEST

/* --- at work --- */

static struct board {
	volatile bool stop;
	struct lane {
		volatile int count;
		volatile int errors;
		volatile int64_t longest_ms;
		struct callid ids[ROWS_MAX];
	} lanes[WRITERS];
} * board;

static int64_t mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Stores calls and changes them, so that pages all over the files do. */
static void write_on(int number)
{
	struct lane *l = &board->lanes[number];
	struct store *s = box_store(&box, 10, 10);
	struct dice dice = {.state = (uint64_t)number};
	char user[16];

	while (!board->stop && l->count < ROWS_MAX) {
		int64_t begin = mono_ms();
		(void)snprintf(user, sizeof(user), "user%d", (int)dice_below(&dice, 50));
		l->ids[l->count] = box_call(s, user, NOW + (int64_t)dice_below(&dice, 86400000));
		__atomic_store_n(&l->count, l->count + 1, __ATOMIC_RELEASE);
		const struct callid *id = &l->ids[dice_below(&dice, (uint64_t)l->count)];
		struct store_update u = box_update(id, CALL_COMPLETED, NOW + 60 * SECOND,
			(number + INT64_C(1)) * 1000000 + (id - l->ids) + 1);
		if (store_apply(s, &u, 1, NOW + 60 * SECOND) != ERR_NONE || u.conflict)
			l->errors++;
		if (mono_ms() - begin > l->longest_ms)
			l->longest_ms = mono_ms() - begin;
	}
	store_close(s);
	_exit(0);
}

static pid_t writers[WRITERS];

static void start_writers(void)
{
	board = mmap(
		NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(board, MAP_FAILED);
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = fork();
		ck_assert_int_ne(writers[i], -1);
		if (writers[i] == 0)
			write_on(i);
	}
}

static void stop_writers(void)
{
	board->stop = true;
	for (int i = 0; i < WRITERS; i++) {
		int status;
		ck_assert_int_eq(waitpid(writers[i], &status, 0), writers[i]);
		ck_assert_int_eq(board->lanes[i].errors, 0);
	}
}

static int checkpoint_fn(struct turn *t, void *arg)
{
	(void)arg;
	return turn_checkpoint(t, true, false);
}

/* Recovery from the last checkpoint alone would miss what was changed before it. */
static void tidy_while_copying(void)
{
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		struct store *s = box_store(&box, 10, 10);
		while (!board->stop) {
			if (store_housekeep(s, NOW) != ERR_NONE ||
				turn_run(s, TURN_READ, checkpoint_fn, NULL) != ERR_NONE)
				_exit(1);
			nap_ms(5);
		}
		_exit(0);
	}
	writers[0] = pid; /* it takes the place of one that has ended */
}

START_TEST(a_backup_under_load_has_all_that_was_stored_before_it_began)
{
	int counts[WRITERS];

	start_writers();
	nap_ms(_i == 0 ? 0 : 1000);
	for (int i = 0; i < WRITERS; i++)
		counts[i] = __atomic_load_n(&board->lanes[i].count, __ATOMIC_ACQUIRE);
	/* One ends, and somebody checkpoints and removes log files instead. */
	if (_i == 2) {
		kill(writers[0], SIGKILL);
		waitpid(writers[0], NULL, 0);
		tidy_while_copying();
	}
	backup();
	stop_writers();
	ck_assert_int_gt(made.copy.stays, 10);
	ck_assert_int_eq(restore_to(&other, false), ERR_NONE);
	box_assert_sound(&other);
	ck_assert_int_eq(total(&other), made.manifest.calls);
	int64_t known = 0;
	for (int i = 0; i < WRITERS; i++) {
		for (int k = 0; k < counts[i]; k++)
			ck_assert(has(&other, &board->lanes[i].ids[k]));
		known += counts[i];
	}
	ck_assert_int_ge(total(&other), known);
	box_assert_sound(&box);
	munmap(board, sizeof(*board));
}
END_TEST

static void import_many(int count)
{
	struct call_records l = {.records = NULL};
	enum import_result *results = calloc((size_t)count, sizeof(*results));
	struct pace pace = pace_of(IMPORT_TURN);
	size_t looked;

	ck_assert_ptr_nonnull(results);
	for (int i = 0; i < count; i++) {
		struct call_record *r = call_records_add(&l);
		ck_assert_ptr_nonnull(r);
		ck_assert_int_eq(callid_make(NOW + i, &r->call.id), ERR_NONE);
		ck_assert_int_eq(call_set_text(&r->call.user, "alice"), ERR_NONE);
		memcpy(r->call.phone, "+15551234567", 13);
		r->call.start_ms = NOW + i;
		r->call.status = CALL_COMPLETED;
	}
	ck_assert_int_eq(store_import(box.s, &l, NOW, &pace, results, &looked), ERR_NONE);
	call_records_release(&l);
	free(results);
}

/* What the copy needs must not be removed before it has got it. */
START_TEST(log_files_stay_while_a_copy_is_being_made)
{
	int fd, second;

	ck_assert_int_eq(logs_keep(box.dir, 0, &fd), ERR_NONE);
	ck_assert_int_eq(logs_keep(box.dir, 0, &second), ERR_BUSY);
	import_many(3000);
	ck_assert(files_exist(box.dir, "log.0000000001"));
	ck_assert(files_exist(box.dir, "log.0000000002"));
	ck_assert_int_eq(store_housekeep(box.s, NOW), ERR_NONE);
	ck_assert(files_exist(box.dir, "log.0000000001"));
	logs_release(fd);
	ck_assert_int_eq(store_housekeep(box.s, NOW), ERR_NONE);
	ck_assert(!files_exist(box.dir, "log.0000000001"));
	box_assert_sound(&box);
}
END_TEST

START_TEST(two_copies_are_not_made_at_once)
{
	int fd = open(box_file(&box, "backup.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	box_call(box.s, "alice", NOW);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	struct store *s = box_store(&box, 1, 0);
	ck_assert_int_eq(store_backup(s, target, &made, &why), ERR_BUSY);
	ck_assert_ptr_nonnull(strstr(why.s, "another copy"));
	store_close(s);
	close(fd);
	backup();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("backup");
	TCase *t = tcase_create("backup");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_backup_is_a_list_and_files_for_their_owner_alone);
	tcase_add_test(t, sha256sum_agrees);
	tcase_add_test(t, what_is_restored_is_what_was_there);
	tcase_add_test(t, an_initialised_place_without_data_is_taken);
	tcase_add_test(t, data_is_replaced_by_force_only_and_put_aside);
	tcase_add_test(t, what_cannot_be_read_any_more_is_replaced_by_force);
	tcase_add_test(t, an_empty_directory_can_be_backed_up_and_restored);
	tcase_add_test(t, what_is_no_whole_backup_is_refused_and_changes_nothing);
	tcase_add_test(t, a_backup_of_a_newer_format_is_refused);
	tcase_add_test(t, faults_are_backed_up_too_and_restored_by_force);
	tcase_add_loop_test(t, a_backup_under_load_has_all_that_was_stored_before_it_began, 0, 3);
	tcase_add_test(t, log_files_stay_while_a_copy_is_being_made);
	tcase_add_test(t, two_copies_are_not_made_at_once);
	suite_add_tcase(s, t);
	return unit_run(s);
}
