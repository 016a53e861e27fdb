/*
 * Replacing the file of --metrics as a whole, so that nobody ever reads half of it.
 *
 * The directory of such a file (of the node exporter, as a rule) belongs to root or to somebody
 * else, and a rename needs the right to write to it; but a run started by root gives up root before
 * it does anything. So a process of its own is split off before: it has the directory open, waits
 * for one text, puts it in place with the rights it was started with, and ends. It does nothing
 * else, and nothing at all when the text does not come or is not whole.
 */
#ifndef CRON_METRICS_FILE_H
#define CRON_METRICS_FILE_H

#include "base/buf.h"

#include <stdbool.h>
#include <sys/types.h>

#define METRICS_MAX ((size_t)256 * 1024)

struct metrics_file {
	int fd; /* to the writer; -1: there is none */
	pid_t writer;
};

/* Opens the directory and splits off the writer; to be called before anything else is opened.
 * False: *why says what is wrong, for people. */
bool metrics_file_open(struct metrics_file *f, const char *path, struct buf *why);
/* Replaces the file by the text, which ends in `# EOF`; NULL leaves it as it is. Whatever happens
 * the writer ends. False: errno says why it could not be written. */
bool metrics_file_close(struct metrics_file *f, const struct buf *text);

#endif
