/*
 * The list of what a backup consists of, in the file MANIFEST: written last, so that a directory
 * without it is no backup. Lines of SHA-256 and name, as sha256sum writes and checks them, between
 * lines of comment that begin with `# `:
 *
 *   # dialer backup 1
 *   # made 2026-11-20T16:52:33.704Z by dialer 0.1.0
 *   # format 1, 1234 calls, 0 problems
 *   5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef  calls.db
 *   # end
 */
#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H

#include "base/buf.h"
#include "base/err.h"
#include "vault/digest.h"
#include <stdint.h>

#define MANIFEST_FILE      "MANIFEST"
#define MANIFEST_FILES_MAX 64
#define MANIFEST_NAME_MAX  40

struct manifest {
	int64_t made_ms;
	int64_t format;          /* of the data directory */
	int64_t calls, problems; /* as found by verifying it */
	struct manifest_entry {
		char name[MANIFEST_NAME_MAX];
		char digest[DIGEST_SIZE];
	} files[MANIFEST_FILES_MAX];
	size_t count;
};

/* Lists the databases, log files and FORMAT in the directory and writes it there, durably.
 * ERR_IO: *why. */
enum err manifest_write(const char *dir, struct manifest *m, struct buf *why) must_check;

/* Reads it from the open directory. ERR_NOT_FOUND: there is none; ERR_INVALID: it is damaged, cut
 * off, or of a newer program; ERR_IO. *why says it. */
enum err manifest_read(int dir_fd, struct manifest *m, struct buf *why) must_check;

#endif
