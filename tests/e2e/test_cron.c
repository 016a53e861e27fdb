/*
 * The crontab as shipped, under a real cron daemon: it starts dialer-sync with the right settings as
 * the right user, cron has nothing to mail when all is well, and two runs at once do no harm.
 */
#include "e2e/calls.h"

#include <glob.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE_MS 100000 /* a minute, and what a loaded machine takes */
#define CANNOT      77

struct box {
	struct begun begun;
	const char *dir; /* where mail goes to */
};

/* The first line of a file of the kernel's. */
static const char *line_of(const char *path)
{
	char text[256] = "";
	FILE *f = fopen(path, "re");
	if (f != NULL) {
		(void)!fgets(text, sizeof(text), f);
		(void)fclose(f);
	}
	return e2e_text("%s", text);
}

static const char *children(pid_t pid)
{
	return line_of(e2e_text("/proc/%ld/task/%ld/children", (long)pid, (long)pid));
}

/* The daemon itself; 0: it is not there yet. */
static pid_t cron_of(const struct box *b)
{
	long pid = strtol(children(b->begun.pid), NULL, 10);
	bool is_it = strcmp(line_of(e2e_text("/proc/%ld/comm", pid)), "cron\n") == 0;
	return is_it ? (pid_t)pid : 0;
}

/* Starts cron; false, and says so: this machine does not let us. */
static bool box_open(struct box *b, const char *test, const char *times)
{
	b->dir = e2e_text("%s/box-%s", e2e.dir, test);
	ck_assert_int_eq(mkdir(b->dir, 0755), 0);
	const char *const argv[] = {"/bin/bash", "tests/e2e/cron-box", b->dir,
		"cron/dialer.crontab", e2e_text("%s/cron/dialer-sync", e2e.build), e2e.config,
		times, NULL};
	b->begun = e2e_begin(argv, NULL);
	while (e2e_is_running(&b->begun)) {
		if (cron_of(b) != 0)
			return true;
		e2e_sleep_ms(20);
	}
	struct run r = e2e_end(&b->begun);
	ck_assert_msg(r.status == CANNOT, "cron-box: status %d\n%s", r.status, r.err);
	printf("skipped: %s: %s", test, r.err);
	return false;
}

/* Whether cron has nothing running, no mail under way either. */
static bool box_idle(const struct box *b)
{
	pid_t cron = cron_of(b);
	return cron != 0 && children(cron)[0] == '\0';
}

static void box_await(const struct box *b, bool (*done)(void))
{
	int64_t end = e2e_real_ms() + PATIENCE_MS;
	while (!done() || !box_idle(b)) {
		ck_assert_msg(e2e_real_ms() < end, "cron started nothing");
		e2e_sleep_ms(50);
	}
}

/* All that was mailed, or "". */
static const char *box_mail(const struct box *b)
{
	glob_t found;
	const char *all = "";
	if (glob(e2e_text("%s/mail.*", b->dir), 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			all = e2e_text("%s%s", all, e2e_read(found.gl_pathv[i]));
		globfree(&found);
	}
	return all;
}

static void box_close(struct box *b)
{
	kill(b->begun.pid, SIGKILL);
	(void)e2e_end(&b->begun);
}

/* How often the provider was asked for calls, and has answered with this status. */
static int asked(int status)
{
	json_t *requests = json_at(sim_get("/control/requests?path=/v1/calls"), "requests");
	int n = 0;
	for (size_t i = 0; i < json_array_size(requests); i++)
		n += int_at(json_array_get(requests, i), "status") == status;
	return n;
}

static bool was_answered(void)
{
	return asked(200) > 0;
}

static bool was_refused(void)
{
	return asked(503) > 0;
}

/* Everything that a run may have made belongs to whom the programs run as. */
static void expect_owner(const char *name)
{
	const struct passwd *p = getpwnam("www-data");
	struct stat st;
	ck_assert_ptr_nonnull(p);
	const char *path = e2e_text("%s/%s", e2e.data, name);
	ck_assert_msg(stat(path, &st) == 0, "%s", path);
	ck_assert_msg(st.st_uid == p->pw_uid, "%s belongs to %ld", path, (long)st.st_uid);
}

START_TEST(line_as_shipped_makes_the_history_true_without_a_word)
{
	struct box b;
	sim_post("/control/settings", "{\"started_at_delay\":0}");
	sim_script("{\"outcome\":\"answered\",\"answer_after\":0,\"hangup_after\":1}");
	/* Long enough for a second run to find the first one going. */
	sim_post("/control/faults",
		"{\"path\":\"/v1/calls\",\"outcome\":\"pass\",\"sleep_ms\":1500}");
	const char *id = placed("alice", NUMBER);
	/* Two of the same line: cron starts both in the same second. */
	if (!box_open(&b, "silence", "2"))
		return;
	box_await(&b, was_answered);
	struct answer *a = get("alice", e2e_text("/call/%s", id));
	expect_text(a, "call.status", "completed");
	ck_assert_str_eq(box_mail(&b), "");
	ck_assert_int_eq(asked(200), 1);
	expect_owner("sync.lock");
	expect_owner("gate");
	box_close(&b);
}
END_TEST

START_TEST(trouble_is_mailed)
{
	struct box b;
	sim_post("/control/faults",
		"{\"path\":\"/v1/calls\",\"outcome\":\"refuse\",\"status\":503,\"times\":1}");
	placed("alice", NUMBER);
	if (!box_open(&b, "trouble", "1"))
		return;
	box_await(&b, was_refused);
	const char *mail = box_mail(&b);
	ck_assert_msg(strstr(mail, "HTTP 503") != NULL && strstr(mail, "dialer-sync") != NULL,
		"\"%s\"", mail);
	box_close(&b);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("cron");
	TCase *t = tcase_create("cron");
	e2e_case(t, 120);
	tcase_add_test(t, line_as_shipped_makes_the_history_true_without_a_word);
	tcase_add_test(t, trouble_is_mailed);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
