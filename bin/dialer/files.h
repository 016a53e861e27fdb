/* What making files and replacing them have in common. */
#ifndef DIALER_FILES_H
#define DIALER_FILES_H

#include <stdbool.h>

#define PATH_SIZE 4096

/* The directory that holds the path; -1 with errno. */
int directory_open(const char *path);
/* A new name in a directory survives a power cut only when the directory is written, too. */
void directory_sync(const char *path);

/* A random name beside the path's: what is made under it appears whole, by link or rename, and two
 * runs at once do not disturb one another. False with errno. */
bool name_beside(const char *path, char out[PATH_SIZE]);

#define KEY_LINE (64 + 1) /* hexadecimal digits and the line end; no NUL */

/* A fresh random key. The caller wipes it. */
bool key_line(char text[KEY_LINE]);

#endif
