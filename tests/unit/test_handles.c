/*
 * Handles that are kept between operations: processes that keep them beside those that do not, and
 * what becomes of them when others are killed, recover, or put other files in place.
 */
#include "unit/box.h"
#include "unit/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct box box;

static void setup(void)
{
	box_make(&box);
	ck_assert_int_eq(store_create(box.s), ERR_NONE);
}

static void teardown(void)
{
	box_remove(&box);
}

static struct store *keeper(void)
{
	const struct store_options o = {.data_dir = box.dir,
		.log = &box.log,
		.wait_seconds = 10,
		.work_seconds = 10,
		.emergency_fd = -1,
		.keep = true};
	struct store *s = NULL;

	ck_assert_int_eq(store_open(&s, &o), ERR_NONE);
	return s;
}

static int64_t total(struct store *s)
{
	struct history_filter f;
	struct call_list l = {NULL, 0};
	int64_t n = -1;

	history_filter_init(&f);
	ck_assert_int_eq(store_history_page(s, &f, 1, 5, &l, &n), ERR_NONE);
	call_list_release(&l);
	return n;
}

static bool is_there(struct store *s, const struct callid *id)
{
	struct call c;

	call_init(&c);
	enum err e = store_call_get(s, id, &c);
	call_release(&c);
	return e == ERR_NONE;
}

/* --- children: they say by their exit status what went wrong --- */

static pid_t start(void (*life)(void *), void *arg)
{
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		life(arg);
		_exit(0);
	}
	return pid;
}

static int end_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

#define must(condition) must_at(condition, __LINE__)
static void must_at(bool condition, int line)
{
	if (condition)
		return;
	fprintf(stderr, "in a child: line %d\n", line);
	_exit(1);
}

static void run(void (*life)(void *), void *arg)
{
	ck_assert_int_eq(end_of(start(life, arg)), 0);
}

/* Somebody else stores a call, and keeps nothing. */
static void store_one(void *arg)
{
	struct callid *id = arg;

	*id = box_call(box_store(&box, 10, 10), "alice", BOX_NOW);
}

static struct callid stored_by_another(void)
{
	struct callid *id =
		mmap(NULL, sizeof(*id), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(id, MAP_FAILED);
	run(store_one, id);
	struct callid found = *id;
	munmap(id, sizeof(*id));
	return found;
}

/* Somebody dies inside: the next one recovers. */
static void die_inside(void *arg)
{
	struct gate g = {.dir = box.dir,
		.log = &box.log,
		.wait_seconds = 10,
		.work_seconds = 10,
		.emergency_fd = -1};
	bool recover;

	(void)arg;
	must(gate_enter(&g, &recover) == 0);
	raise(SIGKILL);
}

static void killed_inside(void)
{
	ck_assert(WIFSIGNALED(end_of(start(die_inside, NULL))));
}

/* --- in good times --- */

START_TEST(handles_are_opened_once)
{
	struct store *s = keeper();

	ck_assert_int_eq(total(s), 0);
	DB_ENV *env = s->kept.env;
	ck_assert_ptr_nonnull(env);
	ck_assert_ptr_nonnull(s->kept.db[DB_BY_TIME]);
	DB *db = s->kept.db[DB_BY_TIME];
	struct callid id = box_call(s, "alice", BOX_NOW);
	ck_assert(is_there(s, &id));
	ck_assert_int_eq(total(s), 1);
	ck_assert_ptr_eq(s->kept.env, env);
	ck_assert_ptr_eq(s->kept.db[DB_BY_TIME], db);
	ck_assert(!store_is_spent(s));
	ck_assert(!store_is_outdated(s));
	ck_assert_int_eq(box_marker(&box), 'c');
	store_close(s);
	box_assert_sound(&box);
}
END_TEST

START_TEST(two_that_keep_and_one_that_does_not_see_each_other)
{
	struct store *a = keeper(), *b = keeper();

	for (int i = 0; i < 20; i++) {
		struct callid by_a = box_call(a, "alice", BOX_NOW + i);
		ck_assert(is_there(b, &by_a));
		struct callid by_other = stored_by_another();
		ck_assert(is_there(a, &by_other));
		struct callid by_b = box_call(b, "bob", BOX_NOW + i);
		ck_assert(is_there(a, &by_b));
		ck_assert(is_there(box.s, &by_b));
	}
	ck_assert_int_eq(total(a), 60);
	ck_assert_int_eq(total(b), 60);
	ck_assert(!store_is_spent(a));
	ck_assert(!store_is_spent(b));
	store_close(a);
	store_close(b);
	box_assert_sound(&box);
}
END_TEST

START_TEST(a_database_that_is_made_later_is_found)
{
	struct box fresh;
	box_make(&fresh);
	struct box tested = box;
	box = fresh;
	struct store *s = keeper();
	ck_assert_int_eq(total(s), 0);
	struct callid id = stored_by_another();
	ck_assert(is_there(s, &id));
	ck_assert_int_eq(total(s), 1);
	store_close(s);
	box = tested;
	box_remove(&fresh);
}
END_TEST

static int refuse(struct turn *t, void *arg)
{
	int e = turn_put(t, DB_USERS, "u", 1, "v", 1);
	(void)arg;
	return e != 0 ? e : DB_KEYEXIST;
}

/* What was opened in it goes with it, what was open before stays. */
START_TEST(a_transaction_that_is_undone_leaves_good_handles)
{
	struct store *s = keeper();
	struct user_settings u = {.aircall_user_id = 7}, found;

	ck_assert_int_eq(total(s), 0);
	DB *db = s->kept.db[DB_BY_TIME];
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(turn_run(s, TURN_WRITE, refuse, NULL), ERR_CONFLICT);
		ck_assert_ptr_null(s->kept.db[DB_USERS]);
		ck_assert_ptr_eq(s->kept.db[DB_BY_TIME], db);
	}
	ck_assert_int_eq(store_user_set(s, "alice", &u), ERR_NONE);
	ck_assert_ptr_nonnull(s->kept.db[DB_USERS]);
	ck_assert_int_eq(turn_run(s, TURN_WRITE, refuse, NULL), ERR_CONFLICT);
	ck_assert_ptr_nonnull(s->kept.db[DB_USERS]);
	ck_assert_int_eq(store_user_get(s, "alice", &found), ERR_NONE);
	ck_assert_int_eq(found.aircall_user_id, 7);
	store_close(s);
	box_assert_sound(&box);
}
END_TEST

