/* Changing the key file of tokens: new keys go first, old ones are dropped from the end. */
#ifndef DIALER_KEYFILE_H
#define DIALER_KEYFILE_H

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>

/* Only one process at a time may change a key file: one that put its key on top of what it read
 * could drop the key of another, with which pairs are sealed already. Returns what keeps the others
 * out until it is closed, also by processes that inherited it; -1: `why`. */
int keyfile_lock(const char *path, struct buf *why);

/* How many keys are in it; 0 also where it cannot be read. */
size_t keyfile_count(const char *path);

/* Puts a fresh random key before those that are there. The file is replaced as a whole, with its
 * owner, group and mode, or not at all; at no moment is a key missing. Where the path is a link,
 * the file it leads to is replaced. False: `why`. */
bool keyfile_add(const char *path, struct buf *why);

/* Keeps the first `count` keys. */
bool keyfile_keep(const char *path, size_t count, struct buf *why);

#endif
