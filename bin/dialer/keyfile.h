/* Changing the key file of tokens: new keys go first, old ones are dropped from the end. */
#ifndef DIALER_KEYFILE_H
#define DIALER_KEYFILE_H

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>

/* Puts a fresh random key before those that are there. The file is replaced as a whole, with its owner and mode; at no
 * moment is a key missing. False: `why`. */
bool keyfile_add(const char *path, struct buf *why);

/* Keeps the first `count` keys. */
bool keyfile_keep(const char *path, size_t count, struct buf *why);

#endif
