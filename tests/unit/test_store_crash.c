/*
 * Many processes at the store at once while some are killed, stopped or find the shared memory
 * spoilt. Whatever was acknowledged must be there afterwards, all databases must agree, and nobody
 * may wait for ever. DIALER_TEST_LONG=1 makes it a minute instead of seconds.
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

#define WORKERS      8
#define ROWS_MAX     20000 /* of one worker */
#define WAIT_SECONDS 10
#define WAIT_LIMIT_MS                                                                              \
	((WAIT_SECONDS + 1) * 1000 + 5000) /* the gate, its tick, and the work itself */

static struct box box;

/* What was acknowledged about a row, by the only process that writes to it. */
struct acked {
	struct callid id;
	int64_t external_id; /* 0: none */
	int64_t notes_version;
	enum call_status status;
	bool dropped; /* its process died while changing it: more may be true than was said */
};

/* Shared with the workers. */
static struct board {
	volatile bool stop;
	struct lane {
		volatile int count;  /* rows acknowledged */
		volatile int busy;   /* row being changed, -1: none */
		volatile int errors; /* anything but success */
		volatile int64_t longest_ms;
		volatile int64_t operations;
		enum err error;
		struct acked rows[ROWS_MAX];
	} lanes[WORKERS];
} * board;

static void setup(void)
{
	box_make(&box);
	board = mmap(
		NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(board, MAP_FAILED);
}

static void teardown(void)
{
	munmap(board, sizeof(*board));
	box_remove(&box);
}

static int64_t mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void nap_ms(int64_t ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	while (nanosleep(&t, &t) == -1 && errno == EINTR)
		;
}

/* --- a worker --- */

struct worker {
	int number;
	struct lane *lane;
	struct store *s;
	struct dice dice;
	char user[16];
};

static void note(struct worker *w, enum err e)
{
	w->lane->operations++;
	if (e == ERR_NONE)
		return;
	w->lane->errors++;
	w->lane->error = e;
}

static void place(struct worker *w)
{
	struct lane *l = w->lane;
	struct placing p;
	char key[40];

	placing_init(&p);
	p.user = w->user;
	p.guard = false;
	p.now_ms = BOX_NOW + (int64_t)dice_below(&w->dice, 3600000);
	if (dice_below(&w->dice, 2) == 0) {
		(void)snprintf(key, sizeof(key), "%d-%llx", w->number,
			(unsigned long long)dice_next(&w->dice));
		p.key = key;
	}
	enum err e = placing_try(&p, w->s);
	note(w, e);
	if (e == ERR_NONE && p.intent.result == INTENT_STORED && l->count < ROWS_MAX) {
		l->rows[l->count] = (struct acked){.id = p.id, .status = CALL_QUEUED};
		/* The row first, then that it counts: the killed one leaves the board in order. */
		__atomic_store_n(&l->count, l->count + 1, __ATOMIC_RELEASE);
	}
	placing_release(&p);
}

static void settle_one(struct worker *w, struct acked *a)
{
	struct settlement t = {.id = a->id, .now_ms = BOX_NOW + 5000, .http_status = 200};
	struct call c;

	call_init(&c);
	statement_init(&t.outcome, SAID_BY_PROVIDER, BOX_NOW + 5000);
	t.outcome.has_status = true;
	t.outcome.status = CALL_INITIATED;
	enum err e = store_settle(w->s, &t, &c);
	note(w, e);
	if (e == ERR_NONE)
		a->status = c.status;
	call_release(&c);
}

static void update_one(struct worker *w, struct acked *a)
{
	static const enum call_status said[] = {CALL_RINGING, CALL_IN_PROGRESS, CALL_COMPLETED};
	int64_t external = a->external_id;

	/* Ids of a worker are his own: none is claimed twice. */
	if (external == 0)
		external = (int64_t)(w->number + 1) * 1000000 + (a - w->lane->rows) + 1;
	struct store_update u =
		box_update(&a->id, said[dice_below(&w->dice, 3)], BOX_NOW + 60000, external);
	enum err e = store_apply(w->s, &u, 1, BOX_NOW + 60000);
	note(w, e);
	if (e == ERR_NONE && u.conflict)
		note(w, ERR_CONFLICT);
	if (e == ERR_NONE) {
		a->external_id = external;
		a->status = u.status;
	}
}

static void write_notes(struct worker *w, struct acked *a)
{
	char notes[400];
	struct call c;

	call_init(&c);
	(void)snprintf(notes, sizeof(notes), "%lld %*d", (long long)a->notes_version,
		(int)dice_below(&w->dice, 300), 1);
	enum err e = store_notes_set(w->s, &a->id, w->user, notes, -1, BOX_NOW, &c);
	note(w, e);
	if (e == ERR_NONE)
		a->notes_version = c.notes_version;
	call_release(&c);
}

static void read_page(struct worker *w)
{
	struct history_filter f;
	struct call_list l = {NULL, 0};
	int64_t total = 0;

	history_filter_init(&f);
	f.user = w->user;
	enum err e = store_history_page(w->s, &f, 1, 20, &l, &total);
	note(w, e);
	if (e == ERR_NONE && total < w->lane->count)
		note(w, ERR_NOT_FOUND);
	call_list_release(&l);
}

static void work_once(struct worker *w)
{
	struct lane *l = w->lane;
	int64_t begin = mono_ms();
	uint64_t what = dice_below(&w->dice, 100);
	int i = l->count > 0 ? (int)dice_below(&w->dice, (uint64_t)l->count) : -1;

	if (what < 45 || i < 0) {
		place(w);
	} else if (what < 85) {
		struct acked *a = &l->rows[i];

		l->busy = i;
		if (what < 58)
			settle_one(w, a);
		else if (what < 72)
			update_one(w, a);
		else
			write_notes(w, a);
		l->busy = -1;
	} else if (what < 98) {
		read_page(w);
	} else {
		note(w, store_housekeep(w->s, BOX_NOW));
	}
	int64_t ms = mono_ms() - begin;
	if (ms > l->longest_ms)
		l->longest_ms = ms;
}

#define SPENT 7 /* exit status: it kept handles, and somebody else recovered */

static struct store *open_store(bool keep)
{
	const struct store_options o = {.data_dir = box.dir,
		.log = &box.log,
		.wait_seconds = WAIT_SECONDS,
		.work_seconds = 5,
		.emergency_fd = -1,
		.keep = keep};
	struct store *s = NULL;

	ck_assert_int_eq(store_open(&s, &o), ERR_NONE);
	return s;
}

static pid_t start_worker(int number, uint64_t seed, bool keep)
{
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid != 0)
		return pid;
	struct worker w = {.number = number, .lane = &board->lanes[number], .dice = {seed}};
	(void)snprintf(w.user, sizeof(w.user), "user %d", number);
	w.s = open_store(keep);
	if (w.lane->busy >= 0)
		w.lane->rows[w.lane->busy].dropped = true;
	w.lane->busy = -1;
	while (!board->stop && !store_is_spent(w.s)) {
		work_once(&w);
		/* Many die between two operations. */
		if (keep && dice_below(&w.dice, 4) == 0)
			nap_ms((int64_t)dice_below(&w.dice, 20));
	}
	store_close(w.s);
	_exit(board->stop ? 0 : SPENT);
}

