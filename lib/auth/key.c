#include "auth/key.h"

#include "auth/auth.h"
#include "base/file.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>

static const char *check_secret(struct buf *key)
{
	static const char pem[] = "-----BEGIN ";

	if (key->len > 0 && key->s[key->len - 1] == '\n')
		key->s[--key->len] = '\0';
	if (key->len == 0)
		return "it is empty";
	if (key->len < AUTH_SECRET_MIN)
		return "HS256 needs at least 32 bytes";
	/* A public key is no secret. */
	if (strncmp(key->s, pem, strlen(pem)) == 0)
		return "it is a PEM file, but HS256 needs random bytes";
	return NULL;
}

static bool is_p256(const EVP_PKEY *pkey)
{
	char group[32] = "";

	return EVP_PKEY_is_a(pkey, "EC") &&
	       EVP_PKEY_get_utf8_string_param(
		       pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL) &&
	       strcmp(group, "prime256v1") == 0;
}

static const char *check_public_key(enum signature_alg alg, const struct buf *key)
{
	/* An encrypted file is refused by this; without it OpenSSL asks on the terminal. */
	char no_password[] = "";
	const char *why = NULL;
	EVP_PKEY *pkey;
	BIO *bio;

	bio = BIO_new_mem_buf(key->s, (int)key->len);
	if (!bio)
		return "out of memory";
	pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, no_password);
	BIO_free(bio);
	if (!pkey)
		return "it is not a public key in PEM form (BEGIN PUBLIC KEY)";
	if (alg == SIGNATURE_RS256 && !EVP_PKEY_is_a(pkey, "RSA"))
		why = "RS256 needs an RSA key";
	else if (alg == SIGNATURE_RS256 && EVP_PKEY_get_bits(pkey) < KEY_RSA_BITS_MIN)
		why = "RS256 needs a key of at least 2048 bits";
	else if (alg == SIGNATURE_ES256 && !is_p256(pkey))
		why = "ES256 needs a key on the curve P-256";
	EVP_PKEY_free(pkey);
	return why;
}

enum err key_load(enum signature_alg alg, const char *path, struct buf *key, const char **why)
{
	enum err e = file_read(path, key);

	switch (e) {
	case ERR_NONE:
		*why = alg == SIGNATURE_HS256 ? check_secret(key) : check_public_key(alg, key);
		if (*why)
			e = ERR_INVALID;
		break;
	case ERR_NOT_FOUND:
		*why = "there is no such file";
		break;
	case ERR_TOO_LARGE:
		*why = "it is too large for a key";
		break;
	case ERR_NOMEM:
		*why = "out of memory";
		break;
	default:
		*why = "it cannot be read";
		break;
	}
	if (e != ERR_NONE)
		buf_release(key);
	return e;
}
