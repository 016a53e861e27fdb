#include "sim.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* Above 2^32, so that a client which keeps ids in 32 bits fails at once. */
static const int64_t aircall_first_call = 4294967301;

/* Above 2^53 and odd, so that a client which keeps ids in a double does. */
static const int64_t dialpad_first_call = 9007199254741001;

void sim_init(struct sim *sim)
{
	memset(sim, 0, sizeof(*sim));
	pthread_mutex_init(&sim->lock, NULL);
	pthread_cond_init(&sim->wake, NULL);
	atomic_init(&sim->stopping, false);
	atomic_init(&sim->connections, 0);
	settings_init(&sim->defaults);
	settings_init(&sim->settings);
	directory_init(&sim->defaults_directory);
	directory_init(&sim->directory);
	people_init(&sim->defaults_people);
	people_init(&sim->people);
	call_store_init(&sim->calls, aircall_first_call);
	call_store_init(&sim->dialpad_calls, dialpad_first_call);
	journal_init(&sim->journal);
	rules_init(&sim->scripts);
	rules_init(&sim->faults);
	webhooks_init(&sim->webhooks);
}

void sim_release(struct sim *sim)
{
	settings_release(&sim->defaults);
	settings_release(&sim->settings);
	directory_release(&sim->defaults_directory);
	directory_release(&sim->directory);
	people_release(&sim->defaults_people);
	people_release(&sim->people);
	call_store_release(&sim->calls);
	call_store_release(&sim->dialpad_calls);
	tokens_release(&sim->tokens);
	limits_release(&sim->limits);
	subscriptions_release(&sim->subscriptions);
	journal_release(&sim->journal);
	rules_release(&sim->scripts);
	rules_release(&sim->faults);
	webhooks_release(&sim->webhooks);
	free(sim->origin);
	pthread_cond_destroy(&sim->wake);
	pthread_mutex_destroy(&sim->lock);
}

void sim_reset(struct sim *sim)
{
	clock_reset(&sim->clock);
	settings_copy(&sim->settings, &sim->defaults);
	directory_copy(&sim->directory, &sim->defaults_directory);
	people_copy(&sim->people, &sim->defaults_people);
	call_store_release(&sim->calls);
	call_store_init(&sim->calls, aircall_first_call);
	call_store_release(&sim->dialpad_calls);
	call_store_init(&sim->dialpad_calls, dialpad_first_call);
	tokens_release(&sim->tokens);
	limits_release(&sim->limits);
	subscriptions_release(&sim->subscriptions);
	rules_release(&sim->scripts);
	rules_init(&sim->scripts);
	rules_release(&sim->faults);
	rules_init(&sim->faults);
	journal_clear(&sim->journal);
	webhooks_clear(&sim->webhooks);
	sim->limiter = (struct limiter){0};
	sim->users_beyond_limit = 0;
	sim->dials = 0;
}

struct call_store *sim_calls(struct sim *sim, enum provider provider)
{
	return provider == PROVIDER_DIALPAD ? &sim->dialpad_calls : &sim->calls;
}

void sim_calls_clear(struct sim *sim)
{
	int64_t aircall_next = sim->calls.next_id;
	int64_t dialpad_next = sim->dialpad_calls.next_id;

	call_store_release(&sim->calls);
	call_store_init(&sim->calls, aircall_next);
	call_store_release(&sim->dialpad_calls);
	call_store_init(&sim->dialpad_calls, dialpad_next);
}

void sim_lock(struct sim *sim)
{
	pthread_mutex_lock(&sim->lock);
}

void sim_unlock(struct sim *sim)
{
	pthread_mutex_unlock(&sim->lock);
}

bool sim_sleep_real(struct sim *sim, int fd, int64_t ms)
{
	int64_t start = clock_real_ms();

	while (!atomic_load(&sim->stopping)) {
		struct pollfd peer = {.fd = fd, .events = POLLRDHUP};
		int64_t left = ms - (clock_real_ms() - start);

		if (left <= 0)
			return true;
		if (poll(&peer, 1, left > 50 ? 50 : (int)left) > 0 && peer.revents)
			return false;
	}
	return false;
}
