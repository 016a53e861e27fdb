/*
 * The log: one line an event, one write(2) a line, so that lines of many processes never mix.
 *
 *   2026-11-20T14:05:06.789Z call-create[4711] 9f86d081884c7d65 outside E5002: aircall: 503
 *
 * time, program[pid], request id ("-" where there is none), class, a code that stands at one place
 * of the source only, and the text. Control bytes and malformed UTF-8 are escaped (\xNN), so that
 * nothing from outside can forge a line. No token, key, secret or note body is ever logged.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>

struct log {
	int fd;              /* where lines go, usually 2 */
	const char *program; /* borrowed */
	char request_id[33]; /* "" for none */
};

enum log_class {
	LOG_NOTE,     /* what happened, e.g. one line a request */
	LOG_CLIENT,   /* the asker's fault */
	LOG_OUTSIDE,  /* provider, network, disk, configuration */
	LOG_INTERNAL, /* our bug */
	LOG_CLASS__MAX
};

#define LOG_LINE_MAX 2048 /* longer lines are cut */

void log_init(struct log *l, const char *program);
/* `code`: letter and four digits, unique in the source, e.g. "E5002". */
void log_write(const struct log *l, enum log_class class, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
