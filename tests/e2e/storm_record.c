/* The record (lib/base/record.h): at which named steps programs died, and how long they waited at the
 * gate, by their own clock. */
#include "e2e/storm.h"
#include "e2e/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All waits of one request. */
struct wait {
	char request[40];
	int64_t ms;
};

struct waits {
	struct wait *all;
	size_t count, room;
};

static void add_wait(struct waits *w, const char *request, int64_t ms)
{
	if (w->count == w->room) {
		w->room = w->room * 2 + 1024;
		struct wait *more = realloc(w->all, w->room * sizeof(*more));
		ck_assert_ptr_nonnull(more);
		w->all = more;
	}
	snprintf(w->all[w->count].request, sizeof(w->all[0].request), "%s", request);
	w->all[w->count++].ms = ms;
}

static int by_request(const void *a, const void *b)
{
	return strcmp(((const struct wait *)a)->request, ((const struct wait *)b)->request);
}

/* Of requests all in all; jobs have no request, and each of their turns counts by itself. */
static int64_t longest(struct waits *w)
{
	int64_t most = 0, sum = 0;
	if (w->count == 0)
		return 0;
	qsort(w->all, w->count, sizeof(*w->all), by_request);
	for (size_t i = 0; i < w->count; i++) {
		bool same = i > 0 && strcmp(w->all[i].request, "-") != 0 &&
			    by_request(&w->all[i - 1], &w->all[i]) == 0;
		sum = (same ? sum : 0) + w->all[i].ms;
		most = sum > most ? sum : most;
	}
	return most;
}

static void note_death(struct storm *s, const char *name)
{
	for (int i = 0; i < storm_point_count(); i++)
		if (strcmp(storm_points[i].name, name) == 0) {
			s->deaths[i]++;
			return;
		}
	ck_abort_msg("somebody died at %s", name);
}

#define WORDS_MAX 5

/* Returns how many there are; the line is cut up. */
static int words_of(char *line, const char *words[WORDS_MAX])
{
	int n = 0;
	for (char *word; n < WORDS_MAX && (word = strsep(&line, " ")) != NULL;)
		words[n++] = word;
	return n;
}

static void note_line(struct storm *s, struct waits *w, char *line)
{
	const char *words[WORDS_MAX];
	int n = words_of(line, words);
	if (n == 2 && strcmp(words[0], "death") == 0) {
		note_death(s, words[1]);
	} else if (n == 5 && strcmp(words[0], "stay") == 0) {
		int64_t inside = strtoll(words[4], NULL, 10);
		s->stays++;
		if (inside > s->longest_stay_ms)
			s->longest_stay_ms = inside;
		add_wait(w, words[1], strtoll(words[3], NULL, 10));
	} else if (n == 4 && strcmp(words[0], "busy") == 0) {
		s->busy++;
		add_wait(w, words[1], strtoll(words[3], NULL, 10));
	} else {
		ck_abort_msg("a record of nothing: %s with %d words", words[0], n);
	}
}

/* The limit, or more in the measure in which this machine has more to do than the storm. */
static double most_allowed_ms(const struct storm *s)
{
	double load[1], own = s->form.clients + 4;
	if (getloadavg(load, 1) != 1 || load[0] <= own)
		return STORM_LONGEST_WAIT;
	return STORM_LONGEST_WAIT * load[0] / own;
}

static void check_waits(struct storm *s, int64_t most)
{
	double allowed = most_allowed_ms(s);
	ck_assert_int_gt(s->stays, 0);
	ck_assert_msg((double)most < allowed,
		"a request waited %" PRId64 " ms for storage, %.0f are allowed", most, allowed);
	if (most > s->longest_wait_ms)
		s->longest_wait_ms = most;
}

void storm_read_record(struct storm *s)
{
	const char *path = e2e_text("%s/record", e2e.dir);
	struct waits w = {NULL, 0, 0};
	char *text = read_whole(path, 0, NULL), *rest = text;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		if (*line != '\0')
			note_line(s, &w, line);
	check_waits(s, longest(&w));
	free(w.all);
	free(text);
	ck_assert_int_eq(truncate(path, 0), 0);
}
