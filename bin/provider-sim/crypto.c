#include "crypto.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

char *crypto_base64url(const void *bytes, size_t len)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789-_";
	const unsigned char *in = bytes;
	char *out = mem_new((len + 2) / 3 * 4 + 1);
	char *p = out;

	for (size_t i = 0; i < len; i += 3) {
		unsigned v = (unsigned)in[i] << 16;

		if (i + 1 < len)
			v |= (unsigned)in[i + 1] << 8;
		if (i + 2 < len)
			v |= in[i + 2];
		*p++ = alphabet[v >> 18];
		*p++ = alphabet[v >> 12 & 63];
		if (i + 1 < len)
			*p++ = alphabet[v >> 6 & 63];
		if (i + 2 < len)
			*p++ = alphabet[v & 63];
	}
	return out;
}

char *crypto_s256(const char *verifier)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)verifier, strlen(verifier), digest);
	return crypto_base64url(digest, sizeof(digest));
}

char *crypto_jwt(const char *secret, const char *payload)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	char *first = crypto_base64url(header, sizeof(header) - 1);
	char *second = crypto_base64url(payload, strlen(payload));
	char *input = mem_format("%s.%s", first, second);
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	char *third;
	char *token;

	if (!HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)input,
		    strlen(input), mac, &len)) {
		fputs("provider-sim: HMAC failed\n", stderr);
		exit(1);
	}
	third = crypto_base64url(mac, len);
	token = mem_format("%s.%s", input, third);
	free(first);
	free(second);
	free(third);
	free(input);
	return token;
}
