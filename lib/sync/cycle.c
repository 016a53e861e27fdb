#include "sync/cycle.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A cycle that takes longer is of another time: a clock was set, or nobody ran the sync. */
#define CYCLE_MAX_MS INT64_C(86400000)

void cycle_read(struct cycle *c, int fd, int64_t now_ms)
{
	char text[64] = "";
	struct cycle found;
	*c = (struct cycle){now_ms, 0};
	ssize_t n = fd == -1 ? 0 : pread(fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return;
	size_t first = strcspn(text, " "), rest = strcspn(text + first, "\n");
	if (text[first] != ' ' || !text_int(text, first, 1, INT64_MAX, &found.begun_ms) ||
		!text_int(text + first + 1, rest - 1, 1, INT64_MAX, &found.listed_ms))
		return;
	if (found.begun_ms <= now_ms && found.begun_ms > now_ms - CYCLE_MAX_MS)
		*c = found;
}

void cycle_write(const struct cycle *c, int fd)
{
	char text[64];
	int len = snprintf(
		text, sizeof(text), "%" PRId64 " %" PRId64 "\n", c->begun_ms, c->listed_ms);
	if (fd == -1)
		return;
	if (ftruncate(fd, 0) == -1 || pwrite(fd, text, (size_t)len, 0) != len)
		cycle_end(fd);
}

void cycle_end(int fd)
{
	/* If even that fails, the text that stays is that of an older cycle, which does no harm. */
	if (fd != -1 && ftruncate(fd, 0) == -1)
		return;
}
