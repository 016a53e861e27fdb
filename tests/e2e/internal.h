/* What the files of the harness share. */
#ifndef E2E_INTERNAL_H
#define E2E_INTERNAL_H

#include <stddef.h>
#include <sys/types.h>

/* Hands the memory over until the test ends; ends the test if it is NULL. Any thread. */
void *keep(void *what, void (*release)(void *));
/* Ends the test: the harness cannot do its work. Any thread. */
void e2e_die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* The file's bytes from there on, with a NUL behind; to be freed. `len` may be NULL. */
char *read_whole(const char *path, off_t from, size_t *len);

struct http;
struct answer;
/* Writes an answer of the service down; see record.c. Any thread may call it. */
void record_answer(const struct http *q, const char *method, const struct answer *a);

#endif
