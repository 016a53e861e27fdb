/* The parts of \uXXXX in strings of JSON. Internal to lib/json. */
#ifndef JSON_ESCAPE_H
#define JSON_ESCAPE_H

#include <stdbool.h>

/* The four digits after `\u`, or -1. */
long escape_hex4(const char *p, const char *end);
/* The first and the second half of a pair that stands for one character. */
bool escape_is_high_surrogate(long unit);
bool escape_is_low_surrogate(long unit);

#endif
