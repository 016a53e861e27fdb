#include "progress.h"

#include "app.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define EVERY_MS INT64_C(200)

void progress_begin(struct progress *p)
{
	*p = (struct progress){.shown = isatty(STDERR_FILENO) == 1, .begun_ms = clock_mono_ms()};
}

void progress_show(struct progress *p, const char *what, int64_t done, int64_t of)
{
	int64_t now = clock_mono_ms();
	if (!p->shown || now - p->last_ms < EVERY_MS)
		return;
	int64_t ms = now - p->begun_ms;
	p->last_ms = now;
	p->dirty = true;
	(void)fprintf(stderr, "\r\033[K%s %" PRId64, what, done);
	if (of > 0)
		(void)fprintf(stderr, " of %" PRId64, of);
	if (ms >= 1000)
		(void)fprintf(stderr, ", %" PRId64 "/s", done * 1000 / ms);
	(void)fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->dirty)
		(void)fputs("\r\033[K", stderr);
	p->dirty = false;
}

void progress_on(void *arg, const char *what, int64_t done, int64_t of)
{
	progress_show(arg, what, done, of);
}

void progress_complain(void *arg, const char *line)
{
	progress_end(arg);
	complain("%s", line);
}

double progress_seconds(const struct progress *p)
{
	return (double)(clock_mono_ms() - p->begun_ms) / 1000.0;
}
