/*
 * Allocation for the simulator. A test tool that runs out of memory has nothing useful left to do:
 * these print why and exit with status 1, so that callers need no error paths of their own.
 */
#ifndef SIM_MEM_H
#define SIM_MEM_H

#include <stddef.h>

/* A zeroed block. */
void *mem_new(size_t size);

/* Grows an array to hold at least `want` elements; *cap is updated. Growth is by doubling. */
void *mem_grow(void *array, size_t *cap, size_t want, size_t element);

/* A copy of text, or NULL for NULL. */
char *mem_text(const char *text);

/* Formatted text of any length. */
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