/* --- the storm --- */

/* Who keeps handles between operations. */
enum keepers { NOBODY, EVERYBODY, HALF };

static bool keeps(enum keepers k, int number)
{
	return k == EVERYBODY || (k == HALF && number % 2 == 0);
}

/* Ended by itself, or (killed) by us. */
static bool ended_well(int status, bool killed)
{
	return (WIFEXITED(status) && WEXITSTATUS(status) == SPENT) ||
	       (killed ? WIFSIGNALED(status) : status == 0);
}

static int storm(int64_t ms, bool kills, enum keepers k)
{
	pid_t pids[WORKERS];
	struct dice d = {42};
	int killed = 0, status;
	int64_t end = mono_ms() + ms;

	for (int i = 0; i < WORKERS; i++) {
		board->lanes[i].busy = -1;
		pids[i] = start_worker(i, (uint64_t)i, keeps(k, i));
	}
	while (mono_ms() < end) {
		nap_ms(1 + (int64_t)dice_below(&d, 30));
		int victim = kills ? (int)dice_below(&d, WORKERS) : -1;
		for (int i = 0; i < WORKERS; i++) {
			if (i == victim)
				ck_assert_int_eq(kill(pids[i], SIGKILL), 0);
			if (waitpid(pids[i], &status, i == victim ? 0 : WNOHANG) != pids[i])
				continue;
			ck_assert_msg(ended_well(status, i == victim),
				"a worker ended by itself: %d", status);
			killed += WIFSIGNALED(status);
			pids[i] = start_worker(i, dice_next(&d), keeps(k, i));
		}
	}
	board->stop = true;
	for (int i = 0; i < WORKERS; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(ended_well(status, false));
	}
	return killed;
}

