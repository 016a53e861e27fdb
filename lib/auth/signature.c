#include "auth/signature.h"

#include "base/secret.h"
#include <errno.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

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
	jwt_t *jwt = NULL;
	enum err e = ERR_INVALID;
	int failure;

	/* To libjwt no key means "accept any signature". */
	if (key->len == 0)
		return ERR_INVALID;
	failure = jwt_decode(&jwt, token, (const unsigned char *)key->s, (int)key->len);
	if (failure)
		return failure == ENOMEM ? ERR_NOMEM : ERR_INVALID;
	/* Out of memory can end in a success without a check; the algorithm is then `none`. */
	if (jwt && jwt_get_alg(jwt) == algorithms[alg].alg)
		e = ERR_NONE;
	jwt_free(jwt);
	return e;
}

static bool add_text(jwt_t *jwt, const char *name, const char *value)
{
	return !value || jwt_add_grant(jwt, name, value) == 0;
}

enum err signature_make(const struct buf *key, const struct claims *c, struct buf *out)
{
	enum err e = ERR_NOMEM;
	jwt_t *jwt = NULL;
	char *text;

	if (jwt_new(&jwt) != 0)
		return ERR_NOMEM;
	if (add_text(jwt, "sub", c->subject) && add_text(jwt, "iss", c->issuer) &&
		add_text(jwt, "aud", c->audience) && add_text(jwt, "role", c->role) &&
		jwt_add_grant_int(jwt, "iat", (long)c->issued_s) == 0 &&
		jwt_add_grant_int(jwt, "exp", (long)c->expires_s) == 0 &&
		jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)key->s, (int)key->len) ==
			0) {
		text = jwt_encode_str(jwt);
		if (text) {
			if (buf_adds(out, text))
				e = ERR_NONE;
			secret_wipe(text, strlen(text));
			free(text);
		}
	}
	jwt_free(jwt);
	return e;
}
