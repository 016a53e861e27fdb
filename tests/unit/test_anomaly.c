/*
 * A system that fails: memory, disk and kernel say no at the first, second, third … call of everything
 * the programs do with the store, once or from then on, by half, or as the last thing the process
 * does. Each time there must be a clean error or a success that is one; nothing may be damaged, what
 * was said to be done must be there, and the same must work when the system is well again.
 *
 * Of each act some calls are tried, others in each run; DIALER_TEST_LONG=1 tries them all, or very many, DIALER_TEST_ANOMALY='place, no room at 3' the one that a message names, and a part of that name
 * those that begin with it.
 */
#include "lib/faults.h"
#include "store/turn.h"
#include "unit/box.h"
#include "unit/scenes.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONG_MAX_CALLS 300 /* of one act with one kind of fault */
#define SHORT_FAULTS   5   /* kinds of them for one act */

static struct box box;
static struct inject *inject;
static struct dice dice;
static int acts, tried, crashed;
static bool kept; /* handles, in the process that meets the faults */

static bool is_long(void)
{
	const char *v = getenv("DIALER_TEST_LONG");

	return v != NULL && strcmp(v, "1") == 0;
}

static void setup(void)
{
	box_make(&box);
	ck_assert_int_eq(store_create(box.s), ERR_NONE);
	dice.state = (uint64_t)time(NULL);
	acts = tried = crashed = 0;
}

static void teardown(void)
{
	box_assert_sound(&box);
	box_remove(&box);
}

/* --- one act with a fault --- */

static off_t log_size(void)
{
	struct stat st;

	return stat(box.log_path, &st) == 0 ? st.st_size : -1;
}

#define KILLED  (-1) /* as planned */
#define CRASHED (-2) /* inside the gate, which said so */

/* How the act ended in a process of its own: an error, ACT_WRONG, or one of these. */
static int act_apart(const struct scene *c, const struct fault *f, long at)
{
	int status;

	inject_plan = fault_at(f, at);
	*inject = (struct inject){.kinds = 0};
	pid_t pid = fork();
	if (pid == -1)
		ck_abort_msg("fork");
	if (pid == 0) {
		struct store *s = box_store(&box, 5, 20);

		alarm(60);
		/* Or in a process that has done something before. */
		s->o.keep = kept;
		if (kept && store_ping(s) != ERR_NONE)
			_exit(99);
		_exit(100 + c->act(s));
	}
	/* Until it has ended check, which allocates, must not be called here: the faults are shared. */
	while (waitpid(pid, &status, 0) != pid)
		;
	inject_off();
	inject_plan.kinds = 0;
	/* Berkeley DB itself does not check all that it gets. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == GATE_STUCK_STATUS &&
		(f->kinds & INJECT_MEMORY) != 0) {
		crashed++;
		return CRASHED;
	}
	if (fault_kills(f) && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return KILLED;
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) >= 100,
		"%s, %s at %ld: the process ended with status %x", c->name, f->name, at, status);
	return WEXITSTATUS(status) - 100;
}

static void judge(
	const struct scene *c, const struct fault *f, long at, int result, off_t log_before)
{
	char problem[300];
	bool done = c->done != NULL && c->done(&box);

	ck_assert_msg(
		result < 0 || result == ERR_NONE || result == ERR_STORAGE || result == ERR_NOMEM,
		"%s, %s at %ld: %s", c->name, f->name, at,
		result == ACT_WRONG ? "wrong, and said to be right" : err_word((enum err)result));
	if (result == ERR_NONE && c->done != NULL)
		ck_assert_msg(
			done, "%s, %s at %ld: acknowledged and not there", c->name, f->name, at);
	if (result == ERR_NOMEM && !c->in_parts)
		ck_assert_msg(!done, "%s, %s at %ld: refused and there", c->name, f->name, at);
	/* The log is a file as well. */
	if (result != ERR_NONE && result != KILLED &&
		!(f->onward && (f->kinds & INJECT_WRITE) != 0))
		ck_assert_msg(log_size() > log_before,
			"%s, %s at %ld: %s without a word in the log", c->name, f->name, at,
			result > 0 ? err_word((enum err)result) : "a crash");
	box_check(&box, problem);
	ck_assert_msg(problem[0] == '\0', "%s, %s at %ld: %s", c->name, f->name, at, problem);
	ck_assert_msg(c->act(box.s) == ERR_NONE, "%s, %s at %ld: not to be repeated", c->name,
		f->name, at);
	if (c->done != NULL)
		ck_assert_msg(c->done(&box), "%s, %s at %ld: repeated and not there", c->name,
			f->name, at);
}

