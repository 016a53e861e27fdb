/* A simulated working week, and mornings of it: the history becomes true, whatever happens. */
#include "e2e/week.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RUNS_TO_END 3

/* The seed of the environment, else a fixed one; the long form has another each time. */
static uint64_t seed(void)
{
	const char *given = getenv("DIALER_TEST_SEED");
	if (given != NULL)
		return strtoull(given, NULL, 10);
	return e2e_long() ? (uint64_t)e2e_real_ms() : 1;
}

static void settle(struct week *w)
{
	int64_t end =
		w->plan.deeds[w->plan.count - 1].at_s + (w->form->reconcile_hours + 1) * WEEK_HOUR;
	week_until(w, end);
	sim_delete("/control/faults");
	for (int i = 0; i < RUNS_TO_END; i++)
		week_until(w, w->next_sync_s);
	deeds_await_events(w);
	week_read_log(w);
}

void week_live(const struct week_form *f)
{
	struct week w = {.form = f,
		.dice = f->seed + 1,
		.run_ms = 50,
		.next_sync_s = WEEK_MINUTE,
		.begun_ms = e2e_real_ms()};
	printf("seed %" PRIu64 "\n", f->seed);
	plan_make(&w.plan, f);
	deeds_set_up(&w);
	deeds_begin(&w);
	while (w.next_deed < w.plan.count) {
		size_t kept = e2e_kept();
		week_until(&w, w.plan.deeds[w.next_deed].at_s);
		/* A run may have let some of them come meanwhile. */
		if (w.next_deed < w.plan.count && w.plan.deeds[w.next_deed].at_s <= week_now_s(&w))
			deed_do(&w, &w.plan.deeds[w.next_deed++]);
		e2e_release(kept);
	}
	settle(&w);
	week_check(&w);
	expect_exit(dialer("verify"), 0);
	plan_release(&w.plan);
	free(w.times);
}

/* --- the forms --- */

static struct week_form form(void)
{
	struct week_form f = {.seed = seed(),
		.days = 1,
		.day_s = (UNDER_SANITIZERS ? 10 : 25) * WEEK_MINUTE,
		.dialpad = 5,
		.own = 6,
		.shared = 3,
		.gap_s = 120,
		.longest_s = 20 * WEEK_MINUTE,
		.aircall_limit = 120,
		.aircall_budget = 60,
		.noise_s = 10,
		.reconcile_hours = 1,
		.lag_s = 3};
	if (e2e_long()) {
		f.days = UNDER_SANITIZERS ? 1 : 5;
		f.day_s = 9 * WEEK_HOUR;
		f.dialpad = 20;
		f.own = 24;
		f.shared = 6;
		f.gap_s = 400;
		f.longest_s = 3 * WEEK_HOUR;
		f.reconcile_hours = 24;
		f.noise_s = 120;
	}
	return f;
}

/* With a key of the company at Dialpad, and without. */
START_TEST(history_becomes_true_through_outages_and_deaths)
{
	struct week_form f = form();
	f.company_key = _i == 0;
	if (!f.company_key) {
		/* A run waits for the ten reads a minute, which costs real time. */
		f.own += f.dialpad - f.dialpad / 3;
		f.dialpad /= 3;
		f.days = f.days > 1 ? 2 : 1;
		/* Each event is a program of its own. */
		f.events = EVENTS_MIXED;
		f.noise_s = 0;
	}
	f.fault_percent = 5;
	f.hangs = e2e_long();
	f.kill_percent = 10;
	week_live(&f);
}
END_TEST

/* More is to be listed than a run may ask for; again real time. */
START_TEST(history_becomes_true_within_tight_limits)
{
	struct week_form f = form();
	f.days = 1;
	f.day_s = 40 * WEEK_MINUTE;
	f.longest_s = f.day_s / 2;
	f.dialpad = 4;
	f.own = 5;
	f.shared = 2;
	f.company_key = true;
	f.noise_s = 2;
	f.aircall_limit = 20;
	f.aircall_budget = 8;
	f.kill_percent = 10;
	week_live(&f);
}
END_TEST

START_TEST(ended_calls_are_final_within_two_runs)
{
	struct week_form f = form();
	f.company_key = true;
	f.days = 1;
	f.prompt = true;
	f.events = EVENTS_LOST;
	f.skew_s = 2;
	f.lag_s = 0;
	week_live(&f);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("week");
	TCase *t = tcase_create("week");
	e2e_case(t, e2e_long() ? 3600 : 200);
	tcase_add_loop_test(t, history_becomes_true_through_outages_and_deaths, 0, 2);
	tcase_add_test(t, ended_calls_are_final_within_two_runs);
	suite_add_tcase(s, t);

	t = tcase_create("tight");
	e2e_case(t, 3600);
	if (e2e_long())
		tcase_add_test(t, history_becomes_true_within_tight_limits);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	/* Of a click after a death in the middle of a refresh. */
	e2e_log_may_hold = "outside E600[24]: ";
	return e2e_main(suite());
}
