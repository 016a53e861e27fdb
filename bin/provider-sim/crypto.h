/*
 * What is needed of cryptography: PKCE (RFC 7636) and signed webhooks (RFC 7515, compact form).
 * The caller frees what comes back.
 */
#ifndef SIM_CRYPTO_H
#define SIM_CRYPTO_H

#include <stddef.h>

/* Base64 in the alphabet for URLs, without padding. */
char *crypto_base64url(const void *bytes, size_t len);

/* The S256 challenge that belongs to a PKCE verifier. */
char *crypto_s256(const char *verifier);

/* header.payload.signature, HS256 with the bytes of the secret. */
char *crypto_jwt(const char *secret, const char *payload);

#endif
