/* The table of settings: every key, its default and how its value is read. Used by config.c alone.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "base/err.h"
#include "config/config.h"
#include <stddef.h>

#define SETTING_VALUE_MAX ((size_t)8192)

struct setting;

/* What would be right, for people. */
struct setting_error {
	char text[160];
};

/* NULL for a key that is not in the table. */
const struct setting *setting_find(const char *key, size_t len);

/* Reads a value into *c; an empty one puts the default back. ERR_INVALID: `why` says what would be
 * right, without the value; ERR_NOMEM. */
enum err setting_apply(const struct setting *s, struct config *c, const char *value, size_t len,
	struct setting_error *why) must_check;

/* Gives every setting its default. *c is all zero before. */
enum err settings_defaults(struct config *c) must_check;
/* What follows from several settings: the trunk prefix and the redirect URI. */
enum err settings_derive(struct config *c) must_check;
/* Wipes and frees all that *c owns and makes it all zero. */
void settings_release(struct config *c);

#endif
