/*
 * Switches of the simulated services. bin/provider-sim/README.md says what each does.
 */
#ifndef SIM_SETTINGS_H
#define SIM_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct settings {
	char *api_key;        /* "id:token" */
	char *link_base;      /* origin of links; empty: the simulator's own */
	char *omit_user;      /* "no", "null" or "absent": the user member of calls */
	char *webhook_target; /* origin to which webhooks go; empty: that of their address */
	bool busy_users;
	bool headers_on_429;
	bool list_ringing;
	bool retry_after_on_429;
	bool shift_started_at;
	bool v1_users;
	bool webhook_duplicates;
	bool webhook_swap;
	int64_t answer_after;
	int64_t hangup_after;
	int64_t horizon_days;
	int64_t list_after;
	int64_t rate_block_seconds;
	int64_t rate_limit;
	int64_t rewrite_delay;
	int64_t started_at_delay;
	int64_t webhook_attempts;
	int64_t webhook_retry_seconds;
	int64_t webhook_timeout_ms;
};

void settings_init(struct settings *settings);
void settings_release(struct settings *settings);
void settings_copy(struct settings *to, struct settings *from);

/* All settings as a JSON object. */
json_t *settings_json(struct settings *settings);

/*
 * Takes over the members of a JSON object. On an unknown name or a wrong value nothing is changed
 * and false comes back with the reason in error.
 */
bool settings_apply(struct settings *settings, json_t *changes, char *error, size_t size);

#endif
