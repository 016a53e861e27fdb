/* The key that tokens are checked with: what it must be before anything is verified with it. */
#ifndef AUTH_KEY_H
#define AUTH_KEY_H

#include "auth/signature.h"
#include "base/buf.h"
#include "base/err.h"

#define KEY_FILE_MAX     ((size_t)16 * 1024)
#define KEY_RSA_BITS_MIN 2048

/* Reads the file into `key` (made with buf_init_secret and KEY_FILE_MAX); HS256: without one trailing
 * newline. ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_IO, ERR_NOMEM: *why (static) says what is wrong and the
 * key is empty. */
enum err key_read(
	enum signature_alg alg, const char *path, struct buf *key, const char **why) must_check;

/* NULL: tokens may be verified with it. HS256: at least AUTH_SECRET_MIN bytes, no PEM. RS256, ES256:
 * one PEM public key ("BEGIN PUBLIC KEY"), RSA of at least 2048 bits or P-256. Else what is wrong. */
const char *key_fault(enum signature_alg alg, const struct buf *key);

#endif
