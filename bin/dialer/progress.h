/* How far a long command is: one line that is written over, and only where people watch. */
#ifndef DIALER_PROGRESS_H
#define DIALER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool shown; /* standard error is a terminal */
	bool dirty; /* there is a line to be cleared */
	int64_t begun_ms, last_ms;
};

void progress_begin(struct progress *p);
/* "what 1234567 of 2000000, 15432/s"; `of` 0: not known. As often as it likes. */
void progress_show(struct progress *p, const char *what, int64_t done, int64_t of);
void progress_end(struct progress *p);
/* The same as callbacks; `arg` is the struct progress. A line of complaint ends what is shown. */
void progress_on(void *arg, const char *what, int64_t done, int64_t of);
void progress_complain(void *arg, const char *line);
double progress_seconds(const struct progress *p);

#endif
