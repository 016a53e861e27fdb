#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "tokens.h"

enum setting_type { SETTING_TEXT, SETTING_FLAG, SETTING_NUMBER };

static const struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;
	int64_t initial; /* of a flag or a number */
	const char *initial_text;
	int64_t least;     /* a number below it is refused */
	const char *words; /* the only texts taken, space-separated; NULL: any */
} table[] = {
#define TEXT(member, text)                                                                         \
	{                                                                                          \
#member, SETTING_TEXT, offsetof(struct settings, member), 0, text, 0, NULL         \
	}
#define WORD(member, text, words)                                                                  \
	{                                                                                          \
#member, SETTING_TEXT, offsetof(struct settings, member), 0, text, 0, words        \
	}
#define FLAG(member, initial)                                                                      \
	{                                                                                          \
#member, SETTING_FLAG, offsetof(struct settings, member), initial, NULL, 0, NULL   \
	}
#define NUMBER(member, initial, least)                                                             \
	{                                                                                          \
#member, SETTING_NUMBER, offsetof(struct settings, member), initial, NULL, least,  \
			NULL                                                                       \
	}
	TEXT(api_key, "sim-id:sim-token"),
	TEXT(link_base, ""),
	WORD(omit_user, "no", "no null absent"),
	TEXT(webhook_target, ""),
	FLAG(busy_users, 1),
	FLAG(headers_on_429, 1),
	FLAG(list_ringing, 1),
	FLAG(retry_after_on_429, 0),
	FLAG(shift_started_at, 1),
	FLAG(v1_users, 0),
	FLAG(webhook_duplicates, 0),
	FLAG(webhook_swap, 0),
	NUMBER(answer_after, 3, -1),
	NUMBER(hangup_after, 20, -1),
	NUMBER(horizon_days, 183, 0),
	NUMBER(list_after, 0, 0),
	NUMBER(rate_block_seconds, 60, 0),
	NUMBER(rate_limit, 120, 0),
	NUMBER(rewrite_delay, 600, 0),
	NUMBER(started_at_delay, -1, -1),
	NUMBER(webhook_attempts, 50, 1),
	NUMBER(webhook_lose_every, 0, 0),
	NUMBER(webhook_retry_seconds, 30, 0),
	NUMBER(webhook_timeout_ms, 5000, 1),
	TEXT(dialpad_api_key, "sim-company-key"),
	TEXT(dialpad_api_key_scopes, "calls:list"),
	WORD(dialpad_auto_consent, "no", "no allow cancel"),
	TEXT(dialpad_call_scope, ""),
	TEXT(dialpad_client_id, "sim-client"),
	TEXT(dialpad_client_secret, "sim-secret"),
	TEXT(dialpad_consent_user, ""),
	WORD(dialpad_expires_in_form, "number", "number text absent"),
	TEXT(dialpad_granted_scopes, ""),
	TEXT(dialpad_jwt_type, "application/jwt"),
	TEXT(dialpad_post_states, ""),
	WORD(dialpad_reads_of, "credential", "credential company"),
	TEXT(dialpad_redirect_uris, ""),
	WORD(dialpad_rest_form, "text", "text number"),
	TEXT(dialpad_scopes,
		"offline_access calls:list recordings_export screen_pop message_content_export "
		"message_content_export:all change_log conference:read conference:all fax_message "
		"ai_recap digital_sessions agent_groups:read"),
	WORD(dialpad_token_body, "both", "both form json"),
	WORD(dialpad_unknown_scope, "error", "error ignore"),
	FLAG(dialpad_live_calls, 1),
	FLAG(dialpad_name_scope, 0),
	FLAG(dialpad_reuse_revokes, 0),
	NUMBER(dialpad_calls_per_minute, 5, 0),
	NUMBER(dialpad_code_seconds, 600, 0),
	NUMBER(dialpad_expires_in, 3600, 0),
	NUMBER(dialpad_hangup_status, 200, 200),
	NUMBER(dialpad_list_delay, 0, 0),
	NUMBER(dialpad_page, 25, 1),
	NUMBER(dialpad_reads_per_minute, 10, 0),
	NUMBER(dialpad_requests_per_minute, 1200, 0),
	NUMBER(dialpad_requests_per_second, 20, 0),
	NUMBER(dialpad_ring_after, 1, -1),
	NUMBER(dialpad_webhooks_per_minute, 100, 0),
	FLAG(legacy_calls, 0),
	NUMBER(legacy_status, 201, 200),
#undef TEXT
#undef WORD
#undef FLAG
#undef NUMBER
};

