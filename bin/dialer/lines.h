/* Lines of a file or pipe, in memory that does not grow with it. */
#ifndef DIALER_LINES_H
#define DIALER_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_LONGEST ((size_t)1024 * 1024)

struct lines {
	int fd;         /* borrowed */
	int64_t number; /* of the line last read, from 1 */
	int64_t bytes;  /* read so far */
	char *room;     /* owned */
	size_t at, len;
	bool ended;
};

/* False: out of memory. */
bool lines_open(struct lines *l, int fd);
void lines_close(struct lines *l); /* leaves the descriptor open */

enum lines_result { LINES_ONE, LINES_END, LINES_TOO_LONG, LINES_FAILED };
/* The next line without its end, good until the next call; LINES_FAILED: errno. */
enum lines_result lines_next(struct lines *l, const char **line, size_t *len);

#endif
