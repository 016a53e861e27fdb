#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool lines_open(struct lines *l, int fd)
{
	*l = (struct lines){.fd = fd, .room = malloc(LINES_LONGEST)};
	return l->room != NULL;
}

void lines_close(struct lines *l)
{
	free(l->room);
	l->room = NULL;
}

/* Reads more behind what is there. */
static bool fill(struct lines *l)
{
	if (l->at > 0) {
		memmove(l->room, l->room + l->at, l->len);
		l->at = 0;
	}
	ssize_t n;
	do {
		n = read(l->fd, l->room + l->len, LINES_LONGEST - l->len);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return false;
	l->ended = n == 0;
	l->len += (size_t)n;
	l->bytes += n;
	return true;
}

enum lines_result lines_next(struct lines *l, const char **line, size_t *len)
{
	size_t seen = 0;
	for (;;) {
		char *begin = l->room + l->at;
		const char *end = memchr(begin + seen, '\n', l->len - seen);
		if (end == NULL && !l->ended) {
			seen = l->len;
			if (l->len == LINES_LONGEST)
				break;
			if (!fill(l))
				return LINES_FAILED;
			continue;
		}
		if (end == NULL && l->len == 0)
			return LINES_END;
		*line = begin;
		*len = end != NULL ? (size_t)(end - begin) : l->len;
		size_t used = *len + (end != NULL ? 1 : 0);
		l->at += used;
		l->len -= used;
		l->number++;
		return LINES_ONE;
	}
	l->number++;
	return LINES_TOO_LONG;
}