static const size_t table_len = sizeof(table) / sizeof(table[0]);

static char **text_at(struct settings *settings, const struct setting *setting)
{
	return (char **)(void *)((char *)settings + setting->offset);
}

static bool *flag_at(struct settings *settings, const struct setting *setting)
{
	return (bool *)(void *)((char *)settings + setting->offset);
}

static int64_t *number_at(struct settings *settings, const struct setting *setting)
{
	return (int64_t *)(void *)((char *)settings + setting->offset);
}

void settings_init(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	for (size_t i = 0; i < table_len; i++) {
		if (table[i].type == SETTING_TEXT)
			*text_at(settings, &table[i]) = mem_text(table[i].initial_text);
		else if (table[i].type == SETTING_FLAG)
			*flag_at(settings, &table[i]) = table[i].initial != 0;
		else
			*number_at(settings, &table[i]) = table[i].initial;
	}
}

void settings_release(struct settings *settings)
{
	for (size_t i = 0; i < table_len; i++) {
		if (table[i].type == SETTING_TEXT)
			free(*text_at(settings, &table[i]));
	}
	memset(settings, 0, sizeof(*settings));
}

void settings_copy(struct settings *to, struct settings *from)
{
	settings_release(to);
	*to = *from;
	for (size_t i = 0; i < table_len; i++) {
		if (table[i].type == SETTING_TEXT)
			*text_at(to, &table[i]) = mem_text(*text_at(from, &table[i]));
	}
}

json_t *settings_json(struct settings *settings)
{
	json_t *all = json_object();

	for (size_t i = 0; i < table_len; i++) {
		json_t *value;

		if (table[i].type == SETTING_TEXT)
			value = json_string(*text_at(settings, &table[i]));
		else if (table[i].type == SETTING_FLAG)
			value = json_boolean(*flag_at(settings, &table[i]));
		else
			value = json_integer(*number_at(settings, &table[i]));
		json_object_set_new(all, table[i].name, value);
	}
	return all;
}

static const struct setting *find(const char *name)
{
	for (size_t i = 0; i < table_len; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

static bool fits(const struct setting *setting, const json_t *value)
{
	if (setting->type == SETTING_FLAG)
		return json_is_boolean(value);
	if (setting->type == SETTING_NUMBER)
		return json_is_integer(value) && json_integer_value(value) >= setting->least;
	return json_is_string(value) &&
	       (!setting->words || tokens_scope_has(setting->words, json_string_value(value)));
}

bool settings_apply(struct settings *settings, json_t *changes, char *error, size_t size)
{
	const char *name;
	json_t *value;

	json_object_foreach(changes, name, value)
	{
		const struct setting *setting = find(name);

		if (!setting || !fits(setting, value)) {
			snprintf(error, size, "%s setting: %s",
				setting ? "wrong value for" : "unknown", name);
			return false;
		}
	}
	json_object_foreach(changes, name, value)
	{
		const struct setting *setting = find(name);

		if (!setting)
			continue;
		if (setting->type == SETTING_FLAG) {
			*flag_at(settings, setting) = json_is_true(value);
		} else if (setting->type == SETTING_NUMBER) {
			*number_at(settings, setting) = json_integer_value(value);
		} else {
			free(*text_at(settings, setting));
			*text_at(settings, setting) = mem_text(json_string_value(value));
		}
	}
	return true;
}
