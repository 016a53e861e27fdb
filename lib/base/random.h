/* Randomness from the kernel (getrandom); there is no other source. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/err.h"
#include <stddef.h>

enum err random_bytes(void *out, size_t len) must_check;

#endif
