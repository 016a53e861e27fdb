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
	char *api_key;         /* "id:token" */
	char *link_base;       /* origin of links; empty: the simulator's own */
	char *omit_user;       /* "no", "null" or "absent": the user member of calls */
	char *webhook_target;  /* origin to which webhooks go; empty: that of their address */
	char *dialpad_api_key; /* the company's */
	char *dialpad_api_key_scopes;
	char *dialpad_auto_consent; /* "no", "allow" or "cancel" */
	char *dialpad_call_scope;   /* needed to place a call; empty: none */
	char *dialpad_client_id;
	char *dialpad_client_secret;
	char *dialpad_consent_user;    /* id; empty: the first */
	char *dialpad_expires_in_form; /* "number", "text" or "absent" */
	char *dialpad_granted_scopes;  /* empty: those asked for */
	char *dialpad_jwt_type;        /* Content-Type of signed events */
	char *dialpad_post_states;     /* states told of after the end of a call */
	char *dialpad_reads_of;        /* "credential" or "company": who has a limit of its own */
	char *dialpad_redirect_uris;   /* empty: http or https on loopback */
	char *dialpad_rest_form;       /* "text" or "number" */
	char *dialpad_scopes;          /* those that may be asked for */
	char *dialpad_token_body;      /* "both", "form" or "json" */
	char *dialpad_unknown_scope;   /* "error" or "ignore" */
	bool busy_users;
	bool headers_on_429;
	bool list_ringing;
	bool retry_after_on_429;
	bool shift_started_at;
	bool v1_users;
	bool webhook_duplicates;
	bool webhook_swap;
	bool dialpad_live_calls;
	bool dialpad_name_scope;
	bool dialpad_reuse_revokes;
	bool legacy_calls;
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
	int64_t webhook_lose_every;
	int64_t webhook_timeout_ms;
	int64_t dialpad_calls_per_minute;
	int64_t dialpad_code_seconds;
	int64_t dialpad_expires_in;
	int64_t dialpad_hangup_status;
	int64_t dialpad_list_delay;
	int64_t dialpad_page;
	int64_t dialpad_reads_per_minute;
	int64_t dialpad_requests_per_minute;
	int64_t dialpad_requests_per_second;
	int64_t dialpad_ring_after;
	int64_t dialpad_webhooks_per_minute;
	int64_t legacy_status;
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
