#include "config/config.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "config/settings.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FILE_SIZE_MAX ((size_t)256 * 1024)

/* Where a setting was found, for the message. */
struct origin {
	const char *file; /* NULL: the environment */
	int line;
	struct config_error *e;
};

struct span {
	char *p;
	size_t len;
};

__attribute__((format(printf, 3, 4))) static enum err fail(
	const struct origin *o, enum err e, const char *fmt, ...)
{
	int saved = errno; /* for %m */
	char *text = o->e->text;
	size_t size = sizeof(o->e->text);
	size_t used;
	va_list ap;
	int n;

	/* A long path keeps its end, which tells more. */
	if (o->file == NULL)
		n = snprintf(text, size, "environment: ");
	else if (o->line > 0)
		n = snprintf(text, size, "%s:%d: ",
			strlen(o->file) > 256 ? o->file + strlen(o->file) - 256 : o->file, o->line);
	else
		n = snprintf(text, size,
			"%s: ", strlen(o->file) > 256 ? o->file + strlen(o->file) - 256 : o->file);
	used = n > 0 && (size_t)n < size ? (size_t)n : 0;
	va_start(ap, fmt);
	errno = saved;
	(void)vsnprintf(text + used, size - used, fmt, ap);
	va_end(ap);
	return e;
}

static bool begins_with(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && memcmp(s, word, n) == 0;
}

static bool is_word(const char *s, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(s, word, len) == 0;
}

static bool is_ours(const char *key, size_t len)
{
	return begins_with(key, len, "DIALER_") || begins_with(key, len, "AIRCALL_") ||
	       begins_with(key, len, "DIALPAD_");
}

/* Read by others than config_load, and before there is a configuration. */
static bool is_environment_only(const char *key, size_t len)
{
	if (is_word(key, len, "DIALER_CONFIG") || is_word(key, len, "DIALER_BUILD"))
		return true;
#ifdef DIALER_TEST_HOOKS
	if (is_word(key, len, "DIALER_TEST_CLOCK") || is_word(key, len, "DIALER_TEST_FAULT") ||
		is_word(key, len, "DIALER_TEST_RECORD"))
		return true;
#endif
	return false;
}

/* A key as it may stand in a message. */
static int shown(size_t len)
{
	return len < 64 ? (int)len : 64;
}

static enum err take(struct config *c, const struct origin *o, const char *key, size_t key_len,
	const char *value, size_t len)
{
	const struct setting *s = setting_find(key, key_len);
	struct setting_error why;
	enum err e;

	if (s == NULL)
		return fail(o, ERR_INVALID, "%.*s: unknown setting", shown(key_len), key);
	e = setting_apply(s, c, value, len, &why);
	if (e != ERR_NONE)
		return fail(o, e, "%.*s: %s", shown(key_len), key,
			e == ERR_NOMEM ? "out of memory" : why.text);
	return ERR_NONE;
}

/*
 * The file.
 */
static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void skip_blanks(struct span *s)
{
	while (s->len > 0 && is_blank(*s->p)) {
		s->p++;
		s->len--;
	}
}

static bool is_key_char(char c, bool first)
{
	return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (!first && c >= '0' && c <= '9');
}

/* Takes the key and the blanks behind it off the line; the length 0 means: there is none. */
static struct span take_key(struct span *line)
{
	struct span key = {line->p, 0};

	while (key.len < line->len && is_key_char(key.p[key.len], key.len == 0))
		key.len++;
	line->p += key.len;
	line->len -= key.len;
	skip_blanks(line);
	return key;
}

static bool is_comment_or_end(struct span rest)
{
	bool apart = rest.len > 0 && is_blank(*rest.p);

	skip_blanks(&rest);
	return rest.len == 0 || (apart && *rest.p == '#');
}

