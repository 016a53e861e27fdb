#include "totals.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)4096)

/* The file is a line for each of these: name, blank, number. */
struct place {
	const char *name;
	int64_t *value;
};

#define PLACES 15

static void places_of(struct totals *t, struct place out[PLACES])
{
	const struct place all[PLACES] = {
		{"runs_done", &t->runs[EXIT_DONE]},
		{"runs_provider", &t->runs[EXIT_PROVIDER]},
		{"runs_storage", &t->runs[EXIT_STORAGE]},
		{"updated", &t->updated},
		{"completed", &t->completed},
		{"lost", &t->lost},
		{"orphans", &t->orphans},
		{"refreshed", &t->refreshed},
		{"requests_aircall", &t->requests[PROVIDER_AIRCALL]},
		{"requests_dialpad", &t->requests[PROVIDER_DIALPAD]},
		{"failed_aircall", &t->failed[PROVIDER_AIRCALL]},
		{"failed_dialpad", &t->failed[PROVIDER_DIALPAD]},
		{"limited_aircall", &t->limited[PROVIDER_AIRCALL]},
		{"limited_dialpad", &t->limited[PROVIDER_DIALPAD]},
		{"last_success_ms", &t->last_success_ms},
	};
	memcpy(out, all, sizeof(all));
}

static bool path_of(const char *dir, const char *name, char *out, size_t size)
{
	return (size_t)snprintf(out, size, "%s/%s", dir, name) < size;
}

static void read_line(const struct place *places, const char *line, size_t len)
{
	for (int i = 0; i < PLACES; i++) {
		size_t name = strlen(places[i].name);
		if (len > name && line[name] == ' ' && memcmp(line, places[i].name, name) == 0)
			(void)text_int(
				line + name + 1, len - name - 1, 0, INT64_MAX, places[i].value);
	}
}

void totals_read(struct totals *t, const char *data_dir)
{
	char path[4096];
	struct buf b;
	struct place places[PLACES];
	memset(t, 0, sizeof(*t));
	places_of(t, places);
	buf_init(&b, FILE_MAX);
	if (path_of(data_dir, "sync.totals", path, sizeof(path)) && file_read(path, &b) == ERR_NONE)
		for (const char *s = b.s; *s != '\0';) {
			size_t len = strcspn(s, "\n");
			read_line(places, s, len);
			s += len + (s[len] == '\n');
		}
	buf_release(&b);
}

/* What would run over begins anew. */
static void add(int64_t *to, int64_t n)
{
	*to = *to > INT64_MAX - n ? n : *to + n;
}

void totals_add(struct totals *t, const struct sync_summary *s, enum exit_code code, int64_t now_ms)
{
	add(&t->runs[code], 1);
	add(&t->updated, s->updated);
	add(&t->completed, s->completed);
	add(&t->lost, s->lost);
	add(&t->orphans, s->orphans);
	add(&t->refreshed, s->refreshed);
	for (int i = 0; i < PROVIDER__MAX; i++) {
		add(&t->requests[i], s->requests[i]);
		add(&t->failed[i], s->failed[i] ? 1 : 0);
		add(&t->limited[i], s->limited[i] ? 1 : 0);
	}
	if (code == EXIT_DONE)
		t->last_success_ms = now_ms;
}

static bool write_whole(const char *path, const struct buf *b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return false;
	errno = ENOSPC;
	bool ok = write(fd, b->s, b->len) == (ssize_t)b->len;
	return close(fd) == 0 && ok;
}

bool totals_write(const struct totals *t, const char *data_dir)
{
	char path[4096], fresh[4096];
	struct buf b;
	struct place places[PLACES];
	struct totals copy = *t;
	places_of(&copy, places);
	buf_init(&b, FILE_MAX);
	for (int i = 0; i < PLACES; i++)
		buf_addf(&b, "%s %" PRId64 "\n", places[i].name, *places[i].value);
	errno = b.failed ? ENOMEM : ENAMETOOLONG;
	bool ok = !b.failed && path_of(data_dir, "sync.totals", path, sizeof(path)) &&
		  path_of(data_dir, "sync.totals.new", fresh, sizeof(fresh)) &&
		  write_whole(fresh, &b) && rename(fresh, path) == 0;
	buf_release(&b);
	return ok;
}
