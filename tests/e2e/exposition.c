#include "e2e/exposition.h"

#include "e2e/harness.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define NAME        "[a-zA-Z_:][a-zA-Z0-9_:]*"
#define LABEL       "[a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\]|\\\\[\"\\\\n])*\""
#define VALUE       "([-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?Inf|NaN)"
#define SAMPLE_LINE "^(" NAME ")(\\{" LABEL "(," LABEL ")*\\})? " VALUE "$"
#define HELP_LINE   "^# HELP (" NAME ") ([^\\\\]|\\\\[\\\\n])*$"
#define TYPE_LINE   "^# TYPE (" NAME ") (counter|gauge|histogram|summary|untyped)$"
#define GROUPS      12
#define SEEN_MAX    512

/* What was read so far. */
struct reading {
	const char *family; /* of the TYPE line that came last */
	const char *helped; /* of the HELP line that came last */
	bool counter;
	const char *families[SEEN_MAX], *samples[SEEN_MAX];
	int family_count, sample_count;
};

/* The first group of the pattern in the line; NULL: it does not match. */
static const char *match(const char *pattern, const char *line)
{
	regex_t r;
	regmatch_t at[GROUPS];
	if (regcomp(&r, pattern, REG_EXTENDED) != 0)
		ck_abort_msg("bad pattern %s", pattern);
	bool matches = regexec(&r, line, GROUPS, at, 0) == 0;
	regfree(&r);
	if (!matches)
		return NULL;
	return e2e_text("%.*s", (int)(at[1].rm_eo - at[1].rm_so), line + at[1].rm_so);
}

static bool is_among(const char *const *seen, int count, const char *s)
{
	for (int i = 0; i < count; i++)
		if (strcmp(seen[i], s) == 0)
			return true;
	return false;
}

static const char *read_type(struct reading *r, const char *line, const char *name)
{
	if (is_among(r->families, r->family_count, name))
		return e2e_text("a family twice: %s", name);
	if (r->helped == NULL || strcmp(r->helped, name) != 0)
		return e2e_text("TYPE without its HELP before it: %s", name);
	if (r->family_count == SEEN_MAX)
		return "too many families";
	r->families[r->family_count++] = r->family = name;
	r->counter = strstr(line, " counter") != NULL;
	size_t len = strlen(name);
	if (r->counter && (len < 6 || strcmp(name + len - 6, "_total") != 0))
		return e2e_text("a counter that is not named so: %s", name);
	return NULL;
}

static const char *read_sample(struct reading *r, const char *line, const char *name)
{
	const char *value = strrchr(line, ' ') + 1;
	const char *what = e2e_text("%.*s", (int)(value - 1 - line), line);
	if (r->family == NULL || strcmp(r->family, name) != 0)
		return e2e_text("a sample outside its family: %s", line);
	if (is_among(r->samples, r->sample_count, what))
		return e2e_text("a sample twice: %s", line);
	if (r->sample_count == SEEN_MAX)
		return "too many samples";
	r->samples[r->sample_count++] = what;
	return r->counter && (*value == '-' || *value == 'N')
		       ? e2e_text("a counter below 0: %s", line)
		       : NULL;
}

static const char *read_line(struct reading *r, const char *line)
{
	const char *name;
	if ((name = match(TYPE_LINE, line)) != NULL)
		return read_type(r, line, name);
	if ((name = match(HELP_LINE, line)) != NULL) {
		r->helped = name;
		return NULL;
	}
	if (strncmp(line, "# HELP", 6) == 0 || strncmp(line, "# TYPE", 6) == 0)
		return e2e_text("bad comment: %s", line);
	if (*line == '#' || *line == '\0')
		return NULL;
	if ((name = match(SAMPLE_LINE, line)) != NULL)
		return read_sample(r, line, name);
	return e2e_text("neither comment nor sample: %s", line);
}

const char *exposition_fault(const char *text)
{
	struct reading r = {.family = NULL};
	size_t len = strlen(text);
	const char *fault = NULL;
	if (len == 0 || text[len - 1] != '\n')
		return "the last line is not ended";
	while (*text != '\0' && fault == NULL) {
		len = strcspn(text, "\n");
		fault = read_line(&r, e2e_text("%.*s", (int)len, text));
		text += len + 1;
	}
	return fault != NULL || r.sample_count > 0 ? fault : "no sample at all";
}

static const char *find(const char *text, const char *sample)
{
	const char *line = strstr(e2e_text("\n%s", text), e2e_text("\n%s ", sample));
	return line != NULL ? line + 1 + strlen(sample) + 1 : NULL;
}

int has_metric(const char *text, const char *sample)
{
	return find(text, sample) != NULL;
}

double metric(const char *text, const char *sample)
{
	const char *value = find(text, sample);
	ck_assert_msg(value != NULL, "there is no %s in\n%s", sample, text);
	return strtod(value, NULL);
}
