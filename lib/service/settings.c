#include "service/settings.h"

#include "base/file.h"
#include <string.h>

#define TEXT_MAX ((size_t)1024 * 1024)

void settings_init(struct settings *s, bool many)
{
	*s = (struct settings){.many = many};
	buf_init_secret(&s->environment, TEXT_MAX);
	buf_init_secret(&s->file, TEXT_MAX);
}

void settings_end(struct settings *s)
{
	config_release(&s->config);
	buf_release(&s->environment);
	buf_release(&s->file);
	s->good = false;
}

/* --- what they were read from --- */

static bool is_same_environment(const struct settings *s, char *const environment[])
{
	const struct buf *kept = &s->environment;
	size_t at = 0;

	for (; *environment; environment++) {
		size_t len;

		if (!config_reads(*environment))
			continue;
		len = strlen(*environment) + 1;
		if (len > kept->len - at || memcmp(kept->s + at, *environment, len) != 0)
			return false;
		at += len;
	}
	return at == kept->len;
}

static void remember_environment(struct settings *s, char *const environment[])
{
	buf_reset(&s->environment);
	for (; *environment; environment++)
		if (config_reads(*environment))
			buf_add(&s->environment, *environment, strlen(*environment) + 1);
}

/* Reads the file, or that there is none. True: it says what it said before. */
static bool is_same_file(struct settings *s, const char *path)
{
	struct buf now;
	bool same;

	buf_init_secret(&now, TEXT_MAX);
	/* Errors, too, are the same or not. */
	buf_addc(&now, (char)('a' + file_read(path, &now)));
	same = !now.failed && !s->file.failed && now.len == s->file.len &&
	       memcmp(now.s, s->file.s, now.len) == 0;
	buf_release(&s->file);
	s->file = now;
	return same;
}

/* --- reading --- */

static void load(struct settings *s, char *const environment[], struct config_error *error)
{
	config_release(&s->config);
	s->good = config_load(&s->config, NULL, environment, error) == ERR_NONE;
}

bool settings_refresh(struct settings *s, char *const environment[], struct config_error *error)
{
	const char *path = config_file(environment);
	bool known;

	if (!s->many) {
		load(s, environment, error);
		return true;
	}
	known = s->good && is_same_environment(s, environment);
	if (known && stamp_holds(&s->stamp, path))
		return false;
	stamp_take(&s->stamp, path);
	/* Written again with the same words, or so lately that the file system cannot tell. */
	if (is_same_file(s, path) && known)
		return false;
	remember_environment(s, environment);
	load(s, environment, error);
	return true;
}