static void try_at(const struct scene *c, const struct fault *f, long at)
{
	c->prepare(&box, ++acts);
	/* Not where there is recovery to be done. */
	kept = acts % 2 == 0 && box_marker(&box) == 'c';
	off_t log_before = log_size();
	int result = act_apart(c, f, at);
	judge(c, f, at, result, log_before);
}

/* How many calls of these kinds the act makes. */
static long calls_of(const struct scene *c, const struct fault *f)
{
	kept = false;
	c->prepare(&box, ++acts);
	ck_assert_int_eq(act_apart(c, f, 0), ERR_NONE);
	return inject->seen;
}

static void try_fault(const struct scene *c, const struct fault *f, long most)
{
	long calls = calls_of(c, f), step = (calls + most - 1) / most;
	long at = step > 1 ? 1 + (long)dice_below(&dice, (uint64_t)step) : 1;

	for (; at <= calls; at += step, tried++)
		try_at(c, f, at);
}

/* Those that `wanted` begins to name, or the one call that it names. */
static void try_named(const char *wanted, const struct scene *c, const struct fault *f)
{
	char name[200];
	size_t len = (size_t)snprintf(name, sizeof(name), "%s, %s at ", c->name, f->name);

	if (strncmp(name, wanted, strlen(wanted)) == 0)
		try_fault(c, f, LONG_MAX_CALLS);
	else if (strncmp(name, wanted, len) == 0)
		try_at(c, f, strtol(wanted + len, NULL, 10));
}

static bool can_happen(const struct fault *f)
{
	return (f->kinds & INJECT_MEMORY) == 0 || inject_has_memory();
}

START_TEST(nothing_is_lost_or_damaged)
{
	const struct scene *c = &scenes[_i];
	const char *wanted = getenv("DIALER_TEST_ANOMALY");

	if (wanted == NULL && is_long())
		wanted = "";
	for (int i = 0; i < fault_count && wanted != NULL; i++)
		if (can_happen(&faults[i]))
			try_named(wanted, c, &faults[i]);
	for (int i = 0; i < SHORT_FAULTS && wanted == NULL; i++) {
		const struct fault *f = &faults[dice_below(&dice, (uint64_t)fault_count)];

		if (can_happen(f))
			try_fault(c, f, 1);
	}
	if (tried > 0)
		printf("%s: %d faults, %d crashes of Berkeley DB\n", c->name, tried, crashed);
}
END_TEST

static int get_without_memory(struct turn *t, void *arg)
{
	(void)arg;
	struct buf out;
	buf_init(&out, 1000);
	inject_on();
	int e = turn_get(t, DB_USERS, "nobody", 6, &out);
	inject_off();
	return e;
}

/* It would free one thing twice. */
START_TEST(berkeley_db_does_not_go_on_without_memory)
{
	static const struct fault none = {"", INJECT_MEMORY, INJECT_FAIL, ENOMEM, true};
	int status;

	if (!can_happen(&none))
		return;
	inject_plan = fault_at(&none, 1);
	*inject = (struct inject){.kinds = 0};
	pid_t pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(100 + (int)turn_run(
				    box_store(&box, 5, 20), TURN_WRITE, get_without_memory, NULL));
	while (waitpid(pid, &status, 0) != pid)
		;
	inject_off();
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == GATE_STUCK_STATUS,
		"it ended with status %x", status);
	ck_assert(box_logged(&box, "E3014"));
}
END_TEST

int main(int argc, char *argv[])
{
	(void)argc;
	inject_into_self(argv);
	inject = inject_find();
	Suite *s = suite_create("anomaly");
	TCase *t = tcase_create("store");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, is_long() ? 600 : 60);
	tcase_add_loop_test(t, nothing_is_lost_or_damaged, 0, scene_count);
	tcase_add_test(t, berkeley_db_does_not_go_on_without_memory);
	suite_add_tcase(s, t);
	return unit_run(s);
}
