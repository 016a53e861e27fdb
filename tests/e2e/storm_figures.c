/* Figures of a storm, for people. */
#include "e2e/storm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[STORM_KIND__MAX] = {[STORM_CREATE] = "calls",
	[STORM_NOTES] = "notes",
	[STORM_HISTORY] = "histories",
	[STORM_CSV] = "CSV",
	[STORM_AIRCALL_EVENT] = "Aircall events",
	[STORM_DIALPAD_EVENT] = "Dialpad events"};

/* How often the storage was recovered: the gate's marker counts it. */
static long recoveries(void)
{
	const char *marker = e2e_read(e2e_text("%s/gate", e2e.data));
	return strlen(marker) > 2 ? strtol(marker + 2, NULL, 10) : -1;
}

static void print_clients(const struct storm *s)
{
	int requests[STORM_KIND__MAX] = {0}, taken[STORM_KIND__MAX] = {0}, answers[600] = {0};
	int calls = 0, notes = 0;
	double slowest = 0;
	for (int i = 0; i < s->form.clients; i++) {
		const struct storm_client *c = &s->clients[i];
		for (int k = 0; k < STORM_KIND__MAX; k++) {
			requests[k] += c->requests[k];
			taken[k] += c->taken[k];
		}
		for (int n = 0; n < 600; n++)
			answers[n] += c->answers[n];
		for (int n = 0; n < c->count; n++) {
			calls += c->calls[n].acknowledged;
			notes += c->calls[n].noted;
		}
		slowest = c->longest > slowest ? c->longest : slowest;
	}
	printf("  requests of %d clients (good of all):", s->form.clients);
	for (int k = 0; k < STORM_KIND__MAX; k++)
		printf(" %s %d of %d%s", kinds[k], taken[k], requests[k],
			k + 1 < STORM_KIND__MAX ? "," : "\n");
	printf("  answers:");
	for (int n = 0; n < 600; n++)
		if (answers[n] > 0)
			printf(" %d:%d", n, answers[n]);
	printf("; slowest request %.2f s\n", slowest);
	printf("  acknowledged: %d calls, %d notes; %zu rows, %zu requests to dial, %zu calls\n",
		calls, notes, s->rows, s->asked, s->calls_seen);
}

static void print_deaths(const struct storm *s)
{
	int sum = 0;
	for (int i = 0; i < storm_point_count(); i++)
		sum += s->deaths[i];
	printf("  killed: at random %d anywhere, %d inside the storage, %d runs of the sync and "
	       "%d backups in all; at named steps %d:",
		s->killed, s->killed_inside, s->syncs_killed, s->backups_killed, sum);
	for (int i = 0; i < storm_point_count(); i++)
		if (s->deaths[i] > 0)
			printf(" %s %d", storm_points[i].name, s->deaths[i]);
	printf("\n");
}

void storm_print(const struct storm *s)
{
	printf("seed %" PRIu64 ", %d rounds of %d s\n", s->seed, s->rounds, s->form.seconds);
	print_clients(s);
	print_deaths(s);
	printf("  %d runs of the sync (%d found storage busy or a provider out); %d backups, %d "
	       "restored; "
	       "all tokens ended %d times, %d users connected again\n",
		s->syncs, s->syncs_busy, s->backups, s->backups_restored, s->refreshes,
		s->reconnected);
	printf("  events of the simulator: %" PRId64 " of %" PRId64 " delivered in %" PRId64
	       " attempts\n",
		s->delivered, s->deliveries, s->attempts);
	printf("  the gate: %" PRId64 " turns, %ld recoveries, longest wait of a request %" PRId64
	       " ms, longest stay %" PRId64 " ms, %" PRId64 " gave up\n",
		s->stays, recoveries(), s->longest_wait_ms, s->longest_stay_ms, s->busy);
}
