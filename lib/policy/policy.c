#include "policy/policy.h"

#include "base/file.h"
#include "phone/phone.h"
#include "schedule/schedule.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LIST_MAX ((size_t)256 * 1024)

/* --- the file --- */

/* One line; its text ends at `end`. False: it is no prefix. */
static bool add_line(struct buf *listed, const char *line, const char *end)
{
	char prefix[POLICY_PREFIX_SIZE];
	const char *comment = memchr(line, '#', (size_t)(end - line));
	if (comment != NULL)
		end = comment;
	while (line < end && strchr(" \t\r", *line) != NULL)
		line++;
	while (end > line && strchr(" \t\r", end[-1]) != NULL)
		end--;
	if (line == end)
		return true;
	if ((size_t)(end - line) >= sizeof(prefix))
		return false;
	snprintf(prefix, sizeof(prefix), "%.*s", (int)(end - line), line);
	if (strchr(prefix, ',') != NULL || !phone_prefixes_valid(prefix))
		return false;
	buf_addf(listed, "%s%s", listed->len > 0 ? "," : "", prefix);
	return true;
}

static enum err add_lines(struct policy *p, const struct buf *text, struct buf *why)
{
	int number = 1;
	const char *at = text->s, *stop = text->s + text->len;
	if (memchr(text->s, '\0', text->len) != NULL) {
		buf_addf(why, "%s: is no text", p->config->blocked_prefixes_file);
		return ERR_INVALID;
	}
	for (const char *end; at < stop; at = end + 1, number++) {
		end = memchr(at, '\n', (size_t)(stop - at));
		if (end == NULL)
			end = stop;
		if (!add_line(&p->listed, at, end)) {
			buf_addf(why, "%s:%d: must be a prefix such as +1900, or a # comment",
				p->config->blocked_prefixes_file, number);
			return ERR_INVALID;
		}
	}
	return p->listed.failed ? ERR_NOMEM : ERR_NONE;
}

enum err policy_load(struct policy *p, const struct config *c, struct buf *why)
{
	struct buf text;
	p->config = c;
	buf_init(&p->listed, 2 * LIST_MAX);
	if (c->blocked_prefixes_file[0] == '\0')
		return ERR_NONE;
	buf_init(&text, LIST_MAX);
	enum err e = file_read(c->blocked_prefixes_file, &text);
	if (e == ERR_NONE) {
		e = add_lines(p, &text, why);
	} else if (e == ERR_NOT_FOUND &&
		   strcmp(c->blocked_prefixes_file, CONFIG_BLOCKED_PREFIXES_FILE) == 0) {
		e = ERR_NONE;
	} else if (e != ERR_NOMEM) {
		buf_addf(why, "%s: %s", c->blocked_prefixes_file,
			e == ERR_TOO_LARGE ? "is too large" : strerror(errno));
		e = ERR_INVALID;
	}
	buf_release(&text);
	return e;
}

void policy_release(struct policy *p)
{
	buf_release(&p->listed);
}

/* --- the verdict --- */

/* A zone that has gone since the settings were read counts as quiet: nobody knows better. */
static bool is_quiet(const struct config *c, int64_t now_ms)
{
	struct schedule s;
	int weekday, minute;
	if (c->quiet_hours[0] == '\0')
		return false;
	return !schedule_parse(c->quiet_hours, &s) ||
	       !schedule_local(c->quiet_hours_zone, now_ms, &weekday, &minute) ||
	       schedule_holds(&s, weekday, minute);
}

enum policy_verdict policy_check(
	const struct policy *p, const char *phone, int64_t now_ms, char prefix[POLICY_PREFIX_SIZE])
{
	const struct config *c = p->config;
	char found[POLICY_PREFIX_SIZE] = "";
	enum policy_verdict v = POLICY_ALLOWED;
	if (phone_find_prefix(phone, c->blocked_prefixes, found, sizeof(found)))
		v = POLICY_BLOCKED;
	else if (p->listed.len > 0 && phone_find_prefix(phone, p->listed.s, found, sizeof(found)))
		v = POLICY_BLOCKED_FILE;
	else if (c->allowed_prefixes[0] != '\0' && !phone_has_prefix(phone, c->allowed_prefixes))
		v = POLICY_NOT_LISTED;
	else if (is_quiet(c, now_ms))
		v = POLICY_QUIET;
	if (prefix != NULL)
		memcpy(prefix, found, sizeof(found));
	return v;
}

const char *policy_reason(enum policy_verdict v)
{
	switch (v) {
	case POLICY_ALLOWED:
		return NULL;
	case POLICY_QUIET:
		return "quiet_hours";
	case POLICY_UNREADABLE:
		return "policy_unreadable";
	default:
		return "number_not_allowed";
	}
}
