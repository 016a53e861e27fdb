/* Sealing all stored pairs anew after the key file got a new first key. */
#ifndef CONNECT_RESEAL_H
#define CONNECT_RESEAL_H

#include "connect/connect.h"

struct reseal_count {
	int64_t resealed, current, unreadable;
};

/* Goes through all connections; each is taken with its user's refresh lock, so that no refresh
 * comes in between. May be ended at any moment and run again. ERR_BUSY, ERR_STORAGE, ERR_NOMEM,
 * ERR_IO. Uses config, store, vault and log. */
enum err connect_reseal(const struct connect_context *x, struct reseal_count *n) must_check;

#endif
