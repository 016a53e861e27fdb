/* What there is in a storm: users of both providers, settings, and the steps at which programs die. */
#include "e2e/connection.h"
#include "e2e/dialpad.h"
#include "e2e/storm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define FIRST_PERSON  INT64_C(7100000000000001)
#define TOKEN_SECONDS 160 /* the sync refreshes what ends within 150 */
#define START_TRIES   20

/* Those of the gate are passed by every request, several times. */
const struct storm_point storm_points[] = {
	{"place-before-intent", 1, false},
	{"place-after-intent", 1, false},
	{"place-before-ask", 1, false},
	{"place-after-ask", 1, false},
	{"place-after-outcome", 1, false},
	{"notes-before-write", 1, false},
	{"refresh-before-ask", 8, false},
	{"refresh-after-ask", 8, false},
	{"refresh-after-store", 8, false},
	{"event-before-store", 2, false},
	{"event-amid-take", 2, false},
	{"event-after-store", 2, false},
	{"turn-before-commit", 1, false},
	{"turn-after-commit", 1, false},
	{"checkpoint-before-write", 1, false},
	{"checkpoint-after-write", 1, false},
	{"recovery-before-open", 2, false},
	{"recovery-after-open", 2, false},
	{"limit-locked", 1, false},
	{"limit-before-write", 1, false},
	{"limit-after-write", 1, false},
	{"sync-after-load", 100, true},
	{"sync-before-ask", 30, true},
	{"sync-after-answer", 30, true},
	{"sync-after-match", 100, true},
	{"sync-before-apply", 30, true},
	{"sync-amid-apply", 10, true},
	{"sync-after-apply", 30, true},
	{"sync-before-cycle", 100, true},
	{"sync-before-refresh", 30, true},
	{"sync-before-housekeep", 100, true},
	{"copy-slice", 5, true},
	{"copy-before-logs", 100, true},
	{"copy-before-recovery", 100, true},
	{"backup-before-manifest", 100, true},
};
#define POINTS ((int)(sizeof(storm_points) / sizeof(storm_points[0])))

int storm_point_count(void)
{
	return POINTS;
}

unsigned int storm_roll(uint64_t *dice, unsigned int sides)
{
	*dice = *dice * 6364136223846793005U + 1442695040888963407U;
	return (unsigned int)(*dice >> 33) % sides;
}

int64_t storm_mono_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const char *storm_user(int u)
{
	return e2e_text("client%d", u);
}

bool storm_has_dialpad(int u)
{
	return u % 2 == 0;
}

void storm_advance(int seconds)
{
	sim_post("/control/clock", e2e_text("{\"advance\":%d}", seconds));
	e2e_clock(e2e_now_ms() - e2e_real_ms() + (int64_t)seconds * 1000);
}

/* --- the server, and what its programs are told by the environment --- */

static const char *faults_path(void)
{
	return e2e_text("%s/faults", e2e.dir);
}

void storm_deaths(struct storm *s, bool on)
{
	char text[2048] = "";
	size_t len = 0;
	for (int i = 0; i < POINTS && on && s->form.kills; i++)
		if (!storm_points[i].of_jobs)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s:kill:%d",
				len > 0 ? "," : "", storm_points[i].name, storm_points[i].percent);
	ck_assert_uint_lt(len, sizeof(text));
	e2e_file("faults", text, len);
}

/* Anybody may write to it, as programs run as another user. */
static void make_record(void)
{
	const char *path = e2e_file("record", "", 0);
	ck_assert_int_eq(chmod(path, 0666), 0);
}

/* It logs where the usual one does, so that nothing unexpected is overlooked. */
static void start_server(void)
{
	const char *const env[] = {e2e_text("DIALER_TEST_FAULT=%s", faults_path()),
		e2e_text("DIALER_TEST_RECORD=%s/record", e2e.dir), NULL};
	server_start(&server, "server.log", env);
}

/* --- users --- */

static int64_t person_of(int user)
{
	return FIRST_PERSON + user;
}

static void make_person(int user)
{
	sim_post("/control/users",
		e2e_text("{\"provider\":\"dialpad\",\"id\":%" PRId64 ",\"name\":\"Person %d\","
			 "\"phone\":\"+1415666%04d\",\"devices\":[\"native\"]}",
			person_of(user), user, user));
}

void storm_connect(int user)
{
	sim_post("/control/settings",
		e2e_text("{\"dialpad_consent_user\":\"%" PRId64 "\"}", person_of(user)));
	struct answer *a = flow_request(storm_user(user), NULL);
	const char *url = a->status == 200 ? text_at(a->json, "authorizeUrl") : NULL;
	const char *cookie = a->status == 200 ? header(a, "Set-Cookie") : NULL;
	if (url == NULL || cookie == NULL)
		return;
	a = http(.to = &sim, .url = url + strlen(sim.url));
	const char *back = header(a, "Location");
	ck_assert_msg(a->status == 302 && back != NULL, "%s", answer_text(a));
	(void)http(.url = back + strlen(server.url),
		.headers = {e2e_text("Cookie: %.*s", (int)strcspn(cookie, ";"), cookie)});
}

static bool is_connected(int user)
{
	struct answer *a = http(.path = "/dialpad/status", .token = token(storm_user(user)));
	return a->status == 200 && json_is_true(json_at(a->json, "connected"));
}

/* --- beginning and end --- */

static void set_up(const struct storm_form *f)
{
	dialpad_ready(TOKEN_SECONDS);
	e2e_set("DIALPAD_API_KEY", "sim-company-key");
	e2e_set("DIALER_RECONCILE_HOURS", "1");
	/* Far more calls than an office makes. */
	e2e_set("AIRCALL_REQUESTS_PER_MINUTE", "10000");
	sim_post("/control/settings", "{\"rate_limit\":0,\"busy_users\":false,"
				      "\"answer_after\":2,\"hangup_after\":5,"
				      "\"webhook_lose_every\":3,\"webhook_swap\":true,"
				      "\"webhook_attempts\":1000000,\"webhook_retry_seconds\":1}");
	storm_subscribe();
	for (int u = 0; u < f->clients; u++) {
		if (!storm_has_dialpad(u))
			continue;
		make_person(u);
		for (int tries = 0; !is_connected(u); tries++) {
			ck_assert_int_lt(tries, START_TRIES);
			storm_connect(u);
		}
	}
	sim_delete("/control/requests");
}

void storm_begin(struct storm *s, const struct storm_form *f, uint64_t seed)
{
	memset(s, 0, sizeof(*s));
	s->form = *f;
	s->seed = s->dice = seed;
	for (int i = 0; i < f->clients; i++) {
		s->clients[i].number = i;
		s->clients[i].dice = seed + (uint64_t)i * 7919;
	}
	storm_deaths(s, false);
	make_record();
	start_server();
	set_up(f);
}

void storm_end(struct storm *s)
{
	ck_assert_int_eq(daemon_stop(&server), 0);
	for (int i = 0; i < s->form.clients; i++)
		free(s->clients[i].calls);
}
