#include "vault/digest.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_BYTES ((size_t)1024 * 1024)

struct digest {
	crypto_hash_sha256_state state;
};

struct digest *digest_new(void)
{
	struct digest *d = malloc(sizeof(*d));
	if (d != NULL)
		crypto_hash_sha256_init(&d->state);
	return d;
}

void digest_add(struct digest *d, const void *bytes, size_t len)
{
	crypto_hash_sha256_update(&d->state, bytes, len);
}

void digest_end(struct digest *d, char out[DIGEST_SIZE])
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_final(&d->state, hash);
	sodium_bin2hex(out, DIGEST_SIZE, hash, sizeof(hash));
	free(d);
}

bool digest_of_file(int fd, char out[DIGEST_SIZE])
{
	struct digest *d = digest_new();
	char *room = malloc(READ_BYTES);
	ssize_t n = -1;
	errno = ENOMEM;
	while (d != NULL && room != NULL) {
		n = read(fd, room, READ_BYTES);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		digest_add(d, room, (size_t)n);
	}
	int e = errno;
	free(room);
	if (d != NULL)
		digest_end(d, out);
	errno = e;
	return n == 0;
}
