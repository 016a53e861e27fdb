/*
 * What all floors answer: 200 with as many bytes of body as the query string says (`?8123`), and the
 * body of the request read before, whatever it says.
 */
#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H

#include <stddef.h>

#define ANSWER_MAX 65536

/* The bytes of the whole answer, headers first, in out[]; how many. */
size_t answer_make(const char *query, char out[ANSWER_MAX]);

#endif
