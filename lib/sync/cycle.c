#include "sync/cycle.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A cycle that takes longer is of another time: a clock was set, or nobody ran the sync. */
#define CYCLE_MAX_MS INT64_C(86400000)
#define FILE_MAX     256

/* "aircall 1790603050000 1790600000000" */
static bool read_line(const char *line, size_t len, enum provider_id *p, struct cycle *c)
{
	char copy[FILE_MAX];
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, line, len);
	copy[len] = '\0';
	char *begun = strchr(copy, ' ');
	char *position = begun != NULL ? strchr(begun + 1, ' ') : NULL;
	if (position == NULL)
		return false;
	*begun++ = '\0';
	*position++ = '\0';
	*p = provider_from_word(copy);
	return *p != PROVIDER_NONE && text_int(begun, strlen(begun), 1, INT64_MAX, &c->begun_ms) &&
	       text_int(position, strlen(position), 1, INT64_MAX, &c->position_ms);
}

static void read_all(int fd, struct cycle all[PROVIDER__MAX])
{
	char text[FILE_MAX];
	memset(all, 0, PROVIDER__MAX * sizeof(*all));
	ssize_t n = fd == -1 ? 0 : pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	for (const char *line = text; *line != '\0';) {
		size_t len = strcspn(line, "\n");
		enum provider_id p;
		struct cycle c;
		if (read_line(line, len, &p, &c))
			all[p] = c;
		line += len + (line[len] == '\n');
	}
}

void cycle_read(struct cycle *c, int fd, enum provider_id p, int64_t now_ms)
{
	struct cycle all[PROVIDER__MAX];
	read_all(fd, all);
	*c = all[p];
	if (c->position_ms == 0 || c->begun_ms > now_ms || c->begun_ms <= now_ms - CYCLE_MAX_MS)
		*c = (struct cycle){now_ms, 0};
}

void cycle_write(const struct cycle *c, int fd, enum provider_id p)
{
	struct cycle all[PROVIDER__MAX];
	char text[FILE_MAX] = "";
	int len = 0;
	if (fd == -1)
		return;
	read_all(fd, all);
	all[p] = *c;
	for (int i = PROVIDER_NONE + 1; i < PROVIDER__MAX; i++)
		if (all[i].position_ms != 0)
			len += snprintf(text + len, sizeof(text) - (size_t)len,
				"%s %" PRId64 " %" PRId64 "\n", provider_word((enum provider_id)i),
				all[i].begun_ms, all[i].position_ms);
	/* If not even that can be written, what stays is of an older cycle, which does no harm. */
	if (ftruncate(fd, 0) == -1 || (len > 0 && pwrite(fd, text, (size_t)len, 0) != len))
		return;
}