/* Finds the value's closing quote, undoing escapes in place. NULL: what is wrong. */
static const char *unquote(struct span *value)
{
	char quote = *value->p;
	const char *from = value->p + 1;
	const char *end = value->p + value->len;
	char *to = value->p;

	for (; from < end && *from != quote; from++) {
		if (quote == '"' && *from == '\\') {
			if (++from == end || memchr("\"\\n", *from, 3) == NULL)
				return "only \\\", \\\\ and \\n are understood in double quotes";
			*to++ = *from == 'n' ? '\n' : *from;
		} else {
			*to++ = *from;
		}
	}
	if (from == end)
		return "the closing quote is missing";
	if (!is_comment_or_end((struct span){(char *)from + 1, (size_t)(end - from - 1)}))
		return "text follows the closing quote";
	value->len = (size_t)(to - value->p);
	return NULL;
}

/* There is a byte before the value always: the `=` or a blank. */
static void cut_comment(struct span *value)
{
	for (size_t i = 0; i < value->len; i++)
		if (value->p[i] == '#' && is_blank(*(value->p + i - 1)))
			value->len = i;
	while (value->len > 0 && is_blank(value->p[value->len - 1]))
		value->len--;
}

static enum err read_line(struct config *c, const struct origin *o, struct span line)
{
	const char *wrong = NULL;
	struct span key;

	if (memchr(line.p, '\0', line.len) != NULL || !text_is_utf8(line.p, line.len))
		return fail(o, ERR_INVALID, "the line is not UTF-8 text");
	skip_blanks(&line);
	if (line.len == 0 || *line.p == '#')
		return ERR_NONE;
	key = take_key(&line);
	if (is_word(key.p, key.len, "export") && line.len > 0 && *line.p != '=')
		key = take_key(&line);
	if (key.len == 0 || line.len == 0 || *line.p != '=') {
		/* Anything but a name of ours may be part of a secret. */
		if (is_ours(key.p, key.len))
			return fail(
				o, ERR_INVALID, "%.*s: expected KEY=value", shown(key.len), key.p);
		return fail(o, ERR_INVALID, "expected KEY=value");
	}
	if (!is_ours(key.p, key.len))
		return ERR_NONE;
	if (is_word(key.p, key.len, "DIALER_CONFIG"))
		return fail(o, ERR_INVALID, "DIALER_CONFIG: can be set in the environment only");
	line.p++;
	line.len--;
	skip_blanks(&line);
	if (line.len > 0 && (*line.p == '"' || *line.p == '\''))
		wrong = unquote(&line);
	else
		cut_comment(&line);
	if (wrong != NULL)
		return fail(o, ERR_INVALID, "%.*s: %s", shown(key.len), key.p, wrong);
	return take(c, o, key.p, key.len, line.p, line.len);
}

static enum err read_lines(struct config *c, struct origin *o, char *text, size_t len)
{
	char *end = text + len;
	enum err e = ERR_NONE;

	if (begins_with(text, len, "\xef\xbb\xbf")) /* some editors put this first */
		text += 3;
	for (o->line = 1; text < end && e == ERR_NONE; o->line++) {
		char *newline = memchr(text, '\n', (size_t)(end - text));
		char *stop = newline != NULL ? newline : end;
		struct span line = {text, (size_t)(stop - text)};

		if (line.len > 0 && stop[-1] == '\r')
			line.len--;
		e = read_line(c, o, line);
		text = newline != NULL ? newline + 1 : end;
	}
	return e;
}

static enum err read_file(
	struct config *c, const char *path, bool required, struct config_error *error)
{
	struct origin o = {path, 0, error};
	struct buf text;
	enum err e;

	buf_init_secret(&text, FILE_SIZE_MAX);
	e = file_read(path, &text);
	if (e == ERR_NONE)
		e = read_lines(c, &o, text.s, text.len);
	else if (e == ERR_NOT_FOUND)
		e = required ? fail(&o, e, "there is no such file") : ERR_NONE;
	else if (e == ERR_TOO_LARGE)
		e = fail(&o, ERR_INVALID, "larger than %zu KiB", FILE_SIZE_MAX / 1024);
	else if (e == ERR_NOMEM)
		e = fail(&o, e, "out of memory");
	else
		e = fail(&o, e, "cannot be read: %m");
	buf_release(&text);
	return e;
}

/*
 * The environment.
 */
