/*
 * jansson as a second opinion on JSON. Behind a header of its own, because jansson and lib/json use
 * the same names.
 */
#ifndef UNIT_ORACLE_H
#define UNIT_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct oracle; /* a value */

/* NULL: jansson refuses the document; *limit then says that it was only for a number beyond its
 * range or for its depth. oracle_free what is returned, and nothing inside it. */
struct oracle *oracle_load(const char *text, size_t len, bool *limit);
void oracle_free(struct oracle *v);

/* 'o'bject 'a'rray 's'tring 'i'nteger 'r'eal 'b'oolean 'n'ull */
char oracle_kind(const struct oracle *v);
size_t oracle_size(const struct oracle *v);
const struct oracle *oracle_element(const struct oracle *array, size_t i);
/* Calls `visit` for each member of an object. */
void oracle_members(const struct oracle *object,
	void (*visit)(void *context, const char *name, const struct oracle *value), void *context);
const char *oracle_text(const struct oracle *v);
int64_t oracle_integer(const struct oracle *v);
double oracle_real(const struct oracle *v);
bool oracle_is_true(const struct oracle *v);

#endif
