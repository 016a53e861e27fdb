#include "auth/key.h"

#include "auth/auth.h"
#include "auth/library.h"
#include "base/file.h"
#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>

static_assert(sizeof(LIBRARY_NAME(CRYPTO_SONAME)) > 1, "the linker's name of the library");

static const char *check_secret(const struct buf *key)
{
	static const char pem[] = "-----BEGIN ";

	if (key->len == 0)
		return "it is empty";
	if (key->len < AUTH_SECRET_MIN)
		return "HS256 needs at least 32 bytes";
	/* A public key is no secret. */
	if (strncmp(key->s, pem, strlen(pem)) == 0)
		return "it is a PEM file, but HS256 needs random bytes";
	return NULL;
}

struct libcrypto {
	LIBRARY_MEMBER(BIO_new_mem_buf);
	LIBRARY_MEMBER(BIO_free);
	LIBRARY_MEMBER(PEM_read_bio_PUBKEY);
	LIBRARY_MEMBER(EVP_PKEY_is_a);
	LIBRARY_MEMBER(EVP_PKEY_get_bits);
	LIBRARY_MEMBER(EVP_PKEY_get_utf8_string_param);
	LIBRARY_MEMBER(EVP_PKEY_free);
};

static bool load(struct libcrypto *lib)
{
	static const struct library_function functions[] = {
		LIBRARY_FUNCTION(libcrypto, BIO_new_mem_buf),
		LIBRARY_FUNCTION(libcrypto, BIO_free),
		LIBRARY_FUNCTION(libcrypto, PEM_read_bio_PUBKEY),
		LIBRARY_FUNCTION(libcrypto, EVP_PKEY_is_a),
		LIBRARY_FUNCTION(libcrypto, EVP_PKEY_get_bits),
		LIBRARY_FUNCTION(libcrypto, EVP_PKEY_get_utf8_string_param),
		LIBRARY_FUNCTION(libcrypto, EVP_PKEY_free),
	};

	return library_load(LIBRARY_NAME(CRYPTO_SONAME), functions,
		sizeof(functions) / sizeof(functions[0]), lib);
}

static bool is_p256(const struct libcrypto *lib, const EVP_PKEY *pkey)
{
	char group[32] = "";

	return lib->EVP_PKEY_is_a(pkey, "EC") &&
	       lib->EVP_PKEY_get_utf8_string_param(
		       pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL) &&
	       strcmp(group, "prime256v1") == 0;
}

static const char *judge(const struct libcrypto *lib, enum signature_alg alg, const EVP_PKEY *pkey)
{
	if (alg == SIGNATURE_RS256 && !lib->EVP_PKEY_is_a(pkey, "RSA"))
		return "RS256 needs an RSA key";
	if (alg == SIGNATURE_RS256 && lib->EVP_PKEY_get_bits(pkey) < KEY_RSA_BITS_MIN)
		return "RS256 needs a key of at least 2048 bits";
	if (alg == SIGNATURE_ES256 && !is_p256(lib, pkey))
		return "ES256 needs a key on the curve P-256";
	return NULL;
}

static const char *check_public_key(enum signature_alg alg, const struct buf *key)
{
	/* An encrypted file is refused by this; without it OpenSSL asks on the terminal. */
	char no_password[] = "";
	struct libcrypto lib;
	const char *why;
	EVP_PKEY *pkey;
	BIO *bio;

	if (!load(&lib))
		return LIBRARY_NAME(CRYPTO_SONAME) " cannot be loaded: is OpenSSL installed?";
	bio = lib.BIO_new_mem_buf(key->s, (int)key->len);
	if (!bio)
		return "out of memory";
	pkey = lib.PEM_read_bio_PUBKEY(bio, NULL, NULL, no_password);
	lib.BIO_free(bio);
	if (!pkey)
		return "it is not a public key in PEM form (BEGIN PUBLIC KEY)";
	why = judge(&lib, alg, pkey);
	lib.EVP_PKEY_free(pkey);
	return why;
}

const char *key_fault(enum signature_alg alg, const struct buf *key)
{
	return alg == SIGNATURE_HS256 ? check_secret(key) : check_public_key(alg, key);
}

enum err key_read(enum signature_alg alg, const char *path, struct buf *key, const char **why)
{
	enum err e = file_read(path, key);

	switch (e) {
	case ERR_NONE:
		if (alg == SIGNATURE_HS256 && key->len > 0 && key->s[key->len - 1] == '\n')
			key->s[--key->len] = '\0';
		return ERR_NONE;
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
	buf_release(key);
	return e;
}