static enum err read_environment(
	struct config *c, char *const environment[], struct config_error *error)
{
	const struct origin o = {NULL, 0, error};
	enum err e = ERR_NONE;

	for (; environment != NULL && *environment != NULL && e == ERR_NONE; environment++) {
		const char *entry = *environment;
		size_t key_len = strcspn(entry, "=");
		const char *value = entry + key_len + (entry[key_len] == '=');

		if (!is_ours(entry, key_len) || is_environment_only(entry, key_len))
			continue;
		/* The key is named in the message and comes from anywhere. */
		for (size_t i = 0; i < key_len; i++)
			if (!is_key_char(entry[i], i == 0))
				return fail(&o, ERR_INVALID, "a malformed key");
		e = take(c, &o, entry, key_len, value, strlen(value));
	}
	return e;
}

static const char *config_path_of(char *const environment[])
{
	static const char key[] = "DIALER_CONFIG=";
	const char *path = NULL;

	for (; environment != NULL && *environment != NULL; environment++)
		if (strncmp(*environment, key, sizeof(key) - 1) == 0)
			path = *environment + sizeof(key) - 1;
	return path != NULL && *path != '\0' ? path : NULL;
}

bool config_reads(const char *entry)
{
	return is_ours(entry, strcspn(entry, "="));
}

const char *config_file(char *const environment[])
{
	const char *path = config_path_of(environment);

	return path != NULL ? path : CONFIG_DEFAULT_FILE;
}

enum err config_load(
	struct config *c, const char *path, char *const environment[], struct config_error *error)
{
	bool required = true;
	enum err e;

	memset(c, 0, sizeof(*c));
	error->text[0] = '\0';
	if (path == NULL)
		path = config_path_of(environment);
	if (path == NULL) {
		path = CONFIG_DEFAULT_FILE;
		required = false;
	}
	e = settings_defaults(c);
	if (e == ERR_NONE)
		e = read_file(c, path, required, error);
	if (e == ERR_NONE)
		e = read_environment(c, environment, error);
	if (e == ERR_NONE)
		e = settings_derive(c);
	if (e == ERR_NONE)
		return ERR_NONE;
	if (error->text[0] == '\0')
		(void)snprintf(error->text, sizeof(error->text), "configuration: %s", err_word(e));
	settings_release(c);
	return e;
}

void config_release(struct config *c)
{
	settings_release(c);
}

bool config_is_admin(const struct config *c, const char *user)
{
	size_t len = strlen(user);
	const char *p = c->admins;

	if (len == 0 || p == NULL)
		return false;
	while (*p != '\0') {
		size_t n = strcspn(p, ",");

		if (n == len && memcmp(p, user, n) == 0)
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}

bool config_has_aircall(const struct config *c)
{
	return c->aircall_api_id != NULL && c->aircall_api_id[0] != '\0';
}

static const char *const provider_words[PROVIDER__MAX] = {[PROVIDER_NONE] = "",
	[PROVIDER_DIALPAD] = "dialpad",
	[PROVIDER_AIRCALL] = "aircall",
	[PROVIDER_CTI] = "cti",
	[PROVIDER_TEL] = "tel"};

static const char *const provider_titles[PROVIDER__MAX] = {[PROVIDER_NONE] = "",
	[PROVIDER_DIALPAD] = "Dialpad",
	[PROVIDER_AIRCALL] = "Aircall",
	[PROVIDER_CTI] = "Dialpad CTI",
	[PROVIDER_TEL] = "phone"};

const char *provider_word(enum provider_id p)
{
	return (unsigned int)p < PROVIDER__MAX ? provider_words[p] : "";
}

const char *provider_title(enum provider_id p)
{
	return (unsigned int)p < PROVIDER__MAX ? provider_titles[p] : "";
}

enum provider_id provider_owning(enum provider_id p)
{
	return p == PROVIDER_CTI ? PROVIDER_DIALPAD : p;
}

enum provider_id provider_from_word(const char *word)
{
	for (int p = PROVIDER_NONE + 1; p < PROVIDER__MAX; p++)
		if (strcmp(word, provider_words[p]) == 0)
			return (enum provider_id)p;
	return PROVIDER_NONE;
}
