#include "subscriptions.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

static const int64_t ids_after = 4611686018427000;

static void webhook_release(struct webhook *webhook)
{
	free(webhook->url);
	free(webhook->secret);
}

static void subscription_release(struct subscription *subscription)
{
	json_decref(subscription->states);
	free(subscription->target_type);
}

void subscriptions_release(struct subscriptions *all)
{
	for (size_t i = 0; i < all->webhooks; i++)
		webhook_release(&all->webhook[i]);
	for (size_t i = 0; i < all->count; i++)
		subscription_release(&all->subscription[i]);
	free(all->webhook);
	free(all->subscription);
	*all = (struct subscriptions){0};
}

struct webhook *subscriptions_new_webhook(struct subscriptions *all)
{
	all->webhook =
		mem_grow(all->webhook, &all->webhook_cap, all->webhooks + 1, sizeof(*all->webhook));
	all->webhook[all->webhooks] = (struct webhook){.id = ids_after + ++all->made};
	return &all->webhook[all->webhooks++];
}

struct subscription *subscriptions_new(struct subscriptions *all)
{
	all->subscription =
		mem_grow(all->subscription, &all->cap, all->count + 1, sizeof(*all->subscription));
	all->subscription[all->count] =
		(struct subscription){.id = ids_after + ++all->made, .enabled = true};
	return &all->subscription[all->count++];
}

struct webhook *subscriptions_webhook(const struct subscriptions *all, int64_t id)
{
	for (size_t i = 0; i < all->webhooks; i++) {
		if (all->webhook[i].id == id)
			return &all->webhook[i];
	}
	return NULL;
}

struct subscription *subscriptions_find(const struct subscriptions *all, int64_t id)
{
	for (size_t i = 0; i < all->count; i++) {
		if (all->subscription[i].id == id)
			return &all->subscription[i];
	}
	return NULL;
}

void subscriptions_remove(struct subscriptions *all, struct subscription *subscription)
{
	size_t at = (size_t)(subscription - all->subscription);

	subscription_release(subscription);
	all->count--;
	memmove(subscription, subscription + 1, (all->count - at) * sizeof(*subscription));
}

void subscriptions_remove_webhook(struct subscriptions *all, struct webhook *webhook)
{
	size_t at = (size_t)(webhook - all->webhook);

	for (size_t i = all->count; i > 0; i--) {
		if (all->subscription[i - 1].webhook == webhook->id)
			subscriptions_remove(all, &all->subscription[i - 1]);
	}
	webhook_release(webhook);
	all->webhooks--;
	memmove(webhook, webhook + 1, (all->webhooks - at) * sizeof(*webhook));
}

bool subscriptions_state_known(const char *state)
{
	static const char *const states[] = {"admin", "admin_recording", "ai_playbook", "all",
		"barge", "blocked", "call_transcription", "calling", "connected", "csat",
		"dispositions", "eavesdrop", "hangup", "hold", "merged", "missed", "monitor",
		"parked", "pcsat", "postcall", "preanswer", "queued", "recap_action_items",
		"recap_outcome", "recap_purposes", "recap_summary", "recording", "ringing",
		"takeover", "transcription", "voicemail", "voicemail_uploaded"};

	for (size_t i = 0; state && i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(states[i], state) == 0)
			return true;
	}
	return false;
}

bool subscription_wants(const struct subscription *subscription, const char *state, int64_t user)
{
	size_t i;
	json_t *name;

	/* No call here is a call of a group. */
	if (!subscription->enabled || subscription->group_calls_only ||
		(subscription->target && subscription->target != user))
		return false;
	if (json_array_size(subscription->states) == 0)
		return true;
	json_array_foreach(subscription->states, i, name)
	{
		const char *text = json_string_value(name);

		if (strcmp(text, "all") == 0 || strcmp(text, state) == 0)
			return true;
	}
	return false;
}