static void assert_acked_is_there(void)
{
	for (int i = 0; i < WORKERS; i++) {
		struct lane *l = &board->lanes[i];

		for (int k = 0; k < l->count; k++) {
			const struct acked *a = &l->rows[k];
			struct call c;

			call_init(&c);
			ck_assert_msg(store_call_get(box.s, &a->id, &c) == ERR_NONE,
				"worker %d: row %d of %d is lost", i, k, l->count);
			ck_assert_int_ge(c.notes_version, a->notes_version);
			ck_assert_int_ge((int)c.status, (int)a->status);
			if (a->external_id != 0)
				ck_assert_int_eq(c.external_id, a->external_id);
			if (!a->dropped && l->busy != k) {
				ck_assert_int_eq(c.notes_version, a->notes_version);
				ck_assert_int_eq(c.status, a->status);
				ck_assert_int_eq(c.external_id, a->external_id);
			}
			call_release(&c);
		}
	}
}

static bool is_acked(const struct callid *id, const struct lane *l)
{
	for (int k = 0; k < l->count; k++)
		if (callid_equal(&l->rows[k].id, id))
			return true;
	return false;
}

/* At most one row for each kill may be there without having been acknowledged. */
static void assert_nothing_else_is_there(int killed)
{
	struct history_filter f;
	struct history_walk walk = {.started = false};
	int extra = 0;

	history_filter_init(&f);
	while (!walk.ended) {
		struct call_list l = {NULL, 0};

		ck_assert_int_eq(store_history_walk(box.s, &f, &walk, 500, &l), ERR_NONE);
		for (size_t i = 0; i < l.count; i++)
			extra += !is_acked(&l.calls[i].id,
				&board->lanes[strtol(l.calls[i].user + 5, NULL, 10)]);
		call_list_release(&l);
	}
	ck_assert_int_le(extra, killed);
}

static void run_storm(bool kills, enum keepers k)
{
	bool longer = getenv("DIALER_TEST_LONG") != NULL;
	int killed = storm(longer ? 60000 : kills && k == NOBODY ? 6000 : 2500, kills, k);
	int64_t operations = 0, longest = 0;
	int rows = 0;

	for (int i = 0; i < WORKERS; i++) {
		struct lane *l = &board->lanes[i];

		ck_assert_msg(
			l->errors == 0, "%d errors, the last: %s", l->errors, err_word(l->error));
		operations += l->operations;
		rows += l->count;
		longest = l->longest_ms > longest ? l->longest_ms : longest;
	}
	(void)printf("%d kills, %lld operations, %d rows, longest %lld ms\n", killed,
		(long long)operations, rows, (long long)longest);
	ck_assert_int_gt(rows, 0);
	ck_assert_int_le(longest, WAIT_LIMIT_MS);
	assert_acked_is_there();
	assert_nothing_else_is_there(killed);
	box_assert_sound(&box);
}

START_TEST(a_storm_without_kills_loses_nothing)
{
	run_storm(false, HALF);
}
END_TEST

START_TEST(a_storm_with_kills_loses_nothing)
{
	run_storm(true, (enum keepers)_i);
}
END_TEST

/* --- spoilt shared memory --- */

static struct callid stored[200];
static int stored_count;

static void store_some(int n)
{
	for (int i = 0; i < n; i++) {
		stored[stored_count] = box_call(box.s, "alice", BOX_NOW + stored_count);
		stored_count++;
	}
}

/* There in a build with sanitizers.  NOLINTNEXTLINE(bugprone-reserved-identifier,cert-*) */
extern void __sanitizer_set_report_fd(void *fd) __attribute__((weak));

/* What this process dies of is no report of a sanitizer, but what happens without one. */
static void die_quietly(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (__sanitizer_set_report_fd != NULL)
		__sanitizer_set_report_fd((void *)(intptr_t)fd);
	(void)signal(SIGSEGV, SIG_DFL);
	(void)signal(SIGBUS, SIG_DFL);
	(void)signal(SIGABRT, SIG_DFL);
	(void)signal(SIGFPE, SIG_DFL);
}

