/* The files of a directory of databases, and what is done with them as files. Paths of directories
 * have no slash at the end; functions return 0 or an errno. */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_PATH   4096
#define FILES_FORMAT "FORMAT"

/* A database, a log file or FORMAT: what a backup consists of. */
bool files_is_kept(const char *name);
/* One of these, or one of the shared memory of those who use them: what belongs together with them.
 */
bool files_is_theirs(const char *name);

/* Joins them. ENAMETOOLONG. */
int files_path(char out[FILES_PATH], const char *dir, const char *name);
/* Calls `each` with the names in a directory, in no order, until it returns something else than 0,
 * which is returned. */
int files_each(const char *dir, int (*each)(void *arg, const char *name), void *arg);
bool files_exist(const char *dir, const char *name);
/* Whether there is no file in it. */
int files_empty(const char *dir, bool *empty);
/* Makes what was done in a directory, or with a file, durable. */
int files_sync(const char *path);
/* Removes the files in a directory, but no other directories; nothing there is fine. */
int files_clear(const char *dir);
/* The same, and the directory itself, which must be empty then. */
int files_remove(const char *dir);

/* How much can be written beside what is in the directory, so that a service that uses its file
 * system has enough to go on. */
int64_t files_room(const char *dir);

#endif
