/* A backup made in mid-storm: restored elsewhere it is sound, and holds all that was acknowledged before
 * it began. */
#include "e2e/storm.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The program with another data directory. */
static struct run elsewhere(const char *data, const char *command, const char *operand)
{
	const char *const argv[] = {e2e_text("%s/bin/dialer", e2e.build), "--config", e2e.config,
		command, operand, NULL};
	const char *const env[] = {e2e_text("DIALER_DATA_DIR=%s", data), NULL};
	struct run r = e2e_run(argv, env);
	ck_assert_msg(
		r.status == 0, "%s of a backup: status %d: %s%s", command, r.status, r.out, r.err);
	return r;
}

/* --- its calls, by number --- */

struct saved {
	char number[20], id[25], notes[32];
};

static int by_number(const void *a, const void *b)
{
	return strcmp(((const struct saved *)a)->number, ((const struct saved *)b)->number);
}

static void take(struct saved *to, const char *line, size_t len)
{
	json_t *j = json_loadb(line, len, 0, NULL);
	const char *notes = text_at(j, "notes");
	ck_assert_ptr_nonnull(j);
	snprintf(to->number, sizeof(to->number), "%s", text_at(j, "phoneNumber"));
	snprintf(to->id, sizeof(to->id), "%s", text_at(j, "id"));
	snprintf(to->notes, sizeof(to->notes), "%s", notes != NULL ? notes : "");
	json_decref(j);
}

static struct saved *read_saved(const char *lines, size_t *count)
{
	size_t n = 0;
	for (const char *at = lines; (at = strchr(at, '\n')) != NULL; at++)
		n++;
	struct saved *all = calloc(n + 1, sizeof(*all));
	ck_assert_ptr_nonnull(all);
	for (*count = 0; *count < n; lines += strcspn(lines, "\n") + 1)
		take(&all[(*count)++], lines, strcspn(lines, "\n"));
	qsort(all, n, sizeof(*all), by_number);
	return all;
}

/* Returns how many calls had to be in it. */
static int check_client(
	const struct storm_client *c, int64_t before_ms, const struct saved *all, size_t count)
{
	int due = 0;
	for (int i = 0; i < c->count; i++) {
		const struct placing *p = &c->calls[i];
		struct saved key;
		if (!p->acknowledged || p->acknowledged_ms >= before_ms)
			continue;
		due++;
		snprintf(key.number, sizeof(key.number), "%s", p->number);
		const struct saved *saved = bsearch(&key, all, count, sizeof(key), by_number);
		ck_assert_msg(saved != NULL && strcmp(saved->id, p->id) == 0,
			"the call to %s, acknowledged before the backup, is not in it", p->number);
		ck_assert_msg(!p->noted || p->noted_ms >= before_ms ||
				      strcmp(saved->notes, p->notes) == 0,
			"the notes of %s, acknowledged before the backup, are \"%s\" in it",
			p->number, saved->notes);
	}
	return due;
}

static void check_one(struct storm *s, const struct storm_backup *b)
{
	const char *data = e2e_text("%s/restored", e2e.data);
	size_t count;
	int due = 0;
	(void)elsewhere(data, "restore", b->dir);
	(void)elsewhere(data, "verify", NULL);
	struct saved *all = read_saved(elsewhere(data, "export", NULL).out, &count);
	for (int i = 0; i < s->form.clients; i++)
		due += check_client(&s->clients[i], b->begun_ms, all, count);
	ck_assert_msg(count >= (size_t)due, "%zu calls in a backup, %d were due", count, due);
	free(all);
	remove_tree(data);
	s->backups_restored++;
}

/* Also what is left of those that died goes. */
void storm_check_backups(struct storm *s)
{
	for (int i = 0; i < s->kept_count; i++) {
		size_t kept = e2e_kept();
		check_one(s, &s->kept[i]);
		e2e_release(kept);
	}
	s->kept_count = 0;
	for (int i = 1; i <= s->backups; i++)
		remove_tree(e2e_text("%s/backup-%d", e2e.dir, i));
}
