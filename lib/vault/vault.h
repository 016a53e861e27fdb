/*
 * Secrets at rest: sealed with XChaCha20-Poly1305 (libsodium), bound to what they belong to.
 *
 * The key file (DIALER_TOKEN_KEY_FILE, outside the data directory) is text (UTF-8): each line, of
 * at least 32 bytes, is a key (blanks at its end and empty lines do not count); the first one
 * seals, all of them unseal, so that a key can be changed while programs run. A file that is no
 * text is one key as a whole, of at least 32 bytes. What is used is a hash of it. A sealed secret
 * begins with the id of its key (8 bytes) and a random nonce; the context (the user id) is
 * authenticated with it: moved to another user's row it does not open.
 */
#ifndef VAULT_VAULT_H
#define VAULT_VAULT_H

#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

#define VAULT_KEYS_MAX     8
#define VAULT_OVERHEAD_MAX 64 /* bytes a sealed secret is longer */

struct vault;

/* Whether these bytes of a key file hold a key a line; else they are one key. */
bool vault_is_text(const char *s, size_t len);

/* ERR_NOT_FOUND, ERR_IO, ERR_INVALID (no key, a line that is none, too many), ERR_NOMEM; *why then
 * names the file and what is wrong. */
enum err vault_open(const char *key_file, struct vault **v, struct buf *why) must_check;
void vault_close(struct vault *v); /* wipes; NULL is fine */

enum err vault_seal(const struct vault *v, const char *context, const void *plain, size_t len,
	struct buf *sealed) must_check;
/* `plain` should be a secret buffer. ERR_NOT_FOUND: the key is not in the file; ERR_INVALID:
 * damaged, or of another context. */
enum err vault_unseal(const struct vault *v, const char *context, const void *sealed, size_t len,
	struct buf *plain) must_check;
/* Whether it was sealed with the first key. */
bool vault_is_current(const struct vault *v, const void *sealed, size_t len);

#endif
