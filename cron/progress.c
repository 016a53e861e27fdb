#include "progress.h"

#include "base/buf.h"
#include "base/clock.h"

#include <sys/ioctl.h>
#include <unistd.h>

#define EVERY_MS INT64_C(100)
#define NAME     "dialer-sync "
#define TAIL     7 /* columns of "] 100% " */
/* Shorter than any line of the log, which begins where the bar does and covers it. */
#define COLUMNS_MAX 60
#define COLUMNS_MIN 30 /* in less there is no room for a bar */
#define COLUMNS     80 /* where the terminal does not tell */

void progress_begin(struct progress *p, bool wanted)
{
	*p = (struct progress){.wanted = wanted && isatty(STDERR_FILENO) == 1};
}

static int columns(void)
{
	struct winsize size = {.ws_col = 0};
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
		return COLUMNS;
	return size.ws_col;
}

/* One column is left free: in the last one the cursor of some terminals goes on to the next line. */
static void add_bar(struct buf *b, int64_t percent, int width)
{
	int room = (width < COLUMNS_MAX ? width : COLUMNS_MAX) - 1 - (int)sizeof(NAME) - TAIL;
	buf_addc(b, '[');
	for (int i = 0; i < room; i++)
		buf_addc(b, i < room * percent / 100 ? '#' : '.');
	buf_addc(b, ']');
	buf_addc(b, ' ');
}

static void put(const struct buf *b)
{
	/* Whether anybody saw it does not matter. */
	if (!b->failed)
		(void)!write(STDERR_FILENO, b->s, b->len);
}

void progress_show(void *arg, int64_t done, int64_t total)
{
	struct progress *p = arg;
	int64_t now = clock_mono_ms(), percent = 0;
	if (!p->wanted || (p->drawn && now - p->last_ms < EVERY_MS))
		return;
	if (total > 0)
		percent = done >= total ? 100 : (int64_t)((double)done * 100.0 / (double)total);
	p->drawn = true;
	p->last_ms = now;
	struct buf b;
	int width = columns();
	buf_init(&b, 512);
	buf_adds(&b, "\r");
	if (width >= COLUMNS_MIN) {
		buf_adds(&b, NAME);
		add_bar(&b, percent, width);
	}
	/* Back to its beginning: what is written next goes over it. */
	buf_addf(&b, "%3d%%\033[K\r", (int)percent);
	put(&b);
	buf_release(&b);
}

void progress_end(struct progress *p)
{
	static const char wipe[] = "\r\033[K";
	if (p->drawn)
		(void)!write(STDERR_FILENO, wipe, sizeof(wipe) - 1);
	p->drawn = false;
}