/* --- others are killed --- */

static void keep_until_killed(void *arg)
{
	struct store *s = keeper();

	box_call(s, "alice", BOX_NOW);
	must(s->kept.env != NULL);
	*(volatile int *)arg = 1;
	for (;;)
		pause();
}

static pid_t start_keeper(volatile int *ready)
{
	*ready = 0;
	pid_t pid = start(keep_until_killed, (void *)(uintptr_t)ready);

	while (*ready == 0)
		usleep(1000);
	return pid;
}

static volatile int *shared_flag(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);
	return p;
}

START_TEST(one_that_is_killed_outside_needs_no_recovery)
{
	volatile int *ready = shared_flag();
	struct store *s = keeper();

	ck_assert_int_eq(total(s), 0);
	for (int i = 1; i <= 5; i++) {
		pid_t pid = start_keeper(ready);
		ck_assert_int_eq(box_marker(&box), 'c');
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		end_of(pid);
		ck_assert_int_eq(total(s), i);
		ck_assert(!store_is_spent(s));
	}
	store_close(s);
	box_assert_sound(&box);
}
END_TEST

START_TEST(one_that_is_stopped_outside_keeps_nobody_waiting)
{
	volatile int *ready = shared_flag();
	pid_t pid = start_keeper(ready);

	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	for (int i = 0; i < 5; i++)
		stored_by_another();
	ck_assert_int_eq(store_housekeep(box.s, BOX_NOW), ERR_NONE);
	ck_assert_int_eq(total(box.s), 6);
	kill(pid, SIGKILL);
	end_of(pid);
	box_assert_sound(&box);
}
END_TEST

static uint64_t generation(void)
{
	char text[64] = "";
	int fd = open(box_file(&box, "gate"), O_RDONLY | O_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 22);
	close(fd);
	return strtoull(text + 2, NULL, 10);
}

static int open_all(struct turn *t, void *arg)
{
	int e = 0;

	(void)arg;
	for (int i = 0; i < DB_NAME__MAX && e == 0; i++)
		e = turn_db(t, (enum db_name)i, &(DB *){NULL});
	return e;
}

static void keep_and_die(void *arg)
{
	(void)arg;
	must(turn_run(keeper(), TURN_READ, open_all, NULL) == ERR_NONE);
	raise(SIGKILL);
}

/* Each leaves its handles in the shared memory, which does not grow for that. */
START_TEST(the_handles_of_many_killed_are_cleared_away_in_time)
{
	const int many = 400;
	uint64_t before = generation();

	box_call(box.s, "alice", BOX_NOW);
	for (int i = 0; i < many; i++)
		ck_assert(WIFSIGNALED(end_of(start(keep_and_die, NULL))));
	ck_assert_int_eq(total(box.s), 1);
	ck_assert(!box_logged(&box, "E30"));
	ck_assert_uint_gt(generation(), before);
	ck_assert_uint_lt(generation(), before + 10);
	box_assert_sound(&box);
}
END_TEST

/* --- the environment becomes another one --- */

/* `change` is done by others while this one keeps its handles. Giving up leaks on purpose, so it has a
 * process of its own. */
struct outdating {
	void (*change)(void);
	int64_t expect; /* calls afterwards */
	bool seen;      /* without entering */
};

