#include "auth/signature.h"

#include "auth/library.h"
#include "base/secret.h"
#include <assert.h>
#include <errno.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

static_assert(sizeof(LIBRARY_NAME(JWT_SONAME)) > 1, "the linker's name of the library");

/* The one which jwt.h belongs to; the Makefile knows its name. */
const char *const signature_library_missing =
	LIBRARY_NAME(JWT_SONAME) " cannot be loaded: is libjwt installed?";

struct libjwt {
	LIBRARY_MEMBER(jwt_new);
	LIBRARY_MEMBER(jwt_free);
	LIBRARY_MEMBER(jwt_decode);
	LIBRARY_MEMBER(jwt_get_alg);
	LIBRARY_MEMBER(jwt_set_alg);
	LIBRARY_MEMBER(jwt_add_grant);
	LIBRARY_MEMBER(jwt_add_grant_int);
	LIBRARY_MEMBER(jwt_encode_str);
};

static bool load(struct libjwt *lib)
{
	static const struct library_function functions[] = {
		LIBRARY_FUNCTION(libjwt, jwt_new),
		LIBRARY_FUNCTION(libjwt, jwt_free),
		LIBRARY_FUNCTION(libjwt, jwt_decode),
		LIBRARY_FUNCTION(libjwt, jwt_get_alg),
		LIBRARY_FUNCTION(libjwt, jwt_set_alg),
		LIBRARY_FUNCTION(libjwt, jwt_add_grant),
		LIBRARY_FUNCTION(libjwt, jwt_add_grant_int),
		LIBRARY_FUNCTION(libjwt, jwt_encode_str),
	};

	return library_load(
		LIBRARY_NAME(JWT_SONAME), functions, sizeof(functions) / sizeof(functions[0]), lib);
}

static const struct {
	const char *word;
	jwt_alg_t alg;
	size_t size;
} algorithms[] = {
	[SIGNATURE_HS256] = {"HS256", JWT_ALG_HS256, 32},
	[SIGNATURE_RS256] = {"RS256", JWT_ALG_RS256, 0},
	[SIGNATURE_ES256] = {"ES256", JWT_ALG_ES256, 64},
};

const char *signature_word(enum signature_alg alg)
{
	return algorithms[alg].word;
}

size_t signature_size(enum signature_alg alg)
{
	return algorithms[alg].size;
}

enum err signature_check(enum signature_alg alg, const struct buf *key, const char *token)
{
	struct libjwt lib;
	jwt_t *jwt = NULL;
	enum err e = ERR_INVALID;
	int failure;

	/* To libjwt no key means "accept any signature". */
	if (key->len == 0)
		return ERR_INVALID;
	if (!load(&lib))
		return ERR_IO;
	failure = lib.jwt_decode(&jwt, token, (const unsigned char *)key->s, (int)key->len);
	if (failure)
		return failure == ENOMEM ? ERR_NOMEM : ERR_INVALID;
	/* Out of memory can end in a success without a check; the algorithm is then `none`. */
	if (jwt && lib.jwt_get_alg(jwt) == algorithms[alg].alg)
		e = ERR_NONE;
	lib.jwt_free(jwt);
	return e;
}

static bool add_text(const struct libjwt *lib, jwt_t *jwt, const char *name, const char *value)
{
	return !value || lib->jwt_add_grant(jwt, name, value) == 0;
}

static bool add_claims(const struct libjwt *lib, jwt_t *jwt, const struct claims *c)
{
	return add_text(lib, jwt, "sub", c->subject) && add_text(lib, jwt, "iss", c->issuer) &&
	       add_text(lib, jwt, "aud", c->audience) && add_text(lib, jwt, "role", c->role) &&
	       lib->jwt_add_grant_int(jwt, "iat", (long)c->issued_s) == 0 &&
	       lib->jwt_add_grant_int(jwt, "exp", (long)c->expires_s) == 0;
}

enum err signature_make(const struct buf *key, const struct claims *c, struct buf *out)
{
	struct libjwt lib;
	enum err e = ERR_NOMEM;
	jwt_t *jwt = NULL;
	char *text;

	if (!load(&lib))
		return ERR_IO;
	if (lib.jwt_new(&jwt) != 0)
		return ERR_NOMEM;
	if (add_claims(&lib, jwt, c) &&
		lib.jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)key->s, (int)key->len) ==
			0) {
		text = lib.jwt_encode_str(jwt);
		if (text) {
			if (buf_adds(out, text))
				e = ERR_NONE;
			secret_wipe(text, strlen(text));
			free(text);
		}
	}
	lib.jwt_free(jwt);
	return e;
}