/* One transaction in a process of its own, which may die of what it finds. */
static bool survives(void)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		struct store *s = box_store(&box, 5, 1);
		struct placing p;

		die_quietly();
		placing_init(&p);
		p.user = "other";
		p.guard = false;
		_exit(placing_try(&p, s) == ERR_NONE ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void assert_all_stored(void)
{
	for (int i = 0; i < stored_count; i++) {
		struct call c;

		call_init(&c);
		ck_assert_msg(store_call_get(box.s, &stored[i], &c) == ERR_NONE, "row %d", i);
		call_release(&c);
	}
}

enum spoiling { REMOVED, EMPTIED, HALVED, GARBAGE_BEGINNING, GARBAGE, ZEROS, SPOILING__MAX };

static void spoil(const char *name, enum spoiling how, struct dice *d)
{
	const char *path = box_file(&box, name);
	struct stat st;
	int fd;

	if (how == REMOVED) {
		ck_assert_int_eq(unlink(path), 0);
		return;
	}
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(fstat(fd, &st), 0);
	if (how == EMPTIED || how == HALVED) {
		ck_assert_int_eq(ftruncate(fd, how == EMPTIED ? 0 : st.st_size / 2), 0);
	} else {
		off_t len = how == GARBAGE_BEGINNING ? 4096 : st.st_size;

		for (off_t at = 0; at < len; at += (off_t)sizeof(uint64_t)) {
			uint64_t word = how == ZEROS ? 0 : dice_next(d);

			ck_assert_int_eq(
				pwrite(fd, &word, sizeof(word), at), (ssize_t)sizeof(word));
		}
	}
	close(fd);
}

/* Between two transactions the shared memory is damaged: those who meet it may fail or die, but
 * after a few everything works again and all that was stored is there. */
START_TEST(spoilt_regions_lose_nothing)
{
	static const char *const names[] = {"__db.001", "__db.002", "__db.003"};
	struct dice d = {7};

	ck_assert_int_eq(store_create(box.s), ERR_NONE);
	for (unsigned which = 1; which < 8; which++) {
		/* One of them, or all. */
		if (which != 1 && which != 2 && which != 4 && which != 7)
			continue;
		store_some(5);
		for (unsigned i = 0; i < 3; i++)
			if ((which & 1U << i) != 0)
				spoil(names[i], (enum spoiling)_i, &d);
		int tries = 1;
		while (!survives())
			ck_assert_int_lt(++tries, 5);
		ck_assert(survives());
		assert_all_stored();
	}
	box_assert_sound(&box);
}
END_TEST

/* Killed again and again in the middle of recovery. */
START_TEST(a_recovery_that_is_killed_is_done_again)
{
	struct dice d = {9};
	int killed = 0;

	store_some(100);
	for (int i = 0; i < 40; i++) {
		int status;

		box_write(&box, "gate", "d", 1);
		pid_t pid = fork();
		ck_assert_int_ne(pid, -1);
		if (pid == 0) {
			struct store *s = box_store(&box, 5, 5);

			_exit(store_ping(s) == ERR_NONE ? 0 : 1);
		}
		struct timespec t = {0, (long)dice_below(&d, 15) * 1000000L};
		nanosleep(&t, NULL);
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status) || status == 0);
		killed += WIFSIGNALED(status);
	}
	ck_assert_int_gt(killed, 0);
	assert_all_stored();
	box_assert_sound(&box);
}
END_TEST

/* The same while a new directory is being made. */
START_TEST(a_creation_that_is_killed_is_completed)
{
	struct dice d = {11};

	for (int i = 0; i < 25; i++) {
		int status;
		pid_t pid = fork();

		ck_assert_int_ne(pid, -1);
		if (pid == 0) {
			struct store *s = box_store(&box, 5, 5);

			_exit(store_create(s) == ERR_NONE ? 0 : 1);
		}
		struct timespec t = {0, (long)dice_below(&d, 12) * 1000000L};
		nanosleep(&t, NULL);
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status) || status == 0);
	}
	store_some(3);
	assert_all_stored();
	box_assert_sound(&box);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store under kills");
	TCase *t = tcase_create("storm"), *r = tcase_create("recovery");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, getenv("DIALER_TEST_LONG") != NULL ? 300 : 60);
	tcase_add_test(t, a_storm_without_kills_loses_nothing);
	tcase_add_loop_test(t, a_storm_with_kills_loses_nothing, NOBODY, HALF + 1);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(r, setup, teardown);
	tcase_set_timeout(r, 60);
	tcase_add_loop_test(r, spoilt_regions_lose_nothing, 0, SPOILING__MAX);
	tcase_add_test(r, a_recovery_that_is_killed_is_done_again);
	tcase_add_test(r, a_creation_that_is_killed_is_completed);
	suite_add_tcase(s, r);
	return unit_run(s);
}
