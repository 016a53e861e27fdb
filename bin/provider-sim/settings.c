#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum setting_type { SETTING_TEXT, SETTING_FLAG, SETTING_NUMBER };

static const struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;
	int64_t initial; /* of a flag or a number */
	const char *initial_text;
	int64_t least; /* a number below it is refused */
} table[] = {
	{"api_key", SETTING_TEXT, offsetof(struct settings, api_key), 0, "sim-id:sim-token", 0},
	{"link_base", SETTING_TEXT, offsetof(struct settings, link_base), 0, "", 0},
	{"omit_user", SETTING_TEXT, offsetof(struct settings, omit_user), 0, "no", 0},
	{"webhook_target", SETTING_TEXT, offsetof(struct settings, webhook_target), 0, "", 0},
	{"busy_users", SETTING_FLAG, offsetof(struct settings, busy_users), 1, NULL, 0},
	{"headers_on_429", SETTING_FLAG, offsetof(struct settings, headers_on_429), 1, NULL, 0},
	{"list_ringing", SETTING_FLAG, offsetof(struct settings, list_ringing), 1, NULL, 0},
	{"retry_after_on_429", SETTING_FLAG, offsetof(struct settings, retry_after_on_429), 0, NULL,
		0},
	{"shift_started_at", SETTING_FLAG, offsetof(struct settings, shift_started_at), 1, NULL, 0},
	{"v1_users", SETTING_FLAG, offsetof(struct settings, v1_users), 0, NULL, 0},
	{"webhook_duplicates", SETTING_FLAG, offsetof(struct settings, webhook_duplicates), 0, NULL,
		0},
	{"webhook_swap", SETTING_FLAG, offsetof(struct settings, webhook_swap), 0, NULL, 0},
	{"answer_after", SETTING_NUMBER, offsetof(struct settings, answer_after), 3, NULL, -1},
	{"hangup_after", SETTING_NUMBER, offsetof(struct settings, hangup_after), 20, NULL, -1},
	{"horizon_days", SETTING_NUMBER, offsetof(struct settings, horizon_days), 183, NULL, 0},
	{"list_after", SETTING_NUMBER, offsetof(struct settings, list_after), 0, NULL, 0},
	{"rate_block_seconds", SETTING_NUMBER, offsetof(struct settings, rate_block_seconds), 60,
		NULL, 0},
	{"rate_limit", SETTING_NUMBER, offsetof(struct settings, rate_limit), 120, NULL, 0},
	{"rewrite_delay", SETTING_NUMBER, offsetof(struct settings, rewrite_delay), 600, NULL, 0},
	{"started_at_delay", SETTING_NUMBER, offsetof(struct settings, started_at_delay), -1, NULL,
		-1},
	{"webhook_attempts", SETTING_NUMBER, offsetof(struct settings, webhook_attempts), 50, NULL,
		1},
	{"webhook_retry_seconds", SETTING_NUMBER, offsetof(struct settings, webhook_retry_seconds),
		30, NULL, 0},
	{"webhook_timeout_ms", SETTING_NUMBER, offsetof(struct settings, webhook_timeout_ms), 5000,
		NULL, 1},
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
	if (!json_is_string(value))
		return false;
	if (setting->offset != offsetof(struct settings, omit_user))
		return true;
	return strcmp(json_string_value(value), "no") == 0 ||
	       strcmp(json_string_value(value), "null") == 0 ||
	       strcmp(json_string_value(value), "absent") == 0;
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
