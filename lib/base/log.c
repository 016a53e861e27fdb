#include "base/log.h"
#include "base/clock.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const class_words[LOG_CLASS__MAX] = {
	[LOG_NOTE] = "note",
	[LOG_CLIENT] = "client",
	[LOG_OUTSIDE] = "outside",
	[LOG_INTERNAL] = "internal",
};

#define CUT_MARK "..."

struct line {
	char s[LOG_LINE_MAX];
	size_t len;
	size_t max; /* without the room kept for CUT_MARK and the newline */
	bool cut;
};

/* A piece goes in whole or not at all, so a cut never splits an escape or a character. */
static void line_piece(struct line *l, const char *s, size_t n)
{
	if (l->cut || n > l->max - l->len) {
		l->cut = true;
		return;
	}
	memcpy(l->s + l->len, s, n);
	l->len += n;
}

/* The only way for text into a line. */
static void line_text(struct line *l, const char *s, size_t len)
{
	static const char hex[] = "0123456789abcdef";

	while (len > 0 && !l->cut) {
		size_t n = text_utf8_char(s, len);

		if (n > 0 && !text_is_control_char(s, n)) {
			line_piece(l, s, n);
		} else {
			unsigned char c = (unsigned char)*s;
			char escape[4] = {'\\', 'x', hex[c >> 4], hex[c & 15]};

			line_piece(l, escape, sizeof(escape));
			n = 1;
		}
		s += n;
		len -= n;
	}
}

static void line_words(struct line *l, const char *s)
{
	line_text(l, s, strlen(s));
}

static void line_head(struct line *l, const struct log *log, enum log_class class, const char *code)
{
	char time[RFC3339_SIZE];
	char pid[16];

	rfc3339_format(clock_now_ms(), time);
	(void)snprintf(pid, sizeof(pid), "[%ld] ", (long)getpid());
	line_words(l, time);
	line_words(l, " ");
	line_words(l, log->program);
	line_words(l, pid);
	line_words(l, log->request_id[0] != '\0' ? log->request_id : "-");
	line_words(l, " ");
	line_words(l, (unsigned int)class < LOG_CLASS__MAX ? class_words[class] : "internal");
	line_words(l, " ");
	line_words(l, code);
	line_words(l, ": ");
}

static void line_send(struct line *l, int fd)
{
	ssize_t n;

	if (l->cut) {
		memcpy(l->s + l->len, CUT_MARK, sizeof(CUT_MARK) - 1);
		l->len += sizeof(CUT_MARK) - 1;
	}
	l->s[l->len++] = '\n';
	/* Where a line cannot be written there is nobody left to tell. */
	do
		n = write(fd, l->s, l->len);
	while (n == -1 && errno == EINTR);
}

void log_init(struct log *l, const char *program)
{
	l->fd = STDERR_FILENO;
	l->program = program;
	l->request_id[0] = '\0';
}

void log_write(const struct log *l, enum log_class class, const char *code, const char *fmt, ...)
{
	int saved = errno;
	char text[LOG_LINE_MAX];
	struct line line = {.len = 0, .max = LOG_LINE_MAX - sizeof(CUT_MARK)};
	va_list ap;
	int n;

	line_head(&line, l, class, code);
	va_start(ap, fmt);
	errno = saved; /* for %m */
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		line_words(&line, "(the text could not be formatted)");
	else if ((size_t)n < sizeof(text))
		line_text(&line, text, (size_t)n);
	else
		line_text(&line, text, sizeof(text) - 1); /* longer than a line: is cut there */
	line_send(&line, l->fd);
	errno = saved;
}
