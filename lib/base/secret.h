/* Handling of keys and tokens. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Overwrites memory in a way the compiler may not leave out. */
void secret_wipe(void *p, size_t len);
/* Compares in a time that depends only on the lengths. */
bool secret_equal(const void *a, size_t a_len, const void *b, size_t b_len);

#endif
