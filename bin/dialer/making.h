/*
 * Making what the service needs on disk: directories and key files. Nothing that is there already
 * is ever changed, but for three cases: an empty directory of root becomes the service's data
 * directory; a key file that only root could read is opened to the service's group; and so are, to
 * be passed, directories of root alone below /tmp and the like. All of it can be interrupted at any
 * moment and run again.
 */
#ifndef DIALER_MAKING_H
#define DIALER_MAKING_H

#include "base/buf.h"
#include <stdbool.h>
#include <sys/types.h>

/* Who the service runs as. */
struct account {
	bool by_root; /* root makes it for somebody else; else it is for us alone */
	uid_t uid;
	gid_t gid;
};

enum made { MADE_NEW, MADE_BEFORE, MADE_NOT };

/* Whom root makes it for: the owner of the data directory where there is one that is not root's,
 * else www-data. False: `why`. */
bool account_find(struct account *a, const char *data_dir, struct buf *why);

/* The data directory: mode 0700, of the account. What lies above is made as needed. */
enum made make_data_dir(const char *path, const struct account *a, struct buf *why);

/* A file of random text in one line; read by the account's group, written by us alone. It appears
 * whole or not at all. A missing directory is made for the account's group to enter. */
enum made make_key_file(const char *path, const struct account *a, struct buf *why);

#endif
