/*
 * Killed at any moment: everything that there is works at once, for both providers, while programs die
 * at random and at each named step. Nothing acknowledged is missing afterwards, every call is in the
 * history exactly once, nothing was dialled twice, nobody waited longer than the limit, and backups made
 * meanwhile are whole.
 *
 * `make torture` goes on for DIALER_TEST_MINUTES; DIALER_TEST_SEED repeats the dice of a storm, as far as
 * the machine lets it.
 */
#include "e2e/storm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ROUND_S      60 /* of a long storm */
#define MINUTES_LONG 3  /* of check-long */
#define MINUTES_ALL  20 /* after which somebody has died at every step */

static struct storm storm;

/* 0: the short form. */
static int minutes(void)
{
	const char *given = getenv("DIALER_TEST_MINUTES");
	if (given != NULL && strtol(given, NULL, 10) > 0)
		return (int)strtol(given, NULL, 10);
	return e2e_long() ? MINUTES_LONG : 0;
}

static uint64_t seed(void)
{
	const char *given = getenv("DIALER_TEST_SEED");
	return given != NULL && *given != '\0' ? strtoull(given, NULL, 10)
					       : (uint64_t)e2e_real_ms();
}

/* --- a round --- */

static void blow(struct storm *s)
{
	pthread_t killer = 0;
	bool kills = s->form.kills;
	storm_deaths(s, true);
	storm_clients_start(s);
	if (kills)
		ck_assert_int_eq(pthread_create(&killer, NULL, storm_killer, s), 0);
	storm_work(s, s->form.seconds);
	storm_clients_join(s);
	if (kills)
		pthread_join(killer, NULL);
	storm_deaths(s, false);
}

static void one_round(struct storm *s)
{
	size_t kept = e2e_kept();
	blow(s);
	storm_repeat_unclear(s);
	storm_check(s);
	storm_settle(s);
	storm_check_settled(s);
	storm_check_backups(s);
	s->rounds++;
	e2e_release(kept);
}

static struct storm *new_storm(int clients, int seconds, bool kills)
{
	const struct storm_form f = {clients, seconds, kills};
	uint64_t dice = seed();
	printf("seed %" PRIu64 "\n", dice);
	storm_begin(&storm, &f, dice);
	return &storm;
}

/* --- the tests --- */

/* A step that nobody dies at proves nothing. */
START_TEST(every_step_has_its_death)
{
	static const char pattern[] =
		"FAULT_POINT\\(\"(place|notes|refresh|event|turn|checkpoint|recovery|limit|sync|"
		"copy|backup)-[a-z-]+\"";
	const char *const argv[] = {"/bin/grep", "-rhoE", pattern, "lib", "cgi-bin", NULL};
	struct run r = e2e_run(argv, NULL);
	int found = 0;
	for (const char *at = r.out; (at = strchr(at, '"')) != NULL; at = strchr(at, '\n')) {
		size_t len = strcspn(++at, "\"");
		bool known = false;
		for (int i = 0; i < storm_point_count(); i++)
			known = known || (strlen(storm_points[i].name) == len &&
						 memcmp(storm_points[i].name, at, len) == 0);
		ck_assert_msg(known, "no storm kills at %.*s", (int)len, at);
		found++;
	}
	ck_assert_int_eq(found, storm_point_count());
}
END_TEST

START_TEST(load_without_kills_is_served_without_fault)
{
	struct storm *s = new_storm(8, 1, false);
	blow(s);
	storm_check(s);
	storm_check_backups(s);
	storm_print(s);
	for (int i = 0; i < s->form.clients; i++)
		for (int n = 0; n < 600; n++)
			ck_assert_msg(n == 200 || s->clients[i].answers[n] == 0, "%d answers %d",
				s->clients[i].answers[n], n);
	ck_assert_int_gt(s->backups_restored, 0);
	storm_end(s);
}
END_TEST

static void expect_deaths(const struct storm *s)
{
	ck_assert_int_gt(s->killed, 2);
	ck_assert_int_gt(s->killed_inside, 2);
	for (int i = 0; i < storm_point_count() && minutes() >= MINUTES_ALL; i++)
		ck_assert_msg(s->deaths[i] > 0, "nobody died at %s", storm_points[i].name);
}

START_TEST(kills_under_load_lose_nothing)
{
	struct storm *s = new_storm(16, minutes() > 0 ? ROUND_S : 5, true);
	int64_t end = storm_mono_ms() + minutes() * INT64_C(60000);
	do {
		one_round(s);
		if (minutes() > 0)
			storm_print(s);
	} while (storm_mono_ms() < end);
	if (minutes() == 0)
		storm_print(s);
	expect_deaths(s);
	storm_end(s);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("storm");
	TCase *t = tcase_create("load");
	e2e_case(t, 300);
	tcase_add_test(t, every_step_has_its_death);
	tcase_add_test(t, load_without_kills_is_served_without_fault);
	suite_add_tcase(s, t);

	t = tcase_create("storm");
	e2e_case(t, 600 + minutes() * 180);
	tcase_add_test(t, kills_under_load_lose_nothing);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	e2e_log_may_hold = "End of script output before headers: [a-z-]+[.]cgi$|"
			   "AH02651: Error writing request body to script |"
			   "mod_fcgid: (error reading data, FastCGI server closed connection$|"
			   "error reading data from FastCGI server$|"
			   "error writing data to FastCGI server$)|"
			   /* Killed while it made the environment; what is left is made anew. */
			   "outside E3007: Berkeley DB: BDB(1546|0126) |"
			   /* A pair that was lost in the middle of a refresh. */
			   "outside E600[24]: |"
			   /* A machine so busy that the limits' file is not had in 50 ms, or
			    * nobody inside the gate comes to an end. */
			   "outside E(8001|3008|3013): ";
	return e2e_main(suite());
}