static void live_through(void *arg)
{
	const struct outdating *o = arg;
	struct store *s = keeper();
	struct callid first = box_call(s, "alice", BOX_NOW);

	must(!store_is_outdated(s) && !store_is_spent(s));
	o->change();
	must(store_is_outdated(s) == o->seen && !store_is_spent(s));
	must(total(s) == o->expect);
	must(store_is_spent(s) && !store_is_outdated(s));
	must(is_there(s, &first) == (o->expect > 0));
	struct callid second = box_call(s, "alice", BOX_NOW);
	must(is_there(s, &second));
	store_close(s);
}

static void recovered_by_another(void)
{
	killed_inside();
	ck_assert_int_eq(store_ping(box.s), ERR_NONE);
}

static void killed_and_not_recovered(void)
{
	killed_inside();
}

static void region_removed(void)
{
	ck_assert_int_eq(unlink(box_file(&box, "__db.002")), 0);
}

static void gate_removed(void)
{
	/* Its generation begins anew: the same number means something else. */
	ck_assert_int_eq(unlink(box_file(&box, "gate")), 0);
	ck_assert_int_eq(store_ping(box.s), ERR_NONE);
}

static void all_removed(void)
{
	char command[2 * UNIT_PATH_SIZE];

	snprintf(command, sizeof(command), "%s", box.dir);
	pid_t pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "rm -f \"$0\"/*", command, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(end_of(pid), 0);
	ck_assert_int_eq(store_create(box.s), ERR_NONE);
}

static const struct {
	void (*change)(void);
	int64_t expect;
	bool seen;
} changes[] = {
	{recovered_by_another, 1, true},
	/* It may as well be inside. */
	{killed_and_not_recovered, 1, false},
	{region_removed, 1, true},
	{gate_removed, 1, true},
	{all_removed, 0, true},
};
#define CHANGES ((int)(sizeof(changes) / sizeof(changes[0])))

START_TEST(handles_of_another_environment_are_given_up)
{
	struct outdating o = {.change = changes[_i].change,
		.expect = changes[_i].expect,
		.seen = changes[_i].seen};

	run(live_through, &o);
	ck_assert_int_eq(total(box.s), changes[_i].expect + 1);
	box_assert_sound(&box);
}
END_TEST

static void close_outdated(void *arg)
{
	struct store *s = keeper();

	(void)arg;
	box_call(s, "alice", BOX_NOW);
	killed_inside();
	store_close(s);
	must(box_marker(&box) == 'd');
}

/* What a killed process left is not for one to declare good who only closes. */
START_TEST(closing_does_not_hide_that_recovery_is_due)
{
	run(close_outdated, NULL);
	ck_assert_int_eq(total(box.s), 1);
	box_assert_sound(&box);
}
END_TEST

static void write_much(void *arg)
{
	struct store *s = arg;

	/* More than a log file, so that what old handles still hold would be far from its place. */
	for (int i = 0; i < 600; i++)
		box_call(s, "bob", BOX_NOW + i);
}

static void log_goes_on(void *arg)
{
	struct store *s = keeper();

	(void)arg;
	box_call(s, "alice", BOX_NOW);
	recovered_by_another();
	write_much(box.s);
	must(total(s) == 601);
	box_call(s, "alice", BOX_NOW);
	store_close(s);
	/* The last of what was written is in the log alone. */
	killed_inside();
}

START_TEST(old_handles_leave_the_new_log_alone)
{
	run(log_goes_on, NULL);
	ck_assert_int_eq(total(box.s), 602);
	box_assert_sound(&box);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kept handles");
	TCase *good = tcase_create("in good times"), *killed = tcase_create("others are killed"),
	      *changed = tcase_create("another environment");

	tcase_add_checked_fixture(good, setup, teardown);
	tcase_set_timeout(good, 60);
	tcase_add_test(good, handles_are_opened_once);
	tcase_add_test(good, two_that_keep_and_one_that_does_not_see_each_other);
	tcase_add_test(good, a_database_that_is_made_later_is_found);
	tcase_add_test(good, a_transaction_that_is_undone_leaves_good_handles);
	suite_add_tcase(s, good);
	tcase_add_checked_fixture(killed, setup, teardown);
	tcase_set_timeout(killed, 120);
	tcase_add_test(killed, one_that_is_killed_outside_needs_no_recovery);
	tcase_add_test(killed, one_that_is_stopped_outside_keeps_nobody_waiting);
	tcase_add_test(killed, the_handles_of_many_killed_are_cleared_away_in_time);
	suite_add_tcase(s, killed);
	tcase_add_checked_fixture(changed, setup, teardown);
	tcase_set_timeout(changed, 60);
	tcase_add_loop_test(changed, handles_of_another_environment_are_given_up, 0, CHANGES);
	tcase_add_test(changed, closing_does_not_hide_that_recovery_is_due);
	tcase_add_test(changed, old_handles_leave_the_new_log_alone);
	suite_add_tcase(s, changed);
	return unit_run(s);
}
