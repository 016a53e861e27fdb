/* Reading small files: settings and keys. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the whole file to out. ERR_NOT_FOUND; ERR_TOO_LARGE beyond out's maximum; ERR_NOMEM;
 * ERR_IO for anything else (errno says what), also for what is not a regular file. */
enum err file_read(const char *path, struct buf *out) must_check;

#endif
