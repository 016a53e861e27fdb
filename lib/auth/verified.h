/*
 * What was verified once: the file `verified` in the data directory.
 *
 * A statement that was found true ("this whole token is signed by this key") is remembered by its
 * keyed hash (BLAKE2b, libsodium), and by nothing else. Why that gives up no safety:
 *
 *   - Only what follows from the bytes of key and statement is remembered, which never ceases to be
 *     true. What can change (exp, nbf, issuer, audience, user, role) is read from the token itself and
 *     judged by every request: nothing here ever has to be taken back.
 *   - The hash is keyed by a secret: for HS256 that which tokens are signed with, else the file of
 *     DIALER_TOKEN_KEY_FILE together with the public key. Who can write the file but does not know the
 *     secret can put nothing into it that is found; copies of what is there say what is true.
 *   - Another key or algorithm makes other hashes: what was remembered under the old one is nothing
 *     but room that is used again.
 *   - No hash tells anything about a token.
 *
 * The file has a fixed size, rows of a few hashes, each row found by its hash. It is read and written
 * without locks, in one call: what is torn, damaged, cut off, or no regular file at all is not found.
 * It can be removed at any time. Nothing here fails: what cannot be read or written is unknown, and is
 * verified again.
 */
#ifndef AUTH_VERIFIED_H
#define AUTH_VERIFIED_H

#include "auth/signature.h"
#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>

#define VERIFIED_FILE "verified"
#define VERIFIED_HASH 32
#define VERIFIED_ROW  4    /* hashes */
#define VERIFIED_ROWS 1024 /* of 128 bytes: 128 KiB, 4,096 tokens */

struct verified {
	char *path; /* NULL: nothing is remembered */
	unsigned char key[VERIFIED_HASH];
};

/* What can be stated: that the key itself may be used, that it signed a token. */
enum statement { STATEMENT_KEY, STATEMENT_TOKEN };

/* For statements about this key. `token_key_file` is read for public keys only. Where there is no
 * data directory or no secret, nothing is remembered. */
void verified_init(struct verified *v, const char *data_dir, enum signature_alg alg,
	const struct buf *key, const char *token_key_file);
void verified_release(struct verified *v);

/* Whether it was found true already. */
bool verified_holds(
	const struct verified *v, enum statement statement, const void *about, size_t len);
/* It was found true now. */
void verified_add(
	const struct verified *v, enum statement statement, const void *about, size_t len);

#endif
