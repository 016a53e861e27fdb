/* SHA-256 (FIPS 180-4) of a stream of bytes, in hexadecimal as sha256sum prints it. */
#ifndef VAULT_DIGEST_H
#define VAULT_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_SIZE 65 /* 64 digits and the NUL */

struct digest;

/* NULL: out of memory. */
struct digest *digest_new(void);
void digest_add(struct digest *d, const void *bytes, size_t len);
/* Frees it. */
void digest_end(struct digest *d, char out[DIGEST_SIZE]);

/* Of what is left to be read. False with errno. */
bool digest_of_file(int fd, char out[DIGEST_SIZE]);

#endif
