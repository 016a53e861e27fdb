/* The file that holds the record for all processes. Internal to lib/limit. */
#ifndef LIMIT_FILE_H
#define LIMIT_FILE_H

#include "limit/record.h"

struct limit_file {
	char *path; /* owned */
	int fd;     /* -1: not open */
};

/* ERR_NOMEM. Nothing is opened yet. */
enum err limit_file_init(struct limit_file *f, const char *data_dir) must_check;
void limit_file_release(struct limit_file *f);

/* Locks the file, which is made if there is none, and reads what is in it; *foreign: that was no
 * record, and the record is now one of which nothing is known. Unlock it then. ERR_BUSY: others held
 * it for patience_ms; ERR_IO. */
enum err limit_file_lock(
	struct limit_file *f, int64_t patience_ms, struct record *r, bool *foreign) must_check;
/* One write in place: a process killed before or after it leaves a whole record. ERR_IO, likewise. */
enum err limit_file_write(struct limit_file *f, struct record *r) must_check;
void limit_file_unlock(struct limit_file *f);

#endif
